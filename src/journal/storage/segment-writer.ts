/** Appends to one segment. What is appended is kept in memory until it is flushed. */
import type { OpenFile } from '../../sys/host.ts';
import type { Field, SharedFields } from '../entry/entry.ts';
import { encodeBinaryAround, encodeBlock } from '../entry/export-format.ts';
import { ContextIndex } from './context-index.ts';
import {
  contextHead,
  dataPath,
  entryHead,
  fileHead,
  indexPath,
  type JournalFiles,
  runHead,
  type SegmentFile,
  type SegmentSummary,
} from './segment.ts';
import { encodeRow, encodeTrailer, rowSize, SummaryBuilder } from './segment-index.ts';
import { type ResumePoint, SegmentReader } from './segment-reader.ts';

/** Room for what is not written yet: at first, and what is kept for the next time. */
const collectorBytes = { least: 4096, most: 512 * 1024 };

/** Anything may be in a segment of which this is known. */
const nothingCounted: SegmentSummary['values'] = new Map();

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

export class SegmentWriter {
  readonly segment: SegmentFile;
  readonly #data: OpenFile;
  readonly #index: OpenFile;
  readonly #pending = new ByteCollector();
  readonly #pendingRows = new ByteCollector();
  #contexts = new Map<string, number>();
  readonly #contextOffsets: number[];
  readonly #summary = new SummaryBuilder();
  readonly #contextIndex: ContextIndex;
  /** Of a segment that was gone on with: reads those contexts of which the summary knows nothing yet. */
  #earlier: SegmentReader | undefined;
  readonly #earlierCount: number;
  #recalled = 0;
  #offset: number;
  #rows: number;
  #count: number;
  #lastRealtimeUsec: number;
  #pendingEntries = 0;
  /** Data that a failed write may have left in the middle: nothing may follow it. */
  broken = false;

  private constructor(
    segment: SegmentFile,
    data: OpenFile,
    index: OpenFile,
    resume: ResumePoint,
    earlier?: SegmentReader,
  ) {
    this.segment = segment;
    this.#data = data;
    this.#index = index;
    this.#offset = resume.offset;
    this.#rows = resume.rows;
    this.#count = resume.entries;
    this.#lastRealtimeUsec = resume.lastRealtimeUsec;
    this.#contextOffsets = resume.contextOffsets;
    this.#earlier = earlier;
    this.#earlierCount = resume.contextOffsets.length;
    // Who reads in this process need not find out what is known here; it grows with the segment.
    segment.contextOffsets = this.#contextOffsets;
    this.#contextIndex = new ContextIndex(this.#earlierCount);
    segment.contextIndex = this.#contextIndex;
    segment.summary = this.#liveSummary();
  }

  #liveSummary(): SegmentSummary {
    const entries = (): number => this.#count;
    const lastRealtimeUsec = (): number => this.#lastRealtimeUsec;
    const values = (): SegmentSummary['values'] =>
      this.#earlier === undefined ? this.#summary.values : nothingCounted;
    return {
      get values() {
        return values();
      },
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
    const head = encodeBlock(fileHead(segment, machineId), []);
    data.append(head);
    return new SegmentWriter(segment, data, index, {
      offset: head.length,
      rows: 0,
      entries: 0,
      lastRealtimeUsec: segment.realtimeUsec,
      contextOffsets: [],
    });
  }

  /** Goes on with a segment that ends as it should; undefined where it does not, or is complete. Throws SystemError. */
  static resume(files: JournalFiles, segment: SegmentFile): SegmentWriter | undefined {
    const reader = new SegmentReader(files, segment);
    const point = reader.resumePoint();
    if (point === undefined) {
      reader.close();
      return undefined;
    }
    try {
      const data = files.open(dataPath(segment), 'append');
      return new SegmentWriter(segment, data, files.open(indexPath(segment), 'append'), point, reader);
    } catch (error) {
      reader.close();
      throw error;
    }
  }

  /**
   * Learns what a segment had before it was gone on with, as long as `goesOn`; true where nothing is left. Neither a boot nor a
   * search waits for that: there may be tens of thousands of contexts.
   */
  recall(goesOn: () => boolean): boolean {
    const earlier = this.#earlier;
    if (earlier === undefined) return true;
    try {
      while (this.#recalled < this.#earlierCount && goesOn()) {
        const id = this.#recalled++;
        const fields = earlier.fieldsOf(id);
        if (fields === undefined) this.#giveUp();
        else {
          this.#summary.add(fields);
          this.#contextIndex.add(id, fields);
        }
      }
    } catch {
      this.#recalled = this.#earlierCount;
      this.#giveUp();
    }
    if (this.#recalled < this.#earlierCount) return false;
    this.#contextIndex.hasAll();
    this.#forgetEarlier();
    return true;
  }

  #giveUp(): void {
    this.#summary.giveUp();
    this.#contextIndex.giveUp();
  }

  #forgetEarlier(): void {
    this.#earlier?.close();
    this.#earlier = undefined;
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
    const block = encodeBlock(entryHead(context, realtimeUsec, monotonicUsec), own);
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
    const head = runHead(context, realtimeUsec, monotonicUsec, count);
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
    encodeRow(rowBuffer, this.#offset, context, count, this.#count, realtimeUsec);
    this.#pendingRows.add(rowBuffer);
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
      this.#contextIndex.add(id, shared.fields);
      this.#row(id, 0, realtimeUsec);
      this.#add(encodeBlock(contextHead(id), shared.fields));
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
    this.recall(() => true);
    const summary: SegmentSummary = {
      entries: this.#count,
      lastRealtimeUsec: this.#lastRealtimeUsec,
      values: this.#summary.values,
    };
    this.#index.append(encodeTrailer(summary, this.#contextOffsets, this.#offset));
    this.segment.summary = summary;
    this.segment.contextOffsets = undefined;
    this.segment.contextIndex = undefined;
  }

  close(): void {
    this.#forgetEarlier();
    this.#data.close();
    this.#index.close();
  }
}
