/** Units that systemd makes up whether or not they have a file: they can be neither started nor stopped. */

import type { LoadedUnit } from './loaded-unit.ts';

interface PerpetualUnit {
  description: string;
  documentation?: string;
  systemOnly: boolean;
}

const perpetualUnits: ReadonlyMap<string, PerpetualUnit> = new Map([
  ['-.slice', { description: 'Root Slice', documentation: 'man:systemd.special(7)', systemOnly: false }],
  ['system.slice', { description: 'System Slice', documentation: 'man:systemd.special(7)', systemOnly: true }],
  ['init.scope', { description: 'System and Service Manager', documentation: 'man:systemd(1)', systemOnly: false }],
  ['-.mount', { description: 'Root Mount', systemOnly: false }],
]);

/** Gives a unit what it has before its files are read; most have nothing. */
export function prepare(unit: LoadedUnit, scope: 'system' | 'user'): void {
  const made = perpetualUnits.get(unit.id);
  if (made === undefined || (made.systemOnly && scope !== 'system')) return;
  unit.perpetual = true;
  unit.unit.DefaultDependencies = false;
  unit.unit.Description = made.description;
  if (made.documentation !== undefined) unit.unit.Documentation = [made.documentation];
  if (unit.type === 'scope') unit.transient = true;
  if (unit.type === 'mount' && unit.exec !== undefined) {
    // Its output would go through a socket that lies on it.
    unit.exec.StandardOutput = { kind: 'null' };
    unit.exec.StandardInput = { kind: 'null' };
  }
}
