/** Which partitions of a disk image may be used, and how they have to be protected: systemd.image-policy(7). */

/** How a partition may be found; one release after another knows more of them. */
const uses = ['verity', 'signed', 'encrypted', 'encryptedwithintegrity', 'unprotected', 'unused', 'absent'] as const;
const fileSystems = ['btrfs', 'erofs', 'ext4', 'f2fs', 'squashfs', 'vfat', 'xfs'] as const;
const readOnly = ['read-only-on', 'read-only-off'] as const;
const growFs = ['growfs-off', 'growfs-on'] as const;

export type PolicyUse = (typeof uses)[number];
type Flag = PolicyUse | (typeof fileSystems)[number] | (typeof readOnly)[number] | (typeof growFs)[number];
type Flags = ReadonlySet<Flag>;

/** In the order in which they are written. */
const flagNames: readonly Flag[] = [...uses, ...readOnly, ...growFs, ...fileSystems];

/** In the order in which they are written and shown. */
export const partitionNames = [
  'root',
  'usr',
  'home',
  'srv',
  'esp',
  'xbootldr',
  'swap',
  'root-verity',
  'usr-verity',
  'root-verity-sig',
  'usr-verity-sig',
  'tmp',
  'var',
] as const;
type Partition = (typeof partitionNames)[number];
const withVerity: ReadonlySet<string> = new Set(['root', 'usr']);

const ignored: readonly PolicyUse[] = ['unused', 'absent'];
const without = (names: Flags | readonly Flag[], gone: readonly Flag[]): Flag[] =>
  [...names].filter((name) => !gone.includes(name));
const has = (flags: Flags, names: readonly Flag[]): boolean => names.some((name) => flags.has(name));
const sameFlags = (a: Flags, b: Flags): boolean => a.size === b.size && [...a].every((flag) => b.has(flag));

/** Why a text is no policy, by its errno. */
export type PolicyFault = 'ENOTUNIQ' | 'EBADSLT' | 'EBADRQC' | 'EINVAL';

/** What one line of the table of `systemd-analyze image-policy` says. */
export interface PartitionPolicy {
  readonly use: string;
  readonly uses: ReadonlySet<PolicyUse>;
  readonly readOnly: boolean | undefined;
  readonly growFs: boolean | undefined;
  readonly fileSystems: string;
}

export class ImagePolicy {
  readonly #rules: ReadonlyMap<Partition, Flags>;
  readonly #default: Flags;
  /** What a partition may be that may be everything. */
  readonly #open: readonly PolicyUse[];

  private constructor(rules: ReadonlyMap<Partition, Flags>, all: Flags, open: readonly PolicyUse[]) {
    this.#rules = rules;
    this.#default = all;
    this.#open = open;
  }

  /**
   * Reads one. `unknown` are uses that there are not yet. With `graceful` a partition or flag that nobody knows is passed
   * over, as of a later release.
   */
  static parse(
    text: string,
    { graceful = false, unknown = [] }: { graceful?: boolean; unknown?: readonly PolicyUse[] } = {},
  ): ImagePolicy | PolicyFault {
    const open = uses.filter((use) => !unknown.includes(use));
    const symbols: Readonly<Record<string, readonly PolicyUse[]>> = {
      '': ignored,
      '-': ignored,
      '*': open,
      '~': ['absent'],
    };
    const symbol = symbols[text];
    if (symbol !== undefined) return new ImagePolicy(new Map(), new Set(symbol), open);
    const rules = new Map<Partition, Flags>();
    let all: Flags | undefined;
    for (const rule of text.split(':')) {
      const equal = rule.indexOf('=');
      if (equal < 0) return 'EINVAL';
      const name = rule.slice(0, equal).trim();
      const partition = partitionNames.find((known) => known === name);
      if (name !== '' && partition === undefined) {
        if (graceful) continue;
        return 'EBADSLT';
      }
      if (partition === undefined ? all !== undefined : rules.has(partition)) return 'ENOTUNIQ';
      const flags = parseFlags(rule.slice(equal + 1).trim(), open, graceful);
      if (flags === undefined) return 'EBADRQC';
      if (partition === undefined) all = flags;
      else rules.set(partition, flags);
    }
    return new ImagePolicy(rules, all ?? new Set(ignored), open);
  }

  /** As short as it can be said, or with every flag of every rule. */
  toString(long = false): string {
    const symbol = long ? undefined : this.#symbol();
    if (symbol !== undefined) return symbol;
    const words: string[] = [];
    for (const partition of partitionNames) {
      const flags = this.#rules.get(partition);
      if (flags === undefined || (!long && sameFlags(this.#normalized(partition, this.#default), flags))) continue;
      words.push(`${partition}=${this.#flagText(flags, long)}`);
    }
    if (long || !sameFlags(this.#extended(this.#default), this.#extended(new Set(ignored))))
      words.push(`=${this.#flagText(this.#default, long)}`);
    return words.length === 0 ? '-' : words.join(':');
  }

  /** What holds for a partition; undefined: for those that nothing is said of. */
  of(partition: Partition | undefined): PartitionPolicy {
    const flags = partition === undefined ? this.#default : this.#flagsOf(partition);
    const one = ([first, second]: readonly [Flag, Flag], on: Flag): boolean | undefined =>
      flags.has(first) === flags.has(second) ? undefined : flags.has(on);
    return {
      use: this.#flagText(new Set(uses.filter((use) => flags.has(use))), false),
      uses: new Set(uses.filter((use) => flags.has(use))),
      readOnly: one(readOnly, 'read-only-on'),
      growFs: one(growFs, 'growfs-on'),
      fileSystems: fileSystems.filter((name) => flags.has(name)).join('+'),
    };
  }

  /** A verity partition nothing is said of goes by what it protects. */
  #flagsOf(partition: Partition): Flags {
    const said = this.#rules.get(partition);
    if (said !== undefined) return this.#normalized(partition, said);
    const [, data, signature] = /^(root|usr)-verity(-sig)?$/.exec(partition) ?? [];
    const protecting = data === undefined ? undefined : this.#rules.get(data as Partition);
    if (protecting !== undefined) {
      const flags = this.#normalized(data as Partition, protecting);
      if (has(flags, signature === undefined ? ['verity', 'signed'] : ['signed'])) {
        const inherited: readonly Flag[] = [...ignored, ...readOnly, ...growFs];
        const kept = inherited.filter((flag) => flags.has(flag));
        return this.#normalized(partition, new Set<Flag>(['unprotected', ...kept]));
      }
    }
    return this.#normalized(partition, this.#default);
  }

  /** Of what nothing is said everything is meant. */
  #extended(flags: Flags): Flags {
    const all = new Set(flags);
    for (const kind of [this.#open, readOnly, growFs]) if (!has(all, kind)) for (const flag of kind) all.add(flag);
    return all;
  }

  /** Without what makes no sense of such a partition. */
  #normalized(partition: Partition, flags: Flags): Flags {
    let kept = [...this.#extended(flags)];
    if (partition.includes('-verity')) kept = without(kept, ['encrypted', 'encryptedwithintegrity']);
    if (!withVerity.has(partition)) kept = without(kept, ['verity', 'signed']);
    const found = uses.filter((use) => kept.includes(use));
    if (found.length === 1 && found[0] === 'absent') kept = without(kept, [...readOnly, ...growFs]);
    return new Set(kept);
  }

  #symbol(): string | undefined {
    const meant: readonly (readonly [string, readonly PolicyUse[]])[] = [
      ['*', this.#open],
      ['-', ignored],
      ['~', ['absent']],
    ];
    return meant.find(([, names]) => {
      const flags: Flags = new Set(names);
      return (
        sameFlags(this.#extended(this.#default), this.#extended(flags)) &&
        partitionNames.every((name) => sameFlags(this.#flagsOf(name), this.#normalized(name, flags)))
      );
    })?.[0];
  }

  #flagText(flags: Flags, long: boolean): string {
    const used = uses.filter((use) => flags.has(use));
    const names = flagNames.filter((name) => flags.has(name));
    if (long) return names.length === 0 ? '-' : names.join('+');
    const short: string[] = [];
    if (sameFlags(new Set(used), new Set(this.#open))) short.push('open');
    else if (sameFlags(new Set(used), new Set(ignored))) short.push('ignore');
    else short.push(...used);
    for (const both of [readOnly, growFs]) {
      const said = both.filter((flag) => flags.has(flag));
      if (said.length === 1) short.push(said[0]!);
    }
    short.push(...fileSystems.filter((name) => flags.has(name)));
    return short.length === 0 ? '-' : short.join('+');
  }
}

function parseFlags(text: string, open: readonly PolicyUse[], graceful: boolean): Flags | undefined {
  const flags = new Set<Flag>();
  if (text === '' || text === '-') return flags;
  for (const word of text.split('+').map((each) => each.trim())) {
    const known = flagNames.find((name) => name === word);
    const meant = word === 'open' ? open : word === 'ignore' ? ignored : known === undefined ? [] : [known];
    if (meant.length === 0 && !graceful) return undefined;
    for (const flag of meant) flags.add(flag);
  }
  return flags;
}
