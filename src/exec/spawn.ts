/**
 * From the settings of a unit and one command line to a running process, and what there is to know of it afterwards.
 *
 *   spawn.ts        makes one process (`spawnCommand`)
 *   preparation.ts  what comes before, in the manager: the request that the child works through
 *     identity.ts     who it runs as: User=, Group=, DynamicUser=
 *     stdio.ts        standard input, output and error
 *     directories.ts  RuntimeDirectory= and its siblings; credentials.ts, private-tmp.ts: other files of its own
 *     environment.ts  its variables
 *     context.ts      directory, priorities, limits, capabilities, filters of system calls (seccomp/)
 *     sandbox.ts      namespaces; mounts.ts: the view of the file system in them
 *     executable.ts   the program
 *   failure.ts      how this can fail: in the child, with the status of a step, or so that there is no process;
 *                   last-words.ts: what a child that failed says in the log
 *   tracker.ts      which process belongs to which unit (claims.ts, children.ts, whole-table.ts); kill.ts: signals to them; remove-ipc.ts: what they leave behind
 *   confinement.ts  what the manager may do in this container; left-out.ts: what a process may run without there;
 *                   without-effect.ts: settings that do nothing there
 *
 * When a process is started, and what its end means, is said by the state machines in src/units. The kernel's side, the steps
 * of the child, is in src/sys and native/.
 */
import { errorText, reasonOf } from '../sys/error-text.ts';
import {
  DeadMountError,
  type Host,
  type LateReport,
  type LeftOut,
  type SpawnFailure,
  type SpawnRequest,
  SystemError,
} from '../sys/host.ts';
import { capabilityLacking } from './confinement.ts';
import { notLocated, SpawnError, StepFailure, stepMessages } from './failure.ts';
import { idLacking } from './id-map.ts';
import type { Identity } from './identity.ts';
import { tellUnset, willTell } from './last-words.ts';
import { lenienceOf, sayLeftOut } from './left-out.ts';
import { type Prepared, prepareProcess, type SpawnOwner, type SpawnParameters } from './preparation.ts';
import { ipcOwnersOf } from './remove-ipc.ts';
import { requireDescriptors, shortageText } from './shortage.ts';

export interface Spawned {
  pid: number;
  /** The program does not run: the process ends with the status of a step (200–243). */
  failed: boolean;
  uid: number | undefined;
  gid: number | undefined;
}

/**
 * Starts one process of the unit and adopts it. What fails on the way is logged, and the process ends with the status
 * that systemd.exec(5) names for it. Throws SpawnError, already logged, where there can be no process at all.
 */
export function spawnCommand(owner: SpawnOwner, parameters: SpawnParameters): Spawned {
  const { host } = owner.manager;
  let prepared: Prepared;
  try {
    if (parameters.keepsReserve === true) requireDescriptors(host);
    prepared = prepareProcess(owner, parameters);
  } catch (error) {
    if (error instanceof SpawnError)
      owner.log(3, error.message.endsWith('.') ? error.message : `${error.message}: ${error.reason}`);
    throw error;
  }
  try {
    return spawnPrepared(owner, parameters, prepared);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const reason =
      error instanceof DeadMountError ? reasonOf(error) : shortageText(host, error.code, prepared.request.uid);
    owner.log(3, `Failed to fork: ${reason}`);
    throw new SpawnError('Failed to fork', error.code, reason);
  } finally {
    for (const { fd } of [...prepared.streams, ...prepared.opened]) host.closeFd(fd);
  }
}

/** Hears of a child of the unit that had not begun its program when the manager's was executed anew. */
export function lateReport(owner: SpawnOwner, pid: number): LateReport {
  const { host } = owner.manager;
  const path = host.commandLine(pid)?.[0] ?? '';
  return {
    onLeftOut: (what) => sayLeftOut(owner, what),
    onLateFailure: (late) => willTell(owner, path, pid, stepFailure(host, { path }, late)),
  };
}

/** Throws SystemError where the kernel makes no process. */
function spawnPrepared(owner: SpawnOwner, { exec, command }: SpawnParameters, prepared: Prepared): Spawned {
  const { host, tracker } = owner.manager;
  const { request, identity, streams } = prepared;
  let child = 0;
  const lenient = lenienceOf(owner.manager);
  if (lenient !== undefined)
    Object.assign(request, { lenient, onLeftOut: (what: readonly LeftOut[]) => sayLeftOut(owner, what) });
  request.onLateFailure = (late) => willTell(owner, command.path, child, stepFailure(host, request, late));
  const { pid, failure } = host.spawn(request);
  child = pid;
  tracker.spawned(pid, owner.id);
  if (identity !== undefined) ipcOwnersOf(host).hold(owner.id, identity, exec.RemoveIPC);
  if (host.voice.manager.tellsOfUnsetVariables) tellUnset(owner, command.path, pid, prepared.unset);
  for (const stream of streams) stream.setProcess({ pid, ...idsOf(identity) });
  const told = prepared.failure ?? (failure === undefined ? undefined : stepFailure(host, request, failure));
  if (told !== undefined) willTell(owner, command.path, pid, told);
  return { pid, failed: told !== undefined, uid: identity?.uid, gid: identity?.gid };
}

function idsOf(identity: Identity | undefined): { uid?: number; gid?: number } {
  return {
    ...(identity?.uid === undefined ? {} : { uid: identity.uid }),
    ...(identity?.gid === undefined ? {} : { gid: identity.gid }),
  };
}

type Failed = Pick<SpawnRequest, 'path'> &
  Partial<
    Pick<
      SpawnRequest,
      'mounts' | 'networkNamespace' | 'ipcNamespace' | 'userNamespace' | 'root' | 'uid' | 'gid' | 'groups' | 'locate'
    >
  >;

/** A step that the child failed at, in systemd's words. */
function stepFailure(host: Host, request: Failed, { step, code, mount, located }: SpawnFailure): StepFailure {
  const { path, mounts = [], networkNamespace, ipcNamespace, userNamespace } = request;
  if (located === false) return notLocated(host, path, code, request.locate === 'if it is there');
  // Opening fails for what the file is, joining for other reasons.
  const [kind, namespace] =
    step === 'NETWORK'
      ? ['network', networkNamespace]
      : ipcNamespace !== undefined
        ? ['IPC', ipcNamespace]
        : ['user', userNamespace];
  if ((step === 'NETWORK' || step === 'NAMESPACE') && namespace !== undefined && code !== 'EPERM')
    return new StepFailure(step, `Failed to open ${kind} namespace path ${namespace}`, code);
  const about = (stepMessages[step] ?? `Failed at step ${step}`).replace('%s', path);
  // Without the root itself no mount is to blame.
  const rooted = request.root === undefined || host.files.access(request.root, 'exists');
  const failed = mount === undefined || !rooted ? undefined : mounts[mount];
  const where = failed === undefined ? '' : `: ${host.voice.manager.mountTarget(failed.target)}`;
  return new StepFailure(step, about + where, code, false, stepReason(host, request, step, code));
}

/** The errno's text, and what of the container it comes from where that can be told. */
function stepReason(host: Host, request: Failed, step: string, code: string): string {
  const lacking = capabilityLacking(host, step, code);
  if (lacking !== undefined) return `${errorText(code)} (the container has no ${lacking})`;
  const id = code === 'EINVAL' ? idLacking(host, request, step) : undefined;
  if (id !== undefined) return `${errorText(code)} (the container's user namespace has no ${id})`;
  return shortageText(host, code, request.uid);
}
