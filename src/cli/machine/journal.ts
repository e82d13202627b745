/** `journal`: entries of this boot, as `journalctl -o json` has them, a line each. */
import type { JournalEntry } from '../../journal/entry/entry.ts';
import { EntryFormatter } from '../../journal/read/format.ts';
import { JournalFilter } from '../../journal/read/match.ts';
import { JournalView } from '../../journal/read/view.ts';
import { utc } from '../../values/time/timezone.ts';
import { managerOf } from '../common/manager-view.ts';
import type { MachineVerb } from './verb.ts';

export function ofThisBoot(bootId: string): JournalFilter {
  const filter = new JournalFilter();
  filter.add(`_BOOT_ID=${bootId}`);
  return filter;
}

const formatter = new EntryFormatter({ mode: 'json', zone: utc, all: true, full: true });

/** An entry as JSON, without the end of the line. */
export const entryLine = (entry: JournalEntry): string => formatter.format(entry).trimEnd();

/** What the processes of a unit have logged, and the manager about it; whoever they run as. */
const unitFields = ['_SYSTEMD_UNIT', '_SYSTEMD_USER_UNIT', 'UNIT', 'USER_UNIT'];

export const journal: MachineVerb = async (context, _options, units) => {
  const { journal } = managerOf(context);
  const filter = ofThisBoot(journal.bootId);
  filter.addConjunction();
  for (const field of unitFields) {
    for (const unit of units) filter.add(`${field}=${unit}`);
    filter.addDisjunction();
  }
  const view = new JournalView(journal, filter);
  try {
    view.seekHead();
    for (let found = view.next(); found !== false && !context.signal.aborted; found = view.next()) {
      if (found === true) context.out(`${entryLine(view.entry!)}\n`);
      await context.turn();
    }
  } finally {
    view.close();
  }
  return 0;
};
