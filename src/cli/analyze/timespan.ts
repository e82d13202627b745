/** systemd-analyze timespan. */

import { styleOf } from '../../program/colors.ts';
import { formatTimeSpanUsec, parseTimeSpanUsec } from '../../values/time/time-span.ts';
import { clockOf } from '../common/clock.ts';
import type { CliContext } from '../common/context.ts';
import { printFacts } from './aligned.ts';
import type { AnalyzeOptions } from './options.ts';
import { errorText, timeHints } from './time-hints.ts';

/** Each time span in microseconds and as systemd prints it. */
export function timespan(context: CliContext, _options: AnalyzeOptions, args: readonly string[]): number {
  const style = styleOf(context);
  for (const [index, text] of args.entries()) {
    const usec = parseTimeSpanUsec(text);
    if (typeof usec !== 'bigint') {
      context.err(`Failed to parse time span '${text}': ${errorText(usec)}\n`);
      timeHints(context, clockOf(context), text, ['calendar', 'timestamp']);
      return 1;
    }
    const rows = [
      ['Original:', text],
      [`${style.utf8 ? 'μ' : 'u'}s:`, String(usec)],
      ['Human:', { text: formatTimeSpanUsec(usec), color: style.colors.highlight }],
    ];
    printFacts(context, rows, style);
    if (index < args.length - 1) context.out('\n');
  }
  return 0;
}
