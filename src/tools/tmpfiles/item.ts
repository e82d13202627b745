/** What a line of tmpfiles.d(5) asks for. */
import type { Acl } from './acl.ts';
import type { CapabilityChange } from './capabilities.ts';

export type ItemType =
  | 'f'
  | 'F'
  | 'd'
  | 'D'
  | 'v'
  | 'q'
  | 'Q'
  | 'p'
  | 'L'
  | 'c'
  | 'b'
  | 'C'
  | 'w'
  | 'e'
  | 't'
  | 'T'
  | 'a'
  | 'A'
  | 'h'
  | 'H'
  | 'x'
  | 'X'
  | 'r'
  | 'R'
  | 'z'
  | 'Z'
  | 'm'
  | 'k'
  | 'K';

export const itemTypes: ReadonlySet<string> = new Set('fFdDvqQpLcbCwetTaAhHxXrRzZmkK');
const globTypes: ReadonlySet<string> = new Set('wxXrRemzZtTaAhHkK');
const owningTypes: ReadonlySet<string> = new Set('fFdeDvqQpLcbCwxXrR');
/** Directories that are made with a default mode of 0755, and that lend their age to X lines. */
export const directoryTypes: ReadonlySet<string> = new Set('dDvqQ');
/** Types whose files `--purge` removes, where a line says `$`. */
export const purgedTypes: ReadonlySet<string> = new Set('fFdDvqQpLcbCwe');
/** Types that take something away or write over it. */
export const destructiveTypes: ReadonlySet<string> = new Set('rRDFw');

export type TimeKind = 'a' | 'b' | 'c' | 'm';

export interface Item {
  type: ItemType;
  /** With the root directory in front. */
  path: string;
  argument: string | undefined;
  /** What is written: the argument, the credential, or either decoded. */
  data: Uint8Array | undefined;
  xattrs: [name: string, value: string][];
  aclAccess: Acl | undefined;
  aclDefault: Acl | undefined;
  /** Inode flags to set, and which of them to touch; undefined where the line is not about them. */
  flags: { value: number; mask: number } | undefined;
  /** File capabilities to set; undefined where the line is not about them. */
  capabilities: CapabilityChange | undefined;
  uid: number | undefined;
  gid: number | undefined;
  mode: number;
  modeSet: boolean;
  /** The `:` prefix: only where the file is made. */
  uidOnlyCreate: boolean;
  gidOnlyCreate: boolean;
  modeOnlyCreate: boolean;
  /** The `~` prefix of a mode: bits that the file has none of are left out. */
  maskMode: boolean;
  /** Milliseconds; undefined where nothing is too old. */
  age: number | undefined;
  ageByFile: ReadonlySet<TimeKind>;
  ageByDirectory: ReadonlySet<TimeKind>;
  keepFirstLevel: boolean;
  /** As in FileStat. */
  device: number;
  /** Modifiers `+`, `-`, `=`, `?` and `$`. */
  force: boolean;
  allowFailure: boolean;
  tryReplace: boolean;
  ifTargetExists: boolean;
  purge: boolean;
  /** Operations that have been done for it. */
  readonly done: Set<Operation>;
}

export type Operation = 'create' | 'remove' | 'clean' | 'purge';

export const defaultAgeByFile: ReadonlySet<TimeKind> = new Set<TimeKind>(['a', 'b', 'c', 'm']);
/** The change time of a directory changes with what is removed from it. */
export const defaultAgeByDirectory: ReadonlySet<TimeKind> = new Set<TimeKind>(['a', 'b', 'm']);

const needsGlob = (type: ItemType): boolean => globTypes.has(type);

/** Lines for one path. */
export interface ItemGroup {
  readonly path: string;
  readonly items: Item[];
  parent: ItemGroup | undefined;
  readonly children: Set<ItemGroup>;
}

const sameSet = (a: ReadonlySet<TimeKind>, b: ReadonlySet<TimeKind>): boolean =>
  a.size === b.size && [...a].every((one) => b.has(one));

const bytesOf = (item: Item): Uint8Array => item.data ?? Buffer.from(item.argument ?? '');

/** Whether two lines can both hold for one path. */
function compatible(a: Item, b: Item): boolean {
  if (!owningTypes.has(a.type) || !owningTypes.has(b.type)) return true;
  return (
    Buffer.from(bytesOf(a)).equals(bytesOf(b)) &&
    a.uid === b.uid &&
    a.uidOnlyCreate === b.uidOnlyCreate &&
    a.gid === b.gid &&
    a.gidOnlyCreate === b.gidOnlyCreate &&
    a.modeSet === b.modeSet &&
    a.mode === b.mode &&
    a.modeOnlyCreate === b.modeOnlyCreate &&
    a.age === b.age &&
    sameSet(a.ageByFile, b.ageByFile) &&
    sameSet(a.ageByDirectory, b.ageByDirectory) &&
    a.maskMode === b.maskMode &&
    a.keepFirstLevel === b.keepFirstLevel &&
    a.device === b.device
  );
}

const appends = (item: Item): boolean => item.type === 'w' && item.force;

/** All lines, in the order in which their paths first came. */
export class ItemTable {
  readonly items = new Map<string, ItemGroup>();
  readonly globs = new Map<string, ItemGroup>();

  /** False where an earlier line for the path contradicts this one. */
  add(item: Item): boolean {
    const groups = needsGlob(item.type) ? this.globs : this.items;
    let group = groups.get(item.path);
    if (group?.items.some((other) => !compatible(other, item) && !(appends(other) && appends(item)))) return false;
    if (group === undefined) {
      group = { path: item.path, items: [], parent: undefined, children: new Set() };
      groups.set(item.path, group);
    }
    group.items.push(item);
    // What makes the file comes before what adjusts it.
    group.items.sort(
      (a, b) =>
        Number(owningTypes.has(b.type)) - Number(owningTypes.has(a.type)) ||
        a.type.charCodeAt(0) - b.type.charCodeAt(0),
    );
    return true;
  }

  /** Knows each group's nearest group above it: parents are made first, children are cleaned first. */
  linkParents(): void {
    for (const group of [...this.items.values(), ...this.globs.values()]) {
      for (let path = group.path; path.lastIndexOf('/') > 0; ) {
        path = path.slice(0, path.lastIndexOf('/'));
        const parent = this.items.get(path) ?? this.globs.get(path);
        if (parent === undefined) continue;
        group.parent = parent;
        parent.children.add(group);
        break;
      }
    }
  }
}
