/** What node:fs tells of files, as the Host has it. */
import * as fs from 'node:fs';
import type { FileStat } from './host.ts';

/** The bits of st_mode (inode(7)) that say so. */
export const typeBits: Readonly<Record<FileStat['type'], number>> = {
  file: fs.constants.S_IFREG,
  directory: fs.constants.S_IFDIR,
  symlink: fs.constants.S_IFLNK,
  socket: fs.constants.S_IFSOCK,
  fifo: fs.constants.S_IFIFO,
  char: fs.constants.S_IFCHR,
  block: fs.constants.S_IFBLK,
  other: 0,
};
const types = new Map((Object.keys(typeBits) as FileStat['type'][]).map((type) => [typeBits[type], type]));

export function toStat(s: fs.Stats): FileStat {
  const type = types.get(s.mode & fs.constants.S_IFMT) ?? 'other';
  const { uid, gid, size, atimeMs, mtimeMs, ctimeMs, birthtimeMs, dev, ino, rdev, nlink } = s;
  const mode = s.mode & 0o7777;
  return { type, mode, uid, gid, size, atimeMs, mtimeMs, ctimeMs, birthtimeMs, dev, ino, rdev, nlink };
}

export function entryType(entry: fs.Dirent): FileStat['type'] {
  if (entry.isFile()) return 'file';
  if (entry.isSymbolicLink()) return 'symlink';
  if (entry.isDirectory()) return 'directory';
  if (entry.isSocket()) return 'socket';
  if (entry.isFIFO()) return 'fifo';
  if (entry.isCharacterDevice()) return 'char';
  return entry.isBlockDevice() ? 'block' : 'other';
}
