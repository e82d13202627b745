/** Every door. */
import type { Door } from './door.ts';
import { controlDoors } from './doors/control.ts';
import { journalDoors } from './doors/journal.ts';
import { machineDoors } from './doors/machine.ts';
import { managerDoors } from './doors/manager.ts';
import { toolDoors } from './doors/tools.ts';
import { unitDoors } from './doors/units.ts';
import { valueDoors } from './doors/values.ts';

export const doors: readonly Door[] = [
  ...controlDoors,
  ...journalDoors,
  ...unitDoors,
  ...machineDoors,
  ...toolDoors,
  ...managerDoors,
  ...valueDoors,
];
