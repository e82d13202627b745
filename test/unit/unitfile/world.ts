/** Worlds of unit files, under the names that tests of them know. */

import type { SimHost } from '../../../src/simulation/machine/host.ts';
import type { LoadedUnit } from '../../../src/unitfile/load/loaded-unit.ts';
import type { UnitLoader } from '../../../src/unitfile/load/loader.ts';
import type { Release } from '../../../src/voice/release.ts';
import { dependenciesOf, diagnosticsOf, world as make } from '../../support/world.ts';

export interface Loaded {
  host: SimHost;
  loader: UnitLoader;
  load(name: string): LoadedUnit;
  names(unit: LoadedUnit, kind: string): string[];
  messages(unit: LoadedUnit): string[];
}

export function world(
  files: Record<string, string>,
  options: { scope?: 'system' | 'user'; environment?: Record<string, string>; release?: Release } = {},
): Loaded {
  const { host, loader, load } = make({ files, ...options });
  return { host, loader, load, names: dependenciesOf, messages: diagnosticsOf };
}

export { loadedService as service } from '../../support/world.ts';
