/** Finding the main process of a daemon: its PID file, or a guess (systemd.service(5), PIDFile=, GuessMainPID=). */

import { errorText, reasonOf } from '../sys/error-text.ts';
import { type FileStat, type Files, FileTypeError, type PinnedFile, SystemError } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import { parsePid } from '../text/numbers.ts';
import type { UnitManager } from './unit.ts';

const maxLinks = 31;
/** A first line is in the first of these; one that is as long as the second is none. */
const usualBytes = 4096;
const maxLineBytes = 1024 * 1024;
/** As systemd's read_line() has it. */
const lineEnd = /[\n\r\0]/;

/** A service, as far as its main process is looked for. */
export interface MainPidOwner {
  readonly id: string;
  readonly manager: UnitManager;
  readonly mainPid: number;
  readonly mainPidKnown: boolean;
  readonly controlPid: number;
  readonly subState: string;
  log(level: LogLevel, message: string): void;
}

/**
 * `good`: a process of the service. `doubtful`: alive, but not the service's; fine where whoever names it is root.
 * undefined: not fit, and said so at `level`.
 */
export function judgeMainPid(service: MainPidOwner, pid: number, level: LogLevel): 'good' | 'doubtful' | undefined {
  const { host, tracker } = service.manager;
  if (pid === host.pid || pid === 1) {
    service.log(level, `New main PID ${pid} is the manager, refusing.`);
    return undefined;
  }
  if (pid === service.controlPid) {
    service.log(level, `New main PID ${pid} is the control process, refusing.`);
    return undefined;
  }
  const state = host.process(pid)?.state;
  if (state === undefined || state === 'Z' || state === 'X') {
    service.log(level, `New main PID ${pid} does not exist or is a zombie.`);
    return undefined;
  }
  return tracker.unitOfPid(pid) === service.id ? 'good' : 'doubtful';
}

/** Reads the PID file: the new main pid, 'same' where it is known already, undefined where it is no good (yet). */
export function readPidFile(service: MainPidOwner, path: string, mayWarn: boolean): number | 'same' | undefined {
  const { files } = service.manager.host;
  const level = mayWarn ? 6 : 7;
  let file: PinnedFile;
  let safe: boolean;
  try {
    const seen = chaseSafely(files, path);
    file = files.pin(files.realpath(path));
    const { dev, ino } = file.stat();
    safe = seen !== undefined && seen.dev === dev && seen.ino === ino;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    service.log(level, `Can't open PID file ${path} (yet?) after ${service.subState}: ${errorText(error.code)}`);
    return undefined;
  }
  try {
    const line = readFirstLine(service, files, path, file);
    if (line === undefined) return undefined;
    const pid = parsePid(line);
    if (typeof pid === 'string') {
      service.log(level, `Failed to parse PID from file ${path}: ${errorText(pid)}`);
      return undefined;
    }
    if (service.mainPidKnown && pid === service.mainPid) return 'same';
    const verdict = judgeMainPid(service, pid, level);
    if (verdict === 'doubtful' && !mayName(service, path, pid, safe, file.stat().uid)) return undefined;
    return verdict === undefined ? undefined : pid;
  } finally {
    file.close();
  }
}

/** The first line; undefined, and said so, where there is nothing to be read. */
function readFirstLine(service: MainPidOwner, files: Files, path: string, file: PinnedFile): string | undefined {
  try {
    for (const length of [usualBytes, maxLineBytes]) {
      const data = files.readStart(file.path, length);
      const text = data.toString('latin1');
      const end = text.search(lineEnd);
      if (end >= 0) return text.slice(0, end);
      if (data.length < length) return text;
    }
    throw new SystemError('ENOBUFS', 105, 'read', path);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    service.log(
      3,
      error instanceof FileTypeError && error.type !== 'directory'
        ? `Can't read PID file ${path}: ${reasonOf(error)}`
        : `Can't convert PID files ${path} O_PATH file descriptor to proper file descriptor: ${errorText(error.code)}`,
    );
    return undefined;
  }
}

/** Whether a process that is not the service's own may become its main one: where root names it, by a way that is safe. */
function mayName(service: MainPidOwner, path: string, pid: number, safe: boolean, owner: number): boolean {
  if (!safe)
    service.log(
      3,
      `Refusing to accept PID outside of service control group, acquired through unsafe symlink chain: ${path}`,
    );
  else if (owner !== 0)
    service.log(3, `New main PID ${pid} does not belong to service, and PID file is not owned by root. Refusing.`);
  else return true;
  return false;
}

/**
 * Follows a path by hand. Undefined where it leads from something that an ordinary user owns to something of somebody
 * else, be it by a link, by `..` or by a name: that user could have made it point anywhere. Throws SystemError.
 */
function chaseSafely(files: Files, path: string): FileStat | undefined {
  let pending = path.split('/').filter((p) => p !== '' && p !== '.');
  let here = '';
  let at = files.lstat('/');
  let links = 0;
  const enter = (next: FileStat): boolean => {
    const may = at.uid === 0 || at.uid === next.uid;
    at = next;
    return may;
  };
  while (pending.length > 0) {
    const name = pending.shift()!;
    if (name === '..') {
      here = here.slice(0, Math.max(0, here.lastIndexOf('/')));
      if (!enter(files.lstat(here || '/'))) return undefined;
      continue;
    }
    const next = files.lstat(`${here}/${name}`);
    if (!enter(next)) return undefined;
    if (next.type !== 'symlink') {
      here = `${here}/${name}`;
      continue;
    }
    if (++links > maxLinks) throw new SystemError('ELOOP', 40, 'open', path);
    const target = files.readlink(`${here}/${name}`);
    if (target.startsWith('/')) {
      here = '';
      if (!enter(files.lstat('/'))) return undefined;
    }
    pending = [...target.split('/').filter((p) => p !== '' && p !== '.'), ...pending];
  }
  return at;
}

/** The only child of the manager among the service's processes; undefined where there is none or more than one. */
export function guessMainPid(service: MainPidOwner): number | undefined {
  const { host, tracker } = service.manager;
  const children = tracker
    .processesOf(service.id)
    .filter(
      ({ pid, ppid }) => ppid === host.pid && pid !== service.controlPid && tracker.unitOfPid(pid) === service.id,
    );
  return children.length === 1 ? children[0]!.pid : undefined;
}
