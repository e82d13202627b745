/** list-jobs, cancel, clear-jobs. */

import type { Job } from '../../jobs/job.ts';
import { compareOrdered } from '../../jobs/types.ts';
import { styleOf } from '../../program/colors.ts';
import { inTurns, printInTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import { Table } from '../../program/table.ts';
import { parseUnsigned } from '../../text/numbers.ts';
import { failVerb } from '../common/failure.ts';
import { managerOf } from '../common/manager-view.ts';
import { isFullWidth } from './output.ts';
import { patternTest } from './units.ts';
import type { Verb } from './verb.ts';

/** Jobs that must end before this one begins. */
function jobsBefore(job: Job): Job[] {
  return related(job, (other, facet) =>
    facet === 'after' ? -compareOrdered(other, job) > 0 : compareOrdered(job, other) > 0,
  );
}

/** Jobs that wait for this one. */
function jobsAfter(job: Job): Job[] {
  return related(job, (other, facet) =>
    facet === 'after' ? -compareOrdered(other, job) < 0 : compareOrdered(job, other) < 0,
  );
}

function related(job: Job, wanted: (other: Job, facet: 'after' | 'before') => boolean): Job[] {
  if (job.ignoreOrder) return [];
  const found = new Set<Job>();
  for (const facet of ['after', 'before'] as const)
    for (const unit of job.unit.related(facet)) {
      const other = unit.job as Job | undefined;
      if (other !== undefined && wanted(other, facet)) found.add(other);
    }
  return [...found];
}

export const verbListJobs: Verb = async (context, options, args) => {
  const all = [...managerOf(context).jobs.all()];
  const matches = patternTest(args);
  const jobs = all.filter((job) => matches(job.unit.id));
  const style = styleOf(context);
  const { colors, glyphs } = style;
  if (jobs.length === 0) {
    if (options.legend)
      context.out(`${colors.green}No jobs ${jobs.length < all.length ? 'listed' : 'running'}.${colors.normal}\n`);
    return 0;
  }
  const table = new Table('job', 'unit', 'type', 'state');
  const others = (word: string, list: readonly Job[]): void => {
    for (const other of list)
      table.add(glyphs.right, `\t${word} ${other.id} (${other.unit.id}/${other.type})`, undefined, undefined);
  };
  for await (const job of inTurns(context, jobs)) {
    const color = job.state === 'running' ? colors.highlight : '';
    table.add(String(job.id), { text: job.unit.id, color }, job.type, { text: job.state, color });
    if (options.jobsAfter) others('blocking job', jobsAfter(job));
    if (options.jobsBefore) others('waiting for job', jobsBefore(job));
  }
  await printInTurns(context, table.pieces({ header: options.legend, full: isFullWidth(context, options), style }));
  if (options.legend) context.out(`\n${colors.highlight}${jobs.length} jobs listed${colors.normal}.\n`);
  return 0;
};

export const verbClearJobs: Verb = (context, options) => {
  if (!options.dryRun) managerOf(context).jobs.clear();
  return 0;
};

export const verbCancel: Verb = (context, options, args) => {
  if (args.length === 0) return verbClearJobs(context, options, args);
  const manager = managerOf(context);
  let status = 0;
  for (const arg of args) {
    const id = parseUnsigned(arg);
    if (id === undefined) {
      const reason = /^\s*[+-]?\d+$/.test(arg) ? 'Numerical result out of range' : 'Invalid argument';
      failVerb(context, `Failed to parse job id "${arg}": ${reason}`);
    }
    const job = manager.jobs.find(id);
    if (job !== undefined) {
      manager.jobs.cancel(job);
      continue;
    }
    say(context, 'error', `${context.host.voice.systemctl.cancelFailed(id)}: Job ${id} does not exist.`);
    status = 1;
  }
  return status;
};
