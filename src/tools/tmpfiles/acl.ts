/** POSIX access control lists: the text form of acl(5), and the attribute that the kernel keeps them in. */
import { type FileStat, type Files, SystemError } from '../../sys/host.ts';

const tags = { userObject: 1, user: 2, groupObject: 4, group: 8, mask: 16, other: 32 } as const;
type Tag = (typeof tags)[keyof typeof tags];

export interface AclEntry {
  readonly tag: Tag;
  /** Of a named user or group. */
  readonly id: number | undefined;
  /** Read 4, write 2, execute 1. */
  readonly permissions: number;
}

export type Acl = readonly AclEntry[];

export type AclKind = 'access' | 'default';

/** Numbers of names; undefined where there is none. */
export interface AclNames {
  user(name: string): number | undefined;
  group(name: string): number | undefined;
}

const permissionBits: Readonly<Record<string, number>> = { r: 4, w: 2, x: 1, '-': 0 };

function parseEntry(text: string, names: AclNames): AclEntry | undefined {
  const match = /^\s*(user|u|group|g|mask|m|other|o)\s*:(.*)$/s.exec(text);
  if (match === null) return undefined;
  const kind = match[1]![0]! as 'u' | 'g' | 'm' | 'o';
  let rest = match[2]!;
  let qualifier = '';
  if (kind === 'u' || kind === 'g') {
    const colon = rest.indexOf(':');
    if (colon < 0) return undefined;
    qualifier = rest.slice(0, colon).trim();
    rest = rest.slice(colon + 1);
  } else rest = rest.replace(/^\s*:/, '');
  const letters = /^\s*([rwx-]{1,3})\s*(?:#.*)?$/.exec(rest)?.[1];
  if (letters === undefined) return undefined;
  let permissions = 0;
  for (const letter of letters) permissions |= permissionBits[letter]!;
  if (kind === 'm') return { tag: tags.mask, id: undefined, permissions };
  if (kind === 'o') return { tag: tags.other, id: undefined, permissions };
  const named = kind === 'u' ? tags.user : tags.group;
  if (qualifier === '') return { tag: kind === 'u' ? tags.userObject : tags.groupObject, id: undefined, permissions };
  const byName = kind === 'u' ? names.user(qualifier) : names.group(qualifier);
  const id = /^\d{1,10}$/.test(qualifier) ? Number(qualifier) : byName;
  return id === undefined ? undefined : { tag: named, id, permissions };
}

/**
 * Entries separated by commas, those after `default:` or `d:` apart; undefined where one is none. `mask` adds the mask
 * that named users and groups need.
 */
export function parseAcl(text: string, names: AclNames, mask: boolean): Record<AclKind, Acl | undefined> | undefined {
  const found: Record<AclKind, AclEntry[]> = { access: [], default: [] };
  for (const part of text.split(',')) {
    if (part === '') continue;
    const prefix = /^(?:default:|d:)/.exec(part)?.[0] ?? '';
    const entry = parseEntry(part.slice(prefix.length), names);
    if (entry === undefined) return undefined;
    found[prefix === '' ? 'access' : 'default'].push(entry);
  }
  if (found.access.length + found.default.length === 0) return undefined;
  const finished = (acl: AclEntry[]): Acl | undefined =>
    acl.length === 0 ? undefined : mask ? withMaskIfNeeded(acl) : acl;
  return { access: finished(found.access), default: finished(found.default) };
}

function withMaskIfNeeded(acl: Acl): Acl {
  if (acl.some(({ tag }) => tag === tags.mask)) return acl;
  if (!acl.some(({ tag }) => tag === tags.user || tag === tags.group)) return acl;
  let permissions = 0;
  for (const entry of acl)
    if (entry.tag === tags.user || entry.tag === tags.group || entry.tag === tags.groupObject)
      permissions |= entry.permissions;
  return [...acl, { tag: tags.mask, id: undefined, permissions }];
}

function fromMode(mode: number): Acl {
  return [
    { tag: tags.userObject, id: undefined, permissions: (mode >> 6) & 7 },
    { tag: tags.groupObject, id: undefined, permissions: (mode >> 3) & 7 },
    { tag: tags.other, id: undefined, permissions: mode & 7 },
  ];
}

const version = 2;
const noId = 0xffffffff;

function encode(acl: Acl): Buffer {
  const sorted = [...acl].sort((a, b) => a.tag - b.tag || (a.id ?? 0) - (b.id ?? 0));
  const bytes = Buffer.alloc(4 + sorted.length * 8);
  bytes.writeUInt32LE(version, 0);
  for (const [index, { tag, id, permissions }] of sorted.entries()) {
    bytes.writeUInt16LE(tag, 4 + index * 8);
    bytes.writeUInt16LE(permissions, 6 + index * 8);
    bytes.writeUInt32LE(id ?? noId, 8 + index * 8);
  }
  return bytes;
}

function decode(bytes: Buffer): Acl {
  if (bytes.length < 4 || bytes.readUInt32LE(0) !== version || bytes.length % 8 !== 4)
    throw new SystemError('EINVAL', 22, 'getxattr');
  const acl: AclEntry[] = [];
  for (let at = 4; at < bytes.length; at += 8) {
    const tag = bytes.readUInt16LE(at) as Tag;
    const id = tag === tags.user || tag === tags.group ? bytes.readUInt32LE(at + 4) : undefined;
    acl.push({ tag, id, permissions: bytes.readUInt16LE(at + 2) });
  }
  return acl;
}

const attributes: Record<AclKind, string> = {
  access: 'system.posix_acl_access',
  default: 'system.posix_acl_default',
};

const same = (a: AclEntry, b: AclEntry): boolean => a.tag === b.tag && a.id === b.id;

/** The list that a file gets: what it has already, changed where `modify` is set, and what every list must have. */
export function completeAcl(files: Files, path: string, stat: FileStat, kind: AclKind, acl: Acl, modify: boolean): Acl {
  let complete = acl;
  if (modify) {
    const bytes = files.getXattr(path, attributes[kind]);
    const old = bytes !== undefined ? decode(bytes) : kind === 'access' ? fromMode(stat.mode) : [];
    complete = withMaskIfNeeded([...old.filter((entry) => !acl.some((other) => same(entry, other))), ...acl]);
  }
  const base = fromMode(stat.mode).filter(({ tag }) => !complete.some((entry) => entry.tag === tag));
  return [...complete, ...base];
}

/** Gives a file its list. Throws SystemError; EOPNOTSUPP where the file system has no such lists. */
export function setAcl(files: Files, path: string, kind: AclKind, acl: Acl): void {
  files.setXattr(path, attributes[kind], encode(acl));
}

const letters: Readonly<Record<number, string>> = { 1: 'u', 2: 'u', 4: 'g', 8: 'g', 16: 'm', 32: 'o' };

/** The short text form. */
export function aclText(acl: Acl): string {
  return acl
    .map(({ tag, id, permissions }) => {
      const rwx = `${permissions & 4 ? 'r' : '-'}${permissions & 2 ? 'w' : '-'}${permissions & 1 ? 'x' : '-'}`;
      return `${letters[tag]}:${id ?? ''}:${rwx}`;
    })
    .join(',');
}
