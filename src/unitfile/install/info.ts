/** What an operation knows of the units it deals with. */

import { baseName } from '../../text/paths.ts';
import { unitNameKind } from '../language/unit-name.ts';
import type { ErrorCode } from './changes.ts';

/** What was found under a unit's name: a file, a link out of the load path, a link to another name, a mask. */
export type InstallMode = 'regular' | 'linked' | 'alias' | 'masked';

export interface InstallInfo {
  readonly name: string;
  /** Undefined until it was looked for. */
  path: string | undefined;
  mode: InstallMode | undefined;
  /** Where the link at `path` leads to. */
  target: string | undefined;
  aliases: string[];
  wantedBy: string[];
  requiredBy: string[];
  upheldBy: string[];
  also: string[];
  defaultInstance: string | undefined;
  /** Only mentioned in Also= of another unit. */
  auxiliary: boolean;
}

export function newInfo(name: string, path: string | undefined, auxiliary: boolean): InstallInfo {
  return {
    name,
    path,
    mode: undefined,
    target: undefined,
    aliases: [],
    wantedBy: [],
    requiredBy: [],
    upheldBy: [],
    also: [],
    defaultInstance: undefined,
    auxiliary,
  };
}

/** Whether a unit has rules for being enabled, or names others that may. */
export const hasInstallConfig = (info: InstallInfo | undefined): boolean =>
  info !== undefined &&
  [info.aliases, info.wantedBy, info.requiredBy, info.upheldBy, info.also].some((names) => names.length > 0);

/** Units of one operation: those still to be dealt with, in order, and those that have been. */
export class InstallContext {
  readonly #waiting = new Map<string, InstallInfo>();
  readonly #done = new Map<string, InstallInfo>();

  find(name: string): InstallInfo | undefined {
    return this.#done.get(name) ?? this.#waiting.get(name);
  }

  /** The unit's entry, made where there is none. `path` alone gives the name. */
  add(name: string | undefined, path: string | undefined, auxiliary: boolean): InstallInfo | ErrorCode {
    const unit = name ?? baseName(path ?? '');
    if (unitNameKind(unit) === undefined) return 'EINVAL';
    const known = this.find(unit);
    if (known !== undefined) {
      known.auxiliary &&= auxiliary;
      return known;
    }
    const info = newInfo(unit, path, auxiliary);
    this.#waiting.set(unit, info);
    return info;
  }

  /** The next unit to be dealt with; from now on it counts as done. */
  next(): InstallInfo | undefined {
    for (const [name, info] of this.#waiting) {
      this.#waiting.delete(name);
      this.#done.set(name, info);
      return info;
    }
    return undefined;
  }
}
