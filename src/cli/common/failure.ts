/** How a verb ends where something is wrong: its message, its exit status, and what the manager's errors mean for it. */

import { say } from '../../program/messages.ts';
import type { CliContext } from './context.ts';

export const noSuchUnit = 'org.freedesktop.systemd1.NoSuchUnit';
export const unitMasked = 'org.freedesktop.systemd1.UnitMasked';
export const invalidArgs = 'org.freedesktop.DBus.Error.InvalidArgs';
export const jobTypeNotApplicable = 'org.freedesktop.systemd1.JobTypeNotApplicable';

/** Ends a verb: its message has been written. */
export class VerbFailed extends Error {
  readonly status: number;
  constructor(status = 1) {
    super('failed');
    this.status = status;
  }
}

/** The exit status of a verb, also where it has ended itself. */
export async function statusOf(run: () => number | Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof VerbFailed) return error.status;
    throw error;
  }
}

/** Writes a message and ends the verb. */
export function failVerb(context: CliContext, message: string, status = 1): never {
  say(context, 'error', message);
  throw new VerbFailed(status);
}

const exitStatuses: Readonly<Record<string, number>> = {
  'org.freedesktop.DBus.Error.AccessDenied': 4,
  'org.freedesktop.systemd1.OnlyByDependency': 4,
  'org.freedesktop.systemd1.NoIsolation': 4,
  'org.freedesktop.systemd1.TransactionIsDestructive': 4,
  [noSuchUnit]: 5,
  [jobTypeNotApplicable]: 3,
  'org.freedesktop.DBus.Error.NotSupported': 3,
  'org.freedesktop.systemd1.LoadFailed': 6,
};

/** Exit statuses by the LSB, for start and its kin. */
export function exitStatusOf(error: { readonly busName: string }): number {
  return exitStatuses[error.busName] ?? 1;
}

/** An error of the manager that a person is to be told; anything else goes on as it is. */
export function isBusError(error: unknown): error is Error & { readonly busName: string } {
  return error instanceof Error && 'busName' in error && typeof error.busName === 'string';
}
