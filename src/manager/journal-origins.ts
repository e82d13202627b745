/** Whose an entry of the journal is: the unit of the process that wrote it, and where that unit stands. */
import type { ProcessTracker } from '../exec/tracker.ts';
import type { Journal } from '../journal/journal.ts';
import type { Host } from '../sys/host.ts';
import { controlGroupOf } from '../units/control-group.ts';
import type { Unit } from '../units/unit.ts';

export interface OriginsContext {
  readonly host: Pick<Host, 'pid'>;
  readonly journal: Pick<Journal, 'unitOfPid' | 'placeOfUnit'>;
  readonly tracker: Pick<ProcessTracker, 'unitOfPid'>;
  readonly units: { find(name: string): Unit | undefined };
}

/** Lets the journal ask. */
export function tellOrigins({ host, journal, tracker, units }: OriginsContext): void {
  journal.placeOfUnit = (name) => {
    const unit = units.find(name);
    if (unit === undefined) return {};
    const slice = unit.startedInSlice ?? unit.dependencyNames('InSlice')[0];
    const cgroup = controlGroupOf(unit);
    return { ...(slice === undefined ? {} : { slice }), ...(cgroup === '' ? {} : { cgroup }) };
  };
  journal.unitOfPid = (pid, uid) => {
    const unit = pid === host.pid ? 'init.scope' : tracker.unitOfPid(pid, uid);
    if (unit === undefined) return undefined;
    const invocationId = units.find(unit)?.invocationId;
    return { unit, ...(invocationId === undefined ? {} : { invocationId }), ...journal.placeOfUnit(unit) };
  };
}
