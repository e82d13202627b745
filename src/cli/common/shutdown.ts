/** Ending the system: now, at once, or later (systemctl(1), shutdown(8)). */

import type { Objective } from '../../manager/objective.ts';
import { say } from '../../program/messages.ts';
import { formatTimestamp } from '../../values/time/timestamp.ts';
import { callersZone } from './clock.ts';
import type { CliContext } from './context.ts';
import { type ManagerView, managerOf } from './manager-view.ts';

export interface ShutdownOptions {
  /** 1: without stopping units in order, 2 and more: without a look back. */
  readonly force: number;
  readonly dryRun: boolean;
  readonly quiet: boolean;
  readonly noBlock: boolean;
}

export interface PlanOptions {
  readonly dryRun: boolean;
  readonly quiet: boolean;
  readonly noWall: boolean;
  readonly message: string;
  /** The command that takes it back. */
  readonly cancel?: string;
}

const shutdownCancel = 'shutdown -c';

const haltingWords: Readonly<Record<Objective, string>> = {
  halt: 'Halting.',
  poweroff: 'Powering off.',
  reboot: 'Rebooting.',
  kexec: 'Rebooting.',
  exit: 'Exiting.',
  'soft-reboot': 'Soft-rebooting.',
};

/** `atMs` of the wall clock. Says what was planned. */
export function planShutdown(context: CliContext, options: PlanOptions, objective: Objective, atMs: number): number {
  const { dryRun, noWall, message } = options;
  const { uid } = context.caller;
  const manager = managerOf(context);
  if (manager.resting) {
    say(context, 'error', 'Failed to schedule shutdown: No manager is running.');
    return 1;
  }
  manager.shutdown.schedule.set({ objective, atMs, dryRun, wall: !noWall, message, uid });
  if (!options.quiet) say(context, 'info', plannedText(context, objective, atMs, options.cancel ?? shutdownCancel));
  return 0;
}

export function showPlanned(context: CliContext): number {
  const planned = managerOf(context).shutdown.schedule.current;
  if (planned === undefined) say(context, 'error', 'No scheduled shutdown.');
  else say(context, 'info', plannedText(context, planned.objective, planned.atMs, shutdownCancel));
  return planned === undefined ? 1 : 0;
}

function plannedText(context: CliContext, objective: Objective, atMs: number, cancel: string): string {
  const word = objective === 'reboot' ? 'Reboot' : objective === 'kexec' ? 'Reboot via kexec' : 'Shutdown';
  const when = formatTimestamp(atMs, callersZone(context), 'pretty') ?? 'n/a';
  return `${word} scheduled for ${when}, use '${cancel}' to cancel.`;
}

/**
 * In order; at once with --force; without a look back with two of them. A manager that is not PID 1 goes alone: the
 * caller lives on, and hears when everything has been stopped.
 */
export function shutDown(
  context: CliContext,
  options: ShutdownOptions,
  objective: Objective,
): number | Promise<number> {
  const manager = managerOf(context);
  if (options.force >= 2 && objective !== 'exit') {
    if (!options.quiet) say(context, 'info', haltingWords[objective]);
    if (!options.dryRun) afterAnswer(context, manager, () => manager.shutdown.endNow(objective));
    return 0;
  }
  if (options.dryRun) return 0;
  if (options.force >= 1) {
    afterAnswer(context, manager, () => manager.shutdown.force(objective));
    return 0;
  }
  manager.shutdown.request(objective);
  // Asked for once more it is the same.
  if (context.callerProcess !== undefined) context.callerProcess.goesOn = () => ({ kind: 'call', facts: {} });
  return manager.host.isInit || options.noBlock ? 0 : manager.shutdown.whenEnding().then(() => 0);
}

/** The caller gets its answer before the manager that writes it is gone. */
function afterAnswer(context: CliContext, manager: ManagerView, act: () => void): void {
  void context.drained().then(() => manager.host.defer(act));
}
