/** telinit(8), also as init beside a manager. */

import type { Objective } from '../../manager/objective.ts';
import { change } from '../../program/access.ts';
import { CommandLine } from '../../program/command-line.ts';
import type { Help, Section } from '../../program/help.ts';
import { fail, nothing, option, showHelp } from '../../program/options.ts';
import { simpleProgram } from '../../program/program.ts';
import { type VerbSynopsis, verbFinder } from '../../program/verbs.ts';
import type { CliContext } from '../common/context.ts';
import { statusOf } from '../common/failure.ts';
import { runJobs } from '../common/jobs.ts';
import { managerOf } from '../common/manager-view.ts';
import { renewManager } from '../common/reload.ts';
import { end, haltFrame } from './halt.ts';

/** A letter or digit, and what it does. */
interface Command extends VerbSynopsis {
  readonly run: (context: CliContext) => number | Promise<number>;
}

const command = (synopsis: string, help: Help, run: Command['run']): Command => ({ synopsis, help, run });

const ending =
  (objective: Objective): Command['run'] =>
  (context) =>
    end(context, objective);

const telling =
  (how: 'reload' | 'reexec'): Command['run'] =>
  (context) =>
    statusOf(async () => {
      await renewManager(context, how);
      return 0;
    });

const isolating =
  (target: string): Command['run'] =>
  (context) => {
    const options = {
      quiet: false,
      scope: 'system',
      dryRun: false,
      noBlock: false,
      wait: false,
      showTransaction: false,
    } as const;
    return statusOf(() =>
      runJobs(context, managerOf(context), options, { type: 'start', word: 'start' }, [target], 'isolate'),
    );
  };

const commands: readonly Section<Command>[] = [
  [
    undefined,
    [
      command('0', 'Power off', ending('poweroff')),
      command('6', 'Reboot', ending('reboot')),
      command('2, 3, 4', ['2, 3, 4, 5', 'Start runlevelX.target'], isolating('multi-user.target')),
      command('5', undefined, isolating('graphical.target')),
      command('1, s, S', ['1, s, S', 'Rescue mode'], isolating('rescue.target')),
      command('q, Q', ['q, Q', 'Read unit files again'], telling('reload')),
      command('u, U', ['u, U', 'Replace the manager by a new one'], telling('reexec')),
    ],
  ],
];

const commandNamed = verbFinder<Command>(commands);

const commandLine = new CommandLine<{ run: Command['run'] }>({
  frame: { ...haltFrame, usage: '[OPTIONS...] COMMAND', about: 'Tells the init what to do.' },
  verbs: commands,
  options: [
    [undefined, [option('--help', 'This text', showHelp), option('--no-wall', 'No message to terminals', nothing)]],
  ],
  errors: 'logged',
  defaults: () => ({ run: () => 0 }),
  settle: (chosen, [name, ...more], { program }) => {
    if (name === undefined) fail(`${program}: required argument missing.`);
    if (more.length > 0) fail('Too many arguments.');
    if (name.length !== 1) fail('Expected single character argument.');
    chosen.run = (commandNamed(name) ?? fail(`Unknown command '${name}'.`)).run;
  },
});

export const telinit = simpleProgram(
  commandLine,
  change('Failed to execute operation'),
  (context: CliContext, { run }) => run(context),
);
