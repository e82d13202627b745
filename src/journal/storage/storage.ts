/**
 * Where the journal is kept (Storage= of journald.conf(5)): in a directory that survives a reboot, in one that does not, or,
 * where neither can be written, in memory (memory-files.ts). One of the two directories has the store that is written
 * (store.ts), the other is only read. What is written can go on to the persistent place once that is there, and back.
 *
 *   config.ts          journald.conf
 *   store.ts           a directory of segments, and its bounds
 *   segment.ts         the format of a segment; segment-index.ts its index
 *   segment-writer.ts, segment-reader.ts
 *
 * What entries mean, and which of them somebody wants, is not asked here: fields are bytes, except that those which many
 * entries share are stored once.
 */

import type { Keeper } from '../../kept/keeper.ts';
import { memoryLimit } from '../../sys/cgroup.ts';
import type { Host } from '../../sys/host.ts';
import { isInMemory } from '../../sys/mounts.ts';
import type { Field, SharedFields } from '../entry/entry.ts';
import type { JournalConfig, SpaceLimits } from './config.ts';
import { MemoryFiles, memoryBytes } from './memory-files.ts';
import { groupOfFiles } from './readers.ts';
import type { JournalFiles, SegmentFile } from './segment.ts';
import { JournalStore, listSegments, type Removed, type StoreNotice, type VacuumBounds } from './store.ts';

export interface Directories {
  persistent: string;
  runtime: string;
}

/** What the store takes on disk, bytes, and what it may. */
export interface StorageUsage {
  persistent: boolean;
  directory: string;
  used: number;
  maxUse: number;
}

/** What a segment had before is read for so long at a time, and again after so long; milliseconds. */
const recallMs = { turn: 4, pause: 20 };

/** As machine-id(5) where there is none. */
export const zeroId = '0'.repeat(32);

/** journald's own places; the files in them have other names than journald's. */
export function defaultDirectories(host: Host, scope: 'system' | 'user', run?: string): Directories {
  const machine = host.machineId ?? zeroId;
  if (scope === 'system')
    return { persistent: `/var/log/journal/${machine}`, runtime: `${run ?? '/run'}/log/journal/${machine}` };
  const { XDG_STATE_HOME, XDG_RUNTIME_DIR, HOME } = host.environment;
  return {
    persistent: `${XDG_STATE_HOME ?? `${HOME ?? '/'}/.local/state`}/pidone/journal/${machine}`,
    runtime: `${run ?? XDG_RUNTIME_DIR ?? `/run/user/${host.uid}`}/pidone/journal/${machine}`,
  };
}

export class JournalStorage {
  readonly #host: Host;
  readonly #config: JournalConfig;
  readonly #scope: 'system' | 'user';
  readonly #places: Directories;
  #store: JournalStore | undefined;
  #persistent = false;
  /** Segments of the directory that is not written to. */
  #others: SegmentFile[] = [];
  #merged:
    | { of: readonly SegmentFile[]; length: number; last: SegmentFile | undefined; list: SegmentFile[] }
    | undefined;
  /** Called when something was deleted to stay in bounds, or lost; never while an entry is being appended. */
  onNotice: (notice: StoreNotice) => void = () => {};

  /** Does not throw. */
  constructor(host: Host, options: { scope: 'system' | 'user'; config: JournalConfig; directories: Directories }) {
    this.#host = host;
    this.#scope = options.scope;
    this.#config = options.config;
    this.#places = options.directories;
    if (this.#config.storage === 'none') this.#others = this.directories.flatMap((place) => this.#list(place));
    else this.#open();
  }

  get #wantsPersistent(): boolean {
    const { storage } = this.#config;
    if (storage === 'persistent') return true;
    const parent = this.#places.persistent.replace(/\/[^/]+$/, '');
    return storage === 'auto' && this.#host.files.tryStat(parent)?.type === 'directory';
  }

  #open(): void {
    if (this.#wantsPersistent && this.#use('persistent')) return;
    if (this.#use('runtime')) return;
    this.#useMemory(new MemoryFiles());
  }

  #useMemory(files: MemoryFiles): void {
    const limits = { maxUse: memoryBytes, keepFree: 0, maxFileSize: memoryBytes / 4, maxFiles: 100 };
    this.#store = this.#storeAt('/memory', limits, files);
  }

  /** Which place is written to; entries that are nowhere else go along. */
  keep(k: Keeper): void {
    this.flush();
    const files = k.isReading ? new MemoryFiles() : this.files;
    if (files instanceof MemoryFiles) {
      const kept = k.inner('memory', (of) => files.keep(of));
      if (k.isReading && kept) this.#useMemory(files);
    }
    this.keepPlace(k);
  }

  /** Which place is written to. */
  keepPlace(k: Keeper): void {
    const persistent = k.flag('persistent', this.#persistent);
    if (k.isReading && persistent !== this.#persistent && this.stores) this.#use(persistent ? 'persistent' : 'runtime');
  }

  /** Writes to that directory from now on; false, and everything stays as it is, where it can't be written. */
  #use(place: 'persistent' | 'runtime'): boolean {
    const persistent = place === 'persistent';
    const limits = persistent ? this.#config.system : this.#config.runtime;
    let store: JournalStore;
    try {
      store = this.#storeAt(this.#places[place], limits, this.#host.files);
    } catch {
      return false;
    }
    if (!this.#host.files.access(store.directory, 'write')) {
      store.close();
      return false;
    }
    const before = this.#store;
    this.#store = store;
    before?.close();
    this.#persistent = persistent;
    this.#others = this.#list(persistent ? this.#places.runtime : this.#places.persistent);
    this.#merged = undefined;
    return true;
  }

  /** Reads what the segment that is written had before this process went on with it, in turns, and then calls `done`. */
  catchUp(done: () => void): void {
    const end = this.#host.monotonic() + recallMs.turn;
    if (this.#store?.recall(() => this.#host.monotonic() < end) ?? true) done();
    else this.#host.after(recallMs.pause, () => this.catchUp(done));
  }

  #list(directory: string): SegmentFile[] {
    return listSegments(this.#host.files, directory);
  }

  #storeAt(directory: string, limits: SpaceLimits, files: JournalFiles): JournalStore {
    const store = new JournalStore({
      files,
      directory,
      prefix: this.#scope,
      machineId: this.#host.machineId ?? zeroId,
      newSeqnumId: () => this.#host.randomBytes(16).toString('hex'),
      limits,
      memoryBytes: files === this.#host.files ? this.#memoryOf(directory) : undefined,
      maxFileMs: this.#config.maxFileMs,
      maxRetentionMs: this.#config.maxRetentionMs,
      mode: 0o640,
      group: this.#scope === 'system' ? groupOfFiles(this.#host) : undefined,
    });
    store.onNotice = (notice) => this.onNotice(notice);
    return store;
  }

  /** Of a directory in memory, which is the container's: no share of it may be more than a share of that. */
  #memoryOf(directory: string): number | undefined {
    return isInMemory(this.#host, directory) ? memoryLimit(this.#host) : undefined;
  }

  // ---- what is where ------------------------------------------------------------------------------------------------

  /** What the store's segments are files of. */
  get files(): JournalFiles {
    return this.#store?.files ?? this.#host.files;
  }

  /** Whether anything is kept at all. */
  get stores(): boolean {
    return this.#store !== undefined;
  }

  /**
   * Segments of which regular users may read what is their own, as SplitMode= has it: systemd gives them files of their own
   * where the journal is persistent.
   */
  get segmentsOfUsers(): readonly SegmentFile[] {
    const { persistent } = this.#places;
    if (this.#scope !== 'system' || this.#config.splitMode !== 'uid') return [];
    return this.segments().filter(({ directory }) => directory === persistent);
  }

  /** The one that is written. */
  get directory(): string {
    return this.#store?.directory ?? this.#places.runtime;
  }

  /** The directories that are read, the one being written first. */
  get directories(): string[] {
    const { persistent, runtime } = this.#places;
    return this.#persistent ? [persistent, runtime] : [runtime, persistent];
  }

  /** All segments, oldest first, up to the last entry that was appended. */
  segments(): readonly SegmentFile[] {
    const store = this.#store;
    if (store === undefined) return this.#others;
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

  /** undefined for a journal that is not on disk. */
  usage(): StorageUsage | undefined {
    const store = this.#store;
    if (store === undefined || store.files !== this.#host.files) return undefined;
    const others = this.#others.map(
      ({ directory, name }) => this.#host.files.tryStat(`${directory}/${name}`)?.size ?? 0,
    );
    return {
      persistent: this.#persistent,
      directory: store.directory,
      used: others.reduce((sum, bytes) => sum + bytes, store.usage()),
      maxUse: store.limits.maxUse,
    };
  }

  // ---- appending ----------------------------------------------------------------------------------------------------

  append(shared: SharedFields, realtimeUsec: number, monotonicUsec: number, own: readonly Field[]): void {
    this.#store?.append(shared, realtimeUsec, monotonicUsec, own);
  }

  /** `lines`: `count` messages joined by newlines. */
  appendRun(shared: SharedFields, realtimeUsec: number, monotonicUsec: number, lines: Buffer, count: number): void {
    this.#store?.appendRun(shared, realtimeUsec, monotonicUsec, lines, count);
  }

  /** Writes what was appended. */
  flush(): void {
    this.#store?.flush();
  }

  /** Writes and fsyncs. */
  sync(): void {
    this.#store?.sync();
  }

  close(): void {
    this.#store?.close();
  }

  // ---- bounds and places --------------------------------------------------------------------------------------------

  /** Completes the segment that is being written and begins the next. */
  rotate(realtimeUsec: number): void {
    this.#store?.rotate();
    this.#store?.begin(realtimeUsec);
    this.#store?.flush();
  }

  /** Deletes what is out of bounds. */
  vacuum(bounds: VacuumBounds): Removed[] {
    return this.#store?.vacuum(bounds) ?? [];
  }

  /** `journalctl --flush`: to the persistent place, where Storage= asks for it and it can be written by now. */
  flushToPersistent(): void {
    if (this.#persistent || this.#config.storage === 'none' || !this.#wantsPersistent) return;
    this.#store?.rotate();
    this.#use('persistent');
  }

  /** `journalctl --relinquish-var`: the opposite; what is stored stays readable as long as it can be read. */
  relinquishPersistent(): void {
    if (!this.#persistent) return;
    this.#store?.rotate();
    this.#use('runtime');
  }
}
