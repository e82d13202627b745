/** Options of systemctl(1), before or after the verb. */

import { type OutputMode, outputModes } from '../../journal/read/output-modes.ts';
import { type LongOption, OptionReader, type OptionSet } from '../../program/getopt.ts';
import { message, type Severity } from '../../program/messages.ts';
import { versionText } from '../../sys/version.ts';
import { parseBoolean, parseInteger, parseUnsigned } from '../../text/numbers.ts';
import { pathJoin, pathSimplify } from '../../text/paths.ts';
import { splitWords } from '../../text/quoting.ts';
import { unitTypes } from '../../unitfile/language/unit-name.ts';
import { parseSignal } from '../../values/signals.ts';
import { parseTimeSpan } from '../../values/time/time-span.ts';
import type { CliContext } from '../common/context.ts';
import { helpText, loadStates, signalList, signalTable, statesText, typesText } from './help.ts';

const timestampStyles = ['pretty', 'us', 'utc', 'us+utc', 'unix'] as const;
export type TimestampStyle = (typeof timestampStyles)[number];

const presetModes = ['full', 'enable-only', 'disable-only'] as const;
export type PresetMode = (typeof presetModes)[number];

export interface SystemctlOptions {
  /** --type=: unit types; load states that were given there are among `states`. */
  types: string[];
  states: string[];
  /** -p, -P: undefined shows all, an empty list none. */
  properties: string[] | undefined;
  /** -a, or properties were named: also those without a value. */
  showEmpty: boolean;
  /** --value, -P */
  onlyValue: boolean;
  all: boolean;
  full: boolean;
  quiet: boolean;
  legend: boolean;
  plain: boolean;
  noPager: boolean;
  /** list-dependencies: --reverse, --after, --before. */
  dependency: 'forward' | 'reverse' | 'after' | 'before';
  /** list-jobs: --after, --before. */
  jobsAfter: boolean;
  jobsBefore: boolean;
  showTypes: boolean;
  /** As given: the manager says whether there is such a mode. */
  jobMode: string;
  scope: 'system' | 'user' | 'global';
  wait: boolean;
  noBlock: boolean;
  noWall: boolean;
  dryRun: boolean;
  /** Absolute; undefined for the running system. */
  root: string | undefined;
  image: string | undefined;
  /** How often -f was given. */
  force: number;
  noReload: boolean;
  killWhom: string | undefined;
  signal: number;
  killValue: number | undefined;
  askPassword: boolean;
  host: string | undefined;
  machine: string | undefined;
  runtime: boolean;
  lines: number;
  output: OutputMode;
  recursive: boolean;
  withDependencies: boolean;
  presetMode: PresetMode;
  firmwareSetup: boolean;
  bootLoaderMenuMs: number | undefined;
  bootLoaderEntry: string | undefined;
  now: boolean;
  message: string[];
  showTransaction: boolean;
  /** --what=: undefined where it was not given. */
  what: string[] | undefined;
  rebootArgument: string | undefined;
  timestampStyle: TimestampStyle;
  readOnly: boolean;
  mkdir: boolean;
  marked: boolean;
  checkInhibitors: 'auto' | boolean;
  /** --when= of newer systemd, as given. */
  when: string | undefined;
  /** edit: the new contents come from stdin (systemd 256). */
  stdin: boolean;
  /** edit: name of the drop-in, with its suffix (systemd 253). */
  dropIn: string | undefined;
}

type Id =
  | 'help'
  | 'version'
  | 'type'
  | 'property'
  | 'property-value'
  | 'all'
  | 'reverse'
  | 'after'
  | 'before'
  | 'show-types'
  | 'failed'
  | 'full'
  | 'job-mode'
  | 'fail'
  | 'irreversible'
  | 'ignore-dependencies'
  | 'ignore-inhibitors'
  | 'check-inhibitors'
  | 'value'
  | 'user'
  | 'system'
  | 'global'
  | 'wait'
  | 'no-block'
  | 'legend'
  | 'no-legend'
  | 'no-pager'
  | 'no-wall'
  | 'dry-run'
  | 'quiet'
  | 'root'
  | 'image'
  | 'force'
  | 'no-reload'
  | 'kill-whom'
  | 'kill-value'
  | 'signal'
  | 'no-ask-password'
  | 'host'
  | 'machine'
  | 'runtime'
  | 'lines'
  | 'output'
  | 'plain'
  | 'state'
  | 'recursive'
  | 'with-dependencies'
  | 'preset-mode'
  | 'firmware-setup'
  | 'boot-loader-menu'
  | 'boot-loader-entry'
  | 'now'
  | 'message'
  | 'show-transaction'
  | 'what'
  | 'when'
  | 'stdin'
  | 'drop-in'
  | 'reboot-argument'
  | 'timestamp'
  | 'read-only'
  | 'mkdir'
  | 'marked'
  | 'dot';

/** In systemd's own order, which the message about an ambiguous abbreviation shows. `=` marks a required argument. */
const longNames = (
  'help version type= property= all reverse after before show-types failed full job-mode= fail irreversible ' +
  'ignore-dependencies ignore-inhibitors check-inhibitors= value user system global wait no-block legend= no-legend ' +
  'no-pager no-wall dry-run quiet root= image= force no-reload kill-whom= signal= no-ask-password host= machine= ' +
  'runtime lines= output= plain state= recursive with-dependencies preset-mode= firmware-setup boot-loader-menu= ' +
  'boot-loader-entry= now message= show-transaction what= reboot-argument= timestamp= read-only mkdir marked'
).split(' ');

/** Newer than systemd 252. */
const newerNames = ['kill-value=', 'when=', 'stdin', 'drop-in='];

function longOption(text: string, newer: boolean): LongOption<Id> {
  const name = text.replace('=', '') as Id;
  return { name, id: name, argument: text.endsWith('=') ? 'required' : 'none', ...(newer ? { exact: true } : {}) };
}

const optionSet: OptionSet<Id> = {
  long: [...longNames.map((text) => longOption(text, false)), ...newerNames.map((text) => longOption(text, true))],
  short: {
    h: { argument: 'none', id: 'help' },
    t: { argument: 'required', id: 'type' },
    p: { argument: 'required', id: 'property' },
    P: { argument: 'required', id: 'property-value' },
    a: { argument: 'none', id: 'all' },
    l: { argument: 'none', id: 'full' },
    q: { argument: 'none', id: 'quiet' },
    f: { argument: 'none', id: 'force' },
    s: { argument: 'required', id: 'signal' },
    H: { argument: 'required', id: 'host' },
    M: { argument: 'required', id: 'machine' },
    n: { argument: 'required', id: 'lines' },
    o: { argument: 'required', id: 'output' },
    i: { argument: 'none', id: 'ignore-inhibitors' },
    T: { argument: 'none', id: 'show-transaction' },
    r: { argument: 'none', id: 'recursive' },
    '.': { argument: 'optional', id: 'dot' },
  },
};

export function defaultOptions(): SystemctlOptions {
  return {
    types: [],
    states: [],
    properties: undefined,
    showEmpty: false,
    onlyValue: false,
    all: false,
    full: false,
    quiet: false,
    legend: true,
    plain: false,
    noPager: false,
    dependency: 'forward',
    jobsAfter: false,
    jobsBefore: false,
    showTypes: false,
    jobMode: 'replace',
    scope: 'system',
    wait: false,
    noBlock: false,
    noWall: false,
    dryRun: false,
    root: undefined,
    image: undefined,
    force: 0,
    noReload: false,
    killWhom: undefined,
    signal: 15,
    killValue: undefined,
    askPassword: true,
    host: undefined,
    machine: undefined,
    runtime: false,
    lines: 10,
    output: 'short',
    recursive: false,
    withDependencies: false,
    presetMode: 'full',
    firmwareSetup: false,
    bootLoaderMenuMs: undefined,
    bootLoaderEntry: undefined,
    now: false,
    message: [],
    showTransaction: false,
    what: undefined,
    rebootArgument: undefined,
    timestampStyle: 'pretty',
    readOnly: false,
    mkdir: false,
    marked: false,
    checkInhibitors: 'auto',
    when: undefined,
    stdin: false,
    dropIn: undefined,
  };
}

/** What is needed of a call to take its arguments apart. */
export type ParseContext = Pick<CliContext, 'program' | 'argv' | 'env' | 'cwd' | 'terminal' | 'caller' | 'host'>;

export type ParseResult =
  | { readonly options: SystemctlOptions; readonly operands: readonly string[] }
  /** Done: what is to be printed, and the exit status. */
  | { readonly out: string; readonly err: string; readonly status: number };

/** Ends parsing: help was asked for, or something is wrong. */
class Finished extends Error {
  readonly out: string;
  readonly said: readonly (readonly [severity: Severity | 'plain', text: string])[];
  constructor(out: string, said: Finished['said']) {
    super(said[0]?.[1]);
    this.out = out;
    this.said = said;
  }
}

/** An error, and what is to be said after it. */
function fail(text: string, ...hints: [severity: Severity, text: string][]): never {
  throw new Finished('', [['error', text], ...hints]);
}
function show(text: string): never {
  throw new Finished(text, []);
}
const lines = (words: readonly string[]): string => words.map((word) => `${word}\n`).join('');

/** Words between commas. */
function list(value: string, what: string): string[] {
  return splitWords(value, 0, ',') ?? fail(`Failed to parse ${what}: ${value}`);
}

function absolutePath(value: string, cwd: string): string | undefined {
  return value === '' ? undefined : pathSimplify(value.startsWith('/') ? value : pathJoin(cwd, value));
}

/** Takes the arguments of systemctl apart. Never throws. */
export function parseOptions(context: ParseContext): ParseResult {
  const options = defaultOptions();
  /** undefined: -q decides. */
  const legend: { value: boolean | undefined } = { value: undefined };
  const reader = new OptionReader(context.program, optionSet, context.argv);
  try {
    for (let option = reader.next(); option !== undefined; option = reader.next()) {
      // getopt's own messages are never coloured.
      if ('error' in option) throw new Finished('', [['plain', option.error]]);
      Object.assign(options, simple[option.id]);
      others[option.id]?.(option.value ?? '', { options, legend, context });
    }
    options.legend = legend.value ?? true;
    checkTogether(options, reader.operands);
  } catch (error) {
    if (!(error instanceof Finished)) throw error;
    const err = error.said.map(([severity, text]) =>
      severity === 'plain' ? `${text}\n` : message(context, severity, text),
    );
    return { out: error.out, err: err.join(''), status: error.said.length > 0 ? 1 : 0 };
  }
  return { options, operands: reader.operands };
}

/** Options that only set something. */
const simple: Partial<Record<Id, Partial<SystemctlOptions>>> = {
  value: { onlyValue: true },
  all: { all: true, showEmpty: true },
  reverse: { dependency: 'reverse' },
  after: { dependency: 'after', jobsAfter: true },
  before: { dependency: 'before', jobsBefore: true },
  'show-types': { showTypes: true },
  full: { full: true },
  fail: { jobMode: 'fail' },
  irreversible: { jobMode: 'replace-irreversibly' },
  'ignore-dependencies': { jobMode: 'ignore-dependencies' },
  'ignore-inhibitors': { checkInhibitors: false },
  user: { scope: 'user' },
  system: { scope: 'system' },
  global: { scope: 'global' },
  wait: { wait: true },
  'no-block': { noBlock: true },
  'no-pager': { noPager: true },
  'no-wall': { noWall: true },
  'dry-run': { dryRun: true },
  'no-reload': { noReload: true },
  'no-ask-password': { askPassword: false },
  runtime: { runtime: true },
  plain: { plain: true },
  'with-dependencies': { withDependencies: true },
  'firmware-setup': { firmwareSetup: true },
  now: { now: true },
  'show-transaction': { showTransaction: true },
  'read-only': { readOnly: true },
  mkdir: { mkdir: true },
  marked: { marked: true },
  stdin: { stdin: true },
};

interface Parsing {
  readonly options: SystemctlOptions;
  readonly legend: { value: boolean | undefined };
  readonly context: ParseContext;
}

/** Options with a value, or with more to do. */
const others: Partial<Record<Id, (value: string, parsing: Parsing) => void>> = {
  help: (_, { context }) => show(helpText(context)),
  version: () => show(versionText()),
  type: (value, { options, legend }) => addTypes(value, options, legend.value ?? true),
  state: (value, { options, legend }) => addStates(value, options, legend.value ?? true),
  failed: (_, { options }) => {
    options.states.push('failed');
  },
  property: (value, { options }) => addProperties(value, options),
  'property-value': (value, { options }) => {
    options.onlyValue = true;
    addProperties(value, options);
  },
  'job-mode': (value, { options }) => {
    options.jobMode = value;
  },
  'check-inhibitors': (value, { options }) => {
    options.checkInhibitors =
      value === 'auto'
        ? value
        : (parseBoolean(value) ?? fail(`Failed to parse --check-inhibitors= argument: ${value}`));
  },
  legend: (value, { legend }) => {
    legend.value = parseBoolean(value) ?? fail(`Failed to parse boolean argument to --legend: ${value}.`);
  },
  'no-legend': (_, { legend }) => {
    legend.value = false;
  },
  quiet: (_, { options, legend }) => {
    options.quiet = true;
    legend.value ??= false;
  },
  root: (value, { options, context }) => {
    options.root = absolutePath(value, context.cwd);
  },
  image: (value, { options, context }) => {
    options.image = absolutePath(value, context.cwd);
  },
  force: (_, { options }) => {
    options.force++;
  },
  'kill-whom': (value, { options }) => {
    options.killWhom = value;
  },
  'kill-value': (value, { options }) => {
    options.killValue = parseInteger(value) ?? fail(`Failed to parse kill value: ${value}`);
  },
  signal: (value, { options, context }) => {
    if (value === 'help') show(signalList());
    if (value === 'list') show(signalTable(context));
    options.signal = parseSignal(value) ?? fail(`Failed to parse signal string "${value}".`);
  },
  host: (value, { options }) => {
    options.host = value;
    options.machine = undefined;
  },
  machine: (value, { options }) => {
    options.machine = value;
    options.host = undefined;
  },
  lines: (value, { options }) => {
    options.lines = parseUnsigned(value) ?? fail(`Failed to parse lines '${value}'`);
  },
  output: (value, { options, legend }) => setOutput(value, options, legend),
  recursive: (_, { options, context }) => {
    if (context.caller.uid !== 0) fail('--recursive requires root privileges.');
    options.recursive = true;
  },
  'preset-mode': (value, { options }) => {
    if (value === 'help') show(lines(presetModes));
    options.presetMode = presetModes.find((mode) => mode === value) ?? fail(`Failed to parse preset mode: ${value}.`);
  },
  'boot-loader-menu': (value, { options }) => {
    options.bootLoaderMenuMs =
      parseTimeSpan(value) ?? fail(`Failed to parse --boot-loader-menu= argument '${value}': Invalid argument`);
  },
  'boot-loader-entry': (value, { options }) => {
    // Boot loader entries are the firmware's business, which containers have none of.
    if (value === 'help') fail('No boot loader entries discovered.');
    options.bootLoaderEntry = value === '' ? undefined : value;
  },
  message: (value, { options }) => {
    options.message.push(value);
  },
  what: (value, { options }) => addWhat(value, options),
  when: (value, { options }) => {
    options.when = value;
  },
  'drop-in': (value, { options }) => {
    if (value === '' || value.includes('/')) fail(`Invalid drop-in file name '${value}'.`);
    options.dropIn = value.endsWith('.conf') ? value : `${value}.conf`;
  },
  'reboot-argument': (value, { options }) => {
    options.rebootArgument = value;
  },
  timestamp: (value, { options }) => setTimestampStyle(value, options),
  dot: (value, { context: { program } }) =>
    fail(`${program}: invalid option -- '.'`, [
      'notice',
      'Hint: to specify units starting with a dash, use "--":\n' +
        `      ${program} [OPTIONS...] COMMAND -- -.${value || 'mount'} ...`,
    ]),
};

function addProperties(value: string, options: SystemctlOptions): void {
  options.properties ??= [];
  options.properties.push(...list(value, 'property'));
  options.showEmpty = true;
}

function addTypes(value: string, options: SystemctlOptions, legend: boolean): void {
  if (value === '') fail('--type= requires arguments.');
  for (const type of list(value, 'type')) {
    if (type === 'help') show(typesText(legend));
    if (unitTypes.some((known) => known === type)) options.types.push(type);
    else if (loadStates.includes(type)) options.states.push(type);
    else fail(`Unknown unit type or load state '${type}'.`, ['info', 'Use -t help to see a list of allowed values.']);
  }
}

function addStates(value: string, options: SystemctlOptions, legend: boolean): void {
  if (value === '') fail('--state= requires arguments.');
  for (const state of list(value, 'state')) {
    if (state === 'help') show(statesText(legend));
    options.states.push(state);
  }
}

function addWhat(value: string, options: SystemctlOptions): void {
  if (value === '') fail('--what= requires arguments.');
  options.what ??= [];
  for (const what of list(value, 'directory type')) {
    if (what === 'help') show('runtime\nstate\ncache\nlogs\nconfiguration\n');
    options.what.push(what);
  }
}

function setOutput(value: string, options: SystemctlOptions, legend: { value: boolean | undefined }): void {
  if (value === 'help') show(lines(outputModes));
  options.output = outputModes.find((mode) => mode === value) ?? fail(`Unknown output '${value}'.`);
  if (!value.startsWith('json')) return;
  legend.value = false;
  options.plain = true;
}

function setTimestampStyle(value: string, options: SystemctlOptions): void {
  if (value === 'help') show(lines(timestampStyles));
  // Both of Unicode's micro signs.
  const plain = value.replace(/^[µμ]s/, 'us');
  options.timestampStyle = timestampStyles.find((style) => style === plain) ?? fail(`Invalid value: ${value}.`);
}

/** What cannot stand together, in the order in which systemctl looks. */
function checkTogether(options: SystemctlOptions, operands: readonly string[]): void {
  if (options.scope !== 'system') options.askPassword = false;
  if (options.host !== undefined && options.scope !== 'system') fail('Cannot access user instance remotely.');
  if (options.wait && options.noBlock) fail('--wait may not be combined with --no-block.');
  const [verb, ...args] = operands;
  const reloads = verb === 'reload-or-restart';
  if (options.marked) {
    if (!reloads) fail("--marked may only be used with 'reload-or-restart'.");
    if (args.length > 0) fail("No additional arguments allowed with 'reload-or-restart --marked'.");
    if (options.wait) fail('--marked --wait is not supported.');
    if (options.showTransaction) fail('--marked --show-transaction is not supported.');
  } else if (reloads && args.length === 0) fail('List of units to restart/reload is required.');
  if (options.image !== undefined && options.root !== undefined)
    fail('Please specify either --root= or --image=, the combination of both is not supported.');
}
