/**
 * What systemctl.py (docker-systemctl-replacement) has and systemd's systemctl has not, for images whose Dockerfiles and
 * scripts were written for it: docs/migrating.md has the whole of it. systemctl(1) comes first: a verb or an option of its
 * own is never answered here.
 *
 *   options.ts     its options beside systemctl's own
 *   verbs.ts       its verbs, one row each; they are in units.ts, files.ts and small.ts, and in log.ts, which calls journalctl
 *   own-options.ts what its options do to a call of systemctl's
 *   extra-vars.ts  -e, as a drop-in; localhost.ts: -4 and -6
 *   init-words.ts  the same options where the call becomes a manager
 *
 * Which calls become a manager is the front door's to know (native/client/manager-call.c).
 */

import { CommandLine } from '../../program/command-line.ts';
import { say } from '../../program/messages.ts';
import { callOf, type ParsedCall, type Program, sayEnded } from '../../program/program.ts';
import { accessOf, countComplaint, verbFinder } from '../../program/verbs.ts';
import type { CliContext } from '../common/context.ts';
import { statusOf } from '../common/failure.ts';
import { unreachable } from '../common/reach.ts';
import { table, understand } from '../systemctl/systemctl.ts';
import { verbNamed } from '../systemctl/verbs.ts';
import { newDraft, options, type PySystemctlOptions } from './options.ts';
import { changeHosts, noticesOf, withOwnOptions } from './own-options.ts';
import { type PyVerbRow, verbs } from './verbs.ts';

const commandLine = new CommandLine({
  ...table,
  verbs: [...table.verbs, ...verbs],
  options,
  defaults: newDraft,
});

/** systemctl, and what its callers may know from systemctl.py. */
export const systemctl: Program<CliContext> = { commandLine, parse };

const ownVerbNamed = verbFinder<PyVerbRow>(verbs);

function parse(context: CliContext): ParsedCall<CliContext> | number {
  const parsed = commandLine.parse(context);
  if ('status' in parsed) return sayEnded(context, parsed);
  const { options, operands } = parsed;
  const [name = '', ...args] = operands;
  const own = verbNamed(name) === undefined ? ownVerbNamed(name) : undefined;
  if (own !== undefined) return parseOwn(context, options, name, own, args);
  const call = understand(context, parsed);
  return typeof call === 'number' ? call : withOwnOptions(call, options, operands);
}

function parseOwn(
  context: CliContext,
  options: PySystemctlOptions,
  name: string,
  verb: PyVerbRow,
  args: readonly string[],
): ParsedCall<CliContext> | number {
  const access = accessOf(verb.access, args, options);
  const { root, scope } = options;
  const wrong =
    options.image !== undefined
      ? 'Disk images are not supported, --image= cannot be used.'
      : access.files !== true && root !== undefined
        ? `Verb '${name}' cannot be used with --root= or --image=.`
        : countComplaint(verb, args);
  if (wrong !== undefined) {
    say(context, 'error', wrong);
    return 1;
  }
  const unpaged = options.noPager || verb.pager === 'direct' || (verb.pager === 'unless followed' && options.force > 0);
  return callOf(access, args, (running) => runOwn(running, options, name, verb, args), {
    scope: scope === 'global' ? 'user' : scope,
    offline: root !== undefined,
    pager: unpaged ? undefined : 'start',
  });
}

async function runOwn(
  context: CliContext,
  options: PySystemctlOptions,
  name: string,
  verb: PyVerbRow,
  args: readonly string[],
): Promise<number> {
  const wrong = unreachable(context, options);
  if (wrong !== undefined) {
    say(context, 'error', wrong);
    return 1;
  }
  for (const notice of noticesOf(options, name)) say(context, 'notice', notice);
  if (options.localhost !== undefined) changeHosts(context, options.localhost);
  const run = await verb.load();
  return statusOf(() => run(context, options, args));
}
