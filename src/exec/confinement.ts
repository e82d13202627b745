/** What the manager itself may do: a container lacks some of it. */
import type { Host } from '../sys/host.ts';
import { inUserNamespace } from '../unitfile/conditions/machine.ts';

const CAP_SETGID = 6n;
const CAP_SETUID = 7n;
const CAP_SETPCAP = 8n;
const CAP_SYS_ADMIN = 21n;
const CAP_SYS_NICE = 23n;
const CAP_SYS_RESOURCE = 24n;

const has = (host: Host, capability: bigint): boolean => ((host.capabilities().effective >> capability) & 1n) === 1n;

export const canMount = (host: Host): boolean => has(host, CAP_SYS_ADMIN);

/** Whether processes can be made another user's. */
export const canChangeUser = (host: Host): boolean => has(host, CAP_SETUID) && has(host, CAP_SETGID);

/** Whether something can be taken from the bounding set, and secure bits be set. */
export const canDropCapabilities = (host: Host): boolean => has(host, CAP_SETPCAP);

export interface Manager {
  readonly host: Host;
  readonly scope: 'system' | 'user';
  /** As systemd: nothing is left out. */
  readonly strict?: boolean;
}

const namespaced = new WeakMap<Host, boolean>();

/** A right over the machine itself: in a user namespace (engines without root) it counts for nothing, though one has it. */
function hasOverMachine(host: Host, capability: bigint): boolean {
  if (!has(host, capability)) return false;
  let is = namespaced.get(host);
  if (is === undefined) {
    is = inUserNamespace(host);
    namespaced.set(host, is);
  }
  return !is;
}

/** Whether scheduling may become better than the manager's own. */
export const canSchedule = (host: Host): boolean => hasOverMachine(host, CAP_SYS_NICE);

/** Whether hard limits may be raised. */
export const canRaiseLimits = (host: Host): boolean => hasOverMachine(host, CAP_SYS_RESOURCE);

/** Capability by the step of a spawn that fails without it. */
const capabilityOf: Partial<Record<string, [name: string, number: bigint]>> = {
  USER: ['CAP_SETUID', CAP_SETUID],
  GROUP: ['CAP_SETGID', CAP_SETGID],
  CAPABILITIES: ['CAP_SETPCAP', CAP_SETPCAP],
  SECUREBITS: ['CAP_SETPCAP', CAP_SETPCAP],
  CHROOT: ['CAP_SYS_CHROOT', 18n],
  IOPRIO: ['CAP_SYS_NICE', CAP_SYS_NICE],
  SETSCHEDULER: ['CAP_SYS_NICE', CAP_SYS_NICE],
};

/** The capability that a step was refused for want of, if that was it. */
export function capabilityLacking(host: Host, step: string, code: string): string | undefined {
  const wanted = code === 'EPERM' ? capabilityOf[step] : undefined;
  return wanted === undefined || has(host, wanted[1]) ? undefined : wanted[0];
}

/**
 * The system's manager, or root's, without CAP_SYS_ADMIN: a container of an engine's default privileges, where systemd
 * itself can't run. What can't be given there, and does no harm where it is missing, is left out and said.
 */
export const isConfined = ({ host, scope, strict = false }: Manager): boolean =>
  !strict && (host.uid === 0 || scope === 'system') && !canMount(host);

/** A system's manager that is not root, and can become nobody else. */
export const isBoundToUser = ({ host, scope }: Manager): boolean =>
  scope === 'system' && host.uid !== 0 && !canChangeUser(host);
