/** Boots that the journal knows, oldest first: `--list-boots`, and what `-b` with an id or an offset means. */
import { JournalFilter } from '../../journal/read/match.ts';
import { type JournalSource, JournalView } from '../../journal/read/view.ts';
import { sharedValues } from './filter.ts';
import type { Pace } from './pace.ts';

export interface Boot {
  id: string;
  /** Microseconds. */
  first: number;
  last: number;
}

export async function listBoots(source: JournalSource, pace: Pace): Promise<Boot[]> {
  const boots: Boot[] = [];
  for (const id of sharedValues(source, new Set(['_BOOT_ID']))) {
    const filter = new JournalFilter();
    filter.add(`_BOOT_ID=${id}`);
    const view = new JournalView(source, filter);
    if (await pace.step(view, 'forward')) {
      const first = view.entry!.realtimeUsec;
      view.seekTail();
      await pace.step(view, 'backward');
      boots.push({ id, first, last: view.entry?.realtimeUsec ?? first });
    }
    view.close();
  }
  return boots.sort((a, b) => a.first - b.first);
}

/**
 * The boot that a descriptor means: without an id 0 is the last boot and negative numbers count back from it, positive ones
 * count from the oldest; with an id both count from that boot.
 */
export function findBoot(boots: readonly Boot[], id: string | undefined, offset: number): Boot | undefined {
  if (id === undefined) return offset > 0 ? boots[offset - 1] : boots[boots.length - 1 + offset];
  const index = boots.findIndex((boot) => boot.id === id);
  return index < 0 ? undefined : boots[index + offset];
}
