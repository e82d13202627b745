/**
 * What is said of a value that a property can't have (systemd-run --property=, systemctl set-property): by the program, which takes
 * most values apart before it sends them, or by the manager, who is sent the others as they are.
 */
import { parsePermyriadUnbounded } from '../../text/numbers.ts';
import { pathIsAbsolute } from '../../text/paths.ts';
import { splitWords } from '../../text/quoting.ts';
import { unitNameIsValid } from '../../unitfile/language/unit-name.ts';
import { parsePrefix } from '../../values/addresses.ts';
import { credentialNameIsValid } from '../../values/names.ts';
import { parseSignal } from '../../values/signals.ts';
import { parseTimeSpanUsec } from '../../values/time/time-span.ts';

export interface BadValue {
  readonly key: string;
  readonly value: string;
  readonly kindName: string;
  /** Of the directive: 'unit', 'exec', 'cgroup', … */
  readonly group: string;
}

/** What the program says that can't send it, and what the manager does. */
export type ValueRefusal = { readonly program: string } | { readonly manager: string };

/** `alike`: programs say it of all values in one form. */
export function refusalOf(bad: BadValue, alike: boolean): ValueRefusal {
  const { key, value, kindName, group } = bad;
  if (group === 'cgroup' && kindName.includes('|')) return { manager: notTaken };
  if (kindName === temporary) return alike ? { manager: invalidSetting(`${key}Ex`, value) } : { program: plain(bad) };
  const manager = /[\n\r\0]/.test(value) ? undefined : managers[kindName]?.(bad);
  if (manager !== undefined) return { manager };
  if (sentAsText.test(kindName) && !parsedWords.test(kindName)) return { manager: invalidSetting(key, value) };
  return { program: alike ? inOneForm(bad) : (apart[kindName] ?? apartOf[key] ?? usual)(bad) };
}

type Say = (bad: BadValue) => string;

const notTaken = 'Failed to set unit properties: Invalid argument';
const temporary = 'no|yes|connected|disconnected';

const invalidSetting = (key: string, value: string): string => `Invalid ${key} setting: ${value}`;

// ---- by the manager -------------------------------------------------------------------------------------------------

/** Values that systemd's programs send as they are, and the manager knows by words. */
const sentAsText =
  /^string$|\||^output$|^input$|^user or group$|^path$|^path or ~$|^unit$|^label$|^architecture$|^D-Bus name$|^job mode$/;
/** Such that programs turn into numbers. */
const parsedWords = /^other\||^realtime\||^default\||^shared\|/;

/** What a socket listens on that has no address but a path. */
const socketPaths: ReadonlySet<string> = new Set([
  'ListenFIFO',
  'ListenMessageQueue',
  'ListenSpecial',
  'ListenUSBFunction',
]);

const managers: Readonly<Record<string, (bad: BadValue) => string | undefined>> = {
  'device and rights': ({ key, value }) =>
    `${key}= requires ${/^(\/(dev|run\/systemd\/inaccessible)\/.|block-|char-)/.test(value) ? 'combination of rwm flags' : 'device node or pattern'}`,
  'device and weight': ({ key, value }) => (/^\S+\s+\d+$/.test(value) ? `${key}= value out of range` : undefined),
  'id:path': ({ value }) => {
    const id = value.split(':')[0]!;
    return credentialNameIsValid(id) ? undefined : `Credential ID is invalid: ${id}`;
  },
  'glob[:name]': ({ value }) => `Credential name or glob is invalid: ${value}`,
  address: ({ key, value }) => {
    if (key === 'ListenNetlink') return `Invalid netlink address: ${value}`;
    return `Invalid ${socketPaths.has(key) ? 'socket path' : 'address'}: ${value}`;
  },
  controllers: ({ value }) => `Unknown cgroup controller '${value}'`,
  'number, percent or infinity': ({ key, value }) =>
    /^0+$/.test(value) ? `Value specified in ${key} is out of range` : undefined,
  'OOM score': ({ value }) => (isInteger(value) ? 'OOM score adjust value out of range' : undefined),
  '1…99': ({ value }) => (isInteger(value) ? `Invalid CPU scheduling priority: ${value}` : undefined),
  paths: ({ key, value, group }) =>
    group === 'unit' ? `Path specified in ${key} is not absolute: ${relativeOf(value)}` : `Invalid ${key}`,
  path: ({ key, value, group }) => {
    if (group === 'unit') return `Path in condition ${key} is not absolute: ${value}`;
    if (group === 'path') return `Path in ${key} is not absolute: ${value}`;
    if (socketPaths.has(key)) return `Invalid socket path: ${value}`;
    return key === 'EnvironmentFile' ? `Path ${value} is not absolute.` : undefined;
  },
  'path or ~': ({ key }) => `${key}= expects an absolute path or '~'`,
  'path:options': ({ value }) => `Mount point ${value.split(':')[0]} is not absolute.`,
  'source:target:options': ({ value }) => {
    const [source = '', target = ''] = value.replace(/^-/, '').split(':');
    return pathIsAbsolute(source)
      ? `Destination path ${target} is not absolute.`
      : `Source path ${source} is not absolute.`;
  },
  'directories below a root': ({ key, value }) => {
    const word = splitWords(value)?.find((each) => each.startsWith('/') || each.split('/').includes('..')) ?? value;
    return `${key}= path is ${word.startsWith('/') ? 'absolute' : 'not normalized'}: ${word}`;
  },
  input: ({ value }) => relativeFile(value),
  output: ({ value }) => relativeFile(value),
  assignments: () => 'Invalid environment block.',
  'variable names': ({ key }) => `Invalid ${key}= ${key === 'PassEnvironment' ? 'block' : 'list'}.`,
  'address families': () => notTaken,
  architectures: () => notTaken,
  fields: ({ value }) => (value.includes('=') ? undefined : "Journal field contains no '=' character"),
  URLs: ({ key, value }) => `Invalid URL in ${key}: ${value}`,
  unit: ({ key, value }) => {
    if (key !== 'Slice') return undefined;
    return unitNameIsValid(value, 'plain', 'instance')
      ? `Unit name '${value}' is not a slice`
      : `Invalid unit name '${value}'`;
  },
};

const isInteger = (text: string): boolean => /^[-+]?\d+$/.test(text);
const relativeOf = (value: string): string => splitWords(value)?.find((word) => !pathIsAbsolute(word)) ?? value;

function relativeFile(value: string): string | undefined {
  const path = /^(?:file|append|truncate):(.*)$/.exec(value)?.[1];
  return path === undefined ? undefined : `Path ${path} is not absolute`;
}

// ---- by the program -------------------------------------------------------------------------------------------------

const usual: Say = (bad) => `Failed to parse ${bad.key}=${bad.value}: ${reasonOf(bad)}`;
const plain: Say = ({ key, value }) => `Failed to parse ${key}: ${value}`;
const withValue: Say = ({ key, value }) => `Failed to parse ${key} value: ${value}`;

/** Each kind in words of its own, but for the usual. */
const apart: Readonly<Record<string, Say>> = {
  boolean: plain,
  signal: plain,
  level: plain,
  facility: plain,
  errno: plain,
  'other|batch|idle|fifo|rr|ext': plain,
  'realtime|best-effort|idle': plain,
  'CPU list': withValue,
  'CPU list or numa': withValue,
  'NUMA nodes or all': withValue,
  'default|preferred|bind|interleave|local|preferred-many|weighted-interleave': withValue,
  limit: ({ value }) => `Failed to parse resource limit: ${value}`,
  addresses: ({ value }) => `Failed to parse IP address prefix: ${noPrefixIn(value)}`,
  'family:protocol:ports': ({ key }) => `Failed to parse ${key}`,
  'boolean or namespaces': ({ key, value }) => `Failed to parse ${key} value ${value}.`,
  'exit status': ({ key, value }) => `Failed to parse ${key}=${value}`,
  'exit statuses and signals': (bad) => `Invalid status or signal ${partOf(bad)} in ${bad.key}: ${reasonOf(bad)}`,
  'device and rate': (bad) => deviceRefusal(bad, 'byte'),
  'device and weight': (bad) => deviceRefusal(bad, bad.key),
  'device and time span': (bad) => deviceRefusal(bad, bad.key),
};

/** The same, for single settings. */
const apartOf: Readonly<Record<string, Say>> = {
  CPUQuota: ({ value }) =>
    parsePermyriadUnbounded(value) === 0 ? 'CPU quota too small.' : `CPU quota '${value}' invalid.`,
  CPUQuotaPeriodSec: ({ value }) => `CPU quota period '${value}' invalid.`,
  ManagedOOMMemoryPressureLimit: withValue,
};

function inOneForm(bad: BadValue): string {
  const { key, value, kindName } = bad;
  if (kindName === 'addresses') return `Failed to parse IP address prefix '${noPrefixIn(value)}': ${reasonOf(bad)}`;
  if (kindName.startsWith('device and ') && !/\s/.test(value)) return `Invalid syntax for ${key}= value: '${value}'`;
  return `Failed to parse ${key}= value '${partOf(bad)}': ${reasonOf(bad, true)}`;
}

function deviceRefusal({ key, value }: BadValue, what: string): string {
  const rest = /^\S+\s+(.*)$/.exec(value)?.[1];
  return `Failed to parse ${rest === undefined ? `${key} value ${value}.` : `${what} value ${rest}: Invalid argument`}`;
}

const noPrefixIn = (value: string): string =>
  splitWords(value)?.find((word) => parsePrefix(word) === undefined) ?? value;

/** Of a list the first word that is wrong. */
function partOf({ value, kindName }: BadValue): string {
  if (kindName !== 'exit statuses and signals') return value;
  return splitWords(value)?.find((word) => !isStatus(word) && parseSignal(word) === undefined) ?? value;
}

const isStatus = (word: string): boolean => /^\d+$/.test(word) && Number(word) <= 255;

/** Kinds of numbers of which one beyond what there is has a reason of its own. */
const ranges = /^nice level$|^1…10000|^exit status$|^(?:size|number), percent/;

function reasonOf(bad: BadValue, alike = false): string {
  const { key, value, kindName } = bad;
  const isBeyond =
    (kindName === 'time span' && parseTimeSpanUsec(value) === 'ERANGE') ||
    (ranges.test(kindName) && isInteger(value)) ||
    (kindName === 'access mode' && /^[0-7]+$/.test(value)) ||
    (kindName === 'exit statuses and signals' && isInteger(partOf(bad))) ||
    (key === 'CPUQuota' && parsePermyriadUnbounded(value) === 0);
  if (isBeyond) return 'Numerical result out of range';
  // What systemd makes of a soft limit above the hard one.
  if (alike && kindName === 'limit' && /^\d+:\d+$/.test(value))
    return 'Invalid or incomplete multibyte or wide character';
  return 'Invalid argument';
}
