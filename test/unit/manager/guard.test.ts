import { expect, it } from 'vitest';
import { Guard } from '../../../src/manager/guard.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';

function world() {
  const host = new SimHost();
  const lines: string[] = [];
  return { host, lines, guard: new Guard(host, (level, message) => void lines.push(`${level} ${message}`)) };
}

it('logs what is thrown, with its place, and goes on', () => {
  const { guard, lines } = world();
  const error = new Error('too bad');
  guard.run('a notification', () => {
    throw error;
  });
  expect(lines).toEqual([`2 Internal error while handling a notification: ${error.stack}`]);
  guard.report('an event', 'no error at all');
  expect(lines[1]).toBe('2 Internal error while handling an event: no error at all');
});

it('says an error without a place by its text', () => {
  const { guard, lines } = world();
  const error = new Error('too bad');
  delete error.stack;
  guard.report('x', error);
  expect(lines).toEqual(['2 Internal error while handling x: too bad']);
});

it('calls back later, once, and what comes after an error is called too', () => {
  const { host, guard, lines } = world();
  const called: number[] = [];
  guard.defer(() => called.push(1));
  guard.defer(() => {
    throw new Error('second');
  });
  guard.defer(() => called.push(3));
  expect(called).toEqual([]);
  host.settle();
  expect(called).toEqual([1, 3]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^2 Internal error while handling event: Error: second/);
});
