/** Unit files to entries: sections, comments, continuation lines. systemd.syntax(7). */
import { byteLength, hasInvalidBytes, replaceInvalidBytes, stringIsSafe } from '../../text/bytes.ts';
import type { LogLevel } from '../../text/log-level.ts';

/** One `Key=Value` of a unit file; continuation lines joined, comments gone, value trimmed. */
export interface UnitFileEntry {
  section: string;
  key: string;
  value: string;
  file: string;
  line: number;
}

/** Bytes a logical line may have; systemd refuses the whole file beyond that. */
const lineLimit = 1024 * 1024;

export type SyntaxReport = (level: LogLevel, line: number, message: string) => void;

export interface LexOptions {
  /** Section names that the file may have. Entries of others are dropped, with a warning unless the name starts with `X-`. */
  sections?: ReadonlySet<string>;
  /** Section names that are dropped in silence. */
  ignoredSections?: ReadonlySet<string>;
  /** Neither unknown sections nor assignments before the first section are worth a warning. */
  relaxed?: boolean;
}

/** Why the whole file is given up: a malformed section header, a line beyond 1 MiB, a line that is no UTF-8. */
export interface UnitTextError {
  code: 'EBADMSG' | 'ENOBUFS' | 'EINVAL';
  line: number;
}

export interface UnitText {
  entries: UnitFileEntry[];
  error?: UnitTextError;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** Trims what systemd calls whitespace: space, tab, newline, carriage return. */
export function trimBlanks(text: string, start = 0, end = text.length): string {
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** A line ends at \n, \r, NUL or one of their customary combinations. */
function normalizeLineEnds(text: string): string {
  if (!text.includes('\r') && !text.includes('\0')) return text;
  return text.replace(/(?:\r\n|\n\r|\n|\r)\0?|\0/g, '\n');
}

function exceedsLimit(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  return text.length * 3 > limit && byteLength(text) > limit;
}

/** Whether the last character is a backslash that no other backslash escapes. */
function continues(line: string): boolean {
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) === 0x5c) end--;
  return (line.length - end) % 2 === 1;
}

/** The warning for a key that its section does not know; keys starting with `X-` get none. */
export function unknownKeyMessage(section: string, key: string): string {
  return `Unknown key '${key}' in section [${section}], ignoring.`;
}

/**
 * Splits a unit file's text into its assignments, in order. Problems are told to `report` with systemd's words. Where
 * `error` is set, systemd refuses the whole file; `entries` then holds what came before.
 */
export function parseUnitText(text: string, file: string, report: SyntaxReport, options: LexOptions = {}): UnitText {
  const source = normalizeLineEnds(text);
  const entries: UnitFileEntry[] = [];
  const checkUtf8 = hasInvalidBytes(source);
  const { sections, ignoredSections, relaxed = false } = options;
  let section: string | undefined;
  let sectionIgnored = false;
  let lineNumber = 0;
  let bomSeen = false;
  let pending: string[] | undefined;
  let pendingLength = 0;

  const enterSection = (header: string): UnitTextError | undefined => {
    if (header.charCodeAt(header.length - 1) !== 0x5d) {
      report(3, lineNumber, `Invalid section header '${header}'`);
      return { code: 'EBADMSG', line: lineNumber };
    }
    const name = header.slice(1, -1);
    if (!stringIsSafe(name)) {
      report(3, lineNumber, `Bad characters in section header '${header}'`);
      return { code: 'EBADMSG', line: lineNumber };
    }
    if (sections === undefined || sections.has(name)) {
      section = name;
      sectionIgnored = false;
      return undefined;
    }
    if (!relaxed && !name.startsWith('X-') && !ignoredSections?.has(name)) {
      report(4, lineNumber, `Unknown section '${name}'. Ignoring.`);
    }
    section = undefined;
    sectionIgnored = true;
    return undefined;
  };

  const logicalLine = (raw: string): UnitTextError | undefined => {
    const line = trimBlanks(raw);
    if (line === '') return undefined;
    if (checkUtf8 && hasInvalidBytes(line)) {
      report(4, lineNumber, `String is not UTF-8 clean, ignoring assignment: ${replaceInvalidBytes(line)}`);
      return { code: 'EINVAL', line: lineNumber };
    }
    if (line.charCodeAt(0) === 0x5b) return enterSection(line);
    if (section === undefined && sections !== undefined) {
      if (!relaxed && !sectionIgnored) report(4, lineNumber, 'Assignment outside of section. Ignoring.');
      return undefined;
    }
    const equals = line.indexOf('=');
    if (equals < 0) {
      report(4, lineNumber, "Missing '=', ignoring line.");
    } else if (equals === 0) {
      report(4, lineNumber, "Missing key name before '=', ignoring line.");
    } else {
      entries.push({
        section: section ?? '',
        key: trimBlanks(line, 0, equals),
        value: trimBlanks(line, equals + 1),
        file,
        line: lineNumber,
      });
    }
    return undefined;
  };

  let position = 0;
  while (position < source.length) {
    let end = source.indexOf('\n', position);
    if (end < 0) end = source.length;
    let first = position;
    while (first < end && isBlank(source.charCodeAt(first))) first++;
    const lead = first < end ? source.charCodeAt(first) : 0;
    let line = source.slice(position, end);
    position = end + 1;
    if (exceedsLimit(line, lineLimit - 1)) return { entries, error: { code: 'ENOBUFS', line: lineNumber } };
    lineNumber++;
    if (lead === 0x23 || lead === 0x3b) continue;
    if (!bomSeen && line.charCodeAt(0) === 0xfeff) {
      bomSeen = true;
      line = line.slice(1);
    }
    if (pending !== undefined) {
      const length = byteLength(line);
      if (pendingLength + length > lineLimit) return { entries, error: { code: 'ENOBUFS', line: lineNumber } };
      pendingLength += length;
    }
    if (continues(line)) {
      if (pending === undefined) {
        pending = [];
        pendingLength = byteLength(line);
      }
      pending.push(`${line.slice(0, -1)} `);
      continue;
    }
    if (pending !== undefined) {
      pending.push(line);
      line = pending.join('');
      pending = undefined;
    }
    const error = logicalLine(line);
    if (error !== undefined) return { entries, error };
  }
  if (pending !== undefined) {
    lineNumber++;
    const error = logicalLine(pending.join(''));
    if (error !== undefined) return { entries, error };
  }
  return { entries };
}
