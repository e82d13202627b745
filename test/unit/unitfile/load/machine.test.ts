/** What depends on the machine, on the scope of the manager, and on links beside unit files. */
import { describe, expect, it, test } from 'vitest';
import { dependenciesOf, diagnosticsOf, world } from '../../../support/world.ts';

const etc = '/etc/systemd/system';
const run = '[Service]\nExecStart=/bin/true\n';

describe('shares of the machine', () => {
  const of = (lines: string, files: Record<string, string> = {}) =>
    world({ units: { 'a.service': `${run}${lines}\n` }, files }).load('a.service');

  it.each([
    ['100%', 2 ** 32],
    ['50%', 2 ** 31],
    ['0.01%', 104 * 4096],
    ['33.33%', Math.floor((1_048_576 * 3333) / 10_000) * 4096],
  ])('MemoryMax=%s is in whole pages', (value, bytes) => {
    expect(of(`MemoryMax=${value}`).cgroup?.MemoryMax).toBe(bytes);
  });

  it.each<[string, Record<string, string>, number]>([
    ['nothing is known', {}, Math.floor((0xffffffff * 1000) / 10_000)],
    ['the kernel has few threads', { '/proc/sys/kernel/threads-max': '5000\n' }, 500],
    ['the kernel has few pids', { '/proc/sys/kernel/pid_max': '1001\n' }, 100],
    ['the cgroup has few', { '/sys/fs/cgroup/pids.max': '300\n', '/proc/sys/kernel/pid_max': '32768\n' }, 30],
    [
      'the cgroup has as many as it likes',
      { '/sys/fs/cgroup/pids.max': 'max\n', '/proc/sys/kernel/pid_max': '32769\n' },
      3276,
    ],
    [
      'a file says nonsense',
      { '/proc/sys/kernel/threads-max': '0\n', '/proc/sys/kernel/pid_max': '-5\n' },
      429_496_729,
    ],
  ])('TasksMax=10%% where %s', (_, files, count) => {
    expect(of('TasksMax=10%', files).cgroup?.TasksMax).toBe(count);
    expect(of('', files).cgroup?.TasksMax).toBe(Math.floor((count === 429_496_729 ? 0xffffffff : tasks(files)) * 0.15));
  });
  const tasks = (files: Record<string, string>): number =>
    Number.parseInt(files['/sys/fs/cgroup/pids.max'] ?? '', 10) ||
    Number.parseInt(files['/proc/sys/kernel/threads-max'] ?? '', 10) ||
    Number.parseInt(files['/proc/sys/kernel/pid_max'] ?? '', 10) - 1;

  it('all NUMA nodes are those up to the highest, 1024 where none is told', () => {
    const nodes = (...names: string[]) =>
      of('NUMAMask=all', Object.fromEntries(names.map((name) => [`/sys/devices/system/node/${name}/x`, '']))).exec
        ?.NUMAMask;
    expect(nodes('node0', 'node2', 'power')).toEqual([0, 1, 2]);
    expect(nodes('possible')).toEqual([0]);
    expect(nodes()).toHaveLength(1024);
  });

  it('the limit of open files is bounded by what the kernel allows', () => {
    const limit = (soft: number, hard: number, files = {}, scope: 'system' | 'user' = 'system') => {
      const w = world({ scope, units: { 'a.service': run }, limits: { NOFILE: { soft, hard } }, files });
      return w.load('a.service').exec?.LimitNOFILE;
    };
    expect(limit(1024, 4096)).toEqual({ soft: 1024, hard: 524_288 });
    expect(limit(512, 1_048_577)).toEqual({ soft: 512, hard: 1_048_576 });
    expect(limit(2048, 600_000)).toEqual({ soft: 1024, hard: 600_000 });
    expect(limit(1024, 4096, { '/proc/sys/fs/nr_open': '100000\n' })).toEqual({ soft: 1024, hard: 100_000 });
    expect(limit(1024, 4096, {}, 'user')).toEqual({ soft: 1024, hard: 4096 });
  });

  it('the limit of locked memory is that of the manager', () => {
    const w = world({
      units: { 'a.service': run },
      limits: { MEMLOCK: { soft: 5, hard: 6 }, MSGQUEUE: { soft: 7, hard: 8 } },
    });
    expect(w.load('a.service').exec).toMatchObject({ LimitMEMLOCK: { soft: 5, hard: 6 }, LimitMSGQUEUE: undefined });
  });
});

describe('units of a user', () => {
  const load = (name: string, text: string, files = {}) =>
    world({ scope: 'user', units: { [name]: text }, files }).load(name);

  it('have fewer dependencies and other slices', () => {
    const socket = load('a.socket', '[Socket]\nListenStream=/run/a\n');
    expect(dependenciesOf(socket, 'Requires')).toEqual(['app.slice']);
    expect(dependenciesOf(socket, 'Before')).toEqual(['a.service', 'shutdown.target', 'sockets.target']);
    expect(dependenciesOf(load('a.timer', '[Timer]\nOnCalendar=daily\nPersistent=yes\n'), 'After')).toEqual([]);
    expect(load('a.timer', '[Timer]\nOnCalendar=daily\nPersistent=yes\n').requiresMountsFor).toEqual([]);
    expect(load('a@i.service', run).cgroup?.Slice).toBe('app-a.slice');
    expect(load('srv.mount', '[Mount]\nWhat=/x\nOptions=usrquota\n').cgroup?.Slice).toBe('-.slice');
    expect(dependenciesOf(load('srv.mount', '[Mount]\nWhat=/x\nOptions=usrquota\n'), 'Before')).toEqual([]);
    expect(dependenciesOf(load('srv.automount', '[Automount]\n'), 'Before')).toEqual(['srv.mount']);
    expect(load('dev-x.swap', '[Swap]\nWhat=/dev/x\n').cgroup?.Slice).toBe('-.slice');
    expect(dependenciesOf(load('a.service', `${run}PrivateTmp=yes\nStateDirectory=x\n`), 'After')).toEqual([
      'app.slice',
      'basic.target',
    ]);
  });

  it('run in the home of the user, with his keyring, and can only exit', () => {
    const unit = load(
      'a.service',
      `[Unit]\nFailureAction=reboot\nSuccessAction=exit\nStartLimitAction=none\nJobTimeoutAction=exit-force\n${run}`,
    );
    expect(unit.exec?.WorkingDirectory).toEqual({ path: '/home/alice', optional: true });
    expect(unit.exec?.KeyringMode).toBe('inherit');
    expect(unit.unit).toMatchObject({
      FailureAction: 'exit-force',
      SuccessAction: 'exit',
      StartLimitAction: 'none',
      JobTimeoutAction: 'exit-force',
    });
    expect(diagnosticsOf(unit)).toEqual([
      '/etc/systemd/user/a.service:2: FailureAction= in user mode specified as "reboot", using "exit-force" instead.',
    ]);
    expect(load('a.service', `${run}WorkingDirectory=/x\n`).exec?.WorkingDirectory?.path).toBe('/x');
  });

  it('are no slices of the system', () => {
    expect(world({ scope: 'user' }).load('system.slice').perpetual).toBe(false);
    expect(world().load('system.slice').perpetual).toBe(true);
    expect(world({ scope: 'user' }).load('-.slice')).toMatchObject({ perpetual: true, description: 'Root Slice' });
  });
});

describe('links beside a unit', () => {
  function linked(files: Record<string, string>, name = 'a.service') {
    const unit = world({ files: { [`${etc}/${name.replace(/@.*\./, '@.')}`]: run, ...files } }).load(name);
    expect(unit.diagnostics.every(({ level }) => level === 4)).toBe(true);
    return { messages: diagnosticsOf(unit), of: (kind: string) => dependenciesOf(unit, kind) };
  }

  it('make it depend on others', () => {
    const { of, messages } = linked({
      [`${etc}/a.service.wants/w.service`]: '-> ../w.service',
      [`${etc}/a.service.requires/r.service`]: '-> /nowhere/r.service',
      [`${etc}/a.service.upholds/u.service`]: '-> ../u.service',
      [`${etc}/a.service.wants/x@i.service`]: '-> ../x@.service',
    });
    expect(of('Wants')).toEqual(['w.service', 'x@i.service']);
    expect(of('Requires')).toContain('r.service');
    expect(of('Upholds')).toEqual(['u.service']);
    expect(messages).toEqual([]);
  });

  it('are told of where they are none, or lead elsewhere', () => {
    const place = `${etc}/a.service.wants`;
    const { of, messages } = linked({
      [`${place}/file.service`]: 'x',
      [`${place}/nonsense`]: '-> ../b.service',
      [`${place}/other.service`]: '-> ../b.service',
      [`${place}/x@i.service`]: '-> ../y@.service',
      [`${place}/z@i.service`]: '-> ../z@j.service',
      [`${place}/t@.service`]: '-> ../t@i.service',
      [`${place}/gone.service`]: '-> /dev/null',
    });
    expect(messages).toEqual([
      `Wants dependency dropin ${place}/file.service is not a symlink, ignoring.`,
      `Wants dependency dropin ${place}/nonsense is not a valid unit name, ignoring.`,
      `Wants dependency dropin ${place}/other.service target ../b.service has different name`,
      `Wants dependency dropin ${place}/t@.service target ../t@i.service has different name`,
      `Wants dependency dropin ${place}/x@i.service target ../y@.service has different name`,
      `Wants dependency dropin ${place}/z@i.service target ../z@j.service has different name`,
    ]);
    expect(of('Wants')).toEqual(['other.service', 't@a.service', 'x@i.service', 'z@i.service']);
  });

  it('of an instance may lead from a template to an instance', () => {
    const { messages, of } = linked({ [`${etc}/a@i.service.wants/t@.service`]: '-> ../t@k.service' }, 'a@i.service');
    expect(messages).toEqual([]);
    expect(of('Wants')).toEqual(['t@i.service']);
  });
});

test.each(['service', 'socket', 'timer', 'path', 'mount', 'automount', 'swap', 'target'])(
  'a %s is one only where it has a file',
  (type) => {
    expect(world().load(`srv-x.${type}`).loadState).toBe('not-found');
  },
);

test('slices and devices need no file, scopes are made by programs', () => {
  const w = world();
  expect([w.load('x.slice').loadState, w.load('dev-x.device').loadState]).toEqual(['loaded', 'loaded']);
  expect([w.load('x.slice').description, w.load('dev-x.device').description]).toEqual(['Slice /x', '/dev/x']);
  expect([w.load('x.scope').loadState, w.load('init.scope').loadState]).toEqual(['not-found', 'loaded']);
  expect(w.load('-.mount')).toMatchObject({ loadState: 'loaded', perpetual: true, description: 'Root Mount' });
  expect(w.load('init.scope')).toMatchObject({ perpetual: true, transient: true });
  expect(w.load('dev-x.device').unit.JobRunningTimeoutSec).toBe(90_000);
  expect(w.load('a--b.slice')).toMatchObject({ loadState: 'bad-setting' });
});

describe('the home of a user', () => {
  const home = (uid: number, environment: Record<string, string>) => {
    const w = world({ scope: 'user', uid, environment, units: { 'a.service': run } });
    return w.load('a.service').exec?.WorkingDirectory?.path;
  };
  it('is that of the environment, of the accounts, or none', () => {
    expect(home(1000, { HOME: '/h' })).toBe('/h');
    expect(home(1000, {})).toBe('/home/alice');
    expect(home(4711, {})).toBeUndefined();
  });
});

test('a transient unit lives in memory where nothing can be written', () => {
  const w = world();
  w.files.closed.set('/run', 'EROFS');
  const unit = w.loader.loadText('t.service', run);
  expect(unit).toMatchObject({ loadState: 'loaded', transient: true, synthetic: true });
  expect(w.loader.needsReload(unit)).toBe(false);
  const written = world().loader.loadText('t.service', run);
  expect(written).toMatchObject({
    transient: true,
    synthetic: false,
    fragmentPath: '/run/systemd/transient/t.service',
  });
});
