/** Login shells of users that lines make (sysusers.d(5), "Shell"). */
import { type Files, SystemError } from '../../sys/host.ts';
import { pathEquals } from '../../text/paths.ts';
import { resolveBelow } from '../common/chase.ts';
import type { Item } from './item.ts';

const noLogin = '/usr/sbin/nologin';

/** Shells that let nobody in. */
const noLoginShells: ReadonlySet<string> = new Set([
  '/bin/nologin',
  '/sbin/nologin',
  '/usr/bin/nologin',
  '/usr/sbin/nologin',
  '/bin/false',
  '/usr/bin/false',
  '/bin/true',
  '/usr/bin/true',
]);

function rootShell(files: Files, root: string | undefined): string {
  try {
    resolveBelow(files, root, '/bin/bash');
    return '/bin/bash';
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return '/bin/sh';
  }
}

/** What a user gets; undefined for a group. */
export function shellOf(files: Files, root: string | undefined, item: Item): string | undefined {
  if (item.type !== 'u') return undefined;
  if (item.shell !== undefined) return item.shell;
  return item.uid === 0 ? rootShell(files, root) : noLogin;
}

/** Whether two shells are the same program, or both let nobody in. */
export function isSameShell(
  files: Files,
  root: string | undefined,
  a: string | undefined,
  b: string | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (pathEquals(a, b) || (noLoginShells.has(a) && noLoginShells.has(b))) return true;
  try {
    return resolveBelow(files, root, a) === resolveBelow(files, root, b);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return false;
  }
}
