/** Where a call is answered, and what a caller hears who may not make it. Who may do what is said by each program's table. */

import type { CliContext } from '../cli/common/context.ts';
import type { ParsedCall } from '../program/program.ts';

type Place = Pick<ParsedCall, 'offline' | 'access'>;

/** How much of the journal a caller may read. */
export type Reader = 'all' | 'own' | 'nothing';

/** What the manager does with a call: answers it, hands it back, or says no. */
export function placeInManager(
  { offline, access }: Place,
  privileged: boolean,
  reader: Reader = privileged ? 'all' : 'nothing',
): 'here' | 'local' | 'denied' {
  if (offline || access.own === 'always') return 'local';
  const { readsJournal } = access;
  const mayRead = reader === 'all' || (reader === 'own' && readsJournal === 'own');
  const own = readsJournal === undefined ? !privileged : !mayRead;
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
