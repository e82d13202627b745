/** Calendar arithmetic: struct tm, localtime(3) and mktime(3) over the zones of timezone.ts. */
import { civilFromDays, daysFromCivil, weekdayOf } from './civil-date.ts';
import type { TimeZone } from './timezone.ts';

/** struct tm, with the year as people write it. Fields may be out of range until `makeTime` has put them right. */
export interface BrokenDownTime {
  year: number;
  /** 0 to 11. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** 1, 0, or -1 for "find out". */
  isDst: number;
  /** 0 is Sunday. */
  weekday: number;
}

/** localtime(3). */
export function breakDown(zone: TimeZone, epochSec: number): BrokenDownTime {
  const { offsetSec, isDst } = zone.at(epochSec);
  const local = epochSec + offsetSec;
  const days = Math.floor(local / 86400);
  const rest = local - days * 86400;
  const { year, month, day } = civilFromDays(days);
  return {
    year,
    month: month - 1,
    day,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    isDst: isDst ? 1 : 0,
    weekday: weekdayOf(days),
  };
}

/** Seconds of a local time as if it were UTC; fields may be out of range. */
function localSeconds(time: BrokenDownTime, second: number): number {
  const year = time.year + Math.floor(time.month / 12);
  const month = time.month - Math.floor(time.month / 12) * 12;
  const days = daysFromCivil(year, month + 1, 1) + time.day - 1;
  return days * 86400 + time.hour * 3600 + time.minute * 60 + second;
}

/** What `makeTime` remembers from call to call, as the C library does: it settles which of two equal local times is meant. */
export interface OffsetMemory {
  /** Seconds to add to a local time to get UTC. */
  guess: number;
}

/** How far, and in which steps, another kind of time is looked for when the one asked for does not apply. */
const searchStride = 601_200;
const searchBound = 536_454_000 / 2 + searchStride;

function kindDiffers(wanted: number, found: number): boolean {
  return wanted >= 0 && found >= 0 && (wanted !== 0) !== (found !== 0);
}

/**
 * mktime(3): seconds since the epoch of a local time, and `time` put into range. Local times that do not exist or
 * exist twice are settled as the C library does. Undefined where no answer is found; `time` is then left alone.
 */
export function makeTime(zone: TimeZone, time: BrokenDownTime, memory: OffsetMemory): number | undefined {
  const second = Math.min(59, Math.max(0, time.second));
  const wanted = localSeconds(time, second);
  if (!Number.isSafeInteger(wanted)) return undefined;
  let moment = wanted + memory.guess;
  let older = moment;
  let newer = moment;
  let newerWasDst = false;
  let found: BrokenDownTime;
  let inGap = false;
  for (let probes = 6; ; ) {
    found = breakDown(zone, moment);
    const difference = wanted - localSeconds(found, found.second);
    if (difference === 0) break;
    // swinging between two values: the time falls into a gap; prefer summer time, or the kind not asked for
    if (
      moment === older &&
      moment !== newer &&
      (time.isDst < 0 ? Number(newerWasDst) <= Number(found.isDst !== 0) : (time.isDst !== 0) !== (found.isDst !== 0))
    ) {
      inGap = true;
      break;
    }
    if (--probes === 0) return undefined;
    older = newer;
    newer = moment;
    moment += difference;
    newerWasDst = found.isDst !== 0;
  }
  if (!inGap && kindDiffers(time.isDst, found.isDst)) {
    const other = findOtherKind(zone, time.isDst, wanted, moment);
    if (other === undefined) return undefined;
    moment = other;
    found = breakDown(zone, moment);
  }
  memory.guess = moment - wanted;
  if (found.second !== time.second) {
    moment += time.second - second;
    found = breakDown(zone, moment);
  }
  Object.assign(time, found);
  return moment;
}

/** The nearest moment of the wanted kind of time, moved to the wanted local time by that kind's offset. */
function findOtherKind(zone: TimeZone, isDst: number, wanted: number, moment: number): number | undefined {
  for (let delta = searchStride; delta < searchBound; delta += searchStride) {
    for (const direction of [-1, 1]) {
      const candidate = moment + delta * direction;
      const found = breakDown(zone, candidate);
      if (!kindDiffers(isDst, found.isDst)) return candidate + wanted - localSeconds(found, found.second);
    }
  }
  return undefined;
}
