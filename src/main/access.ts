/** Where a call is answered, and what a caller hears who may not make it. Who may do what is said by each program's table. */

import type { CliContext } from '../cli/common/context.ts';
import type { ParsedCall } from '../program/program.ts';

type Place = Pick<ParsedCall, 'offline' | 'access'>;

/** What the manager does with a call: answers it, hands it back, or says no. `reader`: one who may read the journal. */
export function placeInManager(
  { offline, access }: Place,
  privileged: boolean,
  reader = privileged,
): 'here' | 'local' | 'denied' {
  if (offline || access.own === 'always') return 'local';
  const own = access.readsJournal ? !reader : !privileged;
  if (own && access.own === 'unprivileged') return 'local';
  return access.kind === 'change' && !privileged ? 'denied' : 'here';
}

/** Says no; the result is the exit status. */
export function refuse(
  context: Pick<CliContext, 'err'>,
  { access, args }: Pick<ParsedCall, 'access' | 'args'>,
): number {
  const { text, status } = access.refusal(args);
  context.err(text);
  return status;
}
