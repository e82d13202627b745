/** rm -r by descriptors: nobody can lead it out of the tree, and it goes on after an error. */
import { type Files, SystemError } from '../../sys/host.ts';

/** Removes what a directory holds. The result is the first error, undefined where there was none. */
function removeContents(files: Files, path: string): SystemError | undefined {
  const directory = files.openDirectory(path);
  let first: SystemError | undefined;
  try {
    for (const name of directory.names()) first = removeOne(files, `${directory.path}/${name}`) ?? first;
  } finally {
    directory.close();
  }
  return first;
}

function removeOne(files: Files, path: string): SystemError | undefined {
  try {
    if (files.lstat(path).type !== 'directory') {
      files.unlink(path);
      return undefined;
    }
    const inside = removeContents(files, path);
    if (inside !== undefined) return inside;
    files.rmdir(path);
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
  const failed = contents ? removeContents(files, path) : removeOne(files, path);
  if (failed !== undefined) throw failed;
}
