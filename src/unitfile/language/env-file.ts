/**
 * The shell-like files of EnvironmentFile=, os-release(5) and their kin: `KEY=value`, quotes, backslashes, comments.
 * systemd.exec(5), EnvironmentFile=.
 */
import { hasInvalidBytes, replaceInvalidBytes } from '../../text/bytes.ts';
import type { Warn } from '../../text/quoting.ts';
import { envAssignmentIsValid } from './environment.ts';

export interface EnvFile {
  /** In the order of the file; a key may occur more than once. */
  pairs: [key: string, value: string][];
  /** The file is refused from here on: it has bytes that are no UTF-8 (EINVAL) or NUL (EBADMSG). */
  error?: { code: 'EINVAL' | 'EBADMSG'; message: string };
}

/** Ends of lines and the blanks around keys and values. */
const isNewline = (character: string | undefined): boolean => character === '\n' || character === '\r';
const isBlank = (character: string | undefined): boolean =>
  character === ' ' || character === '\t' || isNewline(character);

/** The text without blanks at its end; the first `kept` characters stay whatever they are. */
function withoutEnd(text: string, kept = 0): string {
  let end = text.length;
  while (end > kept && isBlank(text[end - 1])) end--;
  return text.slice(0, end);
}

/** Goes through a file from left to right: comments, keys, and values in parts, quoted or plain. */
class Reader {
  readonly pairs: [string, string][] = [];
  error: EnvFile['error'];
  readonly #text: string;
  readonly #file: string;
  readonly #checkUtf8: boolean;
  readonly #commentsGoOn: boolean;
  #position = 0;
  /** As systemd counts: blank lines, and newlines that are quoted or escaped, are none. */
  #line = 1;

  constructor(text: string, file: string, commentsGoOn: boolean) {
    this.#text = text;
    this.#file = file;
    this.#checkUtf8 = hasInvalidBytes(text);
    this.#commentsGoOn = commentsGoOn;
  }

  read(): void {
    const text = this.#text;
    for (;;) {
      while (isBlank(text[this.#position])) this.#position++;
      const first = text[this.#position];
      if (first === undefined) return;
      if (first === '#' || first === ';') this.#comment();
      else {
        const key = this.#key();
        if (key !== undefined && !this.#assign(key, this.#value())) return;
      }
    }
  }

  /** Moves to the next of these characters, or to the end; what was passed over comes back. */
  #upTo(first: string, second: string, third?: string): string {
    const text = this.#text;
    const start = this.#position;
    let end = start;
    for (; end < text.length; end++) {
      const character = text[end];
      if (character === first || character === second || character === third) break;
    }
    this.#position = end;
    return text.slice(start, end);
  }

  /** Ends the line where it ends here; at the end of the file no line ends. */
  #endLine(): void {
    if (this.#position < this.#text.length) this.#line++;
    this.#position++;
  }

  /** A backslash before the end of a line makes the next one part of the comment. */
  #comment(): void {
    this.#upTo('\n', '\r', '\\');
    while (this.#text[this.#position] === '\\') {
      this.#position++;
      if (!this.#commentsGoOn && isNewline(this.#text[this.#position])) break;
      this.#position++;
      this.#upTo('\n', '\r', '\\');
    }
    this.#endLine();
  }

  /** What stands before `=`, at least one character; undefined where the line has none. */
  #key(): string | undefined {
    const first = this.#text[this.#position++]!;
    const key = first + this.#upTo('\n', '\r', '=');
    if (this.#text[this.#position] !== '=') {
      this.#endLine();
      return undefined;
    }
    this.#position++;
    return withoutEnd(key);
  }

  /** Quoted parts, blanks between them, and what is plain up to the end of the line. */
  #value(): string {
    const text = this.#text;
    let value = '';
    for (;;) {
      while (text[this.#position] === ' ' || text[this.#position] === '\t') this.#position++;
      const first = text[this.#position];
      if (first === "'") value += this.#singleQuoted();
      else if (first === '"') value += this.#doubleQuoted();
      else return value + this.#plain();
    }
  }

  #singleQuoted(): string {
    this.#position++;
    const part = this.#upTo("'", "'");
    this.#position++;
    return part;
  }

  /** A backslash stands for nothing before `"`, `\`, `` ` ``, `$` and the end of a line, else for itself. */
  #doubleQuoted(): string {
    const text = this.#text;
    this.#position++;
    let part = this.#upTo('"', '\\');
    while (text[this.#position] === '\\') {
      const escaped = text[this.#position + 1] ?? '';
      this.#position += 2;
      if ('"\\`$'.includes(escaped)) part += escaped;
      else if (escaped !== '\n') part += `\\${escaped}`;
      part += this.#upTo('"', '\\');
    }
    this.#position++;
    return part;
  }

  /** A backslash stands for nothing; before the end of a line, both are nothing. Blanks at the end go. */
  #plain(): string {
    const text = this.#text;
    let part = this.#upTo('\n', '\r', '\\');
    let kept = 0;
    while (text[this.#position] === '\\') {
      const escaped = text[this.#position + 1] ?? '';
      this.#position += 2;
      if (!isNewline(escaped)) part += escaped;
      kept = part.length;
      part += this.#upTo('\n', '\r', '\\');
    }
    this.#endLine();
    return withoutEnd(part, kept);
  }

  /** False where the rest of the file does not count. */
  #assign(key: string, value: string): boolean {
    if (this.#checkUtf8 && hasInvalidBytes(key)) {
      return this.#refuse(`invalid UTF-8 in key '${replaceInvalidBytes(key)}', ignoring.`);
    }
    if (this.#checkUtf8 && hasInvalidBytes(value)) {
      return this.#refuse(`invalid UTF-8 value for key ${key}: '${replaceInvalidBytes(value)}', ignoring.`);
    }
    this.pairs.push([key, value]);
    return true;
  }

  #refuse(what: string): false {
    this.error = { code: 'EINVAL', message: `${this.#file}:${this.#line}: ${what}` };
    return false;
  }
}

/** `file` is for messages. Keys are not judged. */
/** `commentsGoOn`: a comment that ends in a backslash has the next line, too. */
export function parseEnvFile(text: string, file: string, commentsGoOn = true): EnvFile {
  if (text.includes('\0')) return { pairs: [], error: { code: 'EBADMSG', message: 'Bad message' } };
  const reader = new Reader(text, file, commentsGoOn);
  reader.read();
  const { pairs, error } = reader;
  return error === undefined ? { pairs } : { pairs, error };
}

export interface LoadedEnvironment {
  /** `NAME=VALUE`, each name once. */
  assignments: string[];
  error?: EnvFile['error'];
}

/** The assignments of an EnvironmentFile=; invalid ones are told and left out. With `error`, the file is refused. */
export function loadEnvironmentFile(text: string, file: string, warn: Warn, commentsGoOn = true): LoadedEnvironment {
  const { pairs, error } = parseEnvFile(text, file, commentsGoOn);
  if (error !== undefined) return { assignments: [], error };
  const assignments = new Map<string, string>();
  for (const [key, value] of pairs) assignments.set(key, `${key}=${value}`);
  const valid: string[] = [];
  for (const assignment of assignments.values()) {
    if (envAssignmentIsValid(assignment)) valid.push(assignment);
    else warn(3, `Ignoring invalid environment assignment '${assignment}': ${file}`);
  }
  return { assignments: valid };
}
