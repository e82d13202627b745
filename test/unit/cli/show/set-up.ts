/** `systemctl show` of units and of a manager that has started none of them. */
import type { PrintOptions } from '../../../../src/cli/show/print.ts';
import { showManager, showUnit } from '../../../../src/cli/show/show.ts';
import { utc } from '../../../../src/values/time/timezone.ts';
import type { Release } from '../../../../src/voice/release.ts';
import { world } from '../../../support/world.ts';

export function setUp(files: Record<string, string>, release?: Release) {
  const w = world({ files, ...(release === undefined ? {} : { release }) });
  const { manager } = w;
  const print = (options: Partial<PrintOptions> = {}): PrintOptions => ({
    properties: undefined,
    showEmpty: options.properties !== undefined,
    onlyValue: false,
    timestamp: (ms) => (ms === 0 ? undefined : `at ${ms} ${utc.name}`),
    ...options,
  });
  return {
    manager,
    show: (name: string, options?: Partial<PrintOptions>) => showUnit(w.unit(name), manager, print(options)),
    showManager: (options?: Partial<PrintOptions>) => showManager(manager, print(options)),
  };
}
