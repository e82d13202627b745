/**
 * systemctl under its old names: halt, poweroff and reboot here, shutdown, telinit (init) and runlevel in files of their
 * own. Their options are not systemctl's; what they do is (../common/shutdown.ts, ../common/jobs.ts).
 */

import type { Objective } from '../../manager/objective.ts';
import { change, type VerbAccess } from '../../program/access.ts';
import { CommandLine } from '../../program/command-line.ts';
import { plainFrame } from '../../program/help.ts';
import { fail, flag, nothing, type OptionRow, option, set, showHelp } from '../../program/options.ts';
import { type Program, simpleProgram } from '../../program/program.ts';
import type { CliContext } from '../common/context.ts';
import { shutDown } from '../common/shutdown.ts';

interface HaltOptions {
  objective: Objective;
  force: boolean;
  dryRun: boolean;
}

const rows: readonly OptionRow<HaltOptions>[] = [
  option('--help', 'This text', showHelp),
  option('--halt', 'Halt', set({ objective: 'halt' })),
  option('-p --poweroff', 'Power off', (options) => {
    if (options.objective !== 'reboot') options.objective = 'poweroff';
  }),
  option('--reboot', 'Reboot', set({ objective: 'reboot' })),
  option('-f --force', 'At once, without stopping services', flag('force')),
  option('-w --wtmp-only', 'Do nothing: there is no wtmp record', flag('dryRun')),
  option('-d --no-wtmp', 'No wtmp record', nothing),
  option('-n --no-sync', undefined, nothing),
  option('--no-wall', 'No message to terminals', nothing),
  option('-i', undefined, nothing),
  option('-h', undefined, nothing),
];

/** The frame of all of them. */
export const haltFrame = { ...plainFrame, width: 16, manual: undefined };

function haltProgram(name: 'halt' | 'poweroff' | 'reboot', usage: string, access: VerbAccess): Program<CliContext> {
  const commandLine = new CommandLine<HaltOptions>({
    frame: { ...haltFrame, usage, about: 'Stops everything and ends.' },
    options: [[undefined, rows]],
    errors: 'logged',
    defaults: () => ({ objective: name, force: false, dryRun: false }),
    settle: ({ objective }, operands) => {
      if (operands.length > (objective === 'reboot' ? 1 : 0)) fail('Too many arguments.');
    },
  });
  return simpleProgram(commandLine, access, (context: CliContext, { objective, force, dryRun }) =>
    end(context, objective, { force: force ? 2 : 0, dryRun }),
  );
}

export const halt = haltProgram('halt', '[OPTIONS...]', change('Call to Halt failed'));
export const poweroff = haltProgram('poweroff', '[OPTIONS...]', change('Call to PowerOff failed'));
export const reboot = haltProgram('reboot', '[OPTIONS...] [ARG]', change('Call to Reboot failed'));

/** Ends the system, in order where nothing else is said. */
export function end(
  context: CliContext,
  objective: Objective,
  { force = 0, dryRun = false }: { force?: number; dryRun?: boolean } = {},
): number | Promise<number> {
  return shutDown(context, { force, dryRun, quiet: false, noBlock: false }, objective);
}
