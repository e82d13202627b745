/** The very end: whatever still runs is asked to end, then made to; nothing of it outlives the manager. */
import type { Host, ProcessInfo, Timer } from '../sys/host.ts';

const SIGTERM = 15;
const SIGCONT = 18;
const SIGKILL = 9;

/** Milliseconds from SIGTERM to SIGKILL, and from there until the rest is left to the kernel. */
const graceMs = 10_000;
const giveUpMs = 2_000;

/**
 * Ends every process that is the manager's: all of the PID namespace where it is PID 1, else those that descend from
 * it. `done` is called once none is left or the kernel does not let go of one. Call `poll` after each reaped exit.
 */
export class FinalKill {
  readonly #host: Host;
  readonly #log: (message: string) => void;
  readonly #done: () => void;
  #timer: Timer | undefined;
  #killing = false;
  #ended = false;

  constructor(host: Host, log: (message: string) => void, done: () => void) {
    this.#host = host;
    this.#log = log;
    this.#done = done;
  }

  start(): void {
    if (this.#signal(SIGTERM) === 0) {
      this.#end();
      return;
    }
    // A stopped process sees SIGTERM only when it goes on.
    this.#signal(SIGCONT);
    this.#timer = this.#host.after(graceMs, () => this.kill());
  }

  /** Without any more grace. */
  kill(): void {
    if (this.#ended || this.#killing) return;
    this.#killing = true;
    this.#timer?.cancel();
    const left = this.#mine();
    if (left.length > 0)
      this.#log(`Killing remaining processes: ${left.map((p) => `${p.pid} (${p.comm})`).join(', ')}`);
    if (this.#signal(SIGKILL) === 0) this.#end();
    else this.#timer = this.#host.after(giveUpMs, () => this.#end());
  }

  /** Looks whether any is left. What was forked while others were killed, or is a last command of theirs, goes as well. */
  poll(): void {
    const left = this.#killing ? this.#signal(SIGKILL) : this.#mine().length;
    if (left === 0) this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer?.cancel();
    this.#done();
  }

  #signal(signal: number): number {
    const all = this.#mine();
    for (const { pid, startTime } of all)
      try {
        this.#host.kill(pid, signal, startTime);
      } catch {
        // Not ours to signal (EPERM); it ends with the namespace.
      }
    return all.length;
  }

  #mine(): ProcessInfo[] {
    const self = this.#host.pid;
    const all = this.#host.processes().filter((p) => p.pid !== self && p.state !== 'Z');
    if (self === 1) return all.filter((p) => p.ppid !== 0 || p.pid !== 2);
    const parents = new Map(all.map((p) => [p.pid, p.ppid]));
    return all.filter((p) => descendsFrom(p.pid, self, parents));
  }
}

/** Along parents as they are known: a chain is not longer than there are processes. */
function descendsFrom(pid: number, ancestor: number, parents: ReadonlyMap<number, number>): boolean {
  let at: number | undefined = pid;
  for (let left = parents.size; left > 0 && at !== undefined; left--) {
    at = parents.get(at);
    if (at === ancestor) return true;
  }
  return false;
}
