/** What the manager itself may do: a container lacks some of it. */
import type { Host } from '../sys/host.ts';

const CAP_SETGID = 6n;
const CAP_SETUID = 7n;
const CAP_SETPCAP = 8n;
const CAP_SYS_ADMIN = 21n;

const has = (host: Host, capability: bigint): boolean => ((host.capabilities().effective >> capability) & 1n) === 1n;

export const canMount = (host: Host): boolean => has(host, CAP_SYS_ADMIN);

/** Whether processes can be made another user's. */
const canChangeUser = (host: Host): boolean => has(host, CAP_SETUID) && has(host, CAP_SETGID);

/** Whether something can be taken from the bounding set, and secure bits be set. */
export const canDropCapabilities = (host: Host): boolean => has(host, CAP_SETPCAP);

export interface Manager {
  readonly host: Host;
  readonly scope: 'system' | 'user';
}

/**
 * The system's manager, or root's, without CAP_SYS_ADMIN: a container of an engine's default privileges, where systemd
 * itself can't run. What can't be given there, and does no harm where it is missing, is left out and said.
 */
export const isConfined = ({ host, scope }: Manager): boolean =>
  (host.uid === 0 || scope === 'system') && !canMount(host);

/** A system's manager that is not root, and can become nobody else. */
export const isBoundToUser = ({ host, scope }: Manager): boolean =>
  scope === 'system' && host.uid !== 0 && !canChangeUser(host);
