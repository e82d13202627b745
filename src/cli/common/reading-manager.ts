/** A manager that only reads unit files: it starts nothing, listens to nothing, and no process is its own. */
import type { Journal } from '../../journal/journal.ts';
import { Manager } from '../../manager/manager.ts';
import type { Host } from '../../sys/host.ts';
import type { UnitLoader } from '../../unitfile/load/loader.ts';

/** `journal` hears what is wrong in the files. */
export function readingManager(
  host: Host,
  { scope, loader, journal }: { scope: 'system' | 'user'; loader: UnitLoader; journal: Journal },
): Manager {
  return new Manager(host, {
    scope,
    loader,
    journal,
    directories: loader.directories,
    notifySocket: '',
    environment: [],
    showStatus: false,
    unitFile: () => ({ state: '', preset: '' }),
    generate: () => Promise.resolve(),
    end: () => {},
  });
}
