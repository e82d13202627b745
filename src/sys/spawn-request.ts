/** From a SpawnRequest to what the addon takes: numbers for names, descriptors for bytes. */
import { constants } from 'node:fs';
import { constants as os } from 'node:os';
import { checked } from './errno.ts';
import type { LimitName, MountStep, SpawnRequest, SpawnStep, StdioSource } from './host.ts';
import type { Native, NativeSpawn, NativeStream } from './native.ts';

/** setrlimit(2), linux/resource.h. */
export const limitNumbers: Record<LimitName, number> = {
  CPU: 0,
  FSIZE: 1,
  DATA: 2,
  STACK: 3,
  CORE: 4,
  RSS: 5,
  NPROC: 6,
  NOFILE: 7,
  MEMLOCK: 8,
  AS: 9,
  LOCKS: 10,
  SIGPENDING: 11,
  MSGQUEUE: 12,
  NICE: 13,
  RTPRIO: 14,
  RTTIME: 15,
};

/** linux/sched.h. */
const namespaceFlags = {
  mount: 0x00020000,
  uts: 0x04000000,
  ipc: 0x08000000,
  user: 0x10000000,
  pid: 0x20000000,
  network: 0x40000000,
} as const;

/** mount(2). */
const mountFlags = { ro: 1, nosuid: 2, nodev: 4, noexec: 8 } as const;

/** Exit statuses of systemd.exec(5) that the addon's steps have. */
export const stepNames: Record<number, SpawnStep> = {
  200: 'CHDIR',
  201: 'NICE',
  202: 'FDS',
  203: 'EXEC',
  205: 'LIMITS',
  206: 'OOM_ADJUST',
  207: 'SIGNAL_MASK',
  208: 'STDIN',
  209: 'STDOUT',
  210: 'CHROOT',
  211: 'IOPRIO',
  212: 'TIMERSLACK',
  213: 'SECUREBITS',
  214: 'SETSCHEDULER',
  215: 'CPUAFFINITY',
  216: 'GROUP',
  217: 'USER',
  218: 'CAPABILITIES',
  219: 'CGROUP',
  220: 'SETSID',
  222: 'STDERR',
  225: 'NETWORK',
  226: 'NAMESPACE',
  227: 'NO_NEW_PRIVILEGES',
  228: 'SECCOMP',
  230: 'PERSONALITY',
};

function toStream(native: Native, source: StdioSource, opened: number[]): NativeStream {
  switch (source.kind) {
    case 'null':
      return { kind: 0 };
    case 'file': {
      const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_APPEND, O_TRUNC } = constants;
      let flags = { read: O_RDONLY, write: O_WRONLY, readwrite: O_RDWR }[source.access];
      if (source.access !== 'read') flags |= O_CREAT;
      if (source.append === true) flags |= O_APPEND;
      if (source.truncate === true) flags |= O_TRUNC;
      return { kind: 1, path: source.path, flags };
    }
    case 'tty':
      return {
        kind: 2,
        path: source.path,
        ttyMode: ({ tty: 0, 'tty-force': 1, 'tty-fail': 2 } as const)[source.mode],
        reset: source.reset,
      };
    case 'fd':
      return { kind: 3, fd: source.fd };
    case 'data': {
      const fd = checked(native.memfd(source.data), 'memfd_create');
      opened.push(fd);
      return { kind: 3, fd };
    }
    case 'dup':
      return { kind: 4, fd: source.of };
  }
}

function toMount({
  kind,
  source,
  target,
  optional,
  flags = [],
}: MountStep): NonNullable<NativeSpawn['mounts']>[number] {
  let bits = 0;
  for (const flag of flags) if (flag !== 'recursive') bits |= mountFlags[flag];
  return {
    kind,
    ...(source === undefined ? {} : { source }),
    target,
    optional: optional ?? false,
    flags: bits,
    recursive: flags.includes('recursive'),
  };
}

/** `opened` collects descriptors to close once the child is there. */
export function toNativeSpawn(native: Native, r: SpawnRequest, opened: number[]): NativeSpawn {
  const limits: number[] = [];
  for (const [name, { soft, hard }] of Object.entries(r.limits))
    limits.push(limitNumbers[name as LimitName], soft, hard);
  let namespaces = 0;
  for (const name of r.namespaces ?? []) namespaces |= namespaceFlags[name];
  return {
    path: r.path,
    argv: r.argv,
    env: r.env,
    exitAtOnce: r.exitAtOnce,
    streams: [
      toStream(native, r.stdin, opened),
      toStream(native, r.stdout, opened),
      toStream(native, r.stderr, opened),
    ],
    fds: r.fds,
    fdsNonBlocking: r.fdsNonBlocking,
    cwd: r.cwd?.path ?? '/',
    cwdOptional: r.cwd?.optional ?? false,
    root: r.root,
    hostname: r.hostname,
    cgroupProcs: r.cgroupProcs,
    uid: r.uid,
    gid: r.gid,
    groups: r.groups,
    umask: r.umask,
    limits,
    tag: r.tag,
    nice: r.nice,
    oomScoreAdjust: r.oomScoreAdjust,
    ioprio: r.ioprio === undefined ? undefined : (r.ioprio.class << 13) | r.ioprio.priority,
    scheduling:
      r.scheduling === undefined ? undefined : [r.scheduling.policy, r.scheduling.priority, r.scheduling.resetOnFork],
    cpuAffinity: r.cpuAffinity,
    timerSlackNs: r.timerSlackNs,
    personality: r.personality,
    ignoreSigpipe: r.ignoreSigpipe,
    session: r.session,
    noNewPrivileges: r.noNewPrivileges,
    secureBits: r.secureBits,
    capabilityBounding: r.capabilityBounding,
    capabilityAmbient: r.capabilityAmbient,
    namespaces,
    namespacesRequired: r.namespacesRequired ?? false,
    mounts: r.mounts?.map(toMount),
    seccomp: r.seccomp,
    idleFd: r.idleFd,
  };
}

/** 'SIGTERM', 'SIGRTMIN+3' of a number. */
export function signalText(signal: number): string {
  if (signal >= 34) return signal === 34 ? 'SIGRTMIN' : `SIGRTMIN+${signal - 34}`;
  return Object.entries(os.signals).find(([, number]) => number === signal)?.[0] ?? `SIG${signal}`;
}
