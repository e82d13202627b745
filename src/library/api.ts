/**
 * What `pidone` gives: everything that a test says or sees of a machine of its own. The words are those of `pidone/sim`, which
 * is the same in virtual time. Spans of time are texts as systemd.time(7) has them ('5min', '1h 30s'; a number without a unit
 * in a text counts seconds), or numbers of milliseconds.
 */
import type { ManagerDirectives, UnitObject } from './directives.ts';

export type { UnitObject } from './directives.ts';

/** A span of time: `'1min 30s'` as in systemd.time(7), or milliseconds. */
export type Span = string | number;

/** ActiveState= of systemctl(1). */
export type ActiveState =
  | 'active'
  | 'reloading'
  | 'inactive'
  | 'failed'
  | 'activating'
  | 'deactivating'
  | 'maintenance';

/** How a job ended (systemctl(1)). */
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

/** --job-mode= of systemctl(1). */
export type JobMode =
  | 'fail'
  | 'lenient'
  | 'replace'
  | 'replace-irreversibly'
  | 'isolate'
  | 'flush'
  | 'ignore-dependencies'
  | 'ignore-requirements';

/** What a job does. */
export type JobType = 'start' | 'stop' | 'restart' | 'reload' | 'try-restart' | 'verify-active';

/** Units by name: the text of a file, or its sections as an object. Names of drop-ins and links go too: `a.service.d/b.conf`. */
export type UnitTexts = Readonly<Record<string, string | UnitObject>>;

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

/** How a job is asked for. */
export interface JobOptions {
  /** How long it may take, else WaitTimeout is thrown and the job goes on. Default: as long as the units' own limits let it. */
  readonly timeout?: Span;
  /** --job-mode= of systemctl(1). Default: replace. */
  readonly jobMode?: JobMode;
}

/** An entry of the journal. */
export interface JournalEntry {
  /** Names it for good, as journalctl's --cursor= takes it. */
  readonly cursor: string;
  readonly time: Date;
  /** 0 (emerg) to 7 (debug). */
  readonly priority: number;
  /** The unit that wrote it or that it is about. */
  readonly unit: string | undefined;
  /** SYSLOG_IDENTIFIER=: the program's name, `systemd` for the manager's own. */
  readonly identifier: string;
  readonly message: string;
  readonly pid: number | undefined;
  /** All fields; of those that stand there several times the first. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Which entries are meant; what is left out does not matter. */
export interface JournalQuery {
  readonly unit?: string;
  /** The message has it, or fits the expression. */
  readonly grep?: string | RegExp;
  /** So important or more: 0 (emerg) to 7 (debug). */
  readonly priority?: number;
  /** Not before that moment: a Date, or milliseconds since 1970. */
  readonly since?: Date | number;
  /** What the unit's programs wrote, and nothing that the manager says of it. */
  readonly programsOnly?: boolean;
}

/** A unit has changed: of two changes in a row `from` and `to` may be the same, where only what else is said of it differs. */
export interface Change {
  readonly time: Date;
  readonly unit: string;
  readonly from: ActiveState;
  readonly to: ActiveState;
  readonly subState: string;
}

/** The main process of a service has ended. */
export interface Exit {
  readonly unit: string;
  /** The status, or the signal's name. */
  readonly exitStatus: number | string;
}

/** What is waited for; what is left out does not matter. */
export interface UnitState {
  readonly activeState?: ActiveState;
  readonly subState?: string;
  readonly result?: string;
  readonly nRestarts?: number;
}

/** How long is waited. */
export interface WaitOptions {
  /** After which WaitTimeout is thrown. Default: 30s. */
  readonly timeout?: Span;
}

/** How readiness is waited for. */
export interface ReadyOptions extends WaitOptions {
  /** Where this unit fails meanwhile, UnitFailed is thrown at once, with its last lines. Default: none. */
  readonly unit?: string;
}

/** What a command printed, and how it ended. */
export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of a machine. */
export interface MachineProcess {
  readonly pid: number;
  readonly parentPid: number;
  readonly commandLine: readonly string[];
  /** Undefined where it is no unit's. */
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
export interface MachineUnit {
  readonly name: string;
  /** 'loaded', 'not-found', 'bad-setting', 'masked' …; '' of one that has not been loaded. */
  readonly loadState: string;
  readonly activeState: ActiveState;
  /** Of the type: 'running', 'start-pre', 'auto-restart', 'listening', 'waiting' … */
  readonly subState: string;
  /** Why it failed: 'success', 'exit-code', 'signal', 'timeout', 'watchdog', 'start-limit-hit' … */
  readonly result: string;
  /** Restarts by Restart= since it was last started by somebody. */
  readonly nRestarts: number;
  /** PID of the main process; 0 where there is none. */
  readonly mainPid: number;
  /** How its last main process ended: a status, or the signal's name. Undefined where none has, or one runs. */
  readonly exitStatus: number | string | undefined;
  /** STATUS= of sd_notify(3). */
  readonly statusText: string;
  /** Changes with each start: INVOCATION_ID of systemd.exec(5). */
  readonly invocationId: string;
  /** Resolves when systemd would say that it is started. Throws JobFailed, WaitTimeout. */
  start(options?: JobOptions): Promise<void>;
  /** Throws JobFailed, WaitTimeout. */
  stop(options?: JobOptions): Promise<void>;
  /** Throws JobFailed, WaitTimeout. */
  restart(options?: JobOptions): Promise<void>;
  /** Throws JobFailed, WaitTimeout. */
  reload(options?: JobOptions): Promise<void>;
  /** Restarts it where it runs. Throws JobFailed, WaitTimeout. */
  tryRestart(options?: JobOptions): Promise<void>;
  /** Sends a signal to its processes, or to the main one only. Default: SIGTERM to all. Throws CommandFailed. */
  kill(signal?: string, options?: { readonly whom?: 'main' | 'control' | 'all' }): Promise<void>;
  /** Throws CommandFailed where there is no such unit. */
  resetFailed(): Promise<void>;
  /** Makes the links of its [Install] section. Throws CommandFailed. */
  enable(): Promise<void>;
  /** Takes them away. Throws CommandFailed. */
  disable(): Promise<void>;
  /** Every property of `systemctl show`, by name. */
  properties(): Promise<Record<string, string>>;
  /** Names of units by kind of dependency, as `systemctl show` has them: Requires, After, TriggeredBy … */
  dependencies(): Promise<Record<string, string[]>>;
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
  http(
    url: string | URL,
    options?: ReadyOptions & {
      readonly status?: number;
      readonly body?: string | RegExp;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<void>;
  /** Somebody takes connections at a port, of 127.0.0.1 where no host is given. Throws WaitTimeout. */
  tcp(to: number | { readonly host: string; readonly port: number }, options?: ReadyOptions): Promise<void>;
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
  /** Where units find their directories: %t, %S, %C, %L, %E (systemd.unit(5)), also RuntimeDirectory= and its kin. */
  readonly paths: {
    readonly runtime: string;
    readonly state: string;
    readonly cache: string;
    readonly logs: string;
    readonly configuration: string;
  };
  /** Variables with which systemctl, journalctl and systemd-run speak with this machine, also by hand. */
  readonly env: Readonly<Record<string, string>>;
  /** Process id of the manager. */
  readonly pid: number;
  readonly ready: Ready;
  /** A unit by name, `.service` where it has no suffix. Throws InvalidOption where no unit can have the name. */
  unit(name: string): MachineUnit;
  /** Those that are loaded. */
  units(): MachineUnit[];
  /**
   * Starts units; resolves when systemd would say that they are started. Throws JobFailed where one is not, with its last
   * lines, WaitTimeout, InvalidOption.
   */
  start(unit: string, options?: JobOptions): Promise<MachineUnit>;
  start(units: readonly string[], options?: JobOptions): Promise<MachineUnit[]>;
  /** Throws JobFailed, WaitTimeout, InvalidOption. */
  stop(units: string | readonly string[], options?: JobOptions): Promise<void>;
  /** Throws JobFailed, WaitTimeout, InvalidOption. */
  restart(units: string | readonly string[], options?: JobOptions): Promise<void>;
  /** Starts a unit and what it needs, and stops all else (AllowIsolate=). Throws JobFailed, WaitTimeout. */
  isolate(unit: string, options?: Omit<JobOptions, 'jobMode'>): Promise<void>;
  /** What a job would bring with it: nothing is done. Throws JobFailed where there can be none. */
  plan(type: JobType, unit: string, options?: Pick<JobOptions, 'jobMode'>): Promise<{ unit: string; type: string }[]>;
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
