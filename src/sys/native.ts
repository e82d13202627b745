/** The addon, typed once. A number that is negative is a negated errno. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A descriptor that the event loop watches. */
export type Watch = { readonly __watch: unique symbol };

export interface NativeStdio {
  /** 0 null, 1 file, 2 terminal, 3 descriptor, 4 copy of the child's own descriptor. */
  source: 0 | 1 | 2 | 3 | 4;
  path?: string;
  /** open(2) of a file, O_CREAT aside. */
  flags?: number;
  /** A file that must be a terminal. */
  terminal?: boolean;
  /** Of the manager; of the child where it is a copy. */
  fd?: number;
  /** Terminal: 0 waits for it, 1 takes it by force, 2 fails. */
  mode?: 0 | 1 | 2;
  reset?: boolean;
}

export interface NativeMount {
  /** 0 bind, 1 tmpfs, 2 inaccessible, 3 self, 4 flags, 5 proc, 6 dev, 7 mqueue, 8 symlink, 9 cgroup. */
  kind: number;
  source: string | undefined;
  target: string;
  optional: boolean;
  recursive: boolean;
  /** MOUNT_ATTR_… of mount_setattr(2): set, and taken back. */
  attributes: number;
  cleared: number;
}

/** What native/spawn.cc reads; undefined leaves a thing as the manager has it. */
export interface NativeSpawn {
  path: string;
  argv: string[];
  env: string[];
  exitAtOnce: number | undefined;
  stdin: NativeStdio;
  stdout: NativeStdio;
  stderr: NativeStdio;
  fds: number[] | undefined;
  /** 0 blocking, 1 not. */
  fdsNonBlocking: 0 | 1 | undefined;
  cwd: string;
  cwdOptional: boolean;
  root: string | undefined;
  uid: number | undefined;
  gid: number | undefined;
  groups: number[] | undefined;
  umask: number;
  /** Resource number, soft, hard, … */
  limits: number[];
  tag: number | undefined;
  check: number | undefined;
  nice: number | undefined;
  oomScoreAdjust: string | undefined;
  ioprio: number | undefined;
  schedulingPolicy: number | undefined;
  schedulingPriority: number | undefined;
  cpuAffinity: number[] | undefined;
  timerSlackNs: number | undefined;
  /** Bit 0: off; the others: flags of PR_SET_THP_DISABLE. */
  hugePages: number | undefined;
  personality: number | undefined;
  lenientNice: boolean;
  lenientResource: boolean;
  ignoreSigpipe: boolean;
  session: boolean;
  noNewPrivileges: boolean;
  secureBits: number | undefined;
  capabilityBounding: bigint | undefined;
  capabilityAmbient: bigint | undefined;
  /** CLONE_NEW… */
  namespaces: number;
  delegated: number;
  namespacesRequired: boolean;
  locate: boolean;
  mayBeMissing: boolean;
  /** 0: root's, the manager's and the process's own ids. */
  userRange: number;
  mounts: NativeMount[] | undefined;
  hostname: string | undefined;
  /** MS_SHARED, MS_SLAVE, MS_PRIVATE; 0 leaves it. */
  propagation: number;
  networkNamespace: string | undefined;
  userNamespace: string | undefined;
  ipcNamespace: string | undefined;
  seccomp: readonly Uint8Array[] | undefined;
  coredumpFilter: string | undefined;
  terminal:
    | {
        path: string | undefined;
        hangUp: boolean;
        reset: boolean;
        rows: number | undefined;
        columns: number | undefined;
      }
    | undefined;
  cgroupProcs: string | undefined;
  idleFd: number | undefined;
  idleTimeoutMs: number | undefined;
  /** The child may wait before it has its program: it gets memory of its own, and the manager does not wait for it. */
  fork: boolean;
}

type Peer = [pid: number, uid: number, gid: number, ...groups: number[]];
type Address = [address: string, port: number];

export interface Native {
  watch(fd: number, callback: (events: number) => void): Watch | number;
  /** 1 readable, 2 writable, 8 changed (POLLPRI, of some files of /proc), 0 nothing. */
  setWatch(watch: Watch, events: 0 | 1 | 2 | 3 | 8): number;
  closeWatch(watch: Watch): void;
  unrefWatch(watch: Watch): void;
  /**
   * Takes signals, SIGCHLD among them: `onSignals` gets [signal, pid, value, …] and `onExits` of all children that end
   * [pid, 0 exited | 1 killed | 2 dumped, status, CPU ms, max resident KiB, …].
   */
  startSignals(
    signals: number[],
    onSignals: (seen: number[]) => void,
    onExits: (exits: Float64Array) => void,
    pipe?: [number, number],
  ): number;
  /** What signals are written into by their handler, until the event loop comes to them; -1 where none are taken. */
  signalPipe(): [number, number];
  /** Signals do again what they do to a program that asked for none. */
  stopSignals(): void;
  /** [pid, ppid, pgid, sid, state, startTime, comm, tag or -1, check or -1, …] */
  processes(): (number | string)[] | number;
  process(pid: number): (number | string)[];
  children(pid: number): number[] | number;
  /** Of each that there is: [number of children, their pids …, what process() tells], one after the other. */
  families(pids: readonly number[]): (number | string)[] | number;
  kill(pid: number, signal: number, startTime?: number): number;
  hasPid(pidfd: number): number;
  sigqueue(pid: number, signal: number, value: number): number;
  /** [pid, failed step or 0, errno, descriptor that tells later or -1, bits of what was left out] */
  spawn(request: NativeSpawn): [number, number, number, number, number, number] | number;
  revertTerminal(path: string, hangUp: boolean, reset: boolean): void;
  setProcessName(name: string): number;
  /** 0, or a negative errno where /proc does not tell of mappings. */
  releasePages(): number;
  becomeSubreaper(): number;
  clock(which: number): number;
  fillRandom(bytes: Uint8Array): number;
  hypervisor(): string | undefined;
  limit(resource: number): [number, number] | number;
  space(path: string): [number, number] | number;
  /** A descriptor to read a directory, its access time kept, links in the last component not followed. */
  openDirectory(path: string, lock: boolean): number;
  /** The directory that holds the last component of a path, and that component: native/child/walk.h. */
  holdParent(path: string, makeMode: number): [fd: number, name: string] | number;
  makeDirectories(path: string, mode: number): number;
  /** A Unix socket is connected to where `connect`. */
  openHeld(path: string, flags: number, mode: number, connect: boolean): number;
  /** Puts a mount of `source` at `target` as the process sees it; one that is missing is made where `make`. */
  bindInto(pid: number, source: string, target: string, readOnly: boolean, make: boolean): number;
  /** 0 where a file has answered within so many milliseconds, else the number of a probe that goes on, or -EAGAIN. */
  probe(path: string, ms: number): number;
  probeGoesOn(probe: number): boolean;
  /** POLLPRI of a file of /proc, since it was last asked. */
  hasChanged(fd: number): boolean;
  /** Bytes are names that may be no UTF-8. */
  listDirectory(fd: number): (string | Buffer)[] | number;
  lockFile(path: string): number;
  mknod(path: string, mode: number, rdev: number): number;
  getXattr(path: string, name: string): Buffer | number;
  setXattr(path: string, name: string, value: Uint8Array): number;
  listXattrs(path: string): string[] | number;
  fileFlags(path: string): number;
  setFileFlags(path: string, flags: number): number;
  closeFd(fd: number): number;
  discardFd(fd: number): void;
  closeConnection(fd: number): void;
  pipe(): [number, number] | number;
  setCloseOnExec(fd: number, on: boolean): number;
  readFd(fd: number, limit: number): Buffer | number;
  memfd(data: Uint8Array): number;
  /** The descriptor of the log that is read after a crash; one at a time. */
  openCrashLog(): number;
  writeCrashLog(text: string): number;
  /** One that is to take its place; `anew`: that begins. */
  writeNextCrashLog(text: string, anew: boolean): number;
  /** It does now. */
  turnCrashLog(): number;
  keepOverCrash(fds: readonly number[], keep: boolean): number;
  /** `waiting`: signals that are blocked in the program that is executed. */
  armCrash(path: string, argv: string[], env: string[], waiting: number[]): number;
  closeCrashLog(): void;
  /** Executes that program, where there is one. */
  crashNow(): void;
  /** Exits told, processes spawned. */
  crashMoment(): [exits: number, spawned: number];
  /** `waiting`: signals that are blocked in the new program. */
  exec(path: string, argv: string[], env: string[], waiting: number[]): number;
  reboot(command: 'halt' | 'poweroff' | 'restart'): number;
  writeReady(fd: number, data: Uint8Array): number;
  inotifyInit(): number;
  inotifyAdd(fd: number, path: string, mask: number): number;
  inotifyRemove(fd: number, wd: number): number;
  /** [wd, mask, …] of what waits, at most some thousand bytes of it. */
  inotifyRead(fd: number): number[];
  listenUnix(path: string, mode: number): number;
  connectUnix(path: string): number;
  acceptUnix(fd: number): number;
  peer(fd: number): Peer | undefined;
  streamPair(): [ours: number, theirs: number, dev: number, ino: number] | number;
  read(fd: number, buffer: Uint8Array): number;
  send(fd: number, data: Uint8Array): number;
  bindDatagram(path: string, mode: number): number;
  /** [bytes, pid or 0, uid, gid, pidfd or -1 or a negative errno, fd…] */
  receive(fd: number): [Buffer, number, number, number, number, ...number[]] | number;
  sendTo(path: string, data: Uint8Array, fds: number[]): number;
  openSocket(spec: object): number;
  accept(fd: number): [number, Peer | undefined, Address | undefined, Address | undefined] | number;
  flush(fd: number): void;
  /** Objects removed; -1 is nobody. */
  removeIpc(uid: number, gid: number): number;
  unlinkQueue(name: string): number;
}

/**
 * The addon beside the bundle (`addon.node`), else, in a checkout, the prebuilt one or what node-gyp has made. Throws
 * where there is none that fits.
 */
function loadNative(): Native {
  const here = dirname(decodeURIComponent(new URL(import.meta.url).pathname));
  const beside = join(here, 'addon.node');
  if (existsSync(beside)) {
    // As require() does it in the end; the rest of node:module would be loaded for nothing.
    const addon = { exports: {} };
    process.dlopen(addon, beside);
    return addon.exports as Native;
  }
  const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
  const gypBuild = require('node-gyp-build') as (directory: string) => Native;
  return gypBuild(join(here, '../..'));
}

let loaded: Native | undefined;

/** The addon, loaded when it is first asked for: reading files needs none. Throws as loadNative does. */
export function native(): Native {
  loaded ??= loadNative();
  return loaded;
}
