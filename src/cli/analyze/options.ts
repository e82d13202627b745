/** Options of systemd-analyze(1). */

import { styleOf } from '../../program/colors.ts';
import { type ArgumentKind, OptionReader, type OptionSet } from '../../program/getopt.ts';
import { versionText } from '../../sys/version.ts';
import { parseBoolean, parseUnsigned } from '../../text/numbers.ts';
import { pathIsAbsolute, pathJoin, pathSimplify } from '../../text/paths.ts';
import { mangleUnitName } from '../../unitfile/language/unit-name.ts';
import { parseTimeSpan } from '../../values/time/time-span.ts';
import { parseTimestampUsec } from '../../values/time/timestamp.ts';
import type { CliContext } from '../common/context.ts';
import { helpText } from './help.ts';
import { momentsOf } from './moments.ts';

export interface AnalyzeOptions {
  scope: 'system' | 'user' | 'global';
  quiet: boolean;
  noPager: boolean;
  /** dot: --order or --require only. */
  dot: 'all' | 'order' | 'require';
  fromPatterns: string[];
  toPatterns: string[];
  /** critical-chain: milliseconds. */
  fuzzMs: number;
  root: string | undefined;
  image: string | undefined;
  /** verify: which units an error counts in; undefined: the default. */
  recursiveErrors: 'no' | 'yes' | 'one' | undefined;
  man: boolean;
  generators: boolean;
  offline: boolean;
  threshold: number;
  securityPolicy: string | undefined;
  json: 'off' | 'pretty' | 'short';
  profile: string | undefined;
  iterations: number;
  baseTimeUsec: bigint | undefined;
  unit: string | undefined;
}

const optionNames = {
  help: 'none',
  version: 'none',
  quiet: 'none',
  order: 'none',
  require: 'none',
  root: 'required',
  image: 'required',
  'recursive-errors': 'required',
  offline: 'required',
  threshold: 'required',
  'security-policy': 'required',
  system: 'none',
  user: 'none',
  global: 'none',
  'from-pattern': 'required',
  'to-pattern': 'required',
  fuzz: 'required',
  'no-pager': 'none',
  man: 'optional',
  generators: 'optional',
  host: 'required',
  machine: 'required',
  iterations: 'required',
  'base-time': 'required',
  unit: 'required',
  json: 'required',
  profile: 'required',
} as const satisfies Record<string, ArgumentKind>;

type OptionId = keyof typeof optionNames;

const optionSet: OptionSet<OptionId> = {
  long: Object.entries(optionNames).map(([name, argument]) => ({ name, argument, id: name as OptionId })),
  short: {
    h: { argument: 'none', id: 'help' },
    q: { argument: 'none', id: 'quiet' },
    H: { argument: 'required', id: 'host' },
    M: { argument: 'required', id: 'machine' },
    U: { argument: 'required', id: 'unit' },
  },
};

export interface AnalyzeCall {
  options: AnalyzeOptions;
  operands: readonly string[];
}

/** The call ends here, with this exit status. */
export interface AnalyzeEnd {
  status: number;
}

class Refused extends Error {}

function refuse(message: string): never {
  throw new Refused(message);
}

function booleanArgument(name: string, value: string | undefined): boolean {
  if (value === undefined) return true;
  return parseBoolean(value) ?? refuse(`Failed to parse boolean argument to --${name}: ${value}.`);
}

/** A path on the command line, made absolute; `/` counts as none where `suppressRoot`. */
function pathArgument(context: CliContext, value: string, suppressRoot: boolean): string | undefined {
  if (value === '') return undefined;
  const path = pathSimplify(pathIsAbsolute(value) ? value : pathJoin(context.cwd, value));
  return suppressRoot && path === '/' ? undefined : path;
}

function apply(context: CliContext, options: AnalyzeOptions, id: OptionId, value: string | undefined): void {
  const text = value ?? '';
  switch (id) {
    case 'quiet':
      options.quiet = true;
      break;
    case 'order':
    case 'require':
      options.dot = id;
      break;
    case 'root':
      options.root = pathArgument(context, text, true);
      break;
    case 'image':
      options.image = pathArgument(context, text, false);
      break;
    case 'recursive-errors':
      if (text !== 'no' && text !== 'yes' && text !== 'one') {
        refuse(`Unknown mode passed to --recursive-errors='${text}'.`);
      }
      options.recursiveErrors = text;
      break;
    case 'offline':
      options.offline = booleanArgument('offline', value);
      break;
    case 'threshold':
      options.threshold = parseUnsigned(text, 100) ?? refuse(`Failed to parse threshold: ${text}`);
      break;
    case 'security-policy':
      options.securityPolicy = pathArgument(context, text, false);
      break;
    case 'system':
    case 'user':
    case 'global':
      options.scope = id;
      break;
    case 'from-pattern':
      options.fromPatterns.push(text);
      break;
    case 'to-pattern':
      options.toPatterns.push(text);
      break;
    case 'fuzz':
      options.fuzzMs = parseTimeSpan(text) ?? refuse('');
      break;
    case 'no-pager':
      options.noPager = true;
      break;
    case 'man':
    case 'generators':
      options[id] = booleanArgument(id, value);
      break;
    case 'host':
    case 'machine':
      refuse('Connections to other machines are not supported.');
      break;
    case 'iterations':
      options.iterations = parseUnsigned(text) ?? refuse(`Failed to parse iterations: ${text}`);
      break;
    case 'base-time': {
      const moments = momentsOf(context);
      const usec = parseTimestampUsec(text, moments.nowUsec(), moments.local, moments.load);
      options.baseTimeUsec =
        typeof usec === 'bigint' ? usec : refuse(`Failed to parse --base-time= parameter: ${text}`);
      break;
    }
    case 'unit': {
      const notice = (message: string): void => context.err(`${message}\n`);
      options.unit = mangleUnitName(text, { notice }) ?? refuse(`Failed to mangle unit name ${text}: Invalid argument`);
      break;
    }
    case 'json':
      if (text !== 'off' && text !== 'pretty' && text !== 'short')
        refuse(`Unknown argument to --json= switch: ${text}`);
      options.json = text;
      break;
    case 'profile':
      if (text === '') refuse('Profile file name is empty');
      options.profile = text.includes('/') ? pathArgument(context, text, false) : text;
      if (options.profile?.includes('/') && !options.profile.endsWith('.conf')) {
        refuse(`Profile file name must end with .conf: ${options.profile}`);
      }
      break;
    case 'help':
    case 'version':
      break;
  }
}

/** The first option that the verb does not take. */
function misplaced(options: AnalyzeOptions, operands: readonly string[]): string | undefined {
  const verb = operands[0] ?? 'time';
  const rooted = options.root !== undefined || options.image !== undefined;
  if (options.offline && verb !== 'security') {
    return 'Option --offline= is only supported for security right now.';
  }
  if (options.json !== 'off' && verb !== 'security' && verb !== 'inspect-elf') {
    return 'Option --json= is only supported for security and inspect-elf right now.';
  }
  if (options.threshold !== 100 && verb !== 'security') {
    return 'Option --threshold= is only supported for security right now.';
  }
  if (options.scope === 'global' && !['time', 'dot', 'unit-paths', 'verify'].includes(verb)) {
    return 'Option --global only makes sense with verbs dot, unit-paths, verify.';
  }
  if (verb === 'cat-config' && options.scope === 'user') {
    return 'Option --user is not supported for cat-config right now.';
  }
  if (options.securityPolicy !== undefined && verb !== 'security') {
    return 'Option --security-policy= is only supported for security.';
  }
  if (rooted && !['cat-config', 'verify', 'condition'].includes(verb) && !(verb === 'security' && options.offline)) {
    return 'Options --root= and --image= are only supported for cat-config, verify, condition and security when used with --offline= right now.';
  }
  if (options.root !== undefined && options.image !== undefined) {
    return 'Please specify either --root= or --image=, the combination of both is not supported.';
  }
  if (options.unit !== undefined && verb !== 'condition') return 'Option --unit= is only supported for condition';
  if (verb === 'condition' && options.unit === undefined && operands.length < 2) {
    return 'Too few arguments for condition';
  }
  if (verb === 'condition' && options.unit !== undefined && operands.length > 1) {
    return 'No conditions can be passed if --unit= is used.';
  }
  return undefined;
}

/** Takes the arguments apart. Help, version and errors are written, and the call ends. */
export function parseAnalyzeOptions(context: CliContext): AnalyzeCall | AnalyzeEnd {
  const options: AnalyzeOptions = {
    scope: 'system',
    quiet: false,
    noPager: false,
    dot: 'all',
    fromPatterns: [],
    toPatterns: [],
    fuzzMs: 0,
    root: undefined,
    image: undefined,
    recursiveErrors: undefined,
    man: true,
    generators: false,
    offline: false,
    threshold: 100,
    securityPolicy: undefined,
    json: 'off',
    profile: undefined,
    iterations: 1,
    baseTimeUsec: undefined,
    unit: undefined,
  };
  const fail = (message: string): AnalyzeEnd => {
    if (message !== '') context.err(`${message}\n`);
    return { status: 1 };
  };
  const reader = new OptionReader(context.program, optionSet, context.argv);
  for (let option = reader.next(); option !== undefined; option = reader.next()) {
    if ('error' in option) return fail(option.error);
    if (option.id === 'help' || option.id === 'version') {
      context.out(option.id === 'help' ? helpText(context.program, styleOf(context)) : versionText());
      return { status: 0 };
    }
    if (option.id === 'recursive-errors' && option.value === 'help') {
      context.out('no\nyes\none\n');
      return { status: 0 };
    }
    try {
      apply(context, options, option.id, option.value);
    } catch (error) {
      if (error instanceof Refused) return fail(error.message);
      throw error;
    }
  }
  const wrong = misplaced(options, reader.operands);
  return wrong === undefined ? { options, operands: reader.operands } : fail(wrong);
}
