/** What `systemctl status` shows of the journal: the last lines about a unit. */
import type { JournalEntry } from '../entry/entry.ts';
import type { SegmentReader } from '../storage/segment-reader.ts';
import { JournalFilter, unitFilter } from './match.ts';
import { type JournalSource, JournalView, readSegment } from './view.ts';

/** Clocks are not read at the same moment. */
const clockSlackUsec = 1_000_000;
/** So many times many rows without a match, and the answer is what was found: a query must not hold up the rest. */
const patience = 10;

export interface UnitLogOptions {
  lines: number;
  /** None from before, by the monotonic clock; 0 for no such bound. */
  notBeforeUsec?: number;
  /** The same moment on the wall clock spares a look at what is older. */
  notBeforeRealtimeUsec?: number;
  /** Who a unit of a user's manager must belong to; undefined for the system's. */
  uid?: number | undefined;
  bootId: string;
  /** The present. */
  now: { realtimeUsec: number; monotonicUsec: number };
}

/**
 * The last entries about a unit of this boot, latest first; undefined while there is only work. 'rotated' at the end: there
 * were more, but they are deleted.
 */
export function* unitLog(
  source: JournalSource,
  unit: string,
  options: UnitLogOptions,
): Generator<JournalEntry | 'rotated' | undefined> {
  const { lines, bootId, uid, now, notBeforeUsec: notBefore = 0 } = options;
  const filter = unitFilter(unit, uid === undefined ? undefined : { uid });
  filter.addConjunction();
  filter.add(`_BOOT_ID=${bootId}`);
  const view = new JournalView(source, filter);
  view.firstContext = (reader) => firstOfBoot(reader, bootId);
  // Where the wall clock was set since, the entries from then on have times of the new one.
  if (notBefore > 0 && options.notBeforeRealtimeUsec !== undefined) {
    const asOfNow = now.realtimeUsec - (now.monotonicUsec - notBefore);
    view.oldest = Math.min(options.notBeforeRealtimeUsec, asOfNow) - clockSlackUsec;
  }
  let shown = 0;
  try {
    view.seekTail();
    for (let left = patience; shown < lines && left > 0; ) {
      const found = view.previous();
      if (found === false) break;
      if (found === 'busy') {
        left--;
        yield undefined;
        continue;
      }
      if (view.entry!.monotonicUsec < notBefore) break;
      shown++;
      yield view.entry!;
    }
  } finally {
    view.close();
  }
  if (notBefore > 0 && shown < lines && notBefore < oldestUsec(source, bootId)) yield 'rotated';
}

/** Monotonic time of the oldest entry of this boot, microseconds. */
function oldestUsec(source: JournalSource, bootId: string): number {
  return source.uid === undefined ? oldestOfBoot(source, bootId) : oldestOfUser(source, bootId);
}

/** Whatever was logged since this boot began is behind what was logged before: nothing of another boot is looked at. */
function firstOfBoot(reader: SegmentReader, bootId: string): number {
  const boot = Buffer.from(bootId);
  return reader.firstContext((context) => context.some(([name, value]) => name === '_BOOT_ID' && value.equals(boot)));
}

function oldestOfBoot(source: JournalSource, bootId: string): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const segment of [...source.segments()].reverse()) {
    const seen = readSegment(source, segment, (reader) => {
      const first = firstOfBoot(reader, bootId);
      return { isOlder: first > 0 && first === reader.contextCount, entry: reader.firstEntryOf(first) };
    });
    if (seen?.isOlder === true) break;
    oldest = Math.min(oldest, seen?.entry?.monotonicUsec ?? oldest);
  }
  return oldest === Number.POSITIVE_INFINITY ? 0 : oldest;
}

function oldestOfUser(source: JournalSource, bootId: string): number {
  const filter = new JournalFilter();
  filter.add(`_BOOT_ID=${bootId}`);
  const view = new JournalView(source, filter);
  const oldest = view.next() === true ? view.entry!.monotonicUsec : 0;
  view.close();
  return oldest;
}
