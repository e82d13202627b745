import { expect, it } from 'vitest';
import { EventQueue } from '../../../src/simulation/machine/event-queue.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import { Random } from '../../../src/simulation/random.ts';

it('gives what is planned in the order of time, and of planning where that is the same', () => {
  const r = new Random(1);
  const queue = new EventQueue();
  const planned = Array.from({ length: 500 }, (_, order) => ({
    at: r.int(0, 50),
    order,
    callback: () => {},
    cancelled: false,
  }));
  for (const entry of planned) queue.add(entry);
  const kept = planned.filter(() => r.chance(0.4));
  for (const entry of planned) if (!kept.includes(entry)) queue.cancel(entry);
  for (const entry of planned) if (!kept.includes(entry)) queue.cancel(entry);
  expect(queue.size).toBe(kept.length);
  const taken = Array.from({ length: kept.length }, () => queue.takeFirst());
  expect(taken).toEqual(kept.toSorted((a, b) => a.at - b.at || a.order - b.order));
  expect(queue.takeFirst()).toBeUndefined();
  expect(queue.size).toBe(0);
});

it('a cancelled timer does nothing, before it was due or after', () => {
  const host = new SimHost();
  const heard: string[] = [];
  const first = host.after(10, () => heard.push('first'));
  const second = host.after(20, () => heard.push('second'));
  host.after(0.1 + 0.2, () => heard.push('fraction'));
  host.advance(10);
  first.cancel();
  second.cancel();
  host.advance(100);
  expect(heard).toEqual(['fraction', 'first']);
  expect(host.pending).toBe(0);
});
