/** What units have used of the processors. */
import { type Host, SystemError } from '../../sys/host.ts';
import type { Unit } from '../../units/unit.ts';
import type { ManagerView } from './manager-view.ts';

/** Milliseconds: of processes that have ended, and of those that run. Yields where others may have their turn. */
export function* cpuUsageMs({ host, tracker }: ManagerView, unit: Unit): Generator<undefined, number, undefined> {
  let ms = tracker.cpuMsOf(unit.id);
  for (const { pid } of yield* tracker.seek(unit.id)) {
    ms += runningMs(host, pid);
    yield;
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
