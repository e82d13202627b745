/** `systemctl show` without a running manager: units loaded from files in memory. */
import type { ManagerFacts } from '../../../../src/cli/show/manager.ts';
import type { PrintOptions } from '../../../../src/cli/show/print.ts';
import { showManager, showUnit } from '../../../../src/cli/show/show.ts';
import { createUnit } from '../../../../src/manager/factory.ts';
import type { Unit, UnitManager } from '../../../../src/units/unit.ts';
import { utc } from '../../../../src/values/time/timezone.ts';
import { world } from '../../unitfile/world.ts';

export function setUp(files: Record<string, string>) {
  const { host, loader } = world(files);
  const tracker = { processesOf: () => [], cpuMsOf: () => 0 };
  const manager = {
    host,
    loader,
    tracker,
    scope: 'system',
    startTimestamp: { realtime: 1_700_000_000_000, monotonic: 1000 },
    failedUnits: new Set(),
    nameCount: 3,
    jobCount: 0,
    logLevel: 'info',
    logTarget: 'journal',
    serviceWatchdogs: true,
    systemState: () => 'running',
    environmentBlock: () => ['PATH=/bin', 'A=b c'],
    unitFileState: () => 'disabled',
    unitFilePreset: () => 'enabled',
    controlGroup: () => '',
    needsReload: (unit: Unit) => loader.needsReload(unit.loaded),
  } as unknown as ManagerFacts & UnitManager;
  const print = (options: Partial<PrintOptions> = {}): PrintOptions => ({
    properties: undefined,
    showEmpty: options.properties !== undefined,
    onlyValue: false,
    timestamp: (ms) => (ms === 0 ? undefined : `at ${ms} ${utc.name}`),
    ...options,
  });
  const unit = (name: string): Unit => {
    const loaded = loader.load(name);
    const made = createUnit(manager, loaded.type, loaded.id);
    made.setLoaded(loaded);
    return made;
  };
  return {
    manager,
    show: (name: string, options?: Partial<PrintOptions>) => showUnit(unit(name), manager, print(options)),
    showManager: (options?: Partial<PrintOptions>) => showManager(manager, print(options)),
  };
}
