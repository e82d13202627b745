import { describe, expect, it } from 'vitest';
import { Turns } from '../../../src/control/turns.ts';

/** Callers who want `slices` turns each, and the order in which they had them. */
async function play(callers: readonly { name: string; uid: number; slices: number }[]): Promise<string[]> {
  const turns = new Turns({ defer: (callback) => void setImmediate(callback) });
  const order: string[] = [];
  const play = async ({ name, uid, slices }: (typeof callers)[number]): Promise<void> => {
    for (let i = 0; i < slices; i++) {
      await turns.next(uid, uid === 0);
      order.push(name);
    }
  };
  await Promise.all(callers.map(play));
  return order;
}

describe('turns', () => {
  it('go round among users, however many calls one of them makes', async () => {
    const order = await play([
      ...Array.from({ length: 20 }, (_, i) => ({ name: `a${i}`, uid: 1, slices: 3 })),
      { name: 'b', uid: 2, slices: 3 },
    ]);
    expect(order).toHaveLength(63);
    expect(order.lastIndexOf('b')).toBeLessThan(7);
  });

  it('go round among the calls of a user', async () => {
    const order = await play([
      { name: 'x', uid: 1, slices: 50 },
      { name: 'y', uid: 1, slices: 2 },
    ]);
    expect(order.lastIndexOf('y')).toBeLessThan(5);
  });

  it('are root’s in every round, and leave the others one', async () => {
    const order = await play([
      { name: 'other', uid: 1, slices: 20 },
      { name: 'root', uid: 0, slices: 20 },
    ]);
    expect(order.slice(0, 40).join(' ')).toMatch(/^((root other|other root) ?){20}$/);
  });
});
