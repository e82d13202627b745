/**
 * Who goes first when memory runs out. The kernel kills the process with the most points: its resident pages, those of
 * files included, plus oom_score_adj thousandths of the memory there is (proc(5)). Node alone maps some 67 MB, so beside it
 * hardly a service of a small container would ever be chosen, and with PID 1 the container ends. To have fewer points takes
 * CAP_SYS_RESOURCE, which containers lack; to give others more takes nothing. So where the container's memory is limited,
 * each process of a service gets a score above the manager's by more than all that the manager may use, and its descendants
 * inherit it. Without a limit of its own it has what systemd would give it.
 *
 *   floor  what OOMScoreAdjust=-1000 comes to: just above the manager
 *   base   what a service has that sets nothing, or as much as the manager was given
 *   1000   what 1000 comes to; a value above the base is taken as it is
 *
 * Where the manager could lower its own score, as in a privileged container, the base is what the container was given, and
 * values down to the floor are taken as they are.
 */

import type { Keeper } from '../kept/keeper.ts';
import { memoryLimit } from '../sys/cgroup.ts';
import { type Host, SystemError } from '../sys/host.ts';

const [least, most] = [-1000, 1000];
/** An init that may lower its score: the last to be chosen, and still not barred from it. */
const lastOfAll = -999;
/** What the manager may use at least, bytes; it is reckoned with a quarter more than it does use. */
const reckonedBytes = 96 << 20;
/** Numbers are as old as this at most, milliseconds. */
const freshMs = 1000;

type Facts = Pick<Host, 'files' | 'memoryTotal' | 'residentBytes' | 'monotonic'> & {
  oomScoreAdjust: Host['oomScoreAdjust'];
};

interface Numbers {
  atMs: number;
  /** The manager's. */
  own: number;
  floor: number;
  base: number;
  given: number;
}

export class OomScores {
  readonly #host: Facts;
  /** What the manager was started with, where it has another score now. */
  #given: number | undefined;
  #known: Numbers | undefined;

  constructor(host: Facts) {
    this.#host = host;
  }

  /** What the manager was started with: what `show` says of a unit that sets nothing. */
  get given(): number {
    return this.#given ?? this.#host.oomScoreAdjust;
  }

  /** The score itself is the process's. */
  keep(k: Keeper): void {
    this.#given = k.plain('given', this.#given);
  }

  /** Takes itself out of danger, as far as it is permitted. */
  lower(): void {
    const given = this.#host.oomScoreAdjust;
    if (given <= lastOfAll) return;
    try {
      this.#host.oomScoreAdjust = lastOfAll;
      this.#given = given;
      this.#known = undefined;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }

  /** The same for a process that is to be made; undefined where it inherits that. */
  toSet(wanted: number | undefined): number | undefined {
    const score = this.of(wanted);
    return score === this.#numbers().own ? undefined : score;
  }

  /** The score of a process with this OOMScoreAdjust=; undefined: it sets none. */
  of(wanted: number | undefined): number {
    const { floor, base, given } = this.#numbers();
    if (wanted === undefined) return base;
    if (wanted >= given) return Math.max(wanted, base);
    if (base === given) return Math.max(wanted, floor);
    return floor + Math.floor(((base - floor) * (wanted - least)) / (given - least));
  }

  #numbers(): Numbers {
    const atMs = this.#host.monotonic();
    if (this.#known !== undefined && atMs - this.#known.atMs < freshMs) return this.#known;
    const { oomScoreAdjust: own } = this.#host;
    const { given } = this;
    const memory = memoryLimit(this.#host);
    if (memory === undefined) {
      this.#known = { atMs, own, floor: least, base: given, given };
      return this.#known;
    }
    const needed = Math.ceil((Math.max(reckonedBytes, this.#host.residentBytes() * 1.25) / memory) * 1000);
    const floor = Math.min(most, own + needed);
    const raised = floor + Math.min(needed, Math.floor((most - floor) / 2));
    const base = floor <= given && own < given ? given : raised;
    this.#known = { atMs, own, floor, base, given };
    return this.#known;
  }
}

const scores = new WeakMap<object, OomScores>();

/** Those of the manager on this host. */
export function oomScoresOf(host: Facts): OomScores {
  let found = scores.get(host);
  if (found === undefined) {
    found = new OomScores(host);
    scores.set(host, found);
  }
  return found;
}
