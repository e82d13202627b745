/** rm -r by descriptors: nobody can lead it out of the tree, and it goes on after an error. */
import { type Files, type Host, SystemError } from './host.ts';

/** Files and directories that are removed in a turn of the event loop. */
const perTurn = 200;

/** Yields after each file and directory; returns the error that came first. */
type Removal = Generator<void, SystemError | undefined>;

class TreeRemoval {
  readonly #files: Files;
  /** Without /proc, as in a chroot that is being set up, a descriptor has no name. */
  readonly #named: boolean;

  constructor(files: Files) {
    this.#files = files;
    this.#named = files.tryLstat('/proc/self/fd') !== undefined;
  }

  *contents(path: string): Removal {
    const directory = this.#files.openDirectory(path);
    const inside = this.#named ? directory.path : path;
    let first: SystemError | undefined;
    try {
      for (const name of directory.names()) {
        const failed = yield* this.whole(`${inside}/${name}`);
        first ??= failed;
      }
    } finally {
      directory.close();
    }
    return first;
  }

  *whole(path: string): Removal {
    try {
      if (this.#files.lstat(path).type === 'directory') {
        const failed = yield* this.contents(path);
        if (failed !== undefined) return failed;
        this.#files.rmdir(path);
      } else this.#files.unlink(path);
      yield;
      return undefined;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return error.code === 'ENOENT' ? undefined : error;
    }
  }
}

/**
 * Removes a file or a whole tree; `contents` leaves the directory itself, and what is no directory. A missing path is
 * no error. Throws the SystemError that came first.
 */
export function removeTree(files: Files, path: string, contents = false): void {
  const stat = files.tryLstat(path);
  if (stat === undefined || (contents && stat.type !== 'directory')) return;
  const removal = new TreeRemoval(files)[contents ? 'contents' : 'whole'](path);
  let step = removal.next();
  while (step.done !== true) step = removal.next();
  if (step.value !== undefined) throw step.value;
}

/**
 * Removes trees while the event loop goes on: a portion at once, the others in later turns. `whenDone` is told the error
 * that came first, and the path where it came; it may be called before this returns, and is not after `cancel`. `finish`
 * does the rest at once.
 */
export function removeTreesInTurns(
  host: Host,
  paths: readonly string[],
  whenDone: (failed: { path: string; error: SystemError } | undefined) => void,
): { cancel(): void; finish(): void } {
  let failed: { path: string; error: SystemError } | undefined;
  const removal = new TreeRemoval(host.files);
  const all = (function* (): Generator<void, void> {
    for (const path of paths) {
      const error = yield* removal.whole(path);
      if (error !== undefined) failed ??= { path, error };
    }
  })();
  let over = false;
  const remove = (entries: number): void => {
    for (let left = entries; left > 0 && !over; left--) {
      over = all.next().done === true;
      if (over) whenDone(failed);
    }
  };
  const turn = (): void => {
    remove(perTurn);
    if (!over) host.defer(turn);
  };
  turn();
  return {
    cancel: () => {
      over = true;
      all.return();
    },
    finish: () => remove(Number.POSITIVE_INFINITY),
  };
}
