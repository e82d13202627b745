/** runlevel(8). */

import { query } from '../../program/access.ts';
import { CommandLine } from '../../program/command-line.ts';
import type { ProgramContext } from '../../program/context.ts';
import { fail, option, showHelp } from '../../program/options.ts';
import { simpleProgram } from '../../program/program.ts';
import { haltFrame } from './halt.ts';

const commandLine = new CommandLine({
  frame: { ...haltFrame, usage: '[OPTIONS...]', about: 'Prints the runlevel before and now.' },
  options: [[undefined, [option('--help', 'This text', showHelp)]]],
  errors: 'logged',
  defaults: () => ({}),
  settle: (_options, operands) => {
    if (operands.length > 0) fail('Too many arguments.');
  },
});

export const runlevel = simpleProgram(commandLine, query(), unknownRunlevel);

/** Nobody keeps a record of logins and runlevels (utmp(5)) in a container. */
function unknownRunlevel(context: ProgramContext): number {
  context.out('unknown\n');
  return 1;
}
