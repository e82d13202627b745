/** What a machine is beside its processes: names, files, accounts, mounts, limits, a console. */

import { Accounts as AccountFiles } from '../../sys/accounts.ts';
import {
  type Accounts,
  type FdWatch,
  type FileListener,
  type FileWatch,
  type FileWatches,
  type GroupRecord,
  type LimitName,
  type Machine,
  type MountEntry,
  type ResourceLimit,
  SystemError,
  type UserRecord,
  type WatchedEvents,
} from '../../sys/host.ts';
import { nullDevice } from '../../sys/read-file.ts';
import { type OpenInotify, PathWatch } from '../../sys/watch-path.ts';
import type { Release } from '../../voice/release.ts';
import { type Voice, voiceOf } from '../../voice/voice.ts';
import { SimClock } from './clock.ts';
import { SimFiles } from './files.ts';
import { SimInotify } from './inotify.ts';

export interface SimOptions {
  /** Wall clock at start, milliseconds. */
  now?: number;
  monotonic?: number;
  /** Of what is random. */
  seed?: number;
  pid?: number;
  /** Not PID 1, but the command of its container. */
  isInit?: boolean;
  /** Name of PID 1, where that is another process, which has started the manager. */
  init?: string;
  uid?: number;
  hostname?: string;
  environment?: Record<string, string>;
  /** The release of systemd whose voice is heard. */
  release?: Release;
  files?: Record<string, string>;
  capabilities?: bigint;
  container?: string;
  /** The console is a terminal. */
  tty?: boolean;
  /** As uname(2) names it. */
  machine?: string;
  limits?: Partial<Record<LimitName, ResourceLimit>>;
  /** Whether the kernel has CONFIG_PROC_CHILDREN. */
  tellsChildren?: boolean;
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

const directories = [
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
];

/** Thrown where the real Host would not return. */
export class SimEnded extends Error {}

export class SimMachine extends SimClock implements Machine, Accounts, FileWatches {
  readonly files: SimFiles;
  readonly #accounts: AccountFiles;
  readonly pid: number;
  readonly isInit: boolean;
  readonly uid: number;
  readonly gid = 0;
  groups: readonly number[] = [];
  hostname: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly bootId = '0123456789abcdef0123456789abcdef';
  readonly voice: Voice;
  readonly machineId: string | undefined = 'fedcba9876543210fedcba9876543210';
  readonly #capabilities: bigint;
  readonly #limits: Partial<Record<LimitName, ResourceLimit>>;
  readonly #container: string;
  readonly #machine: string;
  readonly #tty: boolean;
  consoleText = '';
  /** Set when the manager ended itself or the machine. */
  exited: number | undefined;
  rebooted: string | undefined;
  processName = '';
  /** Errno of inotify_init1(2), for as long as it is set. */
  inotifyError: { code: string; errno: number } | undefined;

  constructor(options: SimOptions) {
    super(options.now ?? Date.UTC(2024, 0, 15, 12, 0, 0), options.monotonic ?? 1000, options.seed);
    this.voice = voiceOf(options.release ?? 252);
    this.pid = options.pid ?? 1;
    this.isInit = options.isInit ?? this.pid === 1;
    this.uid = options.uid ?? 0;
    this.hostname = options.hostname ?? 'sim';
    this.environment = options.environment ?? {};
    this.#capabilities = options.capabilities ?? (1n << 41n) - 1n;
    this.#container = options.container ?? 'docker';
    this.#tty = options.tty ?? false;
    this.#machine = options.machine ?? 'x86_64';
    this.#limits = { NOFILE: { soft: 1024, hard: 1_048_576 }, ...options.limits };
    this.files = new SimFiles(() => this.now());
    this.#accounts = new AccountFiles(this.files);
    for (const directory of directories) this.files.mkdirs(directory);
    this.files.putSpecial('/dev/null', 'char', 0o666, nullDevice);
    this.files.mkdirs('/proc/net');
    this.files.put('/proc/net/if_inet6', '');
    this.files.put('/etc/passwd', passwd);
    this.files.put('/etc/group', group);
    for (const [path, text] of Object.entries(options.files ?? {}))
      this.files.put(path, text, path.includes('/bin/') ? 0o755 : 0o644);
  }

  // ---- files and accounts -----------------------------------------------------------------------------------------

  readonly #instances = new Set<SimInotify>();
  override forgetProgram(): void {
    super.forgetProgram();
    for (const instance of [...this.#instances]) instance.close();
    this.#mountWatchers.clear();
  }
  watchPath(path: string, events: WatchedEvents, listener: FileListener): FileWatch {
    const open: OpenInotify = (heard) => {
      const { inotifyError } = this;
      if (inotifyError !== undefined) throw new SystemError(inotifyError.code, inotifyError.errno, 'inotify_init1');
      const instance = new SimInotify(
        (at, follow) => this.files.watchable(at, follow),
        (deliver) => this.schedule(0, deliver),
        heard,
        () => this.#instances.delete(instance),
      );
      this.#instances.add(instance);
      return instance;
    };
    return new PathWatch(open, path, events, listener);
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

  // ---- mounts -----------------------------------------------------------------------------------------------------

  readonly #mounts: MountEntry[] = [{ target: '/', source: 'overlay', fstype: 'overlay', options: ['rw'] }];
  readonly #mountWatchers = new Set<() => void>();
  mountTable(): MountEntry[] {
    return [...this.#mounts];
  }
  /** What was put into namespaces of processes. */
  readonly bound: { pid: number; source: string; target: string; readOnly: boolean; make: boolean }[] = [];
  bindInto(pid: number, source: string, target: string, how: { readOnly: boolean; make: boolean }): void {
    if (this.files.tryStat(source) === undefined) throw new SystemError('ENOENT', 2, 'mount', source);
    this.bound.push({ pid, source, target, ...how });
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

  // ---- the rest ---------------------------------------------------------------------------------------------------

  exec(path: string, argv: string[]): never {
    throw new SimEnded(`exec ${path} ${argv.join(' ')}`);
  }
  /** What the manager's program was to become. */
  reexecuted: { path: string; argv: string[]; fds: number[] } | undefined;
  /** Errno of execve(2), for as long as it is set. */
  execError: { code: string; errno: number } | undefined;
  reexec(path: string, argv: string[], _env: string[], fds: Iterable<number>): never {
    const { execError } = this;
    if (execError !== undefined) throw new SystemError(execError.code, execError.errno, 'execve', path);
    this.reexecuted = { path, argv, fds: [...fds] };
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
  /** When memory was released, milliseconds of the monotonic clock, and whether only pages were. */
  readonly released: { atMs: number; what: 'memory' | 'pages' }[] = [];
  #oomScoreAdjust = 0;
  /** What the engine gave it, which the simulation sets without being asked for a privilege. */
  set givenOomScoreAdjust(score: number) {
    this.#oomScoreAdjust = score;
  }
  get oomScoreAdjust(): number {
    return this.#oomScoreAdjust;
  }
  set oomScoreAdjust(score: number) {
    const mayLower = ((this.#capabilities >> 24n) & 1n) === 1n;
    if (score < this.#oomScoreAdjust && !mayLower)
      throw new SystemError('EACCES', 13, 'write', '/proc/self/oom_score_adj');
    this.#oomScoreAdjust = score;
  }
  resident = 48 * 1024 * 1024;
  residentBytes(): number {
    return this.resident;
  }
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
  subreaper = false;
  becomeSubreaper(): void {
    this.subreaper = true;
  }
  left = 1000;
  descriptorsLeft(): number {
    return this.left;
  }
  isTty(_fd: number): boolean {
    return this.#tty;
  }
}
