/** Moments: systemd.time(7) "PARSING TIMESTAMPS". */

import { isDigit, isSpace } from '../../text/characters.ts';
import type { NumberError } from '../../text/numbers.ts';
import { type BrokenDownTime, breakDown, makeTime } from './broken-down-time.ts';
import { daysFromCivil, lastMomentSec, weekdayOf } from './civil-date.ts';
import { fractionUsec, monthAt, takeZoneSuffix, weekdayAbbreviations, weekdayAt } from './syntax.ts';
import { fromUsec, parseTimeSpanUsec } from './time-span.ts';
import { type TimeZone, utc, type ZoneLoader } from './timezone.ts';

export type TimestampStyle = 'pretty' | 'us' | 'utc' | 'us+utc' | 'unix';

const secondUsec = 1_000_000n;
const lastMomentUsec = BigInt(lastMomentSec) * secondUsec;

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/**
 * `Tue 2026-11-24 14:30:00 UTC`; undefined where the moment is not set (0 or Infinity). `zone` is for the styles that
 * are not UTC's. Milliseconds since the epoch.
 */
export function formatTimestamp(ms: number, zone: TimeZone, style: TimestampStyle = 'pretty'): string | undefined {
  if (!(ms > 0) || !Number.isFinite(ms)) return undefined;
  return formatTimestampUsec(BigInt(Math.round(ms * 1000)), zone, style);
}

/** `formatTimestamp` for microseconds since the epoch. */
export function formatTimestampUsec(
  usec: bigint,
  zone: TimeZone,
  style: TimestampStyle = 'pretty',
): string | undefined {
  if (usec <= 0n) return undefined;
  if (style === 'unix') return `@${usec / secondUsec}`;
  if (usec > lastMomentUsec) return '--- XXXX-XX-XX XX:XX:XX';
  const inUtc = style === 'utc' || style === 'us+utc';
  const withUsec = style === 'us' || style === 'us+utc';
  const epochSec = Number(usec / secondUsec);
  const used = inUtc ? utc : zone;
  const time = breakDown(used, epochSec);
  const date = `${weekdayAbbreviations[time.weekday]} ${String(time.year).padStart(4, '0')}-${two(time.month + 1)}-${two(time.day)}`;
  const fraction = withUsec ? `.${String(usec % secondUsec).padStart(6, '0')}` : '';
  const { abbreviation } = used.at(epochSec);
  // systemd's buffer has no room for more
  const shown = abbreviation !== '' && abbreviation.length <= (withUsec ? 6 : 13) ? ` ${abbreviation}` : '';
  return `${date} ${two(time.hour)}:${two(time.minute)}:${two(time.second)}${fraction}${shown}`;
}

/** strptime(3) for the few conversions that are needed. The fields that were read; undefined where it does not match. */
interface Scanned {
  fields: Partial<BrokenDownTime>;
  /** What follows the match. */
  rest: string;
}

const ranges: Readonly<Record<string, readonly [keyof BrokenDownTime, number, number, number]>> = {
  y: ['year', 0, 99, 2],
  Y: ['year', 0, 9999, 4],
  m: ['month', 1, 12, 2],
  d: ['day', 1, 31, 2],
  H: ['hour', 0, 23, 2],
  M: ['minute', 0, 59, 2],
  S: ['second', 0, 61, 2],
};

function scan(text: string, format: string): Scanned | undefined {
  const fields: Partial<BrokenDownTime> = {};
  let position = 0;
  const skipSpaces = (): void => {
    while (isSpace(text.charCodeAt(position))) position++;
  };
  for (let index = 0; index < format.length; index++) {
    const character = format[index]!;
    if (character === ' ') {
      skipSpaces();
      continue;
    }
    if (character !== '%') {
      if (text[position] !== character) return undefined;
      position++;
      continue;
    }
    const conversion = format[++index]!;
    if (conversion === 'b') {
      skipSpaces();
      const found = monthAt(text, position);
      if (found === undefined) return undefined;
      position += found.length;
      fields.month = found.index;
      continue;
    }
    const [field, from, to, digits] = ranges[conversion]!;
    skipSpaces();
    let value = 0;
    let count = 0;
    for (; count < digits && (count === 0 || value * 10 <= to); count++) {
      const code = text.charCodeAt(position);
      if (!isDigit(code)) break;
      value = value * 10 + code - 0x30;
      position++;
    }
    if (count === 0 || value < from || value > to) return undefined;
    if (conversion === 'y') value += value >= 69 ? 1900 : 2000;
    if (conversion === 'm') value -= 1;
    fields[field] = value;
  }
  return { fields, rest: text.slice(position) };
}

/** Formats in the order of trial; a fraction may follow those with seconds. */
const formats = [
  '%y-%m-%d %H:%M:%S',
  '%Y-%m-%d %H:%M:%S',
  '%b %d %H:%M:%S',
  '%y-%m-%d %H:%M',
  '%Y-%m-%d %H:%M',
  '%Y-%m-%dT%H:%M:%S',
  '%Y-%m-%dT%H:%M',
  '%y-%m-%d',
  '%Y-%m-%d',
  '%H:%M:%S',
  '%H:%M',
];

/** A time of the calendar; undefined where the text is none. `dst` is -1 for "find out". */
function parseCalendarTime(text: string, nowSec: number, zone: TimeZone, dst: -1 | 0 | 1): bigint | undefined {
  const time = breakDown(zone, nowSec);
  time.isDst = dst;
  let usec = 0n;
  const day = ['yesterday', 'today', 'tomorrow'].indexOf(text);
  if (day >= 0) {
    Object.assign(time, { day: time.day + day - 1, hour: 0, minute: 0, second: 0 });
  } else {
    const found = weekdayAt(text, 0);
    const named = found !== undefined && text[found.length] === ' ' ? found : undefined;
    const rest = named === undefined ? text : text.slice(named.length + 1);
    let matched: Scanned | undefined;
    for (const format of formats) {
      matched = scan(rest, format);
      if (matched === undefined) continue;
      if (matched.rest === '') break;
      if (format.endsWith('%S') && matched.rest.startsWith('.')) {
        // a point after the seconds settles the format: what follows it must be digits
        const digits = matched.rest.slice(1);
        if (!/^[0-9]+$/.test(digits)) return undefined;
        usec = BigInt(fractionUsec(digits));
        break;
      }
      matched = undefined;
    }
    if (matched === undefined) return undefined;
    const { fields } = matched;
    Object.assign(time, fields);
    if (fields.second === undefined) time.second = 0;
    if (fields.hour === undefined) Object.assign(time, { hour: 0, minute: 0 });
    if (fields.day !== undefined) time.weekday = weekdayOf(daysFromCivil(time.year, time.month + 1, time.day));
    if (named !== undefined && time.weekday !== named.index) return undefined;
  }
  if (zone === utc) time.isDst = 0;
  const moment = makeTime(zone, time, { guess: 0 });
  if (moment === undefined || moment < 0) return undefined;
  const result = BigInt(moment) * secondUsec + usec;
  return result > lastMomentUsec ? undefined : result;
}

/** Hours and minutes from UTC, in seconds: `+02:00`, `-0330`, `+02`, `Z`; undefined where the text is none of these. */
function parseOffset(text: string): number | undefined {
  if (text === 'Z') return 0;
  const found = /^([+-])(\d\d)(?::?(\d\d))?$/.exec(text);
  if (found === null) return undefined;
  const minutes = Number(found[3] ?? 0);
  const seconds = Number(found[2]) * 3600 + minutes * 60;
  if (minutes >= 60 || seconds > 86_400) return undefined;
  return found[1] === '-' ? -seconds : seconds;
}

/** A time of the calendar with its offset from UTC behind it, after a space or, as in RFC 3339, without one. */
function parseWithOffset(text: string, nowSec: number): bigint | undefined {
  const [, rest = '', suffix = ''] =
    /^(.*) (Z|[+-]\d\d(?::?\d\d)?)$/s.exec(text) ?? /^(.*[^ ])(Z|[+-]\d\d:\d\d)$/s.exec(text) ?? [];
  const offset = parseOffset(suffix);
  if (offset === undefined) return undefined;
  const time = parseCalendarTime(rest, nowSec + offset, utc, 0);
  const result = time === undefined ? undefined : time - BigInt(offset) * secondUsec;
  return result === undefined || result < 0n || result > lastMomentUsec ? undefined : result;
}

/** `now` moved by a span; undefined beyond what can be printed. */
function moved(nowUsec: bigint, span: string, sign: 1n | -1n): bigint | NumberError {
  const usec = parseTimeSpanUsec(span);
  if (typeof usec !== 'bigint') return usec;
  const result = nowUsec + sign * usec;
  return result < 0n || result > lastMomentUsec ? 'EINVAL' : result;
}

const noZones: ZoneLoader = () => undefined;

/**
 * A moment in microseconds since the epoch: `2026-11-24 14:30`, `2026-11-24T14:30:00+02:00`, `yesterday`, `-5min`, `2h ago`,
 * `@1700000000`, with an optional day of the week and zone. Errors are named as errno names them.
 */
export function parseTimestampUsec(
  text: string,
  nowUsec: bigint,
  zone: TimeZone,
  zones: ZoneLoader = noZones,
): bigint | NumberError {
  const nowSec = Number(nowUsec / secondUsec);
  const lastSpace = text.lastIndexOf(' ');
  const zoneName = lastSpace < 0 ? '' : text.slice(lastSpace + 1);
  const named = zoneName === '' || zoneName.toUpperCase() === 'UTC' ? undefined : zones(zoneName);
  if (named !== undefined && !named.abbreviations.includes(zoneName)) {
    return parseCalendarTime(text.slice(0, lastSpace), nowSec, named, -1) ?? 'EINVAL';
  }
  const local = named ?? zone;
  if (text.startsWith('@')) return parseTimeSpanUsec(text.slice(1));
  if (text === 'now') return nowUsec;
  if (text.startsWith('+')) return moved(nowUsec, text.slice(1), 1n);
  if (text.startsWith('-')) return moved(nowUsec, text.slice(1), -1n);
  if (text.endsWith(' ago')) return moved(nowUsec, text.slice(0, -4), -1n);
  if (text.endsWith(' left')) return moved(nowUsec, text.slice(0, -5), 1n);
  const withOffset = parseWithOffset(text, nowSec);
  if (withOffset !== undefined) return withOffset;
  const suffix = takeZoneSuffix(text, local);
  if (suffix !== undefined) {
    const inZone = suffix.zone === 'UTC' ? utc : local;
    return parseCalendarTime(suffix.rest, nowSec, inZone, suffix.dst) ?? 'EINVAL';
  }
  return parseCalendarTime(text, nowSec, local, -1) ?? 'EINVAL';
}

/** `parseTimestampUsec` in milliseconds; undefined where the text is no moment. */
export function parseTimestamp(
  text: string,
  nowMs: number,
  zone: TimeZone,
  zones: ZoneLoader = noZones,
): number | undefined {
  const usec = parseTimestampUsec(text, BigInt(Math.round(nowMs * 1000)), zone, zones);
  return typeof usec === 'bigint' ? fromUsec(usec) : undefined;
}
