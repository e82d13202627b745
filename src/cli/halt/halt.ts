/** systemctl under its old names: halt, poweroff, reboot, shutdown, telinit (init), runlevel. */

import type { Objective } from '../../manager/objective.ts';
import { type ArgumentKind, OptionReader, type OptionSet } from '../../program/getopt.ts';
import { message } from '../../program/messages.ts';
import { parseUnsigned } from '../../text/numbers.ts';
import type { CliContext } from '../common/context.ts';
import { managerOf } from '../common/manager-view.ts';
import { defaultOptions } from '../systemctl/options.ts';
import { callersZone } from '../systemctl/output.ts';
import { runJobs } from '../systemctl/start.ts';
import { planShutdown, showPlanned, shutDown } from '../systemctl/system.ts';
import { VerbFailed } from '../systemctl/units.ts';

export const legacyPrograms = ['halt', 'poweroff', 'reboot', 'shutdown', 'telinit', 'init', 'runlevel'] as const;
export type LegacyProgram = (typeof legacyPrograms)[number];

/** A call that is understood; `run` needs a manager. */
export interface LegacyCall {
  readonly run: (context: CliContext) => Promise<number>;
}

type ParseContext = Pick<CliContext, 'program' | 'argv' | 'host' | 'env' | 'terminal'>;
export type LegacyResult = LegacyCall | { readonly out: string; readonly err: string; readonly status: number };

/** getopt's own messages are never coloured. */
const misused = (text: string): LegacyResult => ({ out: '', err: `${text}\n`, status: 1 });
const failed = (context: ParseContext, text: string): LegacyResult => ({
  out: '',
  err: message(context, 'error', text),
  status: 1,
});
const said = (out: string): LegacyResult => ({ out, err: '', status: 0 });

/** Those that have no long form. */
const shortOnly: ReadonlySet<string> = new Set(['cancel', 'dry-run', 'off', 'timeout', 'nothing']);

function optionSet<Id extends string>(long: readonly Id[], short: Readonly<Record<string, Id>>): OptionSet<Id> {
  const kind = (id: Id): ArgumentKind => (id === 'timeout' ? 'required' : 'none');
  return {
    long: long.filter((name) => !shortOnly.has(name)).map((name) => ({ name, argument: 'none' as const, id: name })),
    short: Object.fromEntries(Object.entries(short).map(([letter, id]) => [letter, { argument: kind(id), id }])),
  };
}

/** Takes a call of one of the old programs apart. */
export function parseLegacy(context: ParseContext): LegacyResult {
  switch (context.program as LegacyProgram) {
    case 'shutdown':
      return parseShutdown(context);
    case 'telinit':
    case 'init':
      return parseTelinit(context);
    case 'runlevel':
      return parseRunlevel(context);
    default:
      return parseHalt(context);
  }
}

function usage(program: string, synopsis: string, text: string, rows: readonly (readonly [string, string])[]): string {
  const lines = rows.map(([left, right]) => `  ${left.padEnd(16)} ${right}\n`).join('');
  return `${program} ${synopsis}\n\n${text}\n\n${lines}`;
}

// ---- halt, poweroff, reboot -----------------------------------------------------------------------------------------

const haltOptions = optionSet(
  ['help', 'halt', 'poweroff', 'reboot', 'force', 'wtmp-only', 'no-wtmp', 'no-sync', 'no-wall', 'nothing'],
  {
    p: 'poweroff',
    f: 'force',
    w: 'wtmp-only',
    d: 'no-wtmp',
    n: 'no-sync',
    i: 'nothing',
    h: 'nothing',
  },
);

function parseHalt(context: ParseContext): LegacyResult {
  const { program } = context;
  let objective: Objective = program === 'halt' || program === 'reboot' ? program : 'poweroff';
  let force = false;
  let dryRun = false;
  const reader = new OptionReader(program, haltOptions, context.argv);
  for (let option = reader.next(); option !== undefined; option = reader.next()) {
    if ('error' in option) return misused(option.error);
    if (option.id === 'help') return said(haltHelp(program));
    if (option.id === 'halt' || option.id === 'reboot') objective = option.id;
    else if (option.id === 'poweroff' && objective !== 'reboot') objective = 'poweroff';
    else if (option.id === 'force') force = true;
    else if (option.id === 'wtmp-only') dryRun = true;
  }
  if (reader.operands.length > (objective === 'reboot' ? 1 : 0)) return failed(context, 'Too many arguments.');
  return { run: async (running) => halt(running, objective, force, dryRun) };
}

function haltHelp(program: string): string {
  return usage(program, program === 'reboot' ? '[OPTIONS...] [ARG]' : '[OPTIONS...]', 'Stops everything and ends.', [
    ['   --help', 'This text'],
    ['   --halt', 'Halt'],
    ['-p --poweroff', 'Power off'],
    ['   --reboot', 'Reboot'],
    ['-f --force', 'At once, without stopping services'],
    ['-w --wtmp-only', 'Do nothing: there is no wtmp record'],
    ['-d --no-wtmp', 'No wtmp record'],
    ['   --no-wall', 'No message to terminals'],
  ]);
}

function halt(context: CliContext, objective: Objective, force: boolean, dryRun: boolean) {
  return shutDown(context, { ...defaultOptions(), force: force ? 2 : 0, dryRun }, objective);
}

// ---- shutdown -------------------------------------------------------------------------------------------------------

const shutdownOptions = optionSet(
  ['help', 'halt', 'poweroff', 'reboot', 'kexec', 'no-wall', 'show', 'cancel', 'dry-run', 'off', 'timeout', 'nothing'],
  {
    H: 'halt',
    P: 'poweroff',
    r: 'reboot',
    h: 'off',
    k: 'dry-run',
    K: 'kexec',
    a: 'nothing',
    t: 'timeout',
    f: 'nothing',
    F: 'nothing',
    c: 'cancel',
  },
);

function parseShutdown(context: ParseContext): LegacyResult {
  let action: Objective | 'cancel' | 'show' = 'poweroff';
  let dryRun = false;
  let noWall = false;
  const reader = new OptionReader(context.program, shutdownOptions, context.argv);
  for (let option = reader.next(); option !== undefined; option = reader.next()) {
    if ('error' in option) return misused(option.error);
    switch (option.id) {
      case 'help':
        return said(shutdownHelp(context.program));
      case 'halt':
      case 'poweroff':
      case 'reboot':
      case 'kexec':
      case 'cancel':
      case 'show':
        action = option.id;
        break;
      case 'off':
        if (action !== 'halt') action = 'poweroff';
        break;
      case 'dry-run':
        dryRun = true;
        break;
      case 'no-wall':
        noWall = true;
        break;
      default:
    }
  }
  if (action === 'cancel') return { run: (running) => Promise.resolve(cancelShutdown(running)) };
  if (action === 'show') return { run: (running) => Promise.resolve(showPlanned(running)) };
  const objective = action;
  const [time, ...words] = reader.operands;
  const atMs = time === undefined ? context.host.now() + 60_000 : parseShutdownTime(context, time);
  if (atMs === undefined) return failed(context, `Failed to parse time specification: ${time}`);
  if (atMs === 0) return { run: (running) => Promise.resolve(halt(running, objective, false, dryRun)) };
  const message = dryRun ? '' : words.join(' ');
  const options = { dryRun, noWall, message, quiet: false };
  return { run: (running) => Promise.resolve(planShutdown(running, options, objective, atMs)) };
}

/** Wall clock milliseconds; 0 for now. `now`, minutes with or without `+`, `hh:mm` (shutdown(8)). */
function parseShutdownTime(context: ParseContext, text: string): number | undefined {
  if (text === 'now') return 0;
  const nowMs = context.host.now();
  if (!text.includes(':')) {
    const minutes = parseUnsigned(text, Number.MAX_SAFE_INTEGER / 60_000);
    return minutes === undefined ? undefined : nowMs + minutes * 60_000;
  }
  const [, hour, minute] = /^\s*(\d+):\s*(\d+)$/.exec(text) ?? [];
  if (hour === undefined || minute === undefined || Number(hour) > 23 || Number(minute) > 59) return undefined;
  const nowSec = nowMs / 1000;
  const { offsetSec } = callersZone(context).at(Math.floor(nowSec));
  const local = nowSec + offsetSec;
  const wanted = Math.floor(local / 86_400) * 86_400 + Number(hour) * 3600 + Number(minute) * 60 - offsetSec;
  return (wanted > nowSec ? wanted : wanted + 86_400) * 1000;
}

function cancelShutdown(context: CliContext): number {
  managerOf(context).shutdown.schedule.set(undefined);
  return 0;
}

function shutdownHelp(program: string): string {
  return usage(program, '[OPTIONS...] [TIME] [WALL...]', 'Stops everything and ends, at once or later.', [
    ['   --help', 'This text'],
    ['-H --halt', 'Halt'],
    ['-P --poweroff', 'Power off'],
    ['-r --reboot', 'Reboot'],
    ['-h', 'Power off, or halt with --halt'],
    ['-k', 'Only say so'],
    ['   --no-wall', 'No message to terminals'],
    ['-c', 'Take back what was planned'],
    ['   --show', 'Show what is planned'],
  ]);
}

// ---- telinit, init --------------------------------------------------------------------------------------------------

type TelinitAction =
  | { readonly end: Objective }
  | { readonly isolate: string }
  | { readonly reload: 'request' | 'reexec' };

const telinitActions: Readonly<Record<string, TelinitAction>> = {
  0: { end: 'poweroff' },
  6: { end: 'reboot' },
  1: { isolate: 'rescue.target' },
  s: { isolate: 'rescue.target' },
  S: { isolate: 'rescue.target' },
  2: { isolate: 'multi-user.target' },
  3: { isolate: 'multi-user.target' },
  4: { isolate: 'multi-user.target' },
  5: { isolate: 'graphical.target' },
  q: { reload: 'request' },
  Q: { reload: 'request' },
  u: { reload: 'reexec' },
  U: { reload: 'reexec' },
};

function parseTelinit(context: ParseContext): LegacyResult {
  const reader = new OptionReader(context.program, optionSet(['help', 'no-wall'], {}), context.argv);
  for (let option = reader.next(); option !== undefined; option = reader.next()) {
    if ('error' in option) return misused(option.error);
    if (option.id === 'help') return said(telinitHelp(context.program));
  }
  const [command, ...more] = reader.operands;
  if (command === undefined) return failed(context, `${context.program}: required argument missing.`);
  if (more.length > 0) return failed(context, 'Too many arguments.');
  if (command.length !== 1) return failed(context, 'Expected single character argument.');
  const action = Object.hasOwn(telinitActions, command) ? telinitActions[command] : undefined;
  if (action === undefined) return failed(context, `Unknown command '${command}'.`);
  return { run: (running) => telinit(running, action) };
}

async function telinit(context: CliContext, action: TelinitAction): Promise<number> {
  const manager = managerOf(context);
  if ('end' in action) return halt(context, action.end, false, false);
  if ('reload' in action) {
    await manager.reloads[action.reload]();
    return 0;
  }
  try {
    const start = { type: 'start', word: 'start' } as const;
    return await runJobs(context, manager, defaultOptions(), start, [action.isolate], 'isolate');
  } catch (error) {
    if (error instanceof VerbFailed) return error.status;
    throw error;
  }
}

function telinitHelp(program: string): string {
  return usage(program, '[OPTIONS...] COMMAND', 'Tells the init what to do.', [
    ['0', 'Power off'],
    ['6', 'Reboot'],
    ['2, 3, 4, 5', 'Start runlevelX.target'],
    ['1, s, S', 'Rescue mode'],
    ['q, Q', 'Read unit files again'],
    ['u, U', 'Replace the manager by a new one'],
    ['   --help', 'This text'],
    ['   --no-wall', 'No message to terminals'],
  ]);
}

// ---- runlevel -------------------------------------------------------------------------------------------------------

function parseRunlevel(context: ParseContext): LegacyResult {
  const reader = new OptionReader(context.program, optionSet(['help'], {}), context.argv);
  const option = reader.next();
  if (option !== undefined && 'error' in option) return misused(option.error);
  if (option !== undefined) {
    const help = [['   --help', 'This text']] as const;
    return said(usage(context.program, '[OPTIONS...]', 'Prints the runlevel before and now.', help));
  }
  if (reader.operands.length > 0) return failed(context, 'Too many arguments.');
  return {
    run: (running) => {
      // Nobody keeps a record of logins and runlevels (utmp(5)) in a container.
      running.out('unknown\n');
      return Promise.resolve(1);
    },
  };
}
