/**
 * A simulated machine with unit files, programs and, where a test asks for it, a manager: the one way to make it.
 *
 *   const w = world({ units: { 'a.service': '[Service]\nExecStart=/usr/bin/a\n' }, programs: { a: (p) => p.exit(0, 250) } });
 *
 *   w.load('a.service').dependencies            what is read from the files; no manager is made
 *   w.up(w.unit('a.service')).result            a manager is there, and has booted nothing
 *   w.boot()                                    it boots multi-user.target
 *   await w.call('systemctl', 'is-active a')    what a program answers: with the manager's help where there is one
 *
 * Nothing waits and nothing forks: time passes with `w.host.advance(ms)`, processes do what `programs` says.
 */
import type { Job } from '../../src/jobs/job.ts';
import type { Journal, LogMessage, StreamOptions } from '../../src/journal/journal.ts';
import type { Keeper } from '../../src/kept/keeper.ts';
import { statusAfter, takeUpAfterCrash } from '../../src/main/after-crash.ts';
import { type KeptControl, keepForCrash } from '../../src/main/crash.ts';
import { parseState } from '../../src/main/kept-state.ts';
import type { Manager } from '../../src/manager/manager.ts';
import type { Answer, Caller } from '../../src/simulation/call.ts';
import type { SimProcess } from '../../src/simulation/machine/processes.ts';
import { SimulatedSystem, type SystemOptions } from '../../src/simulation/system.ts';
import type { LogLevel } from '../../src/text/log-level.ts';
import type { LoadedUnit } from '../../src/unitfile/load/loaded-unit.ts';
import type { JobType } from '../../src/units/job-types.ts';
import type { Service } from '../../src/units/service.ts';
import type { ActiveState, ChangeFlags, Unit } from '../../src/units/unit.ts';

export interface WorldOptions extends SystemOptions {
  /** Texts of unit files by name, where an administrator puts them. */
  units?: Readonly<Record<string, string>>;
  /** What is in /usr/bin, and what its processes do; by itself one runs until it is killed. */
  programs?: Readonly<Record<string, (process: SimProcess) => void>>;
}

/** Targets that every unit is tied to by default. */
const baseTargets = ['basic', 'sysinit', 'shutdown', 'sockets', 'timers', 'paths', 'multi-user', 'umount'];

/** A program that does nothing of itself. */
export const runs = (): void => {};
/** A program that ends, after `ms`. */
export const exits =
  (status: number, ms = 0) =>
  (process: SimProcess): void =>
    process.exit(status, ms);

export function world(options: WorldOptions = {}): World {
  return new World(options);
}

/** a.service, as lines of [Service] after an ExecStart= make it. */
export const loadedService = (lines: string, unitLines = ''): LoadedUnit =>
  world({
    units: { 'a.service': `[Unit]\n${unitLines}\n[Service]\nExecStart=/bin/true\n${lines}\n` },
  }).load('a.service');

/** Names that a unit's files make it depend on in one way, sorted. */
export const dependenciesOf = ({ dependencies }: LoadedUnit, kind: string): string[] =>
  [...new Set(dependencies.filter((dependency) => dependency.kind === kind).map(({ name }) => name))].sort();

/** What is wrong in a unit's files, with the place. */
export const diagnosticsOf = ({ diagnostics }: LoadedUnit): string[] =>
  diagnostics.map(({ file, line, message }) =>
    file === undefined ? message : `${file}${line === undefined ? '' : `:${line}`}: ${message}`,
  );

export class World extends SimulatedSystem {
  /** What the manager had to say, in order; also what was not important enough to be logged. */
  readonly logged: LogMessage[] = [];
  /** Streams to the journal that it opened, in order. */
  readonly streams: StreamOptions[] = [];
  /** Every change of a unit's state, in order. */
  readonly changes: { unit: string; from: ActiveState; to: ActiveState; sub: string; flags: ChangeFlags }[] = [];
  #control: KeptControl | undefined;

  constructor({ units = {}, programs = {}, files = {}, ...options }: WorldOptions = {}) {
    super(options);
    for (const name of Object.keys(programs)) this.put(`/usr/bin/${name}`, '');
    for (const [name, text] of Object.entries(units)) this.put(this.pathOf(name), text);
    for (const [path, text] of Object.entries(files)) this.put(path, text);
    for (const text of [...Object.values(units), ...Object.values(files)]) this.#putPrograms(text);
    this.host.onSpawn = (process) => programs[process.comm]?.(process);
  }

  /** Type, mode and owner of a file, and what is in it or where it leads. */
  look(path: string): string {
    const stat = this.files.tryLstat(path);
    if (stat === undefined) return 'nothing';
    const { type, mode, uid, gid } = stat;
    const modeText = type === 'symlink' ? '' : ` ${mode.toString(8)}`;
    const content = type === 'file' ? ` ${JSON.stringify(this.files.readText(path))}` : '';
    const target = type === 'symlink' ? ` ${this.files.readlink(path)}` : '';
    return `${type}${modeText} ${uid}:${gid}${content}${target}`;
  }

  /** What the units that a test begins with run is there. */
  #putPrograms(text: string): void {
    for (const [, path] of text.matchAll(/^Exec\w+=[-@:+!]*(\/\S+)/gm))
      if (this.files.tryStat(path!) === undefined) this.files.put(path!, '#!', 0o755);
  }

  // ---- unit files -------------------------------------------------------------------------------------------------

  /** A unit as its files make it. */
  readonly load = (name: string): LoadedUnit => this.loader.load(name);

  // ---- the manager ------------------------------------------------------------------------------------------------

  protected override putBaseUnits(): void {
    for (const name of baseTargets) {
      const path = `/usr/lib/systemd/${this.scope}/${name}.target`;
      if (this.files.tryStat(path) === undefined) this.put(path, `[Unit]\nDescription=${name} target\n`);
    }
  }

  protected override makeManager(): Manager {
    const manager = super.makeManager();
    const { reactions, logControl } = manager;
    const write = logControl.write.bind(logControl);
    logControl.write = (level, message, unit, fields) => {
      // Tests may look at what is not kept for want of importance.
      if (level > logControl.level)
        this.logged.push({ priority: level, message, unit: unit?.id ?? '', fields: fields ?? {} });
      write(level, message, unit, fields);
    };
    const react = reactions.unitChanged.bind(reactions);
    reactions.unitChanged = (unit, from, to, flags) => {
      this.changes.push({ unit: unit.id, from, to, sub: unit.subState, flags });
      react(unit, from, to, flags);
    };
    return manager;
  }

  /** One that keeps what it is told, and remembers it in order. */
  protected override makeJournal(): Journal {
    const journal = super.makeJournal();
    const log = journal.log.bind(journal);
    journal.log = (message) => {
      this.logged.push(message);
      log(message);
    };
    const openStream = journal.openStream.bind(journal);
    journal.openStream = (options) => {
      this.streams.push(options);
      return openStream(options);
    };
    return journal;
  }

  /** Boots a target and lets what is due at once happen. */
  boot(target = 'multi-user.target'): this {
    this.manager.startup.boot([target]);
    this.host.settle();
    return this;
  }

  // ---- a crash ----------------------------------------------------------------------------------------------------

  /** From here on the manager writes down what it keeps, for the case that it crashes. */
  keepForCrash(): this {
    const program = { path: '', argv: () => [], env: [] };
    const control: KeptControl = {
      onChange: undefined,
      beforeAnswer: undefined,
      keepListeners: () => {},
      takeChanged: () => [],
      allChanged: () => {},
    };
    this.#control = control;
    keepForCrash({ manager: this.manager, control, program, keep: () => {} });
    return this;
  }

  /** Somebody hears that an answer is whole. */
  answered(): this {
    this.#control?.beforeAnswer?.();
    return this;
  }

  /** It crashes, and its next program goes on with what is in the log then. `most`: crashes within a minute. */
  crash(most = Number.POSITIVE_INFINITY): void {
    const { state, crash } = parseState(this.host.crashLog!.crash(11));
    const keep = (manager: Manager, k: Keeper): void => {
      k.inner('journal', (of) => manager.journal.keep(of));
      k.inner('manager', (of) => manager.keep(of));
    };
    this.goOn((manager) => {
      keep(manager, state);
      manager.crashes.add(this.host.monotonic(), most, statusAfter(crash!));
      manager.revive();
      takeUpAfterCrash(manager, crash!);
    });
    for (const unreadable of state.unreadable)
      this.logged.push({ priority: 4, message: `Could not read ${unreadable}` });
    this.keepForCrash();
  }

  // ---- programs ---------------------------------------------------------------------------------------------------

  /** `call` of systemctl. */
  systemctl(line: string | readonly string[], caller?: Caller): Promise<Answer> {
    return this.call('systemctl', line, caller);
  }

  // ---- units ------------------------------------------------------------------------------------------------------

  /** Loads a unit, which stays loaded. */
  unit(name: string): Unit {
    const unit = this.manager.units.load(name);
    unit.referencedBy.add(this);
    return unit;
  }

  /** A service from the text of its unit file; a text without sections belongs to [Service]. One that is loaded is so anew. */
  service(name: string, text: string): Service {
    const { units } = this.manager;
    this.put(this.pathOf(name), text.includes('[') ? text : `[Service]\n${text}`);
    this.loader.refresh();
    const present = units.find(name);
    if (present !== undefined) units.reload(present);
    return this.unit(name) as Service;
  }

  #add(type: JobType, unit: Unit): Job {
    return this.manager.jobs.add(type, unit, 'replace');
  }
  start(unit: Unit): Job {
    return this.#add('start', unit);
  }
  stop(unit: Unit): Job {
    return this.#add('stop', unit);
  }
  restart(unit: Unit): Job {
    return this.#add('restart', unit);
  }
  reload(unit: Unit): Job {
    return this.#add('reload', unit);
  }
  /** Starts and lets what is due at once happen. */
  up(unit: Unit): Job {
    const job = this.start(unit);
    this.host.settle();
    return job;
  }

  /** What was said about a unit up to a level, but of its jobs; without its name at the beginning. */
  messages(unit?: Unit, level: LogLevel = 6): string[] {
    return this.logged
      .filter((line) => line.priority <= level && (unit === undefined || line.unit === unit.id))
      .filter(({ fields = {} }) => fields.JOB_ID === undefined)
      .map(({ unit: about, message }) =>
        about !== undefined && message.startsWith(`${about}: `) ? message.slice(about.length + 2) : message,
      );
  }

  /** Pids whose exit somebody waits for. */
  get watched(): number[] {
    const pids = Array.from({ length: this.host.lastPid }, (_, index) => index + 1);
    return pids.filter((pid) => this.manager.exits.watcherOf(pid) !== undefined);
  }

  /** Sub-states a unit went through. */
  path(unit: Unit): string[] {
    return this.changes.filter((change) => change.unit === unit.id).map((change) => change.sub);
  }
}
