/** Boots that the journal knows, oldest first. */
import { JournalFilter } from '../../journal/read/match.ts';
import { type JournalSource, JournalView } from '../../journal/read/view.ts';
import { sharedValues } from './invocations.ts';
import type { Pace } from './pace.ts';
import type { Period } from './periods.ts';

export async function listBoots(source: JournalSource, pace: Pace): Promise<Period[]> {
  const boots: Period[] = [];
  for (const id of await sharedValues(source, new Set(['_BOOT_ID']), pace)) {
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
