/** Time that passes when it is told to: clocks, timers, what the event loop defers. */
import type { Clock, Timer } from '../../sys/host.ts';

/** Something that will happen. */
export interface Scheduled {
  at: number;
  order: number;
  callback: () => void;
  cancelled: boolean;
}

export class SimClock implements Clock {
  #startWall: number;
  readonly #startMono: number;
  #elapsed = 0;
  #order = 0;
  readonly #queue: Scheduled[] = [];
  #deferred: (() => void)[] = [];
  #random = 0;

  constructor(startWall: number, startMono: number) {
    this.#startWall = startWall;
    this.#startMono = startMono;
  }

  now(): number {
    return this.#startWall + this.#elapsed;
  }
  monotonic(): number {
    return this.#startMono + this.#elapsed;
  }
  boottime(): number {
    return this.monotonic();
  }
  after(delayMs: number, callback: () => void): Timer {
    const entry = this.schedule(Math.max(0, delayMs), callback);
    const cancel = (): void => {
      entry.cancelled = true;
    };
    return { cancel };
  }
  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }
  /** Somebody sets the wall clock. */
  setClock(ms: number): void {
    this.#startWall = ms - this.#elapsed;
  }
  /** Something that will happen to the machine after `ms`. */
  schedule(ms: number, callback: () => void): Scheduled {
    const entry = { at: this.#elapsed + ms, order: this.#order++, callback, cancelled: false };
    if (ms !== Number.POSITIVE_INFINITY) this.#insert(entry);
    return entry;
  }
  /** Keeps the queue in the order of time, of entries for one moment that of their coming. */
  #insert(entry: Scheduled): void {
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#queue[middle]!.at <= entry.at) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, entry);
  }
  /** Lets `ms` of time pass; what is due happens in order, deferred calls in between. */
  advance(ms: number): void {
    const until = this.#elapsed + ms;
    this.settle();
    for (;;) {
      const next = this.#next();
      if (next === undefined || next.at > until) break;
      this.#elapsed = Math.max(this.#elapsed, next.at);
      this.#fire(next);
      this.settle();
    }
    this.#elapsed = until;
  }
  /** Work of the manager's own that takes `ms`: what falls due meanwhile happens after it. */
  spend(ms: number): void {
    this.#elapsed += ms;
  }
  /** What is due now happens, and what that defers, until all is quiet. */
  settle(): void {
    for (let rounds = 0; rounds < 100_000; rounds++) {
      const deferred = this.#deferred.splice(0);
      for (const callback of deferred) callback();
      const next = this.#next();
      if (next !== undefined && next.at <= this.#elapsed) this.#fire(next);
      else if (this.#deferred.length === 0) return;
    }
    throw new Error('the simulated machine does not come to rest');
  }
  /** Milliseconds until the next thing is due; undefined where nothing is. */
  get untilNext(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : Math.max(0, next.at - this.#elapsed);
  }
  /** Things that are yet to happen. */
  get pending(): number {
    return this.#queue.filter((entry) => !entry.cancelled).length;
  }
  #next(): Scheduled | undefined {
    while (this.#queue[0]?.cancelled) this.#queue.shift();
    return this.#queue[0];
  }
  /** `entry` is the next one. */
  #fire(entry: Scheduled): void {
    this.#queue.shift();
    entry.callback();
  }
  /** The same ones in each run. */
  randomBytes(size: number): Buffer {
    const bytes = Buffer.alloc(size);
    for (let index = 0; index < size; index++) {
      this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
      bytes[index] = this.#random >>> 24;
    }
    return bytes;
  }
}
