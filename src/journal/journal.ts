/**
 * The journal, inside the manager: what services write to their streams, to /dev/log and to journald's native socket,
 * and what the manager itself has to say, goes into one store that can be asked at any time.
 *
 * Nothing here throws into an event callback. Appends collect in memory and are written once a turn of the event loop.
 * A service that writes faster than that is read in portions, its own socket holds it back, and no line is lost; where
 * lines are lost (a full disk, old segments that made room, a limit that was set) the journal says how many.
 */
import type { DatagramSocket, Host, PeerCredentials, StreamConnection, StreamListener, Timer } from '../sys/host.ts';
import { SystemError } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import { formatBytes } from '../text/numbers.ts';
import { unitNameIsValid } from '../unitfile/language/unit-name.ts';
import { type ConsoleMode, consoleLine } from './console.ts';
import { type Field, type JournalEntry, SharedFields, valueBytes, valueText } from './entry/entry.ts';
import { messageIds } from './read/catalog.ts';
import { JournalFilter, unitFilter } from './read/match.ts';
import { type JournalSource, JournalView, ReaderPool } from './read/view.ts';
import { parseNative } from './receive/native.ts';
import { type RateLimit, RateLimiter } from './receive/rate-limit.ts';
import {
  type ProcessIdentity,
  processFields,
  type Sender,
  Senders,
  type SenderUnit,
  unitFields,
} from './receive/senders.ts';
import { type LineBreak, LineSplitter, parseStreamHeader, priorityFields } from './receive/stream.ts';
import { parseSyslog } from './receive/syslog.ts';
import { type JournalConfig, readJournalConfig, type SpaceLimits } from './storage/config.ts';
import { MemoryFiles, memoryLimit } from './storage/memory-files.ts';
import type { SegmentFile } from './storage/segment.ts';
import { JournalStore, listSegments, type Removed, type StoreNotice, splitFields } from './storage/store.ts';

export interface JournalOptions {
  scope?: 'system' | 'user';
  /** Where entries are kept: over reboots, and until the next one. Defaults are journald's own places. */
  directories?: { persistent: string; runtime: string };
  config?: JournalConfig;
  /** What counts as this boot; a container's own life rather than the machine's. Default: the host's boot id. */
  bootId?: string;
  /** What of the journal goes to the manager's console, which is what `docker logs` shows. Default 'status'. */
  console?: ConsoleMode;
  /** Which unit a process belongs to; asked for senders of datagrams. */
  unitOfPid?: (pid: number) => SenderUnit | undefined;
}

/** One message of the manager's own. */
export interface LogMessage {
  message: string;
  priority: LogLevel;
  /** The unit that it is about: `journalctl -u` shows it there. */
  unit?: string;
  /** One of `messageIds`. */
  messageId?: string;
  /** SYSLOG_IDENTIFIER; default 'systemd'. */
  identifier?: string;
  /** A child of the manager that says it, before it has become the unit's program; default the manager itself. */
  process?: { pid: number; comm: string };
  fields?: Readonly<Record<string, string>>;
}

export interface StreamOptions extends SenderUnit {
  /** SyslogIdentifier=, or the name of the program. */
  identifier: string;
  /** SyslogLevel=, 0 to 7; default 6 (info). */
  level?: number;
  /** SyslogFacility=, unshifted; default 3 (daemon). */
  facility?: number;
  /** SyslogLevelPrefix=; default true. */
  levelPrefix?: boolean;
  /** The process, where it is known already; else `setProcess` tells. */
  process?: ProcessIdentity;
  /** LogRateLimitIntervalSec= and LogRateLimitBurst=; default journald.conf's, which is none. */
  rateLimit?: RateLimit;
  /** LogLevelMax=; default 7. */
  maxLevel?: number;
  /** LogExtraFields= */
  extraFields?: readonly Field[];
  /** journal+console: lines go to the console, too. */
  forwardToConsole?: boolean;
}

/** `fd` goes to the child and is the caller's to close; dev and ino are for JOURNAL_STREAM. */
export interface OpenedStream {
  fd: number;
  dev: number;
  ino: number;
  /** Who writes to it, once it was spawned. */
  setProcess(process: ProcessIdentity): void;
}

/** Bytes of one stream, and of all together in a turn of the event loop, after which they are held back. */
const streamTurnBytes = 256 * 1024;
const turnBytes = 1024 * 1024;
/**
 * How long they are held back: as long as the turn took, milliseconds within these. A flood then has no more than about
 * half of a processor; what else runs, and who asks the manager, need not wait for it.
 */
const restMs = { least: 1, most: 20 };
/**
 * Where somebody has asked the manager within `freshMs`, they are held back so long at the least: those who write, on full
 * processors, are what a caller's own process waits for.
 */
const askedRest = { leastMs: 10, freshMs: 1000 };
/** Entries that one who follows is told of in a turn. */
const entriesPerTurn = 1000;
/** Facts about the process behind a stream are looked up again after so long, milliseconds. */
const processFreshMs = 5000;
/** As many streams as journald accepts at its socket. */
const clientStreamLimit = 4096;
const fileEntryLimit = 32 * 1024 * 1024;
const socketDirectory = '/run/systemd/journal';
const sharedCacheLimit = 1024;
const ownUnit = { unit: 'init.scope', slice: '-.slice', cgroup: '/init.scope' };

/** Clocks are not read at the same moment. */
const clockSlackUsec = 1_000_000;

export class Journal implements JournalSource {
  readonly host: Host;
  readonly config: JournalConfig;
  readonly bootId: string;
  readonly scope: 'system' | 'user';
  readonly readers = new ReaderPool(() => this.files);
  readonly #directories: { persistent: string; runtime: string };
  readonly #base: readonly Field[];
  #store: JournalStore | undefined;
  #persistent = false;
  /** Segments of the directory that is not written to. */
  #others: SegmentFile[] = [];
  #merged:
    | { of: readonly SegmentFile[]; length: number; last: SegmentFile | undefined; list: SegmentFile[] }
    | undefined;
  readonly #senders: Senders;
  readonly #limiter: RateLimiter;
  readonly #managerShared = new Map<string, SharedFields>();
  readonly #driverShared = new Map<string, SharedFields>();
  readonly #streams = new Map<string, Set<ServiceStream>>();
  readonly #clientStreams = new Set<ServiceStream>();
  #waiting = new Set<ServiceStream>();
  #turnBytes = 0;
  #turnBeginMs = 0;
  #askedMs = Number.NEGATIVE_INFINITY;
  #turnPlanned = false;
  #pulled = false;
  readonly #listeners = new Set<() => void>();
  #changed = false;
  #console: ConsoleMode;
  #listening = false;
  #sockets: (DatagramSocket | StreamListener)[] = [];
  #syslog: { present: boolean; checkedMs: number; missed: number; timer: Timer | undefined } = {
    present: false,
    checkedMs: Number.NEGATIVE_INFINITY,
    missed: 0,
    timer: undefined,
  };

  /** Opens the store; where no directory can be used it lives in memory. Does not throw. */
  constructor(host: Host, options: JournalOptions = {}) {
    this.host = host;
    this.scope = options.scope ?? 'system';
    this.bootId = options.bootId ?? host.bootId;
    this.#console = options.console ?? 'status';
    const warnings: string[] = [];
    this.config = options.config ?? readJournalConfig(host.files, (message) => warnings.push(message));
    this.#directories = options.directories ?? defaultDirectories(host, this.scope);
    this.#base = [
      ['_BOOT_ID', this.bootId],
      ['_MACHINE_ID', host.machineId ?? zeroId],
      ['_HOSTNAME', host.hostname],
      ['_RUNTIME_SCOPE', 'system'],
    ];
    this.#senders = new Senders(host, this.scope === 'user');
    if (options.unitOfPid !== undefined) this.#senders.unitOfPid = options.unitOfPid;
    this.#limiter = new RateLimiter(host, (unit, count) =>
      this.#driver(6, `Suppressed ${count} messages from ${unit}`, messageIds.journalDropped, [
        ['N_DROPPED', `${count}`],
        ['UNIT', unit],
      ]),
    );
    if (this.config.storage !== 'none') this.#open();
    else this.#others = this.directories().flatMap((directory) => listSegments(host.files, directory));
    for (const warning of warnings) this.#driver(4, warning);
  }

  /** How the journal learns which unit a sender belongs to. */
  set unitOfPid(callback: (pid: number) => SenderUnit | undefined) {
    this.#senders.unitOfPid = callback;
  }

  /** Where a unit stands in the tree of slices: fields of what its processes log. Asked now and then, not for every line. */
  placeOfUnit: (unit: string) => Pick<SenderUnit, 'slice' | 'cgroup'> = () => ({});

  set console(mode: ConsoleMode) {
    this.#console = mode;
  }

  // ---- where it is kept -------------------------------------------------------------------------------------------

  /** Storage= of journald.conf(5). */
  get #wantsPersistent(): boolean {
    const { storage } = this.config;
    if (storage === 'persistent') return true;
    const parent = this.#directories.persistent.replace(/\/[^/]+$/, '');
    return storage === 'auto' && this.host.files.tryStat(parent)?.type === 'directory';
  }

  #open(): void {
    const { persistent, runtime } = this.#directories;
    if (this.#wantsPersistent && this.#use(persistent, this.config.system)) {
      this.#persistent = true;
      this.#others = listSegments(this.host.files, runtime);
      return;
    }
    this.#persistent = false;
    if (this.#use(runtime, this.config.runtime)) {
      this.#others = listSegments(this.host.files, persistent);
      return;
    }
    const limits = { maxUse: memoryLimit, keepFree: 0, maxFileSize: memoryLimit / 4, maxFiles: 100 };
    this.#store = this.#storeAt('/memory', limits, new MemoryFiles());
  }

  #use(directory: string, limits: SpaceLimits): boolean {
    try {
      this.#store = this.#storeAt(directory, limits, this.host.files);
      return this.host.files.access(directory, 'write');
    } catch {
      return false;
    }
  }

  #storeAt(directory: string, limits: SpaceLimits, files: JournalSource['files']): JournalStore {
    const store = new JournalStore({
      files,
      directory,
      prefix: this.scope,
      machineId: this.host.machineId ?? zeroId,
      newSeqnumId: () => this.host.randomBytes(16).toString('hex'),
      limits,
      maxFileMs: this.config.maxFileMs,
      maxRetentionMs: this.config.maxRetentionMs,
      mode: 0o640,
    });
    store.onNotice = (notice) => this.#notice(notice);
    return store;
  }

  /** Something of the store's own that a reader has to know. */
  #notice(notice: StoreNotice): void {
    this.readers.clear();
    if (notice.kind === 'lost') {
      this.#driver(
        4,
        `${notice.entries} messages were lost: the journal could not be written (${notice.reason}).`,
        messageIds.journalMissed,
        [['N_DROPPED', `${notice.entries}`]],
      );
      return;
    }
    const limit = /^\d+$/.test(notice.limit) ? `limit of ${formatBytes(Number(notice.limit))}` : notice.limit;
    this.#driver(
      6,
      `Deleted the ${notice.entries} oldest messages (${formatBytes(notice.bytes)}) to make room: ${limit}.`,
      messageIds.journalMissed,
      [['N_DROPPED', `${notice.entries}`]],
    );
  }

  get files(): JournalSource['files'] {
    return this.#store?.files ?? this.host.files;
  }

  /** What can be read, up to the last entry that was logged. */
  segments(): readonly SegmentFile[] {
    const store = this.#store;
    if (store === undefined) return this.#others;
    this.#pullAll();
    store.flush();
    const own = store.segments;
    if (this.#others.length === 0) return own;
    const merged = this.#merged;
    if (merged !== undefined && merged.of === own && merged.length === own.length && merged.last === own.at(-1))
      return merged.list;
    const list = [...this.#others, ...own].sort((a, b) => a.realtimeUsec - b.realtimeUsec || a.head - b.head);
    this.#merged = { of: own, length: own.length, last: own.at(-1), list };
    return list;
  }

  /** A view of the entries that `filter` lets pass; close it after use. */
  query(filter: JournalFilter = new JournalFilter()): JournalView {
    return new JournalView(this, filter);
  }

  /** Calls back in a later turn, once for any number of entries that were added since. */
  onAppend(callback: () => void): { close(): void } {
    this.#listeners.add(callback);
    return { close: () => this.#listeners.delete(callback) };
  }

  /** Every entry from now on that passes, in order. */
  follow(filter: JournalFilter, callback: (entry: JournalEntry) => void): { close(): void } {
    const view = this.query(filter);
    view.seekTail();
    view.next();
    let over = false;
    let planned = false;
    const pump = (): void => {
      planned = false;
      for (let left = entriesPerTurn; left > 0 && !over; left--) {
        const found = view.next();
        if (found === false) return;
        if (found === 'busy') break;
        callback(view.entry!);
      }
      if (!over && !planned) this.host.defer(pump);
      planned = true;
    };
    const subscription = this.onAppend(() => {
      if (!planned) pump();
    });
    return {
      close: () => {
        over = true;
        subscription.close();
        view.close();
      },
    };
  }

  /**
   * The last entries about a unit of this boot, oldest first, none from before `notBeforeUsec` of the monotonic clock: what
   * `systemctl status` shows. `notBeforeRealtimeUsec`, the same moment on the wall clock, spares a look at what is older. `rotated`: there were more, but they are deleted.
   */
  unitLog(
    unit: string,
    options: { lines: number; notBeforeUsec?: number; notBeforeRealtimeUsec?: number; uid?: number },
  ): { entries: JournalEntry[]; rotated: boolean } {
    const filter = unitFilter(unit, this.scope === 'user' ? { uid: options.uid ?? this.host.uid } : undefined);
    filter.addConjunction();
    filter.add(`_BOOT_ID=${this.bootId}`);
    const view = this.query(filter);
    const entries: JournalEntry[] = [];
    const notBefore = options.notBeforeUsec ?? 0;
    // Where the wall clock was set since, the entries from then on have times of the new one.
    if (notBefore > 0 && options.notBeforeRealtimeUsec !== undefined) {
      const { realtimeUsec, monotonicUsec } = this.#now();
      const asOfNow = realtimeUsec - (monotonicUsec - notBefore);
      view.oldest = Math.min(options.notBeforeRealtimeUsec, asOfNow) - clockSlackUsec;
    }
    view.seekTail();
    // So many rows without a match, and the answer is what was found: a query must not hold up the rest.
    for (let patience = 10; entries.length < options.lines && patience > 0; ) {
      const found = view.previous();
      if (found === false) break;
      if (found === 'busy') {
        patience--;
        continue;
      }
      if (view.entry!.monotonicUsec < notBefore) break;
      entries.push(view.entry!);
    }
    view.close();
    entries.reverse();
    return { entries, rotated: notBefore > 0 && entries.length < options.lines && notBefore < this.#cutoffUsec() };
  }

  /** Monotonic time of the oldest entry of this boot, microseconds. */
  #cutoffUsec(): number {
    const filter = new JournalFilter();
    filter.add(`_BOOT_ID=${this.bootId}`);
    const view = this.query(filter);
    const cutoff = view.next() === true ? view.entry!.monotonicUsec : 0;
    view.close();
    return cutoff;
  }

  /** Bytes of everything that is stored. */
  usage(): number {
    return (this.#store?.usage() ?? 0) + this.#others.reduce((sum, segment) => sum + this.#bytesOf(segment), 0);
  }

  #bytesOf(segment: SegmentFile): number {
    return this.host.files.tryStat(`${segment.directory}/${segment.name}`)?.size ?? 0;
  }

  /** The directories that are read, the one being written first. */
  directories(): string[] {
    const { persistent, runtime } = this.#directories;
    return this.#persistent ? [persistent, runtime] : [runtime, persistent];
  }

  /** Whether anything is kept at all. */
  get stores(): boolean {
    return this.#store !== undefined;
  }

  get directory(): string {
    return this.#store?.directory ?? this.#directories.runtime;
  }

  /** Completes the segment that is being written and begins the next. */
  rotate(): void {
    this.segments();
    this.#store?.rotate();
    this.#store?.begin(this.#now().realtimeUsec);
    this.#store?.flush();
    this.#sayUsage();
  }

  /** What is used, and what may be. */
  #sayUsage(): void {
    const store = this.#store;
    if (store === undefined || store.files !== this.host.files) return;
    const { maxUse } = store.limits;
    const used = this.usage();
    const name = this.#persistent ? 'System Journal' : 'Runtime Journal';
    const [current, limit, left] = [used, maxUse, Math.max(maxUse - used, 0)].map((bytes) => formatBytes(bytes));
    this.#driver(
      6,
      `${name} (${store.directory}) is ${current}, max ${limit}, ${left} free.`,
      messageIds.journalUsage,
      [
        ['JOURNAL_NAME', name],
        ['JOURNAL_PATH', store.directory],
        ['CURRENT_USE', `${used}`],
        ['CURRENT_USE_PRETTY', current!],
        ['MAX_USE', `${maxUse}`],
        ['MAX_USE_PRETTY', limit!],
      ],
    );
  }

  /** Bounds of 0 are none. */
  vacuum(bounds: { bytes: number; files: number; olderThanUsec: number }): Removed[] {
    const removed = this.#store?.vacuum(bounds) ?? [];
    this.readers.clear();
    return removed;
  }

  /** Writes and fsyncs. */
  sync(): void {
    this.segments();
    this.#store?.sync();
  }

  /** `journalctl --flush`: to the persistent place, where Storage= asks for it and it can be written by now. */
  flushToPersistent(): void {
    if (this.#persistent || this.config.storage === 'none' || !this.#wantsPersistent) return;
    this.segments();
    this.#store?.rotate();
    const runtime = this.#store;
    if (!this.#use(this.#directories.persistent, this.config.system)) {
      this.#store = runtime;
      return;
    }
    runtime?.close();
    this.#persistent = true;
    this.#others = listSegments(this.host.files, this.#directories.runtime);
    this.#merged = undefined;
  }

  /** `journalctl --relinquish-var`: the opposite; what is stored stays readable as long as it can be read. */
  relinquishPersistent(): void {
    if (!this.#persistent) return;
    this.segments();
    this.#store?.rotate();
    const persistent = this.#store;
    if (!this.#use(this.#directories.runtime, this.config.runtime)) {
      this.#store = persistent;
      return;
    }
    persistent?.close();
    this.#persistent = false;
    this.#others = listSegments(this.host.files, this.#directories.persistent);
    this.#merged = undefined;
  }

  /** Takes in what the services' streams still hold, writes everything and closes. */
  close(): void {
    this.#pulled = false;
    this.#pullAll();
    for (const socket of this.#sockets) socket.close();
    this.#sockets = [];
    this.#limiter.flush();
    if (this.#listening) this.#driver(6, 'Journal stopped', messageIds.journalStopped);
    this.#listening = false;
    this.#store?.close();
    this.readers.clear();
  }

  // ---- taking in --------------------------------------------------------------------------------------------------

  #now(): { realtimeUsec: number; monotonicUsec: number } {
    return {
      realtimeUsec: Math.round(this.host.now() * 1000),
      monotonicUsec: Math.round(this.host.monotonic() * 1000),
    };
  }

  /** Any entry, from fields as they are; boot, machine and host are added. For imports and tests; services have streams. */
  append(fields: readonly Field[]): void {
    const { shared, own } = splitFields(fields);
    this.#add(new SharedFields([...shared, ...this.#base]), own, 6, undefined);
  }

  /** A message of the manager's own, as PID 1's. */
  log(message: LogMessage): void {
    const { unit = '', identifier = 'systemd', fields = {}, process } = message;
    const user = this.scope === 'user';
    const own: Field[] = [];
    if (message.messageId !== undefined) own.push(['MESSAGE_ID', message.messageId]);
    let invocation = '';
    for (const [name, value] of Object.entries(fields)) {
      if (name === 'INVOCATION_ID' || name === 'USER_INVOCATION_ID') invocation = value;
      else own.push([name, value]);
    }
    own.push(['MESSAGE', message.message]);
    const key = `${message.priority}|${identifier}|${unit}|${invocation}|${process?.pid ?? ''}`;
    let shared = this.#managerShared.get(key);
    if (shared === undefined) {
      const list: Field[] = [
        ['SYSLOG_FACILITY', '3'],
        ['PRIORITY', `${message.priority}`],
        ['SYSLOG_IDENTIFIER', identifier],
        ['_TRANSPORT', 'journal'],
        ['_PID', process !== undefined ? `${process.pid}` : user ? `${this.host.pid}` : '1'],
        ['_UID', `${this.host.uid}`],
        ['_GID', `${this.host.gid}`],
        ['_COMM', process?.comm ?? 'systemd'],
        ...(user ? [] : unitFields(process === undefined ? ownUnit : { unit }, false)),
        ...this.#base,
      ];
      if (invocation !== '') list.push([user ? 'USER_INVOCATION_ID' : 'INVOCATION_ID', invocation]);
      if (unit !== '') list.push([user ? 'USER_UNIT' : 'UNIT', unit]);
      shared = new SharedFields(list);
      remember(this.#managerShared, key, shared);
    }
    this.#add(shared, own, message.priority, undefined);
  }

  /** A message of the journal about itself. */
  #driver(priority: number, message: string, messageId?: string, more: readonly Field[] = []): void {
    const { shared: moreShared, own } = splitFields(more);
    const list: Field[] = [
      ['SYSLOG_FACILITY', '3'],
      ['PRIORITY', `${priority}`],
      ['SYSLOG_IDENTIFIER', 'systemd-journald'],
      ['_TRANSPORT', 'driver'],
      ['_PID', this.scope === 'user' ? `${this.host.pid}` : '1'],
      ['_UID', `${this.host.uid}`],
      ['_GID', `${this.host.gid}`],
      ['_COMM', 'systemd'],
      ...this.#base,
      ...moreShared,
    ];
    const shared = new SharedFields(list);
    const known = this.#driverShared.get(shared.key) ?? shared;
    remember(this.#driverShared, shared.key, known);
    if (messageId !== undefined) own.push(['MESSAGE_ID', messageId]);
    own.push(['MESSAGE', message]);
    this.#add(known, own, priority, undefined);
  }

  #add(shared: SharedFields, own: readonly Field[], level: number, source: LineSource | undefined): void {
    if (level > this.config.maxLevelStore) return;
    const { realtimeUsec, monotonicUsec } = this.#now();
    this.#store?.append(shared, realtimeUsec, monotonicUsec, own);
    this.#planTurn(true);
    if (this.#forwards(source)) this.#forward(shared, own, level, source);
  }

  /** Whether lines have to be looked at one by one. */
  #forwards(source: LineSource | undefined): boolean {
    return (
      source?.forwardToConsole === true ||
      (this.#console !== 'status' && this.#console !== 'none') ||
      this.config.forwardToConsole ||
      this.#syslogPresent()
    );
  }

  #forward(shared: SharedFields, own: readonly Field[], level: number, source: LineSource | undefined): void {
    const toConsole = this.config.forwardToConsole && level <= this.config.maxLevelConsole;
    const text = consoleLine(
      source?.forwardToConsole === true || toConsole ? 'always' : this.#console,
      shared,
      own,
      this.#now(),
    );
    if (text !== '') this.host.console(text);
    if (level <= this.config.maxLevelSyslog && this.#syslogPresent()) this.#sendSyslog(shared, own, level);
  }

  /** The end of this turn: what was appended is written, who waits for entries is told, who was held back goes on later. */
  #planTurn(changed: boolean): void {
    this.#changed ||= changed;
    if (this.#turnPlanned) return;
    this.#turnPlanned = true;
    this.#turnBeginMs = this.host.monotonic();
    this.host.defer(() => {
      this.#turnPlanned = false;
      this.#turnBytes = 0;
      const tell = this.#changed;
      this.#changed = false;
      this.#store?.flush();
      if (tell) for (const listener of [...this.#listeners]) listener();
      if (this.#waiting.size === 0) return;
      const waiting = this.#waiting;
      this.#waiting = new Set();
      const now = this.host.monotonic();
      const least = now - this.#askedMs < askedRest.freshMs ? askedRest.leastMs : restMs.least;
      this.host.after(Math.min(Math.max(now - this.#turnBeginMs, least), restMs.most), () => {
        for (const stream of waiting) stream.resume();
      });
    });
  }

  /** Somebody asks the manager: for a moment floods are held back for longer. */
  giveWay(): void {
    this.#askedMs = this.host.monotonic();
  }

  // ---- streams ----------------------------------------------------------------------------------------------------

  /** A stream for a service's stdout or stderr. Throws SystemError where there are no descriptors left. */
  openStream(options: StreamOptions): OpenedStream {
    const { connection, fd, dev, ino } = this.host.streamPair();
    const stream = new ServiceStream(this.#intake, connection, options);
    const set = this.#streams.get(options.unit) ?? new Set();
    this.#streams.set(options.unit, set);
    set.add(stream);
    stream.onClose = () => {
      set.delete(stream);
      this.#waiting.delete(stream);
      if (set.size === 0 && this.#streams.get(options.unit) === set) this.#streams.delete(options.unit);
    };
    return { fd, dev, ino, setProcess: (process) => stream.setProcess(process) };
  }

  /** What streams ask of the journal. */
  readonly #intake: Intake = {
    takes: (bytes) => {
      this.#turnBytes += bytes;
      this.#planTurn(false);
      return this.#turnBytes < turnBytes;
    },
    holdBack: (stream) => this.#waiting.add(stream),
    one: (source, level, shared, own) => {
      if (source.unit !== undefined && !this.#limiter.admit(source.unit.unit, level, source.rateLimit)) return;
      this.#add(shared, own, level, source);
    },
    many: (source, level, shared, lines, count) => {
      if (level > this.config.maxLevelStore) return;
      const { realtimeUsec, monotonicUsec } = this.#now();
      this.#store?.appendRun(shared, realtimeUsec, monotonicUsec, lines, count);
      this.#planTurn(true);
      if (this.#forwards(source)) {
        let start = 0;
        while (start <= lines.length) {
          const end = lines.indexOf(0x0a, start);
          const line = lines.subarray(start, end < 0 ? lines.length : end);
          this.#forward(shared, [['MESSAGE', line]], level, source);
          start = end < 0 ? lines.length + 1 : end + 1;
        }
      }
    },
    shared: (fields) => new SharedFields([...fields, ...this.#base]),
    host: () => this.host,
    placeOf: (unit) => this.placeOfUnit(unit),
    user: () => this.scope === 'user',
    defaultLimit: () => this.config.rateLimit,
    lineMax: () => this.config.lineMax,
    randomId: () => this.host.randomBytes(16).toString('hex'),
  };

  /**
   * Takes what a unit's streams hold already. For the moment at which one of its processes has ended: what it wrote
   * belongs before what is said about its end.
   */
  pullUnit(unit: string): void {
    for (const stream of this.#streams.get(unit) ?? []) {
      stream.resume();
      stream.pull();
    }
  }

  /** Once a turn is enough: a query asks for its segments again and again. */
  #pullAll(): void {
    if (this.#pulled) return;
    this.#pulled = true;
    this.host.defer(() => {
      this.#pulled = false;
    });
    for (const set of this.#streams.values()) for (const stream of set) stream.pull();
  }

  // ---- sockets ----------------------------------------------------------------------------------------------------

  /**
   * Opens the sockets that programs log to, and the link /dev/log. What cannot be opened is said in the journal; the
   * rest works.
   */
  listen(): void {
    const { files } = this.host;
    this.#listening = true;
    this.#driver(6, 'Journal started', messageIds.journalStarted);
    this.#sayUsage();
    this.#try('create directory for sockets', () => files.mkdirs(socketDirectory, 0o755));
    this.#try('open socket for streams', () => {
      const listener = this.host.listenStream(`${socketDirectory}/stdout`, 0o666);
      listener.onConnection = (connection) => this.#accept(connection);
      this.#sockets.push(listener);
    });
    this.#try('open socket for native messages', () => {
      const socket = this.host.bindDatagram(`${socketDirectory}/socket`, 0o666);
      socket.onDatagram = ({ data, credentials, fds }) => this.#native(data, credentials, fds);
      this.#sockets.push(socket);
    });
    this.#try('open socket for syslog messages', () => {
      const socket = this.host.bindDatagram(`${socketDirectory}/dev-log`, 0o666);
      socket.onDatagram = ({ data, credentials, fds }) => {
        for (const fd of fds) this.host.closeFd(fd);
        this.#syslogMessage(data, credentials);
      };
      this.#sockets.push(socket);
    });
    this.#try('link /dev/log', () => {
      const there = files.tryLstat('/dev/log');
      if (there?.type === 'symlink' && files.readlink('/dev/log') === `${socketDirectory}/dev-log`) return;
      if (there !== undefined) files.unlink('/dev/log');
      files.symlink(`${socketDirectory}/dev-log`, '/dev/log');
    });
  }

  #try(what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#driver(4, `Failed to ${what}: ${error instanceof SystemError ? error.message : String(error)}`);
    }
  }

  /** A client of sd_journal_stream_fd(3), systemd-cat(1) for one. */
  #accept(connection: StreamConnection): void {
    if (this.#clientStreams.size >= clientStreamLimit) {
      connection.destroy();
      this.#driver(6, 'Too many stdout streams, refusing connection.');
      return;
    }
    let head: Buffer = Buffer.alloc(0);
    connection.onData = (chunk) => {
      head = Buffer.concat([head, chunk]);
      const parsed = parseStreamHeader(head);
      if (parsed === undefined) return;
      if (parsed === 'bad') {
        connection.destroy();
        return;
      }
      this.#startClient(connection, parsed.header, head.subarray(parsed.length));
    };
    connection.onEnd = () => connection.destroy();
  }

  #startClient(
    connection: StreamConnection,
    header: NonNullable<Exclude<ReturnType<typeof parseStreamHeader>, 'bad'>>['header'],
    rest: Buffer,
  ): void {
    const { peer } = connection;
    // Only root may say which unit it speaks for; for others it is looked up.
    const claimed = peer.uid === 0 && header.unit !== '' && unitNameIsValid(header.unit, 'plain', 'instance');
    const unit = claimed ? { unit: header.unit } : this.#senders.lookUp(peer).unit;
    const stream = new ServiceStream(this.#intake, connection, {
      ...unit,
      identifier: header.identifier,
      level: header.priority & 7,
      facility: header.priority >> 3,
      levelPrefix: header.levelPrefix,
      forwardToConsole: header.forwardToConsole,
      process: peer,
    });
    this.#clientStreams.add(stream);
    stream.onClose = () => {
      this.#clientStreams.delete(stream);
      this.#waiting.delete(stream);
    };
    if (rest.length > 0) stream.data(rest);
  }

  #native(data: Buffer, credentials: PeerCredentials | undefined, fds: readonly number[]): void {
    try {
      // sd_journal_send(3) passes what does not fit into a datagram as a sealed memfd.
      const bytes = data.length === 0 && fds.length === 1 ? this.host.readFd(fds[0]!, fileEntryLimit + 1) : data;
      if (bytes.length > fileEntryLimit) {
        this.#driver(
          4,
          `A message of more than ${formatBytes(fileEntryLimit)} was dropped.`,
          messageIds.journalDropped,
          [['N_DROPPED', '1']],
        );
        return;
      }
      const sender = this.#senderOf(credentials);
      for (const { fields, level } of parseNative(bytes)) {
        this.#datagram(sender, level, [['_TRANSPORT', 'journal'], ...fields]);
      }
    } catch (error) {
      this.#driver(
        4,
        `Failed to read a message passed as a file: ${error instanceof SystemError ? error.code : error}`,
      );
    } finally {
      for (const fd of fds) this.host.closeFd(fd);
    }
  }

  #syslogMessage(data: Buffer, credentials: PeerCredentials | undefined): void {
    const parsed = parseSyslog(data);
    if (parsed !== undefined) this.#datagram(this.#senderOf(credentials), parsed.level, parsed.fields);
  }

  #senderOf(credentials: PeerCredentials | undefined): Sender {
    return credentials === undefined ? { unit: undefined, fields: [] } : this.#senders.lookUp(credentials);
  }

  #datagram(sender: Sender, level: number, fields: readonly Field[]): void {
    if (sender.unit !== undefined) {
      this.pullUnit(sender.unit.unit);
      if (!this.#limiter.admit(sender.unit.unit, level, this.config.rateLimit)) return;
    }
    const { shared, own } = splitFields(fields);
    this.#add(new SharedFields([...shared, ...sender.fields, ...this.#base]), own, level, undefined);
  }

  // ---- a syslog daemon beside -------------------------------------------------------------------------------------

  /** ForwardToSyslog=: rsyslog and its kin listen at a socket of their own. Looked for at most once a second. */
  #syslogPresent(): boolean {
    if (!this.config.forwardToSyslog || this.scope === 'user') return false;
    const now = this.host.monotonic();
    if (now - this.#syslog.checkedMs >= 1000) {
      this.#syslog.checkedMs = now;
      this.#syslog.present = this.host.files.tryStat(`${socketDirectory}/syslog`)?.type === 'socket';
    }
    return this.#syslog.present;
  }

  #sendSyslog(shared: SharedFields, own: readonly Field[], level: number): void {
    const find = (name: string): string | undefined => {
      const field = shared.fields.find(([key]) => key === name) ?? own.find(([key]) => key === name);
      return field === undefined ? undefined : valueText(field[1]);
    };
    const message = own.find(([name]) => name === 'MESSAGE')?.[1];
    if (message === undefined) return;
    const facility = Number(find('SYSLOG_FACILITY') ?? 1) || 1;
    const date = new Date(this.host.now());
    const time = `${date.toUTCString().slice(8, 11)} ${`${date.getUTCDate()}`.padStart(2)} ${date.toISOString().slice(11, 19)}`;
    const identifier = find('SYSLOG_IDENTIFIER') ?? find('_COMM') ?? 'unknown';
    const pid = find('_PID') ?? find('SYSLOG_PID');
    const head = `<${facility * 8 + level}>${time} ${identifier}${pid === undefined ? '' : `[${pid}]`}: `;
    try {
      this.host.sendDatagram(`${socketDirectory}/syslog`, Buffer.concat([Buffer.from(head), valueBytes(message)]));
    } catch (error) {
      if (error instanceof SystemError && error.code !== 'EAGAIN') this.#syslog.present = false;
      else this.#syslogMissed();
    }
  }

  #syslogMissed(): void {
    this.#syslog.missed++;
    this.#syslog.timer ??= this.host.after(30_000, () => {
      const { missed } = this.#syslog;
      this.#syslog.missed = 0;
      this.#syslog.timer = undefined;
      this.#driver(6, `Forwarding to syslog missed ${missed} messages.`, messageIds.forwardSyslogMissed);
    });
  }
}

const zeroId = '0'.repeat(32);

function remember<T>(cache: Map<string, T>, key: string, value: T): void {
  if (cache.size >= sharedCacheLimit) cache.delete(cache.keys().next().value!);
  cache.set(key, value);
}

/** journald's own places; the files in them have other names than journald's. */
export function defaultDirectories(host: Host, scope: 'system' | 'user'): { persistent: string; runtime: string } {
  const machine = host.machineId ?? zeroId;
  if (scope === 'system') return { persistent: `/var/log/journal/${machine}`, runtime: `/run/log/journal/${machine}` };
  const { XDG_STATE_HOME, XDG_RUNTIME_DIR, HOME } = host.environment;
  return {
    persistent: `${XDG_STATE_HOME ?? `${HOME ?? '/'}/.local/state`}/pidone/journal/${machine}`,
    runtime: `${XDG_RUNTIME_DIR ?? `/tmp/pidone-${host.uid}`}/pidone/journal/${machine}`,
  };
}

// ---- one stream -----------------------------------------------------------------------------------------------------

interface LineSource {
  readonly unit: SenderUnit | undefined;
  readonly rateLimit: RateLimit;
  readonly forwardToConsole: boolean;
}

interface Intake {
  /** Counts bytes that were read; false where others should have their turn first. */
  takes(bytes: number): boolean;
  holdBack(stream: ServiceStream): void;
  one(source: LineSource, level: number, shared: SharedFields, own: readonly Field[]): void;
  many(source: LineSource, level: number, shared: SharedFields, lines: Buffer, count: number): void;
  shared(fields: readonly Field[]): SharedFields;
  host(): Host;
  placeOf(unit: string): Pick<SenderUnit, 'slice' | 'cgroup'>;
  user(): boolean;
  defaultLimit(): RateLimit;
  lineMax(): number;
  randomId(): string;
}

type ClientStreamOptions = Omit<StreamOptions, 'unit'> & { unit?: string };

class ServiceStream implements LineSource {
  readonly unit: SenderUnit | undefined;
  readonly rateLimit: RateLimit;
  readonly forwardToConsole: boolean;
  readonly #intake: Intake;
  readonly #connection: StreamConnection;
  readonly #options: ClientStreamOptions;
  readonly #extra: readonly Field[];
  readonly #splitter: LineSplitter;
  readonly #streamId: string;
  #process: ProcessIdentity | undefined;
  /** Fields by level, while what is known about the process holds. */
  #shared = new Map<number, SharedFields>();
  #sharedUntilMs = 0;
  #turnBytes = 0;
  #paused = false;
  #ended = false;
  onClose: () => void = () => {};

  constructor(intake: Intake, connection: StreamConnection, options: ClientStreamOptions) {
    this.#intake = intake;
    this.#connection = connection;
    this.#options = options;
    this.#process = options.process;
    this.#streamId = intake.randomId();
    this.unit = options.unit === undefined ? undefined : { ...options, unit: options.unit };
    this.rateLimit = options.rateLimit ?? intake.defaultLimit();
    this.forwardToConsole = options.forwardToConsole ?? false;
    const limited = this.rateLimit.intervalMs > 0 && this.rateLimit.burst > 0;
    this.#extra = options.extraFields ?? [];
    // Lines that are kept together have no fields of their own.
    const single = limited || this.#extra.length > 0;
    const level = options.level ?? 6;
    this.#splitter = new LineSplitter(
      { lineMax: intake.lineMax(), levelPrefix: options.levelPrefix ?? true, single },
      {
        line: (message, prefix, lineBreak) => this.#line(message, prefix ?? level, lineBreak),
        lines: (data, count) => {
          if (level <= (options.maxLevel ?? 7)) intake.many(this, level, this.#fields(level), data, count);
        },
      },
    );
    connection.onData = (chunk) => this.data(chunk);
    connection.onEnd = () => this.#end();
  }

  /** Where it has not changed to another user or group it is the manager's. */
  setProcess(process: ProcessIdentity): void {
    const { uid, gid } = this.#intake.host();
    this.#process = { uid, gid, ...process };
    this.#shared.clear();
  }

  data(chunk: Buffer): void {
    const more = this.#intake.takes(chunk.length);
    this.#turnBytes += chunk.length;
    this.#splitter.push(chunk);
    if ((!more || this.#turnBytes >= streamTurnBytes) && !this.#paused && !this.#ended) {
      this.#paused = true;
      this.#connection.pause();
      this.#intake.holdBack(this);
    }
  }

  resume(): void {
    this.#turnBytes = 0;
    if (!this.#paused || this.#ended) return;
    this.#paused = false;
    this.#connection.resume();
  }

  /** Takes in what the kernel holds already, a few reads of it, unless it is held back. */
  pull(): void {
    if (!this.#paused && !this.#ended) this.#connection.pull?.();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#splitter.end();
    this.#connection.destroy();
    this.onClose();
  }

  #line(message: Buffer, level: number, lineBreak: LineBreak | undefined): void {
    if (level > (this.#options.maxLevel ?? 7)) return;
    const own: Field[] = lineBreak === undefined ? [] : [['_LINE_BREAK', lineBreak]];
    for (const field of this.#extra) own.push(field);
    own.push(['MESSAGE', message]);
    this.#intake.one(this, level, this.#fields(level), own);
  }

  #fields(level: number): SharedFields {
    const now = this.#intake.host().monotonic();
    if (now >= this.#sharedUntilMs) this.#shared.clear();
    let shared = this.#shared.get(level);
    if (shared === undefined) {
      if (this.#shared.size === 0) this.#sharedUntilMs = now + processFreshMs;
      const fields: Field[] = [
        ['_TRANSPORT', 'stdout'],
        ['_STREAM_ID', this.#streamId],
        ...priorityFields(level, this.#options.facility ?? 3),
      ];
      if (this.#options.identifier !== '') fields.push(['SYSLOG_IDENTIFIER', this.#options.identifier]);
      if (this.#process !== undefined) fields.push(...processFields(this.#intake.host(), this.#process));
      if (this.unit !== undefined) {
        const place = this.#intake.placeOf(this.unit.unit);
        fields.push(...unitFields({ ...place, ...this.unit }, this.#intake.user()));
      }
      shared = this.#intake.shared(fields);
      this.#shared.set(level, shared);
    }
    return shared;
  }
}
