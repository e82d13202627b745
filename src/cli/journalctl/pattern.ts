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
    return new RegExp(pattern, sensitive ? 's' : 'is');
  } catch (error) {
    return { error: `Bad pattern "${pattern}": ${patternProblem(error)}` };
  }
}
