/** Calls taken apart: which program, which verb, on what, and how it is run. */

import type { CliContext } from '../cli/common/context.ts';
import { unreachable } from '../cli/systemctl/reach.ts';
import { say } from '../program/messages.ts';
import { versionText } from '../sys/version.ts';
import { accessOf, type CallPlace, type VerbAccess } from './access.ts';

export interface ParsedCall extends CallPlace {
  readonly args: readonly string[];
  readonly access: VerbAccess;
  /** Which manager is meant; undefined where any will do. */
  readonly scope: 'system' | 'user' | undefined;
  /** Needs no manager: about files only. */
  readonly filesOnly: boolean;
  /** May make something run that does not: a manager is started where there is none. */
  readonly starts: boolean;
  /** Whether, and from which end, a pager shows the output. */
  readonly pager: 'start' | 'end' | undefined;
  readonly run: (context: CliContext) => number | Promise<number>;
}

/** Takes a call apart; a number is the exit status of one that ends here (help, version, wrong arguments). */
export async function parseCall(context: CliContext): Promise<ParsedCall | number> {
  switch (context.program) {
    case 'systemctl':
      return parseSystemctlCall(context);
    case 'journalctl':
      return parseJournalctlCall(context);
    case 'systemd-analyze':
      return parseAnalyzeCall(context);
    case 'systemd-escape': {
      const { systemdEscape } = await import('../tools/escape/escape.ts');
      return plainCall(context, undefined, systemdEscape);
    }
    case 'systemd-run':
      return parseRunCall(context);
    case 'systemd-cgls':
      return parseCglsCall(context);
    case 'systemd-tmpfiles': {
      const { systemdTmpfiles } = await import('../tools/tmpfiles/tmpfiles.ts');
      return plainCall(context, undefined, systemdTmpfiles);
    }
    case 'systemd-sysusers': {
      const { systemdSysusers } = await import('../tools/sysusers/sysusers.ts');
      return plainCall(context, undefined, systemdSysusers);
    }
    case 'halt':
    case 'poweroff':
    case 'reboot':
    case 'shutdown':
    case 'telinit':
    case 'init':
    case 'runlevel':
      return parseLegacyCall(context);
    default:
      context.err(`${context.program}: not a program that pidone answers for.\n`);
      return 1;
  }
}

/** Verbs of systemctl whose output goes to a pager on a terminal, as real systemctl's does. */
const pagedVerbs: ReadonlySet<string> = new Set([
  'list-units',
  'list-automounts',
  'list-sockets',
  'list-timers',
  'list-jobs',
  'list-machines',
  'list-unit-files',
  'list-dependencies',
  'show',
  'status',
  'show-environment',
  'cat',
  'help',
]);

async function parseSystemctlCall(context: CliContext): Promise<ParsedCall | number> {
  const { parseOptions } = await import('../cli/systemctl/options.ts');
  const parsed = parseOptions(context);
  if ('status' in parsed) {
    context.out(parsed.out);
    context.err(parsed.err);
    return parsed.status;
  }
  const { options, operands } = parsed;
  const { misuse } = await import('../cli/systemctl/verbs.ts');
  const wrong = misuse(options, operands);
  if (wrong !== undefined) {
    say(context, 'error', wrong);
    return 1;
  }
  const [verb, ...args] = operands;
  const access = accessOf(context.program, verb, args);
  // There is no manager of all users: what is asked of one is asked of the user's own.
  const global = access.files === true ? undefined : 'user';
  const scope = options.scope === 'global' ? global : options.scope;
  return {
    program: context.program,
    verb,
    args,
    // --global is work on files with the caller's rights; root's may as well be the manager's.
    offline:
      options.root !== undefined ||
      options.image !== undefined ||
      (options.scope === 'global' && context.caller.uid !== 0),
    access,
    scope,
    filesOnly: access.files === true && !options.now,
    starts: access.starts === true || (options.now && (verb === 'enable' || verb === 'reenable')),
    pager: !options.noPager && pagedVerbs.has(verb ?? 'list-units') ? 'start' : undefined,
    run: async (running) => {
      const { runVerb } = await import('../cli/systemctl/verbs.ts');
      return runVerb(running, options, operands);
    },
  };
}

async function parseJournalctlCall(context: CliContext): Promise<ParsedCall | number> {
  const { belongsToCaller, journalctl, parseJournalctl } = await import('../cli/journalctl/journalctl.ts');
  const parsed = parseJournalctl(context);
  if ('error' in parsed) {
    context.err(`${parsed.error}\n`);
    return 1;
  }
  const { options } = parsed;
  return {
    ...plainCall(context, undefined, async (running) => {
      const status = await journalctl(running);
      return status === 'local' ? 1 : status;
    }),
    offline: belongsToCaller(options),
    pager: options.noPager || options.follow ? undefined : options.pagerEnd ? 'end' : 'start',
  };
}

async function parseAnalyzeCall(context: CliContext): Promise<ParsedCall> {
  const { systemdAnalyze } = await import('../cli/analyze/analyze.ts');
  const verb = context.argv.find((argument) => !argument.startsWith('-'));
  const noPager = context.argv.includes('--no-pager');
  return { ...plainCall(context, verb, systemdAnalyze), pager: noPager ? undefined : 'start' };
}

async function parseRunCall(context: CliContext): Promise<ParsedCall | number> {
  const { parseRun } = await import('../cli/run/options.ts');
  const parsed = parseRun(context);
  if ('help' in parsed) {
    const { runHelp } = await import('../cli/run/help.ts');
    context.out(runHelp(context));
    return 0;
  }
  if ('version' in parsed) {
    context.out(versionText());
    return 0;
  }
  if ('error' in parsed) {
    if (parsed.plain) context.err(`${parsed.error}\n`);
    else say(context, 'error', parsed.error);
    return 1;
  }
  const { options, warnings } = parsed;
  const wrong = unreachable(context, { ...options, scope: options.user ? 'user' : 'system' });
  if (wrong !== undefined) {
    say(context, 'error', wrong);
    return 1;
  }
  return {
    ...plainCall(context, undefined, async (running) => {
      const { runTransient } = await import('../cli/run/run.ts');
      return runTransient(running, options, warnings);
    }),
    scope: options.user ? 'user' : 'system',
  };
}

async function parseCglsCall(context: CliContext): Promise<ParsedCall | number> {
  const { parseCgls, systemdCgls } = await import('../cli/cgls/cgls.ts');
  const parsed = parseCgls(context);
  if ('status' in parsed) return parsed.status;
  return {
    ...plainCall(context, undefined, (running) => systemdCgls(running, parsed)),
    scope: parsed.units ?? 'system',
    pager: parsed.noPager ? undefined : 'start',
  };
}

async function parseLegacyCall(context: CliContext): Promise<ParsedCall | number> {
  const { parseLegacy } = await import('../cli/halt/halt.ts');
  const parsed = parseLegacy(context);
  if ('status' in parsed) {
    context.out(parsed.out);
    context.err(parsed.err);
    return parsed.status;
  }
  return plainCall(context, undefined, parsed.run);
}

/** A call whose program has one way to be answered. */
function plainCall(context: CliContext, verb: string | undefined, run: ParsedCall['run']): ParsedCall {
  const { program, argv } = context;
  const access = accessOf(program, verb, argv);
  return {
    program,
    verb,
    args: argv,
    offline: false,
    access,
    scope: undefined,
    filesOnly: access.files === true,
    starts: access.starts === true,
    pager: undefined,
    run,
  };
}
