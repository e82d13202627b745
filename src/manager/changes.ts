/** Who follows a unit, as `start --wait` and systemd-run do, or all of them, hears of each change. */
import type { Unit } from '../units/unit.ts';

export interface ChangesContext {
  readonly guard: { defer(callback: () => void): void };
  readonly units: { mayBeUnused(unit: Unit): void };
}

export class UnitChanges {
  readonly #context: ChangesContext;
  readonly #watchers = new Map<Unit, Set<() => void>>();
  readonly #followers = new Set<(unit: Unit) => void>();

  constructor(context: ChangesContext) {
    this.#context = context;
  }

  /** Calls back after each change of the unit's state or job, until closed; the unit stays loaded so long. */
  watch(unit: Unit, callback: () => void): { close(): void } {
    let watchers = this.#watchers.get(unit);
    if (watchers === undefined) {
      watchers = new Set();
      this.#watchers.set(unit, watchers);
    }
    watchers.add(callback);
    unit.referencedBy.add(callback);
    return {
      close: () => {
        watchers.delete(callback);
        unit.referencedBy.delete(callback);
        // Closed twice, it takes nobody else's watchers away.
        if (watchers.size === 0 && this.#watchers.get(unit) === watchers) this.#watchers.delete(unit);
        this.#context.units.mayBeUnused(unit);
      },
    };
  }

  /** Calls back in the moment of each change of any unit, before anything follows from it: it must be quick, and look only. */
  follow(callback: (unit: Unit) => void): { close(): void } {
    this.#followers.add(callback);
    return { close: () => this.#followers.delete(callback) };
  }

  /** The unit has changed. */
  tell(unit: Unit): void {
    for (const callback of this.#followers) callback(unit);
    for (const callback of this.#watchers.get(unit) ?? []) this.#context.guard.defer(callback);
  }
}
