/** A unit of a simulation (`SimulatedUnit`): what the manager's own says, and what may be asked of it. */
import { Service } from '../units/service.ts';
import { Socket } from '../units/socket.ts';
import { TimerUnit } from '../units/timer.ts';
import type { Unit } from '../units/unit.ts';
import { signalName } from '../values/signals.ts';
import type {
  ActiveState,
  CommandResult,
  JobOptions,
  JournalEntry,
  JournalQuery,
  Program,
  SimulatedUnit,
  Simulation,
  UnitState,
  WaitOptions,
} from './api.ts';
import { signalNumber } from './program.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import { InvalidOption } from './unit-object.ts';

/** What a unit asks of the simulation that it is in. */
export interface UnitContext extends Pick<Simulation, 'systemctl' | 'journal'> {
  readonly machine: SimulatedMachine;
  job(
    type: 'start' | 'stop' | 'restart' | 'reload' | 'try-restart',
    names: string,
    options?: JobOptions,
  ): Promise<void>;
  /** What is due at once happens; errors of scripts are thrown. */
  settle(): Promise<void>;
  until(condition: () => boolean, options: WaitOptions | undefined, what: () => string): Promise<void>;
  succeed(result: Promise<CommandResult>): Promise<void>;
}

export class UnitHandle implements SimulatedUnit {
  readonly #context: UnitContext;
  readonly #unit: Unit;

  constructor(context: UnitContext, unit: Unit) {
    this.#context = context;
    this.#unit = unit;
    unit.referencedBy.add(this);
  }

  get name(): string {
    return this.#unit.id;
  }
  get loadState(): string {
    return this.#unit.loadState;
  }
  get activeState(): ActiveState {
    return this.#unit.activeState;
  }
  get subState(): string {
    return this.#unit.subState;
  }
  get result(): string {
    return resultOf(this.#unit);
  }
  get starts(): number {
    return this.startTimes.length;
  }
  get startTimes(): readonly Date[] {
    return this.#context.machine.startsOf(this.#unit);
  }
  get nRestarts(): number {
    return this.#unit instanceof Service ? this.#unit.nRestarts : 0;
  }
  get mainPid(): number {
    return this.#unit instanceof Service ? this.#unit.mainPid : 0;
  }
  get exitStatus(): number | string | undefined {
    return exitStatusOf(this.#unit);
  }
  get statusText(): string {
    return this.#unit instanceof Service ? this.#unit.statusText : '';
  }
  get activeSince(): Date | undefined {
    const { realtime } = this.#unit.activeEnterTimestamp;
    return realtime > 0 ? new Date(realtime) : undefined;
  }
  get nextElapse(): Date | undefined {
    if (!(this.#unit instanceof TimerUnit)) return undefined;
    const { nextElapseRealtime, nextElapseMonotonic } = this.#unit;
    const { host } = this.#context.machine;
    const moments = [
      ...(nextElapseRealtime > 0 ? [nextElapseRealtime] : []),
      ...(nextElapseMonotonic > 0 ? [host.now() + nextElapseMonotonic - host.monotonic()] : []),
    ];
    return moments.length === 0 ? undefined : new Date(Math.min(...moments));
  }
  get processes(): readonly Program[] {
    return this.#context.machine.programsOf(this.name);
  }

  async properties(): Promise<Record<string, string>> {
    const { stdout } = await this.#context.systemctl('show', '--all', '--', this.name);
    return Object.fromEntries(stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split(/=(.*)/s, 2)])));
  }

  start(options?: JobOptions): Promise<void> {
    return this.#context.job('start', this.name, options);
  }
  stop(options?: JobOptions): Promise<void> {
    return this.#context.job('stop', this.name, options);
  }
  restart(options?: JobOptions): Promise<void> {
    return this.#context.job('restart', this.name, options);
  }
  reload(options?: JobOptions): Promise<void> {
    return this.#context.job('reload', this.name, options);
  }
  tryRestart(options?: JobOptions): Promise<void> {
    return this.#context.job('try-restart', this.name, options);
  }
  async kill(signal = 'SIGTERM', { whom = 'all' }: { readonly whom?: 'main' | 'all' } = {}): Promise<void> {
    const { requests } = this.#context.machine.manager;
    requests.kill(this.#unit, whom, signalNumber(signal, `${this.name}: kill`));
    await this.#context.settle();
  }
  async exit(status: number): Promise<void> {
    const main = this.processes.find(({ pid }) => pid === this.mainPid);
    if (main === undefined) throw new InvalidOption(`${this.name}: it has no main process that could exit`);
    main.exit(status);
    await this.#context.settle();
  }
  resetFailed(): void {
    this.#unit.resetFailed();
  }
  enable(): Promise<void> {
    return this.#context.succeed(this.#context.systemctl('enable', '--', this.name));
  }
  disable(): Promise<void> {
    return this.#context.succeed(this.#context.systemctl('disable', '--', this.name));
  }

  async connect(): Promise<void> {
    const unit = this.#unit;
    if (!(unit instanceof Socket)) throw new InvalidOption(`${this.name}: only sockets can be connected to`);
    const { host } = this.#context.machine;
    const [first] = unit.descriptors;
    if (first === undefined) throw new InvalidOption(`${this.name}: it does not listen (${unit.subState})`);
    // A service that runs has the descriptor itself.
    if (unit.subState !== 'listening') return;
    const peer = { peer: { pid: host.pid, uid: host.uid, gid: 0 } };
    host.makeReadable(first.fd, unit.loaded.socket?.Accept === true ? peer : undefined);
    await this.#context.settle();
    // Who was started takes it.
    if (unit.descriptors.includes(first) || unit.descriptors.some(({ fd }) => fd === first.fd)) host.flushFd(first.fd);
  }

  waitFor(state: UnitState | ((unit: SimulatedUnit) => boolean), options?: WaitOptions): Promise<void> {
    const condition = typeof state === 'function' ? () => state(this) : () => this.#is(state);
    const wanted = typeof state === 'function' ? 'a condition' : JSON.stringify(state);
    return this.#context.until(condition, options, () => {
      const { activeState, subState, result, nRestarts, starts } = this;
      const is = JSON.stringify({ activeState, subState, result, nRestarts, starts });
      return [`${this.name}: waited for ${wanted}, and it is ${is}`, ...lastLines(this.journal())].join('\n    ');
    });
  }
  #is(state: UnitState): boolean {
    return (Object.keys(state) as (keyof UnitState)[]).every(
      (key) => state[key] === undefined || this[key] === state[key],
    );
  }

  journal(query: Omit<JournalQuery, 'unit'> = {}): JournalEntry[] {
    return this.#context.journal({ ...query, unit: this.name });
  }
}

/** Lines that explain a failure are among the last. */
const linesThatExplain = 10;

export const lastLines = (entries: readonly JournalEntry[]): string[] =>
  entries.slice(-linesThatExplain).map(({ identifier, message }) => `${identifier}: ${message}`);

export const resultOf = (unit: Unit): string => ('result' in unit ? String(unit.result) : 'success');

/** How its last main process ended. */
export function exitStatusOf(unit: Unit): number | string | undefined {
  if (!(unit instanceof Service)) return undefined;
  const { code, status } = unit.mainStatus;
  if (code === undefined) return undefined;
  return code === 'exited' ? status : `SIG${signalName(status)}`;
}
