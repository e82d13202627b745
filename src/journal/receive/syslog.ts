/** The syslog datagrams that libc's syslog(3) and logger(1) send to /dev/log: RFC 3164 as far as anyone follows it. */
import type { Field } from '../entry/entry.ts';

const whitespace = ' \t\n\r';
const isSpace = (code: number | undefined): boolean => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
const isDigit = (code: number | undefined): boolean => code !== undefined && code >= 0x30 && code <= 0x39;
const isLetter = (code: number | undefined): boolean =>
  code !== undefined && ((code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a));

/**
 * `<N>` at the start of a message. With a facility N has up to three digits, without it is one digit from 0 to 7.
 * undefined where there is none; `length` is what it takes up.
 */
export function parsePriorityPrefix(
  data: Uint8Array,
  withFacility: boolean,
): { value: number; length: number } | undefined {
  if (data[0] !== 0x3c) return undefined;
  const limit = withFacility ? 3 : 1;
  let value = 0;
  let position = 1;
  for (; position <= limit && isDigit(data[position]); position++) value = value * 10 + data[position]! - 0x30;
  if (position === 1 || data[position] !== 0x3e) return undefined;
  if (!withFacility && value > 7) return undefined;
  return { value, length: position + 1 };
}

/** `Nov 24 14:30:00 `: its length, 0 where there is none. */
function timestampLength(data: Uint8Array): number {
  const pattern = 'aaa _n _n:_n:_n ';
  for (let index = 0; index < pattern.length; index++) {
    const code = data[index];
    const kind = pattern[index]!;
    const fits =
      kind === 'a'
        ? isLetter(code)
        : kind === '_'
          ? code === 0x20 || isDigit(code)
          : kind === 'n'
            ? isDigit(code)
            : code === kind.charCodeAt(0);
    if (!fits) return 0;
  }
  return pattern.length;
}

/** `name[pid]: ` at the start; `length` is what it takes up, 0 where there is none. */
function parseIdentifier(data: Buffer): { identifier?: Buffer; pid?: Buffer; length: number } {
  let start = 0;
  while (start < data.length && isSpace(data[start])) start++;
  let end = start;
  while (end < data.length && !isSpace(data[end])) end++;
  if (end === start || data[end - 1] !== 0x3a) return { length: 0 };
  let nameEnd = end - 1;
  let pid: Buffer | undefined;
  if (nameEnd > start && data[nameEnd - 1] === 0x5d) {
    const open = data.subarray(start, nameEnd - 1).lastIndexOf(0x5b);
    if (open >= 0) {
      pid = data.subarray(start + open + 1, nameEnd - 1);
      nameEnd = start + open;
    }
  }
  const length = isSpace(data[end]) ? end + 1 : end;
  const result: { identifier?: Buffer; pid?: Buffer; length: number } = { length };
  result.identifier = data.subarray(start, nameEnd);
  if (pid !== undefined) result.pid = pid;
  return result;
}

/** Fields for level and facility of one message; a facility of 0 is not written, as in journald. */
export function priorityFields(level: number, facility: number): Field[] {
  const fields: Field[] = [['PRIORITY', `${level}`]];
  if (facility > 0) fields.push(['SYSLOG_FACILITY', `${facility}`]);
  return fields;
}

export interface SyslogMessage {
  level: number;
  /** Fields of the entry but for the trusted ones. */
  fields: Field[];
}

/** Takes a datagram apart; undefined for an empty one. */
export function parseSyslog(datagram: Buffer): SyslogMessage | undefined {
  let size = datagram.length;
  while (size > 0 && datagram[size - 1] === 0) size--;
  const raw = datagram.subarray(0, size);
  if (raw.length === 0) return undefined;
  let end = raw.length;
  while (end > 0 && whitespace.includes(String.fromCharCode(raw[end - 1]!))) end--;
  let start = 0;
  while (start < end && isSpace(raw[start])) start++;
  let text = raw.subarray(start, end);
  let keepRaw = start > 0 || end < raw.length;
  const nul = text.indexOf(0);
  if (nul >= 0) {
    text = text.subarray(0, nul);
    keepRaw = true;
  }
  const prefix = parsePriorityPrefix(text, true);
  // LOG_USER | LOG_INFO where the sender says nothing.
  const priority = prefix?.value ?? (1 << 3) | 6;
  if (prefix !== undefined) text = text.subarray(prefix.length);
  const timestamp = text.subarray(0, timestampLength(text));
  if (timestamp.length === 0) keepRaw = true;
  text = text.subarray(timestamp.length);
  const { identifier, pid, length } = parseIdentifier(text);
  const fields: Field[] = [['_TRANSPORT', 'syslog'], ...priorityFields(priority & 7, priority >> 3)];
  if (identifier !== undefined) fields.push(['SYSLOG_IDENTIFIER', identifier]);
  if (pid !== undefined) fields.push(['SYSLOG_PID', pid]);
  if (timestamp.length > 0) fields.push(['SYSLOG_TIMESTAMP', timestamp]);
  fields.push(['MESSAGE', text.subarray(length)]);
  if (keepRaw) fields.push(['SYSLOG_RAW', raw]);
  return { level: priority & 7, fields };
}
