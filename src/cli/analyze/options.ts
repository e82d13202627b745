/** Options of systemd-analyze(1). */

import type { ProgramContext } from '../../program/context.ts';
import type { Section } from '../../program/help.ts';
import { takeImagePolicy } from '../../program/image-policy.ts';
import type { JsonMode } from '../../program/json.ts';
import {
  append,
  fail,
  flag,
  type OptionRow,
  option,
  type Parsing,
  set,
  showHelp,
  showVersion,
  showWords,
  type Take,
  takeJson,
  text,
} from '../../program/options.ts';
import { parseBoolean, parseUnsigned } from '../../text/numbers.ts';
import { pathIsAbsolute, pathJoin, pathSimplify } from '../../text/paths.ts';
import { mangleUnitName } from '../../unitfile/language/unit-name.ts';
import { parseTimeSpan } from '../../values/time/time-span.ts';
import { parseTimestampUsec } from '../../values/time/timestamp.ts';
import { clockOf } from '../common/clock.ts';

const recursiveErrorModes = ['no', 'yes', 'one'] as const;

export function defaultOptions() {
  return {
    scope: 'system' as 'system' | 'user' | 'global',
    quiet: false,
    noPager: false,
    /** dot: --order or --require only. */
    dot: 'all' as 'all' | 'order' | 'require',
    fromPatterns: [] as string[],
    toPatterns: [] as string[],
    /** critical-chain: milliseconds. */
    fuzzMs: 0,
    root: undefined as string | undefined,
    image: undefined as string | undefined,
    /** verify: which units an error counts in; undefined: the default. */
    recursiveErrors: undefined as (typeof recursiveErrorModes)[number] | undefined,
    man: true,
    generators: false,
    offline: false,
    threshold: 100,
    securityPolicy: undefined as string | undefined,
    json: undefined as JsonMode | undefined,
    /** plot: --table. */
    table: false,
    /** Headers of tables. */
    legend: true,
    /** capability: the argument is a mask. */
    mask: false,
    /** cat-config: what stands in the files besides comments. */
    tldr: false,
    /** What a template is an instance for. */
    instance: undefined as string | undefined,
    profile: undefined as string | undefined,
    iterations: 1,
    baseTimeUsec: undefined as bigint | undefined,
    unit: undefined as string | undefined,
  };
}

export interface AnalyzeOptions extends ReturnType<typeof defaultOptions> {}

/** systemd's own order. */
export const abbreviable =
  'help version quiet order require root image image-policy@254 recursive-errors offline threshold security-policy system ' +
  'user global from-pattern to-pattern fuzz no-pager man generators instance@257 host machine iterations base-time unit ' +
  'json profile table@253 no-legend@253 tldr@255 mask@257';

const elsewhere: Take<unknown> = () => fail('Connections to other machines are not supported.');

const rows: readonly OptionRow<AnalyzeOptions>[] = [
  option('--recursive-errors=MODE', 'Control which units are verified', (options, value) => {
    if (value === 'help') showWords(recursiveErrorModes);
    options.recursiveErrors =
      recursiveErrorModes.find((mode) => mode === value) ??
      fail(`Unknown mode passed to --recursive-errors='${value}'.`);
  }),
  option('--offline=BOOL', 'Perform a security review on unit file(s)', (options, value, { context }) => {
    options.offline = booleanArgument(context, 'offline', value);
  }),
  option(
    '--threshold=N',
    'Exit with a non-zero status when overall\nexposure level is over threshold value',
    (options, value) => {
      options.threshold = parseUnsigned(value, 100) ?? fail(`Failed to parse threshold: ${value}`);
    },
  ),
  option(
    '--security-policy=PATH',
    'Use custom JSON security policy instead\nof built-in one',
    (options, value, { context }) => {
      options.securityPolicy = pathArgument(context, value);
    },
  ),
  option('--json=pretty|short|off', 'Print tables as JSON', takeJson),
  option('--table', 'Output a table in place of the graphic', flag('table')),
  option('--no-legend', 'Do not print headers of tables', set({ legend: false })),
  option('-m --mask', 'Parse parameter as numeric capability mask', flag('mask')),
  option('--tldr', 'Skip comments and empty lines', flag('tldr')),
  option('--instance=NAME', 'Specify fallback instance name for template units', text('instance')),
  option('--no-pager', 'Do not pipe output into a pager', flag('noPager')),
  option('--system', 'Operate on system systemd instance', set({ scope: 'system' })),
  option('--user', 'Operate on user systemd instance', set({ scope: 'user' })),
  option('--global', 'Operate on global user configuration', set({ scope: 'global' })),
  option('-H --host=[USER@]HOST', 'Operate on remote host', elsewhere),
  option('-M --machine=CONTAINER', 'Operate on local container', elsewhere),
  option('--order', 'Show only order in the graph', set({ dot: 'order' })),
  option('--require', 'Show only requirement in the graph', set({ dot: 'require' })),
  option('--from-pattern=GLOB', 'Show only origins in the graph', append('fromPatterns')),
  option('--to-pattern=GLOB', 'Show only destinations in the graph', append('toPatterns')),
  option(
    '--fuzz=SECONDS',
    'Also print services which finished SECONDS\nearlier than the latest in the branch',
    (options, value) => {
      options.fuzzMs = parseTimeSpan(value) ?? fail('');
    },
  ),
  option('--man[=BOOL]', 'Do [not] check for existence of man pages', (options, value, { bare, context }) => {
    options.man = bare || booleanArgument(context, 'man', value);
  }),
  option(
    '--generators[=BOOL]',
    'Do [not] run unit generators\n(requires privileges)',
    (options, value, { bare, context }) => {
      options.generators = bare || booleanArgument(context, 'generators', value);
    },
  ),
  option('--iterations=N', 'Show the specified number of iterations', (options, value) => {
    options.iterations = parseUnsigned(value) ?? fail(`Failed to parse iterations: ${value}`);
  }),
  option('--base-time=TIMESTAMP', 'Calculate calendar times relative to\nspecified time', setBaseTime),
  option('--profile=name|PATH', 'Include the specified profile in the\nsecurity review of the unit(s)', setProfile),
  option('-U --unit=UNIT', undefined, (options, value, { context }) => {
    const notice = (message: string): void => context.err(`${message}\n`);
    options.unit = mangleUnitName(value, { notice }) ?? fail(`Failed to mangle unit name ${value}: Invalid argument`);
  }),
  option('-h --help', 'Show this help', showHelp),
  option('--version', 'Show package version', showVersion),
  option('-q --quiet', 'Do not emit hints', flag('quiet')),
  option('--root=PATH', 'Operate on an alternate filesystem root', (options, value, { context }) => {
    const path = pathArgument(context, value);
    options.root = path === '/' ? undefined : path;
  }),
  option('--image=PATH', 'Operate on disk image as filesystem root', (options, value, { context }) => {
    options.image = pathArgument(context, value);
  }),
  option('--image-policy=POLICY', 'Specify disk image dissection policy', takeImagePolicy),
];

export const options: readonly Section<OptionRow<AnalyzeOptions>>[] = [['Options', rows]];

function booleanArgument({ host }: Pick<ProgramContext, 'host'>, name: string, value: string): boolean {
  return parseBoolean(value) ?? fail(host.voice.options.badBoolean(`--${name}`, value));
}

/** A path on the command line, made absolute. */
function pathArgument({ cwd }: Pick<ProgramContext, 'cwd'>, value: string): string | undefined {
  return value === '' ? undefined : pathSimplify(pathIsAbsolute(value) ? value : pathJoin(cwd, value));
}

function setBaseTime(options: AnalyzeOptions, value: string, { context }: Parsing): void {
  const clock = clockOf(context);
  const usec = parseTimestampUsec(value, clock.nowUsec(), clock.local, clock.load);
  options.baseTimeUsec = typeof usec === 'bigint' ? usec : fail(`Failed to parse --base-time= parameter: ${value}`);
}

function setProfile(options: AnalyzeOptions, value: string, { context }: Parsing): void {
  if (value === '') fail('Profile file name is empty');
  options.profile = value.includes('/') ? pathArgument(context, value) : value;
  if (options.profile?.includes('/') && !options.profile.endsWith('.conf')) {
    fail(`Profile file name must end with .conf: ${options.profile}`);
  }
}

/** Verbs that print a table, or what can be one. */
const withJson = 'security inspect-elf plot fdstore pcrs architectures capability exit-status blame'.split(' ');

/** Options that the verb does not take. */
export function settleOptions(
  options: AnalyzeOptions,
  operands: readonly string[],
  context: Pick<ProgramContext, 'host'>,
): void {
  const verb = operands[0] ?? 'time';
  const rooted = options.root !== undefined || options.image !== undefined;
  if (options.offline && verb !== 'security') fail('Option --offline= is only supported for security right now.');
  if (options.json !== undefined && !withJson.includes(verb))
    fail(`Option --json= is only supported for ${context.host.voice.analyze.withJson} right now.`);
  if (options.table && verb !== 'plot') fail('Option --table is only supported for plot right now.');
  if (options.table && options.json !== undefined) fail('--table and --json= are mutually exclusive.');
  const { noLegendRefused } = context.host.voice.analyze;
  const wrong = noLegendRefused();
  if (!options.legend && wrong !== undefined && !(verb === 'plot' && (options.table || options.json !== undefined)))
    fail(wrong);
  if (options.mask && verb !== 'capability') fail('Option --mask is only supported for capability.');
  if (options.mask && operands.length !== 2) fail('Exactly 1 positional argument expected.');
  if (options.threshold !== 100 && verb !== 'security')
    fail('Option --threshold= is only supported for security right now.');
  if (options.scope === 'global' && !['dot', 'unit-paths', 'verify'].includes(verb))
    fail(`Option --global only makes sense with ${context.host.voice.analyze.withGlobal}.`);
  if (verb === 'cat-config' && options.scope === 'user')
    fail('Option --user is not supported for cat-config right now.');
  if (options.securityPolicy !== undefined && verb !== 'security')
    fail('Option --security-policy= is only supported for security.');
  if (rooted && !['cat-config', 'verify', 'condition'].includes(verb) && !(verb === 'security' && options.offline))
    fail(
      'Options --root= and --image= are only supported for cat-config, verify, condition and security when used with --offline= right now.',
    );
  if (options.root !== undefined && options.image !== undefined)
    fail('Please specify either --root= or --image=, the combination of both is not supported.');
  if (options.unit !== undefined && verb !== 'condition') fail('Option --unit= is only supported for condition');
  if (verb !== 'condition') return;
  if (options.unit === undefined && operands.length < 2) fail('Too few arguments for condition');
  if (options.unit !== undefined && operands.length > 1) fail('No conditions can be passed if --unit= is used.');
}
