import { beforeEach, describe, expect, it } from 'vitest';
import { KillError, type KillWhom } from '../../../src/exec/kill.ts';
import { createUnit } from '../../../src/manager/factory.ts';
import { Requests } from '../../../src/manager/requests.ts';
import { SystemError } from '../../../src/sys/host.ts';
import type { UnitType } from '../../../src/unitfile/language/unit-name.ts';
import { JobError, type JobType } from '../../../src/units/job-types.ts';
import type { Unit } from '../../../src/units/unit.ts';
import { UnitsWorld } from '../../support/units-world.ts';
import { type World, world } from '../../support/world.ts';

const systemd = 'org.freedesktop.systemd1.';
const dbus = 'org.freedesktop.DBus.Error.';

/** The D-Bus name and the text with which something is refused. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof JobError || error instanceof KillError) return `${error.busName}: ${error.message}`;
    throw error;
  }
  throw new Error('not refused');
}

describe('a job by name', () => {
  let world: UnitsWorld;
  let requests: Requests;
  beforeEach(() => {
    world = new UnitsWorld({
      'a.service': '',
      'reloads.service': 'PropagatesReloadTo=a.service',
      'nostart.service': 'RefuseManualStart=yes\nPropagatesReloadTo=a.service',
      'nostop.service': 'RefuseManualStop=yes\nPropagatesReloadTo=a.service',
    });
    requests = new Requests(world);
  });
  const ask = (type: JobType, name: string): string => {
    world.requested.length = 0;
    requests.job(type, name, 'replace');
    return world.requested[0]!;
  };

  it('is queued in the mode that is asked for', () => {
    const affected = new Set<never>();
    expect(requests.job('start', 'a.service', 'fail', affected).unit).toBe(world.unit('a.service'));
    expect(world.requested).toEqual(['start a.service fail']);
  });

  it.each([
    ['reload-or-start', 'a.service', 'restart'],
    ['reload-or-start', 'reloads.service', 'reload-or-start'],
    ['try-reload', 'a.service', 'try-restart'],
    ['try-reload', 'reloads.service', 'try-reload'],
    ['restart', 'a.service', 'restart'],
    ['reload', 'reloads.service', 'reload'],
    ['verify-active', 'a.service', 'verify-active'],
  ] as const)('%s of %s is %s', (type, name, wanted) => {
    expect(ask(type, name)).toBe(`${wanted} ${name} replace`);
  });

  it('stops a unit that is loaded, or runs without being so; one that is neither is not there', () => {
    expect(ask('stop', 'a.service')).toBe('stop a.service replace');
    expect(refusal(() => ask('stop', 'none.service'))).toBe(`${systemd}NoSuchUnit: Unit none.service not loaded.`);
    world.unit('none.service').be('failed');
    expect(ask('stop', 'none.service')).toBe('stop none.service replace');
    for (const state of ['bad-setting', 'error'] as const) {
      world.unit('a.service').loadState = state;
      expect(refusal(() => ask('stop', 'a.service'))).toMatch(/not loaded/);
    }
    world.unit('a.service').loadState = 'masked';
    expect(ask('stop', 'a.service')).toBe('stop a.service replace');
  });

  it('of several units is one for each, or none where one is refused: of several errors the first name counts', () => {
    const names = ['a.service', 'reloads.service'];
    const jobs = requests.jobs('reload-or-start', names, 'fail');
    expect(jobs.map(({ unit }) => unit.id)).toEqual(names);
    expect(world.requested).toEqual(['restart a.service fail', 'reload-or-start reloads.service fail']);
    world.requested.length = 0;
    expect(refusal(() => requests.jobs('start', ['a.service', 'nostart.service', 'none.service'], 'replace'))).toMatch(
      /unit nostart\.service may be requested by dependency only/,
    );
    expect(refusal(() => requests.jobs('stop', ['a.service', 'none.service', 'nostop.service'], 'replace'))).toBe(
      `${systemd}NoSuchUnit: Unit none.service not loaded.`,
    );
    expect(world.requested).toEqual([]);
  });

  it('that isolates is of one unit', () => {
    expect(refusal(() => requests.jobs('start', ['a.service', 'reloads.service'], 'isolate'))).toBe(
      `${dbus}InvalidArgs: Isolating more than one unit is not supported.`,
    );
    requests.jobs('start', ['a.service'], 'isolate');
    expect(world.requested).toEqual(['start a.service isolate']);
  });

  it.each(['reload', 'restart'] as const)('%s of what is not there is refused before a transaction', (type) => {
    expect(refusal(() => ask(type, 'none.service'))).toBe(`${systemd}NoSuchUnit: Unit none.service not found.`);
  });

  it('with a name that no unit can have is refused', () => {
    expect(refusal(() => ask('start', 'no-suffix'))).toBe(`${dbus}InvalidArgs: Unit name no-suffix is not valid.`);
  });

  const refused = (name: string): string =>
    `${systemd}OnlyByDependency: Operation refused, unit ${name} may be requested by dependency only (it is configured to refuse manual start/stop).`;

  it('RefuseManualStart= refuses whatever may start it', () => {
    for (const type of ['start', 'restart', 'try-restart', 'reload-or-start'] as const)
      expect(refusal(() => ask(type, 'nostart.service'))).toBe(refused('nostart.service'));
    for (const type of ['stop', 'reload', 'try-reload', 'verify-active'] as const)
      expect(ask(type, 'nostart.service')).toBe(`${type} nostart.service replace`);
  });

  it('RefuseManualStop= refuses whatever may stop it', () => {
    for (const type of ['stop', 'restart', 'try-restart'] as const)
      expect(refusal(() => ask(type, 'nostop.service'))).toBe(refused('nostop.service'));
    for (const type of ['start', 'reload', 'reload-or-start', 'try-reload'] as const)
      expect(ask(type, 'nostop.service')).toBe(`${type} nostop.service replace`);
  });
});

describe('a signal', () => {
  let system: World;
  beforeEach(async () => {
    system = world({
      files: {
        '/etc/systemd/system/a.service': '[Service]\nExecStart=/bin/a\nExecStartPost=/bin/post\nSlice=jobs.slice\n',
        '/etc/systemd/system/a.timer': '[Timer]\nOnActiveSec=1h\n',
        '/etc/systemd/system/s.socket': '[Socket]\nListenStream=/run/s\nService=s.service\nExecStartPre=/bin/pre\n',
        '/etc/systemd/system/s.service': '[Service]\nExecStart=/bin/s\n',
        '/etc/systemd/system/idle.service': '[Service]\nExecStart=/bin/idle\nSlice=jobs.slice\n',
        '/etc/systemd/system/empty.slice': '',
      },
    }).boot();
    await system.systemctl('start --no-block a.service s.socket');
    system.host.settle();
    for (const name of ['a', 'post', 'pre']) system.host.running(name)!.ignores.add(10);
  });
  const unit = (name: string): Unit => system.manager.units.load(name);
  const kill = (name: string, whom: KillWhom, value?: number): void =>
    system.manager.requests.kill(unit(name), whom, 10, value);
  const got = (name: string): number[] => system.host.running(name)!.received;

  it('goes to the main process, the control process, or all of them', () => {
    kill('a.service', 'main');
    expect([got('a'), got('post')]).toEqual([[10], []]);
    kill('a.service', 'control');
    expect([got('a'), got('post')]).toEqual([[10], [10]]);
    kill('a.service', 'all');
    expect([got('a'), got('post')]).toEqual([
      [10, 10],
      [10, 10],
    ]);
  });

  it('goes to the command of a socket, which has no main process', () => {
    kill('s.socket', 'control');
    expect(got('pre')).toEqual([10]);
    expect(refusal(() => kill('s.socket', 'main'))).toBe(
      `${systemd}NoSuchProcess: socket units have no main processes`,
    );
  });

  it('to a slice goes to the units in it', () => {
    kill('jobs.slice', 'all');
    expect([got('a'), got('post')]).toEqual([[10], [10]]);
    expect(got('pre')).toEqual([]);
    // One of them has no process, and another slice no unit: that is no error.
    unit('idle.service').referencedBy.add('test');
    kill('jobs.slice', 'all');
    kill('empty.slice', 'all');
  });

  it('to a unit without processes of its own is refused', () => {
    expect(refusal(() => kill('a.timer', 'all'))).toBe(`${dbus}NotSupported: Operation not supported`);
  });

  it('may carry a value', () => {
    const values: number[] = [];
    system.host.sigqueue = (_pid, _signal, value) => values.push(value) > 0;
    kill('a.service', 'main', 42);
    expect(values).toEqual([42]);
  });

  it('finds no process where there is none', async () => {
    system.host.running('post')!.exit(0);
    system.host.settle();
    expect(refusal(() => kill('a.service', 'control'))).toBe(`${systemd}NoSuchProcess: No control process to kill`);
    kill('a.service', 'all-fail');
    await system.systemctl('stop a');
    expect(refusal(() => kill('a.service', 'main'))).toBe(`${systemd}NoSuchProcess: No main process to kill`);
    expect(refusal(() => kill('a.service', 'all-fail'))).toBe(`${systemd}NoSuchProcess: No matching processes to kill`);
    kill('a.service', 'all');
  });
});

/** Units of all types are real ones. */
class RealWorld extends UnitsWorld {
  override create(type: UnitType, name: string): Unit {
    return createUnit(this, type, name);
  }
}

describe('clean', () => {
  let world: RealWorld;
  let requests: Requests;
  const paths = {
    cache: '/var/cache/s',
    state: '/var/lib/s',
    logs: '/var/log/s',
    runtime: '/run/s',
    configuration: '/etc/s',
    stamp: '/var/lib/systemd/timers/stamp-kept.timer',
  };
  beforeEach(() => {
    world = new RealWorld({
      's.socket':
        '[Socket]\nListenStream=/run/x\nCacheDirectory=s\nStateDirectory=s\nLogsDirectory=s\nRuntimeDirectory=s\nConfigurationDirectory=s\n',
      's.service': '[Service]\nExecStart=/bin/true\nCacheDirectory=s\n',
      'kept.timer': '[Timer]\nOnCalendar=daily\nPersistent=yes\nUnit=s.service\n',
      'a.target': '',
      'bad.socket': '[Socket]\n',
    });
    requests = new Requests(world);
    for (const path of Object.values(paths)) world.host.files.put(`${path}/x`, '');
    world.host.files.removeTree(paths.stamp);
    world.host.files.put(paths.stamp, '');
  });
  const clean = (name: string, ...what: string[]): void => requests.clean(world.units.load(name), what);
  const left = (): string[] =>
    Object.entries(paths).flatMap(([kind, path]) => (world.host.files.tryStat(path) ? [kind] : []));

  it('removes directories of the kinds asked for', () => {
    clean('s.socket', 'cache', 'logs');
    expect(left()).toEqual(['state', 'runtime', 'configuration', 'stamp']);
    clean('s.socket', 'all');
    expect(left()).toEqual(['stamp']);
  });

  it('of a service takes its turns', () => {
    clean('s.service', 'cache');
    expect(world.units.load('s.service').subState).toBe('cleaning');
    world.host.settle();
    expect(left()).not.toContain('cache');
  });

  it('of a timer removes the stamp of Persistent=, where that alone is asked for', () => {
    const nothing = `${systemd}NothingToClean: No matching resources found.`;
    expect(refusal(() => clean('kept.timer', 'all'))).toBe(nothing);
    expect(refusal(() => clean('kept.timer', 'cache'))).toBe(nothing);
    expect(refusal(() => clean('kept.timer', 'state', 'cache'))).toBe(nothing);
    expect(left()).toContain('stamp');
    clean('kept.timer', 'state');
    expect(left()).not.toContain('stamp');
  });

  it('is refused for words that are no kind, even beside others', () => {
    expect(refusal(() => clean('s.socket', 'cache', 'odd'))).toBe(`${dbus}InvalidArgs: Invalid resource type: odd`);
    expect(left()).toContain('cache');
    clean('s.socket', 'fdstore', 'cache');
    expect(left()).not.toContain('cache');
  });

  it('is refused where there is nothing of the kind', () => {
    expect(refusal(() => clean('s.service', 'logs'))).toBe(`${systemd}NothingToClean: No matching resources found.`);
    expect(refusal(() => clean('s.socket', 'fdstore'))).toBe(`${systemd}NothingToClean: No matching resources found.`);
  });

  it('is refused for a unit that is in use, or not loaded', () => {
    const busy = `${systemd}UnitBusy: Unit is not inactive or has pending job.`;
    expect(refusal(() => clean('bad.socket', 'cache'))).toBe(busy);
    const socket = world.units.load('s.socket');
    socket.job = world.jobs.add('start', socket, 'replace');
    expect(refusal(() => clean('s.socket', 'cache'))).toBe(busy);
    socket.job = undefined;
    socket.start();
    expect(refusal(() => clean('s.socket', 'cache'))).toBe(busy);
  });

  it('is refused for a type that has nothing to clean', () => {
    expect(refusal(() => clean('a.target', 'cache'))).toBe(
      `${dbus}NotSupported: Unit 'a.target' does not support cleaning.`,
    );
  });

  it('that fails says why, in the log too', () => {
    world.host.files.removeTree = (path) => {
      throw new SystemError('EROFS', 30, 'unlink', path);
    };
    expect(refusal(() => clean('s.socket', 'cache'))).toBe('System.Error.EROFS: Read-only file system');
    expect(world.messages).toMatchObject([
      { message: `s.socket: Failed to clean ${paths.cache}: Read-only file system`, priority: 3, unit: 's.socket' },
    ]);
  });
});

it('freeze is refused, always', () => {
  const world = new UnitsWorld({ 'a.service': '' });
  const requests = new Requests(world);
  expect(refusal(() => requests.freeze(world.unit('a.service'), 'thaw'))).toBe(
    `${dbus}NotSupported: Unit 'a.service' does not support freezing.`,
  );
});
