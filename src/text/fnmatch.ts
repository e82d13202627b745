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

/** The character at a place, which may be two units long; '' at the end. */
const characterAt = (text: string, at: number): string => {
  const point = text.codePointAt(at);
  return point === undefined ? '' : String.fromCodePoint(point);
};

/** The class that begins after `[:` at `start`, where there is one of that name. */
function readClass(pattern: string, start: number): { name: string; test: RegExp } | undefined {
  const end = pattern.slice(start, start + longestClass).indexOf(':]');
  const name = end < 0 ? '' : pattern.slice(start, start + end);
  const test = Object.hasOwn(namedClasses, name) ? namedClasses[name] : undefined;
  return test === undefined ? undefined : { name, test };
}

const longestClass = 'xdigit:]'.length;
/** So many brackets of a pattern may be looked at in vain for the end of a set: the others stand for themselves. */
const unclosedSets = 8;

const pointsCount = 0x110000;
/** Code points from the first to the second. */
type Range = [first: number, last: number];

/** Sorted, and none touches another: a set is looked at for each character, and may have many of them. */
function joined(ranges: Range[]): Range[] {
  const result: Range[] = [];
  for (const [first, last] of ranges.sort(([a], [b]) => a - b)) {
    const before = result.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else if (first <= last) result.push([first, last]);
  }
  return result;
}

function isWithin(ranges: readonly Range[], point: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const [first, last] = ranges[middle]!;
    if (point < first) high = middle;
    else if (point > last) low = middle + 1;
    else return true;
  }
  return false;
}

/** The set that begins after `[` at `start`, and where it ends; undefined where it is never closed. */
function readSet(pattern: string, start: number, escapes: boolean): { token: Token; next: number } | undefined {
  let position = start;
  const next = (): string => {
    const character = characterAt(pattern, position);
    position += character.length;
    return character;
  };
  const negated = pattern[position] === '!' || pattern[position] === '^';
  if (negated) position++;
  // By first and last in one number: each once.
  const ranges = new Set<number>();
  const classes = new Set<RegExp>();
  for (let first = true; ; first = false) {
    const named = pattern.startsWith('[:', position) ? readClass(pattern, position + 2) : undefined;
    if (named !== undefined) {
      classes.add(named.test);
      position += named.name.length + '[::]'.length;
      continue;
    }
    let low = next();
    if (low === '') return undefined;
    if (low === ']' && !first) break;
    if (escapes && low === '\\' && position < pattern.length) low = next();
    let high = low;
    if (pattern[position] === '-' && position + 1 < pattern.length && pattern[position + 1] !== ']') {
      position++;
      high = next();
      if (escapes && high === '\\' && position < pattern.length) high = next();
    }
    ranges.add(low.codePointAt(0)! * pointsCount + high.codePointAt(0)!);
  }
  const all = joined([...ranges].map((range) => [Math.floor(range / pointsCount), range % pointsCount]));
  const isIn = (char: string): boolean =>
    isWithin(all, char.codePointAt(0)!) || [...classes].some((one) => one.test(char));
  return { token: { kind: 'set', test: (char) => isIn(char) !== negated }, next: position };
}

/** What a pattern is made of, read as far as somebody asks: the pattern may be much longer than what could match. */
class Tokens {
  readonly #pattern: string;
  readonly #escapes: boolean;
  readonly #read: Token[] = [];
  readonly #lastClose: number;
  #position = 0;
  #unclosed = 0;

  constructor(pattern: string, escapes: boolean) {
    this.#pattern = pattern;
    this.#escapes = escapes;
    this.#lastClose = pattern.lastIndexOf(']');
  }

  /** undefined: there are not so many. */
  at(index: number): Token | undefined {
    while (this.#read.length <= index && this.#position < this.#pattern.length) this.#readOne();
    return this.#read[index];
  }

  #readOne(): void {
    const character = characterAt(this.#pattern, this.#position);
    this.#position += character.length;
    if (character === '*') {
      if (this.#read.at(-1)?.kind !== 'any') this.#read.push({ kind: 'any' });
    } else if (character === '?') this.#read.push({ kind: 'one' });
    else if (character === '\\' && this.#escapes) {
      // a backslash that quotes nothing matches nothing
      const quoted = characterAt(this.#pattern, this.#position);
      this.#position += quoted.length;
      this.#read.push(quoted === '' ? { kind: 'set', test: () => false } : { kind: 'char', char: quoted });
    } else this.#read.push((character === '[' ? this.#set() : undefined) ?? { kind: 'char', char: character });
  }

  #set(): Token | undefined {
    if (this.#position >= this.#lastClose || this.#unclosed >= unclosedSets) return undefined;
    const set = readSet(this.#pattern, this.#position, this.#escapes);
    if (set === undefined) this.#unclosed++;
    else this.#position = set.next;
    return set?.token;
  }
}

function matches(token: Token, char: string): boolean {
  if (token.kind === 'set') return token.test(char);
  return token.kind === 'one' || (token.kind === 'char' && token.char === char);
}

/** Whether all of a text matches. Slashes and leading dots are ordinary characters; a backslash quotes. */
export function fnmatch(pattern: string, text: string, options: FnmatchOptions = {}): boolean {
  return matcher([pattern], options)(text);
}

/** As `fnmatch`, for patterns of which one has to match, and which many texts are compared with. */
export function matcher(patterns: readonly string[], options: FnmatchOptions = {}): (text: string) => boolean {
  const { ignoreCase = false, noEscape = false } = options;
  const fold = (value: string): string => (ignoreCase ? value.toLowerCase() : value);
  const all = Array.from(new Set(patterns), (pattern) => new Tokens(fold(pattern), !noEscape));
  return (text) => {
    const characters = [...fold(text)];
    return all.some((tokens) => matchesAll(tokens, characters));
  };
}

function matchesAll(tokens: Tokens, characters: readonly string[]): boolean {
  let token = 0;
  let position = 0;
  // where to go on after the last asterisk when what follows it does not match here
  let retryToken = -1;
  let retryPosition = 0;
  while (position < characters.length) {
    const current = tokens.at(token);
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
  while (tokens.at(token)?.kind === 'any') token++;
  return tokens.at(token) === undefined;
}
