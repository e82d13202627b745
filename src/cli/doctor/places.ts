/** Where in a unit's files something is said. */
import { type Host, SystemError } from '../../sys/host.ts';
import { bytesToText } from '../../text/bytes.ts';
import { parseUnitText, type UnitFileEntry } from '../../unitfile/language/lexer.ts';
import type { LoadedUnit } from '../../unitfile/load/loaded-unit.ts';

export interface Place {
  readonly file: string;
  readonly line: number;
  /** `Key=Value`, as it stands there. */
  readonly text: string;
}

/** Bytes of a file that are looked at. */
const fileLimit = 1024 * 1024;

/** Lines of units' files, each file read once. */
export class Places {
  readonly #host: Host;
  readonly #entries = new Map<string, readonly UnitFileEntry[]>();

  constructor(host: Host) {
    this.#host = host;
  }

  #of(file: string): readonly UnitFileEntry[] {
    let entries = this.#entries.get(file);
    if (entries === undefined) {
      entries = this.#read(file);
      this.#entries.set(file, entries);
    }
    return entries;
  }

  #read(file: string): readonly UnitFileEntry[] {
    try {
      const text = bytesToText(this.#host.files.readFile(file, fileLimit));
      return parseUnitText(text, file, () => {}, { relaxed: true }).entries;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return [];
    }
  }

  /** The last line of the unit's files that passes. */
  find(loaded: LoadedUnit, passes: (entry: UnitFileEntry) => boolean): Place | undefined {
    const files = [...(loaded.fragmentPath === undefined ? [] : [loaded.fragmentPath]), ...loaded.dropInPaths];
    for (const file of files.toReversed()) {
      const entry = this.#of(file).findLast(passes);
      if (entry !== undefined) return placeOf(entry);
    }
    return undefined;
  }

  /** The last line that gives one of these directives a value: of the first of them that has one. */
  ofSetting(loaded: LoadedUnit, keys: readonly string[]): Place | undefined {
    for (const key of keys) {
      const place = this.find(loaded, (entry) => entry.key === key && entry.value !== '');
      if (place !== undefined) return place;
    }
    return undefined;
  }
}

const placeOf = ({ file, line, key, value }: UnitFileEntry): Place => ({ file, line, text: `${key}=${value}` });
