/** Files, directories and links; and what is heard of their changes. */
import type { SystemError } from './error.ts';

/** What lstat(2) and stat(2) tell, as far as anyone above asks. Times are milliseconds since the epoch. */
export interface FileStat {
  type: 'file' | 'directory' | 'symlink' | 'socket' | 'fifo' | 'char' | 'block' | 'other';
  mode: number;
  uid: number;
  gid: number;
  size: number;
  atimeMs: number;
  mtimeMs: number;
  ctimeMs: number;
  /** 0 where the file system does not know it. */
  birthtimeMs: number;
  dev: number;
  ino: number;
  /** Device number of a character or block device, else 0. */
  rdev: number;
  nlink: number;
}

/** One name of a directory; links are not followed. */
export interface DirectoryEntry {
  name: string;
  type: FileStat['type'];
}

/** A file held open, as the journal holds its segments. Every call throws SystemError. */
export interface OpenFile {
  /** Up to `length` bytes from `position`; fewer, or none, at the end of the file. */
  read(position: number, length: number): Buffer;
  /** Writes all of `data` at the end; only where the file was opened for 'append'. */
  append(data: Uint8Array): void;
  size(): number;
  /** fdatasync(2). */
  sync(): void;
  close(): void;
}

/**
 * A file held by a descriptor (O_PATH), whatever becomes of its name; a link is held itself. `path` names it to every
 * call of `Files`, and with `/NAME` behind it what is in the directory: a walk that nobody can divert. Needs /proc.
 */
export interface PinnedFile {
  readonly path: string;
  stat(): FileStat;
  /** Throws EOPNOTSUPP for a link. */
  chmod(mode: number): void;
  /** -1 leaves an id as it is. */
  chown(uid: number, gid: number): void;
  close(): void;
}

/** A directory held open for reading; its access time stays as it is, where the kernel permits that. */
export interface OpenDirectory {
  /** As of a `PinnedFile`. */
  readonly path: string;
  /**
   * Names in the order of the directory, without `.` and `..`. Those that are no UTF-8 have a lone surrogate, U+DC00 plus
   * the byte, for each byte above ASCII; pin, lstat, unlink, rmdir and openDirectory know such paths.
   */
  names(): string[];
  stat(): FileStat;
  utimes(atimeMs: number, mtimeMs: number): void;
  close(): void;
}

/** A file held open to be written. */
export interface WritableFile {
  stat(): FileStat;
  chmod(mode: number): void;
  chown(uid: number, gid: number): void;
  truncate(): void;
  /** Writes all of `data` where the last write ended. */
  write(data: Uint8Array): void;
  /** fsync(2). */
  sync(): void;
  close(): void;
}

/**
 * Files, synchronously: unit files, links and state under /run are small and local. Every call throws SystemError.
 * Writers never follow a link in the last component unless the method says so.
 */
export interface Files {
  /**
   * The bytes of a regular file; none of the null device. Throws FileTypeError for all else: reading never waits, and has
   * an end: at most `limit` bytes (default 64 MiB), else EFBIG.
   */
  readFile(path: string, limit?: number): Buffer;
  /** The same as UTF-8 text; invalid bytes become U+FFFD. `limit` is 16 MiB by default. */
  readText(path: string, limit?: number): string;
  /** The first `length` bytes of what readFile reads, or as many as there are. */
  readStart(path: string, length: number): Buffer;
  /**
   * All that comes from any type of file, up to `limit` bytes, else EFBIG. It waits for the other end of a FIFO: only for
   * programs in a process of their own, which are given the path by their caller.
   */
  readStream(path: string, limit: number): Buffer;
  /** Replaces the file in one step: a temporary file beside it, then rename(2). */
  writeAtomic(path: string, data: string | Uint8Array, mode?: number): void;
  /** Appends, creating the file with `mode`. O_NOFOLLOW. */
  append(path: string, data: string | Uint8Array, mode?: number): void;
  /** Opens a regular file; 'append' creates it with `mode` (default 0644) and also reads. O_NOFOLLOW. */
  open(path: string, how: 'read' | 'append', mode?: number): OpenFile;
  /** Bytes of the file system that holds `path` (statvfs(3)): its size, and what an ordinary user may still write. */
  space(path: string): { total: number; free: number };
  readdir(path: string): string[];
  /** Whether a name of a directory, without `.` and `..`, passes the test: no more are read than that takes. */
  someName(path: string, test: (name: string) => boolean): boolean;
  /** What a directory holds, in the order in which it holds it (readdir(3)), without `.` and `..`. */
  entries(path: string): DirectoryEntry[];
  stat(path: string): FileStat;
  lstat(path: string): FileStat;
  /** stat, or undefined where it fails for any reason. */
  tryStat(path: string): FileStat | undefined;
  tryLstat(path: string): FileStat | undefined;
  readlink(path: string): string;
  realpath(path: string): string;
  symlink(target: string, path: string): void;
  unlink(path: string): void;
  rename(from: string, to: string): void;
  /** mkdir -p: existing directories are left as they are. */
  mkdirs(path: string, mode?: number): void;
  mkdir(path: string, mode?: number): void;
  rmdir(path: string): void;
  /** rm -r without following links, as remove-tree.ts does; a missing path is no error. */
  removeTree(path: string): void;
  chmod(path: string, mode: number): void;
  /** lchown(2). */
  chown(path: string, uid: number, gid: number): void;
  /** Holds a file, or a link, by a descriptor. */
  pin(path: string): PinnedFile;
  /** Links in the last component are not followed. `lock` takes flock(2) exclusively, or throws EAGAIN. */
  openDirectory(path: string, lock?: boolean): OpenDirectory;
  /**
   * Opens for writing, never waiting for a reader: 'existing' follows a link; 'own' does not; 'new' makes the file with
   * `mode` and fails where the name is taken; 'append' is as 'existing', and writes at the end.
   */
  openWritable(path: string, how: 'existing' | 'append' | 'own' | 'new', mode?: number): WritableFile;
  /** Takes the write lock of fcntl(2) on a file, made with mode 0600 where it is missing, and waits for it. */
  lockFile(path: string): { close(): void };
  /** Makes a device (`rdev` as in FileStat), a FIFO or a socket. */
  mknod(path: string, type: 'char' | 'block' | 'fifo' | 'socket', mode: number, rdev?: number): void;
  /** link(2). */
  link(from: string, to: string): void;
  /** The bytes of a regular file to a new one. */
  copyFile(from: string, to: string, mode: number): void;
  /** Times of the file or link itself, milliseconds since the epoch. */
  utimes(path: string, atimeMs: number, mtimeMs: number): void;
  /** Extended attributes, links followed. Undefined where there is none of that name. */
  getXattr(path: string, name: string): Buffer | undefined;
  setXattr(path: string, name: string, value: Uint8Array): void;
  listXattrs(path: string): string[];
  /** Inode flags: FS_IOC_GETFLAGS and FS_IOC_SETFLAGS of ioctl_iflags(2). */
  fileFlags(path: string): number;
  setFileFlags(path: string, flags: number): void;
  /** Sets the process's mask for what it makes and gives the old one. */
  umask(mask: number): number;
  /** access(2), with effective ids where the kernel offers it. */
  access(path: string, mode: 'read' | 'write' | 'exec' | 'exists'): boolean;
}

/** A path that is watched, as `watchPath` says. */
export interface FileWatch {
  close(): void;
}

/** Of the file itself: that it comes or goes; that it is written and closed, or holds other names; each write, too. */
export type WatchedEvents = 'any' | 'changed' | 'modified';

/** What a FileWatch tells. */
export interface FileListener {
  /**
   * It is time to look: after each event, and again once the path has been followed anew, for what came in between.
   * `itself`: what `events` asks for has happened to the file that the path leads to ('any': never).
   */
  changed(itself: boolean): void;
  /** The path can't be followed any longer (ENOTDIR, ELOOP, ENOSPC …); the watch is closed. */
  failed(error: SystemError): void;
}

export interface FileWatches {
  /**
   * inotify on what the path leads to, as systemd.path(5) has it: the file itself and, so that its coming and going is
   * seen, each of its parents. Who watches looks once the watch is there. Throws SystemError where the path can't be
   * followed; that it leads to nothing (yet), or may not be read, is no error.
   */
  watchPath(path: string, events: WatchedEvents, listener: FileListener): FileWatch;
}
