/** Log levels and facilities of syslog(3) by name and number. */

import type { LogLevel } from '../text/log-level.ts';
import { parseUnsigned } from '../text/numbers.ts';

const levels = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;

const facilities: readonly string[] = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  '',
  '',
  '',
  '',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
];

/** Where the manager can log to (systemd(1), --log-target=). */
const targets: ReadonlySet<string> = new Set([
  'console',
  'console-prefixed',
  'kmsg',
  'journal',
  'journal-or-kmsg',
  'syslog',
  'syslog-or-kmsg',
  'auto',
  'null',
]);

export function parseLogTarget(text: string): string | undefined {
  return targets.has(text) ? text : undefined;
}

/** `err`, `3`, … */
export function parseLogLevel(text: string): LogLevel | undefined {
  const index = (levels as readonly string[]).indexOf(text);
  return (index >= 0 ? index : parseUnsigned(text, 7)) as LogLevel | undefined;
}

export function logLevelName(level: LogLevel): string {
  return levels[level];
}

/** The facility's number, not shifted: `daemon` is 3. */
export function parseLogFacility(text: string): number | undefined {
  const index = text === '' ? -1 : facilities.indexOf(text);
  return index >= 0 ? index : parseUnsigned(text, 127);
}

/** The name of a facility, its number where it has none. */
export function logFacilityName(facility: number): string {
  return facilities[facility] || String(facility);
}
