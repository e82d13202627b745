/** A timer of Node's event loop. */
import type { Timer } from './host.ts';

/** setTimeout's longest; a longer wait is cut into these. */
const maxTimeoutMs = 2 ** 31 - 1;

export class RealTimer implements Timer {
  #handle: NodeJS.Timeout | undefined;
  constructor(delayMs: number, callback: () => void) {
    this.#arm(Math.max(0, delayMs), callback);
  }
  #arm(left: number, callback: () => void): void {
    if (left > maxTimeoutMs) this.#handle = setTimeout(() => this.#arm(left - maxTimeoutMs, callback), maxTimeoutMs);
    // Rounded up: never before its time.
    else this.#handle = setTimeout(callback, Math.ceil(left));
  }
  cancel(): void {
    clearTimeout(this.#handle);
  }
}
