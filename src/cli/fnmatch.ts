/** Shell patterns against unit names: fnmatch(3) with FNM_NOESCAPE. */

const cache = new Map<string, RegExp | undefined>();
const cacheLimit = 256;

/** The expression of a pattern; undefined where it can match nothing but itself. */
function expressionOf(pattern: string): RegExp | undefined {
  let source = '';
  let special = false;
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index]!;
    if (character === '*' || character === '?') {
      source += character === '*' ? '.*' : '.';
      special = true;
      continue;
    }
    const end = character === '[' ? endOfClass(pattern, index) : -1;
    if (end < 0) {
      source += character.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
      continue;
    }
    special = true;
    let body = pattern.slice(index + 1, end);
    const negated = body[0] === '!' || body[0] === '^';
    if (negated) body = body.slice(1);
    source += `[${negated ? '^' : ''}${classBody(body)}]`;
    index = end;
  }
  if (!special) return undefined;
  try {
    return new RegExp(`^(?:${source})$`, 'su');
  } catch {
    // A range that runs backwards matches nothing.
    return /$^/;
  }
}

/** Index of the `]` that ends the class which begins at `start`; -1 where there is none. */
function endOfClass(pattern: string, start: number): number {
  let from = start + 1;
  if (pattern[from] === '!' || pattern[from] === '^') from++;
  if (pattern[from] === ']') from++;
  for (let index = from; index < pattern.length; index++) {
    if (pattern.startsWith('[:', index)) {
      const close = pattern.indexOf(':]', index + 2);
      if (close >= 0) {
        index = close + 1;
        continue;
      }
    }
    if (pattern[index] === ']') return index;
  }
  return -1;
}

const namedClasses: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  blank: ' \\t',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

function classBody(body: string): string {
  return body.replace(/\[:([a-z]+):\]|[\\\]^[]/g, (match, name: string | undefined) =>
    name === undefined ? `\\${match}` : (namedClasses[name] ?? ''),
  );
}

export function fnmatch(pattern: string, text: string): boolean {
  let expression = cache.get(pattern);
  if (expression === undefined && !cache.has(pattern)) {
    expression = expressionOf(pattern);
    if (cache.size >= cacheLimit) cache.clear();
    cache.set(pattern, expression);
  }
  return expression === undefined ? pattern === text : expression.test(text);
}

/** True where one of the patterns matches, and where there is none. */
export function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.length === 0 || patterns.some((pattern) => fnmatch(pattern, text));
}
