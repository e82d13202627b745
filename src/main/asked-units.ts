/** A manager that was asked for some units alone, and can start none of them, has nothing to do. */
import type { Manager } from '../manager/manager.ts';
import type { JobResult } from '../units/job-types.ts';
import { isActiveOrReloading, isInactiveOrFailed, type Unit } from '../units/unit.ts';

/**
 * Ends the manager, with the status of the first that has one, once none of the units is up or coming up and none has
 * been. To be called when their jobs have just been made.
 */
export function endWithoutUnits(manager: Manager, names: readonly string[]): void {
  const watched: { close(): void }[] = [];
  let decided = false;
  let pending = 0;
  const units = names.map((name) => manager.units.find(name)).filter((unit) => unit !== undefined);
  const stopWatching = (): void => {
    decided = true;
    for (const watch of watched) watch.close();
  };
  const look = (): void => {
    if (decided || pending > 0) return;
    if (manager.shutdown.hasBegun || units.some(hasBeenUp)) stopWatching();
    else if (units.every(isOver)) {
      stopWatching();
      end(manager, names, units);
    }
  };
  const judge = (result: JobResult): void => {
    pending--;
    if (result === 'done') stopWatching();
    else look();
  };
  for (const unit of units) {
    watched.push(manager.changes.watch(unit, look));
    for (const job of manager.jobs.all()) {
      if (job.unit !== unit) continue;
      pending++;
      void job.finished.then(judge);
    }
  }
  look();
}

/** Is up, or has done its work and is gone again. */
function hasBeenUp(unit: Unit): boolean {
  if (isActiveOrReloading(unit.activeState)) return true;
  return unit.activeState === 'inactive' && isOver(unit) && unit.inactiveExitTimestamp.monotonic > 0;
}

/** Neither up nor coming up. */
function isOver(unit: Unit): boolean {
  return isInactiveOrFailed(unit.activeState) && unit.job === undefined && !unit.willRestart;
}

function end(manager: Manager, names: readonly string[], units: readonly Unit[]): void {
  const status = units.map((unit) => unit.exitStatus).find((found) => found !== undefined && found > 0) ?? 1;
  const text = `None of the units that were asked for could be started (${names.join(', ')}): ending with status ${status}.`;
  manager.log(3, text);
  manager.journal.showLogged(`${text}\n`);
  manager.shutdown.endWith(status, `None of the units that were asked for could be started (${names.join(', ')})`);
  manager.shutdown.request('exit');
}
