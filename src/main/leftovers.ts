/**
 * /run is new with every boot of a machine; in a container it lies on the same file system as the rest, and what the last
 * life left there (process ids that others have now, sockets that nobody listens to) keeps services from starting.
 */
import type { OwnPlaces } from '../control/places.ts';
import { errorText } from '../sys/error-text.ts';
import { type FileStat, type Host, SystemError } from '../sys/host.ts';
import { isMountPoint } from '../sys/mounts.ts';
import { isContainersInit } from './machine.ts';

/** The journal of the last life, and what is pidone's own. */
const kept: ReadonlySet<string> = new Set(['/run/log', '/run/pidone']);
/** No /run is as large; the boot must go on. */
const entryLimit = 100_000;
/** In the note of a boot: what is in /run is the container's own. */
const ownWord = 'own\n';
/** Of process times in /proc. */
const msPerTick = 10;

/**
 * Deletes what was written below /run between the boot of the container's last life and the start of PID 1 in this one.
 * What the image has there or what PID 1 itself has put there (as a script, before it became the manager) stays, and so
 * do directories, other file systems, and the engine's own files with a dot. Notes that this life has begun.
 */
export function clearLeftovers(host: Host, places: OwnPlaces, report: (message: string) => void): void {
  const failures: string[] = [];
  const guarded = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      failures.push(`${error.path ?? error.syscall}: ${errorText(error.code)}`);
    }
  };
  if (!isContainersInit(host) || places.homeless) return;
  if (places.runtime !== '/run') guarded(() => clearOwn(host, `${places.runtime}/systemd`));
  else {
    const note = `${places.directory}/boot`;
    const last = host.files.tryStat(note);
    const isOwn = isContainersOwn(host, note, last !== undefined);
    guarded(() => host.files.writeAtomic(note, isOwn ? ownWord : '', 0o644));
    if (last !== undefined && isOwn) guarded(() => clearRun(host, last, guarded));
  }
  if (failures.length === 0) return;
  const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : '';
  report(`Failed to clear /run of what the last boot has left: ${failures[0]}${more}`);
}

/**
 * Whether nobody but the container writes in /run: it is the container's own file system, or a volume that was empty at its
 * first boot. That of a pod (emptyDir) is there as long as the pod, and sees many lives; the directory of a machine, which
 * somebody has mounted here, is never empty, and none of it is touched.
 */
function isContainersOwn(host: Host, note: string, isNoted: boolean): boolean {
  if (!isMountPoint(host, '/run')) return true;
  try {
    if (isNoted) return host.files.readText(note, ownWord.length) === ownWord;
    return filesBelow(host, '/run', host.files.lstat('/run').dev).next().done === true;
  } catch (error) {
    // Longer than the word, or gone.
    if (!(error instanceof SystemError)) throw error;
    return false;
  }
}

function clearRun(host: Host, last: FileStat, guarded: (action: () => void) => void): void {
  // Layers of an image keep times in whole seconds.
  const from = Math.floor(last.mtimeMs / 1000) * 1000;
  const to = host.now() - (host.boottime() - (host.process(host.pid)?.startTime ?? 0) * msPerTick);
  const device = host.files.lstat('/run').dev;
  // Where the clock has been set back since, what is newer than this life is of the last one, too.
  const isLeft = ({ mtimeMs }: FileStat): boolean => mtimeMs >= from && (mtimeMs < to || to < from);
  for (const { path, stat } of filesBelow(host, '/run', device))
    if (isLeft(stat)) guarded(() => host.files.unlink(path));
}

/** Units and sockets of the last life in a directory that is the manager's alone. */
function clearOwn(host: Host, directory: string): void {
  for (const name of host.files.readdir(directory)) host.files.removeTree(`${directory}/${name}`);
}

function* filesBelow(host: Host, top: string, device: number): Generator<{ path: string; stat: FileStat }> {
  const directories = [top];
  // A volume below may be of the same file system, and is somebody else's all the same.
  const mounted = new Set(host.mountTable().map(({ target }) => target));
  let left = entryLimit;
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop())
    for (const { name } of host.files.entries(directory)) {
      if (left-- <= 0) return;
      const path = `${directory}/${name}`;
      if (kept.has(path) || mounted.has(path) || (directory === top && name.startsWith('.'))) continue;
      const stat = host.files.tryLstat(path);
      if (stat === undefined || stat.dev !== device) continue;
      if (stat.type === 'directory') directories.push(path);
      else yield { path, stat };
    }
}
