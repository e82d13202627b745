/** How a process ended, in systemd's words. */
import type { ProcessExit } from '../sys/host.ts';
import { exitStatusName } from '../values/exit-status.ts';
import { signalName } from '../values/signals.ts';
import type { Unit } from './unit.ts';

/** 'code=exited, status=5/NOTINSTALLED', 'code=killed, status=9/KILL'. */
function describeExit({ how, status }: Pick<ProcessExit, 'how' | 'status'>): string {
  const name = how === 'exited' ? exitStatusName(status) : signalName(status);
  return `code=${how}, status=${status}/${name ?? 'n/a'}`;
}

/**
 * Logs the end of a process of the unit: `kind` is 'Main process' or 'Control process', `command` 'ExecStart' and the
 * like. A clean end is told at debug level, a failure of a program as a notice, anything else as a warning.
 */
export function logProcessExit(
  unit: Unit,
  kind: string,
  command: string,
  clean: boolean,
  exit: Pick<ProcessExit, 'how' | 'status'>,
): void {
  const level = clean ? 7 : exit.how === 'exited' ? 5 : 4;
  unit.log(level, `${kind} exited, ${describeExit(exit)}${clean ? ' (success)' : ''}`, {
    MESSAGE_ID: '98e322203f7a4ed290d09fe03c09fe15',
    EXIT_CODE: exit.how,
    EXIT_STATUS: String(exit.status),
    COMMAND: command,
  });
}
