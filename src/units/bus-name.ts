/** BusName= of systemd.service(5): the name on the bus by which a service is known to be up, or its process is found. */

/** What a service asks of whoever is on the bus. */
export interface BusNameSource {
  /** Tells who has `name` and each change of that; undefined where no bus is there or about to be. Returns what ends it. */
  watch(name: string, watcher: { ownerIs(owner: string | undefined): void; untold(): void }): (() => void) | undefined;
  /** Calls back with the process that has `name`, where the bus can say it. */
  processOf(name: string, told: (pid: number) => void): void;
}

export class BusName {
  readonly #source: () => BusNameSource | undefined;
  readonly #changed: (owner: string | undefined) => void;
  #end: (() => void) | undefined;
  #owned = false;

  /** `changed`: the name has an owner now, or lost it, or nobody will tell. */
  constructor(source: () => BusNameSource | undefined, changed: (owner: string | undefined) => void) {
    this.#source = source;
    this.#changed = changed;
  }

  get owned(): boolean {
    return this.#owned;
  }

  /** Somebody will tell of the name: it can be waited for. */
  get watched(): boolean {
    return this.#end !== undefined;
  }

  watch(name: string): void {
    this.release();
    this.#end = this.#source()?.watch(name, {
      ownerIs: (owner) => {
        this.#owned = owner !== undefined;
        this.#changed(owner);
      },
      untold: () => {
        this.release();
        this.#changed(undefined);
      },
    });
  }

  release(): void {
    this.#end?.();
    this.#end = undefined;
    this.#owned = false;
  }
}
