/** Trees copied with owners, modes, times and attributes, for C lines (tmpfiles.d(5)). */
import { type FileStat, type Files, type PinnedFile, SystemError } from '../../sys/host.ts';

export interface CopyOwners {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

const depthLimit = 2048;

interface Copy {
  readonly files: Files;
  readonly owners: CopyOwners;
  /** Where files with several names have been copied to, by device and inode. */
  readonly linked: Map<string, string>;
}

/** Copies what `from` is (a link as a link) to a new name, or into an empty directory. Throws the last SystemError. */
export function copyTree(files: Files, from: string, to: string, owners: CopyOwners): void {
  copyOne({ files, owners, linked: new Map() }, from, to, depthLimit);
}

function copyOne(copy: Copy, from: string, to: string, depth: number): void {
  const stat = copy.files.lstat(from);
  if (stat.type === 'directory') copyDirectory(copy, from, to, stat, depth);
  else copyLeaf(copy, from, to, stat);
}

function copyLeaf(copy: Copy, from: string, to: string, stat: FileStat): void {
  const { files } = copy;
  const key = `${stat.dev}:${stat.ino}`;
  const other = copy.linked.get(key);
  if (other !== undefined) {
    files.link(other, to);
    return;
  }
  switch (stat.type) {
    case 'file':
      files.copyFile(from, to, stat.mode);
      break;
    case 'symlink':
      files.symlink(files.readlink(from), to);
      break;
    case 'char':
    case 'block':
    case 'fifo':
    case 'socket':
      files.mknod(to, stat.type, stat.mode, stat.rdev);
      break;
    default:
      throw new SystemError('EOPNOTSUPP', 95, 'copy', from);
  }
  const made = files.pin(to);
  try {
    finish(copy, made, stat, from);
  } finally {
    made.close();
  }
  files.utimes(to, stat.atimeMs, stat.mtimeMs);
  if (stat.nlink > 1 && stat.type !== 'symlink') copy.linked.set(key, to);
}

/** The owner and mode of the original, its attributes of users. */
function finish({ files, owners }: Copy, made: PinnedFile, stat: FileStat, from: string): void {
  made.chown(owners.uid ?? stat.uid, owners.gid ?? stat.gid);
  if (stat.type === 'symlink') return;
  made.chmod(stat.mode);
  if (stat.type !== 'file' && stat.type !== 'directory') return;
  try {
    for (const name of files.listXattrs(from)) {
      const value = name.startsWith('user.') ? files.getXattr(from, name) : undefined;
      if (value !== undefined) files.setXattr(made.path, name, value);
    }
  } catch (error) {
    // A file system that has none.
    if (!(error instanceof SystemError)) throw error;
  }
}

function isEmptyDirectory(files: Files, path: string): boolean {
  try {
    const directory = files.openDirectory(path);
    const empty = directory.names().length === 0;
    directory.close();
    return empty;
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ENOENT') return false;
    throw error;
  }
}

function copyDirectory(copy: Copy, from: string, to: string, stat: FileStat, depth: number): void {
  if (depth === 0) throw new SystemError('ENAMETOOLONG', 36, 'copy', from);
  const { files } = copy;
  const existed = isEmptyDirectory(files, to);
  if (!existed) files.mkdir(to, stat.mode);
  const source = files.openDirectory(from);
  let last: SystemError | undefined;
  try {
    const made = files.openDirectory(to);
    try {
      for (const name of source.names()) {
        try {
          // Links need a name that outlives the descriptors.
          copyOne(copy, `${source.path}/${name}`, `${to}/${name}`, depth - 1);
        } catch (error) {
          if (!(error instanceof SystemError)) throw error;
          last = error;
        }
      }
      if (!existed) {
        const pinned = files.pin(`${made.path}/.`);
        try {
          finish(copy, pinned, stat, from);
        } finally {
          pinned.close();
        }
        made.utimes(stat.atimeMs, stat.mtimeMs);
      }
    } finally {
      made.close();
    }
  } finally {
    source.close();
  }
  if (last !== undefined) throw last;
}
