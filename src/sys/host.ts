/**
 * The seam between pidone and the machine. Everything above `src/sys/` receives a Host; nothing else reads the
 * clock, spawns, kills, opens a socket or touches a file. `RealHost` is the kernel, `SimHost` (test/support) is
 * virtual time with simulated processes.
 */

/** A failed system call. `code` is the errno's name ('ENOENT'), `errno` its number (positive). */
export class SystemError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path: string | undefined;
  constructor(code: string, errno: number, syscall: string, path?: string) {
    super(`${syscall}${path === undefined ? '' : ` ${path}`}: ${code}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    this.path = path;
  }
}

/** What lstat(2) and stat(2) tell, as far as anyone above asks. Times are milliseconds since the epoch. */
export interface FileStat {
  type: 'file' | 'directory' | 'symlink' | 'socket' | 'fifo' | 'char' | 'block' | 'other';
  mode: number;
  uid: number;
  gid: number;
  size: number;
  atimeMs: number;
  mtimeMs: number;
  ctimeMs: number;
  /** 0 where the file system does not know it. */
  birthtimeMs: number;
  dev: number;
  ino: number;
  /** Device number of a character or block device, else 0. */
  rdev: number;
  nlink: number;
}

/** One name of a directory; links are not followed. */
export interface DirectoryEntry {
  name: string;
  type: FileStat['type'];
}

/** A file held open, as the journal holds its segments. Every call throws SystemError. */
export interface OpenFile {
  /** Up to `length` bytes from `position`; fewer, or none, at the end of the file. */
  read(position: number, length: number): Buffer;
  /** Writes all of `data` at the end; only where the file was opened for 'append'. */
  append(data: Uint8Array): void;
  size(): number;
  /** fdatasync(2). */
  sync(): void;
  close(): void;
}

/**
 * A file held by a descriptor (O_PATH), whatever becomes of its name; a link is held itself. `path` names it to every
 * call of `Files`, and with `/NAME` behind it what is in the directory: a walk that nobody can divert. Needs /proc.
 */
export interface PinnedFile {
  readonly path: string;
  stat(): FileStat;
  /** Throws EOPNOTSUPP for a link. */
  chmod(mode: number): void;
  /** -1 leaves an id as it is. */
  chown(uid: number, gid: number): void;
  close(): void;
}

/** A directory held open for reading; its access time stays as it is, where the kernel permits that. */
export interface OpenDirectory {
  /** As of a `PinnedFile`. */
  readonly path: string;
  /**
   * Names in the order of the directory, without `.` and `..`. Those that are no UTF-8 have a lone surrogate, U+DC00 plus
   * the byte, for each byte above ASCII; pin, lstat, unlink, rmdir and openDirectory know such paths.
   */
  names(): string[];
  stat(): FileStat;
  utimes(atimeMs: number, mtimeMs: number): void;
  close(): void;
}

/** A file held open to be written. */
export interface WritableFile {
  stat(): FileStat;
  chmod(mode: number): void;
  chown(uid: number, gid: number): void;
  truncate(): void;
  /** Writes all of `data` where the last write ended. */
  write(data: Uint8Array): void;
  /** fsync(2). */
  sync(): void;
  close(): void;
}

/**
 * Files, synchronously: unit files, links and state under /run are small and local. Every call throws SystemError.
 * Writers never follow a link in the last component unless the method says so.
 */
export interface Files {
  readFile(path: string): Buffer;
  /** The text of a file as UTF-8; invalid bytes become U+FFFD. At most `limit` bytes (default 16 MiB), else EFBIG. */
  readText(path: string, limit?: number): string;
  /** Replaces the file in one step: a temporary file beside it, then rename(2). */
  writeAtomic(path: string, data: string | Uint8Array, mode?: number): void;
  /** Appends, creating the file with `mode`. O_NOFOLLOW. */
  append(path: string, data: string | Uint8Array, mode?: number): void;
  /** Opens a regular file; 'append' creates it with `mode` (default 0644) and also reads. O_NOFOLLOW. */
  open(path: string, how: 'read' | 'append', mode?: number): OpenFile;
  /** Bytes of the file system that holds `path` (statvfs(3)): its size, and what an ordinary user may still write. */
  space(path: string): { total: number; free: number };
  readdir(path: string): string[];
  /** What a directory holds, in the order in which it holds it (readdir(3)), without `.` and `..`. */
  entries(path: string): DirectoryEntry[];
  stat(path: string): FileStat;
  lstat(path: string): FileStat;
  /** stat, or undefined where it fails for any reason. */
  tryStat(path: string): FileStat | undefined;
  tryLstat(path: string): FileStat | undefined;
  readlink(path: string): string;
  realpath(path: string): string;
  symlink(target: string, path: string): void;
  unlink(path: string): void;
  rename(from: string, to: string): void;
  /** mkdir -p: existing directories are left as they are. */
  mkdirs(path: string, mode?: number): void;
  mkdir(path: string, mode?: number): void;
  rmdir(path: string): void;
  /** rm -r without following links, as remove-tree.ts does; a missing path is no error. */
  removeTree(path: string): void;
  chmod(path: string, mode: number): void;
  /** lchown(2). */
  chown(path: string, uid: number, gid: number): void;
  /** Holds a file, or a link, by a descriptor. */
  pin(path: string): PinnedFile;
  /** Links in the last component are not followed. `lock` takes flock(2) exclusively, or throws EAGAIN. */
  openDirectory(path: string, lock?: boolean): OpenDirectory;
  /**
   * Opens for writing, never waiting for a reader: 'existing' follows a link; 'own' does not; 'new' makes the file with
   * `mode` and fails where the name is taken; 'append' is as 'existing', and writes at the end.
   */
  openWritable(path: string, how: 'existing' | 'append' | 'own' | 'new', mode?: number): WritableFile;
  /** Takes the write lock of fcntl(2) on a file, made with mode 0600 where it is missing, and waits for it. */
  lockFile(path: string): { close(): void };
  /** Makes a device (`rdev` as in FileStat), a FIFO or a socket. */
  mknod(path: string, type: 'char' | 'block' | 'fifo' | 'socket', mode: number, rdev?: number): void;
  /** link(2). */
  link(from: string, to: string): void;
  /** The bytes of a regular file to a new one. */
  copyFile(from: string, to: string, mode: number): void;
  /** Times of the file or link itself, milliseconds since the epoch. */
  utimes(path: string, atimeMs: number, mtimeMs: number): void;
  /** Extended attributes, links followed. Undefined where there is none of that name. */
  getXattr(path: string, name: string): Buffer | undefined;
  setXattr(path: string, name: string, value: Uint8Array): void;
  listXattrs(path: string): string[];
  /** Inode flags: FS_IOC_GETFLAGS and FS_IOC_SETFLAGS of ioctl_iflags(2). */
  fileFlags(path: string): number;
  setFileFlags(path: string, flags: number): void;
  /** Sets the process's mask for what it makes and gives the old one. */
  umask(mask: number): number;
  /** access(2), with effective ids where the kernel offers it. */
  access(path: string, mode: 'read' | 'write' | 'exec' | 'exists'): boolean;
}

/** Where a descriptor of the child comes from. */
export type StdioSource =
  | { kind: 'null' }
  /**
   * Opened in the child before it changes its user and root, as systemd does; made with mode 0666 and the request's
   * umask; O_NOCTTY. A Unix socket at the path (ENXIO) is connected to.
   */
  | { kind: 'file'; path: string; access: 'read' | 'write' | 'readwrite'; append?: boolean; truncate?: boolean }
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
  kind: 'bind' | 'rbind' | 'tmpfs' | 'inaccessible' | 'remount-ro' | 'remount-rw' | 'proc' | 'dev' | 'mqueue';
  /** Source of a bind; for tmpfs the options. */
  source?: string;
  target: string;
  /** Skip silently when source or target does not exist (the `-` prefix). */
  optional?: boolean;
  flags?: ('ro' | 'noexec' | 'nosuid' | 'nodev' | 'recursive')[];
}

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
   * Tracking mark: RLIMIT_LOCKS soft and hard. Lowered last, so it also wins over `limits.LOCKS`. A refusal
   * (hard limit already lower) is no error.
   */
  tag?: number;
  nice?: number;
  oomScoreAdjust?: number;
  ioprio?: { class: number; priority: number };
  scheduling?: { policy: number; priority: number; resetOnFork: boolean };
  cpuAffinity?: number[];
  timerSlackNs?: number;
  personality?: number;
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
  namespaces?: ('mount' | 'network' | 'ipc' | 'uts' | 'user' | 'pid')[];
  namespacesRequired?: boolean;
  mounts?: MountStep[];
  /** What the mounts of the new namespace are to each other, and to namespaces made from it. */
  propagation?: 'shared' | 'slave' | 'private';
  /** Namespaces to join, by a file that names them (ip-netns(8)). Refusal for want of privilege is ignored. */
  networkNamespace?: string;
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
}

/** How a process ended. Each exit is reported once, adopted orphans included. */
export interface ProcessExit {
  pid: number;
  /** 'exited': status is the exit code; 'killed'/'dumped': status is the signal number. */
  how: 'exited' | 'killed' | 'dumped';
  status: number;
  /** User plus system CPU time, milliseconds; maximum resident set, KiB. */
  cpuMs: number;
  maxRssKiB: number;
}

/** One line of the process table. */
export interface ProcessInfo {
  pid: number;
  ppid: number;
  pgid: number;
  sid: number;
  state: string;
  /** Clock ticks since boot (field 22 of /proc/PID/stat): with the pid it names a process for ever. */
  startTime: number;
  comm: string;
  /** RLIMIT_LOCKS's hard value; undefined where it is unlimited or unreadable. */
  tag: number | undefined;
}

export interface ReceivedSignal {
  /** 'SIGTERM', 'SIGRTMIN+3', … */
  signal: string;
  /** Sender, 0 where the kernel sent it. */
  pid: number;
  value: number;
}

/** A timer; `cancel` is harmless when it has fired. */
export interface Timer {
  cancel(): void;
}

/** Credentials of a peer (SO_PEERCRED, SCM_CREDENTIALS). */
export interface PeerCredentials {
  pid: number;
  uid: number;
  gid: number;
}

/** Sets of the manager's own process, a bit for each capability (capabilities(7)). */
export interface Capabilities {
  effective: bigint;
  permitted: bigint;
  bounding: bigint;
}

/** A bidirectional or receive-only byte stream: control connections, stdout streams. Backpressure by pause/resume. */
export interface StreamConnection {
  readonly peer: PeerCredentials;
  /** `chunk` is the caller's for as long as the call: the next read, of whatever stream, writes over it. */
  onData: (chunk: Buffer) => void;
  onEnd: () => void;
  /**
   * While set, descriptors that come with the data are taken, and belong to whoever is called; before the data they came
   * with. While not set, the kernel drops them.
   */
  onDescriptors?: ((fds: number[]) => void) | undefined;
  /** Bytes accepted but not yet taken by the kernel. */
  readonly buffered: number;
  /** Called when `buffered` has come back to 0. */
  onDrain: () => void;
  write(data: Uint8Array): void;
  pause(): void;
  resume(): void;
  /**
   * Delivers through `onData` (and `onEnd`) what the kernel holds for this stream right now, a few reads of it, without
   * waiting for the event loop: what a service wrote before it exited comes before what is said about its exit.
   */
  pull?(): void;
  /** Sends what is buffered, then closes. */
  end(): void;
  destroy(): void;
}

export interface StreamListener {
  onConnection: (connection: StreamConnection) => void;
  close(): void;
}

/** A datagram with its ancillary data. Descriptors belong to the receiver, who closes them. */
export interface Datagram {
  data: Buffer;
  credentials: PeerCredentials | undefined;
  fds: number[];
}

export interface DatagramSocket {
  onDatagram: (datagram: Datagram) => void;
  close(): void;
}

/** What a listening descriptor of systemd.socket(5) is made of; all resolved. */
export interface SocketSpec {
  kind: 'stream' | 'datagram' | 'seqpacket' | 'fifo' | 'special' | 'netlink' | 'mqueue' | 'usb';
  /** AF_UNIX path ('@…' abstract) or file path. */
  path?: string;
  /** 'ipv4' | 'ipv6' with address text and port; `vsock` with numbers. */
  inet?: { family: 'ipv4' | 'ipv6'; address: string; port: number; scope?: string };
  vsock?: { cid: number; port: number };
  /** `family` is the number of netlink(7). */
  netlink?: { family: number; group: number };
  protocol?: 'udplite' | 'sctp' | 'mptcp';
  backlog?: number;
  mode?: number;
  directoryMode?: number;
  options?: {
    bindIPv6Only?: 'default' | 'both' | 'ipv6-only';
    reusePort?: boolean;
    keepAlive?: boolean;
    keepAliveTimeSec?: number;
    keepAliveIntervalSec?: number;
    keepAliveProbes?: number;
    noDelay?: boolean;
    deferAcceptSec?: number;
    priority?: number;
    mark?: number;
    receiveBuffer?: number;
    sendBuffer?: number;
    ipTos?: number;
    ipTtl?: number;
    pipeSize?: number;
    freeBind?: boolean;
    transparent?: boolean;
    broadcast?: boolean;
    passCredentials?: boolean;
    passSecurity?: boolean;
    bindToDevice?: string;
    tcpCongestion?: string;
    mqMaxMsg?: number;
    mqMsgSize?: number;
    writable?: boolean;
  };
}

export interface AcceptedConnection {
  fd: number;
  peer: PeerCredentials | undefined;
  /** 'ipv4'/'ipv6' peers: for %i of Accept=yes instances and REMOTE_ADDR/REMOTE_PORT. */
  remote?: { address: string; port: number };
  local?: { address: string; port: number };
}

/** Readiness of a descriptor that stays in the manager. */
export interface FdWatch {
  close(): void;
}

/** A path that is watched, as `watchPath` says. */
export interface FileWatch {
  close(): void;
}

/** Of the file itself: that it comes or goes; that it is written and closed, or holds other names; each write, too. */
export type WatchedEvents = 'any' | 'changed' | 'modified';

/** What a FileWatch tells. */
export interface FileListener {
  /**
   * It is time to look: after each event, and again once the path has been followed anew, for what came in between.
   * `itself`: what `events` asks for has happened to the file that the path leads to ('any': never).
   */
  changed(itself: boolean): void;
  /** The path can't be followed any longer (ENOTDIR, ELOOP, ENOSPC …); the watch is closed. */
  failed(error: SystemError): void;
}

/** A mount of this process's namespace, proc_pid_mountinfo(5), unescaped. */
export interface MountEntry {
  target: string;
  source: string;
  fstype: string;
  /** Of the mount point, then of the file system. */
  options: string[];
}

export interface Host {
  readonly files: Files;
  /** The manager's own process id (1 as a container's init) and ids. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly hostname: string;
  /** Environment of the manager at start. Never changes. */
  readonly environment: Readonly<Record<string, string>>;
  /** 32 lower-case hex digits. */
  readonly bootId: string;
  readonly machineId: string | undefined;

  /** Wall clock, milliseconds since the epoch, fractions are microseconds. */
  now(): number;
  /** CLOCK_MONOTONIC, milliseconds, fractions are microseconds. */
  monotonic(): number;
  /** CLOCK_BOOTTIME milliseconds. */
  boottime(): number;
  /** Calls back once, not before `delayMs` milliseconds (≥ 0) of monotonic time. */
  after(delayMs: number, callback: () => void): Timer;
  /** Calls back from the event loop, after what is running now and pending I/O callbacks. */
  defer(callback: () => void): void;
  randomBytes(size: number): Buffer;

  /** Throws SystemError only where no process could be made at all (fork failed: EAGAIN, ENOMEM) or a field is unusable. */
  spawn(request: SpawnRequest): SpawnResult;
  /** Exits, in the order of reaping. Set once by the manager before the first spawn. */
  onExit: (exit: ProcessExit) => void;
  onSignal: (signal: ReceivedSignal) => void;
  /** An error that no callback of the event loop has caught. The process goes on: a manager does not die of one. */
  onUncaught: (error: unknown) => void;
  /**
   * Sends a signal. False where there is no such process (ESRCH). With `startTime` a recycled pid is not hit.
   * Throws SystemError for anything else (EPERM).
   */
  kill(pid: number, signal: number, startTime?: number): boolean;
  /** kill with a value (sigqueue), for --kill-value. */
  sigqueue(pid: number, signal: number, value: number): boolean;
  /** Whole process table in one scan (about 20 µs a process). */
  processes(): ProcessInfo[];
  process(pid: number): ProcessInfo | undefined;
  /** /proc/PID/cmdline split at NUL; undefined where unreadable. [] for kernel threads and zombies. */
  commandLine(pid: number): string[] | undefined;

  /** Listens on a Unix stream socket at `path` with `mode`; replaces a stale socket, never follows a link. */
  listenStream(path: string, mode: number): StreamListener;
  /** A descriptor that listens on a Unix stream socket already. Throws SystemError (EBADF, ENOTSOCK). */
  adoptListener(fd: number): StreamListener;
  /** Receives datagrams with credentials and descriptors at `path`. */
  bindDatagram(path: string, mode: number): DatagramSocket;
  /** A connected stream: one end stays as a connection, `fd` goes to a child and is closed by `closeFd`. */
  streamPair(): { connection: StreamConnection; fd: number; dev: number; ino: number };
  /** As `listenStream` but accepting without reading: journald's stdout socket. */
  connectStream(path: string): StreamConnection;
  /** Sends one datagram without waiting. Throws SystemError (ENOENT, ECONNREFUSED, EAGAIN where the receiver is full). */
  sendDatagram(path: string, data: Uint8Array, fds?: number[]): void;

  /** Makes a listening descriptor (or FIFO, special file, …) for a socket unit. */
  openSocket(spec: SocketSpec): number;
  accept(fd: number): AcceptedConnection | undefined;
  /** Calls back each time the descriptor is readable, until closed (level-triggered, one call a loop turn). */
  watchReadable(fd: number, callback: () => void): FdWatch;
  /** Calls back when something was mounted or unmounted in this process's namespace. Throws SystemError. */
  watchMounts(callback: () => void): FdWatch;
  closeFd(fd: number): void;
  /** Opens a file of any type without waiting, or connects to the Unix stream socket at `path`. Throws SystemError. */
  openFd(path: string, access: 'read' | 'readwrite' | 'append' | 'truncate'): number;
  /**
   * What a regular file or memfd holds from its start, up to `limit` bytes, without touching its offset. Throws
   * SystemError where the descriptor is anything else (ESPIPE, EBADF).
   */
  readFd(fd: number, limit: number): Buffer;
  /** Drops everything queued (FlushPending=). */
  flushFd(fd: number): void;
  pipe(): { read: number; write: number };
  /** Keeps descriptors over re-exec: clears or sets FD_CLOEXEC. */
  setCloseOnExec(fd: number, on: boolean): void;

  /**
   * inotify on what the path leads to, as systemd.path(5) has it: the file itself and, so that its coming and going is
   * seen, each of its parents. Who watches looks once the watch is there. Throws SystemError where the path can't be
   * followed; that it leads to nothing (yet), or may not be read, is no error.
   */
  watchPath(path: string, events: WatchedEvents, listener: FileListener): FileWatch;

  /**
   * Removes System V and POSIX IPC objects (ipcs(1), /dev/shm, /dev/mqueue) of a user or a group; undefined: of none.
   * Shared memory in use stays. The number of objects removed. Throws SystemError where one could not be.
   */
  removeIpc(uid: number | undefined, gid: number | undefined): number;
  /** Removes a POSIX message queue by its name, which begins with a slash. Throws SystemError. */
  unlinkQueue(name: string): void;

  /** Users and groups by name or number, from the container's own passwd and group files. */
  lookupUser(nameOrId: string): UserRecord | undefined;
  lookupGroup(nameOrId: string): GroupRecord | undefined;
  /** Supplementary groups of a user, as initgroups(3) would set them. */
  groupsOf(user: string, gid: number): number[];

  /** Replaces this process image; on success it does not return. Throws SystemError. */
  exec(path: string, argv: string[], env: string[]): never;
  /** Ends the manager. */
  exit(status: number): never;
  /** reboot(2) with LINUX_REBOOT_CMD_*; in a PID namespace it ends the namespace. Throws SystemError. */
  reboot(command: 'halt' | 'poweroff' | 'restart'): void;
  /** Writes to the console (the manager's own stdout/stderr), never blocking: what does not fit is kept in a bounded buffer. */
  console(text: string): void;
  uname(): { sysname: string; nodename: string; release: string; version: string; machine: string };
  /** 'docker', 'podman', 'systemd-nspawn', … or 'none' as systemd-detect-virt --container; and vm. */
  virtualization(): { container: string; vm: string };
  /** Bytes of memory and CPUs of the machine. */
  memoryTotal(): number;
  cpuCount(): number;
  /** All mounts, in the order in which they were made. */
  mountTable(): MountEntry[];
  isTty(fd: number): boolean;
  /** Hangs up (vhangup(2)) and resets a terminal, without waiting and as far as it goes. */
  revertTerminal(path: string, how: { hangUp: boolean; reset: boolean }): void;
  /** Name in /proc/PID/comm (PR_SET_NAME): at most 15 bytes count. */
  setProcessName(name: string): void;
  /** Bytes of JavaScript's objects and buffers, garbage included. */
  heapBytes(): number;
  /** Gives back memory that a burst of work has left behind: garbage, and pages. Takes some forty milliseconds. */
  releaseMemory(): void;
  /** Gives back pages that nothing is in, and those of program text: these come back from the page cache when touched. */
  releasePages(): void;
  /** Orphans among the descendants come to this process (PR_SET_CHILD_SUBREAPER). */
  becomeSubreaper(): void;
  /** The process's own limits as it got them at start. */
  limit(name: LimitName): ResourceLimit;
  capabilities(): Capabilities;
}

export interface UserRecord {
  name: string;
  uid: number;
  gid: number;
  gecos: string;
  home: string;
  shell: string;
}

export interface GroupRecord {
  name: string;
  gid: number;
  members: string[];
}
