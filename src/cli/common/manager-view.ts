/**
 * What programs ask of the manager: some of its parts, each with a file of its own in src/manager. Who may ask for what has
 * been settled before (src/main/access.ts).
 */
import type { Manager } from '../../manager/manager.ts';
import { errorText } from '../../sys/error-text.ts';
import { unitBusPath, unitNameIsValid } from '../../unitfile/language/unit-name.ts';
import { JobError } from '../../units/job-types.ts';
import type { Unit } from '../../units/unit.ts';
import type { CliContext } from './context.ts';
import { failVerb } from './failure.ts';

export type ManagerView = Pick<
  Manager,
  | 'changes'
  | 'crashes'
  | 'environment'
  | 'host'
  | 'jobs'
  | 'journal'
  | 'loader'
  | 'logControl'
  | 'queues'
  | 'reloads'
  | 'requests'
  | 'resting'
  | 'scope'
  | 'serviceWatchdogs'
  | 'shutdown'
  | 'startup'
  | 'systemState'
  | 'timestamps'
  | 'tracker'
  | 'transient'
  | 'unitFiles'
  | 'units'
>;

/** The manager of a call. Verbs that need one are called only where there is one. */
export function managerOf(context: CliContext): ManagerView {
  const { manager } = context;
  if (manager === undefined) throw new Error('No manager in this process');
  return manager;
}

/** A unit by name, loaded where it isn't; the manager's error where no unit can have the name. */
export function loadUnit(manager: ManagerView, name: string): Unit | JobError {
  try {
    return manager.units.load(name);
  } catch (error) {
    if (error instanceof JobError) return error;
    throw error;
  }
}

/** Why the properties of a unit can't be read, where `loadUnit` has this error. On the bus there is no object of such a name then. */
export function whyNoProperties(name: string, { message }: JobError): string {
  return message === errorText('EINVAL') ? `Unknown object '${unitBusPath(name)}'.` : message;
}

/** The unit that properties are asked of, loaded where it isn't. */
export function unitToTellOf(context: CliContext, manager: ManagerView, name: string): Unit {
  if (!unitNameIsValid(name, 'plain', 'instance'))
    failVerb(context, `Failed to get properties: Unit name ${name} is neither a valid invocation ID nor unit name.`);
  const unit = loadUnit(manager, name);
  return unit instanceof JobError
    ? failVerb(context, `Failed to get properties: ${whyNoProperties(name, unit)}`)
    : unit;
}
