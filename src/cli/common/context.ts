import type { CallerProcess } from '../../control/server.ts';
import type { Manager } from '../../manager/manager.ts';
import type { ProgramContext } from '../../program/context.ts';

/** One call of a program that speaks with the manager. */
export interface CliContext extends ProgramContext {
  /** The caller's process, where it is another one, at the other end of the control socket. */
  readonly callerProcess?: CallerProcess;
  /** Undefined where no manager lives in this process. */
  readonly manager: Manager | undefined;
}
