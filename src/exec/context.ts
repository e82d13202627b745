/**
 * What a process is when its program begins, beside its files and its view of the file system: who it runs as, where, with
 * which priority, limits, capabilities, filters of system calls (systemd.exec(5)).
 */
import type { Host, SpawnRequest } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import { architectureName, parsePersonality } from '../values/architectures.ts';
import { allCapabilities, formatCapabilitySet } from '../values/capabilities.ts';
import { limitNames } from '../values/limits.ts';
import { canDropCapabilities, isConfined } from './confinement.ts';
import { StepFailure } from './failure.ts';
import { type Identity, ownHome } from './identity.ts';
import { applySeccomp } from './seccomp/apply.ts';
import { terminalPath } from './stdio.ts';

export interface ContextFacts {
  host: Host;
  scope: 'system' | 'user';
  strict: boolean;
  exec: ExecSettings;
  identity: Identity;
  /** The ids of `identity` are set: not for commands with full privileges, nor with the prefix `!`. */
  setuid: boolean;
  /** RootDirectory= is entered. */
  chroot: boolean;
  /** Limits, capabilities and filters hold. */
  sandboxed: boolean;
  /** Standard input is a descriptor that somebody gave. */
  givenInput: boolean;
  log(level: LogLevel, message: string): void;
  /** Logs what the container withholds: not of each process anew. */
  sayWithheld(level: LogLevel, message: string): void;
}

/** Throws StepFailure where a setting can't be had. */
export function setContext(request: SpawnRequest, facts: ContextFacts): void {
  setUser(request, facts);
  setDirectory(request, facts);
  setScheduling(request, facts.exec);
  setMisc(request, facts);
  setTerminal(request, facts);
  if (facts.sandboxed) setPrivileges(request, facts);
  else setOwnLimits(request, facts);
}

function setUser(request: SpawnRequest, { identity, setuid }: ContextFacts): void {
  const { uid, gid, userGroups } = identity;
  // The user's are set even where its ids are not: initgroups(3) comes before.
  const groups = setuid ? identity.groups : userGroups;
  if (groups !== undefined) request.groups = groups;
  if (!setuid) return;
  if (uid !== undefined) request.uid = uid;
  if (gid !== undefined) request.gid = gid;
}

function setDirectory(request: SpawnRequest, { host, exec, identity, chroot }: ContextFacts): void {
  const { WorkingDirectory: wanted, RootDirectory: root } = exec;
  const directory = wanted?.path === '~' ? (identity.home ?? ownHome(host)) : (wanted?.path ?? '/');
  if (directory === undefined) throw new StepFailure('CHDIR', 'Failed to determine $HOME for user', 'ENXIO');
  const inRoot = root !== undefined && !chroot ? `${root}/${directory}` : directory;
  request.cwd = { path: inRoot, optional: wanted?.optional ?? false };
  if (root !== undefined && chroot) request.root = root;
}

function setScheduling(request: SpawnRequest, exec: ExecSettings): void {
  if (exec.Nice !== undefined) request.nice = exec.Nice;
  if (exec.IOSchedulingClass !== undefined || exec.IOSchedulingPriority !== undefined)
    request.ioprio = { class: exec.IOSchedulingClass ?? 2, priority: exec.IOSchedulingPriority ?? 4 };
  const { CPUSchedulingPolicy: policy, CPUSchedulingPriority: priority, CPUSchedulingResetOnFork: resetOnFork } = exec;
  if (policy !== undefined || priority !== undefined || resetOnFork)
    request.scheduling = { policy: policy ?? 0, priority: priority ?? 0, resetOnFork };
  if (exec.CPUAffinity.length > 0) request.cpuAffinity = exec.CPUAffinity;
  if (exec.TimerSlackNSec !== undefined) request.timerSlackNs = Number(exec.TimerSlackNSec);
}

function setMisc(request: SpawnRequest, { host, exec }: ContextFacts): void {
  if (exec.MemoryTHP !== 'inherit') request.hugePages = exec.MemoryTHP;
  if (exec.Personality !== undefined)
    request.personality = parsePersonality(exec.Personality, architectureName(host.uname().machine))!;
  if (exec.CoredumpFilter !== undefined) request.coredumpFilter = exec.CoredumpFilter;
  if (exec.NetworkNamespacePath !== undefined) request.networkNamespace = exec.NetworkNamespacePath;
  if (exec.UserNamespacePath !== undefined) request.userNamespace = exec.UserNamespacePath;
  // systemd has a place to keep the namespace in only where one of these asks for it.
  const kept =
    exec.PrivateIPC || exec.PrivateTmp !== 'no' || exec.PrivateNetwork || exec.NetworkNamespacePath !== undefined;
  if (exec.IPCNamespacePath !== undefined && kept) request.ipcNamespace = exec.IPCNamespacePath;
}

/** What the kernel has of a size are 16 bits. */
function terminalSize(size: number | undefined): number | undefined {
  return size === undefined || size === 2 ** 32 - 1 ? undefined : size % 2 ** 16;
}

function setTerminal(request: SpawnRequest, { exec, givenInput }: ContextFacts): void {
  const { TTYVHangup: hangUp, TTYReset: reset } = exec;
  const [rows, columns] = [exec.TTYRows, exec.TTYColumns].map(terminalSize);
  if (!hangUp && !reset && rows === undefined && columns === undefined) return;
  request.terminal = {
    hangUp,
    reset,
    ...(givenInput || (!hangUp && !reset) ? {} : { path: terminalPath(exec) }),
    ...(rows === undefined ? {} : { rows }),
    ...(columns === undefined ? {} : { columns }),
  };
}

/** A command with full privileges has what the manager has, and that of core dumps it raises. */
function setOwnLimits(request: SpawnRequest, { host, scope }: ContextFacts): void {
  if (scope !== 'system' || !host.voice.manager.raisesCoreLimit) return;
  const { hard } = host.limit('CORE');
  request.limits.CORE = { soft: hard, hard };
}

function setPrivileges(request: SpawnRequest, facts: ContextFacts): void {
  const { host, exec, log } = facts;
  for (const name of limitNames) {
    const limit = exec[`Limit${name}`];
    if (limit !== undefined) request.limits[name] = limit;
  }
  setCapabilities(request, facts);
  request.noNewPrivileges = exec.NoNewPrivileges;
  if (exec.RestrictRealtime) request.limits.RTPRIO ??= { soft: 0, hard: 0 };
  applySeccomp(host, exec, request, (message) => log(7, message));
}

function setCapabilities(request: SpawnRequest, facts: ContextFacts): void {
  const { host, exec, sayWithheld } = facts;
  const { CapabilityBoundingSet: bounding, SecureBits: bits } = exec;
  // Also where it is empty: what the manager may pass on is not the service's.
  request.capabilityAmbient = ambientCapabilities(facts);
  if (bounding === allCapabilities && bits === 0) return;
  if (isConfined(facts) && host.uid !== 0 && !canDropCapabilities(host)) {
    sayWithheld(6, 'The manager is not root, leaving out CapabilityBoundingSet= and SecureBits=.');
    return;
  }
  if (bounding !== allCapabilities) request.capabilityBounding = bounding;
  if (bits !== 0) request.secureBits = bits;
}

/** AmbientCapabilities=, without those that CapabilityBoundingSet= takes away, and that the container does not have. */
function ambientCapabilities(facts: ContextFacts): bigint {
  const { host, exec, sayWithheld } = facts;
  const wanted = exec.AmbientCapabilities & exec.CapabilityBoundingSet;
  if (wanted === 0n || facts.scope === 'user') return wanted;
  const lacking = wanted & ~host.capabilities().permitted;
  if (lacking !== 0n && !facts.strict) {
    const names = formatCapabilitySet(lacking).toUpperCase();
    sayWithheld(4, `The container has no ${names}, leaving it out of AmbientCapabilities=.`);
  }
  return wanted & ~lacking;
}
