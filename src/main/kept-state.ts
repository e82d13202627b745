/** All that outlives the program of a manager's process, written by one and read by the next (reexec.ts). */
import type { ControlServer } from '../control/server.ts';
import { lateReport } from '../exec/spawn.ts';
import { isFields, Keeper, keptVersion } from '../kept/keeper.ts';
import { readLog } from '../kept/log.ts';
import type { Manager } from '../manager/manager.ts';
import { type Host, SystemError } from '../sys/host.ts';
import { type Crash, crashOf } from './after-crash.ts';

/** All that is kept is less; a journal that lives in memory is most of it. */
const stateLimit = 256 << 20;
const nothing = `{"version":${keptVersion},"state":{}}`;

/** What is kept of a manager's process. */
export interface Kept {
  readonly host: Host;
  readonly control: ControlServer | undefined;
  /** The parts of the process, the control socket aside. */
  keep(k: Keeper): void;
}

/** All that is kept, and the descriptors that it names. */
export function writeState({ host, control, keep }: Kept): {
  text: string;
  fds: number[];
} {
  const k = Keeper.writer();
  k.inner('host', (of) => host.keep(of));
  keep(k);
  if (control !== undefined) k.inner('control', (of) => control.keep(of));
  const fds = [...k.fds];
  k.plain('fds', fds);
  return { text: k.toText(), fds };
}

/** What the program before this one has kept, and how it has ended, where that was not planned. */
export interface ReadState {
  readonly state: Keeper;
  readonly crash: Crash | undefined;
}

/** Of what `writeState` has made, or of the log of a crash (crash.ts). Throws an Error where it is neither. */
export function parseState(text: string): ReadState {
  if (!text.startsWith('[')) return { state: Keeper.reader(text), crash: undefined };
  const log = readLog(text);
  const { crash, fds, counts } = crashOf(log);
  const { manager } = log.state;
  const own = isFields(manager) ? manager : {};
  const jobs = isFields(own.jobs) ? { ...counts, ...own.jobs } : counts;
  return { state: Keeper.readerOf({ ...log.state, manager: { ...own, jobs }, fds }, new Set(fds)), crash };
}

/** Where it can't be read at all that is said, and nothing is. */
export function readState(host: Host, fd: number): ReadState {
  let read: ReadState;
  try {
    read = parseState(host.readFd(fd, stateLimit).toString('utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    host.console(`What the manager before this one has kept can't be read, going on without it: ${reason}\n`);
    read = parseState(nothing);
  }
  host.closeFd(fd);
  read.state.inner('host', (of) => host.keep(of));
  return read;
}

/** All has been read: what nobody has taken is closed, and what could not be read is said. */
export function endReading(manager: Manager, k: Keeper): void {
  const { host, tracker, units } = manager;
  for (const fd of k.plain<number[]>('fds', [])) {
    try {
      host.setCloseOnExec(fd, true);
      if (!k.fds.has(fd)) host.closeFd(fd);
    } catch (error) {
      // Closed already by whoever has read it.
      if (!(error instanceof SystemError)) throw error;
    }
  }
  host.hearLateReports((pid) => {
    const name = tracker.knownUnitOf(pid);
    const unit = name === undefined ? undefined : units.find(name);
    return unit === undefined ? undefined : lateReport(unit, pid);
  });
  if (k.unreadable.length > 0)
    manager.log(4, `Could not read all of what the program before this one has kept: ${k.unreadable.join(', ')}`);
}
