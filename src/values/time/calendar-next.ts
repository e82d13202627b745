/** When a calendar event elapses next. */
import { type BrokenDownTime, breakDown, makeTime, type OffsetMemory } from './broken-down-time.ts';
import { type CalendarComponent, type CalendarSpec, type CalendarZones, maxYear } from './calendar.ts';
import { lastMomentSec } from './civil-date.ts';
import { type TimeZone, utc } from './timezone.ts';

const secondUsec = 1_000_000;
/** A stop for events that never come. */
const iterationLimit = 1000;

/** From coarse to fine. */
const fields = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;
type Field = (typeof fields)[number];

/** The fields between year and second, each with the one that is counted up where it has no further match. */
const levels = [
  { field: 'month', above: 'year' },
  { field: 'day', above: 'month' },
  { field: 'hour', above: 'day' },
  { field: 'minute', above: 'hour' },
] as const;
type Level = (typeof levels)[number];

/** What a round of the search came to: a match, another place to go on from, or the end of all matches. */
type Round = 'found' | 'again' | 'never';

/** One search: the zone it is in, the C library's memory about ambiguous times, and where it is. */
class Search {
  readonly #spec: CalendarSpec;
  readonly #zone: TimeZone;
  readonly #memory: OffsetMemory;
  /** The time that is looked at; its microseconds count within the second. */
  readonly time: BrokenDownTime;
  usec: number;

  constructor(spec: CalendarSpec, zone: TimeZone, memory: OffsetMemory, time: BrokenDownTime, usec: number) {
    this.#spec = spec;
    this.#zone = zone;
    this.#memory = memory;
    this.time = { ...time };
    this.usec = usec;
  }

  /** mktime or timegm; times before 1970 count as failures, but `time` is put into range all the same. */
  #resolve(time: BrokenDownTime): number | undefined {
    if (this.#spec.utc) time.isDst = 0;
    const moment = makeTime(this.#zone, time, this.#memory);
    return moment === undefined || moment < 0 ? undefined : moment;
  }

  /** Where the search is, in seconds since the epoch. */
  moment(): number | undefined {
    return this.#resolve(this.time);
  }

  #endOfMonth(day: number): number {
    const copy = { ...this.time, month: this.time.month + 1, day: 1 - day };
    return this.#resolve(copy) === undefined || copy.month !== this.time.month ? -1 : copy.day;
  }

  /** The earliest value of the list that is not before `value`; undefined where there is none. */
  #match(chain: CalendarComponent[] | undefined, value: number): number | undefined {
    if (chain === undefined) return value;
    const fromEnd = this.#spec.endOfMonth && chain === this.#spec.day;
    let best: number | undefined;
    for (const item of chain) {
      let { start, stop } = item;
      if (fromEnd) {
        start = this.#endOfMonth(item.start);
        stop = this.#endOfMonth(item.stop);
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

  /** What lies below a field starts anew. */
  #resetBelow(field: Field): void {
    for (let index = fields.indexOf(field) + 1; index < fields.length; index++) {
      const below = fields[index]!;
      this.time[below] = below === 'day' ? 1 : 0;
    }
    this.usec = 0;
  }

  #set(field: Field, value: number): void {
    if (this.time[field] === value) return;
    this.time[field] = value;
    this.#resetBelow(field);
  }

  #countUp(field: Field): void {
    this.time[field]++;
    this.#resetBelow(field);
  }

  /** 1: within bounds. 0: was out of range and has been moved to the next moment that exists. -1: no such moment. */
  #withinBounds(): -1 | 0 | 1 {
    const { time } = this;
    if (time.year > maxYear) return -1;
    const copy = { ...time };
    if (this.#resolve(copy) === undefined) return -1;
    const changed = firstDifference(copy, time);
    if (changed === undefined) return 1;
    if (copy[changed] < time[changed]) return -1;
    // what lies below the field that ran over starts anew: 3-33 is not 4-2 but from 4-1 on
    const below = fields[fields.indexOf(changed) + 1];
    if (below !== undefined) copy[below] = below === 'day' ? 1 : 0;
    Object.assign(time, copy);
    return 0;
  }

  #onWeekday(): boolean {
    const bits = this.#spec.weekdays;
    if (bits < 0 || bits >= 127) return true;
    const copy = { ...this.time };
    if (this.#resolve(copy) === undefined) return false;
    return (bits & (1 << ((copy.weekday + 6) % 7))) !== 0;
  }

  /** Moves to the next match after where it is; false where there is none. */
  run(): boolean {
    const from = { ...this.time };
    const fromUsec = this.usec;
    let forgetDst = false;
    for (let iteration = 0; iteration < iterationLimit; iteration++) {
      this.#resolve(this.time);
      if (!forgetDst) this.time.isDst = this.#spec.dst;
      const round = this.#round();
      if (round === 'never') return false;
      if (round === 'again') continue;
      const order = compare(from, this.time);
      if (order < 0 || (order === 0 && fromUsec <= this.usec)) return true;
      // no progress over a change of the clocks: let the zone say which kind of time it is
      forgetDst = true;
      this.time.hour++;
    }
    return false;
  }

  /** Brings the fields to their next matches, the coarse ones first, up to the first that moves one above it. */
  #round(): Round {
    const year = this.#match(this.#spec.year, this.time.year);
    if (year === undefined) return 'never';
    this.#set('year', year);
    if (this.#withinBounds() <= 0) return 'never';
    for (const level of levels) {
      if (!this.#settle(level)) return 'again';
      if (level.field === 'day' && !this.#onWeekday()) {
        this.#countUp('day');
        return 'again';
      }
    }
    return this.#settleSecond() ? 'found' : 'again';
  }

  #settle({ field, above }: Level): boolean {
    // months are counted from 0 here, from 1 in events
    const shift = field === 'month' ? 1 : 0;
    const value = this.#match(this.#spec[field], this.time[field] + shift);
    if (value !== undefined) this.#set(field, value - shift);
    return this.#within(value !== undefined, above);
  }

  #settleSecond(): boolean {
    const value = this.#match(this.#spec.microsecond, this.time.second * secondUsec + this.usec);
    if (value !== undefined) {
      this.time.second = Math.trunc(value / secondUsec);
      this.usec = value % secondUsec;
    }
    return this.#within(value !== undefined, 'minute');
  }

  /** Whether a match is a time that there is; where there can be none, `above` is counted up. */
  #within(matched: boolean, above: Field): boolean {
    const bounds = matched ? this.#withinBounds() : -1;
    if (bounds < 0) this.#countUp(above);
    return bounds > 0;
  }
}

function firstDifference(a: BrokenDownTime, b: BrokenDownTime): Field | undefined {
  if (a.year !== b.year) return 'year';
  if (a.month !== b.month) return 'month';
  if (a.day !== b.day) return 'day';
  if (a.hour !== b.hour) return 'hour';
  if (a.minute !== b.minute) return 'minute';
  return a.second === b.second ? undefined : 'second';
}

function compare(a: BrokenDownTime, b: BrokenDownTime): number {
  const field = firstDifference(a, b);
  return field === undefined ? 0 : a[field] - b[field];
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
  // a zone of its own, and UTC, are searched as by a process that has just begun
  const own = spec.utc || spec.timezone !== undefined ? { guess: 0 } : memory;
  const search = new Search(spec, zone, own, breakDown(zone, fromSec), Number(from % BigInt(secondUsec)));
  const moment = search.run() ? search.moment() : undefined;
  return moment === undefined ? undefined : BigInt(moment) * BigInt(secondUsec) + BigInt(search.usec);
}

/** `nextElapseUsec` in milliseconds since the epoch. */
export function nextElapse(spec: CalendarSpec, afterMs: number, zones: CalendarZones): number | undefined {
  const next = nextElapseUsec(spec, BigInt(Math.floor(afterMs * 1000)), zones);
  return next === undefined ? undefined : Number(next) / 1000;
}
