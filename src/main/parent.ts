/** A manager that halts when the process that has started it is gone: a test runner that was killed leaves nothing behind. */
import type { Manager } from '../manager/manager.ts';

/** Where no descriptor tells of the parent's end it is looked for so often, milliseconds. */
const lookMs = 1000;

/** `pidfd` is readable once the parent has ended; undefined where the kernel has no such descriptors. */
export function haltWithParent(manager: Manager, pidfd: number | undefined): void {
  const { host } = manager;
  const halt = (): void => {
    manager.log(5, 'The process that has started this manager is gone, halting.');
    manager.shutdown.request('halt');
  };
  if (pidfd !== undefined) {
    host.setCloseOnExec(pidfd, true);
    const watch = host.watchReadable(pidfd, () => {
      watch.close();
      host.closeFd(pidfd);
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
