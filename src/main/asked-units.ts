/** A manager that has nothing to do ends: none of the units that it was asked for can be started, or with -0 is up any more. */
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

/** The status of the first unit that has one. */
const failureOf = (units: readonly Unit[]): number | undefined =>
  units.map((unit) => unit.exitStatus).find((found) => found !== undefined && found > 0);

function end(manager: Manager, names: readonly string[], units: readonly Unit[]): void {
  const status = failureOf(units) ?? 1;
  endWith(manager, 3, `None of the units that were asked for could be started (${names.join(', ')})`, status);
}

/**
 * Ends the manager once none of the units is up any more, or where none was named no service that has a process and no
 * socket: with the status of the first of the named that has failed.
 */
export function endWhenNothingIsLeft(manager: Manager, names: readonly string[] | undefined): void {
  const { onQuiet } = manager;
  const look = (): void => {
    if (!manager.startup.isOver || manager.shutdown.hasBegun || manager.jobs.size > 0) return;
    const units = names?.map((name) => manager.units.find(name)).filter((unit) => unit !== undefined);
    if (units === undefined ? [...manager.units.all()].some(isLeft) : !units.every(isOver)) return;
    const status = units === undefined ? 0 : (failureOf(units) ?? 0);
    const what = names === undefined ? 'No service is left' : `Nothing is left of ${names.join(', ')}`;
    endWith(manager, 6, what, status);
  };
  manager.onQuiet = () => {
    onQuiet();
    manager.guard.defer(look);
  };
  look();
}

/** What is active after its process has ended does nothing any more. */
function isLeft(unit: Unit): boolean {
  if (unit.type !== 'service' && unit.type !== 'socket') return false;
  return unit.willRestart || (!isInactiveOrFailed(unit.activeState) && unit.subState !== 'exited');
}

function endWith(manager: Manager, level: 3 | 6, reason: string, status: number): void {
  const text = `${reason}: ending with status ${status}.`;
  manager.log(level, text);
  manager.journal.showLogged(`${text}\n`);
  manager.shutdown.endWith(status, reason);
  manager.shutdown.request('exit');
}
