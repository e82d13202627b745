/** Errnos by number. */
import { constants } from 'node:os';
import { SystemError } from './host.ts';

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));
// Node's table leaves out two numbers that have a second name.
names.set(11, 'EAGAIN');
names.set(95, 'EOPNOTSUPP');

/** 'ENOENT' of 2; a number that no one knows keeps it. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `E${errno}`;
}

/** The result of an addon's call: throws SystemError where it is a negative errno. */
export function checked(result: number, syscall: string, path?: string): number {
  if (result >= 0) return result;
  throw new SystemError(errnoName(-result), -result, syscall, path);
}

/** Runs a call of node:fs; what it throws becomes a SystemError. */
export function systemCall<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    const { code, errno, syscall, path } = error as NodeJS.ErrnoException;
    if (typeof errno !== 'number' || code === undefined) throw error;
    throw new SystemError(code, Math.abs(errno), syscall ?? 'syscall', path);
  }
}
