/** What SimFiles keeps of a file. */
import type { FileStat } from '../../sys/host.ts';
import { IN_UNMOUNT } from '../../sys/watch-path.ts';
import { letGo, type Watchable } from './inotify.ts';

export type Kind = FileStat['type'];

export interface Node extends Watchable {
  kind: Kind;
  mode: number;
  uid: number;
  gid: number;
  ino: number;
  atimeMs: number;
  mtimeMs: number;
  ctimeMs: number;
  birthtimeMs: number;
  nlink: number;
  rdev: number;
  flags: number;
  locked: boolean;
  xattrs: Map<string, Buffer>;
  data: Buffer;
  /** Behind `data` in its memory there is room for more: files that are appended to again and again. */
  room: Buffer | undefined;
  target: string;
  children: Map<string, Node>;
  /** Descriptors that may write. */
  writers: number;
}

/** A file by the name under which it is used: its directory hears, too, of what happens to it. */
export interface Place {
  parent: Node;
  node: Node;
}

export const errnos = {
  EPERM: 1,
  ENOENT: 2,
  EAGAIN: 11,
  EACCES: 13,
  EEXIST: 17,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  ENOTEMPTY: 39,
  ELOOP: 40,
  EOPNOTSUPP: 95,
} as const;
export type Errno = keyof typeof errnos;

/** Trees in which nothing can be made any more: a file system that is read-only, or another user's. */
export class ClosedTrees extends Map<string, 'EROFS' | 'EACCES' | 'ENOSPC'> {
  why(path: string): 'EROFS' | 'EACCES' | 'ENOSPC' | undefined {
    for (const [tree, code] of this) if (path === tree || path.startsWith(`${tree}/`)) return code;
    return undefined;
  }
}

/** What the file holds with `bytes` at its end. */
export function appended(node: Node, bytes: Uint8Array): Buffer {
  const { data } = node;
  const size = data.length + bytes.length;
  const hasRoom = node.room !== undefined && node.room.length >= size && node.room.buffer === data.buffer;
  if (!hasRoom) {
    node.room = Buffer.alloc(Math.max(2 * size, 256));
    data.copy(node.room);
  }
  node.room!.set(bytes, data.length);
  return node.room!.subarray(0, size);
}

/**
 * What a path leads to, where only directories lie on the way: most are asked for in vain, and an error each time costs more than
 * all else. `unsure` where there is a link, or a descriptor's name.
 */
export function descend(root: Node, path: string): Node | undefined | 'unsure' {
  if (!path.startsWith('/') || path.startsWith('/proc/self/')) return 'unsure';
  let here = root;
  for (let at = 1; at <= path.length; ) {
    let end = path.indexOf('/', at);
    if (end < 0) end = path.length;
    const name = path.slice(at, end);
    at = end + 1;
    if (name === '' || name === '.') continue;
    if (name === '..' || here.kind === 'symlink') return 'unsure';
    const next = here.children.get(name);
    if (next === undefined) return undefined;
    here = next;
  }
  return here;
}

/** Some of what it holds. Throws where nobody could read that, as Node does. */
export function part({ data }: Node, position: number, length: number): Buffer {
  if (!(Number.isInteger(position) && position >= 0 && Number.isInteger(length) && length >= 0))
    throw new RangeError(`${length} bytes from ${position}`);
  return Buffer.from(data.subarray(position, position + length));
}

/** As the kernel has it, a program makes nobody another's then. */
export function setOwner(node: Node, uid: number, gid: number): void {
  Object.assign(node, { uid, gid });
  if (node.kind === 'file') node.mode &= ~0o6000;
}

/** The file system that it is the root of is gone. */
export function unmounted(node: Node): void {
  for (const child of node.children.values()) unmounted(child);
  letGo(node, IN_UNMOUNT);
}

/** Nobody will see where an error came from: that is the most expensive part of it. */
export function unlessFailing<T>(call: () => T): T | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return call();
  } catch {
    return undefined;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
