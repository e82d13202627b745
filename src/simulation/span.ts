/** Spans and moments as users of a simulation write them, in milliseconds. */
import { formatTimeSpan, parseTimeSpan } from '../values/time/time-span.ts';
import { parseTimestamp } from '../values/time/timestamp.ts';
import type { TimeZone, ZoneLoader } from '../values/time/timezone.ts';
import type { Moment, Span } from './api.ts';
import { InvalidOption } from './unit-object.ts';

/** Milliseconds, 0 or more, not infinite. Throws InvalidOption; `what` names the place. */
export function spanMs(span: Span, what: string): number {
  const ms = typeof span === 'number' ? span : parseTimeSpan(span);
  if (ms === undefined || !Number.isFinite(ms) || ms < 0)
    throw new InvalidOption(`${what}: '${span}' is no span of time; valid are milliseconds, '5min', '1h 30s'`);
  return ms;
}

export const spanText = (ms: number): string => formatTimeSpan(ms, 0);

const iso = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)$/;

/** Milliseconds since 1970. Throws InvalidOption. */
export function momentMs(
  moment: Moment,
  { nowMs, zone, zones, what }: { nowMs: number; zone: TimeZone; zones: ZoneLoader; what: string },
): number {
  let ms: number | undefined;
  if (moment instanceof Date) ms = moment.getTime();
  else if (typeof moment === 'number') ms = moment;
  else if (iso.test(moment)) ms = Date.parse(moment);
  else ms = parseTimestamp(moment.replace(/^(\d{4}-\d\d-\d\d)T/, '$1 '), nowMs, zone, zones);
  if (ms === undefined || !Number.isFinite(ms) || ms < 0)
    throw new InvalidOption(
      `${what}: '${String(moment)}' is no moment; valid are '2027-03-28 02:59:50', with a time zone behind it or without, 'tomorrow', a Date, milliseconds since 1970`,
    );
  return ms;
}
