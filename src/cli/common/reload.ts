/** Having the manager read its files again, or go on in a new process. */

import type { CliContext } from './context.ts';
import { failVerb } from './failure.ts';
import { managerOf } from './manager-view.ts';

/** Writes a message and ends the verb where it can't. */
export async function renewManager(context: CliContext, how: 'reload' | 'reexec'): Promise<void> {
  const { reloads } = managerOf(context);
  const { callerProcess } = context;
  // It is the next program that answers.
  if (how === 'reexec' && callerProcess !== undefined) callerProcess.goesOn = () => ({ kind: 'exit', facts: 0 });
  try {
    await (how === 'reload' ? reloads.request() : reloads.reexec());
  } catch (error) {
    failVerb(
      context,
      `${how === 'reload' ? 'Reload' : 'Reexecute'} daemon failed: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
