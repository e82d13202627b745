/**
 * Words that `pidone` and `pidone/sim` have in common: what units, jobs, entries of the journal and waits are. Spans of time are
 * texts as systemd.time(7) has them ('5min', '1h 30s'; a number without a unit in a text counts seconds), or numbers of
 * milliseconds. In a simulation they are virtual.
 */
import type { UnitObject } from './directives.ts';

/** A span of time: `'1min 30s'` as in systemd.time(7), a number without unit in it counts seconds; or milliseconds. */
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
  | 'once'
  | 'concurrency';

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

/** How a job is asked for. */
export interface JobOptions {
  /**
   * How long it may take, else WaitTimeout is thrown and the job goes on; virtual time in a simulation. Default: as long as the
   * units' own limits let it.
   */
  readonly timeout?: Span;
  /** --job-mode= of systemctl(1). Default: replace. */
  readonly jobMode?: JobMode;
}

/** A job that a transaction has, or would have. */
export interface PlannedJob {
  /** The unit that it is about. */
  readonly unit: string;
  /** What it does: 'start', 'stop', 'restart' … */
  readonly type: string;
}

/** An entry of the journal. */
export interface JournalEntry {
  /** Names it for good, as journalctl's --cursor= takes it. */
  readonly cursor: string;
  /** When it came in. */
  readonly time: Date;
  /** 0 (emerg) to 7 (debug). */
  readonly priority: number;
  /** The unit that wrote it or that it is about. */
  readonly unit: string | undefined;
  /** SYSLOG_IDENTIFIER=: the program's name, `systemd` for the manager's own. */
  readonly identifier: string;
  /** What it says, without the end of its line. */
  readonly message: string;
  /** The process that wrote it; undefined where that is not known. */
  readonly pid: number | undefined;
  /** All fields; of those that stand there several times the first. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Which entries are meant; what is left out does not matter. */
export interface EntryQuery {
  /** Entries that the unit wrote, and those about it. */
  readonly unit?: string;
  /** The message has it, or fits the expression. */
  readonly grep?: string | RegExp;
  /** So important or more: 0 (emerg) to 7 (debug). */
  readonly priority?: number;
  /** What the unit's programs wrote, and nothing that the manager says of it. */
  readonly programsOnly?: boolean;
}

/** A unit has changed: of two changes in a row `from` and `to` may be the same, where only what else is said of it differs. */
export interface Change {
  /** When it has. */
  readonly time: Date;
  /** Which unit. */
  readonly unit: string;
  /** What it was before. */
  readonly from: ActiveState;
  /** What it is now. */
  readonly to: ActiveState;
  /** What it is now, in the words of its type. */
  readonly subState: string;
}

/** What is waited for; what is left out does not matter. */
export interface UnitState {
  /** 'active', 'inactive', 'failed' … */
  readonly activeState?: ActiveState;
  /** Of the type: 'running', 'auto-restart', 'listening' … */
  readonly subState?: string;
  /** 'success', 'exit-code', 'signal', 'timeout', 'start-limit-hit' … */
  readonly result?: string;
  /** Restarts by Restart=, exactly so many. */
  readonly nRestarts?: number;
}

/** How long is waited. */
export interface WaitOptions {
  /**
   * After which WaitTimeout is thrown. Default: 30s. In a simulation it is virtual time, 1d where nothing is said, and at once
   * where nothing is left that could happen.
   */
  readonly timeout?: Span;
}

/** Which processes of a unit get a signal. */
export interface KillOptions {
  /** --kill-whom= of systemctl(1): the main process, that of a command beside it (ExecReload= …), or all. Default: all. */
  readonly whom?: 'main' | 'control' | 'all';
}

/** What a command printed, and how it ended. */
export interface CommandResult {
  /** Its exit status, 0 to 255. */
  readonly status: number;
  /** All of its standard output. */
  readonly stdout: string;
  /** All of its standard error. */
  readonly stderr: string;
}

/** What a unit is like now, and what can be asked of it, on a machine and in a simulation. It need not have a file. */
export interface SupervisedUnit {
  /** Its name, with suffix: `api.service`. */
  readonly name: string;
  /** 'loaded', 'not-found', 'bad-setting', 'masked' …; '' of one that has not been loaded. */
  readonly loadState: string;
  /** 'active', 'inactive', 'failed' … */
  readonly activeState: ActiveState;
  /** Of the type: 'running', 'start-pre', 'auto-restart', 'listening', 'waiting' … */
  readonly subState: string;
  /** Why it failed: 'success', 'exit-code', 'signal', 'timeout', 'watchdog', 'start-limit-hit' …; '' of types that have none. */
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
  /** Every property of `systemctl show`, by name; of one that has several lines they are lines of the value. */
  properties(): Promise<Record<string, string>>;
  /** Names of units by kind of dependency, as `systemctl show` has them: Requires, After, TriggeredBy … */
  dependencies(): Promise<Record<string, string[]>>;
  /** Makes the links of its [Install] section. Throws CommandFailed. */
  enable(): Promise<void>;
  /** Takes the links of its [Install] section away. Throws CommandFailed. */
  disable(): Promise<void>;
}
