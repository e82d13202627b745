/**
 * Which of the jobs that may run is looked at first, where their order is not said: jobs of units that others are
 * started by or run in come before those of services (a socket before what it starts), what has more weight or is nicer
 * to start before the rest (systemd.resource-control(5), CPUWeight=; systemd.exec(5), Nice=), then by name. So the order
 * in which independent units start is the same at every boot.
 */
import type { UnitType } from '../unitfile/language/unit-name.ts';
import type { Job } from './job.ts';

const order: readonly UnitType[] = [
  'scope',
  'slice',
  'path',
  'timer',
  'automount',
  'device',
  'target',
  'socket',
  'swap',
  'mount',
  'service',
];
const rankOf = new Map(order.map((type, index) => [type, index]));
const defaultWeight = 100;

interface Entry {
  readonly job: Job;
  readonly rank: number;
  readonly weight: number;
  readonly nice: number;
}

function entryOf(job: Job): Entry {
  const { type, cgroup, exec } = job.unit.loaded;
  return { job, rank: rankOf.get(type)!, weight: cgroup?.CPUWeight ?? defaultWeight, nice: exec?.Nice ?? 0 };
}

function isBefore(a: Entry, b: Entry): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank;
  if (a.weight !== b.weight) return a.weight > b.weight;
  if (a.nice !== b.nice) return a.nice < b.nice;
  if (a.job.unit !== b.job.unit) return a.job.unit.id < b.job.unit.id;
  return a.job.id < b.job.id;
}

/** Jobs to look at; a binary heap, for a boot queues hundreds and wakes them again and again. */
export class RunQueue {
  readonly #heap: Entry[] = [];

  get size(): number {
    return this.#heap.length;
  }

  push(job: Job): void {
    const heap = this.#heap;
    const entry = entryOf(job);
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  /** The first one, taken out; undefined where there is none. */
  pop(): Job | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0) return first?.job;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last!)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last!;
    return first!.job;
  }
}
