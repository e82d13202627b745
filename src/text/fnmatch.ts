/** Shell patterns as fnmatch(3) matches them, in time that does not explode with the number of asterisks. */

export interface FnmatchOptions {
  /** FNM_CASEFOLD. */
  ignoreCase?: boolean;
  /** FNM_NOESCAPE: a backslash is a character like any other, as it is in names of units. */
  noEscape?: boolean;
}

type Token =
  | { kind: 'any' }
  | { kind: 'one' }
  | { kind: 'char'; char: string }
  | { kind: 'set'; test: (char: string) => boolean };

const namedClasses: Readonly<Record<string, RegExp>> = {
  alnum: /^[A-Za-z0-9]$/,
  alpha: /^[A-Za-z]$/,
  blank: /^[ \t]$/,
  cntrl: /^[\x00-\x1f\x7f]$/,
  digit: /^[0-9]$/,
  graph: /^[!-~]$/,
  lower: /^[a-z]$/,
  print: /^[ -~]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[ \t\n\v\f\r]$/,
  upper: /^[A-Z]$/,
  xdigit: /^[0-9A-Fa-f]$/,
};

const longestClass = 'xdigit:]'.length;
/** So many brackets of a pattern may be looked at in vain for the end of a set: the others stand for themselves. */
const unclosedSets = 8;

/** The set that begins after `[` at `start`, and where it ends; undefined where it is never closed. */
function readSet(
  pattern: readonly string[],
  start: number,
  escapes: boolean,
): { token: Token; next: number } | undefined {
  let position = start;
  const negated = pattern[position] === '!' || pattern[position] === '^';
  if (negated) position++;
  const tests: ((char: string) => boolean)[] = [];
  for (let first = true; ; first = false) {
    let from = pattern[position];
    if (from === undefined) return undefined;
    if (from === ']' && !first) break;
    if (from === '[' && pattern[position + 1] === ':') {
      const name = /^([a-z]+):\]/.exec(pattern.slice(position + 2, position + 2 + longestClass).join(''))?.[1] ?? '';
      const named = Object.hasOwn(namedClasses, name) ? namedClasses[name] : undefined;
      if (named !== undefined) {
        tests.push((char) => named.test(char));
        position += name.length + '[::]'.length;
        continue;
      }
    }
    if (escapes && from === '\\' && pattern[position + 1] !== undefined) from = pattern[++position]!;
    position++;
    let to = from;
    if (pattern[position] === '-' && pattern[position + 1] !== undefined && pattern[position + 1] !== ']') {
      to = pattern[position + 1]!;
      position += 2;
      if (escapes && to === '\\' && pattern[position] !== undefined) to = pattern[position++]!;
    }
    const low = from;
    const high = to;
    tests.push((char) => char >= low && char <= high);
  }
  const test = (char: string): boolean => tests.some((one) => one(char)) !== negated;
  return { token: { kind: 'set', test }, next: position + 1 };
}

function tokenize(pattern: readonly string[], escapes: boolean): Token[] {
  const tokens: Token[] = [];
  const lastClose = pattern.lastIndexOf(']');
  let unclosed = 0;
  for (let position = 0; position < pattern.length; ) {
    const character = pattern[position++]!;
    if (character === '*') {
      if (tokens[tokens.length - 1]?.kind !== 'any') tokens.push({ kind: 'any' });
    } else if (character === '?') tokens.push({ kind: 'one' });
    else if (character === '\\' && escapes) {
      // a backslash that quotes nothing matches nothing
      const quoted = pattern[position++];
      tokens.push(quoted === undefined ? { kind: 'set', test: () => false } : { kind: 'char', char: quoted });
    } else {
      const mayClose = character === '[' && position < lastClose && unclosed < unclosedSets;
      const set = mayClose ? readSet(pattern, position, escapes) : undefined;
      if (mayClose && set === undefined) unclosed++;
      tokens.push(set?.token ?? { kind: 'char', char: character });
      if (set !== undefined) position = set.next;
    }
  }
  return tokens;
}

function matches(token: Token, char: string): boolean {
  if (token.kind === 'set') return token.test(char);
  return token.kind === 'one' || (token.kind === 'char' && token.char === char);
}

/** Whether all of a text matches. Slashes and leading dots are ordinary characters; a backslash quotes. */
export function fnmatch(pattern: string, text: string, options: FnmatchOptions = {}): boolean {
  return matcher(pattern, options)(text);
}

/** As `fnmatch`, for a pattern that many texts are compared with. */
export function matcher(pattern: string, options: FnmatchOptions = {}): (text: string) => boolean {
  const { ignoreCase = false, noEscape = false } = options;
  const fold = (value: string): string => (ignoreCase ? value.toLowerCase() : value);
  const tokens = tokenize([...fold(pattern)], !noEscape);
  return (text) => matchesAll(tokens, [...fold(text)]);
}

function matchesAll(tokens: readonly Token[], characters: readonly string[]): boolean {
  let token = 0;
  let position = 0;
  // where to go on after the last asterisk when what follows it does not match here
  let retryToken = -1;
  let retryPosition = 0;
  while (position < characters.length) {
    const current = tokens[token];
    if (current?.kind === 'any') {
      retryToken = ++token;
      retryPosition = position;
    } else if (current !== undefined && matches(current, characters[position]!)) {
      token++;
      position++;
    } else if (retryToken >= 0) {
      token = retryToken;
      position = ++retryPosition;
    } else return false;
  }
  while (tokens[token]?.kind === 'any') token++;
  return token === tokens.length;
}
