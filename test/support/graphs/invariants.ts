/** What holds whatever was asked for and whatever has happened, once the manager has done all that is due. */
import type { Job } from '../../../src/jobs/job.ts';
import { compareOrdered } from '../../../src/jobs/types.ts';
import { Service } from '../../../src/units/service.ts';
import { type ActiveState, isInactiveOrFailed, type Unit } from '../../../src/units/unit.ts';
import type { World } from '../world.ts';

/** States of its unit in which a job of a type can be under way. */
const runningIn: Readonly<Record<string, readonly ActiveState[]>> = {
  // What fails while it starts, stops first.
  start: ['activating', 'deactivating'],
  stop: ['deactivating'],
  restart: ['deactivating'],
  // The process may end meanwhile.
  reload: ['reloading', 'deactivating'],
};

/** One line for each thing that does not hold. */
export function* violations(w: World): Generator<string> {
  for (const { message } of w.logged) if (message.startsWith('Internal error')) yield message;
  yield* wrongJobs(w);
  yield* wrongProcesses(w);
  if (w.manager.jobs.size > 0) return;
  for (const unit of w.manager.units.all()) yield* unboundUnit(w, unit);
}

function* wrongJobs(w: World): Generator<string> {
  const { jobs, units } = w.manager;
  for (const job of jobs.all()) {
    const about = `job ${job.type} ${job.state} of ${job.unit.id}, which is ${job.unit.activeState}`;
    if (job.result !== undefined) yield `${about}: has ended with ${job.result} and is still there`;
    if (job.unit.job !== job && job.unit.nopJob !== job) yield `${about}: its unit does not know of it`;
    if (units.find(job.unit.id) !== job.unit) yield `${about}: the unit is not loaded`;
    if (job.state === 'running' && runningIn[job.type]?.includes(job.unit.activeState) !== true)
      yield `${about}: nothing is under way`;
    if (job.state === 'waiting' && !waitsForSomething(job)) yield `${about}: waits for nothing`;
  }
  for (const unit of units.all())
    if (unit.job !== undefined && jobs.find((unit.job as Job).id) !== unit.job)
      yield `${unit.id} has a job ${unit.job.type} that nobody knows of`;
}

function waitsForSomething(job: Job): boolean {
  const { unit } = job;
  if (!isInactiveOrFailed(unit.activeState) && unit.activeState !== 'active') return true;
  for (const other of unit.related('after'))
    if (other.job !== undefined && -compareOrdered(other.job as Job, job) > 0) return true;
  for (const other of unit.related('before'))
    if (other.job !== undefined && compareOrdered(job, other.job as Job) > 0) return true;
  return false;
}

function* wrongProcesses({ host, manager, watched }: World): Generator<string> {
  const owned = new Set<number>();
  for (const unit of manager.units.all()) {
    const processes = manager.tracker.processesOf(unit.id);
    for (const { pid } of processes) owned.add(pid);
    if (!(unit instanceof Service)) continue;
    const about = `${unit.id} (${unit.state}, main ${unit.mainPid}, control ${unit.controlPid})`;
    const { KillMode, SendSIGKILL } = unit.killSettings;
    const mayLeave = KillMode === 'none' || KillMode === 'process' || !SendSIGKILL;
    if (isInactiveOrFailed(unit.activeState)) {
      if (unit.mainPid > 0 || unit.controlPid > 0) yield `${about}: down, and knows a process`;
      if (processes.length > 0 && !mayLeave) yield `${about}: down, and has processes`;
    }
    for (const pid of [unit.mainPid, unit.controlPid])
      if (pid > 0 && !watched.includes(pid)) yield `${about}: nobody waits for the end of ${pid}`;
    if (unit.state === 'running' && unit.mainPid <= 0 && processes.length === 0) yield `${about}: has no process`;
  }
  for (const { pid, comm, alive } of host.table.values())
    if (alive && pid !== host.pid && !owned.has(pid)) yield `process ${pid} (${comm}) belongs to no unit`;
}

/**
 * systemd.unit(5), BindsTo=: what goes down takes the unit with it, but where that is tried too often. What failed to come up
 * was never there.
 */
function* unboundUnit(w: World, unit: Unit): Generator<string> {
  if (unit.activeState !== 'active') return;
  const givenUp = `${unit.id}: Unit needs to be stopped because it is bound`;
  if (w.logged.some(({ message }) => message.startsWith(givenUp))) return;
  for (const other of unit.related('cannotBeActiveWithout'))
    if (
      isInactiveOrFailed(other.activeState) &&
      !other.satisfiesOthers &&
      other.inactiveEnterTimestamp.monotonic > unit.activeEnterTimestamp.monotonic
    )
      yield `${unit.id} is active, and ${other.id}, which it is bound to, is ${other.activeState}`;
}

/** What list-units, list-jobs and show say of units is one story. */
export async function disagreements(w: World): Promise<string[]> {
  const found: string[] = [];
  const listed = await w.systemctl('list-units --all --plain --no-legend u*');
  const shown = await w.systemctl('show --all -p Id,LoadState,ActiveState,SubState,Job u*');
  const jobs = await w.systemctl('list-jobs --plain --no-legend u*');
  const units = new Map<string, string>();
  const jobOf = new Map<string, string>();
  for (const block of shown.out.split('\n\n').filter((text) => text.trim() !== '')) {
    const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(block)?.[1] ?? '';
    units.set(value('Id'), `${value('LoadState')} ${value('ActiveState')} ${value('SubState')}`);
    if (value('Job') !== '' && value('Job') !== '0') jobOf.set(value('Id'), value('Job'));
  }
  const rows = (text: string): string[][] =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) =>
        line
          .replace(/^[●*○x] /, '')
          .trim()
          .split(/\s+/),
      );
  for (const [name = '', ...words] of rows(listed.out)) {
    const states = words.slice(0, 3).join(' ');
    if (units.get(name) !== states) found.push(`list-units has ${name} as ${states}, show as ${units.get(name)}`);
    units.delete(name);
  }
  for (const [name, states] of units) found.push(`show has ${name} as ${states}, list-units has none`);
  for (const [id = '', name = ''] of rows(jobs.out)) {
    if (jobOf.get(name) !== id) found.push(`list-jobs has job ${id} of ${name}, show has ${jobOf.get(name)}`);
    jobOf.delete(name);
  }
  for (const [name, id] of jobOf) found.push(`show has job ${id} of ${name}, list-jobs has none`);
  return found;
}
