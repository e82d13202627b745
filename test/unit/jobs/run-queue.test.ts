import { describe, expect, it } from 'vitest';
import { Job } from '../../../src/jobs/job.ts';
import { RunQueue } from '../../../src/jobs/run-queue.ts';
import { UnitsWorld } from '../../support/units-world.ts';

const texts = {
  'a.scope': '',
  'a.slice': '',
  'a.path': '[Path]\nPathExists=/x',
  'a.timer': '[Timer]\nOnActiveSec=1',
  'a.automount': '[Automount]\nWhere=/a',
  'a.device': '',
  'a.target': '',
  'a.socket': '[Socket]\nListenStream=/run/a',
  'a.swap': '[Swap]\nWhat=/a',
  'a.mount': '[Mount]\nWhere=/a\nWhat=tmpfs',
  'a.service': '',
};

/** Names in the order in which they come out. */
function order(world: UnitsWorld, names: readonly string[]): string[] {
  const queue = new RunQueue();
  for (const [id, name] of names.entries()) queue.push(new Job(id, world.unit(name), 'start', false, false));
  expect(queue.size).toBe(names.length);
  const out: string[] = [];
  for (let job = queue.pop(); job !== undefined; job = queue.pop()) out.push(job.unit.id);
  expect(queue.size).toBe(0);
  return out;
}

describe('jobs that may run come', () => {
  it('by type: what starts or holds others before them', () => {
    const world = new UnitsWorld(texts);
    expect(order(world, Object.keys(texts).reverse())).toEqual(Object.keys(texts));
  });

  it('by weight, then by how nice they are, then by name, whatever order they came in', () => {
    const world = new UnitsWorld({
      'heavy.service': '[Service]\nCPUWeight=500\nNice=10',
      'plain.service': '[Service]\nCPUWeight=100',
      'also.service': '',
      'nice.service': '[Service]\nNice=5',
      'nasty.service': '[Service]\nNice=-5',
      'light.service': '[Service]\nCPUWeight=50\nNice=-20',
    });
    const wanted = ['heavy', 'nasty', 'also', 'plain', 'nice', 'light'].map((name) => `${name}.service`);
    for (let turn = 0; turn < wanted.length; turn++)
      expect(order(world, [...wanted.slice(turn), ...wanted.slice(0, turn)])).toEqual(wanted);
    expect(order(world, [...wanted].reverse())).toEqual(wanted);
  });

  it('of one unit in the order in which they were made', () => {
    const unit = new UnitsWorld({ 'a.service': '' }).unit('a.service');
    const queue = new RunQueue();
    for (const id of [3, 1, 2]) queue.push(new Job(id, unit, 'nop', false, false));
    expect([queue.pop(), queue.pop(), queue.pop(), queue.pop()].map((job) => job?.id)).toEqual([1, 2, 3, undefined]);
  });

  it('in order however many there are', () => {
    const names = Array.from({ length: 200 }, (_, n) => `u${String((n * 77) % 200).padStart(3, '0')}.target`);
    const world = new UnitsWorld(Object.fromEntries(names.map((name) => [name, ''])));
    expect(order(world, names)).toEqual([...names].sort());
  });
});
