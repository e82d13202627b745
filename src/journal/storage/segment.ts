/**
 * One segment of the journal: a file that is only ever appended to, in the Journal Export Format, and an index beside it.
 *
 * Blocks of the data file, told apart by their first line:
 *
 *     __JOURNAL=1 SEQNUM-ID HEAD MACHINE-ID             the file's head: number of its first entry
 *     __CONTEXT=N                                       fields that later entries refer to by N
 *     __ENTRY=N REALTIME MONOTONIC                      one entry: context N and the fields that follow
 *     __RUN=N REALTIME MONOTONIC COUNT                  COUNT entries with context N, each a line of the MESSAGE that follows
 *
 * Times are microseconds. Entries are numbered in order, so their numbers are not stored. What a flood of lines from
 * one service costs is therefore little more than the lines themselves.
 *
 * The index has a row of 24 bytes a block: offset, context, count of entries, number of the first entry relative to the
 * head (each u32), realtime (f64). A segment that is complete has a trailer after the rows: where its contexts are
 * and which values the most asked-for fields take in it, so that a search can pass it by. The index is only a help:
 * what of it is missing or does not fit the data is made again from the data, and a block that was cut short ends it.
 */
import type { Files, OpenFile } from '../../sys/host.ts';
import { type Field, JournalEntry, type RawField, type SharedFields, valueText } from '../entry/entry.ts';
import { decodeBlock, encodeBinaryAround, encodeBlock } from '../entry/export-format.ts';

/** What the journal asks of a file system; `MemoryFiles` has it too. */
export type JournalFiles = Pick<Files, 'open' | 'readdir' | 'unlink' | 'mkdirs' | 'tryStat' | 'space'>;

export const dataSuffix = '.export';
export const indexSuffix = '.index';

const rowSize = 24;
const trailerMark = 0xffffffff;
/** Room for what is not written yet: at first, and what is kept for the next time. */
const collectorBytes = { least: 4096, most: 512 * 1024 };
const rowWords = rowSize / 4;
const pageRows = 1024;
/** No block is longer: the bound of a native datagram passed as a file (journald's ENTRY_SIZE_MAX is larger by far). */
export const blockLimit = 80 * 1024 * 1024;
const scanWindow = 1 << 20;
/** Contexts that a reader keeps decoded: some two kilobytes each. */
const contextCacheLimit = 512;

/** Fields whose values the trailer lists; all of them shared fields. */
const summaryFields = [
  '_SYSTEMD_UNIT',
  'UNIT',
  'OBJECT_SYSTEMD_UNIT',
  'COREDUMP_UNIT',
  '_SYSTEMD_USER_UNIT',
  'USER_UNIT',
  '_SYSTEMD_SLICE',
  '_BOOT_ID',
  'SYSLOG_IDENTIFIER',
  'PRIORITY',
  '_TRANSPORT',
];
const summaryValueLimit = 1000;

/** What is known of a segment without its data: for each listed field the values it takes. A field that is absent was not counted. */
export interface SegmentSummary {
  entries: number;
  lastRealtimeUsec: number;
  values: ReadonlyMap<string, ReadonlySet<string>>;
}

/** A segment in a directory. The last two are there where they are known: complete, or being written by this process. */
export interface SegmentFile {
  readonly directory: string;
  readonly name: string;
  readonly seqnumId: string;
  readonly head: number;
  readonly realtimeUsec: number;
  summary?: SegmentSummary;
  contextOffsets?: readonly number[] | undefined;
}

const namePattern = /^([a-z]+)@([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{16})\.export$/;

export function segmentName(prefix: string, seqnumId: string, head: number, realtimeUsec: number): string {
  const hex = (value: number): string => value.toString(16).padStart(16, '0');
  return `${prefix}@${seqnumId}-${hex(head)}-${hex(realtimeUsec)}${dataSuffix}`;
}

/** undefined where the name is no segment's. */
export function parseSegmentName(directory: string, name: string): SegmentFile | undefined {
  const match = namePattern.exec(name);
  if (match === null) return undefined;
  const [, , seqnumId, head, realtime] = match;
  return {
    directory,
    name,
    seqnumId: seqnumId!,
    head: Number.parseInt(head!, 16),
    realtimeUsec: Number.parseInt(realtime!, 16),
  };
}

export function dataPath(segment: SegmentFile): string {
  return `${segment.directory}/${segment.name}`;
}

export function indexPath(segment: SegmentFile): string {
  return `${segment.directory}/${segment.name.slice(0, -dataSuffix.length)}${indexSuffix}`;
}

/** Distinct values of the summary's fields, as contexts come by. */
class SummaryBuilder {
  readonly #values = new Map<string, Set<string>>(summaryFields.map((name) => [name, new Set()]));

  add(fields: Iterable<Field>): void {
    for (const [name, value] of fields) {
      const values = this.#values.get(name);
      if (values === undefined) continue;
      values.add(valueText(value));
      if (values.size > summaryValueLimit) this.#values.delete(name);
    }
  }

  /** What was counted so far; goes on being filled. */
  get values(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#values;
  }
}

// ---- writing ------------------------------------------------------------------------------------------------------

/** Row that is being made: it is copied when it is collected. */
const rowBuffer = Buffer.alloc(rowSize);

/** Copies of bytes, one behind the other, in a buffer that is used again: in a flood none of it is garbage. */
class ByteCollector {
  #buffer = Buffer.allocUnsafeSlow(collectorBytes.least);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(bytes: Buffer): void {
    const size = this.#size + bytes.length;
    if (size > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(size, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, this.#size);
      this.#buffer = larger;
    }
    bytes.copy(this.#buffer, this.#size);
    this.#size = size;
  }

  /** What was collected, until the next `add` writes over it. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#size);
    this.#size = 0;
    if (this.#buffer.length > collectorBytes.most) this.#buffer = Buffer.allocUnsafeSlow(collectorBytes.least);
    return taken;
  }
}

/** Appends to one segment. What is appended is kept in memory until `flush`. */
export class SegmentWriter {
  readonly segment: SegmentFile;
  readonly #data: OpenFile;
  readonly #index: OpenFile;
  readonly #pending = new ByteCollector();
  readonly #pendingRows = new ByteCollector();
  #contexts = new Map<string, number>();
  readonly #contextOffsets: number[] = [];
  readonly #summary = new SummaryBuilder();
  #offset: number;
  #rows: number;
  #count: number;
  #lastRealtimeUsec: number;
  #pendingEntries = 0;
  /** Data that a failed write may have left in the middle: nothing may follow it. */
  broken = false;

  private constructor(segment: SegmentFile, data: OpenFile, index: OpenFile, resume: ResumePoint) {
    this.segment = segment;
    this.#data = data;
    this.#index = index;
    this.#offset = resume.offset;
    this.#rows = resume.rows;
    this.#count = resume.entries;
    this.#lastRealtimeUsec = resume.lastRealtimeUsec;
    for (const context of resume.contexts) {
      this.#contextOffsets.push(context.offset);
      this.#summary.add(context.fields);
    }
    // Who reads in this process need not find out what is known here; it grows with the segment.
    segment.contextOffsets = this.#contextOffsets;
    segment.summary = this.#liveSummary();
  }

  #liveSummary(): SegmentSummary {
    const entries = (): number => this.#count;
    const lastRealtimeUsec = (): number => this.#lastRealtimeUsec;
    return {
      values: this.#summary.values,
      get entries() {
        return entries();
      },
      get lastRealtimeUsec() {
        return lastRealtimeUsec();
      },
    };
  }

  /** Throws SystemError. */
  static create(files: JournalFiles, segment: SegmentFile, machineId: string, mode: number): SegmentWriter {
    const data = files.open(dataPath(segment), 'append', mode);
    const index = files.open(indexPath(segment), 'append', mode);
    const head = encodeBlock(`__JOURNAL=1 ${segment.seqnumId} ${segment.head} ${machineId}`, []);
    data.append(head);
    return new SegmentWriter(segment, data, index, {
      offset: head.length,
      rows: 0,
      entries: 0,
      lastRealtimeUsec: segment.realtimeUsec,
      contexts: [],
    });
  }

  /** Goes on with a segment that ends as it should; undefined where it does not, or is complete. Throws SystemError. */
  static resume(files: JournalFiles, segment: SegmentFile): SegmentWriter | undefined {
    const reader = new SegmentReader(files, segment);
    const point = reader.resumePoint();
    reader.close();
    if (point === undefined) return undefined;
    return new SegmentWriter(
      segment,
      files.open(dataPath(segment), 'append'),
      files.open(indexPath(segment), 'append'),
      point,
    );
  }

  /** Bytes of data and index, pending ones included. */
  get size(): number {
    return this.#offset + this.#rows * rowSize;
  }
  get entries(): number {
    return this.#count;
  }
  get nextSeqnum(): number {
    return this.segment.head + this.#count;
  }
  get lastRealtimeUsec(): number {
    return this.#lastRealtimeUsec;
  }
  get pendingBytes(): number {
    return this.#pending.size;
  }
  get pendingEntries(): number {
    return this.#pendingEntries;
  }

  append(shared: SharedFields, realtimeUsec: number, monotonicUsec: number, own: readonly Field[]): void {
    const context = this.#context(shared, realtimeUsec);
    const block = encodeBlock(`__ENTRY=${context} ${realtimeUsec} ${monotonicUsec}`, own);
    this.#row(context, 1, realtimeUsec);
    this.#add(block);
    this.#pendingEntries++;
  }

  /** `lines` are `count` messages with a newline between each and the next, none of them empty. The bytes are kept as they are. */
  appendRun(shared: SharedFields, realtimeUsec: number, monotonicUsec: number, lines: Buffer, count: number): void {
    if (count === 1) {
      this.append(shared, realtimeUsec, monotonicUsec, [['MESSAGE', lines]]);
      return;
    }
    const context = this.#context(shared, realtimeUsec);
    const head = `__RUN=${context} ${realtimeUsec} ${monotonicUsec} ${count}`;
    const [before, after] = encodeBinaryAround(head, 'MESSAGE', lines.length);
    this.#row(context, count, realtimeUsec);
    this.#add(before);
    this.#add(lines);
    this.#add(after);
    this.#pendingEntries += count;
  }

  #add(bytes: Buffer): void {
    this.#pending.add(bytes);
    this.#offset += bytes.length;
  }

  #row(context: number, count: number, realtimeUsec: number): void {
    const row = rowBuffer;
    row.writeUInt32LE(this.#offset, 0);
    row.writeUInt32LE(context, 4);
    row.writeUInt32LE(count, 8);
    row.writeUInt32LE(this.#count, 12);
    row.writeDoubleLE(realtimeUsec, 16);
    this.#pendingRows.add(row);
    this.#rows++;
    this.#count += count;
    this.#lastRealtimeUsec = realtimeUsec;
  }

  #context(shared: SharedFields, realtimeUsec: number): number {
    if (shared.slot?.owner === this) return shared.slot.id;
    let id = this.#contexts.get(shared.key);
    if (id === undefined) {
      id = this.#contextOffsets.length;
      // A flood of short-lived origins must not keep all of them in memory: they are written again when they come back.
      if (this.#contexts.size >= 1024) this.#contexts = new Map();
      this.#contexts.set(shared.key, id);
      this.#contextOffsets.push(this.#offset);
      this.#summary.add(shared.fields);
      this.#row(id, 0, realtimeUsec);
      this.#add(encodeBlock(`__CONTEXT=${id}`, shared.fields));
    }
    shared.slot = { owner: this, id };
    return id;
  }

  /** Writes what is pending. Throws SystemError, and is `broken` from then on; what was pending is lost. */
  flush(): void {
    if (this.#pending.size === 0) return;
    const data = this.#pending.take();
    const rows = this.#pendingRows.take();
    this.broken = true;
    this.#data.append(data);
    this.#index.append(rows);
    this.#pendingEntries = 0;
    this.broken = false;
  }

  sync(): void {
    this.flush();
    this.#data.sync();
    this.#index.sync();
  }

  /** Ends the segment for good: writes the trailer. */
  complete(): void {
    this.flush();
    const summary: SegmentSummary = {
      entries: this.#count,
      lastRealtimeUsec: this.#lastRealtimeUsec,
      values: this.#summary.values,
    };
    this.#index.append(encodeTrailer(summary, this.#contextOffsets, this.#offset));
    this.segment.summary = summary;
    this.segment.contextOffsets = undefined;
  }

  close(): void {
    this.#data.close();
    this.#index.close();
  }
}

function encodeTrailer(summary: SegmentSummary, contexts: readonly number[], end: number): Buffer {
  const offsets = Buffer.alloc(contexts.length * 4);
  contexts.forEach((offset, index) => {
    offsets.writeUInt32LE(offset, index * 4);
  });
  const values = Object.fromEntries([...summary.values].map(([name, set]) => [name, [...set]]));
  const text = Buffer.from(
    JSON.stringify({ entries: summary.entries, last: summary.lastRealtimeUsec, end, values }),
    'utf8',
  );
  const mark = Buffer.alloc(rowSize);
  mark.writeUInt32LE(trailerMark, 0);
  mark.writeUInt32LE(contexts.length, 4);
  mark.writeUInt32LE(text.length, 8);
  return Buffer.concat([offsets, text, mark]);
}

interface Trailer {
  size: number;
  contexts: Buffer;
  end: number;
  summary: SegmentSummary;
}

function readTrailer(index: OpenFile, size: number): Trailer | undefined {
  if (size < rowSize) return undefined;
  const mark = index.read(size - rowSize, rowSize);
  if (mark.length < rowSize || mark.readUInt32LE(0) !== trailerMark) return undefined;
  const contextBytes = mark.readUInt32LE(4) * 4;
  const textLength = mark.readUInt32LE(8);
  const trailerSize = contextBytes + textLength + rowSize;
  if (trailerSize > size) return undefined;
  try {
    const bytes = index.read(size - trailerSize, contextBytes + textLength);
    const facts: unknown = JSON.parse(bytes.toString('utf8', contextBytes));
    if (typeof facts !== 'object' || facts === null) return undefined;
    const { entries, last, end, values } = facts as Record<string, unknown>;
    if (typeof entries !== 'number' || typeof last !== 'number' || typeof end !== 'number') return undefined;
    const sets = new Map<string, ReadonlySet<string>>();
    for (const [name, list] of Object.entries(values ?? {})) {
      if (Array.isArray(list)) sets.set(name, new Set(list.map(String)));
    }
    return {
      size: trailerSize,
      contexts: bytes.subarray(0, contextBytes),
      end,
      summary: { entries, lastRealtimeUsec: last, values: sets },
    };
  } catch {
    return undefined;
  }
}

// ---- reading ------------------------------------------------------------------------------------------------------

interface ResumePoint {
  offset: number;
  rows: number;
  entries: number;
  lastRealtimeUsec: number;
  contexts: { offset: number; fields: readonly RawField[] }[];
}

/** What a block of entries holds: the fields of one, or the messages of a run. */
export type BlockContent =
  | { monotonicUsec: number; fields: RawField[]; lines?: undefined }
  | { monotonicUsec: number; lines: Buffer[]; fields?: undefined };

const noRows = Buffer.alloc(0);

/** Reads one segment, also while it is being written: `refresh` sees what was flushed since. */
export class SegmentReader {
  readonly segment: SegmentFile;
  readonly #data: OpenFile;
  readonly #index: OpenFile | undefined;
  /** Rows that the index has and the data bears out. */
  #indexRows = 0;
  /** Rows made from data that the index does not know. */
  #extra: Buffer = noRows;
  #end = 0;
  #complete = false;
  #trailer: Trailer | undefined;
  #page: Buffer = noRows;
  /** The page as numbers of 32 bits, as x86 and ARM have them. */
  #words: Uint32Array = new Uint32Array(0);
  #pageStart = -1;
  readonly #contextOffsets: number[] = [];
  #contextRowsSeen = 0;
  readonly #contexts = new Map<number, readonly RawField[]>();

  /** Throws SystemError. */
  constructor(files: JournalFiles, segment: SegmentFile) {
    this.segment = segment;
    this.#data = files.open(dataPath(segment), 'read');
    let index: OpenFile | undefined;
    try {
      index = files.open(indexPath(segment), 'read');
    } catch {
      // Everything can be found without it.
    }
    this.#index = index;
    this.refresh();
  }

  close(): void {
    this.#data.close();
    this.#index?.close();
  }

  get rows(): number {
    return this.#indexRows + this.#extra.length / rowSize;
  }

  /** Looks again how far data and index go. */
  refresh(): void {
    if (this.#complete) return;
    const size = this.#data.size();
    const indexSize = this.#index?.size() ?? 0;
    if (this.#index !== undefined) this.#trailer = readTrailer(this.#index, indexSize);
    if (this.#trailer !== undefined && this.#trailer.end <= size) {
      this.#complete = true;
      this.#setRows(Math.floor((indexSize - this.#trailer.size) / rowSize));
      this.#end = this.#trailer.end;
      this.segment.summary = this.#trailer.summary;
      return;
    }
    let rows = Math.floor(indexSize / rowSize);
    if (rows === this.#indexRows && this.#extra.length === 0 && this.#end === size) return;
    this.#setRows(rows);
    rows = this.#rowsBelow(size);
    let end: number | undefined;
    while (rows > 0 && end === undefined) {
      end = this.#blockEnd(this.offsetOf(rows - 1), size);
      if (end === undefined) rows--;
    }
    this.#setRows(rows);
    this.#end = end ?? this.#blockEnd(0, size) ?? 0;
    if (this.#end > 0 && this.#end < size) this.#scan(size);
  }

  /** Rows whose blocks begin before `size`: after a loss of power the index may know more than the data has. */
  #rowsBelow(size: number): number {
    let low = 0;
    let high = this.#indexRows;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.offsetOf(middle) < size) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #setRows(rows: number): void {
    this.#indexRows = rows;
    this.#extra = noRows;
    this.#pageStart = -1;
  }

  /** Where the block at `offset` ends; undefined where it was cut short or is none. */
  #blockEnd(offset: number, size: number): number | undefined {
    for (let window = 4096; ; window *= 8) {
      const length = Math.min(window, size - offset, blockLimit);
      const block = decodeBlock(this.#data.read(offset, length), 0);
      if (block !== undefined) return offset + block.end;
      if (length < window) return undefined;
    }
  }

  /** Makes rows from the data after `#end`. */
  #scan(size: number): void {
    const rows: Buffer[] = [];
    let seq = this.#indexRows === 0 ? 0 : this.seqOf(this.#indexRows - 1) + this.countOf(this.#indexRows - 1);
    let realtimeUsec = this.#indexRows === 0 ? this.segment.realtimeUsec : this.realtimeOf(this.#indexRows - 1);
    let window = scanWindow;
    while (this.#end < size) {
      const data = this.#data.read(this.#end, Math.min(window, size - this.#end));
      let position = 0;
      for (;;) {
        const block = decodeBlock(data, position);
        const head = block?.fields[0];
        const facts = head === undefined ? undefined : parseHead(head);
        if (block === undefined || facts === undefined) break;
        const row = Buffer.allocUnsafe(rowSize);
        row.writeUInt32LE(this.#end + position, 0);
        row.writeUInt32LE(facts.context, 4);
        row.writeUInt32LE(facts.count, 8);
        row.writeUInt32LE(seq, 12);
        if (facts.count > 0) realtimeUsec = facts.realtimeUsec;
        row.writeDoubleLE(realtimeUsec, 16);
        rows.push(row);
        seq += facts.count;
        position = block.end;
      }
      this.#end += position;
      if (position > 0) window = scanWindow;
      else if (data.length === size - this.#end || window >= blockLimit) break;
      else window *= 4;
    }
    this.#extra = Buffer.concat(rows);
  }

  #rowAt(row: number): number {
    if (row >= this.#pageStart && row < this.#pageStart + this.#page.length / rowSize && this.#pageStart >= 0)
      return (row - this.#pageStart) * rowSize;
    if (row >= this.#indexRows) {
      this.#page = this.#extra;
      this.#pageStart = this.#indexRows;
    } else {
      this.#pageStart = row - (row % pageRows);
      const count = Math.min(pageRows, this.#indexRows - this.#pageStart);
      this.#page = this.#index!.read(this.#pageStart * rowSize, count * rowSize);
    }
    const { buffer, byteOffset, length } = byteOffsetIsAligned(this.#page)
      ? this.#page
      : Buffer.copyBytesFrom(this.#page);
    this.#words = new Uint32Array(buffer, byteOffset, length >>> 2);
    return (row - this.#pageStart) * rowSize;
  }

  /**
   * The first row from `row` on, in steps of `direction`, that has entries and a context that `wanted` does not rule out;
   * undefined after `limit` rows or at the end. The second number is the row after the last one looked at.
   */
  findRow(
    row: number,
    direction: 1 | -1,
    limit: number,
    wanted: (context: number) => boolean,
  ): [found: number | undefined, next: number] {
    const { rows } = this;
    let at = row;
    for (let left = limit; left > 0 && at >= 0 && at < rows; ) {
      this.#rowAt(at);
      const start = this.#pageStart;
      const words = this.#words;
      const pageEnd = start + words.length / rowWords;
      for (; left > 0 && at >= start && at < pageEnd; at += direction, left--) {
        const word = (at - start) * rowWords;
        if (words[word + 2] !== 0 && wanted(words[word + 1]!)) return [at, at + direction];
      }
    }
    return [undefined, at];
  }

  offsetOf(row: number): number {
    const at = this.#rowAt(row);
    return this.#page.readUInt32LE(at);
  }
  contextOf(row: number): number {
    const at = this.#rowAt(row);
    return this.#page.readUInt32LE(at + 4);
  }
  /** Entries of the block; 0 for a block that defines a context. */
  countOf(row: number): number {
    const at = this.#rowAt(row);
    return this.#page.readUInt32LE(at + 8);
  }
  /** Number of the block's first entry, relative to the head. */
  seqOf(row: number): number {
    const at = this.#rowAt(row);
    return this.#page.readUInt32LE(at + 12);
  }
  realtimeOf(row: number): number {
    const at = this.#rowAt(row);
    return this.#page.readDoubleLE(at + 16);
  }

  /** Entries in the segment so far. */
  get entries(): number {
    return this.rows === 0 ? 0 : this.seqOf(this.rows - 1) + this.countOf(this.rows - 1);
  }

  /** The row that holds entry `seq` (relative), or the last one before; -1 where there is none. */
  rowOfSeq(seq: number): number {
    let low = 0;
    let high = this.rows;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.seqOf(middle) <= seq) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The first row that is not older than `realtimeUsec`; `rows` where all are. */
  rowOfTime(realtimeUsec: number): number {
    let low = 0;
    let high = this.rows;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.realtimeOf(middle) < realtimeUsec) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  get contextCount(): number {
    if (this.#trailer !== undefined && this.#complete) return this.#trailer.contexts.length / 4;
    if (this.segment.contextOffsets !== undefined) return this.segment.contextOffsets.length;
    for (; this.#contextRowsSeen < this.rows; this.#contextRowsSeen++) {
      if (this.countOf(this.#contextRowsSeen) === 0) this.#contextOffsets.push(this.offsetOf(this.#contextRowsSeen));
    }
    return this.#contextOffsets.length;
  }

  #contextOffset(id: number): number | undefined {
    if (id >= this.contextCount) return undefined;
    if (this.#trailer !== undefined && this.#complete) return this.#trailer.contexts.readUInt32LE(id * 4);
    return (this.segment.contextOffsets ?? this.#contextOffsets)[id];
  }

  /** The shared fields that entries of context `id` have. */
  context(id: number): readonly RawField[] {
    let fields = this.#contexts.get(id);
    if (fields === undefined) {
      const offset = this.#contextOffset(id);
      const block = offset === undefined ? undefined : this.#block(offset);
      fields = block?.fields.slice(1) ?? [];
      if (this.#contexts.size >= contextCacheLimit) this.#contexts.clear();
      this.#contexts.set(id, fields);
    }
    return fields;
  }

  #block(offset: number): ReturnType<typeof decodeBlock> {
    const end = this.#blockEnd(offset, this.#end);
    return end === undefined ? undefined : decodeBlock(this.#data.read(offset, end - offset), 0);
  }

  /** The entries of a row; undefined where the block cannot be read. */
  content(row: number): BlockContent | undefined {
    const offset = this.offsetOf(row);
    const end = row + 1 < this.rows ? this.offsetOf(row + 1) : this.#end;
    if (end <= offset || end - offset > blockLimit) return undefined;
    const block = decodeBlock(this.#data.read(offset, end - offset), 0);
    const facts = block?.fields[0] === undefined ? undefined : parseHead(block.fields[0]);
    if (block === undefined || facts === undefined || facts.count !== this.countOf(row)) return undefined;
    if (facts.kind === 'entry') return { monotonicUsec: facts.monotonicUsec, fields: block.fields.slice(1) };
    const lines = splitLines(block.fields[1]?.[1] ?? noRows);
    return lines.length === facts.count ? { monotonicUsec: facts.monotonicUsec, lines } : undefined;
  }

  entry(row: number, within: number, content: BlockContent): JournalEntry {
    return new JournalEntry({
      seqnumId: this.segment.seqnumId,
      seqnum: this.segment.head + this.seqOf(row) + within,
      realtimeUsec: this.realtimeOf(row),
      monotonicUsec: content.monotonicUsec,
      shared: this.context(this.contextOf(row)),
      own: content.fields ?? [['MESSAGE', content.lines[within]!]],
    });
  }

  /** Nothing more will be written to it. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Whether every block can be read and nothing was cut short. Reads everything. */
  verify(): boolean {
    for (let row = 0; row < this.rows; row++) {
      if (this.countOf(row) === 0 ? this.#block(this.offsetOf(row)) === undefined : this.content(row) === undefined)
        return false;
    }
    return this.#end > 0 && this.#end === this.#data.size();
  }

  resumePoint(): ResumePoint | undefined {
    if (this.#complete || this.#extra.length > 0 || this.#end === 0 || this.#end !== this.#data.size())
      return undefined;
    if (this.#index === undefined || this.#index.size() !== this.#indexRows * rowSize) return undefined;
    const contexts: ResumePoint['contexts'] = [];
    for (let id = 0; id < this.contextCount; id++) {
      contexts.push({ offset: this.#contextOffset(id)!, fields: this.context(id) });
    }
    return {
      offset: this.#end,
      rows: this.rows,
      entries: this.entries,
      lastRealtimeUsec: this.rows === 0 ? this.segment.realtimeUsec : this.realtimeOf(this.rows - 1),
      contexts,
    };
  }
}

function byteOffsetIsAligned(bytes: Buffer): boolean {
  return bytes.byteOffset % 4 === 0;
}

interface HeadFacts {
  kind: 'context' | 'entry' | 'run';
  context: number;
  count: number;
  realtimeUsec: number;
  monotonicUsec: number;
}

function parseHead([name, value]: RawField): HeadFacts | undefined {
  const numbers = value.toString('latin1').split(' ').map(Number);
  const [context = Number.NaN, realtimeUsec = 0, monotonicUsec = 0, count = 1] = numbers;
  if (!numbers.every(Number.isSafeInteger)) return undefined;
  if (name === '__CONTEXT') return { kind: 'context', context, count: 0, realtimeUsec: 0, monotonicUsec: 0 };
  if (name === '__ENTRY') return { kind: 'entry', context, count: 1, realtimeUsec, monotonicUsec };
  if (name === '__RUN') return { kind: 'run', context, count, realtimeUsec, monotonicUsec };
  return undefined;
}

function splitLines(data: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (;;) {
    const end = data.indexOf(0x0a, start);
    if (end < 0) break;
    lines.push(data.subarray(start, end));
    start = end + 1;
  }
  lines.push(data.subarray(start));
  return lines;
}
