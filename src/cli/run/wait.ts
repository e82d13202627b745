/** Waiting for a transient service, and what is said of how it ended. */

import { say } from '../../program/messages.ts';
import type { Service } from '../../units/service.ts';
import { isInactiveOrFailed } from '../../units/unit.ts';
import { exitStatusName } from '../../values/exit-status.ts';
import { signalName } from '../../values/signals.ts';
import { formatTimeSpanUsec, toUsec } from '../../values/time/time-span.ts';
import type { CliContext } from '../common/context.ts';
import type { ManagerView } from '../common/manager-view.ts';

/** systemd's EXIT_EXCEPTION: the service was killed. */
const exitException = 255;

/** Resolves when the service is inactive and has no job, or the call was given up. */
export function waitUntilDone(context: CliContext, manager: ManagerView, unit: Service): Promise<void> {
  return waitFor(context, manager, unit, () => isInactiveOrFailed(unit.activeState) && unit.job === undefined);
}

/** Resolves when the service has a first process, or will have none. */
export function waitUntilBegun(context: CliContext, manager: ManagerView, unit: Service): Promise<void> {
  return waitFor(context, manager, unit, () => !isInactiveOrFailed(unit.activeState) || unit.job === undefined);
}

function waitFor(context: CliContext, manager: ManagerView, unit: Service, isDone: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (isDone() || context.signal.aborted) {
      resolve();
      return;
    }
    const finish = (): void => {
      watch.close();
      resolve();
    };
    const watch = manager.changes.watch(unit, () => {
      if (isDone()) finish();
    });
    context.signal.addEventListener('abort', finish, { once: true });
  });
}

/** The summary of --wait. */
export function sayOutcome(context: CliContext, manager: ManagerView, unit: Service): void {
  const { mainStatus, inactiveEnterTimestamp, inactiveExitTimestamp } = unit;
  const { code, status } = mainStatus;
  const { ended, outcome } = context.host.voice.run;
  const rows: [string, string][] = [['Finished with result', unit.result]];
  if (code !== undefined) {
    const name = code === 'exited' ? exitStatusName(status, ['libc', 'systemd', 'LSB']) : signalName(status);
    const text = code === 'exited' ? String(status) : signalName(status);
    rows.push(['Main processes terminated with', ended(code, text, name ?? 'n/a')]);
  }
  const runtimeMs = inactiveEnterTimestamp.monotonic - inactiveExitTimestamp.monotonic;
  if (inactiveExitTimestamp.monotonic > 0 && runtimeMs > 0)
    rows.push(['Service runtime', formatTimeSpanUsec(toUsec(runtimeMs), 1000n)]);
  if (unit.loaded.cgroup?.CPUAccounting === true)
    rows.push(['CPU time consumed', formatTimeSpanUsec(toUsec(manager.tracker.cpuMsOf(unit.id)), 1000n)]);
  for (const line of outcome(rows)) say(context, 'info', line);
}

/** The service's own status where it is its result; 0 where it counts as a success (SuccessExitStatus=). */
export function exitStatusOf(unit: Service): number {
  const { result, mainStatus } = unit;
  if (result === 'success') return 0;
  if (result === 'exit-code' && mainStatus.status > 0) return mainStatus.status;
  return result === 'signal' ? exitException : 1;
}
