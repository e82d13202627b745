/** The addon, typed once. A number that is negative is a negated errno. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A descriptor that the event loop watches. */
export type Watch = { readonly __watch: unique symbol };

export interface NativeStream {
  /** 0 null, 1 file, 2 terminal, 3 descriptor, 4 copy of the child's own descriptor. */
  kind: 0 | 1 | 2 | 3 | 4;
  path?: string;
  flags?: number;
  fd?: number;
  ttyMode?: 0 | 1 | 2;
  reset?: boolean;
}

export interface NativeSpawn {
  path: string;
  argv: string[];
  env: string[];
  exitAtOnce?: number;
  streams: [NativeStream, NativeStream, NativeStream];
  fds?: number[];
  fdsNonBlocking?: boolean;
  cwd: string;
  cwdOptional: boolean;
  root?: string;
  hostname?: string;
  cgroupProcs?: string;
  uid?: number;
  gid?: number;
  groups?: number[];
  umask: number;
  /** Resource number, soft, hard, … */
  limits: number[];
  tag?: number;
  nice?: number;
  oomScoreAdjust?: number;
  ioprio?: number;
  scheduling?: [number, number, boolean];
  cpuAffinity?: number[];
  timerSlackNs?: number;
  personality?: number;
  ignoreSigpipe: boolean;
  session: boolean;
  noNewPrivileges: boolean;
  secureBits?: number;
  capabilityBounding?: bigint;
  capabilityAmbient?: bigint;
  /** CLONE_NEW… */
  namespaces: number;
  namespacesRequired: boolean;
  mounts?: { kind: string; source?: string; target: string; optional: boolean; flags: number; recursive: boolean }[];
  seccomp?: Uint8Array;
  idleFd?: number;
}

type Peer = [pid: number, uid: number, gid: number];
type Address = [address: string, port: number];

export interface Native {
  watch(fd: number, callback: (events: number) => void): Watch | number;
  /** 1 readable, 2 writable, 0 nothing. */
  setWatch(watch: Watch, events: 0 | 1 | 2 | 3): number;
  closeWatch(watch: Watch): void;
  unrefWatch(watch: Watch): void;
  openSignals(signals: number[]): number;
  /** [signal, pid, value, …] */
  readSignals(): number[];
  /** [pid, 0 exited | 1 killed | 2 dumped, status, CPU ms, max resident KiB, …]; returns how many. */
  reap(into: Int32Array): number;
  /** [pid, ppid, pgid, sid, state, startTime, comm, tag or -1, …] */
  processes(): (number | string)[] | number;
  process(pid: number): (number | string)[];
  kill(pid: number, signal: number, startTime?: number): number;
  sigqueue(pid: number, signal: number, value: number): number;
  /** [pid, failed step or 0, errno] */
  spawn(request: NativeSpawn): [number, number, number] | number;
  setProcessName(name: string): number;
  becomeSubreaper(): number;
  clock(which: number): number;
  limit(resource: number): [number, number] | number;
  space(path: string): [number, number] | number;
  closeFd(fd: number): number;
  pipe(): [number, number] | number;
  setCloseOnExec(fd: number, on: boolean): number;
  readFd(fd: number, limit: number): Buffer | number;
  memfd(data: Uint8Array): number;
  exec(path: string, argv: string[], env: string[]): number;
  reboot(command: 'halt' | 'poweroff' | 'restart'): number;
  writeReady(fd: number, data: Uint8Array): number;
  inotifyInit(): number;
  inotifyAdd(fd: number, path: string, mask: number): number;
  /** [wd, mask, …] */
  inotifyRead(fd: number): number[];
  listenUnix(path: string, mode: number): number;
  connectUnix(path: string): number;
  acceptUnix(fd: number): number;
  peer(fd: number): Peer | undefined;
  streamPair(): [ours: number, theirs: number, dev: number, ino: number] | number;
  read(fd: number, buffer: Uint8Array): number;
  send(fd: number, data: Uint8Array): number;
  shutdownWrite(fd: number): number;
  bindDatagram(path: string, mode: number): number;
  /** [bytes, truncated, pid, uid, gid, fd…] */
  receive(fd: number, buffer: Uint8Array): [number, boolean, number, number, number, ...number[]] | number;
  sendTo(path: string, data: Uint8Array, fds: number[]): number;
  openSocket(spec: object): number;
  accept(fd: number): [number, Peer | undefined, Address | undefined, Address | undefined] | number;
  flush(fd: number): void;
}

/**
 * The addon beside the bundle (`addon.node`), else, in a checkout, the prebuilt one or what node-gyp has made. Throws
 * where there is none that fits.
 */
export function loadNative(): Native {
  const require = createRequire(import.meta.url);
  const here = dirname(require.resolve === undefined ? '.' : new URL(import.meta.url).pathname);
  try {
    return require(join(here, 'addon.node')) as Native;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
  }
  const gypBuild = require('node-gyp-build') as (directory: string) => Native;
  return gypBuild(join(here, '../..'));
}
