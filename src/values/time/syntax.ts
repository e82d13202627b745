/** What texts of moments and of calendar events have in common: names of days and months, fractions of seconds, zones. */
import type { TimeZone } from './timezone.ts';

const weekdays = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');
const months = 'january february march april may june july august september october november december'.split(' ');

/** `Sun` and so on, as they are printed; 0 is Sunday. */
export const weekdayAbbreviations: readonly string[] = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** Longer than any name. */
const nameLimit = 10;

/** The name that is written at `position`, in full or by its first three letters, in any case. */
function nameAt(
  names: readonly string[],
  text: string,
  position: number,
): { index: number; length: number } | undefined {
  const rest = text.slice(position, position + nameLimit).toLowerCase();
  const index = names.findIndex((name) => rest.startsWith(name.slice(0, 3)));
  if (index < 0) return undefined;
  const name = names[index]!;
  return { index, length: rest.startsWith(name) ? name.length : 3 };
}

/** A day of the week; `index` 0 is Sunday. */
export const weekdayAt = (text: string, position: number) => nameAt(weekdays, text, position);
/** A month; `index` 0 is January. */
export const monthAt = (text: string, position: number) => nameAt(months, text, position);

/** Microseconds of the digits after a point, rounded. */
export function fractionUsec(digits: string): number {
  const usec = Number(digits.slice(0, 6).padEnd(6, '0'));
  return (digits[6] ?? '0') >= '5' ? usec + 1 : usec;
}

export interface ZoneSuffix {
  /** What stands before the zone. */
  rest: string;
  zone: 'UTC' | 'local';
  /** 0 or 1 where standard or summer time of the local zone is meant, else -1. */
  dst: -1 | 0 | 1;
}

function endsWithNoCase(text: string, end: string): boolean {
  return text.length >= end.length && text.slice(text.length - end.length).toLowerCase() === end.toLowerCase();
}

/** Takes `UTC`, or an abbreviation of the local zone, from the end of a text; undefined where it ends in neither. */
export function takeZoneSuffix(text: string, local: TimeZone): ZoneSuffix | undefined {
  if (endsWithNoCase(text, ' UTC')) return { rest: text.slice(0, -' UTC'.length), zone: 'UTC', dst: -1 };
  for (const dst of [0, 1] as const) {
    const abbreviation = local.abbreviations[dst];
    if (abbreviation === '' || !endsWithNoCase(text, ` ${abbreviation}`)) continue;
    return { rest: text.slice(0, -abbreviation.length - 1), zone: 'local', dst };
  }
  return undefined;
}
