/**
 * What systemctl's verbs ask of the manager: the part of it that a test has to imitate. Everything a person may ask
 * for by hand goes through these doors; who may ask at all has been settled before (src/main/access.ts).
 */
import type { KillWhom } from '../../exec/kill.ts';
import type { Job } from '../../jobs/job.ts';
import type { Manager, Objective, SystemState, TransientUnit } from '../../manager/manager.ts';
import type { PropertySetting } from '../../manager/set-property.ts';
import type { ScheduledShutdown } from '../../manager/shutdown-schedule.ts';
import type { UnitLoader } from '../../unitfile/load/loader.ts';
import type { JobMode, JobType } from '../../units/job-types.ts';
import type { Unit } from '../../units/unit.ts';
import type { CliContext } from './context.ts';

export type ShutdownObjective = Objective;

/** `MainPID` and its kin come from the unit objects themselves; this is what only the manager knows. */
export interface ManagerView
  extends Pick<Manager, 'host' | 'scope' | 'journal' | 'tracker' | 'environmentBlock' | 'startTimestamp' | 'find'> {
  allUnits(): Iterable<Unit>;
  /** A unit by name, loaded where it isn't; also one that has no file. Throws JobError for a name no unit can have. */
  load(name: string): Unit;
  /** Units with state `failed` (NFailedUnits). */
  readonly failedUnits: ReadonlySet<Unit>;
  /** Names of all loaded units, aliases included (NNames of the manager). */
  readonly nameCount: number;
  /** Where the unit's processes are, as `/system.slice/x.service`; '' while it has no control group (ControlGroup). */
  controlGroup(unit: Unit): string;
  /** UnitFileState and UnitFilePreset of the unit's file, '' where it has none. Cached until a reload. */
  unitFileState(unit: Unit): string;
  unitFilePreset(unit: Unit): string;
  /** NeedDaemonReload. Looks at the unit's files only. */
  needsReload(unit: Unit): boolean;

  jobs(): Iterable<Job>;
  readonly jobCount: number;
  findJob(id: number): Job | undefined;
  cancelJob(job: Job): void;
  /** Cancels every job (ClearJobs). */
  clearJobs(): void;
  /** A job asked for by name, with RefuseManual… and missing units refused. Throws JobError. */
  requestJob(type: JobType, name: string, mode: JobMode, affected?: Set<Job>): Job;
  /** Reads unit files; what settings mean before a unit is made of them. */
  readonly loader: UnitLoader;
  /** Makes units of text and starts the first. Throws JobError. */
  startTransient(units: readonly [TransientUnit, ...TransientUnit[]]): Job;
  /** `run-u5.service`: each is given once. */
  newTransientName(suffix: string): string;
  /** Jobs for units with Markers=needs-restart or needs-reload (EnqueueMarkedJobs). */
  requestMarkedJobs(): Job[];

  /** `start --wait`, `clean`: calls back after each change of the unit's state or job, until closed. */
  watchUnit(unit: Unit, callback: () => void): { close(): void };

  /** KillUnit of a unit that is loaded. Throws KillError or JobError. `value` goes with sigqueue(3). */
  killUnit(unit: Unit, whom: KillWhom, signal: number, value?: number): void;
  /** Removes directories of a unit that is not running: `what` are words of --what=. Throws JobError. */
  cleanUnit(unit: Unit, what: readonly string[]): void;
  /** Throws JobError (no freezer without a writable cgroup). */
  freezeUnit(unit: Unit, action: 'freeze' | 'thaw'): void;
  /** Writes drop-ins, all of them or none, and reads the unit again. Throws JobError. */
  setUnitProperties(unit: Unit, runtime: boolean, settings: readonly PropertySetting[]): void;
  resetFailed(): void;

  systemState(): SystemState;
  /** Resolves when the first transaction after start has come to rest (StartupFinished); at once where it has. */
  whenStarted(): Promise<void>;
  reload(): Promise<void>;
  /** Replaces the manager's process by a new one that goes on with its state; resolves once that is certain to happen. */
  reexec(): Promise<void>;
  setEnvironment(assignments: readonly string[]): void;
  unsetEnvironment(names: readonly string[]): void;
  /** SetExitCode: the status that the manager ends with, 0 to 255. */
  setExitStatus(status: number): void;
  /** At once, without stopping units in order (`--force`): processes are killed, then the manager ends. */
  forceShutdown(objective: ShutdownObjective): void;
  /** Ends the manager without killing or waiting (`--force --force`). */
  endNow(objective: ShutdownObjective): void;
  requestShutdown(objective: ShutdownObjective, exitStatus?: number): void;
  /** Resolves when everything has been stopped and the manager is about to go. */
  whenEnding(): Promise<void>;
  /** Manages nothing, and ends with the call. */
  readonly resting: boolean;
  /** shutdown(8) with a time; undefined where none is scheduled. Wall clock milliseconds. */
  readonly scheduledShutdown: ScheduledShutdown | undefined;
  scheduleShutdown(schedule: ScheduledShutdown | undefined): void;

  /** 'debug', 'info', … and 'journal', 'console', …: of the manager itself (LogControl1). */
  logLevel: string;
  logTarget: string;
  serviceWatchdogs: boolean;
}

/** The manager of a call. Verbs that need one are called only where there is one. */
export function managerOf(context: CliContext): ManagerView {
  const { manager } = context;
  if (manager === undefined) throw new Error('No manager in this process');
  return manager;
}
