/** Which numbers users and groups get (sysusers.d(5), "ID"). */

import type { Severity } from '../../program/messages.ts';
import type { FileStat, Files } from '../../sys/host.ts';
import { pathJoin } from '../../text/paths.ts';
import { type Entry, isNis } from './databases.ts';
import { type Configuration, IdRanges, type Item } from './item.ts';

/** Of system users and groups, as Debian builds systemd; login.defs(5) is not asked. */
const systemIds = { first: 1, last: 999 };

/** Names and numbers that exist; of two with one name or number the first counts. */
class Known {
  readonly byName = new Map<string, number>();
  readonly byId = new Map<number, string>();

  constructor(entries: readonly Entry[] | undefined) {
    for (const entry of entries ?? []) {
      const [name, , id] = entry;
      if (isNis(entry) || id === undefined) continue;
      const number = Number(id);
      if (!this.byName.has(name!)) this.byName.set(name!, number);
      if (!this.byId.has(number)) this.byId.set(number, name!);
    }
  }
}

/** A user or group that cannot be made; the reason is for a message. */
class Impossible extends Error {}

export interface AllocatorOptions {
  readonly files: Files;
  readonly root: string | undefined;
  readonly configuration: Configuration;
  readonly say: (severity: Severity, text: string) => void;
}

export class Allocator {
  readonly #files: Files;
  readonly #root: string | undefined;
  readonly #configuration: Configuration;
  readonly #say: AllocatorOptions['say'];
  readonly #users: Known;
  readonly #groups: Known;
  readonly #ranges: IdRanges;
  /** The last number that was tried. */
  #last = 2 ** 32 - 1;
  /** What is to be written, by number. */
  readonly newUsers = new Map<number, Item>();
  readonly newGroups = new Map<number, Item>();

  constructor(options: AllocatorOptions, passwd: readonly Entry[] | undefined, group: readonly Entry[] | undefined) {
    const { files, root, configuration, say } = options;
    this.#files = files;
    this.#root = root;
    this.#configuration = configuration;
    this.#say = say;
    this.#users = new Known(passwd);
    this.#groups = new Known(group);
    this.#ranges = configuration.ranges ?? systemRange();
  }

  /** Finds numbers for everything; what cannot be made is told and left out. */
  allocate(): void {
    const { groups, users } = this.#configuration;
    for (const item of [...groups.values(), ...users.values()]) {
      try {
        if (item.type === 'g') this.#group(item);
        else this.#userAndGroup(item);
      } catch (error) {
        if (!(error instanceof Impossible)) throw error;
        this.#say('error', error.message);
      }
    }
  }

  #userAndGroup(item: Item): void {
    const { groups, users } = this.#configuration;
    const name = item.groupName ?? item.name;
    const queued =
      item.gid !== undefined
        ? undefined
        : (groups.get(name) ?? (item.groupName === undefined ? undefined : users.get(item.groupName)));
    if (queued?.newGroup) {
      item.gid = queued.gid;
      item.strictGroup = true;
    } else if (item.groupName !== undefined) {
      item.gid = this.#groups.byName.get(item.groupName);
      if (item.gid === undefined) throw new Impossible(`Group ${item.groupName} not found.`);
      item.strictGroup = true;
    } else this.#group(item);
    this.#user(item);
  }

  #group(item: Item): void {
    const existing = this.#groups.byName.get(item.name);
    if (existing !== undefined) {
      item.gid = existing;
      return;
    }
    if (item.gid !== undefined) {
      const isFree = this.#isFreeGid(item.gid, false);
      if (item.strictGroup) {
        if (isFree) throw new Impossible(`Failed to create ${item.name}: please create GID ${item.gid}`);
        return;
      }
      if (!isFree) {
        this.#say('info', `Suggested group ID ${item.gid} for ${item.name} already used.`);
        item.gid = undefined;
      }
    }
    if (item.gid === undefined && item.uid !== undefined && this.#isFreeGid(item.uid, true)) item.gid = item.uid;
    if (item.gid === undefined) {
      const { gid } = this.#idsOfFiles(item);
      if (gid !== undefined && gid > 0 && this.#ranges.has(gid) && this.#isFreeGid(gid, true)) item.gid = gid;
    }
    item.gid ??= this.#next(
      (id) => this.#isFreeGid(id, true),
      () => `No free group ID available for ${item.name}.`,
    );
    if (this.newGroups.has(item.gid)) {
      throw new Impossible(
        `Requested group ${item.name} with GID ${item.gid} to be created is duplicated or conflicts with another user.`,
      );
    }
    this.newGroups.set(item.gid, item);
    item.newGroup = true;
    this.#say('info', `Creating group '${item.name}' with GID ${item.gid}.`);
  }

  #user(item: Item): void {
    const { name } = item;
    const existing = this.#users.byName.get(name);
    if (existing !== undefined) {
      item.uid = existing;
      return;
    }
    if (item.uid !== undefined && !this.#isFreeUid(item.uid, name, !item.strictGroup)) {
      this.#say('info', `Suggested user ID ${item.uid} for ${name} already used.`);
      item.uid = undefined;
    }
    if (item.uid === undefined) {
      const { uid } = this.#idsOfFiles(item);
      if (uid !== undefined && uid > 0 && this.#ranges.has(uid) && this.#isFreeUid(uid, name, true)) item.uid = uid;
    }
    if (item.uid === undefined && item.gid !== undefined && this.#isFreeUid(item.gid, name, true)) item.uid = item.gid;
    item.uid ??= this.#next(
      (id) => this.#isFreeUid(id, name, true),
      () => `No free user ID available for ${name}.`,
    );
    if (this.newUsers.has(item.uid)) {
      throw new Impossible(
        `Requested user ${name} with UID ${item.uid} and gid${item.gid} to be created is duplicated ` +
          'or conflicts with another user.',
      );
    }
    this.newUsers.set(item.uid, item);
    item.newUser = true;
    this.#say(
      'info',
      `Creating user '${name}' (${item.description ?? 'n/a'}) with UID ${item.uid} and GID ${item.gid}.`,
    );
  }

  /** The next lower number that is free; users and groups go down together, so that most have one number. */
  #next(isFree: (id: number) => boolean, none: () => string): number {
    for (;;) {
      const id = this.#last === 0 ? undefined : this.#ranges.below(this.#last);
      if (id === undefined) throw new Impossible(none());
      this.#last = id;
      if (isFree(id)) return id;
    }
  }

  /** `withGroups`: nor may it be the number of a group of another name. */
  #isFreeUid(uid: number, name: string, withGroups: boolean): boolean {
    if (this.newUsers.has(uid) || this.#users.byId.has(uid)) return false;
    if (!withGroups) return true;
    const group = this.newGroups.get(uid)?.name ?? this.#groups.byId.get(uid);
    return group === undefined || group === name;
  }

  #isFreeGid(gid: number, withUsers: boolean): boolean {
    if (this.newGroups.has(gid) || this.#groups.byId.has(gid)) return false;
    return !withUsers || !(this.newUsers.has(gid) || this.#users.byId.has(gid));
  }

  /** Owners of the files that a line names: a group's file is good for the user, too, and the other way round. */
  #idsOfFiles({ uidPath, gidPath }: Item): { uid: number | undefined; gid: number | undefined } {
    const stat = (path: string | undefined): FileStat | undefined =>
      path === undefined ? undefined : this.#files.tryStat(pathJoin(this.#root ?? '', path));
    const [ofUser, ofGroup] = [stat(uidPath), stat(gidPath)];
    return { uid: ofUser?.uid ?? ofGroup?.gid, gid: ofGroup?.gid ?? ofUser?.gid };
  }
}

function systemRange(): IdRanges {
  const ranges = new IdRanges();
  ranges.add(systemIds.first, systemIds.last);
  return ranges;
}
