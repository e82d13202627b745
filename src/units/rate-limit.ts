import type { Keeper } from '../kept/keeper.ts';

/** A fixed window that lets through `burst` events in `intervalMs`. 0 or Infinity in either is no limit. */
export class RateLimit {
  intervalMs: number;
  burst: number;
  #begin = 0;
  #count = 0;
  constructor(intervalMs: number, burst: number) {
    this.intervalMs = intervalMs;
    this.burst = burst;
  }
  /** Counts an event at `nowMs`; false where it is over the limit. */
  below(nowMs: number): boolean {
    if (this.intervalMs <= 0 || this.burst <= 0) return true;
    if (this.#begin === 0 || nowMs >= this.#begin + this.intervalMs) {
      this.#begin = nowMs;
      this.#count = 1;
      return true;
    }
    if (this.#count < this.burst) {
      this.#count++;
      return true;
    }
    return false;
  }
  /** What has been counted; the limit itself is its owner's. */
  keep(k: Keeper): void {
    this.#begin = k.number('begin', this.#begin);
    this.#count = k.number('count', this.#count);
  }
  reset(): void {
    this.#begin = 0;
    this.#count = 0;
  }
  /** Milliseconds of monotonic time when the window ends. */
  get end(): number {
    return this.#begin + this.intervalMs;
  }
}
