/** Which kind of place a path of the load path is, and paths below another root. */

import type { Files } from '../../sys/host.ts';
import { parentOf, pathEquals, pathIsAbsolute, pathIsNormalized, pathJoin, pathStartsWith } from '../../text/paths.ts';
import type { LookupPaths } from '../files/load-path.ts';
import { isMask } from '../files/mask.ts';
import { codeOf, type ErrorCode } from './changes.ts';

function isOneOf(path: string, ...directories: (string | undefined)[]): boolean {
  return directories.some((directory) => directory !== undefined && pathEquals(path, directory));
}

/** The path as seen from below the root; undefined where it lies outside. */
export function withoutRoot(paths: LookupPaths, path: string): string | undefined {
  if (paths.root === '') return path;
  const rest = pathStartsWith(path, paths.root);
  return rest === undefined ? undefined : `/${rest}`;
}

export function isInSearchPath(paths: LookupPaths, path: string): boolean {
  return isOneOf(parentOf(path), ...paths.search);
}

/** What follows the directory of the load path that a path lies below; undefined where it lies below none. */
export function belowSearchPath(paths: LookupPaths, path: string): string | undefined {
  for (const directory of paths.search) {
    const rest = pathStartsWith(path, directory);
    if (rest !== undefined) return rest;
  }
  return undefined;
}

export function isGenerated(paths: LookupPaths, path: string): boolean {
  return isOneOf(parentOf(path), paths.generator, paths.generatorEarly, paths.generatorLate);
}

export function isTransient(paths: LookupPaths, path: string): boolean {
  return isOneOf(parentOf(path), paths.transient);
}

export function isControl(paths: LookupPaths, path: string): boolean {
  return isOneOf(parentOf(path), paths.persistentControl, paths.runtimeControl);
}

/** A file of the administrator's: right in /etc/systemd/system or /run/systemd/system. */
export function isConfiguration(paths: LookupPaths, path: string): boolean {
  return isOneOf(parentOf(path), paths.persistentConfig, paths.runtimeConfig);
}

/** Whether a directory of the load path does not outlive the boot. */
export function isRuntimeDirectory(paths: LookupPaths, directory: string): boolean {
  const bare = withoutRoot(paths, directory);
  if (bare !== undefined && pathStartsWith(bare, '/run') !== undefined) return true;
  return isOneOf(
    directory,
    paths.runtimeConfig,
    paths.generator,
    paths.generatorEarly,
    paths.generatorLate,
    paths.transient,
    paths.runtimeControl,
  );
}

export function isRuntime(paths: LookupPaths, path: string): boolean {
  return isRuntimeDirectory(paths, parentOf(path));
}

export function isVendorOrGenerated(paths: LookupPaths, path: string): boolean {
  const bare = withoutRoot(paths, path);
  if (bare === undefined) return false;
  return (
    pathStartsWith(bare, '/usr') !== undefined || pathStartsWith(bare, '/lib') !== undefined || isGenerated(paths, bare)
  );
}

/** Where the administrator enables user units for everybody. */
export const globalUserConfig = '/etc/systemd/user';

/** As many links may a path lead through. */
const linksMax = 32;

export interface ChaseOptions {
  /** The last component may be a link. */
  noFollow?: boolean;
  /** What is missing at the end is taken as written. */
  mayBeMissing?: boolean;
}

/**
 * The path that an absolute path below `root` leads to, every link resolved as if `root` were `/`. The result has the
 * root before it.
 */
export function chase(
  files: Files,
  path: string,
  root: string,
  options: ChaseOptions = {},
): { path: string } | { error: ErrorCode } {
  const start = root === '' ? path : pathStartsWith(path, root);
  if (start === undefined) return { error: 'ECHRNG' };
  let done = root;
  let todo = start.split('/');
  let links = linksMax;
  while (todo.length > 0) {
    const first = todo.shift()!;
    if (first === '' || first === '.') continue;
    if (first === '..') {
      if (done.length > root.length) done = parentOf(done);
      if (done === '/') done = '';
      continue;
    }
    const rest = todo.filter((part) => part !== '' && part !== '.');
    const at = `${done}/${first}`;
    let type: string;
    let target = '';
    try {
      type = files.lstat(at).type;
      if (type === 'symlink') target = files.readlink(at);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT' && options.mayBeMissing && (rest.length === 0 || pathIsNormalized(rest.join('/'))))
        return { path: [at, ...rest].join('/') };
      return { error: code };
    }
    if (type === 'symlink' && !(options.noFollow && rest.length === 0)) {
      if (--links <= 0) return { error: 'ELOOP' };
      if (target === '') return { error: 'EINVAL' };
      if (pathIsAbsolute(target)) done = root;
      todo = [...target.split('/'), ...rest];
      continue;
    }
    done = at;
  }
  return { path: done === '' ? '/' : done };
}

/** Whether a file has nothing in it: an empty one, or a device such as /dev/null, which below another root may be missing. */
export function isNullOrEmpty(files: Files, path: string, root: string): boolean | ErrorCode {
  if (pathStartsWith(path, root === '' ? '/' : root) === 'dev/null') return true;
  const full = root === '' ? { path } : chase(files, pathJoin(root, path), root);
  if ('error' in full) return full.error;
  try {
    return isMask(files.stat(full.path));
  } catch (error) {
    return codeOf(error);
  }
}
