/** A simulation (`Simulation`): time, jobs, waiting, and what its user sees of it. */
import type { Job } from '../jobs/job.ts';
import { programs } from '../main/programs.ts';
import { JobError, type JobType } from '../units/job-types.ts';
import { formatTimestamp } from '../values/time/timestamp.ts';
import { zoneLoader } from '../values/time/timezone.ts';
import type {
  Change,
  CommandResult,
  Exploration,
  ExploreOptions,
  JobOptions,
  JournalEntry,
  JournalQuery,
  Moment,
  Script,
  SimulatedFiles,
  SimulatedUnit,
  SimulateOptions,
  Span,
  UnitObject,
  WaitOptions,
} from './api.ts';
import { CannotSimulate, JobFailed, WaitTimeout } from './errors.ts';
import { playEvent } from './events.ts';
import { type Explorable, explore } from './explore.ts';
import { readJournal } from './journal.ts';
import { eventLoop, SimulatedMachine } from './simulated-machine.ts';
import { momentMs, spanMs, spanText } from './span.ts';
import { exitStatusOf, lastLines, makeUnit, resultOf, type UnitContext } from './unit.ts';
import { InvalidOption } from './unit-object.ts';

/** What is waited for comes within that time, where nobody says another. */
const longestWait: Span = '1d';
/** Between two turns of the event loop there are no more moments than these: others in the process are to have theirs. */
const momentsPerTurn = 10_000;

export class SimulationInTime implements Explorable, UnitContext {
  readonly machine: SimulatedMachine;
  readonly #options: SimulateOptions;
  readonly #began: number;
  readonly #handles = new Map<string, SimulatedUnit>();
  #moments = 0;
  /** Called after each moment in which something has changed. */
  onMoment: (() => void) | undefined;
  #seen = 0;

  constructor(options: SimulateOptions) {
    this.#options = options;
    this.machine = new SimulatedMachine(options);
    this.#began = this.machine.host.monotonic();
  }

  /** What `simulate` does before its user has it. */
  async boot(): Promise<void> {
    const { boot = 'basic.target', enable = [] } = this.#options;
    const { manager } = this.machine;
    if (enable.length > 0) await this.enable(enable);
    manager.startup.boot(boot === false ? [] : [boot]);
    await this.until(
      () => manager.startup.isOver,
      undefined,
      () => `the boot of ${String(boot)} does not end`,
    );
  }

  // ---- time ---------------------------------------------------------------------------------------------------------

  get now(): Date {
    return new Date(this.machine.host.now());
  }
  get elapsedMs(): number {
    return this.machine.host.monotonic() - this.#began;
  }
  get events(): number {
    const { host, changes, started, manager } = this.machine;
    return host.fired + changes.length + started + manager.jobs.installedCount;
  }

  async advance(span: Span): Promise<void> {
    await this.#advance(spanMs(span, 'advance'));
  }
  async advanceTo(moment: Moment): Promise<void> {
    const ms = this.#moment(moment, 'advanceTo') - this.machine.host.now();
    if (ms < 0) throw new InvalidOption(`advanceTo: ${this.#text(moment)} has been; it is ${this.#text(this.now)}`);
    await this.#advance(ms);
  }
  async setClock(moment: Moment): Promise<void> {
    this.machine.host.setClock(this.#moment(moment, 'setClock'));
    await this.settle();
  }
  #moment(moment: Moment, what: string): number {
    const { host, zone } = this.machine;
    if (typeof moment === 'string') this.machine.provideZones(moment);
    return momentMs(moment, { nowMs: host.now(), zone, zones: zoneLoader(host.files), what });
  }
  #text(moment: Moment): string {
    const ms = this.#moment(moment, 'moment');
    return formatTimestamp(ms, this.machine.zone) ?? String(ms);
  }

  async #advance(ms: number): Promise<void> {
    const until = this.machine.host.monotonic() + ms;
    await this.settle();
    while (await this.#step(until - this.machine.host.monotonic()));
    this.#complain();
  }

  /** The next moment at which something happens; false where there is none within `ms`, which have passed then. */
  async #step(ms: number): Promise<boolean> {
    const happened = this.machine.host.advanceOnce(Math.max(0, ms));
    await this.#afterMoment();
    return happened;
  }

  /** What the manager goes on with from the event loop happens. */
  async #turn(): Promise<void> {
    await eventLoop();
    this.machine.host.settle();
    this.#look();
  }

  async #afterMoment(): Promise<void> {
    const { machine } = this;
    while (machine.takeWoken()) {
      await eventLoop();
      machine.host.settle();
    }
    if (++this.#moments % momentsPerTurn === 0) await eventLoop();
    this.#look();
  }

  #look(): void {
    const { length } = this.machine.changes;
    if (length === this.#seen) return;
    this.#seen = length;
    this.onMoment?.();
  }

  async settle(): Promise<void> {
    this.machine.host.settle();
    await this.#afterMoment();
    this.#complain();
  }

  /** Throws what has gone wrong meanwhile. */
  #complain(): void {
    const { errors, refused } = this.machine.takeErrors();
    if (errors.length > 0) throw errors[0];
    if (refused.length > 0) throw new CannotSimulate(refused.join('\n'));
  }

  async waitFor(condition: () => boolean, options?: WaitOptions): Promise<void> {
    await this.until(condition, options, () => 'waitFor: the condition does not come true');
  }

  async until(condition: () => boolean, options: WaitOptions | undefined, what: () => string): Promise<void> {
    const { host } = this.machine;
    const span = options?.timeout ?? longestWait;
    const end = host.monotonic() + spanMs(span, 'timeout');
    await this.settle();
    while (!condition()) {
      if (host.untilNext === undefined) await this.#turn();
      if (condition()) return;
      if (host.untilNext === undefined)
        throw new WaitTimeout(`${what()}\n  nothing is left that could happen, at ${this.#text(this.now)}`);
      if (!(await this.#step(end - host.monotonic())) && !condition())
        throw new WaitTimeout(`${what()}\n  after ${spanText(spanMs(span, 'timeout'))}, at ${this.#text(this.now)}`);
      this.#complain();
    }
  }

  // ---- units --------------------------------------------------------------------------------------------------------

  unit(name: string): SimulatedUnit {
    const unit = this.#load(name);
    const present = this.#handles.get(unit.id);
    if (present !== undefined) return present;
    const handle = makeUnit(this, unit);
    this.#handles.set(unit.id, handle);
    return handle;
  }
  #load(name: string): ReturnType<SimulatedMachine['manager']['units']['load']> {
    try {
      return this.machine.manager.units.load(name);
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      throw new InvalidOption(error.message);
    }
  }
  units(): SimulatedUnit[] {
    return [...this.machine.manager.units.all()].map(({ id }) => this.unit(id));
  }
  get changes(): readonly Change[] {
    return this.machine.changes;
  }

  start(units: string | readonly string[], options?: JobOptions): Promise<void> {
    return this.job('start', units, options);
  }
  stop(units: string | readonly string[], options?: JobOptions): Promise<void> {
    return this.job('stop', units, options);
  }
  restart(units: string | readonly string[], options?: JobOptions): Promise<void> {
    return this.job('restart', units, options);
  }
  reload(units: string | readonly string[], options?: JobOptions): Promise<void> {
    return this.job('reload', units, options);
  }
  tryRestart(units: string | readonly string[], options?: JobOptions): Promise<void> {
    return this.job('try-restart', units, options);
  }
  isolate(unit: string, options: JobOptions = {}): Promise<void> {
    return this.#jobs('start', [unit], options, 'isolate');
  }

  job(type: JobType, names: string | readonly string[], options: JobOptions = {}): Promise<void> {
    return this.#jobs(type, typeof names === 'string' ? [names] : names, options, options.jobMode ?? 'replace');
  }

  async #jobs(
    type: JobType,
    names: readonly string[],
    options: JobOptions,
    mode: NonNullable<JobOptions['jobMode']>,
  ): Promise<void> {
    const jobs: Job[] = [];
    for (const name of names) {
      jobs.push(this.#request(type, name, mode));
      // The order of the names counts, as between two calls.
      await this.settle();
    }
    if (options.wait === false) return;
    const left = (): Job[] => jobs.filter(({ result }) => result === undefined);
    await this.until(
      () => left().length === 0,
      options,
      () =>
        left()
          .map((job) => `${job.unit.id}: the ${job.type} job does not end`)
          .join('\n'),
    );
    for (const job of jobs) this.#checkJob(type, job);
  }

  #request(type: JobType, name: string, mode: NonNullable<JobOptions['jobMode']>): Job {
    try {
      return this.machine.manager.requests.job(type, name, mode);
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      throw new JobFailed({
        unit: name,
        what: `${name}: ${type} is refused: ${error.message}`,
        result: 'success',
        log: [],
      });
    }
  }

  #checkJob(type: JobType, { unit, result: jobResult }: Job): void {
    if (jobResult === undefined || jobResult === 'done' || jobResult === 'skipped') return;
    const result = resultOf(unit);
    const exitStatus = exitStatusOf(unit);
    const why = jobResult === 'failed' ? `its result is ${result}` : `the job's result is ${jobResult}`;
    const status = exitStatus === undefined ? '' : `, its main process ended with ${exitStatus}`;
    const log = lastLines(this.journal({ unit: unit.id }));
    const what = `${unit.id}: ${type} failed: ${why}${status}`;
    throw new JobFailed({ unit: unit.id, what, jobResult, result, exitStatus, log });
  }

  resetFailed(units?: string | readonly string[]): void {
    if (units === undefined) this.machine.manager.units.resetFailed();
    else for (const name of typeof units === 'string' ? [units] : units) this.unit(name).resetFailed();
  }
  enable(units: string | readonly string[]): Promise<void> {
    return this.succeed(this.systemctl('enable', '--', ...(typeof units === 'string' ? [units] : units)));
  }
  disable(units: string | readonly string[]): Promise<void> {
    return this.succeed(this.systemctl('disable', '--', ...(typeof units === 'string' ? [units] : units)));
  }

  // ---- files and programs -------------------------------------------------------------------------------------------

  get files(): SimulatedFiles {
    return this.machine.simulatedFiles;
  }
  write(name: string, unit: string | UnitObject): void {
    this.machine.putUnit(name, unit);
  }
  program(path: string, script: Script | null): void {
    this.machine.setScript(path, script);
  }
  async daemonReload(): Promise<void> {
    let ended = false;
    let failure: unknown;
    void this.machine.manager.reloads
      .request()
      .catch((error: unknown) => {
        failure = error;
      })
      .finally(() => {
        ended = true;
      });
    while (!ended) {
      await eventLoop();
      this.machine.host.settle();
    }
    if (failure !== undefined) throw failure;
    await this.settle();
  }

  // ---- what it says -------------------------------------------------------------------------------------------------

  journal({ since, ...query }: JournalQuery = {}): JournalEntry[] {
    const sinceMs = since === undefined ? undefined : this.#moment(since, 'since');
    return readJournal(this.machine.manager.journal, query, sinceMs);
  }

  systemctl(...args: string[]): Promise<CommandResult> {
    return this.command('systemctl', ...args);
  }
  async command(program: string, ...args: string[]): Promise<CommandResult> {
    if (!Object.hasOwn(programs, program)) {
      const valid = Object.keys(programs).join(', ');
      throw new InvalidOption(`command: '${program}' is no program of pidone's; valid are ${valid}`);
    }
    for (const word of args) this.machine.provideZones(word);
    const { status, out, err } = await this.machine.call(program, args);
    await this.settle();
    return { status, stdout: out, stderr: err };
  }
  async succeed(result: Promise<CommandResult>): Promise<void> {
    const { status, stderr } = await result;
    if (status !== 0) throw new InvalidOption(stderr.trim());
  }

  // ---- exploration --------------------------------------------------------------------------------------------------

  async play(events: readonly string[]): Promise<void> {
    for (const event of events) await playEvent(this, event);
  }
  explore(options: ExploreOptions): Promise<Exploration> {
    return explore({ ...this.#options, ...options }, begin);
  }

  async halt(): Promise<void> {
    const { manager, ended } = this.machine;
    manager.shutdown.request('halt');
    await this.until(
      () => ended.length > 0,
      undefined,
      () => 'halt: it does not end',
    );
  }
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** A simulation that has booted. */
export async function begin(options: SimulateOptions): Promise<SimulationInTime> {
  const simulation = new SimulationInTime(options);
  await simulation.boot();
  return simulation;
}
