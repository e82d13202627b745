/**
 * Settings of directives that came after systemd 252, whose dump is what the other files here write: as `show` would print
 * them, where a file says them.
 */

import { type GroupName, groups, sectionGroups } from '../../../unitfile/directives/table.ts';
import type { Unit } from '../../../units/unit.ts';
import { shownLines } from '../../../values/shown.ts';
import type { DumpLines } from './lines.ts';

export function dumpNewer(lines: DumpLines, unit: Unit): void {
  const settings = unit.loaded as unknown as Record<GroupName, Record<string, unknown> | undefined>;
  for (const group of ['unit', ...sectionGroups[unit.type]] as const) {
    for (const [key, row] of Object.entries(groups[group])) {
      if (!row.slot || row.since === undefined || !Object.hasOwn(settings[group] ?? {}, key)) continue;
      lines.each(key, shownLines(row.kind.format(settings[group]![key])));
    }
  }
}
