import type { JournalEntry } from '../../src/journal/entry/entry.ts';
import type { Journal } from '../../src/journal/journal.ts';

/** What `systemctl status` would show of a unit, oldest first. */
export function unitLogOf(
  journal: Journal,
  ...about: Parameters<Journal['unitLog']>
): { entries: JournalEntry[]; rotated: boolean } {
  const parts = [...journal.unitLog(...about)];
  const entries = parts.filter((part) => part !== undefined && part !== 'rotated').reverse();
  return { entries, rotated: parts.includes('rotated') };
}
