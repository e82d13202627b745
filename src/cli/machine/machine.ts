/**
 * pidone-machine: what the library (src/library) asks of a manager, answered in lines of JSON. systemctl's words are for
 * people, and each of its calls has an end: this says what came of jobs unit by unit, and `watch` goes on until the caller
 * goes, with a line for each change of a unit and each entry of the journal.
 *
 *   verbs.ts    which verbs there are, and who may call them
 *   watch.ts    changes and entries as they come
 *   units.ts    units as they are
 *   jobs.ts     jobs and what came of them; what a job would bring with it
 *   journal.ts  entries that there are
 *   processes.ts  which process is whose
 *   states.ts   a unit as a line
 */
import { CommandLine } from '../../program/command-line.ts';
import { plainFrame } from '../../program/help.ts';
import { option, showHelp, showVersion, text } from '../../program/options.ts';
import { callOf, type ParsedCall, type Program, sayEnded } from '../../program/program.ts';
import { accessOf, countComplaint } from '../../program/verbs.ts';
import type { CliContext } from '../common/context.ts';
import { isJobMode } from '../common/jobs.ts';
import type { MachineOptions } from './verb.ts';
import { verbNamed, verbs } from './verbs.ts';

const commandLine = new CommandLine<MachineOptions>({
  frame: {
    ...plainFrame,
    usage: '[OPTIONS...] COMMAND ...',
    about: 'Speak with the manager in lines of JSON.',
    width: 22,
    manual: undefined,
  },
  verbs,
  options: [
    [
      'Options',
      [
        option('-h --help', 'Show this help', showHelp),
        option('--version', 'Show package version', showVersion),
        option('--mode=MODE', 'How a job treats those that are queued (systemctl --job-mode=)', text('mode')),
      ],
    ],
  ],
  errors: 'plain',
  defaults: () => ({ mode: 'replace' }),
  settle: () => {},
});

export const pidoneMachine: Program<CliContext> = { commandLine, parse };

function parse(context: CliContext): ParsedCall<CliContext> | number {
  const parsed = commandLine.parse(context);
  if ('status' in parsed) return sayEnded(context, parsed);
  const { options } = parsed;
  const [name, ...args] = parsed.operands;
  const verb = name === undefined ? undefined : verbNamed(name);
  if (verb === undefined)
    return complain(context, name === undefined ? 'A verb is missing.' : `Unknown command verb ${name}.`);
  const wrong = countComplaint(verb, args);
  if (wrong !== undefined) return complain(context, wrong);
  if (!isJobMode(options.mode)) return complain(context, `Job mode ${options.mode} invalid`);
  const run = async (running: CliContext): Promise<number> => {
    if (running.manager === undefined || running.manager.resting) return complain(running, 'There is no manager.');
    return (await verb.load())(running, options, args);
  };
  return callOf(accessOf(verb.access, args, options), args, run);
}

function complain(context: CliContext, message: string): number {
  context.err(`${message}\n`);
  return 1;
}
