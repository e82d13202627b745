/** Files of the machine: node:fs with the promises that `Files` makes about links, modes and errors. */
import { isUtf8 } from 'node:buffer';
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { checked, errnoCode, systemCall } from './errno.ts';
import { entryType, toStat, typeBits } from './file-stat.ts';
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

const descriptors = '/proc/self/fd';
/** The name of a descriptor that every call takes for the file itself. */
const descriptorPath = (fd: number): string => `${descriptors}/${fd}`;
/** A name in a directory that is held already. */
const isHeld = (path: string): boolean => /^\/proc\/self\/fd\/\d+\/[^/]*$/.test(path);

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
  /**
   * Calls `action` with a name for `path` that leads where it leads now, whatever others do: each of its directories is held
   * while the next one is looked for (native/child/walk.h). Throws ENOLINK where somebody could have led it astray. A link
   * in the last component is not followed.
   */
  #held<T>(path: string, action: (held: string) => T): T {
    if (isHeld(path) || typeof onDisk(path) !== 'string') return systemCall(() => action(path));
    const found = this.#native.holdParent(path, -1);
    if (typeof found === 'number') throw new SystemError(errnoCode(-found), -found, 'open', path);
    const [fd, name] = found;
    try {
      return systemCall(() => action(this.#hasDescriptors() ? `${descriptorPath(fd)}/${name}` : path));
    } catch (error) {
      // What failed is to be known by the name that was given.
      if (error instanceof SystemError && error.path?.startsWith(descriptors))
        throw new SystemError(error.code, error.errno, error.syscall, path);
      throw error;
    } finally {
      fs.closeSync(fd);
    }
  }
  #named: boolean | undefined;
  /** False without /proc, as in a chroot that is being set up. */
  #hasDescriptors(): boolean {
    this.#named ||= fs.existsSync(descriptors);
    return this.#named;
  }
  /** open(2), not led astray. */
  #open(path: string, flags: number, mode = 0o644): number {
    return checked(this.#native.openHeld(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode, false), 'open', path);
  }
  writeAtomic(path: string, data: string | Uint8Array, mode = 0o644): void {
    const temporary = `.#${path.slice(path.lastIndexOf('/') + 1)}${randomBytes(8).toString('hex')}`;
    this.#held(path, (held) => {
      const beside = `${dirname(held)}/${temporary}`;
      const fd = fs.openSync(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
      try {
        try {
          fs.writeFileSync(fd, data);
          fs.fchmodSync(fd, mode);
        } finally {
          fs.closeSync(fd);
        }
        fs.renameSync(beside, held);
      } catch (error) {
        fs.rmSync(beside, { force: true });
        throw error;
      }
    });
  }
  append(path: string, data: string | Uint8Array, mode = 0o644): void {
    const fd = this.#open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode);
    systemCall(() => {
      try {
        fs.writeFileSync(fd, data);
      } finally {
        fs.closeSync(fd);
      }
    });
  }
  open(path: string, how: 'read' | 'append', mode = 0o644): OpenFile {
    const fd =
      how === 'append'
        ? this.#open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, mode)
        : systemCall(() => fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
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
  someName(path: string, test: (name: string) => boolean): boolean {
    return systemCall(() => {
      const directory = fs.opendirSync(path, { bufferSize: 256 });
      try {
        for (let entry = directory.readSync(); entry !== null; entry = directory.readSync())
          if (test(entry.name)) return true;
        return false;
      } finally {
        directory.closeSync();
      }
    });
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
    this.#held(path, (held) => fs.symlinkSync(target, held));
  }
  unlink(path: string): void {
    this.#held(path, (held) => fs.unlinkSync(onDisk(held)));
  }
  rename(from: string, to: string): void {
    this.#held(from, (source) => this.#held(to, (target) => fs.renameSync(source, target)));
  }
  mkdirs(path: string, mode = 0o755): void {
    checked(this.#native.makeDirectories(path, mode), 'mkdir', path);
  }
  mkdir(path: string, mode = 0o755): void {
    this.#held(path, (held) => fs.mkdirSync(held, mode));
  }
  rmdir(path: string): void {
    this.#held(path, (held) => fs.rmdirSync(onDisk(held)));
  }
  removeTree(path: string): void {
    removeTree(this, path);
  }
  /** Calls `action` with a name for the file itself, which is none that somebody else could have put there. */
  #file(path: string, flags: number, action: (held: string) => void): void {
    const fd = this.#open(path, flags | O_PATH);
    try {
      systemCall(() => action(this.#hasDescriptors() ? descriptorPath(fd) : path));
    } finally {
      fs.closeSync(fd);
    }
  }
  chmod(path: string, mode: number): void {
    this.#file(path, 0, (held) => fs.chmodSync(held, mode));
  }
  chown(path: string, uid: number, gid: number): void {
    // The descriptor is the link where there is one; without descriptors it is the name.
    this.#file(path, O_NOFOLLOW, (held) => (held === path ? fs.lchownSync : fs.chownSync)(held, uid, gid));
  }
  pin(path: string): PinnedFile {
    const flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    return new RealPinnedFile(this.#held(path, (held) => fs.openSync(onDisk(held), flags)));
  }
  openDirectory(path: string, lock = false): OpenDirectory {
    if (typeof onDisk(path) === 'string') {
      const open = (held: string): number => checked(this.#native.openDirectory(held, lock), 'open', path);
      return new RealOpenDirectory(this.#native, this.#held(path, open));
    }
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
    return new RealWritableFile(this.#open(path, O_WRONLY | more, mode));
  }
  lockFile(path: string): { close(): void } {
    const fd = checked(this.#native.lockFile(path), 'fcntl', path);
    return { close: () => fs.closeSync(fd) };
  }
  mknod(path: string, type: 'char' | 'block' | 'fifo' | 'socket', mode: number, rdev = 0): void {
    this.#held(path, (held) => checked(this.#native.mknod(held, typeBits[type] | mode, rdev), 'mknod', path));
  }
  link(from: string, to: string): void {
    this.#held(from, (source) => this.#held(to, (name) => fs.linkSync(source, name)));
  }
  copyFile(from: string, to: string, mode: number): void {
    const { type } = this.stat(from);
    if (type !== 'file') throw new FileTypeError(type, from);
    const { COPYFILE_EXCL, COPYFILE_FICLONE } = fs.constants;
    this.#held(to, (held) => {
      fs.copyFileSync(from, held, COPYFILE_EXCL | COPYFILE_FICLONE);
      this.chmod(held, mode);
    });
  }
  utimes(path: string, atimeMs: number, mtimeMs: number): void {
    // As with chown: a name that is one of somebody else's file, too, is refused.
    this.#file(path, O_NOFOLLOW, (held) =>
      (held === path ? fs.lutimesSync : fs.utimesSync)(held, atimeMs / 1000, mtimeMs / 1000),
    );
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
