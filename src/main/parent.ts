/**
 * A manager that halts when the process that has started it is gone: a test runner that was killed leaves nothing behind.
 * Where everything of the manager is that process's alone (`--owned=DIRECTORY`), what of it can't be stopped at once is
 * killed, and its directory goes with it (`removeOwned`; sweep.ts is for one that was killed itself).
 */
import type { Manager } from '../manager/manager.ts';
import { type Host, SystemError } from '../sys/host.ts';

/** Where no descriptor tells of the parent's end it is looked for so often, milliseconds. */
const lookMs = 1000;
/** From the end of the owner to SIGKILL for what has not stopped by then, milliseconds. */
const ownedPatienceMs = 1000;

/** Said on stdout where an owner waits for it: the manager takes calls, and the jobs of its boot are made. */
export const readyLine = 'READY=1\n';

/**
 * `pidfd` is readable once the parent has ended, as is the other end of a pipe that only the parent has; undefined where the
 * kernel has no such descriptors. `owned`: everything of the manager is the parent's alone. `closed`: the descriptor is.
 */
export function haltWithParent(
  manager: Manager,
  pidfd: number | undefined,
  owned: boolean,
  closed: () => void = () => {},
): void {
  const { host } = manager;
  const objective = manager.scope === 'user' ? 'exit' : 'halt';
  const halt = (): void => {
    manager.log(5, 'The process that has started this manager is gone, halting.');
    manager.shutdown.request(objective);
    if (owned) host.after(ownedPatienceMs, () => manager.shutdown.hurry(objective));
  };
  if (pidfd !== undefined) {
    host.setCloseOnExec(pidfd, true);
    const watch = host.watchReadable(pidfd, () => {
      watch.close();
      host.closeFd(pidfd);
      closed();
      halt();
    });
    return;
  }
  const parent = host.process(host.pid)?.ppid;
  const look = (): void => {
    if (host.process(host.pid)?.ppid === parent) host.after(lookMs, look);
    else halt();
  };
  look();
}

/** The directory of an owned manager with all that is in it, as far as that is possible. */
export function removeOwned(host: Host, directory: string): void {
  try {
    host.files.removeTree(directory);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}
