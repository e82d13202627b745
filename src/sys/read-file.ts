/**
 * Reading files that anybody may have put there: it never waits, and is bounded. What is no regular file is refused, but
 * the null device, which is empty.
 */
import * as fs from 'node:fs';
import { systemCall } from './errno.ts';
import { toStat } from './file-stat.ts';
import { type FileStat, FileTypeError, SystemError } from './host.ts';

const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = fs.constants;
const O_CLOEXEC = 0o2000000;
const firstBytes = 4096;

/** makedev(1, 3) */
export const nullDevice = 0x103;

/** True where there is nothing to read; false for a regular file. Throws FileTypeError for all else. */
export function isNullToRead({ type, rdev }: Pick<FileStat, 'type' | 'rdev'>, path: string): boolean {
  if (type === 'file') return false;
  if (type === 'char' && rdev === nullDevice) return true;
  throw new FileTypeError(type, path);
}

/** From its start; whole files of more than `limit` bytes are refused (EFBIG). Throws SystemError. */
export function readRegular(path: string, limit: number, part: 'whole' | 'start'): Buffer {
  return systemCall(() => {
    // Looked at before it is opened: devices do things when they are, and a writer waits for a FIFO to be.
    if (isNullToRead(toStat(fs.statSync(path)), path)) return Buffer.alloc(0);
    const fd = fs.openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    try {
      const opened = toStat(fs.fstatSync(fd));
      if (isNullToRead(opened, path)) return Buffer.alloc(0);
      if (part === 'whole' && opened.size > limit) throw new SystemError('EFBIG', 27, 'read', path);
      // Files of /proc say 0 and hold more. One byte more than the size meets the end at once.
      const read = readUpTo(fd, Math.min(opened.size, limit) + 1, part === 'whole' ? limit + 1 : limit);
      if (read.length > limit) throw new SystemError('EFBIG', 27, 'read', path);
      return read;
    } finally {
      fs.closeSync(fd);
    }
  });
}

/** All that comes until the other end closes, a FIFO's, a terminal's, waiting for it; what is beyond `limit` is EFBIG. */
export function readStream(path: string, limit: number): Buffer {
  return systemCall(() => {
    const fd = fs.openSync(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    try {
      const read = readUpTo(fd, firstBytes, limit + 1);
      if (read.length > limit) throw new SystemError('EFBIG', 27, 'read', path);
      return read;
    } finally {
      fs.closeSync(fd);
    }
  });
}

function readUpTo(fd: number, likely: number, most: number): Buffer {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < most) {
    const length = Math.min(Math.max(firstBytes, likely - total), most - total);
    const chunk = Buffer.allocUnsafe(length);
    const got = fs.readSync(fd, chunk, 0, length, null);
    if (got === 0) break;
    total += got;
    chunks.push(chunk.subarray(0, got));
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
