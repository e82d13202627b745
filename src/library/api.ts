/**
 * What `pidone` gives: everything that a test says or sees of a machine of its own, beside the words that it has in common with
 * `pidone/sim`, which is the same in virtual time (src/terms/words.ts).
 */
import type { ManagerDirectives, UnitObject } from '../terms/directives.ts';
import type {
  Change,
  CommandResult,
  EntryQuery,
  JobOptions,
  JobType,
  JournalEntry,
  KillOptions,
  PlannedJob,
  Span,
  SupervisedUnit,
  UnitState,
  UnitTexts,
  WaitOptions,
} from '../terms/words.ts';

export type { UnitObject } from '../terms/directives.ts';
export type * from '../terms/words.ts';

/** A directory of unit files, relative to the working directory, or units by name. */
export type UnitSource = string | URL | UnitTexts;

/** What units can be written from. */
export interface UnitFacts<Port extends string = string> {
  /** The free ports that were asked for, by name. */
  readonly ports: Readonly<Record<Port, number>>;
  /** A directory of the machine's alone, which goes with it. */
  readonly directory: string;
}

/** What a machine of one's own is made of. */
export interface SuperviseOptions<Port extends string = string> {
  /**
   * Unit files: a directory, which is read where it is; texts and objects by name; several of these, of which the earlier ones
   * win; or a function that makes them of the ports. Default: none.
   */
  readonly units?:
    | UnitSource
    | readonly UnitSource[]
    | ((facts: UnitFacts<Port>) => UnitSource | readonly UnitSource[]);
  /**
   * Names for free TCP ports. Units get each as `$PORT_name`, the test as `machine.ports.name`. No two machines get the same
   * one, in whichever process they are, for as long as both are there. Default: none.
   */
  readonly ports?: readonly Port[];
  /**
   * Variables that services get besides PATH, HOME, USER, LOGNAME, SHELL, TMPDIR, TZ and those of the locale, which are this
   * process's own. Undefined takes one away. `process.env` passes all on. Default: none.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Units that are enabled before anything of one's own is started ([Install]). Default: none. */
  readonly enable?: readonly string[];
  /** The target that is brought up first. Default: basic.target, with which nothing of one's own is started. */
  readonly boot?: string;
  /** [Manager] of systemd-user.conf(5): what units start from, as DefaultTimeoutStopSec. Default: none. */
  readonly settings?: ManagerDirectives;
  /** How long `halt()` waits for units to stop, before it kills what is left. Default: 10s. */
  readonly stopTimeout?: Span;
  /** How long the manager may take to come up. Default: 30s. */
  readonly startTimeout?: Span;
}

/** Which entries are meant; what is left out does not matter. */
export interface JournalQuery extends EntryQuery {
  /** Not before that moment: a Date, or milliseconds since 1970. */
  readonly since?: Date | number;
}

/** The main process of a service has ended. */
export interface Exit {
  /** Of which unit. */
  readonly unit: string;
  /** The status, 0 to 255, or the signal's name. */
  readonly exitStatus: number | string;
}

/** How readiness is waited for. */
export interface ReadyOptions extends WaitOptions {
  /** Where this unit fails meanwhile, UnitFailed is thrown at once, with its last lines. Default: none. */
  readonly unit?: string;
}

/** Which answer to a GET is waited for. */
export interface HttpOptions extends ReadyOptions {
  /** Default: any of 200 to 299. */
  readonly status?: number;
  /** The body has it, or fits the expression. Default: any. */
  readonly body?: string | RegExp;
  /** Headers of the request by name. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where somebody takes TCP connections. */
export interface Address {
  /** A name or a number: 'localhost', '127.0.0.1', '::1'. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** Directories of a machine's units. */
export interface MachinePaths {
  /** %t: what /run is to a system, and RuntimeDirectory=. */
  readonly runtime: string;
  /** %S, and StateDirectory=. */
  readonly state: string;
  /** %C, and CacheDirectory=. */
  readonly cache: string;
  /** %L, and LogsDirectory=. */
  readonly logs: string;
  /** %E, and ConfigurationDirectory=. */
  readonly configuration: string;
}

/** A process of a machine. */
export interface MachineProcess {
  /** As the manager and this process see it. */
  readonly pid: number;
  /** The process that has started it, or has adopted it since. */
  readonly parentPid: number;
  /** argv; [] of one that has none any more. */
  readonly commandLine: readonly string[];
  /** The unit whose it is; undefined where it is no unit's. */
  readonly unit: string | undefined;
}

/** What a unit can be heard to do. */
export interface UnitEvents {
  /** Its state has changed. */
  change: Change;
  /** Its main process has ended. */
  exit: Exit;
  /** It, or the manager about it, has logged something. */
  log: JournalEntry;
}

/**
 * A unit of a machine. It need not have a file. What is a property is known without asking: the manager tells of each change
 * when it happens, and what a method has waited for is known when it returns.
 */
export interface MachineUnit extends SupervisedUnit {
  /** Resolves when systemd would say that it is started. Throws JobFailed, WaitTimeout. */
  start(options?: JobOptions): Promise<void>;
  /** Resolves when it has stopped. Throws JobFailed, WaitTimeout. */
  stop(options?: JobOptions): Promise<void>;
  /** Stops it where it runs, and starts it. Throws JobFailed, WaitTimeout. */
  restart(options?: JobOptions): Promise<void>;
  /** Lets it read its configuration again (ExecReload=). Throws JobFailed, also where it does not run; WaitTimeout. */
  reload(options?: JobOptions): Promise<void>;
  /** Restarts it where it runs. Throws JobFailed, WaitTimeout. */
  tryRestart(options?: JobOptions): Promise<void>;
  /** Sends a signal to its processes, or to some of them. Default: SIGTERM to all. Throws CommandFailed. */
  kill(signal?: string, options?: KillOptions): Promise<void>;
  /** Forgets that it has failed, and how often it was started. Throws CommandFailed where there is no such unit. */
  resetFailed(): Promise<void>;
  /** Its live processes. */
  processes(): Promise<MachineProcess[]>;
  /** Entries about it, oldest first. */
  journal(query?: Omit<JournalQuery, 'unit'>): Promise<JournalEntry[]>;
  /** Resolves once it is so, at once where it is. Throws WaitTimeout, with its last lines. */
  waitFor(state: UnitState | ((unit: MachineUnit) => boolean), options?: WaitOptions): Promise<void>;
  /** Calls back at each such event from now on, until the function that is returned is called. */
  on<Event extends keyof UnitEvents>(event: Event, callback: (what: UnitEvents[Event]) => void): () => void;
  /** Changes from now on, for `for await`; it ends with the loop, or with the machine. */
  changes(): AsyncIterableIterator<Change>;
  /** Entries from now on, for `for await`; it ends with the loop, or with the machine. */
  logs(): AsyncIterableIterator<JournalEntry>;
}

/** Waiting until something can be used: looked at again and again, at growing intervals of 10 to 250 milliseconds. */
export interface Ready {
  /**
   * A GET is answered with a status of 200 to 299, or the one that is given, and with a body that fits. Throws WaitTimeout
   * with the last answer.
   */
  http(url: string | URL, options?: HttpOptions): Promise<void>;
  /** Somebody takes connections at a port, of 127.0.0.1 where no host is given. Throws WaitTimeout. */
  tcp(to: number | Address, options?: ReadyOptions): Promise<void>;
  /** Somebody takes connections at a Unix socket. Throws WaitTimeout. */
  unix(path: string, options?: ReadyOptions): Promise<void>;
  /** There is a file, or a directory. Throws WaitTimeout. */
  file(path: string, options?: ReadyOptions): Promise<void>;
  /** A command ends with status 0; it gets the environment of services. Throws WaitTimeout with what it said last. */
  command(argv: readonly string[], options?: ReadyOptions): Promise<void>;
  /**
   * The unit has logged it since it was last started, or does so: told by the journal, without looking again. Resolves to the
   * entry. Throws WaitTimeout.
   */
  log(unit: string, pattern: string | RegExp, options?: WaitOptions): Promise<JournalEntry>;
}

/** A machine of one's own: a manager with its units, in a process and a directory that go with this process. */
export interface Machine<Port extends string = string> {
  /** Free TCP ports by name. */
  readonly ports: Readonly<Record<Port, number>>;
  /** Everything of the machine is below it. It is removed with the machine. */
  readonly directory: string;
  /** Where units find their directories (systemd.unit(5), Specifiers). */
  readonly paths: MachinePaths;
  /** Variables with which systemctl, journalctl and systemd-run speak with this machine, also by hand. */
  readonly env: Readonly<Record<string, string>>;
  /** Process id of the manager. */
  readonly pid: number;
  /** Ways of waiting until something can be used. */
  readonly ready: Ready;
  /** A unit by name, `.service` where it has no suffix. Throws InvalidOption where no unit can have the name. */
  unit(name: string): MachineUnit;
  /** Units that are loaded. */
  units(): MachineUnit[];
  /**
   * Starts units; resolves when systemd would say that they are started. Throws JobFailed where one is not, with its last
   * lines, WaitTimeout, InvalidOption.
   */
  start(unit: string, options?: JobOptions): Promise<MachineUnit>;
  /** The same of several at once; they come back in the order of their names. */
  start(units: readonly string[], options?: JobOptions): Promise<MachineUnit[]>;
  /** Stops units. Throws JobFailed, WaitTimeout, InvalidOption. */
  stop(units: string | readonly string[], options?: JobOptions): Promise<void>;
  /** Stops units that run, and starts all of them. Throws JobFailed, WaitTimeout, InvalidOption. */
  restart(units: string | readonly string[], options?: JobOptions): Promise<void>;
  /** Starts a unit and what it needs, and stops all else (AllowIsolate=). Throws JobFailed, WaitTimeout. */
  isolate(unit: string, options?: Omit<JobOptions, 'jobMode'>): Promise<void>;
  /**
   * What a job would bring with it: every job of its transaction, its own among them. Nothing is done. Throws JobFailed where
   * there can be none.
   */
  plan(type: JobType, unit: string, options?: Pick<JobOptions, 'jobMode'>): Promise<PlannedJob[]>;
  /** Reads all unit files again. Throws CommandFailed. */
  daemonReload(): Promise<void>;
  /**
   * Writes a unit's file, or a drop-in (`a.service.d/b.conf`), before all others of its name. It counts after
   * `daemonReload()` where the unit is loaded. Throws InvalidOption.
   */
  write(name: string, unit: string | UnitObject): void;
  /** Entries of the journal, oldest first. */
  journal(query?: JournalQuery): Promise<JournalEntry[]>;
  /** Entries from now on, for `for await`; it ends with the loop, or with the machine. */
  logs(): AsyncIterableIterator<JournalEntry>;
  /** Changes of all units from now on, for `for await`; it ends with the loop, or with the machine. */
  changes(): AsyncIterableIterator<Change>;
  /** The real command line: `machine.systemctl('list-timers', '--all')`. */
  systemctl(...args: string[]): Promise<CommandResult>;
  /** The same of journalctl, systemd-analyze, systemd-run and the others. */
  command(program: string, ...args: string[]): Promise<CommandResult>;
  /**
   * What explains a failed test: `systemctl status` of the units that it had in hand (`unit`, `start` …), and of those that
   * have failed, and the last lines of their journal.
   */
  report(): Promise<string>;
  /** Processes that are no unit's, or of a unit that is not up: what has escaped its service. */
  leftovers(): Promise<MachineProcess[]>;
  /**
   * Stops everything in order, kills what has not stopped in time (`stopTimeout`), and removes the directory. Does not throw,
   * and may be called more than once.
   */
  halt(): Promise<void>;
  /** `halt()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
