/** shutdown(8): now, or later. */

import type { Objective } from '../../manager/objective.ts';
import { change } from '../../program/access.ts';
import { CommandLine } from '../../program/command-line.ts';
import type { ProgramContext } from '../../program/context.ts';
import { fail, flag, nothing, type OptionRow, option, set, showHelp } from '../../program/options.ts';
import { simpleProgram } from '../../program/program.ts';
import { parseUnsigned } from '../../text/numbers.ts';
import { callersZone } from '../common/clock.ts';
import type { CliContext } from '../common/context.ts';
import { managerOf } from '../common/manager-view.ts';
import { planShutdown, showPlanned } from '../common/shutdown.ts';
import { end, haltFrame } from './halt.ts';

function defaultOptions() {
  return {
    action: 'poweroff' as Objective | 'cancel' | 'show',
    dryRun: false,
    noWall: false,
    /** Wall clock milliseconds; 0 for now. */
    atMs: 0,
    message: '',
  };
}

interface ShutdownCall extends ReturnType<typeof defaultOptions> {}

const rows: readonly OptionRow<ShutdownCall>[] = [
  option('--help', 'This text', showHelp),
  option('-H --halt', 'Halt', set({ action: 'halt' })),
  option('-P --poweroff', 'Power off', set({ action: 'poweroff' })),
  option('-r --reboot', 'Reboot', set({ action: 'reboot' })),
  option('-K --kexec', undefined, set({ action: 'kexec' })),
  option('-h', 'Power off, or halt with --halt', (options) => {
    if (options.action !== 'halt') options.action = 'poweroff';
  }),
  option('-k', 'Only say so', flag('dryRun')),
  option('--no-wall', 'No message to terminals', flag('noWall')),
  option('-c', 'Take back what was planned', set({ action: 'cancel' })),
  option('--show', 'Show what is planned', set({ action: 'show' })),
  option('-a', undefined, nothing),
  option('-t SECONDS', undefined, nothing),
  option('-f', undefined, nothing),
  option('-F', undefined, nothing),
];

const commandLine = new CommandLine<ShutdownCall>({
  frame: {
    ...haltFrame,
    usage: '[OPTIONS...] [TIME] [WALL...]',
    about: 'Stops everything and ends, at once or later.',
  },
  options: [[undefined, rows]],
  errors: 'logged',
  defaults: defaultOptions,
  settle: (options, [time, ...words], context) => {
    if (options.action === 'cancel' || options.action === 'show') return;
    options.atMs = time === undefined ? context.host.now() + 60_000 : parseTime(context, time);
    if (!options.dryRun) options.message = words.join(' ');
  },
});

export const shutdown = simpleProgram(commandLine, change('Failed to schedule shutdown'), run);

function run(context: CliContext, { action, dryRun, noWall, atMs, message }: ShutdownCall): number | Promise<number> {
  if (action === 'show') return showPlanned(context);
  if (action === 'cancel') {
    managerOf(context).shutdown.schedule.set(undefined);
    return 0;
  }
  if (atMs === 0) return end(context, action, { dryRun });
  return planShutdown(context, { dryRun, noWall, message, quiet: false }, action, atMs);
}

/** `now`, minutes with or without `+`, `hh:mm` (shutdown(8)). */
function parseTime(context: ProgramContext, text: string): number {
  if (text === 'now') return 0;
  const wrong = (): never => fail(`Failed to parse time specification: ${text}`);
  const nowMs = context.host.now();
  if (!text.includes(':')) {
    const minutes = parseUnsigned(text, Number.MAX_SAFE_INTEGER / 60_000) ?? wrong();
    return nowMs + minutes * 60_000;
  }
  const [, hour, minute] = /^\s*(\d+):\s*(\d+)$/.exec(text) ?? [];
  if (hour === undefined || minute === undefined || Number(hour) > 23 || Number(minute) > 59) return wrong();
  const nowSec = nowMs / 1000;
  const { offsetSec } = callersZone(context).at(Math.floor(nowSec));
  const local = nowSec + offsetSec;
  const wanted = Math.floor(local / 86_400) * 86_400 + Number(hour) * 3600 + Number(minute) * 60 - offsetSec;
  return (wanted > nowSec ? wanted : wanted + 86_400) * 1000;
}
