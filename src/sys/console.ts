/** The manager's console: written as far as its reader goes, and never waited for, but at the end. */
import { constants, openSync } from 'node:fs';
import type { Native } from './native.ts';
import { isTerminal } from './terminal.ts';

const EIO = -5;
/** Text that is kept for a reader that is slow; what is beyond is dropped, oldest first. */
const mostBytes = 1 << 20;
/** Text that waits is offered again after so long; at the end it is waited for so long. */
const retryMs = 20;
const lastMs = 500;

const sleeper = new Int32Array(new SharedArrayBuffer(4));
const pause = (ms: number): void => void Atomics.wait(sleeper, 0, 0, ms);

export class Console {
  readonly #native: () => Native;
  #waiting: Buffer[] = [];
  #length = 0;
  #fd = 1;
  #timer: NodeJS.Timeout | undefined;

  constructor(native: () => Native) {
    this.#native = native;
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    this.#waiting.push(bytes);
    this.#length += bytes.length;
    while (this.#length > mostBytes && this.#waiting.length > 1) this.#length -= this.#waiting.shift()!.length;
    this.#offer();
  }

  /** The process ends: what waits is waited for, a little. */
  finish(): void {
    this.#offer();
    const now = (): number => this.#native().clock(1);
    const until = now() + lastMs;
    while (this.#waiting.length > 0 && now() < until) {
      pause(5);
      this.#offer();
    }
  }

  #offer(): void {
    while (this.#waiting.length > 0) {
      const first = this.#waiting[0]!;
      const put = this.#native().writeReady(this.#fd, first);
      if (put === EIO && this.#reopen()) continue;
      if (put < 0) {
        // Nobody reads there any more.
        this.#waiting = [];
        this.#length = 0;
        return;
      }
      this.#length -= put;
      if (put < first.length) {
        this.#waiting[0] = first.subarray(put);
        this.#offerLater();
        return;
      }
      this.#waiting.shift();
    }
  }

  /** After a hangup (TTYVHangup=) the descriptor stays dead, and the terminal can be opened anew. */
  #reopen(): boolean {
    try {
      const fd = openSync('/dev/console', constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
      const usable = isTerminal(fd) && this.#native().writeReady(fd, Buffer.alloc(0)) >= 0;
      if (this.#fd > 2 || !usable) this.#native().closeFd(usable ? this.#fd : fd);
      if (usable) this.#fd = fd;
      return usable;
    } catch {
      return false;
    }
  }

  /** Polled: an event loop would make the descriptor non-blocking, for everybody who shares it. */
  #offerLater(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#offer();
    }, retryMs);
  }
}
