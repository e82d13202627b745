/** Processes that scripts drive: they are spawned, fork, take signals, end, as they are told. */
import {
  type Family,
  type LeftOut,
  type MountEntry,
  type ProcessExit,
  type Processes,
  type ProcessInfo,
  type ReceivedSignal,
  type SpawnFailure,
  type SpawnRequest,
  type SpawnResult,
  type SpawnStep,
  SystemError,
} from '../../sys/host.ts';
import { SimCrashLog } from './crash-log.ts';
import { SimDescriptors } from './descriptors.ts';
import type { SimOptions } from './machine.ts';

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
  readonly sim: SimProcesses;
  readonly pid: number;
  ppid: number;
  pgid: number;
  sid: number;
  readonly startTime: number;
  comm: string;
  tag: number | undefined;
  check: number | undefined;
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
  /** Streams to the manager that it has open, by their descriptors there. */
  streams: readonly number[] = [];

  constructor(
    sim: SimProcesses,
    pid: number,
    parent: { pid: number; pgid: number; sid: number; tag: number | undefined; check: number | undefined; uid: number },
    request: SpawnRequest | undefined,
  ) {
    this.sim = sim;
    this.pid = pid;
    this.ppid = parent.pid;
    this.pgid = parent.pgid;
    this.sid = parent.sid;
    this.tag = parent.tag;
    this.check = parent.check;
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

export class SimProcesses extends SimDescriptors implements Processes {
  readonly table = new Map<number, SimProcess>();
  readonly #tellsChildren: boolean;
  #nextPid = 100;
  #startTimes = 1000;
  lastNotifySocket: string | undefined;
  /** Everything that was spawned, in order. */
  readonly spawned: SimProcess[] = [];
  /** Signals sent through the Host, in order. */
  readonly kills: { pid: number; signal: number }[] = [];
  /** Failures of coming spawns by path: the child fails at that step. */
  readonly failing = new Map<string, SpawnFailure>();
  /** Errno of fork itself, for as long as it is set. */
  forkError: { code: string; errno: number } | undefined;
  /** The same for programs by path. */
  readonly forkErrors = new Map<string, { code: string; errno: number }>();
  /** What children go on without, where the request lets them. */
  leftOut: readonly LeftOut[] = [];
  /** What a spawned process does; it lives until it is killed where this does nothing. */
  onSpawn: (process: SimProcess) => void = () => {};
  /** Told of each process that ends, before whoever reaps it is. */
  onEnd: (process: SimProcess) => void = () => {};
  onExits: (exits: readonly ProcessExit[]) => void = () => {};
  onSignal: (signal: ReceivedSignal) => void = () => {};
  onUncaught: (error: unknown) => void = () => {};
  onDeadMount: (path: string, mount: MountEntry) => void = () => {};

  constructor(options: SimOptions) {
    super(options);
    this.#tellsChildren = options.tellsChildren ?? true;
    const { pid, uid } = this;
    const self = new SimProcess(
      this,
      pid,
      { pid: 0, pgid: pid, sid: pid, tag: undefined, check: undefined, uid },
      undefined,
    );
    self.comm = 'systemd';
    this.table.set(pid, self);
    if (options.init === undefined) return;
    const init = new SimProcess(
      this,
      1,
      { pid: 0, pgid: 1, sid: 1, tag: undefined, check: undefined, uid: 0 },
      undefined,
    );
    init.comm = options.init;
    self.ppid = 1;
    this.table.set(1, init);
  }

  /** The highest pid there was so far. */
  get lastPid(): number {
    return this.#nextPid - 1;
  }
  nextStartTime(): number {
    return this.#startTimes++;
  }
  get self(): SimProcess {
    return this.table.get(this.pid)!;
  }
  /** A process that is nobody's: as `docker exec` makes. */
  addForeign(): SimProcess {
    const process = new SimProcess(
      this,
      this.#nextPid++,
      { pid: 0, pgid: 0, sid: 0, tag: undefined, check: undefined, uid: 0 },
      undefined,
    );
    process.setsid();
    this.table.set(process.pid, process);
    return process;
  }
  addProcess(parent: SimProcess, request: SpawnRequest | undefined): SimProcess {
    const process = new SimProcess(this, this.#nextPid++, parent, request);
    this.table.set(process.pid, process);
    this.#hold(process, request === undefined ? parent.streams : this.#streamsOf(request));
    return process;
  }
  #streamsOf({ stdin, stdout, stderr }: SpawnRequest): number[] {
    const fds = [stdin, stdout, stderr].flatMap((source) => (source.kind === 'fd' ? [source.fd] : []));
    return [...new Set(fds)].filter((fd) => this.streams.has(fd));
  }
  readonly #holders = new Map<number, number>();
  #hold(process: SimProcess, fds: readonly number[]): void {
    process.streams = fds;
    for (const fd of fds) this.#holders.set(fd, (this.#holders.get(fd) ?? 0) + 1);
  }
  /** Who reads a stream hears of its end when the last that could write to it is gone; what is on its way comes before. */
  #letGo({ streams }: SimProcess): void {
    for (const fd of streams) {
      const left = this.#holders.get(fd)! - 1;
      if (left > 0) this.#holders.set(fd, left);
      else {
        this.#holders.delete(fd);
        this.streams.get(fd)?.end();
        this.streams.delete(fd);
      }
    }
  }
  spawn(request: SpawnRequest): SpawnResult {
    const refused = this.forkError ?? this.forkErrors.get(request.path);
    if (refused !== undefined) throw new SystemError(refused.code, refused.errno, 'fork');
    const process = this.addProcess(this.self, request);
    if (request.session) process.setsid();
    const { LOCKS, RTTIME } = request.limits;
    process.tag = request.tag ?? LOCKS?.hard;
    process.check = request.check ?? RTTIME?.hard;
    process.uid = request.uid ?? this.uid;
    if (request.env.some((e) => e.startsWith('NOTIFY_SOCKET='))) this.lastNotifySocket = process.env('NOTIFY_SOCKET');
    this.spawned.push(process);
    this.crashLog?.spawn(process.pid);
    if (request.exitAtOnce !== undefined) {
      process.exit(request.exitAtOnce);
      return { pid: process.pid };
    }
    const failure = this.failing.get(request.path);
    if (failure !== undefined) {
      process.exit(stepStatus[failure.step] ?? 203);
      return { pid: process.pid, failure };
    }
    if (request.lenient !== undefined && this.leftOut.length > 0) request.onLeftOut?.(this.leftOut);
    this.schedule(0, () => {
      if (process.alive) this.onSpawn(process);
    });
    return { pid: process.pid };
  }
  /** Ends a process now. The manager hears of it if it is its child, else the parent reaps it silently. */
  end(process: SimProcess, how: ProcessExit['how'], status: number): void {
    if (process.zombie || !this.table.has(process.pid)) return;
    process.zombie = true;
    this.#letGo(process);
    this.onEnd(process);
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
    const exit = { pid: process.pid, how, status, cpuMs: process.cpuMs, maxRssKiB: 0 };
    this.crashLog?.exit(exit);
    this.onExits([exit]);
  }
  /** What the manager writes for the case that it crashes. */
  crashLog: SimCrashLog | undefined;
  openCrashLog(): SimCrashLog {
    this.crashLog = new SimCrashLog();
    return this.crashLog;
  }
  /** Nothing of the simulated process is hidden, and each child has begun at once. */
  keep(): void {}
  hearLateReports(): void {}
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
  childrenOf(pid: number): number[] | undefined {
    return this.#tellsChildren && this.table.has(pid) ? this.#childrenOf(new Set([pid])).get(pid) : undefined;
  }
  families(pids: readonly number[]): Family[] {
    const children = this.#childrenOf(new Set(pids));
    return pids.flatMap((pid) => {
      const process = this.process(pid);
      return process === undefined ? [] : [{ process, children: children.get(pid)! }];
    });
  }
  #childrenOf(parents: ReadonlySet<number>): Map<number, number[]> {
    const found = new Map([...parents].map((pid): [number, number[]] => [pid, []]));
    for (const { pid, ppid } of this.table.values()) found.get(ppid)?.push(pid);
    return found;
  }
  userIds(pid: number): number[] {
    const uid = this.table.get(pid)?.uid;
    return uid === undefined ? [] : [uid, uid, uid, uid];
  }
  commandLine(pid: number): string[] | undefined {
    const process = this.table.get(pid);
    return process === undefined ? undefined : (process.request?.argv ?? [process.comm]);
  }
  /** A live process by the last component of its path; the newest of several. */
  running(name: string): SimProcess | undefined {
    return [...this.table.values()].filter((p) => p.alive && p.comm === name).at(-1);
  }
  /** A signal to the manager. */
  signal(signal: string, pid = 0): void {
    this.onSignal({ signal, pid, value: 0 });
  }
}

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
    check: p.check,
  };
}
