/**
 * The manager: holds all units and their jobs, hears of exits, signals and notifications, and lets units react to each
 * other. One event loop, no blocking call, and nothing that a unit, a file or a client does ends it.
 */
import { type CleanWhat, directoriesToClean } from '../exec/directories.ts';
import { type KillWhom, killOnRequest } from '../exec/kill.ts';
import { ProcessTracker } from '../exec/tracker.ts';
import { JobEngine } from '../jobs/engine.ts';
import type { Job } from '../jobs/job.ts';
import { validateLoadState } from '../jobs/transaction.ts';
import type { Journal } from '../journal/journal.ts';
import { errorText } from '../sys/error-text.ts';
import { type Host, type ProcessExit, SystemError, type Timer } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import type { EmergencyAction } from '../unitfile/directives/kinds/unit.ts';
import { unitNameFromPath } from '../unitfile/language/unit-name.ts';
import { isApiMount } from '../unitfile/load/finish.ts';
import type { LoadedUnit, UnitLoader } from '../unitfile/load/loader.ts';
import { controlGroupOf } from '../units/control-group.ts';
import { JobError, type JobMode, type JobResult, type JobType } from '../units/job-types.ts';
import { Mount } from '../units/mount.ts';
import { RateLimit } from '../units/rate-limit.ts';
import { Service } from '../units/service.ts';
import { TimerUnit } from '../units/timer.ts';
import {
  type ActivationDetails,
  type ActiveState,
  type ChangeFlags,
  type ExitWatcher,
  isActiveOrActivating,
  isActiveOrReloading,
  isInactiveOrDeactivating,
  isInactiveOrFailed,
  type Timestamp,
  type Unit,
  type UnitManager,
} from '../units/unit.ts';
import { ManagerEnvironment } from './environment.ts';
import { createUnit } from './factory.ts';
import { FinalKill } from './final.ts';
import { listenForNotifications, type Notification } from './notify.ts';
import { UnitRegistry } from './registry.ts';
import { type PropertySetting, writeProperties } from './set-property.ts';
import { type ScheduledShutdown, ShutdownSchedule } from './shutdown-schedule.ts';

/** What a shutdown ends in. */
export type Objective = 'halt' | 'poweroff' | 'reboot' | 'kexec' | 'exit' | 'soft-reboot';

/** is-system-running of systemctl(1). */
export type SystemState = 'initializing' | 'starting' | 'running' | 'degraded' | 'maintenance' | 'stopping';

/** A unit that a program makes for as long as it runs. */
export interface TransientUnit {
  readonly name: string;
  /** Of its file. */
  readonly text: string;
  /** Completes what was read of the text. */
  readonly amend: (loaded: LoadedUnit) => void;
  /** Gives the unit what no text can say: descriptors, processes. Before it is started. */
  readonly prepare?: (unit: Unit) => void;
}

export interface ManagerOptions {
  scope: 'system' | 'user';
  loader: UnitLoader;
  journal: Journal;
  directories: UnitManager['directories'];
  /** Where the notify socket is made. */
  notifySocket: string;
  /** KEY=VALUE that services get before DefaultEnvironment= and their own settings. */
  environment: string[];
  /** Boot lines on the console; undefined: as ShowStatus= says. */
  showStatus: boolean | undefined;
  /** State and preset of a unit's file, as is-enabled and list-unit-files say them. */
  unitFile: (name: string) => { state: string; preset: string };
  /** Runs generators: at a boot, and again at each reload. */
  generate: () => Promise<void>;
  /** Runs environment generators on what services get; resolves to what they get then. */
  generateEnvironment?: (base: readonly string[]) => Promise<string[]>;
  /** Everything is stopped: end the process. */
  end: (objective: Objective, exitStatus: number) => void;
  /** It manages nothing, and ends with the call that it was made for. */
  resting?: boolean;
}

export class Manager implements UnitManager {
  readonly host: Host;
  readonly scope: 'system' | 'user';
  readonly journal: Journal;
  readonly tracker: ProcessTracker;
  readonly directories: UnitManager['directories'];
  readonly notifySocket: string;
  readonly loader: UnitLoader;
  readonly #options: ManagerOptions;
  readonly #registry: UnitRegistry;
  readonly #jobs: JobEngine;
  readonly #watchers = new Map<number, ExitWatcher>();
  readonly #environment: ManagerEnvironment;

  /** Units to look at once what is going on now is over. */
  readonly #unneeded = new Set<Unit>();
  readonly #upheld = new Set<Unit>();
  readonly #bound = new Set<Unit>();
  #queuesScheduled = false;
  readonly #retryTimers = new Map<Unit, Timer>();

  readonly failedUnits = new Set<Unit>();
  #idleWaiters: (() => void)[] = [];
  #idleTimer: Timer | undefined;
  #booted = false;
  #startedWaiters: (() => void)[] = [];
  readonly #unitWatchers = new Map<Unit, Set<() => void>>();
  #transientNames = 1;
  readonly #fileStates = new Map<string, { state: string; preset: string }>();
  readonly #schedule: ShutdownSchedule;
  /** Of the manager itself, org.freedesktop.LogControl1: messages above the level are not logged. */
  #logLevel = 'info';
  #logLevelIsSet = false;
  logTarget = 'journal';
  /** False: WatchdogSec= of services is not enforced (systemctl service-watchdogs). */
  serviceWatchdogs = true;
  #objective: Objective | undefined;
  #exitStatus = 0;
  readonly #endWaiters: (() => void)[] = [];
  #final: FinalKill | undefined;
  #reloading: Promise<void> | undefined;
  /** ReloadLimitIntervalSec=, ReloadLimitBurst=. */
  readonly #reloadLimit = new RateLimit(0, 0);
  /** ShowStatus=auto has seen something go wrong. */
  #statusAwake = false;
  /** Called when something has come to rest: an on-demand manager looks whether it is still needed. */
  onQuiet: () => void = () => {};
  /** A unit has come up. */
  onActive: (unit: Unit) => void = () => {};

  /** Moments that `show` prints of the manager itself (UserspaceTimestamp, FinishTimestamp …). */
  readonly startTimestamp: Timestamp;
  finishTimestamp: Timestamp = { realtime: 0, monotonic: 0 };
  generatorsStartTimestamp: Timestamp = { realtime: 0, monotonic: 0 };
  generatorsFinishTimestamp: Timestamp = { realtime: 0, monotonic: 0 };
  unitsLoadStartTimestamp: Timestamp = { realtime: 0, monotonic: 0 };
  unitsLoadFinishTimestamp: Timestamp = { realtime: 0, monotonic: 0 };
  unitsLoadTimestamp: Timestamp = { realtime: 0, monotonic: 0 };

  constructor(host: Host, options: ManagerOptions) {
    this.host = host;
    this.#options = options;
    this.scope = options.scope;
    this.journal = options.journal;
    this.directories = options.directories;
    this.notifySocket = options.notifySocket;
    this.loader = options.loader;
    this.tracker = new ProcessTracker(host);
    this.#schedule = new ShutdownSchedule(
      host,
      options.scope,
      (objective) => this.requestShutdown(objective),
      (level, message) => this.log(level, message),
    );
    this.journal.unitOfPid = (pid) => {
      const unit = pid === host.pid ? 'init.scope' : this.tracker.unitOfPid(pid);
      if (unit === undefined) return undefined;
      const invocationId = this.find(unit)?.invocationId;
      return { unit, ...(invocationId === undefined ? {} : { invocationId }), ...this.journal.placeOfUnit(unit) };
    };
    this.journal.placeOfUnit = (name) => {
      const unit = this.find(name);
      if (unit === undefined) return {};
      const slice = unit.startedInSlice ?? unit.dependencyNames('InSlice')[0];
      const cgroup = this.controlGroup(unit);
      return { ...(slice === undefined ? {} : { slice }), ...(cgroup === '' ? {} : { cgroup }) };
    };
    this.startTimestamp = this.timestamp();
    this.#environment = new ManagerEnvironment(host, options.scope, options.environment);
    this.#configure();
    this.#registry = new UnitRegistry(
      options.loader,
      (type, name) => createUnit(this, type, name),
      (loaded) => this.#logDiagnostics(loaded),
    );
    this.#jobs = new JobEngine({
      host,
      log: (level, message, unit, fields) => this.log(level, message, unit, fields),
      statusLine: (status, text) => this.statusLine(status, text),
      retryLoad: (unit) => this.#retryLoad(unit),
      allUnits: () => this.#registry.all(),
      emergencyAction: (action, reason, status) => this.emergencyAction(action, reason, status),
      startOnFailure: (unit) => this.#startHandlers(unit, 'onFailure'),
      jobEnded: (unit, result) => this.#jobEnded(unit, result),
      allDone: () => this.#allJobsDone(),
      defer: (callback) => this.#defer(callback),
    });
    host.onUncaught = (error) => this.#internalError('an event', error);
    host.onExit = (exit) => this.#guard('exit of a process', () => this.#processExited(exit));
  }

  /** Opens the notify socket. Throws SystemError where the path can't be made. */
  listen(): void {
    listenForNotifications(
      this.host,
      this.notifySocket,
      (n) => this.#guard('notification', () => this.#notified(n)),
      (message) => this.log(4, message),
    );
  }

  // ---- units ----------------------------------------------------------------------------------------------------

  find(name: string): Unit | undefined {
    return this.#registry.find(name);
  }

  load(name: string): Unit {
    const present = this.#registry.find(name);
    if (present !== undefined) {
      if (present.loadState === 'not-found') this.#retryLoad(present);
      return present;
    }
    if (this.loader.isStale()) this.loader.refresh();
    const unit = this.#registry.load(name);
    this.#scheduleQueues();
    return unit;
  }

  loadTransient(name: string, text: string): Unit {
    return this.#registry.adopt(this.loader.loadText(name, text));
  }

  /**
   * Makes units of text and starts the first of them (StartTransientUnit of org.freedesktop.systemd1). Throws JobError
   * where one is there already, or can't be started.
   */
  startTransient(units: readonly [TransientUnit, ...TransientUnit[]]): Job {
    const made: Unit[] = [];
    try {
      for (const unit of units) made.push(this.#makeTransient(unit));
      return this.requestJob('start', made[0]!.id, 'fail');
    } finally {
      for (const unit of made) this.#registry.mayBeUnused(unit);
      this.#scheduleQueues();
    }
  }

  #makeTransient({ name, text, amend, prepare }: TransientUnit): Unit {
    const present = this.load(name);
    if (present.loadState !== 'not-found' || present.job !== undefined)
      throw new JobError(
        'org.freedesktop.systemd1.UnitExists',
        `Unit ${name} was already loaded or has a fragment file.`,
      );
    const loaded = this.loader.loadText(name, text);
    amend(loaded);
    const unit = this.#registry.adopt(loaded);
    prepare?.(unit);
    return unit;
  }

  /** A name for a transient unit whose program keeps a connection (`run-u5.service`); each is given once. */
  newTransientName(suffix: string): string {
    let name: string;
    do name = `run-u${this.#transientNames++}${suffix}`;
    while (this.find(name) !== undefined);
    return name;
  }

  /** Takes a definition that has no file: a mount that exists, a slice. */
  adopt(loaded: LoadedUnit): Unit {
    return this.#registry.adopt(loaded);
  }

  allUnits(): IterableIterator<Unit> {
    return this.#registry.all();
  }

  /** Names of all loaded units, aliases included. */
  get nameCount(): number {
    return this.#registry.nameCount;
  }

  /** NeedDaemonReload: its files are others than those that were read. */
  needsReload(unit: Unit): boolean {
    return this.loader.needsReload(unit.loaded);
  }

  /** UnitFileState of systemd's `show`, '' for a unit without a file. */
  unitFileState(unit: Unit): string {
    return this.#fileFacts(unit).state;
  }
  unitFilePreset(unit: Unit): string {
    return this.#fileFacts(unit).preset;
  }
  #fileFacts(unit: Unit): { state: string; preset: string } {
    if (unit.loaded.fragmentPath === undefined) return { state: '', preset: '' };
    if (this.loader.isStale()) this.#fileStates.clear();
    let facts = this.#fileStates.get(unit.id);
    if (facts === undefined) {
      facts = this.#options.unitFile(unit.id);
      this.#fileStates.set(unit.id, facts);
    }
    return facts;
  }

  /** Where the unit stands in the tree of control groups, '' while it has none (ControlGroup of `show`). */
  controlGroup(unit: Unit): string {
    return controlGroupOf(unit);
  }

  /** A unit without a file may have one since: looked for again where a directory of the load path has changed. */
  #retryLoad(unit: Unit): void {
    if (unit.loadState === 'loaded' || unit.loadState === 'masked' || !this.loader.isStale()) return;
    this.loader.refresh();
    this.#registry.reload(unit);
  }

  #logDiagnostics(loaded: LoadedUnit): void {
    for (const { level, file, line, message } of loaded.diagnostics) {
      const where = file === undefined ? `${loaded.id}: ` : line === undefined ? `${file}: ` : `${file}:${line}: `;
      this.journal.log({
        message: where + message,
        priority: level,
        unit: loaded.id,
        fields: {
          ...(file === undefined ? {} : { CONFIG_FILE: file }),
          ...(line === undefined ? {} : { CONFIG_LINE: String(line) }),
        },
      });
    }
  }

  // ---- jobs -----------------------------------------------------------------------------------------------------

  jobs(): Iterable<Job> {
    return this.#jobs.jobs;
  }
  get jobCount(): number {
    return this.#jobs.size;
  }
  /** Counters of `show` (NInstalledJobs, NFailedJobs). */
  get jobCounters(): { installed: number; failed: number } {
    return { installed: this.#jobs.installedCount, failed: this.#jobs.failedCount };
  }
  findJob(id: number): Job | undefined {
    return this.#jobs.find(id);
  }
  cancelJob(job: Job): void {
    this.#jobs.cancel(job);
  }
  clearJobs(): void {
    this.#jobs.clear();
  }

  /** Calls back after each change of the unit's state or job. */
  watchUnit(unit: Unit, callback: () => void): { close(): void } {
    let watchers = this.#unitWatchers.get(unit);
    if (watchers === undefined) {
      watchers = new Set();
      this.#unitWatchers.set(unit, watchers);
    }
    watchers.add(callback);
    unit.referencedBy.add(callback);
    return {
      close: () => {
        watchers.delete(callback);
        unit.referencedBy.delete(callback);
        if (watchers.size === 0) this.#unitWatchers.delete(unit);
        this.#registry.mayBeUnused(unit);
        this.#scheduleQueues();
      },
    };
  }
  #tellWatchers(unit: Unit): void {
    for (const callback of this.#unitWatchers.get(unit) ?? []) this.#defer(callback);
  }

  addJob(type: JobType, unit: Unit, mode: JobMode, details?: ActivationDetails, affected?: Set<Job>): Job {
    return this.#jobs.add(type, unit, mode, details, affected);
  }

  /**
   * A job that a person or a program asks for by name: refuses what RefuseManualStart= and its kin refuse, and units
   * that are not there. Throws JobError.
   */
  requestJob(type: JobType, name: string, mode: JobMode, affected?: Set<Job>): Job {
    const prefix = 'org.freedesktop.systemd1.';
    if (type === 'stop') {
      // A stop needs no file: what is not loaded can't run.
      const unit = this.find(name) ?? this.load(name);
      if (['not-found', 'error', 'bad-setting'].includes(unit.loadState) && unit.activeState === 'inactive')
        throw new JobError(`${prefix}NoSuchUnit`, `Unit ${unit.id} not loaded.`);
      this.#refuseManual(unit, unit.loaded.unit.RefuseManualStop);
      return this.addJob(type, unit, mode, undefined, affected);
    }
    const unit = this.load(name);
    let wanted = type;
    // reload-or-…: a unit that can be reloaded is, another is restarted (systemctl(1), reload-or-restart).
    if (wanted === 'reload-or-start' && !unit.canReload) wanted = 'restart';
    if (wanted === 'try-reload' && !unit.canReload) wanted = 'try-restart';
    if (wanted === 'start' || wanted === 'restart' || wanted === 'try-restart' || wanted === 'reload-or-start')
      this.#refuseManual(unit, unit.loaded.unit.RefuseManualStart);
    if (wanted === 'restart' || wanted === 'try-restart') this.#refuseManual(unit, unit.loaded.unit.RefuseManualStop);
    if (wanted === 'reload' || wanted === 'restart') validateLoadState(unit);
    return this.addJob(wanted, unit, mode, undefined, affected);
  }

  #refuseManual(unit: Unit, refused: boolean): void {
    if (!refused) return;
    throw new JobError(
      'org.freedesktop.systemd1.OnlyByDependency',
      `Operation refused, unit ${unit.id} may be requested by dependency only (it is configured to refuse manual start/stop).`,
    );
  }

  #jobEnded(unit: Unit, _result: JobResult): void {
    this.#tellWatchers(unit);
    for (const trigger of unit.related('triggeredBy')) trigger.triggeredUnitChanged(unit);
    this.#upheld.add(unit);
    this.#bound.add(unit);
    this.#unneeded.add(unit);
    this.#registry.mayBeUnused(unit);
    // Those that it handles were kept for it until here.
    for (const kind of ['OnFailureOf', 'OnSuccessOf'] as const)
      for (const other of unit.dependencies.get(kind) ?? []) this.#registry.mayBeUnused(other);
    this.#scheduleQueues();
  }

  #allJobsDone(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    this.#idleTimer?.cancel();
    this.#idleTimer = undefined;
    for (const waiter of waiters) this.#defer(waiter);
    if (!this.#booted && this.#objective === undefined) this.#startupFinished();
    this.onQuiet();
  }

  get idle(): boolean {
    return this.#jobs.size === 0;
  }

  whenIdle(callback: () => void): void {
    if (this.idle) {
      this.#defer(callback);
      return;
    }
    this.#idleWaiters.push(callback);
    this.#idleTimer ??= this.host.after(5000, () => {
      this.#idleTimer = undefined;
      for (const waiter of this.#idleWaiters.splice(0)) waiter();
    });
  }

  // ---- reactions of units to each other ---------------------------------------------------------------------------

  unitChanged(unit: Unit, from: ActiveState, to: ActiveState, flags: ChangeFlags): void {
    if (to === 'failed') this.failedUnits.add(unit);
    else this.failedUnits.delete(unit);
    this.#tellWatchers(unit);

    const unexpected = this.#jobs.unitChanged(unit, to, flags.reloadFailed === true);
    if (unexpected) {
      if (isInactiveOrFailed(from) && isActiveOrActivating(to)) this.#startRetroactively(unit);
      else if (isActiveOrActivating(from) && isInactiveOrDeactivating(to)) this.#stopRetroactively(unit);
    }
    const restarts = flags.willAutoRestart === true;
    if (from !== to && to === 'failed' && !restarts) this.#startHandlers(unit, 'onFailure');
    if (to === 'inactive' && from !== 'failed' && from !== 'inactive' && from !== 'maintenance' && !restarts)
      this.#startHandlers(unit, 'onSuccess');

    for (const trigger of unit.related('triggeredBy')) trigger.triggeredUnitChanged(unit);

    const { FailureAction, SuccessAction, FailureActionExitStatus, SuccessActionExitStatus } = unit.loaded.unit;
    if (from !== 'failed' && to === 'failed')
      this.emergencyAction(FailureAction, `unit ${unit.id} failed`, FailureActionExitStatus ?? unit.exitStatus);
    else if (!isInactiveOrFailed(from) && to === 'inactive')
      this.emergencyAction(SuccessAction, `unit ${unit.id} succeeded`, SuccessActionExitStatus ?? unit.exitStatus);

    if (isInactiveOrFailed(to)) {
      for (const other of unit.related('mayBecomeUnneeded')) this.#unneeded.add(other);
      for (const other of unit.related('boundBy')) this.#bound.add(other);
      this.#upheld.add(unit);
      this.#registry.mayBeUnused(unit);
    }
    if (isActiveOrReloading(to)) {
      if (!isActiveOrReloading(from)) this.onActive(unit);
      for (const other of unit.related('upholds')) this.#upheld.add(other);
      this.#unneeded.add(unit);
      this.#bound.add(unit);
    }
    this.#scheduleQueues();
  }

  #tryJob(type: JobType, unit: Unit, mode: JobMode, what: string): void {
    try {
      this.addJob(type, unit, mode);
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      this.log(4, `${unit.id}: Failed to enqueue ${what} job, ignoring: ${error.message}`, unit);
    }
  }

  /** A unit came up without being asked to: what it needs follows, where no order would have made it wait. */
  #startRetroactively(unit: Unit): void {
    for (const [facet, mode] of [
      ['retroactiveStartReplace', 'replace'],
      ['retroactiveStartFail', 'fail'],
    ] as const)
      for (const other of unit.related(facet))
        if (!unit.has('After', other) && !isActiveOrActivating(other.activeState))
          this.#tryJob('start', other, mode, 'start');
    for (const other of unit.related('retroactiveStopOnStart'))
      if (!isInactiveOrDeactivating(other.activeState)) this.#tryJob('stop', other, 'replace', 'stop');
  }

  #stopRetroactively(unit: Unit): void {
    for (const other of unit.related('retroactiveStopOnStop'))
      if (!isInactiveOrDeactivating(other.activeState)) this.#tryJob('stop', other, 'replace', 'stop');
  }

  #startHandlers(unit: Unit, facet: 'onFailure' | 'onSuccess'): void {
    const handlers = [...unit.related(facet)];
    if (handlers.length === 0) return;
    const name = facet === 'onFailure' ? 'OnFailure=' : 'OnSuccess=';
    const mode = facet === 'onFailure' ? unit.loaded.unit.OnFailureJobMode : unit.loaded.unit.OnSuccessJobMode;
    unit.log(6, `Triggering ${name} dependencies.`);
    for (const handler of handlers) this.#tryJob('start', handler, mode, name);
  }

  #scheduleQueues(): void {
    if (this.#queuesScheduled) return;
    this.#queuesScheduled = true;
    this.#defer(() => {
      this.#queuesScheduled = false;
      this.#dispatchQueues();
    });
  }

  #dispatchQueues(): void {
    for (const unit of drain(this.#unneeded))
      if (isUnneeded(unit) && this.#mayAct(unit, this.#unneeded, 'Unit not needed anymore, but not stopping'))
        this.#tryJob('stop', unit, 'fail', 'stop');
    for (const unit of drain(this.#upheld)) {
      const culprit = upheldBy(unit);
      if (culprit === undefined) continue;
      const text = `Unit needs to be started because active unit ${culprit.id} upholds it, but not starting`;
      if (this.#mayAct(unit, this.#upheld, text)) this.#tryJob('start', unit, 'fail', 'start');
    }
    for (const unit of drain(this.#bound)) {
      const culprit = boundToInactive(unit);
      if (culprit === undefined) continue;
      const text = `Unit needs to be stopped because it is bound to inactive unit ${culprit.id} it, but not stopping`;
      if (this.#mayAct(unit, this.#bound, text)) this.#tryJob('stop', unit, 'replace', 'stop');
    }
    this.#registry.collectGarbage(
      (unit) => this.tracker.processesOf(unit.id).length > 0,
      (unit) => {
        this.failedUnits.delete(unit);
        this.tracker.forget(unit.id);
        this.loader.forgetTransient(unit.loaded);
      },
    );
    this.onQuiet();
  }

  /** Automatic starts and stops are limited; past the limit the unit is looked at again when the window is over. */
  #mayAct(unit: Unit, queue: Set<Unit>, text: string): boolean {
    const limit = unit.autoStartStopLimit;
    if (limit.below(this.host.monotonic())) return true;
    unit.log(4, `${text} since we tried this too often recently. Will retry later.`);
    if (!this.#retryTimers.has(unit))
      this.#retryTimers.set(
        unit,
        this.host.after(Math.max(0, limit.end - this.host.monotonic()), () => {
          this.#retryTimers.delete(unit);
          queue.add(unit);
          this.#scheduleQueues();
        }),
      );
    return false;
  }

  // ---- processes --------------------------------------------------------------------------------------------------

  watchProcess(pid: number, watcher: ExitWatcher): void {
    this.#watchers.set(pid, watcher);
  }
  unwatchProcess(pid: number): void {
    this.#watchers.delete(pid);
  }

  #processExited(exit: ProcessExit): void {
    // Before anybody looks at what is left: the tracker still knows whose it was.
    const owner = this.tracker.exited(exit.pid, exit.cpuMs);
    if (owner !== undefined) this.journal.pullUnit(owner);
    const watcher = this.#watchers.get(exit.pid);
    if (watcher !== undefined) {
      this.#watchers.delete(exit.pid);
      watcher.processExited(exit);
    }
    // Of all others it matters only that the last of a unit may have gone.
    if (owner !== undefined) this.#registry.find(owner)?.processesMayBeGone();
    this.#final?.poll();
  }

  #notified(notification: Notification): void {
    const { lines, fds } = notification;
    // sd_notify_barrier(3), whoever sends it: that the descriptor is closed is the answer.
    if (lines.includes('BARRIER=1')) {
      for (const fd of fds) this.host.closeFd(fd);
      if (lines.length > 1) this.log(4, 'Extra notification messages sent with BARRIER=1, ignoring everything.');
      else if (fds.length !== 1) this.log(4, 'Got incorrect number of fds with BARRIER=1, closing them.');
      return;
    }
    const watcher = this.#watchers.get(notification.pid);
    let unit: Unit | undefined;
    if (watcher instanceof Service) unit = watcher;
    else {
      const owner = this.tracker.unitOfPid(notification.pid);
      unit = owner === undefined ? undefined : this.#registry.find(owner);
    }
    if (unit instanceof Service) unit.notified(notification);
    else {
      for (const fd of notification.fds) this.host.closeFd(fd);
      this.log(4, `Cannot find unit for notify message of PID ${notification.pid}, ignoring.`);
    }
  }

  // ---- words ------------------------------------------------------------------------------------------------------

  timestamp(): Timestamp {
    return { realtime: this.host.now(), monotonic: this.host.monotonic() };
  }

  log(level: LogLevel, message: string, unit?: Unit, fields?: Record<string, string>): void {
    if (level > logLevels.indexOf(this.logLevel)) return;
    // systemd.exec(5), LogLevelMax=: what is said about a unit, too.
    if (level > (unit?.loaded.exec?.LogLevelMax ?? 7)) return;
    const invocation = unit?.invocationId ?? '';
    this.journal.log({
      message,
      priority: level,
      ...(unit === undefined ? {} : { unit: unit.id }),
      fields: invocation === '' ? (fields ?? {}) : { INVOCATION_ID: invocation, ...fields },
    });
  }

  statusLine(status: string, text: string): void {
    if (!this.#showsStatus(status)) return;
    this.host.console(status === '' ? `         ${text}\n` : `[${coloured(status, this.host.isTty(1))}] ${text}\n`);
  }

  /** ShowStatus=error shows what goes wrong, ShowStatus=auto from then on everything. */
  #showsStatus(status: string): boolean {
    const mode = this.showStatus;
    if (mode === 'yes' || mode === 'no') return mode === 'yes';
    const wrong = status !== '' && !/^ *(?:OK|SKIP|INFO) *$/.test(status);
    if (wrong) this.#statusAwake = true;
    return wrong || (mode === 'auto' && this.#statusAwake);
  }

  // ---- environment --------------------------------------------------------------------------------------------------

  environmentBlock(): string[] {
    return this.#environment.block();
  }
  setEnvironment(assignments: readonly string[]): void {
    this.#environment.set(assignments);
  }
  unsetEnvironment(names: readonly string[]): void {
    this.#environment.unset(names);
  }
  /** Variables for generators: of this process, then those that services get. */
  processEnvironment(): string[] {
    return this.#environment.ofProcess();
  }

  // ---- configuration ------------------------------------------------------------------------------------------------

  /** Takes what system.conf says of the manager itself (systemd-system.conf(5)). */
  #configure(): void {
    const { settings, diagnostics } = this.loader.configuration;
    this.#environment.configure(settings);
    if (!this.#logLevelIsSet && settings.LogLevel !== undefined)
      this.#logLevel = logLevels[settings.LogLevel] ?? 'info';
    this.#reloadLimit.intervalMs = settings.ReloadLimitIntervalSec;
    this.#reloadLimit.burst = settings.ReloadLimitBurst;
    for (const { level, file, line, message } of diagnostics) {
      const where = file === undefined ? '' : line === undefined ? `${file}: ` : `${file}:${line}: `;
      this.log(level, where + message);
    }
  }

  /** Runs the environment generators; before the others at a boot and at each reload. */
  async generateEnvironment(): Promise<void> {
    const { generateEnvironment } = this.#options;
    if (generateEnvironment !== undefined) await this.#environment.generate(generateEnvironment);
  }

  get logLevel(): string {
    return this.#logLevel;
  }
  /** Set by hand, it outlives a reload. */
  set logLevel(level: string) {
    this.#logLevel = level;
    this.#logLevelIsSet = true;
  }

  get statusUnitFormat(): 'name' | 'description' | 'combined' {
    return this.loader.configuration.settings.StatusUnitFormat;
  }

  /** ShowStatus=, or what the command line says. */
  get showStatus(): 'no' | 'yes' | 'auto' | 'error' {
    const { showStatus } = this.#options;
    if (showStatus === undefined) return this.loader.configuration.settings.ShowStatus;
    return showStatus ? 'yes' : 'no';
  }

  // ---- reload -------------------------------------------------------------------------------------------------------

  /** daemon-reload: generators, then every unit's files again. Running units go on. Calls at once share one reload. */
  reload(): Promise<void> {
    if (this.#reloading === undefined && !this.#reloadLimit.below(this.host.monotonic())) {
      this.log(4, 'Reloading request rejected due to rate limit.');
      throw new JobError('org.freedesktop.DBus.Error.LimitsExceeded', 'Reload() request rejected due to rate limit.');
    }
    this.#reloading ??= this.#reload().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  /**
   * daemon-reexec: everything that the process has read is read again. The process stays: its descriptors and children
   * would have to be handed over for nothing, since its program is what it was unless the package is replaced.
   */
  reexec(): Promise<void> {
    this.log(6, 'Reexecuting.');
    return this.reload();
  }

  async #reload(): Promise<void> {
    this.log(6, 'Reloading.');
    this.loader.reconfigure();
    this.#configure();
    await this.generateEnvironment();
    await this.#options.generate();
    this.unitsLoadStartTimestamp = this.timestamp();
    this.loader.refresh();
    this.#fileStates.clear();
    this.#registry.reloadAll((unit) => (unit.loaded.synthetic ? unit.loaded : undefined));
    for (const unit of this.#registry.all()) this.#registry.mayBeUnused(unit);
    this.unitsLoadFinishTimestamp = this.timestamp();
    this.#scheduleQueues();
  }

  // ---- what people ask for ------------------------------------------------------------------------------------------

  /** `systemctl kill`. Throws KillError, or JobError for a unit that has no processes of its own. */
  killUnit(unit: Unit, whom: KillWhom, signal: number, value?: number): void {
    if (unit.loaded.kill === undefined && unit.type !== 'scope' && unit.type !== 'slice')
      throw new JobError('org.freedesktop.DBus.Error.NotSupported', 'Operation not supported');
    const pids = {
      mainPid: unit instanceof Service ? unit.mainPid : undefined,
      controlPid: 'controlPid' in unit ? (unit.controlPid as number) : undefined,
    };
    killOnRequest(unit, unit.type, whom, signal, pids, value);
    // A slice's processes are those of the units in it.
    for (const member of unit.type === 'slice' ? (unit.dependencies.get('SliceOf') ?? []) : [])
      this.killUnit(member, 'all', signal, value);
  }

  /** `systemctl clean`. Throws JobError where there is nothing to remove, or the unit runs. */
  cleanUnit(unit: Unit, what: readonly string[]): void {
    const all = ['runtime', 'state', 'cache', 'logs', 'configuration', 'fdstore'];
    const unknown = what.find((word) => word !== 'all' && !all.includes(word));
    if (unknown !== undefined)
      throw new JobError('org.freedesktop.DBus.Error.InvalidArgs', `Invalid resource type: ${unknown}`);
    const kinds = what.includes('all') ? all : what;
    if (unit instanceof Service) unit.clean(new Set(kinds as CleanWhat[]));
    else if (['timer', 'socket', 'mount', 'swap'].includes(unit.type))
      this.#cleanIdle(unit, new Set(kinds as CleanWhat[]));
    else throw new JobError('org.freedesktop.DBus.Error.NotSupported', `Unit '${unit.id}' does not support cleaning.`);
  }

  /** Of units that are no services: a timer has nothing but the state of Persistent=. */
  #cleanIdle(unit: Unit, what: ReadonlySet<CleanWhat>): void {
    const prefix = 'org.freedesktop.systemd1.';
    if (unit.loadState !== 'loaded' || unit.job !== undefined || unit.activeState !== 'inactive')
      throw new JobError(`${prefix}UnitBusy`, 'Unit is not inactive or has pending job.');
    const { exec } = unit.loaded;
    let paths: string[] = [];
    if (unit instanceof TimerUnit) {
      if (what.size === 1 && what.has('state') && unit.stampPath !== undefined) paths = [unit.stampPath];
    } else if (exec !== undefined) paths = directoriesToClean(exec, this.directories, what);
    if (paths.length === 0) throw new JobError(`${prefix}NothingToClean`, 'No matching resources found.');
    try {
      for (const path of paths) this.host.files.removeTree(path);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      const text = errorText(error.code);
      this.log(3, `${unit.id}: Failed to clean ${error.path ?? ''}: ${text}`, unit);
      throw new JobError(`System.Error.${error.code}`, text);
    }
  }

  /** There is no freezer without a cgroup of the unit's own. Throws JobError, always. */
  freezeUnit(unit: Unit, _action: 'freeze' | 'thaw'): void {
    throw new JobError('org.freedesktop.DBus.Error.NotSupported', `Unit '${unit.id}' does not support freezing.`);
  }

  /** `systemctl set-property`: written as drop-ins, read at once. Throws JobError. */
  setUnitProperties(unit: Unit, runtime: boolean, settings: readonly PropertySetting[]): void {
    writeProperties(unit, this.loader.paths, runtime, settings);
    this.loader.refresh();
    this.#registry.reload(unit);
  }

  /** EnqueueMarkedJobs: no unit can carry a mark here (Markers=), so there is nothing to queue. */
  requestMarkedJobs(): Job[] {
    return [];
  }

  /** The state of every failed unit is forgotten. */
  resetFailed(): void {
    for (const unit of [...this.failedUnits]) unit.resetFailed();
  }

  // ---- life ---------------------------------------------------------------------------------------------------------

  systemState(): SystemState {
    if (this.#objective !== undefined) return 'stopping';
    if (!this.#booted) return 'starting';
    for (const name of ['rescue.target', 'emergency.target']) {
      const unit = this.find(name);
      if (unit !== undefined && (unit.activeState === 'active' || unit.job?.type === 'start')) return 'maintenance';
    }
    return this.failedUnits.size > 0 ? 'degraded' : 'running';
  }

  /** Loads what is there without anyone starting it: the slices at the root, the manager itself, mounts. */
  #enumerate(): void {
    for (const name of ['-.slice', 'system.slice', 'init.scope', '-.mount']) this.load(name);
    this.#enumerateMounts();
    try {
      this.host.watchMounts(() => this.#enumerateMounts());
    } catch (error) {
      this.log(4, `Failed to watch mounts: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Follows what is mounted and unmounted, by whomever. */
  #enumerateMounts(): void {
    const mounts = this.host.mountTable();
    const targets = new Set(mounts.map(({ target }) => target));
    for (const unit of [...this.#registry.all()])
      if (unit instanceof Mount && !isApiMount(unit.where)) unit.noticed(targets.has(unit.where));
    for (const mount of mounts) {
      const name = unitNameFromPath(mount.target, '.mount');
      if (name === undefined || isApiMount(mount.target)) continue;
      const known = this.find(name);
      if (known !== undefined && known.loaded.loadState !== 'not-found') continue;
      const loaded = this.loader.load(name);
      if (loaded.loadState !== 'not-found') {
        this.adopt(loaded);
        continue;
      }
      this.adopt(
        this.loader.synthesize(name, (unit) => {
          if (unit.mount !== undefined) unit.mount.Where = mount.target;
          unit.unit.SourcePath = '/proc/self/mountinfo';
          // Whoever made it takes it away: a shutdown leaves it.
          unit.unit.DefaultDependencies = false;
        }),
      );
    }
  }

  /** Goes up: `default.target` or the units given. */
  boot(units: readonly string[] | undefined): void {
    this.unitsLoadStartTimestamp = this.timestamp();
    if (this.scope === 'system') this.#enumerate();
    this.unitsLoadFinishTimestamp = this.timestamp();
    const jobs: [string, JobMode][] =
      units === undefined ? [['default.target', 'isolate']] : units.map((u) => [u, 'replace']);
    for (const [name, mode] of jobs) {
      try {
        const unit = this.load(name);
        try {
          validateLoadState(unit);
          this.addJob('start', unit, mode);
        } catch (error) {
          if (!(error instanceof JobError) || mode !== 'isolate' || !unit.canStart) throw error;
          this.addJob('start', unit, 'replace');
        }
      } catch (error) {
        if (!(error instanceof JobError)) throw error;
        this.log(3, `Failed to start ${name}: ${error.message}`);
        this.host.console(`Failed to start ${name}: ${error.message}\n`);
        if (units === undefined) this.#bootRescue();
      }
    }
    if (this.#jobs.size === 0) this.#allJobsDone();
  }

  #bootRescue(): void {
    this.log(5, 'Trying to load rescue target...');
    try {
      this.addJob('start', this.load('rescue.target'), 'replace');
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      this.log(1, `Failed to start rescue target: ${error.message}`);
    }
  }

  /** Resolves when the first jobs have come to rest. */
  whenStarted(): Promise<void> {
    if (this.#booted) return Promise.resolve();
    return new Promise((resolve) => this.#startedWaiters.push(resolve));
  }

  #startupFinished(): void {
    this.#booted = true;
    for (const waiter of this.#startedWaiters.splice(0)) waiter();
    this.finishTimestamp = this.timestamp();
    const seconds = ((this.finishTimestamp.monotonic - this.startTimestamp.monotonic) / 1000).toFixed(3);
    this.log(6, `Startup finished in ${seconds}s.`, undefined, {
      MESSAGE_ID: 'b07a249cd024414a82dd00cd181378ff',
    });
  }

  get stopping(): boolean {
    return this.#objective !== undefined;
  }
  /** The status that `systemctl exit N` and *ExitStatus= have asked for. */
  get exitStatus(): number {
    return this.#exitStatus;
  }

  /** SetExitCode: the status that the manager ends with, 0 to 255. */
  setExitStatus(status: number): void {
    this.#exitStatus = status;
  }

  /** `--force`: units are not stopped in order; what runs is killed, then the manager ends. */
  forceShutdown(objective: Objective): void {
    this.#objective ??= objective;
    this.#finish();
  }

  /** `--force --force`: nothing is waited for. */
  endNow(objective: Objective): void {
    this.#end(objective);
  }

  /** Resolves when everything has been stopped and the manager is about to go. */
  whenEnding(): Promise<void> {
    return new Promise((resolve) => this.#endWaiters.push(resolve));
  }

  #end(objective: Objective): void {
    for (const waiter of this.#endWaiters.splice(0)) waiter();
    this.#options.end(objective, this.#exitStatus);
  }

  get resting(): boolean {
    return this.#options.resting === true;
  }

  get scheduledShutdown(): ScheduledShutdown | undefined {
    return this.#schedule.current;
  }

  /** shutdown(8) at a time of the wall clock; undefined takes back what was planned. */
  scheduleShutdown(schedule: ScheduledShutdown | undefined): void {
    this.#schedule.set(schedule);
  }

  /** Goes down in order: halt.target and its kin conflict with everything. Asked again, the first objective stays. */
  requestShutdown(objective: Objective, exitStatus?: number): void {
    if (exitStatus !== undefined) this.#exitStatus = exitStatus;
    if (this.#objective !== undefined) return;
    this.#objective = objective;
    try {
      const target = this.load(`${objective}.target`);
      validateLoadState(target);
      const job = this.addJob('start', target, 'replace-irreversibly');
      // Its service ends the manager; where that has failed, or there is none, the end comes all the same.
      void job.finished.then((result) => {
        if (result !== 'done') this.log(3, `Job for ${target.id} ended with '${result}', ending without it.`);
        this.#defer(() => this.#finish());
      });
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      this.log(3, `Failed to start ${objective}.target, stopping without it: ${error.message}`);
      this.#stopEverything();
    }
  }

  /** Without a target for it: stops every unit that can be stopped, in order, and ends when none is left. */
  #stopEverything(): void {
    for (const unit of [...this.#registry.all()])
      if (unit.canStop && !isInactiveOrFailed(unit.activeState))
        this.#tryJob('stop', unit, 'replace-irreversibly', 'stop');
    this.whenIdle(() => this.#finish());
  }

  emergencyAction(action: EmergencyAction, reason: string, exitStatus: number | undefined): void {
    if (action === 'none') return;
    const [objective, force] = splitAction(action);
    if (exitStatus !== undefined && objective === 'exit') this.#exitStatus = exitStatus;
    if (force === '') {
      if (this.#objective === undefined) this.log(4, `${actionWords[objective]}: ${reason}`);
      this.requestShutdown(objective);
      return;
    }
    if (this.#objective === undefined) this.log(4, `Forcibly ${actionWords[objective].toLowerCase()}: ${reason}`);
    this.#objective ??= objective;
    if (force === 'immediate') this.#end(objective);
    else this.#finish();
  }

  #finish(): void {
    if (this.#final !== undefined) return;
    const objective = this.#objective ?? 'exit';
    this.#final = new FinalKill(
      this.host,
      (message) => this.log(4, message),
      () => this.#end(objective),
    );
    this.#final.start();
  }

  // ---- safety -------------------------------------------------------------------------------------------------------

  #defer(callback: () => void): void {
    this.host.defer(() => this.#guard('event', callback));
  }

  /** PID 1 does not die of an error of its own: it is logged, with its place, and what was being done is left. */
  #guard(what: string, callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#internalError(what, error);
    }
  }

  #internalError(what: string, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.log(2, `Internal error while handling ${what}: ${text}`);
  }
}

function drain(set: Set<Unit>): Unit[] {
  const units = [...set];
  set.clear();
  return units;
}

/** systemd.unit(5), StopWhenUnneeded=. */
function isUnneeded(unit: Unit): boolean {
  if (unit.loadState === 'stub' || !unit.loaded.unit.StopWhenUnneeded) return false;
  if (unit.activeState !== 'active' || unit.job !== undefined) return false;
  for (const other of unit.related('pinsWhenUnneeded'))
    if (other.job !== undefined || !isInactiveOrFailed(other.activeState) || other.willRestart) return false;
  return true;
}

/** systemd.unit(5), Upholds=: an active unit wants this one up at all times. */
function upheldBy(unit: Unit): Unit | undefined {
  if (!isInactiveOrFailed(unit.activeState) || unit.job !== undefined) return undefined;
  for (const other of unit.related('startSteadily'))
    if (other.job === undefined && isActiveOrReloading(other.activeState)) return other;
  return undefined;
}

/** systemd.unit(5), BindsTo=: active, but what it is bound to is not. */
function boundToInactive(unit: Unit): Unit | undefined {
  if (unit.activeState !== 'active' || unit.job !== undefined) return undefined;
  for (const other of unit.related('cannotBeActiveWithout')) {
    if (other.job !== undefined || other.willRestart) continue;
    if (isInactiveOrFailed(other.activeState)) return other;
  }
  return undefined;
}

/** Names of syslog levels by number, as `systemctl log-level` says them. */
const logLevels = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

const actionWords: Record<Objective, string> = {
  reboot: 'Rebooting',
  poweroff: 'Powering off',
  halt: 'Halting',
  exit: 'Exiting',
  kexec: 'Executing kexec',
  'soft-reboot': 'Soft-rebooting',
};

function splitAction(action: Exclude<EmergencyAction, 'none'>): [Objective, '' | 'force' | 'immediate'] {
  const match = /^(.*?)(?:-(force|immediate))?$/.exec(action)!;
  return [match[1] as Objective, (match[2] ?? '') as '' | 'force' | 'immediate'];
}

/** The word of a status line as systemd colours it, on a terminal. */
function coloured(status: string, tty: boolean): string {
  if (!tty) return status;
  const word = status.trim();
  const code =
    word === 'OK'
      ? '0;1;32'
      : word === 'DEPEND' || word === 'ASSERT' || word === 'UNSUPP'
        ? '0;1;38;5;185'
        : word === 'INFO'
          ? '0;1;39'
          : '0;1;31';
  return `\x1b[${code}m${status}\x1b[0m`;
}
