/** Kinds of values of [Service], [Socket], [Timer], [Path] and [Swap]. */

import { errorText } from '../../../sys/error-text.ts';
import { parseBoolean, parseInteger } from '../../../text/numbers.ts';
import { pathIsAbsolute, pathJoin, pathStartsWith } from '../../../text/paths.ts';
import {
  formatSocketAddress,
  parseNetlinkAddress,
  parseSocketAddress,
  type SocketAddress,
} from '../../../values/addresses.ts';
import type { ExitStatusSet } from '../../../values/exit-status.ts';
import { parseExitStatusSet } from '../../../values/exit-status.ts';
import { fdNameIsValid, interfaceNameIsValid } from '../../../values/names.ts';
import { signalName } from '../../../values/signals.ts';
import { formatCalendar, parseCalendar } from '../../../values/time/calendar.ts';
import { parseTimeSpan, parseTimeSpanFix0 } from '../../../values/time/time-span.ts';
import type { ExecCommand } from '../../language/exec-command.ts';
import { formatArgv, parseExecCommands } from '../../language/exec-command.ts';
import { unitNameIsValid } from '../../language/unit-name.ts';
import { does, honoured, type Kind, type ParseContext, type Redirect, type Support, writes } from '../directive.ts';
import type { ListenEntry, OpenFileSetting, PathEntry, TimerEntry } from '../shapes.ts';
import { bareSpecifiers, checkPath, expand, notice, printable, printableWords, warning, wordsOf } from './basic.ts';

export const execCommands: Kind<ExecCommand[]> = {
  name: 'command lines',
  parse(value, at, current) {
    if (value === '') return [];
    const { commands, fatal } = parseExecCommands(
      value,
      (text, use) => at.expand(text, use),
      (level, message) => at.report(level, message),
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

/** /var/run/… is said to be old and becomes /run/…. */
export function withoutVarRun(at: ParseContext, path: string): string {
  const below = pathStartsWith(path, '/var/run/');
  if (below === undefined || below === '') return path;
  const updated = pathJoin('/run', below);
  at.report(
    notice,
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

const busNamePattern = /^(?!\.)(?=.{1,255}$)(?!.*\.\.)[A-Za-z_-][A-Za-z0-9_-]*(\.[A-Za-z_-][A-Za-z0-9_-]*)+$/;

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
export const startTimeout: Kind<number> = {
  name: 'time span',
  timeSpan: true,
  parse(value, at, current) {
    const ms = parseTimeSpanFix0(value);
    if (ms !== undefined) return ms;
    at.report(warning, `Failed to parse ${at.key}= parameter, ignoring: ${value}`);
    return current;
  },
  format: () => '',
};

export const bothTimeouts: Redirect = does(
  'time span',
  'TimeoutStartSec',
  (settings, value, at) => {
    const ms = parseTimeSpanFix0(value);
    if (ms === undefined) at.report(warning, `Failed to parse ${at.key}= parameter, ignoring: ${value}`);
    else {
      settings.TimeoutStartSec = ms;
      settings.TimeoutStopSec = ms;
    }
  },
  honoured,
);

export const abortTimeout: Kind<number | undefined> = {
  name: 'time span',
  timeSpan: true,
  parse(value, at, current) {
    if (value === '') return undefined;
    const ms = parseTimeSpan(value);
    if (ms !== undefined) return ms;
    at.report(warning, `Failed to parse ${at.key}= setting, ignoring: ${value}`);
    return current;
  },
  format: () => '',
};

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
        at.report(warning, `Failed to add dependency on ${name}, ignoring: Invalid argument`);
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

export const openFiles: Kind<OpenFileSetting[]> = {
  name: 'files',
  parse(value, at, current) {
    if (value === '') return [];
    const [path = '', name = '', options = ''] = value.split(':', 3);
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
      if (option === 'read-only') file.access = 'readonly';
      else if (option === 'append') file.access = 'append';
      else if (option === 'truncate') file.access = 'truncate';
      else if (option === 'graceful') file.graceful = true;
      else return wrong();
    }
    return [...current, file];
  },
  format: (files) => files.map((file) => `${file.path}:${file.fdName}`),
};

// ---- sockets ------------------------------------------------------------------------------------------------------

export const listenEntries: Kind<ListenEntry[]> = {
  name: 'addresses',
  parse: (_value, _at, current) => current,
  format: (entries) => entries.map((entry) => `${entry.address} (${entry.kind})`),
};

function listenAddress(kind: ListenEntry['kind'], value: string, at: ParseContext): string | undefined {
  let text = expand(at, 'path', value);
  if (text === undefined) return undefined;
  if (kind === 'FIFO' || kind === 'Special' || kind === 'MessageQueue' || kind === 'USBFunction') {
    const path = checkPath(at, text);
    return path !== undefined && kind === 'FIFO' ? withoutVarRun(at, path) : path;
  }
  if (text.startsWith('/')) text = withoutVarRun(at, text);
  const address: SocketAddress | undefined = kind === 'Netlink' ? parseNetlinkAddress(text) : parseSocketAddress(text);
  if (address === undefined) {
    const why = errorText(/^[0-9]+$/.test(text) && Number(text) > 0xffff ? 'ERANGE' : 'EINVAL');
    at.report(warning, `Failed to parse address value in '${text}', ignoring: ${why}`);
    return undefined;
  }
  if (kind === 'SequentialPacket' && address.family !== 'unix') {
    at.report(warning, `Address family not supported, ignoring: ${value}`);
    return undefined;
  }
  return formatSocketAddress(address);
}

export function listen(kind: ListenEntry['kind'], support: Support = honoured): Redirect {
  return writes<ListenEntry[]>(
    'Listen',
    {
      name: kind === 'FIFO' || kind === 'Special' ? 'path' : 'address',
      parse(value, at, current) {
        if (value === '') return [];
        const address = listenAddress(kind, value, at);
        return address === undefined ? current : [...current, { kind, address }];
      },
    },
    support,
  );
}

const socketProtocols = new Map([
  ['udplite', 136],
  ['sctp', 132],
  ['mptcp', 262],
]);

/** Number of IPPROTO_*. */
export const socketProtocol: Kind<number> = {
  name: 'udplite|sctp|mptcp',
  parse(value, at, current) {
    const number = socketProtocols.get(value.toLowerCase()) ?? parseInteger(value);
    if (number !== undefined && [...socketProtocols.values()].includes(number)) return number;
    at.report(warning, `Failed to parse socket protocol, ignoring: ${value}`);
    return current;
  },
  format: String,
};

export const interfaceName: Kind<string | undefined> = {
  name: 'network interface',
  parse(value, at, current) {
    if (value === '' || value === '*') return undefined;
    if (interfaceNameIsValid(value)) return value;
    at.report(warning, `Invalid interface name, ignoring: ${value}`);
    return current;
  },
  format: printable,
};

const ipTosNames: Record<string, number> = { 'low-delay': 16, throughput: 8, reliability: 4, 'low-cost': 2 };

export const ipTos: Kind<number> = {
  name: 'low-delay|throughput|reliability|low-cost or a number',
  parse(value, at, current) {
    if (value === '') return -1;
    const number = Object.hasOwn(ipTosNames, value) ? ipTosNames[value] : parseInteger(value, 0, 0xff);
    if (number !== undefined) return number;
    at.report(warning, `Failed to parse IP TOS value, ignoring: ${value}`);
    return current;
  },
  format: String,
};

const timestampings: Record<string, 'off' | 'us' | 'ns'> = {
  off: 'off',
  us: 'us',
  usec: 'us',
  µs: 'us',
  μs: 'us',
  ns: 'ns',
  nsec: 'ns',
};

export const timestamping: Kind<'off' | 'us' | 'ns'> = {
  name: 'off|us|ns',
  parse(value, at, current) {
    const known = Object.hasOwn(timestampings, value) ? timestampings[value] : undefined;
    if (known !== undefined) return known;
    const truth = parseBoolean(value);
    if (truth !== undefined) return truth ? 'ns' : 'off';
    at.report(warning, `Failed to parse timestamping precision, ignoring: ${value}`);
    return current;
  },
  format: (value) => value,
};

export const fdName: Kind<string | undefined> = {
  name: 'string',
  parse(value, at, current) {
    if (value === '') return undefined;
    const text = expand(at, 'fd', value);
    if (text === undefined) return current;
    if (fdNameIsValid(text)) return text;
    at.report(warning, `Invalid file descriptor name, ignoring: ${text}`);
    return current;
  },
  format: printable,
};

export const socketService: Kind<string | undefined> = {
  name: 'service unit',
  parse(value, at, current) {
    const name = expand(at, 'name', value, bareSpecifiers);
    if (name === undefined) return current;
    if (!name.endsWith('.service')) {
      at.report(warning, `Unit must be of type service, ignoring: ${value}`);
      return current;
    }
    if (!unitNameIsValid(name, 'plain', 'instance')) {
      at.report(warning, `Failed to load unit ${value}, ignoring: Unit name ${name} is not valid.`);
      return current;
    }
    return name;
  },
  format: printable,
};

// ---- timers, paths, swaps -----------------------------------------------------------------------------------------

export const timerEntries: Kind<TimerEntry[]> = {
  name: 'timers',
  parse: (_value, _at, current) => current,
  format: () => [],
};

/** systemd keeps the last line first. */
export function timerSpec(base: TimerEntry['base']): Redirect {
  return writes<TimerEntry[]>(
    'Timers',
    {
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
    },
    honoured,
  );
}

export const pathEntries: Kind<PathEntry[]> = {
  name: 'paths',
  parse: (_value, _at, current) => current,
  format: (entries) => entries.map((entry) => `${entry.path} (${entry.type})`),
};

export function pathSpec(type: PathEntry['type']): Redirect {
  return writes<PathEntry[]>(
    'Paths',
    {
      name: 'path',
      parse(value, at, current) {
        if (value === '') return [];
        const text = expand(at, 'path', value, bareSpecifiers);
        const path = text === undefined ? undefined : checkPath(at, text);
        return path === undefined ? current : [{ type, path }, ...current];
      },
    },
    honoured,
  );
}

export const swapPriority: Kind<number | undefined> = {
  name: 'integer',
  parse(value, at, current) {
    if (value === '') return undefined;
    const priority = parseInteger(value);
    if (priority === undefined) {
      at.report(warning, `Invalid swap priority '${value}', ignoring.`);
      return current;
    }
    if (priority < -1) {
      at.report(
        warning,
        `Sorry, swap priorities smaller than -1 may only be assigned by the kernel itself, ignoring: ${value}`,
      );
      return current;
    }
    if (priority > 32767) {
      at.report(warning, `Swap priority out of range, ignoring: ${value}`);
      return current;
    }
    return priority;
  },
  format: (value) => String(value ?? -1),
};
