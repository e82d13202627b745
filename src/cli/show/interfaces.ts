/**
 * Which properties `systemctl show` prints for a unit of each type, and in which order: those of the type's own D-Bus
 * interface and those of every unit. Which an interface has is for src/voice to say; a directive that no release has as a
 * property follows those of its interface, by its row in the table of directives.
 */

import { type GroupName, groups } from '../../unitfile/directives/table.ts';
import type { UnitType } from '../../unitfile/language/unit-name.ts';
import type { InterfaceName } from '../../voice/properties.ts';
import type { Voice } from '../../voice/voice.ts';

/** A D-Bus interface, and the settings that are among its properties. */
interface Interface {
  readonly name?: InterfaceName;
  readonly group?: GroupName;
}

const ofUnit: Interface = { name: 'unit', group: 'unit' };
const ofKill: Interface = { name: 'kill', group: 'kill' };
const ofCGroup: readonly Interface[] = [{ name: 'placement' }, { name: 'cgroup', group: 'cgroup' }];
const ofProcesses: readonly Interface[] = [...ofCGroup, { name: 'exec', group: 'exec' }, ofKill];

/** Of each type's own, in order. */
const interfaces: { readonly [T in UnitType]: readonly Interface[] } = {
  service: [{ name: 'service', group: 'service' }, ...ofProcesses],
  socket: [{ name: 'socket', group: 'socket' }, ...ofProcesses],
  mount: [{ name: 'mount', group: 'mount' }, ...ofProcesses],
  swap: [{ name: 'swap', group: 'swap' }, ...ofProcesses],
  scope: [{ name: 'scope', group: 'scope' }, ...ofCGroup, ofKill],
  slice: [{ name: 'slice', group: 'slice' }, ...ofCGroup],
  timer: [{ name: 'timer', group: 'timer' }],
  path: [{ name: 'path', group: 'path' }],
  automount: [{ name: 'automount', group: 'automount' }],
  device: [{ name: 'device' }],
  target: [],
};

/** Properties that rows of a group are shown as. */
const rowProperties = (group: GroupName | undefined): string[] =>
  group === undefined
    ? []
    : Object.entries(groups[group]).flatMap(([key, row]) =>
        row.slot && row.property !== null ? [row.property ?? key] : [],
      );

export interface UnitProperty {
  readonly name: string;
  /** The release that speaks has it; others are only shown where they are asked for by name. */
  readonly own: boolean;
}

/** In the order in which `show UNIT` prints them. */
export function unitProperties(type: UnitType, { show }: Voice): UnitProperty[] {
  const all = show.unitFirst ? [ofUnit, ...interfaces[type]] : [...interfaces[type], ofUnit];
  const known = new Set(all.flatMap(({ name }) => (name === undefined ? [] : show.properties.known(name))));
  const found = new Map<string, boolean>();
  for (const { name, group } of all) {
    if (name !== undefined) {
      const own = show.properties.of(name);
      for (const property of own) found.set(property, true);
      for (const property of show.properties.known(name))
        if (!found.has(property)) found.set(property, own.includes(property));
    }
    for (const property of rowProperties(group)) if (!known.has(property)) found.set(property, true);
  }
  return [...found].map(([name, own]) => ({ name, own }));
}
