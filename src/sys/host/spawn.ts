/** What a process is started with, and how that may fail. */

/** Where a descriptor of the child comes from. */
export type StdioSource =
  | { kind: 'null' }
  /**
   * Opened in the child before it changes its user and root, as systemd does; made with mode 0666 and the request's
   * umask; O_NOCTTY. A Unix socket at the path (ENXIO) is connected to.
   */
  | { kind: 'file'; path: string; access: 'read' | 'write' | 'readwrite'; append?: boolean; truncate?: boolean }
  /** A terminal to write to, and nothing else (ENOTTY). */
  | { kind: 'tty-output'; path: string }
  /** The controlling terminal: opened, made the session's own, reset where asked. */
  | { kind: 'tty'; path: string; mode: 'tty' | 'tty-force' | 'tty-fail'; reset: boolean }
  /** A descriptor of the manager (number owned by it; stays open there). */
  | { kind: 'fd'; fd: number }
  /** These bytes to read, from a memfd. */
  | { kind: 'data'; data: Uint8Array }
  /** The same open file as the child's own descriptor 0 or 1. */
  | { kind: 'dup'; of: 0 | 1 };

/** A limit pair; Infinity is RLIM_INFINITY. */
export interface ResourceLimit {
  soft: number;
  hard: number;
}

/** Numbers of setrlimit(2) by systemd's names. */
export type LimitName =
  | 'CPU'
  | 'FSIZE'
  | 'DATA'
  | 'STACK'
  | 'CORE'
  | 'RSS'
  | 'NOFILE'
  | 'AS'
  | 'NPROC'
  | 'MEMLOCK'
  | 'LOCKS'
  | 'SIGPENDING'
  | 'MSGQUEUE'
  | 'NICE'
  | 'RTPRIO'
  | 'RTTIME';

/** A mount made inside the child's own mount namespace, in order. */
export interface MountStep {
  /**
   * `self` makes what is there a mount of its own, with all that is mounted in it; `flags` sets those of the one mount at
   * the target, `symlink` makes a link unless the same is there.
   */
  kind:
    | 'bind'
    | 'rbind'
    | 'tmpfs'
    | 'inaccessible'
    | 'self'
    | 'flags'
    | 'proc'
    | 'cgroup'
    | 'dev'
    | 'mqueue'
    | 'symlink';
  /** Source of a bind, as it is before the first step; for tmpfs and proc the options; for a link its text. */
  source?: string;
  target: string;
  /** Skip silently when source or target does not exist (the `-` prefix). */
  optional?: boolean;
  /** `exec` takes `noexec` back; those of a file system are for `tmpfs`. */
  flags?: ('ro' | 'noexec' | 'nosuid' | 'nodev' | 'exec' | FilesystemFlag)[];
}

/** What mount(8) says to the kernel beside the options of a file system. */
export type FilesystemFlag = 'strictatime' | 'relatime' | 'noatime' | 'nodiratime' | 'lazytime' | 'sync' | 'dirsync';

/**
 * One process to start: the whole execution context, everything resolved (no names, no specifiers). The child does
 * only async-signal-safe work with it. A step that fails ends the child with `exitCodes[step]` of systemd.exec(5)
 * (200 CHDIR … 243 …), and the result carries the step and errno.
 */
export interface SpawnRequest {
  /** Absolute path for execve(2). */
  path: string;
  argv: string[];
  /**
   * KEY=VALUE, the whole environment. The child completes `LISTEN_PID=`, `WATCHDOG_PID=` and `SYSTEMD_EXEC_PID=`
   * (entries that end in `=`) with its own pid.
   */
  env: string[];
  /**
   * Preparing has failed already (no such user, no executable …): the child ends with this status at once and runs
   * nothing, so that the failure shows as every other one does. No step is done before.
   */
  exitAtOnce?: number;
  stdin: StdioSource;
  stdout: StdioSource;
  stderr: StdioSource;
  /** Descriptors passed as 3, 4, …: LISTEN_FDS. LISTEN_PID is filled in by the child where `env` has `LISTEN_PID=`. */
  fds?: number[];
  /** O_NONBLOCK of `fds`: set or cleared (NonBlocking=); undefined leaves it. */
  fdsNonBlocking?: boolean;
  /** Working directory; `optional` ignores failure (the `-` prefix). Default `/`. */
  cwd?: { path: string; optional: boolean };
  root?: string;
  /** Ids to change to; undefined leaves them. `groups` is the complete supplementary list. */
  uid?: number;
  gid?: number;
  groups?: number[];
  umask: number;
  /** What may not be raised that far is raised as far as it goes (the hard limit in force). */
  limits: Partial<Record<LimitName, ResourceLimit>>;
  /**
   * The mark that tells whose a process is (src/exec/marks.ts): RLIMIT_LOCKS and RLIMIT_RTTIME, soft and hard.
   * Lowered last. A refusal (hard limit already lower) is no error.
   */
  tag?: number;
  check?: number;
  nice?: number;
  oomScoreAdjust?: number;
  ioprio?: { class: number; priority: number };
  scheduling?: { policy: number; priority: number; resetOnFork: boolean };
  cpuAffinity?: number[];
  timerSlackNs?: number;
  /** Transparent huge pages: of what the machine gives, nothing, only what is asked for with madvise(2), or all. */
  hugePages?: 'disable' | 'madvise' | 'system';
  personality?: number;
  /**
   * What the container may not give is left out, or given as far as it goes, and is no failure: scheduling (`nice`) and
   * limits (`resource`).
   */
  lenient?: { nice: boolean; resource: boolean };
  /** Told, at once or from the event loop, what was left out because of `lenient`. */
  onLeftOut?: (what: readonly LeftOut[]) => void;
  ignoreSigpipe: boolean;
  /** New session (setsid). Always true for services. */
  session: boolean;
  noNewPrivileges: boolean;
  secureBits?: number;
  /** Bit masks; undefined leaves the set as it is. */
  capabilityBounding?: bigint;
  /** The inheritable set becomes the same. */
  capabilityAmbient?: bigint;
  /** New namespaces: 'mount' is implied by `mounts`. Refusal by the kernel is fatal only where `namespacesRequired`. */
  namespaces?: ('mount' | 'network' | 'ipc' | 'uts' | 'user' | 'pid' | 'cgroup')[];
  /** Of those, which the new user namespace is to own. */
  delegated?: SpawnRequest['namespaces'];
  /** Of a new user namespace: so many ids, from 0, mean themselves; else only root's, the manager's and the process's own. */
  userRange?: number;
  namespacesRequired?: boolean;
  /**
   * Only the child can see the program, in its root and below its mounts, and looks for it before it becomes another user.
   * A program that has to be there ends it with the status of EXEC, another with 0.
   */
  locate?: 'always' | 'if it is there';
  mounts?: MountStep[];
  /** What the mounts of the new namespace are to each other, and to namespaces made from it. */
  propagation?: 'shared' | 'slave' | 'private';
  /** Namespaces to join, by a file that names them (ip-netns(8)). Refusal for want of privilege is ignored, but of users. */
  networkNamespace?: string;
  userNamespace?: string;
  ipcNamespace?: string;
  /**
   * Filters of system calls, each raw BPF (struct sock_filter array), loaded last and in this order. Where they are given,
   * even as none, a child without CAP_SYS_ADMIN gets no_new_privs. A kernel without filters, or a filter around the
   * container that refuses them, is no error.
   */
  seccomp?: {
    programs: readonly Uint8Array[];
    /** With its filters the child may be unable to run the program, or to end: it must not do so in shared memory. */
    barsExec: boolean;
  };
  /** Hexadecimal mask for /proc/PID/coredump_filter, core(5). */
  coredumpFilter?: number;
  /**
   * The terminal at `path`, or the descriptor given as standard input, is hung up and reset before anything else is done
   * with it. `rows` and `columns` become the size of a standard input that is a terminal.
   */
  terminal?: { path?: string; hangUp: boolean; reset: boolean; rows?: number; columns?: number };
  hostname?: string;
  /** cgroup directory to join before exec (open path of cgroup.procs), where one is writable. */
  cgroupProcs?: string;
  /** Idle: the child waits until this descriptor is closed or `idleTimeoutMs` (default 5000) has passed, then execs. */
  idleFd?: number;
  idleTimeoutMs?: number;
  /**
   * A child that may have to wait (for `idleFd`, a terminal, the other end of a FIFO) is not waited for: SpawnResult then
   * knows of no failure, and this is called when there is one, from the event loop, before or after the exit is reported.
   */
  onLateFailure?: (failure: SpawnFailure) => void;
}

/** Who hears of a child that was not waited for. */
export type LateReport = Pick<SpawnRequest, 'onLateFailure' | 'onLeftOut'>;

/** Settings of speed and size that a process can do without. */
export type LeftOut = 'Nice' | 'CPUScheduling' | 'IOScheduling' | 'CPUAffinity' | 'TimerSlack' | `Limit${LimitName}`;

/** Names of the steps of a spawn, as systemd names its exit statuses (systemd.exec(5), "Process Exit Codes"). */
export type SpawnStep =
  | 'CHDIR'
  | 'NICE'
  | 'FDS'
  | 'EXEC'
  | 'MEMORY'
  | 'LIMITS'
  | 'OOM_ADJUST'
  | 'SIGNAL_MASK'
  | 'STDIN'
  | 'STDOUT'
  | 'CHROOT'
  | 'IOPRIO'
  | 'TIMERSLACK'
  | 'SECUREBITS'
  | 'SETSCHEDULER'
  | 'CPUAFFINITY'
  | 'GROUP'
  | 'USER'
  | 'CAPABILITIES'
  | 'CGROUP'
  | 'SETSID'
  | 'CONFIRM'
  | 'STDERR'
  | 'PAM'
  | 'NETWORK'
  | 'NAMESPACE'
  | 'NO_NEW_PRIVILEGES'
  | 'SECCOMP'
  | 'PERSONALITY'
  | 'RUNTIME_DIRECTORY'
  | 'CHOWN';

/**
 * `pid` is valid also when the child failed before exec: it then exits with the step's status, which the reaper
 * reports like any exit, and `failure` says why.
 */
export interface SpawnResult {
  pid: number;
  failure?: SpawnFailure;
}

/** Why a child could not run its program. */
export interface SpawnFailure {
  step: SpawnStep;
  errno: number;
  code: string;
  /** Of NAMESPACE: which of the request's mounts it was. */
  mount?: number;
  /** Of EXEC: no program is there to be run. */
  located?: false;
}
