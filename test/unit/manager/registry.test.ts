import { beforeEach, describe, expect, it } from 'vitest';
import { JobError } from '../../../src/units/job-types.ts';
import { UnitsWorld } from '../../support/units-world.ts';

let world: UnitsWorld;
const make = (texts: Record<string, string>): void => {
  world = new UnitsWorld(texts);
};
const names = (name: string, kind: Parameters<ReturnType<UnitsWorld['unit']>['dependencyNames']>[0]): string[] =>
  world.unit(name).dependencyNames(kind).sort();
const isKnown = (name: string): boolean => world.units.find(name) !== undefined;

describe('a unit', () => {
  it('is loaded once, with all that it names, and found by all its names', () => {
    make({ 'a.service': 'Wants=b.service\n[Install]\n', 'b.service': 'After=c.target' });
    world.host.files.symlink('a.service', '/etc/systemd/system/alias.service');
    world.loader.refresh();
    expect(isKnown('a.service')).toBe(false);
    const a = world.unit('alias.service');
    expect(a.id).toBe('a.service');
    expect(world.unit('a.service')).toBe(a);
    expect([...a.names].sort()).toEqual(['a.service', 'alias.service']);
    expect(isKnown('b.service') && isKnown('c.target')).toBe(true);
    expect(world.units.nameCount).toBe([...world.units.all()].length + 1);
    expect(a.heard).toEqual(['coldplug']);
  });

  it.each([
    ['no-suffix', 'Unit name no-suffix is not valid.'],
    ['a@.service', 'Unit name a@.service is missing the instance name.'],
  ])('can not be called %s', (name, message) => {
    make({});
    let thrown: unknown;
    try {
      world.units.load(name);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(JobError);
    expect(thrown).toMatchObject({ busName: 'org.freedesktop.DBus.Error.InvalidArgs', message });
  });

  it('whose files have something wrong in them is told, once each time that it is read', () => {
    make({ 'a.service': 'Nonsense=1' });
    const unit = world.unit('a.service');
    expect(world.logged(7)).toEqual([
      "/etc/systemd/system/a.service:3: Unknown key 'Nonsense' in section [Unit], ignoring.",
    ]);
    world.units.reload(unit);
    expect(world.logged(7)).toHaveLength(2);
  });

  it('that has no file is looked for again when a file has come', () => {
    make({});
    expect(world.unit('a.service').loadState).toBe('not-found');
    world.host.advance(1);
    world.write('a.service', 'Description=Here');
    expect(world.unit('a.service').loadState).toBe('loaded');
    expect(world.unit('a.service').description).toBe('Here');
    // One that is loaded is not read again by itself.
    world.host.advance(1);
    world.write('a.service', 'Description=Changed');
    world.units.retry(world.unit('a.service'));
    expect(world.unit('a.service').description).toBe('Here');
  });

  it('that has no file is found when its file has come, also where others have been looked at since', () => {
    make({ 'a.service': 'Wants=b.service' });
    world.unit('a.service');
    world.host.advance(1);
    for (const name of ['b.service', 'c.service']) world.write(name, '');
    expect(world.unit('c.service').loadState).toBe('loaded');
    expect(world.unit('b.service').loadState).toBe('loaded');
    expect(names('a.service', 'Wants')).toEqual(['b.service']);
  });

  it('that still has none is not read again', () => {
    make({});
    const { loaded } = world.unit('a.service');
    world.host.advance(1);
    world.write('b.service', '');
    expect(world.unit('a.service').loaded).toBe(loaded);
  });

  it.each(['bad-setting', 'error', 'masked'] as const)('that is %s is not read again by itself', (state) => {
    make({ 'a.service': 'Description=Old' });
    world.unit('a.service').loadState = state;
    world.host.advance(1);
    world.write('a.service', 'Description=New');
    expect(world.unit('a.service').description).toBe('Old');
  });

  it('has the names that it gets later, too', () => {
    make({ 'a.service': '' });
    const a = world.unit('a.service');
    world.host.advance(1);
    world.host.files.symlink('a.service', '/etc/systemd/system/late.service');
    expect(world.unit('late.service')).toBe(a);
    expect(a.names.has('late.service')).toBe(true);
    expect([...world.units.all()].filter(({ id }) => id === 'a.service')).toHaveLength(1);
  });

  it('that is new is seen where its file has come since', () => {
    make({});
    world.unit('a.service');
    world.host.advance(1);
    world.write('b.service', '');
    expect(world.unit('b.service').loadState).toBe('loaded');
  });

  it('can be given a definition of its own, in the place of what was there', () => {
    make({ 'a.service': 'Wants=b.service' });
    const unit = world.unit('a.service');
    expect(
      world.units.adopt(
        world.loader.synthesize('a.service', (loaded) => {
          loaded.unit.Description = 'made';
        }),
      ),
    ).toBe(unit);
    expect(unit.description).toBe('made');
    expect(names('a.service', 'Wants')).toEqual([]);
    world.units.adopt(world.loader.synthesize('new.target'));
    expect(world.unit('new.target').heard).toEqual(['coldplug']);
  });
});

describe('dependencies', () => {
  it('are tied from both ends, and leave no unit tied to itself', () => {
    make({ 'a.service': 'Requires=b.service alias.service\nBefore=b.service' });
    world.host.files.symlink('a.service', '/etc/systemd/system/alias.service');
    world.loader.refresh();
    world.unit('a.service');
    expect(names('b.service', 'RequiredBy')).toEqual(['a.service']);
    expect(names('b.service', 'After')).toEqual(['a.service']);
    expect(names('a.service', 'Requires')).toEqual(['b.service', 'system.slice']);
    expect(names('b.service', 'ReferencedBy')).toEqual(['a.service']);
  });

  it('come back where the other side has made them, when a unit is read again; its own are as its file says now', () => {
    make({ 'a.service': 'Wants=old.service', 'needs.service': 'Requires=a.service' });
    world.unit('needs.service');
    world.write('a.service', 'Wants=new.service');
    world.loader.refresh();
    world.units.reload(world.unit('a.service'));
    expect(names('a.service', 'Wants')).toEqual(['new.service']);
    expect(names('old.service', 'WantedBy')).toEqual([]);
    expect(names('a.service', 'RequiredBy')).toEqual(['needs.service']);
  });

  it('RequiresMountsFor= names every mount point on the way that is a unit, one with a file is required', () => {
    make({
      'a.service': 'RequiresMountsFor=/srv/data',
      'srv.mount': 'RequiresMountsFor=/srv\n[Mount]\nWhere=/srv\nWhat=tmpfs\n',
    });
    world.units.adopt(
      world.loader.synthesize('srv-data.mount', (unit) => {
        if (unit.mount !== undefined) unit.mount.Where = '/srv/data';
      }),
    );
    world.unit('a.service');
    expect(names('a.service', 'After').filter((name) => name.endsWith('.mount'))).toEqual([
      '-.mount',
      'srv-data.mount',
      'srv.mount',
    ]);
    expect(names('a.service', 'Requires').filter((name) => name.endsWith('.mount'))).toEqual(['srv.mount']);
    expect(names('a.service', 'References')).toContain('srv-data.mount');
    expect(names('srv.mount', 'After')).not.toContain('srv.mount');
  });

  it('WantsMountsFor= is the same, but that a mount which fails is no matter', () => {
    make({
      'a.service': 'WantsMountsFor=/srv/data',
      'srv.mount': '[Mount]\nWhere=/srv\nWhat=tmpfs\n',
    });
    world.unit('a.service');
    expect(names('a.service', 'After')).toContain('srv.mount');
    expect(names('a.service', 'Wants')).toEqual(['srv.mount']);
    expect(names('a.service', 'Requires')).not.toContain('srv.mount');
  });
});

describe('a target', () => {
  const target = (text: string): string => `[Unit]\nDefaultDependencies=yes\n${text}`;
  const member = '[Unit]\nDefaultDependencies=yes\n';

  it('comes after what it pulls in, in whichever of the two it is said', () => {
    make({
      'all.target': target('Wants=a.service\nRequires=b.service\nUpholds=c.service\nConflicts=not.service'),
      'a.service': member,
      'b.service': member,
      'c.service': member,
      'not.service': member,
      'd.service': `${member}[Install]\n`,
    });
    world.host.files.mkdirs('/etc/systemd/system/all.target.wants', 0o755);
    world.host.files.symlink('../d.service', '/etc/systemd/system/all.target.wants/d.service');
    world.loader.refresh();
    world.unit('all.target');
    const after = names('all.target', 'After');
    for (const name of ['a.service', 'b.service', 'c.service', 'd.service']) {
      expect(after).toContain(name);
      expect(names(name, 'ReferencedBy')).toContain('all.target');
    }
    expect(after).not.toContain('not.service');
    // Also when a member is read again.
    world.units.reload(world.unit('a.service'));
    expect(names('all.target', 'After')).toContain('a.service');
  });

  it('does not where it is before it, or one of them does without default dependencies', () => {
    make({
      'all.target': target('Wants=first.service plain.service missing.service'),
      'uses.service': `${member}Wants=used.service\n`,
      'used.service': member,
      'first.service': `${member}After=all.target\n`,
      'plain.service': '',
      'plain.target': 'Wants=a.service',
      'a.service': member,
    });
    world.unit('all.target');
    world.unit('plain.target');
    world.host.files.mkdirs('/etc/systemd/system/none.target.wants', 0o755);
    world.host.files.symlink('../a.service', '/etc/systemd/system/none.target.wants/a.service');
    world.loader.refresh();
    const after = ['all.target', 'plain.target', 'none.target', 'uses.service'].flatMap((name) => names(name, 'After'));
    for (const name of ['first.service', 'plain.service', 'a.service', 'missing.service', 'used.service'])
      expect(after).not.toContain(name);
  });
});

describe('failures', () => {
  it('are known until the unit is well again, or all are forgotten', () => {
    make({ 'a.service': '', 'b.service': '' });
    const [a, b] = [world.unit('a.service'), world.unit('b.service')];
    world.units.noteState(a, 'failed');
    world.units.noteState(b, 'failed');
    expect([...world.units.failed]).toEqual([a, b]);
    world.units.noteState(a, 'inactive');
    expect([...world.units.failed]).toEqual([b]);
    world.units.resetFailed();
    expect(b.heard).toContain('reset');
    expect(a.heard).not.toContain('reset');
  });
});

describe('many units of no use', () => {
  it('are forgotten some at a time, under all their names, so that others have their turn', () => {
    make({ 'a.service': '' });
    world.host.files.symlink('a.service', '/etc/systemd/system/alias.service');
    world.loader.refresh();
    world.unit('alias.service');
    world.units.reload(world.unit('a.service'));
    for (let i = 0; i < 100; i++) world.unit(`none-${i}.service`);
    let again = 0;
    world.onGarbage = () => again++;
    // Half a millisecond each.
    let now = 0;
    world.host.monotonic = () => {
      now += 0.5;
      return now;
    };
    for (let rounds = 0; again === rounds; rounds++) {
      world.units.collectGarbage();
      expect(world.forgotten.length).toBeLessThanOrEqual(5 * (rounds + 1));
    }
    expect(again).toBeGreaterThan(20);
    expect(world.units.nameCount).toBe([...world.units.all()].length);
    expect(isKnown('alias.service') || isKnown('none-99.service')).toBe(false);
  });
});

describe('units of no use', () => {
  beforeEach(() => {
    make({ 'a.service': 'Wants=b.service', 'b.service': '', 'user.service': 'Requires=a.service' });
    world.unit('a.service');
    world.units.collectGarbage();
  });
  const load = (): void => {
    world.unit('a.service');
    world.forgotten.length = 0;
  };
  const collect = (): string[] => {
    world.units.mayBeUnused(world.unit('a.service'));
    world.units.collectGarbage();
    return world.forgotten;
  };

  it('are forgotten with what only they have named, and are loaded anew when asked for', () => {
    expect(world.forgotten).toEqual(expect.arrayContaining(['a.service', 'b.service']));
    expect(isKnown('a.service') || isKnown('b.service')).toBe(false);
    expect(world.unit('a.service').loadState).toBe('loaded');
  });

  it('are announced as soon as there may be any', () => {
    let announced = 0;
    world.onGarbage = () => announced++;
    load();
    expect(announced).toBeGreaterThan(0);
  });

  it.each(['active', 'activating', 'deactivating', 'reloading', 'maintenance', 'failed'] as const)(
    'are not those that are %s',
    (state) => {
      load();
      world.unit('a.service').be(state);
      expect(collect()).toEqual([]);
    },
  );

  it('are failed ones with CollectMode=inactive-or-failed', () => {
    world.write('a.service', 'CollectMode=inactive-or-failed');
    world.loader.refresh();
    load();
    world.units.noteState(world.unit('a.service').be('failed'), 'failed');
    expect(collect()).toContain('a.service');
    expect(world.units.failed.size).toBe(0);
  });

  it('are not those with a job, a reference, a process', () => {
    load();
    const a = world.unit('a.service');
    a.queue('start');
    expect(collect()).toEqual([]);
    a.queue(undefined).nopJob = world.jobs.add('nop', a, 'replace');
    expect(collect()).toEqual([]);
    a.nopJob = undefined;
    a.referencedBy.add('somebody');
    expect(collect()).toEqual([]);
    a.referencedBy.clear();
    a.perpetual = true;
    expect(collect()).toEqual([]);
    a.perpetual = false;
    const { pid } = world.host.spawn({
      path: '/bin/a',
      argv: ['a'],
      env: [],
      stdin: { kind: 'null' },
      stdout: { kind: 'null' },
      stderr: { kind: 'null' },
      umask: 0o022,
      limits: {},
      ignoreSigpipe: true,
      session: true,
      noNewPrivileges: false,
    });
    world.tracker.spawned(pid, 'a.service');
    expect(collect()).toEqual([]);
    world.host.table.get(pid)!.exit(0);
    world.host.settle();
    world.tracker.exited(pid);
    expect(collect()).toContain('a.service');
  });

  it('are not those that one in use names', () => {
    load();
    world.unit('user.service').be('active');
    expect(collect()).toEqual([]);
    const user = world.unit('user.service').be('inactive');
    world.units.mayBeUnused(world.unit('a.service'));
    world.units.mayBeUnused(user);
    expect(collect()).toEqual(expect.arrayContaining(['a.service', 'user.service']));
    // None of them comes back with the next one that is loaded.
    world.unit('other.service');
    expect(isKnown('a.service') || isKnown('user.service')).toBe(false);
  });

  it('are those, too, that were looked at while they were of use', () => {
    load();
    world.unit('a.service').be('active');
    expect(collect()).toEqual([]);
    world.unit('a.service').be('inactive');
    expect(collect()).toEqual(expect.arrayContaining(['a.service', 'b.service']));
  });

  it('are forgotten once', () => {
    load();
    const gone = world.unit('a.service');
    collect();
    world.forgotten.length = 0;
    world.units.mayBeUnused(gone);
    world.units.collectGarbage();
    expect(world.forgotten).toEqual([]);
  });

  it('are not those whose handler is about to ask what became of them', () => {
    world.write('a.service', 'OnFailure=handler.service');
    world.write('handler.service', '');
    world.loader.refresh();
    load();
    world.unit('handler.service').queue('start');
    expect(collect()).toEqual([]);
    world.unit('handler.service').queue(undefined);
    expect(collect()).toContain('a.service');
  });
});

describe('a reload', () => {
  it('reads all files again onto the same units; what has no file stays as it is', () => {
    make({ 'a.service': 'Description=Old\nWants=b.service', 'b.service': '' });
    const a = world.unit('a.service').be('active');
    const made = world.units.adopt(
      world.loader.synthesize('made.target', (unit) => {
        unit.unit.Description = 'Made';
      }),
    );
    world.write('a.service', 'Description=New\nWants=c.service');
    world.host.files.symlink('a.service', '/etc/systemd/system/alias.service');
    world.loader.refresh();
    world.units.reloadAll();
    expect(world.unit('a.service')).toBe(a);
    expect(world.units.find('alias.service')).toBe(a);
    expect(a.description).toBe('New');
    expect(a.activeState).toBe('active');
    expect(names('a.service', 'Wants')).toEqual(['c.service']);
    expect(names('b.service', 'WantedBy')).toEqual([]);
    expect(a.heard).toEqual(['coldplug', 'reread']);
    expect(made.description).toBe('Made');
    world.units.collectGarbage();
    expect(world.forgotten).toContain('b.service');
  });
});
