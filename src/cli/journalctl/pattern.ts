/** The pattern of `journalctl --grep`. */
/** The words of PCRE2 for what V8 says. */
const patternProblems: readonly [RegExp, string][] = [
  [/Unterminated group/, 'missing closing parenthesis'],
  [/Unmatched '\)'/, 'unmatched closing parenthesis'],
  [/Nothing to repeat/, 'quantifier does not follow a repeatable item'],
  [/Unterminated character class/, 'missing terminating ] for character class'],
  [/Range out of order in character class/, 'range out of order in character class'],
  [/\\ at end of pattern/, '\\ at end of pattern'],
];

function patternProblem(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return patternProblems.find(([v8]) => v8.test(message))?.[1] ?? message.replace(/^.*: /, '');
}

const classes: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  blank: ' \\t',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  word: '\\w',
  xdigit: '0-9A-Fa-f',
};

/** Of PCRE2, in the words of JavaScript: `(?i)` at the start, `(?P<name>…)` and `(?P=name)`, `[[:upper:]]`. */
function translated(pattern: string): { text: string; ignoresCase: boolean } {
  const ignoresCase = pattern.startsWith('(?i)');
  const text = (ignoresCase ? pattern.slice('(?i)'.length) : pattern)
    .replaceAll('(?P<', '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replace(/\[:(\w+):\]/g, (whole, name: string) => (Object.hasOwn(classes, name) ? classes[name]! : whole));
  return { text, ignoresCase };
}

/** undefined where no pattern is asked for; an error where it is none. One without capital letters ignores case. */
export function compilePattern({
  pattern,
  caseSensitive,
}: {
  readonly pattern: string | undefined;
  readonly caseSensitive: boolean | undefined;
}): RegExp | undefined | { error: string } {
  if (pattern === undefined) return undefined;
  const sensitive = caseSensitive ?? /\p{Lu}/u.test(pattern);
  try {
    const { text, ignoresCase } = translated(pattern);
    return new RegExp(text, sensitive && !ignoresCase ? 's' : 'is');
  } catch (error) {
    return { error: `Bad pattern "${pattern}": ${patternProblem(error)}` };
  }
}
