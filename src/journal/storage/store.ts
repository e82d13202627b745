/** A directory of segments: one is written, the others are complete. Bounded in bytes, files and age; rotates and vacuums. */
import { SystemError } from '../../sys/host.ts';
import type { Field, SharedFields } from '../entry/entry.ts';
import type { SpaceLimits } from './config.ts';
import {
  dataPath,
  indexPath,
  type JournalFiles,
  numberLimit,
  parseSegmentName,
  type SegmentFile,
  segmentName,
} from './segment.ts';
import { SegmentWriter } from './segment-writer.ts';

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;
/** A turn's appends are written at its end; this many bytes are written at once. */
const flushBytes = 256 * 1024;
/** After a failed write the next attempt is made this much later. */
const retryUsec = 1_000_000;

export interface StoreOptions {
  files: JournalFiles;
  directory: string;
  /** Beginning of the segments' names: 'system' or 'user'. */
  prefix: string;
  machineId: string;
  /** 32 hex digits that name the sequence of entry numbers, for a directory that has none yet. */
  newSeqnumId: () => string;
  limits: SpaceLimits;
  /** Bytes of memory that there are, where the directory lies in it. */
  memoryBytes?: number | undefined;
  maxFileMs: number;
  maxRetentionMs: number;
  /** Permissions of the segments. */
  mode: number;
  /** Who may read it beside its owner. */
  group?: number | undefined;
}

/** Bounds of what is kept; of 0 there are none. */
export interface VacuumBounds {
  bytes: number;
  files: number;
  olderThanUsec: number;
}

export interface Removed {
  segment: SegmentFile;
  bytes: number;
  entries: number;
}

/** What must be said in the journal itself; `entries` and `bytes` are gone. */
export type StoreNotice =
  | { kind: 'vacuumed'; entries: number; bytes: number; limit: string }
  | { kind: 'lost'; entries: number; reason: string };

export class JournalStore {
  readonly #options: StoreOptions;
  readonly #files: JournalFiles;
  /** Oldest first, the one being written last. */
  readonly #segments: SegmentFile[] = [];
  #writer: SegmentWriter | undefined;
  #seqnumId: string;
  #nextSeqnum = 1;
  #lost = 0;
  #lostReason = '';
  #retryAtUsec = 0;
  #lastRealtimeUsec = 0;
  #maxFileBytes = 0;
  /** Called when something was deleted to stay in bounds, or lost; never while an entry is being appended. */
  onNotice: (notice: StoreNotice) => void = () => {};
  #notices: StoreNotice[] = [];

  /** Throws SystemError where the directory cannot be made or read. */
  constructor(options: StoreOptions) {
    this.#options = options;
    this.#files = options.files;
    this.#files.mkdirs(options.directory, 0o755);
    this.#segments = listSegments(this.#files, options.directory).filter((s) =>
      s.name.startsWith(`${options.prefix}@`),
    );
    const last = this.#segments.at(-1);
    this.#seqnumId = last?.seqnumId ?? options.newSeqnumId();
    if (last !== undefined) this.#resume(last);
  }

  get directory(): string {
    return this.#options.directory;
  }
  get files(): JournalFiles {
    return this.#files;
  }
  get segments(): readonly SegmentFile[] {
    return this.#segments;
  }

  #resume(last: SegmentFile): void {
    try {
      const writer = SegmentWriter.resume(this.#files, last);
      if (writer !== undefined) {
        this.#adopt(writer);
        this.#nextSeqnum = writer.nextSeqnum;
        this.#lastRealtimeUsec = writer.lastRealtimeUsec;
        return;
      }
    } catch {
      // Unreadable: the next segment begins a sequence of its own.
    }
    const entries = last.summary?.entries;
    if (entries === undefined) this.#seqnumId = this.#options.newSeqnumId();
    else this.#nextSeqnum = last.head + entries;
  }

  /** Learns what the segment that is gone on with has, as long as `goesOn`; true where nothing is left. */
  recall(goesOn: () => boolean): boolean {
    return this.#writer?.recall(goesOn) ?? true;
  }

  #adopt(writer: SegmentWriter): void {
    this.#writer = writer;
    this.#maxFileBytes = this.#limits().maxFileSize;
  }

  /** Limits in bytes now: shares of the file system as journald.conf(5) gives them. */
  #limits(): { maxUse: number; keepFree: number; maxFileSize: number; maxFiles: number } {
    const { limits, directory, memoryBytes = Number.POSITIVE_INFINITY } = this.#options;
    let total = 0;
    let free = 0;
    try {
      ({ total, free } = this.#files.space(directory));
    } catch {
      // Unknown: the least of everything.
    }
    total = Math.min(total, memoryBytes);
    free = Math.min(free, memoryBytes);
    const share = (part: number): number => Math.floor(Math.min(Math.max(total * part, mebibyte), 4 * gibibyte));
    const keepFree = limits.keepFree ?? share(0.15);
    const maxUse = Math.max(
      limits.maxUse ?? Math.min(share(0.1), Math.max(free + this.usage() - keepFree, mebibyte)),
      1024,
    );
    const wanted = limits.maxFileSize ?? Math.min(Math.max(maxUse / 8, 512 * 1024), 32 * mebibyte);
    const maxFileSize = Math.min(Math.max(wanted, 4096), numberLimit);
    return { maxUse, keepFree, maxFileSize, maxFiles: Math.max(limits.maxFiles, 1) };
  }

  // ---- appending ----------------------------------------------------------------------------------------------------

  append(shared: SharedFields, realtimeUsec: number, monotonicUsec: number, own: readonly Field[]): void {
    const writer = this.#ready(realtimeUsec, 1);
    if (writer === undefined) return;
    writer.append(shared, realtimeUsec, monotonicUsec, own);
    if (writer.pendingBytes >= flushBytes) this.flush();
  }

  /** `lines`: `count` messages joined by newlines. */
  appendRun(shared: SharedFields, realtimeUsec: number, monotonicUsec: number, lines: Buffer, count: number): void {
    const writer = this.#ready(realtimeUsec, count);
    if (writer === undefined) return;
    writer.appendRun(shared, realtimeUsec, monotonicUsec, lines, count);
    if (writer.pendingBytes >= flushBytes) this.flush();
  }

  /** A writer to append to; undefined where there can be none at the moment (`entries` are then lost, and counted). */
  #ready(realtimeUsec: number, entries: number): SegmentWriter | undefined {
    const writer = this.#writer;
    if (writer !== undefined) {
      const { maxFileMs } = this.#options;
      const tooOld = maxFileMs > 0 && realtimeUsec - writer.segment.realtimeUsec > maxFileMs * 1000;
      // Within a segment time does not go back, so that it can be searched.
      const backwards = realtimeUsec < this.#lastRealtimeUsec;
      if (writer.size < this.#maxFileBytes && !tooOld && !backwards) {
        this.#lastRealtimeUsec = realtimeUsec;
        return writer;
      }
      if (writer.entries > 0) this.rotate();
    }
    this.#lastRealtimeUsec = realtimeUsec;
    return this.#writer ?? this.#create(realtimeUsec, entries);
  }

  #handToGroup(segment: SegmentFile): void {
    const { group } = this.#options;
    if (group === undefined) return;
    try {
      for (const path of [dataPath(segment), indexPath(segment)]) this.#files.chown(path, -1, group);
    } catch (error) {
      // A file system without groups: root alone reads it then.
      if (!(error instanceof SystemError)) throw error;
    }
  }

  #create(realtimeUsec: number, entries: number): SegmentWriter | undefined {
    if (this.#lost > 0 && realtimeUsec < this.#retryAtUsec && realtimeUsec > this.#retryAtUsec - 2 * retryUsec) {
      this.#lost += entries;
      return undefined;
    }
    const { directory, prefix, machineId, mode } = this.#options;
    const segment: SegmentFile = {
      directory,
      name: segmentName(prefix, this.#seqnumId, this.#nextSeqnum, realtimeUsec),
      seqnumId: this.#seqnumId,
      head: this.#nextSeqnum,
      realtimeUsec,
    };
    try {
      this.#files.mkdirs(directory, 0o755);
      const writer = SegmentWriter.create(this.#files, segment, machineId, mode);
      this.#handToGroup(segment);
      this.#segments.push(segment);
      this.#adopt(writer);
      if (this.#lost > 0) this.#notices.push({ kind: 'lost', entries: this.#lost, reason: this.#lostReason });
      this.#lost = 0;
      return writer;
    } catch (error) {
      this.#failed(entries, error, realtimeUsec);
      return undefined;
    }
  }

  #failed(entries: number, error: unknown, realtimeUsec: number): void {
    this.#lost += entries;
    this.#lostReason = error instanceof SystemError ? error.code : String(error);
    this.#retryAtUsec = realtimeUsec + retryUsec;
    // A full disk: what is oldest makes room.
    if (error instanceof SystemError && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) {
      const oldest = this.#segments.length > 1 ? this.#segments[0] : undefined;
      if (oldest !== undefined) this.#noticeRemoved([this.#remove(oldest)], 'No space left on device');
    }
  }

  /** Writes what is pending, and says what there is to say. Never throws. */
  flush(): void {
    const writer = this.#writer;
    if (writer !== undefined && writer.pendingBytes > 0) {
      const entries = writer.pendingEntries;
      try {
        writer.flush();
      } catch (error) {
        this.#nextSeqnum = writer.nextSeqnum;
        this.#writer = undefined;
        closeQuietly(writer);
        this.#failed(entries, error, this.#lastRealtimeUsec);
      }
    }
    for (const notice of this.#notices.splice(0)) this.onNotice(notice);
  }

  /** fsync of what was written so far. Never throws. */
  sync(): void {
    this.flush();
    try {
      this.#writer?.sync();
    } catch {
      // The next flush meets the same error and reports it.
    }
  }

  // ---- bounds -------------------------------------------------------------------------------------------------------

  /** Completes the segment that is being written; the next entry begins a new one. Old ones go where limits ask for it. */
  rotate(): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#writer = undefined;
    this.#nextSeqnum = writer.nextSeqnum;
    const entries = writer.pendingEntries;
    try {
      writer.complete();
    } catch (error) {
      if (writer.broken) this.#failed(entries, error, this.#lastRealtimeUsec);
    }
    closeQuietly(writer);
    const limits = this.#limits();
    const removed = this.#vacuum({
      bytes: limits.maxUse,
      files: limits.maxFiles,
      olderThanUsec:
        this.#options.maxRetentionMs > 0 ? this.#lastRealtimeUsec - this.#options.maxRetentionMs * 1000 : 0,
    });
    this.#noticeRemoved(removed, `${limits.maxUse}`);
  }

  /** Begins a segment for entries to come, where none is open. Never throws. */
  begin(realtimeUsec: number): void {
    if (this.#writer === undefined) this.#create(realtimeUsec, 0);
  }

  /** Limits as they are now, in bytes. */
  get limits(): { maxUse: number; keepFree: number; maxFileSize: number } {
    return this.#limits();
  }

  #noticeRemoved(removed: readonly Removed[], limit: string): void {
    if (removed.length === 0) return;
    const entries = removed.reduce((sum, item) => sum + item.entries, 0);
    const bytes = removed.reduce((sum, item) => sum + item.bytes, 0);
    this.#notices.push({ kind: 'vacuumed', entries, bytes, limit });
  }

  /**
   * Deletes complete segments, oldest first, until the complete ones are within bounds. The one being
   * written stays, but counts as a file.
   */
  vacuum(bounds: VacuumBounds): Removed[] {
    this.flush();
    const active = this.#writer?.size ?? 0;
    return this.#vacuum({ ...bounds, bytes: bounds.bytes > 0 ? bounds.bytes + active : 0 });
  }

  #vacuum(bounds: VacuumBounds): Removed[] {
    const removed: Removed[] = [];
    let usage = this.usage();
    for (;;) {
      const oldest = this.#segments[0];
      if (oldest === undefined || oldest === this.#writer?.segment) break;
      const newestEntry = oldest.summary?.lastRealtimeUsec ?? this.#segments[1]?.realtimeUsec ?? oldest.realtimeUsec;
      const over =
        (bounds.bytes > 0 && usage > bounds.bytes) ||
        (bounds.files > 0 && this.#segments.length > bounds.files) ||
        (bounds.olderThanUsec > 0 && newestEntry < bounds.olderThanUsec);
      if (!over) break;
      const item = this.#remove(oldest);
      usage -= item.bytes;
      removed.push(item);
    }
    return removed;
  }

  #remove(segment: SegmentFile): Removed {
    const position = this.#segments.indexOf(segment);
    const next = this.#segments[position + 1];
    const known = segment.summary?.entries;
    const nextHead = next?.head ?? this.#nextSeqnum;
    const entries = known ?? (next === undefined || next.seqnumId === segment.seqnumId ? nextHead - segment.head : 0);
    const bytes = segmentBytes(this.#files, segment);
    this.#segments.splice(position, 1);
    for (const path of [dataPath(segment), indexPath(segment)]) {
      try {
        this.#files.unlink(path);
      } catch {
        // Gone already, or not ours to delete.
      }
    }
    return { segment, bytes, entries: Math.max(entries, 0) };
  }

  /** Bytes of all segments. */
  usage(): number {
    let sum = 0;
    for (const segment of this.#segments) {
      sum += segment === this.#writer?.segment ? this.#writer.size : segmentBytes(this.#files, segment);
    }
    return sum;
  }

  close(): void {
    this.flush();
    if (this.#writer !== undefined) closeQuietly(this.#writer);
    this.#writer = undefined;
  }
}

function closeQuietly(writer: SegmentWriter): void {
  try {
    writer.close();
  } catch {
    // Nothing more can be done for it.
  }
}

/** Bytes of a segment's files; kept once the segment is complete, as they change no more. */
export function segmentBytes(files: JournalFiles, segment: SegmentFile): number {
  return fileBytes(files, dataPath(segment)) + fileBytes(files, indexPath(segment));
}

function fileBytes(files: JournalFiles, path: string): number {
  const known = files.tryStat(path)?.size;
  if (known !== undefined) return known;
  try {
    const file = files.open(path, 'read');
    const size = file.size();
    file.close();
    return size;
  } catch {
    return 0;
  }
}

/** Segments of a directory, oldest first; none where it cannot be read. */
export function listSegments(files: Pick<JournalFiles, 'readdir'>, directory: string): SegmentFile[] {
  let names: string[];
  try {
    names = files.readdir(directory);
  } catch {
    return [];
  }
  return sortSegments(names.flatMap((name) => parseSegmentName(directory, name) ?? []));
}

/** By number where all are of one sequence (clocks may go back), else by time. */
export function sortSegments(segments: SegmentFile[]): SegmentFile[] {
  const single = segments.every((segment) => segment.seqnumId === segments[0]?.seqnumId);
  return segments.sort((a, b) => (single ? a.head - b.head : a.realtimeUsec - b.realtimeUsec || a.head - b.head));
}
