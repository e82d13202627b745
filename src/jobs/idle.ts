/** Who waits until no job is left: services with Type=idle (systemd.service(5)), a shutdown without a target. */
import type { Host, Timer } from '../sys/host.ts';

/** Nobody waits longer, milliseconds: jobs may go on for ever. */
const patienceMs = 5000;

export class IdleWaiters {
  readonly #host: Pick<Host, 'after'>;
  #waiters: (() => void)[] = [];
  #timer: Timer | undefined;

  constructor(host: Pick<Host, 'after'>) {
    this.#host = host;
  }

  /** Calls back once, at the latest when the first who waits has done so for five seconds. */
  add(callback: () => void): void {
    this.#waiters.push(callback);
    this.#timer ??= this.#host.after(patienceMs, () => {
      for (const waiter of this.take()) waiter();
    });
  }

  /** Hands out all who wait: they are to be called. */
  take(): (() => void)[] {
    this.#timer?.cancel();
    this.#timer = undefined;
    const waiters = this.#waiters;
    this.#waiters = [];
    return waiters;
  }
}
