/**
 * A machine for tests: virtual clock, processes that scripts drive, files in memory. Nothing here waits or forks.
 *
 *   const sim = new SimHost();
 *   sim.onSpawn = (process) => process.exit(0, 250);      // what a spawned process will do
 *   sim.advance(1000);                                    // a second passes; timers, exits and deferred calls happen in order
 */
import { createHash } from 'node:crypto';
import {
  type AcceptedConnection,
  type Datagram,
  type DatagramSocket,
  type FdWatch,
  type FileListener,
  type FileWatch,
  type GroupRecord,
  type Host,
  type LimitName,
  type MountEntry,
  type PeerCredentials,
  type ProcessExit,
  type ProcessInfo,
  type ReceivedSignal,
  type ResourceLimit,
  type SocketSpec,
  type SpawnRequest,
  type SpawnResult,
  type SpawnStep,
  type StreamConnection,
  type StreamListener,
  SystemError,
  type Timer,
  type UserRecord,
  type WatchedEvents,
} from '../../src/sys/host.ts';
import { type OpenInotify, PathWatch } from '../../src/sys/watch-path.ts';
import { SimFiles } from './sim-files.ts';
import { SimInotify } from './sim-inotify.ts';

const SIGKILL = 9;
const SIGCHLD = 17;
const SIGCONT = 18;
const SIGSTOP = 19;
const ignoredByDefault = new Set([SIGCHLD, SIGCONT, 23, 28]);
/** Signals whose default action dumps core. */
const coreSignals = new Set([3, 4, 5, 6, 7, 8, 11, 24, 25, 31]);

/** Exit statuses of systemd.exec(5) for steps that fail before exec. */
const stepStatus: Partial<Record<SpawnStep, number>> = {
  CHDIR: 200,
  NICE: 201,
  FDS: 202,
  EXEC: 203,
  MEMORY: 204,
  LIMITS: 205,
  OOM_ADJUST: 206,
  STDIN: 208,
  STDOUT: 209,
  CHROOT: 210,
  GROUP: 216,
  USER: 217,
  CAPABILITIES: 218,
  STDERR: 222,
  NAMESPACE: 226,
};

/** A process of the simulated machine. */
export class SimProcess {
  readonly sim: SimHost;
  readonly pid: number;
  ppid: number;
  pgid: number;
  sid: number;
  readonly startTime: number;
  comm: string;
  tag: number | undefined;
  uid: number;
  /** The request it was spawned by; undefined for what a script forked. */
  readonly request: SpawnRequest | undefined;
  zombie = false;
  stopped = false;
  /** Signals it was sent, in order. */
  readonly received: number[] = [];
  /** Signals that do nothing to it. */
  readonly ignores = new Set<number>();
  /** Called instead of a signal's default action. */
  readonly handlers = new Map<number, (signal: number) => void>();
  cpuMs = 0;

  constructor(
    sim: SimHost,
    pid: number,
    parent: { pid: number; pgid: number; sid: number; tag: number | undefined; uid: number },
    request: SpawnRequest | undefined,
  ) {
    this.sim = sim;
    this.pid = pid;
    this.ppid = parent.pid;
    this.pgid = parent.pgid;
    this.sid = parent.sid;
    this.tag = parent.tag;
    this.uid = parent.uid;
    this.startTime = sim.nextStartTime();
    this.request = request;
    this.comm = (request?.path ?? 'forked').replace(/.*\//, '').slice(0, 15);
  }

  get alive(): boolean {
    return !this.zombie;
  }
  /** Ends with an exit code, now or after `afterMs` of virtual time. */
  exit(status: number, afterMs = 0): void {
    this.sim.schedule(afterMs, () => this.sim.end(this, 'exited', status));
  }
  /** Ends by a signal, as if it had come from outside. */
  die(signal: number, afterMs = 0): void {
    this.sim.schedule(afterMs, () => this.sim.end(this, coreSignals.has(signal) ? 'dumped' : 'killed', signal));
  }
  /** Makes a child. */
  fork(): SimProcess {
    return this.sim.addProcess(this, undefined);
  }
  setsid(): void {
    this.sid = this.pid;
    this.pgid = this.pid;
  }
  /** The classic daemon: child, session, grandchild; this process and the child end. Returns the grandchild. */
  daemonize(): SimProcess {
    const child = this.fork();
    child.setsid();
    const grandchild = child.fork();
    this.sim.end(child, 'exited', 0);
    return grandchild;
  }
  /** Value of a variable in its environment. */
  env(name: string): string | undefined {
    return this.request?.env.find((e) => e.startsWith(`${name}=`))?.slice(name.length + 1);
  }
  /** sd_notify(3): lines to whoever listens at its NOTIFY_SOCKET. */
  notify(text: string, fds: number[] = []): void {
    const socket = this.env('NOTIFY_SOCKET') ?? this.sim.lastNotifySocket;
    if (socket !== undefined) this.sim.datagram(socket, text, { pid: this.pid, uid: this.uid, gid: 0 }, fds);
  }
}

interface Scheduled {
  at: number;
  order: number;
  callback: () => void;
  cancelled: boolean;
}

interface FdState {
  what: string;
  watchers: Set<() => void>;
  readable: boolean;
  closed: boolean;
  pending: AcceptedConnection[];
}

export interface SimOptions {
  /** Wall clock at start, milliseconds. */
  now?: number;
  monotonic?: number;
  pid?: number;
  uid?: number;
  hostname?: string;
  environment?: Record<string, string>;
  files?: Record<string, string>;
  capabilities?: bigint;
  container?: string;
  /** As uname(2) names it. */
  machine?: string;
  limits?: Partial<Record<LimitName, ResourceLimit>>;
}

const passwd = `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
games:x:5:60:games:/usr/games:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
alice:x:1000:1000:Alice:/home/alice:/bin/bash
`;
const group = `root:x:0:
daemon:x:1:
tty:x:5:
adm:x:4:alice
audio:x:29:alice
video:x:44:
www-data:x:33:
games:x:60:
alice:x:1000:
nogroup:x:65534:
`;

export class SimHost implements Host {
  readonly files: SimFiles;
  readonly pid: number;
  readonly uid: number;
  readonly gid = 0;
  hostname: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly bootId = '0123456789abcdef0123456789abcdef';
  readonly machineId: string | undefined = 'fedcba9876543210fedcba9876543210';
  readonly #startWall: number;
  readonly #startMono: number;
  #elapsed = 0;
  #order = 0;
  #queue: Scheduled[] = [];
  #deferred: (() => void)[] = [];
  #nextPid = 100;
  #startTimes = 1000;
  #random = 0;
  readonly table = new Map<number, SimProcess>();
  readonly #fds = new Map<number, FdState>();
  #nextFd = 10;
  readonly #datagrams = new Map<string, SimDatagramSocket>();
  readonly #listeners = new Map<string, SimListener>();
  readonly #capabilities: bigint;
  readonly #limits: Partial<Record<LimitName, ResourceLimit>>;
  readonly #container: string;
  readonly #machine: string;
  lastNotifySocket: string | undefined;

  /** Everything that was spawned, in order. */
  readonly spawned: SimProcess[] = [];
  /** Signals sent through the Host, in order. */
  readonly kills: { pid: number; signal: number }[] = [];
  consoleText = '';
  /** Set when the manager ended itself or the machine. */
  exited: number | undefined;
  rebooted: string | undefined;
  /** Failures of coming spawns by path: the child fails at that step. */
  readonly failing = new Map<string, { step: SpawnStep; errno: number; code: string }>();
  /** Errno of fork itself, for as long as it is set. */
  forkError: { code: string; errno: number } | undefined;
  /** What a spawned process does; it lives until it is killed where this does nothing. */
  onSpawn: (process: SimProcess) => void = () => {};
  onExit: (exit: ProcessExit) => void = () => {};
  onSignal: (signal: ReceivedSignal) => void = () => {};
  onUncaught: (error: unknown) => void = () => {};
  processName = '';

  constructor(options: SimOptions = {}) {
    this.#startWall = options.now ?? Date.UTC(2024, 0, 15, 12, 0, 0);
    this.#startMono = options.monotonic ?? 1000;
    this.pid = options.pid ?? 1;
    this.uid = options.uid ?? 0;
    this.hostname = options.hostname ?? 'sim';
    this.environment = options.environment ?? {};
    this.#capabilities = options.capabilities ?? (1n << 41n) - 1n;
    this.#container = options.container ?? 'docker';
    this.#machine = options.machine ?? 'x86_64';
    this.#limits = { NOFILE: { soft: 1024, hard: 1_048_576 }, ...options.limits };
    this.files = new SimFiles(() => this.now());
    for (const dir of [
      '/etc',
      '/run',
      '/tmp',
      '/var/lib',
      '/var/cache',
      '/var/log',
      '/var/tmp',
      '/usr/bin',
      '/bin',
      '/dev',
      '/root',
      '/home/alice',
    ])
      this.files.mkdirs(dir);
    this.files.putSpecial('/dev/null', 'char');
    this.files.put('/etc/passwd', passwd);
    this.files.put('/etc/group', group);
    for (const [path, text] of Object.entries(options.files ?? {}))
      this.files.put(path, text, path.includes('/bin/') ? 0o755 : 0o644);
    const self = new SimProcess(
      this,
      this.pid,
      { pid: 0, pgid: this.pid, sid: this.pid, tag: undefined, uid: this.uid },
      undefined,
    );
    self.comm = 'systemd';
    this.table.set(this.pid, self);
  }

  // ---- time -----------------------------------------------------------------------------------------------------

  now(): number {
    return this.#startWall + this.#elapsed;
  }
  monotonic(): number {
    return this.#startMono + this.#elapsed;
  }
  boottime(): number {
    return this.monotonic();
  }
  nextStartTime(): number {
    return this.#startTimes++;
  }
  after(delayMs: number, callback: () => void): Timer {
    const entry = this.schedule(Math.max(0, delayMs), callback);
    const cancel = (): void => {
      entry.cancelled = true;
    };
    return { cancel };
  }
  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }
  /** Something that will happen to the machine after `ms`. */
  schedule(ms: number, callback: () => void): Scheduled {
    const entry = { at: this.#elapsed + ms, order: this.#order++, callback, cancelled: false };
    if (ms !== Number.POSITIVE_INFINITY) this.#queue.push(entry);
    return entry;
  }
  /** Lets `ms` of time pass; what is due happens in order, deferred calls in between. */
  advance(ms: number): void {
    const until = this.#elapsed + ms;
    this.settle();
    for (;;) {
      const next = this.#next();
      if (next === undefined || next.at > until) break;
      this.#elapsed = Math.max(this.#elapsed, next.at);
      this.#fire(next);
      this.settle();
    }
    this.#elapsed = until;
  }
  /** Work of the manager's own that takes `ms`: what falls due meanwhile happens after it. */
  spend(ms: number): void {
    this.#elapsed += ms;
  }
  /** What is due now happens, and what that defers, until all is quiet. */
  settle(): void {
    for (let rounds = 0; rounds < 100_000; rounds++) {
      const deferred = this.#deferred.splice(0);
      for (const callback of deferred) callback();
      const next = this.#next();
      if (next !== undefined && next.at <= this.#elapsed) this.#fire(next);
      else if (this.#deferred.length === 0) return;
    }
    throw new Error('the simulated machine does not come to rest');
  }
  /** Milliseconds until the next thing is due; undefined where nothing is. */
  get untilNext(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : Math.max(0, next.at - this.#elapsed);
  }
  #next(): Scheduled | undefined {
    this.#queue = this.#queue.filter((e) => !e.cancelled);
    let best: Scheduled | undefined;
    for (const e of this.#queue)
      if (best === undefined || e.at < best.at || (e.at === best.at && e.order < best.order)) best = e;
    return best;
  }
  #fire(entry: Scheduled): void {
    this.#queue.splice(this.#queue.indexOf(entry), 1);
    entry.callback();
  }
  randomBytes(size: number): Buffer {
    const blocks: Buffer[] = [];
    for (let length = 0; length < size; length += 32)
      blocks.push(
        createHash('sha256')
          .update(String(this.#random++))
          .digest(),
      );
    return Buffer.concat(blocks).subarray(0, size);
  }

  // ---- processes ------------------------------------------------------------------------------------------------

  get self(): SimProcess {
    return this.table.get(this.pid)!;
  }
  /** A process that is nobody's: as `docker exec` makes. */
  addForeign(): SimProcess {
    const process = new SimProcess(
      this,
      this.#nextPid++,
      { pid: 0, pgid: 0, sid: 0, tag: undefined, uid: 0 },
      undefined,
    );
    process.setsid();
    this.table.set(process.pid, process);
    return process;
  }
  addProcess(parent: SimProcess, request: SpawnRequest | undefined): SimProcess {
    const process = new SimProcess(this, this.#nextPid++, parent, request);
    this.table.set(process.pid, process);
    return process;
  }
  spawn(request: SpawnRequest): SpawnResult {
    if (this.forkError !== undefined) throw new SystemError(this.forkError.code, this.forkError.errno, 'fork');
    const process = this.addProcess(this.self, request);
    if (request.session) process.setsid();
    if (request.tag !== undefined) process.tag = request.tag;
    process.uid = request.uid ?? this.uid;
    if (request.env.some((e) => e.startsWith('NOTIFY_SOCKET='))) this.lastNotifySocket = process.env('NOTIFY_SOCKET');
    this.spawned.push(process);
    if (request.exitAtOnce !== undefined) {
      process.exit(request.exitAtOnce);
      return { pid: process.pid };
    }
    const failure = this.failing.get(request.path);
    if (failure !== undefined) {
      process.exit(stepStatus[failure.step] ?? 203);
      return { pid: process.pid, failure };
    }
    this.schedule(0, () => {
      if (process.alive) this.onSpawn(process);
    });
    return { pid: process.pid };
  }
  /** Ends a process now. The manager hears of it if it is its child, else the parent reaps it silently. */
  end(process: SimProcess, how: ProcessExit['how'], status: number): void {
    if (process.zombie || !this.table.has(process.pid)) return;
    process.zombie = true;
    for (const child of this.table.values())
      if (child.ppid === process.pid) {
        child.ppid = this.pid;
        if (child.zombie) this.#reap(child, 'exited', 0);
      }
    if (process.ppid === this.pid) this.#reap(process, how, status);
    else this.table.delete(process.pid);
  }
  #reap(process: SimProcess, how: ProcessExit['how'], status: number): void {
    this.table.delete(process.pid);
    this.onExit({ pid: process.pid, how, status, cpuMs: process.cpuMs, maxRssKiB: 0 });
  }
  kill(pid: number, signal: number, startTime?: number): boolean {
    const process = this.table.get(pid);
    if (process === undefined || (startTime !== undefined && process.startTime !== startTime)) return false;
    if (signal === 0) return true;
    this.kills.push({ pid, signal });
    process.received.push(signal);
    if (process.zombie || pid === this.pid) return true;
    if (signal === SIGKILL) {
      process.die(SIGKILL);
      return true;
    }
    if (signal === SIGSTOP) {
      process.stopped = true;
      return true;
    }
    const handler = process.handlers.get(signal);
    if (handler !== undefined) this.schedule(0, () => process.alive && handler(signal));
    else if (!process.ignores.has(signal) && !ignoredByDefault.has(signal)) process.die(signal);
    return true;
  }
  sigqueue(pid: number, signal: number, _value: number): boolean {
    return this.kill(pid, signal);
  }
  processes(): ProcessInfo[] {
    return [...this.table.values()].map(infoOf);
  }
  process(pid: number): ProcessInfo | undefined {
    const process = this.table.get(pid);
    return process === undefined ? undefined : infoOf(process);
  }
  commandLine(pid: number): string[] | undefined {
    const process = this.table.get(pid);
    return process === undefined ? undefined : (process.request?.argv ?? [process.comm]);
  }
  /** When memory was released, milliseconds of the monotonic clock, and whether only pages were. */
  readonly released: { atMs: number; what: 'memory' | 'pages' }[] = [];
  heap = 8 * 1024 * 1024;
  heapBytes(): number {
    return this.heap;
  }
  releaseMemory(): void {
    this.released.push({ atMs: this.monotonic(), what: 'memory' });
  }
  releasePages(): void {
    this.released.push({ atMs: this.monotonic(), what: 'pages' });
  }

  setProcessName(name: string): void {
    this.processName = name;
  }
  becomeSubreaper(): void {}
  /** A live process by the last component of its path; the newest of several. */
  running(name: string): SimProcess | undefined {
    return [...this.table.values()].filter((p) => p.alive && p.comm === name).at(-1);
  }
  /** A signal to the manager. */
  signal(signal: string, pid = 0): void {
    this.onSignal({ signal, pid, value: 0 });
  }

  // ---- sockets and descriptors ----------------------------------------------------------------------------------

  #fd(what: string): number {
    const fd = this.#nextFd++;
    this.#fds.set(fd, { what, watchers: new Set(), readable: false, closed: false, pending: [] });
    return fd;
  }
  /** Descriptors the manager holds open, with what they are. */
  openFds(): Map<number, string> {
    return new Map([...this.#fds].map(([fd, state]) => [fd, state.what]));
  }
  /** A descriptor that came from somewhere else (a notify message). */
  makeFd(what: string): number {
    return this.#fd(what);
  }
  listenStream(path: string, mode: number): StreamListener {
    if (this.files.tryLstat(path) !== undefined) this.files.unlink(path);
    this.files.putSpecial(path, 'socket', mode);
    const listener = new SimListener(() => this.#listeners.delete(path));
    this.#listeners.set(path, listener);
    return listener;
  }
  adoptListener(fd: number): StreamListener {
    if (!this.#fds.has(fd)) throw new SystemError('EBADF', 9, 'listen');
    return new SimListener(() => {});
  }
  connectStream(path: string): StreamConnection {
    const listener = this.#listeners.get(path);
    if (listener === undefined) throw new SystemError('ECONNREFUSED', 111, 'connect', path);
    const [near, far] = connectionPair(this);
    this.schedule(0, () => listener.onConnection(far));
    return near;
  }
  bindDatagram(path: string, mode: number): DatagramSocket {
    if (!path.startsWith('@')) {
      if (this.files.tryLstat(path) !== undefined) this.files.unlink(path);
      this.files.putSpecial(path, 'socket', mode);
    }
    const socket = new SimDatagramSocket(() => this.#datagrams.delete(path));
    this.#datagrams.set(path, socket);
    return socket;
  }
  sendDatagram(path: string, data: Uint8Array | string, fds: number[] = []): void {
    this.datagram(path, data, { pid: this.pid, uid: this.uid, gid: this.gid }, fds);
  }
  /** A datagram arrives at a socket of the manager, from a sender of the test's choice. */
  datagram(path: string, data: Uint8Array | string, credentials: PeerCredentials, fds: number[] = []): void {
    const socket = this.#datagrams.get(path);
    if (socket === undefined) throw new SystemError('ENOENT', 2, 'sendto', path);
    this.schedule(0, () => socket.onDatagram({ data: Buffer.from(data as string), credentials, fds }));
  }
  streamPair(): { connection: StreamConnection; fd: number; dev: number; ino: number } {
    const [near, far] = connectionPair(this);
    const fd = this.#fd('stream');
    this.streams.set(fd, far);
    return { connection: near, fd, dev: 8, ino: 10_000 + fd };
  }
  /** Far ends of stream pairs, by the descriptor a child was given: tests write to them as the service would. */
  readonly streams = new Map<number, StreamConnection>();

  openSocket(spec: SocketSpec): number {
    if (spec.kind === 'special' && spec.path !== undefined) return this.openFd(spec.path);
    const name = spec.path ?? `${spec.inet?.address ?? ''}:${spec.inet?.port ?? ''}`;
    if (spec.path !== undefined && !spec.path.startsWith('@')) {
      this.files.mkdirs(
        spec.path.slice(0, spec.path.lastIndexOf('/')) || '/',
        spec.options === undefined ? 0o755 : 0o755,
      );
      this.files.putSpecial(spec.path, spec.kind === 'fifo' ? 'fifo' : 'socket', spec.mode ?? 0o666);
    }
    return this.#fd(`${spec.kind} ${name}`);
  }
  accept(fd: number): AcceptedConnection | undefined {
    const state = this.#fds.get(fd);
    const connection = state?.pending.shift();
    if (state !== undefined && state.pending.length === 0) state.readable = false;
    return connection;
  }
  /** Somebody connects to a listening descriptor, or data waits in it. */
  makeReadable(fd: number, connection?: Omit<AcceptedConnection, 'fd'>): void {
    const state = this.#fds.get(fd);
    if (state === undefined) throw new Error(`descriptor ${fd} is not open`);
    state.readable = true;
    if (connection !== undefined) state.pending.push({ fd: this.#fd('connection'), ...connection });
    this.schedule(0, () => this.#poll(state));
  }
  #poll(state: FdState): void {
    if (!state.readable || state.closed) return;
    for (const watcher of [...state.watchers]) watcher();
    // Level-triggered: as long as somebody watches and nobody reads it comes again.
    if (state.readable && state.watchers.size > 0 && !state.closed) this.schedule(1, () => this.#poll(state));
  }
  watchReadable(fd: number, callback: () => void): FdWatch {
    const state = this.#fds.get(fd);
    if (state === undefined) throw new SystemError('EBADF', 9, 'epoll_ctl');
    if (this.files.tryStat(state.what)?.type === 'file') throw new SystemError('EPERM', 1, 'epoll_ctl');
    state.watchers.add(callback);
    if (state.readable) this.schedule(0, () => this.#poll(state));
    return { close: () => state.watchers.delete(callback) };
  }
  /** What memfds hold that a test passed along. */
  readonly memfds = new Map<number, Buffer>();
  readFd(fd: number, limit: number): Buffer {
    const data = this.memfds.get(fd);
    if (data === undefined) throw new SystemError('ESPIPE', 29, 'pread');
    return data.subarray(0, limit);
  }
  openFd(path: string): number {
    this.files.stat(path);
    return this.#fd(path);
  }
  /** Owners whose IPC objects were to be removed, in order. */
  readonly removedIpc: { uid: number | undefined; gid: number | undefined }[] = [];
  removeIpc(uid: number | undefined, gid: number | undefined): number {
    this.removedIpc.push({ uid, gid });
    return 0;
  }
  /** Message queues that were removed, in order. */
  readonly unlinkedQueues: string[] = [];
  unlinkQueue(name: string): void {
    this.unlinkedQueues.push(name);
  }
  /** Terminals that were hung up or reset, in order. */
  readonly revertedTerminals: { path: string; hangUp: boolean; reset: boolean }[] = [];
  revertTerminal(path: string, how: { hangUp: boolean; reset: boolean }): void {
    this.revertedTerminals.push({ path, ...how });
  }
  closeFd(fd: number): void {
    const state = this.#fds.get(fd);
    if (state !== undefined) state.closed = true;
    this.#fds.delete(fd);
  }
  flushFd(fd: number): void {
    const state = this.#fds.get(fd);
    if (state === undefined) return;
    state.readable = false;
    for (const connection of state.pending.splice(0)) this.closeFd(connection.fd);
  }
  pipe(): { read: number; write: number } {
    return { read: this.#fd('pipe'), write: this.#fd('pipe') };
  }
  setCloseOnExec(_fd: number, _on: boolean): void {}
  isTty(_fd: number): boolean {
    return false;
  }

  watchPath(path: string, events: WatchedEvents, listener: FileListener): FileWatch {
    const open: OpenInotify = (heard) =>
      new SimInotify(
        (at, follow) => this.files.watchable(at, follow),
        (deliver) => this.schedule(0, deliver),
        heard,
      );
    return new PathWatch(open, path, events, listener);
  }

  // ---- users and the machine ------------------------------------------------------------------------------------

  #records(path: string): string[][] {
    return this.files
      .readText(path)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(':'));
  }
  lookupUser(nameOrId: string): UserRecord | undefined {
    const f = this.#records('/etc/passwd').find((r) => r[0] === nameOrId || r[2] === nameOrId);
    if (f === undefined) return undefined;
    return { name: f[0]!, uid: Number(f[2]), gid: Number(f[3]), gecos: f[4]!, home: f[5]!, shell: f[6]! };
  }
  lookupGroup(nameOrId: string): GroupRecord | undefined {
    const f = this.#records('/etc/group').find((r) => r[0] === nameOrId || r[2] === nameOrId);
    if (f === undefined) return undefined;
    return { name: f[0]!, gid: Number(f[2]), members: f[3]!.split(',').filter((m) => m !== '') };
  }
  groupsOf(user: string, gid: number): number[] {
    const others = this.#records('/etc/group').filter((r) => r[3]!.split(',').includes(user));
    return [...new Set([gid, ...others.map((r) => Number(r[2]))])];
  }
  exec(path: string, argv: string[]): never {
    throw new SimEnded(`exec ${path} ${argv.join(' ')}`);
  }
  exit(status: number): never {
    this.exited = status;
    throw new SimEnded(`exit ${status}`);
  }
  reboot(command: 'halt' | 'poweroff' | 'restart'): void {
    this.rebooted = command;
  }
  console(text: string): void {
    this.consoleText += text;
  }
  uname(): { sysname: string; nodename: string; release: string; version: string; machine: string } {
    return { sysname: 'Linux', nodename: this.hostname, release: '6.1.0', version: '#1', machine: this.#machine };
  }
  virtualization(): { container: string; vm: string } {
    return { container: this.#container, vm: 'none' };
  }
  memoryTotal(): number {
    return 2 ** 32;
  }
  cpuCount(): number {
    return 4;
  }
  limit(name: LimitName): ResourceLimit {
    return this.#limits[name] ?? { soft: Number.POSITIVE_INFINITY, hard: Number.POSITIVE_INFINITY };
  }
  capabilities(): { effective: bigint; permitted: bigint; bounding: bigint } {
    const mask = this.#capabilities;
    return { effective: mask, permitted: mask, bounding: mask };
  }
  readonly #mounts: MountEntry[] = [{ target: '/', source: 'overlay', fstype: 'overlay', options: ['rw'] }];
  readonly #mountWatchers = new Set<() => void>();
  mountTable(): MountEntry[] {
    return [...this.#mounts];
  }
  watchMounts(callback: () => void): FdWatch {
    this.#mountWatchers.add(callback);
    return { close: () => this.#mountWatchers.delete(callback) };
  }
  /** Somebody mounts a tmpfs there. */
  mount(target: string): void {
    this.#mounts.push({ target, source: 'tmpfs', fstype: 'tmpfs', options: ['rw'] });
    for (const callback of this.#mountWatchers) this.schedule(0, callback);
  }
  unmount(target: string): void {
    const at = this.#mounts.findLastIndex((mount) => mount.target === target);
    if (at >= 0) this.#mounts.splice(at, 1);
    for (const callback of this.#mountWatchers) this.schedule(0, callback);
  }
}

/** Thrown where the real Host would not return. */
export class SimEnded extends Error {}

function infoOf(p: SimProcess): ProcessInfo {
  const state = p.zombie ? 'Z' : p.stopped ? 'T' : 'S';
  return {
    pid: p.pid,
    ppid: p.ppid,
    pgid: p.pgid,
    sid: p.sid,
    state,
    startTime: p.startTime,
    comm: p.comm,
    tag: p.tag,
  };
}

class SimListener implements StreamListener {
  onConnection: (connection: StreamConnection) => void = () => {};
  readonly #close: () => void;
  constructor(close: () => void) {
    this.#close = close;
  }
  close(): void {
    this.#close();
  }
}

class SimDatagramSocket implements DatagramSocket {
  onDatagram: (datagram: Datagram) => void = () => {};
  readonly #close: () => void;
  constructor(close: () => void) {
    this.#close = close;
  }
  close(): void {
    this.#close();
  }
}

class SimConnection implements StreamConnection {
  readonly peer: PeerCredentials;
  onData: (chunk: Buffer) => void = () => {};
  onEnd: () => void = () => {};
  onDrain: () => void = () => {};
  readonly buffered = 0;
  other!: SimConnection;
  #ended = false;
  #paused = false;
  readonly #held: (Buffer | 'end')[] = [];
  readonly #sim: SimHost;
  constructor(sim: SimHost) {
    this.#sim = sim;
    this.peer = { pid: sim.pid, uid: sim.uid, gid: sim.gid };
  }
  write(data: Uint8Array): void {
    if (!this.#ended) this.#sim.schedule(0, () => this.other.take(Buffer.from(data)));
  }
  take(what: Buffer | 'end'): void {
    this.#held.push(what);
    this.pull();
  }
  pause(): void {
    this.#paused = true;
  }
  resume(): void {
    this.#paused = false;
    this.pull();
  }
  pull(): void {
    while (!this.#paused && this.#held.length > 0) {
      const next = this.#held.shift()!;
      if (next === 'end') this.onEnd();
      else {
        this.onData(next);
        // As the next read of a real stream does.
        next.fill('#');
      }
    }
  }
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sim.schedule(0, () => this.other.take('end'));
  }
  destroy(): void {
    this.end();
  }
}

function connectionPair(sim: SimHost): [SimConnection, SimConnection] {
  const near = new SimConnection(sim);
  const far = new SimConnection(sim);
  near.other = far;
  far.other = near;
  return [near, far];
}
