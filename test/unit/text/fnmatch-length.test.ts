import { expect, it } from 'vitest';
import { fnmatch, matcher } from '../../../src/text/fnmatch.ts';

it.each(['[', '[[:', '[a-', '[!', '[[:alpha:]', '[]', '*[', '[[:nonsense:]', '*a'])(
  'a pattern of very many %j costs what its length says',
  (part) => {
    const test = matcher(part.repeat(20_000), { noEscape: true });
    expect(test('x'.repeat(255))).toBe(false);
  },
);

it('brackets that are never closed stand for themselves', () => {
  expect(fnmatch('[a', '[a')).toBe(true);
  expect(fnmatch('[[a]', '[')).toBe(true);
  expect(fnmatch('[[:alpha:]', '[:')).toBe(true);
  expect(fnmatch('[[:alpha:]]', 'x')).toBe(true);
  expect(fnmatch('[[:digit:]x]', 'x')).toBe(true);
  expect(fnmatch('[[:none:]', 'n')).toBe(true);
});
