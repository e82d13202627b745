/** Kinds of values of systemd.exec(5) and systemd.kill(5). */

import { errnoName, parseErrno } from '../../../sys/errno-names.ts';
import { errorText } from '../../../sys/error-text.ts';
import type { LimitName, ResourceLimit } from '../../../sys/host.ts';
import { textToBytes } from '../../../text/bytes.ts';
import type { LogLevel } from '../../../text/log-level.ts';
import { parseBoolean, parseInteger, parseNice, parseOomScoreAdjust, parseUnsigned } from '../../../text/numbers.ts';
import { filenameIsValid, pathIsAbsolute, pathIsNormalized, pathStartsWith } from '../../../text/paths.ts';
import { cUnescape, extract, splitWords, WordReader } from '../../../text/quoting.ts';
import { formatCapabilitySet, mergeCapabilitySet, parseSecureBits } from '../../../values/capabilities.ts';
import { formatCpuSet, parseCpuSet } from '../../../values/cpu-set.ts';
import { parseResourceLimit } from '../../../values/limits.ts';
import {
  fdNameIsValid,
  numaPolicyName,
  parseIoClass,
  parseNumaPolicy,
  parsePersonality,
  parseSchedPolicy,
  personalityName,
  userNameIsValid,
} from '../../../values/names.ts';
import { parseLogFacility, parseLogLevel } from '../../../values/syslog.ts';
import { parseNanoseconds } from '../../../values/time/time-span.ts';
import { envAssignmentIsValid, envNameIsValid, setAssignment } from '../../language/env-file.ts';
import { unitInstanceIsValid } from '../../language/unit-name.ts';
import type { Kind, ParseContext, ShownValue } from '../directive.ts';
import type {
  BindMount,
  EnvironmentFileRef,
  ExecDirectoryEntry,
  PrefixedPath,
  StdioSetting,
  SyscallFilter,
} from '../shapes.ts';
import { addressFamilyNumber, addressFamilies as familyNames } from './address-families.ts';
import {
  bareSpecifiers,
  checkPath,
  doubleQuotedSpecifiers,
  error,
  expand,
  notice,
  oneOf,
  oneOfOrBoolean,
  printable,
  printableWords,
  warning,
  wordsOf,
} from './basic.ts';
import { syscallGroups, syscallNames } from './syscalls.ts';

const warn = (at: ParseContext) => (level: LogLevel, message: string) => at.report(level, message);

/** What `systemctl show` prints of a list that allows (plain) or forbids (`~`). */
export const printableFilter = (allow: boolean, sorted: readonly string[]): ShownValue =>
  allow || sorted.length > 0 ? { always: `${allow ? '' : '~'}${sorted.join(' ')}` } : { whenAll: '~' };

// ---- who ----------------------------------------------------------------------------------------------------------

const isUserOrGroup = (name: string): boolean => userNameIsValid(name, 'relaxed', true);

export const userName: Kind<string | undefined> = {
  name: 'user or group',
  parse(value, at, current) {
    if (value === '') return undefined;
    const name = expand(at, 'full', value, (t) => `Failed to resolve unit specifiers in ${t}`, error);
    if (name !== undefined && isUserOrGroup(name)) {
      if (name === 'nobody' && at.key.includes('User')) {
        at.report(notice, `Special user ${name} configured, this is not safe!`);
      }
      return name;
    }
    if (name !== undefined) at.report(error, `Invalid user/group name or numeric ID: ${name}`);
    at.fatal();
    return current;
  },
  format: printable,
};

export const userList: Kind<string[]> = {
  name: 'groups',
  parse(value, at, current) {
    if (value === '') return [];
    const list = [...current];
    const reader = new WordReader(value);
    for (let word = reader.next(); word !== undefined; word = reader.next()) {
      const name = expand(at, 'full', word, (t) => `Failed to resolve unit specifiers in ${t}`, error);
      if (name === undefined || !isUserOrGroup(name)) {
        if (name !== undefined) at.report(error, `Invalid user/group name or numeric ID: ${name}`);
        at.fatal();
        return list;
      }
      list.push(name);
    }
    if (reader.failed) {
      at.report(error, `Invalid syntax: ${value}`);
      at.fatal();
    }
    return list;
  },
  format: printableWords,
};

/** `path` is absolute, or `~`: the user's home. */
export interface WorkingDirectorySetting {
  path: string;
  /** Prefix `-`: a missing one is no failure. */
  optional: boolean;
}

export const workingDirectory: Kind<WorkingDirectorySetting | undefined> = {
  name: 'path or ~',
  parse(value, at, current) {
    if (value === '') return undefined;
    const optional = value.startsWith('-');
    const rest = optional ? value.slice(1) : value;
    if (rest === '~') return { path: '~', optional };
    const text = expand(
      at,
      'path',
      rest,
      (t) => `Failed to resolve unit specifiers in working directory path '${t}'${optional ? ', ignoring' : ''}`,
      optional ? warning : error,
    );
    const path = text === undefined ? undefined : checkPath(at, text, { absolute: true, fatal: !optional });
    if (path !== undefined) return { path, optional };
    if (!optional) at.fatal();
    return current;
  },
  format: (value) => (value === undefined ? '' : `${value.optional ? '!' : ''}${value.path}`),
};

// ---- priorities, scheduling ---------------------------------------------------------------------------------------

/** undefined: as the manager's own. */
export const nice: Kind<number | undefined> = {
  name: 'nice level',
  parse(value, at, current) {
    if (value === '') return undefined;
    const level = parseNice(value);
    if (level !== undefined) return level;
    if (parseInteger(value) !== undefined) at.report(warning, `Nice priority out of range, ignoring: ${value}`);
    else at.report(warning, `Failed to parse nice priority '${value}', ignoring: ${errorText('EINVAL')}`);
    return current;
  },
  format: (value) => String(value ?? 0),
};

export const oomScoreAdjust: Kind<number | undefined> = {
  name: 'OOM score',
  parse(value, at, current) {
    if (value === '') return undefined;
    const score = parseOomScoreAdjust(value);
    if (score !== undefined) return score;
    if (parseInteger(value) !== undefined)
      at.report(warning, `OOM score adjust value out of range, ignoring: ${value}`);
    else at.report(warning, `Failed to parse the OOM score adjust value '${value}', ignoring: ${errorText('EINVAL')}`);
    return current;
  },
  format: (value) => String(value ?? 0),
};

const coredumpBits: readonly string[] = [
  'private-anonymous',
  'shared-anonymous',
  'private-file-backed',
  'shared-file-backed',
  'elf-headers',
  'private-huge',
  'shared-huge',
  'private-dax',
  'shared-dax',
];

function coredumpMask(value: string): number | undefined {
  let mask = 0;
  const list = splitWords(value);
  if (list === undefined) return undefined;
  for (const word of list) {
    if (word === 'default') mask |= 0x33;
    else if (word === 'all') mask = 0xffffffff;
    else {
      const bit = coredumpBits.indexOf(word);
      const number = /^(0x)?[0-9a-f]+$/i.test(word) ? Number.parseInt(word, 16) : undefined;
      if (bit >= 0) mask |= 1 << bit;
      else if (number !== undefined && number <= 0xffffffff) mask |= number;
      else return undefined;
    }
  }
  return mask >>> 0;
}

/** undefined: as the manager's own. */
export const coredumpFilter: Kind<number | undefined> = {
  name: 'core dump filter',
  parse(value, at, current) {
    if (value === '') return undefined;
    const mask = coredumpMask(value);
    if (mask !== undefined) return ((current ?? 0) | mask) >>> 0;
    at.report(warning, `Failed to parse the CoredumpFilter=${value}, ignoring: ${errorText('EINVAL')}`);
    return current;
  },
  format: (value) => `0x${(value ?? 0x33).toString(16)}`,
};

/** Number of IOPRIO_CLASS_*; undefined: not set. `none` is best-effort, as ioprio_normalize makes it. */
export const ioClass: Kind<number | undefined> = {
  name: 'realtime|best-effort|idle',
  parse(value, at, current) {
    if (value === '') return undefined;
    const number = parseIoClass(value);
    if (number !== undefined) return number === 0 ? 2 : number;
    at.report(warning, `Failed to parse IO scheduling class, ignoring: ${value}`);
    return current;
  },
  format: (value) => String(value ?? 2),
};

export const ioPriority: Kind<number | undefined> = {
  name: '0…7',
  parse(value, at, current) {
    if (value === '') return undefined;
    const number = parseInteger(value, 0, 7);
    if (number !== undefined) return number;
    at.report(warning, `Failed to parse IO priority, ignoring: ${value}`);
    return current;
  },
  format: (value) => String(value ?? 4),
};

/** Number of SCHED_*; undefined: not set. */
export const cpuPolicy: Kind<number | undefined> = {
  name: 'other|batch|idle|fifo|rr',
  parse(value, at, current) {
    if (value === '') return undefined;
    const number = parseSchedPolicy(value);
    if (number !== undefined) return number;
    at.report(warning, `Failed to parse CPU scheduling policy, ignoring: ${value}`);
    return current;
  },
  format: (value) => String(value ?? 0),
};

export const cpuPriority: Kind<number | undefined> = {
  name: '1…99',
  parse(value, at, current) {
    const number = parseInteger(value);
    if (number === undefined) at.report(warning, `Failed to parse CPU scheduling priority, ignoring: ${value}`);
    else if (number >= 0 && number <= 99) return number;
    else at.report(warning, `CPU scheduling priority is out of range, ignoring: ${value}`);
    return current;
  },
  format: (value) => String(value ?? 0),
};

/** A set of CPUs, lines add up. */
export function cpuSet(options: { specifiers?: boolean; all?: boolean; raw?: boolean } = {}): Kind<number[]> {
  return {
    name: 'CPU list',
    parse(value, at, current) {
      if (options.all === true && value === 'all') {
        return Array.from({ length: at.machine.numaNodes() }, (_, node) => node);
      }
      const text = options.specifiers === true ? expand(at, 'full', value) : value;
      if (text === undefined) return current;
      if (text === '') return [];
      const more = parseCpuSet(text, at.key, warn(at));
      if (more === undefined) {
        if (options.all === true) at.report(warning, `Failed to parse NUMA node mask, ignoring: ${value}`);
        return current;
      }
      return [...new Set([...current, ...more])].sort((a, b) => a - b);
    },
    // The Startup… ones have no printer of their own in systemctl: bytes in hexadecimal.
    format: (cpus) => (options.raw === true ? bytesOfSet(cpus) : formatCpuSet(cpus)),
  };
}

/** Sets are kept in words of 64 bits. */
function bytesOfSet(cpus: readonly number[]): string {
  if (cpus.length === 0) return '';
  const bytes = Buffer.alloc(8 * (Math.floor(Math.max(...cpus) / 64) + 1));
  for (const cpu of cpus) bytes[cpu >> 3]! |= 1 << (cpu & 7);
  return bytes.toString('hex');
}

export const cpuAffinity: Kind<number[]> = {
  ...cpuSet({ specifiers: true }),
  name: 'CPU list or numa',
  parse(value, at, current, initial) {
    return value === 'numa' ? [] : cpuSet({ specifiers: true }).parse(value, at, current, initial);
  },
};

/** undefined: no line says one; an empty list is what a line without a valid range leaves. */
export const numaMask: Kind<number[] | undefined> = {
  name: 'NUMA nodes or all',
  parse(value, at, current) {
    if (value === '') return undefined;
    const none: number[] = [];
    const nodes = cpuSet({ all: true }).parse(value, at, current ?? none, none);
    return nodes === none ? current : nodes;
  },
  format: (nodes) => formatCpuSet(nodes ?? []),
};

export const numaPolicy: Kind<number | undefined> = {
  name: 'default|preferred|bind|interleave|local',
  parse(value, at, current) {
    if (value === '') return undefined;
    const number = parseNumaPolicy(value);
    if (number !== undefined) return number;
    at.report(warning, `Invalid NUMA policy type, ignoring: ${value}`);
    return current;
  },
  format: (value) => (value === undefined ? 'n/a' : (numaPolicyName(value) ?? 'n/a')),
};

/** `infinity` is the number by which systemd knows that nothing has been said. */
const unsetNanoseconds = 0xffff_ffff_ffff_ffffn;

export const nanoseconds: Kind<bigint | undefined> = {
  name: 'time span (ns)',
  parse(value, at, current) {
    const ns = parseNanoseconds(value);
    if (ns !== undefined) return ns === unsetNanoseconds ? undefined : ns;
    at.report(warning, `Failed to parse nsec value, ignoring: ${value}`);
    return current;
  },
  format: (value) => String(value ?? 50_000),
};

export const personality: Kind<string | undefined> = {
  name: 'architecture',
  parse(value, at, current) {
    if (value === '') return undefined;
    const number = parsePersonality(value);
    if (number !== undefined) return personalityName(number);
    at.report(warning, `Failed to parse personality, ignoring: ${value}`);
    return current;
  },
  format: (value) => value ?? '',
};

/** undefined: as the manager has it. */
export function resourceLimit(name: LimitName): Kind<ResourceLimit | undefined> {
  return {
    name: 'limit',
    parse(value, at, current) {
      const limit = parseResourceLimit(name, value);
      if (limit === 'soft>hard') {
        at.report(warning, `Soft resource limit chosen higher than hard limit, ignoring: ${value}`);
      } else if (limit === undefined) at.report(warning, `Failed to parse resource value, ignoring: ${value}`);
      else return limit;
      return current;
    },
    format: () => '',
  };
}

// ---- environment --------------------------------------------------------------------------------------------------

export const environment: Kind<string[]> = {
  name: 'assignments',
  parse(value, at, current) {
    if (value === '') return [];
    let list = current;
    for (const word of wordsOf(at, value, extract.cUnescape | extract.unquote)) {
      const assignment = expand(at, 'env', word, (t) => `Failed to resolve specifiers in ${t}, ignoring`);
      if (assignment === undefined) continue;
      if (envAssignmentIsValid(assignment)) list = setAssignment(list, assignment);
      else at.report(warning, `Invalid environment assignment, ignoring: ${assignment}`);
    }
    return list;
  },
  format: printableWords,
};

export const environmentFiles: Kind<EnvironmentFileRef[]> = {
  name: 'path',
  parse(value, at, current) {
    if (value === '') return [];
    const text = expand(at, 'full', value);
    if (text === undefined) return current;
    const optional = text.startsWith('-');
    const path = checkPath(at, optional ? text.slice(1) : text);
    return path === undefined ? current : [...current, { path, optional }];
  },
  format: (files) => files.map((file) => `${file.path} (ignore_errors=${file.optional ? 'yes' : 'no'})`),
};

function environmentNames(
  flags: number,
  isValid: (text: string) => boolean,
  unresolved: (text: string) => string,
  invalid: (key: string, text: string) => string,
): Kind<string[]> {
  return {
    name: 'variable names',
    parse(value, at, current) {
      if (value === '') return [];
      const list = [...current];
      for (const word of wordsOf(at, value, flags, `Trailing garbage in ${at.key}, ignoring: ${value}`)) {
        const name = expand(at, 'env', word, unresolved);
        if (name === undefined) continue;
        if (!isValid(name)) at.report(warning, invalid(at.key, name));
        else if (!list.includes(name)) list.push(name);
      }
      return list;
    },
    format: printableWords,
  };
}

export const passEnvironment = environmentNames(
  extract.unquote,
  envNameIsValid,
  (t) => `Failed to resolve specifiers in ${t}, ignoring`,
  (key, text) => `Invalid environment name for ${key}, ignoring: ${text}`,
);

export const unsetEnvironment = environmentNames(
  extract.cUnescape | extract.unquote,
  (text) => envNameIsValid(text) || envAssignmentIsValid(text),
  bareSpecifiers,
  (key, text) => `Invalid environment name or assignment ${key}, ignoring: ${text}`,
);

// ---- standard streams, logging ------------------------------------------------------------------------------------

type PlainStdio = Exclude<StdioSetting, { path: string } | { name: string }>['kind'];
const inputs: ReadonlySet<string> = new Set<PlainStdio>(['null', 'tty', 'tty-force', 'tty-fail', 'socket', 'data']);
const outputs: ReadonlySet<string> = new Set<PlainStdio>([
  'inherit',
  'null',
  'tty',
  'kmsg',
  'kmsg+console',
  'journal',
  'journal+console',
  'socket',
]);
const streamName = { StandardInput: 'stdin', StandardOutput: 'stdout', StandardError: 'stderr' } as Record<
  string,
  string
>;

function namedDescriptor(at: ParseContext, text: string, say: (text: string) => string): StdioSetting | undefined {
  const name = expand(at, 'fd', text, say);
  if (name === undefined) return undefined;
  if (name === '') return { kind: 'fd', name: streamName[at.key] ?? at.key };
  if (fdNameIsValid(name)) return { kind: 'fd', name };
  at.report(warning, `Invalid file descriptor name, ignoring: ${name}`);
  return undefined;
}

function streamFile(
  at: ParseContext,
  kind: 'file' | 'append' | 'truncate',
  text: string,
  say?: (text: string) => string,
): StdioSetting | undefined {
  const expanded = expand(at, 'path', text, say);
  const path = expanded === undefined ? undefined : checkPath(at, expanded, { absolute: true, fatal: true });
  return path === undefined ? undefined : { kind, path };
}

export const stdinSetting: Kind<StdioSetting> = {
  name: 'input',
  parse(value, at, current) {
    const colon = value.indexOf(':');
    const scheme = colon < 0 ? '' : value.slice(0, colon);
    const rest = value.slice(colon + 1);
    if (scheme === 'fd')
      return namedDescriptor(at, rest, (t) => `Failed to resolve unit specifiers in '${t}', ignoring`) ?? current;
    if (scheme === 'file') return streamFile(at, 'file', rest) ?? current;
    if (value === 'fd') return current.kind === 'fd' ? current : { kind: 'fd', name: 'stdin' };
    if (inputs.has(value)) return { kind: value as PlainStdio };
    at.report(warning, `Failed to parse input specifier, ignoring: ${value}`);
    return current;
  },
  format: (value) => value.kind,
};

export const stdoutSetting: Kind<StdioSetting> = {
  name: 'output',
  parse(value, at, current) {
    const colon = value.indexOf(':');
    const scheme = colon < 0 ? '' : value.slice(0, colon);
    const rest = value.slice(colon + 1);
    if (scheme === 'fd') {
      return namedDescriptor(at, rest, (t) => `Failed to resolve unit specifiers in ${t}`) ?? current;
    }
    if (scheme === 'file' || scheme === 'append' || scheme === 'truncate') {
      return streamFile(at, scheme, rest, bareSpecifiers) ?? current;
    }
    if (value === 'fd') return current.kind === 'fd' ? current : { kind: 'fd', name: streamName[at.key] ?? at.key };
    const kind = value.replace(/^syslog(?=$|\+console$)/, 'journal');
    if (!outputs.has(kind)) {
      at.report(warning, `Failed to parse output specifier, ignoring: ${value}`);
      return current;
    }
    if (kind !== value) {
      at.report(
        notice,
        `Standard output type ${value} is obsolete, automatically updating to ${kind}. ` +
          'Please update your unit file, and consider removing the setting altogether.',
      );
    }
    return { kind: kind as PlainStdio };
  },
  format: (value) => value.kind,
};

const inputDataMax = 64 * 1024 * 1024;

function appendInput(at: ParseContext, current: Buffer | undefined, more: Buffer): Buffer | undefined {
  const total = (current?.length ?? 0) + more.length;
  if (total > inputDataMax) {
    at.report(warning, `Standard input data too large (${total}), maximum of ${inputDataMax} permitted, ignoring.`);
    return current;
  }
  return current === undefined ? more : Buffer.concat([current, more]);
}

export const inputText: Pick<Kind<Buffer | undefined>, 'name' | 'parse'> = {
  name: 'text',
  parse(value, at, current) {
    if (value === '') return undefined;
    const unescaped = cUnescape(value);
    if (unescaped === undefined) {
      at.report(warning, `Failed to decode C escaped text '${value}', ignoring: ${errorText('EINVAL')}`);
      return current;
    }
    const text = expand(at, 'full', unescaped);
    return text === undefined ? current : appendInput(at, current, textToBytes(`${text}\n`));
  },
};

const decodeBase64 = (value: string): Buffer | undefined => {
  const compact = value.replace(/[ \t\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)) return undefined;
  return Buffer.from(compact, 'base64');
};

export const inputData: Kind<Buffer | undefined> = {
  name: 'base64',
  parse(value, at, current) {
    if (value === '') return undefined;
    const data = decodeBase64(value);
    if (data !== undefined) return appendInput(at, current, data);
    at.report(warning, `Failed to decode base64 data, ignoring: ${value}`);
    return current;
  },
  format: (value) => value?.toString('base64') ?? '',
};

export const ttySize: Kind<number | undefined> = {
  name: 'unsigned integer',
  parse(value, at, current) {
    if (value === '') return undefined;
    const number = parseUnsigned(value, 0xffff);
    if (number !== undefined) return number;
    at.report(warning, `Failed to parse ${at.key}=, ignoring: ${value}`);
    return current;
  },
  format: () => '',
};

export const logFacility: Kind<number> = {
  name: 'facility',
  parse(value, at, current) {
    const number = parseLogFacility(value);
    if (number !== undefined) return number;
    at.report(warning, `Failed to parse log facility, ignoring: ${value}`);
    return current;
  },
  format: String,
};

export const logLevel: Kind<number> = {
  name: 'level',
  parse(value, at, current) {
    const number = parseLogLevel(value);
    if (number !== undefined) return number;
    at.report(warning, `Failed to parse log level, ignoring: ${value}`);
    return current;
  },
  format: String,
};

/** undefined: everything is logged. */
export const logLevelOrUnset: Kind<number | undefined> = {
  name: 'level',
  parse(value, at, current) {
    const number = parseLogLevel(value);
    if (number !== undefined) return number;
    at.report(warning, `Failed to parse log level, ignoring: ${value}`);
    return current;
  },
  format: (value) => String(value ?? -1),
};

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
    if (filenameIsValid(name) && unitInstanceIsValid(name) && !name.includes('\\') && name.length <= 200) return name;
    at.report(warning, `Specified log namespace name is not valid, ignoring: ${name}`);
    return current;
  },
  format: printable,
};

// ---- privileges ---------------------------------------------------------------------------------------------------

export const secureBits: Kind<number> = {
  name: 'secure bits',
  parse: (value) => parseSecureBits(value),
  format: String,
};

export function capabilitySetWithin(initial: bigint): Kind<bigint> {
  return {
    name: 'capabilities',
    parse: (value, _at, current) => mergeCapabilitySet(value, current, initial),
    format: (mask) => formatCapabilitySet(mask),
  };
}

/** A security label; `-` before it: a failure to set it is ignored. */
export interface LabelSetting {
  label: string;
  ignore: boolean;
}

export const labelWithIgnore: Kind<LabelSetting | undefined> = {
  name: 'label',
  parse(value, at, current) {
    if (value === '') return undefined;
    const ignore = value.startsWith('-');
    const label = expand(
      at,
      'full',
      ignore ? value.slice(1) : value,
      (t) => `Failed to resolve unit specifiers in '${t}'${ignore ? ', ignoring' : ''}`,
      ignore ? warning : error,
    );
    if (label !== undefined) return { label, ignore };
    if (!ignore) at.fatal();
    return current;
  },
  format: (value) => (value === undefined || value.label === '' ? '' : `${value.ignore ? '-' : ''}${value.label}`),
};

export const keyringMode = oneOf('keyring mode', ['inherit', 'private', 'shared']);
export const protectProc = oneOf('/proc/ protection mode', ['noaccess', 'invisible', 'ptraceable', 'default']);
export const procSubset = oneOf('/proc/ subset mode', ['all', 'pid']);
export const protectSystem = oneOfOrBoolean('protect system value', ['no', 'yes', 'full', 'strict'], 'yes', 'no');
export const protectHome = oneOfOrBoolean('protect home value', ['no', 'yes', 'read-only', 'tmpfs'], 'yes', 'no');
export const preserveMode = oneOfOrBoolean('runtime directory preserve mode', ['no', 'yes', 'restart'], 'yes', 'no');
export const killMode: Kind<'control-group' | 'process' | 'mixed' | 'none'> = {
  name: 'control-group|mixed|process|none',
  parse(value, at, current) {
    if (value === '') return 'control-group';
    if (value !== 'control-group' && value !== 'process' && value !== 'mixed' && value !== 'none') {
      at.report(warning, `Failed to parse kill mode specification, ignoring: ${value}`);
      return current;
    }
    if (value === 'none') {
      at.report(
        warning,
        'Unit uses KillMode=none. ' +
          "This is unsafe, as it disables systemd's process lifecycle management for the service. " +
          "Please update the service to use a safer KillMode=, such as 'mixed' or 'control-group'. " +
          'Support for KillMode=none is deprecated and will eventually be removed.',
      );
    }
    return value;
  },
  format: (value) => value,
};

// ---- system call filters ------------------------------------------------------------------------------------------

/** Names to which libseccomp 2.5 gives the number of another call, whose name is what comes back. */
const shownAs: Readonly<Record<string, string>> = { sys_debug_setcontext: 'switch_endian' };

function addSyscalls(
  at: ParseContext | undefined,
  calls: Map<string, number | undefined>,
  name: string,
  errno: number | undefined,
  invert: boolean,
  allow: boolean,
): void {
  if (name.startsWith('@')) {
    const members = syscallGroups.get(name);
    if (members === undefined) at?.report(warning, `Unknown system call group, ignoring: ${name}`);
    else for (const member of members) addSyscalls(undefined, calls, member, errno, invert, allow);
    return;
  }
  const call = shownAs[name] ?? name;
  if (!syscallNames.has(call)) {
    at?.report(warning, `Failed to parse system call, ignoring: ${name}`);
    return;
  }
  if (!invert === allow || (invert && allow && errno !== undefined)) calls.set(call, errno);
  else calls.delete(call);
}

/** `errnos`: SystemCallFilter=, where `call:errno` may stand and an allow list begins with @default. */
function filterOfSyscalls(errnos: boolean): Kind<SyscallFilter | undefined> {
  return {
    name: 'system calls',
    parse(value, at, current) {
      if (value === '') return undefined;
      const invert = value.startsWith('~');
      const allow = current === undefined ? !invert : current.allow;
      const calls = new Map(current?.calls);
      if (errnos && current === undefined && allow) addSyscalls(undefined, calls, '@default', undefined, false, true);
      for (const word of wordsOf(
        at,
        invert ? value.slice(1) : value,
        0,
        `Invalid syntax, ignoring: ${value.slice(invert ? 1 : 0)}`,
      )) {
        const colon = errnos ? word.indexOf(':') : -1;
        const name = colon < 0 ? word : word.slice(0, colon);
        const action = colon < 0 ? undefined : word.slice(colon + 1);
        const errno = action === undefined ? undefined : action === 'kill' ? syscallKill : parseErrno(action);
        if (name === '' || (action !== undefined && errno === undefined)) {
          at.report(warning, `Failed to parse syscall:errno, ignoring: ${word}`);
          continue;
        }
        if (!invert && errno !== undefined) {
          at.report(warning, `Allow-listed system calls cannot take error number, ignoring: ${word}`);
          continue;
        }
        addSyscalls(at, calls, name, errno, invert, allow);
      }
      return { allow, calls };
    },
    format(value) {
      if (value === undefined) return { whenAll: '~' };
      const list: string[] = [];
      for (const [name, errno] of value.calls) {
        if (errno === undefined) list.push(name);
        else if (!value.allow) list.push(`${name}:${errno === syscallKill ? 'kill' : (errnoName(errno) ?? errno)}`);
      }
      return printableFilter(value.allow, list.sort());
    },
  };
}

export const syscallFilter = filterOfSyscalls(true);
export const syscallLog = filterOfSyscalls(false);

/** SystemCallErrorNumber=kill, by the number that `show` prints. */
export const syscallKill = 0x7ffffffe;

export const syscallErrno: Kind<number> = {
  name: 'errno',
  parse(value, at, current) {
    if (value === '' || value === 'kill') return syscallKill;
    const number = parseErrno(value);
    if (number === undefined) at.report(warning, `Failed to parse error number, ignoring: ${value}`);
    else if (number === 0) at.report(warning, `Invalid error number, ignoring: ${value}`);
    else return number;
    return current;
  },
  format: String,
};

const architectures: ReadonlySet<string> = new Set(
  (
    'native x86 x86-64 x32 arm arm64 mips mips64 mips64-n32 mips-le mips64-le mips64-le-n32 parisc parisc64 ' +
    'ppc ppc64 ppc64-le riscv64 s390 s390x'
  ).split(' '),
);

export const syscallArchitectures: Kind<string[]> = {
  name: 'architectures',
  parse(value, at, current) {
    if (value === '') return [];
    const list = [...current];
    for (const word of wordsOf(at, value, extract.unquote)) {
      if (!architectures.has(word)) {
        at.report(warning, `Failed to parse system call architecture "${word}", ignoring: ${errorText('EINVAL')}`);
      } else if (!list.includes(word)) list.push(word);
    }
    return list;
  },
  format: (list) => printableWords([...list].sort()),
};

/** Names of AF_*: only these may be used, or all but those. */
export interface NameFilter {
  allow: boolean;
  names: string[];
}

export const addressFamilies: Kind<NameFilter | undefined> = {
  name: 'address families',
  parse(value, at, current) {
    if (value === '') return undefined;
    if (value === 'none') return { allow: true, names: [] };
    const invert = value.startsWith('~');
    const allow = current === undefined ? !invert : current.allow;
    const numbers = new Set<number>(current?.names.map((name) => addressFamilyNumber(name)!));
    const text = invert ? value.slice(1) : value;
    for (const word of wordsOf(at, text, extract.unquote, `Invalid syntax, ignoring: ${text}`)) {
      const number = addressFamilyNumber(word);
      if (number === undefined) at.report(warning, `Failed to parse address family, ignoring: ${word}`);
      else if (!invert === allow) numbers.add(number);
      else numbers.delete(number);
    }
    return { allow, names: [...numbers].map((number) => familyNames[number]!).sort() };
  },
  format: (value) => (value === undefined ? { whenAll: '~' } : printableFilter(value.allow, value.names)),
};

/** Debian's systemd is built without BPF: it takes the line and keeps none of its names. */
export const fileSystems: Kind<NameFilter | undefined> = {
  name: 'file systems',
  parse(value, _at, current) {
    if (value === '') return undefined;
    return { allow: current === undefined ? !value.startsWith('~') : current.allow, names: [] };
  },
  format: (value) => (value === undefined ? { whenAll: '~' } : printableFilter(value.allow, value.names)),
};

/** CLONE_NEW* by the names of RestrictNamespaces=, in the order in which systemd prints them. */
export const namespaceFlags: readonly (readonly [string, number])[] = [
  ['cgroup', 0x02000000],
  ['ipc', 0x08000000],
  ['net', 0x40000000],
  ['mnt', 0x00020000],
  ['pid', 0x20000000],
  ['user', 0x10000000],
  ['uts', 0x04000000],
];
const everyNamespace = namespaceFlags.reduce((mask, [, flag]) => mask | flag, 0);
/** Nothing has been said: every namespace may be made. */
export const anyNamespace = -1;

export const namespaces: Kind<number> = {
  name: 'boolean or namespaces',
  parse(value, at, current) {
    if (value === '') return anyNamespace;
    const truth = parseBoolean(value);
    if (truth !== undefined) return truth ? 0 : everyNamespace;
    const invert = value.startsWith('~');
    const text = invert ? value.slice(1) : value;
    const list = splitWords(text);
    let flags = 0;
    for (const word of list ?? ['']) {
      const flag = namespaceFlags.find(([name]) => name === word)?.[1];
      if (flag === undefined) {
        at.report(warning, `Failed to parse namespace type string, ignoring: ${text}`);
        return current;
      }
      flags |= flag;
    }
    if (current === anyNamespace) return invert ? everyNamespace & ~flags : flags;
    return invert ? current & ~flags : current | flags;
  },
  format(mask) {
    if ((mask & everyNamespace) === 0) return 'yes';
    if ((mask & everyNamespace) === everyNamespace) return 'no';
    return namespaceFlags
      .filter(([, flag]) => (mask & flag) !== 0)
      .map(([name]) => name)
      .join(' ');
  },
};

// ---- file system --------------------------------------------------------------------------------------------------

export const namespacePaths: Kind<PrefixedPath[]> = {
  name: 'paths',
  parse(value, at, current) {
    if (value === '') return [];
    const list = [...current];
    for (const word of wordsOf(at, value, extract.unquote, `Failed to extract first word, ignoring: ${value}`)) {
      const optional = word.startsWith('-');
      const afterOptional = optional ? word.slice(1) : word;
      const rooted = afterOptional.startsWith('+');
      const text = expand(
        at,
        'path',
        rooted ? afterOptional.slice(1) : afterOptional,
        (t) => `Failed to resolve unit specifiers in ${t}`,
      );
      const path = text === undefined ? undefined : checkPath(at, text);
      if (path !== undefined) list.push({ path, optional, rooted });
    }
    return list;
  },
  format: (list) => printableWords(list.map((p) => `${p.optional ? '-' : ''}${p.rooted ? '+' : ''}${p.path}`)),
};

export const colonPaths: Kind<string[]> = {
  name: 'paths, colon separated',
  parse(value, at, current) {
    if (value === '') return [];
    const list = [...current];
    for (const word of wordsOf(
      at,
      value,
      extract.dontCoalesce,
      `Failed to extract first word, ignoring: ${value}`,
      ':',
    )) {
      const text = expand(at, 'path', word);
      const path = text === undefined ? undefined : checkPath(at, text);
      if (path === undefined) break;
      list.push(path);
    }
    return list;
  },
  format: printableWords,
};

export const bindPaths: Kind<BindMount[]> = {
  name: 'source:target:options',
  parse(value, at, current) {
    if (value === '') return [];
    const list = [...current];
    const flags = extract.unquote | extract.dontCoalesce;
    const reader = new WordReader(value, `: \t\n\r`, flags);
    const bad = (equals: string) => at.report(warning, `Failed to parse ${at.key}${equals}, ignoring: ${value}`);
    const atColon = (): boolean => reader.position !== undefined && value[reader.position - 1] === ':';
    for (;;) {
      const sourceWord = reader.next();
      if (sourceWord === undefined) {
        if (reader.failed) bad('');
        return list;
      }
      const text = expand(at, 'full', sourceWord, doubleQuotedSpecifiers);
      if (text === undefined) continue;
      const optional = text.startsWith('-');
      const source = checkPath(at, optional ? text.slice(1) : text);
      if (source === undefined) continue;
      const bind: BindMount = { source, target: source, optional, recursive: true };
      if (atColon()) {
        const targetWord = reader.next();
        if (targetWord === undefined) {
          if (reader.failed) {
            bad('');
            return list;
          }
          at.report(warning, `Missing argument after ':', ignoring: ${source}`);
          continue;
        }
        const expanded = expand(at, 'path', targetWord, (t) => `Failed to resolve specifiers in "${t}", ignoring`);
        const target = expanded === undefined ? undefined : checkPath(at, expanded);
        if (target === undefined) continue;
        bind.target = target;
        if (atColon()) {
          const rest = new WordReader(value.slice(reader.position), undefined, extract.unquote);
          const options = rest.next();
          if (rest.failed) {
            bad('=');
            return list;
          }
          reader.position = rest.position === undefined ? undefined : reader.position! + rest.position;
          if (options === 'norbind') bind.recursive = false;
          else if (options !== undefined && options !== '' && options !== 'rbind') {
            at.report(warning, `Invalid option string, ignoring setting: ${options}`);
            continue;
          }
        }
      }
      list.push(bind);
    }
  },
  format: (list) =>
    list
      .map(
        (b) =>
          `${b.optional ? '-' : ''}${b.source}${b.target === '' ? '' : `:${b.target}`}${b.recursive ? ':rbind' : ''}`,
      )
      .join(' '),
};

export interface TemporaryFileSystemSetting {
  path: string;
  options: string;
}

export const temporaryFileSystems: Kind<TemporaryFileSystemSetting[]> = {
  name: 'path:options',
  parse(value, at, current) {
    if (value === '') return [];
    const list = [...current];
    for (const word of wordsOf(at, value, extract.unquote, `Failed to extract first word, ignoring: ${value}`)) {
      const reader = new WordReader(word, ':', extract.dontCoalesce);
      const pathWord = reader.next();
      if (pathWord === undefined) {
        at.report(
          warning,
          reader.failed ? `Failed to extract first word, ignoring: ${word}` : `Invalid syntax, ignoring: ${word}`,
        );
        continue;
      }
      const text = expand(at, 'path', pathWord, bareSpecifiers);
      const path = text === undefined ? undefined : checkPath(at, text);
      if (path !== undefined) list.push({ path, options: reader.rest ?? '' });
    }
    return list;
  },
  format: (list) => list.map((t) => `${t.path}${t.options === '' ? '' : `:${t.options}`}`).join(' '),
};

export const mountFlags: Kind<'shared' | 'slave' | 'private' | undefined> = {
  name: 'shared|slave|private',
  parse(value, at, current) {
    if (value === '') return undefined;
    if (value === 'shared' || value === 'slave' || value === 'private') return value;
    at.report(warning, `Failed to parse mount flag, ignoring: ${value}`);
    return current;
  },
  format: (value) => value ?? '',
};

/** Parents before what lies in them, by name: the order in which they are made. */
export const byPath = (a: ExecDirectoryEntry, b: ExecDirectoryEntry): number => {
  const left = a.name.split('/');
  const right = b.name.split('/');
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] !== right[i]) return left[i]! < right[i]! ? -1 : 1;
  }
  return left.length - right.length;
};

export const execDirectories: Kind<ExecDirectoryEntry[]> = {
  name: 'directories below a root',
  parse(value, at, current) {
    if (value === '') return [];
    const list = current.map((entry) => ({ ...entry, symlinks: [...entry.symlinks] }));
    const bad = `Invalid syntax ${at.key}=${value}, ignoring: ${errorText('EINVAL')}`;
    for (const tuple of wordsOf(at, value, extract.unquote | extract.retainEscape, bad)) {
      const reader = new WordReader(tuple, ':', extract.cUnescape | extract.unescapeSeparators);
      const source = reader.next();
      const target = source === undefined ? undefined : reader.next();
      if (source === undefined || reader.failed) {
        at.report(warning, `Invalid syntax in ${at.key}=, ignoring: ${tuple}`);
        break;
      }
      const text = expand(at, 'path', source, doubleQuotedSpecifiers);
      const name = text === undefined ? undefined : checkPath(at, text, { relative: true });
      if (name === undefined) continue;
      if (pathStartsWith(name, 'private') !== undefined) {
        at.report(warning, `${at.key}= path can't be 'private', ignoring assignment: ${tuple}`);
        continue;
      }
      let link: string | undefined;
      if (target !== undefined && target !== '') {
        if (at.key === 'ConfigurationDirectory') {
          at.report(warning, `Destination parameter is not supported for ConfigurationDirectory, ignoring: ${tuple}`);
          continue;
        }
        const expanded = expand(at, 'path', target, doubleQuotedSpecifiers);
        link = expanded === undefined ? undefined : checkPath(at, expanded, { relative: true });
        if (link === undefined) continue;
      }
      const known = list.find((entry) => entry.name === name);
      if (known === undefined) list.push({ name, symlinks: link === undefined ? [] : [link] });
      else if (link !== undefined) known.symlinks.push(link);
    }
    return list;
  },
  format: (list) => printableWords(list.map((entry) => entry.name)),
};

// ---- images -------------------------------------------------------------------------------------------------------

export interface MountOptionsSetting {
  partition: string;
  options: string;
}

const partitions: ReadonlySet<string> = new Set(
  (
    'root root-secondary root-other usr usr-secondary usr-other home srv esp xbootldr swap root-verity ' +
    'root-secondary-verity root-other-verity usr-verity usr-secondary-verity usr-other-verity root-verity-sig ' +
    'root-secondary-verity-sig root-other-verity-sig usr-verity-sig usr-secondary-verity-sig usr-other-verity-sig ' +
    'tmp var user-home linux-generic'
  ).split(' '),
);

/** `partition:options` pairs; `options` alone is of the root partition. */
function optionPairs(at: ParseContext, reader: WordReader): MountOptionsSetting[] | undefined {
  const list: MountOptionsSetting[] = [];
  for (;;) {
    const rest = reader.rest ?? '';
    const first = reader.next();
    const second = first === undefined ? undefined : reader.next();
    if (reader.failed) {
      at.report(warning, `Invalid syntax, ignoring: ${rest}`);
      return undefined;
    }
    if (first === undefined) return list;
    const partition = second === undefined ? 'root' : first;
    if (!partitions.has(partition)) {
      at.report(warning, `Invalid partition name ${partition}, ignoring`);
      continue;
    }
    const options = expand(at, 'full', second ?? first, bareSpecifiers);
    if (options !== undefined) list.push({ partition, options });
    if (second === undefined) return list;
  }
}

export const rootImageOptions: Kind<MountOptionsSetting[]> = {
  name: 'partition:options',
  parse(value, at, current) {
    if (value === '') return [];
    const before = at.reports;
    const list: MountOptionsSetting[] = [];
    for (const word of wordsOf(
      at,
      value,
      extract.unquote | extract.retainEscape,
      `Failed to parse ${at.key}, ignoring: ${value}`,
    )) {
      const reader = new WordReader(word, ':', extract.cUnescape | extract.unescapeSeparators);
      const pairs = optionPairs(at, reader);
      if (pairs === undefined) return current;
      list.push(...pairs);
    }
    if (list.length === 0) return at.reports === before ? [] : current;
    return [...current, ...list];
  },
  format: (list) => list.map((o) => `${o.partition}:${o.options}`),
};

export interface MountImageSetting {
  source: string;
  target: string;
  optional: boolean;
  options: MountOptionsSetting[];
}

const optionsText = (options: readonly MountOptionsSetting[]): string =>
  options.map((o) => `:${o.partition}:${o.options}`).join('');

function images(withTarget: boolean): Kind<MountImageSetting[]> {
  return {
    name: withTarget ? 'image:path:options' : 'image:options',
    parse(value, at, current) {
      if (value === '') return [];
      const list = [...current];
      const bad = `Invalid syntax ${at.key}=${value}, ignoring: ${errorText('EINVAL')}`;
      for (const tuple of wordsOf(at, value, extract.unquote | extract.retainEscape, bad)) {
        const reader = new WordReader(tuple, ':', extract.cUnescape | extract.unescapeSeparators);
        const first = reader.next();
        const second = withTarget && first !== undefined ? reader.next() : undefined;
        if (reader.failed) {
          at.report(warning, `Invalid syntax in ${at.key}=, ignoring: ${tuple}`);
          return list;
        }
        if (first === undefined) continue;
        const optional = first.startsWith('-');
        const text = expand(at, 'path', optional ? first.slice(1) : first, doubleQuotedSpecifiers);
        const source = text === undefined ? undefined : checkPath(at, text);
        if (source === undefined) continue;
        let target = '';
        if (withTarget) {
          if (second === undefined || second === '') {
            at.report(warning, `Missing destination in ${at.key}, ignoring: ${value}`);
            continue;
          }
          const expanded = expand(at, 'path', second, (t) => `Failed to resolve specifiers in "${t}", ignoring`);
          const path = expanded === undefined ? undefined : checkPath(at, expanded);
          if (path === undefined) continue;
          target = path;
        }
        const options = optionPairs(at, reader);
        if (options === undefined) return list;
        list.push({ source, target, optional, options });
      }
      return list;
    },
    format: (list) =>
      list
        .map((i) => `${i.optional ? '-' : ''}${i.source}${withTarget ? `:${i.target}` : ''}${optionsText(i.options)}`)
        .join(' '),
  };
}

export const mountImages = images(true);
export const extensionImages = images(false);

/** A hash given as such (hexadecimal or base64), or the path of a file with it. */
export type HashSetting = { path: string } | { data: Buffer };

export const rootHash: Kind<HashSetting | undefined> = {
  name: 'hash or path',
  parse(value, at, current) {
    if (value === '') return undefined;
    if (pathIsAbsolute(value)) return { path: value };
    if (!/^(?:[0-9a-fA-F]{2})+$/.test(value)) at.report(warning, `Failed to decode RootHash=, ignoring: ${value}`);
    else if (value.length < 32) at.report(warning, `RootHash= is too short, ignoring: ${value}`);
    else return { data: Buffer.from(value, 'hex') };
    return current;
  },
  format: () => '',
};

export const rootHashSignature: Kind<HashSetting | undefined> = {
  name: 'base64 or path',
  parse(value, at, current) {
    if (value === '') return undefined;
    if (pathIsAbsolute(value)) return { path: value };
    if (!value.startsWith('base64:')) {
      at.report(
        warning,
        `Failed to decode RootHashSignature=, not a path but doesn't start with 'base64:', ignoring: ${value}`,
      );
      return current;
    }
    const data = decodeBase64(value.slice('base64:'.length));
    if (data !== undefined) return { data };
    at.report(warning, `Failed to decode RootHashSignature=, ignoring: ${value}`);
    return current;
  },
  format: () => '',
};

// ---- credentials --------------------------------------------------------------------------------------------------

const credentialNameIsValid = (name: string): boolean => filenameIsValid(name) && fdNameIsValid(name);

export interface SetCredentialEntry {
  id: string;
  data: Buffer;
}

export interface LoadCredentialEntry {
  id: string;
  path: string;
}

/** The id before the first colon, checked; `rest` is undefined without a colon. */
function credentialName(value: string, at: ParseContext): { id: string; rest: string | undefined } | undefined {
  const reader = new WordReader(value, ':', extract.dontCoalesce);
  const word = reader.next();
  if (word === undefined) {
    at.report(
      warning,
      reader.failed ? `Failed to extract credential name, ignoring: ${value}` : `Invalid syntax, ignoring: ${value}`,
    );
    return undefined;
  }
  const id = expand(at, 'cred', word, doubleQuotedSpecifiers);
  if (id === undefined) return undefined;
  if (!credentialNameIsValid(id)) {
    at.report(warning, `Credential name "${id}" not valid, ignoring.`);
    return undefined;
  }
  return { id, rest: reader.rest };
}

const replaceById = <T extends { id: string }>(list: readonly T[], entry: T): T[] =>
  list.some((e) => e.id === entry.id) ? list.map((e) => (e.id === entry.id ? entry : e)) : [...list, entry];

export const setCredentials: Kind<SetCredentialEntry[]> = {
  name: 'id:value',
  parse(value, at, current) {
    if (value === '') return [];
    const named = credentialName(value, at);
    if (named === undefined) return current;
    if (named.rest === undefined || named.rest === '') {
      at.report(warning, `Invalid syntax, ignoring: ${value}`);
      return current;
    }
    if (at.key === 'SetCredentialEncrypted') {
      const data = decodeBase64(named.rest);
      if (data !== undefined) return replaceById(current, { id: named.id, data });
      at.report(warning, 'Encrypted credential data not valid Base64 data, ignoring.');
      return current;
    }
    const text = cUnescape(named.rest, { acceptNul: true });
    if (text !== undefined) return replaceById(current, { id: named.id, data: textToBytes(text) });
    at.report(warning, `Can't unescape "${named.rest}", ignoring: ${errorText('EINVAL')}`);
    return current;
  },
  format: () => '',
};

export const loadCredentials: Kind<LoadCredentialEntry[]> = {
  name: 'id:path',
  parse(value, at, current) {
    if (value === '') return [];
    const named = credentialName(value, at);
    if (named === undefined) return current;
    const { id, rest } = named;
    if (rest === undefined || rest === '') return replaceById(current, { id, path: id });
    const path = expand(at, 'path', rest, doubleQuotedSpecifiers);
    if (path === undefined) return current;
    if (pathIsAbsolute(path) ? pathIsNormalized(path) : credentialNameIsValid(path)) {
      return replaceById(current, { id, path });
    }
    at.report(warning, `Credential source "${path}" not valid, ignoring.`);
    return current;
  },
  format: () => '',
};
