/** Environment blocks: lists of KEY=VALUE, later ones win in the place of the first (systemd.exec(5), "ENVIRONMENT"). */

import { globAll } from '../sys/glob.ts';
import { type Host, SystemError } from '../sys/host.ts';
import { bytesToText } from '../text/bytes.ts';
import type { EnvironmentFileRef } from '../unitfile/directives/shapes.ts';
import { loadEnvironmentFile } from '../unitfile/language/env-file.ts';
import { SpawnError } from './failure.ts';

/** Largest file that is read, as systemd has it. */
const maxFileBytes = 4 * 1024 * 1024;

/** Joins blocks; an assignment in a later one replaces that of an earlier one where it stands. */
export function mergeEnvironment(...blocks: readonly (readonly string[])[]): string[] {
  const merged = new Map<string, string>();
  for (const block of blocks)
    for (const entry of block) {
      const end = entry.indexOf('=');
      if (end > 0) merged.set(entry.slice(0, end), entry);
    }
  return [...merged.values()];
}

/** UnsetEnvironment=: names, or assignments that go only where they match as a whole. */
export function unsetEnvironment(block: readonly string[], unset: readonly string[]): string[] {
  if (unset.length === 0) return [...block];
  const gone = new Set(unset);
  return block.filter((entry) => !gone.has(entry) && !gone.has(entry.slice(0, entry.indexOf('='))));
}

/** PassEnvironment=: those of the manager's own variables that are set. */
export function passedEnvironment(environment: Readonly<Record<string, string>>, names: readonly string[]): string[] {
  return names.flatMap((name) => (environment[name] === undefined ? [] : [`${name}=${environment[name]}`]));
}

/** As a lookup for `$NAME` in command lines. */
export function asMap(block: readonly string[]): Map<string, string> {
  return new Map(block.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
}

/**
 * EnvironmentFile=: all files that match, in order. Throws SpawnError where one is missing or unreadable and not behind
 * the prefix `-`.
 */
export function loadEnvironmentFiles(
  host: Host,
  references: readonly EnvironmentFileRef[],
  warn: (message: string) => void,
): string[] {
  let block: string[] = [];
  const read = (path: string): void => {
    const data = host.files.readFile(path);
    if (data.length > maxFileBytes) throw new SystemError('E2BIG', 7, 'read', path);
    const { assignments, error } = loadEnvironmentFile(bytesToText(data), path, (_level, message) => warn(message));
    if (error !== undefined) throw new SystemError(error.code, 0, 'read', path);
    block = mergeEnvironment(block, assignments);
  };
  for (const { path, optional } of references) {
    const paths = /[*?[]/.test(path) ? globAll(host.files, path) : [path];
    if (paths.length === 0 && !optional) throw new SpawnError('Failed to load environment files', 'ENOENT');
    for (const found of paths)
      try {
        read(found);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        if (!optional) throw new SpawnError('Failed to load environment files', error.code);
      }
  }
  return block;
}
