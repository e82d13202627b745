/**
 * The manager writes down what it keeps (`keep` of each part, src/kept/keeper.ts) as it changes, in a log in memory
 * (src/kept/log.ts): should its program crash, the process executes it anew, and that one reads the log and goes on
 * (after-crash.ts).
 *
 * Units, jobs, streams and callers are written one by one when they have changed, all that did so in a few milliseconds in
 * one piece. Sooner when there is no second chance: before a caller hears that it has its answer; in the next turns of the
 * event loop when something was read that a service says only once, or a signal has come; and at once when a process has been
 * made, so that the next program knows whose it is. What the kernel knows is not written: who is a child, which mark it
 * bears, whether it has ended.
 *
 * Where it can't be written the manager goes on without, and says so.
 */
import type { ControlRequest, ControlServer } from '../control/server.ts';
import { keepAccounts } from '../exec/kept.ts';
import type { Job } from '../jobs/job.ts';
import type { Keeper } from '../kept/keeper.ts';
import { KeptLog } from '../kept/log.ts';
import type { Manager } from '../manager/manager.ts';
import type { TouchListener } from '../manager/touched.ts';
import type { CrashLog, CrashProgram, Timer } from '../sys/host.ts';
import type { JobRef, Unit } from '../units/unit.ts';

/** What it takes of the control socket. */
export type KeptControl = Pick<
  ControlServer,
  'onChange' | 'beforeAnswer' | 'keepListeners' | 'takeChanged' | 'allChanged'
>;

/** A manager's process. */
export interface Crashing {
  readonly manager: Manager;
  readonly control: KeptControl | undefined;
  /** What is executed. */
  readonly program: CrashProgram;
  /** Parts of the process besides the manager, the journal and the control socket. */
  keep(k: Keeper): void;
}

/** What has changed is written after so many milliseconds, unless there is a reason to do so before. */
const latestMs = 10;

/** All of it is written anew in turns of so many milliseconds. */
const turnMs = 2;

/** Who waits no longer than this, milliseconds, is not written down. */
const callersMs = 20;

const lists = {
  units: 'manager.units.units',
  jobs: 'manager.jobs.jobs',
  processes: 'manager.tracker.units',
  streams: 'journal.streams',
  callers: 'control.callers',
};

/** Verbs of systemctl that change units and jobs at most. */
const harmless: ReadonlySet<string> = new Set([
  ...['start', 'stop', 'restart', 'reload', 'try-restart', 'reload-or-restart', 'kill', 'reset-failed'],
  ...['is-active', 'is-failed', 'is-enabled', 'is-system-running', 'status', 'show', 'cat', 'list-units', 'list-jobs'],
]);

/** Options that may stand before them, and have no argument. */
const flags = /^(?:-q|--(?:user|system|quiet|no-block|no-pager|no-ask-password))$/;

/** Whether a call may have changed what is written only when it may have changed. */
export const mayChangeMore = ({ program, argv }: Pick<ControlRequest, 'program' | 'argv'>): boolean =>
  program !== 'systemctl' || !harmless.has(argv.find((word) => !flags.test(word)) ?? '');

/** A crash leads to the program that is given, from here on. What it returns ends that. */
export function keepForCrash(crashing: Crashing): { close(): void } {
  const { manager, program } = crashing;
  try {
    return new CrashState(crashing, manager.host.openCrashLog(program));
  } catch (error) {
    tellWithout(manager, error);
    return { close: () => {} };
  }
}

function tellWithout(manager: Manager, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  manager.log(4, `Failed to keep the state for the case of a crash, going on without: ${reason}`);
}

class CrashState implements TouchListener {
  readonly #crashing: Crashing;
  readonly #sink: CrashLog;
  readonly #log: KeptLog;
  readonly #units = new Set<string>();
  readonly #jobs = new Map<number, Job>();
  readonly #processes = new Set<string>();
  /** What seldom changes may have. */
  #isRare = true;
  /** Callers are looked at after a while. */
  #callersPlanned = false;
  #callersDue = true;
  /** As it was last written. */
  #isGoingDown = false;
  #planned: Timer | undefined;
  #isSoon = false;
  #spawned = 0;
  #hostChanges = -1;
  #common = Number.NaN;
  /** Processes that there had been when accounts were last written. */
  #accountsOf = -1;
  #isOpen = true;
  /** What is left to be said of all that there is, where that is written anew: each step says one thing. */
  #everything: Iterator<void> | undefined;

  constructor(crashing: Crashing, sink: CrashLog) {
    this.#crashing = crashing;
    this.#sink = sink;
    this.#log = new KeptLog(sink);
    this.#follow();
    this.all();
  }

  #follow(): void {
    const { manager, control } = this.#crashing;
    const { host, tracker, journal } = manager;
    manager.touched.listener = this;
    tracker.onChange = (key) => {
      this.#processes.add(key);
      this.#plan();
    };
    journal.changedStreams.onChange = (heard) => (heard ? this.#soon() : this.#plan());
    const { onSignal } = host;
    host.onSignal = (signal) => {
      onSignal(signal);
      this.rare();
      this.#soon();
    };
    void manager.startup.whenOver().then(() => this.rare());
    if (control === undefined) return;
    control.onChange = () => this.#planCallers();
    control.beforeAnswer = () => {
      if (this.#isSoon || this.#planned !== undefined) this.#write(true);
    };
  }

  // ---- what has changed -------------------------------------------------------------------------------------------

  unit(unit: Unit): void {
    this.#units.add(unit.id);
    this.#plan();
  }
  job(job: JobRef): void {
    this.#jobs.set(job.id, job as Job);
    this.#plan();
  }
  all(): void {
    this.#writeAnew();
    this.rare();
  }
  done(): void {
    if (this.#isOpen && this.#sink.moment().spawned !== this.#spawned) this.#write(false);
  }
  heard(): void {
    this.done();
    this.#soon();
  }
  rare(): void {
    this.#isRare = true;
    this.#plan();
  }
  #callersChanged(): void {
    this.#crashing.control?.allChanged();
    this.#callersDue = true;
  }
  /** Most calls have their answer by then. */
  #planCallers(): void {
    if (this.#callersPlanned) return;
    this.#callersPlanned = true;
    this.#crashing.manager.host.after(callersMs, () => {
      this.#callersPlanned = false;
      this.#callersDue = true;
      this.#soon();
    });
  }

  /** What begins now has often ended by then: a job that is queued runs, a unit that is down is forgotten. */
  #plan(): void {
    if (!this.#isOpen) return;
    this.#planned ??= this.#crashing.manager.host.after(latestMs, () => this.#write(true));
  }

  #soon(): void {
    if (this.#isSoon || !this.#isOpen) return;
    this.#isSoon = true;
    const { host } = this.#crashing.manager;
    // In the turn after this one's events.
    host.defer(() =>
      host.defer(() => {
        this.#isSoon = false;
        if (this.#isOpen) this.#write(true);
      }),
    );
  }

  // ---- writing ----------------------------------------------------------------------------------------------------

  /** `whole`: everything; else only what a process needs that has just been made. */
  #write(whole: boolean): void {
    if (whole) {
      this.#planned?.cancel();
      this.#planned = undefined;
    }
    this.#attempt(() => {
      const moment = this.#sink.moment();
      this.#writeChanged();
      if (whole) this.#writeTurn();
      if (this.#log.hasNews || moment.spawned !== this.#spawned)
        this.#log.moment({ ...moment, ...this.#crashing.manager.jobs.counts });
      this.#spawned = moment.spawned;
    });
    if (this.#isOpen && this.#log.isLong) this.#writeAnew();
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.close();
      tellWithout(this.#crashing.manager, error);
    }
  }

  /** All that there is, a piece at a time: other work goes on meanwhile, and what that changes is written as ever. */
  #writeAnew(): void {
    const isUnderWay = this.#everything !== undefined;
    this.#everything = this.#all();
    this.#attempt(() => this.#log.begin());
    if (!isUnderWay && this.#isOpen) this.#goOn();
  }

  #goOn(): void {
    const { host } = this.#crashing.manager;
    const endMs = host.monotonic() + turnMs;
    this.#attempt(() => {
      do if (this.#everything?.next().done === true) this.#everything = undefined;
      while (this.#everything !== undefined && host.monotonic() < endMs);
      if (this.#everything === undefined) this.#log.end();
      else this.#log.write();
    });
    if (!this.#isOpen) return;
    if (this.#everything === undefined) this.#write(true);
    else host.defer(() => this.#isOpen && this.#goOn());
  }

  *#all(): Generator<void> {
    const { units, jobs, tracker, journal } = this.#crashing.manager;
    const log = this.#log;
    for (const unit of [...units.all()])
      if (units.find(unit.id) === unit) yield log.again(lists.units, unit.id, (k) => units.keepUnit(k, unit));
    for (const job of [...jobs.all()])
      if (jobs.find(job.id) === job) yield log.again(lists.jobs, String(job.id), (k) => jobs.keepJob(k, job));
    for (const key of [...tracker.known()])
      if (tracker.knowsOf(key)) yield log.again(lists.processes, key, (k) => tracker.keepOf(k, key));
    for (const stream of journal.changedStreams.all())
      if (stream !== undefined) yield log.again(`${lists.streams}.${stream.list}`, stream.name, stream.keep);
    this.#callersChanged();
  }

  #writeChanged(): void {
    const { units, jobs, tracker, journal, host } = this.#crashing.manager;
    const log = this.#log;
    for (const name of this.#units) {
      const unit = units.find(name);
      log.item(lists.units, name, unit?.id === name ? (k) => units.keepUnit(k, unit) : undefined);
    }
    this.#units.clear();
    if (this.#hostChanges !== this.#sink.hostChanges) {
      this.#hostChanges = this.#sink.hostChanges;
      log.part('host', (k) => host.keep(k));
    }
    if (this.#common !== tracker.common) {
      this.#common = tracker.common;
      log.part('manager.tracker', (k) => tracker.keepCommon(k));
    }
    for (const [id, job] of this.#jobs)
      log.item(lists.jobs, String(id), jobs.find(id) === job ? (k) => jobs.keepJob(k, job) : undefined);
    this.#jobs.clear();
    for (const key of this.#processes)
      log.item(lists.processes, key, tracker.knowsOf(key) ? (k) => tracker.keepOf(k, key) : undefined);
    this.#processes.clear();
    for (const { list, name, keep } of journal.changedStreams.takeChanged())
      log.item(`${lists.streams}.${list}`, name, keep);
  }

  #writeTurn(): void {
    const { manager, control } = this.#crashing;
    const { host, shutdown, oomKills } = manager;
    const log = this.#log;
    if (this.#callersDue) {
      this.#callersDue = false;
      for (const { fd, keep } of control?.takeChanged() ?? []) log.item(lists.callers, String(fd), keep);
    }
    if (this.#spawned !== this.#accountsOf) {
      this.#accountsOf = this.#spawned;
      log.part('manager.exec', (k) => keepAccounts(host, k));
    }
    if (shutdown.hasBegun !== this.#isGoingDown) this.#isRare = true;
    if (!this.#isRare) return;
    this.#isRare = false;
    this.#isGoingDown = shutdown.hasBegun;
    log.part('host', (k) => host.keep(k));
    log.part('manager.tracker', (k) => manager.tracker.keepCommon(k));
    log.part('manager.shutdown', (k) => shutdown.keep(k));
    log.part('manager.oomKills', (k) => oomKills.keep(k));
    log.part('', (k) => this.#crashing.keep(k));
    log.part('journal', (k) => manager.journal.keepCommon(k));
    log.part('manager', (k) => manager.keepOwn(k));
    for (const [name, keep] of Object.entries(manager.smallParts())) log.part(`manager.${name}`, keep);
    if (control !== undefined) log.part('control', (k) => control.keepListeners(k));
  }

  // ---- the end ----------------------------------------------------------------------------------------------------

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#planned?.cancel();
    const { manager, control } = this.#crashing;
    manager.touched.listener = undefined;
    manager.tracker.onChange = () => {};
    manager.journal.changedStreams.onChange = undefined;
    if (control !== undefined) control.onChange = control.beforeAnswer = undefined;
    this.#sink.close();
  }
}
