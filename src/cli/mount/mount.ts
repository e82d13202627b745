/**
 * systemd-mount(1) and systemd-umount(1): a mount made as a transient unit, and mounts unmounted as units. options.ts has
 * the options, run.ts what is done. No udev tells of devices in a container: what it knows of them elsewhere (label, type,
 * whether they can be taken out) is not known, as where it does not run on a real system.
 */
import { change, query } from '../../program/access.ts';
import { CommandLine } from '../../program/command-line.ts';
import { plainFrame } from '../../program/help.ts';
import { say } from '../../program/messages.ts';
import { callOf, type ParsedCall, type Program, sayEnded } from '../../program/program.ts';
import { lazily } from '../../program/verbs.ts';
import type { CliContext } from '../common/context.ts';
import { unreachable } from '../common/reach.ts';
import { abbreviable, newDraft, options, settleOptions } from './options.ts';

const commandLine = new CommandLine({
  frame: {
    ...plainFrame,
    usage:
      '[OPTIONS...] WHAT [WHERE]\n' +
      'systemd-mount [OPTIONS...] --tmpfs [NAME] WHERE\n' +
      'systemd-mount [OPTIONS...] --list\n' +
      'systemd-mount [OPTIONS...] --umount WHAT|WHERE...',
    about: 'Establish a mount or auto-mount point transiently.',
    width: 31,
    manual: 'systemd-mount(1)',
  },
  options,
  abbreviable,
  errors: 'logged',
  defaults: newDraft,
  settle: settleOptions,
});

export const systemdMount: Program<CliContext> = { commandLine, parse };

/** Not needed where another process answers. */
export const openMount = lazily(() => import('./run.ts'));

const starts = change('Failed to start transient mount unit', { starts: true });
const stops = change('Failed to stop mount unit');

function parse(context: CliContext): ParsedCall<CliContext> | number {
  const parsed = commandLine.parse(context);
  if ('status' in parsed) return sayEnded(context, parsed);
  const { options } = parsed;
  const { action, user } = options;
  const scope = user ? 'user' : 'system';
  const wrong = unreachable(context, { ...options, scope });
  if (wrong !== undefined) {
    say(context, 'error', wrong);
    return 1;
  }
  const run = async (running: CliContext): Promise<number> => {
    const { runMount } = await openMount();
    return runMount(running, options);
  };
  if (action === 'list')
    return callOf(query({ files: true }), context.argv, run, { pager: options.noPager ? undefined : 'start' });
  return callOf(action === 'unmount' ? stops : starts, context.argv, run, { scope });
}
