/** Options of journalctl(1). */
import { type OutputMode, outputModes } from '../../journal/read/format.ts';
import type { ProgramContext } from '../../program/context.ts';
import type { Section } from '../../program/help.ts';
import { takeImagePolicy } from '../../program/image-policy.ts';
import {
  append,
  fail,
  flag,
  nothing,
  type OptionRow,
  option,
  type Parsing,
  set,
  show,
  showHelp,
  showVersion,
  showWords,
  type Take,
  text,
} from '../../program/options.ts';
import { parseBoolean, parseInteger, parseSize } from '../../text/numbers.ts';
import { logFacilityName, parseLogFacility, parseLogLevel } from '../../values/syslog.ts';
import { parseTimeSpan } from '../../values/time/time-span.ts';
import { parseTimestamp } from '../../values/time/timestamp.ts';
import { clockOf } from '../common/clock.ts';
import { compilePattern } from './pattern.ts';

export type Action =
  | 'show'
  | 'new-id128'
  | 'header'
  | 'setup-keys'
  | 'verify'
  | 'disk-usage'
  | 'list-catalog'
  | 'dump-catalog'
  | 'update-catalog'
  | 'list-boots'
  | 'list-invocations'
  | 'list-namespaces'
  | 'flush'
  | 'relinquish-var'
  | 'sync'
  | 'rotate'
  | 'vacuum'
  | 'rotate-and-vacuum'
  | 'list-fields'
  | 'list-field-names';

export function defaultOptions() {
  return {
    action: 'show' as Action,
    output: 'short' as OutputMode,
    utc: false,
    follow: false,
    full: true,
    all: false,
    noPager: false,
    pagerEnd: false,
    /** undefined: as many as there are, or what follows from other options; 'all': said so. */
    lines: undefined as number | 'all' | undefined,
    /** -n +N: the oldest ones. */
    oldest: false,
    noTail: false,
    /** --truncate-newline: the first line of each message. */
    truncateNewline: false,
    quiet: false,
    merge: false,
    /** undefined: all boots. */
    boot: undefined as { id: string | undefined; offset: number } | undefined,
    /** -e and -k: this boot, where --boot says nothing. */
    impliedBoot: false,
    /** --boot=all */
    allBoots: false,
    /** -I, --invocation: undefined: all. */
    invocation: undefined as { id: string | undefined; offset: number } | undefined,
    dmesg: false,
    noHostname: false,
    cursor: undefined as string | undefined,
    cursorFile: undefined as string | undefined,
    afterCursor: undefined as string | undefined,
    showCursor: false,
    directory: undefined as string | undefined,
    files: [] as string[],
    root: undefined as string | undefined,
    image: undefined as string | undefined,
    machine: undefined as string | undefined,
    namespace: undefined as string | undefined,
    /** Levels that are shown; undefined for all. */
    priorities: undefined as ReadonlySet<number> | undefined,
    facilities: [] as number[],
    /** Microseconds. */
    since: undefined as number | undefined,
    until: undefined as number | undefined,
    identifiers: [] as string[],
    excludedIdentifiers: [] as string[],
    units: [] as string[],
    userUnits: [] as string[],
    user: false,
    system: false,
    field: undefined as string | undefined,
    catalog: false,
    reverse: false,
    vacuumSize: 0,
    vacuumFiles: 0,
    vacuumTimeMs: 0,
    outputFields: undefined as string[] | undefined,
    pattern: undefined as string | undefined,
    caseSensitive: undefined as boolean | undefined,
    /** Words that are no options: matches. */
    matches: [] as string[],
  };
}

export interface JournalctlOptions extends ReturnType<typeof defaultOptions> {}

/** systemd's own order. */
export const abbreviable =
  'help version no-pager pager-end follow force output all full no-full lines truncate-newline@254 no-tail new-id128 quiet ' +
  'merge this-boot boot list-boots list-invocations@257 dmesg system user directory file root image image-policy@254 ' +
  'header identifier exclude-identifier@256 priority facility grep case-sensitive setup-keys interval verify verify-key ' +
  'disk-usage cursor cursor-file after-cursor show-cursor since until unit user-unit invocation@257 field fields catalog ' +
  'list-catalog dump-catalog update-catalog reverse machine utc flush relinquish-var smart-relinquish-var sync rotate ' +
  'vacuum-size vacuum-files vacuum-time no-hostname output-fields namespace list-namespaces@256 synchronize-on-exit@258';

type Row = OptionRow<JournalctlOptions>;

/** The latest one, of boots and of invocations. */
const latest = { id: undefined, offset: 0 } as const;
const currentBoot = latest;

/** What journalctl does instead of showing entries. */
const act = (action: Action): Take<JournalctlOptions> => set({ action });

const sources: readonly Row[] = [
  option('--system', 'Show the system journal', flag('system')),
  option('--user', 'Show the user journal for the current user', flag('user')),
  option('-M --machine=CONTAINER', 'Operate on local container', text('machine')),
  option('-m --merge', 'Show entries from all available journals', flag('merge')),
  option('-D --directory=PATH', 'Show journal files from directory', text('directory')),
  option('-i --file=PATH', 'Show journal file', append('files')),
  option('--root=ROOT', 'Operate on files below a root directory', text('root')),
  option('--image=IMAGE', 'Operate on files in filesystem image', text('image')),
  option('--image-policy=POLICY', 'Specify disk image dissection policy', takeImagePolicy),
  option('--namespace=NAMESPACE', 'Show journal data from specified journal namespace', text('namespace')),
];

const filters: readonly Row[] = [
  option('-S --since=DATE', 'Show entries not older than the specified date', (options, value, { context }) => {
    options.since = timeArgument(context, value);
  }),
  option('-U --until=DATE', 'Show entries not newer than the specified date', (options, value, { context }) => {
    options.until = timeArgument(context, value);
  }),
  option('-c --cursor=CURSOR', 'Show entries starting at the specified cursor', text('cursor')),
  option('--after-cursor=CURSOR', 'Show entries after the specified cursor', text('afterCursor')),
  option('--cursor-file=FILE', 'Show entries after cursor in FILE and update FILE', text('cursorFile')),
  option('-b --boot[=ID]', 'Show current boot or the specified boot', setBoot),
  option('--this-boot', undefined, set({ boot: currentBoot, allBoots: false })),
  option('-u --unit=UNIT', 'Show logs from the specified unit', append('units')),
  option('--user-unit=UNIT', 'Show logs from the specified user unit', append('userUnits')),
  option('--invocation=ID', 'Show logs from the matching invocation ID', setInvocation),
  option('-I', 'Show logs from the latest invocation of unit', set({ invocation: latest })),
  option('-t --identifier=STRING', 'Show entries with the specified syslog identifier', append('identifiers')),
  option(
    '-T --exclude-identifier=STRING',
    'Hide entries with the specified syslog identifier',
    append('excludedIdentifiers'),
  ),
  option('-p --priority=RANGE', 'Show entries within the specified priority range', setPriorities),
  option('--facility=FACILITY...', 'Show entries with the specified facilities', setFacilities),
  option('-g --grep=PATTERN', 'Show entries with MESSAGE matching PATTERN', text('pattern')),
  option('--case-sensitive[=BOOL]', 'Force case sensitive or insensitive matching', (options, value, { bare }) => {
    options.caseSensitive = bare
      ? true
      : (parseBoolean(value) ?? fail(`Bad --case-sensitive= argument "${value}": Invalid argument`));
  }),
  option('-k --dmesg', 'Show kernel message log from the current boot', (options) => {
    options.dmesg = true;
    options.impliedBoot = true;
  }),
];

const outputs: readonly Row[] = [
  option(
    '-o --output=STRING',
    'Change journal output mode (short, short-precise,\n' +
      '  short-iso, short-iso-precise, short-full,\n' +
      '  short-monotonic, short-unix, verbose, export,\n' +
      '  json, json-pretty, json-sse, json-seq, cat,\n' +
      '  with-unit)',
    setOutput,
  ),
  option('--output-fields=LIST', 'Select fields to print in verbose/export/json modes', (options, value) => {
    const fields = value.split(',').filter((field) => field !== '');
    options.outputFields = [...new Set([...(options.outputFields ?? []), ...fields])];
  }),
  option('-n --lines[=INTEGER]', 'Number of journal entries to show', setLines),
  option('--truncate-newline', 'Truncate entries by first newline character', flag('truncateNewline')),
  option('-r --reverse', 'Show the newest entries first', flag('reverse')),
  option('--show-cursor', 'Print the cursor after all the entries', flag('showCursor')),
  option('--utc', 'Express time in Coordinated Universal Time (UTC)', flag('utc')),
  option('-x --catalog', 'Add message explanations where available', flag('catalog')),
  option('-W --no-hostname', 'Suppress output of hostname field', flag('noHostname')),
  option('--no-full', 'Ellipsize fields', set({ full: false })),
  option('-l --full', undefined, flag('full')),
  option('-a --all', 'Show all fields, including long and unprintable', flag('all')),
  option('-f --follow', 'Follow the journal', flag('follow')),
  // What was logged before the end is in the journal as soon as it has come.
  option(
    '--synchronize-on-exit=BOOL',
    'Wait for journal synchronization before exiting',
    (_options, value, { context }) => {
      if (parseBoolean(value) === undefined)
        fail(context.host.voice.options.badBoolean('--synchronize-on-exit', value));
    },
  ),
  option('--no-tail', 'Show all lines, even in follow mode', flag('noTail')),
  option('-q --quiet', 'Do not show info messages and privilege warning', flag('quiet')),
];

const pagers: readonly Row[] = [
  option('--no-pager', 'Do not pipe output into a pager', flag('noPager')),
  option('-e --pager-end', 'Immediately jump to the end in the pager', (options) => {
    options.pagerEnd = true;
    options.lines ??= 1000;
    options.impliedBoot = true;
  }),
];

const seals: readonly Row[] = [
  option('--interval=TIME', 'Time interval for changing the FSS sealing key', (_options, value) => {
    if ((parseTimeSpan(value) ?? 0) <= 0) fail(`Failed to parse sealing key change interval: ${value}`);
  }),
  option('--verify-key=KEY', 'Specify FSS verification key', set({ action: 'verify', merge: false })),
  option('--force', 'Override of the FSS key pair with --setup-keys', nothing),
];

const commands: readonly Row[] = [
  option('-h --help', 'Show this help text', showHelp),
  option('--version', 'Show package version', showVersion),
  option('-N --fields', 'List all field names currently used', act('list-field-names')),
  option('-F --field=FIELD', 'List all values that a specified field takes', (options, value) => {
    options.action = 'list-fields';
    options.field = value;
  }),
  option('--list-boots', 'Show terse information about recorded boots', act('list-boots')),
  option('--list-invocations', 'Show invocation IDs of specified unit', act('list-invocations')),
  option('--list-namespaces', 'Show list of journal namespaces', act('list-namespaces')),
  option('--disk-usage', 'Show total disk usage of all journal files', act('disk-usage')),
  option('--vacuum-size=BYTES', 'Reduce disk usage below specified size', (options, value) => {
    options.vacuumSize = parseSize(value) ?? fail(`Failed to parse vacuum size: ${value}`);
    vacuum(options);
  }),
  option('--vacuum-files=INT', 'Leave only the specified number of journal files', (options, value) => {
    if (!/^\s*\+?[0-9]+$/.test(value)) fail(`Failed to parse vacuum files: ${value}`);
    options.vacuumFiles = Number(value);
    vacuum(options);
  }),
  option('--vacuum-time=TIME', 'Remove journal files older than specified time', (options, value) => {
    const span = parseTimeSpan(value) ?? fail(`Failed to parse vacuum time: ${value}`);
    options.vacuumTimeMs = Number.isFinite(span) ? span : 0;
    vacuum(options);
  }),
  option('--verify', 'Verify journal file consistency', act('verify')),
  option('--sync', 'Synchronize unwritten journal messages to disk', act('sync')),
  option('--relinquish-var', 'Stop logging to disk, log to temporary file system', act('relinquish-var')),
  option('--smart-relinquish-var', 'Similar, but NOP if log directory is on root mount', act('relinquish-var')),
  option('--flush', 'Flush all journal data from /run into /var', act('flush')),
  option('--rotate', 'Request immediate rotation of the journal files', (options) => {
    options.action = options.action === 'vacuum' ? 'rotate-and-vacuum' : 'rotate';
  }),
  option('--header', 'Show journal header information', act('header')),
  option('--list-catalog', 'Show all message IDs in the catalog', act('list-catalog')),
  option('--dump-catalog', 'Show entries in the message catalog', act('dump-catalog')),
  option('--update-catalog', 'Update the message catalog database', act('update-catalog')),
  option('--setup-keys', 'Generate a new FSS key pair', act('setup-keys')),
  option('--new-id128', undefined, act('new-id128')),
];

export const options: readonly Section<Row>[] = [
  ['Source Options', sources],
  ['Filtering Options', filters],
  ['Output Control Options', outputs],
  ['Pager Control Options', pagers],
  ['Forward Secure Sealing (FSS) Options', seals],
  ['Commands', commands],
];

/** Microseconds. */
function timeArgument(context: ProgramContext, value: string): number {
  const { local, load } = clockOf(context);
  const time = parseTimestamp(value, context.host.now(), local, load) ?? fail(`Failed to parse timestamp: ${value}`);
  return Math.round(time * 1000);
}

function setOutput(options: JournalctlOptions, value: string): void {
  if (value === 'help') showWords(outputModes);
  const mode = outputModes.find((candidate) => candidate === value) ?? fail(`Unknown output format '${value}'.`);
  options.output = mode;
  if (mode === 'export' || mode.startsWith('json') || mode === 'cat') options.quiet = true;
}

/** The number may stand apart. */
function setLines(options: JournalctlOptions, value: string, parsing: Parsing): void {
  const parse = (word: string): number | 'all' | undefined => {
    if (word === 'all') return 'all';
    const number = parseInteger(word.replace(/^\+/, ''));
    return number !== undefined && number >= 0 ? number : undefined;
  };
  const word = parsing.bare ? parsing.peek() : value;
  const lines = word === undefined ? undefined : parse(word);
  if (lines === undefined && !parsing.bare) fail(parsing.context.host.voice.journal.badLines(value));
  if (lines !== undefined && parsing.bare) parsing.skip();
  options.lines = lines ?? 10;
  options.oldest = typeof lines === 'number' && word?.startsWith('+') === true;
}

/** The descriptor may stand apart. */
function setBoot(options: JournalctlOptions, value: string, parsing: Parsing): void {
  options.boot = currentBoot;
  options.allBoots = false;
  const word = parsing.bare ? parsing.peek() : value;
  const parsed = word === undefined ? undefined : parseBootDescriptor(word);
  if (parsed === undefined) {
    if (!parsing.bare) fail(`Failed to parse boot descriptor '${value}'`);
    return;
  }
  if (parsing.bare) parsing.skip();
  options.boot = parsed === 'all' ? undefined : parsed;
  options.allBoots = parsed === 'all';
}

function setInvocation(options: JournalctlOptions, value: string): void {
  const parsed = parseBootDescriptor(value) ?? fail(`Failed to parse invocation descriptor: ${value}`);
  options.invocation = parsed === 'all' ? undefined : parsed;
}

/** `ID`, `ID±N`, `±N` or `all`; undefined where it is none of these. */
function parseBootDescriptor(text: string): { id: string | undefined; offset: number } | 'all' | undefined {
  if (text === 'all') return 'all';
  let rest = text;
  let id: string | undefined;
  if (text.length >= 32) {
    const head = text.slice(0, 32);
    if (/^[0-9a-f]{32}$/i.test(head)) {
      id = head.toLowerCase();
      rest = text.slice(32);
    }
    if (rest !== '' && !rest.startsWith('-') && !rest.startsWith('+')) return undefined;
    if (rest === '') return { id, offset: 0 };
  }
  const offset = parseInteger(rest);
  return offset === undefined ? undefined : { id, offset };
}

function vacuum(options: JournalctlOptions): void {
  options.action = options.action === 'rotate' ? 'rotate-and-vacuum' : 'vacuum';
}

function setPriorities(options: JournalctlOptions, value: string): void {
  const dots = value.indexOf('..');
  if (dots < 0) {
    options.priorities = range(0, parseLogLevel(value) ?? fail(`Unknown log level ${value}`));
    return;
  }
  const from = parseLogLevel(value.slice(0, dots));
  const to = parseLogLevel(value.slice(dots + 2));
  if (from === undefined || to === undefined) fail(`Failed to parse log level range ${value}`);
  options.priorities = range(Math.min(from, to), Math.max(from, to));
}

function range(from: number, to: number): ReadonlySet<number> {
  return new Set(Array.from({ length: to - from + 1 }, (_, index) => from + index));
}

function setFacilities(options: JournalctlOptions, value: string): void {
  for (const word of value.split(',')) {
    if (word === 'help') showFacilities(options);
    if (word === '') continue;
    const facility = parseLogFacility(word) ?? fail(`Bad --facility= argument "${word}".`);
    if (!options.facilities.includes(facility)) options.facilities.push(facility);
  }
}

function showFacilities({ quiet }: JournalctlOptions): never {
  const names = Array.from({ length: 24 }, (_, facility) => `${logFacilityName(facility)}\n`);
  return show(`${quiet ? '' : 'Available facilities:\n'}${names.join('')}`);
}

/** Whether an option says which entries are wanted. */
function isNarrowed(options: JournalctlOptions): boolean {
  const { since, until, cursor, afterCursor, cursorFile, boot, invocation, priorities, pattern } = options;
  const { units, userUnits, identifiers, excludedIdentifiers, facilities, dmesg } = options;
  return (
    dmesg ||
    [since, until, cursor, afterCursor, cursorFile, boot, invocation, priorities, pattern].some(
      (option) => option !== undefined,
    ) ||
    [units, userUnits, identifiers, excludedIdentifiers, facilities].some((list) => list.length > 0)
  );
}

/** What follows from the options together, and what does not go together. */
export function settleOptions(options: JournalctlOptions, operands: readonly string[], context: ProgramContext): void {
  options.matches = [...operands];
  if (options.noTail) options.lines = 'all';
  if (options.follow && options.since === undefined && options.lines === undefined) options.lines = 10;
  if (options.follow && !options.merge && !options.allBoots) options.impliedBoot = true;
  const places = [
    options.directory,
    options.files.length > 0 ? '' : undefined,
    options.machine,
    options.root,
    options.image,
  ];
  if (places.filter((place) => place !== undefined).length > 1)
    fail('Please specify at most one of -D/--directory=, --file=, -M/--machine=, --root=, --image=.');
  if (options.since !== undefined && options.until !== undefined && options.since > options.until)
    fail('--since= must be before --until=.');
  const { cursor, cursorFile, afterCursor, since } = options;
  const refusal = context.host.voice.journal.severalStarts;
  const starts = [since, cursor, refusal.countsFile ? cursorFile : undefined, afterCursor];
  if (starts.filter((start) => start !== undefined).length > 1) fail(refusal.text);
  if (options.follow && options.reverse) fail(context.host.voice.journal.reverseAndFollow);
  if (options.action === 'show' && options.oldest && (options.reverse || options.follow))
    fail('--lines=+N is unsupported when --reverse or --follow is specified.');
  const takesWords = ['show', 'dump-catalog', 'list-catalog'].includes(options.action);
  if (!takesWords && options.matches.length > 0) fail(`Extraneous arguments starting with '${options.matches[0]}'`);
  const listsFields = ['list-fields', 'list-field-names'].includes(options.action);
  const { narrowedFields, impliedBootIsSaid } = context.host.voice.journal;
  if (listsFields && narrowedFields !== undefined && isNarrowed(options)) fail(narrowedFields);
  if (options.impliedBoot && !options.allBoots && (impliedBootIsSaid || !options.merge)) options.boot ??= currentBoot;
  if ((options.boot !== undefined || options.action === 'list-boots') && options.merge)
    fail('Using --boot or --list-boots with --merge is not supported.');
  if (options.user && !options.system && options.units.length > 0) {
    options.userUnits.push(...options.units.splice(0));
  }
  const pattern = compilePattern(options);
  if (pattern !== undefined && 'error' in pattern) fail(pattern.error);
  // How many entries match is not known before: the newest come first, until there are enough.
  const newest = typeof options.lines === 'number' && !options.oldest;
  if (options.pattern !== undefined && newest && !options.follow) options.reverse = true;
}
