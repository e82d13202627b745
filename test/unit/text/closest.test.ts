import { describe, expect, it } from 'vitest';
import { closestWord } from '../../../src/text/closest.ts';

const verbs = ['list-units', 'start', 'stop', 'restart', 'status', 'link'];

describe('what may have been meant', () => {
  it.each([
    ['star', 'start'],
    ['li', 'link'],
    ['startt', 'start'],
    ['tsop', 'stop'],
    ['statsu', 'status'],
    ['rstart', 'start'],
    ['t-*', 'stop'],
    ['', 'stop'],
  ])('by %j is %s', (name, word) => expect(closestWord(verbs, name)).toBe(word));
  it.each(['incomprehensible', 'xyzzyqwert', 'a'.repeat(1_000_000)])('by %.20s is nothing', (name) =>
    expect(closestWord(verbs, name)).toBeUndefined(),
  );
});
