/** What the addon tells of processes, as a list of numbers and texts. */
import type { ProcessInfo } from './host.ts';

/** Numbers and texts that the addon tells of a process. */
export const processFields = 9;

export function toProcess(from: readonly (number | string)[], at: number): ProcessInfo {
  const [pid, ppid, pgid, sid, state, startTime, comm, tag, check] = from.slice(at, at + processFields) as [
    number,
    number,
    number,
    number,
    string,
    number,
    string,
    number,
    number,
  ];
  const limit = (value: number): number | undefined => (value < 0 ? undefined : value);
  return { pid, ppid, pgid, sid, state, startTime, comm, tag: limit(tag), check: limit(check) };
}
