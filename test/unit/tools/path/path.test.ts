import { describe, expect, it } from 'vitest';
import { type Answer, callProgram } from '../../../../src/simulation/call.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { systemdPath } from '../../../../src/tools/path/path.ts';

interface Case {
  readonly release?: 252 | 257 | 262;
  readonly env?: Record<string, string>;
  readonly files?: Record<string, string>;
}

function call(line: string, { release = 257, env = {}, files = {} }: Case = {}): Promise<Answer> {
  const host = new SimHost({ release, machine: 'x86_64', files: { '/usr/lib/x86_64-linux-gnu/x': '', ...files } });
  return callProgram({ host }, systemdPath, 'systemd-path', line, { env: { HOME: '/root', ...env } });
}

describe('systemd-path', () => {
  it('prints places by name, and goes on after one that there is not', async () => {
    expect(await call('user-binaries foo temporary')).toEqual({
      status: 1,
      out: '/root/.local/bin\n/tmp\n',
      err: 'Path foo not known.\n',
    });
    expect(await call('user-runtime')).toEqual({
      status: 1,
      out: '',
      err: 'Failed to query user-runtime: No such device or address\n',
    });
  });

  // as systemd 252, 257 and 262 answered to the same
  it.each([
    [
      'systemd-search-system-unit',
      257,
      '/etc/systemd/system.control:/run/systemd/system.control:/run/systemd/transient:/run/systemd/generator.early:/etc/systemd/system:/etc/systemd/system.attached:/run/systemd/system:/run/systemd/system.attached:/run/systemd/generator:/usr/local/lib/systemd/system:/usr/lib/systemd/system:/run/systemd/generator.late',
    ],
    [
      'systemd-search-system-unit',
      252,
      '/etc/systemd/system.control:/run/systemd/system.control:/run/systemd/transient:/run/systemd/generator.early:/etc/systemd/system:/etc/systemd/system.attached:/run/systemd/system:/run/systemd/system.attached:/run/systemd/generator:/usr/local/lib/systemd/system:/lib/systemd/system:/usr/lib/systemd/system:/run/systemd/generator.late',
    ],
    ['systemd-util', 257, '/usr/lib/systemd'],
    ['systemd-util', 252, '/lib/systemd'],
    ['systemd-user-generator', 252, '/usr/lib/systemd/user-generators'],
    [
      'systemd-search-system-generator',
      252,
      '/run/systemd/system-generators:/etc/systemd/system-generators:/usr/local/lib/systemd/system-generators:/lib/systemd/system-generators',
    ],
    ['search-library-private', 252, '/root/.local/lib:/usr/local/lib:/usr/lib:/lib'],
    ['search-library-private', 257, '/root/.local/lib:/usr/local/lib:/usr/lib'],
    ['search-binaries-default', 257, '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin'],
    ['user-library-arch', 257, '/root/.local/lib/x86_64-linux-gnu'],
    [
      'system-search-credential-store',
      262,
      '/etc/credstore:/run/credstore:/usr/local/lib/credstore:/usr/lib/credstore',
    ],
    [
      'user-search-credential-store-encrypted',
      262,
      '/root/.config/credstore.encrypted:/root/.local/lib/credstore.encrypted',
    ],
  ] as const)('%s in %d', async (name, release, places) => {
    expect((await call(name, { release })).out).toBe(`${places}\n`);
  });

  it('heeds the variables of the caller', async () => {
    const env = {
      XDG_CONFIG_HOME: '/x/y',
      XDG_RUNTIME_DIR: '/run/user/7',
      XDG_DATA_DIRS: '/a:/b',
      XDG_CONFIG_DIRS: '/c:/d',
      TMPDIR: '/var/lib',
      PATH: '/usr/bin:/opt/x',
    };
    const files = { '/var/lib/x': '' };
    const names = 'temporary-large user-configuration user-runtime search-shared search-configuration search-binaries';
    expect((await call(names, { env, files })).out).toBe(
      '/var/lib\n/x/y\n/run/user/7\n/root/.local/share:/a:/b\n/x/y:/c:/d\n/usr/bin:/opt/x\n',
    );
    expect((await call('temporary user-binaries', { env: { TMPDIR: '/nonexistent', HOME: 'relative' } })).out).toBe(
      '/tmp\n/root/.local/bin\n',
    );
    expect((await call('user-search-credential-store', { env })).out).toBe(
      '/x/y/credstore:/run/user/7/credstore:/root/.local/lib/credstore\n',
    );
  });

  it('reads the user’s own directories', async () => {
    const text =
      '# c\nXDG_DOCUMENTS_DIR="$HOME/Docs"\nXDG_MUSIC_DIR="/music"\nXDG_VIDEOS_DIR="rel"\nXDG_DESKTOP_DIR="$HOME"\n';
    const files = { '/root/.config/user-dirs.dirs': text };
    const names = 'user-documents user-music user-videos user-desktop user-pictures';
    expect((await call(names, { files })).out).toBe('/root/Docs\n/music\n/root\n/root\n/root\n');
    expect((await call('user-desktop')).out).toBe('/root/Desktop\n');
  });

  it('puts a suffix behind each path', async () => {
    expect((await call('--suffix=x// user search-configuration')).out).toBe('/root/x\n/root/.config/x:/etc/x\n');
  });

  it('lists what the release knows, in its order', async () => {
    const names = async (release: 252 | 257 | 262) =>
      (await call('', { release })).out.split('\n').map((line) => line.split(':')[0]);
    const [old, trixie, newest] = [await names(252), await names(257), await names(262)];
    expect(old[0]).toBe('temporary');
    expect(old).not.toContain('user-state-private');
    expect(trixie.at(-2)).toBe('user-state-private');
    expect(newest[0]).toBe('binfmt');
    expect(newest).toContain('system-credential-store');
    // what others know can be asked for
    expect((await call('user-projects', { release: 252 })).out).toBe('/root\n');
  });
});
