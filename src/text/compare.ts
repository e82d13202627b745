/** Comparisons in conditions: versions, patterns, numbers. systemd.unit(5), ConditionKernelVersion= and its kin. */
import { fnmatch } from './fnmatch.ts';

export type CompareOperator =
  | '<'
  | '<='
  | '=='
  | '!='
  | '>='
  | '>'
  /** The same text, or another one. */
  | 'text ='
  | 'text !='
  /** A shell pattern. */
  | 'pattern ='
  | 'pattern !=';

export interface CompareSyntax {
  /** `$=` and `!$=` compare with patterns. */
  patterns?: boolean;
  /** `=` and `!=` compare texts, not versions. */
  text?: boolean;
  /** `lt`, `le`, `eq`, `ne`, `ge`, `gt`. */
  words?: boolean;
}

const operators: readonly (readonly [string, CompareOperator, keyof CompareSyntax | undefined])[] = [
  ['$=', 'pattern =', 'patterns'],
  ['!$=', 'pattern !=', 'patterns'],
  ['<>', '!=', undefined],
  ['<=', '<=', undefined],
  ['>=', '>=', undefined],
  ['<', '<', undefined],
  ['>', '>', undefined],
  ['==', '==', undefined],
  ['=', '==', undefined],
  ['!=', '!=', undefined],
  ['lt', '<', 'words'],
  ['le', '<=', 'words'],
  ['eq', '==', 'words'],
  ['ne', '!=', 'words'],
  ['ge', '>=', 'words'],
  ['gt', '>', 'words'],
];

/** The operator that a text begins with, and what follows; undefined where it begins with none that `syntax` allows. */
export function takeCompareOperator(
  text: string,
  syntax: CompareSyntax,
): { operator: CompareOperator; rest: string } | undefined {
  for (const [written, operator, needs] of operators) {
    if (!text.startsWith(written)) continue;
    if (needs !== undefined && !syntax[needs]) return undefined;
    const rest = text.slice(written.length);
    if (syntax.text && written === '=') return { operator: 'text =', rest };
    if (syntax.text && written === '!=') return { operator: 'text !=', rest };
    return { operator, rest };
  }
  return undefined;
}

/** Applies an ordering operator to the result of a comparison; false for the others. */
export function orderHolds(order: number, operator: CompareOperator): boolean {
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>=':
      return order >= 0;
    case '>':
      return order > 0;
    default:
      return false;
  }
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

function isLetter(character: string | undefined): boolean {
  return character !== undefined && /^[A-Za-z]$/.test(character);
}

function isVersionCharacter(character: string): boolean {
  return /^[A-Za-z0-9~^.-]$/.test(character);
}

function runEnd(text: string, start: number, test: (character: string | undefined) => boolean): number {
  let end = start;
  while (test(text[end])) end++;
  return end;
}

/**
 * Orders versions as `systemd-analyze compare-versions` does: segments of digits or letters, `~` before everything,
 * then `-`, `^`, `.`.
 */
export function compareVersions(a: string, b: string): number {
  let i = 0;
  let j = 0;
  for (;;) {
    while (i < a.length && !isVersionCharacter(a[i]!)) i++;
    while (j < b.length && !isVersionCharacter(b[j]!)) j++;
    if (a[i] === '~' || b[j] === '~') {
      if (a[i] !== b[j]) return a[i] === '~' ? -1 : 1;
      i++;
      j++;
    }
    if (i >= a.length || j >= b.length) return Math.sign((a.charCodeAt(i) || 0) - (b.charCodeAt(j) || 0));
    for (const separator of ['-', '^', '.']) {
      if (a[i] !== separator && b[j] !== separator) continue;
      if (a[i] !== b[j]) return a[i] === separator ? -1 : 1;
      i++;
      j++;
    }
    const numeric = isDigit(a[i]) || isDigit(b[j]);
    const endA = runEnd(a, i, numeric ? isDigit : isLetter);
    const endB = runEnd(b, j, numeric ? isDigit : isLetter);
    if (numeric) {
      if (endA > i !== endB > j) return endA > i ? 1 : -1;
      while (i < endA && a[i] === '0') i++;
      while (j < endB && b[j] === '0') j++;
      if (endA - i !== endB - j) return endA - i > endB - j ? 1 : -1;
    }
    const shorter = Math.min(endA - i, endB - j);
    const left = a.slice(i, i + shorter);
    const right = b.slice(j, j + shorter);
    if (left !== right) return left < right ? -1 : 1;
    if (endA - i !== endB - j) return endA - i > endB - j ? 1 : -1;
    i = endA;
    j = endB;
  }
}

/** Compares as versions, texts or patterns, as the operator says; `b` is the pattern. */
export function compareTexts(operator: CompareOperator, a: string, b: string): boolean {
  switch (operator) {
    case 'text =':
      return a === b;
    case 'text !=':
      return a !== b;
    case 'pattern =':
      return fnmatch(b, a);
    case 'pattern !=':
      return !fnmatch(b, a);
    default:
      return orderHolds(compareVersions(a, b), operator);
  }
}
