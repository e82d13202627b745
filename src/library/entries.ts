/** Entries of the journal, from `journalctl -o json`'s form to that of the library, and which of them are meant. */
import { contains } from '../terms/entries.ts';
import type { JournalEntry, JournalQuery } from './api.ts';

type Raw = Readonly<Record<string, unknown>>;

/** A value is a text, an array of bytes where it is none, or several of these. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return value === null || value === undefined ? '' : String(value);
  return typeof value[0] === 'number' ? Buffer.from(value as number[]).toString('utf8') : textOf(value[0]);
}

export function toEntry(raw: Raw): JournalEntry {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) fields[name] = textOf(value);
  const { __CURSOR: cursor = '', __REALTIME_TIMESTAMP: usec = '0', PRIORITY: priority = '6', _PID: pid } = fields;
  const unit = fields.USER_UNIT ?? fields.UNIT ?? ownUnit(fields);
  return {
    cursor,
    time: new Date(Number(usec) / 1000),
    priority: Number(priority),
    unit,
    identifier: fields.SYSLOG_IDENTIFIER ?? fields._COMM ?? '',
    message: fields.MESSAGE ?? '',
    pid: pid === undefined ? undefined : Number(pid),
    fields,
  };
}

/** The unit whose process has written it. */
function ownUnit(fields: Readonly<Record<string, string>>): string | undefined {
  return fields._SYSTEMD_USER_UNIT ?? fields._SYSTEMD_UNIT;
}

export function isAbout(entry: JournalEntry, unit: string): boolean {
  return entry.unit === unit || ownUnit(entry.fields) === unit;
}

export function fits(entry: JournalEntry, query: JournalQuery): boolean {
  const { unit, grep, priority, since, programsOnly } = query;
  if (unit !== undefined && !isAbout(entry, unit)) return false;
  if (grep !== undefined && !contains(entry.message, grep)) return false;
  if (priority !== undefined && entry.priority > priority) return false;
  if (since !== undefined && entry.time.getTime() < Number(since)) return false;
  return programsOnly !== true || ownUnit(entry.fields) !== undefined;
}
