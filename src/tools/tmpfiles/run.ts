/** What all parts of one run of systemd-tmpfiles share, and its walks to files. */

import { styleOf } from '../../program/colors.ts';
import type { ProgramContext } from '../../program/context.ts';
import { errorText } from '../../sys/error-text.ts';
import { type Host, type PinnedFile, SystemError } from '../../sys/host.ts';
import { pathIsNormalized } from '../../text/paths.ts';
import { type Chased, chase, UnsafeTransition } from '../common/chase.ts';
import type { Item, ItemTable } from './item.ts';
import { Failure, type Log } from './log.ts';

/** Whether what a line is applied to was there before. */
export type Creation = 'new' | 'existing' | 'replaced';

export interface Run {
  readonly context: ProgramContext;
  readonly host: Host;
  readonly root: string | undefined;
  readonly log: Log;
  readonly table: ItemTable;
}

/** What a line may do to a path that its pattern has matched. */
export type PathAction = (run: Run, item: Item, path: string, creation: Creation) => void;

/** Walks safely; an unsafe step is told (unless `quiet`) and is a `Failure` with ENOLINK. Throws SystemError. */
function walk(run: Run, path: string, options: { noFollow?: boolean; quiet?: boolean } = {}): Chased {
  const { host, root } = run;
  try {
    return chase(host.files, path, { root, safe: true, noFollow: options.noFollow ?? false });
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ECHRNG' && !options.quiet) {
      run.log.say(
        'warning',
        `Specified path '${path}' is outside of specified root directory '${root}', refusing to resolve.`,
      );
    }
    if (!(error instanceof UnsafeTransition)) throw error;
    if (!options.quiet) {
      const name = (uid: number): string => host.lookupUser(String(uid))?.name ?? String(uid);
      const { arrow } = styleOf(run.context).glyphs;
      run.log.say(
        'warning',
        `Detected unsafe path transition ${error.from} (owned by ${name(error.fromUid)}) ${arrow} ` +
          `${error.to} (owned by ${name(error.toUid)}) during canonicalization of ${path}.`,
      );
    }
    throw new Failure('ENOLINK');
  }
}

/**
 * Calls `use` with the directory that holds `path`, and the path's last component. `purpose` is for what cannot be done
 * to a directory.
 */
export function withParent<T>(
  run: Run,
  item: Item,
  given: string,
  purpose: string | undefined,
  use: (parent: PinnedFile, name: string) => T,
): T {
  const { log } = run;
  // Only the root directory itself ends in a slash.
  const path = given.replace(/\/$/, '');
  if (path === '') {
    const reason = errorText('EADDRNOTAVAIL');
    throw log.failure('EADDRNOTAVAIL', `Failed to extract filename from path '${given}': ${reason}`);
  }
  if (path !== given && purpose !== undefined)
    throw log.failure('EISDIR', `Cannot open path '${given}' for ${purpose}, is a directory.`);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const severity = item.allowFailure ? 'info' : 'error';
  const ignoring = item.allowFailure ? ', ignoring' : '';
  if (!pathIsNormalized(path))
    throw log.failure('EINVAL', `Failed to open parent of '${path}': path not normalized${ignoring}.`, severity);
  const directory = path.slice(0, path.lastIndexOf('/')) || '/';
  let parent: PinnedFile;
  try {
    parent = walk(run, directory, { quiet: item.allowFailure }).file;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const reason = errorText(error.code);
    throw log.failure(error.code, `Failed to open path '${directory}'${ignoring}: ${reason}`, severity);
  }
  try {
    return use(parent, name);
  } finally {
    parent.close();
  }
}

/** Calls `use` with the file at `path`; a link there is the file. */
export function withFile<T>(run: Run, path: string, use: (file: PinnedFile) => T): T {
  const { log } = run;
  if (!pathIsNormalized(path)) throw log.failure('EINVAL', `Failed to open invalid path '${path}'.`);
  const { file } = log.attempt(
    () => walk(run, path, { noFollow: true }),
    (reason) => `Failed to open path ${path}: ${reason}`,
  );
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** Calls `use` with the file that `path` leads to, unless there is none. */
export function withTarget(run: Run, path: string, use: (file: PinnedFile) => void): void {
  let file: PinnedFile;
  try {
    file = walk(run, path).file;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.code === 'ENOENT') return;
    throw run.log.failure(error.code, `Failed to open directory '${path}': ${errorText(error.code)}`);
  }
  try {
    use(file);
  } finally {
    file.close();
  }
}
