/** Kinds of values of [Timer] and [Path]. */

import { formatCalendar, parseCalendar } from '../../../values/time/calendar.ts';
import { parseTimeSpan } from '../../../values/time/time-span.ts';
import type { Kind, LineKind } from '../kind.ts';
import type { PathEntry, TimerEntry } from '../shapes.ts';
import { bareSpecifiers, expand, expandedPath, warning } from './basic.ts';

export const timerEntries: Kind<TimerEntry[]> = {
  name: 'timers',
  parse: (_value, _at, current) => current,
  format: () => [],
};

/** One On*= line. systemd keeps the last line first. */
export const timerEntry = (base: TimerEntry['base']): LineKind<TimerEntry[]> => ({
  name: base === 'OnCalendar' ? 'calendar event' : 'time span',
  parse(value, at, current) {
    if (value === '') return [];
    const text = expand(at, 'full', value);
    if (text === undefined) return current;
    if (base === 'OnCalendar') {
      const spec = parseCalendar(text);
      if (spec !== undefined) return [{ base, calendar: formatCalendar(spec) }, ...current];
      at.report(warning, `Failed to parse calendar specification, ignoring: ${text}`);
      return current;
    }
    const valueMs = parseTimeSpan(text);
    if (valueMs !== undefined) return [{ base, valueMs }, ...current];
    at.report(warning, `Failed to parse timer value, ignoring: ${text}`);
    return current;
  },
});

export const pathEntries: Kind<PathEntry[]> = {
  name: 'paths',
  parse: (_value, _at, current) => current,
  format: (entries) => entries.map((entry) => `${entry.path} (${entry.type})`),
};

/** One Path*= line. systemd keeps the last line first. */
export const pathEntry = (type: PathEntry['type']): LineKind<PathEntry[]> => ({
  name: 'path',
  parse(value, at, current) {
    if (value === '') return [];
    const path = expandedPath(at, value, bareSpecifiers);
    return path === undefined ? current : [{ type, path }, ...current];
  },
});
