/** What units may ask of the manager that holds them. The manager room implements it; tests may too. */

import type { ProcessTracker } from '../exec/tracker.ts';
import type { Journal } from '../journal/journal.ts';
import type { Host, ProcessExit } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import type { EmergencyAction } from '../unitfile/directives/kinds/unit.ts';
import type { ActivationDetails, ActiveState, ChangeFlags, ConditionStatus, Timestamp, Unit } from './unit.ts';

/** Job types of systemd: the first six may be installed, the others are turned into one of them or into nothing. */
export type JobType =
  | 'start'
  | 'verify-active'
  | 'stop'
  | 'reload'
  | 'restart'
  | 'nop'
  | 'try-restart'
  | 'try-reload'
  | 'reload-or-start';

/** --job-mode= of systemctl(1). */
export type JobMode =
  | 'fail'
  | 'replace'
  | 'replace-irreversibly'
  | 'isolate'
  | 'flush'
  | 'ignore-dependencies'
  | 'ignore-requirements'
  | 'triggering';

export type JobResult =
  | 'done'
  | 'canceled'
  | 'timeout'
  | 'failed'
  | 'dependency'
  | 'skipped'
  | 'invalid'
  | 'assert'
  | 'unsupported'
  | 'collected'
  | 'once';

/** A job as others see it. */
export interface JobRef {
  readonly id: number;
  readonly unit: Unit;
  type: JobType;
  readonly state: 'waiting' | 'running';
}

/** An error with the D-Bus name that systemctl turns into an exit status. */
export class JobError extends Error {
  /** 'org.freedesktop.systemd1.NoSuchUnit' … */
  readonly busName: string;
  constructor(busName: string, message: string) {
    super(message);
    this.busName = busName;
  }
}

/** Whoever waits for the exit of a process: a service, a socket's control process, a generator. */
export interface ExitWatcher {
  processExited(exit: ProcessExit): void;
}

export interface UnitManager {
  readonly host: Host;
  /** 'system' has /run, /var/lib …; 'user' the XDG directories. */
  readonly scope: 'system' | 'user';
  readonly journal: Journal;
  readonly tracker: ProcessTracker;
  /** Directories behind RuntimeDirectory= and its siblings, and %t %S %C %L %E. */
  readonly directories: { runtime: string; state: string; cache: string; logs: string; configuration: string };
  /** Environment passed to services: the manager's own block after `set-environment`, KEY=VALUE. */
  environmentBlock(): string[];
  /** Path for NOTIFY_SOCKET. */
  readonly notifySocket: string;
  /** The system is going down: no restarts (systemd refuses auto-restart then by its stop jobs; timers look here too). */
  readonly stopping: boolean;

  /** When this manager came up. */
  readonly startTimestamp: Timestamp;
  timestamp(): Timestamp;
  log(level: LogLevel, message: string, unit?: Unit, fields?: Record<string, string>): void;
  /** How messages name units (StatusUnitFormat= of systemd-system.conf(5)); `combined` where nothing is said. */
  readonly statusUnitFormat?: 'name' | 'description' | 'combined';
  /** One line of boot or shutdown on the console: `status` is what stands in the brackets, '' for none. */
  statusLine(status: string, text: string): void;

  /** A unit that is loaded already. Names of aliases work. */
  find(name: string): Unit | undefined;
  /** Loads by name, with everything it depends on; a unit that has no file is returned too ('not-found'). Throws JobError for an invalid name. */
  load(name: string): Unit;
  allUnits(): Iterable<Unit>;
  /** Queues a job with what it pulls in. Throws JobError where the transaction is impossible. */
  addJob(type: JobType, unit: Unit, mode: JobMode, details?: ActivationDetails): JobRef;
  /** Makes a unit from the text of a unit file that lives as long as the unit (connection instances, systemd-run). */
  loadTransient(name: string, text: string): Unit;

  /** From Unit.changed(). */
  unitChanged(unit: Unit, from: ActiveState, to: ActiveState, flags: ChangeFlags): void;
  /** The exit of `pid` goes to `watcher`, once. Watching again replaces. */
  watchProcess(pid: number, watcher: ExitWatcher): void;
  unwatchProcess(pid: number): void;
  /** Why a unit of systemd's own is loaded here but never run; undefined for all others. */
  reasonNotRun(id: string): string | undefined;
  /** True or false, or the text of an error. */
  evaluateCondition(condition: ConditionStatus, unit: Unit): boolean | string;
  /** Does what an action says (`none` does nothing). `exitStatus` is for exit: 0–255. */
  emergencyAction(action: EmergencyAction, reason: string, exitStatus: number | undefined): void;
  /** False while jobs run; Type=idle waits for it, at most five seconds (systemd.service(5), Type=). */
  readonly idle: boolean;
  /** Calls back once when no job is left or after five seconds. */
  whenIdle(callback: () => void): void;
}
