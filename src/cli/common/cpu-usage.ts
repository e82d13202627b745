/** What units have used of the processors. */
import { type Host, SystemError } from '../../sys/host.ts';
import type { Unit } from '../../units/unit.ts';
import type { ManagerView } from './manager-view.ts';

/** Whether there is, or was, a control group that counts for a unit. */
export function usesCpu({ tracker }: ManagerView, unit: Unit): boolean {
  switch (unit.type) {
    case 'service':
      return unit.inactiveExitTimestamp.monotonic !== 0;
    case 'scope':
      return unit.perpetual || unit.inactiveExitTimestamp.monotonic !== 0;
    case 'slice':
      return unit.activeState === 'active';
    case 'socket':
    case 'mount':
      return tracker.hasCpu(unit.id) || tracker.hasProcesses(unit.id);
    default:
      return false;
  }
}

/** The unit, or what stands in a slice and in those below it. */
function* counted(unit: Unit): Generator<Unit> {
  yield unit;
  if (unit.type === 'slice') for (const member of unit.dependencies.get('SliceOf') ?? []) yield* counted(member);
}

/** Milliseconds, of processes that have ended; the manager itself counts as well. */
export function endedCpuMs({ host, tracker }: ManagerView, unit: Unit): number {
  let ms = 0;
  for (const { id } of counted(unit)) ms += id === 'init.scope' ? runningMs(host, host.pid) : tracker.cpuMsOf(id);
  return ms;
}

/** Milliseconds: of processes that have ended, and of those that run. Yields where others may have their turn. */
export function* cpuUsageMs(manager: ManagerView, unit: Unit): Generator<undefined, number, undefined> {
  const { host, tracker } = manager;
  let ms = endedCpuMs(manager, unit);
  for (const { id } of counted(unit)) {
    yield;
    for (const { pid } of yield* tracker.seek(id)) {
      ms += runningMs(host, pid);
      yield;
    }
  }
  return ms;
}

/** proc(5), /proc/PID/schedstat: the first number is time on a processor, nanoseconds. */
function runningMs({ files }: Host, pid: number): number {
  try {
    return Number(/^\d+/.exec(files.readText(`/proc/${pid}/schedstat`, 256))?.[0] ?? 0) / 1e6;
  } catch (error) {
    // It has ended meanwhile, or the kernel does not count.
    if (error instanceof SystemError) return 0;
    throw error;
  }
}
