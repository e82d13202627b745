/**
 * pidone(1): what is pidone's own and no program of systemd's. Its one verb is `doctor`: what the container permits, and what
 * becomes of the units in it.
 *
 *   doctor.ts        the verb
 *     patient.ts       whose rights count: the manager's, where one runs
 *     container.ts     what the container permits
 *     examine.ts       the units: what each start would ask for, and which settings do nothing
 *       needs.ts         programs that need more than their unit says; init-scripts.ts: scripts that do
 *       described-users.ts  users that a boot makes
 *       places.ts        where it is said: file and line
 *     changes.ts       what to change
 *     report.ts        the page, and the JSON document
 *
 * What a start asks for is told by src/exec/foreseen.ts, which settings do nothing by src/exec/without-effect.ts, what a
 * container withholds by ../common/limits.ts, as at a boot.
 */
import { ownBusiness } from '../../program/access.ts';
import { CommandLine } from '../../program/command-line.ts';
import { plainFrame, type Section } from '../../program/help.ts';
import { isJsonMode } from '../../program/json.ts';
import { fail, flag, option, showHelp, showVersion } from '../../program/options.ts';
import { callOf, type ParsedCall, type Program, sayEnded } from '../../program/program.ts';
import { countComplaint, type Run, type VerbRow, verbFinder } from '../../program/verbs.ts';
import type { CliContext } from '../common/context.ts';
import type { PidoneOptions } from './options.ts';

/** A wrong call is told apart from what a call has found. */
const wrongCall = 2;

const jsonModes = { short: 'json', pretty: 'json-pretty' } as const;

export function pidoneProgram(ownUnits: string): Program<CliContext> {
  const rows: readonly VerbRow<CliContext, PidoneOptions>[] = [
    {
      synopsis: 'doctor [UNIT...]',
      help: 'What this container permits, and which units will fail in it and why',
      access: ownBusiness,
      load: async () => {
        const { doctor } = await import('./doctor.ts');
        return (context, options, names) => doctor(context, { ...options, names, ownUnits });
      },
    },
  ];
  const verbs: readonly Section<VerbRow<CliContext, PidoneOptions>>[] = [['Commands', rows]];
  const commandLine = new CommandLine<PidoneOptions>({
    frame: {
      ...plainFrame,
      usage: '[OPTIONS...] COMMAND ...',
      about: 'Ask about pidone itself.',
      width: 22,
      manual: 'pidone(1)',
    },
    verbs,
    options: [
      [
        'Options',
        [
          option('-h --help', 'Show this help', showHelp),
          option('--version', 'Show package version', showVersion),
          option('-a --all', 'Look at all units that are installed, list everything', flag('all')),
          option('--json[=MODE]', 'Answer in JSON (short, pretty)', (options, value) => {
            const mode = jsonModes[(value || 'short') as keyof typeof jsonModes] ?? value;
            options.json = isJsonMode(mode) ? mode : fail(`Unknown mode --json=${value}: it is short or pretty.`);
          }),
        ],
      ],
    ],
    errors: 'plain',
    defaults: () => ({ all: false, json: undefined }),
    settle: () => {},
  });
  const find = verbFinder(verbs);
  const parse = (context: CliContext): ParsedCall<CliContext> | number => {
    const parsed = commandLine.parse(context);
    if ('status' in parsed) return sayEnded(context, parsed) === 0 ? 0 : wrongCall;
    const [name, ...args] = parsed.operands;
    const verb = name === undefined ? undefined : find(name);
    const wrong =
      name === undefined
        ? 'A command is missing: doctor.'
        : verb === undefined
          ? `Unknown command ${name}: it is doctor, or the name of a program (pidone systemctl …).`
          : countComplaint(verb, args);
    if (verb === undefined || wrong !== undefined) {
      context.err(`${wrong}\n`);
      return wrongCall;
    }
    const { options } = parsed;
    const run = async (running: CliContext): Promise<number> => {
      const does: Run<CliContext, PidoneOptions> = await verb.load();
      return does(running, options, args);
    };
    return callOf(ownBusiness, args, run, { pager: undefined });
  };
  return { commandLine, parse };
}
