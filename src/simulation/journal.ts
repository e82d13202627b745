/** Entries of a simulation's journal, as its users ask for them. */

import type { JournalEntry as StoredEntry } from '../journal/entry/entry.ts';
import type { Journal } from '../journal/journal.ts';
import { JournalFilter, unitFilter } from '../journal/read/match.ts';
import { entriesOf, JournalView } from '../journal/read/view.ts';
import { contains } from '../terms/entries.ts';
import { bytesToText } from '../text/bytes.ts';
import type { JournalEntry, JournalQuery } from './api.ts';

/** In order. `sinceMs` is what `since` means. */
export function readJournal(journal: Journal, query: Omit<JournalQuery, 'since'>, sinceMs?: number): JournalEntry[] {
  const { unit, grep, priority, programsOnly } = query;
  const user = journal.scope === 'user' ? { uid: 1000 } : undefined;
  const view = new JournalView(journal, unit === undefined ? new JournalFilter() : unitFilter(unit, user));
  const found: JournalEntry[] = [];
  try {
    view.seekHead();
    for (const stored of entriesOf(view, 'forward')) {
      if (sinceMs !== undefined && stored.realtimeUsec < sinceMs * 1000) continue;
      const entry = entryOf(stored);
      if (priority !== undefined && entry.priority > priority) continue;
      if (programsOnly === true && entry.fields._TRANSPORT !== 'stdout') continue;
      if (grep !== undefined && !contains(entry.message, grep)) continue;
      found.push(entry);
    }
  } finally {
    view.close();
  }
  return found;
}

function entryOf(stored: StoredEntry): JournalEntry {
  const fields: Record<string, string> = {};
  for (const [name, value] of stored.fields()) if (!Object.hasOwn(fields, name)) fields[name] = bytesToText(value);
  const { PRIORITY = '6', MESSAGE = '', SYSLOG_IDENTIFIER = '', _PID, UNIT, USER_UNIT } = fields;
  return {
    cursor: stored.cursor,
    time: new Date(stored.realtimeUsec / 1000),
    priority: Number(PRIORITY),
    unit: UNIT ?? USER_UNIT ?? fields._SYSTEMD_UNIT ?? fields._SYSTEMD_USER_UNIT,
    identifier: SYSLOG_IDENTIFIER,
    message: MESSAGE,
    pid: _PID === undefined ? undefined : Number(_PID),
    fields,
  };
}
