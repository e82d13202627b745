import type { FileStat } from './files.ts';

/** A failed system call. `code` is the errno's name ('ENOENT'), `errno` its number (positive). */
export class SystemError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path: string | undefined;
  constructor(code: string, errno: number, syscall: string, path?: string) {
    super(`${syscall}${path === undefined ? '' : ` ${path}`}: ${code}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    this.path = path;
  }
}

/** What was to be read is no regular file. A directory has EISDIR and a socket ENXIO, as from the kernel. */
export class FileTypeError extends SystemError {
  readonly type: FileStat['type'];
  constructor(type: FileStat['type'], path: string) {
    if (type === 'directory') super('EISDIR', 21, 'read', path);
    else if (type === 'socket') super('ENXIO', 6, 'open', path);
    else super('EINVAL', 22, 'open', path);
    this.type = type;
  }
}
