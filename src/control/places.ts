/**
 * Where a manager is found, and where one may be (native/client/places.c has the same, in the same order); and the stamp
 * that says whether what lies there is true.
 *
 * The system's manager has /run; where that can't be written, a directory named by its user under /dev/shm and its kin,
 * and where there is none, an abstract socket. What somebody else could have put there is passed over.
 */
import { dirname } from 'node:path';
import { type Host, SystemError } from '../sys/host.ts';

export type Scope = 'system' | 'user';

export interface Places {
  readonly directory: string;
  /** The control socket; $PIDONE_SOCKET names another. */
  readonly control: string;
  readonly stamp: string;
}

/**
 * A second socket beside the system's, for root and the manager's own user: who connects waits behind those who have connected
 * before, and at the one for everybody there may be very many.
 */
export const privateDoor = (places: Pick<Places, 'directory'>): string => `${places.directory}/private`;

const systemDirectory = '/run/pidone';
const otherBases = ['/dev/shm', '/dev', '/tmp'];

const inBase = (base: string, owner: number): string => `${base}/pidone-${owner}`;

const placesIn = (directory: string, socket = `${directory}/control`): Places => ({
  directory,
  control: socket,
  stamp: `${directory}/manager`,
});

/**
 * What $XDG_RUNTIME_DIR is, or where it is unset could be: where logind would have made it, or in a directory of the user's
 * own (`within`) where everybody can write.
 */
function userRuntimes(host: Host): { runtime: string; within?: string }[] {
  const given = host.environment.XDG_RUNTIME_DIR;
  if (given?.startsWith('/')) return [{ runtime: given }];
  const others = otherBases.map((base) => inBase(base, host.uid));
  return [{ runtime: `/run/user/${host.uid}` }, ...others.map((within) => ({ runtime: `${within}/user`, within }))];
}

/** Names are shared by all that share the network: the root directory tells containers apart. */
function abstractName(host: Host, owner: number): string {
  const { dev, ino } = host.files.stat('/');
  return `@pidone/${owner}/${dev.toString(16)}.${ino.toString(16)}`;
}

const withGivenSocket = (host: Host, places: Places): Places =>
  host.environment.PIDONE_SOCKET ? { ...places, control: host.environment.PIDONE_SOCKET } : places;

// ---- asking -----------------------------------------------------------------------------------------------------------

/** As whom a manager may run that is asked from here: as PID 1 does, as root, as this process. */
export function ownersOf(host: Host): number[] {
  return [...new Set([host.files.tryStat('/proc/1')?.uid ?? 0, 0, host.uid])];
}

/** A directory of its own, in which nobody but one of the owners can have put anything. */
function isPrivate(host: Host, path: string, owners: readonly number[]): boolean {
  const stat = host.files.tryLstat(path);
  return stat?.type === 'directory' && (stat.mode & 0o022) === 0 && owners.includes(stat.uid);
}

/** Directories of managers, living and dead. */
export function managerDirectories(host: Host, scope: Scope, owners: readonly number[]): string[] {
  if (scope === 'user')
    return userRuntimes(host)
      .filter(({ within }) => within === undefined || isPrivate(host, within, [host.uid]))
      .map(({ runtime }) => `${runtime}/pidone`)
      .filter((directory) => isPrivate(host, directory, [host.uid]));
  const others = otherBases.flatMap((base) =>
    owners.map((owner) => inBase(base, owner)).filter((path, index) => isPrivate(host, path, [owners[index]!])),
  );
  return isPrivate(host, systemDirectory, owners) ? [systemDirectory, ...others] : others;
}

/** Where a manager takes connections; undefined where none does. */
export function findManager(host: Host, scope: Scope): Places | undefined {
  const given = host.environment.PIDONE_SOCKET;
  if (given) return [placesIn(systemDirectory, given)].find(({ control }) => isListening(host, control));
  if (scope === 'system') return findOwned(host, scope, ownersOf(host));
  // A user who is PID 1 has that one.
  return findOwned(host, scope, []) ?? (host.uid === 0 ? undefined : findOwned(host, 'system', [host.uid]));
}

function findOwned(host: Host, scope: Scope, owners: readonly number[]): Places | undefined {
  return (
    managerDirectories(host, scope, owners)
      .map((directory) => placesIn(directory))
      .find(({ control }) => isListening(host, control)) ??
    owners
      .map((owner) => placesIn(systemDirectory, abstractName(host, owner)))
      .find(({ control }) => isListening(host, control, owners))
  );
}

/**
 * Whether anybody takes connections at the socket. At a name that anybody could take it has to be one of the owners, and
 * a process that is seen from here.
 */
function isListening(host: Host, path: string, owners?: readonly number[]): boolean {
  try {
    const connection = host.connectStream(path);
    const { peer } = connection;
    connection.destroy();
    return owners === undefined || (peer.pid > 0 && owners.includes(peer.uid));
  } catch (error) {
    if (error instanceof SystemError) return false;
    throw error;
  }
}

// ---- being one --------------------------------------------------------------------------------------------------------

/** What a manager has for itself. */
export interface OwnPlaces extends Places {
  /** What takes the place of /run for what it writes below /run/systemd: units, sockets. */
  readonly runtime: string;
  /** What takes the place of /run for services: %t, RuntimeDirectory=. */
  readonly run: string;
  readonly notify: string;
  /** Why it has not the usual directory, or not /run; undefined where it has both. */
  readonly reason: SystemError | undefined;
  /** There is no directory, and `directory` is only where it would be. */
  readonly homeless: boolean;
}

/** Another manager of the same user has the place. */
export class PlaceTaken extends Error {}

/**
 * Takes a place for this manager for as long as it lives, however it ends: of the system's the first directory that can be
 * written, of a user's the one that there is. `given` is what the front door has taken already. Throws PlaceTaken, or
 * SystemError where a user's can't be written.
 */
export function claimPlaces(host: Host, scope: Scope, given?: string): OwnPlaces {
  if (scope === 'user') {
    const runtime = takeRuntime(host);
    const places = placesIn(`${runtime}/pidone`);
    lock(host, places, false);
    return {
      ...withGivenSocket(host, places),
      runtime,
      run: runtime,
      notify: notifyIn(host, runtime),
      reason: undefined,
      homeless: false,
    };
  }
  const usual = failureOf(() => makeOwn(host, systemDirectory));
  const directory = given ?? candidatesOf(host).find((path) => failureOf(() => makeOwn(host, path)) === undefined);
  const places =
    directory === undefined || directory.startsWith('@')
      ? placesIn(systemDirectory, directory ?? abstractName(host, host.uid))
      : placesIn(directory);
  lock(host, places, given !== undefined);
  const inRun = failureOf(() => makeWritable(host, '/run/systemd'));
  const runtime = inRun === undefined ? '/run' : places.directory;
  const nowhere = failureOf(() => makeWritable(host, `${runtime}/systemd`)) !== undefined;
  return {
    ...withGivenSocket(host, places),
    runtime,
    run: host.files.access('/run', 'write') ? '/run' : places.directory,
    notify: nowhere ? abstractNotify(host) : notifyIn(host, runtime),
    reason: usual ?? inRun,
    homeless: directory === undefined || directory.startsWith('@'),
  };
}

/** Bytes of a path that a socket's address holds (unix(7)); programs know no other way to one. */
const addressLimit = 107;

function notifyIn(host: Host, runtime: string): string {
  const path = `${runtime}/systemd/notify`;
  return Buffer.byteLength(path) <= addressLimit ? path : abstractNotify(host);
}

const abstractNotify = (host: Host): string => `${abstractName(host, host.uid)}/${host.pid}`;

const candidatesOf = (host: Host): string[] => [systemDirectory, ...otherBases.map((base) => inBase(base, host.uid))];

/** Makes the directories of a user's manager in the first place that there can be. Throws SystemError of the first. */
function takeRuntime(host: Host): string {
  const failures: SystemError[] = [];
  for (const { runtime, within } of userRuntimes(host)) {
    const failure = failureOf(() => {
      if (within !== undefined) makeOwn(host, within);
      makeWritable(host, runtime, 0o700);
      makeOwn(host, `${runtime}/pidone`);
      makeWritable(host, `${runtime}/systemd`);
    });
    if (failure === undefined) return runtime;
    failures.push(failure);
  }
  throw failures[0]!;
}

function failureOf(action: () => void): SystemError | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return error;
  }
}

/** Makes a directory. What is to be written in later is tried now. */
function makeWritable(host: Host, path: string, mode = 0o755): void {
  if (host.files.tryStat(path)?.type !== 'directory') {
    host.files.mkdirs(dirname(path), 0o755);
    host.files.mkdir(path, mode);
  }
  if (host.files.access(path, 'write')) return;
  throw host.uid === 0 ? new SystemError('EROFS', 30, 'mkdir', path) : new SystemError('EACCES', 13, 'mkdir', path);
}

/** Makes a directory that is this user's, and that others may look into and no more. */
function makeOwn(host: Host, path: string): void {
  makeWritable(host, path);
  const { type, uid, mode } = host.files.lstat(path);
  if (type !== 'directory') throw new SystemError('ENOTDIR', 20, 'mkdir', path);
  if (uid !== host.uid) throw new SystemError('EACCES', 13, 'mkdir', path);
  if (mode !== 0o755) host.files.chmod(path, 0o755);
}

/** Others may make it at the same time. Throws SystemError. */
function makeUnlessThere({ files }: Host, path: string): void {
  try {
    files.mkdir(path, 0o700);
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'EEXIST') throw error;
  }
}

/**
 * A directory that nobody else may enter, under a lock that ends with the process. Throws PlaceTaken, but not where the
 * front door has the place.
 */
function lock(host: Host, { directory }: Places, given: boolean): void {
  if (host.environment.PIDONE_SOCKET) return;
  const path = `${directory}/alive`;
  try {
    makeUnlessThere(host, path);
    host.files.openDirectory(path, true);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    // Where there can be no lock, as on a file system that has none, two that come at once are not kept apart.
    if (error.code === 'EAGAIN' && !given) throw new PlaceTaken(`A manager runs already (${directory}).`);
  }
}

// ---- stamps -----------------------------------------------------------------------------------------------------------
/**
 * What makes a process id of this boot and this container: a stopped and started container, or an image layer that
 * caught a /run, has another.
 */
export const worldOf = (host: Host): string =>
  `${host.bootId} ${pidNamespace(host)} ${host.process(1)?.startTime ?? 0}`;

/** As /proc calls it, `pid:[4026531836]`; '' where it does not tell. */
export function pidNamespace(host: Host): string {
  try {
    return host.files.readlink('/proc/self/ns/pid');
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return '';
  }
}

/** Says that this process is the manager. Throws SystemError. */
export function writeStamp(host: Host, places: Places): void {
  const self = host.process(host.pid);
  host.files.writeAtomic(places.stamp, `${host.pid} ${self?.startTime ?? 0} ${worldOf(host)}\n`, 0o644);
}

/** The process id of a manager that lives, or is just coming up. */
export function livingManager(host: Host, scope: Scope): number | undefined {
  for (const directory of managerDirectories(host, scope, ownersOf(host))) {
    const pid = stampedBy(host, placesIn(directory));
    if (pid !== undefined) return pid;
  }
  return undefined;
}

/** The same of the manager of one directory, wherever that is. */
export const managerIn = (host: Host, directory: string): number | undefined => stampedBy(host, placesIn(directory));

function stampedBy(host: Host, { stamp }: Places): number | undefined {
  let text: string;
  try {
    text = host.files.readText(stamp, 1024);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
  const match = /^(\d+) (\d+) (.*)\n$/.exec(text);
  if (match === null || match[3] !== worldOf(host)) return undefined;
  const pid = Number(match[1]);
  const found = host.process(pid);
  // One that nobody has reaped is as good as gone.
  return found?.startTime === Number(match[2]) && found.state !== 'Z' ? pid : undefined;
}
