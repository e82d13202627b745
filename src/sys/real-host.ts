/** The kernel, behind `Host`. */
import { constants, fstatSync, openSync } from 'node:fs';
import type { Keeper } from '../kept/keeper.ts';
import { decideRelease } from '../voice/image.ts';
import { parseRelease, type Release } from '../voice/release.ts';
import { type Voice, voiceOf } from '../voice/voice.ts';
import { Accounts } from './accounts.ts';
import { Console } from './console.ts';
import { RealCrashLog } from './crash-log.ts';
import { givenEnvironment } from './environment.ts';
import { checked, errnoCode, systemCall, told } from './errno.ts';
import { RealFiles } from './files.ts';
import {
  type AcceptedConnection,
  type Capabilities,
  type CrashLog,
  type CrashProgram,
  type DatagramSocket,
  type Family,
  type FdWatch,
  type FileListener,
  type Files,
  type FileWatch,
  type GroupRecord,
  type Host,
  type LateReport,
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
  type StreamConnection,
  type StreamListener,
  SystemError,
  type Timer,
  type UserRecord,
  type WatchedEvents,
} from './host.ts';
import { imageOf } from './image.ts';
import { collectGarbage, heapBytes, residentBytes } from './memory.ts';
import { mountTableReader } from './mounts.ts';
import { type Native, native } from './native.ts';
import { commandLineOf, toFamilies, toProcesses, userIdsOf } from './process-info.ts';
import { parseCapabilities } from './process-rights.ts';
import { randomBytes } from './random.ts';
import { ReadTurns } from './read-turns.ts';
import { guardFiles, type RemoteMounts } from './remote-mounts.ts';
import { leftOutOf, limitNumbers, pathsOf, signalText, toFailure, toNativeSpawn } from './spawn-request.ts';
import { descriptorsLeft, RealDatagramSocket, RealListener, RealStream, watchFd } from './streams.ts';
import { isTerminal } from './terminal.ts';
import { RealTimer } from './timer.ts';
import { detectVirtualization } from './virtualization.ts';
import { openInotify, PathWatch } from './watch-path.ts';

/** Loaded when it is first asked for, as reading files needs none of it. */
const os = () => process.getBuiltinModule('node:os');

const SIGCHLD = 17;
const ESRCH = -3;
const EAGAIN = -11;
const ENOENT = -2;
/**
 * SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGPWR and the real-time signals that systemd(1) gives a meaning. Those
 * that come before they are taken wait in the kernel (native/client/held.h).
 */
const managerSignals = [1, 2, 3, 10, 12, 15, 30, ...Array.from({ length: 31 }, (_, i) => 34 + i)];
const hows = ['exited', 'killed', 'dumped'] as const;

export class RealHost implements Host {
  readonly #accounts: Accounts;
  readonly files: Files;
  readonly pid = process.pid;
  readonly isInit: boolean;
  readonly uid = process.getuid?.() ?? 0;
  readonly gid = process.getgid?.() ?? 0;
  readonly environment: Readonly<Record<string, string>>;
  readonly bootId: string;
  onSignal: (signal: ReceivedSignal) => void = () => {};
  onUncaught: (error: unknown) => void = (error) => this.console(`Internal error: ${String(error)}\n`);
  onDeadMount: (path: string, mount: MountEntry) => void = () => {};
  #remote: RemoteMounts | undefined;
  readonly #mountTable = mountTableReader();
  #onExits: (exits: readonly ProcessExit[]) => void = () => {};
  /** What children that were not waited for have to tell, by pid: read when they end, at the latest. */
  readonly #reports = new Map<number, { fd: number; read: () => void }>();
  #lateReports: [pid: number, fd: number][] = [];
  #signalPipe: [number, number] | undefined;
  #hearing = false;
  #capabilities: Capabilities | undefined;
  #crashLog: RealCrashLog | undefined;
  readonly #console = new Console(() => this.#native);
  /** RLIMIT_NOFILE's soft value before Node raised it to the hard one. */
  readonly #openFiles: number | undefined;
  #virtualization: { container: string; vm: string } | undefined;
  readonly #readTurns = new ReadTurns(() => this.monotonic());

  get #native(): Native {
    return native();
  }

  readonly #release: (host: Host) => Release;
  #voice: Voice | undefined;

  constructor(
    isInit = process.pid === 1,
    openFiles?: number,
    release = (host: Host) => decideRelease(imageOf(host)).release,
  ) {
    this.isInit = isInit;
    this.#release = release;
    this.#openFiles = openFiles;
    this.files = new RealFiles();
    this.#accounts = new Accounts(this.files);
    this.environment = givenEnvironment();
    this.bootId = this.#line('/proc/sys/kernel/random/boot_id').replaceAll('-', '');
  }

  #line(path: string): string {
    try {
      return this.files.readText(path, 4096).trim();
    } catch {
      return '';
    }
  }

  get voice(): Voice {
    this.#voice ??= voiceOf(this.#release(this));
    return this.#voice;
  }
  get groups(): readonly number[] {
    return process.getgroups?.() ?? [];
  }
  get hostname(): string {
    return this.#line('/proc/sys/kernel/hostname') || os().hostname();
  }
  get machineId(): string | undefined {
    const id = this.#line('/etc/machine-id');
    return /^[0-9a-f]{32}$/.test(id) ? id : undefined;
  }

  get onExits(): (exits: readonly ProcessExit[]) => void {
    return this.#onExits;
  }
  /** Who wants to hear of exits has children: from here on they are reaped. */
  set onExits(callback: (exits: readonly ProcessExit[]) => void) {
    this.#onExits = callback;
    if (!this.#hearing) this.#takeSignals([SIGCHLD]);
  }

  /** Hears of the signals that mean something to a manager, and reaps children. Node's own child processes are out of use then. */
  manage(): void {
    // What is made has the mode that was asked for.
    process.umask(0);
    this.#remote = guardFiles(this.#native, this.files, (path, mount) => this.onDeadMount(path, mount));
    this.#takeSignals([SIGCHLD, ...managerSignals]);
    for (const event of ['uncaughtException', 'unhandledRejection'])
      process.on(event, (error: unknown) => this.onUncaught(error));
  }

  #takeSignals(signals: number[]): void {
    this.#hearing = true;
    const onSignals = (seen: number[]): void => {
      for (let i = 0; i < seen.length; i += 3)
        this.onSignal({ signal: signalText(seen[i]!), pid: seen[i + 1]!, value: seen[i + 2]! });
    };
    const onExits = (ended: Float64Array): void => {
      const exits: ProcessExit[] = [];
      for (let i = 0; i < ended.length; i += 5) {
        const pid = ended[i]!;
        // Why it has not run its program comes before how it ended.
        this.#reports.get(pid)?.read();
        exits.push({
          pid,
          how: hows[ended[i + 1]!]!,
          status: ended[i + 2]!,
          cpuMs: ended[i + 3]!,
          maxRssKiB: ended[i + 4]!,
        });
      }
      this.#onExits(exits);
    };
    checked(this.#native.startSignals(signals, onSignals, onExits, this.#signalPipe), 'sigaction');
  }

  /** Leaves signals and children alone again. */
  close(): void {
    this.#native.stopSignals();
  }

  // ---- time -----------------------------------------------------------------------------------------------------

  now(): number {
    return this.#native.clock(0);
  }
  monotonic(): number {
    return this.#native.clock(1);
  }
  boottime(): number {
    return this.#native.clock(7);
  }
  after(delayMs: number, callback: () => void): Timer {
    return new RealTimer(delayMs, callback);
  }
  defer(callback: () => void): void {
    setImmediate(callback);
  }
  randomBytes(size: number): Buffer {
    return randomBytes(size);
  }

  // ---- processes ------------------------------------------------------------------------------------------------

  spawn(request: SpawnRequest): SpawnResult {
    const opened: number[] = [];
    // Once it waits for a server the kernel may keep it from ending at all.
    if (this.#remote !== undefined) for (const path of pathsOf(request)) this.#remote.check(path);
    try {
      const result = this.#native.spawn(toNativeSpawn(this.#native, this.files, request, opened, this.#remote));
      if (typeof result === 'number') throw new SystemError(errnoCode(-result), -result, 'clone');
      const [pid, step, errno, report, leftOut, detail] = result;
      if (leftOut !== 0) request.onLeftOut?.(leftOutOf(leftOut));
      if (report >= 0) this.#awaitReport(pid, report, request);
      return step === 0 ? { pid } : { pid, failure: toFailure(step, errno, detail) };
    } finally {
      for (const fd of opened) this.#native.closeFd(fd);
    }
  }

  /** The descriptor ends when the child has its program, and says before what it does without, and why it has not. */
  #awaitReport(pid: number, fd: number, { onLateFailure, onLeftOut }: LateReport): void {
    const read = (): void => {
      const bytes = Buffer.alloc(12);
      let got = this.#native.read(fd, bytes);
      if (got === bytes.length && bytes.readInt32LE(0) === 0) {
        onLeftOut?.(leftOutOf(bytes.readInt32LE(4)));
        got = this.#native.read(fd, bytes);
      }
      if (got === EAGAIN) return;
      watch.close();
      this.#native.closeFd(fd);
      this.#reports.delete(pid);
      if (this.#crashLog !== undefined) this.#crashLog.hostChanges++;
      if (got !== bytes.length) return;
      onLateFailure?.(toFailure(bytes.readInt32LE(0), bytes.readInt32LE(4), bytes.readInt32LE(8)));
    };
    const watch = this.watchReadable(fd, read);
    this.#reports.set(pid, { fd, read });
    if (this.#crashLog !== undefined) this.#crashLog.hostChanges++;
  }

  keep(k: Keeper): void {
    // Decided at the boot: what has become of the image meanwhile is for the next.
    const release = parseRelease(k.text('release', this.voice.systemdVersion));
    if (k.isReading && release !== undefined) this.#voice = voiceOf(release);
    const [out, into] = this.#native.signalPipe();
    const pipe: [number, number] = [k.fd('signalsOut', out), k.fd('signalsInto', into)];
    if (k.isReading && pipe[0] >= 0 && pipe[1] >= 0) this.#signalPipe = pipe;
    const reports = [...this.#reports].map(([pid, { fd }]): [number, number] => [pid, fd]);
    k.list(
      'lateReports',
      reports,
      (of, [pid, fd]) => {
        of.number('pid', pid);
        of.fd('fd', fd);
      },
      (of) => {
        const fd = of.fd('fd', -1);
        if (fd >= 0) this.#lateReports.push([of.number('pid', 0), fd]);
      },
    );
  }

  hearLateReports(hear: (pid: number) => LateReport | undefined): void {
    for (const [pid, fd] of this.#lateReports.splice(0)) this.#awaitReport(pid, fd, hear(pid) ?? {});
  }

  kill(pid: number, signal: number, startTime?: number): boolean {
    const result = this.#native.kill(pid, signal, startTime);
    if (result === ESRCH) return false;
    checked(result, 'kill');
    return true;
  }
  sigqueue(pid: number, signal: number, value: number): boolean {
    const result = this.#native.sigqueue(pid, signal, value);
    if (result === ESRCH) return false;
    checked(result, 'sigqueue');
    return true;
  }

  processes(): ProcessInfo[] {
    const all = this.#native.processes();
    // Without /proc nobody tells: then only the exits of children are heard of.
    if (all === ENOENT) return [];
    return toProcesses(told(all, 'opendir', '/proc'));
  }
  process(pid: number): ProcessInfo | undefined {
    return toProcesses(this.#native.process(pid))[0];
  }
  childrenOf(pid: number): number[] | undefined {
    const children = this.#native.children(pid);
    if (children === ENOENT || children === ESRCH) return undefined;
    return told(children, 'open', `/proc/${pid}/task`);
  }
  families(pids: readonly number[]): Family[] {
    return toFamilies(told(this.#native.families(pids), 'open', '/proc'));
  }
  userIds(pid: number): number[] {
    return userIdsOf(this.files, pid);
  }
  commandLine(pid: number): string[] | undefined {
    return commandLineOf(this.files, pid);
  }

  // ---- sockets --------------------------------------------------------------------------------------------------

  listenStream(path: string, mode: number, leaves?: number): StreamListener {
    const fd = checked(this.#native.listenUnix(path, mode), 'bind', path);
    return new RealListener(this.#native, fd, this.#readTurns, leaves);
  }
  adoptListener(fd: number, leaves?: number): StreamListener {
    return new RealListener(this.#native, this.#socket(fd), this.#readTurns, leaves);
  }
  adoptDatagram(fd: number): DatagramSocket {
    return new RealDatagramSocket(this.#native, this.#socket(fd), this.#readTurns);
  }
  adoptStream(fd: number, inTurns: boolean): StreamConnection {
    return new RealStream(this.#native, this.#socket(fd), inTurns ? this.#readTurns : undefined);
  }
  #socket(fd: number): number {
    if (!systemCall(() => fstatSync(fd)).isSocket()) throw new SystemError('ENOTSOCK', 88, 'listen');
    this.setCloseOnExec(fd, true);
    return fd;
  }
  bindDatagram(path: string, mode: number): DatagramSocket {
    return this.adoptDatagram(checked(this.#native.bindDatagram(path, mode), 'bind', path));
  }
  streamPair(): { connection: StreamConnection; fd: number; dev: number; ino: number } {
    const pair = this.#native.streamPair();
    if (typeof pair === 'number') throw new SystemError(errnoCode(-pair), -pair, 'socketpair');
    const [ours, fd, dev, ino] = pair;
    return { connection: new RealStream(this.#native, ours, this.#readTurns), fd, dev, ino };
  }
  connectStream(path: string): StreamConnection {
    return new RealStream(this.#native, checked(this.#native.connectUnix(path), 'connect', path));
  }
  sendDatagram(path: string, data: Uint8Array, fds: number[] = []): void {
    checked(this.#native.sendTo(path, data, fds), 'sendmsg', path);
  }
  openSocket(spec: SocketSpec): number {
    if (spec.path?.startsWith('/')) this.#remote?.check(spec.path);
    return checked(this.#native.openSocket(spec), spec.kind === 'fifo' ? 'mkfifo' : 'bind', spec.path);
  }
  accept(fd: number): AcceptedConnection | undefined {
    const got = this.#native.accept(fd);
    if (typeof got === 'number') {
      // Spurious, or the peer has gone meanwhile: no connection.
      if ([EAGAIN, -4, -103, -107, -104, -32].includes(got)) return undefined;
      throw new SystemError(errnoCode(-got), -got, 'accept');
    }
    const [connection, peer, local, remote] = got;
    const credentials: PeerCredentials | undefined =
      peer === undefined ? undefined : { pid: peer[0], uid: peer[1], gid: peer[2] };
    return {
      fd: connection,
      peer: credentials,
      ...(local === undefined ? {} : { local: { address: local[0], port: local[1] } }),
      ...(remote === undefined ? {} : { remote: { address: remote[0], port: remote[1] } }),
    };
  }
  watchReadable(fd: number, callback: () => void): FdWatch {
    const watch = watchFd(this.#native, fd, callback);
    this.#native.setWatch(watch, 1);
    return { close: () => this.#native.closeWatch(watch) };
  }
  watchMounts(callback: () => void): FdWatch {
    const fd = this.openFd('/proc/self/mountinfo', 'read');
    const watch = watchFd(this.#native, fd, callback);
    this.#native.setWatch(watch, 8);
    return {
      close: () => {
        this.#native.closeWatch(watch);
        this.closeFd(fd);
      },
    };
  }
  discardFd(fd: number): void {
    this.#native.discardFd(fd);
  }
  closeFd(fd: number): void {
    this.#native.closeFd(fd);
  }
  openFd(path: string, access: 'read' | 'readwrite' | 'append' | 'truncate'): number {
    const { O_RDONLY, O_RDWR, O_APPEND, O_TRUNC, O_NOCTTY, O_NONBLOCK } = constants;
    const how = { read: O_RDONLY, readwrite: O_RDWR, append: O_RDWR | O_APPEND, truncate: O_RDWR | O_TRUNC }[access];
    const flags = how | O_NOCTTY | O_NONBLOCK;
    this.#remote?.check(path);
    try {
      if (access === 'read') return systemCall(() => openSync(path, flags));
    } catch (error) {
      // A Unix socket cannot be opened; it can be connected to.
      if (!(error instanceof SystemError) || error.code !== 'ENXIO') throw error;
    }
    return checked(this.#native.openHeld(path, flags, 0, true), 'open', path);
  }
  readFd(fd: number, limit: number): Buffer {
    const got = this.#native.readFd(fd, limit);
    if (typeof got === 'number') throw new SystemError(errnoCode(-got), -got, 'pread');
    return got;
  }
  memfd(data: Uint8Array): number {
    return checked(this.#native.memfd(data), 'memfd_create');
  }
  flushFd(fd: number): void {
    this.#native.flush(fd);
  }
  descriptorsLeft(): number {
    return descriptorsLeft(this.#native);
  }
  pipe(): { read: number; write: number } {
    const made = this.#native.pipe();
    if (typeof made === 'number') throw new SystemError(errnoCode(-made), -made, 'pipe2');
    return { read: made[0], write: made[1] };
  }
  setCloseOnExec(fd: number, on: boolean): void {
    checked(this.#native.setCloseOnExec(fd, on), 'fcntl');
  }
  watchPath(path: string, events: WatchedEvents, listener: FileListener): FileWatch {
    this.#remote?.check(path);
    return new PathWatch((heard) => openInotify(this.#native, this.#readTurns, heard), path, events, listener);
  }

  // ---- accounts, machine ------------------------------------------------------------------------------------------

  unlinkQueue(name: string): void {
    checked(this.#native.unlinkQueue(name), 'mq_unlink', name);
  }
  removeIpc(uid: number | undefined, gid: number | undefined): number {
    return checked(this.#native.removeIpc(uid ?? -1, gid ?? -1), 'IPC_RMID');
  }
  lookupUser(nameOrId: string): UserRecord | undefined {
    return this.#accounts.user(nameOrId);
  }
  lookupGroup(nameOrId: string): GroupRecord | undefined {
    return this.#accounts.group(nameOrId);
  }
  accountsError(): SystemError | undefined {
    return this.#accounts.error;
  }
  groupsOf(user: string, gid: number): number[] {
    return this.#accounts.groupsOf(user, gid);
  }
  uname(): { sysname: string; nodename: string; release: string; version: string; machine: string } {
    return {
      sysname: os().type(),
      nodename: this.hostname,
      release: os().release(),
      version: os().version(),
      machine: os().machine(),
    };
  }
  virtualization(): { container: string; vm: string } {
    this.#virtualization ??= detectVirtualization({
      files: this.files,
      environment: this.environment,
      pid: this.pid,
      hypervisor: this.#native.hypervisor(),
    });
    return this.#virtualization;
  }
  memoryTotal(): number {
    return os().totalmem();
  }
  cpuCount(): number {
    return os().cpus().length;
  }
  limit(name: LimitName): ResourceLimit {
    const found = this.#native.limit(limitNumbers[name]);
    if (typeof found === 'number') throw new SystemError(errnoCode(-found), -found, 'getrlimit');
    const given = name === 'NOFILE' ? this.#openFiles : undefined;
    return { soft: given ?? found[0], hard: found[1] };
  }
  capabilities(): Capabilities {
    // Nobody else can change them, and this process does not.
    this.#capabilities ??= parseCapabilities(this.#ofSelf('status'));
    return this.#capabilities;
  }
  mountTable(): readonly MountEntry[] {
    return this.#mountTable(this.#ofSelf('mountinfo'));
  }
  bindInto(pid: number, source: string, target: string, how: { readOnly: boolean; make: boolean }): void {
    checked(this.#native.bindInto(pid, source, target, how.readOnly, how.make), 'mount', target);
  }
  isTty(fd: number): boolean {
    return isTerminal(fd);
  }
  /** '' where there is no /proc. */
  #ofSelf(name: string): string {
    const path = `/proc/self/${name}`;
    try {
      return this.files.readText(path, 8 << 20);
    } catch (error) {
      if (!(error instanceof SystemError) || error.code !== 'ENOENT') throw error;
      return '';
    }
  }

  // ---- the process itself -------------------------------------------------------------------------------------------

  get oomScoreAdjust(): number {
    return Number.parseInt(this.#line('/proc/self/oom_score_adj'), 10) || 0;
  }
  set oomScoreAdjust(score: number) {
    this.files.append('/proc/self/oom_score_adj', String(score));
  }
  residentBytes(): number {
    return residentBytes();
  }
  heapBytes(): number {
    return heapBytes();
  }
  releaseMemory(): void {
    collectGarbage();
    this.releasePages();
  }
  releasePages(): void {
    // Only an economy: where /proc does not tell of the mappings they stay.
    this.#native.releasePages();
  }

  revertTerminal(path: string, { hangUp, reset }: { hangUp: boolean; reset: boolean }): void {
    this.#native.revertTerminal(path, hangUp, reset);
  }
  setProcessName(name: string): void {
    checked(this.#native.setProcessName(name), 'prctl');
  }
  becomeSubreaper(): void {
    checked(this.#native.becomeSubreaper(), 'prctl');
  }
  exec(path: string, argv: string[], env: string[]): never {
    const result = this.#native.exec(path, argv, env, []);
    throw new SystemError(errnoCode(-result), -result, 'execve', path);
  }
  reexec(path: string, argv: string[], env: string[], fds: Iterable<number>): never {
    // Node has marked the first three, too.
    const kept = [0, 1, 2, ...fds];
    let result: number;
    try {
      // One that is closed has nobody who would miss it.
      for (const fd of kept) this.#native.setCloseOnExec(fd, false);
      result = this.#native.exec(path, argv, env, managerSignals);
    } finally {
      for (const fd of kept) this.#native.setCloseOnExec(fd, true);
    }
    throw new SystemError(errnoCode(-result), -result, 'execve', path);
  }
  openCrashLog(program: CrashProgram): CrashLog {
    this.#crashLog = new RealCrashLog(this.#native, program, managerSignals);
    return this.#crashLog;
  }
  exit(status: number): never {
    this.#crashLog?.close();
    this.#console.finish();
    process.exit(status);
  }
  reboot(command: 'halt' | 'poweroff' | 'restart'): void {
    checked(this.#native.reboot(command), 'reboot');
  }

  console(text: string): void {
    this.#console.write(text);
  }
}

/**
 * `openFiles`: the soft limit of descriptors that the process was given, where that is not the one that it has.
 * `manager`: takes the signals and reaps all children; a program that ends at once leaves both alone. `isInit` where it is
 * not PID 1 and stands for it. `release`: which one speaks, where that is not for the image to say. Throws where the addon cannot be loaded, which such a program does when it first needs it.
 */
export function createRealHost(options: {
  manager: boolean;
  isInit?: boolean;
  openFiles?: number;
  release?: (host: Host) => Release;
}): RealHost {
  const host = new RealHost(process.pid === 1 || options.isInit === true, options.openFiles, options.release);
  if (options.manager) host.manage();
  return host;
}
