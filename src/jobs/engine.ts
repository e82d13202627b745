/**
 * Jobs: what units are to become. Here are those that are installed: at most one a unit, run when the units that it is
 * ordered after have none that goes first.
 *
 *   types.ts          what two jobs of a unit come to, and which of two units' goes first
 *   transaction.ts    one request with all that it pulls in, made consistent or refused, before anything is installed
 *   engine.ts         installing, running, ending; limits of time; what the end of one means for others
 *   run-queue.ts      which of those that may run is looked at first
 *   job.ts            one of them
 *   idle.ts           who waits until none is left
 *   announcements.ts  what is said
 *
 * What a unit does when a job asks it to start or stop is the unit's own (src/units); who may ask, and for what by name, is
 * not known here (src/manager/requests.ts).
 */
import type { Keeper } from '../kept/keeper.ts';
import type { Host } from '../sys/host.ts';
import { JobError, type JobMode, type JobResult, type JobType } from '../units/job-types.ts';
import {
  type ActivationDetails,
  type ActiveState,
  isActiveOrReloading,
  isInactiveOrFailed,
  type OperationResult,
  type Unit,
} from '../units/unit.ts';
import type { EmergencyAction } from '../values/emergency-action.ts';
import { Announcements, type AnnouncementsContext } from './announcements.ts';
import { IdleWaiters } from './idle.ts';
import { Job } from './job.ts';
import { RunQueue } from './run-queue.ts';
import { Transaction, type Wanted } from './transaction.ts';
import { collapsedType, compareOrdered, isConflicting, isSuperset, mergedType } from './types.ts';

/** Whether there are to be jobs at all. */
export interface JobGate {
  /** Throws JobError where there is to be no new one of that mode. */
  check(mode: JobMode): void;
  /** Those that wait may run. */
  readonly isOpen: boolean;
}

/** What the engine asks of the manager. */
export interface EngineContext extends AnnouncementsContext {
  readonly host: Host;
  readonly gate: JobGate;
  retryLoad(unit: Unit): void;
  allUnits(): Iterable<Unit>;
  emergencyAction(action: EmergencyAction, reason: string, exitStatus: number | undefined): void;
  /** A unit's job has ended: queues that look for unneeded, upheld and bound units, and whoever it triggers. */
  jobEnded(unit: Unit): void;
  startOnFailure(unit: Unit): void;
  /** A job has begun to run, and not come to its end at once. */
  jobRuns(): void;
  /** A job is new, another than it was, or gone. */
  jobChanged(job: Job): void;
  /** A job has had its unit do something. */
  worked(unit: Unit): void;
  /** A job that could be run has been, with all that followed. */
  ran(): void;
  /** The last job is gone. */
  allDone(): void;
  /** Jobs are about to run: what follows from all that has happened so far is to be asked for first. */
  beforeRun(): void;
  /** Runs `callback` from the event loop, soon. */
  defer(callback: () => void): void;
}

/** Who waits for a job that was kept asks for it within this time, milliseconds. */
const keptMs = 60_000;

export class JobEngine {
  readonly #context: EngineContext;
  readonly #jobs = new Map<number, Job>();
  readonly #queue = new RunQueue();
  readonly #idleWaiters: IdleWaiters;
  /** Jobs that another program of the manager has kept. */
  readonly #kept = new Map<number, Job>();
  readonly #announcements: Announcements;
  #dispatching = false;
  #scheduled = false;
  #nextId = 1;
  /** Jobs that were queued and that failed since the manager came up (NInstalledJobs, NFailedJobs of `show`). */
  installedCount = 0;
  failedCount = 0;

  constructor(context: EngineContext) {
    this.#context = context;
    this.#idleWaiters = new IdleWaiters(context.host);
    this.#announcements = new Announcements(context);
  }

  all(): Iterable<Job> {
    return this.#jobs.values();
  }
  get size(): number {
    return this.#jobs.size;
  }
  /** Some are yet to be looked at. */
  get isBusy(): boolean {
    return this.#scheduled || this.#dispatching;
  }
  find(id: number): Job | undefined {
    return this.#jobs.get(id);
  }

  /** No job is there; Type=idle waits for it (systemd.service(5), Type=). */
  get idle(): boolean {
    return this.#jobs.size === 0;
  }
  /** Calls back once when no job is left, or after five seconds. */
  whenIdle(callback: () => void): void {
    if (this.idle) this.#context.defer(callback);
    else this.#idleWaiters.add(callback);
  }

  /**
   * Queues a job and what it pulls in; returns the unit's installed job, which an earlier one may have become. Throws
   * JobError where the transaction is impossible; nothing has changed then. `affected` collects every job touched.
   */
  add(type: JobType, unit: Unit, mode: JobMode, details?: ActivationDetails, affected?: Set<Job>): Job {
    return this.addAll([{ type, unit }], mode, details, affected)[0]!;
  }

  /** The same for several units in one transaction: all that is wanted, or nothing; a job for each unit. */
  addAll(wanted: Iterable<Wanted>, mode: JobMode, details?: ActivationDetails, affected?: Set<Job>): Job[] {
    this.#context.gate.check(mode);
    const transaction = this.#transaction(wanted, mode);
    const nodes = transaction.resolve(mode);
    if (mode === 'isolate' || mode === 'flush')
      for (const job of [...this.#jobs.values()])
        if (!job.unit.loaded.unit.IgnoreOnIsolate && !transaction.has(job.unit))
          this.finish(job, 'canceled', { recursive: false });

    const anchors = new Map([...transaction.anchors].map((node) => [node, undefined as Job | undefined]));
    for (const node of nodes) {
      const job = this.#install(
        new Job(this.#nextId++, node.unit, node.type, mode === 'replace-irreversibly', node.ignoreOrder),
      );
      if (anchors.has(node)) {
        anchors.set(node, job);
        job.details ??= details;
      }
      affected?.add(job);
      this.#enqueue(job);
      this.#armTimer(job, job.unit.loaded.unit.JobTimeoutSec);
    }
    return [...anchors.values()].map((job) => job!);
  }

  /** What `add` would queue. Throws JobError where it would. */
  plan(type: JobType, unit: Unit, mode: JobMode): { unit: Unit; type: JobType }[] {
    const nodes = this.#transaction([{ type, unit }], mode).resolve(mode);
    return nodes.map((node) => ({ unit: node.unit, type: node.type }));
  }

  #transaction(wanted: Iterable<Wanted>, mode: JobMode): Transaction {
    const { log, retryLoad, allUnits, statusLine } = this.#context;
    return new Transaction(
      {
        log: (level, message, of) => log.call(this.#context, level, message, of),
        retryLoad: (of) => retryLoad.call(this.#context, of),
        allUnits: () => allUnits.call(this.#context),
        voice: this.#context.host.voice.manager,
        skipLine: (of) => statusLine.call(this.#context, ' SKIP ', `Ordering cycle found, skipping ${of.statusName}`),
      },
      collapsed(wanted, mode),
      mode,
    );
  }

  /** A job that nobody waits for: where it is refused, the log says so. `what` is its name there. */
  tryAdd(type: JobType, unit: Unit, mode: JobMode, what: string): void {
    try {
      this.add(type, unit, mode);
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      this.#context.log(4, `${unit.id}: Failed to enqueue ${what} job, ignoring: ${error.message}`, unit);
    }
  }

  /** Cancels a job (systemctl cancel). */
  cancel(job: Job): void {
    this.finish(job, 'canceled', { recursive: true });
  }

  /** Every job away, without a word: the manager goes down for good. */
  clear(): void {
    for (const job of [...this.#jobs.values()]) this.finish(job, 'canceled', { recursive: false });
  }

  /** The unit's state has changed: does that end its job, or contradict it? True where no job asked for the change. */
  unitChanged(unit: Unit, state: ActiveState, reloadFailed: boolean): boolean {
    const job = unit.job as Job | undefined;
    if (job === undefined) return true;
    if (job.state === 'waiting') this.#enqueue(job);
    const running = job.state === 'running';
    switch (job.type) {
      case 'start':
      case 'verify-active':
        if (isActiveOrReloading(state)) this.finish(job, 'done');
        else if (running && state !== 'activating') {
          if (isInactiveOrFailed(state)) this.finish(job, state === 'failed' ? 'failed' : 'done');
          return true;
        }
        return false;
      case 'reload':
        if (!running) return false;
        if (state === 'active') this.finish(job, reloadFailed ? 'failed' : 'done');
        else if (state !== 'activating' && state !== 'reloading') {
          const { endCancelsReload } = this.#context.host.voice.manager;
          if (isInactiveOrFailed(state))
            this.finish(job, endCancelsReload && !reloadFailed ? 'canceled' : state === 'failed' ? 'failed' : 'done');
          return true;
        }
        return false;
      case 'stop':
      case 'restart':
        if (isInactiveOrFailed(state)) this.finish(job, 'done');
        else if (running && state !== 'deactivating') {
          this.finish(job, 'failed');
          return true;
        }
        return false;
      default:
        return false;
    }
  }

  /** Looks again at the jobs of units that are ordered beside this one. */
  wake(unit: Unit): void {
    for (const facet of ['after', 'before'] as const)
      for (const other of unit.related(facet)) if (other.job !== undefined) this.#enqueue(other.job as Job);
  }

  /** Looks again at the jobs of units for which there may be room in a slice now. */
  wakeWaiting(units: Iterable<Unit>): void {
    for (const unit of units) if (unit.job !== undefined) this.#enqueue(unit.job as Job);
  }

  /** Looks again at every job: the order of units is another. */
  wakeAll(): void {
    for (const job of this.#jobs.values()) this.#enqueue(job);
  }

  // ---- a new program under it -----------------------------------------------------------------------------------

  /** `unitOf` finds the unit of a job, loaded as it is. */
  keep(k: Keeper, unitOf: (name: string) => Unit): void {
    this.keepCounts(k);
    k.list(
      'jobs',
      this.#jobs.values(),
      (of, job) => this.keepJob(of, job),
      (of) => {
        const job = new Job(of.number('id', 0), unitOf(of.text('unit', '')), of.word('type', 'nop'), false, false);
        job.keep(of);
        if (job.type === 'nop') job.unit.nopJob = job;
        else job.unit.job = job;
        this.#jobs.set(job.id, job);
        // The count may be of a moment before.
        this.#nextId = Math.max(this.#nextId, job.id + 1);
        this.#kept.set(job.id, job);
      },
    );
  }

  /** What `keepCounts` keeps. */
  get counts(): { nextId: number; installedCount: number; failedCount: number } {
    return { nextId: this.#nextId, installedCount: this.installedCount, failedCount: this.failedCount };
  }

  keepCounts(k: Keeper): void {
    this.#nextId = k.number('nextId', this.#nextId);
    this.installedCount = k.number('installedCount', this.installedCount);
    this.failedCount = k.number('failedCount', this.failedCount);
  }

  /** One of them, written. */
  keepJob(k: Keeper, job: Job): void {
    k.number('id', job.id);
    k.text('unit', job.unit.id);
    k.word('type', job.type);
    job.keep(k);
  }

  /** A job that was kept, for the caller who waits for it: it may have ended before that one could ask. */
  findKept(id: number): Job | undefined {
    return this.#kept.get(id);
  }

  /** Goes on with what was kept. */
  revive(): void {
    for (const job of this.#jobs.values()) {
      if (job.timeoutAtMs !== Number.POSITIVE_INFINITY) this.#waitFor(job);
      if (!job.queued) continue;
      job.queued = false;
      this.#enqueue(job);
    }
    if (this.#jobs.size > 0) this.#context.jobRuns();
    if (this.#kept.size > 0) this.#context.host.after(keptMs, () => this.#kept.clear());
  }

  // ---- running --------------------------------------------------------------------------------------------------

  #enqueue(job: Job): void {
    if (job.queued) return;
    job.queued = true;
    this.#queue.push(job);
    if (!this.#dispatching) this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#context.defer(() => {
      this.#scheduled = false;
      this.#context.beforeRun();
      this.#dispatch();
    });
  }

  #dispatch(): void {
    if (!this.#context.gate.isOpen) return;
    this.#dispatching = true;
    try {
      for (let job = this.#queue.pop(); job !== undefined; job = this.#queue.pop()) {
        job.queued = false;
        if (job.result !== undefined || job.state !== 'waiting' || !this.#isRunnable(job)) continue;
        this.#run(job);
        this.#context.jobChanged(job);
        this.#context.ran();
      }
    } finally {
      this.#dispatching = false;
      // An error in one of them is no reason to forget the others.
      if (this.#queue.size > 0) this.#schedule();
    }
  }

  #isRunnable(job: Job): boolean {
    for (const other of job.unit.related('after'))
      if (other.job !== undefined && -compareOrdered(other.job as Job, job) > 0) return false;
    for (const other of job.unit.related('before'))
      if (other.job !== undefined && compareOrdered(job, other.job as Job) > 0) return false;
    return true;
  }

  #run(job: Job): void {
    job.state = 'running';
    this.#armTimer(job, job.unit.loaded.unit.JobRunningTimeoutSec);
    const result = this.#perform(job);
    if (job.result !== undefined) return;
    switch (result) {
      case 'started':
      case 'quiet':
        this.#context.jobRuns();
        return;
      case 'again':
        job.state = 'waiting';
        return;
      case 'already':
        this.finish(job, 'done', { already: true });
        return;
      case 'condition':
        this.finish(job, 'done');
        return;
      case 'not-applicable':
        this.finish(job, 'skipped');
        return;
      default:
        this.finish(job, result);
    }
  }

  #perform(job: Job): OperationResult {
    const { unit, type } = job;
    if (type === 'nop') return 'already';
    if (type === 'verify-active') {
      if (unit.satisfiesOthers) return 'already';
      return unit.activeState === 'activating' ? 'again' : 'not-applicable';
    }
    const work = type === 'restart' || type === 'stop' ? 'stop' : type === 'reload' ? 'reload' : 'start';
    let result: OperationResult;
    if (work === 'start') result = unit.start(job.details);
    else if (work === 'stop') result = unit.stop();
    else result = unit.reload();
    if (result !== 'already' && result !== 'again') this.#context.worked(unit);
    // A type that can't be started or stopped from here follows events: the job waits for them.
    const waits = result === 'not-applicable' && work !== 'reload';
    if (job.result === undefined && (result === 'started' || waits)) this.#announcements.begun(job, work);
    return waits ? 'quiet' : result;
  }

  // ---- installing and ending ------------------------------------------------------------------------------------

  #install(job: Job): Job {
    const { unit } = job;
    if (job.type === 'nop') {
      if (unit.nopJob !== undefined) return unit.nopJob as Job;
      unit.nopJob = job;
    } else {
      const present = unit.job as Job | undefined;
      if (present !== undefined) {
        if (isConflicting(present.type, job.type)) this.finish(present, 'canceled', { recursive: false });
        else {
          const late = job.type !== 'reload' && isSuperset(present.type, job.type);
          present.type = collapsedType(mergedType(present.type, job.type)!, unit.activeState);
          present.irreversible ||= job.irreversible;
          present.ignoreOrder ||= job.ignoreOrder;
          // A running job that does not do all of the new one's work begins again.
          if (present.state === 'running' && !late) present.state = 'waiting';
          this.#context.jobChanged(present);
          return present;
        }
      }
      unit.job = job;
    }
    job.beginMs = this.#context.host.monotonic();
    this.#jobs.set(job.id, job);
    this.installedCount++;
    this.#context.jobChanged(job);
    return job;
  }

  /** Ends a job. `already`: nothing was done, so nothing is said; `recursive`: what needs it fails too. */
  finish(job: Job, result: JobResult, how: { recursive?: boolean; already?: boolean } = {}): void {
    if (job.result !== undefined) return;
    const { unit, type } = job;
    const recursive = how.recursive ?? true;
    if (how.already !== true) this.#announcements.ended(job, result);

    if (result === 'done' && type === 'restart') {
      job.type = 'start';
      job.state = 'waiting';
      this.#context.jobChanged(job);
      this.#enqueue(job);
      this.wake(unit);
      return;
    }
    if (result === 'failed' || result === 'invalid' || result === 'concurrency') this.failedCount++;
    if (type === 'nop') unit.nopJob = undefined;
    else unit.job = undefined;
    this.#jobs.delete(job.id);
    this.#context.jobChanged(job);
    job.settle(result);

    if (result !== 'done' && recursive) {
      if (type === 'start' || type === 'verify-active') this.#failDependents(unit, 'propagateStartFailure');
      else if (type === 'stop') this.#failDependents(unit, 'propagateStopFailure');
    }
    // A unit that never became active (a condition, a oneshot) does not satisfy Requisite=.
    if (result === 'done' && recursive && (type === 'start' || type === 'reload') && !unit.satisfiesOthers)
      this.#failDependents(unit, 'propagateInactiveStartAsFailure');
    if (result === 'timeout' || result === 'dependency') {
      const fields = { JOB_TYPE: type, JOB_RESULT: result };
      if (this.#context.host.voice.manager.toldResults.includes(result))
        this.#context.log(5, `${unit.id}: Job ${unit.id}/${type} failed with result '${result}'.`, unit, fields);
      this.#context.startOnFailure(unit);
    }
    this.#context.jobEnded(unit);
    this.wake(unit);
    if (this.idle) this.#allDone();
  }

  #allDone(): void {
    for (const waiter of this.#idleWaiters.take()) this.#context.defer(waiter);
    this.#context.allDone();
  }

  #failDependents(
    unit: Unit,
    facet: 'propagateStartFailure' | 'propagateStopFailure' | 'propagateInactiveStartAsFailure',
  ): void {
    for (const other of [...unit.related(facet)]) {
      const job = other.job as Job | undefined;
      if (job !== undefined && (job.type === 'start' || job.type === 'verify-active')) this.finish(job, 'dependency');
    }
  }

  /** Of JobTimeoutSec= and JobRunningTimeoutSec= the earlier end counts. */
  #armTimer(job: Job, timeoutMs: number): void {
    if (job.result !== undefined) return;
    const at = this.#context.host.monotonic() + timeoutMs;
    if (job.timeoutAtMs <= at) return;
    job.timeoutAtMs = at;
    job.timer?.cancel();
    this.#waitFor(job);
  }

  #waitFor(job: Job): void {
    const { host } = this.#context;
    job.timer = host.after(Math.max(0, job.timeoutAtMs - host.monotonic()), () => {
      const { unit, type } = job;
      this.#context.log(4, `${unit.id}: Job ${unit.id}/${type} timed out.`, unit);
      this.finish(job, 'timeout');
      this.#context.emergencyAction(unit.loaded.unit.JobTimeoutAction, 'job timed out', undefined);
    });
  }
}

/** What is wanted, as jobs that a transaction can have. Throws JobError where the mode is not for it. */
function* collapsed(wanted: Iterable<Wanted>, mode: JobMode): Generator<Wanted> {
  for (const { type, unit } of wanted) {
    refuseMode(type, unit, mode);
    yield { type: collapsedType(type, unit.activeState), unit };
  }
}

function refuseMode(type: JobType, unit: Unit, mode: JobMode): void {
  const invalid = 'org.freedesktop.DBus.Error.InvalidArgs';
  if (mode === 'isolate' && type !== 'start') throw new JobError(invalid, 'Isolate is only valid for start.');
  if (mode === 'restart-dependencies' && type !== 'start')
    throw new JobError(invalid, '--job-mode=restart-dependencies is only valid for start.');
  if (mode === 'isolate' && !unit.loaded.unit.AllowIsolate)
    throw new JobError('org.freedesktop.systemd1.NoIsolation', 'Operation refused, unit may not be isolated.');
  if (mode === 'triggering' && type !== 'stop')
    throw new JobError(invalid, '--job-mode=triggering is only valid for stop.');
}
