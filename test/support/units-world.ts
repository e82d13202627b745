/**
 * Units for parts of the manager that are tested alone: read from files and tied together as always, but without a life
 * of their own. What state one is in, the test says:
 *
 *   const world = new UnitsWorld({ 'a.service': '[Unit]\nUpholds=b.service' });
 *   world.unit('a.service').set('active');
 *   expect(world.requested).toEqual(['start b.service fail']);
 */
import { ProcessTracker } from '../../src/exec/tracker.ts';
import { Job } from '../../src/jobs/job.ts';
import type { Wanted } from '../../src/jobs/transaction.ts';
import type { Journal, LogMessage } from '../../src/journal/journal.ts';
import { type Log, LogControl } from '../../src/manager/log-control.ts';
import { UnitRegistry } from '../../src/manager/registry.ts';
import type { SimHost } from '../../src/simulation/machine/host.ts';
import type { SimOptions } from '../../src/simulation/machine/machine.ts';
import type { UnitType } from '../../src/unitfile/language/unit-name.ts';
import type { UnitLoader } from '../../src/unitfile/load/loader.ts';
import type { JobMode, JobType } from '../../src/units/job-types.ts';
import {
  type ActivationDetails,
  type ActiveState,
  type ChangeFlags,
  type OperationResult,
  type Timestamp,
  Unit,
  type UnitManager,
} from '../../src/units/unit.ts';
import { world } from './world.ts';

/** A unit that is what the test says it is. */
export class StillUnit extends Unit {
  #state: ActiveState = 'inactive';
  restartIsDue = false;
  status: number | undefined;
  /** What came to it, in order. */
  readonly heard: string[] = [];

  get activeState(): ActiveState {
    return this.#state;
  }
  get subState(): string {
    return this.#state;
  }
  override get willRestart(): boolean {
    return this.restartIsDue;
  }
  override get exitStatus(): number | undefined {
    return this.status;
  }
  /** What asking for it comes to. */
  answers: { start: OperationResult; stop: OperationResult; reload: OperationResult } = {
    start: 'started',
    stop: 'started',
    reload: 'started',
  };
  protected startNow(): OperationResult {
    this.heard.push('start');
    return this.answers.start;
  }
  protected stopNow(): OperationResult {
    this.heard.push('stop');
    return this.answers.stop;
  }
  protected override reloadNow(): OperationResult {
    this.heard.push('reload');
    return this.answers.reload;
  }
  override triggeredUnitChanged(other: Unit): void {
    this.heard.push(`${other.id} changed`);
  }
  override processesMayBeGone(): void {
    this.heard.push('processes may be gone');
  }
  override resetFailed(): void {
    super.resetFailed();
    this.heard.push('reset');
  }
  override coldplug(): void {
    this.heard.push('coldplug');
  }
  override reread(): void {
    super.reread();
    this.heard.push('reread');
  }

  /** Takes a state, as if by itself. */
  set(state: ActiveState, flags: ChangeFlags = {}): void {
    const from = this.#state;
    this.#state = state;
    this.changed(from, state, flags);
  }
  /** Is in a state, without a word. */
  be(state: ActiveState): this {
    this.#state = state;
    return this;
  }
  /** Has a job, or none. */
  queue(type: JobType | undefined): this {
    this.job = type === undefined ? undefined : new Job(99, this, type, false, false);
    return this;
  }
}

export class UnitsWorld implements UnitManager {
  readonly host: SimHost;
  readonly scope = 'system';
  readonly loader: UnitLoader;
  readonly tracker: ProcessTracker;
  readonly journal: Journal;
  readonly logControl: LogControl;
  readonly directories = {
    runtime: '/run',
    state: '/var/lib',
    cache: '/var/cache',
    logs: '/var/log',
    configuration: '/etc',
    data: '/usr/share',
  };
  readonly notifySocket = '/run/systemd/notify';
  readonly serviceWatchdogs = true;
  readonly timestamps: { userspace: Timestamp };
  readonly units: UnitRegistry;
  readonly changes = { follow: () => ({ close: () => {} }) };
  readonly touched = { unit: (): void => {} };
  /** Whatever was logged, in order. */
  readonly messages: LogMessage[] = [];
  /** Jobs that were asked for: `start a.service replace`. */
  readonly requested: string[] = [];
  /** Names of units that were forgotten. */
  readonly forgotten: string[] = [];
  readonly actions: { action: string; reason: string; status: number | undefined }[] = [];
  /** Called where garbage may be. */
  onGarbage: () => void = () => {};
  /** Called after a change of state. */
  onChange: (unit: Unit, from: ActiveState, to: ActiveState, flags: ChangeFlags) => void = () => {};

  /** Texts of units by name; lines before the first section belong to [Unit]. Nothing is implied. */
  constructor(texts: Record<string, string> = {}, options: SimOptions = {}) {
    const { host, loader } = world(options);
    this.host = host;
    for (const [name, text] of Object.entries(texts)) this.write(name, text);
    this.loader = loader;
    this.tracker = new ProcessTracker(this.host);
    this.journal = { log: (message: LogMessage) => void this.messages.push(message) } as unknown as Journal;
    this.logControl = new LogControl(this.journal);
    this.timestamps = { userspace: this.timestamp() };
    this.units = new UnitRegistry({
      host,
      loader: this.loader,
      create: (type, name) => this.create(type, name),
      withoutFile: () => undefined,
      diagnose: ({ id, diagnostics }) => this.logControl.writeDiagnostics(id, diagnostics),
      goesOn: () => true,
      hasProcesses: (unit) => this.tracker.processesOf(unit.id).length > 0,
      mayHaveGarbage: () => this.onGarbage(),
      forgotten: (unit) => void this.forgotten.push(unit.id),
      touched: () => {},
    });
  }

  /** What a unit is made of. */
  create(type: UnitType, name: string): Unit {
    return new StillUnit(this, type, name);
  }

  /** Writes a unit's file; the loader sees it at its next refresh. */
  write(name: string, text: string): void {
    const sections = text.startsWith('[') ? text : `[Unit]\n${text}`;
    const [first = '', ...rest] = sections.split('\n');
    const quiet = first === '[Unit]' ? [first, 'DefaultDependencies=no'] : ['[Unit]', 'DefaultDependencies=no', first];
    const needed = name.endsWith('.service') && !text.includes('ExecStart=') ? '\n[Service]\nExecStart=/bin/true' : '';
    this.host.files.put(`/etc/systemd/system/${name}`, `${[...quiet, ...rest].join('\n')}${needed}\n`);
  }

  /** A unit by name, loaded where it isn't. */
  unit(name: string): StillUnit {
    return this.units.load(name) as StillUnit;
  }
  /** All of them are in a state. */
  all(state: ActiveState, ...names: string[]): void {
    for (const name of names) this.unit(name).be(state);
  }
  /** Texts of what was logged at that level or a more important one. */
  logged(level = 6): string[] {
    return this.messages.filter(({ priority }) => priority <= level).map(({ message }) => message);
  }

  // ---- what units and parts ask -----------------------------------------------------------------------------------

  readonly log: Log = (level, message, unit, fields) => this.logControl.write(level, message, unit, fields);
  timestamp(): Timestamp {
    return { realtime: this.host.now(), monotonic: this.host.monotonic() };
  }
  environmentBlock(): string[] {
    return [];
  }
  unitChanged(unit: Unit, from: ActiveState, to: ActiveState, flags: ChangeFlags): void {
    this.onChange(unit, from, to, flags);
  }
  readonly guard = {
    defer: (callback: () => void): void => this.host.defer(callback),
    run: (_what: string, callback: () => void): void => callback(),
  };
  readonly exits = { watch: () => {}, unwatch: () => {} };
  readonly shutdown = {
    hasBegun: false,
    emergencyAction: (action: string, reason: string, status: number | undefined): void => {
      if (action !== 'none') this.actions.push({ action, reason, status });
    },
  };
  readonly jobs = {
    idle: true,
    whenIdle: (callback: () => void): void => this.host.defer(callback),
    add: (type: JobType, unit: Unit, mode: JobMode, _details?: ActivationDetails): Job => {
      this.requested.push(`${type} ${unit.id} ${mode}`);
      return new Job(this.requested.length, unit, type, false, false);
    },
    addAll: (wanted: Iterable<Wanted>, mode: JobMode): Job[] =>
      [...wanted].map(({ type, unit }) => this.jobs.add(type, unit, mode)),
    tryAdd: (type: JobType, unit: Unit, mode: JobMode, what: string): void => {
      this.requested.push(`${type} ${unit.id} ${mode}${what === type ? '' : ` (${what})`}`);
    },
  };
}
