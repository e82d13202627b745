/**
 * systemctl(1). A call is an option table (options.ts) and a row of the verb table (verbs.ts), which has who may call it
 * (access.ts); the verb itself is a function of type `Verb` in the file of its family: list, status, show, is, deps,
 * cat and manual look at units; start, control and jobs do something to them; install, edit and unit-files work on unit
 * files, sysv-install on init scripts, install-messages says what changed; environment and system are about the manager.
 * units.ts finds units by what was typed, output.ts prints lists and moments, word-lists.ts has what `-t help` shows.
 *
 * What other programs do as well is in ../common/, which properties there are in ../show/. Nothing here knows in which
 * process it runs: a verb finds a manager in its context, or none.
 */

import { CommandLine, type Parsed } from '../../program/command-line.ts';
import { say } from '../../program/messages.ts';
import { callOf, type ParsedCall, type Program, sayEnded } from '../../program/program.ts';
import { accessOf, countComplaint, verbWords } from '../../program/verbs.ts';
import { type Host, SystemError } from '../../sys/host.ts';
import { closestWord } from '../../text/closest.ts';
import { parseBoolean } from '../../text/numbers.ts';
import type { CliContext } from '../common/context.ts';
import { statusOf } from '../common/failure.ts';
import { unreachable } from '../common/reach.ts';
import { abbreviable, newDraft, options, type SystemctlOptions, settleOptions } from './options.ts';
import { type SystemctlVerb, verbNamed, verbs } from './verbs.ts';

/** What its command line is made of. */
export const table = {
  frame: {
    usage: '[OPTIONS...] COMMAND ...',
    about: 'Starts, stops and inspects services of this container.',
    highlightAbout: true,
    underlineTitles: true,
    width: 33,
    manual: undefined,
    linkManual: false,
  },
  verbs,
  options,
  abbreviable,
  errors: 'logged',
  defaults: newDraft,
  settle: settleOptions,
} as const;

export const commandLine = new CommandLine(table);

const defaultVerb = 'list-units';

export const systemctl: Program<CliContext> = {
  commandLine,
  parse: (context) => understand(context, commandLine.parse(context)),
};

/** A call whose options and operands are known; a number is the exit status of one that ends here. */
export function understand(context: CliContext, parsed: Parsed<SystemctlOptions>): ParsedCall<CliContext> | number {
  if ('status' in parsed) return sayEnded(context, parsed);
  const { options } = parsed;
  // What is asked about a planned end needs no verb, and heeds none.
  const asksOfPlan = options.when === 'show' || options.when === 'cancel';
  const [name = defaultVerb, ...args] = asksOfPlan ? ['poweroff'] : parsed.operands;
  const { missingVerbs, unknownVerb, guessedFirst } = context.host.voice.systemctl;
  const verb = missingVerbs.includes(name) ? undefined : verbNamed(name);
  if (options.image !== undefined) return refuse(context, 'Disk images are not supported, --image= cannot be used.');
  if (verb === undefined) {
    const words = [...guessedFirst, ...verbWords(verbs)].filter(
      (word) => verbNamed(word) !== undefined && !missingVerbs.includes(word),
    );
    return refuse(context, unknownVerb(name, closestWord(words, name)));
  }
  const wrong = misuse(options, name, verb, args);
  if (wrong !== undefined) return refuse(context, wrong);
  const access = accessOf(verb.access, args, options);
  const { scope, now, root } = options;
  if (scope === 'global' && access.files !== true && context.host.voice.systemctl.globalNeedsFiles)
    return refuse(context, '--global is not supported for this operation.');
  return callOf(access, args, (running) => runVerb(running, options, name, verb, args), {
    // There is no manager of all users: what is asked of one is asked of the user's own.
    scope: scope === 'global' ? (access.files === true ? undefined : 'user') : scope,
    // --global is work on files with the caller's rights; root's may as well be the manager's.
    offline: root !== undefined || (scope === 'global' && context.caller.uid !== 0),
    filesOnly: access.files === true && !now,
    pager: verb.pager === 'paged' && !options.noPager ? 'start' : undefined,
  });
}

function refuse(context: CliContext, text: string): number {
  say(context, 'error', text);
  return 1;
}

/** What is wrong with a call, whatever runs or does not: arguments, options that don't go with the verb. */
function misuse(
  { root, scope }: SystemctlOptions,
  name: string,
  verb: SystemctlVerb,
  args: readonly string[],
): string | undefined {
  if (verb.place !== 'files' && root !== undefined) return `Verb '${name}' cannot be used with --root= or --image=.`;
  const miscounted = countComplaint(verb, args);
  if (miscounted !== undefined) return miscounted;
  return verb.place === 'system' && scope !== 'system' ? `Bad action for --${scope} mode.` : undefined;
}

async function runVerb(
  context: CliContext,
  options: SystemctlOptions,
  name: string,
  verb: SystemctlVerb,
  args: readonly string[],
): Promise<number> {
  // Files below another root are this system's, whatever else is said.
  const own = options.root !== undefined || name === 'edit' || name === 'cat';
  const wrong = own ? undefined : unreachable(context, options);
  if (wrong !== undefined) return refuse(context, wrong);
  if (verb.place !== 'files' && isInChroot(context)) {
    say(context, 'info', `Running in chroot, ignoring command '${name}'`);
    return 0;
  }
  const run = await verb.load();
  return statusOf(() => run(context, options, args));
}

/** A chroot's systemctl changes nothing: the manager that runs is not the chroot's (systemd(1), $SYSTEMD_OFFLINE). */
function isInChroot({ host, env, manager }: CliContext): boolean {
  const offline = env.SYSTEMD_OFFLINE === undefined ? undefined : parseBoolean(env.SYSTEMD_OFFLINE);
  if (offline !== undefined) return offline;
  if (manager?.host.isInit === true) return false;
  if (env.SYSTEMD_IGNORE_CHROOT !== undefined && parseBoolean(env.SYSTEMD_IGNORE_CHROOT) === true) return false;
  // In a pod that shares its processes, PID 1 is another container's, with a root of its own.
  if (host.virtualization().container !== 'none' && groupOf(host, '1') !== groupOf(host, 'self')) return false;
  const outer = host.files.tryStat('/proc/1/root');
  const own = host.files.tryStat('/');
  return outer !== undefined && own !== undefined && (outer.dev !== own.dev || outer.ino !== own.ino);
}

function groupOf(host: Host, process: string): string {
  try {
    return host.files.readText(`/proc/${process}/cgroup`, 65_536);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return '';
  }
}
