/** systemd-analyze exit-status. */

import { exitStatusClass, exitStatusName, exitStatusTable, parseExitStatus } from '../../values/exit-status.ts';
import type { CliContext } from '../common/context.ts';
import { type AlignedInput, emptyCell, numberCell, printColumns } from './aligned.ts';
import type { AnalyzeOptions } from './options.ts';

/** Names, numbers and classes of the exit statuses asked for, or of all that have a name. */
export async function exitStatus(
  context: CliContext,
  options: AnalyzeOptions,
  args: readonly string[],
): Promise<number> {
  const rows: AlignedInput[][] = [];
  if (args.length === 0)
    for (const entry of exitStatusTable) rows.push([entry.name, numberCell(entry.status), entry.class]);
  for (const text of args) {
    const status = parseExitStatus(text);
    if (status === undefined) {
      context.err(`Invalid exit status "${text}".\n`);
      return 1;
    }
    rows.push([exitStatusName(status) ?? emptyCell, numberCell(status), exitStatusClass(status) ?? emptyCell]);
  }
  await printColumns(context, options, ['name', 'status', 'class'], rows, new Set([1]));
  return 0;
}
