/** What the files of loaded units are to `enable`: UnitFileState and UnitFilePreset of `show`, kept until a file changes. */
import type { UnitLoader } from '../unitfile/load/loader.ts';
import type { Unit } from '../units/unit.ts';

/** State and preset as is-enabled and list-unit-files say them; '' where there is none. */
export interface UnitFileFacts {
  readonly state: string;
  readonly preset: string;
}

const none: UnitFileFacts = { state: '', preset: '' };

export class UnitFiles {
  readonly #loader: Pick<UnitLoader, 'isStale'>;
  readonly #read: (name: string) => UnitFileFacts;
  readonly #known = new Map<string, UnitFileFacts>();

  constructor(loader: Pick<UnitLoader, 'isStale'>, read: (name: string) => UnitFileFacts) {
    this.#loader = loader;
    this.#read = read;
  }

  of(unit: Unit): UnitFileFacts {
    if (unit.loaded.fragmentPath === undefined) return none;
    if (this.#loader.isStale()) this.forget();
    let facts = this.#known.get(unit.id);
    if (facts === undefined) {
      facts = this.#read(unit.id);
      this.#known.set(unit.id, facts);
    }
    return facts;
  }

  /** What is known may be wrong now. */
  forget(): void {
    this.#known.clear();
  }
}
