/** Ends of processes: each is told once to whoever waits for it, and to the unit whose last process it may have been. */
import type { OomKills } from '../exec/oom-kills.ts';
import type { ProcessTracker } from '../exec/tracker.ts';
import type { Journal } from '../journal/journal.ts';
import type { ProcessExit } from '../sys/host.ts';
import { type ExitWatcher, isInactiveOrFailed } from '../units/unit.ts';
import type { UnitRegistry } from './registry.ts';

export interface ExitsContext {
  readonly tracker: Pick<ProcessTracker, 'exited'>;
  readonly journal: Pick<Journal, 'pullUnit'>;
  readonly oomKills: Pick<OomKills, 'claims'>;
  readonly units: Pick<UnitRegistry, 'find' | 'mayBeUnused'>;
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
  }
  unwatch(pid: number): void {
    this.#watchers.delete(pid);
  }
  watcherOf(pid: number): ExitWatcher | undefined {
    return this.#watchers.get(pid);
  }

  /** A process has been reaped. */
  exited(exit: ProcessExit): void {
    const { tracker, journal, units, oomKills } = this.#context;
    // Before anybody looks at what is left: the tracker still knows whose it was.
    const owner = tracker.exited(exit.pid, exit.cpuMs);
    if (owner !== undefined) journal.pullUnit(owner);
    if (oomKills.claims(exit) && owner !== undefined) units.find(owner)?.processOomKilled();
    const watcher = this.#watchers.get(exit.pid);
    if (watcher !== undefined) {
      this.#watchers.delete(exit.pid);
      watcher.processExited(exit);
    }
    // Of all others it matters only that the last of a unit may have gone.
    const unit = owner === undefined ? undefined : units.find(owner);
    unit?.processesMayBeGone();
    // What a unit has left behind kept it loaded.
    if (unit !== undefined && isInactiveOrFailed(unit.activeState)) units.mayBeUnused(unit);
  }
}
