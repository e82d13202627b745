/**
 * Time as systemd.time(7) writes it. Here are time spans ("PARSING TIME SPANS"). Milliseconds are numbers (fractions are
 * microseconds, Infinity is `infinity`); the functions with Usec in their names are exact over all of systemd's 64 bits.
 *
 *   time-span.ts         `1min 30s`
 *   timestamp.ts         moments: `2026-11-24 14:30`, `yesterday`, `2h ago`
 *   calendar.ts          calendar events, `Mon *-*-* 12:00`: read and written
 *   calendar-next.ts     when they elapse next
 *   syntax.ts            names of days and months, fractions, zones: what the last three have in common
 *   timezone.ts          zones: files of the zone database, $TZ
 *   broken-down-time.ts  localtime(3) and mktime(3) over them, with the C library's choices where clocks change
 *   civil-date.ts        dates as days since 1970
 *
 * Nobody here knows what time it is: who calls does.
 */

import { isBlank, isDigit, isSpace } from '../../text/characters.ts';
import type { NumberError } from '../../text/numbers.ts';

/** What systemd uses for `infinity`: all bits set. */
export const usecInfinity = (1n << 64n) - 1n;

const second = 1_000_000n;
const minute = 60n * second;
const hour = 60n * minute;
const day = 24n * hour;
const week = 7n * day;
const month = 2_629_800n * second;
const year = 31_557_600n * second;

/** In the order in which prefixes are tried. */
const units: readonly (readonly [string, bigint])[] = [
  ['seconds', second],
  ['second', second],
  ['sec', second],
  ['s', second],
  ['minutes', minute],
  ['minute', minute],
  ['min', minute],
  ['months', month],
  ['month', month],
  ['M', month],
  ['msec', 1000n],
  ['ms', 1000n],
  ['m', minute],
  ['hours', hour],
  ['hour', hour],
  ['hr', hour],
  ['h', hour],
  ['days', day],
  ['day', day],
  ['d', day],
  ['weeks', week],
  ['week', week],
  ['w', week],
  ['years', year],
  ['year', year],
  ['y', year],
  ['usec', 1n],
  ['us', 1n],
  ['μs', 1n],
  ['µs', 1n],
];

const nanosecondUnits: readonly (readonly [string, bigint])[] = [
  ...units.map(([name, usec]) => [name, usec * 1000n] as const),
  ['nsec', 1n],
  ['ns', 1n],
];

const int64Max = (1n << 63n) - 1n;

/** A sum of numbers with units. `nanoseconds` changes the table only. */
function parseSpan(
  text: string,
  defaultUnit: bigint,
  table: readonly (readonly [string, bigint])[],
): bigint | NumberError {
  const end = text.length;
  const skipBlanks = (from: number): number => {
    while (from < end && isBlank(text.charCodeAt(from))) from++;
    return from;
  };
  const skipDigits = (from: number): number => {
    while (from < end && isDigit(text.charCodeAt(from))) from++;
    return from;
  };

  let position = skipBlanks(0);
  if (text.startsWith('infinity', position)) {
    return skipBlanks(position + 'infinity'.length) === end ? usecInfinity : 'EINVAL';
  }
  let total = 0n;
  let something = false;
  for (;;) {
    position = skipBlanks(position);
    if (position >= end) return something ? total : 'EINVAL';
    if (text[position] === '-') return 'ERANGE';
    let start = position;
    while (isSpace(text.charCodeAt(start))) start++;
    const negative = text[start] === '-';
    if (negative || text[start] === '+') start++;
    let numberEnd = skipDigits(start);
    const hasDigits = numberEnd > start;
    let count = 0n;
    if (hasDigits) {
      let leading = start;
      while (leading < numberEnd - 1 && text.charCodeAt(leading) === 0x30) leading++;
      if (numberEnd - leading > 19) return 'ERANGE';
      count = BigInt(text.slice(leading, numberEnd));
      if (count > int64Max || (negative && count > 0n)) return 'ERANGE';
    } else {
      numberEnd = position;
    }
    const hasPoint = text[numberEnd] === '.';
    if (!hasPoint && !hasDigits) return 'EINVAL';
    position = hasPoint ? skipDigits(numberEnd + 1) : numberEnd;
    const unitStart = skipBlanks(position);
    let multiplier = defaultUnit;
    let unitEnd = unitStart;
    for (const [name, value] of table) {
      if (!text.startsWith(name, unitStart)) continue;
      multiplier = value;
      unitEnd = unitStart + name.length;
      break;
    }
    if (unitEnd === position && unitEnd < end) return 'EINVAL';
    const fractionEnd = position;
    position = unitEnd;
    if (count >= usecInfinity / multiplier) return 'ERANGE';
    const part = count * multiplier;
    if (part >= usecInfinity - total) return 'ERANGE';
    total += part;
    something = true;
    if (!hasPoint) continue;
    if (fractionEnd === numberEnd + 1) return 'EINVAL';
    let weight = multiplier / 10n;
    for (let index = numberEnd + 1; index < fractionEnd && weight > 0n; index++) {
      const added = BigInt(text.charCodeAt(index) - 0x30) * weight;
      if (added >= usecInfinity - total) return 'ERANGE';
      total += added;
      weight /= 10n;
    }
  }
}

/** Microseconds of a time span; numbers without unit count `defaultUnitUsec` each. */
export function parseTimeSpanUsec(text: string, defaultUnitUsec: bigint = second): bigint | NumberError {
  return parseSpan(text, defaultUnitUsec, units);
}

/** Milliseconds of a time span; numbers without unit count `defaultUnitMs` each (seconds unless told). */
export function parseTimeSpan(text: string, defaultUnitMs = 1000): number | undefined {
  const usec = parseSpan(text, BigInt(Math.round(defaultUnitMs * 1000)), units);
  return typeof usec === 'bigint' ? fromUsec(usec) : undefined;
}

/** As `parseTimeSpan`, with 0 meaning never: Infinity. */
export function parseTimeSpanFix0(text: string): number | undefined {
  const span = parseTimeSpan(text);
  return span === 0 ? Number.POSITIVE_INFINITY : span;
}

/** Nanoseconds of a time span, for TimerSlackNSec=; all bits set for `infinity`. */
export function parseNanoseconds(text: string): bigint | undefined {
  const nanoseconds = parseSpan(text, 1n, nanosecondUnits);
  return typeof nanoseconds === 'bigint' ? nanoseconds : undefined;
}

/** Milliseconds to microseconds, Infinity to `usecInfinity`. */
export function toUsec(ms: number): bigint {
  if (ms === Number.POSITIVE_INFINITY) return usecInfinity;
  if (Number.isInteger(ms)) return BigInt(ms) * 1000n;
  return BigInt(Math.round(ms * 1000));
}

/** Microseconds to milliseconds, `usecInfinity` to Infinity. */
export function fromUsec(usec: bigint): number {
  if (usec === usecInfinity) return Number.POSITIVE_INFINITY;
  return usec % 1000n === 0n ? Number(usec / 1000n) : Number(usec) / 1000;
}

/** Microseconds in decimal, as they go over a bus: 18446744073709551615 for Infinity. */
export function usecText(ms: number): string {
  return toUsec(ms).toString();
}

const printedUnits: readonly (readonly [string, bigint, number])[] = [
  ['y', year, 0],
  ['month', month, 0],
  ['w', week, 0],
  ['d', day, 0],
  ['h', hour, 0],
  ['min', minute, 0],
  ['s', second, 6],
  ['ms', 1000n, 3],
  ['us', 1n, 0],
];

/** `1min 30s`, `2.5ms`; what is below the accuracy is left out. */
export function formatTimeSpanUsec(usec: bigint, accuracyUsec = 0n): string {
  if (usec === usecInfinity) return 'infinity';
  if (usec <= 0n) return '0';
  const parts: string[] = [];
  let rest = usec;
  for (const [suffix, unit, decimals] of printedUnits) {
    if (rest <= 0n || (rest < accuracyUsec && parts.length > 0)) break;
    if (rest < unit) continue;
    const whole = rest / unit;
    let fraction = rest % unit;
    if (rest < minute && fraction > 0n) {
      let places = decimals;
      for (let cut = accuracyUsec; cut > 1n; cut /= 10n) {
        fraction /= 10n;
        places--;
      }
      if (places > 0) {
        parts.push(`${whole}.${fraction.toString().padStart(places, '0')}${suffix}`);
        break;
      }
    }
    parts.push(`${whole}${suffix}`);
    rest %= unit;
  }
  return parts.join(' ');
}

/** `formatTimeSpanUsec` for milliseconds. */
export function formatTimeSpan(ms: number, accuracyMs = 0): string {
  return formatTimeSpanUsec(toUsec(ms), toUsec(accuracyMs));
}

function plural(count: bigint, noun: string): string {
  return `${count} ${noun}${count === 1n ? '' : 's'}`;
}

/** `3min 2s ago`, `5h left`, `now`, as lists and status print moments. Both are milliseconds since the epoch. */
export function formatRelative(ms: number, nowMs: number): string {
  const distance = toUsec(Math.abs(nowMs - ms));
  const word = nowMs > ms ? 'ago' : 'left';
  if (distance >= year)
    return `${plural(distance / year, 'year')} ${plural((distance % year) / month, 'month')} ${word}`;
  if (distance >= month) {
    return `${plural(distance / month, 'month')} ${plural((distance % month) / day, 'day')} ${word}`;
  }
  if (distance >= week) return `${plural(distance / week, 'week')} ${plural((distance % week) / day, 'day')} ${word}`;
  if (distance >= 2n * day) return `${distance / day} days ${word}`;
  if (distance >= 25n * hour) return `1 day ${(distance - day) / hour}h ${word}`;
  if (distance >= 6n * hour) return `${distance / hour}h ${word}`;
  if (distance >= hour) return `${distance / hour}h ${(distance % hour) / minute}min ${word}`;
  if (distance >= 5n * minute) return `${distance / minute}min ${word}`;
  if (distance >= minute) return `${distance / minute}min ${(distance % minute) / second}s ${word}`;
  if (distance >= second) return `${distance / second}s ${word}`;
  if (distance >= 1000n) return `${distance / 1000n}ms ${word}`;
  return distance > 0n ? `${distance}us ${word}` : 'now';
}
