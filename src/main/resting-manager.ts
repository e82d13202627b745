/** A manager of nothing: where none runs, questions about units are answered from their files. */
import type { Scope } from '../control/places.ts';
import { Journal } from '../journal/journal.ts';
import { defaultConfig } from '../journal/storage/config.ts';
import { Manager } from '../manager/manager.ts';
import type { Host } from '../sys/host.ts';
import { lookupPaths } from '../unitfile/files/load-path.ts';
import { UnitFileSearch } from '../unitfile/install/search.ts';
import { UnitFileStates } from '../unitfile/install/state.ts';
import { createLoader } from '../unitfile/load/loader.ts';
import { directoriesOf, managerEnvironment, ownUnits } from './installation.ts';

/** Loads units as the real one would; listens to nothing, writes nothing, and no process is its own. */
export function restingManager(host: Host, scope: Scope): Manager {
  const paths = lookupPaths({
    scope,
    env: host.environment,
    ownUnits: ownUnits(scope),
    usrLibFirst: host.voice.unitFiles.usrLibFirst,
  });
  const directories = directoriesOf(host, scope);
  const unitFiles = new UnitFileStates(() => new UnitFileSearch(host, paths));
  return new Manager(host, {
    scope,
    loader: createLoader(host, { scope, paths, directories }),
    journal: new Journal(host, { scope, config: { ...defaultConfig(), storage: 'none' } }),
    directories,
    notifySocket: '',
    environment: managerEnvironment(host, scope),
    showStatus: false,
    resting: true,
    unitFile: (name) => unitFiles.of(name),
    generate: () => Promise.resolve(),
    end: () => {},
  });
}
