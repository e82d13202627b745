import { DeadMountError, type FileStat, FileTypeError, type SystemError } from './host.ts';

/** Texts of errnos as glibc's strerror(3) prints them: those that pidone's calls and the values of unit files can come to. */
const texts: Record<string, string> = {
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  ESRCH: 'No such process',
  EIO: 'Input/output error',
  ENXIO: 'No such device or address',
  E2BIG: 'Argument list too long',
  ENOEXEC: 'Exec format error',
  EBADF: 'Bad file descriptor',
  EAGAIN: 'Resource temporarily unavailable',
  ENOMEM: 'Cannot allocate memory',
  EACCES: 'Permission denied',
  EBUSY: 'Device or resource busy',
  EEXIST: 'File exists',
  ENODEV: 'No such device',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EINVAL: 'Invalid argument',
  ENFILE: 'Too many open files in system',
  EMFILE: 'Too many open files',
  ETXTBSY: 'Text file busy',
  EFBIG: 'File too large',
  ENOSPC: 'No space left on device',
  EROFS: 'Read-only file system',
  EMLINK: 'Too many links',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
  ENOSYS: 'Function not implemented',
  ENOTEMPTY: 'Directory not empty',
  EBADFD: 'File descriptor in bad state',
  EOPNOTSUPP: 'Operation not supported',
  ECONNREFUSED: 'Connection refused',
  ERANGE: 'Numerical result out of range',
  ESPIPE: 'Illegal seek',
  ENODATA: 'No data available',
  EPIPE: 'Broken pipe',
  EDQUOT: 'Disk quota exceeded',
  EXDEV: 'Invalid cross-device link',
  ETIMEDOUT: 'Connection timed out',
  ENOTTY: 'Inappropriate ioctl for device',
  EIDRM: 'Identifier removed',
  ECHRNG: 'Channel number out of range',
  EUNATCH: 'Protocol driver not attached',
  EBADRQC: 'Invalid request code',
  EBADSLT: 'Invalid slot',
  ENOLINK: 'Link has been severed',
  EBADMSG: 'Bad message',
  ENOBUFS: 'No buffer space available',
  EPROTO: 'Protocol error',
  EPROTONOSUPPORT: 'Protocol not supported',
  EAFNOSUPPORT: 'Address family not supported by protocol',
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  ENOTUNIQ: 'Name not unique on network',
  EUCLEAN: 'Structure needs cleaning',
  ENOMEDIUM: 'No medium found',
  ENOPKG: 'Package not installed',
  ERFKILL: 'Operation not possible due to RF-kill',
};

/** `%m` for an errno's name; the name itself where it has no text here. */
export const errorText = (code: string): string => texts[code] ?? code;

const typeNames: Record<Exclude<FileStat['type'], 'file'>, string> = {
  directory: 'directory',
  symlink: 'symbolic link',
  socket: 'socket',
  fifo: 'FIFO',
  char: 'character device',
  block: 'block device',
  other: 'file of unknown type',
};

/** The same, and what it comes from where that is not plain. */
export const explainedText = (code: string): string =>
  code === 'ENOLINK' ? `${errorText(code)} (on the way is what another user could have put there)` : errorText(code);

/** Why a call failed: `%m`, or what the file is that was to be read. */
export function reasonOf(error: SystemError): string {
  if (error instanceof DeadMountError)
    return `${error.path} is on ${error.mount.target} (${error.mount.fstype}), which does not answer`;
  if (!(error instanceof FileTypeError) || error.type === 'directory' || error.type === 'file')
    return explainedText(error.code);
  return `Is a ${typeNames[error.type]}, not a regular file`;
}
