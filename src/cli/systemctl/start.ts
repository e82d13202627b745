/** start, stop, restart, reload and what becomes of them. */
import type { Job } from '../../jobs/job.ts';
import { styleOf } from '../../program/colors.ts';
import { say } from '../../program/messages.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb, isBusError } from '../common/failure.ts';
import { type Action, awaited, runJobs, waitForJobs } from '../common/jobs.ts';
import { managerOf } from '../common/manager-view.ts';
import type { SystemctlOptions } from './options.ts';
import { expandUnitNames } from './units.ts';
import type { Verb } from './verb.ts';

const start: Action = { type: 'start', word: 'start' };

const actions = {
  start,
  isolate: start,
  stop: { type: 'stop', word: 'stop' },
  reload: { type: 'reload', word: 'reload' },
  restart: { type: 'restart', word: 'restart' },
  'try-restart': { type: 'try-restart', word: 'try-restart' },
  'reload-or-restart': { type: 'reload-or-start', word: 'reload-or-restart' },
  'try-reload-or-restart': { type: 'try-reload', word: 'reload-or-try-restart' },
} as const satisfies Record<string, Action>;

export function verbStart(verb: keyof typeof actions): Verb {
  const action: Action = actions[verb];
  return async (context, options, args) => {
    const manager = managerOf(context);
    if (options.wait && verb !== 'start' && verb !== 'restart')
      failVerb(context, "--wait may only be used with the 'start' or 'restart' commands.");
    if (options.marked) {
      const { markedIsOld } = context.host.voice.systemctl;
      if (markedIsOld !== undefined) say(context, 'warning', markedIsOld);
      return restartMarked(context, options);
    }
    const suffix = verb === 'isolate' ? '.target' : '.service';
    const { names, expanded } = await expandUnitNames(context, manager, options, args, { suffix });
    if (expanded && !options.all && action.type === 'start' && !options.quiet) warnOfPattern(context);
    const mode = verb === 'isolate' ? 'isolate' : options.jobMode;
    return runJobs(context, manager, options, action, names, mode);
  };
}

/** What --marked of reload-or-restart is, as a verb of its own. */
export const verbEnqueueMarked: Verb = (context, options) => restartMarked(context, options);

/** --marked: as systemd 252 does, what is to be reloaded is restarted, too. */
async function restartMarked(context: CliContext, options: SystemctlOptions): Promise<number> {
  const manager = managerOf(context);
  const jobs = new Set<Job>();
  let refused = false;
  for (const unit of [...manager.units.all()])
    if (unit.markers.size > 0)
      try {
        jobs.add(manager.requests.marked(unit));
      } catch (error) {
        if (!isBusError(error)) throw error;
        unit.log(4, `Failed to enqueue marked job: ${error.message}`);
        refused = true;
      }
  if (refused)
    return failVerb(
      context,
      'Failed to start jobs: Failed to enqueue some jobs, see logs for details: Invalid request descriptor',
    );
  return options.noBlock || (await waitForJobs(context, options, [...jobs].map(awaited))) ? 0 : 1;
}

/** default, rescue, emergency: isolates a target. */
export function verbEnter(target: string): Verb {
  return (context, options) => runJobs(context, managerOf(context), options, start, [target], 'isolate');
}

function warnOfPattern(context: CliContext): void {
  const { colors } = styleOf(context);
  say(context, 'warning', `Warning: ${colors.red}systemctl start called with a glob pattern.${colors.normal}`);
  say(
    context,
    'notice',
    'Hint: unit globs expand to loaded units, so start will usually have no effect.\n' +
      '      Passing --all will also load units which are pulled in by other units.\n' +
      '      See systemctl(1) for more details.',
  );
}
