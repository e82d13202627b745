/**
 * What a container withholds from its manager, each in one line that says what follows from it. They are told once, at the
 * start: in the log, and on the console, where the first look goes when something does not run.
 */
import type { OwnPlaces, Scope } from '../../control/places.ts';
import { canChangeUser, isBoundToUser } from '../../exec/confinement.ts';
import { hasUsualIds, idsThere } from '../../exec/id-map.ts';
import { errorText } from '../../sys/error-text.ts';
import type { Host } from '../../sys/host.ts';

/** Of a manager that stands for PID 1 without being it. */
export function initLimit(host: Host): string | undefined {
  if (!host.isInit || host.pid === 1) return undefined;
  const init = host.process(1)?.comm;
  const below = host.process(host.pid)?.ppid === 1 ? `runs below it, as process ${host.pid}` : `is process ${host.pid}`;
  return `PID 1 is ${init ?? 'another process'}: the manager ${below}, and the container ends with it.`;
}

/** Of a system's manager that is not root. */
export function userLimit(host: Host, scope: Scope): string | undefined {
  if (!isBoundToUser({ host, scope })) return undefined;
  const name = host.lookupUser(String(host.uid))?.name;
  const who = name === undefined ? `uid ${host.uid}` : `${name} (uid ${host.uid})`;
  return `The manager runs as ${who}, not as root: units that ask for another user (User=), or need root's rights, fail.`;
}

/** Of root without the right to become another user: `--cap-drop=ALL`. */
export function capabilityLimit(host: Host, scope: Scope): string | undefined {
  if (scope === 'user' || host.uid !== 0 || canChangeUser(host)) return undefined;
  return 'The container has no CAP_SETUID and CAP_SETGID: units that ask for another user or group (User=, Group=) fail.';
}

/** Of root in a user namespace of few ids: an engine that is not root, and was given no others (subuid(5)). */
export function idLimit(host: Host, scope: Scope): string | undefined {
  if (scope === 'user' || host.uid !== 0 || hasUsualIds(host)) return undefined;
  const count = idsThere(host, 'uid');
  const ids = count === 1 ? 'one user id' : `${count} user ids`;
  return `The container's user namespace has ${ids}: units that ask for another user or group (User=, Group=) fail.`;
}

/** Without /proc. */
export function procLimit(host: Host): string | undefined {
  if (host.process(host.pid) !== undefined) return undefined;
  return 'There is no /proc: of a service only those processes are known that the manager has started itself.';
}

/** Of a manager that has not the usual places in /run; undefined where it has. After /run has been prepared. */
export function placeLimit(host: Host, { reason, homeless, directory, runtime }: OwnPlaces): string | undefined {
  if (reason === undefined) return undefined;
  const why = `${reason.path ?? '/run'} can't be written (${errorText(reason.code)})`;
  const booted = host.files.tryStat('/run/systemd/system')?.type === 'directory';
  const unseen = booted ? '' : ' Programs that look for /run/systemd/system will think that systemd does not run.';
  if (!homeless) {
    const what = runtime === '/run' ? 'listens' : 'keeps its state';
    return `${why}: the manager ${what} in ${directory}.${unseen}`;
  }
  return `${why}, nor can any other directory: there will be no transient, generated and runtime units, and no sockets of the journal.${unseen}`;
}
