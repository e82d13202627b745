/**
 * Units: what a definition becomes when it lives. Here is what every unit has, whatever its type: identity, settings,
 * dependencies, conditions, timestamps, its job, the reaction to a change of state, and what it asks of the manager
 * (UnitManager). A type (service.ts, socket.ts …) adds the state machine.
 *
 *            start()                 state machine              setState() → changed()
 *   job ───────────────▶ preconditions ──────────▶ start of type ─────────────────────▶ manager.unitChanged()
 *                        (conditions, asserts)                                           job ends, dependencies react
 *
 *   service.ts, service-*.ts  services: events, phases (…-phases), what is common to them (…-base), sd_notify (…-notify),
 *                             the main process (main-pid.ts), kept descriptors (fd-store.ts)
 *   socket.ts, socket-ports.ts, mount.ts, scope.ts, device.ts
 *   trigger.ts                what starts another unit: timer.ts, path.ts
 *   instant.ts                what has no processes: target.ts, slice.ts
 *   unsupported.ts, not-run.ts  types and units that do not run in a container
 *   control-process.ts, process-exit.ts, control-group.ts, job-messages.ts, rate-limit.ts, chance.ts  pieces that types share
 *   dependencies.ts, job-types.ts  words: kinds of dependencies, types and results of jobs
 *
 * How a process is made and found again is src/exec; when a unit is to start or stop is decided in src/jobs and src/manager.
 */

import { sayOnce } from '../exec/left-out.ts';
import type { ProcessTracker } from '../exec/tracker.ts';
import { withoutEffect, withoutEffectText } from '../exec/without-effect.ts';
import type { Journal } from '../journal/journal.ts';
import type { Keeper } from '../kept/keeper.ts';
import type { Host, ProcessExit } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import type { SpecifierDirectories } from '../unitfile/language/specifiers.ts';
import type { UnitType } from '../unitfile/language/unit-name.ts';
import type { LoadedUnit, LoadState } from '../unitfile/load/loaded-unit.ts';
import type { EmergencyAction } from '../values/emergency-action.ts';
import type { BusNameSource } from './bus-name.ts';
import { hardLimitReached, softLimitReached } from './concurrency.ts';
import { type ConditionStatus, failedOf, testAll } from './condition-tests.ts';
import { type DependencyKind, type Facet, facets, inverseOf } from './dependencies.ts';
import { genericDoneMessage, genericStartMessage } from './job-messages.ts';
import type { JobMode, JobResult, JobType } from './job-types.ts';
import type { Marker } from './markers.ts';
import { reasonNotRun } from './not-run.ts';
import { RateLimit } from './rate-limit.ts';

/** ActiveState of systemctl(1). */
export type ActiveState =
  | 'active'
  | 'reloading'
  | 'inactive'
  | 'failed'
  | 'activating'
  | 'deactivating'
  | 'maintenance';

export const isActiveOrReloading = (s: ActiveState): boolean => s === 'active' || s === 'reloading';
export const isActiveOrActivating = (s: ActiveState): boolean =>
  s === 'active' || s === 'activating' || s === 'reloading';
export const isInactiveOrFailed = (s: ActiveState): boolean => s === 'inactive' || s === 'failed';
export const isInactiveOrDeactivating = (s: ActiveState): boolean =>
  s === 'inactive' || s === 'failed' || s === 'deactivating';

/**
 * What asking a unit for something came to.
 * `started`: work was begun and a state change will tell the end; `quiet`: the same, without a "Starting…" message;
 * `again`: not now, ask after the next state change; `already`: nothing to do; `not-applicable`: the type cannot do
 * that; the others are reasons for which a job ends (systemctl(1), job results).
 */
export type OperationResult =
  | 'started'
  | 'quiet'
  | 'again'
  | 'already'
  | 'condition'
  | 'not-applicable'
  | 'invalid'
  | 'assert'
  | 'unsupported'
  | 'dependency'
  | 'once'
  | 'concurrency'
  | 'failed';

export type { ConditionStatus } from './condition-tests.ts';

/** Both clocks of one moment, milliseconds (fractions are microseconds); 0 is never. */
export interface Timestamp {
  realtime: number;
  monotonic: number;
}

const never: Timestamp = { realtime: 0, monotonic: 0 };

/** Why a unit was started, told to it as TRIGGER_* (systemd.exec(5)) when another unit triggered it. */
export interface ActivationDetails {
  triggerUnit: string;
  /** TRIGGER_TIMER_REALTIME_USEC, TRIGGER_PATH …, in order. */
  environment: [string, string][];
}

export interface ChangeFlags {
  reloadFailed?: boolean;
  /** Its end is none that OnFailure= or OnSuccess= is about: the unit's own Restart= brings it back. */
  endsQuietly?: boolean;
}

/** A job as others see it. */
export interface JobRef {
  readonly id: number;
  readonly unit: Unit;
  type: JobType;
  readonly state: 'waiting' | 'running';
}

/** Whoever waits for the exit of a process: a service, a socket's control process, a generator. */
export interface ExitWatcher {
  /** The unit that it is, or is of. */
  readonly id?: string;
  processExited(exit: ProcessExit): void;
}

/** What units ask of the manager that holds them. The manager room implements it; tests may too. */
export interface UnitManager {
  readonly host: Host;
  /** 'system' has /run, /var/lib …; 'user' the XDG directories. */
  readonly scope: 'system' | 'user';
  /** Settings of speed that the container can't give fail a unit, as with systemd. */
  readonly strict?: boolean;
  readonly journal: Journal;
  readonly tracker: ProcessTracker;
  /** Directories behind RuntimeDirectory= and its siblings, and %t %S %C %L %E %D. */
  readonly directories: SpecifierDirectories;
  /** Path for NOTIFY_SOCKET. */
  readonly notifySocket: string;
  /** Where there is a bus to ask: who has the names that services have. */
  readonly busNames?: BusNameSource | undefined;
  /** Environment passed to services: the manager's own block after `set-environment`, KEY=VALUE. */
  environmentBlock(): string[];
  /** How messages name units (StatusUnitFormat= of systemd-system.conf(5)); `combined` where nothing is said. */
  readonly statusUnitFormat?: 'name' | 'description' | 'combined';

  /** False: WatchdogSec= is told, not enforced (systemctl(1), service-watchdogs). */
  readonly serviceWatchdogs: boolean;

  readonly timestamps: {
    /** When this manager came up. */
    readonly userspace: Timestamp;
  };
  timestamp(): Timestamp;
  log(level: LogLevel, message: string, unit?: Unit, fields?: Record<string, string>): void;

  readonly units: {
    /** Loads by name, with everything it depends on; a unit that has no file is returned too ('not-found'). Throws JobError for an invalid name. */
    load(name: string): Unit;
  };
  readonly changes: {
    /** Calls back in the moment of each change of any unit, until closed; it may look, and defer what it does. */
    follow(callback: (unit: Unit) => void): { close(): void };
  };
  readonly jobs: {
    /** Queues a job with what it pulls in. Throws JobError where the transaction is impossible. */
    add(type: JobType, unit: Unit, mode: JobMode, details?: ActivationDetails): JobRef;
    /** False while jobs run; Type=idle waits for it, at most five seconds (systemd.service(5), Type=). */
    readonly idle: boolean;
    /** Calls back once when no job is left or after five seconds. */
    whenIdle(callback: () => void): void;
  };
  readonly exits: {
    /** The exit of `pid` goes to `watcher`, once. Watching again replaces. */
    watch(pid: number, watcher: ExitWatcher): void;
    unwatch(pid: number): void;
  };
  readonly shutdown: {
    /** The system is going down: nothing is kept for a next start. */
    readonly hasBegun: boolean;
    /** Does what an action says (`none` does nothing). `exitStatus` is for exit: 0–255. */
    emergencyAction(action: EmergencyAction, reason: string, exitStatus: number | undefined): void;
  };
  /** From Unit.changed(). */
  unitChanged(unit: Unit, from: ActiveState, to: ActiveState, flags: ChangeFlags): void;
}

export abstract class Unit {
  readonly manager: UnitManager;
  readonly type: UnitType;
  /** The name it is known by: the primary one, aliases are in `names`. */
  id: string;
  names = new Set<string>();
  /** Markers= of systemctl(1), set-property. */
  markers: ReadonlySet<Marker> = new Set();
  loadState: LoadState = 'stub';
  /** Definition as last read; `undefined` only before the first load. */
  #loaded: LoadedUnit | undefined;
  /** Slot of the one job a unit may have, and of a job that only waits. */
  job: JobRef | undefined;
  nopJob: JobRef | undefined;

  readonly dependencies = new Map<DependencyKind, Set<Unit>>();

  stateChangeTimestamp = never;
  inactiveExitTimestamp = never;
  activeEnterTimestamp = never;
  activeExitTimestamp = never;
  inactiveEnterTimestamp = never;
  conditionTimestamp = never;
  assertTimestamp = never;
  conditionResult = false;
  assertResult = false;
  conditions: ConditionStatus[] = [];
  asserts: ConditionStatus[] = [];

  /** 32 hex digits, '' before the first start. */
  invocationId = '';
  readonly startLimit = new RateLimit(0, 0);
  startLimitHit = false;
  /** Holds back Upholds=, BindsTo= and StopWhenUnneeded= when they would loop. */
  readonly autoStartStopLimit = new RateLimit(10_000, 16);
  activationDetails: ActivationDetails | undefined;
  /** Slice that its processes were started in; they stay there whatever becomes of the unit's file. */
  startedInSlice: string | undefined;
  /** Units with a use of their own (a socket's connection instance…) that keep this one loaded. */
  readonly referencedBy = new Set<unknown>();
  /** Made by this boot and never unloaded: -.slice, init.scope, -.mount. */
  perpetual = false;

  constructor(manager: UnitManager, type: UnitType, name: string) {
    this.manager = manager;
    this.type = type;
    this.id = name;
    this.names.add(name);
  }

  abstract get activeState(): ActiveState;
  /** Of the type: 'running', 'start-pre', 'listening' … */
  abstract get subState(): string;

  get loaded(): LoadedUnit {
    if (this.#loaded === undefined) throw new Error(`${this.id}: settings asked for before it was loaded`);
    return this.#loaded;
  }

  get description(): string {
    return this.#loaded?.description || this.id;
  }

  /** As status and log messages name a unit: StatusUnitFormat=, by default `combined` as in Debian's build. */
  get statusName(): string {
    const format = this.manager.statusUnitFormat;
    if (format === 'name') return this.id;
    if (format === 'description') return this.description;
    return this.description === this.id ? this.id : `${this.id} - ${this.description}`;
  }

  get inMaintenance(): boolean {
    return this.activeState === 'maintenance';
  }

  /**
   * Takes a (re)read definition. The state goes on as it is; types override `configured` to see it.
   */
  setLoaded(loaded: LoadedUnit): void {
    this.#loaded = loaded;
    this.loadState = loaded.loadState;
    this.perpetual = loaded.perpetual;
    this.names = new Set(loaded.names);
    const { StartLimitIntervalSec, StartLimitBurst } = loaded.unit;
    if (StartLimitIntervalSec !== this.startLimit.intervalMs || StartLimitBurst !== this.startLimit.burst) {
      this.startLimit.intervalMs = StartLimitIntervalSec;
      this.startLimit.burst = StartLimitBurst;
      this.startLimit.reset();
    }
    this.configured();
  }

  /** Called after daemon-reload: what does not outlive it is forgotten. Types add theirs. */
  reread(): void {
    this.startLimitHit = false;
    if (this.manager.host.voice.manager.reloadKeepsCounts) return;
    this.startLimit.reset();
    this.autoStartStopLimit.reset();
  }

  /** Called after each (re)load. */
  protected configured(): void {}

  // ---- a new program under it -----------------------------------------------------------------------------------

  /** What outlives the manager's program (src/kept/keeper.ts). Read when its definition has been. Types add theirs. */
  keep(k: Keeper): void {
    this.markers = new Set(k.plain('markers', [...this.markers]));
    this.stateChangeTimestamp = k.plain('stateChangeTimestamp', this.stateChangeTimestamp);
    this.inactiveExitTimestamp = k.plain('inactiveExitTimestamp', this.inactiveExitTimestamp);
    this.activeEnterTimestamp = k.plain('activeEnterTimestamp', this.activeEnterTimestamp);
    this.activeExitTimestamp = k.plain('activeExitTimestamp', this.activeExitTimestamp);
    this.inactiveEnterTimestamp = k.plain('inactiveEnterTimestamp', this.inactiveEnterTimestamp);
    this.conditionTimestamp = k.plain('conditionTimestamp', this.conditionTimestamp);
    this.assertTimestamp = k.plain('assertTimestamp', this.assertTimestamp);
    this.conditionResult = k.flag('conditionResult', this.conditionResult);
    this.assertResult = k.flag('assertResult', this.assertResult);
    this.conditions = k.plain('conditions', this.conditions);
    this.asserts = k.plain('asserts', this.asserts);
    this.invocationId = k.text('invocationId', this.invocationId);
    k.inner('startLimit', (of) => this.startLimit.keep(of));
    this.startLimitHit = k.flag('startLimitHit', this.startLimitHit);
    k.inner('autoStartStopLimit', (of) => this.autoStartStopLimit.keep(of));
    this.activationDetails = k.plain('activationDetails', this.activationDetails);
    this.startedInSlice = k.plain('startedInSlice', this.startedInSlice);
  }

  /** Goes on from what was kept, once all units and jobs have been read: timers, watches, ends of processes. No change. */
  revive(): void {}

  // ---- dependencies ---------------------------------------------------------------------------------------------

  /** Adds both directions. A dependency of a unit on itself is dropped by the caller, which can say where it stood. */
  addDependency(kind: DependencyKind, other: Unit): void {
    link(this, kind, other);
    link(other, inverseOf[kind], this);
  }

  has(kind: DependencyKind, other: Unit): boolean {
    return this.dependencies.get(kind)?.has(other) ?? false;
  }

  /** Every unit that takes part in a facet of behaviour, each once. */
  related(facet: Facet): Iterable<Unit> {
    let found: ReadonlySet<Unit> = none;
    let all: Set<Unit> | undefined;
    for (const kind of facets[facet]) {
      const units = this.dependencies.get(kind);
      if (units === undefined || units.size === 0) continue;
      // Most units have one kind of those that a facet has.
      if (found.size === 0) found = units;
      else {
        all ??= new Set(found);
        for (const unit of units) all.add(unit);
      }
    }
    return all ?? found;
  }

  /** Names under a kind, in the order they were added. */
  dependencyNames(kind: DependencyKind): string[] {
    return [...(this.dependencies.get(kind) ?? none)].map((u) => u.id);
  }

  // ---- starting and stopping ------------------------------------------------------------------------------------

  /** Type's part of a start; the base has checked conditions and dependencies. */
  protected abstract startNow(): OperationResult;
  protected abstract stopNow(): OperationResult;
  protected reloadNow(): OperationResult {
    return 'not-applicable';
  }
  /** An error that hinders a start before anything is done: the start limit of the type. */
  protected preventStart(): OperationResult | undefined {
    return undefined;
  }

  /** False where systemd itself has no way to start or stop such a unit from outside (CanStart=, CanStop=). */
  get supported(): boolean {
    return true;
  }
  get canStart(): boolean {
    const hadItsLife = this.onceOnly && (this.perpetual || this.inactiveExitTimestamp.realtime > 0);
    return this.loadState === 'loaded' && this.supported && !hadItsLife;
  }
  get canStop(): boolean {
    return this.supported && !this.perpetual;
  }
  get canReload(): boolean {
    return (this.dependencies.get('PropagatesReloadTo')?.size ?? 0) > 0;
  }
  get canIsolate(): boolean {
    return this.canStart && this.loaded.unit.AllowIsolate;
  }
  /** Scopes: one life only. */
  get onceOnly(): boolean {
    return false;
  }
  /** LogLevelMax=, which is about what the manager says of it, too. */
  get logLevelMax(): number {
    return this.loaded.exec?.LogLevelMax ?? 7;
  }
  /** A restart is due (auto-restart): keeps units it needs from being stopped as unneeded. */
  get willRestart(): boolean {
    return false;
  }

  /** Why a unit of systemd's own is loaded here but never run; undefined for all others. */
  get reasonNotRun(): string | undefined {
    return reasonNotRun(this.id, this.#loaded?.fragmentPath);
  }

  /** Active; or it does not run here, and stands in nobody's way. */
  get satisfiesOthers(): boolean {
    return isActiveOrReloading(this.activeState) || this.reasonNotRun !== undefined;
  }

  start(details?: ActivationDetails): OperationResult {
    const state = this.activeState;
    if (isActiveOrReloading(state)) return 'already';
    if (state === 'maintenance') return 'again';
    if (this.loadState !== 'loaded') return 'failed';
    if (this.reasonNotRun !== undefined) return 'already';
    if (this.onceOnly && this.inactiveEnterTimestamp.realtime > 0) return 'once';
    if (state !== 'activating') {
      if (!this.testConditions()) return 'condition';
      if (!this.testAsserts()) {
        this.log(5, 'Starting requested but asserts failed.');
        return 'assert';
      }
    }
    if (!this.supported) return 'unsupported';
    for (const other of this.related('cannotBeActiveWithout')) {
      if (this.has('After', other) && !other.satisfiesOthers) {
        this.log(5, `Bound to unit ${other.id}, but unit isn't active.`);
        return 'dependency';
      }
    }
    const hindrance = this.preventStart() ?? this.#withoutRoom(state);
    if (hindrance !== undefined) return hindrance;
    this.activationDetails ??= details;
    this.#tellWithoutEffect();
    return this.startNow();
  }

  /** Its slice has as many units as it may. */
  #withoutRoom(state: ActiveState): OperationResult | undefined {
    if (!isInactiveOrFailed(state)) return undefined;
    if (hardLimitReached(this)) return 'concurrency';
    return softLimitReached(this) ? 'again' : undefined;
  }

  /** What of its settings does nothing here, once. */
  #tellWithoutEffect(): void {
    const text = withoutEffectText(withoutEffect(this.loaded, this.manager.host));
    if (text !== '') sayOnce(this, 5, `Without effect here: ${text}`);
  }

  stop(): OperationResult {
    if (isInactiveOrFailed(this.activeState)) return 'already';
    return this.stopNow();
  }

  reload(): OperationResult {
    if (this.loadState !== 'loaded') return 'failed';
    if (!this.canReload) return 'not-applicable';
    const state = this.activeState;
    if (state === 'reloading') return 'again';
    if (state !== 'active') {
      this.log(4, 'Unit cannot be reloaded because it is inactive.');
      return 'invalid';
    }
    this.markers = new Set([...this.markers].filter((marker) => marker !== 'needs-reload'));
    const result = this.reloadNow();
    if (result !== 'not-applicable') return result;
    // The unit has nothing to reload itself; it only passes the request on.
    this.changed(state, state);
    return 'quiet';
  }

  /** Forgets a failure. Types override and call the base. */
  resetFailed(): void {
    this.startLimit.reset();
    this.startLimitHit = false;
  }

  /** Counts a start against StartLimitIntervalSec=/StartLimitBurst=; false where it is one too many. */
  testStartLimit(): boolean {
    if (this.startLimit.below(this.manager.host.monotonic())) {
      this.startLimitHit = false;
      return true;
    }
    this.log(4, 'Start request repeated too quickly.');
    this.startLimitHit = true;
    this.manager.shutdown.emergencyAction(this.loaded.unit.StartLimitAction, `unit ${this.id} failed`, undefined);
    return false;
  }

  /** A new id for each life of the unit (INVOCATION_ID of systemd.exec(5)). */
  acquireInvocationId(): void {
    this.invocationId = this.manager.host.randomBytes(16).toString('hex');
  }

  /** The unit that a timer, path or socket starts (Triggers=). */
  get triggered(): Unit | undefined {
    return this.dependencies.get('Triggers')?.values().next().value;
  }

  /** It is about to be stopped: nothing new is begun for it. */
  get stopPending(): boolean {
    return this.job !== undefined && (this.job.type === 'stop' || this.job.type === 'restart');
  }

  /** The last words of a life: 'success' or a result such as 'exit-code'. */
  protected logResult(result: string): void {
    if (result === 'success') {
      const level = this.manager.scope === 'user' ? 7 : 6;
      this.log(level, 'Deactivated successfully.', { MESSAGE_ID: '7ad2d189f7e94e70a38c781354912448' });
    } else {
      const fields = { MESSAGE_ID: 'd9b373ed55a64feb8242e02dbe79a49c', UNIT_RESULT: result };
      this.log(4, `Failed with result '${result}'.`, fields);
    }
  }

  // ---- conditions -----------------------------------------------------------------------------------------------

  testConditions(): boolean {
    this.conditionTimestamp = this.manager.timestamp();
    this.conditions = this.loaded.unit.Conditions.map((c) => ({ ...c, result: undefined }));
    this.conditionResult = testAll(this, this.conditions, 'Condition');
    return this.conditionResult;
  }

  testAsserts(): boolean {
    this.assertTimestamp = this.manager.timestamp();
    this.asserts = this.loaded.unit.Asserts.map((c) => ({ ...c, result: undefined }));
    this.assertResult = testAll(this, this.asserts, 'Assert');
    return this.assertResult;
  }

  /** The condition to name when a start was skipped: a plain one before a trigger. */
  get failedCondition(): ConditionStatus | undefined {
    return this.conditionResult ? undefined : failedOf(this.conditions);
  }

  // ---- state ----------------------------------------------------------------------------------------------------

  /** A type calls this after each low-level change, also where the active state stays the same. */
  protected changed(from: ActiveState, to: ActiveState, flags: ChangeFlags = {}): void {
    const now = this.manager.timestamp();
    this.stateChangeTimestamp = now;
    if (isInactiveOrFailed(from) !== isInactiveOrFailed(to)) this.markers = new Set();
    if (isInactiveOrFailed(from) && !isInactiveOrFailed(to)) {
      this.inactiveExitTimestamp = now;
      this.startedInSlice = this.dependencyNames('InSlice')[0];
    }
    if (!isInactiveOrFailed(from) && isInactiveOrFailed(to)) this.inactiveEnterTimestamp = now;
    if (!isActiveOrReloading(from) && isActiveOrReloading(to)) this.activeEnterTimestamp = now;
    else if (isActiveOrReloading(from) && !isActiveOrReloading(to)) this.activeExitTimestamp = now;
    this.manager.unitChanged(this, from, to, flags);
  }

  /**
   * Exit status that goes with SuccessAction=exit and its kin: that of the main process, where the type has one; 255 where a
   * signal has ended that.
   */
  get exitStatus(): number | undefined {
    return undefined;
  }

  /** Monotonic milliseconds at which what it does now takes too long; Infinity where it may take any time. */
  get timerDeadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** Processes of the unit that nobody waits for have ended: none may be left. */
  processesMayBeGone(): void {}

  /** The kernel has killed one of the unit's processes for want of memory; its end is told next. */
  processOomKilled(): void {
    this.log(5, 'A process of this unit has been killed by the OOM killer.', {
      MESSAGE_ID: 'fe6faa94e7774663a0da52717891d8ef',
    });
  }

  /** A unit this one triggers (TriggeredBy= of it) has changed: sockets, paths, timers look. */
  triggeredUnitChanged(_other: Unit): void {}

  /** Applies a running state found at start-up, after all units are loaded (mounts that exist, a kept state). */
  coldplug(): void {}

  /** What is said when a job begins work, `%s` stands for the unit; types override with their own words. */
  jobStartMessage(type: JobType): string | undefined {
    return genericStartMessage(type);
  }

  /** What is said when a job has ended. */
  jobDoneMessage(type: JobType, result: JobResult): string | undefined {
    return genericDoneMessage(type, result);
  }

  /** Logs about this unit, with UNIT= and INVOCATION_ID=; the text is prefixed with the name as systemd does. */
  log(level: LogLevel, message: string, fields?: Record<string, string>): void {
    const [first, ...more] = message.split('\n');
    this.manager.log(level, `${this.id}: ${first}`, this, fields);
    for (const line of more) this.manager.log(level, line, this, fields);
  }
}

const none: ReadonlySet<Unit> = new Set();

function link(from: Unit, kind: DependencyKind, to: Unit): void {
  let set = from.dependencies.get(kind);
  if (set === undefined) {
    set = new Set();
    from.dependencies.set(kind, set);
  }
  set.add(to);
}
