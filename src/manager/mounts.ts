/** What is mounted and unmounted, by whomever, as units: each mount point has one while it is there. */
import type { Host, MountEntry } from '../sys/host.ts';
import { unitNameFromPath, unitNameToPath } from '../unitfile/language/unit-name.ts';
import type { LoadedUnit } from '../unitfile/load/loaded-unit.ts';
import type { UnitLoader } from '../unitfile/load/loader.ts';
import { isApiMount } from '../unitfile/load/mount-points.ts';
import { Mount } from '../units/mount.ts';
import type { Log } from './log-control.ts';
import type { UnitRegistry } from './registry.ts';

export interface MountsContext {
  readonly host: Pick<Host, 'mountTable' | 'watchMounts'>;
  readonly loader: Pick<UnitLoader, 'load' | 'synthesize'>;
  readonly units: Pick<UnitRegistry, 'all' | 'find' | 'adopt'>;
  readonly log: Log;
}

export class MountPoints {
  readonly #context: MountsContext;

  constructor(context: MountsContext) {
    this.#context = context;
  }

  /** Looks now and whenever something changes. */
  follow(): void {
    const { host, log } = this.#context;
    this.#look();
    try {
      host.watchMounts(() => this.#look());
    } catch (error) {
      log(4, `Failed to watch mounts: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #look(): void {
    const { host, units } = this.#context;
    const mounts = host.mountTable();
    const targets = new Set(mounts.map(({ target }) => target));
    for (const unit of [...units.all()])
      if (unit instanceof Mount && !isApiMount(unit.where)) unit.noticed(targets.has(unit.where));
    for (const mount of mounts) if (!isApiMount(mount.target)) this.#found(mount);
  }

  #found({ target }: MountEntry): void {
    const { loader, units } = this.#context;
    const name = unitNameFromPath(target, '.mount');
    if (name === undefined) return;
    const known = units.find(name);
    if (known !== undefined && known.loaded.loadState !== 'not-found') return;
    const loaded = loader.load(name);
    units.adopt(loaded.loadState === 'not-found' ? this.#withoutFile(name, target) : loaded);
  }

  /** The unit of a mount point that there was once, undefined where the name is no mount's. */
  ofName(name: string): LoadedUnit | undefined {
    const target = name.endsWith('.mount') ? unitNameToPath(name) : undefined;
    return target === undefined ? undefined : this.#withoutFile(name, target);
  }

  #withoutFile(name: string, target: string): LoadedUnit {
    return this.#context.loader.synthesize(name, (unit) => {
      if (unit.mount !== undefined) unit.mount.Where = target;
      unit.unit.SourcePath = '/proc/self/mountinfo';
      // Whoever made it takes it away: a shutdown leaves it.
      unit.unit.DefaultDependencies = false;
    });
  }
}
