/** `processes`: which process is whose, a line each. */
import { inTurns } from '../../program/in-turns.ts';
import type { ProcessInfo } from '../../sys/host.ts';
import { managerOf } from '../common/manager-view.ts';
import type { MachineVerb } from './verb.ts';

/** A chain of parents is not longer. */
const maxAncestors = 128;

export interface ProcessLine {
  readonly pid: number;
  readonly parentPid: number;
  readonly name: string;
  readonly commandLine: readonly string[];
  /** undefined: no unit's. */
  readonly unit?: string;
}

export const processes: MachineVerb = async (context, _options, names) => {
  const manager = managerOf(context);
  const { host } = context;
  const all = host.processes().filter(({ state }) => state !== 'Z');
  const unitOf = new Map<number, string>();
  for (const unit of manager.units.all())
    for (const { pid } of manager.tracker.processesOf(unit.id)) unitOf.set(pid, unit.id);
  const parents = new Map(all.map(({ pid, ppid }) => [pid, ppid]));
  const isBelow = ({ pid }: ProcessInfo): boolean => {
    let at: number | undefined = pid;
    for (let left = maxAncestors; left > 0 && at !== undefined; left--) {
      at = parents.get(at);
      if (at === host.pid) return true;
    }
    return false;
  };
  const mayBeWanted = (info: ProcessInfo): boolean => unitOf.has(info.pid) || isBelow(info);
  for await (const info of inTurns(context, all.filter(mayBeWanted))) {
    const { pid, ppid: parentPid, comm: name } = info;
    const commandLine = host.commandLine(pid) ?? [];
    // It has none any more once it ends.
    if (commandLine.length === 0) continue;
    // What was forked after the units were looked through is of the unit that it comes from.
    const unit = unitOf.get(pid) ?? manager.tracker.unitOfPid(pid);
    if (names.length > 0 && (unit === undefined || !names.includes(unit))) continue;
    const line: ProcessLine = { pid, parentPid, name, commandLine, ...(unit === undefined ? {} : { unit }) };
    context.out(`${JSON.stringify(line)}\n`);
  }
  return 0;
};
