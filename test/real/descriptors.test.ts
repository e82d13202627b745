import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, mkdtempSync, readSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DescriptorKind, ForwardFlag } from '../../src/control/protocol.ts';
import { type ControlRequest, type ControlServer, serveControl } from '../../src/control/server.ts';
import { createRealHost } from '../../src/sys/real-host.ts';
import { frontDoorOfLibrary } from '../support/built.ts';

const tree = mkdtempSync(join(tmpdir(), 'pidone-descriptors-'));
const socket = join(tree, 'control');

/** Reads what is there; a descriptor of a caller blocks until there is something. */
function read(fd: number): string {
  const buffer = Buffer.alloc(1024);
  return buffer.toString('utf8', 0, readSync(fd, buffer));
}

async function handle(request: ControlRequest): Promise<number> {
  switch (request.argv[0]) {
    case 'stdio': {
      const passed = await request.pass(DescriptorKind.stdio);
      const [stdin = -1, stdout = -1, stderr = -1] = passed?.fds ?? [];
      writeSync(stdout, `got ${read(stdin)}`);
      writeSync(stderr, 'error\n');
      for (const fd of [stdin, stdout, stderr]) closeSync(fd);
      return 5;
    }
    case 'terminal': {
      const passed = await request.pass(DescriptorKind.terminal);
      const [fd = -1, ...others] = passed?.fds ?? [];
      request.err(`${passed?.terminal.replace(/\d+/, 'N')}\n`);
      request.forward(ForwardFlag.on);
      writeSync(fd, `read ${read(fd)}`);
      writeSync(fd, 'no end of line');
      for (const each of [fd, ...others]) closeSync(each);
      request.forward(ForwardFlag.endLine);
      request.err('after\n');
      return 6;
    }
    default:
      request.become({
        message: 'becoming\n',
        argv: ['sh', '-c', 'echo "$GREETING $(nice) $(pwd) $*"; exit 7', 'sh', ...request.argv],
        env: ['GREETING=hello'],
        cwd: '/',
        nice: 5,
        uid: undefined,
        gid: undefined,
        tag: undefined,
        check: undefined,
      });
      return 0;
  }
}

function run(args: string[], stdin: string): Promise<{ status: number | null; out: string; err: string }> {
  const child = spawn(join(tree, 'systemd-run'), args, {
    env: { PATH: process.env.PATH ?? '', PIDONE_SOCKET: socket },
    cwd: tree,
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  child.stdin.end(stdin);
  return new Promise((done) => child.on('close', (status) => done({ status, out, err })));
}

describe.skipIf(!existsSync(frontDoorOfLibrary))('the front door and the manager', () => {
  let server: ControlServer;

  beforeAll(() => {
    copyFileSync(frontDoorOfLibrary, join(tree, 'systemctl'));
    symlinkSync('systemctl', join(tree, 'systemd-run'));
    const host = createRealHost({ manager: false });
    server = serveControl(host, { path: socket, handler: handle, version: '0.1.0' });
  });

  afterAll(() => {
    server.close();
    rmSync(tree, { recursive: true, force: true });
  });

  it('share the caller’s stdin, stdout and stderr', async () => {
    expect(await run(['stdio'], 'input\n')).toEqual({ status: 5, out: 'got input\n', err: 'error\n' });
  });

  it('talk over a terminal that the caller has made; its last line is ended', async () => {
    const { status, out, err } = await run(['terminal'], 'input\n');
    expect({ status, err }).toEqual({ status: 6, err: '/dev/pts/N\nafter\n' });
    // The terminal echoes what is typed.
    expect(out).toBe('input\r\nread input\r\nno end of line\n');
  });

  it('turn the caller into a program of the manager’s choice', async () => {
    const { status, out, err } = await run(['a', 'b c'], '');
    expect({ status, out, err }).toEqual({ status: 7, out: 'hello 5 / a b c\n', err: 'becoming\n' });
  });
});
