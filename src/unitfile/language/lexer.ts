/**
 * The language of unit files: what stands in them before anybody knows what it is about. Here is the splitting of a text:
 * sections, assignments, comments, continuation lines (systemd.syntax(7)).
 *
 *   lexer.ts         text → entries of section, key, value and line; what is malformed is told in systemd's words
 *   unit-name.ts     what names units have: types, instances, templates, paths as names, slices in slices
 *   specifiers.ts    %i, %n and the rest: what they stand for, for which kind of text, up to which length
 *   exec-command.ts  a command line: its prefixes and words, and variables when it is run
 *   environment.ts   names and assignments that an environment can have
 *   env-file.ts      files of assignments: EnvironmentFile=, os-release
 *
 * Which keys there are, and what their values mean, is src/unitfile/directives; which files are read, src/unitfile/files.
 */

import { byteLength, hasInvalidBytes, replaceInvalidBytes, stringIsSafe } from '../../text/bytes.ts';
import { isBlank, trimBlanks } from '../../text/characters.ts';
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

/** Whether the first character that is no blank begins a comment. */
function isComment(source: string, start: number, end: number): boolean {
  let first = start;
  while (first < end && isBlank(source.charCodeAt(first))) first++;
  if (first === end) return false;
  const code = source.charCodeAt(first);
  return code === 0x23 || code === 0x3b;
}

/** The warning for a key that its section does not know; keys starting with `X-` get none. */
export function unknownKeyMessage(section: string, key: string): string {
  return `Unknown key '${key}' in section [${section}], ignoring.`;
}

/** A text being split: physical lines are joined to logical ones, and those are headers or assignments. */
class Splitter {
  readonly entries: UnitFileEntry[] = [];
  readonly #file: string;
  readonly #report: SyntaxReport;
  readonly #sections: ReadonlySet<string> | undefined;
  readonly #ignoredSections: ReadonlySet<string> | undefined;
  readonly #relaxed: boolean;
  readonly #checkUtf8: boolean;
  #lineNumber = 0;
  #bomSeen = false;
  /** The section at hand; undefined before the first one and in one that is dropped. */
  #section: string | undefined;
  #sectionIgnored = false;
  /** Lines that end in a backslash and wait for the next, and their length in bytes. */
  #pending: string[] | undefined;
  #pendingLength = 0;

  constructor(file: string, report: SyntaxReport, options: LexOptions, checkUtf8: boolean) {
    this.#file = file;
    this.#report = report;
    this.#sections = options.sections;
    this.#ignoredSections = options.ignoredSections;
    this.#relaxed = options.relaxed ?? false;
    this.#checkUtf8 = checkUtf8;
  }

  split(source: string): UnitTextError | undefined {
    for (let position = 0; position < source.length; ) {
      let end = source.indexOf('\n', position);
      if (end < 0) end = source.length;
      const comment = isComment(source, position, end);
      const line = source.slice(position, end);
      position = end + 1;
      if (exceedsLimit(line, lineLimit - 1)) return this.#error('ENOBUFS');
      this.#lineNumber++;
      if (comment) continue;
      const error = this.#physicalLine(line);
      if (error !== undefined) return error;
    }
    if (this.#pending === undefined) return undefined;
    this.#lineNumber++;
    return this.#logicalLine(this.#pending.join(''));
  }

  #error(code: UnitTextError['code']): UnitTextError {
    return { code, line: this.#lineNumber };
  }

  #physicalLine(written: string): UnitTextError | undefined {
    let line = written;
    if (!this.#bomSeen && line.charCodeAt(0) === 0xfeff) {
      this.#bomSeen = true;
      line = line.slice(1);
    }
    if (this.#pending !== undefined) {
      this.#pendingLength += byteLength(line);
      if (this.#pendingLength > lineLimit) return this.#error('ENOBUFS');
    }
    if (continues(line)) {
      if (this.#pending === undefined) {
        this.#pending = [];
        this.#pendingLength = byteLength(line);
      }
      this.#pending.push(`${line.slice(0, -1)} `);
      return undefined;
    }
    if (this.#pending === undefined) return this.#logicalLine(line);
    this.#pending.push(line);
    const joined = this.#pending.join('');
    this.#pending = undefined;
    return this.#logicalLine(joined);
  }

  #logicalLine(raw: string): UnitTextError | undefined {
    const line = trimBlanks(raw);
    if (line === '') return undefined;
    if (this.#checkUtf8 && hasInvalidBytes(line)) {
      this.#report(4, this.#lineNumber, `String is not UTF-8 clean, ignoring assignment: ${replaceInvalidBytes(line)}`);
      return this.#error('EINVAL');
    }
    if (line.charCodeAt(0) === 0x5b) return this.#enterSection(line);
    this.#assignment(line);
    return undefined;
  }

  #enterSection(header: string): UnitTextError | undefined {
    if (header.charCodeAt(header.length - 1) !== 0x5d) {
      this.#report(3, this.#lineNumber, `Invalid section header '${header}'`);
      return this.#error('EBADMSG');
    }
    const name = header.slice(1, -1);
    if (!stringIsSafe(name)) {
      this.#report(3, this.#lineNumber, `Bad characters in section header '${header}'`);
      return this.#error('EBADMSG');
    }
    this.#sectionIgnored = this.#sections !== undefined && !this.#sections.has(name);
    this.#section = this.#sectionIgnored ? undefined : name;
    if (this.#sectionIgnored && !this.#relaxed && !name.startsWith('X-') && !this.#ignoredSections?.has(name)) {
      this.#report(4, this.#lineNumber, `Unknown section '${name}'. Ignoring.`);
    }
    return undefined;
  }

  #assignment(line: string): void {
    if (this.#section === undefined && this.#sections !== undefined) {
      if (!this.#relaxed && !this.#sectionIgnored) {
        this.#report(4, this.#lineNumber, 'Assignment outside of section. Ignoring.');
      }
      return;
    }
    const equals = line.indexOf('=');
    if (equals < 0) {
      this.#report(4, this.#lineNumber, "Missing '=', ignoring line.");
    } else if (equals === 0) {
      this.#report(4, this.#lineNumber, "Missing key name before '=', ignoring line.");
    } else {
      this.entries.push({
        section: this.#section ?? '',
        key: trimBlanks(line, 0, equals),
        value: trimBlanks(line, equals + 1),
        file: this.#file,
        line: this.#lineNumber,
      });
    }
  }
}

/**
 * Splits a unit file's text into its assignments, in order. Problems are told to `report` with systemd's words. Where
 * `error` is set, systemd refuses the whole file; `entries` then holds what came before.
 */
export function parseUnitText(text: string, file: string, report: SyntaxReport, options: LexOptions = {}): UnitText {
  const source = normalizeLineEnds(text);
  const splitter = new Splitter(file, report, options, hasInvalidBytes(source));
  const error = splitter.split(source);
  return error === undefined ? { entries: splitter.entries } : { entries: splitter.entries, error };
}
