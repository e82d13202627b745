/** Words, quotes and escapes: systemd.syntax(7) "QUOTING". */

import { bytesToText, hasInvalidBytes, textToBytes } from './bytes.ts';
import { whitespace } from './characters.ts';
import type { LogLevel } from './log-level.ts';

/** How `WordReader` reads; combine with `|`. */
export const extract = {
  /** Accept unbalanced quotes and a trailing backslash. */
  relax: 1,
  /** Undo C escapes. */
  cUnescape: 2,
  /** Keep unknown escapes as they are. */
  unescapeRelax: 4,
  /** A backslash makes a separator (or itself) literal. */
  unescapeSeparators: 8,
  /** Quotes protect separators and are removed. */
  unquote: 32,
  /** Each separator ends a word, so words may be empty. */
  dontCoalesce: 64,
  /** Backslashes are ordinary characters. */
  retainEscape: 128,
} as const;

/** Tells a problem with a value; the caller knows unit, file and line. */
export type Warn = (level: LogLevel, message: string) => void;

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
  s: ' ',
};

function digits(text: string, position: number, count: number, base: 8 | 16): number {
  let value = 0;
  for (let index = position; index < position + count; index++) {
    const code = text.charCodeAt(index);
    let digit = -1;
    if (code >= 0x30 && code <= 0x39) digit = code - 0x30;
    else if (code >= 0x41 && code <= 0x46) digit = code - 0x37;
    else if (code >= 0x61 && code <= 0x66) digit = code - 0x57;
    if (digit < 0 || digit >= base) return -1;
    value = value * base + digit;
  }
  return value;
}

interface Unescaped {
  text: string;
  /** Characters used after the backslash. */
  length: number;
}

function carriedByte(value: number): string {
  return String.fromCharCode(value < 0x80 ? value : 0xdc00 + value);
}

/** The escape whose text begins at `position`, after the backslash. Bytes of 0x80 and above are carried singly. */
function unescapeOne(text: string, position: number, acceptNul: boolean): Unescaped | undefined {
  const letter = text[position];
  if (letter === undefined) return undefined;
  const simple = simpleEscapes[letter];
  if (simple !== undefined) return { text: simple, length: 1 };
  const accepted = (value: number): boolean => value > 0 || (value === 0 && acceptNul);
  if (letter === 'x') {
    const value = digits(text, position + 1, 2, 16);
    return accepted(value) ? { text: carriedByte(value), length: 3 } : undefined;
  }
  if (letter === 'u' || letter === 'U') {
    const count = letter === 'u' ? 4 : 8;
    const value = digits(text, position + 1, count, 16);
    if (!accepted(value)) return undefined;
    if (value >= 0xd800 && value <= 0xdfff) {
      if (letter === 'U') return undefined;
      // systemd writes the three bytes that UTF-8 forbids; carry them as they are
      const bytes = [0xe0 | (value >> 12), 0x80 | ((value >> 6) & 0x3f), 0x80 | (value & 0x3f)];
      return { text: bytes.map(carriedByte).join(''), length: 1 + count };
    }
    if (value > 0x10ffff) return undefined;
    const character = String.fromCodePoint(value);
    if (letter === 'U' && hasInvalidBytes(character)) return undefined;
    return { text: character, length: 1 + count };
  }
  if (letter >= '0' && letter <= '7') {
    const value = digits(text, position, 3, 8);
    return accepted(value) && value <= 255 ? { text: carriedByte(value), length: 3 } : undefined;
  }
  return undefined;
}

/** Joins carried bytes that are valid UTF-8 after all. */
function joinCarriedBytes(text: string): string {
  return hasInvalidBytes(text) ? bytesToText(textToBytes(text)) : text;
}

/** Takes a text apart word by word, in one pass. */
export class WordReader {
  /** True once a word could not be read: unbalanced quotes, an unknown escape. */
  failed = false;
  #text: string;
  #separators: string;
  #flags: number;
  #position: number | undefined = 0;

  constructor(text: string, separators: string = whitespace, flags = 0) {
    this.#text = text;
    this.#separators = separators;
    this.#flags = flags;
  }

  /** What has not been read; undefined when the end has been reached. */
  get rest(): string | undefined {
    return this.#position === undefined ? undefined : this.#text.slice(this.#position);
  }

  /** Index of what comes next; undefined at the end. */
  get position(): number | undefined {
    return this.#position;
  }

  set position(value: number | undefined) {
    this.#position = value;
    this.failed = false;
  }

  /** The next word; undefined at the end and where reading failed (see `failed`). */
  next(flags: number = this.#flags): string | undefined {
    if (this.#position === undefined) return undefined;
    const text = this.#text;
    const separators = this.#separators;
    const end = text.length;
    const coalesce = (flags & extract.dontCoalesce) === 0;
    const unquote = (flags & extract.unquote) !== 0;
    const escapes = (flags & extract.retainEscape) === 0;
    let position = this.#position;

    while (position < end && separators.includes(text[position]!)) {
      if (!coalesce) {
        this.#position = position + 1;
        return '';
      }
      position++;
    }
    if (position >= end) {
      this.#position = undefined;
      return coalesce ? undefined : '';
    }

    let word = '';
    let run = position;
    let quote = '';
    let carried = false;
    for (;;) {
      if (position >= end) {
        if (quote !== '' && (flags & extract.relax) === 0) return this.#fail(position);
        this.#position = undefined;
        word += text.slice(run);
        return carried ? joinCarriedBytes(word) : word;
      }
      const character = text[position]!;
      if (character === '\\' && escapes) {
        word += text.slice(run, position);
        position++;
        if (position >= end) {
          const relaxed = (flags & extract.relax) !== 0;
          if ((flags & extract.unescapeRelax) !== 0 && (quote === '' || relaxed)) word += '\\';
          else if (!relaxed) return this.#fail(position);
          this.#position = undefined;
          return carried ? joinCarriedBytes(word) : word;
        }
        if ((flags & (extract.cUnescape | extract.unescapeSeparators)) === 0) {
          run = position++;
          continue;
        }
        const unescaped = (flags & extract.cUnescape) !== 0 ? unescapeOne(text, position, false) : undefined;
        if (unescaped !== undefined) {
          word += unescaped.text;
          carried ||= hasInvalidBytes(unescaped.text);
          position += unescaped.length;
          run = position;
          continue;
        }
        const literal = text[position]!;
        if ((flags & extract.unescapeSeparators) === 0 || !(separators.includes(literal) || literal === '\\')) {
          if ((flags & extract.unescapeRelax) === 0) return this.#fail(position);
          word += '\\';
        }
        run = position++;
        continue;
      }
      if (quote !== '') {
        if (character === quote) {
          quote = '';
          word += text.slice(run, position);
          run = position + 1;
        }
        position++;
        continue;
      }
      if (unquote && (character === "'" || character === '"')) {
        quote = character;
        word += text.slice(run, position);
        run = position + 1;
        position++;
        continue;
      }
      if (separators.includes(character)) {
        word += text.slice(run, position);
        if (!coalesce) {
          this.#position = position + 1;
        } else {
          while (position < end && separators.includes(text[position]!)) position++;
          this.#position = position >= end ? undefined : position;
        }
        return carried ? joinCarriedBytes(word) : word;
      }
      position++;
    }
  }

  #fail(position: number): undefined {
    this.#position = position;
    this.failed = true;
    return undefined;
  }
}

/**
 * The next word as unit files are read: an unknown escape is kept with a warning; unbalanced quotes are an error
 * (undefined, `reader.failed` set). `whole` is the value that messages quote.
 */
export function nextWordOrWarn(reader: WordReader, flags: number, warn: Warn, whole: string): string | undefined {
  const start = reader.position;
  const word = reader.next(flags);
  if (word !== undefined || !reader.failed) return word;
  reader.position = start;
  const relaxed = reader.next(flags | extract.unescapeRelax);
  if (relaxed !== undefined) {
    warn(4, `Ignoring unknown escape sequences: "${relaxed}"`);
    return relaxed;
  }
  warn(3, `Unbalanced quoting, ignoring: "${whole}"`);
  return undefined;
}

/** All words of a text; undefined where one could not be read. */
export function splitWords(text: string, flags = 0, separators: string = whitespace): string[] | undefined {
  const reader = new WordReader(text, separators, flags);
  const words: string[] = [];
  for (let word = reader.next(); word !== undefined; word = reader.next()) words.push(word);
  return reader.failed ? undefined : words;
}

export interface UnescapeOptions {
  /** Keep what is no valid escape. */
  relax?: boolean;
  /** Accept escapes that stand for NUL. */
  acceptNul?: boolean;
}

/** Undoes C escapes; undefined where one is invalid. */
export function cUnescape(text: string, options: UnescapeOptions = {}): string | undefined {
  let result = '';
  let run = 0;
  let position = text.indexOf('\\');
  let carried = false;
  while (position >= 0) {
    result += text.slice(run, position);
    const unescaped = unescapeOne(text, position + 1, options.acceptNul ?? false);
    if (unescaped !== undefined) {
      result += unescaped.text;
      carried ||= hasInvalidBytes(unescaped.text);
      run = position + 1 + unescaped.length;
    } else if (options.relax) {
      result += '\\';
      run = position + 1;
    } else {
      return undefined;
    }
    position = text.indexOf('\\', run);
  }
  result += text.slice(run);
  return carried ? joinCarriedBytes(result) : result;
}

const namedEscapes: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  39: "\\'",
  92: '\\\\',
};

function escapeByteC(byte: number): string {
  const named = namedEscapes[byte];
  if (named !== undefined) return named;
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\${byte.toString(8).padStart(3, '0')}`;
}

const plainForC = /^[ !#-&(-[\]-~]*$/;

/** C escapes: named ones, octal for the rest of what is not printable ASCII. */
export function cEscape(text: string): string {
  if (plainForC.test(text)) return text;
  let result = '';
  for (const byte of textToBytes(text)) result += escapeByteC(byte);
  return result;
}

function isControl(code: number): boolean {
  return code < 0x20 || code === 0x7f;
}

/** Backslashes before the characters of `bad` and backslashes; control characters as C escapes; UTF-8 stays. */
export function shellEscape(text: string, bad: string): string {
  let result = '';
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (isControl(code)) result += escapeByteC(code);
    else if (code >= 0x80 && hasInvalidBytes(character)) {
      for (const byte of textToBytes(character)) result += escapeByteC(byte);
    } else if (character === '\\' || bad.includes(character)) result += `\\${character}`;
    else result += character;
  }
  return result;
}

export interface ShellQuoteOptions {
  /** Quote as `$'…'`. */
  posix?: boolean;
  /** An empty text becomes `""`. */
  escapeEmpty?: boolean;
}

const needsQuotes = /[ \t\n\r"\\`$*?['()<>|&;!\x00-\x1f\x7f]/;

/** Quotes a text for a shell where it needs it. */
export function shellMaybeQuote(text: string, options: ShellQuoteOptions = {}): string {
  if (text === '') return options.escapeEmpty ? '""' : '';
  if (!needsQuotes.test(text) && !hasInvalidBytes(text)) return text;
  return options.posix ? `$'${shellEscape(text, "\\'")}'` : `"${shellEscape(text, '"\\`$')}"`;
}

/** A command line that a shell would take apart again. */
export function quoteCommandLine(argv: readonly string[], options: ShellQuoteOptions = {}): string {
  return argv.map((argument) => shellMaybeQuote(argument, options)).join(' ');
}
