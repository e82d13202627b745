/** Time zones as the C library reads them: TZif files (tzfile(5)) and TZ strings (tzset(3)). */
import type { Files } from '../../sys/host.ts';
import { civilFromDays, daysFromCivil, weekdayOf } from './civil-date.ts';

/** What a zone says about one moment. */
export interface ZoneMoment {
  /** Seconds east of Greenwich. */
  offsetSec: number;
  isDst: boolean;
  abbreviation: string;
}

export interface TimeZone {
  /** As it was asked for: 'Europe/Berlin', 'UTC'. */
  readonly name: string;
  /** Abbreviations of standard and summer time, tzname of tzset(3); they may be equal. */
  readonly abbreviations: readonly [standard: string, summer: string];
  /** What applies at a moment, in seconds since the epoch. */
  at(epochSec: number): ZoneMoment;
}

/** Gives the zone of a name of the zone database; undefined where there is none. */
export type ZoneLoader = (name: string) => TimeZone | undefined;

const zoneDirectory = '/usr/share/zoneinfo';
/** Largest zone file that is read. */
const fileLimit = 1024 * 1024;

function fixedZone(name: string, abbreviation: string, summer: string = abbreviation): TimeZone {
  const moment: ZoneMoment = { offsetSec: 0, isDst: false, abbreviation };
  return { name, abbreviations: [abbreviation, summer], at: () => moment };
}

export const utc: TimeZone = fixedZone('UTC', 'UTC');

/** When summer time begins or ends in a year: `Mm.w.d`, `Jn` or `n`, and a time of that day. */
interface RuleDate {
  kind: 'month' | 'julian' | 'day';
  month: number;
  week: number;
  day: number;
  timeSec: number;
}

class PosixZone implements TimeZone {
  readonly name: string;
  readonly abbreviations: readonly [string, string];
  readonly #standard: ZoneMoment;
  readonly #summer: ZoneMoment | undefined;
  readonly #start: RuleDate | undefined;
  readonly #end: RuleDate | undefined;

  constructor(name: string, standard: ZoneMoment, summer?: { moment: ZoneMoment; start: RuleDate; end: RuleDate }) {
    this.name = name;
    this.#standard = standard;
    this.#summer = summer?.moment;
    this.#start = summer?.start;
    this.#end = summer?.end;
    this.abbreviations = [standard.abbreviation, (summer?.moment ?? standard).abbreviation];
  }

  at(epochSec: number): ZoneMoment {
    if (this.#summer === undefined) return this.#standard;
    const { year } = civilFromDays(Math.floor(epochSec / 86400));
    const start = changeTime(this.#start!, year, this.#standard.offsetSec);
    const end = changeTime(this.#end!, year, this.#summer.offsetSec);
    const inSummer = start > end ? epochSec < end || epochSec >= start : epochSec >= start && epochSec < end;
    return inSummer ? this.#summer : this.#standard;
  }
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Seconds since the epoch at which a rule's change happens; `offsetSec` is what applied before it. */
function changeTime(rule: RuleDate, year: number, offsetSec: number): number {
  let days: number;
  if (rule.kind === 'month') {
    const first = daysFromCivil(year, rule.month, 1);
    let offset = (rule.day - weekdayOf(first) + 7) % 7;
    const length = daysFromCivil(rule.month === 12 ? year + 1 : year, (rule.month % 12) + 1, 1) - first;
    for (let week = 1; week < rule.week && offset + 7 < length; week++) offset += 7;
    days = first + offset;
  } else {
    days = daysFromCivil(year, 1, 1) + rule.day;
    if (rule.kind === 'julian') days += rule.day >= 60 && isLeap(year) ? 0 : -1;
  }
  return days * 86400 + rule.timeSec - offsetSec;
}

const posixName = /^(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)/;
const posixTime = /^([+-]?)(\d{1,3})(?::(\d{1,2})(?::(\d{1,2}))?)?/;
const posixRule = /^,(?:M(\d{1,2})\.(\d)\.(\d)|(J?)(\d{1,3}))(?:\/([+-]?)(\d{1,3})(?::(\d{1,2})(?::(\d{1,2}))?)?)?/;

function signedSeconds(sign: string | undefined, hours: string, minutes?: string, seconds?: string): number {
  const value = Number(hours) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return sign === '-' ? -value : value;
}

/** A zone by its rules: `CET-1CEST,M3.5.0,M10.5.0/3`. Undefined where the text is no TZ string. */
export function parsePosixZone(text: string): TimeZone | undefined {
  let rest = text.slice(0, 256);
  const takeName = (): string | undefined => {
    const match = posixName.exec(rest);
    if (match === null) return undefined;
    rest = rest.slice(match[0].length);
    return match[0].startsWith('<') ? match[0].slice(1, -1) : match[0];
  };
  const takeOffset = (): number | undefined => {
    const match = posixTime.exec(rest);
    if (match === null) return undefined;
    rest = rest.slice(match[0].length);
    return -signedSeconds(match[1], match[2]!, match[3], match[4]);
  };
  const takeRule = (fallback: string): RuleDate | undefined => {
    if (rest === '') rest = fallback;
    const match = posixRule.exec(rest);
    if (match === null) return undefined;
    rest = rest.slice(match[0].length);
    const timeSec = match[7] === undefined ? 7200 : signedSeconds(match[6], match[7], match[8], match[9]);
    if (match[1] !== undefined) {
      const [month, week, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
      if (month < 1 || month > 12 || week < 1 || week > 5 || day > 6) return undefined;
      return { kind: 'month', month, week, day, timeSec };
    }
    const day = Number(match[5]);
    if (day > 365 || (match[4] === 'J' && day < 1)) return undefined;
    return { kind: match[4] === 'J' ? 'julian' : 'day', month: 0, week: 0, day, timeSec };
  };

  const standardName = takeName();
  const standardOffset = standardName === undefined ? undefined : takeOffset();
  if (standardName === undefined || standardOffset === undefined) return undefined;
  const standard: ZoneMoment = { offsetSec: standardOffset, isDst: false, abbreviation: standardName };
  const summerName = takeName();
  if (summerName === undefined) return rest === '' ? new PosixZone(text, standard) : undefined;
  const summerOffset = (rest === '' || rest.startsWith(',') ? undefined : takeOffset()) ?? standardOffset + 3600;
  const start = takeRule(',M3.2.0,M11.1.0');
  const end = start === undefined ? undefined : takeRule(',M11.1.0');
  if (start === undefined || end === undefined) return undefined;
  const moment: ZoneMoment = { offsetSec: summerOffset, isDst: true, abbreviation: summerName };
  return new PosixZone(text, standard, { moment, start, end });
}

class FileZone implements TimeZone {
  readonly name: string;
  readonly abbreviations: readonly [string, string];
  readonly #times: readonly number[];
  readonly #moments: readonly ZoneMoment[];
  readonly #first: ZoneMoment;
  readonly #rules: TimeZone | undefined;

  constructor(name: string, times: number[], moments: ZoneMoment[], types: ZoneMoment[], rules: TimeZone | undefined) {
    this.name = name;
    this.#times = times;
    this.#moments = moments;
    this.#first = types.find((type) => !type.isDst) ?? types[0]!;
    this.#rules = rules;
    if (rules !== undefined) {
      this.abbreviations = rules.abbreviations;
      return;
    }
    let standard: string | undefined;
    let summer: string | undefined;
    for (const { isDst, abbreviation } of [...types, ...moments]) {
      if (isDst) summer = abbreviation;
      else standard = abbreviation;
    }
    this.abbreviations = [standard ?? summer!, summer ?? standard!];
  }

  at(epochSec: number): ZoneMoment {
    const times = this.#times;
    if (times.length === 0 || epochSec < times[0]!) return this.#first;
    if (epochSec >= times[times.length - 1]!) return this.#rules?.at(epochSec) ?? this.#moments[times.length - 1]!;
    let low = 0;
    let high = times.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (times[middle]! <= epochSec) low = middle;
      else high = middle;
    }
    return this.#moments[low]!;
  }
}

const headerSize = 44;

interface ZoneCounts {
  universal: number;
  standard: number;
  leaps: number;
  times: number;
  types: number;
  chars: number;
}

function readCounts(buffer: Buffer, at: number): ZoneCounts {
  return {
    universal: buffer.readUInt32BE(at + 20),
    standard: buffer.readUInt32BE(at + 24),
    leaps: buffer.readUInt32BE(at + 28),
    times: buffer.readUInt32BE(at + 32),
    types: buffer.readUInt32BE(at + 36),
    chars: buffer.readUInt32BE(at + 40),
  };
}

/** A zone from the content of a TZif file; undefined where it is none. */
export function parseZoneFile(data: Uint8Array, name: string): TimeZone | undefined {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  try {
    if (buffer.toString('latin1', 0, 4) !== 'TZif') return undefined;
    const version = buffer[4]!;
    const sizeOf = (counts: ZoneCounts, timeSize: number): number =>
      headerSize +
      counts.times * (timeSize + 1) +
      counts.types * 6 +
      counts.chars +
      counts.leaps * (timeSize + 4) +
      counts.standard +
      counts.universal;
    // from version 2 on, a second block with 64-bit times follows the first
    const timeSize = version === 0 ? 4 : 8;
    const base = version === 0 ? 0 : sizeOf(readCounts(buffer, 0), 4);
    const counts = readCounts(buffer, base);
    const { times: timeCount, types: typeCount } = counts;
    if (typeCount === 0 || timeCount > buffer.length || typeCount > buffer.length) return undefined;
    const timesAt = base + headerSize;
    const indexesAt = timesAt + timeCount * timeSize;
    const typesAt = indexesAt + timeCount;
    const charsAt = typesAt + typeCount * 6;
    const footerAt = base + sizeOf(counts, timeSize);
    const types: ZoneMoment[] = [];
    for (let index = 0; index < typeCount; index++) {
      const at = typesAt + index * 6;
      const nameAt = charsAt + buffer[at + 5]!;
      types.push({
        offsetSec: buffer.readInt32BE(at),
        isDst: buffer[at + 4] !== 0,
        abbreviation: buffer.toString('latin1', nameAt, buffer.indexOf(0, nameAt)),
      });
    }
    const times: number[] = [];
    const moments: ZoneMoment[] = [];
    for (let index = 0; index < timeCount; index++) {
      const at = timesAt + index * timeSize;
      times.push(timeSize === 8 ? Number(buffer.readBigInt64BE(at)) : buffer.readInt32BE(at));
      const type = types[buffer[indexesAt + index]!];
      if (type === undefined) return undefined;
      moments.push(type);
    }
    const footer = version === 0 ? '' : buffer.toString('latin1', footerAt + 1, buffer.indexOf(0x0a, footerAt + 1));
    return new FileZone(name, times, moments, types, parsePosixZone(footer));
  } catch {
    // a truncated file: the readers above throw RangeError
    return undefined;
  }
}

/** Whether a text can be a name of the zone database. */
function zoneNameIsValid(name: string): boolean {
  return name.length <= 255 && /^[A-Za-z0-9_+-]+(?:\/[A-Za-z0-9_+-]+)*$/.test(name);
}

function readZoneFile(files: Files, path: string, name: string): TimeZone | undefined {
  const stat = files.tryStat(path);
  if (stat?.type !== 'file' || stat.size > fileLimit) return undefined;
  try {
    return parseZoneFile(files.readFile(path), name);
  } catch {
    return undefined;
  }
}

/** The zone of a name of the zone database. `UTC` is always there. */
function loadTimeZone(files: Files, name: string): TimeZone | undefined {
  if (name === 'UTC') return utc;
  return zoneNameIsValid(name) ? readZoneFile(files, `${zoneDirectory}/${name}`, name) : undefined;
}

/** A loader that remembers what it has read. */
export function zoneLoader(files: Files): ZoneLoader {
  const known = new Map<string, TimeZone | undefined>();
  return (name) => {
    if (!known.has(name)) known.set(name, loadTimeZone(files, name));
    return known.get(name);
  };
}

/**
 * The zone that local times are in: `tz` is the value of $TZ (a name, a path or a TZ string; '' is UTC), undefined
 * where it is not set, which means /etc/localtime.
 */
export function localTimeZone(files: Files, tz: string | undefined): TimeZone {
  if (tz === undefined) return readZoneFile(files, '/etc/localtime', 'localtime') ?? utc;
  const spec = tz.startsWith(':') ? tz.slice(1) : tz;
  if (spec === '') return utc;
  if (spec.length <= 4096) {
    const path = spec.startsWith('/') ? spec : `${zoneDirectory}/${spec}`;
    const zone = readZoneFile(files, path, spec);
    if (zone !== undefined) return zone;
  }
  const rules = parsePosixZone(spec);
  if (rules !== undefined) return rules;
  const name = /^[A-Za-z]{3,}/.exec(spec)?.[0];
  return name === undefined ? utc : fixedZone(spec, name, '');
}
