import { execFile } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reasonOf } from '../../src/sys/error-text.ts';
import { type Files, FileTypeError, SystemError } from '../../src/sys/host.ts';
import { RealHost } from '../../src/sys/real-host.ts';

const { files } = new RealHost();
let directory: string;
let server: Server;
const at = (name: string): string => join(directory, name);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pidone-files-'));
  files.mknod(at('fifo'), 'fifo', 0o600);
  files.mkdir(at('directory'));
  writeFileSync(at('file'), 'text');
  writeFileSync(at('empty'), '');
  symlinkSync('file', at('link'));
  symlinkSync('/dev/null', at('null'));
  writeFileSync(at('sparse'), 'head\n');
  truncateSync(at('sparse'), 5 * 1024 ** 3);
  server = createServer();
  await new Promise<void>((resolve) => void server.listen(at('socket'), resolve));
});
afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

let open: string[];
beforeEach(() => {
  open = files.readdir('/proc/self/fd');
});
afterEach(async () => {
  // Pipes of programs that the test itself has called are closed a little later.
  await expect.poll(() => files.readdir('/proc/self/fd'), { timeout: 30_000 }).toEqual(open);
}, 60_000);

function reasonFor(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof SystemError) return reasonOf(error);
    throw error;
  }
  return 'none';
}

const reads: [string, (path: string) => unknown][] = [
  ['readFile', (path) => files.readFile(path)],
  ['readText', (path) => files.readText(path)],
  ['readStart', (path) => files.readStart(path, 10)],
];

describe('reading', () => {
  it.each(reads)('refuses what is no regular file, and waits for nobody: %s', (_, read) => {
    expect(reasonFor(() => read(at('fifo')))).toBe('Is a FIFO, not a regular file');
    expect(reasonFor(() => read(at('socket')))).toBe('Is a socket, not a regular file');
    expect(reasonFor(() => read(at('directory')))).toBe('Is a directory');
    expect(reasonFor(() => read('/dev/zero'))).toBe('Is a character device, not a regular file');
    expect(reasonFor(() => read(at('none')))).toBe('No such file or directory');
  });

  it('reads regular files, of /proc too, and takes the null device as empty', () => {
    expect(files.readText(at('link'))).toBe('text');
    expect(files.readText(at('empty'))).toBe('');
    expect(files.readText(at('null'))).toBe('');
    expect(files.readText('/dev/null')).toBe('');
    expect(files.readText('/proc/self/status')).toMatch(/^Name:/);
    expect(files.readFile('/proc/self/maps').length).toBeGreaterThan(4096);
  });

  it('is bounded', () => {
    const before = process.memoryUsage().rss;
    expect(reasonFor(() => files.readFile(at('sparse')))).toBe('File too large');
    expect(reasonFor(() => files.readText(at('sparse')))).toBe('File too large');
    expect(files.readStart(at('sparse'), 5).toString()).toBe('head\n');
    expect(files.readStart(at('file'), 100).toString()).toBe('text');
    expect(reasonFor(() => files.readText(at('file'), 3))).toBe('File too large');
    expect(files.readText(at('file'), 4)).toBe('text');
    expect(reasonFor(() => files.readText('/proc/self/status', 10))).toBe('File too large');
    expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
  });

  it('does not wake whoever waits for a reader of a FIFO', async () => {
    const writer = execFile('/bin/sh', ['-c', 'echo text >"$0"', at('fifo')]);
    await blocked(files, writer.pid!);
    expect(() => files.readText(at('fifo'))).toThrow(FileTypeError);
    // Were it opened, the writer would have met an end by now.
    await blocked(files, writer.pid!);
    const [text, end] = await Promise.all([
      promisify(execFile)('/bin/cat', [at('fifo')]),
      new Promise((resolve) => writer.once('exit', resolve)),
    ]);
    expect([text.stdout, end]).toEqual(['text\n', 0]);
  });

  it('takes what a pipe has where that is asked for', async () => {
    const writer = execFile('/bin/sh', ['-c', 'echo text >"$0"', at('fifo')]);
    await blocked(files, writer.pid!);
    expect(files.readStream(at('fifo'), 100).toString()).toBe('text\n');
    expect(reasonFor(() => files.readStream('/dev/zero', 100))).toBe('File too large');
    expect(reasonFor(() => files.readStream(at('directory'), 100))).toBe('Is a directory');
    if (writer.exitCode === null) await new Promise((resolve) => writer.once('exit', resolve));
  });
});

describe('other uses of a file', () => {
  it('wait for nobody either', () => {
    for (const how of ['read', 'append'] as const)
      expect(reasonFor(() => files.open(at('fifo'), how))).toBe('Is a FIFO, not a regular file');
    expect(reasonFor(() => files.open('/dev/null', 'read'))).toBe('Is a character device, not a regular file');
    expect(reasonFor(() => files.append(at('fifo'), 'x'))).toBe('No such device or address');
    expect(reasonFor(() => files.copyFile(at('fifo'), at('copy'), 0o600))).toBe('Is a FIFO, not a regular file');
    expect(files.tryStat(at('copy'))).toBeUndefined();
    const held = openSync(at('fifo'), 'r+');
    files.append(at('fifo'), 'x');
    closeSync(held);
  });
});

describe('a new file', () => {
  it.each(['file', 'empty', 'link', 'null', 'directory', 'socket'])('is not made where there is %s', (name) => {
    const before = files.lstat(at(name));
    expect(reasonFor(() => files.openWritable(at(name), 'new').close())).toBe('File exists');
    expect(files.lstat(at(name))).toEqual(before);
  });

  it('is made with the mode that was asked for', () => {
    const made = files.openWritable(at('new'), 'new', 0o640);
    made.write(Buffer.from('x'));
    made.close();
    expect(files.lstat(at('new'))).toMatchObject({ type: 'file', mode: 0o640, size: 1 });
  });
});

/** Until a process sleeps in the kernel: it has come to the FIFO, and waits there. */
async function blocked(files: Files, pid: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const state = /^State:\s*(\S)/m.exec(files.readText(`/proc/${pid}/status`))?.[1];
    const call = files.readText(`/proc/${pid}/wchan`);
    // A kernel that does not tell where says 0.
    if (state === 'S' && /^0$|fifo|wait_for_partner|pipe/.test(call)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`process ${pid} does not wait`);
}
