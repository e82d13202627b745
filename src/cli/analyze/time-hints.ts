/** What systemd-analyze's verbs about time say of an argument that is none of theirs. */

import type { NumberError } from '../../text/numbers.ts';
import { parseCalendar } from '../../values/time/calendar.ts';
import { parseTimeSpanUsec } from '../../values/time/time-span.ts';
import { parseTimestampUsec } from '../../values/time/timestamp.ts';
import type { Clock } from '../common/clock.ts';
import type { CliContext } from '../common/context.ts';

/** Text of an errno, as messages end in it. */
export function errorText(error: NumberError): string {
  return error === 'EINVAL' ? 'Invalid argument' : 'Numerical result out of range';
}

/** Says which other verb would take an argument. */
export function timeHints(
  context: CliContext,
  clock: Clock,
  text: string,
  kinds: readonly ('calendar' | 'timestamp' | 'timespan')[],
): void {
  const hint = (kind: string, verb: string): void => {
    context.err(`Hint: this expression is a valid ${kind}. Use 'systemd-analyze ${verb} "${text}"' instead?\n`);
  };
  if (kinds.includes('calendar') && parseCalendar(text, clock) !== undefined) {
    hint('calendar specification', 'calendar');
  }
  if (kinds.includes('timestamp') && typeof parseTimestampUsec(text, clock.nowUsec(), clock.local) === 'bigint') {
    hint('timestamp', 'timestamp');
  }
  if (kinds.includes('timespan') && typeof parseTimeSpanUsec(text) === 'bigint') hint('timespan', 'timespan');
}
