/** Links that make a unit enabled: made, found and taken away. */
import type { Files } from '../../sys/host.ts';
import { baseName, parentOf, pathEquals, pathIsAbsolute, pathJoin, pathStartsWith } from '../../text/paths.ts';
import type { LookupPaths } from '../files/load-path.ts';
import { unitNameKind, unitTemplateName } from '../language/unit-name.ts';
import { attempt, type Changes, codeOf, type ErrorCode, type Outcome } from './changes.ts';
import { belowSearchPath, chase, withoutRoot } from './places.ts';
import type { UnitFileSearch } from './search.ts';

/** Whether two targets of a link mean the same unit: the same file, or files of one name in the load path. */
function sameUnit(files: Files, paths: LookupPaths, link: string, one: string, other: string): boolean {
  const full = (target: string): string =>
    pathJoin(pathIsAbsolute(target) ? paths.root || '/' : parentOf(link), target);
  const a = full(one);
  const b = full(other);
  if (pathEquals(a, b)) return true;
  const statA = files.tryStat(a);
  const statB = files.tryStat(b);
  if (statA !== undefined && statB !== undefined && statA.dev === statB.dev && statA.ino === statB.ino) return true;
  return (
    baseName(a) === baseName(b) && belowSearchPath(paths, a) !== undefined && belowSearchPath(paths, b) !== undefined
  );
}

/**
 * Makes a link at `path` (1, also where it is there already), its target without the root before it. Another link gives
 * way where `force` is set, another file never.
 */
export function createLink(
  search: UnitFileSearch,
  target: string,
  path: string,
  force: boolean,
  changes: Changes,
): Outcome {
  const { files } = search.host;
  const { paths, directories } = search;
  const to = withoutRoot(paths, target) ?? target;
  // What can't be made here is told by symlink(2) below.
  attempt(() => files.mkdirs(parentOf(path), 0o755));
  const error = attempt(() => files.symlink(to, path));
  if (error === undefined) {
    directories.changed(path);
    changes.symlink(path, to);
    return 1;
  }
  if (error !== 'EEXIST') return changes.error(error, path);
  let present: string;
  try {
    present = files.readlink(path);
  } catch (failure) {
    const code = codeOf(failure);
    return changes.error(code === 'EINVAL' ? 'EEXIST' : code, path);
  }
  if (sameUnit(files, paths, path, present, to)) return 1;
  if (!force) return changes.error('EEXIST', path, present);
  const temporary = `${parentOf(path)}/.#${baseName(path)}${search.host.randomBytes(8).toString('hex')}`;
  const failure = attempt(() => {
    files.symlink(to, temporary);
    files.rename(temporary, path);
  });
  if (failure !== undefined) {
    attempt(() => files.unlink(temporary));
    return changes.error(failure, path);
  }
  directories.changed(path);
  changes.unlink(path);
  changes.symlink(path, to);
  return 1;
}

/** Names and paths to which no link shall be left. */
export class Marks {
  readonly #marks = new Set<string>();

  /** True where it is new. */
  add(mark: string): boolean {
    if (this.#marks.has(mark)) return false;
    this.#marks.add(mark);
    return true;
  }
  has(mark: string): boolean {
    return this.#marks.has(mark);
  }
  get isEmpty(): boolean {
    return this.#marks.size === 0;
  }
}

interface Removal {
  readonly search: UnitFileSearch;
  readonly marks: Marks;
  readonly configPath: string;
  readonly dryRun: boolean;
  readonly changes: Changes;
  /** Something was removed that other links may lead to. */
  again: boolean;
}

/** Removes links below `configPath` that have a marked name, are instances of one, or lead to one. */
export function removeMarkedLinks(
  search: UnitFileSearch,
  marks: Marks,
  configPath: string,
  dryRun: boolean,
  changes: Changes,
): Outcome {
  if (marks.isEmpty) return 0;
  const { error } = search.directories.list(configPath);
  if (error !== undefined) return error === 'ENOENT' ? 0 : error;
  const removal: Removal = { search, marks, configPath, dryRun, changes, again: false };
  let outcome: Outcome = 0;
  do {
    removal.again = false;
    const error = removeIn(removal, configPath);
    if (outcome === 0 && error !== undefined) outcome = error;
  } while (removal.again);
  return outcome;
}

/** The first failure; what can be removed is. */
function removeIn(removal: Removal, directory: string): ErrorCode | undefined {
  const { directories } = removal.search;
  let error: ErrorCode | undefined;
  for (const [name, type] of [...directories.visible(directory)]) {
    const path = `${directory}/${name}`;
    if (type === 'directory') {
      const unreadable = directories.list(path).error;
      if (unreadable === 'ENOENT') continue;
      const failure = unreadable ?? removeIn(removal, path);
      error ??= failure;
    } else if (type === 'symlink' && unitNameKind(name) !== undefined) {
      const failure = removeLink(removal, name, path);
      error ??= failure;
    }
  }
  return error;
}

function removeLink(removal: Removal, name: string, path: string): ErrorCode | undefined {
  const { search, marks, changes, dryRun, configPath } = removal;
  const { files } = search.host;
  const { paths, directories } = search;
  const template = unitTemplateName(name);
  if (!marks.has(name) && (template === undefined || !marks.has(template))) {
    const real = chase(files, path, paths.root, { mayBeMissing: true });
    if ('error' in real) return real.error === 'ENOENT' ? undefined : changes.error(real.error, path);
    if (!marks.has(real.path) && !marks.has(baseName(real.path))) return undefined;
  }
  if (!dryRun) {
    const failure = attempt(() => files.unlink(path));
    if (failure !== undefined && failure !== 'ENOENT') return changes.error(failure, path);
    directories.changed(path);
    removeEmptyParents(search, path, configPath);
  }
  changes.unlink(path);
  // Links to what has just gone are to go too.
  if (marks.add(withoutRoot(paths, path) ?? path) && !dryRun) removal.again = true;
  return undefined;
}

function removeEmptyParents(search: UnitFileSearch, path: string, stop: string): void {
  for (let at = parentOf(path); at !== '/' && pathStartsWith(stop, at) === undefined; at = parentOf(at)) {
    const failure = attempt(() => search.host.files.rmdir(at));
    if (failure !== undefined && failure !== 'ENOENT') return;
    search.directories.changed(at);
  }
}
