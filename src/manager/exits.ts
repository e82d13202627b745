/** Ends of processes: each is told once to whoever waits for it, and to the unit whose last process it may have been. */
import type { OomKills } from '../exec/oom-kills.ts';
import type { ProcessTracker } from '../exec/tracker.ts';
import type { Journal } from '../journal/journal.ts';
import type { ProcessExit } from '../sys/host.ts';
import { type ExitWatcher, isInactiveOrFailed, Unit } from '../units/unit.ts';
import type { Guard } from './guard.ts';
import type { UnitRegistry } from './registry.ts';
import type { Touched } from './touched.ts';

export interface ExitsContext {
  readonly guard: Pick<Guard, 'run'>;
  readonly tracker: Pick<ProcessTracker, 'exited'>;
  readonly journal: Pick<Journal, 'pullUnit'>;
  readonly oomKills: Pick<OomKills, 'claims'>;
  readonly units: Pick<UnitRegistry, 'find' | 'mayBeUnused'>;
  readonly touched: Pick<Touched, 'unit'>;
}

export class Exits {
  readonly #context: ExitsContext;
  readonly #watchers = new Map<number, ExitWatcher>();

  constructor(context: ExitsContext) {
    this.#context = context;
  }

  /** The exit of `pid` goes to `watcher`, once. Watching again replaces. */
  watch(pid: number, watcher: ExitWatcher): void {
    this.#watchers.set(pid, watcher);
    this.#touch(watcher);
  }
  /** Those who wait, by pid. */
  get watched(): ReadonlyMap<number, ExitWatcher> {
    return this.#watchers;
  }
  #touch(watcher: ExitWatcher): void {
    if (watcher instanceof Unit) this.#context.touched.unit(watcher);
  }
  unwatch(pid: number): void {
    this.#watchers.delete(pid);
  }
  watcherOf(pid: number): ExitWatcher | undefined {
    return this.#watchers.get(pid);
  }

  /** Processes have been reaped, together. */
  exited(exits: readonly ProcessExit[]): void {
    const { guard, tracker, journal } = this.#context;
    // Of all of them before anybody looks at what is left: the tracker still knows whose they were, and one look does for all.
    const owners = exits.map(({ pid, cpuMs }) => tracker.exited(pid, cpuMs));
    const units = new Set(owners.filter((owner) => owner !== undefined));
    const run = (callback: () => void): void => guard.run('exit of a process', callback);
    for (const unit of units) run(() => journal.pullUnit(unit));
    for (const [index, exit] of exits.entries()) run(() => this.#tell(exit, owners[index]));
    for (const unit of units) run(() => this.#lastMayHaveGone(unit));
  }
  #tell(exit: ProcessExit, owner: string | undefined): void {
    const { units, oomKills } = this.#context;
    if (oomKills.claims(exit) && owner !== undefined) units.find(owner)?.processOomKilled();
    const watcher = this.#watchers.get(exit.pid);
    if (watcher === undefined) return;
    this.#watchers.delete(exit.pid);
    watcher.processExited(exit);
    this.#touch(watcher);
  }
  #lastMayHaveGone(owner: string): void {
    const { units } = this.#context;
    const unit = units.find(owner);
    unit?.processesMayBeGone();
    // What a unit has left behind kept it loaded.
    if (unit !== undefined && isInactiveOrFailed(unit.activeState)) units.mayBeUnused(unit);
  }
}
