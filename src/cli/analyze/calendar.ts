/** systemd-analyze calendar. */

import { styleOf } from '../../program/colors.ts';
import { type CalendarSpec, formatCalendar, parseCalendar } from '../../values/time/calendar.ts';
import { nextElapseUsec } from '../../values/time/calendar-next.ts';
import { daysFromCivil, weekdayOf } from '../../values/time/civil-date.ts';
import { weekdayAbbreviations } from '../../values/time/syntax.ts';
import { formatRelative, fromUsec } from '../../values/time/time-span.ts';
import { formatTimestampUsec } from '../../values/time/timestamp.ts';
import { type Clock, clockOf } from '../common/clock.ts';
import type { CliContext } from '../common/context.ts';
import { type AlignedInput, printFacts } from './aligned.ts';
import type { AnalyzeOptions } from './options.ts';
import { timeHints } from './time-hints.ts';

/** What is wrong with an event of one date, which is no such day of the week. */
function wrongWeekday(spec: CalendarSpec): string | undefined {
  if (spec.weekdays < 0 || spec.endOfMonth) return undefined;
  const [year, month, day] = [spec.year, spec.month, spec.day].map((list) =>
    list?.length === 1 && list[0]!.stop < 0 && list[0]!.repeat === 0 ? list[0]!.start : undefined,
  );
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const weekday = weekdayOf(daysFromCivil(year, month, day));
  if ((spec.weekdays & (1 << ((weekday + 6) % 7))) !== 0) return undefined;
  const date = [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(day).padStart(2, '0')].join('-');
  return (
    `Weekday constraint does not match the fixed date ${date} (which is a ${weekdayAbbreviations[weekday]}), ` +
    'so this timer will never elapse.'
  );
}

function showEvent(
  context: CliContext,
  options: AnalyzeOptions,
  clock: Clock,
  text: string,
  baseUsec: bigint,
): boolean {
  const style = styleOf(context);
  const spec = parseCalendar(text, clock);
  if (spec === undefined) {
    context.err(`Failed to parse calendar specification '${text}': Invalid argument\n`);
    timeHints(context, clock, text, ['timestamp', 'timespan']);
    return false;
  }
  const normal = formatCalendar(spec, clock);
  const rows: AlignedInput[][] = [];
  if (normal !== text) rows.push(['Original form:', text]);
  rows.push(['Normalized form:', normal]);
  const memory = { guess: 0 };
  let after = baseUsec;
  for (let iteration = 1; iteration <= options.iterations; iteration++) {
    const next = nextElapseUsec(spec, after, clock, memory);
    if (next === undefined) {
      if (iteration === 1) rows.push(['Next elapse:', { text: 'never', color: style.colors.yellow }]);
      break;
    }
    const moment = formatTimestampUsec(next, clock.local) ?? 'n/a';
    const label = iteration === 1 ? 'Next elapse:' : context.host.voice.analyze.iteration(iteration);
    rows.push([label, { text: moment, color: style.colors.blue }]);
    if (!clock.inUtc) rows.push(['(in UTC):', formatTimestampUsec(next, clock.local, 'utc') ?? 'n/a']);
    rows.push(['From now:', formatRelative(fromUsec(next), context.host.now())]);
    after = next;
  }
  printFacts(context, rows, style);
  const wrongDay = context.host.voice.analyze.tellsWrongWeekday ? wrongWeekday(spec) : undefined;
  if (wrongDay !== undefined) context.err(`${wrongDay}\n`);
  return true;
}

/** Each event with its normal form and when it elapses, from `--base-time=` or now on. */
export function calendar(context: CliContext, options: AnalyzeOptions, args: readonly string[]): number {
  const clock = clockOf(context);
  const base = options.baseTimeUsec ?? clock.nowUsec();
  let status = 0;
  args.forEach((text, index) => {
    if (!showEvent(context, options, clock, text, base)) status = 1;
    if (index < args.length - 1) context.out('\n');
  });
  return status;
}
