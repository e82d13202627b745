/**
 * The index beside a segment's data: a row of 24 bytes a block: offset, context, count of entries, number of the first
 * entry relative to the head (each u32), realtime (f64). A segment that is complete has a trailer after the rows: where its
 * contexts are and which values the most asked-for fields take in it, so that a search can pass it by.
 *
 * The index is only a help: what of it is missing or does not fit the data, the reader makes again from the data.
 */
import type { OpenFile } from '../../sys/host.ts';
import { type Field, valueText } from '../entry/entry.ts';
import type { SegmentSummary } from './segment.ts';

export const rowSize = 24;
const rowWords = rowSize / 4;
const pageRows = 1024;
const trailerMark = 0xffffffff;

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

/** Distinct values of the trailer's fields, as contexts come by. */
export class SummaryBuilder {
  readonly #values = new Map<string, Set<string>>(summaryFields.map((name) => [name, new Set()]));

  add(fields: Iterable<Field>): void {
    for (const [name, value] of fields) {
      const values = this.#values.get(name);
      if (values === undefined) continue;
      values.add(valueText(value));
      if (values.size > summaryValueLimit) this.#values.delete(name);
    }
  }

  /** What there is can't be read: no field is counted. */
  giveUp(): void {
    this.#values.clear();
  }

  /** What was counted so far; goes on being filled. */
  get values(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#values;
  }
}

/** Writes a row into the first bytes of `row`; `seq` is the number of the block's first entry, relative to the head. */
export function encodeRow(
  row: Buffer,
  offset: number,
  context: number,
  count: number,
  seq: number,
  realtimeUsec: number,
): void {
  row.writeUInt32LE(offset, 0);
  row.writeUInt32LE(context, 4);
  row.writeUInt32LE(count, 8);
  row.writeUInt32LE(seq, 12);
  row.writeDoubleLE(realtimeUsec, 16);
}

// ---- trailer ------------------------------------------------------------------------------------------------------

/** `contexts`: their offsets in the data; `end`: where the data ends. */
export function encodeTrailer(summary: SegmentSummary, contexts: readonly number[], end: number): Buffer {
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

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** `contexts` are offsets of 32 bits. */
export interface Trailer {
  size: number;
  contexts: Buffer;
  end: number;
  summary: SegmentSummary;
}

/** The trailer of an index of `size` bytes; undefined where it has none. */
export function readTrailer(index: OpenFile, size: number): Trailer | undefined {
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
    if (!isCount(entries) || !isCount(last) || !isCount(end)) return undefined;
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

// ---- rows ---------------------------------------------------------------------------------------------------------

const noRows = Buffer.alloc(0);

/** The rows of one segment: those of the file that the data bears out, then those that were made from the data. */
export class IndexRows {
  readonly #file: OpenFile | undefined;
  #written = 0;
  #made: Buffer = noRows;
  #page: Buffer = noRows;
  /** The page as numbers of 32 bits, as x86 and ARM have them. */
  #words: Uint32Array = new Uint32Array(0);
  #pageStart = -1;

  constructor(file: OpenFile | undefined) {
    this.#file = file;
  }

  get count(): number {
    return this.#written + this.#made.length / rowSize;
  }

  /** How many of them the file has. */
  get written(): number {
    return this.#written;
  }

  /** The first `rows` of the file, and nothing else. */
  reset(rows: number): void {
    this.#written = rows;
    this.#made = noRows;
    this.#pageStart = -1;
  }

  /** Rows that were made from the data, to stand behind those of the file. */
  supplement(made: Buffer): void {
    this.#made = made;
    this.#pageStart = -1;
  }

  /** Makes the page the one that holds `row`; where in it the row is. */
  #seek(row: number): number {
    if (row >= this.#pageStart && row < this.#pageStart + this.#page.length / rowSize && this.#pageStart >= 0)
      return (row - this.#pageStart) * rowSize;
    if (row >= this.#written) {
      this.#page = this.#made;
      this.#pageStart = this.#written;
    } else {
      this.#pageStart = row - (row % pageRows);
      const count = Math.min(pageRows, this.#written - this.#pageStart);
      this.#page = this.#file!.read(this.#pageStart * rowSize, count * rowSize);
    }
    const { buffer, byteOffset, length } =
      this.#page.byteOffset % 4 === 0 ? this.#page : Buffer.copyBytesFrom(this.#page);
    this.#words = new Uint32Array(buffer, byteOffset, length >>> 2);
    return (row - this.#pageStart) * rowSize;
  }

  /** Where the block begins. */
  offsetOf(row: number): number {
    const at = this.#seek(row);
    return this.#page.readUInt32LE(at);
  }
  contextOf(row: number): number {
    const at = this.#seek(row);
    return this.#page.readUInt32LE(at + 4);
  }
  /** Entries of the block; 0 for a block that defines a context. */
  countOf(row: number): number {
    const at = this.#seek(row);
    return this.#page.readUInt32LE(at + 8);
  }
  /** Number of the block's first entry, relative to the head. */
  seqOf(row: number): number {
    const at = this.#seek(row);
    return this.#page.readUInt32LE(at + 12);
  }
  realtimeOf(row: number): number {
    const at = this.#seek(row);
    return this.#page.readDoubleLE(at + 16);
  }

  /** Entries in the segment so far. */
  get entries(): number {
    const { count } = this;
    return count === 0 ? 0 : this.seqOf(count - 1) + this.countOf(count - 1);
  }

  /**
   * The first row from `row` on, in steps of `direction`, that has entries and a context that `wanted` does not rule out;
   * undefined after `limit` rows or at the end. The second number is the row after the last one looked at.
   */
  find(
    row: number,
    direction: 1 | -1,
    limit: number,
    wanted: (context: number) => boolean,
  ): [found: number | undefined, next: number] {
    const { count } = this;
    let at = row;
    for (let left = limit; left > 0 && at >= 0 && at < count; ) {
      this.#seek(at);
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

  /** The row that holds entry `seq` (relative), or the last one before; -1 where there is none. */
  rowOfSeq(seq: number): number {
    return this.#countWhile((row) => this.seqOf(row) <= seq) - 1;
  }

  /** The first row that is not older than `realtimeUsec`; their count where all are. */
  rowOfTime(realtimeUsec: number): number {
    return this.#countWhile((row) => this.realtimeOf(row) < realtimeUsec);
  }

  /** How many rows have blocks that begin before `offset`. */
  rowsBefore(offset: number): number {
    return this.#countWhile((row) => this.offsetOf(row) < offset);
  }

  /** How many rows at the beginning `holds` is true of; it is of none behind them. */
  #countWhile(holds: (row: number) => boolean): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
