/** A simulation (`Simulation`): time, jobs, waiting, and what its user sees of it. */

import { type UnitLine, unitLine } from '../cli/machine/states.ts';
import type { Job } from '../jobs/job.ts';
import { programs } from '../main/programs.ts';
import { lastLines } from '../terms/entries.ts';
import { CommandFailed, InvalidOption, JobFailed, WaitTimeout } from '../terms/errors.ts';
import { exitStatusOf, type JobLine, jobFailure } from '../terms/failure.ts';
import { spanMs, spanText } from '../terms/span.ts';
import { mangleUnitName } from '../unitfile/language/unit-name.ts';
import { JobError } from '../units/job-types.ts';
import { formatTimestamp } from '../values/time/timestamp.ts';
import { zoneLoader } from '../values/time/timezone.ts';
import type {
  Change,
  CommandResult,
  Exploration,
  ExploreOptions,
  JobOptions,
  JobType,
  JournalEntry,
  JournalQuery,
  Moment,
  PlannedJob,
  Script,
  SimulatedFiles,
  SimulatedUnit,
  SimulateOptions,
  Span,
  UnitObject,
  WaitOptions,
} from './api.ts';
import { CannotSimulate } from './errors.ts';
import { playEvent } from './events.ts';
import { type Explorable, explore } from './explore.ts';
import { readJournal } from './journal.ts';
import { momentMs } from './moment.ts';
import type { SharedLoads } from './shared-loads.ts';
import { eventLoop, SimulatedMachine } from './simulated-machine.ts';
import { makeUnit, type UnitContext, type Waited } from './unit.ts';

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

  constructor(options: SimulateOptions, shared?: SharedLoads) {
    this.#options = options;
    this.machine = new SimulatedMachine(options, shared);
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
      () => ({ what: `the boot of ${String(boot)} ends` }),
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
    await this.until(condition, options, () => ({ what: 'it is so' }));
  }

  async until(condition: () => boolean, options: WaitOptions | undefined, what: () => Waited): Promise<void> {
    const { host } = this.machine;
    const span = options?.timeout ?? longestWait;
    const end = host.monotonic() + spanMs(span, 'timeout');
    await this.settle();
    while (!condition()) {
      if (host.untilNext === undefined) await this.#turn();
      if (condition()) return;
      if (host.untilNext === undefined) throw this.#waited(what(), 'nothing is left that could happen');
      if (!(await this.#step(end - host.monotonic())) && !condition())
        throw this.#waited(what(), `${spanText(spanMs(span, 'timeout'))} have passed`);
      this.#complain();
    }
  }
  #waited({ what, log }: Waited, why: string): WaitTimeout {
    return new WaitTimeout(`Waited until ${what}; ${why}, at ${this.#text(this.now)}`, log);
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
      return this.machine.manager.units.load(mangleUnitName(name) ?? name);
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
  isolate(unit: string, options: Omit<JobOptions, 'jobMode'> = {}): Promise<void> {
    const name = mangleUnitName(unit, { suffix: '.target' }) ?? unit;
    return this.#jobs('start', [name], options, 'isolate');
  }

  async plan(
    type: JobType,
    name: string,
    { jobMode = 'replace' }: Pick<JobOptions, 'jobMode'> = {},
  ): Promise<PlannedJob[]> {
    const { id } = this.#load(name);
    const planned = this.#unlessRefused(type, id, ({ jobs, units }) => jobs.plan(type, units.load(id), jobMode));
    return planned.map((job) => ({ unit: job.unit.id, type: job.type }));
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
      () => this.#unfinished(left()),
    );
    for (const job of jobs) this.#checkJob(type, job);
  }

  #unfinished(jobs: readonly Job[]): Waited {
    const what = jobs.map(({ unit, type }) => `the ${type} job of ${unit.id} ends`).join(' and ');
    return { what, log: this.#lastLinesOf(jobs.map(({ unit }) => unit.id)) };
  }

  #request(type: JobType, name: string, mode: NonNullable<JobOptions['jobMode']>): Job {
    const id = mangleUnitName(name) ?? name;
    return this.#unlessRefused(type, id, ({ requests }) => requests.job(type, id, mode));
  }

  /** Throws JobFailed where the manager refuses it. */
  #unlessRefused<Result>(type: JobType, unit: string, ask: (manager: SimulatedMachine['manager']) => Result): Result {
    try {
      return ask(this.machine.manager);
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      throw this.#jobFailed(type, { unit, error: error.busName, message: error.message });
    }
  }

  #checkJob(type: JobType, { unit, result }: Job): void {
    if (result === undefined || result === 'done' || result === 'skipped') return;
    throw this.#jobFailed(type, { unit: unit.id, result, state: unitLine(unit) });
  }

  #jobFailed(type: JobType, line: JobLine): JobFailed {
    const { unit, result, state } = line;
    const others = result === 'dependency' ? this.#failedUnits() : [];
    return new JobFailed({
      unit,
      what: jobFailure(type, line, others),
      jobResult: result,
      result: state?.result ?? '',
      exitStatus: exitStatusOf(state),
      log: this.#lastLinesOf([unit, ...others.map(({ id }) => id)]),
    });
  }

  #failedUnits(): UnitLine[] {
    const all = [...this.machine.manager.units.all()];
    return all.filter(({ activeState }) => activeState === 'failed').map(unitLine);
  }

  /** The last of what the journal has about units, in order. */
  #lastLinesOf(units: readonly string[]): string[] {
    const entries = [...new Set(units)].flatMap((unit) => this.journal({ unit }));
    return lastLines(entries.sort((a, b) => a.time.getTime() - b.time.getTime()));
  }

  resetFailed(units?: string | readonly string[]): void {
    if (units === undefined) this.machine.manager.units.resetFailed();
    else for (const name of typeof units === 'string' ? [units] : units) this.unit(name).resetFailed();
  }
  enable(units: string | readonly string[]): Promise<void> {
    return this.succeed('enable', '--', ...(typeof units === 'string' ? [units] : units));
  }
  disable(units: string | readonly string[]): Promise<void> {
    return this.succeed('disable', '--', ...(typeof units === 'string' ? [units] : units));
  }

  // ---- files and programs -------------------------------------------------------------------------------------------

  get files(): SimulatedFiles {
    return this.machine.simulatedFiles;
  }
  write(name: string, unit: string | UnitObject): void {
    this.machine.writeUnit(name, unit);
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
    this.machine.providePrograms();
    const { status, out, err } = await this.machine.commanded(program, args);
    await this.settle();
    return { status, stdout: out, stderr: err };
  }
  async succeed(...args: string[]): Promise<void> {
    const { status, stderr } = await this.systemctl(...args);
    if (status !== 0) throw new CommandFailed(`systemctl ${args.join(' ')}`, status, stderr);
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
      () => ({ what: 'the halt ends' }),
    );
  }
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** A simulation that has booted. */
export async function begin(options: SimulateOptions, shared?: SharedLoads): Promise<SimulationInTime> {
  const simulation = new SimulationInTime(options, shared);
  await simulation.boot();
  return simulation;
}
