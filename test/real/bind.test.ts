/** Mounts that are put into the namespace of a process that runs; needs the power to mount. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RealHost } from '../../src/sys/real-host.ts';

const host = new RealHost();
const CAP_SYS_ADMIN = 21n;
const isAdmin = ((host.capabilities().effective >> CAP_SYS_ADMIN) & 1n) === 1n;
let directory: string;
const at = (name: string): string => join(directory, name);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'pidone-bind-'));
  for (const name of ['source', 'own', 'there']) mkdirSync(at(name));
  writeFileSync(at('source/file'), 'bound\n');
  symlinkSync('there', at('link'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A shell in a mount namespace of its own, with a tmpfs that nobody else sees; `say` runs lines in it. */
async function shell(): Promise<{ pid: number; say(line: string): Promise<string>; end(): void }> {
  const child = spawn('unshare', ['-m', 'sh'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const say = (line: string): Promise<string> =>
    new Promise((resolve) => {
      let text = '';
      const take = (data: Buffer): void => {
        text += data.toString();
        if (!text.endsWith('END\n')) return;
        child.stdout.off('data', take);
        resolve(text.slice(0, -4));
      };
      child.stdout.on('data', take);
      child.stdin.write(`{ ${line}; } 2>&1; echo END\n`);
    });
  await say(`mount -t tmpfs own ${at('own')}`);
  return { pid: child.pid!, say, end: () => child.stdin.end() };
}

describe.runIf(isAdmin)('a mount in the namespace of a process', () => {
  it('is seen there, and nowhere else', async () => {
    const { pid, say, end } = await shell();
    host.bindInto(pid, at('source'), at('own/deep/directory'), { readOnly: false, make: true });
    host.bindInto(pid, at('source/file'), at('own/one'), { readOnly: true, make: true });
    host.bindInto(pid, at('source'), at('there'), { readOnly: true, make: false });
    expect(await say(`cat ${at('own/deep/directory/file')} ${at('own/one')} ${at('there/file')}`)).toBe(
      'bound\nbound\nbound\n',
    );
    expect(await say(`touch ${at('own/deep/directory/new')} && rm ${at('own/deep/directory/new')}`)).toBe('');
    for (const path of ['own/one', 'there/new'])
      expect(await say(`touch ${at(path)}`)).toContain('Read-only file system');
    expect(host.files.readdir(at('own'))).toEqual([]);
    expect(host.files.readdir(at('there'))).toEqual([]);
    end();
  });

  it('fails for what is missing', async () => {
    const { pid, end } = await shell();
    const bind = (source: string, target: string) => () =>
      host.bindInto(pid, at(source), at(target), { readOnly: false, make: false });
    expect(bind('none', 'own')).toThrow('ENOENT');
    expect(bind('source', 'own/none')).toThrow('ENOENT');
    // A link is no place for a mount.
    expect(bind('source', 'link')).toThrow('EINVAL');
    expect(bind('source/file', 'there')).toThrow('EINVAL');
    end();
  });
});
