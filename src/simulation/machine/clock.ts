/** Time that passes when it is told to: clocks, timers, what the event loop defers. */
import type { Clock, Timer } from '../../sys/host.ts';
import { EventQueue, type Scheduled } from './event-queue.ts';

export type { Scheduled } from './event-queue.ts';

/** What happens at one moment comes to an end, or there is a loop. */
const mostRounds = 1_000_000;

export class SimClock implements Clock {
  #startWall: number;
  readonly #startMono: number;
  #elapsed = 0;
  #order = 0;
  readonly #queue = new EventQueue();
  #deferred: (() => void)[] = [];
  #random: number;
  /** How many things have happened. */
  fired = 0;

  constructor(startWall: number, startMono: number, seed = 0) {
    this.#startWall = startWall;
    this.#startMono = startMono;
    this.#random = seed >>> 0;
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
    const entry = this.#plan(Math.max(0, delayMs), callback, true);
    return { cancel: () => this.#queue.cancel(entry) };
  }
  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }
  /** The manager has another program from now on: nothing that the old one was to be called for comes to it. */
  forgetProgram(): void {
    this.#queue.cancelOwn();
    this.#deferred = [];
  }
  /** Somebody sets the wall clock. */
  setClock(ms: number): void {
    this.#startWall = ms - this.#elapsed;
  }
  /** Something that will happen to the machine after `ms`. */
  schedule(ms: number, callback: () => void): Scheduled {
    return this.#plan(ms, callback, false);
  }
  #plan(ms: number, callback: () => void, own: boolean): Scheduled {
    const entry = { at: this.#elapsed + ms, order: this.#order++, callback, cancelled: false, own };
    if (ms !== Number.POSITIVE_INFINITY) this.#queue.add(entry);
    return entry;
  }
  /** Lets `ms` of time pass; what is due happens in order, deferred calls in between. */
  advance(ms: number): void {
    const until = this.#elapsed + ms;
    this.settle();
    while (this.#step(until));
  }
  /**
   * Lets time pass until the next thing has happened, and what that defers and what is due at once: true. False where
   * nothing is due for `ms`, all of which have passed then.
   */
  advanceOnce(ms: number): boolean {
    return this.#step(this.#elapsed + ms);
  }
  #step(until: number): boolean {
    const next = this.#queue.first;
    if (next === undefined || next.at > until) {
      this.#elapsed = Math.max(this.#elapsed, until);
      return false;
    }
    this.#elapsed = Math.max(this.#elapsed, next.at);
    this.#fire();
    this.settle();
    return true;
  }
  /** Work of the manager's own that takes `ms`: what falls due meanwhile happens after it. */
  spend(ms: number): void {
    this.#elapsed += ms;
  }
  /** What is due now happens, and what that defers, until all is quiet. */
  settle(): void {
    for (let rounds = 0; rounds < mostRounds; rounds++) {
      const deferred = this.#deferred.splice(0);
      for (const callback of deferred) callback();
      const next = this.#queue.first;
      if (next !== undefined && next.at <= this.#elapsed) this.#fire();
      else if (this.#deferred.length === 0) return;
    }
    throw new Error('the simulated machine does not come to rest');
  }
  /** Milliseconds until the next thing is due; undefined where nothing is. */
  get untilNext(): number | undefined {
    const next = this.#queue.first;
    return next === undefined ? undefined : Math.max(0, next.at - this.#elapsed);
  }
  /** Things that are yet to happen. */
  get pending(): number {
    return this.#queue.size;
  }
  #fire(): void {
    this.fired++;
    this.#queue.takeFirst()!.callback();
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
