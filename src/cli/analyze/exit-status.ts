/** systemd-analyze exit-status. */

import { styleOf } from '../../program/colors.ts';
import { exitStatusClass, exitStatusName, exitStatusTable, parseExitStatus } from '../../values/exit-status.ts';
import type { CliContext } from '../common/context.ts';
import { alignedText } from './aligned.ts';
import type { AnalyzeOptions } from './options.ts';

/** Names, numbers and classes of the exit statuses asked for, or of all that have a name. */
export function exitStatus(context: CliContext, _options: AnalyzeOptions, args: readonly string[]): number {
  const rows: string[][] = [['NAME', 'STATUS', 'CLASS']];
  if (args.length === 0) {
    for (const entry of exitStatusTable) rows.push([entry.name, String(entry.status), entry.class]);
  }
  for (const text of args) {
    const status = parseExitStatus(text);
    if (status === undefined) {
      context.err(`Invalid exit status "${text}".\n`);
      return 1;
    }
    rows.push([exitStatusName(status) ?? '-', String(status), exitStatusClass(status) ?? '-']);
  }
  context.out(alignedText(rows, new Set([1]), styleOf(context), true));
  return 0;
}
