/** A unit of a simulation (`SimulatedUnit`): what the manager's own says, and what may be asked of it. */
import { unitLine } from '../cli/machine/states.ts';
import { lastLines } from '../terms/entries.ts';
import { InvalidOption } from '../terms/errors.ts';
import { exitStatusOf } from '../terms/failure.ts';
import { dependenciesIn, isSo, propertiesOf, stateText, wantedText } from '../terms/unit-facts.ts';
import { Service } from '../units/service.ts';
import { Socket } from '../units/socket.ts';
import { TimerUnit } from '../units/timer.ts';
import type { Unit } from '../units/unit.ts';
import type {
  JobOptions,
  JournalEntry,
  JournalQuery,
  KillOptions,
  SimulatedUnit,
  Simulation,
  UnitState,
  WaitOptions,
} from './api.ts';
import { signalNumber } from './program.ts';
import type { SimulatedMachine } from './simulated-machine.ts';

/** What has not come, and lines that may say why. */
export interface Waited {
  readonly what: string;
  readonly log?: readonly string[];
}

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
  until(condition: () => boolean, options: WaitOptions | undefined, what: () => Waited): Promise<void>;
  /** A call of systemctl. Throws CommandFailed. */
  succeed(...args: string[]): Promise<void>;
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
      return 'result' in unit ? String(unit.result) : '';
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
      return exitStatusOf(unitLine(unit));
    },
    get statusText() {
      return service?.statusText ?? '';
    },
    get invocationId() {
      return unit.invocationId;
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
    return propertiesOf(stdout);
  }
  async dependencies(): Promise<Record<string, string[]>> {
    return dependenciesIn(await this.properties());
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
  async kill(signal = 'SIGTERM', { whom = 'all' }: KillOptions = {}): Promise<void> {
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
    return this.#context.succeed('enable', '--', this.#unit.id);
  }
  disable(): Promise<void> {
    return this.#context.succeed('disable', '--', this.#unit.id);
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
    const { id } = this.#unit;
    const isFunction = typeof state === 'function';
    const condition = isFunction ? () => state(this.#self) : () => isSo(this.#self, state);
    return this.#context.until(condition, options, () => ({
      what: `of ${id} ${isFunction ? 'it is so' : wantedText(state)}: ${stateText(this.#self)}`,
      log: lastLines(this.journal()),
    }));
  }
  /** With the facts on it. */
  get #self(): SimulatedUnit {
    return this as unknown as SimulatedUnit;
  }

  journal(query: Omit<JournalQuery, 'unit'> = {}): JournalEntry[] {
    return this.#context.journal({ ...query, unit: this.#unit.id });
  }
}
