/**
 * Lists of words that grow from release to release. Behind a word stand the release that brought it, `@254`, and the one that
 * was without it again, `!258`.
 */
import type { Release } from './release.ts';

interface Word {
  readonly word: string;
  readonly since: number;
  readonly until: number;
}

const parsed = new Map<string, readonly Word[]>();

function wordsOf(list: string): readonly Word[] {
  let words = parsed.get(list);
  if (words === undefined) {
    words = list
      .split(/\s+/)
      .filter((text) => text !== '')
      .map((text) => {
        const [, word = '', since = '0', until = 'Infinity'] = /^([\w-]+)(?:@(\d+))?(?:!(\d+))?$/.exec(text) ?? [];
        return { word, since: Number(since), until: Number(until) };
      });
    parsed.set(list, words);
  }
  return words;
}

/** The words that a release has. */
export const wordsIn =
  (release: Release) =>
  (list: string): readonly string[] =>
    wordsOf(list)
      .filter(({ since, until }) => since <= release && release < until)
      .map(({ word }) => word);

/** Those that any release has. */
export const allWords = (list: string): readonly string[] => [...new Set(wordsOf(list).map(({ word }) => word))];
