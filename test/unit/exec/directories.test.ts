/** RuntimeDirectory= and its siblings: which directories a service is given, whose they are, and what is left of them. */
import { describe, expect, it } from 'vitest';
import type { SimHost } from '../../../src/simulation/machine/host.ts';
import { type Spawned, type SpawnOptions, spawned } from './spawned.ts';

/** What lies at the paths. */
const look = ({ w }: Pick<Spawned, 'w'>, ...paths: string[]): string[] => paths.map((path) => w.look(path));
const places = [
  ['Runtime', '/run', 233],
  ['State', '/var/lib', 238],
  ['Cache', '/var/cache', 239],
  ['Logs', '/var/log', 240],
  ['Configuration', '/etc', 241],
] as const;

describe('directories', () => {
  it.each(places)('of %sDirectory= lie in %s, and are named in the environment', (type, root) => {
    const { env, w } = spawned(`${type}Directory=one two/sub`);
    expect(env[`${type.toUpperCase()}_DIRECTORY`]).toBe(`${root}/one:${root}/two/sub`);
    expect(look({ w }, `${root}/one`, `${root}/two`, `${root}/two/sub`)).toEqual(Array(3).fill('directory 755 0:0'));
    expect(Object.keys(env).filter((name) => name.endsWith('_DIRECTORY'))).toHaveLength(1);
  });

  it.each(places)('of %sDirectory= below %s get mode and owner, the innermost alone', (type, root) => {
    const made = spawned(`User=daemon\n${type}Directory=outer/inner\n${type}DirectoryMode=0750`);
    expect(look(made, `${root}/outer`, `${root}/outer/inner`)).toEqual(['directory 755 0:0', 'directory 750 1:1']);
  });

  it.each(places)('of %sDirectory= that cannot be made in %s end the process with status %i', (type, root, status) => {
    const { service, w } = spawned(`${type}Directory=x`, { files: { [`${root}/x`]: 'a file' } });
    expect(service.mainStatus.status).toBe(status);
    expect(w.messages().join('\n')).toContain(
      `Failed to set up special execution directory in ${root}: Not a directory`,
    );
  });

  it('belong to root where no user is named, to the manager where that is a user’s', () => {
    const files = { '/var/lib/s/file': 'x' };
    const strangers = (host: SimHost): void => host.files.chown('/var/lib/s', 33, 33);
    expect(look(spawned('StateDirectory=s', { files }, strangers), '/var/lib/s')).toEqual(['directory 755 0:0']);
    const user: SpawnOptions = { scope: 'user', uid: 1000, environment: { HOME: '/home/alice' }, files };
    expect(look(spawned('StateDirectory=s', user, strangers), '/var/lib/s')).toEqual(['directory 755 33:33']);
    const bound = { uid: 1000, capabilities: 0n, files };
    expect(look(spawned('StateDirectory=s', bound, strangers), '/var/lib/s')).toEqual(['directory 755 33:33']);
  });

  describe('that are there already', () => {
    const files = { '/var/lib/s/deep/file': 'x' };
    const settings = 'User=daemon\nGroup=tty\nStateDirectory=s';
    const tree = ['/var/lib/s', '/var/lib/s/deep', '/var/lib/s/deep/file'];

    it.each([
      [0, 0, 'wrong user and group'],
      [1, 0, 'wrong group'],
      [0, 5, 'wrong user'],
    ])('owned by %i:%i (%s) change their owner with all they hold', (uid, gid) => {
      const made = spawned(settings, { files }, (host) => host.files.chown('/var/lib/s', uid, gid));
      expect(look(made, ...tree)).toEqual(['directory 755 1:5', 'directory 755 1:5', 'file 644 1:5 "x"']);
    });

    it('keep what they hold where their own owner is right', () => {
      const made = spawned(settings, { files }, (host) => host.files.chown('/var/lib/s', 1, 5));
      expect(look(made, ...tree.slice(1))).toEqual(['directory 755 0:0', 'file 644 0:0 "x"']);
    });

    it('change links and not what these lead to', () => {
      const inside = spawned(settings, {}, ({ files: f }) => {
        f.mkdirs('/var/lib/s');
        f.symlink('/etc/passwd', '/var/lib/s/link');
      });
      expect(look(inside, '/var/lib/s/link')).toEqual(['symlink 1:5 /etc/passwd']);
      expect(look(inside, '/etc/passwd')[0]).toMatch(/^file 644 0:0 /);
      expect(inside.w.files.heldCount).toBe(0);
    });

    it('are no links: one that leads to a directory is refused, as systemd does', () => {
      const elsewhere = spawned(settings, { files: { '/data/s/file': 'x' } }, (host) =>
        host.files.symlink('/data/s', '/var/lib/s'),
      );
      expect(elsewhere.request.exitAtOnce).toBe(238);
      expect(elsewhere.w.messages()).toContain(
        'Failed to set up special execution directory in /var/lib: Not a directory',
      );
      expect(look(elsewhere, '/data/s')).toEqual(['directory 755 0:0']);
      expect(elsewhere.w.files.heldCount).toBe(0);
    });

    it('keep the bits that chown drops, but for a dynamic user', () => {
      const programs = (host: SimHost): void => {
        host.files.put('/var/lib/s/program', '', 0o6755);
        host.files.put('/var/lib/s/sticky', '', 0o1644);
      };
      const modes = (user: string): string[] =>
        look(spawned(`${user}\nStateDirectory=s`, {}, programs), '/var/lib/s/program', '/var/lib/s/sticky').map(
          (seen) => seen.split(' ')[1]!,
        );
      expect(modes('User=daemon')).toEqual(['6755', '1644']);
      expect(modes('DynamicUser=yes')).toEqual(['755', '1644']);
      // Whatever the unit says.
      const made = spawned('DynamicUser=yes\nStateDirectory=s\nStateDirectoryMode=2755');
      expect(look(made, '/var/lib/private/s')[0]).toMatch(/^directory 755 /);
    });

    it('get the mode that is asked for', () => {
      const made = spawned('StateDirectory=s\nStateDirectoryMode=0700', { files });
      expect(look(made, ...tree)).toEqual(['directory 700 0:0', 'directory 755 0:0', 'file 644 0:0 "x"']);
    });

    it('and are right need no file system that can be written to', () => {
      for (const call of ['chmod', 'lchown']) {
        const { request } = spawned('StateDirectory=s', { files }, (host) =>
          host.files.failures.set('/var/lib/s', { call, code: 'EROFS', errno: 30 }),
        );
        expect(request.exitAtOnce).toBeUndefined();
      }
      const wrong = spawned('StateDirectory=s\nStateDirectoryMode=0700', { files }, (host) =>
        host.files.failures.set('/var/lib/s', { call: 'chmod', code: 'EROFS', errno: 30 }),
      );
      expect(wrong.request.exitAtOnce).toBe(238);
    });
  });

  it('of configuration stay as they are; another mode is told', () => {
    const mode = (wanted: string, present: number): string[] => {
      const { w } = spawned(`User=daemon\nConfigurationDirectory=e\nConfigurationDirectoryMode=${wanted}`, {}, (host) =>
        host.files.mkdir('/etc/e', present),
      );
      expect(w.look('/etc/e')).toBe(`directory ${present.toString(8)} 0:0`);
      return w.messages().filter((message) => message.includes('mode'));
    };
    const text = "ConfigurationDirectory 'e' already exists but the mode is different.";
    expect(mode('0755', 0o755)).toEqual([]);
    expect(mode('0700', 0o755)).toEqual([`${text} (File system: 755 ConfigurationDirectoryMode: 700)`]);
    expect(mode('0755', 0o2755)).toEqual([`${text} (File system: 2755 ConfigurationDirectoryMode: 755)`]);
  });
});

describe('links', () => {
  it.each([
    ['one:alias', '/run/alias', 'one'],
    ['one:a/b/alias', '/run/a/b/alias', '../../one'],
    ['a/one:a/alias', '/run/a/alias', 'one'],
    ['a/one:b/alias', '/run/b/alias', '../a/one'],
    ['a/b/one:alias', '/run/alias', 'a/b/one'],
    ['one:one-more', '/run/one-more', 'one'],
  ])('RuntimeDirectory=%s', (setting, path, target) => {
    expect(look(spawned(`RuntimeDirectory=${setting}`), path)).toEqual([`symlink 0:0 ${target}`]);
  });

  it('are made anew where they lead elsewhere, and go when the unit is down', () => {
    const made = spawned('RuntimeDirectory=one:alias one:more', {}, (host) => host.files.symlink('two', '/run/alias'));
    expect(look(made, '/run/alias', '/run/more')).toEqual(Array(2).fill('symlink 0:0 one'));
    made.down();
    expect(look(made, '/run/one', '/run/alias', '/run/more')).toEqual(Array(3).fill('nothing'));
  });

  it('that are right stay, also where nothing can be made; something else in their place is an error', () => {
    const right = spawned('RuntimeDirectory=one:alias', {}, (host) => {
      host.files.symlink('one', '/run/alias');
      host.files.failures.set('/run/alias', { call: 'unlink', code: 'EROFS', errno: 30 });
    });
    expect(right.request.exitAtOnce).toBeUndefined();
    const file = spawned('RuntimeDirectory=one:alias', { files: { '/run/alias': 'x' } });
    expect(file.request.exitAtOnce).toBe(233);
    expect(file.w.messages().join('\n')).toContain('directory in /run: File exists');
  });
});

describe('of a dynamic user', () => {
  const guarded = (settings: string, options: SpawnOptions = {}, prepare?: (host: SimHost) => void): Spawned =>
    spawned(`DynamicUser=yes\n${settings}`, options, prepare);
  /** Owner aside. */
  const kinds = (made: Spawned, ...paths: string[]): string[] =>
    look(made, ...paths).map((seen) => seen.replace(/ \d+:\d+/, ''));

  it.each([
    ['State', '/var/lib'],
    ['Cache', '/var/cache'],
    ['Logs', '/var/log'],
  ] as const)('those of %sDirectory= lie behind a guard in %s', (type, root) => {
    const made = guarded(`${type}Directory=a/b\n${type}DirectoryMode=0750`);
    expect(kinds(made, `${root}/private`, `${root}/private/a`, `${root}/private/a/b`, `${root}/a/b`)).toEqual([
      'directory 700',
      'directory 755',
      'directory 750',
      'symlink ../private/a/b',
    ]);
    expect(look(made, `${root}/private`)).toEqual(['directory 700 0:0']);
    expect(made.env[`${type.toUpperCase()}_DIRECTORY`]).toBe(`${root}/a/b`);
  });

  it.each([
    ['no', 'directory 755', 'nothing'],
    ['yes', 'symlink private/r', 'directory 755'],
    ['restart', 'symlink private/r', 'directory 755'],
  ])('those of RuntimeDirectory= do where they stay: RuntimeDirectoryPreserve=%s', (preserve, seen, real) => {
    const made = guarded(`RuntimeDirectory=r\nRuntimeDirectoryPreserve=${preserve}`);
    expect(kinds(made, '/run/r', '/run/private/r')).toEqual([seen, real]);
    made.down();
    // The link stays, as systemd leaves it.
    const after = preserve === 'yes' ? [seen, real] : [preserve === 'no' ? 'nothing' : seen, 'nothing'];
    expect(kinds(made, '/run/r', '/run/private/r')).toEqual(after);
  });

  it('those of ConfigurationDirectory= never do, nor any without the power to mount', () => {
    expect(kinds(guarded('ConfigurationDirectory=e'), '/etc/e', '/etc/private')).toEqual(['directory 755', 'nothing']);
    const plain = guarded('StateDirectory=s', { capabilities: 0n });
    expect(kinds(plain, '/var/lib/s', '/var/lib/private')).toEqual(['directory 755', 'nothing']);
    expect(plain.request.mounts).toBeUndefined();
  });

  it('a guard that others may enter is closed', () => {
    expect(
      look(
        guarded('StateDirectory=s', {}, (host) => host.files.mkdir('/var/lib/private', 0o755)),
        '/var/lib/private',
      ),
    ).toEqual(['directory 700 0:0']);
  });

  it('a directory of before moves behind the guard, and back when the user is not dynamic any more', () => {
    const made = guarded('StateDirectory=s', { files: { '/var/lib/s/file': 'x' } });
    expect(kinds(made, '/var/lib/s', '/var/lib/private/s/file')).toEqual(['symlink private/s', 'file 644 "x"']);
    made.down();
    const { w } = made;
    w.up(w.service('a.service', 'User=daemon\nStateDirectory=s\nExecStart=/usr/bin/d\n'));
    expect(look(made, '/var/lib/s', '/var/lib/s/file', '/var/lib/private/s')).toEqual([
      'directory 755 1:1',
      'file 644 1:1 "x"',
      'nothing',
    ]);
  });

  it('one on each side of the guard is one too many', () => {
    const files = { '/var/lib/s/file': '', '/var/lib/private/s/file': '' };
    expect(guarded('StateDirectory=s', { files }).request.exitAtOnce).toBe(238);
  });

  it('a link that leads elsewhere is no way back', () => {
    const prepare = (host: SimHost): void => host.files.symlink('/data/s', '/var/lib/s');
    for (const place of ['/elsewhere', '/var/lib/private/s'])
      expect(
        look(spawned('StateDirectory=s', { files: { '/data/s/file': '', [place]: '' } }, prepare), '/var/lib/s'),
      ).toEqual(['symlink 0:0 /data/s']);
  });
});

describe('when the unit is down', () => {
  it('runtime directories are gone with all they hold, others stay', () => {
    const made = spawned(places.map(([type]) => `${type}Directory=mine/deep`).join('\n'));
    made.w.put('/run/mine/deep/file', 'x');
    made.down();
    const paths = places.map(([, root]) => `${root}/mine/deep`);
    expect(look(made, ...paths)).toEqual(['nothing', ...Array(4).fill('directory 755 0:0')]);
    expect(look(made, '/run/mine')).toEqual(['directory 755 0:0']);
  });

  it('one that cannot be removed does no harm', () => {
    const { w, service, down } = spawned('RuntimeDirectory=one two');
    w.files.failures.set('/run/one', { call: 'rm', code: 'EBUSY', errno: 16 });
    down();
    expect(service.subState).toBe('dead');
    expect(w.messages(undefined, 3)).toEqual([]);
    expect(look({ w }, '/run/one', '/run/two')).toEqual(['directory 755 0:0', 'nothing']);
  });
});

describe('systemctl clean', () => {
  // Configuration has no links.
  const lines = places.map(([type]) => `${type}Directory=mine${type === 'Configuration' ? '' : ':alias'}`);
  const settings = [...lines, 'RuntimeDirectoryPreserve=yes'].join('\n');

  it.each([
    ['runtime', ['/run']],
    ['state', ['/var/lib']],
    ['cache', ['/var/cache']],
    ['logs', ['/var/log']],
    ['configuration', ['/etc']],
    ['all', places.map(([, root]) => root)],
  ])('--what=%s removes those in %j, with their links and what lies behind a guard', async (what, roots) => {
    const { w, down } = spawned(settings);
    down();
    for (const [, root] of places) w.put(`${root}/private/mine/file`, '');
    expect(await w.systemctl(`clean --what=${what} a.service`)).toMatchObject({ status: 0, err: '' });
    const left = (path: (root: string) => string): string[] =>
      places.map(([, root]) => root).filter((root) => w.look(path(root)) !== 'nothing');
    const others = places.map(([, root]) => root).filter((root) => !roots.includes(root));
    expect(left((root) => `${root}/mine`)).toEqual(others);
    expect(left((root) => `${root}/alias`)).toEqual(others.filter((root) => root !== '/etc'));
    // Configuration never lies behind one.
    expect(left((root) => `${root}/private/mine`)).toEqual([...new Set([...others, '/etc'])].sort(byPlace));
  });

  const byPlace = (a: string, b: string): number =>
    places.findIndex(([, root]) => root === a) - places.findIndex(([, root]) => root === b);

  it('shows what there is to clean', async () => {
    const canClean = async (lines: string): Promise<string> =>
      (await spawned(lines).w.systemctl('show -P CanClean a.service')).out.trim();
    expect(await canClean('CacheDirectory=c\nConfigurationDirectory=e')).toBe('cache configuration');
    expect(await canClean('')).toBe('');
  });
});
