/**
 * The namespaces of a unit's process (systemd.exec(5), "SANDBOXING"), with the mounts in them (mounts.ts). Where the manager
 * lacks CAP_SYS_ADMIN, as in most containers, settings that only take away are ignored, as systemd does there; those that make
 * another file system (RootDirectory=, BindPaths=, TemporaryFileSystem=) are not. BindReadOnlyPaths= is, where nothing would
 * be covered.
 */
import { type Host, type MountStep, type SpawnRequest, SystemError } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import { anyNamespace, namespaceFlags } from '../values/namespaces.ts';
import { canMount, isConfined } from './confinement.ts';
import { type DirectoryRoots, directoryMounts } from './directories.ts';
import { StepFailure } from './failure.ts';
import { bindsLogSockets, logSockets } from './log-sockets.ts';
import { type BindMount, baseDirectories, baseLinks, mountsOf } from './mounts.ts';
import type { PrivateTmp } from './private-tmp.ts';

export interface SandboxFacts {
  host: Host;
  scope: 'system' | 'user';
  strict: boolean;
  exec: ExecSettings;
  roots: DirectoryRoots;
  /** False for commands that are to run outside of the sandbox. */
  apply: boolean;
  /** Sockets of the manager that a program in another root is to reach. */
  sockets: readonly string[];
  privateTmp: (() => PrivateTmp) | undefined;
  /** Logs what the container withholds: not of each process anew. */
  sayWithheld(level: LogLevel, message: string): void;
}

/** Throws StepFailure where PrivateTmp= can't be had. */
export function setSandbox(request: SpawnRequest, facts: SandboxFacts): void {
  const { host, exec, roots, apply, sockets } = facts;
  const able = canMount(host);
  const privateTmp = able && apply && exec.PrivateTmp === 'yes' ? acquirePrivateTmp(facts) : undefined;
  const completed = able && request.root !== undefined && exec.MountAPIVFS !== false;
  if (completed) makeBaseDirectories(host, request.root!);
  // Only directories that somebody can mount are mounted.
  const own = directoryMounts(exec, roots, request.root !== undefined);
  const { mounts, required } = mountsOf(exec, {
    apply,
    privateTmp,
    leavesOut: (mount) => leavesOut(mount, facts),
    ...(request.root === undefined || completed ? own : { guards: [], directories: [], links: [], readOnly: [] }),
    guards: able ? own.guards : [],
    homesAreReadOnly: host.voice.manager.homesAreReadOnly,
    unifiedCgroups: once(() => hasUnifiedCgroups(host)),
    root: completed ? { sockets } : undefined,
    logSockets: able && bindsLogSockets(exec) ? logSockets : [],
    mountPoints: once(() => mountPoints(host, request.root ?? '')),
    resolve: able && request.root === undefined ? (path) => resolve(host, path) : (path) => path,
  });
  const namespaces = namespacesOf(exec, apply, mounts);
  if ((!able && !required) || namespaces.length === 0) return;
  request.namespaces = namespaces;
  // A root that is not there is not made by what is mounted in it: the first mount tells.
  const rootIsThere = request.root === undefined || host.files.access(request.root, 'exists');
  request.mounts = rootIsThere || mounts.length === 0 ? mounts : [{ kind: 'self', target: '/' }];
  if (namespaces.includes('mount')) request.propagation = exec.MountFlags ?? 'shared';
  request.namespacesRequired = required;
  if (!apply) return;
  if (exec.DelegateNamespaces !== anyNamespace) request.delegated = delegatedOf(exec.DelegateNamespaces, namespaces);
  const range = idRanges[exec.PrivateUsers];
  if (range !== undefined) request.userRange = range;
  if (exec.ProtectHostname.name !== undefined) request.hostname = exec.ProtectHostname.name;
}

/** PrivateUsers=: how many ids mean themselves; undefined where it is only root's, the manager's and the service's own. */
const idRanges = { no: undefined, yes: undefined, identity: 65536, full: 2 ** 32 - 1 };

const hasUnifiedCgroups = (host: Host): boolean =>
  host.mountTable().findLast(({ target }) => target === '/sys/fs/cgroup')?.fstype === 'cgroup2';

/** As the unit sees them. */
function mountPoints(host: Host, root: string): string[] {
  const targets = host.mountTable().map(({ target }) => target);
  return root === '' ? targets : targets.filter((t) => t.startsWith(`${root}/`)).map((t) => t.slice(root.length));
}

function resolve({ files }: Host, path: string): string {
  try {
    return files.realpath(path);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return path;
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

type Namespaces = NonNullable<SpawnRequest['namespaces']>;

/** Names of DelegateNamespaces= for what is asked of the kernel. */
const delegable = { cgroup: 'cgroup', ipc: 'ipc', net: 'network', mnt: 'mount', uts: 'uts' } as const;

/** Which of the namespaces that are made the one of users is to own; a file system of another that it owns is mounted in it. */
function delegatedOf(mask: number, made: Namespaces): Namespaces {
  const named = namespaceFlags.filter(([, flag]) => (mask & flag) !== 0).map(([name]) => name);
  if (named.some((name) => name === 'pid' || name === 'cgroup' || name === 'net')) named.push('mnt');
  const wanted = new Set<string>(named.map((name) => delegable[name as keyof typeof delegable]));
  return made.filter((name) => wanted.has(name));
}

function namespacesOf(exec: ExecSettings, apply: boolean, mounts: readonly MountStep[]): Namespaces {
  const namespaces: Namespaces = [];
  if (mounts.length > 0 || exec.PrivateMounts || (exec.MountFlags ?? 'shared') !== 'shared') namespaces.push('mount');
  if (!apply) return namespaces;
  if (exec.PrivateNetwork && exec.NetworkNamespacePath === undefined) namespaces.push('network');
  if (exec.PrivateIPC && exec.IPCNamespacePath === undefined) namespaces.push('ipc');
  if (mounts.some(({ kind }) => kind === 'cgroup')) namespaces.push('cgroup');
  if (exec.ProtectHostname.mode !== 'no') namespaces.push('uts');
  if (exec.PrivateUsers !== 'no' || exec.DelegateNamespaces !== anyNamespace) namespaces.push('user');
  if (exec.PrivatePIDs) namespaces.push('pid');
  return namespaces;
}

function acquirePrivateTmp({ privateTmp }: SandboxFacts): PrivateTmp | undefined {
  try {
    return privateTmp?.();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new StepFailure('NAMESPACE', 'Failed to set up mount namespacing', error.code);
  }
}

/** Nothing is covered where the target is missing, is the empty file that a mount once needed, or a socket. */
function leavesOut({ source, target }: BindMount, facts: SandboxFacts): boolean {
  const { host, exec, sayWithheld } = facts;
  if (!isConfined(facts) || exec.RootDirectory !== undefined) return false;
  const there = host.files.tryStat(target);
  const empty = there === undefined || there.type === 'socket' || (there.type === 'file' && there.size === 0);
  if (!empty) return false;
  sayWithheld(4, `The container may not mount (CAP_SYS_ADMIN), leaving out BindReadOnlyPaths=${source}:${target}.`);
  return true;
}

function makeBaseDirectories({ files }: Host, root: string): void {
  const has = (name: string): boolean => files.tryLstat(`${root}/${name}`) !== undefined;
  const makeUnlessThere = (name: string, make: (path: string) => void): void => {
    try {
      if (!has(name)) make(`${root}/${name}`);
    } catch (error) {
      // A root that cannot be written to has what it needs, or the mounts tell what it lacks.
      if (!(error instanceof SystemError)) throw error;
    }
  };
  for (const name of baseDirectories)
    makeUnlessThere(name, (path) => files.mkdir(path, name === 'root' ? 0o750 : 0o755));
  const bare = baseLinks.some(({ name, file }) => file === undefined && !has(name));
  for (const { name, targets, file, bare: onlyBare = false } of baseLinks) {
    if (onlyBare && !bare) continue;
    const target = targets.find((at) => has(file === undefined ? at : `${at}/${file}`));
    if (target !== undefined) makeUnlessThere(name, (path) => files.symlink(target, path));
  }
}
