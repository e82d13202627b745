/**
 * What was read of unit files, for simulations that begin with the same ones: an exploration makes thousands. Managers change
 * nothing of it. What could have changed the files since is part of the key, in order.
 */
import type { LoadedUnit } from '../unitfile/load/loaded-unit.ts';

export class SharedLoads {
  readonly #known = new Map<string, LoadedUnit>();

  load(name: string, changes: readonly string[], load: (name: string) => LoadedUnit): LoadedUnit {
    const key = changes.length === 0 ? name : JSON.stringify([name, ...changes]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const loaded = load(name);
    // Runs that change files have no end of keys.
    if (changes.length <= changesKept) this.#known.set(key, loaded);
    return loaded;
  }
}

/** What `enable` does before a boot is of all runs. */
const changesKept = 1;
