/**
 * /run is new with every boot of a machine; in a container it lies on the same file system as the rest, and what the last
 * life left there (process ids that others have now, sockets that nobody listens to) keeps services from starting.
 */
import type { Places } from '../control/places.ts';
import { type FileStat, type Host, SystemError } from '../sys/host.ts';
import { isMountPoint } from '../sys/mounts.ts';
import { isContainersInit } from './machine.ts';

/** The journal of the last life, and what is pidone's own. */
const kept: ReadonlySet<string> = new Set(['/run/log', '/run/pidone']);
/** No /run is as large; the boot must go on. */
const entryLimit = 100_000;
/** Of process times in /proc. */
const msPerTick = 10;

/**
 * Deletes what was written below /run between the boot of the container's last life and the start of PID 1 in this one.
 * What the image has there or what PID 1 itself has put there (as a script, before it became the manager) stays, and so
 * do directories, other file systems, and the engine's own files with a dot. Notes that this life has begun.
 */
export function clearLeftovers(host: Host, places: Places, report: (message: string) => void): void {
  const guarded = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      report(`Failed to clear /run of what the last boot has left: ${error.message}`);
    }
  };
  guarded(() => {
    // A machine's /run, or one that somebody has mounted for this life, is new.
    if (!isContainersInit(host) || isMountPoint(host, '/run')) return;
    const note = `${places.directory}/boot`;
    const last = host.files.tryStat(note);
    host.files.writeAtomic(note, '', 0o644);
    if (last === undefined) return;
    // Layers of an image keep times in whole seconds.
    const from = Math.floor(last.mtimeMs / 1000) * 1000;
    const to = host.now() - (host.boottime() - (host.process(1)?.startTime ?? 0) * msPerTick);
    const device = host.files.lstat('/run').dev;
    for (const { path, stat } of filesBelow(host, '/run', device))
      if (stat.mtimeMs >= from && stat.mtimeMs < to) guarded(() => host.files.unlink(path));
  });
}

function* filesBelow(host: Host, top: string, device: number): Generator<{ path: string; stat: FileStat }> {
  const directories = [top];
  let left = entryLimit;
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop())
    for (const { name } of host.files.entries(directory)) {
      if (left-- <= 0) return;
      const path = `${directory}/${name}`;
      if (kept.has(path) || (directory === top && name.startsWith('.'))) continue;
      const stat = host.files.tryLstat(path);
      if (stat === undefined || stat.dev !== device) continue;
      if (stat.type === 'directory') directories.push(path);
      else yield { path, stat };
    }
}
