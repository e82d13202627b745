/** Shapes of values that settings hold. Times are milliseconds, Infinity is `infinity`; sizes are bytes. */
import type { LogLevel } from '../../text/log-level.ts';

export const unitTypes = [
  'service',
  'socket',
  'target',
  'device',
  'mount',
  'automount',
  'swap',
  'timer',
  'path',
  'slice',
  'scope',
] as const;
export type UnitType = (typeof unitTypes)[number];

/** LoadState of systemctl(1). */
export type LoadState = 'stub' | 'loaded' | 'not-found' | 'bad-setting' | 'error' | 'merged' | 'masked';

/** Something to tell about a unit file: printed as `FILE:LINE: MESSAGE`, logged with UNIT=. */
export interface Diagnostic {
  level: LogLevel;
  unit: string;
  file?: string;
  line?: number;
  message: string;
}

/** One `Key=Value` of a unit file; continuation lines joined, comments gone, value trimmed. */
export interface UnitFileEntry {
  section: string;
  key: string;
  value: string;
  file: string;
  line: number;
}

/** One command of an Exec line, systemd.service(5) "COMMAND LINES". Specifiers are expanded, variables are not yet. */
export interface ExecCommand {
  /** As written, after prefixes: absolute, or a bare name that is looked up in the path at start. */
  path: string;
  /** argv[0] first. */
  argv: string[];
  /** Prefix `-`. */
  ignoreFailure: boolean;
  /** Prefix `:`: no environment variable substitution. */
  noEnvExpand: boolean;
  /** Prefix `+`. */
  fullyPrivileged: boolean;
  /** Prefix `!`. */
  noSetuid: boolean;
  /** Prefix `!!`. */
  ambientMagic: boolean;
}

export interface EnvironmentFileRef {
  path: string;
  optional: boolean;
}

export interface Condition {
  /** Name without `Condition`/`Assert`: 'PathExists', 'Virtualization', … */
  type: string;
  trigger: boolean;
  negate: boolean;
  parameter: string;
}

/** A path of a list with its `-` and `+` prefixes. */
export interface PrefixedPath {
  path: string;
  optional: boolean;
  /** `+`: relative to RootDirectory=. */
  rooted: boolean;
}

/** RuntimeDirectory= and its siblings: `name` is relative, `symlinks` are the `name:link` forms. */
export interface ExecDirectoryEntry {
  name: string;
  symlinks: string[];
}

export interface BindMount {
  source: string;
  target: string;
  optional: boolean;
  recursive: boolean;
}

/** One Listen*= line. */
export interface ListenEntry {
  kind: 'Stream' | 'Datagram' | 'SequentialPacket' | 'FIFO' | 'Special' | 'Netlink' | 'MessageQueue' | 'USBFunction';
  /** As `show` prints it. */
  address: string;
}

/** One trigger of a timer. Monotonic values are milliseconds; calendar keeps its normalized text. */
export type TimerEntry =
  | { base: 'OnActiveSec' | 'OnBootSec' | 'OnStartupSec' | 'OnUnitActiveSec' | 'OnUnitInactiveSec'; valueMs: number }
  | { base: 'OnCalendar'; calendar: string };

export interface PathEntry {
  type: 'PathExists' | 'PathExistsGlob' | 'PathChanged' | 'PathModified' | 'DirectoryNotEmpty';
  path: string;
}

/** Standard streams, systemd.exec(5) "LOGGING AND STANDARD INPUT/OUTPUT". */
export type StdioSetting =
  | {
      kind:
        | 'null'
        | 'inherit'
        | 'journal'
        | 'journal+console'
        | 'kmsg'
        | 'kmsg+console'
        | 'tty'
        | 'tty-force'
        | 'tty-fail'
        | 'socket'
        | 'data';
    }
  | { kind: 'file' | 'append' | 'truncate'; path: string }
  | { kind: 'fd'; name: string };
