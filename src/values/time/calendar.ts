/** Calendar events: systemd.time(7) "CALENDAR EVENTS". When they elapse is in calendar-next.ts. */
import { civilFromDays } from './civil-date.ts';
import { fractionUsec, takeZoneSuffix, weekdayAbbreviations, weekdayAt } from './syntax.ts';
import { type TimeZone, utc, type ZoneLoader } from './timezone.ts';

/** One item of a list: a value, a range, with a step. */
export interface CalendarComponent {
  start: number;
  /** Last value of a range; -1 where there is none. */
  stop: number;
  /** 0 where there is none. */
  repeat: number;
}

/** Undefined lists match everything. Seconds are counted in microseconds. */
export interface CalendarSpec {
  /** Bit 0 is Monday; -1 for every day. */
  weekdays: number;
  /** Days count from the end of the month. */
  endOfMonth: boolean;
  utc: boolean;
  /** 0 or 1 where the local zone's standard or summer abbreviation was given, else -1. */
  dst: -1 | 0 | 1;
  /** A name of the zone database. */
  timezone: string | undefined;
  year: CalendarComponent[] | undefined;
  month: CalendarComponent[] | undefined;
  day: CalendarComponent[] | undefined;
  hour: CalendarComponent[] | undefined;
  minute: CalendarComponent[] | undefined;
  microsecond: CalendarComponent[] | undefined;
}

/** What zone names in events mean. */
export interface CalendarZones {
  /** The zone of local times. */
  local: TimeZone;
  load: ZoneLoader;
}

/** Without zone files: UTC is local, and other names count where the runtime knows them. */
const builtinZones: CalendarZones = {
  local: utc,
  load: (name) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone === undefined
        ? undefined
        : { ...utc, name };
    } catch {
      return undefined;
    }
  },
};

const secondUsec = 1_000_000;
const intMax = 2 ** 31 - 1;
const everyDay = 127;
const minYear = 1970;
export const maxYear = 2199;
const componentLimit = 240;

function constant(value: number): CalendarComponent[] {
  return [{ start: value, stop: -1, repeat: 0 }];
}

/** Reads a specification from left to right; `position` moves on, undefined results mean a syntax error. */
class Scanner {
  readonly text: string;
  position = 0;

  constructor(text: string) {
    this.text = text;
  }

  peek(offset = 0): string {
    return this.text[this.position + offset] ?? '';
  }

  skipSpaces(): void {
    while (this.peek() === ' ') this.position++;
  }

  /** Decimal digits as a number; NaN where they exceed what fits 64 bits, undefined where there are none. */
  digits(): number | undefined {
    const start = this.position;
    while (this.peek() >= '0' && this.peek() <= '9') this.position++;
    if (this.position === start) return undefined;
    const value = Number(this.text.slice(start, this.position));
    return value < 2 ** 63 ? value : Number.NaN;
  }

  /** Days of the week; undefined on error. 0 where the text begins with none. */
  weekdays(): number | undefined {
    let bits = 0;
    let rangeStart = -1;
    for (let first = true; ; first = false) {
      const found = weekdayAt(this.text, this.position);
      if (found === undefined) return first ? 0 : undefined;
      const day = (found.index + 6) % 7;
      this.position += found.length;
      if (!['', '-', '.', ',', ' '].includes(this.peek())) return undefined;
      bits |= 1 << day;
      if (rangeStart > day) return undefined;
      if (rangeStart >= 0) for (let between = rangeStart + 1; between < day; between++) bits |= 1 << between;
      const next = this.peek();
      if (next === '') return bits;
      if (next === ' ') {
        this.skipSpaces();
        return bits;
      }
      if (next === ',') {
        rangeStart = -1;
        this.position++;
      } else {
        if (rangeStart >= 0) return undefined;
        if (next === '.' && this.peek(1) !== '.') return undefined;
        rangeStart = day;
        this.position += next === '.' ? 2 : 1;
      }
      if (this.peek() === '' || this.peek() === ' ') {
        this.skipSpaces();
        return rangeStart < 0 ? bits : undefined;
      }
    }
  }

  #number(usec: boolean): number | undefined {
    let value = this.digits();
    if (value === undefined || Number.isNaN(value)) return undefined;
    if (usec) {
      value *= secondUsec;
      if (this.peek() === '.' && this.peek(1) !== '.') {
        this.position++;
        const start = this.position;
        if (this.digits() === undefined) return undefined;
        value += fractionUsec(this.text.slice(start, this.position));
      }
    }
    return value > intMax ? undefined : value;
  }

  /** `*` gives 'all', else the list's items. */
  chain(usec: boolean): CalendarComponent[] | 'all' | undefined {
    if (this.peek() === '*') {
      this.position++;
      return usec ? [{ start: 0, stop: -1, repeat: secondUsec }] : 'all';
    }
    const items: CalendarComponent[] = [];
    for (;;) {
      if (items.length > componentLimit) return undefined;
      const start = this.#number(usec);
      if (start === undefined) return undefined;
      let stop = -1;
      let repeat = 0;
      if (this.peek() === '.' && this.peek(1) === '.') {
        this.position += 2;
        const end = this.#number(usec);
        if (end === undefined) return undefined;
        stop = end;
        repeat = usec ? secondUsec : 1;
      }
      if (this.peek() === '/') {
        this.position++;
        const step = this.#number(usec);
        if (step === undefined || step === 0) return undefined;
        repeat = step;
      } else if (start > intMax - repeat || (usec && stop >= 0 && start + repeat > stop)) {
        return undefined;
      }
      if (!['', ' ', ',', '-', '~', ':'].includes(this.peek())) return undefined;
      items.push({ start, stop, repeat });
      if (this.peek() !== ',') return items;
      this.position++;
    }
  }
}

type ChainName = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'microsecond';

function assign(spec: CalendarSpec, name: ChainName, chain: CalendarComponent[] | 'all'): void {
  spec[name] = chain === 'all' ? undefined : chain;
}

/** The date, where there is one. True where nothing may follow (`@…`); undefined on error. */
function parseDate(scanner: Scanner, spec: CalendarSpec): boolean | undefined {
  const start = scanner.position;
  if (scanner.peek() === '') return false;
  if (scanner.peek() === '@') {
    scanner.position++;
    const seconds = scanner.digits();
    if (seconds === undefined || Number.isNaN(seconds)) return undefined;
    const days = Math.floor(seconds / 86400);
    if (!Number.isSafeInteger(seconds)) return undefined;
    const { year, month, day } = civilFromDays(days);
    if (year > intMax) return undefined;
    spec.utc = true;
    spec.year = constant(year);
    spec.month = constant(month);
    spec.day = constant(day);
    spec.hour = constant(Math.floor(seconds / 3600) % 24);
    spec.minute = constant(Math.floor(seconds / 60) % 60);
    spec.microsecond = constant((seconds % 60) * secondUsec);
    return true;
  }
  const first = scanner.chain(false);
  if (first === undefined) return undefined;
  if (scanner.peek() === '' || scanner.peek() === ':') {
    scanner.position = start;
    return false;
  }
  const takeSeparator = (): boolean => {
    const separator = scanner.peek();
    if (separator === '~') spec.endOfMonth = true;
    scanner.position++;
    return separator === '~' || separator === '-';
  };
  if (!takeSeparator()) return undefined;
  const second = scanner.chain(false);
  if (second === undefined) return undefined;
  if (scanner.peek() === '' || scanner.peek() === ' ') {
    scanner.skipSpaces();
    assign(spec, 'month', first);
    assign(spec, 'day', second);
    return false;
  }
  if (spec.endOfMonth || !takeSeparator()) return undefined;
  const third = scanner.chain(false);
  if (third === undefined || (scanner.peek() !== '' && scanner.peek() !== ' ')) return undefined;
  scanner.skipSpaces();
  assign(spec, 'year', first);
  assign(spec, 'month', second);
  assign(spec, 'day', third);
  return false;
}

function parseTimeOfDay(scanner: Scanner, spec: CalendarSpec): boolean {
  if (scanner.peek() === '') {
    spec.hour = constant(0);
    spec.minute = constant(0);
    spec.microsecond = constant(0);
    return true;
  }
  const hour = scanner.chain(false);
  if (hour === undefined || scanner.peek() !== ':') return false;
  scanner.position++;
  const minute = scanner.chain(false);
  if (minute === undefined) return false;
  assign(spec, 'hour', hour);
  assign(spec, 'minute', minute);
  spec.microsecond = constant(0);
  if (scanner.peek() === '') return true;
  if (scanner.peek() !== ':') return false;
  scanner.position++;
  const second = scanner.chain(true);
  if (second === undefined || scanner.peek() !== '') return false;
  assign(spec, 'microsecond', second);
  return true;
}

interface Shorthand {
  weekdays?: number;
  month?: number[];
  day?: number;
  hour?: number;
  minute?: number;
}

const annually: Shorthand = { month: [1], day: 1, hour: 0, minute: 0 };
const halfYearly: Shorthand = { month: [1, 7], day: 1, hour: 0, minute: 0 };

const shorthands: Readonly<Record<string, Shorthand>> = {
  minutely: {},
  hourly: { minute: 0 },
  daily: { hour: 0, minute: 0 },
  weekly: { weekdays: 1, hour: 0, minute: 0 },
  monthly: { day: 1, hour: 0, minute: 0 },
  quarterly: { month: [1, 4, 7, 10], day: 1, hour: 0, minute: 0 },
  annually,
  yearly: annually,
  anually: annually,
  biannually: halfYearly,
  'bi-annually': halfYearly,
  semiannually: halfYearly,
  'semi-annually': halfYearly,
};

function applyShorthand(spec: CalendarSpec, shorthand: Shorthand): void {
  spec.weekdays = shorthand.weekdays ?? 0;
  if (shorthand.month !== undefined) spec.month = shorthand.month.flatMap(constant);
  if (shorthand.day !== undefined) spec.day = constant(shorthand.day);
  if (shorthand.hour !== undefined) spec.hour = constant(shorthand.hour);
  if (shorthand.minute !== undefined) spec.minute = constant(shorthand.minute);
  spec.microsecond = constant(0);
}

function compareComponents(a: CalendarComponent, b: CalendarComponent): number {
  return a.start - b.start || a.stop - b.stop || a.repeat - b.repeat;
}

function normalizeChain(chain: CalendarComponent[] | undefined): CalendarComponent[] | undefined {
  if (chain === undefined) return undefined;
  for (const item of chain) {
    if (item.stop > item.start && item.repeat > 0) item.stop -= (item.stop - item.start) % item.repeat;
    if (
      (item.stop > item.start && item.repeat > 0 && item.start + item.repeat > item.stop) ||
      item.start === item.stop
    ) {
      item.repeat = 0;
      item.stop = -1;
    }
  }
  chain.sort(compareComponents);
  return chain.filter((item, index) => index === 0 || compareComponents(chain[index - 1]!, item) !== 0);
}

/** 12 is 2012, 89 is 1989. */
function fullYear(year: number): number {
  return year < 0 || year >= 100 ? year : year + (year < 70 ? 2000 : 1900);
}

function normalize(spec: CalendarSpec): void {
  if (spec.timezone === 'UTC') {
    spec.utc = true;
    spec.timezone = undefined;
  }
  if (spec.weekdays <= 0 || spec.weekdays >= everyDay) spec.weekdays = -1;
  if (spec.day === undefined) spec.endOfMonth = false;
  for (const item of spec.year ?? []) {
    item.start = fullYear(item.start);
    item.stop = fullYear(item.stop);
  }
  for (const name of ['year', 'month', 'day', 'hour', 'minute', 'microsecond'] as const) {
    spec[name] = normalizeChain(spec[name]);
  }
}

function chainIsValid(chain: CalendarComponent[] | undefined, from: number, to: number, endOfMonth = false): boolean {
  let last = to;
  return (chain ?? []).every(({ start, stop, repeat }) => {
    // dates more than 28 days from the end of a month do not occur in every month; systemd cuts three more for each
    // further item of the list
    if (endOfMonth) last -= 3;
    if (start < from || start > last || repeat > last - from) return false;
    if (stop >= 0) return stop >= from && stop <= last && start + repeat <= stop;
    return endOfMonth ? start - repeat >= from : start + repeat <= last;
  });
}

function specIsValid(spec: CalendarSpec): boolean {
  return (
    chainIsValid(spec.year, minYear, maxYear) &&
    chainIsValid(spec.month, 1, 12) &&
    chainIsValid(spec.day, 1, 31, spec.endOfMonth) &&
    chainIsValid(spec.hour, 0, 23) &&
    chainIsValid(spec.minute, 0, 59) &&
    chainIsValid(spec.microsecond, 0, 60 * secondUsec - 1)
  );
}

/** Takes a zone's name from the end of the text; what remains comes back. */
function takeZone(text: string, spec: CalendarSpec, zones: CalendarZones): string {
  const suffix = takeZoneSuffix(text, zones.local);
  if (suffix !== undefined) {
    spec.utc = suffix.zone === 'UTC';
    spec.dst = suffix.dst;
    return suffix.rest;
  }
  const space = text.lastIndexOf(' ');
  if (space < 0 || zones.load(text.slice(space + 1)) === undefined) return text;
  spec.timezone = text.slice(space + 1);
  return text.slice(0, space);
}

/** Text of an event that is longer is no event. */
const textLimit = 64 * 1024;

/** Reads a calendar event; undefined where it is none or can never be. */
export function parseCalendar(text: string, zones: CalendarZones = builtinZones): CalendarSpec | undefined {
  if (text.length > textLimit) return undefined;
  const spec: CalendarSpec = {
    weekdays: 0,
    endOfMonth: false,
    utc: false,
    dst: -1,
    timezone: undefined,
    year: undefined,
    month: undefined,
    day: undefined,
    hour: undefined,
    minute: undefined,
    microsecond: undefined,
  };
  const event = takeZone(text, spec, zones);
  if (event === '') return undefined;
  const word = event.toLowerCase();
  if (Object.hasOwn(shorthands, word)) {
    applyShorthand(spec, shorthands[word]!);
  } else {
    const scanner = new Scanner(event);
    const weekdays = scanner.weekdays();
    if (weekdays === undefined) return undefined;
    spec.weekdays = weekdays;
    const complete = parseDate(scanner, spec);
    if (complete === undefined) return undefined;
    if (!complete && !parseTimeOfDay(scanner, spec)) return undefined;
    if (scanner.peek() !== '') return undefined;
  }
  normalize(spec);
  return specIsValid(spec) ? spec : undefined;
}

function formatWeekdays(bits: number): string {
  const name = (day: number): string => weekdayAbbreviations[(day + 1) % 7]!;
  const parts: string[] = [];
  for (let day = 0; day < 7; ) {
    if ((bits & (1 << day)) === 0) {
      day++;
      continue;
    }
    let last = day;
    while (last < 6 && (bits & (1 << (last + 1))) !== 0) last++;
    if (last === day) parts.push(name(day));
    else parts.push(`${name(day)}${last > day + 1 ? '..' : ','}${name(last)}`);
    day = last + 1;
  }
  return parts.join(',');
}

function formatNumber(value: number, width: number, usec: boolean): string {
  if (!usec) return String(value).padStart(width, '0');
  const whole = String(Math.trunc(value / secondUsec)).padStart(width, '0');
  const fraction = value % secondUsec;
  return fraction > 0 ? `${whole}.${String(fraction).padStart(6, '0')}` : whole;
}

function formatChain(chain: CalendarComponent[] | undefined, width: number, usec = false): string {
  const coversAll = (item: CalendarComponent): boolean =>
    usec && item.start === 0 && item.stop < 0 && item.repeat === secondUsec;
  if (chain === undefined || chain.some(coversAll)) return '*';
  const step = usec ? secondUsec : 1;
  return chain
    .map(({ start, stop, repeat }) => {
      let text = formatNumber(start, width, usec);
      if (stop > 0) text += `..${formatNumber(stop, width, usec)}`;
      if (repeat > 0 && !(stop > 0 && repeat === step)) text += `/${formatNumber(repeat, 0, usec)}`;
      return text;
    })
    .join(',');
}

/** The normal form, as `systemd-analyze calendar` and `show` print it. */
export function formatCalendar(spec: CalendarSpec, zones: CalendarZones = builtinZones): string {
  const weekdays = spec.weekdays > 0 && spec.weekdays <= everyDay ? `${formatWeekdays(spec.weekdays)} ` : '';
  const date = `${formatChain(spec.year, 4)}-${formatChain(spec.month, 2)}${spec.endOfMonth ? '~' : '-'}${formatChain(spec.day, 2)}`;
  const time = `${formatChain(spec.hour, 2)}:${formatChain(spec.minute, 2)}:${formatChain(spec.microsecond, 2, true)}`;
  let zone = '';
  if (spec.utc) zone = ' UTC';
  else if (spec.timezone !== undefined) zone = ` ${spec.timezone}`;
  else if (spec.dst >= 0) {
    const abbreviation = zones.local.abbreviations[spec.dst as 0 | 1];
    if (abbreviation !== '') zone = ` ${abbreviation}`;
  }
  return `${weekdays}${date} ${time}${zone}`;
}
