/** Failed calls as a SystemError. */
import { errnoName } from './errno-names.ts';
import { SystemError } from './host.ts';

/** 'ENOENT' of 2; a number that no one knows keeps it. */
export const errnoCode = (errno: number): string => errnoName(errno) ?? `E${errno}`;

/** The result of an addon's call: throws SystemError where it is a negative errno. */
export function checked(result: number, syscall: string, path?: string): number {
  if (result >= 0) return result;
  throw new SystemError(errnoCode(-result), -result, syscall, path);
}

/** The same of a call that tells of more than one number. */
export function told<Told extends object>(result: Told | number, syscall: string, path?: string): Told {
  if (typeof result !== 'number') return result;
  throw new SystemError(errnoCode(-result), -result, syscall, path);
}

/** Runs a call of node:fs; what it throws becomes a SystemError. */
export function systemCall<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof SystemError) throw error;
    const { code, errno, syscall, path } = error as NodeJS.ErrnoException;
    if (typeof errno !== 'number' || code === undefined) throw error;
    throw new SystemError(code, Math.abs(errno), syscall ?? 'syscall', path);
  }
}
