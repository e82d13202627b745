import { beforeEach, describe, expect, it } from 'vitest';
import type { Scope } from '../../../../src/units/scope.ts';
import type { Service } from '../../../../src/units/service.ts';
import { runs, type World, world } from '../../../support/world.ts';

const programs = { a: runs, b: runs, tidy: runs };
const events = '/sys/fs/cgroup/memory.events';
let w: World;
const kills = (count: number): void => w.host.files.put(events, `low 0\nmax 9\noom 3\noom_kill ${count}\n`);

beforeEach(() => {
  w = world({ programs, files: { [events]: 'oom_kill 5\n' } });
});

function started(settings: string): Service {
  const unit = w.service('a.service', `ExecStart=/usr/bin/a\n${settings}`);
  w.up(unit);
  return unit;
}

/** Ends the newest process of that name as the kernel does when memory is short. */
function oomKill(name: string, count = 6): void {
  kills(count);
  w.host.running(name)!.die(9);
  w.host.settle();
}

describe('a service whose main process the OOM killer has killed', () => {
  it('has the result oom-kill, which is said as systemd says it', () => {
    const unit = started('');
    oomKill('a');
    expect(unit.result).toBe('oom-kill');
    expect(w.path(unit).at(-1)).toBe('failed');
    expect(w.messages(unit)).toEqual([
      'A process of this unit has been killed by the OOM killer.',
      'Main process exited, code=killed, status=9/KILL',
      "Failed with result 'oom-kill'.",
    ]);
    expect(unit.mainStatus).toMatchObject({ code: 'killed', status: 9 });
  });

  it('is stopped in order: ExecStop= runs', () => {
    started('ExecStop=/usr/bin/tidy');
    oomKill('a');
    expect(w.host.running('tidy')).toBeDefined();
  });

  it.each([
    ['continue', 'signal'],
    ['stop', 'oom-kill'],
    ['kill', 'oom-kill'],
  ])('OOMPolicy=%s comes to %s', (policy, result) => {
    const unit = started(`OOMPolicy=${policy}`);
    oomKill('a');
    expect(unit.result).toBe(result);
  });

  it('is started again where Restart=on-failure says so', () => {
    started('Restart=on-failure\nRestartSec=1');
    oomKill('a');
    w.host.advance(1000);
    expect(w.host.running('a')).toBeDefined();
  });

  it('may have been a command of a shell, which passes 137 on', () => {
    const unit = started('');
    kills(6);
    w.host.running('a')!.exit(137);
    w.host.settle();
    expect(unit.result).toBe('oom-kill');
  });
});

describe('another process of a service', () => {
  const withOrphan = (policy: string): Service => {
    const unit = started(`OOMPolicy=${policy}`);
    w.host.running('a')!.daemonize().comm = 'worker';
    expect(w.manager.tracker.processesOf(unit.id, true)).toHaveLength(2);
    oomKill('worker');
    return unit;
  };

  it('that is killed stops it', () => {
    const unit = withOrphan('stop');
    expect(unit.result).toBe('oom-kill');
    expect(w.host.kills.at(-2)).toMatchObject({ signal: 15 });
  });

  it('that is killed takes the others with it where OOMPolicy=kill', () => {
    withOrphan('kill');
    expect(w.host.kills.map(({ signal }) => signal)).toEqual([9]);
  });

  it('that is killed is only told of where OOMPolicy=continue', () => {
    const unit = withOrphan('continue');
    expect(unit.subState).toBe('running');
    expect(w.messages(unit)).toContain('A process of this unit has been killed by the OOM killer.');
  });
});

describe('a process that is killed in each phase of a service', () => {
  const pre = 'ExecStartPre=/usr/bin/tidy';
  const post = 'ExecStartPost=/usr/bin/tidy';
  const condition = 'ExecCondition=/usr/bin/tidy';
  it.each([
    ['condition', condition, 'stop', 'stop-sigterm'],
    ['condition', condition, 'kill', 'final-sigkill'],
    ['start-pre', pre, 'stop', 'stop-sigterm'],
    ['start-pre', pre, 'kill', 'final-sigkill'],
    ['start', 'Type=notify', 'stop', 'stop-sigterm'],
    ['start', 'Type=notify', 'kill', 'final-sigkill'],
    ['start-post', post, 'stop', 'stop-sigterm'],
    ['start-post', post, 'continue', 'start-post'],
    ['running', '', 'stop', 'stop-sigterm'],
    ['running', '', 'kill', 'final-sigkill'],
    ['running', '', 'continue', 'running'],
  ])('%s, %j, OOMPolicy=%s: %s', (state, settings, policy, next) => {
    const unit = w.service('a.service', `ExecStart=/usr/bin/a\n${settings}\nOOMPolicy=${policy}\n`);
    // Nothing ends of what is signalled.
    w.host.onSpawn = (process) => {
      for (const signal of [9, 15]) process.ignores.add(signal);
    };
    w.start(unit);
    w.host.settle();
    expect(unit.subState).toBe(state);
    unit.processOomKilled();
    expect(unit.subState).toBe(next);
    expect(unit.result).toBe(policy === 'continue' ? 'success' : 'oom-kill');
  });
});

describe('an end by SIGKILL is none of the OOM killer’s', () => {
  it('where it has killed nobody', () => {
    const unit = started('');
    w.host.running('a')!.die(9);
    w.host.settle();
    expect(unit.result).toBe('signal');
  });

  it('where those that it has killed are known already', () => {
    const other = w.service('b.service', 'ExecStart=/usr/bin/b');
    w.up(other);
    const unit = started('');
    oomKill('b');
    w.host.running('a')!.die(9);
    w.host.settle();
    expect([other.result, unit.result]).toEqual(['oom-kill', 'signal']);
  });

  it('where it was long ago that it killed somebody else', () => {
    const unit = started('');
    const other = w.service('b.service', 'ExecStart=/usr/bin/b');
    w.up(other);
    w.host.advance(1000);
    kills(6);
    w.host.running('b')!.exit(0);
    w.host.advance(10_000);
    w.host.running('a')!.die(9);
    w.host.settle();
    expect(unit.result).toBe('signal');
  });

  it('where the kernel does not count', () => {
    w = world({ programs });
    const unit = started('');
    w.host.running('a')!.die(9);
    w.host.settle();
    expect(unit.result).toBe('signal');
  });
});

it('a scope ends with the process that was killed in it', () => {
  w.manager.transient.start([
    {
      name: 'x.scope',
      text: '[Scope]\n',
      amend: () => {},
      prepare: (made) => {
        const process = w.host.addForeign();
        process.ppid = w.host.pid;
        process.comm = 'hog';
        w.host.addForeign().ppid = process.pid;
        (made as Scope).attach(process.pid, undefined);
      },
    },
  ]);
  w.host.settle();
  const scope = w.unit('x.scope') as Scope;
  oomKill('hog');
  expect(scope.result).toBe('oom-kill');
});
