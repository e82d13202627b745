/** `units`: how they are, a line each. */
import { inTurns } from '../../program/in-turns.ts';
import { managerOf } from '../common/manager-view.ts';
import { unitLine } from './states.ts';
import type { MachineVerb } from './verb.ts';

export const units: MachineVerb = async (context, _options, names) => {
  const manager = managerOf(context);
  const wanted = names.length > 0 ? names.map((name) => manager.units.find(name)) : [...manager.units.all()];
  for await (const unit of inTurns(context, wanted))
    if (unit !== undefined) context.out(`${JSON.stringify(unitLine(unit))}\n`);
  return 0;
};
