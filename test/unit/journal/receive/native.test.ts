import { describe, expect, it } from 'vitest';
import { parseNative } from '../../../../src/journal/receive/native.ts';

describe('a message of many entries', () => {
  it('is taken apart entry by entry', () => {
    const steps = [...parseNative(Buffer.from('MESSAGE=a\n\nMESSAGE=b\nPRIORITY=3\n\n\n'))];
    expect(steps.map((entry) => entry && [String(entry.fields[0]![1]), entry.level])).toEqual([
      ['a', 6],
      ['b', 3],
    ]);
  });

  it.each([
    ['entries', 'A=1\n\n', 10_000],
    ['comments', '#\n', 0],
    ['names that are none', 'a b=1\n', 0],
    ['empty lines', '\n', 0],
  ])('has steps in it that grow with its size: %s', (_, line, entries) => {
    const steps = [...parseNative(Buffer.from(line.repeat(10_000)))];
    expect(steps.filter(Boolean)).toHaveLength(entries);
    expect(steps.length).toBeGreaterThan(100);
    const others = [...parseNative(Buffer.from(line.repeat(10_000)), { entries: 5, lines: 1000 })];
    expect(others.filter(Boolean)).toHaveLength(Math.min(entries, 5));
    expect(others.length).toBeLessThan(50);
  });
});
