/**
 * What would come of a command of a unit's on this machine, told without a process: the request for a spawn is made as for a
 * start, by the same parts, and then looked at for what the kernel would refuse. Nothing is opened, made or written.
 */
import type { Host, LeftOut, ResourceLimit, SpawnRequest } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import { type ExecCommand, expandCommandLine } from '../unitfile/language/exec-command.ts';
import { canMount, canRaiseLimits, canSchedule, capabilityLacking, isBoundToUser } from './confinement.ts';
import { setContext } from './context.ts';
import { type DirectoryRoots, directoryPaths } from './directories.ts';
import { asMap, loadEnvironmentFiles } from './environment.ts';
import { locateExecutable } from './executable.ts';
import { type ExitStep, notLocated, SpawnError, StepFailure } from './failure.ts';
import { idLacking } from './id-map.ts';
import { resolveIdentity, resolveOwnIdentity } from './identity.ts';
import { leftOutText, lenienceOf } from './left-out.ts';
import { setSandbox } from './sandbox.ts';

export interface ForeseenOwner {
  readonly host: Host;
  readonly scope: 'system' | 'user';
  readonly strict: boolean;
  readonly roots: DirectoryRoots;
  readonly exec: ExecSettings;
  /** Directives in the unit's own files that the machine may not permit: 'Service.LimitNOFILE'. */
  readonly unsure: readonly string[];
}

export interface Foreseen {
  /** How the process would fail before its program runs; undefined: it would not. */
  readonly failure: ForeseenFailure | undefined;
  /** What it would run without, a line each. */
  readonly leftOut: readonly string[];
  /** Its words, variables replaced as far as the unit's files tell them. */
  readonly argv: readonly string[];
}

export interface ForeseenFailure {
  /** As the log would say it. */
  readonly message: string;
  /** Settings of which one asks for it. */
  readonly settings: readonly string[];
  /** The capability that is missing, if that is it. */
  readonly capability: string | undefined;
}

export function foresee(owner: ForeseenOwner, command: ExecCommand): Foreseen {
  const said: string[] = [];
  const log = (level: LogLevel, message: string): void => {
    if (level <= 4) said.push(message);
  };
  const argv = wordsOf(owner, command);
  const request = blank(command);
  try {
    complete(request, owner, command, log);
  } catch (error) {
    if (error instanceof SpawnError) return { failure: failureOf('EXEC', error), leftOut: [], argv };
    if (!(error instanceof StepFailure)) throw error;
    return { failure: error.ignored ? undefined : failureOf(error.step, error), leftOut: [], argv };
  }
  const failure = refusal(request, owner);
  if (failure !== undefined) return { failure, leftOut: [], argv };
  const left = lenienceOf(owner) === undefined ? undefined : leftOutText(owner.unsure, refusedForSpeed(request, owner));
  return { failure: undefined, leftOut: [...said, ...(left === undefined ? [] : [left])], argv };
}

/** Without what cannot be read: that is told where the process is made. */
function wordsOf({ host, exec }: ForeseenOwner, command: ExecCommand): string[] {
  let variables = [...exec.Environment];
  try {
    variables = [...variables, ...loadEnvironmentFiles(host, exec.EnvironmentFile, () => {})];
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
  }
  return expandCommandLine(command, asMap(variables));
}

const blank = ({ path, argv }: ExecCommand): SpawnRequest => ({
  path,
  argv,
  env: [],
  stdin: { kind: 'null' },
  stdout: { kind: 'null' },
  stderr: { kind: 'null' },
  umask: 0o022,
  limits: {},
  ignoreSigpipe: true,
  session: true,
  noNewPrivileges: false,
});

/** As preparation.ts has it, in the same order. Throws StepFailure or SpawnError. */
function complete(
  request: SpawnRequest,
  owner: ForeseenOwner,
  command: ExecCommand,
  log: (level: LogLevel, message: string) => void,
): void {
  const { host, scope, strict, roots, exec } = owner;
  loadEnvironmentFiles(host, exec.EnvironmentFile, () => {});
  const identity = isBoundToUser(owner)
    ? resolveOwnIdentity(host, exec)
    : resolveIdentity(host, exec, directoryPaths(exec, roots));
  const sandboxed = !command.fullyPrivileged;
  const setuid = sandboxed && !command.noSetuid;
  const own = { host, scope, strict, exec, log, sayWithheld: log };
  setContext(request, { ...own, identity, setuid, chroot: true, sandboxed, givenInput: false });
  // Where mounts can be made, nothing of this is refused for want of a right, and directories would be made for them.
  if (!canMount(host)) setSandbox(request, { ...own, roots, apply: sandboxed, sockets: [], privateTmp: undefined });
  if (request.root !== undefined || request.namespacesRequired === true) return;
  const located = locateExecutable(host, command.path, exec.ExecSearchPath);
  if ('code' in located) throw notLocated(host, command.path, located.code, command.ignoreFailure);
}

/** Settings that lead to a step, those first that are named most often. */
const settingsOf: Partial<Record<ExitStep, readonly string[]>> = {
  USER: ['User', 'DynamicUser'],
  GROUP: ['Group', 'SupplementaryGroups', 'User', 'DynamicUser'],
  CAPABILITIES: ['CapabilityBoundingSet'],
  SECUREBITS: ['SecureBits'],
  CHROOT: ['RootDirectory'],
  CHDIR: ['WorkingDirectory'],
  NICE: ['Nice'],
  IOPRIO: ['IOSchedulingClass'],
  SETSCHEDULER: ['CPUSchedulingPolicy', 'CPUSchedulingPriority'],
  NETWORK: ['NetworkNamespacePath'],
  NAMESPACE: ['BindPaths', 'BindReadOnlyPaths', 'TemporaryFileSystem', 'RootDirectory', 'IPCNamespacePath'],
  EXEC: ['ExecCondition', 'ExecStartPre', 'ExecStart'],
};

const failureOf = (step: ExitStep, { message, reason }: { message: string; reason: string }): ForeseenFailure => ({
  message: message.endsWith('.') ? message : `${message}: ${reason}`,
  settings: settingsOf[step] ?? [],
  capability: undefined,
});

/** What the kernel would refuse, and what fails for it. */
function refusal(request: SpawnRequest, owner: ForeseenOwner): ForeseenFailure | undefined {
  const { host } = owner;
  const refused = (step: ExitStep, capability: string): ForeseenFailure => ({
    message: `the container has no ${capability}`,
    settings: settingsOf[step] ?? [],
    capability,
  });
  for (const step of stepsOf(request, owner)) {
    const capability = capabilityLacking(host, step, 'EPERM');
    if (capability !== undefined) return refused(step, capability);
    const id = idLacking(host, request, step);
    if (id !== undefined)
      return {
        message: `the container's user namespace has no ${id}`,
        settings: settingsOf[step] ?? [],
        capability: undefined,
      };
  }
  const ofMounts = request.networkNamespace !== undefined ? 'NETWORK' : 'NAMESPACE';
  const mounts =
    request.namespacesRequired === true || request.networkNamespace !== undefined || request.ipcNamespace !== undefined;
  return mounts && !canMount(host) ? refused(ofMounts, 'CAP_SYS_ADMIN') : undefined;
}

/** Steps that ask for a right of the manager's. */
function stepsOf(request: SpawnRequest, owner: ForeseenOwner): ExitStep[] {
  const { host } = owner;
  const { groups, gid, uid, capabilityBounding, secureBits, root } = request;
  const steps: ExitStep[] = [];
  if (groups !== undefined || (gid !== undefined && gid !== host.gid)) steps.push('GROUP');
  if (uid !== undefined && uid !== host.uid) steps.push('USER');
  if (capabilityBounding !== undefined && (host.capabilities().bounding & ~capabilityBounding) !== 0n)
    steps.push('CAPABILITIES');
  if (secureBits !== undefined) steps.push('SECUREBITS');
  if (root !== undefined) steps.push('CHROOT');
  if (lenienceOf(owner) !== undefined) return steps;
  const speed = refusedForSpeed(request, owner);
  if (speed.includes('IOScheduling')) steps.push('IOPRIO');
  if (speed.includes('CPUScheduling')) steps.push('SETSCHEDULER');
  return steps;
}

/** SCHED_FIFO and SCHED_RR of sched(7); IOPRIO_CLASS_RT of ioprio_set(2). */
const realtimePolicies: readonly number[] = [1, 2];
const realtimeClass = 1;

/** Priorities and limits beyond what the container was given. */
function refusedForSpeed(request: SpawnRequest, { host }: ForeseenOwner): LeftOut[] {
  const { nice, scheduling, ioprio, limits } = request;
  const refused: LeftOut[] = [];
  if (!canSchedule(host)) {
    if (nice !== undefined && nice < leastNice(host.limit('NICE'))) refused.push('Nice');
    if (
      scheduling !== undefined &&
      realtimePolicies.includes(scheduling.policy) &&
      scheduling.priority > host.limit('RTPRIO').soft
    )
      refused.push('CPUScheduling');
    if (ioprio?.class === realtimeClass) refused.push('IOScheduling');
  }
  if (canRaiseLimits(host)) return refused;
  for (const [name, { hard }] of Object.entries(limits) as [keyof typeof limits, ResourceLimit][])
    if (hard > host.limit(name).hard) refused.push(`Limit${name}`);
  return refused;
}

/** getrlimit(2), RLIMIT_NICE: 20 less the limit; at its own nice level, which is 0, a process may always stay. */
const leastNice = ({ soft }: ResourceLimit): number => (soft >= 40 ? -20 : Math.min(0, 20 - soft));
