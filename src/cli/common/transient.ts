/** Units that a program makes and starts: how one is described, started and waited for, and what is said where that fails. */
import type { Job } from '../../jobs/job.ts';
import type { TransientUnit } from '../../manager/transient.ts';
import type { JobMode } from '../../units/job-types.ts';
import type { CliContext } from './context.ts';
import { failVerb, isBusError, VerbFailed } from './failure.ts';
import { awaited, waitForJobs } from './jobs.ts';
import type { ManagerView } from './manager-view.ts';
import { PropertyError, type UnitText } from './unit-text.ts';

/** `transient`: how messages call the unit, as `service`. */
const failure = (transient: string, reason: string): string => `Failed to start transient ${transient} unit: ${reason}`;

/**
 * Makes a unit's text; what is wrong with it ends the program. `also` is said of what it refuses itself, `taken` why there
 * can be no unit of the name, which the manager says first.
 */
export function describeTransient(
  context: CliContext,
  transient: string,
  make: () => UnitText,
  { also = '', taken }: { readonly also?: string; readonly taken?: () => string | undefined } = {},
): Pick<TransientUnit, 'name' | 'text' | 'amend'> {
  try {
    const unit = make();
    return { name: unit.name, text: unit.text, amend: (loaded) => unit.amend(loaded) };
  } catch (error) {
    if (!(error instanceof PropertyError)) throw error;
    if (!error.byManager) return failVerb(context, `${error.message}\n${also}`);
    return failVerb(context, failure(transient, taken?.() ?? error.message));
  }
}

/** Why no such unit can be made; ends the program. */
export function refuseTransient(context: CliContext, transient: string, reason: string): never {
  return failVerb(context, failure(transient, reason));
}

/** Makes the units and starts the first; where the manager will not, the program ends. */
export function startTransient(
  context: CliContext,
  manager: ManagerView,
  transient: string,
  units: readonly [TransientUnit, ...TransientUnit[]],
  mode: JobMode = 'fail',
): Job {
  try {
    return manager.transient.start(units, mode);
  } catch (error) {
    if (!isBusError(error)) throw error;
    return refuseTransient(context, transient, error.message);
  }
}

/** Until a job has ended; one that fails ends the program. */
export async function waitForJob(
  context: CliContext,
  { quiet, user }: { readonly quiet: boolean; readonly user: boolean },
  job: Job,
): Promise<void> {
  const good = await waitForJobs(context, { quiet, scope: user ? 'user' : 'system' }, [awaited(job)]);
  if (!good) throw new VerbFailed();
}
