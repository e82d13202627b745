/**
 * Calls that waited for something when the manager's program was executed anew, and are gone on with by the new one. What a
 * call says of where it is (`CallerProcess.goesOn`) is read here:
 *
 *   exit   it ends with this status
 *   jobs   jobs were queued for it
 *   call   the same call once more: it finds in `CliContext.continuation` what it has done already
 */
import type { CliContext } from '../cli/common/context.ts';
import { managerOf } from '../cli/common/manager-view.ts';
import type { Continuation } from '../control/server.ts';
import { parseCall } from './programs.ts';

/** The exit status. */
export async function goOn(context: CliContext, continuation: Continuation): Promise<number> {
  const { kind, facts } = continuation;
  switch (kind) {
    case 'exit':
      return Number(facts);
    case 'jobs': {
      const { goOnWithJobs } = await import('../cli/common/jobs.ts');
      return goOnWithJobs(context, managerOf(context), facts);
    }
    case 'call': {
      const again = { ...context, continuation };
      const call = await parseCall(again);
      return typeof call === 'number' ? call : call.run(again);
    }
    default:
      context.err(
        `The manager was executed anew, and its program does not know how to go on with this call (${kind}).\n`,
      );
      return 1;
  }
}
