/**
 * Services on a simulated machine, without a manager: units from text, one job a unit, a journal that keeps lines. Enough
 * to drive the state machine of a service by hand.
 */
import { ProcessTracker } from '../../src/exec/tracker.ts';
import type { Journal, LogMessage, StreamOptions } from '../../src/journal/journal.ts';
import type { ProcessExit } from '../../src/sys/host.ts';
import type { LogLevel } from '../../src/text/log-level.ts';
import { createLoader, type UnitLoader } from '../../src/unitfile/load/loader.ts';
import type { JobType } from '../../src/units/job-types.ts';
import { Service } from '../../src/units/service.ts';
import {
  type ActiveState,
  type ChangeFlags,
  type ExitWatcher,
  isActiveOrReloading,
  isInactiveOrFailed,
  type JobRef,
  type Timestamp,
  type Unit,
  type UnitManager,
} from '../../src/units/unit.ts';
import type { EmergencyAction } from '../../src/values/emergency-action.ts';
import { SimHost, type SimOptions } from './sim-host.ts';

export interface LogLine {
  level: LogLevel;
  message: string;
  unit: string | undefined;
  fields: Record<string, string>;
}

interface TestJob extends JobRef {
  state: 'waiting' | 'running';
  result: string | undefined;
}

export class ServiceWorld implements UnitManager {
  readonly host: SimHost;
  readonly scope: 'system' | 'user';
  readonly journal: Journal;
  readonly tracker: ProcessTracker;
  readonly directories = {
    runtime: '/run',
    state: '/var/lib',
    cache: '/var/cache',
    logs: '/var/log',
    configuration: '/etc',
  };
  readonly notifySocket = '/run/systemd/notify';
  serviceWatchdogs = true;
  readonly timestamps: { readonly userspace: Timestamp };
  readonly loader: UnitLoader;
  readonly lines: LogLine[] = [];
  readonly streams: StreamOptions[] = [];
  /** Every change of state, in order: 'a.service: dead -> start'. */
  readonly changes: { unit: string; from: ActiveState; to: ActiveState; sub: string; flags: ChangeFlags }[] = [];
  readonly actions: { action: EmergencyAction; reason: string }[] = [];
  readonly installed: TestJob[] = [];
  readonly #units = new Map<string, Unit>();
  readonly #watchers = new Map<number, ExitWatcher>();
  #environment = ['PATH=/usr/bin:/bin', 'LANG=C.UTF-8'];
  readonly idleWaiters: (() => void)[] = [];
  /** Called after every change of state. */
  onChange: (unit: Unit) => void = () => {};

  constructor(options: SimOptions & { scope?: 'system' | 'user' } = {}) {
    this.host = new SimHost(options);
    this.scope = options.scope ?? 'system';
    this.timestamps = { userspace: this.timestamp() };
    this.tracker = new ProcessTracker(this.host);
    this.loader = createLoader(this.host, { scope: this.scope });
    // Services ask the journal for two things only.
    this.journal = {
      log: ({ message, priority, unit, fields }: LogMessage) =>
        this.lines.push({ level: priority, message, unit, fields: { ...fields } }),
      openStream: (facts: StreamOptions) => {
        this.streams.push(facts);
        const { fd, dev, ino } = this.host.streamPair();
        return { fd, dev, ino, setProcess: () => {} };
      },
    } as unknown as Journal;
    this.host.onExit = (exit) => this.#exited(exit);
    const socket = this.host.bindDatagram(this.notifySocket, 0o777);
    socket.onDatagram = ({ data, credentials, fds }) => {
      const { pid, uid } = credentials!;
      const watcher = this.#watchers.get(pid);
      const unit = watcher instanceof Service ? watcher : this.find(this.tracker.unitOfPid(pid) ?? '');
      if (unit instanceof Service) unit.notified({ pid, uid, lines: data.toString().split('\n'), fds });
    };
  }

  /** A service from the text of its unit file; a line that starts with no section belongs to [Service]. */
  service(name: string, text: string): Service {
    const whole = text.includes('[') ? text : `[Service]\n${text}`;
    this.host.files.put(`/etc/systemd/${this.scope}/${name}`, whole);
    this.loader.refresh();
    const unit = this.find(name) ?? new Service(this, name);
    unit.setLoaded(this.loader.load(name));
    this.#units.set(name, unit);
    return unit as Service;
  }

  // ---- what tests do --------------------------------------------------------------------------------------------

  start(unit: Unit): TestJob {
    return this.#add('start', unit);
  }
  stop(unit: Unit): TestJob {
    return this.#add('stop', unit);
  }
  restart(unit: Unit): TestJob {
    return this.#add('restart', unit);
  }
  reload(unit: Unit): TestJob {
    return this.#add('reload', unit);
  }
  /** Starts and lets what is due at once happen. */
  up(unit: Unit): TestJob {
    const job = this.start(unit);
    this.host.settle();
    return job;
  }
  /** Messages at level info or above, without the name of the unit. */
  messages(unit?: Unit, level: LogLevel = 6): string[] {
    return this.lines
      .filter((l) => l.level <= level && (unit === undefined || l.unit === unit.id))
      .map((l) =>
        l.unit !== undefined && l.message.startsWith(`${l.unit}: `) ? l.message.slice(l.unit.length + 2) : l.message,
      );
  }
  /** Sub-states a unit went through. */
  path(unit: Unit): string[] {
    return this.changes.filter((c) => c.unit === unit.id).map((c) => c.sub);
  }

  // ---- UnitManager ----------------------------------------------------------------------------------------------

  environmentBlock(): string[] {
    return this.#environment;
  }
  setEnvironment(...block: string[]): void {
    this.#environment = block;
  }
  timestamp(): Timestamp {
    return { realtime: this.host.now(), monotonic: this.host.monotonic() };
  }
  log(level: LogLevel, message: string, unit?: Unit, fields: Record<string, string> = {}): void {
    this.lines.push({ level, message, unit: unit?.id, fields });
  }
  find(name: string): Unit | undefined {
    return this.#units.get(name);
  }
  readonly units = {
    load: (name: string): Unit => {
      const unit = this.find(name) ?? new Service(this, name);
      unit.setLoaded(this.loader.load(name));
      this.#units.set(name, unit);
      return unit;
    },
  };
  readonly jobs = {
    add: (type: JobType, unit: Unit): TestJob => this.#add(type, unit),
    idle: true,
    whenIdle: (callback: () => void): void => {
      if (this.jobs.idle) this.host.defer(callback);
      else this.idleWaiters.push(callback);
    },
  };
  readonly exits = {
    watch: (pid: number, watcher: ExitWatcher): void => void this.#watchers.set(pid, watcher),
    unwatch: (pid: number): void => void this.#watchers.delete(pid),
  };
  readonly shutdown = {
    hasBegun: false,
    emergencyAction: (action: EmergencyAction, reason: string): void => {
      if (action !== 'none') this.actions.push({ action, reason });
    },
  };
  /** Pids whose exit somebody waits for. */
  get watched(): number[] {
    return [...this.#watchers.keys()];
  }

  #exited(exit: ProcessExit): void {
    this.tracker.exited(exit.pid, exit.cpuMs);
    const watcher = this.#watchers.get(exit.pid);
    this.#watchers.delete(exit.pid);
    watcher?.processExited(exit);
  }

  #add(type: JobType, unit: Unit): TestJob {
    const before = unit.job as TestJob | undefined;
    if (before !== undefined) {
      if (before.type === type) return before;
      this.#finish(before, 'canceled');
    }
    const job: TestJob = { id: this.installed.length + 1, unit, type, state: 'waiting', result: undefined };
    this.installed.push(job);
    unit.job = job;
    this.host.defer(() => this.#run(job));
    return job;
  }

  #run(job: TestJob): void {
    const { unit } = job;
    if (unit.job !== job || job.state === 'running') return;
    job.state = 'running';
    const stops = job.type === 'stop' || job.type === 'restart';
    const outcome = stops ? unit.stop() : job.type === 'reload' ? unit.reload() : unit.start();
    if (unit.job !== job) return;
    if (outcome === 'again') job.state = 'waiting';
    else if (outcome === 'already') this.#ended(job, 'done');
    else if (outcome !== 'started' && outcome !== 'quiet')
      this.#finish(job, outcome === 'condition' ? 'done' : outcome);
  }

  #ended(job: TestJob, result: string): void {
    if (job.type !== 'restart') {
      this.#finish(job, result);
      return;
    }
    job.type = 'start';
    job.state = 'waiting';
    this.host.defer(() => this.#run(job));
  }

  #finish(job: TestJob, result: string): void {
    job.result = result;
    if (job.unit.job === job) job.unit.job = undefined;
  }

  unitChanged(unit: Unit, from: ActiveState, to: ActiveState, flags: ChangeFlags): void {
    this.changes.push({ unit: unit.id, from, to, sub: unit.subState, flags });
    const job = unit.job as TestJob | undefined;
    if (job !== undefined) {
      if (job.state === 'waiting') this.host.defer(() => this.#run(job));
      else if (job.type === 'start') {
        if (isActiveOrReloading(to)) this.#finish(job, 'done');
        else if (isInactiveOrFailed(to)) this.#finish(job, to === 'failed' ? 'failed' : 'done');
      } else if (job.type === 'reload') {
        if (to === 'active') this.#finish(job, flags.reloadFailed ? 'failed' : 'done');
        else if (isInactiveOrFailed(to)) this.#finish(job, to === 'failed' ? 'failed' : 'done');
      } else if (isInactiveOrFailed(to)) this.#ended(job, 'done');
    }
    this.onChange(unit);
  }
}
