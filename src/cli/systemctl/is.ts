/** is-active, is-failed, is-system-running. */

import { inTurns } from '../../program/in-turns.ts';
import { unitNameKind } from '../../unitfile/language/unit-name.ts';
import { JobError } from '../../units/job-types.ts';
import type { ActiveState, Unit } from '../../units/unit.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb } from '../common/failure.ts';
import { loadUnit, type ManagerView, managerOf, whyNoProperties } from '../common/manager-view.ts';
import { expandUnitNames } from './units.ts';
import type { Verb } from './verb.ts';

/** A unit, loaded where it isn't; ends the verb where none can have the name. */
function unitOf(context: CliContext, manager: ManagerView, name: string): Unit {
  const kind = unitNameKind(name);
  if (kind !== 'plain' && kind !== 'instance')
    failVerb(
      context,
      `Failed to retrieve unit state: Unit name ${name} is neither a valid invocation ID nor unit name.`,
    );
  const unit = manager.units.find(name) ?? loadUnit(manager, name);
  return unit instanceof JobError
    ? failVerb(context, `Failed to retrieve unit state: ${whyNoProperties(name, unit)}`)
    : unit;
}

function verbIs(good: readonly ActiveState[], otherwise: number): Verb {
  return async (context, options, args) => {
    const manager = managerOf(context);
    const { names } = await expandUnitNames(context, manager, options, args);
    let found = false;
    let known = false;
    for await (const name of inTurns(context, names)) {
      const unit = unitOf(context, manager, name);
      const state = unit.activeState;
      known ||= unit.loadState !== 'not-found';
      if (!options.quiet) context.out(`${state}\n`);
      found ||= good.includes(state);
    }
    if (found) return 0;
    return known ? otherwise : (context.host.voice.systemctl.unknownUnitStatus ?? otherwise);
  };
}

/** Exit status 3 as the LSB has it for a program that is not running. */
export const verbIsActive = verbIs(['active', 'reloading'], 3);
const verbHaveFailed = verbIs(['failed'], 1);

/** Without units: whether any has failed. */
export const verbIsFailed: Verb = (context, options, args) => {
  if (args.length > 0) return verbHaveFailed(context, options, args);
  if (!context.host.voice.systemctl.isFailedOfSystem) failVerb(context, 'Too few arguments.');
  const { systemState } = managerOf(context);
  if (!options.quiet) context.out(`${systemState}\n`);
  return systemState === 'degraded' ? 0 : 1;
};

export const verbIsSystemRunning: Verb = async (context, options) => {
  const { manager: present } = context;
  if (present === undefined || options.root !== undefined) {
    if (!options.quiet) context.out('offline\n');
    return 1;
  }
  const manager = managerOf(context);
  let state = manager.systemState;
  if (options.wait && (state === 'initializing' || state === 'starting')) {
    if (context.callerProcess !== undefined) context.callerProcess.goesOn = () => ({ kind: 'call', facts: {} });
    await manager.startup.whenOver();
    state = manager.systemState;
  }
  if (!options.quiet) context.out(`${state}\n`);
  return state === 'running' ? 0 : 1;
};
