/** PID 1 does not die of an error of its own: it is logged, with its place, and what was being done is left. */
import type { Host } from '../sys/host.ts';
import type { Log } from './log-control.ts';

export class Guard {
  readonly #host: Pick<Host, 'defer'>;
  readonly #log: Log;

  constructor(host: Pick<Host, 'defer'>, log: Log) {
    this.#host = host;
    this.#log = log;
  }

  /** Calls back now; `what` is what was being handled if it throws. */
  run(what: string, callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.report(what, error);
    }
  }

  /** Calls back from the event loop, soon. */
  defer(callback: () => void): void {
    this.#host.defer(() => this.run('event', callback));
  }

  report(what: string, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#log(2, `Internal error while handling ${what}: ${text}`);
  }
}
