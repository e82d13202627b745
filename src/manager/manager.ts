/**
 * The manager: holds all units and their jobs, hears of exits, signals and notifications, and lets units react to each
 * other. One event loop, no blocking call, and nothing that a unit, a file or a client does ends it.
 *
 * Here its parts are put together. Each answers for one thing, in a file of its own, and knows of the others what it says
 * that it needs (its …Context); what people and programs ask for goes to a part: `manager.shutdown.request('halt')`.
 *
 *   units          registry.ts           all that are loaded: names, ties, failures, what is of no use (factory.ts makes one)
 *   unitFiles      unit-files.ts         enabled or not, as `show` says
 *   transient      transient.ts          units that a program makes
 *   mounts         mounts.ts             mount points as units
 *   jobs           src/jobs              what units are to become
 *   requests       requests.ts           what is asked for by name: jobs, kill, clean, set-property (set-property.ts)
 *   reactions      reactions.ts          what follows from a change of state: OnFailure=, FailureAction= …
 *   queues         queues.ts             what is looked at afterwards: StopWhenUnneeded=, Upholds=, BindsTo=
 *   exits          exits.ts              ends of processes
 *   notifications  notify.ts             the notify socket
 *   changes        changes.ts            who follows a unit
 *   logControl     log-control.ts        its own log; journal-origins.ts tells the journal whose an entry is
 *   statusLines    status-lines.ts       lines on the console
 *   jobProgress    job-progress.ts       lines about jobs that take long
 *   environment    environment.ts        what services get, and generators (generators/)
 *   startup        startup.ts            generators, boot, the end of the start
 *   reloads        reload.ts             daemon-reload, system.conf
 *   shutdown       shutdown.ts           in order, by force, at a time (shutdown-schedule.ts, objective.ts, final.ts)
 *   systemState    system-state.ts       is-system-running
 *   timestamps     timestamps.ts         moments of its life
 *   crashes        crashes.ts            crashes of the program that it has outlived, and safe mode
 *                  gate.ts               when no job may be new or run: that, and the end
 *   touched        touched.ts            what has changed of that which outlives a crash
 *   guard          guard.ts              an error of its own is a line in the log
 *
 * It does not know how units of a type behave (src/units), how a process is made (src/exec), who is allowed to ask
 * (src/main/access.ts), or how an answer looks (src/cli).
 */
import { keepExec } from '../exec/kept.ts';
import { OomKills } from '../exec/oom-kills.ts';
import { ProcessTracker } from '../exec/tracker.ts';
import { JobEngine } from '../jobs/engine.ts';
import type { Journal } from '../journal/journal.ts';
import type { Keeper } from '../kept/keeper.ts';
import type { Host } from '../sys/host.ts';
import type { UnitLoader } from '../unitfile/load/loader.ts';
import {
  type ActiveState,
  type ChangeFlags,
  isActiveOrReloading,
  type Timestamp,
  type Unit,
  type UnitManager,
} from '../units/unit.ts';
import { UnitChanges } from './changes.ts';
import { Crashes } from './crashes.ts';
import { ManagerEnvironment } from './environment.ts';
import { Exits } from './exits.ts';
import { createUnit } from './factory.ts';
import { gateOf } from './gate.ts';
import { Guard } from './guard.ts';
import { JobProgress } from './job-progress.ts';
import { tellOrigins } from './journal-origins.ts';
import { type Log, LogControl } from './log-control.ts';
import { MountPoints } from './mounts.ts';
import { NotifySocket } from './notify.ts';
import type { Objective } from './objective.ts';
import { UnitQueues } from './queues.ts';
import { Reactions } from './reactions.ts';
import { UnitRegistry } from './registry.ts';
import { Reloads } from './reload.ts';
import { Requests } from './requests.ts';
import { Shutdown } from './shutdown.ts';
import { Startup } from './startup.ts';
import { StatusLines } from './status-lines.ts';
import { type SystemState, systemStateOf } from './system-state.ts';
import { ManagerTimestamps } from './timestamps.ts';
import { Touched } from './touched.ts';
import { TransientUnits } from './transient.ts';
import { type UnitFileFacts, UnitFiles } from './unit-files.ts';

export interface ManagerOptions {
  scope: 'system' | 'user';
  loader: UnitLoader;
  journal: Journal;
  directories: UnitManager['directories'];
  /** Where the notify socket is made. */
  notifySocket: string;
  /** KEY=VALUE that services get before DefaultEnvironment= and their own settings. */
  environment: string[];
  /** Settings of speed that the container can't give fail a unit, as with systemd. */
  strict?: boolean;
  /** Boot lines on the console; undefined: as ShowStatus= says. */
  showStatus: boolean | undefined;
  /** State and preset of a unit's file, as is-enabled and list-unit-files say them. */
  unitFile: (name: string) => UnitFileFacts;
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
  readonly strict: boolean;
  readonly journal: Journal;
  readonly loader: UnitLoader;
  readonly directories: UnitManager['directories'];
  readonly notifySocket: string;
  /** It manages nothing, and ends with the call that it was made for. */
  readonly resting: boolean;

  readonly tracker: ProcessTracker;
  readonly oomKills: OomKills;
  readonly timestamps: ManagerTimestamps;
  readonly logControl: LogControl;
  readonly statusLines: StatusLines;
  readonly jobProgress = new JobProgress(this);
  readonly guard: Guard;
  readonly touched = new Touched();
  readonly environment: ManagerEnvironment;
  readonly units: UnitRegistry;
  readonly unitFiles: UnitFiles;
  readonly jobs: JobEngine;
  readonly exits = new Exits(this);
  readonly notifications = new NotifySocket(this);
  readonly changes = new UnitChanges(this);
  readonly queues = new UnitQueues(this);
  readonly reactions = new Reactions(this);
  readonly mounts = new MountPoints(this);
  readonly crashes = new Crashes(this);
  readonly requests = new Requests(this);
  readonly transient = new TransientUnits(this);
  readonly startup: Startup;
  readonly reloads: Reloads;
  readonly shutdown: Shutdown;

  /** WatchdogSec= of services is enforced (systemctl service-watchdogs). */
  serviceWatchdogs = true;
  /** Executes the program of this process anew; undefined where it is not the manager's alone. */
  reexecute: (() => Promise<void>) | undefined;
  /** Called when something has come to rest: an on-demand manager looks whether it is still needed. */
  onQuiet: () => void = () => {};
  /** The bus, where this process joins one. */
  busNames: UnitManager['busNames'];
  /** A unit has come up. */
  onActive: (unit: Unit) => void = () => {};

  constructor(host: Host, options: ManagerOptions) {
    const { scope, loader, journal } = options;
    this.host = host;
    this.scope = scope;
    this.strict = options.strict ?? false;
    this.journal = journal;
    this.loader = loader;
    this.directories = options.directories;
    this.notifySocket = options.notifySocket;
    this.resting = options.resting === true;

    this.tracker = new ProcessTracker(host);
    this.oomKills = new OomKills(host);
    this.timestamps = new ManagerTimestamps(this.timestamp());
    this.logControl = new LogControl(journal);
    this.guard = new Guard(host, this.log);
    this.statusLines = new StatusLines(host, journal, () =>
      options.showStatus === undefined ? loader.configuration.settings.ShowStatus : options.showStatus ? 'yes' : 'no',
    );
    this.environment = new ManagerEnvironment(host, scope, options.environment);
    this.units = this.#makeUnits();
    this.unitFiles = new UnitFiles(loader, options.unitFile);
    this.jobs = this.#makeJobs();
    const generate = async (): Promise<void> => {
      if (options.generateEnvironment !== undefined) await this.environment.generate(options.generateEnvironment);
      await options.generate();
    };
    this.startup = new Startup(this, generate);
    this.reloads = new Reloads(this, generate);
    this.shutdown = new Shutdown(this, options.end);
    this.reloads.configure();
    tellOrigins(this);
    host.onUncaught = (error) => this.guard.report('an event', error);
    host.onDeadMount = (path, { target, fstype }) =>
      this.log(3, `${path} is on ${target} (${fstype}), which does not answer: going on without it.`);
    host.onExits = (exits) => {
      this.exits.exited(exits);
      this.guard.run('exits of processes', () => this.shutdown.processEnded());
      this.touched.done();
    };
  }

  #makeUnits(): UnitRegistry {
    return new UnitRegistry({
      host: this.host,
      loader: this.loader,
      create: (type, name) => createUnit(this, type, name),
      withoutFile: (name) => this.mounts.ofName(name),
      diagnose: ({ id, diagnostics }) => this.logControl.writeDiagnostics(id, diagnostics),
      goesOn: (unit) => this.crashes.goesOn(unit),
      hasProcesses: (unit) => this.tracker.hasProcesses(unit.id),
      mayHaveGarbage: () => this.queues.schedule(),
      forgotten: (unit) => {
        this.tracker.forget(unit.id);
        this.loader.forgetTransient(unit.loaded);
        this.touched.unit(unit);
      },
      touched: (unit) => this.touched.unit(unit),
    });
  }

  #makeJobs(): JobEngine {
    return new JobEngine({
      host: this.host,
      gate: gateOf(this),
      log: this.log,
      statusLine: (status, text) => this.statusLines.show(status, text),
      retryLoad: (unit) => this.units.retry(unit),
      allUnits: () => this.units.all(),
      emergencyAction: (action, reason, status) => this.shutdown.emergencyAction(action, reason, status),
      startOnFailure: (unit) => this.reactions.startHandlers(unit, 'onFailure'),
      jobEnded: (unit) => this.reactions.jobEnded(unit),
      jobRuns: () => this.jobProgress.jobRuns(),
      jobChanged: (job) => this.touched.job(job),
      worked: (unit) => this.touched.unit(unit),
      ran: () => this.touched.done(),
      allDone: () => {
        this.jobProgress.allDone();
        this.startup.jobsDone();
        this.onQuiet();
      },
      beforeRun: () => this.guard.run('queues', () => this.queues.flush()),
      defer: (callback) => this.guard.defer(callback),
    });
  }

  // ---- a new program under it -----------------------------------------------------------------------------------

  /**
   * What outlives the program (src/kept/keeper.ts): each part describes its own. Read before anything else is done with
   * a manager; `revive` follows.
   */
  keep(k: Keeper): void {
    for (const [name, keep] of Object.entries(this.smallParts())) k.inner(name, keep);
    k.inner('exec', (of) => keepExec(this.host, of));
    k.inner('oomKills', (of) => this.oomKills.keep(of));
    k.inner('tracker', (of) => this.tracker.keep(of));
    k.inner('units', (of) => this.units.keep(of));
    const unitOf = (name: string): Unit => this.units.load(name);
    k.inner('jobs', (of) => this.jobs.keep(of, unitOf));
    k.inner('queues', (of) => this.queues.keep(of, unitOf));
    k.inner('shutdown', (of) => this.shutdown.keep(of));
    this.keepOwn(k);
  }

  /** Parts that are small, and seldom other than they were. */
  smallParts(): Readonly<Record<string, (k: Keeper) => void>> {
    return {
      timestamps: (k) => this.timestamps.keep(k),
      logControl: (k) => this.logControl.keep(k),
      statusLines: (k) => this.statusLines.keep(k),
      environment: (k) => this.environment.keep(k),
      reloads: (k) => this.reloads.keep(k),
      transient: (k) => this.transient.keep(k),
      startup: (k) => this.startup.keep(k),
      notifications: (k) => this.notifications.keep(k),
      crashes: (k) => this.crashes.keep(k),
    };
  }

  keepOwn(k: Keeper): void {
    this.serviceWatchdogs = k.flag('serviceWatchdogs', this.serviceWatchdogs);
  }

  /** Goes on from what was read, where the other program was. */
  revive(): void {
    this.units.revive();
    this.jobs.revive();
    this.shutdown.revive();
    for (const unit of this.units.all()) if (isActiveOrReloading(unit.activeState)) this.onActive(unit);
    if (this.scope === 'system') this.mounts.follow();
  }

  get systemState(): SystemState {
    return systemStateOf(this);
  }

  // ---- what units ask, besides the parts (UnitManager) --------------------------------------------------------------

  readonly log: Log = (level, message, unit, fields) => this.logControl.write(level, message, unit, fields);

  timestamp(): Timestamp {
    return { realtime: this.host.now(), monotonic: this.host.monotonic() };
  }

  unitChanged(unit: Unit, from: ActiveState, to: ActiveState, flags: ChangeFlags): void {
    this.touched.unit(unit);
    this.reactions.unitChanged(unit, from, to, flags);
  }

  environmentBlock(): string[] {
    return this.environment.block();
  }

  get statusUnitFormat(): 'name' | 'description' | 'combined' {
    return this.loader.configuration.settings.StatusUnitFormat;
  }
}
