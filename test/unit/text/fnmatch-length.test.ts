import { expect, it } from 'vitest';
import { fnmatch, matcher } from '../../../src/text/fnmatch.ts';

it.each(['[', '[[:', '[a-', '[!', '[[:alpha:]', '[]', '*[', '[[:nonsense:]', '*a'])(
  'a pattern of very many %j costs what its length says',
  (part) => {
    const test = matcher([part.repeat(20_000)], { noEscape: true });
    for (let i = 0; i < 300; i++) expect(test('x'.repeat(255))).toBe(false);
  },
);

it('a set of very many characters costs little for each text', () => {
  const points = Array.from({ length: 30_000 }, (_, i) => String.fromCodePoint(0x100 + 3 * i));
  const test = matcher([`*[${points.join('')}x-zx-zx]y`]);
  for (let i = 0; i < 300; i++) expect(test('x'.repeat(255))).toBe(false);
  expect(test('wzy')).toBe(true);
  expect(test(`${points[29_999]}y`)).toBe(true);
  expect(test('wy')).toBe(false);
});

it('of many patterns one has to match', () => {
  const test = matcher(Array.from({ length: 50_000 }, (_, i) => `${i}*z`));
  for (let i = 0; i < 100; i++) expect(test(`x${i}.service`)).toBe(false);
  expect(test('49999.z')).toBe(true);
});

it('characters beyond 16 bits are one character', () => {
  expect(fnmatch('?[😀-😂]?', '😀😁😂')).toBe(true);
  expect(fnmatch('[!😀]', '😁')).toBe(true);
  expect(fnmatch('[!😀]', '😀')).toBe(false);
});

it('brackets that are never closed stand for themselves', () => {
  expect(fnmatch('[a', '[a')).toBe(true);
  expect(fnmatch('[[a]', '[')).toBe(true);
  expect(fnmatch('[[:alpha:]', '[:')).toBe(true);
  expect(fnmatch('[[:alpha:]]', 'x')).toBe(true);
  expect(fnmatch('[[:digit:]x]', 'x')).toBe(true);
  expect(fnmatch('[[:none:]', 'n')).toBe(true);
});
