import { describe, expect, it } from 'vitest';
import { inTurns, printInTurns, sortedInTurns } from '../../../src/program/in-turns.ts';

function caller() {
  const abort = new AbortController();
  const seen = { turns: 0, out: '' };
  const context = {
    signal: abort.signal,
    turn: () => {
      seen.turns++;
      return Promise.resolve();
    },
    out: (text: string) => {
      seen.out += text;
    },
  };
  return { abort, seen, context };
}

describe('work in turns', () => {
  it('goes through all items, with a turn after each', async () => {
    const { seen, context } = caller();
    const got: number[] = [];
    for await (const item of inTurns(context, [1, 2, 3])) got.push(item);
    expect(got).toEqual([1, 2, 3]);
    expect(seen.turns).toBe(3);
  });

  it('ends when the caller is gone', async () => {
    const { abort, seen, context } = caller();
    function* pieces() {
      yield 'a';
      abort.abort();
      yield 'b';
      throw new Error('asked for more');
    }
    await printInTurns(context, pieces());
    expect(seen.out).toBe('a');
  });

  it.each([0, 1, 255, 256, 257, 512, 1000, 2049])('sorts %i items as the language does', async (count) => {
    const { seen, context } = caller();
    const items = Array.from({ length: count }, (_, i) => ({ key: (i * 7919) % 101, at: i }));
    const compare = (a: { key: number }, b: { key: number }) => a.key - b.key;
    expect(await sortedInTurns(context, items, compare)).toEqual([...items].sort(compare));
    expect(seen.turns).toBeGreaterThanOrEqual(Math.ceil(count / 256));
  });
});
