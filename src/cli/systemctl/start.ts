/** start, stop, restart, reload and what becomes of them. */
import { styleOf } from '../../program/colors.ts';
import { say } from '../../program/messages.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb } from '../common/failure.ts';

import { type Action, runJobs } from '../common/jobs.ts';
import { managerOf } from '../common/manager-view.ts';

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
  return (context, options, args) => {
    const manager = managerOf(context);
    if (options.wait && verb !== 'start' && verb !== 'restart')
      failVerb(context, "--wait may only be used with the 'start' or 'restart' commands.");
    // No unit can carry a mark here (Markers=), so there is nothing to queue.
    if (options.marked) return 0;
    const suffix = verb === 'isolate' ? '.target' : '.service';
    const { names, expanded } = expandUnitNames(context, manager, options, args, { suffix });
    if (expanded && !options.all && action.type === 'start' && !options.quiet) warnOfPattern(context);
    const mode = verb === 'isolate' ? 'isolate' : options.jobMode;
    return runJobs(context, manager, options, action, names, mode);
  };
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
