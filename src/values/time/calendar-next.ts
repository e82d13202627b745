/** When a calendar event elapses next. */
import { type BrokenDownTime, breakDown, makeTime, type OffsetMemory } from './broken-down-time.ts';
import { type CalendarComponent, type CalendarSpec, type CalendarZones, maxYear } from './calendar.ts';
import { type TimeZone, utc } from './timezone.ts';

const secondUsec = 1_000_000;
/** A stop for events that never come. */
const iterationLimit = 1000;
/** Last moment that systemd prints, 9999-12-30 23:59:59 UTC, in seconds. */
const lastMomentSec = 253402214399;

const fields = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;

/** One search: the zone it is in and the C library's memory about ambiguous times. */
class Search {
  readonly #spec: CalendarSpec;
  readonly #zone: TimeZone;
  readonly #memory: OffsetMemory;

  constructor(spec: CalendarSpec, zone: TimeZone, memory: OffsetMemory) {
    this.#spec = spec;
    this.#zone = zone;
    this.#memory = memory;
  }

  /** mktime or timegm; times before 1970 count as failures, but `time` is put into range all the same. */
  resolve(time: BrokenDownTime): number | undefined {
    if (this.#spec.utc) time.isDst = 0;
    const moment = makeTime(this.#zone, time, this.#memory);
    return moment === undefined || moment < 0 ? undefined : moment;
  }

  #endOfMonth(time: BrokenDownTime, day: number): number {
    const copy = { ...time, month: time.month + 1, day: 1 - day };
    return this.resolve(copy) === undefined || copy.month !== time.month ? -1 : copy.day;
  }

  /** The earliest value of the list that is not before `value`; undefined where there is none. */
  #match(chain: CalendarComponent[] | undefined, time: BrokenDownTime, value: number): number | undefined {
    if (chain === undefined) return value;
    const fromEnd = this.#spec.endOfMonth && chain === this.#spec.day;
    let best: number | undefined;
    for (const item of chain) {
      let { start, stop } = item;
      if (fromEnd) {
        start = this.#endOfMonth(time, item.start);
        stop = this.#endOfMonth(time, item.stop);
        if (stop > 0) [start, stop] = [stop, start];
      }
      if (start >= value) {
        if (best === undefined || start < best) best = start;
      } else if (item.repeat > 0) {
        const next = start + item.repeat * Math.ceil((value - start) / item.repeat);
        if ((best === undefined || next < best) && (stop < 0 || next <= stop)) best = next;
      }
    }
    return best;
  }

  /** 1: within bounds. 0: was out of range and has been moved to the next moment that exists. -1: no such moment. */
  #withinBounds(time: BrokenDownTime): -1 | 0 | 1 {
    if (time.year > maxYear) return -1;
    const copy = { ...time };
    if (this.resolve(copy) === undefined) return -1;
    const changed = fields.find((field) => copy[field] !== time[field]);
    if (changed === undefined) return 1;
    if (copy[changed] < time[changed]) return -1;
    // what lies below the field that ran over starts anew: 3-33 is not 4-2 but from 4-1 on
    const below = fields[fields.indexOf(changed) + 1];
    if (below !== undefined) copy[below] = below === 'day' ? 1 : 0;
    Object.assign(time, copy);
    return 0;
  }

  #onWeekday(time: BrokenDownTime): boolean {
    const bits = this.#spec.weekdays;
    if (bits < 0 || bits >= 127) return true;
    const copy = { ...time };
    if (this.resolve(copy) === undefined) return false;
    return (bits & (1 << ((copy.weekday + 6) % 7))) !== 0;
  }

  /** Moves `time` to the next match after it; false where there is none. `usec` counts within the second. */
  run(time: BrokenDownTime, usec: number): number | undefined {
    const spec = this.#spec;
    const current = { ...time };
    let currentUsec = usec;
    let forgetDst = false;
    /** Clears what is below the changed field: 0 month, 1 day, 2 hour, 3 minute, 4 second. */
    const reset = (level: number): void => {
      if (level <= 0) current.month = 0;
      if (level <= 1) current.day = 1;
      if (level <= 2) current.hour = 0;
      if (level <= 3) current.minute = 0;
      current.second = 0;
      currentUsec = 0;
    };

    for (let iteration = 0; iteration < iterationLimit; iteration++) {
      this.resolve(current);
      if (!forgetDst) current.isDst = spec.dst;

      const year = this.#match(spec.year, current, current.year);
      if (year === undefined) return undefined;
      if (year !== current.year) {
        current.year = year;
        reset(0);
      }
      if (this.#withinBounds(current) <= 0) return undefined;

      const month = this.#match(spec.month, current, current.month + 1);
      let bounds: number = -1;
      if (month !== undefined) {
        if (month !== current.month + 1) {
          current.month = month - 1;
          reset(1);
        }
        bounds = this.#withinBounds(current);
      }
      if (bounds < 0) {
        current.year++;
        reset(0);
        continue;
      }
      if (bounds === 0) continue;

      const day = this.#match(spec.day, current, current.day);
      bounds = -1;
      if (day !== undefined) {
        if (day !== current.day) {
          current.day = day;
          reset(2);
        }
        bounds = this.#withinBounds(current);
      }
      if (bounds < 0) {
        current.month++;
        reset(1);
        continue;
      }
      if (bounds === 0) continue;

      if (!this.#onWeekday(current)) {
        current.day++;
        reset(2);
        continue;
      }

      const hour = this.#match(spec.hour, current, current.hour);
      bounds = -1;
      if (hour !== undefined) {
        if (hour !== current.hour) {
          current.hour = hour;
          reset(3);
        }
        bounds = this.#withinBounds(current);
      }
      if (bounds < 0) {
        current.day++;
        reset(2);
        continue;
      }
      if (bounds === 0) continue;

      const minute = this.#match(spec.minute, current, current.minute);
      bounds = -1;
      if (minute !== undefined) {
        if (minute !== current.minute) {
          current.minute = minute;
          reset(4);
        }
        bounds = this.#withinBounds(current);
      }
      if (bounds < 0) {
        current.hour++;
        reset(3);
        continue;
      }
      if (bounds === 0) continue;

      const microsecond = this.#match(spec.microsecond, current, current.second * secondUsec + currentUsec);
      bounds = -1;
      if (microsecond !== undefined) {
        current.second = Math.trunc(microsecond / secondUsec);
        currentUsec = microsecond % secondUsec;
        bounds = this.#withinBounds(current);
      }
      if (bounds < 0) {
        current.minute++;
        reset(4);
        continue;
      }
      if (bounds === 0) continue;

      const order = compare(time, current);
      if (order > 0 || (order === 0 && usec >= currentUsec + 1)) {
        // no progress over a change of the clocks: let the zone say which kind of time it is
        forgetDst = true;
        current.hour++;
        continue;
      }
      Object.assign(time, current);
      return currentUsec;
    }
    return undefined;
  }
}

function compare(a: BrokenDownTime, b: BrokenDownTime): number {
  for (const field of fields) if (a[field] !== b[field]) return a[field] - b[field];
  return 0;
}

/**
 * The first moment after `afterUsec` at which the event elapses, in microseconds since the epoch; undefined where it
 * never does again. `memory` may be kept over several calls.
 */
export function nextElapseUsec(
  spec: CalendarSpec,
  afterUsec: bigint,
  zones: CalendarZones,
  memory: OffsetMemory = { guess: 0 },
): bigint | undefined {
  let zone: TimeZone = spec.utc ? utc : zones.local;
  if (spec.timezone !== undefined) {
    const named = zones.load(spec.timezone);
    if (named === undefined) return undefined;
    zone = named;
  }
  const from = afterUsec + 1n;
  const fromSec = Number(from / BigInt(secondUsec));
  if (from < 0n || fromSec > lastMomentSec + 1) return undefined;
  const time = breakDown(zone, fromSec);
  // a zone of its own, and UTC, are searched as by a process that has just begun
  const search = new Search(spec, zone, spec.utc || spec.timezone !== undefined ? { guess: 0 } : memory);
  const usec = search.run(time, Number(from % BigInt(secondUsec)));
  if (usec === undefined) return undefined;
  const moment = search.resolve(time);
  return moment === undefined ? undefined : BigInt(moment) * BigInt(secondUsec) + BigInt(usec);
}

/** `nextElapseUsec` in milliseconds since the epoch. */
export function nextElapse(spec: CalendarSpec, afterMs: number, zones: CalendarZones): number | undefined {
  const next = nextElapseUsec(spec, BigInt(Math.floor(afterMs * 1000)), zones);
  return next === undefined ? undefined : Number(next) / 1000;
}
