/** Timers: stamps of Persistent=, times that are past, delays by chance. */
import { describe, expect, it } from 'vitest';
import type { TimerUnit } from '../../../src/units/timer.ts';
import { type WorldOptions, world } from '../../support/world.ts';

const day = 24 * 3600_000;
const noon = Date.UTC(2024, 0, 15, 12, 0, 0);
const stamp = '/var/lib/systemd/timers/stamp-a.timer';

function make(settings: string, options: WorldOptions = {}) {
  const w = world({
    units: { 'a.timer': `[Timer]\n${settings}\n`, 'a.service': '[Service]\nExecStart=/usr/bin/a\n' },
    programs: { a: (p) => p.exit(0, 1000) },
    ...options,
  });
  const timer = w.unit('a.timer') as TimerUnit;
  const starts = (): number => w.host.spawned.length;
  return { w, host: w.host, timer, starts, said: () => w.messages(timer) };
}

describe('the stamp of Persistent=', () => {
  it.each([
    ['system', undefined, stamp],
    ['user', { XDG_DATA_HOME: '/data', HOME: '/home/alice' }, '/data/systemd/timers/stamp-a.timer'],
    ['user', { HOME: '/home/alice' }, '/home/alice/.local/share/systemd/timers/stamp-a.timer'],
    ['user', {}, undefined],
  ] as const)('of a %s manager with %j is %s', (scope, environment, path) => {
    const files = environment === undefined ? {} : { environment };
    const { w } = make('OnCalendar=daily\nPersistent=yes', { scope, ...files, units: {} });
    w.put(`/etc/systemd/${scope}/b.timer`, '[Timer]\nOnCalendar=daily\nPersistent=yes\n');
    w.put(`/etc/systemd/${scope}/b.service`, '[Service]\nExecStart=/usr/bin/a\n');
    w.loader.refresh();
    expect((w.unit('b.timer') as TimerUnit).stampPath).toBe(path?.replace('stamp-a', 'stamp-b'));
  });

  it('is made when the timer first starts, and touched when it elapses', () => {
    const { w, host, timer, starts } = make('OnCalendar=daily\nPersistent=yes');
    w.up(timer);
    expect(host.files.stat(stamp)).toMatchObject({ mtimeMs: noon, mode: 0o644 });
    expect(host.files.stat('/var/lib/systemd/timers').mode).toBe(0o755);
    host.advance(day / 2);
    expect(host.files.stat(stamp).mtimeMs).toBe(noon + day / 2);
    expect(starts()).toBe(1);
    expect(timer.lastTrigger).toEqual({ realtime: noon + day / 2, monotonic: host.monotonic() });
  });

  it('of a time to come is not believed', () => {
    const { w, host, timer, said } = make('OnCalendar=daily\nPersistent=yes');
    host.setClock(noon + day);
    w.put(stamp, '');
    host.setClock(noon);
    w.up(timer);
    expect(said()).toEqual(['Not using persistent file timestamp as it is in the future.']);
    expect(timer.lastTrigger).toEqual({ realtime: 0, monotonic: 0 });
    expect(timer.nextElapseRealtime).toBe(noon + day / 2);
  });

  it('of the past is the last trigger', () => {
    const { w, host, timer } = make('OnCalendar=weekly\nPersistent=yes');
    w.put(stamp, '');
    host.setClock(noon + 1);
    w.up(timer);
    expect(timer.lastTrigger).toEqual({ realtime: noon, monotonic: 0 });
  });

  it('that can not be written is done without', () => {
    const { w, host, timer, starts, said } = make('OnCalendar=*:*:0/10\nPersistent=yes');
    host.files.closed.set('/var/lib', 'EROFS');
    w.up(timer);
    host.advance(10_000);
    expect(starts()).toBe(1);
    expect(said()[0]).toMatch(/^Failed to touch \/var\/lib\/systemd\/timers\/stamp-a.timer, ignoring: .*EROFS/);
  });
});

describe('a time', () => {
  it('that is past when the timer starts is due at once, but not a second time', () => {
    const { w, host, timer, starts } = make('OnBootSec=5');
    host.advance(20_000);
    w.up(timer);
    host.advance(60_000);
    expect(starts()).toBe(1);
    expect(timer.subState).toBe('elapsed');
    expect(w.changes.filter(({ sub }) => sub === 'waiting').length).toBeGreaterThan(0);
  });

  it.each([
    ['OnBootSec=5', 5_000],
    ['OnStartupSec=5', 5_000],
    ['OnActiveSec=5', 8_000],
  ])('%s counts from its own beginning', (settings, afterMs) => {
    const { w, host, timer, starts } = make(settings);
    expect(w.manager.timestamps.userspace.monotonic).toBe(host.monotonic());
    host.advance(3_000);
    w.up(timer);
    host.advance(afterMs - 3_001);
    expect(starts()).toBe(0);
    expect(timer.values.map(({ entry }) => entry.base)).toEqual([settings.split('=')[0]]);
    expect(timer.values[0]!.nextMs - host.monotonic()).toBe(1);
    host.advance(1);
    expect(starts()).toBe(1);
  });

  it('of OnUnitActiveSec= counts from the last trigger where the unit came up before', () => {
    const { w, host, timer, starts } = make('OnActiveSec=2\nOnUnitActiveSec=10');
    w.up(timer);
    host.advance(2_000);
    expect(starts()).toBe(1);
    host.advance(9_999);
    expect(starts()).toBe(1);
    host.advance(1);
    expect(starts()).toBe(2);
  });

  it('of OnUnitInactiveSec= counts from the end of the unit', () => {
    const { w, host, timer, starts } = make('OnActiveSec=2\nOnUnitInactiveSec=10');
    w.up(timer);
    host.advance(3_000);
    host.advance(9_999);
    expect(starts()).toBe(1);
    host.advance(1);
    expect(starts()).toBe(2);
  });

  it('that is met once is over in that moment, also where the unit is skipped in it', () => {
    const skipped = '[Unit]\nConditionPathExists=/nonexistent\n[Service]\nExecStart=/usr/bin/a\n';
    const { w, host, timer } = make('', {
      units: { 'a.timer': '[Timer]\nOnActiveSec=500ms\nAccuracySec=1ms\n', 'a.service': skipped },
    });
    w.up(timer);
    host.advance(10_000);
    expect(timer.subState).toBe('elapsed');
    expect(w.logged.filter(({ message }) => message.includes('was skipped'))).toHaveLength(1);
  });

  it('of the wall clock that never comes makes no timer', () => {
    const { w, timer } = make('OnCalendar=2020-01-01\nRemainAfterElapse=no');
    w.up(timer);
    expect([timer.subState, timer.result]).toEqual(['dead', 'success']);
    const { w: other, timer: stays } = make('OnCalendar=2020-01-01');
    other.up(stays);
    expect([stays.subState, stays.nextElapseRealtime, stays.nextElapseMonotonic]).toEqual(['elapsed', 0, 0]);
  });

  it('is forgotten with a stop', () => {
    const { w, host, timer, starts } = make('OnActiveSec=2\nOnCalendar=*:*:0/10');
    w.up(timer);
    expect([timer.nextElapseMonotonic, timer.nextElapseRealtime]).toEqual([host.monotonic() + 2_000, noon + 10_000]);
    w.stop(timer);
    host.advance(60_000);
    expect([starts(), timer.nextElapseMonotonic, timer.nextElapseRealtime]).toEqual([0, 0, 0]);
    expect(host.untilNext).toBeUndefined();
  });

  it.each([
    ['OnActiveSec=2', [2_000, 0]],
    ['OnCalendar=*:*:0/10', [0, 10_000]],
  ])('is of one clock: %s', (settings, [monotonic, realtime]) => {
    const { w, host, timer } = make(settings);
    w.up(timer);
    const { nextElapseMonotonic, nextElapseRealtime } = timer;
    expect([
      nextElapseMonotonic && nextElapseMonotonic - host.monotonic(),
      nextElapseRealtime && nextElapseRealtime - noon,
    ]).toEqual([monotonic, realtime]);
  });

  it('begins anew with each start: OnActiveSec=', () => {
    const { w, host, timer, starts } = make('OnActiveSec=2');
    for (const count of [1, 2]) {
      w.up(timer);
      host.advance(10_000);
      expect(starts()).toBe(count);
      expect(timer.subState).toBe('elapsed');
      w.stop(timer);
      host.settle();
    }
  });
});

describe('RandomizedDelaySec=', () => {
  const bytes = (value: number) => (size: number) => {
    const buffer = Buffer.alloc(size);
    buffer.writeUInt32LE(value);
    return buffer;
  };
  it.each([
    ['OnActiveSec=10\nRandomizedDelaySec=8', 0x40000000, 12_000],
    ['OnActiveSec=10\nRandomizedDelaySec=8', 0, 10_000],
    ['OnActiveSec=10\nRandomizedDelaySec=0', 0x40000000, 10_000],
    ['OnActiveSec=10\nRandomizedDelaySec=infinity', 0x40000000, 10_000],
  ])('%j by the chance of %d', (settings, chance, afterMs) => {
    const { w, host, timer } = make(settings);
    host.randomBytes = bytes(chance);
    w.up(timer);
    expect(timer.nextElapseMonotonic - host.monotonic()).toBe(afterMs);
  });

  it('fixed differs by machine, user and timer', () => {
    const delay = (name: string, options: WorldOptions = {}): number => {
      const { w, host } = make('OnActiveSec=10', options);
      w.put(
        `/etc/systemd/system/${name}.timer`,
        '[Timer]\nOnActiveSec=10\nRandomizedDelaySec=1h\nFixedRandomDelay=yes\n',
      );
      w.put(`/etc/systemd/system/${name}.service`, '[Service]\nExecStart=/usr/bin/a\n');
      w.loader.refresh();
      const timer = w.unit(`${name}.timer`) as TimerUnit;
      w.up(timer);
      return timer.nextElapseMonotonic - host.monotonic();
    };
    expect(delay('b')).toBe(delay('b'));
    expect(new Set([delay('b'), delay('c'), delay('b', { uid: 7 })]).size).toBe(3);
  });
});

describe('OnCalendar= with', () => {
  it('RandomizedOffsetSec= comes later by the same each time, however often the manager starts', () => {
    const times = [0, 1].map(() => {
      const { w, host, timer, starts } = make('OnCalendar=*:0/10\nRandomizedOffsetSec=5min');
      w.up(timer);
      const first = timer.nextElapseRealtime;
      host.advance(first - host.now());
      host.advance(5_000);
      expect(starts()).toBe(1);
      expect(timer.nextElapseRealtime - first).toBe(600_000);
      return first;
    });
    expect(times[0]).toBe(times[1]);
    const offset = (times[0]! - noon) % 600_000;
    expect([offset > 0, offset < 300_000]).toEqual([true, true]);
  });

  it.each([
    ['no', noon + 30_001],
    ['yes', noon + 40_000],
  ])('DeferReactivation=%s, and a service that takes longer', (defers, expected) => {
    const { w, host, timer, starts } = make(`OnCalendar=*:*:0/10\nDeferReactivation=${defers}`, {
      programs: { a: (p) => p.exit(0, 20_001) },
    });
    w.up(timer);
    host.advance(10_000);
    expect(starts()).toBe(1);
    while (starts() < 2) host.advance(1);
    expect(host.now()).toBe(expected);
  });
});
