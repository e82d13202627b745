/** Time, and what the event loop is to do later. */

/** A timer; `cancel` is harmless when it has fired. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, milliseconds since the epoch, fractions are microseconds. */
  now(): number;
  /** CLOCK_MONOTONIC, milliseconds, fractions are microseconds. */
  monotonic(): number;
  /** CLOCK_BOOTTIME milliseconds. */
  boottime(): number;
  /** Calls back once, not before `delayMs` milliseconds (≥ 0) of monotonic time. */
  after(delayMs: number, callback: () => void): Timer;
  /** Calls back from the event loop, after what is running now and pending I/O callbacks. */
  defer(callback: () => void): void;
}
