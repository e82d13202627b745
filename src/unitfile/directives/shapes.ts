/** Shapes of values that settings hold. Times are milliseconds, Infinity is `infinity`; sizes are bytes. */

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
  /** The flag `ro`. */
  readOnly?: boolean;
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

/** What StandardOutput= takes besides files and descriptors: systemd.exec(5) "LOGGING AND STANDARD INPUT/OUTPUT". */
export const plainOutputs = [
  'inherit',
  'null',
  'tty',
  'kmsg',
  'kmsg+console',
  'journal',
  'journal+console',
  'socket',
] as const;
export type PlainOutput = (typeof plainOutputs)[number];

/** A standard stream. */
export type StdioSetting =
  | { kind: PlainOutput | 'tty-force' | 'tty-fail' | 'data' }
  | { kind: 'file' | 'append' | 'truncate'; path: string }
  | { kind: 'fd'; name: string };

/** A filter of system calls: the listed ones are allowed, or all but those. The value is the errno they fail with. */
export interface SyscallFilter {
  allow: boolean;
  calls: ReadonlyMap<string, number | undefined>;
  /** The words that it is made of: another release has other calls in a group. */
  said: readonly SyscallWord[];
}

/** A call or a group as it stands in a line. */
export interface SyscallWord {
  name: string;
  errno: number | undefined;
  /** The line begins with `~`. */
  invert: boolean;
}

/** Names of AF_*, network interfaces and the like: only these may be used, or all but those. */
export interface NameFilter {
  allow: boolean;
  names: string[];
}

/** OpenFile= of systemd.service(5): `path[:fd-name[:options]]`. */
export interface OpenFileSetting {
  path: string;
  fdName: string;
  access: 'readwrite' | 'readonly' | 'append' | 'truncate';
  graceful: boolean;
}
