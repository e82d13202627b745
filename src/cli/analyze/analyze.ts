/**
 * systemd-analyze(1): options in options.ts, verbs in verbs.ts, a file for each verb or two. time, blame, critical-chain
 * and plot share boot-times.ts; verify and security --offline= load units through a manager of their own
 * (loading-manager.ts); what security finds is in security/, what dump says in dump/. aligned.ts, load-path.ts and
 * time-hints.ts are what several verbs print or look up.
 *
 * It changes nothing but the three settings of the manager that systemctl has, too (../common/manager-settings.ts).
 */
import { CommandLine } from '../../program/command-line.ts';
import { plainFrame } from '../../program/help.ts';
import { callOf, endedCall, type ParsedCall, type Program, sayEnded } from '../../program/program.ts';
import { accessOf, countComplaint, verbWords } from '../../program/verbs.ts';
import { closestWord } from '../../text/closest.ts';
import type { CliContext } from '../common/context.ts';
import { abbreviable, defaultOptions, options, settleOptions } from './options.ts';
import { verbNamed, verbs } from './verbs.ts';

const commandLine = new CommandLine({
  frame: {
    ...plainFrame,
    usage: '[OPTIONS...] COMMAND ...',
    about: 'Profile systemd, show unit dependencies, check unit files.',
    highlightAbout: true,
    width: 26,
    manual: 'systemd-analyze(1)',
  },
  verbs,
  options,
  abbreviable,
  errors: 'plain',
  defaults: defaultOptions,
  settle: settleOptions,
});

export const systemdAnalyze: Program<CliContext> = { commandLine, parse };

function parse(context: CliContext): ParsedCall<CliContext> | number {
  const parsed = commandLine.parse(context);
  const { options } = parsed;
  const pager = options.noPager ? undefined : 'start';
  if ('status' in parsed) return parsed.status === 0 ? endedCall(parsed, pager) : sayEnded(context, parsed);
  const [name = 'time', ...args] = parsed.operands;
  // no row: the text is made of the rows
  if (name === 'help') return endedCall({ out: commandLine.help(context), err: '', status: 0 }, pager);
  const verb = verbNamed(name);
  const wrong =
    verb === undefined
      ? context.host.voice.systemctl.unknownVerb(name, closestWord(verbWords(verbs), name))
      : countComplaint(verb, args);
  if (verb === undefined || wrong !== undefined) {
    context.err(`${wrong}\n`);
    return 1;
  }
  const run = async (running: CliContext): Promise<number> => (await verb.load())(running, options, args);
  return callOf(accessOf(verb.access, args, options), args, run, { pager });
}
