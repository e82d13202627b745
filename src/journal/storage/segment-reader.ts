/** Reads one segment, also while it is being written: `refresh` sees what was flushed since. */
import type { OpenFile } from '../../sys/host.ts';
import { JournalEntry, type RawField } from '../entry/entry.ts';
import { decodeBlock } from '../entry/export-format.ts';
import {
  blockLimit,
  dataPath,
  indexPath,
  type JournalFiles,
  numberLimit,
  parseHead,
  type SegmentFile,
} from './segment.ts';
import { encodeRow, IndexRows, readTrailer, rowSize, type Trailer } from './segment-index.ts';

const scanWindow = 1 << 20;
/** Contexts that a reader keeps decoded: some two kilobytes each. */
const contextCacheLimit = 512;

/** Where a writer goes on. */
export interface ResumePoint {
  offset: number;
  rows: number;
  entries: number;
  lastRealtimeUsec: number;
  /** Where its contexts are. */
  contextOffsets: number[];
}

/** What a block of entries holds: the fields of one, or the messages of a run. */
export type BlockContent =
  | { monotonicUsec: number; fields: RawField[]; lines?: undefined }
  | { monotonicUsec: number; lines: Buffer[]; fields?: undefined };

export class SegmentReader {
  readonly segment: SegmentFile;
  /** Its blocks. */
  readonly rows: IndexRows;
  readonly #data: OpenFile;
  readonly #index: OpenFile | undefined;
  #end = 0;
  /** Of a segment that is complete. */
  #trailer: Trailer | undefined;
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
    this.rows = new IndexRows(index);
    this.refresh();
  }

  close(): void {
    this.#data.close();
    this.#index?.close();
  }

  /** Nothing more will be written to it. */
  get complete(): boolean {
    return this.#trailer !== undefined;
  }

  /** When its last entry came, or it was begun. */
  get lastRealtimeUsec(): number {
    const { count } = this.rows;
    return count === 0 ? this.segment.realtimeUsec : this.rows.realtimeOf(count - 1);
  }

  /** Looks again how far data and index go. */
  refresh(): void {
    if (this.complete) return;
    const { rows } = this;
    const size = this.#data.size();
    const indexSize = this.#index?.size() ?? 0;
    const trailer = this.#index === undefined ? undefined : readTrailer(this.#index, indexSize);
    if (trailer !== undefined && trailer.end <= size) {
      this.#trailer = trailer;
      rows.reset(Math.floor((indexSize - trailer.size) / rowSize));
      this.#end = trailer.end;
      this.segment.summary = trailer.summary;
      return;
    }
    const written = Math.floor(indexSize / rowSize);
    if (written === rows.written && rows.count === written && this.#end === size) return;
    rows.reset(written);
    // After a loss of power the index may know more than the data has.
    let sound = rows.rowsBefore(size);
    let end: number | undefined;
    // A block ends where the next one begins, if not before: of what was lost nothing is read twice.
    for (let bound = size; sound > 0 && end === undefined; ) {
      const offset = rows.offsetOf(sound - 1);
      end = this.#blockEnd(offset, bound);
      bound = Math.min(bound, offset);
      if (end === undefined) sound--;
    }
    rows.reset(sound);
    this.#end = end ?? this.#blockEnd(0, size) ?? 0;
    if (this.#end > 0 && this.#end < size) this.#scan(size);
  }

  /** The block at `offset` in more bytes than it has; undefined where it was cut short or is none. */
  #blockAt(offset: number, size: number): ReturnType<typeof decodeBlock> {
    if (offset >= size) return undefined;
    for (let window = 4096; ; window *= 8) {
      const length = Math.min(window, size - offset, blockLimit);
      const block = decodeBlock(this.#data.read(offset, length), 0);
      if (block !== undefined || length < window) return block;
    }
  }

  #blockEnd(offset: number, size: number): number | undefined {
    const block = this.#blockAt(offset, size);
    return block && offset + block.end;
  }

  /** Makes rows from the data after `#end`. */
  #scan(size: number): void {
    const made: Buffer[] = [];
    let seq = this.rows.entries;
    let realtimeUsec = this.lastRealtimeUsec;
    let window = scanWindow;
    while (this.#end < size) {
      const data = this.#data.read(this.#end, Math.min(window, size - this.#end));
      let position = 0;
      for (;;) {
        const block = decodeBlock(data, position);
        const head = block?.fields[0];
        const facts = head === undefined ? undefined : parseHead(head);
        if (block === undefined || facts === undefined) break;
        // A block has a byte for each of its entries, at the least.
        const fits = Math.max(seq, this.#end + position) <= numberLimit;
        if (!fits || facts.count > block.end - position) break;
        if (facts.count > 0) realtimeUsec = facts.realtimeUsec;
        const row = Buffer.allocUnsafe(rowSize);
        encodeRow(row, this.#end + position, facts.context, facts.count, seq, realtimeUsec);
        made.push(row);
        seq += facts.count;
        position = block.end;
      }
      this.#end += position;
      if (position > 0) window = scanWindow;
      else if (data.length === size - this.#end || window >= blockLimit) break;
      else window *= 4;
    }
    this.rows.supplement(Buffer.concat(made));
  }

  get contextCount(): number {
    if (this.#trailer !== undefined) return this.#trailer.contexts.length / 4;
    if (this.segment.contextOffsets !== undefined) return this.segment.contextOffsets.length;
    const { rows } = this;
    for (; this.#contextRowsSeen < rows.count; this.#contextRowsSeen++) {
      if (rows.countOf(this.#contextRowsSeen) === 0) this.#contextOffsets.push(rows.offsetOf(this.#contextRowsSeen));
    }
    return this.#contextOffsets.length;
  }

  #contextOffset(id: number): number | undefined {
    if (id >= this.contextCount) return undefined;
    if (this.#trailer !== undefined) return this.#trailer.contexts.readUInt32LE(id * 4);
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

  /** The first context of which `holds` is true, where it is of all behind it too; their number where it is of none. */
  firstContext(holds: (fields: readonly RawField[]) => boolean): number {
    let low = 0;
    let high = this.contextCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.context(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The first entry behind the place where a context is defined, which is one of its own; undefined where there is none yet. */
  firstEntryOf(id: number): JournalEntry | undefined {
    const offset = this.#contextOffset(id);
    if (offset === undefined) return undefined;
    const { rows } = this;
    const [row] = rows.find(rows.rowsBefore(offset), 1, rows.count, () => true);
    const content = row === undefined ? undefined : this.content(row);
    return content === undefined ? undefined : this.entry(row!, 0, content);
  }

  /** The same, for who keeps nothing of it. Throws SystemError. */
  fieldsOf(id: number): readonly RawField[] | undefined {
    const offset = this.#contextOffset(id);
    return offset === undefined ? undefined : this.#blockAt(offset, this.#end)?.fields.slice(1);
  }

  #block(offset: number): ReturnType<typeof decodeBlock> {
    const end = this.#blockEnd(offset, this.#end);
    return end === undefined ? undefined : decodeBlock(this.#data.read(offset, end - offset), 0);
  }

  /** The entries of a row; undefined where the block cannot be read. */
  content(row: number): BlockContent | undefined {
    const { rows } = this;
    const offset = rows.offsetOf(row);
    const end = row + 1 < rows.count ? rows.offsetOf(row + 1) : this.#end;
    if (end <= offset || end - offset > blockLimit) return undefined;
    const block = decodeBlock(this.#data.read(offset, end - offset), 0);
    const facts = block?.fields[0] === undefined ? undefined : parseHead(block.fields[0]);
    if (block === undefined || facts === undefined || facts.count !== rows.countOf(row)) return undefined;
    if (facts.kind === 'entry') return { monotonicUsec: facts.monotonicUsec, fields: block.fields.slice(1) };
    const lines = splitLines(block.fields[1]?.[1] ?? Buffer.alloc(0));
    return lines.length === facts.count ? { monotonicUsec: facts.monotonicUsec, lines } : undefined;
  }

  entry(row: number, within: number, content: BlockContent): JournalEntry {
    const { rows } = this;
    return new JournalEntry({
      seqnumId: this.segment.seqnumId,
      seqnum: this.segment.head + rows.seqOf(row) + within,
      realtimeUsec: rows.realtimeOf(row),
      monotonicUsec: content.monotonicUsec,
      shared: this.context(rows.contextOf(row)),
      own: content.fields ?? [['MESSAGE', content.lines[within]!]],
    });
  }

  /** Whether every block can be read and nothing was cut short. Reads everything. */
  verify(): boolean {
    const { rows } = this;
    for (let row = 0; row < rows.count; row++) {
      const sound = rows.countOf(row) === 0 ? this.#block(rows.offsetOf(row)) : this.content(row);
      if (sound === undefined) return false;
    }
    return this.#end > 0 && this.#end === this.#data.size();
  }

  /** Where a writer may go on; undefined where the segment is complete, or data and index do not end together. */
  resumePoint(): ResumePoint | undefined {
    const { written, count, entries } = this.rows;
    if (this.complete || count > written || this.#end === 0 || this.#end !== this.#data.size()) return undefined;
    if (this.#index === undefined || this.#index.size() !== written * rowSize) return undefined;
    // More entries than bytes: the index is none of ours, and there would be no room for the next number.
    if (entries > this.#end) return undefined;
    const contextOffsets = Array.from({ length: this.contextCount }, (_, id) => this.#contextOffset(id)!);
    return { offset: this.#end, rows: count, entries, lastRealtimeUsec: this.lastRealtimeUsec, contextOffsets };
  }
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
