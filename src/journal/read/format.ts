/** Entries as text: the output modes of journalctl(1), shared with `systemctl status`. */
import { bytesToText, hasInvalidBytes } from '../../text/bytes.ts';
import { formatBytes } from '../../text/numbers.ts';
import { formatTimestamp } from '../../values/time/timestamp.ts';
import type { TimeZone } from '../../values/time/timezone.ts';
import { utc } from '../../values/time/timezone.ts';
import type { JournalEntry } from '../entry/entry.ts';
import { encodeField } from '../entry/export-format.ts';
import type { OutputMode } from './output-modes.ts';

export { type OutputMode, outputModes } from './output-modes.ts';

export interface FormatOptions {
  mode: OutputMode;
  zone: TimeZone;
  /** --utc */
  utc?: boolean;
  /** --all: unprintable and long fields in full. */
  all?: boolean;
  /** Lines may be longer than `columns`. */
  full?: boolean;
  /** --truncate-newline: the first line of each message. */
  truncateNewline?: boolean;
  /** How short-iso writes the time zone. */
  isoOffset?: (offset: string) => string;
  /** --no-hostname */
  noHostname?: boolean;
  color?: boolean;
  /** Cells of the terminal, for what is not `full`. */
  columns?: number;
  /** --output-fields= */
  outputFields?: ReadonlySet<string>;
  /** Explanations after each entry (-x); undefined for none. */
  explain?: (entry: JournalEntry) => string | undefined;
  /** export and json have the number of each entry, and of what it is counted in. */
  sequenceNumbers?: boolean;
  /** Whether the terminal's locale is UTF-8. */
  utf8?: boolean;
}

/** Start and end of the part of MESSAGE that a pattern matched, in characters. */
export type Highlight = readonly [start: number, end: number];

const lineThreshold = 3;
const charThreshold = 300;
const jsonThreshold = 4096;

const ansi = {
  normal: '\x1b[0m',
  highlight: '\x1b[0;1;39m',
  red: '\x1b[0;1;31m',
  yellow: '\x1b[0;1;38;5;185m',
  grey: '\x1b[0;38;5;245m',
  green: '\x1b[0;32m',
  blue: '\x1b[0;34m',
};

function levelColors(priority: number): { on: string; off: string; highlight: string } {
  if (priority <= 3) return { on: ansi.red, off: ansi.normal, highlight: ansi.highlight };
  if (priority === 4) return { on: ansi.yellow, off: ansi.normal, highlight: ansi.highlight };
  if (priority === 5) return { on: ansi.highlight, off: ansi.normal, highlight: ansi.red };
  if (priority >= 7) return { on: ansi.grey, off: ansi.normal, highlight: ansi.red };
  return { on: '', off: '', highlight: ansi.red };
}

const noColors = { on: '', off: '', highlight: '' };

/** Characters that systemd does not send to a terminal: control characters but for tab and newline. */
const unprintable = /[\0-\x08\x0b-\x1f\x7f-\x9f]/;

const printableAscii = /^[\t\n\x20-\x7e]*$/;

/** utf8_is_printable(): text of valid UTF-8 without control characters. */
function isPrintable(text: string): boolean {
  if (printableAscii.test(text)) return true;
  return !unprintable.test(text) && (isAscii(text) || !hasInvalidBytes(text));
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) return false;
  return true;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`);
const six = (value: number): string => value.toString().padStart(6, '0');

/** Broken-down time, with the offset as strftime's %z. */
function localTime(zone: TimeZone, seconds: number): { date: Date; offset: string } {
  const { offsetSec } = zone.at(seconds);
  const minutes = Math.floor(Math.abs(offsetSec) / 60);
  return {
    date: new Date((seconds + offsetSec) * 1000),
    offset: `${offsetSec < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`,
  };
}

/** Formats entries one after the other; remembers the one before for `short-delta`. */
export class EntryFormatter {
  readonly #options: FormatOptions;
  readonly #zone: TimeZone;
  /** Something was shortened since this was last set to false. */
  ellipsized = false;
  #second = Number.NaN;
  #secondText = '';
  #lastShared: JournalEntry['shared'] | undefined;
  #lastSender = '';
  #previous: { realtimeUsec: number; monotonicUsec: number; bootId: string } | undefined;

  constructor(options: FormatOptions) {
    this.#options = options;
    this.#zone = options.utc === true ? utc : options.zone;
  }

  /** Text that ends with a newline; '' for an entry that this mode does not show. */
  format(entry: JournalEntry, highlight?: Highlight): string {
    switch (this.#options.mode) {
      case 'verbose':
        return this.#verbose(entry) + this.#explanation(entry);
      case 'export':
        return this.#export(entry);
      case 'json':
      case 'json-pretty':
      case 'json-sse':
      case 'json-seq':
        return this.#json(entry);
      case 'cat':
        return this.#cat(entry, highlight);
      default:
        return this.#short(entry, highlight);
    }
  }

  // ---- short and its kin ----------------------------------------------------------------------------------------

  #short(entry: JournalEntry, highlight: Highlight | undefined): string {
    const { mode, all = false, color = false } = this.#options;
    let message = entry.text('MESSAGE');
    const times = entryTimes(entry);
    let prefix: string;
    if (mode === 'short-monotonic' || mode === 'short-delta') {
      prefix = this.#monotonic(times, entry.bootId, this.#previous);
      this.#previous = { ...times, bootId: entry.bootId };
    } else prefix = this.#realtime(times.realtimeUsec);
    if (message === undefined) return '';
    if (this.#options.truncateNewline === true) message = message.replace(/\n.*/s, '');
    let shown = highlight;
    if (!all && /[\t\x1b\r]/.test(message)) {
      message = stripTabsAndColors(message);
      shown = undefined;
    }
    prefix += this.#sender(entry);
    let body: string;
    if (!all && !isPrintable(message)) body = `[${formatBytes(entry.get('MESSAGE')!.length)} blob data]\n`;
    else {
      const priority = entryPriority(entry);
      let colors = color ? levelColors(priority) : noColors;
      if (color && colors.on === '' && entry.text('_TRANSPORT') === 'audit')
        colors = { ...colors, on: ansi.blue, off: ansi.normal };
      body = this.#multiline(prefix, message, colors, color ? shown : undefined);
    }
    return prefix + body + this.#explanation(entry);
  }

  /** ` host name[pid]: `; kept for as long as entries of the same origin follow each other. */
  #sender(entry: JournalEntry): string {
    if (entry.shared === this.#lastShared) return this.#lastSender;
    const { all = false, noHostname = false } = this.#options;
    const field = (name: string): string | undefined => {
      const text = entry.text(name);
      return text !== undefined && (all || (text.length < charThreshold && isPrintable(text))) ? text : undefined;
    };
    const hostname = noHostname ? undefined : field('_HOSTNAME');
    const trustedPid = field('_PID');
    const pid = trustedPid ?? field('SYSLOG_PID');
    const host = hostname === undefined ? '' : ` ${hostname}`;
    const sender = `${host} ${this.#origin(field)}${pid === undefined ? '' : `[${pid}]`}: `;
    // SYSLOG_PID is the entry's own.
    this.#lastShared = trustedPid === undefined ? undefined : entry.shared;
    this.#lastSender = sender;
    return sender;
  }

  #origin(field: (name: string) => string | undefined): string {
    if (this.#options.mode === 'with-unit') {
      const unit = field('_SYSTEMD_UNIT');
      const userUnit = field('_SYSTEMD_USER_UNIT');
      if (unit !== undefined) return userUnit === undefined ? unit : `${unit}/${userUnit}`;
      if (userUnit !== undefined) return userUnit;
    }
    return field('SYSLOG_IDENTIFIER') ?? field('_COMM') ?? 'unknown';
  }

  #realtime(usec: number): string {
    const { mode } = this.#options;
    const seconds = Math.floor(usec / 1e6);
    const micros = six(usec % 1e6);
    if (mode === 'short-unix') return `${seconds.toString().padStart(10)}.${micros}`;
    if (seconds !== this.#second) {
      this.#second = seconds;
      this.#secondText = this.#secondFormat(seconds);
    }
    if (mode === 'short-precise') return `${this.#secondText}.${micros}`;
    if (mode === 'short-iso-precise') return this.#secondText.replace(/(?=[+-]\d{2}:?\d{2}$)/, `.${micros}`);
    return this.#secondText;
  }

  /** The part of a time that stays the same for a second. */
  #secondFormat(seconds: number): string {
    const { mode, utc: inUtc = false } = this.#options;
    if (mode === 'short-full' || mode === 'with-unit')
      return formatTimestamp(seconds * 1000, this.#zone, inUtc ? 'utc' : 'pretty') ?? '';
    const { date, offset } = localTime(this.#zone, seconds);
    const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
    if (mode === 'short-iso' || mode === 'short-iso-precise')
      return `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}T${clock}${this.#options.isoOffset?.(offset) ?? offset}`;
    return `${months[date.getUTCMonth()]} ${two(date.getUTCDate())} ${clock}`;
  }

  #monotonic(
    times: { realtimeUsec: number; monotonicUsec: number },
    bootId: string,
    previous: { realtimeUsec: number; monotonicUsec: number; bootId: string } | undefined,
  ): string {
    const span = (usec: number): string =>
      `${Math.floor(usec / 1e6)
        .toString()
        .padStart(5)}.${six(usec % 1e6)}`;
    const now = span(times.monotonicUsec);
    if (this.#options.mode === 'short-monotonic') return `[${now}]`;
    if (previous === undefined) return `[${now}${' '.repeat(16)}]`;
    const reliable = previous.bootId === bootId;
    const delta = reliable ? times.monotonicUsec - previous.monotonicUsec : times.realtimeUsec - previous.realtimeUsec;
    return `[${now} <${span(Math.max(delta, 0))}${reliable ? ' ' : '*'}>]`;
  }

  /** The message, its further lines indented below the first. */
  #multiline(
    prefix: string,
    message: string,
    colors: { on: string; off: string; highlight: string },
    highlight: Highlight | undefined,
  ): string {
    const { all = false, full = false, columns = 80 } = this.#options;
    if (message === '') return '\n';
    const wide = all || full;
    const single = !message.includes('\n');
    if (wide && single) return `${this.#painted(message, colors, highlight)}\n`;
    const indent = Buffer.byteLength(prefix);
    let text = '';
    let consumed = 0;
    const lines = message.split('\n');
    if (lines.at(-1) === '') lines.pop();
    for (const [index, line] of lines.entries()) {
      const length = Buffer.byteLength(line);
      consumed += length + 1;
      const tail = index + 1 === lineThreshold || consumed >= charThreshold;
      const space = index > 0 ? ' '.repeat(indent) : '';
      if (wide || (indent + length + 1 < columns && !tail)) {
        text += `${space}${index === 0 ? this.#painted(line, colors, highlight) : colors.on + line + colors.off}\n`;
        continue;
      }
      this.ellipsized = true;
      if (indent < columns && columns - indent >= 3) {
        const room = columns - indent;
        const cut = room > length + 3 ? `${line}...` : this.#ellipsized(line, room, tail ? 100 : 90);
        text += `${space}${colors.on}${cut}${colors.off}\n`;
      } else text += '...\n';
      if (tail) break;
    }
    return text;
  }

  #painted(
    line: string,
    { on, off, highlight: bright }: { on: string; off: string; highlight: string },
    highlight: Highlight | undefined,
  ): string {
    if (highlight === undefined || highlight[0] >= line.length) return on + line + off;
    const end = Math.min(highlight[1], line.length);
    const rest = end < line.length ? on + line.slice(end) : '';
    return `${on}${line.slice(0, highlight[0])}${bright}${line.slice(highlight[0], end)}${rest}${off === '' ? ansi.normal : off}`;
  }

  #ellipsized(line: string, room: number, percent: number): string {
    const characters = [...line];
    if (characters.length <= room) return line;
    const dots = this.#options.utf8 === false && isAscii(line) ? '...' : '…';
    const space = room - dots.length;
    if (space <= 0) return dots.slice(0, room);
    const head = Math.floor((space * percent + 50) / 100);
    const tail = space - head;
    return characters.slice(0, head).join('') + dots + (tail > 0 ? characters.slice(-tail).join('') : '');
  }

  #explanation(entry: JournalEntry): string {
    const text = this.#options.explain?.(entry)?.trim();
    if (text === undefined) return '';
    const { color = false, utf8 = true } = this.#options;
    const mark = utf8 ? '░░' : '--';
    const lines = text.split('\n');
    if (!color) return lines.map((line) => `${mark} ${line}\n`).join('');
    return lines.map((line) => `${ansi.grey}${mark}${ansi.normal} ${ansi.green}${line}${ansi.normal}\n`).join('');
  }

  // ---- whole entries --------------------------------------------------------------------------------------------

  #wanted(name: string): boolean {
    const { outputFields } = this.#options;
    return outputFields === undefined || outputFields.has(name);
  }

  #verbose(entry: JournalEntry): string {
    const { all = false, full = false, color = false, utc: inUtc = false } = this.#options;
    const { realtimeUsec } = entryTimes(entry);
    const time = formatTimestamp(realtimeUsec / 1000, this.#zone, inUtc ? 'us+utc' : 'us') ?? '(no timestamp)';
    let text = `${time} [${entry.cursor}]\n`;
    for (const [name, bytes] of entry.fields()) {
      if (!this.#wanted(name)) continue;
      const value = bytesToText(bytes);
      const [on, off] = color && name === 'MESSAGE' ? [ansi.highlight, ansi.normal] : ['', ''];
      const size = name.length + 1 + bytes.length;
      if (all || ((size < charThreshold || full) && isPrintable(value))) {
        const indent = ' '.repeat(4 + name.length + 1);
        const lines = value.endsWith('\n') ? value.slice(0, -1) : value;
        text += `    ${on}${name}=${lines.replaceAll('\n', `\n${indent}`)}\n${off}`;
      } else text += `    ${on}${name}=[${formatBytes(bytes.length)} blob data]${off}\n`;
    }
    return text;
  }

  #export(entry: JournalEntry): string {
    let text = `__CURSOR=${entry.cursor}\n__REALTIME_TIMESTAMP=${entry.realtimeUsec}\n`;
    text += `__MONOTONIC_TIMESTAMP=${entry.monotonicUsec}\n`;
    if (this.#options.sequenceNumbers === true) text += `__SEQNUM=${entry.seqnum}\n__SEQNUM_ID=${entry.seqnumId}\n`;
    text += `_BOOT_ID=${entry.bootId}\n`;
    for (const [name, bytes] of entry.fields()) {
      if (name === '_BOOT_ID' || !this.#wanted(name)) continue;
      const value = bytesToText(bytes);
      if (isPrintable(value) && !value.includes('\n')) text += `${name}=${value}\n`;
      else if (value.includes('\n')) text += bytesToText(encodeField(name, bytes));
      else text += bytesToText(binaryField(name, bytes));
    }
    return `${text}\n`;
  }

  #json(entry: JournalEntry): string {
    const { mode, all = false } = this.#options;
    const object = new Map<string, string[]>();
    const put = (name: string, bytes: Buffer): void => {
      const value = this.#jsonValue(bytes, !all && name.length + 1 + bytes.length >= jsonThreshold);
      const values = object.get(name);
      if (values === undefined) object.set(name, [value]);
      else values.push(value);
    };
    const text = (name: string, value: string): void => put(name, Buffer.from(value, 'utf8'));
    text('__CURSOR', entry.cursor);
    text('__REALTIME_TIMESTAMP', `${entry.realtimeUsec}`);
    text('__MONOTONIC_TIMESTAMP', `${entry.monotonicUsec}`);
    if (this.#options.sequenceNumbers === true) {
      text('__SEQNUM', `${entry.seqnum}`);
      text('__SEQNUM_ID', entry.seqnumId);
    }
    text('_BOOT_ID', entry.bootId);
    for (const [name, bytes] of entry.fields()) {
      if (name !== '_BOOT_ID' && this.#wanted(name)) put(name, bytes);
    }
    const pretty = mode === 'json-pretty';
    const members = [...object].map(([name, values]) => {
      const value = values.length === 1 ? values[0]! : jsonArray(values, pretty ? '\t' : undefined);
      return pretty ? `\t"${name}" : ${value}` : `"${name}":${value}`;
    });
    if (pretty) return `{\n${members.join(',\n')}\n}\n`;
    const line = `{${members.join(',')}}\n`;
    if (mode === 'json-sse') return `data: ${line}\n`;
    return mode === 'json-seq' ? `\x1e${line}` : line;
  }

  #jsonValue(bytes: Buffer, tooLong: boolean): string {
    if (tooLong) return 'null';
    const value = bytesToText(bytes);
    if (isPrintable(value)) return JSON.stringify(value);
    return jsonArray([...bytes].map(String), this.#options.mode === 'json-pretty' ? '\t' : undefined);
  }

  #cat(entry: JournalEntry, highlight: Highlight | undefined): string {
    const { outputFields, color = false } = this.#options;
    const colors = color ? levelColors(entryPriority(entry)) : noColors;
    let text = '';
    for (const name of outputFields === undefined || outputFields.size === 0 ? ['MESSAGE'] : outputFields) {
      const value = entry.text(name);
      if (value === undefined) continue;
      const part = color && name === 'MESSAGE' ? highlight : undefined;
      text += `${part === undefined ? colors.on + value + colors.off : this.#painted(value, colors, part)}\n`;
    }
    return text;
  }
}

function jsonArray(items: readonly string[], indent: string | undefined): string {
  if (indent === undefined) return `[${items.join(',')}]`;
  return `[\n${items.map((item) => `${indent}\t${item}`).join(',\n')}\n${indent}]`;
}

function binaryField(name: string, bytes: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeUInt32LE(bytes.length, 0);
  return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')]);
}

function entryPriority(entry: JournalEntry): number {
  const text = entry.get('PRIORITY');
  return text?.length === 1 && text[0]! >= 0x30 && text[0]! <= 0x37 ? text[0]! - 0x30 : 6;
}

/** When the sender sent it, where that is known, else when it arrived. */
function entryTimes(entry: JournalEntry): { realtimeUsec: number; monotonicUsec: number } {
  const number = (name: string, fallback: number): number => {
    const text = entry.get(name)?.toString('latin1');
    const value = text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : 0;
    return value > 0 && Number.isSafeInteger(value) ? value : fallback;
  };
  return {
    realtimeUsec: number('_SOURCE_REALTIME_TIMESTAMP', entry.realtimeUsec),
    monotonicUsec: number('_SOURCE_MONOTONIC_TIMESTAMP', entry.monotonicUsec),
  };
}

/** Tabs become eight spaces; colours, links and carriage returns at the end of a line go. */
function stripTabsAndColors(text: string): string {
  return text
    .replace(/\r+(?=\n|$)/g, '')
    .replaceAll('\t', '        ')
    .replace(/\x1b\[[0-9;]*m/g, '')
    .replace(/\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g, '');
}
