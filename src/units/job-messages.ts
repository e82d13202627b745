/** The words of jobs that begin and end, for units whose type has none of its own. `%s` stands for the unit's name. */
import type { JobResult, JobType } from './job-types.ts';

type Messages = Partial<Record<JobResult, string>>;

const started: Messages = {
  done: 'Started %s.',
  timeout: 'Timed out starting %s.',
  failed: 'Failed to start %s.',
  dependency: 'Dependency failed for %s.',
  assert: 'Assertion failed for %s.',
  unsupported: 'Starting of %s unsupported.',
  collected: 'Unnecessary job was removed for %s.',
  once: 'Unit %s has been started before and cannot be started again.',
  concurrency: 'Hard concurrency limit hit for slice of unit %s.',
};
const stopped: Messages = {
  done: 'Stopped %s.',
  failed: 'Stopped %s with error.',
  timeout: 'Timed out stopping %s.',
};
const reloaded: Messages = {
  done: 'Reloaded %s.',
  failed: 'Reload failed for %s.',
  timeout: 'Timed out reloading %s.',
};
const verified: Messages = { skipped: '%s is inactive.' };

export function genericStartMessage(type: JobType): string | undefined {
  if (type === 'start') return 'Starting %s...';
  if (type === 'stop') return 'Stopping %s...';
  if (type === 'reload') return 'Reloading %s...';
  return undefined;
}

export function genericDoneMessage(type: JobType, result: JobResult): string | undefined {
  if (type === 'start') return started[result];
  if (type === 'stop' || type === 'restart') return stopped[result];
  if (type === 'reload') return reloaded[result];
  if (type === 'verify-active') return verified[result];
  return undefined;
}
