/** The command line of journalctl(1). */
import { type OutputMode, outputModes } from '../../journal/read/format.ts';
import { type ArgumentKind, type LongOption, OptionReader, type OptionSet } from '../../program/getopt.ts';
import { parseBoolean, parseInteger, parseSize } from '../../text/numbers.ts';
import { logFacilityName, parseLogFacility, parseLogLevel } from '../../values/syslog.ts';
import { parseTimeSpan } from '../../values/time/time-span.ts';

export type Action =
  | 'show'
  | 'help'
  | 'version'
  | 'output-help'
  | 'facility-help'
  | 'new-id128'
  | 'header'
  | 'setup-keys'
  | 'verify'
  | 'disk-usage'
  | 'list-catalog'
  | 'dump-catalog'
  | 'update-catalog'
  | 'list-boots'
  | 'flush'
  | 'relinquish-var'
  | 'sync'
  | 'rotate'
  | 'vacuum'
  | 'rotate-and-vacuum'
  | 'list-fields'
  | 'list-field-names';

export interface JournalctlOptions {
  action: Action;
  output: OutputMode;
  utc: boolean;
  follow: boolean;
  full: boolean;
  all: boolean;
  noPager: boolean;
  pagerEnd: boolean;
  /** undefined: as many as there are, or what follows from other options; 'all': said so. */
  lines: number | 'all' | undefined;
  noTail: boolean;
  quiet: boolean;
  merge: boolean;
  /** undefined: all boots. */
  boot: { id: string | undefined; offset: number } | undefined;
  dmesg: boolean;
  noHostname: boolean;
  cursor: string | undefined;
  cursorFile: string | undefined;
  afterCursor: string | undefined;
  showCursor: boolean;
  directory: string | undefined;
  files: string[];
  root: string | undefined;
  image: string | undefined;
  machine: string | undefined;
  namespace: string | undefined;
  /** Levels that are shown; undefined for all. */
  priorities: ReadonlySet<number> | undefined;
  facilities: number[];
  /** Microseconds. */
  since: number | undefined;
  until: number | undefined;
  identifiers: string[];
  units: string[];
  userUnits: string[];
  user: boolean;
  system: boolean;
  field: string | undefined;
  catalog: boolean;
  reverse: boolean;
  vacuumSize: number;
  vacuumFiles: number;
  vacuumTimeMs: number;
  outputFields: string[] | undefined;
  pattern: string | undefined;
  caseSensitive: boolean | undefined;
  /** Words that are no options: matches. */
  matches: string[];
}

const none = (name: string, id = name): LongOption<string> => ({ name, argument: 'none', id });
const needs = (name: string, id = name): LongOption<string> => ({ name, argument: 'required', id });
const may = (name: string, id = name): LongOption<string> => ({ name, argument: 'optional', id });

const longOptions: readonly LongOption<string>[] = [
  none('help', 'h'),
  none('version'),
  none('no-pager'),
  none('pager-end', 'e'),
  none('follow', 'f'),
  none('force'),
  needs('output', 'o'),
  none('all', 'a'),
  none('full', 'l'),
  none('no-full'),
  may('lines', 'n'),
  none('no-tail'),
  none('new-id128'),
  none('quiet', 'q'),
  none('merge', 'm'),
  none('this-boot'),
  may('boot', 'b'),
  none('list-boots'),
  none('dmesg', 'k'),
  none('system'),
  none('user'),
  needs('directory', 'D'),
  needs('file'),
  needs('root'),
  needs('image'),
  none('header'),
  needs('identifier', 't'),
  needs('priority', 'p'),
  needs('facility'),
  needs('grep', 'g'),
  may('case-sensitive'),
  none('setup-keys'),
  needs('interval'),
  none('verify'),
  needs('verify-key'),
  none('disk-usage'),
  needs('cursor', 'c'),
  needs('cursor-file'),
  needs('after-cursor'),
  none('show-cursor'),
  needs('since', 'S'),
  needs('until', 'U'),
  needs('unit', 'u'),
  needs('user-unit'),
  needs('field', 'F'),
  none('fields', 'N'),
  none('catalog', 'x'),
  none('list-catalog'),
  none('dump-catalog'),
  none('update-catalog'),
  none('reverse', 'r'),
  needs('machine', 'M'),
  none('utc'),
  none('flush'),
  none('relinquish-var'),
  none('smart-relinquish-var'),
  none('sync'),
  none('rotate'),
  needs('vacuum-size'),
  needs('vacuum-files'),
  needs('vacuum-time'),
  none('no-hostname'),
  needs('output-fields'),
  needs('namespace'),
];

/** getopt's string: letters, `:` behind those that need a value, `::` behind those that may have one. */
function shortOptions(text: string): OptionSet<string>['short'] {
  const kinds: Readonly<Record<string, ArgumentKind>> = { '': 'none', ':': 'required', '::': 'optional' };
  return Object.fromEntries(
    [...text.matchAll(/(\w)(:*)/g)].map(([, letter, colons]) => [letter!, { argument: kinds[colons!]!, id: letter! }]),
  );
}

const optionSet: OptionSet<string> = {
  long: longOptions,
  short: shortOptions('hefo:aln::qmb::kD:p:g:c:S:U:t:u:NF:xrM:'),
};

function defaults(): JournalctlOptions {
  return {
    action: 'show',
    output: 'short',
    utc: false,
    follow: false,
    full: true,
    all: false,
    noPager: false,
    pagerEnd: false,
    lines: undefined,
    noTail: false,
    quiet: false,
    merge: false,
    boot: undefined,
    dmesg: false,
    noHostname: false,
    cursor: undefined,
    cursorFile: undefined,
    afterCursor: undefined,
    showCursor: false,
    directory: undefined,
    files: [],
    root: undefined,
    image: undefined,
    machine: undefined,
    namespace: undefined,
    priorities: undefined,
    facilities: [],
    since: undefined,
    until: undefined,
    identifiers: [],
    units: [],
    userUnits: [],
    user: false,
    system: false,
    field: undefined,
    catalog: false,
    reverse: false,
    vacuumSize: 0,
    vacuumFiles: 0,
    vacuumTimeMs: 0,
    outputFields: undefined,
    pattern: undefined,
    caseSensitive: undefined,
    matches: [],
  };
}

/** Parses a time of the command line to microseconds. */
export type TimeParser = (text: string) => number | undefined;

/** The options, or what is wrong with them as journalctl says it. */
export function parseOptions(
  program: string,
  args: readonly string[],
  parseTime: TimeParser,
): { options: JournalctlOptions } | { error: string } {
  const options = defaults();
  const reader = new OptionReader(program, optionSet, args);
  for (let item = reader.next(); item !== undefined; item = reader.next()) {
    if ('error' in item) return item;
    const outcome = apply(options, item.id, item.value, reader, parseTime);
    if (typeof outcome === 'string') return { error: outcome };
    if (outcome === stop) return { options };
  }
  options.matches = reader.operands;
  return finish(options);
}

/** A result that ends parsing at once (--help and its like). */
const stop = 0;

function apply(
  options: JournalctlOptions,
  option: string,
  value: string | undefined,
  reader: OptionReader<string>,
  parseTime: TimeParser,
): string | number | undefined {
  const text = value ?? '';
  switch (option) {
    case 'h':
      options.action = 'help';
      return stop;
    case 'version':
      options.action = 'version';
      return stop;
    case 'no-pager':
      options.noPager = true;
      return undefined;
    case 'e':
      options.pagerEnd = true;
      options.lines ??= 1000;
      options.boot ??= { id: undefined, offset: 0 };
      return undefined;
    case 'f':
      options.follow = true;
      return undefined;
    case 'o':
      return setOutput(options, text);
    case 'a':
      options.all = true;
      return undefined;
    case 'l':
      options.full = true;
      return undefined;
    case 'no-full':
      options.full = false;
      return undefined;
    case 'n':
      return setLines(options, value, reader);
    case 'no-tail':
      options.noTail = true;
      return undefined;
    case 'q':
      options.quiet = true;
      return undefined;
    case 'm':
      options.merge = true;
      return undefined;
    case 'this-boot':
      options.boot = { id: undefined, offset: 0 };
      return undefined;
    case 'b':
      return setBoot(options, value, reader);
    case 'k':
      options.dmesg = true;
      options.boot ??= { id: undefined, offset: 0 };
      return undefined;
    case 'system':
      options.system = true;
      return undefined;
    case 'user':
      options.user = true;
      return undefined;
    case 'new-id128':
    case 'list-boots':
    case 'header':
    case 'setup-keys':
    case 'verify':
    case 'disk-usage':
    case 'list-catalog':
    case 'dump-catalog':
    case 'update-catalog':
    case 'flush':
    case 'relinquish-var':
    case 'sync':
      options.action = option;
      return undefined;
    case 'smart-relinquish-var':
      options.action = 'relinquish-var';
      return undefined;
    case 'verify-key':
      options.action = 'verify';
      options.merge = false;
      return undefined;
    case 'force':
    case 'interval':
      return undefined;
    case 'rotate':
      options.action = options.action === 'vacuum' ? 'rotate-and-vacuum' : 'rotate';
      return undefined;
    case 'vacuum-size':
    case 'vacuum-files':
    case 'vacuum-time':
      return setVacuum(options, option, text);
    case 'D':
      options.directory = text;
      return undefined;
    case 'file':
      options.files.push(text);
      return undefined;
    case 'root':
      options.root = text;
      return undefined;
    case 'image':
      options.image = text;
      return undefined;
    case 'M':
      options.machine = text;
      return undefined;
    case 'namespace':
      options.namespace = text;
      return undefined;
    case 'c':
      options.cursor = text;
      return undefined;
    case 'cursor-file':
      options.cursorFile = text;
      return undefined;
    case 'after-cursor':
      options.afterCursor = text;
      return undefined;
    case 'show-cursor':
      options.showCursor = true;
      return undefined;
    case 't':
      options.identifiers.push(text);
      return undefined;
    case 'u':
      options.units.push(text);
      return undefined;
    case 'user-unit':
      options.userUnits.push(text);
      return undefined;
    case 'p':
      return setPriorities(options, text);
    case 'facility':
      return setFacilities(options, text);
    case 'g':
      options.pattern = text;
      return undefined;
    case 'case-sensitive':
      options.caseSensitive = value === undefined ? true : parseBoolean(value);
      return options.caseSensitive === undefined
        ? `Bad --case-sensitive= argument "${text}": Invalid argument`
        : undefined;
    case 'S':
      options.since = parseTime(text);
      return options.since === undefined ? `Failed to parse timestamp: ${text}` : undefined;
    case 'U':
      options.until = parseTime(text);
      return options.until === undefined ? `Failed to parse timestamp: ${text}` : undefined;
    case 'F':
      options.action = 'list-fields';
      options.field = text;
      return undefined;
    case 'N':
      options.action = 'list-field-names';
      return undefined;
    case 'x':
      options.catalog = true;
      return undefined;
    case 'r':
      options.reverse = true;
      return undefined;
    case 'utc':
      options.utc = true;
      return undefined;
    case 'no-hostname':
      options.noHostname = true;
      return undefined;
    case 'output-fields':
      options.outputFields = [
        ...new Set([...(options.outputFields ?? []), ...text.split(',').filter((f) => f !== '')]),
      ];
      return undefined;
    default:
      return undefined;
  }
}

function setOutput(options: JournalctlOptions, text: string): string | number | undefined {
  if (text === 'help') {
    options.action = 'output-help';
    return stop;
  }
  const mode = outputModes.find((candidate) => candidate === text);
  if (mode === undefined) return `Unknown output format '${text}'.`;
  options.output = mode;
  if (mode === 'export' || mode.startsWith('json') || mode === 'cat') options.quiet = true;
  return undefined;
}

function setLines(
  options: JournalctlOptions,
  value: string | undefined,
  reader: OptionReader<string>,
): string | undefined {
  const parse = (text: string): number | 'all' | undefined => {
    if (text === 'all') return 'all';
    const number = parseInteger(text);
    return number !== undefined && number >= 0 ? number : undefined;
  };
  if (value !== undefined) {
    const lines = parse(value);
    if (lines === undefined) return `Failed to parse lines '${value}'`;
    options.lines = lines;
    return undefined;
  }
  const word = reader.peek();
  const lines = word === undefined ? undefined : parse(word);
  if (lines !== undefined) reader.take();
  options.lines = lines ?? 10;
  return undefined;
}

/** `ID`, `ID±N`, `±N` or `all`; undefined where it is none of these. */
export function parseBootDescriptor(text: string): { id: string | undefined; offset: number } | 'all' | undefined {
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

function setBoot(
  options: JournalctlOptions,
  value: string | undefined,
  reader: OptionReader<string>,
): string | undefined {
  options.boot = { id: undefined, offset: 0 };
  const text = value ?? reader.peek();
  const parsed = text === undefined ? undefined : parseBootDescriptor(text);
  if (value !== undefined && parsed === undefined) return `Failed to parse boot descriptor '${value}'`;
  if (parsed === undefined) return undefined;
  if (value === undefined) reader.take();
  options.boot = parsed === 'all' ? undefined : parsed;
  return undefined;
}

function setVacuum(options: JournalctlOptions, option: string, text: string): string | undefined {
  if (option === 'vacuum-size') {
    const size = parseSize(text);
    if (size === undefined) return `Failed to parse vacuum size: ${text}`;
    options.vacuumSize = size;
  } else if (option === 'vacuum-files') {
    const count = /^\s*\+?[0-9]+$/.test(text) ? Number(text) : undefined;
    if (count === undefined) return `Failed to parse vacuum files: ${text}`;
    options.vacuumFiles = count;
  } else {
    const span = parseTimeSpan(text);
    if (span === undefined) return `Failed to parse vacuum time: ${text}`;
    options.vacuumTimeMs = Number.isFinite(span) ? span : 0;
  }
  options.action = options.action === 'rotate' ? 'rotate-and-vacuum' : 'vacuum';
  return undefined;
}

function setPriorities(options: JournalctlOptions, text: string): string | undefined {
  const dots = text.indexOf('..');
  if (dots >= 0) {
    const from = parseLogLevel(text.slice(0, dots));
    const to = parseLogLevel(text.slice(dots + 2));
    if (from === undefined || to === undefined) return `Failed to parse log level range ${text}`;
    options.priorities = range(Math.min(from, to), Math.max(from, to));
    return undefined;
  }
  const level = parseLogLevel(text);
  if (level === undefined) return `Unknown log level ${text}`;
  options.priorities = range(0, level);
  return undefined;
}

function range(from: number, to: number): ReadonlySet<number> {
  return new Set(Array.from({ length: to - from + 1 }, (_, index) => from + index));
}

function setFacilities(options: JournalctlOptions, text: string): string | number | undefined {
  for (const word of text.split(',')) {
    if (word === 'help') {
      options.action = 'facility-help';
      return stop;
    }
    if (word === '') continue;
    const facility = parseLogFacility(word);
    if (facility === undefined) return `Bad --facility= argument "${word}".`;
    if (!options.facilities.includes(facility)) options.facilities.push(facility);
  }
  return undefined;
}

export function facilityNames(): string[] {
  return Array.from({ length: 24 }, (_, facility) => logFacilityName(facility));
}

/** What follows from the options together, and what does not go together. */
function finish(options: JournalctlOptions): { options: JournalctlOptions } | { error: string } {
  if (options.noTail) options.lines = 'all';
  if (options.follow && options.since === undefined && options.lines === undefined) options.lines = 10;
  if (options.follow && !options.merge && options.boot === undefined) options.boot = { id: undefined, offset: 0 };
  const places = [
    options.directory,
    options.files.length > 0 ? '' : undefined,
    options.machine,
    options.root,
    options.image,
  ];
  const error = ((): string | undefined => {
    if (places.filter((place) => place !== undefined).length > 1)
      return 'Please specify at most one of -D/--directory=, --file=, -M/--machine=, --root=, --image=.';
    if (options.since !== undefined && options.until !== undefined && options.since > options.until)
      return '--since= must be before --until=.';
    const starts = [options.cursor, options.afterCursor, options.since].filter((start) => start !== undefined);
    if (starts.length > 1) return 'Please specify only one of --since=, --cursor=, and --after-cursor=.';
    if (options.follow && options.reverse) return 'Please specify either --reverse= or --follow=, not both.';
    const takesWords = ['show', 'dump-catalog', 'list-catalog'].includes(options.action);
    if (!takesWords && options.matches.length > 0) return `Extraneous arguments starting with '${options.matches[0]}'`;
    if ((options.boot !== undefined || options.action === 'list-boots') && options.merge)
      return 'Using --boot or --list-boots with --merge is not supported.';
    return undefined;
  })();
  if (error !== undefined) return { error };
  if (options.user && !options.system && options.units.length > 0) {
    options.userUnits.push(...options.units.splice(0));
  }
  // How many entries match is not known before: the newest come first, until there are enough.
  if (options.pattern !== undefined && typeof options.lines === 'number' && !options.follow) options.reverse = true;
  return { options };
}
