import { expect, it } from 'vitest';
import { IdleWaiters } from '../../../src/jobs/idle.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';

function world() {
  const host = new SimHost();
  const waiters = new IdleWaiters(host);
  const called: string[] = [];
  return { host, called, waiters, add: (name: string) => waiters.add(() => called.push(name)) };
}

it('who waits is called after five seconds at the latest, with all who came meanwhile', () => {
  const { host, called, add } = world();
  add('first');
  host.advance(3_000);
  add('second');
  host.advance(1_999);
  expect(called).toEqual([]);
  host.advance(1);
  expect(called).toEqual(['first', 'second']);
  host.advance(10_000);
  expect(called).toHaveLength(2);
  add('third');
  host.advance(4_999);
  expect(called).toHaveLength(2);
  host.advance(1);
  expect(called).toEqual(['first', 'second', 'third']);
});

it('who is taken is not called by time; who comes after has five seconds of its own', () => {
  const { host, called, add, waiters } = world();
  add('first');
  for (const waiter of waiters.take()) waiter();
  expect(waiters.take()).toEqual([]);
  host.advance(3_000);
  add('second');
  host.advance(4_999);
  expect(called).toEqual(['first']);
  host.advance(1);
  expect(called).toEqual(['first', 'second']);
});
