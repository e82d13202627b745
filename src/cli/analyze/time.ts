/** systemd-analyze time and blame. */
import { inTurns, sortedInTurns } from '../../program/in-turns.ts';
import type { CliContext } from '../common/context.ts';
import { type AlignedCell, numberCell, printColumns } from './aligned.ts';
import { analyzedManager, bootTimes, prettyBootTime, spanText, unitTimes } from './boot-times.ts';
import type { AnalyzeOptions } from './options.ts';

/** How long the boot took. */
export function time(context: CliContext, options: AnalyzeOptions): number {
  const manager = analyzedManager(context);
  const boot = manager && bootTimes(context, options, manager);
  if (manager === undefined || boot === undefined) return 1;
  context.out(`${prettyBootTime(context, manager, boot)}\n`);
  return 0;
}

/** How long each unit took to come up, the longest first. */
export async function blame(context: CliContext, options: AnalyzeOptions): Promise<number> {
  const manager = analyzedManager(context);
  if (manager === undefined || bootTimes(context, options, manager) === undefined) return 1;
  const taken = (await unitTimes(context, manager)).filter((unit) => unit.time > 0);
  const sorted = await sortedInTurns(context, taken, (a, b) => b.time - a.time);
  const rows: [AlignedCell, string][] = [];
  for await (const unit of inTurns(context, sorted)) rows.push([numberCell(unit.time, spanText(unit.time)), unit.name]);
  await printColumns(context, { ...options, legend: false }, ['time', 'unit'], rows, new Set([0]));
  return 0;
}
