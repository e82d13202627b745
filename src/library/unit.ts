/** A unit of a machine, as a test has it in hand. */

import type { UnitLine } from '../cli/machine/states.ts';
import { exitStatusOf } from '../terms/failure.ts';
import { dependenciesIn, isSo, propertiesOf, wantedText } from '../terms/unit-facts.ts';
import type {
  ActiveState,
  Change,
  JobOptions,
  JobType,
  JournalEntry,
  JournalQuery,
  KillOptions,
  MachineProcess,
  MachineUnit,
  UnitEvents,
  UnitState,
  WaitOptions,
} from './api.ts';

/** A unit has changed, in whatever is told of it. */
export interface UnitNews {
  readonly line: UnitLine;
  readonly previous: UnitLine | undefined;
}

/** What a unit asks of its machine. */
export interface UnitOwner {
  stateOf(name: string): UnitLine | undefined;
  run(type: JobType, names: readonly string[], options: JobOptions | undefined): Promise<void>;
  /** Throws CommandFailed. */
  checked(...args: string[]): Promise<string>;
  processesOf(name: string): Promise<MachineProcess[]>;
  journal(query: JournalQuery): Promise<JournalEntry[]>;
  waitFor(name: string, what: string, holds: () => boolean, options: WaitOptions | undefined): Promise<void>;
  onChange(name: string, callback: (news: UnitNews) => void): () => void;
  onEntry(name: string, callback: (entry: JournalEntry) => void): () => void;
  iterate<What>(listen: (callback: (what: What) => void) => () => void): AsyncIterableIterator<What>;
}

/** A change of state; undefined where only what else is told has changed. */
export function changeOf({ line, previous }: UnitNews): Change | undefined {
  const from = (previous?.activeState ?? 'inactive') as ActiveState;
  const to = line.activeState as ActiveState;
  const before = previous?.subState ?? (from === to ? line.subState : '');
  if (from === to && before === line.subState) return undefined;
  return { time: new Date(line.changedMs), unit: line.id, from, to, subState: line.subState };
}

const hasExited = ({ line, previous }: UnitNews): boolean =>
  line.execMainCode !== null && (previous?.execMainCode == null || previous.invocationId !== line.invocationId);

export class Unit implements MachineUnit {
  readonly name: string;
  readonly #owner: UnitOwner;

  constructor(owner: UnitOwner, name: string) {
    this.#owner = owner;
    this.name = name;
  }

  get #line(): UnitLine | undefined {
    return this.#owner.stateOf(this.name);
  }
  get loadState(): string {
    return this.#line?.loadState ?? '';
  }
  get activeState(): ActiveState {
    return (this.#line?.activeState ?? 'inactive') as ActiveState;
  }
  get subState(): string {
    return this.#line?.subState ?? 'dead';
  }
  get result(): string {
    return this.#line?.result ?? '';
  }
  get nRestarts(): number {
    return this.#line?.nRestarts ?? 0;
  }
  get mainPid(): number {
    return this.#line?.mainPid ?? 0;
  }
  get exitStatus(): number | string | undefined {
    return exitStatusOf(this.#line);
  }
  get statusText(): string {
    return this.#line?.statusText ?? '';
  }
  get invocationId(): string {
    return this.#line?.invocationId ?? '';
  }

  start(options?: JobOptions): Promise<void> {
    return this.#owner.run('start', [this.name], options);
  }
  stop(options?: JobOptions): Promise<void> {
    return this.#owner.run('stop', [this.name], options);
  }
  restart(options?: JobOptions): Promise<void> {
    return this.#owner.run('restart', [this.name], options);
  }
  reload(options?: JobOptions): Promise<void> {
    return this.#owner.run('reload', [this.name], options);
  }
  tryRestart(options?: JobOptions): Promise<void> {
    return this.#owner.run('try-restart', [this.name], options);
  }

  async kill(signal = 'SIGTERM', { whom = 'all' }: KillOptions = {}): Promise<void> {
    await this.#owner.checked('kill', `--signal=${signal}`, `--kill-whom=${whom}`, '--', this.name);
  }
  async resetFailed(): Promise<void> {
    await this.#owner.checked('reset-failed', '--', this.name);
  }
  async enable(): Promise<void> {
    await this.#owner.checked('enable', '--', this.name);
  }
  async disable(): Promise<void> {
    await this.#owner.checked('disable', '--', this.name);
  }

  async properties(): Promise<Record<string, string>> {
    return propertiesOf(await this.#owner.checked('show', '--all', '--', this.name));
  }

  async dependencies(): Promise<Record<string, string[]>> {
    return dependenciesIn(await this.properties());
  }

  processes(): Promise<MachineProcess[]> {
    return this.#owner.processesOf(this.name);
  }

  journal(query: Omit<JournalQuery, 'unit'> = {}): Promise<JournalEntry[]> {
    return this.#owner.journal({ ...query, unit: this.name });
  }

  waitFor(state: UnitState | ((unit: MachineUnit) => boolean), options?: WaitOptions): Promise<void> {
    if (typeof state === 'function') return this.#owner.waitFor(this.name, 'it is so', () => state(this), options);
    return this.#owner.waitFor(this.name, wantedText(state), () => isSo(this, state), options);
  }

  on<Event extends keyof UnitEvents>(event: Event, callback: (what: UnitEvents[Event]) => void): () => void {
    // Which event it is says what is told.
    const tell = callback as (what: UnitEvents[keyof UnitEvents]) => void;
    if (event === 'log') return this.#owner.onEntry(this.name, tell);
    return this.#owner.onChange(this.name, (news) => {
      if (event === 'change') {
        const change = changeOf(news);
        if (change !== undefined) tell(change);
      } else if (hasExited(news)) tell({ unit: this.name, exitStatus: exitStatusOf(news.line)! });
    });
  }

  changes(): AsyncIterableIterator<Change> {
    return this.#owner.iterate((callback) => this.on('change', callback));
  }

  logs(): AsyncIterableIterator<JournalEntry> {
    return this.#owner.iterate((callback) => this.on('log', callback));
  }
}
