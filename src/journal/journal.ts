/**
 * The journal, inside the manager: what services write to their streams, to /dev/log and to journald's native socket,
 * and what the manager itself has to say, goes into one store that can be asked at any time.
 *
 *   receive/   how an entry comes in. Streams (streams.ts, stream.ts, lines.ts) and sockets (sockets.ts, native.ts,
 *              syslog.ts) of services, the manager's words (manager-log.ts) and the journal's own (driver.ts); who sent it
 *              (senders.ts); how much of it may come (pace.ts, rate-limit.ts). All of it passes intake.ts.
 *   storage/   where entries are kept: which directory (storage.ts), its segments (store.ts), one of them (segment.ts)
 *   forward/   the console and a syslog daemon beside the store
 *   read/      how entries are found (view.ts, match.ts) and printed (format.ts, catalog.ts)
 *   entry/     one entry, its fields, its export format
 *
 * This file puts these together and decides nothing. What `journalctl` asks for is read there (src/cli/journalctl), from here
 * or from the files.
 *
 * Nothing here throws into an event callback. Appends collect in memory and are written once a turn of the event loop.
 * A service that writes faster than that is read in portions, its own socket holds it back, and no line is lost; where
 * lines are lost (a full disk, old segments that made room, a limit that was set) the journal says how many.
 */
import type { Keeper } from '../kept/keeper.ts';
import type { Host } from '../sys/host.ts';
import { entryTimes, type Field } from './entry/entry.ts';
import { type ConsoleMode, consoleText } from './forward/console.ts';
import { Forwarder } from './forward/forwarder.ts';
import { type UnitLogOptions, unitLog } from './read/unit-log.ts';
import { type JournalSource, ReaderPool } from './read/view.ts';
import { Driver } from './receive/driver.ts';
import { Intake } from './receive/intake.ts';
import { type LogMessage, ManagerLog } from './receive/manager-log.ts';
import { Pace } from './receive/pace.ts';
import { RateLimiter } from './receive/rate-limit.ts';
import { Senders, type UnitKnowledge } from './receive/senders.ts';
import { LogSockets } from './receive/sockets.ts';
import { type StreamOptions, Unended } from './receive/stream.ts';
import { type OpenedStream, Streams } from './receive/streams.ts';
import { type JournalConfig, readJournalConfig } from './storage/config.ts';
import { hasOwnJournal } from './storage/readers.ts';
import type { SegmentFile } from './storage/segment.ts';
import { type Directories, defaultDirectories, JournalStorage, zeroId } from './storage/storage.ts';
import type { Removed, VacuumBounds } from './storage/store.ts';

export type { LogMessage } from './receive/manager-log.ts';
export type { StreamOptions } from './receive/stream.ts';
export type { OpenedStream } from './receive/streams.ts';
export { defaultDirectories } from './storage/storage.ts';

export interface JournalOptions {
  scope?: 'system' | 'user';
  /** What takes the place of /run. */
  runtime?: string;
  /** Where entries are kept: over reboots, and until the next one. Defaults are journald's own places. */
  directories?: Directories;
  config?: JournalConfig;
  /** What counts as this boot; a container's own life rather than the machine's. Default: the host's boot id. */
  bootId?: string;
  /** What of the journal goes to the manager's console, which is what `docker logs` shows. Default 'status'. */
  console?: ConsoleMode;
}

export class Journal implements JournalSource {
  readonly scope: 'system' | 'user';
  readonly bootId: string;
  readonly consoleMode: ConsoleMode;
  readonly readers = new ReaderPool(() => this.files);
  readonly #host: Host;
  readonly #units: UnitKnowledge = { unitOfPid: () => undefined, placeOfUnit: () => ({}) };
  readonly #storage: JournalStorage;
  readonly #pace: Pace;
  readonly #limiter: RateLimiter;
  readonly #managerLog: ManagerLog;
  readonly #driver: Driver;
  readonly #streams: Streams;
  readonly #sockets: LogSockets;
  readonly #listeners = new Set<() => void>();
  #listening = false;

  /** Opens the store; where no directory can be used it lives in memory. Does not throw. */
  constructor(host: Host, options: JournalOptions = {}) {
    const { scope = 'system', bootId = host.bootId, console = 'status', runtime = '/run' } = options;
    const warnings: string[] = [];
    const config = options.config ?? readJournalConfig(host.files, (message) => warnings.push(message));
    const directories = options.directories ?? defaultDirectories(host, scope, options.runtime);
    this.#host = host;
    this.scope = scope;
    this.bootId = bootId;
    this.consoleMode = console;
    this.#storage = new JournalStorage(host, { scope, config, directories });
    this.#storage.onNotice = (notice) => {
      this.readers.clear();
      this.#driver.notice(notice);
    };
    this.#pace = new Pace(host, (appended) => this.#endTurn(appended));
    this.#limiter = new RateLimiter(host, (unit, count) => this.#driver.suppressed(unit, count));
    const intake = new Intake({
      host,
      sink: this.#storage,
      pace: this.#pace,
      limiter: this.#limiter,
      forwarder: new Forwarder(host, { console, config, scope }, (count) => this.#driver.syslogMissed(count)),
      maxLevel: config.maxLevelStore,
      base: baseFields(host, bootId),
    });
    this.#managerLog = new ManagerLog(host, scope, intake);
    this.#driver = new Driver(host, scope, intake);
    const senders = new Senders(host, scope, this.#units);
    const { rateLimit, lineMax } = config;
    const unended = new Unended();
    const context = { host, intake, pace: this.#pace, units: this.#units, scope, rateLimit, lineMax, unended };
    this.#streams = new Streams(context, senders, this.#driver);
    this.#sockets = new LogSockets({
      host,
      directory: `${runtime}/systemd/journal`,
      intake,
      streams: this.#streams,
      senders,
      driver: this.#driver,
      rateLimit,
    });
    for (const warning of warnings) this.#driver.warn(warning);
  }

  /** How the journal learns which unit a sender belongs to. */
  set unitOfPid(callback: UnitKnowledge['unitOfPid']) {
    this.#units.unitOfPid = callback;
  }

  /** Where a unit stands in the tree of slices: fields of what its processes log. Asked now and then, not for every line. */
  get placeOfUnit(): UnitKnowledge['placeOfUnit'] {
    return this.#units.placeOfUnit;
  }
  set placeOfUnit(callback: UnitKnowledge['placeOfUnit']) {
    this.#units.placeOfUnit = callback;
  }

  // ---- taking in --------------------------------------------------------------------------------------------------

  /** A message of the manager's own, as PID 1's. */
  log(message: LogMessage): void {
    this.#managerLog.log(message);
  }

  /** Writes to the console what the log does not have: a text with its newlines. */
  show(text: string, fields?: Readonly<Record<string, string>>): void {
    const { pid } = this.#host;
    this.#host.console(consoleText(this.consoleMode, text, { pid, now: this.#host.now() }, fields));
  }

  /** Writes to the console what is in the log as well. */
  showLogged(text: string): void {
    if (this.consoleMode !== 'json') this.#host.console(text);
  }

  /** A stream for a service's stdout or stderr. Throws SystemError where there are no descriptors left. */
  openStream(options: StreamOptions): OpenedStream {
    return this.#streams.open(options);
  }

  /**
   * Takes what a unit's streams hold already. For the moment at which one of its processes has ended: what it wrote
   * belongs before what is said about its end.
   */
  pullUnit(unit: string): void {
    this.#streams.pull(unit);
  }

  /** Somebody asks the manager: for a moment floods are held back for longer. */
  giveWay(): void {
    this.#pace.giveWay();
  }

  /**
   * Opens the sockets that programs log to, and the link /dev/log. What cannot be opened is said in the journal; the
   * rest works.
   */
  listen(): void {
    this.#listening = true;
    this.#driver.started();
    this.#sayUsage();
    this.#sockets.listen();
  }

  /** Sockets and streams stay open; entries are where they are kept. In place of `listen` where it is read. */
  keep(k: Keeper): void {
    this.#listening = k.flag('listening', this.#listening);
    k.inner('sockets', (of) => this.#sockets.keep(of));
    k.inner('streams', (of) => this.#streams.keep(of));
    this.#limiter.flush();
    this.#storage.keep(k);
  }

  /** The same but for streams, which are kept one by one, and for entries that are nowhere else. */
  keepCommon(k: Keeper): void {
    k.flag('listening', this.#listening);
    k.inner('sockets', (of) => this.#sockets.keepDoors(of));
    this.#storage.keepPlace(k);
  }

  /** Streams that are to be kept otherwise than before. */
  get changedStreams(): Pick<Streams, 'takeChanged' | 'all' | 'onChange'> {
    return this.#streams;
  }

  #endTurn(appended: boolean): void {
    this.#storage.flush();
    if (appended) for (const listener of [...this.#listeners]) listener();
  }

  /** Takes in what the services' streams still hold, writes everything and closes. */
  close(): void {
    this.#streams.pullAll(true);
    this.#sockets.close();
    this.#limiter.flush();
    if (this.#listening) this.#driver.stopped();
    this.#listening = false;
    this.#storage.close();
    this.readers.clear();
  }

  // ---- reading ----------------------------------------------------------------------------------------------------

  get files(): JournalSource['files'] {
    return this.#storage.files;
  }

  /** What can be read, up to the last entry that was logged. */
  segments(): readonly SegmentFile[] {
    if (this.#storage.stores) this.#streams.pullAll();
    return this.#storage.segments();
  }

  /** Calls back in a later turn, once for any number of entries that were added since. */
  onAppend(callback: () => void): { close(): void } {
    this.#listeners.add(callback);
    return { close: () => this.#listeners.delete(callback) };
  }

  /** What `systemctl status` shows of a unit; see there. */
  unitLog(
    unit: string,
    options: Pick<UnitLogOptions, 'lines' | 'notBeforeUsec' | 'notBeforeRealtimeUsec'> & {
      uid?: number;
      source?: JournalSource;
    },
  ): ReturnType<typeof unitLog> {
    const uid = this.scope === 'user' ? (options.uid ?? this.#host.uid) : undefined;
    return unitLog(options.source ?? this, unit, { ...options, uid, bootId: this.bootId, now: entryTimes(this.#host) });
  }

  /** What a user may read who may not read the journal: what is their own, if anything. */
  ofUser(uid: number): JournalSource | undefined {
    if (!hasOwnJournal(uid)) return undefined;
    const { files, readers } = this;
    const segments = (): readonly SegmentFile[] => {
      // What their services have written by now is among it.
      this.segments();
      return this.#storage.segmentsOfUsers;
    };
    return segments().length === 0 ? undefined : { files, readers, segments, uid };
  }

  // ---- where it is kept -------------------------------------------------------------------------------------------

  /** Whether anything is kept at all. */
  get stores(): boolean {
    return this.#storage.stores;
  }

  get directory(): string {
    return this.#storage.directory;
  }

  /** The directories that are read, the one being written first. */
  directories(): string[] {
    return this.#storage.directories;
  }

  /** Completes the segment that is being written and begins the next. */
  rotate(): void {
    this.segments();
    this.#storage.rotate(entryTimes(this.#host).realtimeUsec);
    this.#sayUsage();
  }

  #sayUsage(): void {
    const usage = this.#storage.usage();
    if (usage !== undefined) this.#driver.usage(usage);
  }

  /** Deletes what is out of bounds. */
  vacuum(bounds: VacuumBounds): Removed[] {
    const removed = this.#storage.vacuum(bounds);
    this.readers.clear();
    return removed;
  }

  /** Reads, where there is time for it, what a boot has not waited for; calls `done` after it. */
  catchUp(done: () => void): void {
    this.#storage.catchUp(done);
  }

  /** Writes and fsyncs. */
  sync(): void {
    this.segments();
    this.#storage.sync();
  }

  /** `journalctl --flush`: to the persistent place, where Storage= asks for it and it can be written by now. */
  flushToPersistent(): void {
    this.segments();
    this.#storage.flushToPersistent();
  }

  /** `journalctl --relinquish-var`: the opposite; what is stored stays readable as long as it can be read. */
  relinquishPersistent(): void {
    this.segments();
    this.#storage.relinquishPersistent();
  }
}

/** What is true of all entries. */
function baseFields(host: Host, bootId: string): Field[] {
  return [
    ['_BOOT_ID', bootId],
    ['_MACHINE_ID', host.machineId ?? zeroId],
    ['_HOSTNAME', host.hostname],
    ['_RUNTIME_SCOPE', 'system'],
  ];
}
