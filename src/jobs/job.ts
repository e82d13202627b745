/**
 * An installed job and its life:
 *
 *   waiting ──runnable──▶ running ──unit's state says so──▶ finished (done, failed, dependency …)
 *      ▲                    │
 *      └───── again ────────┘      a restart that has stopped its unit becomes a waiting start
 */

import type { Keeper } from '../kept/keeper.ts';
import type { Timer } from '../sys/host.ts';
import type { JobResult, JobType } from '../units/job-types.ts';
import type { ActivationDetails, JobRef, Unit } from '../units/unit.ts';

export class Job implements JobRef {
  readonly id: number;
  readonly unit: Unit;
  type: JobType;
  state: 'waiting' | 'running' = 'waiting';
  irreversible: boolean;
  ignoreOrder: boolean;
  details: ActivationDetails | undefined;
  result: JobResult | undefined;
  queued = false;
  timer: Timer | undefined;
  /** Monotonic milliseconds: when it was queued, and when it began to run. */
  beginMs = 0;
  timeoutAtMs = Number.POSITIVE_INFINITY;
  readonly #waiters: ((result: JobResult) => void)[] = [];

  constructor(id: number, unit: Unit, type: JobType, irreversible: boolean, ignoreOrder: boolean) {
    this.id = id;
    this.unit = unit;
    this.type = type;
    this.irreversible = irreversible;
    this.ignoreOrder = ignoreOrder;
  }

  /** Resolves with the result; never rejects. */
  get finished(): Promise<JobResult> {
    return new Promise((resolve) => this.whenFinished(resolve));
  }

  /** Calls back in the moment of its end, before anything follows from it. */
  whenFinished(told: (result: JobResult) => void): void {
    if (this.result !== undefined) told(this.result);
    else this.#waiters.push(told);
  }

  /** Id, unit and type are the engine's to keep, and so is the timer. */
  keep(k: Keeper): void {
    this.state = k.word('state', this.state, { waiting: 0, running: 0 });
    this.irreversible = k.flag('irreversible', this.irreversible);
    this.ignoreOrder = k.flag('ignoreOrder', this.ignoreOrder);
    this.details = k.plain('details', this.details);
    this.queued = k.flag('queued', this.queued);
    this.beginMs = k.number('beginMs', this.beginMs);
    this.timeoutAtMs = k.number('timeoutAtMs', this.timeoutAtMs);
  }

  /** Called once by the engine. */
  settle(result: JobResult): void {
    this.result = result;
    this.timer?.cancel();
    this.timer = undefined;
    for (const waiter of this.#waiters.splice(0)) waiter(result);
  }
}
