/**
 * How the manager goes down: in order, by force or at once, and with which exit status.
 *
 *   request() ─▶ jobs of halt.target and its kin ─▶ what is left is killed (final.ts) ─▶ end
 *   force()  ───────────────────────────────────────▲                                    ▲
 *   endNow() ────────────────────────────────────────────────────────────────────────────┘
 */
import type { JobEngine } from '../jobs/engine.ts';
import type { Job } from '../jobs/job.ts';
import { validateLoadState } from '../jobs/transaction.ts';
import type { Keeper } from '../kept/keeper.ts';
import type { Host } from '../sys/host.ts';
import { JobError } from '../units/job-types.ts';
import { isInactiveOrFailed } from '../units/unit.ts';
import type { EmergencyAction } from '../values/emergency-action.ts';
import { FinalKill } from './final.ts';
import type { Guard } from './guard.ts';
import type { Log } from './log-control.ts';
import { type Objective, objectiveOf, objectiveWords } from './objective.ts';
import type { UnitRegistry } from './registry.ts';
import { ShutdownSchedule } from './shutdown-schedule.ts';

export interface ShutdownContext {
  readonly host: Host;
  readonly scope: 'system' | 'user';
  readonly units: Pick<UnitRegistry, 'load' | 'all'>;
  readonly jobs: Pick<JobEngine, 'add' | 'all' | 'tryAdd' | 'whenIdle'>;
  readonly guard: Pick<Guard, 'defer'>;
  readonly log: Log;
}

export class Shutdown {
  readonly #context: ShutdownContext;
  readonly #end: (objective: Objective, exitStatus: number) => void;
  /** shutdown(8) at a time of the wall clock. */
  readonly schedule: ShutdownSchedule;
  /** The status that the manager ends with, 0 to 255: `systemctl exit N`, *ExitStatus=. */
  exitStatus = 0;
  /** Why it is not 0, for those who look at a container that has ended. */
  exitReason: string | undefined;
  #objective: Objective | undefined;
  #final: FinalKill | undefined;
  #isEnding = false;
  readonly #beginWaiters: (() => void)[] = [];
  readonly #endWaiters: (() => void)[] = [];

  /** `end` is called when everything is stopped: it ends the process. */
  constructor(context: ShutdownContext, end: (objective: Objective, exitStatus: number) => void) {
    this.#context = context;
    this.#end = end;
    const { host, scope, log } = context;
    this.schedule = new ShutdownSchedule(host, scope, (objective) => this.request(objective), log);
  }

  /** It has begun. */
  get hasBegun(): boolean {
    return this.#objective !== undefined;
  }

  /** What still runs is being killed, or the end is here: what would be started now nobody would stop. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** In order: halt.target and its kin conflict with everything. Asked again, the first objective stays. */
  request(objective: Objective): void {
    if (this.#objective !== undefined) return;
    this.#begin(objective);
    const { units, jobs, log } = this.#context;
    try {
      const target = units.load(`${objective}.target`);
      validateLoadState(target);
      this.#awaitTarget(objective, jobs.add('start', target, 'replace-irreversibly'));
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      log(3, `Failed to start ${objective}.target, stopping without it: ${error.message}`);
      this.#stopEverything(objective);
    }
  }

  /** Its service ends the manager; where that has failed, or there is none, the end comes all the same. */
  #awaitTarget(objective: Objective, job: Job): void {
    const { guard, log } = this.#context;
    void job.finished.then((result) => {
      if (result !== 'done') log(3, `Job for ${job.unit.id} ended with '${result}', ending without it.`);
      guard.defer(() => this.#finish(objective));
    });
  }

  /** What the manager is to end with, and why. */
  endWith(exitStatus: number, reason: string): void {
    this.exitStatus = exitStatus;
    this.exitReason = exitStatus === 0 ? undefined : reason;
  }

  keep(k: Keeper): void {
    this.exitStatus = k.number('exitStatus', this.exitStatus);
    this.exitReason = k.plain('exitReason', this.exitReason);
    this.#objective = k.plain('objective', this.#objective);
    k.inner('schedule', (of) => this.schedule.keep(of));
  }

  /** Goes on going down: at the step that it was at. */
  revive(): void {
    this.schedule.revive();
    const objective = this.#objective;
    if (objective === undefined) return;
    const { units, jobs } = this.#context;
    const target = units.load(`${objective}.target`);
    for (const job of jobs.all())
      if (job.unit === target && job.type === 'start') {
        this.#awaitTarget(objective, job);
        return;
      }
    jobs.whenIdle(() => this.#finish(objective));
  }

  /** `--force`: units are not stopped in order; what runs is killed, then the manager ends. */
  force(objective: Objective): void {
    this.#finish(this.#begin(objective));
  }

  /** Nobody waits for an end in order any more: what still runs is killed at once, then the manager ends. */
  hurry(objective: Objective): void {
    this.force(objective);
    this.#final?.kill();
  }

  /** `--force --force`: nothing is waited for. */
  endNow(objective: Objective): void {
    this.#isEnding = true;
    for (const waiter of this.#endWaiters.splice(0)) waiter();
    this.#end(objective, this.exitStatus);
  }

  /** Resolves when it has begun. */
  whenBegun(): Promise<void> {
    return this.hasBegun ? Promise.resolve() : new Promise((resolve) => this.#beginWaiters.push(resolve));
  }

  /** Resolves when everything has been stopped and the manager is about to go. */
  whenEnding(): Promise<void> {
    return new Promise((resolve) => this.#endWaiters.push(resolve));
  }

  /** Does what FailureAction= and its kin say; `none` does nothing. `exitStatus` (0 to 255) is for `exit`. */
  emergencyAction(action: EmergencyAction, reason: string, exitStatus: number | undefined): void {
    if (action === 'none') return;
    const { objective, force } = objectiveOf(action);
    const words = objectiveWords[objective];
    const told = `${force === 'no' ? words : `Forcibly ${words.toLowerCase()}`}: ${reason}`;
    if (exitStatus !== undefined && objective === 'exit') this.endWith(exitStatus, told);
    if (!this.hasBegun) this.#context.log(4, told);
    if (force === 'no') this.request(objective);
    else if (force === 'force') this.force(objective);
    else {
      this.#begin(objective);
      this.endNow(objective);
    }
  }

  /** A process has ended: it may have been the last one that was waited for. */
  processEnded(): void {
    this.#final?.poll();
  }

  /** The objective that counts: the first. */
  #begin(objective: Objective): Objective {
    this.#objective ??= objective;
    for (const waiter of this.#beginWaiters.splice(0)) waiter();
    return this.#objective;
  }

  /** Without a target for it: stops every unit that can be stopped, in order, and ends when none is left. */
  #stopEverything(objective: Objective): void {
    const { units, jobs } = this.#context;
    for (const unit of [...units.all()])
      if (unit.canStop && !isInactiveOrFailed(unit.activeState))
        jobs.tryAdd('stop', unit, 'replace-irreversibly', 'stop');
    jobs.whenIdle(() => this.#finish(objective));
  }

  #finish(objective: Objective): void {
    if (this.#final !== undefined) return;
    this.#isEnding = true;
    const { host, log } = this.#context;
    this.#final = new FinalKill(
      host,
      (message) => log(4, message),
      () => this.endNow(objective),
    );
    this.#final.start();
  }
}
