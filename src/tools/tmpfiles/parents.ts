/** The directories above what a line makes; with the modifier `=` also in place of what is none (tmpfiles.d(5)). */
import { errorText } from '../../sys/error-text.ts';
import { type FileStat, type PinnedFile, SystemError } from '../../sys/host.ts';
import { isMountPoint } from '../../sys/mounts.ts';
import { removeTree } from '../../sys/remove-tree.ts';
import { isUnsafeTransition } from '../common/chase.ts';
import type { Item } from './item.ts';
import type { Run } from './run.ts';

const directoryMode = 0o755;

/** Type bits of a mode, as messages show them. */
const typeBits: Readonly<Record<FileStat['type'], number>> = {
  fifo: 0o010000,
  char: 0o020000,
  directory: 0o040000,
  block: 0o060000,
  file: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
  other: 0,
};

/** `type` is what the last component must be, or be removed; undefined leaves it alone. */
export function makeParents(run: Run, item: Item, type: FileStat['type'] | undefined): void {
  if (item.tryReplace) {
    replaceWrongTypes(run, item.path, type);
    return;
  }
  try {
    run.host.files.mkdirs(item.path.slice(0, item.path.lastIndexOf('/')) || '/', directoryMode);
  } catch (error) {
    // What is to be made below will say why it cannot.
    if (!(error instanceof SystemError)) throw error;
  }
}

function replaceWrongTypes(run: Run, path: string, type: FileStat['type'] | undefined): void {
  const { files } = run.host;
  const names = path.split('/').filter((part) => part !== '');
  const last = names.pop();
  let here = '/';
  let parent = files.pin('/.');
  try {
    for (const name of names) {
      const next = enter(run, parent, here, name);
      parent.close();
      parent = next;
      here = `${here === '/' ? '' : here}/${name}`;
    }
    if (last !== undefined && type !== undefined) removeIfWrong(run, parent, here, last, type, false);
  } finally {
    parent.close();
  }
}

/** A directory below another one, made where it is missing. */
function enter(run: Run, parent: PinnedFile, here: string, name: string): PinnedFile {
  const { host, log } = run;
  const at = `${parent.path}/${name}`;
  const isThere =
    removeIfWrong(run, parent, here, name, 'directory', true) ||
    removeIfWrong(run, parent, here, name, 'directory', false);
  if (!isThere) {
    log.attempt(
      () => host.files.mkdir(at, directoryMode),
      (reason) => `Failed to mkdir "${name}" at "${here}": ${reason}`,
    );
  }
  return log.attempt(
    () => host.files.pin(`${at}/.`),
    (reason) => `Failed to open "${name}" at "${here}": ${reason}`,
  );
}

/** True where there is a file of the type; what is of another type is removed. Links are looked through for `follow`. */
function removeIfWrong(
  run: Run,
  parent: PinnedFile,
  here: string,
  name: string,
  type: FileStat['type'],
  follow: boolean,
): boolean {
  const { host, log } = run;
  const at = `${parent.path}/${name}`;
  let stat: FileStat;
  try {
    stat = follow ? host.files.stat(at) : host.files.lstat(at);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.code === 'ENOENT') return false;
    throw log.failure(error.code, `Failed to stat "${name}" at "${here}": ${errorText(error.code)}`);
  }
  if (follow && isUnsafeTransition(parent.stat(), stat))
    throw log.failure('ENOLINK', `Unsafe transition from "${here}" to "${name}".`);
  if (stat.type === type) return true;
  log.say('notice', `Wrong file type 0o${typeBits[stat.type].toString(8)}; rm -rf "${here}/${name}"`);
  const full = `${here === '/' ? '' : here}/${name}`;
  if (isMountPoint(host, full))
    throw log.failure('EBUSY', `Not removing  "${here}/${name}" because it is a mount point.`);
  log.attempt(
    () => removeTree(host.files, at),
    (reason) => `Failed to remove "${name}" at "${here}": ${reason}`,
  );
  return false;
}
