/** Files of the machine: node:fs with the promises that `Files` makes about links, modes and errors. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { systemCall } from './errno.ts';
import { type DirectoryEntry, type FileStat, type Files, type OpenFile, SystemError } from './host.ts';
import type { Native } from './native.ts';

const { O_APPEND, O_CLOEXEC, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_WRONLY } = {
  ...fs.constants,
  O_CLOEXEC: 0o2000000,
};
const defaultLimit = 16 << 20;

const types: [number, FileStat['type']][] = [
  [fs.constants.S_IFREG, 'file'],
  [fs.constants.S_IFDIR, 'directory'],
  [fs.constants.S_IFLNK, 'symlink'],
  [fs.constants.S_IFSOCK, 'socket'],
  [fs.constants.S_IFIFO, 'fifo'],
  [fs.constants.S_IFCHR, 'char'],
  [fs.constants.S_IFBLK, 'block'],
];

function toStat(s: fs.Stats): FileStat {
  const type = types.find(([bits]) => (s.mode & fs.constants.S_IFMT) === bits)?.[1] ?? 'other';
  const { uid, gid, size, mtimeMs, ctimeMs, dev, ino, rdev, nlink } = s;
  return { type, mode: s.mode & 0o7777, uid, gid, size, mtimeMs, ctimeMs, dev, ino, rdev, nlink };
}

function entryType(entry: fs.Dirent): FileStat['type'] {
  if (entry.isFile()) return 'file';
  if (entry.isSymbolicLink()) return 'symlink';
  if (entry.isDirectory()) return 'directory';
  if (entry.isSocket()) return 'socket';
  if (entry.isFIFO()) return 'fifo';
  if (entry.isCharacterDevice()) return 'char';
  return entry.isBlockDevice() ? 'block' : 'other';
}

class RealOpenFile implements OpenFile {
  readonly #fd: number;
  constructor(fd: number) {
    this.#fd = fd;
  }
  read(position: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length);
    const got = systemCall(() => fs.readSync(this.#fd, buffer, 0, length, position));
    return buffer.subarray(0, got);
  }
  append(data: Uint8Array): void {
    for (let at = 0; at < data.length; ) at += systemCall(() => fs.writeSync(this.#fd, data, at));
  }
  size(): number {
    return systemCall(() => fs.fstatSync(this.#fd).size);
  }
  sync(): void {
    systemCall(() => fs.fdatasyncSync(this.#fd));
  }
  close(): void {
    systemCall(() => fs.closeSync(this.#fd));
  }
}

export class RealFiles implements Files {
  readonly #native: Native;
  constructor(native: Native) {
    this.#native = native;
  }

  readFile(path: string): Buffer {
    return systemCall(() => fs.readFileSync(path));
  }
  readText(path: string, limit = defaultLimit): string {
    const fd = systemCall(() => fs.openSync(path, O_RDONLY | O_CLOEXEC));
    try {
      return systemCall(() => {
        const { size } = fs.fstatSync(fd);
        if (size > limit) throw new SystemError('EFBIG', 27, 'read', path);
        // Files of /proc say 0 and hold more.
        const chunks: Buffer[] = [];
        let total = 0;
        for (;;) {
          const chunk = Buffer.allocUnsafe(Math.max(4096, size - total + 1));
          const got = fs.readSync(fd, chunk, 0, chunk.length, null);
          if (got === 0) break;
          total += got;
          if (total > limit) throw new SystemError('EFBIG', 27, 'read', path);
          chunks.push(chunk.subarray(0, got));
        }
        return (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8');
      });
    } finally {
      fs.closeSync(fd);
    }
  }
  writeAtomic(path: string, data: string | Uint8Array, mode = 0o644): void {
    const temporary = `${dirname(path)}/.#${path.slice(path.lastIndexOf('/') + 1)}${randomBytes(8).toString('hex')}`;
    const fd = systemCall(() => fs.openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    try {
      systemCall(() => {
        try {
          fs.writeFileSync(fd, data);
          fs.fchmodSync(fd, mode);
        } finally {
          fs.closeSync(fd);
        }
        fs.renameSync(temporary, path);
      });
    } catch (error) {
      fs.rmSync(temporary, { force: true });
      throw error;
    }
  }
  append(path: string, data: string | Uint8Array, mode = 0o644): void {
    systemCall(() => {
      const fd = fs.openSync(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, mode);
      try {
        fs.writeFileSync(fd, data);
      } finally {
        fs.closeSync(fd);
      }
    });
  }
  open(path: string, how: 'read' | 'append', mode = 0o644): OpenFile {
    const flags = how === 'read' ? O_RDONLY : O_RDWR | O_CREAT | O_APPEND;
    const fd = systemCall(() => fs.openSync(path, flags | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!fs.fstatSync(fd).isFile()) {
      fs.closeSync(fd);
      throw new SystemError('EINVAL', 22, 'open', path);
    }
    return new RealOpenFile(fd);
  }
  space(path: string): { total: number; free: number } {
    const found = this.#native.space(path);
    if (typeof found === 'number') throw new SystemError('ENOENT', -found, 'statvfs', path);
    return { total: found[0], free: found[1] };
  }
  readdir(path: string): string[] {
    return systemCall(() => fs.readdirSync(path));
  }
  entries(path: string): DirectoryEntry[] {
    return systemCall(() => {
      // readdirSync sorts.
      const directory = fs.opendirSync(path, { bufferSize: 256 });
      try {
        const found: DirectoryEntry[] = [];
        for (let entry = directory.readSync(); entry !== null; entry = directory.readSync())
          found.push({ name: entry.name, type: entryType(entry) });
        return found;
      } finally {
        directory.closeSync();
      }
    });
  }
  stat(path: string): FileStat {
    return toStat(systemCall(() => fs.statSync(path)));
  }
  lstat(path: string): FileStat {
    return toStat(systemCall(() => fs.lstatSync(path)));
  }
  tryStat(path: string): FileStat | undefined {
    try {
      const found = fs.statSync(path, { throwIfNoEntry: false });
      return found === undefined ? undefined : toStat(found);
    } catch {
      return undefined;
    }
  }
  tryLstat(path: string): FileStat | undefined {
    try {
      const found = fs.lstatSync(path, { throwIfNoEntry: false });
      return found === undefined ? undefined : toStat(found);
    } catch {
      return undefined;
    }
  }
  readlink(path: string): string {
    return systemCall(() => fs.readlinkSync(path));
  }
  realpath(path: string): string {
    return systemCall(() => fs.realpathSync.native(path));
  }
  symlink(target: string, path: string): void {
    systemCall(() => fs.symlinkSync(target, path));
  }
  unlink(path: string): void {
    systemCall(() => fs.unlinkSync(path));
  }
  rename(from: string, to: string): void {
    systemCall(() => fs.renameSync(from, to));
  }
  mkdirs(path: string, mode = 0o755): void {
    systemCall(() => fs.mkdirSync(path, { recursive: true, mode }));
  }
  mkdir(path: string, mode = 0o755): void {
    systemCall(() => fs.mkdirSync(path, mode));
  }
  rmdir(path: string): void {
    systemCall(() => fs.rmdirSync(path));
  }
  removeTree(path: string): void {
    systemCall(() => fs.rmSync(path, { recursive: true, force: true }));
  }
  chmod(path: string, mode: number): void {
    systemCall(() => fs.chmodSync(path, mode));
  }
  chown(path: string, uid: number, gid: number): void {
    systemCall(() => fs.lchownSync(path, uid, gid));
  }
  access(path: string, mode: 'read' | 'write' | 'exec' | 'exists'): boolean {
    const { R_OK, W_OK, X_OK, F_OK } = fs.constants;
    try {
      fs.accessSync(path, { read: R_OK, write: W_OK, exec: X_OK, exists: F_OK }[mode]);
      return true;
    } catch {
      return false;
    }
  }
}
