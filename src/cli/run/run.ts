/**
 * systemd-run(1): a command in a service, a scope, or behind a timer, path or socket unit, made for it. options.ts has
 * the options and what they mean together, transient.ts makes the units through the manager, wait.ts sees a service to
 * its end. How settings become the text of a unit file is in ../common/unit-text.ts.
 *
 * Passing the caller's descriptors and becoming its command is for the front door (native/client/), which the manager
 * asks over the control socket; without a manager src/main/own-process.ts starts one and hands the call over.
 */
import { change } from '../../program/access.ts';
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
    usage: '[OPTIONS...] COMMAND [ARGUMENTS...]',
    about: 'Run the specified command in a transient scope or service.',
    highlightAbout: true,
    width: 31,
    manual: 'systemd-run(1)',
  },
  options,
  abbreviable,
  stopsAtOperand: true,
  errors: 'logged',
  defaults: newDraft,
  settle: settleOptions,
});

export const systemdRun: Program<CliContext> = { commandLine, parse };

/** Not needed where another process answers. */
export const openTransient = lazily(() => import('./transient.ts'));

const access = change('Failed to start transient service unit', { starts: true });

function parse(context: CliContext): ParsedCall<CliContext> | number {
  const parsed = commandLine.parse(context);
  if ('status' in parsed) return sayEnded(context, parsed);
  const { options } = parsed;
  const scope = options.user ? 'user' : 'system';
  const wrong = unreachable(context, { ...options, scope });
  if (wrong !== undefined) {
    say(context, 'error', wrong);
    return 1;
  }
  const run = async (running: CliContext): Promise<number> => {
    const { runTransient } = await openTransient();
    return runTransient(running, options);
  };
  return callOf(access, context.argv, run, { scope });
}
