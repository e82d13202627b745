/** What a kind of values is: how a line is read, what may be asked and done meanwhile, how the value is shown. */

import type { LogLevel } from '../../text/log-level.ts';
import type { ShownValue } from '../../values/shown.ts';
import type { Voice } from '../../voice/voice.ts';
import type { UnitType } from '../language/unit-name.ts';

/** Kinds of dependencies that a unit file, or an automatic rule, may ask for. Inverses are the registry's. */
export type DependencyName =
  | 'Requires'
  | 'Requisite'
  | 'Wants'
  | 'BindsTo'
  | 'PartOf'
  | 'Upholds'
  | 'Conflicts'
  | 'Before'
  | 'After'
  | 'OnSuccess'
  | 'OnFailure'
  | 'PropagatesReloadTo'
  | 'ReloadPropagatedFrom'
  | 'PropagatesStopTo'
  | 'StopPropagatedFrom'
  | 'JoinsNamespaceOf'
  | 'Triggers'
  | 'TriggeredBy'
  | 'InSlice';

/** Settings of one group while they are read. */
export type SettingsRecord = Record<string, unknown>;

/** unit_name_printf, unit_full_printf, … : which specifiers a text may have, and how long it may become. */
export type SpecifierUse = 'name' | 'full' | 'path' | 'env' | 'fd' | 'cred';

/** Where an assignment stands and what its parser may do besides giving a value. */
export interface ParseContext {
  readonly unitName: string;
  readonly type: UnitType;
  readonly section: string;
  readonly key: string;
  readonly scope: 'system' | 'user';
  /** How the release that speaks has what is said of lines. */
  readonly voice: Voice;
  /** Where `%` expands: each directive has its own set of specifiers and its own limit. `message` is errno's text. */
  expand(text: string, use: SpecifierUse): { text: string } | { message: string };
  /** Facts of the machine that relative values need. */
  readonly machine: {
    memoryTotal(): number;
    tasksLimit(): number;
    numaNodes(): number;
    /** The kernel knows IPv6. */
    hasIpv6(): boolean;
    /** By systemd's name; undefined for one that has none. */
    architecture(): string | undefined;
  };
  /** DefaultTasksMax= of the manager. */
  readonly defaultTasksMax: number;
  /** Name and any alias of the unit. */
  hasName(name: string): boolean;
  readonly fragmentPath: string | undefined;
  /** [Unit]'s settings, for rows that moved there. */
  readonly unitSettings: SettingsRecord;
  /** /run, or $XDG_RUNTIME_DIR of a user manager. */
  readonly runtimeDirectory: string;
  /** Whether somebody is told of a path below /var/run/ in this file. */
  readonly tellsLegacyPaths: boolean;
  /** A line about this assignment: logged with file and line. The value is ignored unless the parser says otherwise. */
  report(level: LogLevel, message: string): void;
  /** Says something about the unit that stands at no line. */
  reportUnit(level: LogLevel, message: string): void;
  /** Says something of what a file asks for, of no unit and at no line. */
  remark(level: LogLevel, message: string, fields: Record<string, string>): void;
  /** How many lines have been reported so far. */
  readonly reports: number;
  /**
   * The unit cannot be used with this line: its load state becomes bad-setting, or error for another code than ENOEXEC.
   * Lines after it are not read.
   */
  fatal(code?: string): void;
  addDependency(kind: DependencyName, name: string): void;
  /** Of a name that is none of a unit. */
  refuseDependency(name: string): void;
  /** Whether a dependency of this kind was added by a line before. */
  hasDependency(kind: DependencyName): boolean;
}

/** A type of value: how it is read, and how `systemctl show` prints it. */
export interface Kind<T> {
  /** For docs/directives.md: 'boolean', 'time span', … */
  readonly name: string;
  /** Reads one assignment. A value that is wrong is reported and `current` comes back. `initial` is the default. */
  parse(value: string, at: ParseContext, current: T, initial: T): T;
  /** As `show` prints it: a line, or several lines of the same property. Empty ones are only seen with --all. */
  format(value: T): ShownValue;
  /** Time spans are shown as …USec. */
  readonly timeSpan?: boolean;
}

/** How a line adds to a value that another row has: the half of a kind that reads. */
export type LineKind<T> = Pick<Kind<T>, 'name' | 'parse'>;
