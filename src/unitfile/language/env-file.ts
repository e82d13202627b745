/** Environment blocks: systemd.exec(5) "ENVIRONMENT", Environment= and EnvironmentFile=. */
import { byteLength, hasInvalidBytes, replaceInvalidBytes } from '../../text/bytes.ts';
import { extract, type Warn, WordReader } from '../../text/quoting.ts';

/** ARG_MAX as sysconf(3) has it with the customary stack limit. */
const argMax = 2 * 1024 * 1024;

function fits(text: string, limit: number): boolean {
  return text.length * 3 <= limit || byteLength(text) <= limit;
}

/** Letters, digits and underscores, no digit first. */
export function envNameIsValid(name: string): boolean {
  return name.length <= argMax - 2 && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** Any UTF-8; control characters are fine. */
export function envValueIsValid(value: string): boolean {
  return !hasInvalidBytes(value) && !value.includes('\0') && fits(value, argMax - 3);
}

/** `NAME=VALUE`, both valid. */
export function envAssignmentIsValid(assignment: string): boolean {
  const equals = assignment.indexOf('=');
  if (equals < 0) return false;
  return (
    envNameIsValid(assignment.slice(0, equals)) &&
    envValueIsValid(assignment.slice(equals + 1)) &&
    fits(assignment, argMax - 1)
  );
}

function nameOf(assignment: string): string {
  const equals = assignment.indexOf('=');
  return equals < 0 ? assignment : assignment.slice(0, equals);
}

/** The list with the variable set: in its old place where it was set before. Other settings of it are dropped. */
export function setAssignment(list: readonly string[], assignment: string): string[] {
  const name = nameOf(assignment);
  const result: string[] = [];
  let placed = false;
  for (const entry of list) {
    if (nameOf(entry) !== name) {
      result.push(entry);
    } else if (!placed) {
      result.push(assignment);
      placed = true;
    }
  }
  if (!placed) result.push(assignment);
  return result;
}

/**
 * One line of Environment=, added to `current`; '' empties it. `expand` expands specifiers; what is wrong is told and
 * left out.
 */
export function parseEnvironment(
  value: string,
  expand: (text: string) => { text: string } | { message: string },
  current: readonly string[],
  warn: Warn,
): string[] {
  if (value === '') return [];
  let result = [...current];
  const reader = new WordReader(value, undefined, extract.cUnescape | extract.unquote);
  for (let word = reader.next(); word !== undefined; word = reader.next()) {
    const expanded = expand(word);
    if (!('text' in expanded)) {
      warn(4, `Failed to resolve specifiers in ${word}, ignoring: ${expanded.message}`);
    } else if (!envAssignmentIsValid(expanded.text)) {
      warn(4, `Invalid environment assignment, ignoring: ${replaceInvalidBytes(expanded.text)}`);
    } else {
      result = setAssignment(result, expanded.text);
    }
  }
  if (reader.failed) warn(4, `Invalid syntax, ignoring: ${value}`);
  return result;
}

export interface EnvFile {
  /** In the order of the file; a key may occur more than once. */
  pairs: [key: string, value: string][];
  /** The file is refused from here on: it has bytes that are no UTF-8 (EINVAL) or NUL (EBADMSG). */
  error?: { code: 'EINVAL' | 'EBADMSG'; message: string };
}

type State =
  | 'before key'
  | 'key'
  | 'before value'
  | 'value'
  | 'value escape'
  | 'single quotes'
  | 'double quotes'
  | 'double quotes escape'
  | 'comment'
  | 'comment escape';

/** Ends of lines and the blanks around keys and values. */
const isNewline = (character: string): boolean => character === '\n' || character === '\r';
const isBlank = (character: string): boolean => character === ' ' || character === '\t' || isNewline(character);

/**
 * The shell-like files of EnvironmentFile=, os-release(5) and their kin: `KEY=value`, quotes, backslashes, comments.
 * `file` is for messages. Keys are not judged.
 */
export function parseEnvFile(text: string, file: string): EnvFile {
  const pairs: [string, string][] = [];
  if (text.includes('\0')) return { pairs, error: { code: 'EBADMSG', message: 'Bad message' } };
  const checkUtf8 = hasInvalidBytes(text);
  let state: State = 'before key';
  let key = '';
  let value = '';
  // length of key and value without the blanks that follow them; -1 where none follow
  let keyEnd = -1;
  let valueEnd = -1;
  let line = 1;
  let error: EnvFile['error'];

  const push = (): boolean => {
    const name = keyEnd >= 0 ? key.slice(0, keyEnd) : key;
    const content = state === 'value' && valueEnd >= 0 ? value.slice(0, valueEnd) : value;
    key = '';
    value = '';
    if (checkUtf8 && hasInvalidBytes(name)) {
      const message = `${file}:${line}: invalid UTF-8 in key '${replaceInvalidBytes(name)}', ignoring.`;
      error = { code: 'EINVAL', message };
      return false;
    }
    if (checkUtf8 && hasInvalidBytes(content)) {
      const shown = replaceInvalidBytes(content);
      error = {
        code: 'EINVAL',
        message: `${file}:${line}: invalid UTF-8 value for key ${name}: '${shown}', ignoring.`,
      };
      return false;
    }
    pairs.push([name, content]);
    return true;
  };

  for (const character of text) {
    switch (state) {
      case 'before key':
        if (character === '#' || character === ';') state = 'comment';
        else if (!isBlank(character)) {
          state = 'key';
          keyEnd = -1;
          key = character;
        }
        break;
      case 'key':
        if (isNewline(character)) {
          state = 'before key';
          line++;
          key = '';
        } else if (character === '=') {
          state = 'before value';
          valueEnd = -1;
        } else {
          if (!isBlank(character)) keyEnd = -1;
          else if (keyEnd < 0) keyEnd = key.length;
          key += character;
        }
        break;
      case 'before value':
      case 'value':
        if (isNewline(character)) {
          line++;
          if (!push()) return { pairs, error: error! };
          state = 'before key';
        } else if (state === 'before value' && character === "'") state = 'single quotes';
        else if (state === 'before value' && character === '"') state = 'double quotes';
        else if (character === '\\') {
          state = 'value escape';
          valueEnd = -1;
        } else if (state === 'value' || !isBlank(character)) {
          state = 'value';
          if (!isBlank(character)) valueEnd = -1;
          else if (valueEnd < 0) valueEnd = value.length;
          value += character;
        }
        break;
      case 'value escape':
        state = 'value';
        if (!isNewline(character)) value += character;
        break;
      case 'single quotes':
        if (character === "'") state = 'before value';
        else value += character;
        break;
      case 'double quotes':
        if (character === '"') state = 'before value';
        else if (character === '\\') state = 'double quotes escape';
        else value += character;
        break;
      case 'double quotes escape':
        state = 'double quotes';
        if (character === '"' || character === '\\' || character === '`' || character === '$') value += character;
        else if (character !== '\n') value += `\\${character}`;
        break;
      case 'comment':
        if (character === '\\') state = 'comment escape';
        else if (isNewline(character)) {
          state = 'before key';
          line++;
        }
        break;
      case 'comment escape':
        state = 'comment';
        break;
    }
  }
  if (!['before key', 'key', 'comment', 'comment escape'].includes(state)) push();
  return error === undefined ? { pairs } : { pairs, error };
}

export interface LoadedEnvironment {
  /** `NAME=VALUE`, each name once. */
  assignments: string[];
  error?: EnvFile['error'];
}

/** The assignments of an EnvironmentFile=; invalid ones are told and left out. With `error`, the file is refused. */
export function loadEnvironmentFile(text: string, file: string, warn: Warn): LoadedEnvironment {
  const { pairs, error } = parseEnvFile(text, file);
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
