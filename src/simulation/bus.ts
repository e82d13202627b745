/** The names that programs have on a simulated bus: what Type=dbus waits for. Messages are not simulated. */
import type { SimHost, SimProcess } from './machine/host.ts';

/** As UnitManager asks for it (src/units/bus-name.ts). */
type Watcher = { ownerIs(owner: string | undefined): void; untold(): void };

export class SimulatedBus {
  readonly #host: SimHost;
  readonly #owners = new Map<string, SimProcess>();
  readonly #watchers = new Map<string, Set<Watcher>>();

  constructor(host: SimHost) {
    this.#host = host;
  }

  /** The first who asks for it has it. */
  own(name: string, process: SimProcess): void {
    if (this.#owners.get(name)?.alive === true) return;
    this.#owners.set(name, process);
    this.#tell(name);
  }

  /** A process has ended: its names are free. */
  release(process: SimProcess): void {
    for (const [name, owner] of this.#owners)
      if (owner === process) {
        this.#owners.delete(name);
        this.#tell(name);
      }
  }

  #tell(name: string): void {
    for (const watcher of this.#watchers.get(name) ?? []) this.#host.schedule(0, () => this.#inform(name, watcher));
  }

  #inform(name: string, watcher: Watcher): void {
    if (this.#watchers.get(name)?.has(watcher) !== true) return;
    const owner = this.#owners.get(name);
    watcher.ownerIs(owner === undefined ? undefined : `:1.${owner.pid}`);
  }

  watch(name: string, watcher: Watcher): () => void {
    const watchers = this.#watchers.get(name) ?? new Set();
    this.#watchers.set(name, watchers.add(watcher));
    if (this.#owners.has(name)) this.#host.schedule(0, () => this.#inform(name, watcher));
    return () => void watchers.delete(watcher);
  }

  processOf(name: string, told: (pid: number) => void): void {
    const owner = this.#owners.get(name);
    if (owner !== undefined) this.#host.schedule(0, () => told(owner.pid));
  }
}
