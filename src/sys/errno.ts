/** Errnos by number. */
import { SystemError } from './host.ts';

let names: Map<number, string> | undefined;

/** 'ENOENT' of 2; a number that no one knows keeps it. */
export function errnoName(errno: number): string {
  names ??= readNames();
  return names.get(errno) ?? `E${errno}`;
}

function readNames(): Map<number, string> {
  const { errno } = process.getBuiltinModule('node:os').constants;
  const known = new Map(Object.entries(errno).map(([name, number]) => [number, name]));
  // Node's table leaves out two numbers that have a second name.
  return known.set(11, 'EAGAIN').set(95, 'EOPNOTSUPP');
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
