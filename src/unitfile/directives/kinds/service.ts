/** Kinds of values of [Service]. */

import { parseBoolean } from '../../../text/numbers.ts';
import { pathIsAbsolute, pathJoin, pathStartsWith } from '../../../text/paths.ts';
import { type ExitStatusSet, parseExitStatusSet } from '../../../values/exit-status.ts';
import { fdNameIsValid } from '../../../values/names.ts';
import { printable, printableWords } from '../../../values/shown.ts';
import { signalName } from '../../../values/signals.ts';
import { parseTimeSpan, parseTimeSpanFix0 } from '../../../values/time/time-span.ts';
import { type ExecCommand, formatArgv, parseExecCommands } from '../../language/exec-command.ts';
import { unitNameIsValid } from '../../language/unit-name.ts';
import type { Kind, ParseContext } from '../kind.ts';
import type { OpenFileSetting } from '../shapes.ts';
import {
  bareSpecifiers,
  checkPath,
  debug,
  expand,
  notice,
  optional,
  refuse,
  scalar,
  warning,
  wordsOf,
} from './basic.ts';

export const execCommands: Kind<ExecCommand[]> = {
  name: 'command lines',
  parse(value, at, current) {
    if (value === '') return [];
    const { commands, fatal } = parseExecCommands(
      value,
      (text, use) => at.expand(text, use),
      (level, message) => at.report(level, message),
      at.voice.loading.execLines(at.key),
    );
    if (fatal) at.fatal();
    return commands.length === 0 ? current : [...current, ...commands];
  },
  format: (commands) => commands.map((command) => `${command.path} ${formatArgv(command.argv)}`),
};

export const exitStatusSet: Kind<ExitStatusSet> = {
  name: 'exit statuses and signals',
  parse: (value, at, current) =>
    parseExitStatusSet(value, current, at.key, (level, message) => at.report(level, message)),
  format: ({ statuses, signals }) => [...statuses.map(String), ...signals.map(signalName)].join(' '),
};

const refreshable = ['extensions', 'credentials'] as const;
type Refreshable = (typeof refreshable)[number];

/** RefreshOnReload=; undefined: no line says it. */
export const refreshOnReload: Kind<readonly Refreshable[] | undefined> = {
  name: 'boolean or extensions|credentials',
  parse(value, at, current) {
    if (value === '') return undefined;
    const truth = parseBoolean(value);
    if (truth !== undefined) return truth ? refreshable : [];
    const inverted = value.startsWith('~');
    const named = [...wordsOf(at, inverted ? value.slice(1) : value, 0)];
    if (!named.every((word) => (refreshable as readonly string[]).includes(word))) {
      refuse(at, 'Failed to parse RefreshOnReload=', value);
      return current;
    }
    const before: readonly string[] = current ?? (inverted ? ['extensions'] : []);
    return refreshable.filter((word) => (named.includes(word) ? !inverted : before.includes(word)));
  },
  format: (words) => (words === undefined ? '' : printableWords([...words])),
};

/** /var/run/… is said to be old and becomes /run/…. */
export function withoutVarRun(at: ParseContext, path: string): string {
  const below = pathStartsWith(path, '/var/run/');
  if (below === undefined || below === '') return path;
  const updated = pathJoin('/run', below);
  at.report(
    at.tellsLegacyPaths ? notice : debug,
    `${at.key}= references a path below legacy directory /var/run/, updating ${path} → ${updated}; ` +
      'please update the unit file accordingly.',
  );
  return updated;
}

export const pidFile: Kind<string | undefined> = {
  name: 'path',
  parse(value, at, current) {
    if (value === '') return undefined;
    const text = expand(at, 'path', value);
    if (text === undefined) return current;
    const path = checkPath(at, pathIsAbsolute(text) ? text : pathJoin(at.runtimeDirectory, text));
    if (path !== undefined) return withoutVarRun(at, path);
    at.fatal('EINVAL');
    return current;
  },
  format: printable,
};

/** Names that connections are given (`:1.5`) may have digits where others need a letter. */
const busNamePattern = /^(?=.{1,255}$)([A-Za-z_-][\w-]*(\.[A-Za-z_-][\w-]*)+|:[\w-]+(\.[\w-]+)+)$/;

export const busName: Kind<string | undefined> = {
  name: 'D-Bus name',
  parse(value, at, current) {
    const text = expand(at, 'full', value, bareSpecifiers);
    if (text === undefined) return current;
    if (busNamePattern.test(text)) return text;
    at.report(warning, `Invalid bus name, ignoring: ${text}`);
    return current;
  },
  format: printable,
};

/** TimeoutStartSec= and TimeoutSec=: 0 is infinity. */
export const startTimeout: Kind<number> = scalar(
  'time span',
  (key) => `Failed to parse ${key}= parameter`,
  parseTimeSpanFix0,
  () => '',
  { timeSpan: true, saidByAll: true },
);

export const abortTimeout: Kind<number | undefined> = optional(
  'time span',
  (key) => `Failed to parse ${key}= setting`,
  (value) => parseTimeSpan(value),
  () => '',
  { timeSpan: true, saidByAll: true },
);

/** Sockets=: After=, Wants= and TriggeredBy= each. */
export const serviceSockets: Kind<string[]> = {
  name: 'socket units',
  parse(value, at, current) {
    const list = [...current];
    for (const word of wordsOf(at, value, 0, `Trailing garbage in sockets, ignoring: ${value}`)) {
      const name = expand(at, 'name', word);
      if (name === undefined) continue;
      if (!name.endsWith('.socket')) {
        at.report(warning, `Unit must be of type socket, ignoring: ${name}`);
        continue;
      }
      if (!unitNameIsValid(name)) {
        at.refuseDependency(name);
        continue;
      }
      at.addDependency('Wants', name);
      at.addDependency('After', name);
      at.addDependency('TriggeredBy', name);
      list.push(name);
    }
    return list;
  },
  format: printableWords,
};

const accesses: ReadonlyMap<string, OpenFileSetting['access']> = new Map([
  ['read-only', 'readonly'],
  ['append', 'append'],
  ['truncate', 'truncate'],
]);

function openFileText({ path, fdName, access, graceful }: OpenFileSetting): string {
  const options = [...accesses].filter(([, kind]) => kind === access).map(([word]) => word);
  if (graceful) options.push('graceful');
  return [path, fdName, ...(options.length === 0 ? [] : [options.join(',')])].join(':');
}

export const openFiles: Kind<OpenFileSetting[]> = {
  name: 'files',
  parse(value, at, current) {
    if (value === '') return [];
    const [path = '', name = '', options = ''] = value.split(':');
    const expanded = expand(at, 'full', path);
    if (expanded === undefined) return current;
    const file: OpenFileSetting = {
      path: expanded,
      fdName: name === '' ? (expanded.split('/').at(-1) ?? '') : name,
      access: 'readwrite',
      graceful: false,
    };
    const wrong = (): OpenFileSetting[] => {
      at.report(warning, `Failed to parse OpenFile= setting, ignoring: ${value}`);
      return current;
    };
    if (!pathIsAbsolute(expanded) || !fdNameIsValid(file.fdName)) return wrong();
    for (const option of options.split(',').filter((o) => o !== '')) {
      const access = accesses.get(option);
      if (access !== undefined) {
        // Only one of them can be so.
        if (file.access !== 'readwrite') return wrong();
        file.access = access;
      } else if (option === 'graceful') file.graceful = true;
      else return wrong();
    }
    return [...current, file];
  },
  format: (files) => files.map(openFileText),
};
