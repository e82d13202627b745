/** Finding the main process of a daemon: its PID file, or a guess (systemd.service(5), PIDFile=, GuessMainPID=). */

import { errorText } from '../sys/error-text.ts';
import { type FileStat, type Files, SystemError } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import type { UnitManager } from './unit.ts';

const maxLinks = 32;
const maxPidFileBytes = 4096;

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
  let chased: { path: string; safe: boolean; stat: FileStat };
  let text: string;
  try {
    chased = chase(files, path);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    service.log(level, `Can't open PID file ${path} (yet?) after ${service.subState}: ${errorText(error.code)}`);
    return undefined;
  }
  try {
    text = files.readText(chased.path, maxPidFileBytes);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    service.log(
      3,
      `Can't convert PID files ${path} O_PATH file descriptor to proper file descriptor: ${errorText(error.code)}`,
    );
    return undefined;
  }
  const line = text.split('\n', 1)[0]!;
  const pid = /^\s*\+?\d+$/.test(line) ? Number(line) : 0;
  if (pid <= 0 || pid > 0x3fffffff) {
    service.log(
      level,
      `Failed to parse PID from file ${path}: ${pid === 0 ? 'Invalid argument' : 'Numerical result out of range'}`,
    );
    return undefined;
  }
  if (service.mainPidKnown && pid === service.mainPid) return 'same';
  const verdict = judgeMainPid(service, pid, level);
  if (verdict === undefined) return undefined;
  if (verdict === 'doubtful') {
    if (!chased.safe) {
      service.log(
        3,
        `Refusing to accept PID outside of service control group, acquired through unsafe symlink chain: ${path}`,
      );
      return undefined;
    }
    if (chased.stat.uid !== 0) {
      service.log(3, `New main PID ${pid} does not belong to service, and PID file is not owned by root. Refusing.`);
      return undefined;
    }
  }
  return pid;
}

/**
 * Follows a path by hand. `safe` is false where it leads from something an ordinary user owns to something of somebody
 * else: that user could have made it point anywhere.
 */
function chase(files: Files, path: string): { path: string; safe: boolean; stat: FileStat } {
  let pending = path.split('/').filter((p) => p !== '' && p !== '.');
  let here = '';
  let stat = files.lstat('/');
  let safe = true;
  let links = 0;
  while (pending.length > 0) {
    const name = pending.shift()!;
    if (name === '..') {
      here = here.slice(0, Math.max(0, here.lastIndexOf('/')));
      stat = files.lstat(here || '/');
      continue;
    }
    const next = files.lstat(`${here}/${name}`);
    if (stat.uid !== 0 && stat.uid !== next.uid) safe = false;
    if (next.type === 'symlink') {
      if (++links > maxLinks) throw new SystemError('ELOOP', 40, 'open', path);
      const target = files.readlink(`${here}/${name}`);
      if (target.startsWith('/')) {
        here = '';
        // What the link may lead to is what its owner may name, not what / is.
        stat = next.uid === 0 ? files.lstat('/') : next;
      }
      pending = [...target.split('/').filter((p) => p !== '' && p !== '.'), ...pending];
      continue;
    }
    here = `${here}/${name}`;
    stat = next;
  }
  return { path: here || '/', safe, stat };
}

/** The only child of the manager among the service's processes; undefined where there is none or more than one. */
export function guessMainPid(service: MainPidOwner): number | undefined {
  const { host, tracker } = service.manager;
  const children = tracker.processesOf(service.id).filter((p) => p.ppid === host.pid && p.pid !== service.controlPid);
  return children.length === 1 ? children[0]!.pid : undefined;
}
