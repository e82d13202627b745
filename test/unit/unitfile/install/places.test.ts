/** Enabling below another root, through odd links, and for users. */
import { describe, expect, it, test } from 'vitest';
import { lookupPaths } from '../../../../src/unitfile/files/load-path.ts';
import { Changes, type InstallChange } from '../../../../src/unitfile/install/changes.ts';
import { InstallContext, newInfo } from '../../../../src/unitfile/install/info.ts';
import { createLink, Marks, removeMarkedLinks } from '../../../../src/unitfile/install/links.ts';
import * as operations from '../../../../src/unitfile/install/operations.ts';
import { chase, isNullOrEmpty } from '../../../../src/unitfile/install/places.ts';
import { UnitFileSearch } from '../../../../src/unitfile/install/search.ts';
import { listUnitFiles, UnitFileStates, unitFileState } from '../../../../src/unitfile/install/state.ts';
import { world } from '../../../support/world.ts';

const etc = '/etc/systemd/system';
const lib = '/usr/lib/systemd/system';
const service = (install = '') => `[Service]\nExecStart=/bin/true\n[Install]\n${install}\n`;

function set(files: Record<string, string>, options: Partial<Parameters<typeof lookupPaths>[0]> = {}) {
  const w = world({ files });
  const said: string[] = [];
  const paths = lookupPaths({ scope: 'system', ...options });
  const make = () => new UnitFileSearch(w.host, paths, (_, message) => said.push(message));
  return { w, said, make, search: make(), files: w.files };
}

const told = (changes: readonly InstallChange[]): string[] =>
  changes.map((change) => {
    const { kind, path } = change;
    if (kind === 'symlink') return `${path} -> ${change.source}`;
    if (kind === 'unlink') return `- ${path}`;
    return kind === 'error' ? `${change.code} ${path}${change.source ? ` ${change.source}` : ''}` : `${kind} ${path}`;
  });

describe('paths below a root', () => {
  const { files } = set({
    '/r/a/file': 'x',
    '/r/abs': '-> /a',
    '/r/rel': '-> a/../a',
    '/r/up': '-> ../../../../a/file',
    '/r/empty': '',
    '/r/null': '-> /dev/null',
    '/r/one': '-> two',
    '/r/two': '-> one',
    '/r/dead': '-> /none/x',
    '/a/file': 'outside',
    '/x': '-> /a',
    ...Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`/chain/${i + 1}`, `-> ${i}`])),
    '/chain/0': 'x',
  });
  files.mkdirs('/r/dir');

  it.each<[string, string, Parameters<typeof chase>[3], string]>([
    ['/r/a/file', '/r', {}, '/r/a/file'],
    ['/r/abs/file', '/r', {}, '/r/a/file'],
    ['/r/rel/file', '/r', {}, '/r/a/file'],
    ['/r/up', '/r', {}, '/r/a/file'],
    ['/r/./a//../a/file', '/r', {}, '/r/a/file'],
    ['/r/..', '/r', {}, '/r'],
    ['/r', '/r', {}, '/r'],
    ['/r/abs', '/r', { noFollow: true }, '/r/abs'],
    ['/r/abs/file', '/r', { noFollow: true }, '/r/a/file'],
    ['/r/one', '/r', {}, 'ELOOP'],
    ['/r/none', '/r', {}, 'ENOENT'],
    ['/r/none', '/r', { mayBeMissing: true }, '/r/none'],
    ['/r/dead', '/r', { mayBeMissing: true }, '/r/none/x'],
    ['/r/none/./y', '/r', { mayBeMissing: true }, '/r/none/y'],
    ['/r/none/../y', '/r', { mayBeMissing: true }, 'ENOENT'],
    ['/r/a/file/x', '/r', {}, 'ENOTDIR'],
    ['/elsewhere', '/r', {}, 'ECHRNG'],
    ['/x/file', '', {}, '/a/file'],
    ['/x/../a', '', {}, '/a'],
    ['/..', '', {}, '/'],
    ['/chain/31', '', {}, '/chain/0'],
    ['/chain/32', '', {}, 'ELOOP'],
  ])('%s within %j %o is %s', (path, root, options, expected) => {
    const result = chase(files, path, root, options);
    expect('error' in result ? result.error : result.path).toBe(expected);
  });

  it.each([
    ['/r/empty', '', true],
    ['/r/a/file', '', false],
    ['/dev/null', '', true],
    ['/r/dir', '', false],
    ['/none', '', 'ENOENT'],
    ['/r/dev/null', '/r', true],
    ['/empty', '/r', true],
    ['/a/file', '/r', false],
    ['/none', '/r', 'ENOENT'],
  ])('%s within %j is empty: %s', (path, root, expected) => {
    expect(isNullOrEmpty(files, path, root)).toBe(expected);
  });
});

describe('below another root', () => {
  const root = '/target';
  const inside = {
    [`/target${lib}/a.service`]: service('WantedBy=multi-user.target\nAlias=b.service'),
    [`/target${lib}/masked.service`]: service('WantedBy=multi-user.target'),
    [`/target${etc}/masked.service`]: '-> /dev/null',
    '/target/opt/o.service': service('WantedBy=multi-user.target'),
    [`/target${lib}/multi-user.target`]: '[Unit]\n',
    '/target/usr/lib/systemd/system-preset/1.preset': 'disable a.service\n',
  };

  it('masks, links and presets are those of the root', () => {
    const { search, make, files } = set(inside, { root });
    expect(unitFileState(search, 'masked.service')).toBe('masked');
    expect(told(operations.link(search, {}, ['/opt/o.service']).changes)).toEqual([
      `/target${etc}/o.service -> /opt/o.service`,
    ]);
    expect(unitFileState(make(), 'o.service')).toBe('linked');
    expect(told(operations.enable(search, {}, ['a.service', 'o.service']).changes)).toEqual([
      `/target${etc}/b.service -> ${lib}/a.service`,
      `/target${etc}/multi-user.target.wants/a.service -> ${lib}/a.service`,
      `/target${etc}/multi-user.target.wants/o.service -> /opt/o.service`,
    ]);
    expect(unitFileState(make(), 'b.service')).toBe('alias');
    expect(told(operations.reenable(make(), {}, ['o.service']).changes).slice(-2)).toEqual([
      `/target${etc}/o.service -> /opt/o.service`,
      `/target${etc}/multi-user.target.wants/o.service -> /opt/o.service`,
    ]);
    expect(told(operations.preset(make(), {}, ['a.service'], 'full').changes).sort()).toEqual([
      `- /target${etc}/b.service`,
      `- /target${etc}/multi-user.target.wants/a.service`,
    ]);
    expect(told(operations.unmask(make(), {}, ['masked.service']).changes)).toEqual([`- /target${etc}/masked.service`]);
    expect(told(operations.mask(make(), { runtime: true }, ['a.service']).changes)).toEqual([
      '/target/run/systemd/system/a.service -> /dev/null',
    ]);
    expect(unitFileState(make(), 'a.service')).toBe('masked-runtime');
    expect(files.tryLstat(`${etc}/b.service`)).toBeUndefined();
  });
});

describe('of users', () => {
  const env = { HOME: '/home/a', XDG_RUNTIME_DIR: '/run/user/1' };
  const own = '/home/a/.config/systemd/user';
  const files = { '/usr/lib/systemd/user/u.service': service('WantedBy=default.target') };

  it('links are made for one user, or for all', () => {
    const one = set(files, { scope: 'user', env });
    expect(told(operations.enable(one.search, {}, ['u.service']).changes)).toEqual([
      `${own}/default.target.wants/u.service -> /usr/lib/systemd/user/u.service`,
      'destination-not-present default.target',
    ]);
    expect(unitFileState(one.make(), 'u.service')).toBe('enabled');
    const all = set(files, { scope: 'global' });
    operations.enable(all.search, {}, ['u.service']);
    expect(unitFileState(all.make(), 'u.service')).toBe('enabled');
    const seen = new UnitFileSearch(all.w.host, lookupPaths({ scope: 'user', env }));
    expect(unitFileState(seen, 'u.service')).toBe('enabled');
  });

  it('there is no place for what lasts until the next boot without a runtime directory', () => {
    const { search } = set(files, { scope: 'user', env: { HOME: '/home/a' } });
    expect(operations.enable(search, { runtime: true }, ['u.service'])).toEqual({
      error: 'ENXIO',
      count: 0,
      changes: [],
    });
    expect(operations.addDependency(search, { runtime: true }, ['u.service'], 'x.target', 'wants').error).toBe('ENXIO');
    expect(operations.revert(search, ['u.service']).error).toBeUndefined();
  });

  it('presets have directories of their own', () => {
    const { search } = set(
      {
        ...files,
        '/usr/lib/systemd/user-preset/1.preset': 'disable *\n',
        '/etc/systemd/system-preset/1.preset': 'enable *\n',
      },
      { scope: 'user', env },
    );
    const states = new UnitFileStates(() => search);
    expect(states.presetOfFile('u.service')).toBe('disabled');
    expect(states.of('u.service')).toEqual({ state: 'disabled', preset: 'disabled' });
    expect(states.of('none.service')).toEqual({ state: 'bad', preset: 'disabled' });
    expect(states.presetOfFile('nonsense')).toBe('');
  });
});

describe('links', () => {
  it('that mean the same unit are left as they are', () => {
    const { w, search, files } = set({ [`${lib}/a.service`]: 'x', '/usr/local/lib/systemd/system/a.service': 'x' });
    const make = (target: string, path: string, force = false) => {
      const changes = new Changes();
      const outcome = createLink(search, target, path, force, changes);
      return [outcome, ...told(changes.list)];
    };
    w.put('/opt/same', `-> ${lib}/a.service`);
    w.put(`${etc}/a.service`, '-> ../../../usr/local/lib/systemd/system/a.service');
    expect(make(`${lib}/a.service`, `${etc}/a.service`)).toEqual([1]);
    expect(make('/opt/same', `${etc}/b.service`)).toEqual([1, `${etc}/b.service -> /opt/same`]);
    expect(make(`${lib}/a.service`, `${etc}/b.service`)).toEqual([1]);
    expect(make('/opt/other', `${etc}/b.service`)).toEqual(['EEXIST', `EEXIST ${etc}/b.service /opt/same`]);
    expect(make('/opt/other', `${etc}/b.service`, true)).toEqual([
      1,
      `- ${etc}/b.service`,
      `${etc}/b.service -> /opt/other`,
    ]);
    expect(files.readdir(etc)).toEqual(['a.service', 'b.service']);
    files.closed.set('/etc', 'EROFS');
    expect(make('/x', `${etc}/c.service`)).toEqual(['EROFS', `EROFS ${etc}/c.service`]);
    expect(make('/x', `${etc}/b.service`, true)[0]).toBe('EROFS');
  });

  it('are removed where they lead to what is marked, one after the other', () => {
    const { search, files } = set({
      [`${etc}/a.service`]: '-> /opt/a.service',
      [`${etc}/b.service`]: '-> a.service',
      [`${etc}/c.service`]: '-> b.service',
      [`${etc}/x.target.wants/a.service`]: '-> /nowhere',
      [`${etc}/x.target.wants/z.service`]: '-> /opt/z.service',
      [`${etc}/t@i.service`]: '-> /opt/t@.service',
    });
    const remove = (marked: string[], dryRun: boolean) => {
      const marks = new Marks();
      for (const mark of marked) marks.add(mark);
      const changes = new Changes();
      const outcome = removeMarkedLinks(search, marks, etc, dryRun, changes);
      return [outcome, ...told(changes.list).sort()];
    };
    expect(remove([], false)).toEqual([0]);
    expect(remove(['a.service'], true)[0]).toBe(0);
    expect(files.tryLstat(`${etc}/a.service`)).toBeDefined();
    expect(remove(['a.service', 't@.service'], false)).toEqual([
      0,
      `- ${etc}/a.service`,
      `- ${etc}/b.service`,
      `- ${etc}/c.service`,
      `- ${etc}/t@i.service`,
      `- ${etc}/x.target.wants/a.service`,
    ]);
    expect(files.readdir(`${etc}/x.target.wants`)).toEqual(['z.service']);
  });
});

test('what is only named in Also= is auxiliary until it is asked for', () => {
  const context = new InstallContext();
  expect(context.add('a.service', undefined, true)).toMatchObject({ auxiliary: true });
  expect(context.add('a.service', undefined, true)).toMatchObject({ auxiliary: true });
  expect(context.add('a.service', undefined, false)).toMatchObject({ auxiliary: false });
  expect(context.add('a.service', undefined, true)).toMatchObject({ auxiliary: false });
  expect(context.add(undefined, '/opt/b.service', false)).toMatchObject({ name: 'b.service', path: '/opt/b.service' });
  expect(context.add('nonsense', undefined, false)).toBe('EINVAL');
  expect(context.next()?.name).toBe('a.service');
  expect(context.find('a.service')?.name).toBe('a.service');
  expect(context.next()?.name).toBe('b.service');
  expect(context.next()).toBeUndefined();
});

describe('what goes wrong', () => {
  it('names that no unit can have', () => {
    const { search } = set({});
    expect(told(operations.disable(search, {}, ['nonsense']).changes)).toEqual(['EUCLEAN nonsense']);
    expect(operations.mask(search, {}, ['nonsense', 'a.service'])).toMatchObject({
      error: 'EINVAL',
      changes: [{ kind: 'symlink' }],
    });
    expect(operations.unmask(search, {}, ['nonsense']).error).toBe('EINVAL');
    expect(operations.revert(search, ['nonsense']).error).toBe('EINVAL');
    expect(operations.reenable(search, {}, ['/']).error).toBe('EISDIR');
    expect(operations.preset(search, {}, ['nonsense'], 'full').error).toBe('EINVAL');
    expect(told(operations.addDependency(search, {}, ['a.service'], 'nonsense', 'wants').changes)).toEqual([
      'EUCLEAN nonsense',
    ]);
    expect(told(operations.link(search, {}, ['relative.service']).changes)).toEqual(['EINVAL relative.service']);
    expect(search.exists(new InstallContext(), 'nonsense')).toBe('EINVAL');
    expect(search.exists(new InstallContext(), 'a.service')).toBe(true);
    expect(search.exists(new InstallContext(), 'none.service')).toBe(false);
  });

  it('directories that can not be listed', () => {
    const { make, files } = set({ [`${lib}/a.service`]: service('WantedBy=x.target'), [`${etc}/b.service`]: 'x' });
    files.failures.set(etc, { call: 'scandir', code: 'EIO', errno: 5 });
    expect(unitFileState(make(), 'a.service')).toBe('EIO');
    expect([...listUnitFiles(make(), [], [])].at(-1)).toBe('EIO');
    expect(operations.presetAll(make(), {}, 'full').error).toBe('EIO');
    files.failures.set(etc, { call: 'scandir', code: 'EACCES', errno: 13 });
    expect(unitFileState(make(), 'a.service')).toBe('disabled');
    expect([...listUnitFiles(make(), [], [])].filter(Boolean)).toMatchObject([{ name: 'a.service' }]);
  });

  it('files that are none, and drop-ins that can not be', () => {
    const { search, files, make } = set({
      [`${etc}/good.service`]: service('WantedBy=x.target'),
      [`${etc}/good.service.d/null.conf`]: '-> /dev/null',
      [`${etc}/dir.service.d/x.conf/y`]: '',
      [`${etc}/dir.service`]: service('WantedBy=x.target'),
      [`${etc}/broken.service`]: '[Install\n',
      [`${etc}/late.service`]: '[Install]\nAlso=%z\nWantedBy=\nNonsense\n',
    });
    files.mkdirs(`${lib}/folder.service`);
    files.putSpecial(`${etc}/pipe.service`, 'fifo');
    expect(unitFileState(search, 'good.service')).toBe('disabled');
    expect(unitFileState(search, 'dir.service')).toBe('EISDIR');
    expect(unitFileState(search, 'folder.service')).toBe('EISDIR');
    expect(unitFileState(search, 'pipe.service')).toBe('EBADFD');
    expect(unitFileState(search, 'broken.service')).toBe('EBADMSG');
    const late = set({ [`${etc}/late.service`]: '[Install]\nNonsense\nAlso=%z\nFoo=1\n' });
    expect(unitFileState(late.search, 'late.service')).toBe('EBADSLT');
    expect(late.said).toEqual([
      `${etc}/late.service:2: Missing '=', ignoring line.`,
      `${etc}/late.service:3: Failed to resolve unit name in Also="%z": Invalid slot`,
    ]);
    expect([...listUnitFiles(make(), ['bad'], ['*.service'])].filter(Boolean)).toMatchObject([
      { name: 'dir.service', state: 'bad' },
      { name: 'broken.service', state: 'bad' },
      { name: 'late.service', state: 'bad' },
    ]);
    expect(newInfo('a.service', undefined, true)).toMatchObject({
      name: 'a.service',
      auxiliary: true,
      mode: undefined,
    });
  });
});

describe('a file system that can not be written', () => {
  it('is told of, link by link', () => {
    const { search, make, files } = set({
      [`${etc}/a.service`]: '-> /dev/null',
      [`${etc}/b.service`]: `-> ${lib}/c.service`,
      [`${lib}/c.service`]: service('WantedBy=x.target\nAlias=d.service'),
      [`${etc}/c.service.d/x.conf`]: '[Unit]\n',
    });
    files.closed.set('/etc', 'EROFS');
    for (const name of ['a', 'b'])
      files.failures.set(`${etc}/${name}.service`, { call: 'unlink', code: 'EROFS', errno: 30 });
    const both = ({ error, changes }: operations.InstallResult) => [error, ...told(changes)];
    expect(both(operations.unmask(search, {}, ['a.service']))).toEqual(['EROFS', `EROFS ${etc}/a.service`]);
    expect(both(operations.disable(make(), {}, ['c.service']))).toEqual(['EROFS', `EROFS ${etc}/b.service`]);
    expect(both(operations.enable(make(), {}, ['c.service']))).toEqual([
      'EROFS',
      `EROFS ${etc}/d.service`,
      `ENOENT ${etc}/x.target.wants/c.service`,
      'destination-not-present x.target',
    ]);
    expect(both(operations.mask(make(), {}, ['e.service']))).toEqual(['EROFS', `EROFS ${etc}/e.service`]);
    expect(both(operations.setDefault(make(), {}, 'none.target'))).toEqual(['ENOENT', 'ENOENT none.target']);
  });
});

describe('preset-all', () => {
  const wrong = {
    [`${etc}/loop.service`]: '-> loop.service',
    [`${etc}/masked.service`]: '-> /dev/null',
    '/run/systemd/generator/generated.service': service('WantedBy=x.target'),
    [`${etc}/alias.service`]: `-> ${lib}/t@.service`,
    [`${lib}/t@.service`]: service('WantedBy=x.target'),
    [`${lib}/good.service`]: service('WantedBy=x.target'),
  };

  it('passes over units that have something wrong', () => {
    const { search } = set(wrong);
    const { error, changes } = operations.presetAll(search, {}, 'full');
    expect(error).toBeUndefined();
    expect(told(changes)).toContain(`${etc}/x.target.wants/good.service -> ${lib}/good.service`);
    expect(
      told(changes)
        .filter((line) => line.startsWith('E'))
        .sort(),
    ).toEqual([
      'EADDRNOTAVAIL /run/systemd/generator/generated.service',
      'ELOOP loop.service',
      `ERFKILL ${etc}/masked.service`,
      'EXDEV alias.service',
    ]);
  });

  it('ends at one that can not be read', () => {
    const { search } = set({ ...wrong, [`${etc}/broken.service`]: '[Install\n' });
    expect(operations.presetAll(search, {}, 'full').error).toBe('EBADMSG');
  });
});

test('what a user has changed is reverted without a runtime directory', () => {
  const own = '/home/a/.config/systemd/user';
  const { search } = set(
    {
      '/usr/lib/systemd/user/u.service': service(),
      [`${own}/u.service`]: service(),
      [`${own}/u.service.d/x.conf`]: '',
    },
    { scope: 'user', env: { HOME: '/home/a' } },
  );
  expect(told(operations.revert(search, ['u.service']).changes)).toEqual([
    `- ${own}/u.service.d/x.conf`,
    `- ${own}/u.service.d`,
    `- ${own}/u.service`,
  ]);
});
