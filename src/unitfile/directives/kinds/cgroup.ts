/** Kinds of values of systemd.resource-control(5). */

import { errorText } from '../../../sys/error-text.ts';
import {
  parseBoolean,
  parsePermyriad,
  parsePermyriadUnbounded,
  parseSizeExact,
  parseUnsigned,
  parseUnsigned64,
} from '../../../text/numbers.ts';
import { filenameIsValid } from '../../../text/paths.ts';
import { extract, splitWords, WordReader } from '../../../text/quoting.ts';
import { formatPrefix, type IpPrefix, maskPrefix, parsePrefix } from '../../../values/addresses.ts';
import { controllers } from '../../../values/controllers.ts';
import { interfaceNameIsValid } from '../../../values/names.ts';
import { nftSetProblem } from '../../../values/nft-sets.ts';
import { notSet, printable, printableFilter, printableNumber, printableWords } from '../../../values/shown.ts';
import { formatSocketBind, parseSocketBind, type SocketBindRule } from '../../../values/socket-bind.ts';
import { formatTimeSpan, parseTimeSpan } from '../../../values/time/time-span.ts';
import type { UnitType } from '../../language/unit-name.ts';
import type { Kind, LineKind, ParseContext } from '../kind.ts';
import type { NameFilter } from '../shapes.ts';
import {
  bareSpecifiers,
  checkPath,
  expand,
  expandedPath,
  numberErrno,
  refuse,
  warning,
  whyNoUnsigned,
  wordsOf,
} from './basic.ts';

const infinity = Number.POSITIVE_INFINITY;

/** cg_needs_escape() of systemd: names that the kernel, or systemd itself, has use for. */
const isReservedGroup = (name: string): boolean =>
  !filenameIsValid(name) ||
  /^[_.]|^(?:notify_on_release|release_agent|tasks)$/.test(name) ||
  controllerFiles.has(name.split('.')[0]!);
const controllerFiles: ReadonlySet<string> = new Set(['cgroup', ...controllers]);

/** DelegateSubgroup= */
export const subgroup: Kind<string | undefined> = {
  name: 'cgroup name',
  parse(value, at, current) {
    const name = expand(at, 'full', value);
    if (name === undefined) return current;
    if (name === '') return undefined;
    if (!isReservedGroup(name)) return name;
    at.report(warning, `Invalid control group name, ignoring: ${name}`);
    return current;
  },
  format: printable,
};

/** BindNetworkInterface= */
export const boundInterface: Kind<string | undefined> = {
  name: 'interface',
  parse(value, at, current) {
    const name = expand(at, 'full', value, bareSpecifiers);
    if (name === undefined) return current;
    if (name === '') return undefined;
    if (interfaceNameIsValid(name, { alternative: true })) return name;
    at.report(warning, `Invalid interface name, ignoring: ${name}`);
    return current;
  },
  format: printable,
};

/** NFTSet=; words, as they were written. */
export const nftSets: Kind<string[]> = {
  name: 'NFT set',
  parse(value, at, current) {
    if (value === '') return [];
    const sets: string[] = [];
    for (const word of wordsOf(
      at,
      value,
      extract.unquote,
      `Failed to parse ${at.key}=${value}, ignoring: Invalid argument`,
    )) {
      const problem = nftSetProblem(word);
      if (problem === undefined) sets.push(word);
      else at.report(warning, problem);
    }
    return sets.length === 0 ? current : [...current, ...sets];
  },
  format: printableWords,
};
/** The whole page that holds `permyriad` of the machine's memory. */
function memoryShare(permyriad: number, total: number): number {
  if (permyriad === 10000) return total;
  const page = 4096;
  return Math.floor((Math.floor(total / page) * permyriad) / 10000) * page;
}

function memory(unset: number, mayBeZero: (key: string) => boolean): Kind<number> {
  return {
    name: 'size, percent or infinity',
    parse(value, at, current) {
      let bytes = unset;
      if (value !== '' && value !== 'infinity') {
        const share = parsePermyriad(value);
        if (share !== undefined) bytes = memoryShare(share, at.machine.memoryTotal());
        else {
          const exact = parseSizeExact(value, 1024);
          if (typeof exact !== 'bigint') {
            at.report(warning, `Invalid memory limit '${value}', ignoring: ${errorText(exact)}`);
            return current;
          }
          bytes = exact >= (1n << 64n) - 1n ? infinity : Number(exact);
        }
        if (bytes === infinity || (bytes <= 0 && !mayBeZero(at.key))) {
          at.report(warning, `Memory limit '${value}' out of range, ignoring.`);
          return current;
        }
      } else if (value === 'infinity') bytes = infinity;
      if (at.key === 'MemoryLimit') {
        at.report(
          warning,
          'Unit uses MemoryLimit=; please use MemoryMax= instead. Support for MemoryLimit= will be removed soon.',
        );
      }
      return bytes;
    },
    format: printableNumber,
  };
}

export const memoryLimit = memory(infinity, (key) => key.includes('SwapMax'));
/** MemoryMin=, MemoryLow= and their defaults: empty is no protection. */
export const memoryProtection = memory(0, () => true);

/** systemctl has no word for its infinity. */
export const memoryMin: Kind<number> = {
  ...memoryProtection,
  format: (value) => (value === infinity ? '18446744073709551615' : printableNumber(value)),
};

export const tasksMax: Kind<number> = {
  name: 'number, percent or infinity',
  parse(value, at, current) {
    // Of slices too, which have no limit where nothing is said.
    if (value === '') return at.defaultTasksMax;
    if (value === 'infinity') return infinity;
    const share = parsePermyriad(value);
    if (share !== undefined) {
      return Math.floor((at.machine.tasksLimit() * share) / 10000);
    }
    const number = parseUnsigned64(value);
    if (number === undefined) {
      at.report(warning, `Invalid maximum tasks value '${value}', ignoring: ${whyNoUnsigned(value)}`);
    } else if (number <= 0n || number >= (1n << 64n) - 1n) {
      at.report(warning, `Maximum tasks value '${value}' out of range, ignoring.`);
    } else return Number(number);
    return current;
  },
  format: printableNumber,
};

/** A weight; undefined: not set. */
function weight(
  name: string,
  message: string,
  min: number,
  max: number,
  before?: (at: ParseContext) => void,
  words: Readonly<Record<string, number>> = {},
): Kind<number | undefined> {
  return {
    name,
    parse(value, at, current) {
      before?.(at);
      if (value === '') return undefined;
      const number = Object.hasOwn(words, value) ? words[value] : parseUnsigned(value);
      if (number !== undefined && (Object.hasOwn(words, value) || (number >= min && number <= max))) return number;
      refuse(at, message, value, { why: numberErrno(value) });
      return current;
    },
    format(value) {
      if (value === undefined) return notSet;
      return Object.entries(words).find(([, number]) => number === value)?.[0] ?? String(value);
    },
  };
}

/** 0 is `idle`. */
export const cpuWeight = weight('1…10000 or idle', 'Invalid CPU weight', 1, 10000, undefined, { idle: 0 });
export const ioWeight = weight('1…10000', 'Invalid weight', 1, 10000);
export const blockIoWeight = weight('10…1000', 'Invalid block IO weight', 10, 1000);
export const cpuShares = weight('2…262144', 'Invalid CPU shares', 2, 262144, (at) =>
  at.report(
    warning,
    `Unit uses ${at.key}=; please use CPUWeight= instead. Support for ${at.key}= will be removed soon.`,
  ),
);

/** Milliseconds of CPU time in a second. */
export const cpuQuota: Kind<number> = {
  name: 'percent',
  parse(value, at, current) {
    if (value === '') return infinity;
    const permyriad = parsePermyriadUnbounded(value);
    if (permyriad !== undefined && permyriad > 0) return permyriad / 10;
    at.report(warning, `Invalid CPU quota '${value}', ignoring.`);
    return current;
  },
  format: (value) => formatTimeSpan(value),
};

/** systemd keeps and shows the last rule first. */
export interface DeviceRule {
  path: string;
  access: string;
}

/** First word (a path with specifiers) and the rest of a value that configures a device. */
function deviceAndRest(
  value: string,
  at: ParseContext,
  what: string,
  needsRest: boolean,
): { path: string; rest: string } | undefined {
  const node = what.startsWith('bandwidth') || what === 'block weight' ? 'device node' : 'device path';
  const noun = what.replace('block ', '');
  const reader = new WordReader(value, undefined, extract.unquote);
  const word = reader.next();
  if (reader.failed || (word === undefined && !needsRest)) {
    at.report(warning, `Failed to extract ${node} and ${noun} from '${value}', ignoring.`);
    return undefined;
  }
  const rest = reader.rest ?? '';
  if (word === undefined || (needsRest && rest === '')) {
    at.report(warning, `Invalid ${node} or ${noun} specified in '${value}', ignoring.`);
    return undefined;
  }
  const path = expand(at, 'path', word);
  return path === undefined ? undefined : { path, rest };
}

export const deviceAllow: Kind<DeviceRule[]> = {
  name: 'device and rights',
  parse(value, at, current) {
    if (value === '') return [];
    const pair = deviceAndRest(value, at, 'rights', false);
    if (pair === undefined) return current;
    let { path } = pair;
    if (!path.startsWith('block-') && !path.startsWith('char-')) {
      const checked = checkPath(at, path, {});
      if (checked === undefined) return current;
      path = checked;
      if (!/^\/(dev|run\/systemd\/inaccessible)(\/|$)/.test(path)) {
        at.report(warning, `Invalid device node path '${path}', ignoring.`);
        return current;
      }
    }
    if (!/^[rwm]*$/.test(pair.rest)) {
      at.report(warning, `Invalid device rights '${pair.rest}', ignoring.`);
      return current;
    }
    const access = ['r', 'w', 'm'].filter((c) => pair.rest === '' || pair.rest.includes(c)).join('');
    return [{ path, access }, ...current];
  },
  format: (rules) => rules.map((rule) => `${rule.path} ${rule.access}`),
};

export interface DeviceNumber {
  path: string;
  /** Weight, bytes or operations a second; Infinity: no limit. */
  value: number;
}

const withDevice = (list: readonly DeviceNumber[], entry: DeviceNumber): DeviceNumber[] =>
  list.some((e) => e.path === entry.path) ? list.map((e) => (e.path === entry.path ? entry : e)) : [...list, entry];

const useIo = (at: ParseContext): void =>
  at.report(
    warning,
    `Unit uses ${at.key}=; please use IO*= settings instead. Support for ${at.key}= will be removed soon.`,
  );

function deviceNumbers(
  name: string,
  what: string,
  read: (rest: string, at: ParseContext) => number | undefined,
  options: { old?: boolean; replace: boolean },
): Kind<DeviceNumber[]> {
  return {
    name,
    parse(value, at, current) {
      if (options.old === true) useIo(at);
      if (value === '') return [];
      const pair = deviceAndRest(value, at, what, true);
      if (pair === undefined) return current;
      const path = checkPath(at, pair.path, {});
      if (path === undefined) return current;
      const number = read(pair.rest, at);
      if (number === undefined) return current;
      return options.replace ? withDevice(current, { path, value: number }) : [...current, { path, value: number }];
    },
    format: (list) => list.filter((e) => e.value !== infinity).map((e) => `${e.path} ${printableNumber(e.value)}`),
  };
}

const weightWithin =
  (min: number, max: number, what: string) =>
  (rest: string, at: ParseContext): number | undefined => {
    const number = parseUnsigned(rest);
    if (number !== undefined && number >= min && number <= max) return number;
    const why = errorText(number === undefined ? 'EINVAL' : 'ERANGE');
    at.report(
      warning,
      `${what === 'IO weight' ? '' : 'Invalid '}${what} '${rest}'${what === 'IO weight' ? ' invalid' : ''}, ignoring: ${why}`,
    );
    return undefined;
  };

const rate =
  (message: (rest: string) => string, infinite: boolean) =>
  (rest: string, at: ParseContext): number | undefined => {
    if (infinite && rest === 'infinity') return infinity;
    const number = parseSizeExact(rest, 1000);
    if (typeof number === 'bigint' && number > 0n) return Number(number);
    at.report(warning, message(rest));
    return undefined;
  };

export const deviceWeight = deviceNumbers('device and weight', 'weight', weightWithin(1, 10000, 'IO weight'), {
  replace: false,
});
export const deviceRate = deviceNumbers(
  'device and rate',
  'bandwidth',
  rate((rest) => `Invalid IO limit '${rest}', ignoring.`, true),
  { replace: true },
);
export const blockDeviceWeight = deviceNumbers(
  'device and weight',
  'block weight',
  weightWithin(10, 1000, 'block IO weight'),
  { old: true, replace: false },
);
export const blockDeviceRate = deviceNumbers(
  'device and rate',
  'bandwidth',
  rate((rest) => `Invalid Block IO Bandwidth '${rest}', ignoring.`, false),
  { old: true, replace: true },
);

export interface DeviceLatency {
  path: string;
  targetMs: number;
}

export const deviceLatency: Kind<DeviceLatency[]> = {
  name: 'device and time span',
  parse(value, at, current) {
    if (value === '') return [];
    const pair = deviceAndRest(value, at, 'latency', true);
    if (pair === undefined) return current;
    const path = checkPath(at, pair.path, {});
    if (path === undefined) return current;
    const targetMs = parseTimeSpan(pair.rest);
    if (targetMs !== undefined) return [...current, { path, targetMs }];
    at.report(warning, `Failed to parse timer value, ignoring: ${pair.rest}`);
    return current;
  },
  format: (list) => list.map((e) => `${e.path} ${formatTimeSpan(e.targetMs, 0.001)}`),
};

const inOrder = (set: ReadonlySet<string>): string[] => controllers.filter((c) => set.has(c));
const delegated: ReadonlySet<string> = new Set(['cpu', 'cpuset', 'io', 'memory', 'pids']);
const mayDelegate: ReadonlySet<UnitType> = new Set(['service', 'scope']);

export const controllerList: Kind<string[]> = {
  name: 'controllers',
  parse(value, at, current) {
    if (value === '') return [];
    const list = splitWords(value);
    const known = (list ?? []).filter((c) => controllers.includes(c));
    if (known.length > 0) return inOrder(new Set([...current, ...known]));
    at.report(warning, `Invalid cgroup string: ${value}, ignoring`);
    return current;
  },
  format: printableWords,
};

/** What Delegate= comes to: whether, and which controllers. */
export interface Delegation {
  enabled: boolean;
  controllers: string[];
}

export const delegation: LineKind<Delegation> = {
  name: 'boolean or controllers',
  parse(value, at, current) {
    if (!mayDelegate.has(at.type)) {
      at.report(warning, 'Delegate= setting not supported for this unit type, ignoring.');
      return current;
    }
    const truth = value === '' ? undefined : parseBoolean(value);
    if (value === '' || truth !== undefined) {
      return { enabled: truth ?? true, controllers: truth === true ? inOrder(delegated) : [] };
    }
    const set = new Set(current.controllers);
    const reader = new WordReader(value, undefined, extract.unquote);
    for (let word = reader.next(); word !== undefined; word = reader.next()) {
      if (controllers.includes(word)) set.add(word);
      else at.report(warning, `Invalid controller name '${word}', ignoring`);
    }
    if (reader.failed) {
      at.report(warning, `Invalid syntax, ignoring: ${value}`);
      return current;
    }
    return { enabled: true, controllers: inOrder(set) };
  },
};

const mayHaveOomMode: ReadonlySet<UnitType> = new Set(['service', 'scope', 'slice']);

export const oomMode: Kind<'auto' | 'kill'> = {
  name: 'auto|kill',
  parse(value, at, current) {
    if (!mayHaveOomMode.has(at.type)) {
      at.report(warning, `${at.key}= is not supported for this unit type, ignoring.`);
      return current;
    }
    if (value === '') return 'auto';
    if (value === 'auto' || value === 'kill') return value;
    at.report(warning, `Invalid syntax, ignoring: ${value}`);
    return current;
  },
  format: (value) => value,
};

export const oomPressureLimit: Kind<number> = {
  name: 'percent',
  parse(value, at, current) {
    if (!mayHaveOomMode.has(at.type)) {
      at.report(warning, `${at.key}= is not supported for this unit type, ignoring.`);
      return current;
    }
    if (value === '') return 0;
    const permyriad = parsePermyriad(value);
    if (permyriad !== undefined) return Number((BigInt(permyriad) * 0xffffffffn + 5000n) / 10000n);
    at.report(warning, `Failed to parse memory pressure limit value, ignoring: ${value}`);
    return current;
  },
  format: String,
};

const shortcuts: Readonly<Record<string, readonly string[]>> = {
  any: ['0.0.0.0/0', '::/0'],
  localhost: ['127.0.0.0/8', '::1/128'],
  'link-local': ['169.254.0.0/16', 'fe80::/64'],
  multicast: ['224.0.0.0/4', 'ff00::/8'],
};

export const ipPrefixes: Kind<IpPrefix[]> = {
  name: 'addresses',
  parse(value, at, current) {
    if (value === '') return [];
    const list = [...current];
    for (const word of wordsOf(at, value, 0)) {
      const key = /(^|\.)localhost(\.localdomain)?\.?$/i.test(word) ? 'localhost' : word;
      for (const text of Object.hasOwn(shortcuts, key) ? shortcuts[key]! : [word]) {
        const written = parsePrefix(text);
        const prefix = written === undefined ? undefined : maskPrefix(written);
        if (prefix === undefined) {
          at.report(warning, at.voice.loading.badAddressPrefix(at.section, at.key, word));
        } else if (!list.some((p) => formatPrefix(p) === formatPrefix(prefix))) list.push(prefix);
      }
    }
    return list;
  },
  format: (list) => list.map(formatPrefix).join(' '),
};

export const filterPaths: Kind<string[]> = {
  name: 'path',
  parse(value, at, current) {
    if (value === '') return [];
    const path = expandedPath(at, value);
    return path === undefined || current.includes(path) ? current : [...current, path];
  },
  format: printableWords,
};

const attachTypes: ReadonlySet<string> = new Set(
  (
    'ingress egress sock_create sock_ops device bind4 bind6 connect4 connect6 post_bind4 post_bind6 ' +
    'sendmsg4 sendmsg6 sysctl recvmsg4 recvmsg6 getsockopt setsockopt'
  ).split(' '),
);

export interface BpfProgram {
  type: string;
  path: string;
}

export const bpfPrograms: Kind<BpfProgram[]> = {
  name: 'type:path',
  parse(value, at, current) {
    if (value === '') return [];
    const colon = value.indexOf(':');
    const type = value.slice(0, colon);
    if (colon <= 0 || colon === value.length - 1) {
      at.report(warning, `Invalid syntax in ${at.key}=, ignoring: ${value}`);
      return current;
    }
    if (!attachTypes.has(type)) {
      at.report(warning, `Unknown BPF attach type=${type}, ignoring: ${value}`);
      return current;
    }
    const path = expandedPath(at, value.slice(colon + 1));
    return path === undefined ? current : [{ type, path }, ...current];
  },
  format: (list) => list.map((p) => `${p.type}:${p.path}`),
};

export const socketBind: Kind<SocketBindRule[]> = {
  name: 'family:protocol:ports',
  parse(value, at, current) {
    if (value === '') return [];
    // words are taken apart as everywhere: a backslash stands for nothing
    const rule = parseSocketBind(value.replace(/\\(.)/g, '$1'));
    if (rule !== undefined) return [rule, ...current];
    at.report(warning, `Unable to parse ${at.key}= assignment, ignoring: ${value}`);
    return current;
  },
  format: (rules) => rules.map((rule) => formatSocketBind(rule)),
};

export const networkInterfaces: Kind<NameFilter | undefined> = {
  name: 'network interfaces',
  parse(value, at, current) {
    if (value === '') return current === undefined ? undefined : { allow: current.allow, names: [] };
    const invert = value.startsWith('~');
    const allow = current === undefined || current.names.length === 0 ? !invert : current.allow;
    const names = new Set(current?.names);
    const text = invert ? value.slice(1) : value;
    for (const word of wordsOf(at, text, extract.unquote, `Trailing garbage in ${at.key}, ignoring: ${text}`)) {
      if (!interfaceNameIsValid(word)) at.report(warning, `Invalid interface name, ignoring: ${word}`);
      else if (allow !== !invert) names.delete(word);
      else names.add(word);
    }
    return { allow, names: [...names] };
  },
  format: (value) => (value === undefined ? { whenAll: '~' } : printableFilter(value.allow, [...value.names].sort())),
};
