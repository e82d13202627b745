/** systemd-analyze time and blame. */
import { styleOf } from '../../program/colors.ts';
import type { CliContext } from '../common/context.ts';
import { alignedText } from './aligned.ts';
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
  const rows = unitTimes(manager)
    .filter((unit) => unit.time > 0)
    .sort((a, b) => b.time - a.time)
    .map((unit) => [spanText(unit.time), unit.name]);
  context.out(alignedText(rows, new Set([0]), styleOf(context)));
  await context.drained();
  return 0;
}
