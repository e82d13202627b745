/** is-active, is-failed, is-system-running. */

import { unitNameKind } from '../../unitfile/language/unit-name.ts';
import { JobError } from '../../units/job-types.ts';
import type { ActiveState } from '../../units/unit.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb } from '../common/failure.ts';
import { loadUnit, type ManagerView, managerOf } from '../common/manager-view.ts';
import { expandUnitNames } from './units.ts';
import type { Verb } from './verb.ts';

/** The state of a unit, loaded where it isn't; ends the verb where no unit can have the name. */
function stateOf(context: CliContext, manager: ManagerView, name: string): ActiveState {
  const kind = unitNameKind(name);
  if (kind !== 'plain' && kind !== 'instance')
    failVerb(
      context,
      `Failed to retrieve unit state: Unit name ${name} is neither a valid invocation ID nor unit name.`,
    );
  const unit = manager.units.find(name) ?? loadUnit(manager, name);
  return unit instanceof JobError
    ? failVerb(context, `Failed to retrieve unit state: ${unit.message}`)
    : unit.activeState;
}

function verbIs(good: readonly ActiveState[], otherwise: number): Verb {
  return async (context, options, args) => {
    const manager = managerOf(context);
    const { names } = expandUnitNames(context, manager, options, args);
    let found = false;
    for (const name of names) {
      const state = stateOf(context, manager, name);
      if (!options.quiet) context.out(`${state}\n`);
      found ||= good.includes(state);
      await context.drained();
      if (context.signal.aborted) return 1;
    }
    return found ? 0 : otherwise;
  };
}

/** Exit status 3 as the LSB has it for a program that is not running. */
export const verbIsActive = verbIs(['active', 'reloading'], 3);
export const verbIsFailed = verbIs(['failed'], 1);

export const verbIsSystemRunning: Verb = async (context, options) => {
  const { manager: present } = context;
  if (present === undefined || options.root !== undefined) {
    if (!options.quiet) context.out('offline\n');
    return 1;
  }
  const manager = managerOf(context);
  let state = manager.systemState;
  if (options.wait && (state === 'initializing' || state === 'starting')) {
    await manager.startup.whenOver();
    state = manager.systemState;
  }
  if (!options.quiet) context.out(`${state}\n`);
  return state === 'running' ? 0 : 1;
};
