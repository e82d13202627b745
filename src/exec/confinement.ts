/** What the manager itself may do: a container lacks some of it. */
import type { Host } from '../sys/host.ts';

const CAP_SYS_ADMIN = 21n;

export const canMount = (host: Host): boolean => ((host.capabilities().effective >> CAP_SYS_ADMIN) & 1n) === 1n;

/**
 * Root without CAP_SYS_ADMIN: a container of an engine's default privileges, where systemd itself can't run. What can't be
 * given there, and does no harm where it is missing, is left out and said.
 */
export const isConfined = (host: Host): boolean => host.uid === 0 && !canMount(host);
