/** Files of the machine: node:fs with the promises that `Files` makes about links, modes and errors. */
import { isUtf8 } from 'node:buffer';
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { checked, errnoCode, systemCall } from './errno.ts';
import { entryType, toStat } from './file-stat.ts';
import {
  type DirectoryEntry,
  type FileStat,
  type Files,
  FileTypeError,
  type OpenDirectory,
  type OpenFile,
  type PinnedFile,
  SystemError,
  type WritableFile,
} from './host.ts';
import { type Native, native } from './native.ts';
import { randomBytes } from './random.ts';
import { readRegular, readStream } from './read-file.ts';
import { removeTree } from './remove-tree.ts';

const { O_APPEND, O_CREAT, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = fs.constants;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
const defaultLimit = 64 << 20;
const defaultTextLimit = 16 << 20;

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

/** A name that is no UTF-8 as text: each of its bytes above ASCII is a lone surrogate, as in unitfile/bytes.ts. */
function nameText(name: Buffer): string {
  if (isUtf8(name)) return name.toString('utf8');
  return name
    .toString('latin1')
    .replace(/[\x80-\xff]/g, (character) => String.fromCharCode(0xdc00 + character.charCodeAt(0)));
}

/** A path as the kernel knows it. */
function onDisk(path: string): string | Buffer {
  if (!/\p{Surrogate}/u.test(path)) return path;
  return Buffer.concat(
    [...path].map((character) => {
      const code = character.codePointAt(0)!;
      return code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code - 0xdc00]) : Buffer.from(character);
    }),
  );
}

/** The name of a descriptor that every call takes for the file itself. */
const descriptorPath = (fd: number): string => `/proc/self/fd/${fd}`;

class RealPinnedFile implements PinnedFile {
  readonly #fd: number;
  readonly path: string;
  constructor(fd: number) {
    this.#fd = fd;
    this.path = descriptorPath(fd);
  }
  stat(): FileStat {
    return toStat(systemCall(() => fs.fstatSync(this.#fd)));
  }
  chmod(mode: number): void {
    systemCall(() => fs.chmodSync(this.path, mode));
  }
  chown(uid: number, gid: number): void {
    systemCall(() => fs.chownSync(this.path, uid, gid));
  }
  close(): void {
    systemCall(() => fs.closeSync(this.#fd));
  }
}

class RealOpenDirectory implements OpenDirectory {
  readonly #native: Native;
  readonly #fd: number;
  readonly path: string;
  constructor(native: Native, fd: number) {
    this.#native = native;
    this.#fd = fd;
    this.path = descriptorPath(fd);
  }
  names(): string[] {
    const names = this.#native.listDirectory(this.#fd);
    if (typeof names === 'number') throw new SystemError(errnoCode(-names), -names, 'getdents', this.path);
    return names.map((name) => (typeof name === 'string' ? name : nameText(name)));
  }
  stat(): FileStat {
    return toStat(systemCall(() => fs.fstatSync(this.#fd)));
  }
  utimes(atimeMs: number, mtimeMs: number): void {
    systemCall(() => fs.futimesSync(this.#fd, atimeMs / 1000, mtimeMs / 1000));
  }
  close(): void {
    systemCall(() => fs.closeSync(this.#fd));
  }
}

class RealWritableFile implements WritableFile {
  readonly #fd: number;
  constructor(fd: number) {
    this.#fd = fd;
  }
  stat(): FileStat {
    return toStat(systemCall(() => fs.fstatSync(this.#fd)));
  }
  chmod(mode: number): void {
    systemCall(() => fs.fchmodSync(this.#fd, mode));
  }
  chown(uid: number, gid: number): void {
    systemCall(() => fs.fchownSync(this.#fd, uid, gid));
  }
  truncate(): void {
    systemCall(() => fs.ftruncateSync(this.#fd));
  }
  write(data: Uint8Array): void {
    for (let at = 0; at < data.length; ) at += systemCall(() => fs.writeSync(this.#fd, data, at));
  }
  sync(): void {
    systemCall(() => fs.fsyncSync(this.#fd));
  }
  close(): void {
    systemCall(() => fs.closeSync(this.#fd));
  }
}

const typeBits = {
  char: fs.constants.S_IFCHR,
  block: fs.constants.S_IFBLK,
  fifo: fs.constants.S_IFIFO,
  socket: fs.constants.S_IFSOCK,
};

export class RealFiles implements Files {
  get #native(): Native {
    return native();
  }

  readFile(path: string, limit = defaultLimit): Buffer {
    return readRegular(path, limit, 'whole');
  }
  readText(path: string, limit = defaultTextLimit): string {
    return this.readFile(path, limit).toString('utf8');
  }
  readStart(path: string, length: number): Buffer {
    return readRegular(path, length, 'start');
  }
  readStream(path: string, limit: number): Buffer {
    return readStream(path, limit);
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
      const fd = fs.openSync(
        path,
        O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
        mode,
      );
      try {
        fs.writeFileSync(fd, data);
      } finally {
        fs.closeSync(fd);
      }
    });
  }
  open(path: string, how: 'read' | 'append', mode = 0o644): OpenFile {
    const flags = how === 'read' ? O_RDONLY : O_RDWR | O_CREAT | O_APPEND;
    const fd = systemCall(() => fs.openSync(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode));
    const { type } = toStat(fs.fstatSync(fd));
    if (type !== 'file') {
      fs.closeSync(fd);
      throw new FileTypeError(type, path);
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
    return toStat(systemCall(() => fs.lstatSync(onDisk(path))));
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
      const found = fs.lstatSync(onDisk(path), { throwIfNoEntry: false });
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
    systemCall(() => fs.unlinkSync(onDisk(path)));
  }
  rename(from: string, to: string): void {
    systemCall(() => fs.renameSync(from, to));
  }
  mkdirs(path: string, mode = 0o755): void {
    try {
      this.#mkdirUnlessThere(path, mode);
    } catch (error) {
      // Node's own recursion has errors of its own: ENOENT for EROFS.
      if (!(error instanceof SystemError) || error.code !== 'ENOENT' || dirname(path) === path) throw error;
      this.mkdirs(dirname(path), mode);
      this.#mkdirUnlessThere(path, mode);
    }
  }
  #mkdirUnlessThere(path: string, mode: number): void {
    try {
      this.mkdir(path, mode);
    } catch (error) {
      if (!(error instanceof SystemError) || error.code !== 'EEXIST') throw error;
      if (this.tryStat(path)?.type !== 'directory') throw new SystemError('ENOTDIR', 20, 'mkdir', path);
    }
  }
  mkdir(path: string, mode = 0o755): void {
    systemCall(() => fs.mkdirSync(path, mode));
  }
  rmdir(path: string): void {
    systemCall(() => fs.rmdirSync(onDisk(path)));
  }
  removeTree(path: string): void {
    removeTree(this, path);
  }
  chmod(path: string, mode: number): void {
    systemCall(() => fs.chmodSync(path, mode));
  }
  chown(path: string, uid: number, gid: number): void {
    systemCall(() => fs.lchownSync(path, uid, gid));
  }
  pin(path: string): PinnedFile {
    return new RealPinnedFile(systemCall(() => fs.openSync(onDisk(path), O_PATH | O_NOFOLLOW | O_CLOEXEC)));
  }
  openDirectory(path: string, lock = false): OpenDirectory {
    if (typeof onDisk(path) === 'string')
      return new RealOpenDirectory(this.#native, checked(this.#native.openDirectory(path, lock), 'open', path));
    const held = this.pin(path);
    try {
      return this.openDirectory(`${held.path}/.`, lock);
    } finally {
      held.close();
    }
  }
  openWritable(path: string, how: 'existing' | 'append' | 'own' | 'new', mode = 0o644): WritableFile {
    const more = {
      existing: 0,
      append: O_APPEND,
      own: O_NOFOLLOW,
      new: O_CREAT | O_EXCL | O_NOFOLLOW,
    }[how];
    const flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | more;
    return new RealWritableFile(systemCall(() => fs.openSync(path, flags, mode)));
  }
  lockFile(path: string): { close(): void } {
    const fd = checked(this.#native.lockFile(path), 'fcntl', path);
    return { close: () => fs.closeSync(fd) };
  }
  mknod(path: string, type: 'char' | 'block' | 'fifo' | 'socket', mode: number, rdev = 0): void {
    checked(this.#native.mknod(path, typeBits[type] | mode, rdev), 'mknod', path);
  }
  link(from: string, to: string): void {
    systemCall(() => fs.linkSync(from, to));
  }
  copyFile(from: string, to: string, mode: number): void {
    const { type } = this.stat(from);
    if (type !== 'file') throw new FileTypeError(type, from);
    systemCall(() => {
      const { COPYFILE_EXCL, COPYFILE_FICLONE } = fs.constants;
      fs.copyFileSync(from, to, COPYFILE_EXCL | COPYFILE_FICLONE);
      fs.chmodSync(to, mode);
    });
  }
  utimes(path: string, atimeMs: number, mtimeMs: number): void {
    systemCall(() => fs.lutimesSync(path, atimeMs / 1000, mtimeMs / 1000));
  }
  getXattr(path: string, name: string): Buffer | undefined {
    const value = this.#native.getXattr(path, name);
    if (typeof value !== 'number') return value;
    if (errnoCode(-value) === 'ENODATA') return undefined;
    throw new SystemError(errnoCode(-value), -value, 'getxattr', path);
  }
  setXattr(path: string, name: string, value: Uint8Array): void {
    checked(this.#native.setXattr(path, name, value), 'setxattr', path);
  }
  listXattrs(path: string): string[] {
    const names = this.#native.listXattrs(path);
    if (typeof names === 'number') throw new SystemError(errnoCode(-names), -names, 'listxattr', path);
    return names;
  }
  fileFlags(path: string): number {
    return checked(this.#native.fileFlags(path), 'ioctl', path);
  }
  setFileFlags(path: string, flags: number): void {
    checked(this.#native.setFileFlags(path, flags), 'ioctl', path);
  }
  umask(mask: number): number {
    return process.umask(mask);
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
