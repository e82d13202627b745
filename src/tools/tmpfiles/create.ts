/** --create, type by type. */
import { errorText } from '../../sys/error-text.ts';
import { type FileStat, type PinnedFile, SystemError, type WritableFile } from '../../sys/host.ts';
import { removeTree } from '../../sys/remove-tree.ts';
import { pathJoin } from '../../text/paths.ts';
import { copyTree } from './copy.ts';
import { globPaths } from './glob.ts';
import type { Item } from './item.ts';
import { Failure } from './log.ts';
import { makeParents } from './parents.ts';
import { type FileAction, setAcls, setCapabilities, setFlags, setPermissions, setXattrs } from './perms.ts';
import { type Creation, type PathAction, type Run, withFile, withParent, withTarget } from './run.ts';

const CAP_MKNOD = 27n;
const noPrivilege: ReadonlySet<string> = new Set(['EPERM', 'EACCES']);
const nameTaken: ReadonlySet<string> = new Set(['EISDIR', 'EEXIST', 'ENOTEMPTY']);

type Action = (run: Run, item: Item) => void;

/** What is done for each type of line; those that are not here make nothing. */
function actionOf(type: Item['type']): Action | undefined {
  switch (type) {
    case 'f':
      return withParents('file', (run, item) => (item.force ? truncateFile : createFile)(run, item));
    case 'F':
      return withParents('file', truncateFile);
    case 'w':
      return onPaths(writeFile);
    case 'd':
    case 'D':
    case 'v':
    case 'q':
    case 'Q':
      return withParents('directory', createDirectory);
    case 'e':
      return onPaths(adjustDirectory);
    case 'C':
      return withParents(undefined, copyFiles);
    case 'p':
      return withParents('fifo', createFifo);
    case 'L':
      return (run, item) => {
        if (!lacksTarget(run, item)) linkWithParents(run, item);
      };
    case 'c':
    case 'b':
      return deviceAction(type === 'c' ? 'char' : 'block');
    case 'm':
    case 'z':
      return onPaths(onFile(setPermissions));
    case 'Z':
      return recursively(setPermissions);
    case 't':
      return onPaths(onFile(setXattrs));
    case 'T':
      return recursively(setXattrs);
    case 'a':
      return onPaths(onFile(setAcls));
    case 'A':
      return recursively(setAcls);
    case 'h':
      return onPaths(onFile(setFlags));
    case 'H':
      return recursively(setFlags);
    case 'k':
      return onPaths(onFile(setCapabilities));
    case 'K':
      return recursively(setCapabilities);
    default:
      return undefined;
  }
}

/** Does what a line says to make. Throws `Failure`. */
export function createItem(run: Run, item: Item): void {
  actionOf(item.type)?.(run, item);
}

function withParents(type: FileStat['type'] | undefined, action: Action): Action {
  return (run, item) => {
    makeParents(run, item, type);
    action(run, item);
  };
}

const linkWithParents = withParents('symlink', createSymlink);

/** `L?`: what the link is to lead to is not there, so that there shall be none. */
function lacksTarget({ host, root, log }: Run, { path, argument, ifTargetExists }: Item): boolean {
  const target = argument!;
  if (!ifTargetExists) return false;
  const from = target.startsWith('/') ? (root ?? '') : path.slice(0, path.lastIndexOf('/'));
  if (host.files.tryLstat(pathJoin(from, target)) !== undefined) return false;
  log.say('info', `Symlink source path '${target}' does not exist, skipping line.`);
  return true;
}

/** Containers may mostly not make devices, and have those that they need: nothing is tried then, and nothing said. */
function deviceAction(type: 'char' | 'block'): Action {
  const create = withParents(type, (run, item) => createDevice(run, item, type));
  return (run, item) => {
    if ((run.host.capabilities().effective & (1n << CAP_MKNOD)) !== 0n) create(run, item);
  };
}

/** Calls the actions one after the other, and gives up on the first failure only at the end. */
function each<T>(of: readonly T[], action: (one: T) => void): void {
  let first: Failure | undefined;
  for (const one of of) {
    try {
      action(one);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      first ??= error;
    }
  }
  if (first !== undefined) throw first;
}

/** Does something to every path that the line's pattern matches. */
export function globItem(run: Run, item: Item, action: PathAction): void {
  each(globPaths(run.host.files, item.path), (path) => action(run, item, path, 'existing'));
}

function onPaths(action: PathAction): Action {
  return (run, item) => globItem(run, item, action);
}

function onFile(action: FileAction): PathAction {
  return (run, item, path, creation) => withFile(run, path, (file) => action(run, item, file, path, creation));
}

function recursively(action: FileAction): Action {
  return (run, item) => {
    const { files } = run.host;
    each(globPaths(files, item.path), (path) => {
      const file = run.log.attempt(
        () => files.pin(path),
        (reason) => `Opening '${path}' failed: ${reason}`,
      );
      applyRecursively(run, item, file, path, action);
    });
  };
}

/** Applies to a file, then to all that it holds; closes it. */
function applyRecursively(run: Run, item: Item, file: PinnedFile, path: string, action: FileAction): void {
  const { host, log } = run;
  try {
    const { type } = file.stat();
    const steps: (() => void)[] = [() => action(run, item, file, path, 'existing')];
    if (type === 'directory') steps.push(() => each(namesOf(run, file), inside));
    each(steps, (step) => step());
  } finally {
    file.close();
  }

  function inside(name: string): void {
    let child: PinnedFile;
    try {
      child = host.files.pin(`${file.path}/${name}`);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code === 'ENOENT') return;
      throw log.failure(error.code, `Failed to open file '${name}': ${errorText(error.code)}`);
    }
    applyRecursively(run, item, child, `${path === '/' ? '' : path}/${name}`, action);
  }
}

function namesOf({ host, log }: Run, directory: PinnedFile): string[] {
  return log.attempt(
    () => {
      const open = host.files.openDirectory(`${directory.path}/.`);
      try {
        return open.names();
      } finally {
        open.close();
      }
    },
    (reason) => `Failed to opendir() '${directory.path}': ${reason}`,
  );
}

/** Calls `use` with what now has the name, held. */
function withMade<T>(
  run: Run,
  parent: PinnedFile,
  name: string,
  failure: (reason: string) => string,
  use: (made: PinnedFile) => T,
): T {
  const made = run.log.attempt(() => run.host.files.pin(`${parent.path}/${name}`), failure);
  try {
    return use(made);
  } finally {
    made.close();
  }
}

function write(run: Run, item: Item, file: WritableFile, path: string): void {
  const { data } = item;
  if (data === undefined || data.length === 0) return;
  run.log.attempt(
    () => file.write(data),
    (reason) => `Failed to write file "${path}": ${reason}`,
  );
}

function writeFile(run: Run, item: Item, path: string, creation: Creation): void {
  const { host, log } = run;
  withParent(run, item, path, 'writing', (parent, name) => {
    let file: WritableFile;
    try {
      file = host.files.openWritable(`${parent.path}/${name}`, item.force ? 'append' : 'existing');
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code === 'ENOENT' || item.allowFailure) return;
      throw log.failure(error.code, `Failed to open file "${path}": ${errorText(error.code)}`);
    }
    try {
      write(run, item, file, path);
      setPermissions(run, item, file, path, creation);
    } finally {
      file.close();
    }
  });
}

function createFile(run: Run, item: Item): void {
  const { host, log } = run;
  const { path } = item;
  withParent(run, item, path, 'writing', (parent, name) => {
    let file: WritableFile;
    try {
      file = host.files.openWritable(`${parent.path}/${name}`, 'new', item.mode);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code !== 'EEXIST')
        throw log.failure(error.code, `Failed to create file ${path}: ${errorText(error.code)}`);
      const reopen = (reason: string): string => `Failed to re-open file ${path}: ${reason}`;
      withMade(run, parent, name, reopen, (made) => {
        requireFile(run, made.stat(), path);
        setPermissions(run, item, made, path, 'existing');
      });
      return;
    }
    try {
      write(run, item, file, path);
      setPermissions(run, item, file, path, 'new');
    } finally {
      file.close();
    }
  });
}

function requireFile(run: Run, stat: FileStat, path: string): void {
  if (stat.type !== 'file') throw run.log.failure('EEXIST', `${path} exists and is not a regular file.`);
}

function truncateFile(run: Run, item: Item): void {
  const { host, log } = run;
  const { path } = item;
  withParent(run, item, path, 'truncation', (parent, name) => {
    const at = `${parent.path}/${name}`;
    let creation: Creation = 'existing';
    let file: WritableFile;
    try {
      try {
        file = host.files.openWritable(at, 'own');
      } catch (error) {
        if (!(error instanceof SystemError) || error.code !== 'ENOENT') throw error;
        creation = 'new';
        file = host.files.openWritable(at, 'new', item.mode);
      }
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code === 'EROFS') {
        keepReadOnly(run, item, parent, name, creation);
        return;
      }
      throw log.failure(error.code, `Failed to open/create file ${path}: ${errorText(error.code)}`);
    }
    try {
      const stat = file.stat();
      requireFile(run, stat, path);
      if (stat.size > 0) {
        log.attempt(
          () => file.truncate(),
          (reason) => `Failed to truncate file ${path}: ${reason}`,
        );
      }
      write(run, item, file, path);
      setPermissions(run, item, file, path, creation);
    } finally {
      file.close();
    }
  });
}

/** On a read-only file system a file that is as it should be is no failure. */
function keepReadOnly(run: Run, item: Item, parent: PinnedFile, name: string, creation: Creation): void {
  const { log } = run;
  const { path } = item;
  if (creation === 'new') throw log.failure('EROFS', `Cannot create file ${path} on a read-only file system.`);
  const reopen = (reason: string): string => `Failed to re-open file ${path}: ${reason}`;
  withMade(run, parent, name, reopen, (made) => {
    const stat = made.stat();
    requireFile(run, stat, path);
    if (stat.size > 0) throw log.failure('EROFS', `Failed to truncate file ${path}: ${errorText('EROFS')}`);
    if ((item.data?.length ?? 0) > 0)
      throw log.failure('EBADF', `Failed to write file "${path}": ${errorText('EBADF')}`);
    setPermissions(run, item, made, path, 'existing');
  });
}

function createDirectory(run: Run, item: Item): void {
  const { host, log } = run;
  const { path } = item;
  // Said as an error, and passed over.
  const notDirectory = (): void => log.say('error', `"${path}" already exists and is not a directory.`);
  withParent(run, item, path, undefined, (parent, name) => {
    let refused: SystemError | undefined;
    try {
      host.files.mkdir(`${parent.path}/${name}`, item.mode);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      refused = error;
    }
    let made: PinnedFile;
    try {
      made = host.files.pin(`${parent.path}/${name}`);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code === 'ENOTDIR') {
        notDirectory();
        return;
      }
      if (refused === undefined) {
        const reason = errorText(error.code);
        throw log.failure(error.code, `Failed to open directory/subvolume we just created '${path}': ${reason}`);
      }
      throw log.failure(
        refused.code,
        `Failed to create directory or subvolume "${path}"${item.allowFailure ? ', ignoring' : ''}: ` +
          errorText(refused.code),
        item.allowFailure ? 'info' : 'error',
      );
    }
    try {
      if (made.stat().type === 'directory')
        setPermissions(run, item, made, path, refused === undefined ? 'new' : 'existing');
      else notDirectory();
    } finally {
      made.close();
    }
  });
}

function adjustDirectory(run: Run, item: Item, path: string, creation: Creation): void {
  withTarget(run, path, (file) => {
    if (file.stat().type === 'directory') setPermissions(run, item, file, path, creation);
    else run.log.say('warning', `'${path}' already exists and is not a directory.`);
  });
}

function copyFiles(run: Run, item: Item): void {
  const { host, log } = run;
  const { path } = item;
  const source = item.argument!;
  withParent(run, item, path, undefined, (parent, name) => {
    let refused: SystemError | undefined;
    try {
      copyTree(host.files, source, `${parent.path}/${name}`, item);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      refused = error;
    }
    const failure = (reason: string): string =>
      refused === undefined
        ? `Failed to openat(${path}): ${reason}`
        : `Failed to copy files to ${path}: ${errorText(refused.code)}`;
    withMade(run, parent, name, failure, (made) => {
      const original = log.attempt(
        () => host.files.stat(source),
        (reason) => `Failed to stat(${source}): ${reason}`,
      );
      // Something else is there already: left alone.
      if (made.stat().type === original.type) setPermissions(run, item, made, path, 'new');
    });
  });
}

/** What makes one kind of file, and the words of its messages. */
interface Maker {
  readonly make: (at: string) => void;
  readonly isRight: (stat: FileStat, at: string) => boolean;
  readonly failed: (reason: string) => string;
  /** As `withParent` takes it. */
  readonly purpose: string;
  /** The kind as `Failed to open … we just created` names it. */
  readonly kind: string;
  /** Told where something else has the name and may not be replaced; '' says nothing. */
  readonly inTheWay: string;
  /** Where the reason is a lack of privilege, nothing is made and nothing said. */
  readonly needsPrivilege?: true;
}

/** Makes a file unless it is there; with `+` in place of what has its name. */
function createNode(run: Run, item: Item, maker: Maker): void {
  const { host, log } = run;
  const { path } = item;
  withParent(run, item, path, maker.purpose, (parent, name) => {
    const at = `${parent.path}/${name}`;
    let creation: Creation = 'new';
    let refused: SystemError | undefined;
    const lacksPrivilege = (error: SystemError): boolean =>
      maker.needsPrivilege === true && noPrivilege.has(error.code);
    try {
      maker.make(at);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      refused = error;
      creation = 'existing';
    }
    const stat = host.files.tryLstat(at);
    if (stat === undefined && refused !== undefined) {
      if (lacksPrivilege(refused)) return;
      throw log.failure(refused.code, maker.failed(errorText(refused.code)));
    }
    if (stat !== undefined && !maker.isRight(stat, at)) {
      if (!item.force) {
        if (maker.inTheWay !== '') log.say('warning', maker.inTheWay);
        return;
      }
      try {
        replace(run, parent, name, maker.make, path);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        if (lacksPrivilege(error)) return;
        throw log.failure(error.code, maker.failed(errorText(error.code)));
      }
      creation = 'replaced';
    }
    const unopened = (reason: string): string => `Failed to open ${maker.kind} we just created '${path}': ${reason}`;
    withMade(run, parent, name, unopened, (made) => setPermissions(run, item, made, path, creation));
  });
}

/** Makes it under another name and renames it; a directory in the way is removed first. Throws SystemError. */
function replace(run: Run, parent: PinnedFile, name: string, make: (at: string) => void, path: string): void {
  const { host, log } = run;
  const at = `${parent.path}/${name}`;
  const temporary = `${parent.path}/.#${name}${host.randomBytes(8).toString('hex')}`;
  make(temporary);
  try {
    host.files.rename(temporary, at);
  } catch (error) {
    host.files.unlink(temporary);
    if (!(error instanceof SystemError) || !nameTaken.has(error.code)) throw error;
    log.attempt(
      () => removeTree(host.files, at),
      (reason) => `rm -rf ${path} failed: ${reason}`,
    );
    make(at);
  }
}

function createFifo(run: Run, item: Item): void {
  const { path } = item;
  createNode(run, item, {
    make: (at) => run.host.files.mknod(at, 'fifo', item.mode),
    isRight: (stat) => stat.type === 'fifo',
    failed: (reason) => `Failed to create FIFO ${path}: ${reason}`,
    purpose: 'creating FIFO',
    kind: 'FIFO',
    inTheWay: `"${path}" already exists and is not a FIFO.`,
  });
}

function createDevice(run: Run, item: Item, type: 'char' | 'block'): void {
  const { path } = item;
  createNode(run, item, {
    make: (at) => run.host.files.mknod(at, type, item.mode, item.device),
    isRight: (stat) => stat.type === type,
    failed: (reason) => `Failed to create device node '${path}': ${reason}`,
    purpose: 'creating device node',
    kind: 'device node',
    inTheWay: `"${path}" already exists and is not a device node.`,
    needsPrivilege: true,
  });
}

function createSymlink(run: Run, item: Item): void {
  const { path } = item;
  const { files } = run.host;
  const target = item.argument!;
  createNode(run, item, {
    make: (at) => files.symlink(target, at),
    isRight: (stat, at) => stat.type === 'symlink' && files.readlink(at) === target,
    failed: (reason) =>
      item.force ? `symlink(${target}, ${path}) failed: ${reason}` : `Failed to create symlink '${path}': ${reason}`,
    purpose: 'creating symlink',
    kind: 'symlink',
    inTheWay: '',
  });
}
