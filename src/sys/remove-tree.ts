/** rm -r by descriptors: nobody can lead it out of the tree, and it goes on after an error. */
import { type Files, type Host, SystemError } from './host.ts';

/** Files and directories that are removed in a turn of the event loop. */
const perTurn = 200;

/** Yields after each file and directory; returns the error that came first. */
type Removal = Generator<void, SystemError | undefined>;

function* removeContents(files: Files, path: string): Removal {
  const directory = files.openDirectory(path);
  let first: SystemError | undefined;
  try {
    for (const name of directory.names()) {
      const failed = yield* removeOne(files, `${directory.path}/${name}`);
      first ??= failed;
    }
  } finally {
    directory.close();
  }
  return first;
}

function* removeOne(files: Files, path: string): Removal {
  try {
    if (files.lstat(path).type === 'directory') {
      const inside = yield* removeContents(files, path);
      if (inside !== undefined) return inside;
      files.rmdir(path);
    } else files.unlink(path);
    yield;
    return undefined;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return error.code === 'ENOENT' ? undefined : error;
  }
}

/**
 * Removes a file or a whole tree; `contents` leaves the directory itself, and what is no directory. A missing path is
 * no error. Throws the SystemError that came first.
 */
export function removeTree(files: Files, path: string, contents = false): void {
  const stat = files.tryLstat(path);
  if (stat === undefined || (contents && stat.type !== 'directory')) return;
  const removal = contents ? removeContents(files, path) : removeOne(files, path);
  for (;;) {
    const step = removal.next();
    if (step.done !== true) continue;
    if (step.value !== undefined) throw step.value;
    return;
  }
}

/**
 * Removes trees while the event loop goes on: a portion at once, the others in later turns. `whenDone` is told the error
 * that came first, and the path where it came; it may be called before this returns, and is not after `cancel`.
 */
export function removeTreesInTurns(
  host: Host,
  paths: readonly string[],
  whenDone: (failed: { path: string; error: SystemError } | undefined) => void,
): { cancel(): void } {
  let failed: { path: string; error: SystemError } | undefined;
  const all = (function* (): Generator<void, void> {
    for (const path of paths) {
      const error = yield* removeOne(host.files, path);
      if (error !== undefined) failed ??= { path, error };
    }
  })();
  let cancelled = false;
  const turn = (): void => {
    if (cancelled) return;
    for (let left = perTurn; left > 0; left--)
      if (all.next().done === true) {
        whenDone(failed);
        return;
      }
    host.defer(turn);
  };
  turn();
  return {
    cancel: () => {
      cancelled = true;
      all.return();
    },
  };
}
