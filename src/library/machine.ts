/**
 * A machine that runs. What units are is told by its manager as it happens (calls.ts, `watch`) and kept here; what a call
 * answers is newer or older than that by its sequence number.
 */

import type { UnitLine } from '../cli/machine/states.ts';
import type { OwnedProcess } from '../sys/library-host.ts';
import * as host from '../sys/library-host.ts';
import { lineOf, linesShown } from '../terms/entries.ts';
import { CommandFailed, InvalidOption, JobFailed, UnitFailed, WaitTimeout } from '../terms/errors.ts';
import { exitStatusOf, type JobLine, jobFailure, whyFailed } from '../terms/failure.ts';
import { spanMs, spanText } from '../terms/span.ts';
import { stateText } from '../terms/unit-facts.ts';
import { mangleUnitName } from '../unitfile/language/unit-name.ts';
import type {
  Change,
  CommandResult,
  JobMode,
  JobOptions,
  JobType,
  JournalEntry,
  JournalQuery,
  Machine,
  MachineProcess,
  MachineUnit,
  PlannedJob,
  Ready,
  UnitObject,
  WaitOptions,
} from './api.ts';
import { Calls, type Told, type Watch } from './calls.ts';
import { fits, isAbout, toEntry } from './entries.ts';
import { MachineEnded } from './errors.ts';
import type { Home } from './home.ts';
import { installation } from './installation.ts';
import { Holds, iterate, Listeners } from './listeners.ts';
import { endManager, sweep } from './manager.ts';
import type { Ports } from './ports.ts';
import { Readiness } from './ready.ts';
import { changeOf, Unit, type UnitNews, type UnitOwner } from './unit.ts';

const defaultWaitMs = 30_000;
const followAgainMs = 50;
/** What a watch is told meanwhile comes at once; a manager that does not is not waited for longer. */
const catchUpMs = 1_000;
/** Of a report. */
const linesReported = 40;

/** What a machine is put together of. */
export interface Parts<Port extends string> {
  readonly home: Home;
  readonly process: OwnedProcess;
  readonly taken: Ports;
  readonly ports: Readonly<Record<Port, number>>;
  /** What services get. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stopTimeoutMs: number;
}

const isBad = (line: JobLine): boolean => line.result !== 'done' && line.result !== 'skipped';

export class RunningMachine<Port extends string> implements Machine<Port>, UnitOwner {
  readonly ready: Ready;
  readonly environment: Readonly<Record<string, string>>;
  readonly #parts: Parts<Port>;
  readonly #calls: Calls;
  readonly #states = new Map<string, UnitLine>();
  /** The last line of each unit that was told, and the highest of their numbers. */
  readonly #toldOf = new Map<string, UnitLine>();
  #toldUpTo = 0;
  readonly #units = new Map<string, Unit>();
  readonly #news = new Listeners<UnitNews>();
  readonly #entries = new Listeners<JournalEntry>();
  readonly #ends = new Listeners<MachineEnded>();
  #watch: Watch;
  readonly #holds: Holds;
  #whenTold: () => void = () => {};
  #end: MachineEnded | undefined;
  #halting: Promise<void> | undefined;
  /** Resolves when the manager has ended and its directory is away. */
  readonly #gone: Promise<void>;

  constructor(parts: Parts<Port>) {
    this.#parts = parts;
    this.environment = parts.environment;
    this.ready = new Readiness(this);
    this.#calls = new Calls(parts.home.control, this.env);
    this.#watch = this.#follow();
    this.#holds = new Holds({ hold: (on) => this.#watch.hold(on) });
    this.#gone = parts.process.ended.then(() => this.#managerEnded());
  }

  /** Resolves once what there is has been told, and what comes is. Throws MachineEnded. */
  async begin(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#whenTold = resolve;
    });
    this.#whenTold = () => {};
    this.#watch.hold(false);
    if (this.#end !== undefined) throw this.#end;
  }

  get ports(): Readonly<Record<Port, number>> {
    return this.#parts.ports;
  }
  get directory(): string {
    return this.#parts.home.directory;
  }
  get paths(): Machine['paths'] {
    return this.#parts.home.paths;
  }
  get env(): Readonly<Record<string, string>> {
    return this.#parts.home.callersEnvironment;
  }
  get pid(): number {
    return this.#parts.process.pid;
  }

  /** Listens to the manager, and does so again where it has hung up on a test that did not read for long. */
  #follow(): Watch {
    return this.#calls.watch(
      (line) => this.#told(line),
      () => {
        if (this.#parts.process.end === undefined && this.#halting === undefined)
          void host.pass(followAgainMs).then(() => {
            if (this.#end === undefined) this.#watch = this.#follow();
          });
      },
    );
  }

  // ---- what is told -----------------------------------------------------------------------------------------------

  #told({ unit, entry, ready }: Told): void {
    if (unit !== undefined) this.#changed(unit);
    else if (entry !== undefined) this.#entries.tell(toEntry(entry));
    else if (ready === true) this.#whenTold();
  }

  #changed(line: UnitLine): void {
    const previous = this.#toldOf.get(line.id);
    this.#toldOf.set(line.id, line);
    this.#toldUpTo = Math.max(this.#toldUpTo, line.sequence);
    this.#keep(line);
    this.#news.tell({ line, previous });
  }

  #keep(line: UnitLine): void {
    const known = this.#states.get(line.id);
    if (known === undefined || known.sequence < line.sequence) this.#states.set(line.id, line);
  }

  /** What came before an answer has been told by then: who listens hears of it before the method that waited returns. */
  async #caughtUp(lines: readonly (UnitLine | undefined)[]): Promise<void> {
    const last = Math.max(0, ...lines.map((line) => line?.sequence ?? 0));
    await this.until(
      () => this.#toldUpTo >= last,
      catchUpMs,
      (look) => this.#news.add(look),
    );
    for (const line of lines) if (line !== undefined) this.#keep(line);
  }

  stateOf(name: string): UnitLine | undefined {
    return this.#states.get(name);
  }

  onChange(name: string, callback: (news: UnitNews) => void): () => void {
    return this.#news.add((news) => {
      if (news.line.id === name) callback(news);
    });
  }

  onEntry(name: string, callback: (entry: JournalEntry) => void): () => void {
    return this.#entries.add((entry) => {
      if (isAbout(entry, name)) callback(entry);
    });
  }

  iterate<What>(listen: (callback: (what: What) => void) => () => void): AsyncIterableIterator<What> {
    return iterate(listen, (callback) => this.#onEnd(callback), this.#holds);
  }

  #onEnd(callback: (end: MachineEnded) => void): () => void {
    if (this.#end !== undefined) callback(this.#end);
    return this.#ends.add(callback);
  }

  changes(): AsyncIterableIterator<Change> {
    return this.iterate((callback) =>
      this.#news.add((news) => {
        const change = changeOf(news);
        if (change !== undefined) callback(change);
      }),
    );
  }

  logs(): AsyncIterableIterator<JournalEntry> {
    return this.iterate((callback) => this.#entries.add(callback));
  }

  // ---- units and jobs ---------------------------------------------------------------------------------------------

  unit(name: string): Unit {
    const id = mangleUnitName(name);
    if (id === undefined) throw new InvalidOption(`'${name}' is no name of a unit; valid are names like api.service`);
    const unit = this.#units.get(id) ?? new Unit(this, id);
    this.#units.set(id, unit);
    return unit;
  }

  units(): MachineUnit[] {
    return [...this.#states.keys()].map((id) => this.unit(id));
  }

  start(unit: string, options?: JobOptions): Promise<MachineUnit>;
  start(units: readonly string[], options?: JobOptions): Promise<MachineUnit[]>;
  async start(units: string | readonly string[], options?: JobOptions): Promise<MachineUnit | MachineUnit[]> {
    const list = this.#named(units);
    await this.run(
      'start',
      list.map(({ name }) => name),
      options,
    );
    return typeof units === 'string' ? list[0]! : list;
  }

  stop(units: string | readonly string[], options?: JobOptions): Promise<void> {
    return this.run(
      'stop',
      this.#named(units).map(({ name }) => name),
      options,
    );
  }

  restart(units: string | readonly string[], options?: JobOptions): Promise<void> {
    return this.run(
      'restart',
      this.#named(units).map(({ name }) => name),
      options,
    );
  }

  isolate(unit: string, options?: Omit<JobOptions, 'jobMode'>): Promise<void> {
    const name = mangleUnitName(unit, { suffix: '.target' }) ?? unit;
    return this.#run('start', [this.unit(name).name], 'isolate', options);
  }

  #named(units: string | readonly string[]): Unit[] {
    return (typeof units === 'string' ? [units] : units).map((name) => this.unit(name));
  }

  run(type: JobType, names: readonly string[], options: JobOptions = {}): Promise<void> {
    return this.#run(type, names, options.jobMode ?? 'replace', options);
  }

  async #run(type: JobType, names: readonly string[], mode: JobMode, { timeout }: JobOptions = {}): Promise<void> {
    if (names.length === 0) return;
    const lines = await this.#within(timeout, `${type} ${names.join(', ')}`, names, (signal) =>
      this.#calls.ask<JobLine>(['job', `--mode=${mode}`, type, '--', ...names], signal),
    );
    await this.#caughtUp(lines.map(({ state }) => state));
    const failed = lines.find(isBad);
    if (failed !== undefined) throw await this.#jobFailed(type, failed);
  }

  async plan(
    type: JobType,
    unit: string,
    { jobMode = 'replace' }: Pick<JobOptions, 'jobMode'> = {},
  ): Promise<PlannedJob[]> {
    const { name } = this.unit(unit);
    const lines = await this.#asked<JobLine & { type: string }>('plan', `--mode=${jobMode}`, type, '--', name);
    const refused = lines.find(({ error }) => error !== undefined);
    if (refused !== undefined) throw await this.#jobFailed(type, refused);
    return lines.map((line) => ({ unit: line.unit, type: line.type }));
  }

  async #jobFailed(type: JobType, line: JobLine): Promise<JobFailed> {
    const { unit, result, state } = line;
    const others =
      result === 'dependency' ? (await this.#refresh()).filter((other) => other.activeState === 'failed') : [];
    const log = await this.lastLines([unit, ...others.map(({ id }) => id)]);
    return new JobFailed({
      unit,
      what: jobFailure(type, line, others),
      jobResult: result,
      result: state?.result ?? '',
      exitStatus: exitStatusOf(state),
      log,
    });
  }

  /** A unit that has failed, for who waits for what it does. */
  async unitFailed(line: UnitLine): Promise<UnitFailed> {
    const log = await this.lastLines([line.id]);
    const { id: unit, result } = line;
    return new UnitFailed({
      unit,
      what: `${unit} has failed: ${whyFailed(line)}`,
      result,
      exitStatus: exitStatusOf(line),
      log,
    });
  }

  /** The last of what the journal has about units, as errors show it; [] where nobody answers. */
  async lastLines(units: readonly string[], count = linesShown): Promise<string[]> {
    try {
      const entries = await this.#asked<Record<string, unknown>>('journal', '--', ...units);
      return entries.slice(-count).map((raw) => lineOf(toEntry(raw)));
    } catch {
      return [];
    }
  }

  /** Every unit as it is now. */
  async #refresh(): Promise<UnitLine[]> {
    const lines = await this.#asked<UnitLine>('units');
    for (const line of lines) this.#keep(line);
    return lines;
  }

  // ---- waiting ----------------------------------------------------------------------------------------------------

  /** Throws WaitTimeout, MachineEnded. */
  async waitFor(
    name: string,
    what: string,
    holds: () => boolean,
    { timeout = defaultWaitMs }: WaitOptions = {},
  ): Promise<void> {
    const ms = spanMs(timeout, 'timeout');
    const inTime = await this.until(holds, ms, (look) => this.onChange(name, look));
    if (inTime) return;
    const is = stateText(this.unit(name));
    throw new WaitTimeout(`Waited ${spanText(ms)} until of ${name} ${what}: ${is}`, await this.lastLines([name]));
  }

  /** Whether it came to hold in time, looked at whenever `listen` calls. Throws MachineEnded, and what `holds` throws. */
  until(holds: () => boolean, ms: number, listen: (look: () => void) => () => void): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (holds()) {
        resolve(true);
        return;
      }
      const settle = (action: () => void): void => {
        timer.cancel();
        unlisten();
        unend();
        action();
      };
      const timer = host.after(ms, () => settle(() => resolve(false)));
      const unlisten = listen(() => {
        try {
          if (holds()) settle(() => resolve(true));
        } catch (error) {
          settle(() => reject(error));
        }
      });
      const unend = this.#ends.add((end) => settle(() => reject(end)));
      if (this.#end !== undefined) settle(() => reject(this.#end));
    });
  }

  /** Does something that is given up after `timeout`. Throws WaitTimeout then. */
  async #within<Result>(
    timeout: JobOptions['timeout'],
    what: string,
    units: readonly string[],
    action: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    this.#throwIfEnded();
    const abort = new AbortController();
    const ms = timeout === undefined ? undefined : spanMs(timeout, 'timeout');
    const timer = ms === undefined ? undefined : host.after(ms, () => abort.abort());
    try {
      return await action(abort.signal);
    } catch (error) {
      if (abort.signal.aborted)
        throw new WaitTimeout(`Waited ${spanText(ms!)} for ${what}`, await this.lastLines(units));
      this.#throwIfEnded();
      throw error;
    } finally {
      timer?.cancel();
    }
  }

  // ---- asking -----------------------------------------------------------------------------------------------------

  async #asked<Line>(...argv: string[]): Promise<Line[]> {
    this.#throwIfEnded();
    return this.#calls.ask<Line>(argv);
  }

  async journal(query: JournalQuery = {}): Promise<JournalEntry[]> {
    const unit = query.unit === undefined ? undefined : this.unit(query.unit).name;
    const raw = await this.#asked<Record<string, unknown>>('journal', '--', ...(unit === undefined ? [] : [unit]));
    return raw.map(toEntry).filter((entry) => fits(entry, { ...query, ...(unit === undefined ? {} : { unit }) }));
  }

  async processesOf(name: string): Promise<MachineProcess[]> {
    return (await this.#processes()).filter(({ unit }) => unit === name);
  }

  async #processes(): Promise<MachineProcess[]> {
    const lines = await this.#asked<MachineProcess>('processes');
    return lines.map(({ pid, parentPid, commandLine, unit }) => ({ pid, parentPid, commandLine, unit }));
  }

  async leftovers(): Promise<MachineProcess[]> {
    const [processes, lines] = [await this.#processes(), await this.#refresh()];
    const isUp = (id: string): boolean => {
      const state = lines.find((line) => line.id === id)?.activeState ?? 'inactive';
      return state !== 'inactive' && state !== 'failed';
    };
    return processes.filter(({ unit }) => unit === undefined || !isUp(unit));
  }

  systemctl(...args: string[]): Promise<CommandResult> {
    return this.command('systemctl', ...args);
  }

  async command(program: string, ...args: string[]): Promise<CommandResult> {
    this.#throwIfEnded();
    const answer = await this.#calls.call(program, args);
    if (answer === 'local')
      return host.runCommand({
        program: host.execPath,
        args: [installation.program, program, ...args],
        environment: { ...this.environment, ...this.env },
      });
    if (this.#halting === undefined) await this.#refresh().catch(() => this.#throwIfEnded());
    return answer;
  }

  async checked(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.systemctl(...args);
    if (status !== 0) throw new CommandFailed(`systemctl ${args.join(' ')}`, status, stderr);
    return stdout;
  }

  async daemonReload(): Promise<void> {
    await this.checked('daemon-reload');
  }

  write(name: string, unit: string | UnitObject): void {
    this.#throwIfEnded();
    this.#parts.home.write(name, unit);
  }

  async report(): Promise<string> {
    if (this.#end !== undefined) return `${this.#end.message}\n`;
    const failed = (await this.#refresh()).filter(({ activeState }) => activeState === 'failed').map(({ id }) => id);
    const names = [...new Set([...this.#units.keys(), ...failed])];
    if (names.length === 0) return 'No unit was asked for, and none has failed.\n';
    const { stdout, stderr } = await this.systemctl('status', '--lines=0', '--full', '--', ...names);
    const lines = await this.lastLines(names, linesReported);
    return `${stdout}${stderr}\nThe last of their journal:\n${lines.map((line) => `    ${line}\n`).join('')}`;
  }

  // ---- the end ----------------------------------------------------------------------------------------------------

  #throwIfEnded(): void {
    if (this.#end !== undefined) throw this.#end;
  }

  async #managerEnded(): Promise<void> {
    const { status, signal } = this.#parts.process.end!;
    const asked = this.#halting !== undefined;
    const how = signal === null ? `status ${status}` : signal;
    const end = new MachineEnded(
      asked ? 'The machine has been halted.' : `The manager of the machine has ended by itself (${how}).`,
    );
    this.#end = end;
    this.#watch.close();
    this.#whenTold();
    this.#ends.tell(end);
    this.#parts.taken.release();
    // What it has left is found by what it has written down.
    if (!asked || signal !== null) await sweep(this.directory);
    this.#parts.home.remove();
  }

  halt(): Promise<void> {
    this.#halting ??= this.#halt();
    return this.#halting;
  }

  async #halt(): Promise<void> {
    const { process, stopTimeoutMs } = this.#parts;
    if (process.end === undefined)
      await endManager(process, () => this.#calls.call('systemctl', ['--user', 'exit']), stopTimeoutMs);
    await this.#gone;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.halt();
  }
}
