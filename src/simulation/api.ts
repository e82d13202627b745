/**
 * What `pidone/sim` gives: everything that a test says or sees of a simulation, beside the words that it has in common with
 * `pidone` (src/terms/words.ts). Spans of time are virtual, and cost nothing.
 */
import type { UnitObject } from '../terms/directives.ts';
import type {
  Change,
  CommandResult,
  EntryQuery,
  JobType,
  JournalEntry,
  KillOptions,
  PlannedJob,
  Span,
  SupervisedUnit,
  UnitTexts,
  WaitOptions,
  JobOptions as WordsOfJobs,
  UnitState as WordsOfState,
} from '../terms/words.ts';

export type { UnitObject } from '../terms/directives.ts';
export type {
  ActiveState,
  Change,
  CommandResult,
  EntryQuery,
  JobMode,
  JobResult,
  JobType,
  JournalEntry,
  KillOptions,
  PlannedJob,
  Span,
  SupervisedUnit,
  UnitTexts,
  WaitOptions,
} from '../terms/words.ts';

/**
 * A moment: `'2027-03-28 02:59:50 Europe/Berlin'`, `'tomorrow'`, `'03:00'` as in systemd.time(7), in the simulation's time zone
 * where it names none; an ISO 8601 text that ends in Z or an offset; a Date; or milliseconds since 1970.
 */
export type Moment = string | number | Date;

/** What a program does, from its start on. It may be asynchronous, and wait with `p.sleep()`; errors fail the test. */
export type Script = (program: Program) => void | Promise<void>;

/** What a simulation begins with. */
export interface SimulateOptions {
  /**
   * Unit files: a directory (its files, drop-ins and links, as they would lie in /etc/systemd/system), texts and objects by
   * name, or several of these, of which the earlier ones win. Default: none.
   */
  readonly units?: string | URL | UnitTexts | readonly (string | URL | UnitTexts)[];
  /**
   * Scripts of programs by absolute path, or of a unit's main process by the unit's name. `null` says that there is no such
   * program. One without a script is there, and does what its unit expects of it: see `docs/simulation.md`.
   * Default: none.
   */
  readonly programs?: Readonly<Record<string, Script | null>>;
  /** Other files, by absolute path; what lies in a `bin` or `sbin` can be executed. Default: none. */
  readonly files?: Readonly<Record<string, string>>;
  /** The moment at which it begins. Default: 2026-01-01 00:00:00 in its time zone. */
  readonly startTime?: Moment;
  /** Name of the time zone that is local, as 'Europe/Berlin'. Default: UTC. */
  readonly timeZone?: string;
  /** Units that are enabled before the boot ([Install]). Default: none. */
  readonly enable?: readonly string[];
  /** The target that is brought up first; false for none. Default: basic.target, where nothing of one's own is started. */
  readonly boot?: string | false;
  /** Variables of the manager, which its services get. Default: none but PATH and LANG. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whose manager it is: PID 1's or that of a user (1000, alice). Default: system. */
  readonly scope?: 'system' | 'user';
  /** Decides what units and programs draw by lot: RandomizedDelaySec=, `p.random()`. A whole number. Default: 0. */
  readonly seed?: number;
}

/** How a job is asked for. */
export interface JobOptions extends WordsOfJobs {
  /** False: it is queued, and no time passes (--no-block). Default: true. */
  readonly wait?: boolean;
}

/** Which entries are meant; what is left out does not matter. */
export interface JournalQuery extends EntryQuery {
  /** Not before that moment. */
  readonly since?: Moment;
}

/** What is waited for; what is left out does not matter. */
export interface UnitState extends WordsOfState {
  /** How often it has been started, restarts included; exactly so often. */
  readonly starts?: number;
}

/** When a program does something. */
export interface AfterOptions {
  /** So much later, if it is still alive then. Default: at once. */
  readonly after?: Span;
}

/** What a classic daemon leaves behind. */
export interface DaemonOptions {
  /** A file that its PID is written to, absolute. Default: none. */
  readonly pidFile?: string;
}

/** Files of the simulated machine; paths are absolute. Errors are those of the kernel (`code` ENOENT …). */
export interface SimulatedFiles {
  /** Writes a file, and makes its directories. */
  write(path: string, text: string): void;
  /** The text of a file. */
  read(path: string): string;
  /** Whether there is something of that name, of whatever kind. */
  exists(path: string): boolean;
  /** Removes a file, or a directory with all that is in it; nothing happens where there is none. */
  remove(path: string): void;
  /** Names in a directory, in no order. */
  list(path: string): string[];
}

/** A process of a unit, as its script sees it. */
export interface Program {
  /** Its file, absolute. */
  readonly path: string;
  /** argv[0] first. */
  readonly argv: readonly string[];
  /** argv without the first. */
  readonly args: readonly string[];
  /** Its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Its process id. */
  readonly pid: number;
  /** The unit it belongs to. */
  readonly unit: string;
  /** Whether it is the unit's main process; else a command beside it (ExecStartPre=, ExecReload= …) or what was forked. */
  readonly isMain: boolean;
  /** False from its end on. */
  readonly alive: boolean;
  /** Files of the machine. */
  readonly files: SimulatedFiles;
  /** What the wall clock says. */
  readonly now: Date;
  /** Writes lines to its standard output, which is the journal where StandardOutput= says nothing else. */
  log(text: string): void;
  /** Writes lines to its standard error. */
  error(text: string): void;
  /** Ends with a status (0 to 255; default 0), at once or later. What it has planned for after that does not happen. */
  exit(status?: number, options?: AfterOptions): void;
  /** Ends by a signal, as if it came from outside: 'SIGSEGV'. Default: SIGABRT. */
  crash(signal?: string, options?: AfterOptions): void;
  /** Does this where a signal comes, in place of its default action. SIGKILL and SIGSTOP can't be caught: throws. */
  on(signal: string, handler: () => void): void;
  /** Signals that do nothing to it. */
  ignore(...signals: string[]): void;
  /** sd_notify(3): 'READY=1', 'STATUS=…', 'WATCHDOG=1', 'RELOADING=1\nMONOTONIC_USEC=…', several in lines. */
  notify(text: string, options?: AfterOptions): void;
  /** notify('READY=1'). */
  ready(options?: AfterOptions): void;
  /** Does something later, if it is still alive then. */
  after(span: Span, action: () => void): void;
  /** Does something again and again, for as long as it is alive. */
  every(span: Span, action: () => void): void;
  /** Resolves after that time; never where it has ended meanwhile. */
  sleep(span: Span): Promise<void>;
  /** A child with a script of its own; without one it runs until it is killed. */
  fork(script?: Script): Program;
  /**
   * The classic daemon: a grandchild in a session of its own, which runs on when this process exits. `pidFile` is written for
   * it.
   */
  daemonize(script?: Script, options?: DaemonOptions): Program;
  /** Takes a name on the bus, as Type=dbus waits for it. It is given up when the process ends. */
  ownName(name: string): void;
  /** From 0 up to, not including, 1; the same ones for the same seed. */
  random(): number;
}

/** A unit of a simulation. It need not have a file. Time passes where a method waits for something. */
export interface SimulatedUnit extends SupervisedUnit {
  /** How often it has been started since the simulation began, restarts included. */
  readonly starts: number;
  /** When it came up last; undefined where it never has. */
  readonly activeSince: Date | undefined;
  /** Of timers: when it elapses next. */
  readonly nextElapse: Date | undefined;
  /** The moments at which it was started, in order. */
  readonly startTimes: readonly Date[];
  /** Its live processes: what their scripts are given. */
  readonly processes: readonly Program[];
  /** Resolves when systemd would say that it is started. Throws JobFailed, WaitTimeout, CannotSimulate. */
  start(options?: JobOptions): Promise<void>;
  /** Resolves when it has stopped. Throws JobFailed, WaitTimeout. */
  stop(options?: JobOptions): Promise<void>;
  /** Stops it where it runs, and starts it. Throws JobFailed, WaitTimeout, CannotSimulate. */
  restart(options?: JobOptions): Promise<void>;
  /** Lets it read its configuration again (ExecReload=). Throws JobFailed, also where it does not run; WaitTimeout. */
  reload(options?: JobOptions): Promise<void>;
  /** Restarts it where it runs. Throws JobFailed, WaitTimeout. */
  tryRestart(options?: JobOptions): Promise<void>;
  /** Sends a signal to its processes, or to some of them. Default: SIGTERM to all. Throws InvalidOption for no signal. */
  kill(signal?: string, options?: KillOptions): Promise<void>;
  /** Its main process ends with a status, 0 to 255, as if its program had wanted to. Throws InvalidOption where it has none. */
  exit(status: number): Promise<void>;
  /** Forgets that it has failed, and how often it was started. */
  resetFailed(): void;
  /** Of sockets: somebody connects, or sends a datagram. What is said over it is not simulated. Throws InvalidOption. */
  connect(): Promise<void>;
  /** Time passes until it is so. Throws WaitTimeout with its last lines. */
  waitFor(state: UnitState | ((unit: SimulatedUnit) => boolean), options?: WaitOptions): Promise<void>;
  /** Entries about it, oldest first. */
  journal(query?: Omit<JournalQuery, 'unit'>): JournalEntry[];
}

/** A machine in virtual time, with a manager. */
export interface Simulation {
  /** What the wall clock says. */
  readonly now: Date;
  /** Virtual milliseconds since it began. */
  readonly elapsedMs: number;
  /** Files of the machine. */
  readonly files: SimulatedFiles;
  /** Every change of state of a unit, in order. */
  readonly changes: readonly Change[];
  /**
   * How many things have happened so far: timers, messages and ends of processes that came, processes that were started, jobs
   * that were queued, changes of state.
   */
  readonly events: number;
  /** A unit by name, `.service` where it has no suffix. Throws InvalidOption where no unit can have the name. */
  unit(name: string): SimulatedUnit;
  /** Units that are loaded. */
  units(): SimulatedUnit[];
  /**
   * Starts units; resolves when systemd would say that they are started, and time passes until then. Throws JobFailed where
   * one is not, with its last lines; CannotSimulate where a setting can't be honoured.
   */
  start(units: string | readonly string[], options?: JobOptions): Promise<void>;
  /** Stops units. Throws JobFailed, WaitTimeout, InvalidOption. */
  stop(units: string | readonly string[], options?: JobOptions): Promise<void>;
  /** Stops units that run, and starts all of them. Throws JobFailed, WaitTimeout, InvalidOption, CannotSimulate. */
  restart(units: string | readonly string[], options?: JobOptions): Promise<void>;
  /** Lets units read their configuration again. Throws JobFailed, also where one does not run; WaitTimeout, InvalidOption. */
  reload(units: string | readonly string[], options?: JobOptions): Promise<void>;
  /** Restarts those of the units that run. Throws JobFailed, WaitTimeout, InvalidOption. */
  tryRestart(units: string | readonly string[], options?: JobOptions): Promise<void>;
  /** Starts a unit and what it needs, and stops all else (AllowIsolate=). Throws JobFailed, WaitTimeout. */
  isolate(unit: string, options?: Omit<JobOptions, 'jobMode'>): Promise<void>;
  /**
   * What a job would bring with it: every job of its transaction, its own among them. Nothing is done, and no time passes.
   * Throws JobFailed where there can be none.
   */
  plan(type: JobType, unit: string, options?: Pick<JobOptions, 'jobMode'>): Promise<PlannedJob[]>;
  /** Reads all unit files again. */
  daemonReload(): Promise<void>;
  /** Every failure is forgotten, or that of the units given. */
  resetFailed(units?: string | readonly string[]): void;
  /** Makes the links of [Install] sections. Throws CommandFailed. */
  enable(units: string | readonly string[]): Promise<void>;
  /** Takes the links of [Install] sections away. Throws CommandFailed. */
  disable(units: string | readonly string[]): Promise<void>;
  /** Writes a unit's file, or a drop-in (`a.service.d/b.conf`). It counts after `daemonReload()` where the unit is loaded. */
  write(name: string, unit: string | UnitObject): void;
  /** What a program does from its next start on; null takes it away. */
  program(path: string, script: Script | null): void;
  /** Lets time pass; what is due in it happens in order. Throws InvalidOption, CannotSimulate, and what scripts throw. */
  advance(span: Span): Promise<void>;
  /** Lets time pass up to a moment. Throws InvalidOption where it has been already, and what `advance` throws. */
  advanceTo(moment: Moment): Promise<void>;
  /** Somebody sets the wall clock. No time passes. */
  setClock(moment: Moment): Promise<void>;
  /** Time passes until it is so. Throws WaitTimeout. */
  waitFor(condition: () => boolean, options?: WaitOptions): Promise<void>;
  /** Entries of the journal, oldest first. */
  journal(query?: JournalQuery): JournalEntry[];
  /** The real command line: `sim.systemctl('list-timers', '--all')`. Time passes where it waits. */
  systemctl(...args: string[]): Promise<CommandResult>;
  /**
   * The same of journalctl, systemd-analyze, systemd-run and the others. Throws InvalidOption for a program that pidone has
   * not.
   */
  command(program: string, ...args: string[]): Promise<CommandResult>;
  /**
   * Plays events as `explore` prints them, one a line: 'kill a.service SIGKILL', 'after 250ms'. Throws InvalidOption for one it
   * doesn't know.
   */
  play(events: readonly string[]): Promise<void>;
  /**
   * `explore` of this simulation's units and programs, each time from the beginning; the simulation itself goes on as it is.
   * Throws InvariantBroken.
   */
  explore(options: ExploreOptions): Promise<Exploration>;
  /** Stops everything in order, as a halt does. */
  halt(): Promise<void>;
  /** For `await using`. Nothing is to be given back: no time passes. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What must always hold: nothing, true, or nothing thrown is well; false or a text is not. */
export type Invariant = (simulation: Simulation) => undefined | boolean | string;

/** What is explored, and how. */
export interface ExploreOptions {
  /** How many runs, or the seeds themselves. Default: 1,000, from 1. */
  readonly seeds?: number | readonly number[];
  /** Looked at whenever something has changed. It must not let time pass. */
  readonly invariant: Invariant;
  /** Units that are started first, in each run. Default: those of `enable`, or all that have a file and no template. */
  readonly start?: readonly string[];
  /** Units that things happen to. Default: those that are started. */
  readonly among?: readonly string[];
  /** How many events there are in a run, at most. Default: 20. */
  readonly events?: number;
  /** The longest pause between two events. Default: 10s. */
  readonly pause?: Span;
  /** What happens; each is drawn as often as the others. Default: all. */
  readonly faults?: readonly Fault[];
  /** How much time passes after the last event, while the invariant still has to hold. Default: 5min. */
  readonly rest?: Span;
}

/**
 * Kinds of events. `exit`, `kill`: a main process ends, with a status or by SIGKILL, SIGSEGV, SIGTERM; `fail`: the next start
 * of the main process ends with a status; `delay`: it takes its time before it does anything; `hang`: it does nothing;
 * `order`: what happens to programs at one moment comes in another order; `start`, `stop`, `restart`: somebody asks for it.
 */
export type Fault = 'exit' | 'kill' | 'fail' | 'delay' | 'hang' | 'order' | 'start' | 'stop' | 'restart';

/** What an exploration that found nothing has seen. */
export interface Exploration {
  /** How many runs there were. */
  readonly seeds: number;
  /** Events that were played, over all seeds. */
  readonly events: number;
  /** Times at which the invariant was looked at. */
  readonly looks: number;
}
