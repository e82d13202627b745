/** Options of systemctl(1), before or after the verb. */

import { type OutputMode, outputModes } from '../../journal/read/output-modes.ts';
import { styleOf } from '../../program/colors.ts';
import type { Section } from '../../program/help.ts';
import { takeImagePolicy } from '../../program/image-policy.ts';
import {
  append,
  fail,
  flag,
  nothing,
  type OptionRow,
  option,
  set,
  show,
  showHelp,
  showVersion,
  showWords,
  text,
} from '../../program/options.ts';
import { parseBoolean, parseInteger, parseUnsigned } from '../../text/numbers.ts';
import { pathJoin, pathSimplify } from '../../text/paths.ts';
import { splitWords } from '../../text/quoting.ts';
import { unitTypes } from '../../unitfile/language/unit-name.ts';
import { hostnameIsValid } from '../../values/names.ts';
import { parseSignal } from '../../values/signals.ts';
import { parseTimeSpan } from '../../values/time/time-span.ts';
import { parseTimestamp } from '../../values/time/timestamp.ts';
import type { Voice } from '../../voice/voice.ts';
import { callersZone } from '../common/clock.ts';
import { toCapsule, toHost, toMachine } from '../common/reach.ts';
import { loadStates, signalList, signalTable, statesText, typesText } from './word-lists.ts';

const timestampStyles = ['pretty', 'us', 'utc', 'us+utc', 'unix'] as const;
export type TimestampStyle = (typeof timestampStyles)[number];

const presetModes = ['full', 'enable-only', 'disable-only'] as const;
export type PresetMode = (typeof presetModes)[number];

/** What a call starts from. */
export function defaultOptions() {
  return {
    /** --type=: unit types; load states that were given there are among `states`. */
    types: [] as string[],
    states: [] as string[],
    /** -p, -P: undefined shows all, an empty list none. */
    properties: undefined as string[] | undefined,
    /** -a, or properties were named: also those without a value. */
    showEmpty: false,
    /** --value, -P */
    onlyValue: false,
    all: false,
    full: false,
    quiet: false,
    legend: true,
    plain: false,
    noPager: false,
    /** list-dependencies: --reverse, --after, --before. */
    dependency: 'forward' as 'forward' | 'reverse' | 'after' | 'before',
    /** list-jobs: --after, --before. */
    jobsAfter: false,
    jobsBefore: false,
    showTypes: false,
    /** As given: the manager says whether there is such a mode. */
    jobMode: 'replace',
    scope: 'system' as 'system' | 'user' | 'global',
    wait: false,
    noBlock: false,
    noWall: false,
    dryRun: false,
    /** Absolute; undefined for the running system. */
    root: undefined as string | undefined,
    image: undefined as string | undefined,
    /** How often -f was given. */
    force: 0,
    noReload: false,
    killWhom: undefined as string | undefined,
    signal: 15,
    killValue: undefined as number | undefined,
    host: undefined as string | undefined,
    machine: undefined as string | undefined,
    runtime: false,
    lines: 10,
    output: 'short' as OutputMode,
    withDependencies: false,
    presetMode: 'full' as PresetMode,
    firmwareSetup: false,
    bootLoaderMenuMs: undefined as number | undefined,
    bootLoaderEntry: undefined as string | undefined,
    now: false,
    message: [] as string[],
    showTransaction: false,
    /** --what=: undefined where it was not given. */
    what: undefined as string[] | undefined,
    readOnly: false,
    mkdir: false,
    rebootArgument: undefined as string | undefined,
    timestampStyle: 'pretty' as TimestampStyle,
    marked: false,
    /** disable: nothing is said of units without rules, or that others start. */
    noWarn: false,
    /** start and its kin: what the units log meanwhile is shown. */
    verbose: false,
    /** --when= of newer systemd, as given. */
    when: undefined as string | undefined,
    /** edit: the new contents come from stdin (systemd 256). */
    stdin: false,
    /** edit: name of the drop-in, with its suffix (systemd 253). */
    dropIn: undefined as string | undefined,
  };
}

export interface SystemctlOptions extends ReturnType<typeof defaultOptions> {}

/** Options while they are read. */
interface Draft extends SystemctlOptions {
  /** What --legend= and its kin say; undefined: -q decides. */
  wantedLegend: boolean | undefined;
}

export function newDraft(): Draft {
  return { ...defaultOptions(), wantedLegend: undefined };
}

/** systemd's own order. */
export const abbreviable =
  'help version type property all reverse after before show-types failed full job-mode fail irreversible ' +
  'ignore-dependencies ignore-inhibitors check-inhibitors value user system global capsule@256 wait no-block legend ' +
  'no-legend no-pager no-wall dry-run quiet verbose@258 no-warn@253 root image image-policy@254 force no-reload kill-whom ' +
  'kill-value@254 signal no-ask-password host machine runtime lines output plain state recursive with-dependencies ' +
  'preset-mode firmware-setup boot-loader-menu boot-loader-entry now message show-transaction what reboot-argument ' +
  'timestamp read-only mkdir marked drop-in@253 when@254 stdin@256';

const rows: readonly OptionRow<Draft>[] = [
  option('-h --help', 'This text', showHelp),
  option('--version', 'Version', showVersion),
  option('--system', ['   --system, --user', 'Which manager to talk to'], set({ scope: 'system' })),
  option('--user', undefined, set({ scope: 'user' })),
  option('-H --host=HOST', undefined, toHost),
  option('-M --machine=CONTAINER', undefined, (options, value, parsing) => {
    const { badMachine } = parsing.context.host.voice.systemctl;
    const name = value.slice(value.lastIndexOf('@') + 1);
    const bad = value === '' || (name !== '' && name !== '.host' && !hostnameIsValid(name));
    if (bad && badMachine !== undefined) fail(badMachine(value));
    toMachine(options, value, parsing);
  }),
  option('-C --capsule=NAME', undefined, toCapsule),

  // which units, and what of them
  option('-t --type=TYPE', 'Units of a type', (options, value, { context }) =>
    addTypes(value, options, context.host.voice),
  ),
  option('--state=STATE', 'Units in a load, active or sub-state', (options, value, { context }) =>
    addStates(value, options, context.host.voice),
  ),
  option('--failed', 'The same as --state=failed', (options) => void options.states.push('failed')),
  option('-p --property=NAME', 'Only these properties', (options, value) => addProperties(value, options)),
  option('-P NAME', 'The same as --value --property=NAME', (options, value) => {
    options.onlyValue = true;
    addProperties(value, options);
  }),
  option('--value', 'Values without names', flag('onlyValue')),
  option('-a --all', 'Also units that are inactive, properties without a value', set({ all: true, showEmpty: true })),
  option('-r --recursive', undefined, (_options, _value, { context }) => {
    if (context.caller.uid !== 0) fail('--recursive requires root privileges.');
  }),

  // how it is printed
  option('-l --full', "Don't shorten lines", flag('full')),
  option('-n --lines=NUMBER', 'How many lines of the log to show', (options, value) => {
    options.lines = parseUnsigned(value) ?? fail(`Failed to parse lines '${value}'`);
  }),
  option('-o --output=MODE', 'How to show them (short, cat, json, ...)', (options, value) => setOutput(value, options)),
  option('--plain', 'Lists without dots and trees', flag('plain')),
  option('--legend=BOOL', 'With headers and hints, or without', (options, value, { context }) => {
    options.wantedLegend = parseBoolean(value) ?? fail(context.host.voice.options.badBoolean('--legend', value));
  }),
  option('--no-legend', undefined, set({ wantedLegend: false })),
  option('--timestamp=STYLE', 'pretty, unix, us, utc, us+utc', (options, value) => setTimestampStyle(value, options)),
  option('--no-pager', 'No pager', flag('noPager')),
  option('-q --quiet', 'Less output', (options) => {
    options.quiet = true;
    options.wantedLegend ??= false;
  }),

  // dependencies and jobs
  option(
    '--reverse',
    ['   --reverse, --after, --before', 'Other kinds of dependencies'],
    set({ dependency: 'reverse' }),
  ),
  option('--after', undefined, set({ dependency: 'after', jobsAfter: true })),
  option('--before', undefined, set({ dependency: 'before', jobsBefore: true })),
  option('--with-dependencies', 'Units with what they need', flag('withDependencies')),
  option('--show-types', 'Sockets with their types', flag('showTypes')),
  option('--job-mode=MODE', 'What happens to jobs that are queued already', text('jobMode')),
  option('--fail', undefined, set({ jobMode: 'fail' })),
  option('--irreversible', undefined, set({ jobMode: 'replace-irreversibly' })),
  option('--ignore-dependencies', undefined, set({ jobMode: 'ignore-dependencies' })),
  option('-T --show-transaction', 'Show all jobs that are queued', flag('showTransaction')),
  option('--no-block', "Don't wait", flag('noBlock')),
  option('--wait', 'Wait until units have stopped again, or the system is up', flag('wait')),
  option('-v --verbose', 'Show what units log meanwhile', flag('verbose')),
  option('--marked', undefined, flag('marked')),
  option('--no-ask-password', undefined, nothing),

  // verbs of their own
  option('--kill-whom=WHOM', 'main, control or all', text('killWhom')),
  option('--kill-value=INT', undefined, (options, value) => {
    options.killValue = parseInteger(value) ?? fail(`Unable to parse signal queue value: ${value}`);
  }),
  option('-s --signal=SIGNAL', 'Which signal to send', (options, value, { context }) => {
    if (value === 'help') show(signalList());
    if (value === 'list') show(signalTable(context));
    options.signal = parseSignal(value) ?? fail(`Failed to parse signal string "${value}".`);
  }),
  option('--what=KINDS', 'What to clean', (options, value, { context }) => addWhat(value, options, context.host.voice)),
  option('--read-only', undefined, flag('readOnly')),
  option('--mkdir', undefined, flag('mkdir')),
  option('--stdin', undefined, flag('stdin')),
  option('--drop-in=NAME', undefined, (options, value) => {
    options.dropIn = value.endsWith('.conf') ? value : `${value}.conf`;
  }),

  // unit files
  option('--now', 'Start or stop units, too', flag('now')),
  option('-f --force', 'Replace links; end without waiting', (options) => {
    options.force++;
  }),
  option('--runtime', 'Until the next boot only', flag('runtime')),
  option('--global', "All users' units", set({ scope: 'global' })),
  option('--no-warn', "Don't warn of what units lack, or who may start them again", flag('noWarn')),
  option('--no-reload', "Don't reload after changes of unit files", flag('noReload')),
  option('--preset-mode=MODE', 'full, enable-only, disable-only', (options, value) => {
    if (value === 'help') showWords(presetModes);
    options.presetMode = presetModes.find((mode) => mode === value) ?? fail(`Failed to parse preset mode: ${value}.`);
  }),
  option('--root=PATH', 'Unit files below another directory', (options, value, { context }) => {
    options.root = absolutePath(value, context.cwd);
  }),
  option('--image=PATH', undefined, (options, value, { context }) => {
    options.image = absolutePath(value, context.cwd);
  }),
  option('--image-policy=POLICY', undefined, takeImagePolicy),

  // the end of everything
  option('--dry-run', 'Only say what would be done', flag('dryRun')),
  option('--no-wall', undefined, flag('noWall')),
  option('--message=TEXT', undefined, append('message')),
  option('--when=TIME', undefined, (options, value, { context }) => {
    const words = ['', 'show', 'cancel', 'auto'];
    if (!words.includes(value) && parseTimestamp(value, context.host.now(), callersZone(context)) === undefined)
      fail(`Failed to parse --when= argument '${value}': Invalid argument`);
    options.when = value === '' ? 'cancel' : value;
  }),
  option('-i --ignore-inhibitors', undefined, nothing),
  option('--check-inhibitors=MODE', undefined, (_options, value, { context }) => {
    const { emptyIsThird, badTristate } = context.host.voice.options;
    if (value === 'auto' || (value === '' && emptyIsThird)) return;
    if (parseBoolean(value) === undefined) fail(badTristate('--check-inhibitors=', value));
  }),
  option('--reboot-argument=ARG', undefined, text('rebootArgument')),
  option('--firmware-setup', undefined, flag('firmwareSetup')),
  option('--boot-loader-menu=TIME', undefined, (options, value) => {
    options.bootLoaderMenuMs =
      parseTimeSpan(value) ?? fail(`Failed to parse --boot-loader-menu= argument '${value}': Invalid argument`);
  }),
  option('--boot-loader-entry=NAME', undefined, (options, value) => {
    // Boot loader entries are the firmware's business, which containers have none of.
    if (value === 'help') fail('No boot loader entries discovered.');
    options.bootLoaderEntry = value === '' ? undefined : value;
  }),

  option('-.[UNIT]', undefined, (_options, value, { context }) => {
    const { program, host } = context;
    const dots = host.voice.systemctl.hintDots(styleOf(context).utf8);
    fail(`${program}: invalid option -- '.'`, [
      'notice',
      'Hint: to specify units starting with a dash, use "--":\n' +
        `      ${program} [OPTIONS${dots}] COMMAND -- -.${value || 'mount'} ${dots}`,
    ]);
  }),
];

export const options: readonly Section<OptionRow<Draft>>[] = [['Options', rows]];

/** Words between commas. */
function list(value: string, what: string): string[] {
  return splitWords(value, 0, ',') ?? fail(`Failed to parse ${what}: ${value}`);
}

function absolutePath(value: string, cwd: string): string | undefined {
  return value === '' ? undefined : pathSimplify(value.startsWith('/') ? value : pathJoin(cwd, value));
}

function addProperties(value: string, options: Draft): void {
  options.properties ??= [];
  options.properties.push(...list(value, 'property'));
  options.showEmpty = true;
}

/** Of a list without a word: it is refused, or what was in the list before is not any more. */
function emptied(voice: Voice, option: string, hasHelp = false): void {
  const refusal = voice.options.emptyList(option, hasHelp);
  if (refusal !== undefined) fail(refusal);
}

function addTypes(value: string, options: Draft, voice: Voice): void {
  if (value === '') {
    emptied(voice, '--type=');
    options.types = [];
    return;
  }
  for (const type of list(value, 'type')) {
    if (type === 'help') show(typesText(options.wantedLegend ?? true));
    if (unitTypes.some((known) => known === type)) options.types.push(type);
    else if (loadStates.includes(type)) options.states.push(type);
    else fail(`Unknown unit type or load state '${type}'.`, ['info', 'Use -t help to see a list of allowed values.']);
  }
}

function addStates(value: string, options: Draft, voice: Voice): void {
  if (value === '') {
    emptied(voice, '--state=');
    options.states = [];
    return;
  }
  for (const state of list(value, 'state')) {
    if (state === 'help') show(statesText(voice, options.wantedLegend ?? true));
    options.states.push(state);
  }
}

function addWhat(value: string, options: Draft, voice: Voice): void {
  const { words } = voice;
  if (value === '') {
    emptied(voice, '--what=', true);
    options.what = undefined;
    return;
  }
  options.what ??= [];
  for (const what of list(value, 'directory type')) {
    if (what === 'help') showWords(words('runtime state cache logs configuration fdstore@254 all@257'));
    options.what.push(what);
  }
}

function setOutput(value: string, options: Draft): void {
  if (value === 'help') showWords(outputModes);
  options.output = outputModes.find((mode) => mode === value) ?? fail(`Unknown output '${value}'.`);
  if (!value.startsWith('json')) return;
  options.wantedLegend = false;
  options.plain = true;
}

function setTimestampStyle(value: string, options: Draft): void {
  if (value === 'help') showWords(timestampStyles);
  // Both of Unicode's micro signs.
  const plain = value.replace(/^[µμ]s/, 'us');
  options.timestampStyle = timestampStyles.find((style) => style === plain) ?? fail(`Invalid value: ${value}.`);
}

/** What cannot stand together, in the order in which systemctl looks. */
export function settleOptions(options: Draft, operands: readonly string[]): void {
  options.legend = options.wantedLegend ?? true;
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
