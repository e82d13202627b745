/** Who a process runs as: User=, Group=, SupplementaryGroups=, DynamicUser= of systemd.exec(5). */

import type { Keeper } from '../kept/keeper.ts';
import { reasonOf } from '../sys/error-text.ts';
import type { Host } from '../sys/host.ts';
import { sipHash24 } from '../text/siphash.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import { StepFailure } from './failure.ts';

export interface Identity {
  /** undefined: stays what the manager is. */
  uid: number | undefined;
  gid: number | undefined;
  /** Supplementary groups of the user, as initgroups(3) has them; undefined: stay as they are. */
  userGroups: number[] | undefined;
  /** These and those of SupplementaryGroups=; undefined: stay as they are. */
  groups: number[] | undefined;
  username: string | undefined;
  /** Undefined where there is none worth telling (`/`, nologin). */
  home: string | undefined;
  shell: string | undefined;
}

interface UserFacts {
  name: string;
  uid: number;
  gid: number;
  home: string | undefined;
  shell: string | undefined;
}

const nobodyId = 65534;
/** Range of dynamic users, systemd.exec(5), DynamicUser=. */
const dynamicIds = { first: 61184, last: 65519 };
/** systemd's key, so that a directory on a volume keeps its owner from one manager to the other. */
const nameKey = Buffer.from('37537e31cfce48f58abb39578dd9ec59', 'hex');

/** Shells that only refuse. */
const noShells = new Set(
  ['/bin', '/sbin', '/usr/bin', '/usr/sbin']
    .map((dir) => `${dir}/nologin`)
    .concat(['/bin/false', '/usr/bin/false', '/bin/true', '/usr/bin/true']),
);

const usable = (path: string): boolean => path.startsWith('/') && path.replace(/\/+/g, '/') !== '/';

function lookupUser(host: Host, name: string): UserFacts | undefined {
  // root and nobody are what they are, whatever passwd says of them.
  if (name === 'root' || name === '0') {
    const bash = host.files.access('/bin/bash', 'exists') ? '/bin/bash' : '/bin/sh';
    return { name: 'root', uid: 0, gid: 0, home: '/root', shell: bash };
  }
  if (name === 'nobody' || name === String(nobodyId))
    return { name: 'nobody', uid: nobodyId, gid: nobodyId, home: undefined, shell: undefined };
  const user = host.lookupUser(name);
  if (user === undefined) return undefined;
  return {
    // A name that shares its number with another stays as it was written.
    name: /^\d+$/.test(name) ? user.name : name,
    uid: user.uid,
    gid: user.gid,
    home: usable(user.home) ? user.home : undefined,
    shell: usable(user.shell) && !noShells.has(user.shell) ? user.shell : undefined,
  };
}

function lookupGroup(host: Host, name: string): number | undefined {
  if (name === 'root' || name === '0') return 0;
  const group = host.lookupGroup(name);
  return group?.gid;
}

/** Dynamic users in use, by name; kept as long as the manager lives, so that a unit gets the same one again. */
class DynamicUsers {
  readonly #host: Host;
  readonly #byName = new Map<string, number>();
  readonly #used = new Set<number>();

  keep(k: Keeper): void {
    for (const [name, id] of k.plain('ids', [...this.#byName])) {
      this.#byName.set(name, id);
      this.#used.add(id);
    }
  }

  constructor(host: Host) {
    this.#host = host;
  }

  /**
   * First the owner of a directory that it has left behind, then the number that systemd makes of its name, then the next
   * that nobody has. Throws StepFailure where all are taken.
   */
  idFor(name: string, directories: readonly string[] = []): number {
    const present = this.#byName.get(name);
    if (present !== undefined) return present;
    const span = dynamicIds.last - dynamicIds.first + 1;
    const start = Number((sipHash24(Buffer.from(name), nameKey) & 0xffffffffn) % BigInt(span));
    const owners = directories.flatMap((path) => this.#host.files.tryStat(path)?.uid ?? []);
    const candidates = owners.filter((id) => id >= dynamicIds.first && id <= dynamicIds.last);
    for (let i = 0; i < span; i++) candidates.push(dynamicIds.first + ((start + i) % span));
    for (const id of candidates) {
      if (this.#used.has(id) || this.#host.lookupUser(String(id)) || this.#host.lookupGroup(String(id))) continue;
      this.#used.add(id);
      this.#byName.set(name, id);
      return id;
    }
    throw new StepFailure('USER', 'Failed to update dynamic user credentials', 'EBUSY');
  }
}

const dynamicUsers = new WeakMap<Host, DynamicUsers>();

export function dynamicUsersOf(host: Host): DynamicUsers {
  let users = dynamicUsers.get(host);
  if (users === undefined) {
    users = new DynamicUsers(host);
    dynamicUsers.set(host, users);
  }
  return users;
}

/** A name that is not there, or that can't be looked up. */
function unknown(
  host: Host,
  step: 'USER' | 'GROUP',
  { message, code = 'ESRCH', reason }: { message: string; code?: string; reason?: string },
): StepFailure {
  const error = host.accountsError();
  if (error === undefined) return new StepFailure(step, message, code, false, reason);
  return new StepFailure(step, message, error.code, false, `${error.path}: ${reasonOf(error)}`);
}

/** A dynamic user has a group of its own, by its own name. */
function takenByGroup(): StepFailure {
  const reason = 'User or group with specified name already exists.';
  return new StepFailure('USER', 'Failed to update dynamic user credentials', 'EOPNOTSUPP', false, reason);
}

/** Throws StepFailure (217 USER, 216 GROUP) for names that do not exist. `directories` are the unit's own. */
export function resolveIdentity(host: Host, exec: ExecSettings, directories: readonly string[]): Identity {
  const id: Identity = {
    uid: undefined,
    gid: undefined,
    userGroups: undefined,
    groups: undefined,
    username: undefined,
    home: undefined,
    shell: undefined,
  };
  // A unit with DynamicUser= always has a User=, and a Group=.
  const { DynamicUser: isDynamic, User: name } = exec;
  if (name !== undefined) {
    const user = lookupUser(host, name);
    if (user !== undefined) Object.assign(id, user, { username: user.name });
    else if (isDynamic) {
      if (lookupGroup(host, name) !== undefined) throw takenByGroup();
      id.uid = dynamicUsersOf(host).idFor(name, directories);
      id.gid = id.uid;
      id.username = name;
    } else throw unknown(host, 'USER', host.voice.manager.unknownUser(name));
  }
  if (exec.Group !== undefined) {
    const gid = lookupGroup(host, exec.Group);
    if (gid !== undefined) id.gid = gid;
    else if (!isDynamic) throw unknown(host, 'GROUP', { message: 'Failed to determine group credentials' });
    else id.gid = dynamicUsersOf(host).idFor(exec.Group);
  }
  // initgroups(3), which systemd calls for a user whose group is not root's.
  if (id.username !== undefined && id.gid !== undefined && id.gid !== 0)
    id.userGroups = host.groupsOf(id.username, id.gid);
  id.groups = supplementaryGroups(host, exec, id.userGroups);
  return id;
}

/**
 * What a system's manager that is not root makes of the same settings: what they ask for has to be what it is, as it can
 * become nobody else. Throws StepFailure (217 USER, 216 GROUP).
 */
export function resolveOwnIdentity(host: Host, exec: ExecSettings): Identity {
  const refuse = (step: 'USER' | 'GROUP', setting: string): never => {
    const which = step === 'USER' ? `uid ${host.uid}` : `gid ${host.gid}`;
    throw new StepFailure(step, `${setting} can't be had, the manager runs as ${which} and not as root`, 'EPERM');
  };
  const isOwn = (name: string, found: number | undefined, own: readonly number[]): boolean =>
    own.includes(found ?? (/^\d+$/.test(name) ? Number(name) : -1));
  if (exec.DynamicUser) refuse('USER', 'DynamicUser=yes');
  const user = lookupUser(host, exec.User ?? String(host.uid));
  if (exec.User !== undefined && !isOwn(exec.User, user?.uid, [host.uid])) refuse('USER', `User=${exec.User}`);
  if (exec.Group !== undefined && !isOwn(exec.Group, lookupGroup(host, exec.Group), [host.gid]))
    refuse('GROUP', `Group=${exec.Group}`);
  for (const name of exec.SupplementaryGroups)
    if (!isOwn(name, lookupGroup(host, name), [host.gid, ...host.groups]))
      refuse('GROUP', `SupplementaryGroups=${name}`);
  const { HOME } = host.environment;
  const home = user?.home ?? (HOME !== undefined && usable(HOME) ? HOME : undefined);
  return {
    uid: undefined,
    gid: undefined,
    userGroups: undefined,
    groups: undefined,
    username: user?.name,
    home,
    shell: user?.shell,
  };
}

function supplementaryGroups(host: Host, exec: ExecSettings, userGroups: number[] | undefined): number[] | undefined {
  if (exec.SupplementaryGroups.length === 0) return userGroups;
  const all = new Set(userGroups ?? []);
  for (const name of exec.SupplementaryGroups) {
    const gid = lookupGroup(host, name);
    if (gid === undefined) throw unknown(host, 'GROUP', { message: 'Failed to determine supplementary groups' });
    all.add(gid);
  }
  return [...all];
}

/** Name and shell of whoever the manager is, for SetLoginEnvironment=yes without User=. */
export const loginOf = (host: Host): { name: string; shell: string | undefined } | undefined =>
  lookupUser(host, String(host.uid));

/** Home directory of whoever the manager is, for WorkingDirectory=~ without User=. */
export function ownHome(host: Host): string | undefined {
  const home = host.environment.HOME;
  if (home?.startsWith('/')) return home;
  return host.uid === 0 ? '/root' : host.lookupUser(String(host.uid))?.home;
}
