/** What systemd-analyze's verbs about time share: the caller's clock and zone, and hints. */

import type { NumberError } from '../../text/numbers.ts';
import { parseCalendar } from '../../values/time/calendar.ts';
import { parseTimeSpanUsec } from '../../values/time/time-span.ts';
import { parseTimestampUsec } from '../../values/time/timestamp.ts';
import { localTimeZone, type TimeZone, type ZoneLoader, zoneLoader } from '../../values/time/timezone.ts';
import type { CliContext } from '../common/context.ts';

export interface Moments {
  readonly local: TimeZone;
  readonly load: ZoneLoader;
  readonly nowUsec: () => bigint;
  /** Local time is UTC, so that it need not be printed twice. */
  readonly inUtc: boolean;
}

export function momentsOf(context: Pick<CliContext, 'host' | 'env'>): Moments {
  const { host, env } = context;
  const local = localTimeZone(host.files, env.TZ);
  const [standard, summer] = local.abbreviations;
  return {
    local,
    load: zoneLoader(host.files),
    nowUsec: () => BigInt(Math.round(host.now() * 1000)),
    inUtc: standard === summer && local.at(host.now() / 1000).offsetSec === 0,
  };
}

/** Text of an errno, as messages end in it. */
export function errorText(error: NumberError): string {
  return error === 'EINVAL' ? 'Invalid argument' : 'Numerical result out of range';
}

/** Says which other verb would take an argument. */
export function timeHints(
  context: CliContext,
  moments: Moments,
  text: string,
  kinds: readonly ('calendar' | 'timestamp' | 'timespan')[],
): void {
  const hint = (kind: string, verb: string): void => {
    context.err(`Hint: this expression is a valid ${kind}. Use 'systemd-analyze ${verb} "${text}"' instead?\n`);
  };
  if (kinds.includes('calendar') && parseCalendar(text, moments) !== undefined) {
    hint('calendar specification', 'calendar');
  }
  if (
    kinds.includes('timestamp') &&
    typeof parseTimestampUsec(text, moments.nowUsec(), moments.local, moments.load) === 'bigint'
  ) {
    hint('timestamp', 'timestamp');
  }
  if (kinds.includes('timespan') && typeof parseTimeSpanUsec(text) === 'bigint') hint('timespan', 'timespan');
}
