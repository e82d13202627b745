/** What of the journal goes to the manager's console: the choice behind `docker logs`. */
import { type EntryTimes, type Field, fieldText, type SharedFields, valueText } from '../entry/entry.ts';

/**
 * - `none`, `status`: nothing; the manager prints its own status lines, or none.
 * - `services`, `both`: what services log, each line behind the name of its unit.
 * - `json`: every entry, the manager's own included, as one line of JSON with the journal's field names. Nothing else is
 *   written then: what would go to the console in another way goes to the journal, and stands there once.
 */
export const consoleModes = ['none', 'status', 'services', 'both', 'json'] as const;
export type ConsoleMode = (typeof consoleModes)[number];

/**
 * A text of the manager's own as it stands there; of `json` an object for each of its lines, with `fields` beside it. What
 * is in the log as well is not to be told in this way where the console is `json`: the entry is there already.
 */
export function consoleText(
  mode: ConsoleMode,
  text: string,
  { pid, now }: { pid: number; now: number },
  fields: Readonly<Record<string, string>> = {},
): string {
  if (mode !== 'json') return text;
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const common = { PRIORITY: '6', SYSLOG_IDENTIFIER: 'systemd', _PID: `${pid}` };
      const object = { __REALTIME_TIMESTAMP: `${Math.round(now * 1000)}`, ...common, ...fields, MESSAGE: line.trim() };
      return `${JSON.stringify(object)}\n`;
    })
    .join('');
}

/** The line for one entry; '' where it has none. `always`: StandardOutput=journal+console, ForwardToConsole=. */
export function consoleLine(
  mode: ConsoleMode | 'always',
  shared: SharedFields,
  own: readonly Field[],
  times: Pick<EntryTimes, 'realtimeUsec'>,
): string {
  if (mode === 'none' || mode === 'status') return '';
  if (mode === 'json') return jsonLine(shared, own, times.realtimeUsec);
  const find = (name: string): string | undefined => fieldText(name, shared, own);
  const message = find('MESSAGE');
  if (message === undefined) return '';
  if (mode === 'always') {
    const pid = find('_PID');
    return `${find('SYSLOG_IDENTIFIER') ?? find('_COMM') ?? 'unknown'}${pid === undefined ? '' : `[${pid}]`}: ${message}\n`;
  }
  const unit = find('_SYSTEMD_UNIT') ?? find('_SYSTEMD_USER_UNIT');
  if (find('SYSLOG_IDENTIFIER') === 'systemd' || find('_TRANSPORT') === 'driver') return '';
  const origin = unit ?? find('SYSLOG_IDENTIFIER') ?? find('_COMM') ?? 'unknown';
  return `${message
    .split('\n')
    .map((line) => `${origin}: ${line}\n`)
    .join('')}`;
}

function jsonLine(shared: SharedFields, own: readonly Field[], realtimeUsec: number): string {
  const object: Record<string, string> = { __REALTIME_TIMESTAMP: `${realtimeUsec}` };
  for (const [name, value] of shared.fields) object[name] = valueText(value);
  for (const [name, value] of own) object[name] = valueText(value);
  return `${JSON.stringify(object)}\n`;
}
