import { beforeEach, describe, expect, it } from 'vitest';
import { type ScheduledShutdown, ShutdownSchedule } from '../../../src/manager/shutdown-schedule.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import { SystemError } from '../../../src/sys/host.ts';

const scheduled = '/run/systemd/shutdown/scheduled';
const nologin = '/run/nologin';

let host: SimHost;
let schedule: ShutdownSchedule;
let begun: string[];
let lines: string[];

function make(scope: 'system' | 'user' = 'system'): void {
  host = new SimHost();
  begun = [];
  lines = [];
  schedule = new ShutdownSchedule(
    host,
    scope,
    (objective) => begun.push(objective),
    (level, message) => lines.push(`${level} ${message}`),
  );
}
beforeEach(() => make());

const plan = (inMs: number, more: Partial<ScheduledShutdown> = {}): ScheduledShutdown => ({
  objective: 'poweroff',
  atMs: host.now() + inMs,
  dryRun: false,
  wall: true,
  message: '',
  uid: 0,
  ...more,
});
const isThere = (path: string): boolean => host.files.tryStat(path) !== undefined;

describe('a planned shutdown', () => {
  it('begins at its time, not before', () => {
    schedule.set(plan(600_000));
    host.advance(599_999);
    expect(begun).toEqual([]);
    host.advance(1);
    expect(begun).toEqual(['poweroff']);
    host.advance(600_000);
    expect(begun).toEqual(['poweroff']);
  });

  it('begins at once where its time has passed', () => {
    schedule.set(plan(-1));
    expect(begun).toEqual(['poweroff']);
    schedule.set(plan(0));
    expect(begun).toHaveLength(2);
  });

  it('is known until it is taken back, and does not begin then', () => {
    const planned = plan(60_000);
    schedule.set(planned);
    expect(schedule.current).toBe(planned);
    schedule.set(undefined);
    expect(schedule.current).toBeUndefined();
    host.advance(120_000);
    expect(begun).toEqual([]);
  });

  it('of a millisecond from now is one', () => {
    schedule.set(plan(1));
    expect(begun).toEqual([]);
    host.advance(1);
    expect(begun).toEqual(['poweroff']);
  });

  it('takes the place of an earlier one', () => {
    schedule.set(plan(60_000));
    schedule.set(plan(120_000, { objective: 'reboot' }));
    host.advance(100_000);
    expect(begun).toEqual([]);
    host.advance(20_000);
    expect(begun).toEqual(['reboot']);
  });

  it('that is no more than announced is over at its time, without an end', () => {
    schedule.set(plan(60_000, { dryRun: true }));
    host.advance(60_000);
    expect(begun).toEqual([]);
    expect(lines).toEqual(['6 Running in dry run, suppressing action.']);
    expect(schedule.current).toBeUndefined();
    expect(isThere(scheduled)).toBe(false);
  });

  it('follows a clock that is set, within a minute', () => {
    const now = host.now.bind(host);
    schedule.set(plan(3_600_000));
    host.now = () => now() + 3_590_000;
    host.advance(59_999);
    expect(begun).toEqual([]);
    host.advance(1);
    expect(begun).toEqual(['poweroff']);
  });
});

describe('what other programs are told', () => {
  it('is a file, as logind writes it', () => {
    schedule.set(plan(600_000, { wall: false, uid: 1000, objective: 'reboot', message: 'a "b"' }));
    const usec = (host.now() + 600_000) * 1000;
    expect(host.files.readText(scheduled)).toBe(
      `USEC=${usec}\nWARN_WALL=0\nMODE=reboot\nUID=1000\nWALL_MESSAGE=a \\"b\\"\n`,
    );
    expect(host.files.stat(scheduled).mode & 0o777).toBe(0o644);
    expect(host.files.stat('/run/systemd/shutdown').mode & 0o777).toBe(0o755);
    schedule.set(plan(600_000));
    expect(host.files.readText(scheduled)).toMatch(/WARN_WALL=1\nMODE=poweroff\nUID=0\n$/);
    schedule.set(undefined);
    expect(isThere(scheduled)).toBe(false);
  });

  it('keeps users from logging in five minutes before', () => {
    schedule.set(plan(630_500));
    host.advance(330_499);
    expect(isThere(nologin)).toBe(false);
    host.advance(1);
    expect(host.files.stat(nologin).mode & 0o777).toBe(0o644);
    expect(host.files.readText(nologin)).toMatch(/^System is going down\. Unprivileged users are not permitted/);
    schedule.set(undefined);
    expect(isThere(nologin)).toBe(false);
    schedule.set(plan(300_000));
    expect(isThere(nologin)).toBe(true);
    schedule.set(plan(300_001));
    expect(isThere(nologin)).toBe(false);
  });

  it('is taken back once, and by nobody else', () => {
    host.files.put(nologin, 'of somebody else');
    schedule.set(undefined);
    schedule.set(plan(600_000));
    schedule.set(undefined);
    schedule.set(undefined);
    expect(host.files.readText(nologin)).toBe('of somebody else');
    expect(lines).toEqual([]);
  });

  it("is nothing of a user's manager", () => {
    make('user');
    schedule.set(plan(60_000));
    expect(isThere(scheduled) || isThere(nologin)).toBe(false);
    host.advance(60_000);
    expect(begun).toEqual(['poweroff']);
  });

  it('may fail: that is said, and the shutdown comes all the same', () => {
    host.files.writeAtomic = (path) => {
      throw new SystemError('EROFS', 30, 'open', path);
    };
    schedule.set(plan(600_000));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^4 Failed to tell of a scheduled shutdown: /);
    host.advance(600_000);
    expect(begun).toEqual(['poweroff']);
  });

  it('is no excuse for an error of its own', () => {
    host.files.writeAtomic = () => {
      throw new TypeError('mistake');
    };
    expect(() => schedule.set(plan(600_000))).toThrow('mistake');
  });
});
