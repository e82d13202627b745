/** Users and groups from the container's own passwd(5) and group(5), read again when the files change. */
import { type Files, type GroupRecord, SystemError, type UserRecord } from './host.ts';

interface Cached<T> {
  stamp: string;
  error: SystemError | undefined;
  records: T[];
  byName: Map<string, T>;
  byId: Map<number, T>;
}

export class Accounts {
  readonly #files: Files;
  #users: Cached<UserRecord> | undefined;
  #groups: Cached<GroupRecord> | undefined;

  constructor(files: Files) {
    this.#files = files;
  }

  user(nameOrId: string): UserRecord | undefined {
    this.#users = this.#read('/etc/passwd', this.#users, parseUser, (u) => u.uid);
    return this.#users.byName.get(nameOrId) ?? this.#users.byId.get(idOf(nameOrId));
  }

  group(nameOrId: string): GroupRecord | undefined {
    return this.#allGroups().byName.get(nameOrId) ?? this.#allGroups().byId.get(idOf(nameOrId));
  }

  /** Why a file that is there could not be read when it was last asked. */
  get error(): SystemError | undefined {
    return this.#users?.error ?? this.#groups?.error;
  }

  groupsOf(user: string, gid: number): number[] {
    const listed = this.#allGroups().records.filter((g) => g.members.includes(user));
    return [...new Set([gid, ...listed.map((g) => g.gid)])];
  }

  #allGroups(): Cached<GroupRecord> {
    this.#groups = this.#read('/etc/group', this.#groups, parseGroup, (g) => g.gid);
    return this.#groups;
  }

  #read<T extends { name: string }>(
    path: string,
    cached: Cached<T> | undefined,
    parse: (fields: string[]) => T | undefined,
    id: (record: T) => number,
  ): Cached<T> {
    const stat = this.#files.tryStat(path);
    const stamp = stat === undefined ? '' : `${stat.dev}:${stat.ino}:${stat.mtimeMs}:${stat.size}`;
    if (cached?.stamp === stamp) return cached;
    const fresh: Cached<T> = { stamp, error: undefined, records: [], byName: new Map(), byId: new Map() };
    let text = '';
    try {
      text = this.#files.readText(path);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // No accounts: only numbers can be resolved, by whoever asks.
      if (error.code !== 'ENOENT') fresh.error = error;
    }
    for (const line of text.split('\n')) {
      const record = parse(line.split(':'));
      if (record === undefined) continue;
      fresh.records.push(record);
      // The first line of a name or number counts, as in the C library.
      if (!fresh.byName.has(record.name)) fresh.byName.set(record.name, record);
      if (!fresh.byId.has(id(record))) fresh.byId.set(id(record), record);
    }
    return fresh;
  }
}

function idOf(text: string): number {
  return /^\d{1,10}$/.test(text) ? Number(text) : -1;
}

function parseUser(fields: string[]): UserRecord | undefined {
  if (fields.length !== 7) return undefined;
  const [name, , uid, gid, gecos, home, shell] = fields as [string, string, string, string, string, string, string];
  if (name === '' || idOf(uid) < 0 || idOf(gid) < 0) return undefined;
  return { name, uid: Number(uid), gid: Number(gid), gecos, home, shell };
}

function parseGroup(fields: string[]): GroupRecord | undefined {
  if (fields.length !== 4) return undefined;
  const [name, , gid, members] = fields as [string, string, string, string];
  if (name === '' || idOf(gid) < 0) return undefined;
  return { name, gid: Number(gid), members: members === '' ? [] : members.split(',') };
}
