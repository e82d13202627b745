/** The manager's half of a call over the control socket: may this caller do this, here? Then the program answers. */

import type { CliContext } from '../cli/common/context.ts';
import { type ControlRequest, isPrivileged } from '../control/server.ts';
import { mayReadJournal } from '../journal/storage/readers.ts';
import type { Manager } from '../manager/manager.ts';
import type { Host } from '../sys/host.ts';
import { placeInManager, refuse } from './access.ts';
import { mayChangeMore } from './crash.ts';
import { isRootless } from './installation.ts';
import { parseCall } from './programs.ts';

/** A ControlHandler: the exit status, or 'local' where the caller has to do it in its own process. */
export async function answerRequest(host: Host, manager: Manager, request: ControlRequest): Promise<number | 'local'> {
  try {
    return await answered(host, manager, request);
  } finally {
    if (mayChangeMore(request)) manager.touched.rare();
  }
}

async function answered(host: Host, manager: Manager, request: ControlRequest): Promise<number | 'local'> {
  const context: CliContext = {
    host,
    manager,
    program: request.program,
    argv: request.argv,
    env: request.env,
    cwd: request.cwd,
    terminal: request.terminal,
    caller: request.caller,
    callerProcess: request,
    signal: request.signal,
    out: (text) => request.out(text),
    flush: () => request.flush(),
    err: (text) => request.err(text),
    drained: () => request.drained(),
    turn: () => request.turn(),
  };
  if (request.continuation !== undefined) {
    const { goOn } = await import('./continuations.ts');
    return goOn(context, request.continuation);
  }
  const call = await parseCall(context);
  if (typeof call === 'number') return call;
  // A call to a user's manager finds its way from the caller's own process; that of a user who is PID 1 is here. The other
  // way round the caller has named this manager by $PIDONE_SOCKET.
  const isOwn = isRootless(host, manager.scope) && request.caller.uid === host.uid;
  if (call.scope === 'user' && manager.scope === 'system' && !isOwn) return 'local';
  const { caller } = request;
  const others = manager.journal.ofUser(caller.uid) === undefined ? 'nothing' : 'own';
  const reader = mayReadJournal(host, caller) ? 'all' : others;
  switch (placeInManager(call, isPrivileged(host, caller), reader)) {
    case 'local':
      return 'local';
    case 'denied':
      return refuse(context, call);
    case 'here':
      if (call.pager !== undefined) request.openPager(call.pager === 'end');
      return call.run(context);
  }
}
