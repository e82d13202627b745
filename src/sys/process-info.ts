/** What the addon and /proc tell of processes, in other words. */
import { type Family, type Files, type ProcessInfo, SystemError } from './host.ts';

/** Numbers and texts that the addon tells of a process. */
const processFields = 9;

function toProcess(from: readonly (number | string)[], at: number): ProcessInfo {
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

export function toProcesses(from: readonly (number | string)[]): ProcessInfo[] {
  const processes: ProcessInfo[] = [];
  for (let at = 0; at < from.length; at += processFields) processes.push(toProcess(from, at));
  return processes;
}

/** Each begins with the number of its children. */
export function toFamilies(from: readonly (number | string)[]): Family[] {
  const families: Family[] = [];
  for (let at = 0; at < from.length; ) {
    const process = at + 1 + (from[at] as number);
    families.push({ children: from.slice(at + 1, process) as number[], process: toProcess(from, process) });
    at = process + processFields;
  }
  return families;
}

/** proc(5), /proc/PID/status: real, effective, saved and of the file system; [] where there is no such process. */
export function userIdsOf(files: Pick<Files, 'readText'>, pid: number): number[] {
  try {
    const ids = /^Uid:\s+(.*)$/m.exec(files.readText(`/proc/${pid}/status`, 1 << 16))?.[1];
    return ids === undefined ? [] : ids.split(/\s+/).map(Number);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return [];
  }
}

/** [] for kernel threads and zombies; undefined where it can't be read. */
export function commandLineOf(files: Pick<Files, 'readText'>, pid: number): string[] | undefined {
  try {
    const text = files.readText(`/proc/${pid}/cmdline`, 2 << 20);
    return text === '' ? [] : text.replace(/\0$/, '').split('\0');
  } catch {
    return undefined;
  }
}

/**
 * proc(5), /proc/PID/status: whether a process catches a signal or blocks it (signalfd(2)), so that it does not die of it
 * nor miss it; true where that can't be read.
 */
export function heedsSignal(files: Pick<Files, 'readText'>, pid: number, signal: number): boolean {
  try {
    const status = files.readText(`/proc/${pid}/status`, 1 << 16);
    const masks = [...status.matchAll(/^Sig(?:Cgt|Blk):\s+([0-9a-f]+)$/gm)].map(([, mask]) => BigInt(`0x${mask}`));
    return masks.length === 0 || masks.some((mask) => ((mask >> BigInt(signal - 1)) & 1n) === 1n);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return true;
  }
}
