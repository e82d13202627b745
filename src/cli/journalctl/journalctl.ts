/**
 * journalctl(1): asks the manager's journal, or reads its files where there is no manager. options.ts has the options and
 * what they mean together, source.ts says where entries come from, filter.ts which of them are wanted, show.ts shows and
 * follows them at a pace that lets others live (pace.ts), boots.ts and invocations.ts know one boot of the machine and one
 * life of a unit from another. Lists and the care of the
 * files are here.
 *
 * How entries are found and printed is for src/journal/read/, how they are kept for src/journal/storage/.
 */

import { fieldIsShared, fieldNameIsValid, type JournalEntry } from '../../journal/entry/entry.ts';
import { Catalog } from '../../journal/read/catalog.ts';
import { JournalView } from '../../journal/read/view.ts';
import { dataPath } from '../../journal/storage/segment.ts';
import { SegmentReader } from '../../journal/storage/segment-reader.ts';
import { JournalStore, segmentBytes } from '../../journal/storage/store.ts';
import { query, type VerbAccess } from '../../program/access.ts';
import { styleOf } from '../../program/colors.ts';
import { CommandLine } from '../../program/command-line.ts';
import { plainFrame } from '../../program/help.ts';
import { isJsonMode, jsonText } from '../../program/json.ts';
import { callOf, endedCall, type ParsedCall, type Program, sayEnded } from '../../program/program.ts';
import { SystemError } from '../../sys/host.ts';
import { formatBytes } from '../../text/numbers.ts';
import { formatTimestamp } from '../../values/time/timestamp.ts';
import { callersZone } from '../common/clock.ts';
import type { CliContext } from '../common/context.ts';
import { listBoots } from './boots.ts';
import { buildFilter } from './filter.ts';
import { hasInvocation, listInvocations, oneUnit } from './invocations.ts';
import { abbreviable, defaultOptions, type JournalctlOptions, options, settleOptions } from './options.ts';
import { Pace } from './pace.ts';
import { findPeriod, type Period } from './periods.ts';
import { showEntries } from './show.ts';
import { type OpenSource, openSource } from './source.ts';

const commandLine = new CommandLine({
  frame: {
    ...plainFrame,
    usage: '[OPTIONS...] [MATCHES...]',
    about: 'Query the journal.',
    width: 26,
    manual: 'journalctl(1)',
    linkManual: false,
  },
  options,
  abbreviable,
  errors: 'plain',
  defaults: defaultOptions,
  settle: settleOptions,
});

export const journalctl: Program<CliContext> = { commandLine, parse };

const changing = query({ files: true, own: 'unprivileged' });
const reading = query({ files: true, own: 'unprivileged', readsJournal: 'all' });
const readingEntries = query({ files: true, own: 'unprivileged', readsJournal: 'own' });
const entryActions: ReadonlySet<string> = new Set([
  'show',
  'list-boots',
  'list-invocations',
  'list-fields',
  'list-field-names',
]);
const fileActions: ReadonlySet<string> = new Set(['header', 'disk-usage', 'list-namespaces']);

const accessOf = (action: string): VerbAccess => {
  if (entryActions.has(action)) return readingEntries;
  return fileActions.has(action) ? reading : changing;
};

function parse(context: CliContext): ParsedCall<CliContext> | number {
  const parsed = commandLine.parse(context);
  const { options } = parsed;
  const pager = options.noPager || options.follow ? undefined : options.pagerEnd ? 'end' : 'start';
  if ('status' in parsed) return parsed.status === 0 ? endedCall(parsed, pager) : sayEnded(context, parsed);
  const offline = belongsToCaller(options);
  return callOf(accessOf(options.action), context.argv, (running) => runSafely(running, options), { offline, pager });
}

/**
 * Whether a call is the caller's own business, in its own process, even where a manager lives: it reads files that the
 * caller names, or may take long in one go (a pattern, the check of all files).
 */
function belongsToCaller(options: JournalctlOptions): boolean {
  const { directory, files, root, image, machine, pattern, action } = options;
  return (
    [directory, root, image, machine, pattern].some((place) => place !== undefined) ||
    files.length > 0 ||
    action === 'verify'
  );
}

async function runSafely(context: CliContext, options: JournalctlOptions): Promise<number> {
  try {
    return await run(context, options);
  } catch (error) {
    if (error instanceof NothingToShow) {
      context.err(`${error.message}\n`);
      return error.status;
    }
    // A file that vanished between two looks, a disk that does not answer.
    if (!(error instanceof SystemError)) throw error;
    context.err(`Failed to read journal: ${error.message}\n`);
    return 1;
  }
}

async function run(context: CliContext, options: JournalctlOptions): Promise<number> {
  const immediate = withoutJournal(context, options);
  if (immediate !== undefined) return immediate;
  const source = openSource(context, options);
  if ('error' in source) {
    context.err(`${source.error}\n`);
    return 1;
  }
  const problem = await sayAccess(context, options, source);
  if (problem !== undefined) return problem;
  switch (options.action) {
    case 'header':
      return printHeaders(context, source);
    case 'verify':
      return verify(context, options, source);
    case 'disk-usage':
      context.out(`Archived and active journals take up ${formatBytes(sizeOf(source))} in the file system.\n`);
      return 0;
    case 'list-boots':
      return printBoots(context, options, source);
    case 'list-invocations':
      return printInvocations(context, options, source);
    case 'vacuum':
    case 'rotate-and-vacuum':
      return vacuum(context, options, source);
    case 'list-field-names':
      return listFieldNames(context, source);
    default:
      return showMatches(context, options, source);
  }
}

/** What needs no journal; undefined where it is needed. */
function withoutJournal(context: CliContext, options: JournalctlOptions): number | undefined {
  switch (options.action) {
    case 'new-id128':
      context.out(newId(context.host.randomBytes(16)));
      return 0;
    case 'setup-keys':
      context.err('Forward-secure sealing not available.\n');
      return 1;
    case 'list-catalog':
    case 'dump-catalog':
      return printCatalog(context, options);
    case 'update-catalog':
      // The catalog is read where it is: there is no database to bring up to date.
      return 0;
    case 'list-namespaces':
      return printNamespaces(context, options);
    case 'flush':
    case 'relinquish-var':
    case 'sync':
    case 'rotate':
      return command(context, options);
    default:
      return undefined;
  }
}

/** Asks of whoever keeps the journal. */
function command(context: CliContext, options: JournalctlOptions): number {
  const journal = context.manager?.journal;
  if (journal === undefined) {
    if (options.action === 'flush' && context.host.files.tryStat('/run/systemd/journal/flushed') !== undefined)
      return 0;
    context.err('Failed to connect to /run/systemd/journal/io.systemd.journal: No such file or directory\n');
    return 1;
  }
  if (options.action === 'flush') journal.flushToPersistent();
  else if (options.action === 'relinquish-var') journal.relinquishPersistent();
  else if (options.action === 'sync') journal.sync();
  else journal.rotate();
  return 0;
}

/** Whether there is nothing to open. systemd makes a user's own file with the first line of theirs. */
async function isEmpty(context: CliContext, source: OpenSource): Promise<boolean> {
  if (source.uid === undefined) return source.segments().length === 0 && source.journal?.stores !== true;
  const view = new JournalView(source);
  const found = await new Pace(context).step(view, 'forward');
  view.close();
  return !found;
}

/** Entries that may not be read are said; an exit status where there is nothing else. */
async function sayAccess(
  context: CliContext,
  options: JournalctlOptions,
  source: OpenSource,
): Promise<number | undefined> {
  const empty = await isEmpty(context, source);
  if (!source.denied) {
    if (empty) context.err('No journal files were found.\n');
    return undefined;
  }
  if (!options.quiet) {
    context.err(
      'Hint: You are currently not seeing messages from other users and the system.\n' +
        "      Users in groups 'adm', 'systemd-journal' can see all messages.\n" +
        '      Pass -q to turn off this notice.\n',
    );
  }
  if (!empty) return undefined;
  context.err('No journal files were opened due to insufficient permissions.\n');
  return 1;
}

/** Ends a call: why there is nothing to show. */
class NothingToShow extends Error {
  readonly status: number;
  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}

async function showMatches(context: CliContext, options: JournalctlOptions, source: OpenSource): Promise<number> {
  const bootId = await wantedBoot(context, options, source);
  const invocationId = await wantedInvocation(context, options, source, bootId);
  const built = await buildFilter(context, source, options, bootId, invocationId);
  if ('error' in built) {
    context.err(`${built.error}\n`);
    return 1;
  }
  if (options.action === 'list-fields') return listFieldValues(context, options, source);
  return showEntries(context, source, options, built.filter);
}

/** The boot that -b means; undefined for all. */
async function wantedBoot(
  context: CliContext,
  { boot, directory, files, root }: JournalctlOptions,
  source: OpenSource,
): Promise<string | undefined> {
  if (boot === undefined) return undefined;
  const persistent = source.segments().some((segment) => !segment.directory.startsWith('/run/'));
  if (boot.offset !== 0 && source.segments().length > 0 && !persistent)
    throw new NothingToShow('Specifying boot ID or boot offset has no effect, no persistent journal was found.', 0);
  const named = directory !== undefined || files.length > 0 || root !== undefined;
  if (boot.offset === 0 && boot.id === undefined && !named) return currentBoot(context, source);
  const found = findPeriod(await listBoots(source, new Pace(context)), boot.id, boot.offset)?.id;
  if (found === undefined) throw new NothingToShow(context.host.voice.journal.noSuchBoot(boot.id, boot.offset));
  return found;
}

const signed = (offset: number): string => (offset < 0 ? `${offset}` : `+${offset}`);

/** The life of a unit that --invocation and -I mean; undefined for all. */
async function wantedInvocation(
  context: CliContext,
  options: JournalctlOptions,
  source: OpenSource,
  bootId: string | undefined,
): Promise<string | undefined> {
  const { invocation } = options;
  if (invocation === undefined) return undefined;
  let found: string | undefined;
  if (invocation.id !== undefined && invocation.offset === 0) {
    if (await hasInvocation(context, source, invocation.id)) found = invocation.id;
  } else {
    const unit = await oneUnit(options, context, source, '-I/--invocation= with an offset', false);
    if ('error' in unit) throw new NothingToShow(unit.error);
    const known = await listInvocations(context, source, unit, bootId);
    found = findPeriod(known, invocation.id, invocation.offset)?.id;
  }
  if (found === undefined)
    throw new NothingToShow(
      `No journal entry found for the invocation (${invocation.id ?? ''}${signed(invocation.offset)}).`,
    );
  return found;
}

/** This boot, as whoever keeps the journal counts it: the last one that it wrote of, where it is not there to be asked. */
function currentBoot(context: CliContext, source: OpenSource): string {
  if (source.journal !== undefined) return source.journal.bootId;
  const view = new JournalView(source);
  view.seekTail();
  const found = view.previous();
  const bootId = found === true ? view.entry!.bootId : context.host.bootId;
  view.close();
  return bootId;
}

function sizeOf(source: OpenSource): number {
  return source.segments().reduce((sum, segment) => sum + segmentBytes(source.files, segment), 0);
}

// ---- lists ----------------------------------------------------------------------------------------------------------

async function printBoots(context: CliContext, options: JournalctlOptions, source: OpenSource): Promise<number> {
  const boots = await listBoots(source, new Pace(context));
  return boots.length === 0 ? 0 : printPeriods(context, options, boots, 'boot id');
}

async function printInvocations(context: CliContext, options: JournalctlOptions, source: OpenSource): Promise<number> {
  const unit = await oneUnit(options, context, source, '--list-invocations', true);
  if ('error' in unit) {
    context.err(`${unit.error}\n`);
    return 1;
  }
  const bootId = options.boot === undefined ? undefined : await wantedBoot(context, options, source);
  const found = await listInvocations(context, source, unit, bootId);
  if (found.length > 0) return printPeriods(context, options, found, 'invocation id');
  if (!options.quiet) context.err(`No invocation ID for ${unit.unit} found.\n`);
  return 1;
}

/** Namespaces are journald's; their directories are told from others by a dot. */
function printNamespaces(context: CliContext, options: JournalctlOptions): number {
  const { host } = context;
  const names = ['/var/log/journal', '/run/log/journal'].flatMap((directory) => {
    try {
      return host.files.readdir(`${options.root ?? ''}${directory}`);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return [];
    }
  });
  const own = `${host.machineId}.`;
  const namespaces = [...new Set(names.filter((name) => name.startsWith(own)).map((name) => name.slice(own.length)))];
  namespaces.sort();
  if (isJsonMode(options.output)) {
    const rows = namespaces.map((namespace) => ({ namespace }));
    context.out(jsonText(rows, options.output, styleOf(context).colors));
  } else if (namespaces.length > 0)
    context.out([...(options.quiet ? [] : ['NAMESPACE']), ...namespaces].map((line) => `${line}\n`).join(''));
  else if (!options.quiet) context.err('No namespaces found.\n');
  return 0;
}

/** Boots, or lives of a unit, as a table. */
function printPeriods(
  context: CliContext,
  options: JournalctlOptions,
  all: readonly Period[],
  name: 'boot id' | 'invocation id',
): number {
  const { lines, oldest } = options;
  const limit = typeof lines === 'number' ? lines : all.length;
  const listed = oldest ? all.slice(0, limit) : all.slice(all.length - Math.min(limit, all.length));
  const first = oldest ? 1 : 1 - listed.length;
  const rows = listed.map((period, index) => ({ index: first + index, ...period }));
  if (options.reverse) rows.reverse();
  if (isJsonMode(options.output)) {
    const list = rows.map(({ index, id, first, last }) => ({
      index,
      [name.replace(' ', '_')]: id,
      first_entry: first,
      last_entry: last,
    }));
    context.out(jsonText(list, options.output, styleOf(context).colors));
    return 0;
  }
  const zone = callersZone(context);
  const time = (usec: number): string => formatTimestamp(usec / 1000, zone) ?? 'n/a';
  const cells = rows.map(({ index, id, first, last }) => [`${index}`, id, time(first), time(last)] as const);
  const widths = [3, 32, 11, 10].map((width, column) => Math.max(width, ...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    `${row[0]!.padStart(widths[0]!)} ${row[1]!.padEnd(widths[1]!)} ${row[2]!.padEnd(widths[2]!)} ${row[3]!}\n`;
  if (!options.quiet) context.out(line(['IDX', name.toUpperCase(), 'FIRST ENTRY', 'LAST ENTRY']));
  for (const row of cells) context.out(line(row));
  return 0;
}

/** Every entry of a source, in portions. */
async function eachEntry(
  context: CliContext,
  view: JournalView,
  visit: (entry: JournalEntry) => boolean,
): Promise<void> {
  const pace = new Pace(context);
  while (await pace.step(view, 'forward')) {
    if (!visit(view.entry!) || pace.over) break;
    if (pace.due) await pace.rest();
  }
  view.close();
}

async function listFieldNames(context: CliContext, source: OpenSource): Promise<number> {
  const names = new Set<string>();
  for await (const fields of new Pace(context).contexts(source)) for (const [name] of fields) names.add(name);
  await eachEntry(context, new JournalView(source), (entry) => {
    for (const [name] of entry.own) names.add(name);
    return true;
  });
  context.out([...names].map((name) => `${name}\n`).join(''));
  return 0;
}

async function listFieldValues(context: CliContext, options: JournalctlOptions, source: OpenSource): Promise<number> {
  const field = options.field!;
  if (!fieldNameIsValid(field, true)) {
    context.err('Failed to query unique data objects: Invalid argument\n');
    return 1;
  }
  const limit = typeof options.lines === 'number' ? options.lines : Number.POSITIVE_INFINITY;
  const values = new Set<string>();
  // As in journalctl, matches do not narrow down the values that a field takes.
  if (fieldIsShared(field)) {
    for await (const fields of new Pace(context).contexts(source)) {
      for (const [name, value] of fields) if (name === field) values.add(value.toString('utf8'));
    }
  } else {
    await eachEntry(context, new JournalView(source), (entry) => {
      for (const [name, value] of entry.own) if (name === field) values.add(value.toString('utf8'));
      return values.size < limit;
    });
  }
  context.out(
    [...values]
      .slice(0, limit)
      .map((value) => `${value}\n`)
      .join(''),
  );
  return 0;
}

function printCatalog(context: CliContext, options: JournalctlOptions): number {
  const catalog = new Catalog(context.host.files, options.root ?? '');
  const wanted = options.matches.map((word) => word.replaceAll('-', '').toLowerCase());
  const bad = options.matches.find((_, index) => !/^[0-9a-f]{32}$/.test(wanted[index]!));
  if (bad !== undefined) {
    context.err(`Failed to parse id128 '${bad}': Invalid argument\nFailed to list catalog: Invalid argument\n`);
    return 1;
  }
  const entries = wanted.length === 0 ? catalog.all() : catalog.all().filter(([id]) => wanted.includes(id));
  const oneLine = options.action === 'list-catalog';
  for (const [id, text] of entries) {
    const subject = /^Subject: (.*)$/m.exec(text)?.[1] ?? '';
    const origin = /^Defined-By: (.*)$/m.exec(text)?.[1] ?? '';
    context.out(oneLine ? `${id} ${origin}: ${subject}\n` : `-- ${id}\n${text}\n`);
  }
  const missing = wanted.filter((id) => catalog.text(id) === undefined);
  for (const id of missing) context.err(`Failed to retrieve catalog entry for '${id}': No such file or directory\n`);
  return missing.length > 0 ? 1 : 0;
}

function newId(bytes: Buffer): string {
  // A random UUID of version 4.
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const macro = hex.match(/../g)!.join(',');
  return `As string:\n${hex}\n\nAs UUID:\n${uuid}\n\nAs systemd-id128(1) macro:\n#define XYZ SD_ID128_MAKE(${macro})\n\nAs Python constant:\n>>> import uuid\n>>> XYZ = uuid.UUID('${hex}')\n`;
}

// ---- care of the files ----------------------------------------------------------------------------------------------

function vacuum(context: CliContext, options: JournalctlOptions, source: OpenSource): number {
  const { journal } = source;
  if (options.action === 'rotate-and-vacuum') {
    const status = command(context, { ...options, action: 'rotate' });
    if (status !== 0) return status;
  }
  const { host } = context;
  const bounds = {
    bytes: options.vacuumSize,
    files: options.vacuumFiles,
    olderThanUsec: options.vacuumTimeMs > 0 ? Math.round((host.now() - options.vacuumTimeMs) * 1000) : 0,
  };
  const said = (freed: number, directory: string): void => {
    if (options.quiet) return;
    context.err(`Vacuuming done, freed ${formatBytes(freed)} of archived journals from ${directory}.\n`);
  };
  for (const directory of source.directories) {
    // The directory of all machines is looked at, too; it has no files of its own.
    const base = directory.replace(/\/[^/]+$/, '');
    if (base.endsWith('/log/journal') && host.files.tryStat(base) !== undefined) said(0, base);
    const removed =
      journal !== undefined && journal.directory === directory
        ? journal.vacuum(bounds)
        : vacuumDirectory(context, directory, bounds);
    if (removed === undefined) continue;
    let freed = 0;
    for (const { segment, bytes } of removed) {
      freed += bytes;
      if (!options.quiet) context.err(`Deleted archived journal ${dataPath(segment)} (${formatBytes(bytes)}).\n`);
    }
    said(freed, directory);
  }
  return 0;
}

/** For a directory that nobody writes to; undefined where there is none. */
function vacuumDirectory(
  context: CliContext,
  directory: string,
  bounds: { bytes: number; files: number; olderThanUsec: number },
): ReturnType<JournalStore['vacuum']> | undefined {
  const { host } = context;
  if (host.files.tryStat(directory) === undefined) return undefined;
  const removed: ReturnType<JournalStore['vacuum']> = [];
  for (const prefix of ['system', 'user']) {
    const store = new JournalStore({
      files: host.files,
      directory,
      prefix,
      machineId: host.machineId ?? '',
      newSeqnumId: () => host.randomBytes(16).toString('hex'),
      limits: { maxUse: undefined, keepFree: undefined, maxFileSize: undefined, maxFiles: 100 },
      maxFileMs: 0,
      maxRetentionMs: 0,
      mode: 0o640,
    });
    removed.push(...store.vacuum(bounds));
    store.close();
  }
  return removed;
}

function verify(context: CliContext, options: JournalctlOptions, source: OpenSource): number {
  let status = 0;
  for (const segment of source.segments()) {
    let sound = false;
    try {
      const reader = new SegmentReader(source.files, segment);
      sound = reader.verify();
      reader.close();
    } catch {
      // Said below.
    }
    if (sound) {
      if (!options.quiet) context.err(`PASS: ${dataPath(segment)}\n`);
    } else {
      context.err(`FAIL: ${dataPath(segment)} (Bad message)\n`);
      status = 1;
    }
  }
  return status;
}

function printHeaders(context: CliContext, source: OpenSource): number {
  const zone = callersZone(context);
  const time = (usec: number): string => `${formatTimestamp(usec / 1000, zone) ?? 'n/a'} (${usec.toString(16)})`;
  const texts: string[] = [];
  for (const segment of source.segments()) {
    const reader = new SegmentReader(source.files, segment);
    const { count, entries } = reader.rows;
    const tail = segment.head + Math.max(entries - 1, 0);
    texts.push(
      [
        `File path: ${dataPath(segment)}`,
        `Sequential number ID: ${segment.seqnumId}`,
        `State: ${reader.complete ? 'ARCHIVED' : 'ONLINE'}`,
        `Head sequential number: ${segment.head} (${segment.head.toString(16)})`,
        `Tail sequential number: ${tail} (${tail.toString(16)})`,
        `Head realtime timestamp: ${time(segment.realtimeUsec)}`,
        `Tail realtime timestamp: ${time(reader.lastRealtimeUsec)}`,
        `Objects: ${count}`,
        `Entry objects: ${entries}`,
        `Data objects: ${reader.contextCount}`,
        `Disk usage: ${formatBytes(segmentBytes(source.files, segment))}`,
        '',
      ].join('\n'),
    );
    reader.close();
  }
  context.out(texts.join('\n'));
  return 0;
}
