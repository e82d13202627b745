/** From a SpawnRequest to what the addon takes: numbers for names, descriptors for bytes. */
import { constants } from 'node:fs';
import { checked, errnoCode } from './errno.ts';
import type {
  Files,
  LeftOut,
  LimitName,
  MountStep,
  SpawnFailure,
  SpawnRequest,
  SpawnStep,
  StdioSource,
} from './host.ts';
import type { Native, NativeMount, NativeSpawn, NativeStdio } from './native.ts';
import type { RemoteMounts } from './remote-mounts.ts';

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

/** LeftOut of native/child/plan.h, beside limits. */
/** Whether PR_SET_THP_DISABLE sets it, and PR_THP_DISABLE_EXCEPT_ADVISED. */
const hugePageBits = { disable: 1, madvise: 3, system: 0 };
const leftOutBits = { Nice: 16, CPUScheduling: 17, IOScheduling: 18, CPUAffinity: 19, TimerSlack: 20 };

/** What the bits stand for, in the order of the list. */
export function leftOutOf(bits: number): LeftOut[] {
  const has = (bit: number): boolean => ((bits >>> bit) & 1) === 1;
  const settings = Object.entries(leftOutBits).filter(([, bit]) => has(bit));
  const limits = Object.entries(limitNumbers).filter(([, number]) => has(number));
  return [
    ...settings.map(([name]) => name as LeftOut),
    ...limits.map(([name]) => `Limit${name as LimitName}` as const),
  ];
}

/** linux/sched.h. */
const namespaceFlags = {
  mount: 0x00020000,
  uts: 0x04000000,
  ipc: 0x08000000,
  user: 0x10000000,
  pid: 0x20000000,
  cgroup: 0x02000000,
  network: 0x40000000,
} as const;

/** mount(2). */
const mountFlags = {
  ro: 1,
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  sync: 16,
  dirsync: 128,
  noatime: 1 << 10,
  nodiratime: 1 << 11,
  relatime: 1 << 21,
  strictatime: 1 << 24,
  lazytime: 1 << 25,
} as const;

/** mount(2). */
const propagationFlags = { shared: 1 << 20, slave: 1 << 19, private: 1 << 18 } as const;

/** Exit statuses of systemd.exec(5) that the addon's steps have. */
const stepNames: Record<number, SpawnStep> = {
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

function toStdio(native: Native, source: StdioSource, opened: number[]): NativeStdio {
  switch (source.kind) {
    case 'null':
      return { source: 0 };
    case 'file': {
      const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_TRUNC } = constants;
      let flags = { read: O_RDONLY, write: O_WRONLY, readwrite: O_RDWR }[source.access];
      if (source.append === true) flags |= O_APPEND;
      if (source.truncate === true) flags |= O_TRUNC;
      return { source: 1, path: source.path, flags };
    }
    case 'tty-output':
      return { source: 1, path: source.path, flags: constants.O_WRONLY, terminal: true };
    case 'tty': {
      const mode = ({ tty: 0, 'tty-force': 1, 'tty-fail': 2 } as const)[source.mode];
      return { source: 2, path: source.path, mode, reset: source.reset };
    }
    case 'fd':
      return { source: 3, fd: source.fd };
    case 'data': {
      const fd = checked(native.memfd(source.data), 'memfd_create');
      opened.push(fd);
      return { source: 3, fd };
    }
    case 'dup':
      return { source: 4, fd: source.of };
  }
}

/** A FIFO waits for its other end when it is opened, a terminal line for its carrier. */
function mayWait(source: StdioSource, files: Files): boolean {
  if (source.kind === 'tty' || source.kind === 'tty-output') return true;
  if (source.kind !== 'file' || source.path === '/dev/null') return false;
  const type = files.tryStat(source.path)?.type;
  return type === 'fifo' || type === 'char';
}

/** What the child looks for by its path: where a server has to answer it may wait. */
export function pathsOf({ path, cwd, root = '', stdin, stdout, stderr, mounts = [] }: SpawnRequest): string[] {
  const files = [stdin, stdout, stderr].flatMap((source) => (source.kind === 'file' ? source.path : []));
  const mounted = mounts.flatMap(({ source, target }) => [source ?? '', `${root}${target}`]);
  return [`${root}${path}`, `${root}${cwd?.path ?? '/'}`, root, ...files, ...mounted];
}

const mountKinds = {
  bind: 0,
  rbind: 0,
  tmpfs: 1,
  inaccessible: 2,
  self: 3,
  flags: 4,
  proc: 5,
  dev: 6,
  mqueue: 7,
  symlink: 8,
  cgroup: 9,
} as const;

function toMount(step: MountStep, root: string): NativeMount {
  const { kind, source, target, optional = false, flags = [] } = step;
  let attributes = 0;
  let cleared = 0;
  for (const flag of flags)
    if (flag === 'exec') cleared |= mountFlags.noexec;
    else attributes |= mountFlags[flag];
  const recursive = kind === 'rbind';
  return { kind: mountKinds[kind], source, target: `${root}${target}`, optional, recursive, attributes, cleared };
}

const resetOnFork = 0x40000000;

/** `opened` collects descriptors to close once the child is there. */
export function toNativeSpawn(
  native: Native,
  files: Files,
  r: SpawnRequest,
  opened: number[],
  remote?: Pick<RemoteMounts, 'of'>,
): NativeSpawn {
  const limits: number[] = [];
  for (const [name, { soft, hard }] of Object.entries(r.limits))
    limits.push(limitNumbers[name as LimitName], soft, hard);
  let namespaces = 0;
  for (const name of r.namespaces ?? []) namespaces |= namespaceFlags[name];
  let delegated = 0;
  for (const name of r.delegated ?? []) delegated |= namespaceFlags[name];
  const { scheduling, ioprio, mounts } = r;
  if (mounts !== undefined && mounts.length > 0) namespaces |= namespaceFlags.mount;
  return {
    path: r.path,
    argv: r.argv,
    env: r.env,
    exitAtOnce: r.exitAtOnce,
    stdin: toStdio(native, r.stdin, opened),
    stdout: toStdio(native, r.stdout, opened),
    stderr: toStdio(native, r.stderr, opened),
    fds: r.fds,
    fdsNonBlocking: r.fdsNonBlocking === undefined ? undefined : r.fdsNonBlocking ? 1 : 0,
    cwd: r.cwd?.path ?? '/',
    cwdOptional: r.cwd?.optional ?? false,
    root: r.root,
    uid: r.uid,
    gid: r.gid,
    groups: r.groups,
    umask: r.umask,
    limits,
    tag: r.tag,
    check: r.check,
    nice: r.nice,
    oomScoreAdjust: r.oomScoreAdjust === undefined ? undefined : String(r.oomScoreAdjust),
    ioprio: ioprio === undefined ? undefined : (ioprio.class << 13) | ioprio.priority,
    schedulingPolicy:
      scheduling === undefined ? undefined : scheduling.policy | (scheduling.resetOnFork ? resetOnFork : 0),
    schedulingPriority: scheduling?.priority,
    cpuAffinity: r.cpuAffinity,
    timerSlackNs: r.timerSlackNs,
    hugePages: r.hugePages === undefined ? undefined : hugePageBits[r.hugePages],
    personality: r.personality,
    lenientNice: r.lenient?.nice ?? false,
    lenientResource: r.lenient?.resource ?? false,
    ignoreSigpipe: r.ignoreSigpipe,
    session: r.session,
    noNewPrivileges: r.noNewPrivileges,
    secureBits: r.secureBits,
    capabilityBounding: r.capabilityBounding,
    capabilityAmbient: r.capabilityAmbient,
    namespaces,
    delegated,
    namespacesRequired: r.namespacesRequired ?? false,
    locate: r.locate !== undefined,
    mayBeMissing: r.locate === 'if it is there',
    userRange: r.userRange ?? 0,
    mounts: mounts?.map((step) => toMount(step, r.root ?? '')),
    hostname: r.hostname,
    propagation: r.propagation === undefined ? 0 : propagationFlags[r.propagation],
    networkNamespace: r.networkNamespace,
    userNamespace: r.userNamespace,
    ipcNamespace: r.ipcNamespace,
    seccomp: r.seccomp?.programs,
    coredumpFilter: r.coredumpFilter === undefined ? undefined : `0x${r.coredumpFilter.toString(16)}`,
    terminal:
      r.terminal === undefined ? undefined : { path: undefined, rows: undefined, columns: undefined, ...r.terminal },
    cgroupProcs: r.cgroupProcs?.replace(/(?:\/cgroup\.procs)?$/, '/cgroup.procs'),
    idleFd: r.idleFd,
    idleTimeoutMs: r.idleFd === undefined ? undefined : (r.idleTimeoutMs ?? 5000),
    fork:
      r.idleFd !== undefined ||
      r.seccomp?.barsExec === true ||
      r.terminal?.path !== undefined ||
      // Both are the memory's: a child that shares it would change the manager, and whoever is started after it.
      r.coredumpFilter !== undefined ||
      r.hugePages !== undefined ||
      (remote !== undefined && pathsOf(r).some((path) => remote.of(path) !== undefined)) ||
      [r.stdin, r.stdout, r.stderr].some((source) => mayWait(source, files)),
  };
}

/** 'SIGTERM', 'SIGRTMIN+3' of a number. */
export function signalText(signal: number): string {
  if (signal >= 34) return `SIGRTMIN+${signal - 34}`;
  return (
    Object.entries(process.getBuiltinModule('node:os').constants.signals).find(
      ([, number]) => number === signal,
    )?.[0] ?? `SIG${signal}`
  );
}

/** What the child has reported (native/child/plan.h, Failure). */
export function toFailure(step: number, errno: number, detail: number): SpawnFailure {
  const name = stepNames[step];
  if (name === undefined) throw new Error(`Step ${step} of a spawn has no name`);
  return {
    step: name,
    errno,
    code: errnoCode(errno),
    ...(name === 'NAMESPACE' && detail > 0 ? { mount: detail - 1 } : {}),
    ...(name === 'EXEC' && detail > 0 ? { located: false } : {}),
  };
}
