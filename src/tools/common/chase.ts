/**
 * Paths walked component by component, each held by a descriptor: links stay below a root directory, and where that is
 * asked for nobody but root and the owner of a directory can lead the walk elsewhere.
 */
import { type FileStat, type Files, type PinnedFile, SystemError } from '../../sys/host.ts';
import { pathJoin, pathStartsWith } from '../../text/paths.ts';

const maxLinks = 32;

export interface ChaseOptions {
  /** What counts as `/`; `path` begins with it. Undefined, '' and '/' are the machine's own root. */
  readonly root?: string | undefined;
  /** Refuses to go from what an ordinary user owns to what somebody else owns (tmpfiles.d(5)). */
  readonly safe?: boolean;
  /** A link in the last component is the result. */
  readonly noFollow?: boolean;
}

export interface Chased {
  /** Without links, and with the root. */
  readonly path: string;
  /** To be closed. */
  readonly file: PinnedFile;
}

/** A step from one owner's file to another's. */
export class UnsafeTransition extends Error {
  readonly from: string;
  readonly fromUid: number;
  readonly to: string;
  readonly toUid: number;
  constructor(from: string, fromUid: number, to: string, toUid: number) {
    super(`unsafe transition from ${from} to ${to}`);
    this.from = from;
    this.fromUid = fromUid;
    this.to = to;
    this.toUid = toUid;
  }
}

/** Whether a step could have been laid by an ordinary user to mislead. */
export function isUnsafeTransition(from: FileStat, to: FileStat): boolean {
  return from.uid !== 0 && from.uid !== to.uid;
}

interface Step {
  readonly file: PinnedFile;
  readonly path: string;
}

const parts = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

/**
 * Walks to a file and holds it. Throws SystemError (ENOENT, ENOTDIR, ELOOP …; ECHRNG where `path` is not below the root)
 * and `UnsafeTransition`.
 */
export function chase(files: Files, path: string, options: ChaseOptions = {}): Chased {
  const root = options.root === undefined || options.root === '/' ? '' : options.root.replace(/\/+$/, '');
  const below = root === '' ? path : pathStartsWith(path, root);
  if (below === undefined) throw new SystemError('ECHRNG', 44, 'openat', path);

  const steps: Step[] = [{ file: files.pin(`${root}/.`), path: root === '' ? '/' : root }];
  const here = (): Step => steps[steps.length - 1]!;
  let done = false;
  try {
    let previous = here().file.stat();
    const check = (from: Step, to: Step): void => {
      const stat = to.file.stat();
      if (options.safe && isUnsafeTransition(previous, stat))
        throw new UnsafeTransition(from.path, from.file.stat().uid, to.path, stat.uid);
      previous = stat;
    };
    const todo = parts(below);
    let links = 0;
    for (let name = todo.shift(); name !== undefined; name = todo.shift()) {
      if (name === '..') {
        if (steps.length === 1) continue;
        const left = steps.pop()!;
        try {
          check(left, here());
        } finally {
          left.file.close();
        }
        continue;
      }
      const child: Step = { file: files.pin(`${here().file.path}/${name}`), path: pathJoin(here().path, name) };
      let kept = false;
      try {
        check(here(), child);
        if (previous.type !== 'symlink' || (options.noFollow && todo.length === 0)) {
          steps.push(child);
          kept = true;
          continue;
        }
        if (++links >= maxLinks) throw new SystemError('ELOOP', 40, 'openat', path);
        const target = files.readlink(`${here().file.path}/${name}`);
        if (target === '') throw new SystemError('EINVAL', 22, 'readlink', path);
        if (target.startsWith('/')) {
          for (const step of steps.splice(1)) step.file.close();
          check(child, here());
        }
        todo.unshift(...parts(target));
      } finally {
        if (!kept) child.file.close();
      }
    }
    const { file, path: found } = here();
    done = true;
    return { path: found, file };
  } finally {
    if (done) steps.pop();
    for (const step of steps) step.file.close();
  }
}

/** The path without links, below `root`. Throws as `chase`. */
export function resolveBelow(files: Files, root: string | undefined, path: string): string {
  const { path: found, file } = chase(files, pathJoin(root ?? '', path), { root });
  file.close();
  return found;
}
