/**
 * What programs that speak with the manager share. A call is a `CliContext`; what may be asked of the manager in it is the
 * `ManagerView` (manager-view.ts). What several programs ask for is here once: jobs and waiting for them (jobs.ts), the end
 * of the system (shutdown.ts), a reload (reload.ts), settings that can be changed while it runs (manager-settings.ts),
 * units from text (unit-text.ts), made and started (transient.ts). And what they show or start from: processes below their control groups
 * (process-tree.ts), the caller's time zone and clock (clock.ts), which system is meant (reach.ts), a program to run and
 * wait for (run-program.ts), how a verb ends where something is wrong (failure.ts), what a container withholds
 * (limits.ts), a manager that only reads unit files (reading-manager.ts).
 *
 * No option and no verb is here, and nothing that only one program needs.
 */
import type { CallerProcess, Continuation } from '../../control/server.ts';
import type { Manager } from '../../manager/manager.ts';
import type { ProgramContext } from '../../program/context.ts';

/** One call of a program that speaks with the manager. */
export interface CliContext extends ProgramContext {
  /** The caller's process, where it is another one, at the other end of the control socket. */
  readonly callerProcess?: CallerProcess;
  /** Where a program of the manager before this one has left the call; see `CallerProcess.goesOn`. */
  readonly continuation?: Continuation;
  /** Undefined where no manager lives in this process. */
  readonly manager: Manager | undefined;
}
