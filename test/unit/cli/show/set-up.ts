/** `systemctl show` without a running manager: units loaded from files in memory. */
import type { ManagerView } from '../../../../src/cli/common/manager-view.ts';
import type { PrintOptions } from '../../../../src/cli/show/print.ts';
import { showManager, showUnit } from '../../../../src/cli/show/show.ts';
import { createUnit } from '../../../../src/manager/factory.ts';
import { ManagerTimestamps } from '../../../../src/manager/timestamps.ts';
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
    timestamps: new ManagerTimestamps({ realtime: 1_700_000_000_000, monotonic: 1000 }),
    units: { failed: new Set(), nameCount: 3 },
    jobs: { size: 0, installedCount: 0, failedCount: 0 },
    logControl: { level: 6, target: 'journal' },
    serviceWatchdogs: true,
    systemState: 'running',
    environmentBlock: () => ['PATH=/bin', 'A=b c'],
    environment: { block: () => ['PATH=/bin', 'A=b c'] },
    unitFiles: { of: () => ({ state: 'disabled', preset: 'enabled' }) },
  } as unknown as ManagerView & UnitManager;
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
