/**
 * Whom the kernel has killed for want of memory. It counts by control group, and a container has one for all of its
 * services, so the number tells that somebody was killed, and the end of a process that it was this one: by SIGKILL, or,
 * of a shell whose command was, with 137. Of others (children of a process that goes on) nobody tells.
 */

import type { Keeper } from '../kept/keeper.ts';
import { oomKills } from '../sys/cgroup.ts';
import type { Host, ProcessExit } from '../sys/host.ts';

const SIGKILL = 9;
/** A process is counted when it is killed, and may take so long to end, milliseconds. */
const dyingMs = 10_000;
/** The number is read at most so often for the sake of ends that it does not matter to, milliseconds. */
const lookMs = 1000;

export class OomKills {
  readonly #host: Pick<Host, 'files' | 'monotonic'>;
  #count: number | undefined;
  #lookedMs = Number.NEGATIVE_INFINITY;
  /** When they were counted; their ends have not come yet. */
  #awaited: number[] = [];

  constructor(host: Pick<Host, 'files' | 'monotonic'>) {
    this.#host = host;
    this.#look();
  }

  /** Whether a process that has ended so is one of them. To be asked once of each. */
  claims({ how, status }: Pick<ProcessExit, 'how' | 'status'>): boolean {
    const may = how === 'killed' ? status === SIGKILL : how === 'exited' && status === 128 + SIGKILL;
    if (!may && this.#host.monotonic() - this.#lookedMs < lookMs) return false;
    this.#look();
    if (!may || this.#awaited.length === 0) return false;
    this.#awaited.shift();
    return true;
  }

  keep(k: Keeper): void {
    this.#count = k.plain('count', this.#count);
    this.#awaited = k.plain('awaited', this.#awaited);
  }

  #look(): void {
    const nowMs = this.#host.monotonic();
    this.#lookedMs = nowMs;
    const count = oomKills(this.#host);
    this.#awaited = this.#awaited.filter((atMs) => nowMs - atMs < dyingMs);
    // More than end within this time need not be remembered.
    for (let i = this.#count ?? count ?? 0; i < (count ?? 0) && this.#awaited.length < 1000; i++)
      this.#awaited.push(nowMs);
    this.#count = count ?? this.#count;
  }
}
