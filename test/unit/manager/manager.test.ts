/** The parts together: a whole manager on a simulated machine. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../../src/journal/journal.ts';
import { defaultConfig } from '../../../src/journal/storage/config.ts';
import { Manager, type ManagerOptions } from '../../../src/manager/manager.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import { createLoader } from '../../../src/unitfile/load/loader.ts';
import type { Service } from '../../../src/units/service.ts';
import { SimSystem } from '../../support/sim-system.ts';

const unit = (name: string): string => `/etc/systemd/system/${name}`;

/** A manager that has done nothing yet. */
function make(options: Partial<ManagerOptions> = {}, files: Record<string, string> = {}) {
  const host = new SimHost({ pid: 1, files: { '/usr/lib/systemd/system/a.target': '[Unit]\n', ...files } });
  const lines: string[] = [];
  const journal = new Journal(host, { scope: 'system', config: { ...defaultConfig(), storage: 'none' } });
  journal.log = ({ priority, message }) => void lines.push(`${priority} ${message}`);
  const manager = new Manager(host, {
    scope: 'system',
    loader: createLoader(host, { scope: 'system' }),
    journal,
    directories: {
      runtime: '/run',
      state: '/var/lib',
      cache: '/var/cache',
      logs: '/var/log',
      configuration: '/etc',
      data: '/usr/share',
    },
    notifySocket: '/run/notify',
    environment: ['PATH=/bin'],
    showStatus: undefined,
    unitFile: () => ({ state: 'static', preset: 'enabled' }),
    generate: () => Promise.resolve(),
    end: () => {},
    ...options,
  });
  return { host, manager, lines };
}

describe('options', () => {
  it.each([
    [true, 'yes'],
    [false, 'no'],
    [undefined, 'auto'],
  ] as const)('--show-status=%s goes above ShowStatus=: %s', (showStatus, mode) => {
    const { manager } = make({ showStatus }, { '/etc/systemd/system.conf': '[Manager]\nShowStatus=auto\n' });
    expect(manager.statusLines.mode).toBe(mode);
  });

  it('a manager manages things, unless it is made for one call', () => {
    expect(make().manager.resting).toBe(false);
    expect(make({ resting: true }).manager.resting).toBe(true);
    expect(make().manager.serviceWatchdogs).toBe(true);
  });

  it('environment generators run before the others, at a boot and at a reload', async () => {
    const order: string[] = [];
    const { manager } = make({
      generateEnvironment: async (base) => {
        order.push('environment');
        return [...base, 'MADE=1'];
      },
      generate: async () => void order.push(`units ${manager.environmentBlock().join(' ')}`),
    });
    await manager.startup.generate();
    await manager.reloads.request();
    expect(order).toEqual(['environment', 'units PATH=/bin MADE=1', 'environment', 'units PATH=/bin MADE=1']);
  });

  it('a configuration that is wrong is told at once', () => {
    const { lines } = make({}, { '/etc/systemd/system.conf': '[Manager]\nOdd=1\n' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^4 \/etc\/systemd\/system\.conf:2: /);
  });
});

describe('an error of its own', () => {
  it('in whatever the event loop calls is logged, and the manager goes on', () => {
    const { host, manager, lines } = make();
    manager.exits.watch(7, {
      processExited: () => {
        throw new TypeError('exit');
      },
    });
    host.onExits([{ pid: 7, how: 'exited', status: 0, cpuMs: 0, maxRssKiB: 0 }]);
    host.onUncaught(new TypeError('timer'));
    manager.startup.boot(['a.target']);
    manager.onQuiet = () => {
      throw new TypeError('quiet');
    };
    host.settle();
    const told = lines.filter((line) => line.startsWith('2 ')).map((line) => line.split('\n')[0]);
    expect([...new Set(told)]).toEqual([
      '2 Internal error while handling exit of a process: TypeError: exit',
      '2 Internal error while handling an event: TypeError: timer',
      '2 Internal error while handling event: TypeError: quiet',
    ]);
    expect(manager.units.find('a.target')?.activeState).toBe('active');
    expect(manager.systemState).toBe('running');
  });
});

describe('units on a whole machine', () => {
  let system: SimSystem;
  const load = (name: string) => system.manager.units.load(name);
  const state = (name: string): string => load(name).activeState;
  const start = (...names: string[]): void => {
    for (const name of names) system.manager.jobs.add('start', load(name), 'replace');
    system.host.settle();
  };
  beforeEach(() => {
    system = new SimSystem({
      [unit('a.service')]: '[Unit]\nOnFailure=handler.service\n[Service]\nExecStart=/bin/a\n',
      [unit('slow.service')]:
        '[Unit]\nJobTimeoutSec=5\nOnFailure=handler.service\n[Service]\nType=oneshot\nTimeoutStartSec=infinity\nExecStart=/bin/slow\n',
      [unit('handler.service')]: '[Service]\nExecStart=/bin/handler\n',
      [unit('up.service')]: '[Unit]\nUpholds=held.service\n[Service]\nExecStart=/bin/up\n',
      [unit('held.service')]: '[Unit]\nStartLimitBurst=0\n[Service]\nExecStart=/bin/held\n',
      [unit('bound.service')]: '[Unit]\nBindsTo=held.service\nAfter=held.service\n[Service]\nExecStart=/bin/bound\n',
      [unit('unneeded.service')]: '[Unit]\nStopWhenUnneeded=yes\n[Service]\nExecStart=/bin/unneeded\n',
      [unit('needs.service')]: '[Unit]\nWants=unneeded.service\n[Service]\nExecStart=/bin/needs\n',
      [unit('left.service')]: '[Service]\nKillMode=process\nExecStart=/bin/left\n',
      [unit('idle.service')]: '[Service]\nType=idle\nExecStart=/bin/idle\n',
      [unit('exits.service')]:
        '[Unit]\nFailureAction=exit-force\nFailureActionExitStatus=3\n[Service]\nExecStart=/bin/exits\n',
    });
  });

  it('that fail start their handler, also where it was their job that failed', () => {
    start('a.service');
    expect(system.manager.units.failed.size).toBe(0);
    system.host.running('a')!.exit(1);
    system.host.settle();
    expect(state('handler.service')).toBe('active');
    expect([...system.manager.units.failed].map(({ id }) => id)).toEqual(['a.service']);
    expect(system.manager.systemState).toBe('degraded');
    system.manager.jobs.add('stop', load('handler.service'), 'replace');
    system.host.settle();
    start('slow.service');
    system.host.advance(5_000);
    expect(state('handler.service')).toBe('active');
  });

  it('that others uphold come back, and what is bound to them goes', () => {
    start('up.service', 'bound.service');
    expect(state('held.service')).toBe('active');
    const before = load('held.service').invocationId;
    system.host.running('held')!.exit(0);
    system.host.settle();
    expect(state('held.service')).toBe('active');
    expect(load('held.service').invocationId).not.toBe(before);
    expect(state('bound.service')).toBe('inactive');
  });

  it('that nobody needs any more are stopped', () => {
    start('needs.service');
    expect(state('unneeded.service')).toBe('active');
    system.host.running('needs')!.exit(0);
    system.host.settle();
    expect(state('unneeded.service')).toBe('inactive');
  });

  it('are kept while a process of theirs is left, and forgotten with its end', () => {
    start('left.service');
    const child = system.host.running('left')!.fork();
    system.manager.jobs.add('stop', load('left.service'), 'replace');
    system.host.settle();
    system.manager.queues.schedule();
    system.host.settle();
    expect(child.alive).toBe(true);
    expect(system.manager.units.find('left.service')).toBeDefined();
    child.exit(0);
    system.host.settle();
    system.manager.units.mayBeUnused(load('left.service'));
    system.host.settle();
    expect(system.manager.units.find('left.service')).toBeUndefined();
  });

  it('of Type=idle wait until no job is left, five seconds at most', () => {
    start('slow.service', 'idle.service');
    const pipes = (): number => [...system.host.openFds().values()].filter((what) => what === 'pipe').length;
    const waiting = pipes();
    expect(waiting).toBeGreaterThan(0);
    system.host.advance(4_999);
    expect(pipes()).toBe(waiting);
    system.host.advance(1);
    expect(pipes()).toBeLessThan(waiting);
  });

  it('end the manager where they say so', () => {
    start('exits.service');
    system.host.running('exits')!.exit(1);
    system.host.settle();
    system.host.advance(20_000);
    expect(system.ended).toEqual([{ objective: 'exit', exitStatus: 3 }]);
  });

  it('are heard at the notify socket', () => {
    system.host.advance(1);
    system.host.files.put(unit('n.service'), '[Service]\nType=notify\nExecStart=/bin/a\n');
    start('n.service');
    expect(state('n.service')).toBe('activating');
    system.host.running('a')!.notify('READY=1\nSTATUS=fine');
    system.host.settle();
    expect(state('n.service')).toBe('active');
    expect((load('n.service') as Service).statusText).toBe('fine');
  });

  it('make themselves known when they come up, and when all is quiet', () => {
    const heard: string[] = [];
    system.manager.onActive = ({ id }) => heard.push(id);
    system.manager.onQuiet = () => heard.push('quiet');
    start('a.service');
    expect(heard.filter((word) => word !== 'quiet')).toEqual(['sysinit.target', 'a.service']);
    expect(heard.at(-1)).toBe('quiet');
  });

  it('are told apart in the journal', async () => {
    start('a.service');
    const { pid } = system.host.running('a')!;
    expect(system.manager.tracker.unitOfPid(pid)).toBe('a.service');
    expect(system.manager.journal.placeOfUnit('a.service')).toEqual({
      slice: 'system.slice',
      cgroup: '/system.slice/a.service',
    });
  });
});
