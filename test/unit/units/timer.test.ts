import { describe, expect, it } from 'vitest';
import type { SimOptions } from '../../../src/simulation/machine/machine.ts';
import { JobError } from '../../../src/units/job-types.ts';
import type { TimerUnit } from '../../../src/units/timer.ts';
import { TriggersWorld } from './triggers-world.ts';

const minute = 60_000;
const hour = 60 * minute;

/** A timer a.timer with these settings. */
function make(settings: string, options: SimOptions = {}) {
  const world = new TriggersWorld({ 'a.timer': `[Timer]\n${settings}\n`, 'a.service': '' }, options);
  const timer = world.units.load('a.timer') as TimerUnit;
  return { world, timer };
}

describe('a start', () => {
  it.each([
    ['masked', 'Refusing to start, unit a.service to trigger not loaded.'],
    ['not-found', 'Refusing to start, unit a.service to trigger not loaded.'],
  ] as const)('fails where the unit to start is %s', (state, message) => {
    const { world, timer } = make('OnActiveSec=1');
    world.unit('a.service').loadState = state;
    expect(timer.start()).toBe('failed');
    expect(world.messages).toMatchObject([{ message: `a.timer: ${message}`, priority: 3 }]);
    expect(timer.subState).toBe('dead');
  });

  it('fails where there is no unit to start', () => {
    const { world, timer } = make('OnActiveSec=1');
    timer.dependencies.delete('Triggers');
    expect(timer.start()).toBe('failed');
    expect(world.logged()).toEqual(['a.timer: Refusing to start, no unit to trigger.']);
  });

  it('fails when there were too many', () => {
    const world = new TriggersWorld({
      'a.timer': 'StartLimitBurst=1\nStartLimitIntervalSec=10\n[Timer]\nOnActiveSec=1\n',
      'a.service': '',
    });
    const timer = world.units.load('a.timer') as TimerUnit;
    expect(timer.start()).toBe('started');
    timer.stop();
    expect(timer.start()).toBe('failed');
    expect([timer.subState, timer.result]).toEqual(['failed', 'start-limit-hit']);
    timer.resetFailed();
    expect([timer.subState, timer.result]).toEqual(['dead', 'success']);
    expect(timer.start()).toBe('started');
  });

  it('gives each life an id of its own', () => {
    const { timer } = make('OnActiveSec=1');
    timer.start();
    const first = timer.invocationId;
    timer.stop();
    expect([timer.subState, timer.result]).toEqual(['dead', 'success']);
    timer.start();
    expect(timer.invocationId).not.toBe(first);
  });
});

describe('a timer', () => {
  it('waits, starts its unit, and says when and why', () => {
    const { world, timer } = make('OnActiveSec=30');
    timer.start();
    expect([timer.subState, timer.activeState]).toEqual(['waiting', 'active']);
    expect(timer.nextElapseMonotonic).toBe(world.host.monotonic() + 30_000);
    expect(world.after(29_999)).toEqual([]);
    expect(world.after(1)).toEqual(['start a.service replace']);
    expect(timer.subState).toBe('running');
    expect(timer.nextElapseMonotonic).toBe(0);
    const { realtime, monotonic } = timer.lastTrigger;
    expect([realtime, monotonic]).toEqual([world.host.now(), world.host.monotonic()]);
    expect(world.reasons).toEqual([
      [
        ['TRIGGER_TIMER_REALTIME_USEC', `${realtime * 1000}`],
        ['TRIGGER_TIMER_MONOTONIC_USEC', `${monotonic * 1000}`],
      ],
    ]);
  });

  it('with nothing left to wait for stays elapsed, or goes with RemainAfterElapse=no', () => {
    for (const [settings, end] of [
      ['', 'elapsed'],
      ['RemainAfterElapse=no', 'dead'],
    ] as const) {
      const { world, timer } = make(`OnActiveSec=1\n${settings}`);
      timer.start();
      world.after(1_000);
      world.runs('a.service');
      expect(timer.subState).toBe(end);
      expect(world.after(hour)).toEqual([]);
    }
  });

  it('waits with nothing but OnClockChange= or OnTimezoneChange=', () => {
    for (const setting of ['OnClockChange=yes', 'OnTimezoneChange=yes']) {
      const { world, timer } = make(`${setting}\nRemainAfterElapse=no`);
      timer.start();
      world.after(1_000);
      expect(timer.subState).toBe('waiting');
    }
  });

  it('repeats after its unit came up, or ended: OnUnitActiveSec=, OnUnitInactiveSec=', () => {
    const { world, timer } = make('OnActiveSec=1\nOnUnitActiveSec=10');
    timer.start();
    world.after(1_000);
    world.unit('a.service').set('active');
    world.host.advance(4_000);
    world.unit('a.service').set('inactive');
    expect(timer.subState).toBe('waiting');
    expect(world.after(5_999)).toEqual([]);
    expect(world.after(1)).toEqual(['start a.service replace']);

    const { world: other, timer: idle } = make('OnActiveSec=1\nOnUnitInactiveSec=10');
    idle.start();
    other.after(1_000);
    other.unit('a.service').set('active');
    other.host.advance(4_000);
    other.unit('a.service').set('inactive');
    expect(other.after(9_999)).toEqual([]);
    expect(other.after(1)).toEqual(['start a.service replace']);
  });

  it('that waits for the first run of its unit alone is elapsed until somebody starts it', () => {
    const { world, timer } = make('OnUnitActiveSec=10');
    timer.start();
    expect(timer.subState).toBe('elapsed');
    world.unit('a.service').set('active');
    expect(timer.subState).toBe('waiting');
    expect(world.after(10_000)).toEqual(['start a.service replace']);
  });

  it('starts at the earliest of its times', () => {
    const { world, timer } = make('OnActiveSec=20\nOnActiveSec=10\nOnBootSec=15');
    world.host.advance(3_000);
    timer.start();
    expect(world.after(9_999)).toEqual([]);
    expect(world.after(1)).toEqual(['start a.service replace']);
    world.runs('a.service');
    // 15 s after the manager, which came up 3 s before.
    expect(world.after(1_998)).toEqual([]);
    expect(world.after(1)).toEqual(['start a.service replace']);
    world.runs('a.service');
    expect(world.after(7_998)).toEqual([]);
    expect(world.after(1)).toEqual(['start a.service replace']);
  });

  it('whose unit runs on begins to wait when it has ended', () => {
    const { world, timer } = make('OnActiveSec=1\nOnActiveSec=2');
    timer.start();
    world.after(1_000);
    world.unit('a.service').set('active');
    expect(timer.subState).toBe('running');
    expect(world.after(10_000)).toEqual([]);
    world.unit('a.service').set('failed');
    expect(timer.subState).toBe('elapsed');
  });

  it('starts nothing that is about to be stopped with it', () => {
    const { world, timer } = make('OnActiveSec=1');
    timer.start();
    timer.job = world.jobs.add('stop', timer, 'replace');
    expect(world.after(1_000)).toEqual([]);
    expect(timer.subState).toBe('waiting');
  });

  it('fails where its unit has vanished, or may not be started', () => {
    const { world, timer } = make('OnActiveSec=1');
    timer.start();
    world.jobs.add = () => {
      throw new JobError('org.freedesktop.systemd1.UnitMasked', 'Unit a.service is masked.');
    };
    world.after(1_000);
    expect([timer.subState, timer.result]).toEqual(['failed', 'resources']);
    expect(world.messages.map(({ priority, message }) => `${priority} ${message}`)).toEqual([
      '4 a.timer: Failed to queue unit startup job: Unit a.service is masked.',
      "4 a.timer: Failed with result 'resources'.",
    ]);

    const { world: other, timer: lost } = make('OnActiveSec=1');
    lost.start();
    lost.dependencies.delete('Triggers');
    other.after(1_000);
    expect(lost.result).toBe('resources');
    expect(other.logged()[0]).toBe('a.timer: Unit to trigger vanished.');
  });

  it('keeps its time over a reload, with what its file says then', () => {
    const { world, timer } = make('OnActiveSec=30');
    timer.start();
    world.host.advance(10_000);
    world.write('a.timer', '[Timer]\nOnActiveSec=50\n');
    world.loader.refresh();
    world.units.reloadAll();
    expect(world.after(39_999)).toEqual([]);
    expect(world.after(1)).toEqual(['start a.service replace']);
  });
});

describe('OnClockChange= and OnTimezoneChange=', () => {
  it('wait for a clock that is set', () => {
    const { world, timer } = make('OnClockChange=yes');
    timer.start();
    expect([timer.subState, world.after(minute)]).toEqual(['waiting', []]);
    const now = world.host.now.bind(world.host);
    world.host.now = () => now() - hour;
    expect(world.after(1000)).toEqual(['start a.service replace']);
    world.runs('a.service');
    expect([timer.subState, world.after(minute)]).toEqual(['waiting', []]);
    timer.stop();
    world.host.now = now;
    expect(world.after(minute)).toEqual([]);
  });

  it('wait for another zone of local time', () => {
    const { world, timer } = make('OnTimezoneChange=yes');
    const { files } = world.host;
    files.symlink('/usr/share/zoneinfo/UTC', '/etc/localtime');
    timer.start();
    files.put('/etc/other', '');
    expect([timer.subState, world.after(minute)]).toEqual(['waiting', []]);
    files.unlink('/etc/localtime');
    files.symlink('/usr/share/zoneinfo/Asia/Tokyo', '/etc/localtime');
    expect(world.after(0)).toEqual(['start a.service replace']);
  });
});

describe('OnCalendar=', () => {
  const noon = Date.UTC(2024, 0, 15, 12, 0, 0);

  it('is of the wall clock', () => {
    const { world, timer } = make('OnCalendar=*:0/10');
    timer.start();
    expect(timer.nextElapseRealtime).toBe(noon + 10 * minute);
    expect(world.after(10 * minute - 1)).toEqual([]);
    expect(world.after(1)).toEqual(['start a.service replace']);
    world.runs('a.service');
    expect(timer.nextElapseRealtime).toBe(noon + 20 * minute);
  });

  it('follows a clock that is set, within a minute', () => {
    const { world, timer } = make('OnCalendar=18:00');
    timer.start();
    const now = world.host.now.bind(world.host);
    world.host.now = () => now() + 6 * hour;
    expect(world.after(minute - 1)).toEqual([]);
    expect(world.after(1)).toEqual(['start a.service replace']);
  });

  it('Persistent= catches up with what was missed, as a file remembers it', () => {
    const stamp = '/var/lib/systemd/timers/stamp-a.timer';
    const { world, timer } = make('OnCalendar=daily\nPersistent=yes');
    expect(timer.stampPath).toBe(stamp);
    world.host.files.put(stamp, '');
    const now = world.host.now.bind(world.host);
    world.host.now = () => now() + 48 * hour;
    timer.start();
    expect(world.after(0)).toEqual(['start a.service replace']);
    expect(world.host.files.stat(stamp).mtimeMs).toBeGreaterThan(0);
    world.runs('a.service');
    expect(timer.nextElapseRealtime).toBe(noon + 60 * hour);
  });

  it('without it, or without a file, waits for the next time', () => {
    for (const settings of ['OnCalendar=daily', 'OnCalendar=daily\nPersistent=yes']) {
      const { world, timer } = make(settings);
      timer.start();
      expect(timer.nextElapseRealtime).toBe(noon + 12 * hour);
      expect(world.after(0)).toEqual([]);
    }
    const { timer } = make('OnCalendar=daily');
    expect(timer.stampPath).toBeUndefined();
  });

  it('RandomizedDelaySec= comes later by less than that, at the same time again where it is fixed', () => {
    const delays = (settings: string): number[] =>
      [0, 1].map(() => {
        const { timer } = make(`OnCalendar=daily\nRandomizedDelaySec=1h\n${settings}`);
        timer.start();
        timer.stop();
        timer.start();
        return timer.nextElapseRealtime - noon - 12 * hour;
      });
    for (const delay of [...delays(''), ...delays('FixedRandomDelay=yes')]) {
      expect(delay).toBeGreaterThan(0);
      expect(delay).toBeLessThan(hour);
    }
    const [first, second] = delays('FixedRandomDelay=yes');
    expect(first).toBe(second);
  });
});
