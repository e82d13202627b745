/** Enabling and its kin on files in memory; words and links as systemd 252 makes them. */
import { describe, expect, it } from 'vitest';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { lookupPaths } from '../../../../src/unitfile/files/load-path.ts';
import type { InstallChange } from '../../../../src/unitfile/install/changes.ts';
import * as operations from '../../../../src/unitfile/install/operations.ts';
import { UnitFileSearch } from '../../../../src/unitfile/install/search.ts';
import { isErrorCode, listUnitFiles, UnitFileStates, unitFileState } from '../../../../src/unitfile/install/state.ts';

const etc = '/etc/systemd/system';
const lib = '/usr/lib/systemd/system';
const service = (install: string) => `[Service]\nExecStart=/bin/true\n[Install]\n${install}\n`;

/** Files, and `path -> target` for links. */
const own = '/usr/lib/pidone/units';

function world(files: Record<string, string>, links: Record<string, string> = {}, root?: string) {
  const host = new SimHost({
    files: { [`${lib}/multi-user.target`]: '[Unit]\n', [`${lib}/graphical.target`]: '[Unit]\n', ...files },
  });
  for (const [path, target] of Object.entries(links)) {
    host.files.mkdirs(path.slice(0, path.lastIndexOf('/')));
    host.files.symlink(target, path);
  }
  host.files.mkdirs(etc);
  host.files.mkdirs('/run/systemd/system');
  const said: string[] = [];
  const paths = lookupPaths({ scope: 'system', ownUnits: own, ...(root === undefined ? {} : { root }) });
  const search = new UnitFileSearch(host, paths, (_, message) => said.push(message));
  return { host, search, said };
}

const told = (changes: readonly InstallChange[]): string[] =>
  changes.map((change) => {
    switch (change.kind) {
      case 'symlink':
        return `${change.path} -> ${change.source}`;
      case 'unlink':
        return `- ${change.path}`;
      case 'error':
        return `${change.code} ${change.path}${change.source === undefined ? '' : ` ${change.source}`}`;
      default:
        return `${change.kind} ${change.path}`;
    }
  });

describe('enable', () => {
  it('makes the links that [Install] asks for, of units named in Also= too', () => {
    const { search, host } = world({
      [`${etc}/a.service`]: service(
        'WantedBy=multi-user.target graphical.target\nRequiredBy=b.service\nAlias=other.service\nAlso=b.service',
      ),
      [`${etc}/b.service`]: service('UpheldBy=multi-user.target'),
    });
    const { error, count, changes } = operations.enable(search, {}, ['a.service']);
    expect(error).toBeUndefined();
    expect(count).toBeGreaterThan(0);
    expect(told(changes)).toEqual([
      `${etc}/other.service -> ${etc}/a.service`,
      `${etc}/multi-user.target.wants/a.service -> ${etc}/a.service`,
      `${etc}/graphical.target.wants/a.service -> ${etc}/a.service`,
      `${etc}/b.service.requires/a.service -> ${etc}/a.service`,
      `${etc}/multi-user.target.upholds/b.service -> ${etc}/b.service`,
    ]);
    expect(host.files.readlink(`${etc}/multi-user.target.wants/a.service`)).toBe(`${etc}/a.service`);
    expect(operations.enable(search, {}, ['a.service']).changes).toEqual([]);
  });

  it('takes templates with an instance, or with DefaultInstance=', () => {
    const { search } = world({
      [`${lib}/t@.service`]: service('WantedBy=multi-user.target\nDefaultInstance=main\nAlias=u@.service'),
      [`${lib}/plain@.service`]: service('WantedBy=multi-user.target'),
      [`${lib}/spec@.service`]: service('WantedBy=%i.target %p.target'),
    });
    expect(told(operations.enable(search, {}, ['t@.service']).changes)).toEqual([
      `${etc}/u@.service -> ${lib}/t@.service`,
      `${etc}/multi-user.target.wants/t@main.service -> ${lib}/t@.service`,
    ]);
    expect(told(operations.enable(search, {}, ['t@x.service']).changes)).toContain(
      `${etc}/u@x.service -> ${lib}/t@.service`,
    );
    expect(operations.enable(search, {}, ['plain@.service'])).toMatchObject({ error: 'EIDRM' });
    expect(told(operations.enable(search, {}, ['spec@multi-user.service']).changes)).toEqual([
      `${etc}/multi-user.target.wants/spec@multi-user.service -> ${lib}/spec@.service`,
      `${etc}/spec.target.wants/spec@multi-user.service -> ${lib}/spec@.service`,
      'destination-not-present spec.target',
    ]);
  });

  it('refuses what is missing, masked, generated, linked or wrongly aliased', () => {
    const { search } = world(
      {
        [`${lib}/masked.service`]: service('WantedBy=multi-user.target'),
        '/run/systemd/generator/gen.service': service('WantedBy=multi-user.target'),
        [`${lib}/a.service`]: service('Alias=a.socket'),
        [`${lib}/bad.service`]: service('WantedBy=%z.target'),
        [`${lib}/also.service`]: service('Also=not a unit'),
        [`${lib}/real.service`]: service('WantedBy=multi-user.target'),
      },
      { [`${etc}/masked.service`]: '/dev/null', [`${etc}/alias.service`]: `${lib}/real.service` },
    );
    const enable = (name: string) => told(operations.enable(search, {}, [name]).changes);
    expect(enable('none.service')).toEqual(['ENOENT none.service']);
    expect(enable('masked.service')).toEqual([`ERFKILL ${etc}/masked.service`]);
    expect(enable('gen.service')).toEqual(['EADDRNOTAVAIL /run/systemd/generator/gen.service']);
    expect(enable('a.service')).toEqual(['EXDEV a.socket a.service']);
    expect(enable('bad.service')).toEqual(['EBADSLT %z.target']);
    expect(enable('also.service')).toEqual(['EINVAL also.service']);
    expect(enable('alias.service')).toEqual(['ELOOP alias.service']);
  });

  it('lets only force replace a link to another unit', () => {
    const { search } = world(
      { [`${lib}/a.service`]: service('Alias=x.service'), [`${lib}/b.service`]: service('') },
      { [`${etc}/x.service`]: `${lib}/b.service` },
    );
    expect(told(operations.enable(search, {}, ['a.service']).changes)).toEqual([
      `EEXIST ${etc}/x.service ${lib}/b.service`,
    ]);
    expect(told(operations.enable(search, { force: true }, ['a.service']).changes)).toEqual([
      `- ${etc}/x.service`,
      `${etc}/x.service -> ${lib}/a.service`,
    ]);
  });

  it('links files from outside the load path first', () => {
    const { search } = world({ '/opt/o.service': service('WantedBy=multi-user.target') });
    expect(told(operations.enable(search, {}, ['/opt/o.service']).changes)).toEqual([
      `${etc}/o.service -> /opt/o.service`,
      `${etc}/multi-user.target.wants/o.service -> /opt/o.service`,
    ]);
    expect(unitFileState(search, 'o.service')).toBe('enabled');
    expect(told(operations.disable(search, {}, ['o.service']).changes).sort()).toEqual([
      `- ${etc}/multi-user.target.wants/o.service`,
      `- ${etc}/o.service`,
    ]);
  });

  it('works below another root with links as seen from inside', () => {
    const { search, host } = world(
      { [`/target${lib}/a.service`]: service('WantedBy=multi-user.target') },
      {},
      '/target',
    );
    const link = `/target${etc}/multi-user.target.wants/a.service`;
    expect(told(operations.enable(search, {}, ['a.service']).changes)[0]).toBe(`${link} -> ${lib}/a.service`);
    expect(host.files.readlink(link)).toBe(`${lib}/a.service`);
    expect(unitFileState(search, 'a.service')).toBe('enabled');
  });

  it('reads drop-ins', () => {
    const { search } = world({
      [`${lib}/a.service`]: service('WantedBy=graphical.target'),
      [`${etc}/a.service.d/10.conf`]: '[Install]\nWantedBy=\nWantedBy=multi-user.target\n',
    });
    expect(told(operations.enable(search, {}, ['a.service']).changes)).toEqual([
      `${etc}/multi-user.target.wants/a.service -> ${lib}/a.service`,
    ]);
  });
});

describe('disable', () => {
  it('removes every link to the unit and empty directories', () => {
    const { search, host } = world(
      { [`${lib}/a.service`]: service('WantedBy=multi-user.target') },
      {
        [`${etc}/multi-user.target.wants/a.service`]: `${lib}/a.service`,
        [`${etc}/by-hand.target.wants/a.service`]: '../a.service',
        [`${etc}/alias.service`]: `${lib}/a.service`,
      },
    );
    expect(told(operations.disable(search, {}, ['a.service']).changes).sort()).toEqual([
      `- ${etc}/alias.service`,
      `- ${etc}/by-hand.target.wants/a.service`,
      `- ${etc}/multi-user.target.wants/a.service`,
    ]);
    expect(host.files.readdir(etc)).toEqual([]);
  });

  it('removes leftovers of a unit that has gone, and says that it has', () => {
    const { search } = world({}, { [`${etc}/multi-user.target.wants/gone.service`]: `${lib}/gone.service` });
    const { error, changes } = operations.disable(search, {}, ['gone.service']);
    expect(error).toBeUndefined();
    expect(told(changes)).toEqual(['ENOENT gone.service', `- ${etc}/multi-user.target.wants/gone.service`]);
  });

  it('of a template ends all instances', () => {
    const { search } = world(
      { [`${lib}/t@.service`]: service('WantedBy=multi-user.target') },
      {
        [`${etc}/multi-user.target.wants/t@a.service`]: `${lib}/t@.service`,
        [`${etc}/multi-user.target.wants/t@b.service`]: `${lib}/t@.service`,
      },
    );
    expect(operations.disable(search, {}, ['t@a.service']).changes).toHaveLength(1);
    expect(operations.disable(search, {}, ['t@.service']).changes).toHaveLength(1);
  });
});

describe('mask, unmask, link, revert', () => {
  it('mask by a link to /dev/null, never over a file', () => {
    const { search } = world({ [`${lib}/a.service`]: service(''), [`${etc}/own.service`]: service('') });
    expect(told(operations.mask(search, {}, ['a.service']).changes)).toEqual([`${etc}/a.service -> /dev/null`]);
    expect(unitFileState(search, 'a.service')).toBe('masked');
    expect(told(operations.mask(search, { runtime: true }, ['b.service']).changes)).toEqual([
      '/run/systemd/system/b.service -> /dev/null',
    ]);
    expect(unitFileState(search, 'b.service')).toBe('masked-runtime');
    expect(told(operations.mask(search, { force: true }, ['own.service']).changes)).toEqual([
      `EEXIST ${etc}/own.service`,
    ]);
    expect(told(operations.unmask(search, {}, ['a.service', 'own.service']).changes)).toEqual([`- ${etc}/a.service`]);
  });

  it('link files that are not in the load path already', () => {
    const { search } = world({ '/opt/l.service': service('WantedBy=multi-user.target'), [`${lib}/a.service`]: '' });
    expect(told(operations.link(search, {}, ['/opt/l.service']).changes)).toEqual([
      `${etc}/l.service -> /opt/l.service`,
    ]);
    expect(unitFileState(search, 'l.service')).toBe('linked');
    expect(operations.link(search, {}, [`${lib}/a.service`])).toEqual({ error: undefined, count: 0, changes: [] });
    expect(told(operations.link(search, {}, ['/opt/none.service']).changes)).toEqual(['ENOENT /opt/none.service']);
  });

  it('revert to what the vendor ships', () => {
    const { search, host } = world({
      [`${lib}/a.service`]: service(''),
      [`${etc}/a.service`]: service(''),
      [`${etc}/a.service.d/10.conf`]: '[Service]\n',
      [`${etc}/mine.service`]: service(''),
      '/etc/systemd/system.control/a.service.d/50.conf': '[Service]\n',
    });
    expect(told(operations.revert(search, ['a.service', 'mine.service']).changes)).toEqual([
      '- /etc/systemd/system.control/a.service.d/50.conf',
      '- /etc/systemd/system.control/a.service.d',
      `- ${etc}/a.service.d/10.conf`,
      `- ${etc}/a.service.d`,
      `- ${etc}/a.service`,
    ]);
    expect(host.files.readdir(etc)).toEqual(['mine.service']);
  });
});

describe('states', () => {
  const { search } = world(
    {
      [`${lib}/dis.service`]: service('WantedBy=multi-user.target'),
      [`${lib}/static.service`]: service(''),
      [`${lib}/indirect.service`]: service('Also=dis.service'),
      [`${lib}/known.service`]: service('WantedBy=multi-user.target'),
      [`${lib}/empty.service`]: '',
      [`${lib}/t@.service`]: service('WantedBy=multi-user.target'),
      '/run/systemd/generator/g.service': service(''),
      '/run/systemd/transient/tr.service': service(''),
      '/opt/l.service': service(''),
    },
    {
      [`${etc}/other.service`]: `${lib}/known.service`,
      '/run/systemd/system/multi-user.target.wants/rt.service': `${lib}/rt.service`,
      [`${lib}/multi-user.target.wants/t@v.service`]: '../t@.service',
      [`${etc}/multi-user.target.wants/t@e.service`]: `${lib}/t@.service`,
      '/run/systemd/system/l.service': '/opt/l.service',
      [`${etc}/dangling.service`]: `${lib}/nowhere.service`,
      [`${etc}/loop.service`]: 'loop.service',
    },
  );
  it.each([
    ['dis.service', 'disabled'],
    ['static.service', 'static'],
    ['indirect.service', 'indirect'],
    ['known.service', 'indirect'],
    ['other.service', 'alias'],
    ['empty.service', 'masked'],
    ['g.service', 'generated'],
    ['tr.service', 'transient'],
    ['t@.service', 'indirect'],
    ['t@v.service', 'static'],
    ['t@e.service', 'enabled'],
    ['t@n.service', 'disabled'],
    ['l.service', 'linked-runtime'],
    ['dangling.service', 'ENOLINK'],
    ['loop.service', 'ELOOP'],
    ['none.service', 'ENOENT'],
    ['no unit', 'EINVAL'],
  ])('%s is %s', (name, state) => {
    const found = unitFileState(search, name);
    expect(found).toBe(state);
    expect(isErrorCode(found)).toBe(/^E/.test(state));
  });

  it('are listed for each file once', () => {
    const list = (states: readonly string[], patterns: readonly string[]) =>
      [...listUnitFiles(search, states, patterns)].flatMap((listed) =>
        typeof listed === 'object' ? [[listed.name, listed.state]] : [],
      );
    expect(Object.fromEntries(list([], ['[dg]*.service', 't@*']))).toEqual({
      'dangling.service': 'bad',
      'dis.service': 'disabled',
      'g.service': 'generated',
      't@.service': 'indirect',
    });
    expect(list(['generated'], [])).toEqual([['g.service', 'generated']]);
  });
});

describe('presets', () => {
  const files = {
    [`${lib}/a.service`]: service('WantedBy=multi-user.target'),
    [`${lib}/b.service`]: service('WantedBy=multi-user.target'),
    [`${lib}/c.service`]: service('WantedBy=multi-user.target'),
    [`${lib}/t@.service`]: service('WantedBy=multi-user.target'),
    '/usr/lib/systemd/system-preset/90-default.preset': 'enable b.service\n',
    '/etc/systemd/system-preset/10-mine.preset':
      '# mine\nenable a.service\n disable b*\nenable t@.service one two\nnonsense\nenable c.service x\n',
  };
  const links = { [`${etc}/multi-user.target.wants/b.service`]: `${lib}/b.service` };
  const wanted = `${etc}/multi-user.target.wants`;

  it('the first rule that matches decides, without one a unit is enabled', () => {
    const { search, said } = world(files, links);
    const { changes } = operations.preset(search, {}, ['a.service', 'b.service', 'c.service', 't@.service'], 'full');
    expect(told(changes)).toEqual([
      `- ${wanted}/b.service`,
      `${wanted}/a.service -> ${lib}/a.service`,
      `${wanted}/c.service -> ${lib}/c.service`,
      `${wanted}/t@one.service -> ${lib}/t@.service`,
      `${wanted}/t@two.service -> ${lib}/t@.service`,
    ]);
    expect(said).toEqual([
      "/etc/systemd/system-preset/10-mine.preset:5: Couldn't parse line 'nonsense'. Ignoring.",
      "/etc/systemd/system-preset/10-mine.preset:6: Couldn't parse line 'enable c.service x'. Ignoring.",
    ]);
  });

  it('`ignore` leaves a unit as it is, enabled or not', () => {
    const { search } = world(
      { ...files, '/etc/systemd/system-preset/05-leave.preset': 'ignore a*\nignore b.service\ndisable *\n' },
      links,
    );
    expect(told(operations.presetAll(search, {}, 'full').changes)).toEqual([]);
    expect(new UnitFileStates(() => search).presetOfFile('b.service')).toBe('ignored');
  });

  it('leave units that only pidone has as they are, where no rule means them', () => {
    const { search } = world({
      [`${own}/a.service`]: service('WantedBy=multi-user.target'),
      [`${own}/b.service`]: service('WantedBy=multi-user.target'),
      [`${own}/c.service`]: service('WantedBy=multi-user.target'),
      '/usr/lib/systemd/system-preset/90-default.preset': 'enable c.service\n',
      '/usr/lib/pidone/system-preset/91-own.preset': 'enable b.service\n',
    });
    const enabled = [`${wanted}/b.service -> ${own}/b.service`];
    expect(told(operations.presetAll(search, {}, 'enable-only').changes)).toEqual(enabled);
    expect(told(operations.preset(search, {}, ['a.service'], 'full').changes)).toEqual([
      `${wanted}/a.service -> ${own}/a.service`,
    ]);
  });

  it('say which of their files is none', () => {
    const { host, search, said } = world(files, links);
    host.files.putSpecial('/etc/systemd/system-preset/50-x.preset', 'fifo');
    expect(operations.preset(search, {}, ['a.service'], 'full').error).toBe('EINVAL');
    expect(said).toContain('Failed to read /etc/systemd/system-preset/50-x.preset: Is a FIFO, not a regular file');
  });

  it('modes do one half only; all units are gone through', () => {
    const { search } = world(files, links);
    expect(told(operations.presetAll(search, {}, 'disable-only').changes)).toEqual([`- ${wanted}/b.service`]);
    const { changes } = operations.presetAll(search, {}, 'enable-only');
    expect(told(changes).filter((line) => line.includes('->'))).toHaveLength(4);
  });
});

describe('add-wants, set-default', () => {
  it('make a link for a unit without [Install]', () => {
    const { search } = world({ [`${lib}/a.service`]: '[Service]\nExecStart=/bin/a\n' });
    expect(told(operations.addDependency(search, {}, ['a.service'], 'multi-user.target', 'requires').changes)).toEqual([
      `${etc}/multi-user.target.requires/a.service -> ${lib}/a.service`,
    ]);
  });

  it('make default.target a link, whatever it was', () => {
    const { search } = world({}, { [`${lib}/default.target`]: 'graphical.target' });
    expect(operations.getDefault(search)).toEqual({ name: 'graphical.target' });
    expect(told(operations.setDefault(search, { force: true }, 'multi-user.target').changes)).toEqual([
      `${etc}/default.target -> ${lib}/multi-user.target`,
    ]);
    expect(operations.getDefault(search)).toEqual({ name: 'multi-user.target' });
    expect(operations.setDefault(search, { force: true }, 'a.service').error).toBe('EINVAL');
    expect(operations.setDefault(search, { force: true }, 'default.target').error).toBe('EINVAL');
  });
});
