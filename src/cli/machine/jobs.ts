/** `job` and `plan`: what came of jobs, and what one would bring with it. */

import type { Job } from '../../jobs/job.ts';
import { mangleUnitName } from '../../unitfile/language/unit-name.ts';
import { JobError, type JobMode, type JobResult, type JobType } from '../../units/job-types.ts';
import type { Unit } from '../../units/unit.ts';
import type { CliContext } from '../common/context.ts';
import { type ManagerView, managerOf } from '../common/manager-view.ts';
import { type UnitLine, unitLine } from './states.ts';
import type { MachineVerb } from './verb.ts';

const types: ReadonlySet<string> = new Set<JobType>([
  'start',
  'verify-active',
  'stop',
  'reload',
  'restart',
  'try-restart',
  'try-reload',
  'reload-or-start',
]);

/** What came of a request for one unit: a job with its result, or why there is none. `state` is of the moment of the end. */
export interface JobLine {
  readonly unit: string;
  readonly result?: JobResult;
  /** The error with which the manager has refused it: its name on the bus, and its text. */
  readonly error?: string;
  readonly message?: string;
  readonly state?: UnitLine;
}

export const job: MachineVerb = async (context, options, [type = '', ...names]) => {
  const manager = managerOf(context);
  if (!isJobType(type)) return refuseType(context, type);
  const given = new Promise<undefined>((resolve) => {
    context.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const kept = context.continuation?.facts as Requested[] | undefined;
  const requested =
    kept
      ?.map((each) => (typeof each === 'number' ? manager.jobs.findKept(each) : each))
      .filter((each) => each !== undefined) ??
    names.map((name) => request(manager, type, name, options.mode as JobMode));
  if (context.callerProcess !== undefined)
    context.callerProcess.goesOn = () => ({ kind: 'call', facts: requested.map(factOf) });
  const lines = await Promise.race([Promise.all(requested.map(ended)), given]);
  for (const line of lines ?? []) {
    context.out(`${JSON.stringify(line)}\n`);
    await context.turn();
  }
  return lines?.every(({ result }) => result === 'done' || result === 'skipped') ? 0 : 1;
};

export const plan: MachineVerb = async (context, options, [type = '', name = '']) => {
  const manager = managerOf(context);
  if (!isJobType(type)) return refuseType(context, type);
  try {
    const unit = unitOf(manager, name);
    for (const planned of manager.jobs.plan(type, unit, options.mode as JobMode)) {
      context.out(`${JSON.stringify({ unit: planned.unit.id, type: planned.type })}\n`);
      await context.turn();
    }
    return 0;
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    context.out(`${JSON.stringify(refused(name, error))}\n`);
    return 1;
  }
};

const isJobType = (type: string): type is JobType => types.has(type);

function refuseType(context: CliContext, type: string): number {
  context.err(`${type}: not one of the types of jobs ${[...types].join(', ')}.\n`);
  return 1;
}

/** Throws JobError. */
function unitOf(manager: ManagerView, name: string): Unit {
  return manager.units.load(mangleUnitName(name) ?? name);
}

/** What is kept of a request for one unit: what has come of it, or the job's number. */
type Requested = JobLine | number;

function request(manager: ManagerView, type: JobType, name: string, mode: JobMode): Job | JobLine {
  try {
    return manager.requests.job(type, unitOf(manager, name).id, mode);
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    return refused(name, error);
  }
}

const isJob = (requested: Job | JobLine): requested is Job => 'whenFinished' in requested;

function factOf(requested: Job | JobLine): Requested {
  if (!isJob(requested)) return requested;
  return requested.result === undefined ? requested.id : lineOf(requested, requested.result);
}

const lineOf = ({ unit }: Job, result: JobResult): JobLine => ({ unit: unit.id, result, state: unitLine(unit) });

function ended(requested: Job | JobLine): Promise<JobLine> {
  if (!isJob(requested)) return Promise.resolve(requested);
  return new Promise((resolve) => requested.whenFinished((result) => resolve(lineOf(requested, result))));
}

const refused = (unit: string, { busName, message }: JobError): JobLine => ({ unit, error: busName, message });
