import { describe, expect, it } from 'vitest';
import { checkAlias } from '../../../../src/unitfile/files/alias.ts';
import { lookupPaths } from '../../../../src/unitfile/files/load-path.ts';
import { isMask } from '../../../../src/unitfile/files/mask.ts';
import { dropInNames, isHiddenOrBackup, UnitFileIndex } from '../../../../src/unitfile/files/unit-files.ts';
import { world } from '../../../support/world.ts';

const etc = '/etc/systemd/system';
const lib = '/usr/lib/systemd/system';

function index(files: Record<string, string>) {
  const w = world({ files });
  return { w, index: new UnitFileIndex(w.files, lookupPaths({ scope: 'system' })) };
}

describe('the load path', () => {
  const search = (options: Parameters<typeof lookupPaths>[0]) => lookupPaths({ ownUnits: '/own', ...options }).search;

  it('of the system', () => {
    expect(search({ scope: 'system' })).toEqual([
      '/etc/systemd/system.control',
      '/run/systemd/system.control',
      '/run/systemd/transient',
      '/run/systemd/generator.early',
      '/etc/systemd/system',
      '/etc/systemd/system.attached',
      '/run/systemd/system',
      '/run/systemd/system.attached',
      '/run/systemd/generator',
      '/usr/local/lib/systemd/system',
      '/lib/systemd/system',
      '/usr/lib/systemd/system',
      '/run/systemd/generator.late',
      '/own',
    ]);
  });

  it('of a user', () => {
    expect(search({ scope: 'user', env: { HOME: '/home/a', XDG_RUNTIME_DIR: '/run/user/1' } })).toEqual([
      '/home/a/.config/systemd/user.control',
      '/run/user/1/systemd/user.control',
      '/run/user/1/systemd/transient',
      '/run/user/1/systemd/generator.early',
      '/home/a/.config/systemd/user',
      '/etc/xdg/systemd/user',
      '/etc/systemd/user',
      '/run/user/1/systemd/user',
      '/run/systemd/user',
      '/run/user/1/systemd/generator',
      '/home/a/.local/share/systemd/user',
      '/usr/local/share/systemd/user',
      '/usr/share/systemd/user',
      '/usr/local/lib/systemd/user',
      '/usr/lib/systemd/user',
      '/run/user/1/systemd/generator.late',
      '/own',
    ]);
  });

  it('of a user follows the variables of the XDG', () => {
    const env = {
      XDG_CONFIG_HOME: '/c',
      XDG_DATA_HOME: '/d',
      XDG_CONFIG_DIRS: '/c1:relative:/c2',
      XDG_DATA_DIRS: '/d1:/usr/share',
      XDG_RUNTIME_DIR: '',
    };
    expect(search({ scope: 'user', env, home: '/home/b' })).toEqual([
      '/c/systemd/user.control',
      '/c/systemd/user',
      '/c1/systemd/user',
      '/c2/systemd/user',
      '/etc/systemd/user',
      '/run/systemd/user',
      '/d/systemd/user',
      '/d1/systemd/user',
      '/usr/share/systemd/user',
      '/usr/local/share/systemd/user',
      '/usr/local/lib/systemd/user',
      '/usr/lib/systemd/user',
      '/own',
    ]);
    expect(search({ scope: 'user', env: { XDG_CONFIG_DIRS: '' }, home: '/home/b' }).slice(0, 3)).toEqual([
      '/home/b/.config/systemd/user.control',
      '/home/b/.config/systemd/user',
      '/etc/xdg/systemd/user',
    ]);
    expect(search({ scope: 'user', env: { HOME: '' } })[0]).toBe('/.config/systemd/user.control');
  });

  it('of all users', () => {
    const paths = lookupPaths({ scope: 'global', ownUnits: '/own' });
    expect(paths.search).toEqual([
      '/etc/systemd/user',
      '/run/systemd/user',
      '/usr/local/share/systemd/user',
      '/usr/share/systemd/user',
      '/usr/local/lib/systemd/user',
      '/usr/lib/systemd/user',
    ]);
    expect(paths).toMatchObject({ persistentConfig: '/etc/systemd/user', runtimeConfig: '/run/systemd/user' });
  });

  it('is what $SYSTEMD_UNIT_PATH says, and goes on as usual after a colon at its end', () => {
    const of = (SYSTEMD_UNIT_PATH: string) => search({ scope: 'system', env: { SYSTEMD_UNIT_PATH } });
    expect(of('/a:b:/c')).toEqual(['/a', '/c', '/own']);
    expect(of('/a:').slice(0, 3)).toEqual(['/a', '/etc/systemd/system.control', '/run/systemd/system.control']);
    expect(of('')[0]).toBe('/etc/systemd/system.control');
  });

  it('below another root has the root before each directory, once', () => {
    const paths = lookupPaths({ scope: 'system', root: '/r//' });
    expect(paths.root).toBe('/r');
    expect(paths.search[0]).toBe('/r/etc/systemd/system.control');
    expect(paths).toMatchObject({ persistentConfig: '/r/etc/systemd/system', transient: '/r/run/systemd/transient' });
    expect(lookupPaths({ scope: 'system', root: '/' }).root).toBe('');
    expect(lookupPaths({ scope: 'user', root: '/r', env: { HOME: '/h' } }).transient).toBeUndefined();
  });
});

describe('aliases', () => {
  it.each<[string, string, string | undefined]>([
    ['a.service', 'b.service', undefined],
    ['a@x.service', 'b@x.service', undefined],
    ['a@x.service', 'b@.service', undefined],
    ['a@.service', 'b@.service', undefined],
    ['a.service', '/lib/a.service', 'ELOOP'],
    ['nonsense', 'b.service', 'EINVAL'],
    ['a.mount', 'b.mount', 'EINVAL'],
    ['a.slice', 'b.slice', 'EINVAL'],
    ['a@.device', 'b@.device', 'EINVAL'],
    ['a.device', 'b.device', undefined],
    ['a.service', 'nonsense', 'EXDEV'],
    ['a.service', 'b@.service', 'EXDEV'],
    ['a.service', 'b@x.service', 'EXDEV'],
    ['a@.service', 'b.service', 'EXDEV'],
    ['a@.service', 'b@x.service', 'EXDEV'],
    ['a@x.service', 'b.service', 'EXDEV'],
    ['a@x.service', 'b@y.service', 'EXDEV'],
    ['a.service', 'b.socket', 'EXDEV'],
  ])('%s may lead to %s: %s', (alias, target, code) => {
    const told: string[] = [];
    expect(checkAlias(alias, target, (message) => told.push(message))).toBe(code);
    expect(told.length).toBe(code === undefined || code === 'ELOOP' ? 0 : 1);
  });

  it('are looked up through links, whichever way they are written', () => {
    const { index: names, w } = index({
      [`${lib}/real.service`]: 'x',
      [`${etc}/one.service`]: `-> ${lib}/real.service`,
      [`${etc}/two.service`]: '-> ../../../usr/lib/systemd/system/real.service',
      [`${etc}/three.service`]: '-> one.service',
      [`${etc}/four.service`]: '-> ./././two.service',
      [`${etc}/five.service`]: '-> /nowhere/../usr/lib/./systemd/system/real.service',
      [`${etc}/dead.service`]: '-> none.service',
      [`${etc}/wrong.service`]: `-> ${lib}/real.socket`,
      [`${etc}/linked.service`]: '-> /opt/other.service',
      '/opt/other.service': 'x',
    });
    const real = names.find('real.service');
    expect(real).toMatchObject({ kind: 'found', path: `${lib}/real.service` });
    const words = ['five', 'four', 'one', 'real', 'three', 'two'];
    expect([...real.names].sort()).toEqual(words.map((word) => `${word}.service`));
    for (const name of ['one', 'two', 'three', 'four', 'five'])
      expect(names.find(`${name}.service`)).toMatchObject({ kind: 'found', path: `${lib}/real.service` });
    expect(names.find('dead.service')).toEqual({ kind: 'missing', names: ['dead.service'] });
    expect(names.find('wrong.service')).toEqual({ kind: 'missing', names: ['wrong.service'] });
    expect(names.find('linked.service')).toMatchObject({ path: `${etc}/linked.service` });
    expect([...names.unitNames()]).toContain('three.service');
    expect(Object.fromEntries(names.targets())).toMatchObject({ 'three.service': 'one.service' });
    expect(w.files.tryLstat(`${etc}/dead.service`)).toBeDefined();
  });

  it('of templates are those of each instance, unless the instance leads elsewhere', () => {
    const { index: names } = index({
      [`${lib}/real@.service`]: 'x',
      [`${lib}/other@.service`]: 'x',
      [`${etc}/alias@.service`]: `-> ${lib}/real@.service`,
      [`${etc}/alias@own.service`]: `-> ${lib}/other@.service`,
      [`${etc}/one@i.service`]: `-> ${lib}/real@.service`,
      [`${etc}/plain.service`]: `-> ${lib}/real@j.service`,
      [`${lib}/real@k.service`]: 'x',
    });
    const of = (name: string) => {
      const found = names.find(name);
      return [found.kind === 'found' ? found.path : found.kind, ...found.names.sort()];
    };
    expect(of('real@x.service')).toEqual([`${lib}/real@.service`, 'alias@x.service', 'real@x.service']);
    expect(of('alias@x.service')).toEqual([`${lib}/real@.service`, 'alias@x.service', 'real@x.service']);
    expect(of('real@own.service')).toEqual([`${lib}/real@.service`, 'real@own.service']);
    expect(of('alias@own.service')).toEqual([`${lib}/other@.service`, 'alias@own.service', 'other@own.service']);
    expect(of('one@i.service')).toEqual([`${lib}/real@.service`, 'alias@i.service', 'one@i.service', 'real@i.service']);
    expect(of('real@i.service')).toContain('one@i.service');
    expect(of('real@k.service')[0]).toBe(`${lib}/real@k.service`);
    expect(of('plain.service')[0]).toBe('missing');
    expect(of('none@x.service')).toEqual(['missing', 'none@x.service']);
    expect(of('real@.service')).toEqual([`${lib}/real@.service`]);
  });

  it('that are too many in a row count as a loop', () => {
    const chain = (count: number) => ({
      [`${lib}/a0.service`]: 'x',
      ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`${etc}/a${i + 1}.service`, `-> a${i}.service`])),
    });
    expect(index(chain(7)).index.find('a7.service').kind).toBe('found');
    expect(index(chain(8)).index.find('a8.service').kind).toBe('loop');
    const circle = { [`${etc}/a@.service`]: '-> b@.service', [`${etc}/b@.service`]: '-> a@.service' };
    expect(index(circle).index.find('a@x.service')).toEqual({ kind: 'loop', names: ['a@x.service'] });
  });
});

describe('drop-ins', () => {
  it.each([
    ['a.service', ['a.service']],
    ['a-b-c.service', ['a-b-c.service', 'a-b-.service', 'a-.service']],
    ['a-.service', ['a-.service']],
    ['a--.service', ['a--.service', 'a-.service']],
    ['-a.service', ['-a.service']],
    ['a-b@.service', ['a-b@.service', 'a-.service']],
    ['a-b@i.service', ['a-b@i.service', 'a-b@.service', 'a-.service', 'a-@i.service', 'a-@.service']],
  ])('of %s lie in the directories of %j', (name, names) => {
    expect(dropInNames(name)).toEqual(names);
  });

  it('go by the name of the file, the same name in the most important directory first', () => {
    const { index: names } = index({
      [`${lib}/a-b.service.d/30.conf`]: '',
      [`${lib}/a-b.service.d/9.conf`]: '',
      [`${lib}/a-.service.d/10.conf`]: '',
      [`${lib}/service.d/20.conf`]: '',
      [`${etc}/a-.service.d/30.conf`]: '',
      [`${etc}/service.d/9.conf`]: '',
      [`${etc}/service.d/40.conf`]: '',
      [`${etc}/alias.service.d/05.conf`]: '',
      [`${etc}/a-b.service.d/x.txt`]: '',
      [`${etc}/a-b.service.d/.hidden.conf`]: '',
      [`${etc}/a-b.service.d/old.conf~`]: '',
      [`${etc}/nonsense.d/1.conf`]: '',
      [`${etc}/a-b.service.wants/x.service`]: '-> x.service',
    });
    expect(names.dropIns('a-b.service', ['alias.service'], '.d', '.conf')).toEqual([
      `${etc}/alias.service.d/05.conf`,
      `${lib}/a-.service.d/10.conf`,
      `${lib}/service.d/20.conf`,
      `${etc}/a-.service.d/30.conf`,
      `${etc}/service.d/40.conf`,
      `${lib}/a-b.service.d/9.conf`,
    ]);
    expect(names.dropIns('a-b.service', [], '.wants')).toEqual([`${etc}/a-b.service.wants/x.service`]);
    expect(names.dropIns('z.socket', [], '.d', '.conf')).toEqual([]);
  });

  it('of a directory that is there twice count once', () => {
    const { index: names } = index({
      [`${lib}/a.service.d/1.conf`]: '',
      [`${etc}/a.service.d`]: `-> ${lib}/a.service.d`,
      '/run/systemd/system/a.service.d': '-> /nowhere',
    });
    expect(names.dropIns('a.service', [], '.d', '.conf')).toEqual([`${lib}/a.service.d/1.conf`]);
  });

  it.each([
    ['.x', true],
    ['x~', true],
    ['lost+found', true],
    ['aquota.user', true],
    ['aquota.group', true],
    ...'rpmnew rpmsave rpmorig dpkg-old dpkg-new dpkg-tmp dpkg-dist dpkg-bak dpkg-backup dpkg-remove ucf-new ucf-old ucf-dist swp bak old new'
      .split(' ')
      .map((ending): [string, boolean] => [`x.conf.${ending}`, true]),
    ['x.conf', false],
    ['x', false],
    ['dpkg-new', false],
    ['aquota', false],
  ])('%s is left out: %s', (name, hidden) => {
    expect(isHiddenOrBackup(name)).toBe(hidden);
  });
});

describe('what is listed', () => {
  it('is seen anew once a directory has changed, but for those that only the manager writes', () => {
    const { w, index: names } = index({ [`${etc}/a.service`]: 'x', '/run/systemd/transient/t.service': 'x' });
    expect(names.isStale()).toBe(true);
    expect(names.find('b.service').kind).toBe('missing');
    expect(names.isStale()).toBe(false);
    w.host.advance(5);
    w.put('/run/systemd/transient/b.service', 'x');
    w.put('/run/systemd/generator/b.service', 'x');
    expect(names.isStale()).toBe(false);
    expect(names.find('b.service').kind).toBe('missing');
    w.put(`${etc}/c.service`, 'x');
    expect(names.isStale()).toBe(true);
    names.refresh();
    expect(names.find('b.service').kind).toBe('found');
  });

  it('are files and links, the first of a name', () => {
    const { w, index: names } = index({
      [`${lib}/a.service`]: 'x',
      [`${lib}/b.service`]: 'x',
      [`${etc}/b.service`]: 'x',
    });
    w.files.mkdirs(`${etc}/a.service`);
    w.files.putSpecial(`${etc}/f.service`, 'fifo');
    expect(names.find('a.service')).toMatchObject({ path: `${lib}/a.service` });
    expect(names.find('b.service')).toMatchObject({ path: `${etc}/b.service` });
    expect(names.find('f.service').kind).toBe('missing');
    expect(Object.fromEntries(names.aliases())).toEqual({ 'a.service': ['a.service'], 'b.service': ['b.service'] });
  });
});

it.each([
  ['file', 0, true],
  ['file', 1, false],
  ['char', 5, true],
  ['block', 5, true],
  ['directory', 0, false],
  ['symlink', 0, false],
] as const)('a %s of %d bytes masks: %s', (type, size, masks) => {
  expect(isMask({ type, size })).toBe(masks);
});
