import { describe, expect, it } from 'vitest';
import { type Readable, ReadTurns } from '../../../src/sys/read-turns.ts';

/** A loop whose turns the test lets go by; a read takes one millisecond. */
function loop() {
  let now = 0;
  let later: (() => void)[] = [];
  const order: string[] = [];
  const turns = new ReadTurns(
    () => now,
    (callback) => void later.push(callback),
  );
  const reader = (name: string, reads: number): Readable => ({
    readOnce: () => {
      now += 1;
      order.push(name);
      return --reads > 0;
    },
  });
  const turn = (): void => {
    const due = later;
    later = [];
    order.push('|');
    for (const callback of due) callback();
  };
  return { turns, order, reader, turn };
}

describe('reading in turns', () => {
  it('reads at once where nobody waits', () => {
    const { turns, order, reader } = loop();
    turns.ask(reader('a', 1));
    expect(order.join('')).toBe('a');
  });

  it('reads for a slice in each turn, those who wait one after the other', () => {
    const { turns, order, reader, turn } = loop();
    for (const name of ['a', 'b', 'c']) turns.ask(reader(name, 3));
    for (let i = 0; i < 5; i++) turn();
    expect(order.join('')).toBe('aa|ab|cb|cb|c|');
  });

  it('forgets who does not want to read any more', () => {
    const { turns, order, reader, turn } = loop();
    const [a, b] = [reader('a', 9), reader('b', 9)];
    turns.ask(a);
    turns.ask(b);
    turns.forget(a);
    expect(turns.waits(a)).toBe(false);
    expect(turns.waits(b)).toBe(true);
    for (let i = 0; i < 9; i++) turn();
    expect(order.filter((name) => name === 'a')).toHaveLength(2);
    expect(order.filter((name) => name === 'b')).toHaveLength(9);
  });
});
