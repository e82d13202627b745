/** Asking the manager for jobs: queues them, waits for them, says what went wrong. */
import type { Job } from '../../jobs/job.ts';
import type { OutputMode } from '../../journal/read/output-modes.ts';
import { say } from '../../program/messages.ts';
import { shellMaybeQuote } from '../../text/quoting.ts';
import { JobError, type JobMode, type JobResult, type JobType } from '../../units/job-types.ts';
import { isActiveOrReloading, type Unit } from '../../units/unit.ts';
import type { CliContext } from './context.ts';
import { exitStatusOf, invalidArgs, isBusError, jobTypeNotApplicable, noSuchUnit, unitMasked } from './failure.ts';
import { LiveLog } from './live-log.ts';
import { loadUnit, type ManagerView } from './manager-view.ts';

/** What a verb asks the manager for, and its word in messages. */
export interface Action {
  readonly type: JobType;
  readonly word: string;
}

/** Whose manager: where hints send people. */
type Scope = 'system' | 'user' | 'global';

export interface JobOptions {
  readonly quiet: boolean;
  readonly scope: Scope;
  readonly dryRun: boolean;
  readonly noBlock: boolean;
  readonly wait: boolean;
  readonly showTransaction: boolean;
  /** What the units log meanwhile is shown, in this form. */
  readonly verbose?: boolean;
  readonly output?: OutputMode;
}

const jobModes: ReadonlySet<string> = new Set<JobMode>([
  'fail',
  'lenient',
  'replace',
  'replace-irreversibly',
  'isolate',
  'flush',
  'ignore-dependencies',
  'ignore-requirements',
  'triggering',
  'restart-dependencies',
]);

export function isJobMode(mode: string): mode is JobMode {
  return jobModes.has(mode);
}

/** Turns of the event loop that what follows from one job is given before the next is queued. */
const turnsBetween = 50;

/** Queues a job for each unit, then waits for all of them. The exit status is that of the first failure. */
export async function runJobs(
  context: CliContext,
  manager: ManagerView,
  options: JobOptions,
  action: Action,
  names: readonly string[],
  mode: string,
): Promise<number> {
  const progress = { good: true };
  const log =
    options.verbose === true && !options.noBlock ? new LiveLog(context, manager, names, options.output) : undefined;
  if (options.dryRun) return 0;
  const request: Request = { context, manager, options, action, mode };
  const queued = requestTogether(request, names) ?? (await requestInTurn(request, names));
  if (queued === undefined) return 1;
  const jobs = options.noBlock ? [] : [...queued.jobs.values()];
  return finishJobs(context, manager, { ...queued, options, jobs, progress }, log);
}

/** What is asked of the manager, and how. */
interface Request {
  readonly context: CliContext;
  readonly manager: ManagerView;
  readonly options: JobOptions;
  readonly action: Action;
  readonly mode: string;
}

/** What has been queued. */
interface Queued {
  readonly jobs: Map<Job, AwaitedJob>;
  readonly waited: Unit[];
  readonly stopped: string[];
  status: number;
}

function note(queued: Queued, job: Job): void {
  if (!queued.jobs.has(job)) queued.jobs.set(job, awaited(job));
  queued.waited.push(job.unit);
}

/**
 * One transaction for all units, in releases that have such. Undefined where they are to be asked for one after the other:
 * for what a transaction of several can't be, for what one of the names can't be, or where masked units are passed over.
 */
function requestTogether(request: Request, names: readonly string[]): Queued | undefined {
  const { context, manager, options, action } = request;
  if (names.length < 2 || options.showTransaction || !context.host.voice.systemctl.queuesTogether) return undefined;
  const queued: Queued = { jobs: new Map(), waited: [], stopped: [], status: 0 };
  try {
    for (const job of manager.requests.jobs(action.type, names, jobModeOf(request.mode))) note(queued, job);
  } catch (error) {
    if (!isBusError(error)) throw error;
    if (error.busName === invalidArgs || passesOver(action, error)) return undefined;
    say(context, 'error', `Failed to enqueue jobs: ${error.message}`);
    queued.status = exitStatusOf(error);
    return queued;
  }
  for (const name of names) warnOfChange(request, name);
  if (action.type === 'stop') queued.stopped.push(...names);
  return queued;
}

/**
 * One transaction for each unit. What a job can begin has begun before the next is queued, and what follows from that too,
 * as between two calls over the bus: the order of the names counts. Undefined where the call was given up.
 */
async function requestInTurn(request: Request, names: readonly string[]): Promise<Queued | undefined> {
  const { context, manager, action } = request;
  const queued: Queued = { jobs: new Map(), waited: [], stopped: [], status: 0 };
  for (const [index, name] of names.entries()) {
    if (index > 0) await begun(context, manager);
    if (context.signal.aborted) return undefined;
    const outcome = requestOne(request, name);
    if (typeof outcome === 'number') {
      if (queued.status === 0) queued.status = outcome;
      continue;
    }
    if (outcome !== undefined) note(queued, outcome);
    if (action.type === 'stop') queued.stopped.push(name);
  }
  return queued;
}

/** Jobs that were queued for a call, and what is yet to be done about them. */
interface Rest {
  readonly options: Pick<JobOptions, 'quiet' | 'scope' | 'noBlock' | 'wait' | 'verbose' | 'output'>;
  readonly jobs: readonly AwaitedJob[];
  /** Units that are to be inactive again (--wait). */
  readonly waited: readonly Unit[];
  /** Names of units that are stopped. */
  readonly stopped: readonly string[];
  /** Whether all jobs that have ended did so well. */
  readonly progress: { good: boolean };
  readonly status: number;
}

async function finishJobs(context: CliContext, manager: ManagerView, rest: Rest, log?: LiveLog): Promise<number> {
  const { options, jobs, waited, stopped, progress } = rest;
  let { status } = rest;
  const { callerProcess } = context;
  if (callerProcess !== undefined)
    callerProcess.goesOn = () => ({
      kind: 'jobs',
      facts: {
        ...rest,
        jobs: jobs.filter(({ job }) => job.result === undefined).map(({ job }) => job.id),
        waited: waited.map(({ id }) => id),
      },
    });
  if (!options.noBlock) {
    const good = await waitForJobs(context, options, jobs, progress);
    log?.end();
    if (!good) return 1;
    if (!options.quiet) for (const name of stopped) warnOfTriggers(context, manager, name);
  }
  if (options.wait) {
    const failed = await waitUntilInactive(context, manager, waited);
    if (failed && status === 0) status = 1;
  }
  return status;
}

/** The exit status of a call that waits until units are inactive again; `status`: what it is so far. */
export function finishInactive(
  context: CliContext,
  manager: ManagerView,
  { quiet, scope }: Pick<JobOptions, 'quiet' | 'scope'>,
  waited: readonly Unit[],
  status: number,
): Promise<number> {
  const options = { quiet, scope, noBlock: false, wait: true };
  return finishJobs(context, manager, { options, jobs: [], waited, stopped: [], progress: { good: true }, status });
}

/** Goes on with a call that waits for jobs, in a new program of the manager (src/main/continuations.ts). */
export function goOnWithJobs(context: CliContext, manager: ManagerView, facts: unknown): Promise<number> {
  const kept = facts as Omit<Rest, 'jobs' | 'waited'> & { jobs: number[]; waited: string[] };
  const { options } = kept;
  const jobs = kept.jobs.flatMap((id) => manager.jobs.findKept(id) ?? []).map(awaited);
  const waited = kept.waited.flatMap((name) => manager.units.find(name) ?? []);
  const names = [...new Set([...jobs.map(({ unit }) => unit.id), ...kept.waited])];
  const verbose = options.verbose === true && !options.noBlock;
  const log = verbose ? new LiveLog(context, manager, names, options.output) : undefined;
  return finishJobs(context, manager, { ...kept, jobs, waited }, log);
}

async function begun({ host }: CliContext, { jobs, queues }: ManagerView): Promise<void> {
  for (let turn = 0; turn === 0 || (turn < turnsBetween && (jobs.isBusy || queues.isBusy)); turn++)
    await new Promise<void>((resolve) => host.defer(resolve));
}

/** The job of one unit; undefined where there is none to wait for, a number where it failed. */
function requestOne(request: Request, name: string): Job | number | undefined {
  const { context, manager, options, action } = request;
  try {
    const affected = options.showTransaction ? new Set<Job>() : undefined;
    const job = manager.requests.job(action.type, name, jobModeOf(request.mode), affected);
    if (affected !== undefined) showTransaction(context, job, affected);
    warnOfChange(request, name);
    return job;
  } catch (error) {
    if (!isBusError(error)) throw error;
    if (passesOver(action, error)) return undefined;
    say(context, 'error', `Failed to ${action.word} ${name}: ${error.message}`);
    const { busName } = error;
    if (busName !== noSuchUnit && busName !== unitMasked && busName !== jobTypeNotApplicable) {
      const system = options.scope === 'system';
      say(
        context,
        'error',
        `See ${system ? 'system' : 'user'} logs and ` +
          `'systemctl${system ? '' : ' --user'} status${name.startsWith('-') ? ' --' : ''} ${name}' for details.`,
      );
    }
    return exitStatusOf(error);
  }
}

function jobModeOf(mode: string): JobMode {
  if (!isJobMode(mode)) throw new JobError(invalidArgs, `Job mode ${mode} invalid`);
  return mode;
}

/** A unit that is masked can't be active: nothing to do for try-…. */
const passesOver = ({ type }: Action, { busName }: { readonly busName: string }): boolean =>
  busName === unitMasked && (type === 'try-restart' || type === 'try-reload');

function warnOfChange({ context, manager, options }: Request, name: string): void {
  const unit = manager.units.find(name);
  if (unit !== undefined && manager.loader.needsReload(unit.loaded))
    say(context, 'warning', changedOnDisk(name, options.scope));
}

function showTransaction(context: CliContext, anchor: Job, affected: ReadonlySet<Job>): void {
  say(context, 'info', `Enqueued anchor job ${anchor.id} ${anchor.unit.id}/${anchor.type}.`);
  for (const job of affected)
    if (job !== anchor) say(context, 'info', `Enqueued auxiliary job ${job.id} ${job.unit.id}/${job.type}.`);
}

/** Resolves when the call was given up. */
function whenAborted(signal: AbortSignal): Promise<'aborted'> {
  if (signal.aborted) return Promise.resolve('aborted');
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted'), { once: true }));
}

/** A job, and what came of it. */
export interface AwaitedJob {
  readonly job: Job;
  readonly unit: Unit;
  readonly end: Promise<{ result: JobResult; why: string }>;
}

/** From now on: why a unit failed is looked at when its job ends, for the unit may soon be started again. */
export function awaited(job: Job): AwaitedJob {
  const { unit } = job;
  const end = new Promise<{ result: JobResult; why: string }>((resolve) =>
    job.whenFinished((result) => resolve({ result, why: resultOf(unit) })),
  );
  return { job, unit, end };
}

/** Says how jobs end badly, in the order in which they do; false where one did. */
export async function waitForJobs(
  context: CliContext,
  options: Pick<JobOptions, 'quiet' | 'scope'> & { readonly showTransaction?: boolean },
  jobs: readonly AwaitedJob[],
  progress = { good: true },
): Promise<boolean> {
  const all = jobs.map(async ({ unit, end }) => {
    const { result, why } = await end;
    if (context.signal.aborted) return;
    if (!options.quiet) {
      say(context, 'error', jobMessage(unit, result, why, options.scope));
      if (result === 'failed') say(context, 'info', startLimitHint(unit, why, options.scope));
    }
    const good = result === 'done' || result === 'skipped';
    if (good && options.showTransaction && context.host.voice.systemctl.tellsOfFinished)
      say(context, 'info', `Job for ${unit.id} finished.`);
    if (!good) progress.good = false;
  });
  await Promise.race([Promise.all(all), whenAborted(context.signal)]);
  return progress.good && !context.signal.aborted;
}

const explanations: Readonly<Record<string, string>> = {
  resources: 'of unavailable resources or another system error',
  protocol: 'the service did not take the steps required by its unit configuration',
  timeout: 'a timeout was exceeded',
  'exit-code': 'the control process exited with error code',
  signal: 'a fatal signal was delivered to the control process',
  'core-dump': 'a fatal signal was delivered causing the control process to dump core',
  watchdog: 'the service failed to send watchdog ping',
  'start-limit-hit': 'start of the service was attempted too often',
  'oom-kill': 'of an out-of-memory (OOM) siutation',
};

/** Lines about a job that ended; '' where there is nothing to say. */
function jobMessage(unit: Unit, result: JobResult, why: string, scope: Scope): string {
  const name = unit.id;
  switch (result) {
    case 'done':
    case 'skipped':
      return '';
    case 'canceled':
      return `Job for ${name} canceled.`;
    case 'timeout':
      return `Job for ${name} timed out.`;
    case 'dependency':
      return `A dependency job for ${name} failed. See 'journalctl -xe' for details.`;
    case 'invalid':
      return `${name} is not active, cannot reload.`;
    case 'assert':
      return `Assertion failed on job for ${name}.`;
    case 'unsupported':
      return `Operation on or unit type of ${name} not supported on this system.`;
    case 'collected':
      return `Queued job for ${name} was garbage collected.`;
    case 'once':
      return `Unit ${name} was started already once and can't be started again.`;
    case 'concurrency':
      return `Concurrency limit of a slice unit ${name} is contained in has been reached.`;
    default:
      return unit.type === 'service'
        ? serviceMessage(unit, why, scope)
        : 'Job failed. See "journalctl -xe" for details.';
  }
}

function resultOf(unit: Unit): string {
  return unit.type === 'service' && 'result' in unit && typeof unit.result === 'string' ? unit.result : '';
}

function serviceMessage(unit: Unit, why: string, scope: Scope): string {
  const user = scope === 'system' ? '' : ' --user';
  const quoted = shellMaybeQuote(unit.id);
  const explanation = explanations[why];
  const because = explanation === undefined ? '' : ` because ${explanation}`;
  return (
    `Job for ${unit.id} failed${because}.\n` +
    `See "systemctl${user} status ${quoted}" and "journalctl${user} -xeu ${quoted}" for details.`
  );
}

function startLimitHint(unit: Unit, why: string, scope: Scope): string {
  if (why !== 'start-limit-hit') return '';
  const user = scope === 'system' ? '' : ' --user';
  const quoted = shellMaybeQuote(unit.id);
  return (
    `To force a start use "systemctl${user} reset-failed ${quoted}"\n` +
    `followed by "systemctl${user} start ${quoted}" again.`
  );
}

/** A unit that was stopped may be started again by a socket, a path or a timer that is active. */
function warnOfTriggers(context: CliContext, manager: ManagerView, name: string): void {
  const triggers = activeTriggers(manager, name, true);
  if (triggers.length > 0) say(context, 'warning', context.host.voice.systemctl.stillTriggered(name, triggers));
}

/** Units that are active and would start this one. */
export function activeTriggers(manager: ManagerView, name: string, ignoreMasked: boolean): string[] {
  const unit = loadUnit(manager, name);
  if (unit instanceof JobError || (ignoreMasked && unit.loadState === 'masked')) return [];
  return [...unit.related('triggeredBy')]
    .filter((trigger) => isActiveOrReloading(trigger.activeState))
    .map((trigger) => trigger.id);
}

/** Until every unit is inactive again and has no job; true where one has failed. */
async function waitUntilInactive(context: CliContext, manager: ManagerView, units: readonly Unit[]): Promise<boolean> {
  let failed = false;
  const all = units.map(
    (unit) =>
      new Promise<void>((resolve) => {
        const look = (): boolean => {
          if (unit.job !== undefined) return false;
          if (unit.activeState === 'failed') failed = true;
          else if (unit.activeState !== 'inactive') return false;
          return true;
        };
        if (look()) {
          resolve();
          return;
        }
        const watch = manager.changes.watch(unit, () => {
          if (!look()) return;
          watch.close();
          resolve();
        });
        context.signal.addEventListener('abort', () => watch.close(), { once: true });
      }),
  );
  await Promise.race([Promise.all(all), whenAborted(context.signal)]);
  return failed;
}

/** Said where a unit's files are newer than what is loaded. */
export function changedOnDisk(unit: string, scope: Scope): string {
  const user = scope === 'system' ? '' : ' --user';
  return (
    `Warning: The unit file, source configuration file or drop-ins of ${unit} changed on disk. ` +
    `Run 'systemctl${user} daemon-reload' to reload units.`
  );
}
