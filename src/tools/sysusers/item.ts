/** What lines of sysusers.d(5) ask for. */

/** A user with its group, or a group. */
export interface Item {
  readonly type: 'u' | 'g';
  readonly name: string;
  /** Group of a user, by name. */
  readonly groupName: string | undefined;
  /** Files whose owner and group tell the ids. */
  readonly uidPath: string | undefined;
  readonly gidPath: string | undefined;
  readonly description: string | undefined;
  readonly home: string | undefined;
  readonly shell: string | undefined;
  /** As asked for, then as found or given. */
  uid: number | undefined;
  gid: number | undefined;
  /** The account is locked as a whole, not just its password (`u!`). */
  readonly locked: boolean;
  /** The group of that number must exist; that a group has the user's number is no matter then. */
  strictGroup: boolean;
  /** To be written. */
  newUser: boolean;
  newGroup: boolean;
}

export function newItem(type: Item['type'], name: string): Item {
  return {
    type,
    name,
    groupName: undefined,
    uidPath: undefined,
    gidPath: undefined,
    description: undefined,
    home: undefined,
    shell: undefined,
    uid: undefined,
    gid: undefined,
    locked: false,
    strictGroup: false,
    newUser: false,
    newGroup: false,
  };
}

/** All that was read, in the order in which it first came. */
export interface Configuration {
  readonly users: Map<string, Item>;
  readonly groups: Map<string, Item>;
  /** Users to be members of a group, by the group's name. */
  readonly members: Map<string, string[]>;
  /** Numbers to give; undefined where no line says. */
  ranges: IdRanges | undefined;
}

/** Ids from `first` to `last`. */
interface IdRange {
  first: number;
  last: number;
}

export class IdRanges {
  #ranges: IdRange[] = [];

  add(first: number, last: number): void {
    const all = [...this.#ranges, { first, last }].sort((a, b) => a.first - b.first);
    this.#ranges = [];
    for (const range of all) {
      const before = this.#ranges.at(-1);
      if (before !== undefined && range.first <= before.last + 1) before.last = Math.max(before.last, range.last);
      else this.#ranges.push({ ...range });
    }
  }

  has(id: number): boolean {
    return this.#ranges.some(({ first, last }) => id >= first && id <= last);
  }

  /** The highest id below `id`. */
  below(id: number): number | undefined {
    const range = this.#ranges.findLast(({ first }) => first < id);
    return range === undefined ? undefined : Math.min(range.last, id - 1);
  }
}
