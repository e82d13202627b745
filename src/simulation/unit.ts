/** A unit of a simulation (`SimulatedUnit`): what the manager's own says, and what may be asked of it. */
import { Service } from '../units/service.ts';
import { Socket } from '../units/socket.ts';
import { TimerUnit } from '../units/timer.ts';
import type { Unit } from '../units/unit.ts';
import { signalName } from '../values/signals.ts';
import type {
  CommandResult,
  JobOptions,
  JournalEntry,
  JournalQuery,
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

/** What a unit is like now: on the object itself, so that a test that fails can print it. */
type Facts = Omit<SimulatedUnit, keyof UnitActions>;

function factsOf(machine: SimulatedMachine, unit: Unit): Facts {
  const service = unit instanceof Service ? unit : undefined;
  return {
    get name() {
      return unit.id;
    },
    get loadState() {
      return unit.loadState;
    },
    get activeState() {
      return unit.activeState;
    },
    get subState() {
      return unit.subState;
    },
    get result() {
      return resultOf(unit);
    },
    get starts() {
      return machine.startsOf(unit.id).length;
    },
    get startTimes() {
      return machine.startsOf(unit.id);
    },
    get nRestarts() {
      return service?.nRestarts ?? 0;
    },
    get mainPid() {
      return service?.mainPid ?? 0;
    },
    get exitStatus() {
      return exitStatusOf(unit);
    },
    get statusText() {
      return service?.statusText ?? '';
    },
    get activeSince() {
      const { realtime } = unit.activeEnterTimestamp;
      return realtime > 0 ? new Date(realtime) : undefined;
    },
    get nextElapse() {
      return unit instanceof TimerUnit ? nextElapseOf(unit) : undefined;
    },
    get processes() {
      return machine.programsOf(unit.id);
    },
  };
}

function nextElapseOf({ nextElapseRealtime, nextElapseMonotonic, manager: { host } }: TimerUnit): Date | undefined {
  const moments = [
    ...(nextElapseRealtime > 0 ? [nextElapseRealtime] : []),
    ...(nextElapseMonotonic > 0 ? [host.now() + nextElapseMonotonic - host.monotonic()] : []),
  ];
  return moments.length === 0 ? undefined : new Date(Math.min(...moments));
}

/** It stays loaded. */
export function makeUnit(context: UnitContext, unit: Unit): SimulatedUnit {
  const facts = factsOf(context.machine, unit);
  const actions = new UnitActions(context, unit, facts);
  unit.referencedBy.add(actions);
  const properties = Object.getOwnPropertyDescriptors(facts);
  // A machine with all that is in it is not what a failed test is to print.
  properties.processes!.enumerable = false;
  return Object.defineProperties(actions, properties) as UnitActions & Facts;
}

class UnitActions {
  readonly #context: UnitContext;
  readonly #unit: Unit;
  readonly #facts: Facts;

  constructor(context: UnitContext, unit: Unit, facts: Facts) {
    this.#context = context;
    this.#unit = unit;
    this.#facts = facts;
  }

  async properties(): Promise<Record<string, string>> {
    const { stdout } = await this.#context.systemctl('show', '--all', '--', this.#unit.id);
    return Object.fromEntries(stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split(/=(.*)/s, 2)])));
  }

  start(options?: JobOptions): Promise<void> {
    return this.#context.job('start', this.#unit.id, options);
  }
  stop(options?: JobOptions): Promise<void> {
    return this.#context.job('stop', this.#unit.id, options);
  }
  restart(options?: JobOptions): Promise<void> {
    return this.#context.job('restart', this.#unit.id, options);
  }
  reload(options?: JobOptions): Promise<void> {
    return this.#context.job('reload', this.#unit.id, options);
  }
  tryRestart(options?: JobOptions): Promise<void> {
    return this.#context.job('try-restart', this.#unit.id, options);
  }
  async kill(signal = 'SIGTERM', { whom = 'all' }: { readonly whom?: 'main' | 'all' } = {}): Promise<void> {
    const { requests } = this.#context.machine.manager;
    requests.kill(this.#unit, whom, signalNumber(signal, `${this.#unit.id}: kill`));
    await this.#context.settle();
  }
  async exit(status: number): Promise<void> {
    const main = this.#facts.processes.find(({ pid }) => pid === this.#facts.mainPid);
    if (main === undefined) throw new InvalidOption(`${this.#unit.id}: it has no main process that could exit`);
    main.exit(status);
    await this.#context.settle();
  }
  resetFailed(): void {
    this.#unit.resetFailed();
  }
  enable(): Promise<void> {
    return this.#context.succeed(this.#context.systemctl('enable', '--', this.#unit.id));
  }
  disable(): Promise<void> {
    return this.#context.succeed(this.#context.systemctl('disable', '--', this.#unit.id));
  }

  async connect(): Promise<void> {
    const unit = this.#unit;
    if (!(unit instanceof Socket)) throw new InvalidOption(`${this.#unit.id}: only sockets can be connected to`);
    const { host } = this.#context.machine;
    const [first] = unit.descriptors;
    if (first === undefined) throw new InvalidOption(`${this.#unit.id}: it does not listen (${unit.subState})`);
    // A service that runs has the descriptor itself.
    if (unit.subState !== 'listening') return;
    const peer = { peer: { pid: host.pid, uid: host.uid, gid: 0 } };
    host.makeReadable(first.fd, unit.loaded.socket?.Accept === true ? peer : undefined);
    await this.#context.settle();
    // Who was started takes it.
    if (unit.descriptors.includes(first) || unit.descriptors.some(({ fd }) => fd === first.fd)) host.flushFd(first.fd);
  }

  waitFor(state: UnitState | ((unit: SimulatedUnit) => boolean), options?: WaitOptions): Promise<void> {
    const condition = typeof state === 'function' ? () => state(this.#self) : () => this.#is(state);
    const wanted = typeof state === 'function' ? 'a condition' : JSON.stringify(state);
    return this.#context.until(condition, options, () => {
      const { activeState, subState, result, nRestarts, starts } = this.#facts;
      const is = JSON.stringify({ activeState, subState, result, nRestarts, starts });
      return [`${this.#unit.id}: waited for ${wanted}, and it is ${is}`, ...lastLines(this.journal())].join('\n    ');
    });
  }
  /** With the facts on it. */
  get #self(): SimulatedUnit {
    return this as unknown as SimulatedUnit;
  }
  #is(state: UnitState): boolean {
    return (Object.keys(state) as (keyof UnitState)[]).every(
      (key) => state[key] === undefined || this.#facts[key] === state[key],
    );
  }

  journal(query: Omit<JournalQuery, 'unit'> = {}): JournalEntry[] {
    return this.#context.journal({ ...query, unit: this.#unit.id });
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
