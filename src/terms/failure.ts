/** What an error says of a unit: why it failed, and how its process ended. */
import type { UnitLine } from '../cli/machine/states.ts';
import { signalName } from '../values/signals.ts';
import type { JobResult, JobType } from './words.ts';

/** What came of a job (src/cli/machine/jobs.ts). */
export interface JobLine {
  readonly unit: string;
  readonly result?: JobResult;
  readonly error?: string;
  readonly message?: string;
  readonly state?: UnitLine;
}

/** A status, or the signal's name; undefined where the main process has not ended, or runs. */
export function exitStatusOf(line: UnitLine | undefined): number | string | undefined {
  if (line === undefined || line.execMainCode === null) return undefined;
  return line.execMainCode === 'exited' ? line.execMainStatus : `SIG${signalName(line.execMainStatus)}`;
}

/** As in "a.service failed: exit-code (its main process ended with status 3)". */
export function whyFailed(line: UnitLine): string {
  const exit = exitStatusOf(line);
  const result = line.result === '' ? line.subState : line.result;
  if (exit === undefined || exit === 0) return result;
  const how = typeof exit === 'number' ? `ended with status ${exit}` : `was ended by ${exit}`;
  return `${result} (its main process ${how})`;
}

const results: Readonly<Partial<Record<JobResult, string>>> = {
  canceled: 'the job was canceled',
  timeout: 'the job timed out',
  invalid: 'it is not active',
  assert: 'an assertion (Assert…=) does not hold',
  unsupported: 'this is not supported here',
  collected: 'the job was garbage collected',
  once: 'it was started once already',
};

/** The first line of a JobFailed. `others`: units that have failed besides. */
export function jobFailure(type: JobType, line: JobLine, others: readonly UnitLine[]): string {
  const { unit, result, message, state } = line;
  const begin = `Failed to ${type} ${unit}`;
  if (result === undefined) return `${begin}: ${message ?? 'refused'}`;
  if (result === 'dependency') {
    const failed = others.map((other) => `${other.id}: ${whyFailed(other)}`);
    return `${begin}: a unit that it needs has failed${failed.length > 0 ? ` (${failed.join('; ')})` : ''}`;
  }
  if (result === 'failed' && state !== undefined) return `${begin}: ${whyFailed(state)}`;
  return `${begin}: ${results[result] ?? result}`;
}
