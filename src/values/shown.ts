/** How `systemctl show` writes what a property has: strings, lists, numbers, and what it has no words for. */

import { shellMaybeQuote } from '../text/quoting.ts';

/**
 * A line, or several lines of the same property. Empty ones are only seen with --all; `whenAll` is one that only --all
 * shows, `always` is shown although it may be empty.
 */
export type ShownValue = string | readonly string[] | { readonly whenAll: string } | { readonly always: string };

/** The lines that are seen without --all. */
export function shownLines(value: ShownValue): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if ('whenAll' in value) return [];
  return 'always' in value ? [value.always] : value;
}

/** Values that systemctl has no words for. */
export const unprintable: ShownValue = { whenAll: '[unprintable]' };

export const notSet = '[not set]';

/** A string: one with a newline cannot be shown. */
export const printable = (text: string | undefined): string =>
  text === undefined ? '' : text.includes('\n') ? '[unprintable]' : text;

/** A list. */
export const printableWords = (words: readonly string[]): string => words.map((w) => shellMaybeQuote(w)).join(' ');

/** A list that allows (plain) or forbids (`~`). */
export const printableFilter = (allow: boolean, sorted: readonly string[]): ShownValue =>
  allow || sorted.length > 0 ? { always: `${allow ? '' : '~'}${sorted.join(' ')}` } : { whenAll: '~' };

/** A number of bytes, tasks and the like. */
export const printableNumber = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? 'infinity' : BigInt(value).toString();
