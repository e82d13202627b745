/** Whom the examination is about: the manager of this container, or where none runs who would be one. */
import { livingManager } from '../../control/places.ts';
import type { Host } from '../../sys/host.ts';
import { hostAs, type ProcessRights, rightsOf } from '../../sys/process-rights.ts';

export interface Patient {
  /** The machine as the manager sees it. */
  readonly host: Host;
  /** Its process id, where one runs. */
  readonly manager: number | undefined;
  /** Undefined without /proc. */
  readonly rights: ProcessRights | undefined;
}

/**
 * Whoever asks may be somebody else than the manager: a user, or `docker exec` with more rights. What PID 1 may do everybody
 * can read in /proc.
 */
export function patientOf(host: Host): Patient {
  const manager = livingManager(host, 'system');
  const pid = manager ?? host.pid;
  const rights = rightsOf(host, pid);
  if (rights === undefined || pid === host.pid) return { host, manager, rights };
  const { uid, gid, groups, capabilities } = rights;
  // The front door says so of what a container was started for.
  const isInit = pid === 1 || (host.commandLine(pid) ?? []).includes('--main');
  return { host: hostAs(host, { pid, isInit, uid, gid, groups, capabilities }), manager, rights };
}
