/** systemd-analyze timestamp. */

import { styleOf } from '../../program/colors.ts';
import { formatRelative, fromUsec } from '../../values/time/time-span.ts';
import { formatTimestampUsec, parseTimestampUsec } from '../../values/time/timestamp.ts';
import { type Clock, clockOf } from '../common/clock.ts';
import type { CliContext } from '../common/context.ts';
import { type AlignedInput, printFacts } from './aligned.ts';
import type { AnalyzeOptions } from './options.ts';
import { errorText, timeHints } from './time-hints.ts';

function showMoment(context: CliContext, clock: Clock, text: string): boolean {
  const style = styleOf(context);
  const zones = context.host.voice.analyze.timestampZones ? clock.load : undefined;
  const usec = parseTimestampUsec(text, clock.nowUsec(), clock.local, zones);
  if (typeof usec !== 'bigint') {
    context.err(`Failed to parse "${text}": ${errorText(usec)}\n`);
    timeHints(context, clock, text, ['calendar', 'timespan']);
    return false;
  }
  const fraction = usec % 1_000_000n;
  const rows: AlignedInput[][] = [
    ['Original form:', text],
    ['Normalized form:', { text: formatTimestampUsec(usec, clock.local) ?? '-', color: style.colors.blue }],
  ];
  if (!clock.inUtc) rows.push(['(in UTC):', formatTimestampUsec(usec, clock.local, 'utc') ?? '-']);
  const point = fraction === 0n ? '' : `.${String(fraction).padStart(6, '0')}`;
  rows.push(['UNIX seconds:', `@${usec / 1_000_000n}${point}`]);
  rows.push(['From now:', usec === 0n ? '-' : formatRelative(fromUsec(usec), context.host.now())]);
  printFacts(context, rows, style);
  return true;
}

/** Each moment as systemd prints it, in seconds, and how far it is. */
export function timestamp(context: CliContext, _options: AnalyzeOptions, args: readonly string[]): number {
  const clock = clockOf(context);
  let status = 0;
  args.forEach((text, index) => {
    if (!showMoment(context, clock, text)) status = 1;
    if (index < args.length - 1) context.out('\n');
  });
  return status;
}
