/** Moments as users of a simulation write them, in milliseconds. */
import { InvalidOption } from '../terms/errors.ts';
import { parseTimestamp } from '../values/time/timestamp.ts';
import type { TimeZone, ZoneLoader } from '../values/time/timezone.ts';
import type { Moment } from './api.ts';

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
