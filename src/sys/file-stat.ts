/** What node:fs tells of files, as the Host has it. */
import * as fs from 'node:fs';
import type { FileStat } from './host.ts';

const types: [number, FileStat['type']][] = [
  [fs.constants.S_IFREG, 'file'],
  [fs.constants.S_IFDIR, 'directory'],
  [fs.constants.S_IFLNK, 'symlink'],
  [fs.constants.S_IFSOCK, 'socket'],
  [fs.constants.S_IFIFO, 'fifo'],
  [fs.constants.S_IFCHR, 'char'],
  [fs.constants.S_IFBLK, 'block'],
];

export function toStat(s: fs.Stats): FileStat {
  const type = types.find(([bits]) => (s.mode & fs.constants.S_IFMT) === bits)?.[1] ?? 'other';
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
