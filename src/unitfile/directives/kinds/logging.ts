/** How what a unit writes comes into the journal: systemd.exec(5) "LOGGING AND STANDARD INPUT/OUTPUT". */

import { errorText } from '../../../sys/error-text.ts';
import { cUnescape, extract } from '../../../text/quoting.ts';
import { logNamespaceIsValid } from '../../../values/names.ts';
import { printable } from '../../../values/shown.ts';
import { parseLogFacility, parseLogLevel } from '../../../values/syslog.ts';
import type { Kind } from '../kind.ts';
import { bareSpecifiers, expand, scalar, warning, wordsOf } from './basic.ts';

export const logFacility: Kind<number> = scalar('facility', 'Failed to parse log facility', parseLogFacility, String);

export const logLevel: Kind<number> = scalar('level', 'Failed to parse log level', parseLogLevel, String);

/** undefined: everything is logged. */
export const logLevelOrUnset: Kind<number | undefined> = scalar<number | undefined>(
  'level',
  'Failed to parse log level',
  parseLogLevel,
  (value) => String(value ?? -1),
);

/** What the manager logs, and how: said in words of its own. */
export const managerLog = <T>(
  name: string,
  what: string,
  read: (value: string) => T | undefined,
): Kind<T | undefined> => ({
  name,
  parse(value, at, current) {
    const result = read(value);
    if (result === undefined) at.report(warning, `Invalid ${what}'${value}': ${errorText('EINVAL')}`);
    return result ?? current;
  },
  format: (value) => String(value ?? ''),
});

/** LogFilterPatterns=: `~` before a pattern leaves out what matches. */
export interface LogFilterPattern {
  exclude: boolean;
  pattern: string;
}

export const logFilterPatterns: Kind<LogFilterPattern[]> = {
  name: 'regular expression',
  parse(value, at, current) {
    if (value === '') return [];
    const exclude = value.startsWith('~');
    const written = exclude ? value.slice(1) : value.replace(/^\\x7e/i, '~');
    const pattern = cUnescape(written, { relax: true });
    try {
      new RegExp(pattern ?? written);
      return [...current, { exclude, pattern: pattern ?? written }];
    } catch {
      at.report(warning, `Failed to compile ${at.key}= pattern '${value}', ignoring: ${errorText('EINVAL')}`);
      return current;
    }
  },
  format: () => [],
};

/** Names as journald takes them: capitals, digits, underscores, no leading digit or underscore. */
const journalFieldIsValid = (name: string): boolean => /^[A-Z][A-Z0-9_]{0,63}$/.test(name);

export const logExtraFields: Kind<string[]> = {
  name: 'fields',
  parse(value, at, current) {
    if (value === '') return [];
    const list = [...current];
    for (const word of wordsOf(at, value, extract.cUnescape | extract.unquote)) {
      const field = expand(at, 'full', word, bareSpecifiers);
      if (field === undefined) continue;
      const equals = field.indexOf('=');
      if (equals < 0) at.report(warning, `Log field lacks '=' character, ignoring: ${field}`);
      else if (!journalFieldIsValid(field.slice(0, equals))) {
        at.report(warning, `Log field name is invalid, ignoring: ${field}`);
      } else list.push(field);
    }
    return list;
  },
  format: (fields) => fields.join(' '),
};

export const logNamespace: Kind<string | undefined> = {
  name: 'string',
  parse(value, at, current) {
    if (value === '') return undefined;
    const name = expand(at, 'full', value, bareSpecifiers);
    if (name === undefined) return current;
    if (logNamespaceIsValid(name)) return name;
    at.report(warning, `Specified log namespace name is not valid, ignoring: ${name}`);
    return current;
  },
  format: printable,
};
