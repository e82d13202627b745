/** What is asked of entries of the journal, and how errors show them. */
import type { JournalEntry } from './words.ts';

/** Lines of the journal in an error. */
export const linesShown = 10;

export function contains(text: string, pattern: string | RegExp): boolean {
  if (typeof pattern === 'string') return text.includes(pattern);
  // One with g or y remembers where it was.
  pattern.lastIndex = 0;
  return pattern.test(text);
}

/** As people read it in an error: the program and what it said. */
export const lineOf = ({ identifier, pid, message }: JournalEntry): string =>
  `${identifier}${pid === undefined ? '' : `[${pid}]`}: ${message}`;

export const lastLines = (entries: readonly JournalEntry[], count = linesShown): string[] =>
  entries.slice(-count).map(lineOf);
