/** The four files written anew: each beside the old one first, then a copy of the old one, then all renamed. */

import type { Severity } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import { type FileStat, type Files, type Host, SystemError } from '../../sys/host.ts';
import { textToBytes } from '../../text/bytes.ts';
import { pathJoin } from '../../text/paths.ts';
import { credentialNameIsValid } from '../../values/names.ts';
import { type DatabaseName, type Entry, isNis, membersOf, readDatabase, textOf } from './databases.ts';
import type { Configuration, Item } from './item.ts';
import { shellOf } from './shells.ts';

export interface WriterOptions {
  readonly host: Host;
  readonly root: string | undefined;
  readonly configuration: Configuration;
  readonly newUsers: ReadonlyMap<number, Item>;
  readonly newGroups: ReadonlyMap<number, Item>;
  /** Days since the epoch, for the last change of passwords. */
  readonly today: number;
  /** $CREDENTIALS_DIRECTORY. */
  readonly credentials: string | undefined;
  readonly dryRun: boolean;
  readonly say: (severity: Severity, text: string) => void;
}

/** A file that could not be written. What is to be said has been said: nothing, where systemd says nothing. */
class WriteFailed extends Error {}

/** The password field: look into shadow(5); and there: none. */
const seeShadow = 'x';
const locked = '!*';
/** shadow(5), the account's expiration: a day so long ago that nobody can log in by any way. */
const lockedSince = '1';

interface NewFile {
  readonly path: string;
  readonly temporary: string;
}

export class Writer {
  readonly #options: WriterOptions;
  readonly #files: Files;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#files = options.host.files;
  }

  /** False where something failed; nothing has been changed then, unless it was the last step that did. */
  write(): boolean {
    const made: NewFile[] = [];
    try {
      const steps: [DatabaseName, (old: Entry[]) => Entry[] | undefined][] = [
        ['group', (old) => this.#group(old)],
        ['gshadow', (old) => this.#gshadow(old)],
        ['passwd', (old) => this.#passwd(old)],
        ['shadow', (old) => this.#shadow(old)],
      ];
      for (const [kind, change] of steps) {
        const file = this.#prepare(kind, change);
        if (file !== undefined) made.push(file);
      }
      for (const { path } of made) {
        this.#attempt(
          () => this.#backUp(path),
          (reason) => `Failed to backup ${path}: ${reason}`,
        );
      }
      for (const { path, temporary } of made) {
        this.#attempt(
          () => this.#files.rename(temporary, path),
          (reason) => `Failed to rename ${temporary} to ${path}: ${reason}`,
        );
      }
      return true;
    } catch (error) {
      if (!(error instanceof WriteFailed)) throw error;
      for (const { temporary } of made)
        if (this.#files.tryLstat(temporary) !== undefined) this.#files.unlink(temporary);
      return false;
    }
  }

  #fail(text: string): never {
    this.#options.say('error', text);
    throw new WriteFailed();
  }

  #attempt<T>(call: () => T, text: (reason: string) => string): T {
    try {
      return call();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return this.#fail(text(errorText(error.code)));
    }
  }

  /** Writes what a file becomes to a temporary one; undefined where it stays as it is. */
  #prepare(kind: DatabaseName, change: (old: Entry[]) => Entry[] | undefined): NewFile | undefined {
    const { configuration, newGroups, newUsers, dryRun, root, say, host } = this.#options;
    const ofGroups = kind === 'group' || kind === 'gshadow';
    const isIdle = ofGroups ? newGroups.size + configuration.members.size === 0 : newUsers.size === 0;
    if (isIdle) return undefined;
    if (dryRun) {
      say('info', `Would write /etc/${kind}…`);
      return undefined;
    }
    const path = pathJoin(root ?? '', '/etc', kind);
    const read = (reason: string): string => `Failed to open ${path}: ${reason}`;
    const old = this.#attempt(() => readDatabase(this.#files, path, kind), read);
    const entries = change(old ?? []);
    if (entries === undefined) return undefined;
    const stat = old === undefined ? undefined : this.#attempt(() => this.#files.stat(path), read);
    const temporary = pathJoin(root ?? '', '/etc', `.#${kind}${host.randomBytes(8).toString('hex')}`);
    const mode = kind === 'passwd' || kind === 'group' ? 0o644 : 0;
    this.#attempt(
      () => this.#writeNew(temporary, textToBytes(textOf(entries)), stat, stat?.mode ?? mode),
      (reason) => `Failed to open temporary copy of ${path}: ${reason}`,
    );
    return { path, temporary };
  }

  #writeNew(path: string, data: Uint8Array, owner: FileStat | undefined, mode: number): void {
    const file = this.#files.openWritable(path, 'new', 0o600);
    try {
      file.write(data);
      if (owner !== undefined) file.chown(owner.uid, owner.gid);
      file.chmod(mode);
      file.sync();
    } finally {
      file.close();
    }
  }

  /** The file as it was, under its name with a `-` behind it, as shadow(5) has it. */
  #backUp(path: string): void {
    const stat = this.#files.tryStat(path);
    if (stat === undefined) return;
    const temporary = `${path}-.#${this.#options.host.randomBytes(8).toString('hex')}`;
    this.#writeNew(temporary, this.#files.readFile(path), stat, stat.mode);
    this.#files.utimes(temporary, stat.atimeMs, stat.mtimeMs);
    this.#files.rename(temporary, `${path}-`);
  }

  /** Members that lines add to a group; undefined where it has them all. */
  #withMembers(group: string, members: string): string | undefined {
    const old = membersOf(members);
    const added = (this.#options.configuration.members.get(group) ?? []).filter((name) => !old.includes(name));
    return added.length === 0 ? undefined : [...new Set([...old, ...added])].sort().join(',');
  }

  /** Old entries with more members, new ones, then those of NIS; undefined where nothing has changed. */
  #groupEntries(old: readonly Entry[], added: readonly Entry[]): Entry[] | undefined {
    let changed = added.length > 0;
    const nis = old.findIndex(isNis);
    const kept = old.slice(0, nis < 0 ? old.length : nis);
    const entries = [...kept, ...added].map((entry) => {
      const members = this.#withMembers(entry[0]!, entry[3]!);
      if (members === undefined) return entry;
      changed = true;
      return [...entry.slice(0, 3), members];
    });
    return changed ? [...entries, ...old.slice(kept.length)] : undefined;
  }

  #group(old: Entry[]): Entry[] | undefined {
    const { configuration, newGroups, root } = this.#options;
    const path = pathJoin(root ?? '', '/etc/group');
    for (const [name, , gid] of old) {
      const isNew = configuration.groups.get(name!)?.newGroup;
      if (isNew) this.#fail(`${path}: Group "${name}" already exists.`);
      if (newGroups.has(Number(gid))) this.#fail(`${path}: Detected collision for GID ${gid}.`);
    }
    const added = [...newGroups].map(([gid, { name }]) => [name, seeShadow, String(gid), '']);
    return this.#groupEntries(old, added);
  }

  #gshadow(old: Entry[]): Entry[] | undefined {
    const { configuration, newGroups, root } = this.#options;
    const path = pathJoin(root ?? '', '/etc/gshadow');
    for (const [name] of old) {
      if (configuration.groups.get(name!)?.newGroup) this.#fail(`${path}: Group "${name}" already exists.`);
    }
    const added = [...newGroups.values()].map(({ name }) => [name, locked, '', '']);
    return this.#groupEntries(old, added);
  }

  #passwd(old: Entry[]): Entry[] {
    const { configuration, newUsers, root } = this.#options;
    const path = pathJoin(root ?? '', '/etc/passwd');
    for (const [name, , uid] of old) {
      if (configuration.users.get(name!)?.newUser) this.#fail(`${path}: User "${name}" already exists.`);
      if (newUsers.has(Number(uid))) this.#fail(`${path}: Detected collision for UID ${uid}.`);
    }
    const added = [...newUsers].map(([uid, item]) => {
      const shell = this.#credential(`passwd.shell.${item.name}`) ?? shellOf(this.#files, root, item);
      const { name, gid, description, home } = item;
      return [name, seeShadow, String(uid), String(gid), description ?? '', home ?? '/', shell ?? ''];
    });
    return beforeNis(old, added);
  }

  #shadow(old: Entry[]): Entry[] {
    const { configuration, newUsers } = this.#options;
    const today = String(this.#options.today);
    const there = new Set<string>();
    const kept = old.map((entry) => {
      const name = entry[0]!;
      if (!configuration.users.get(name)?.newUser) return entry;
      there.add(name);
      const expires = configuration.users.get(name)!.locked ? lockedSince : (entry[7] ?? '');
      return [...entry.slice(0, 2), today, ...entry.slice(3, 7), expires, ...entry.slice(8)];
    });
    const added = [...newUsers.values()]
      .filter(({ name }) => !there.has(name))
      .map((item) => [item.name, this.#password(item.name), today, '', '', '', '', item.locked ? lockedSince : '', '']);
    return beforeNis(kept, added);
  }

  #password(name: string): string {
    const hashed = this.#credential(`passwd.hashed-password.${name}`);
    if (hashed !== undefined) return hashed;
    const plain = `passwd.plaintext-password.${name}`;
    if (this.#credential(plain) !== undefined)
      this.#options.say('warning', `Cannot hash credential ${plain}, use passwd.hashed-password.${name}; ignoring.`);
    return locked;
  }

  #credential(name: string): string | undefined {
    const { credentials } = this.#options;
    if (credentials === undefined || !credentialNameIsValid(name)) return undefined;
    try {
      return this.#files.readText(pathJoin(credentials, name));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return undefined;
    }
  }
}

/** Entries of NIS stay the last ones. */
function beforeNis(old: readonly Entry[], added: readonly Entry[]): Entry[] {
  const nis = old.findIndex(isNis);
  return nis < 0 ? [...old, ...added] : [...old.slice(0, nis), ...added, ...old.slice(nis)];
}
