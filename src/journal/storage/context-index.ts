/**
 * Which contexts of the segment that is being written have which unit, so that a search for one reads no others: there are
 * some for each process that has logged. It is kept in memory alone. Of what the segment had before it was gone on with it
 * knows nothing at first.
 */
import { type Field, valueText } from '../entry/entry.ts';

/** The fields by which units are searched for; all of them shared ones. */
const indexedFields = ['_SYSTEMD_UNIT', 'UNIT', 'OBJECT_SYSTEMD_UNIT', 'COREDUMP_UNIT'];
/** Who has more of them reads them. */
const idLimit = 32_768;

export class ContextIndex {
  readonly #fields = new Map<string, Map<string, number[]>>(indexedFields.map((name) => [name, new Map()]));
  #from: number;
  #upTo: number;
  #count = 0;

  /** `from`: contexts that there are already, which may come later. */
  constructor(from: number) {
    this.#from = from;
    this.#upTo = from;
  }

  /** Contexts before this one are not in it. */
  get from(): number {
    return this.#from;
  }
  /** Nor is this one, and those behind it. */
  get upTo(): number {
    return this.#upTo;
  }

  add(id: number, fields: Iterable<Field>): void {
    this.#upTo = Math.max(this.#upTo, id + 1);
    for (const [name, value] of fields) {
      const ids = this.#fields.get(name);
      if (ids === undefined) continue;
      const text = valueText(value);
      const known = ids.get(text);
      if (known === undefined) ids.set(text, [id]);
      else known.push(id);
      if (++this.#count > idLimit) this.giveUp();
    }
  }

  /** All that there were before have been added. */
  hasAll(): void {
    this.#from = 0;
  }

  /** It says nothing of any from now on. */
  giveUp(): void {
    this.#fields.clear();
  }

  /** Contexts that have that value, in no order; undefined where that is not counted. */
  idsOf(name: string, value: string): readonly number[] | undefined {
    const ids = this.#fields.get(name);
    return ids && (ids.get(value) ?? []);
  }
}
