/**
 * How entries are found and printed. This file has the view: a position that moves from entry to entry, forwards or
 * backwards, through what a filter (match.ts) lets pass. It reads any source of segments: the manager's journal, or
 * directories. unit-log.ts is what `systemctl status` shows; format.ts prints an entry in the ways of `journalctl -o`
 * (output-modes.ts), catalog.ts explains it.
 *
 * What journalctl's options mean is said in src/cli/journalctl.
 */
import { type Cursor, type JournalEntry, parseCursor, type RawField } from '../entry/entry.ts';
import type { JournalFiles, SegmentFile } from '../storage/segment.ts';
import type { IndexRows } from '../storage/segment-index.ts';
import { type BlockContent, SegmentReader } from '../storage/segment-reader.ts';
import { JournalFilter, type Verdict } from './match.ts';

/**
 * Readers of a process that reads again and again, as the manager does for `status`: the last ones stay open, and with
 * them what they know of their segment.
 */
export class ReaderPool {
  readonly #files: () => JournalFiles;
  readonly #used = new Map<SegmentReader, number>();
  /** Most recently used last. */
  readonly #idle: SegmentReader[] = [];

  constructor(files: () => JournalFiles) {
    this.#files = files;
  }

  /** Throws SystemError. */
  acquire(segment: SegmentFile): SegmentReader {
    for (const [reader, users] of this.#used) {
      if (reader.segment !== segment) continue;
      this.#used.set(reader, users + 1);
      return reader;
    }
    const index = this.#idle.findIndex((reader) => reader.segment === segment);
    const reader = index >= 0 ? this.#idle.splice(index, 1)[0]! : new SegmentReader(this.#files(), segment);
    this.#used.set(reader, 1);
    return reader;
  }

  release(reader: SegmentReader): void {
    const users = this.#used.get(reader) ?? 1;
    if (users > 1) {
      this.#used.set(reader, users - 1);
      return;
    }
    this.#used.delete(reader);
    this.#idle.push(reader);
    while (this.#idle.length > idleReaders) this.#idle.shift()!.close();
  }

  /** Lets go of what nobody uses: files that are gone keep their space otherwise. */
  clear(): void {
    for (const reader of this.#idle.splice(0)) reader.close();
  }
}

const idleReaders = 2;

/** Where entries come from: the manager's store, or directories that are read from outside. */
export interface JournalSource {
  readonly files: JournalFiles;
  readonly readers?: ReaderPool;
  /** Whose entries these are: there are no others for who reads them. */
  readonly uid?: number;
  /** Oldest first. Brings everything up to date that can be read. */
  segments(): readonly SegmentFile[];
}

/** What the filter lets pass of the entries that the source has. */
function withinSource({ uid }: JournalSource, filter: JournalFilter): JournalFilter {
  if (uid !== undefined) {
    filter.addConjunction();
    filter.add(`_UID=${uid}`);
  }
  return filter;
}

/** Rows that one step looks at before it lets others have their turn. */
const rowsPerStep = 20_000;

type Position =
  | { at: 'head' }
  | { at: 'tail' }
  /** Before the first entry that is not older. */
  | { at: 'time'; realtimeUsec: number }
  /** On an entry; `seq` is relative to the segment's head. */
  | { at: 'entry'; segment: SegmentFile; seq: number }
  /** Between entries: where a step had to stop. `seq` itself has been looked at. */
  | { at: 'passed'; segment: SegmentFile; seq: number };

export class JournalView {
  readonly #source: JournalSource;
  #filter: JournalFilter;
  #oldestUsec = 0;
  #position: Position = { at: 'head' };
  /** Where `entry` is. */
  #found: Position | undefined;
  #reader: SegmentReader | undefined;
  /** By context of the segment at hand. */
  #verdicts: Verdict[] = [];
  readonly #wanted = (context: number): boolean =>
    (this.#verdicts[context] ?? this.#verdict(this.#reader!, context)) !== 'none';
  #firstContext: (reader: SegmentReader) => number = () => 0;
  /** Of the segment at hand: no entry is wanted of contexts before this one. */
  #fromContext = 0;
  /** The same: contexts from one to another that may match; undefined is all of them. */
  #possible: { from: number; upTo: number; contexts: ReadonlySet<number> | undefined } | undefined;
  #content: { row: number; content: BlockContent | undefined } | undefined;
  #entry: JournalEntry | undefined;

  constructor(source: JournalSource, filter: JournalFilter = new JournalFilter()) {
    this.#source = source;
    this.#filter = withinSource(source, filter);
  }

  /** The entry that the last step found. */
  get entry(): JournalEntry | undefined {
    return this.#entry;
  }

  set filter(filter: JournalFilter) {
    this.#filter = withinSource(this.#source, filter);
    this.#verdicts = [];
    this.#possible = undefined;
  }

  close(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    this.#content = undefined;
    if (reader === undefined) return;
    if (this.#source.readers === undefined) reader.close();
    else this.#source.readers.release(reader);
  }

  seekHead(): void {
    this.#seek({ at: 'head' });
  }
  seekTail(): void {
    this.#seek({ at: 'tail' });
  }
  seekTime(realtimeUsec: number): void {
    this.#seek({ at: 'time', realtimeUsec });
  }
  #seek(position: Position): void {
    this.#position = position;
    this.#found = undefined;
    this.#entry = undefined;
  }

  /**
   * To the entry that a cursor names, or near where it was: the next step forwards finds it or what came after it,
   * the next step backwards it or what came before. False where the text is no cursor.
   */
  seekCursor(text: string, direction: 'forward' | 'backward'): boolean {
    const cursor = parseCursor(text);
    if (cursor === undefined) return false;
    this.#seek(this.#locate(cursor, direction));
    return true;
  }

  #locate(cursor: Cursor, direction: 'forward' | 'backward'): Position {
    const segments = this.#source.segments();
    if (cursor.seqnumId !== undefined && cursor.seqnum !== undefined) {
      for (let index = segments.length - 1; index >= 0; index--) {
        const segment = segments[index]!;
        if (segment.seqnumId !== cursor.seqnumId || segment.head > cursor.seqnum) continue;
        const seq = cursor.seqnum - segment.head;
        return { at: 'passed', segment, seq: direction === 'forward' ? seq - 1 : seq + 1 };
      }
      if (segments.some((segment) => segment.seqnumId === cursor.seqnumId)) return { at: 'head' };
    }
    return cursor.realtimeUsec === undefined ? { at: 'head' } : { at: 'time', realtimeUsec: cursor.realtimeUsec };
  }

  /**
   * To the next entry. False at the end (what comes later is found by another step); 'busy' where many entries were
   * passed by without a match: call again, after others had their turn.
   */
  next(): boolean | 'busy' {
    return this.#step(1);
  }
  previous(): boolean | 'busy' {
    return this.#step(-1);
  }

  /** Steps backwards end where entries are older than this; a block that reaches beyond is still looked through. */
  set oldest(realtimeUsec: number) {
    this.#oldestUsec = realtimeUsec;
  }

  /** What says from which of its contexts on a segment has entries that are wanted: those before it are not read. */
  set firstContext(firstContext: (reader: SegmentReader) => number) {
    this.#firstContext = firstContext;
  }

  #step(direction: 1 | -1): boolean | 'busy' {
    const segments = this.#source.segments();
    let [index, seq] = this.#start(segments, direction);
    let budget = rowsPerStep;
    for (; index >= 0 && index < segments.length; index += direction) {
      const segment = segments[index]!;
      const start = seq;
      seq = undefined;
      if (segment.summary !== undefined && !this.#filter.possibleIn(segment.summary)) continue;
      const reader = this.#open(segment);
      if (reader === undefined) continue;
      // Its summary may be known only now.
      if (segment.summary !== undefined && !this.#filter.possibleIn(segment.summary)) continue;
      const { rows } = reader;
      const first = start ?? (direction > 0 ? 0 : rows.entries - 1);
      let row = Math.max(this.#rowOf(rows, first), direction > 0 ? 0 : -1);
      const last = direction > 0 || this.#oldestUsec === 0 ? 0 : Math.max(0, rows.rowOfTime(this.#oldestUsec) - 1);
      for (;;) {
        if (last > 0 && row < last) {
          this.#rest(segments, direction);
          return false;
        }
        const steps = last > 0 ? Math.min(budget, row - last + 1) : budget;
        const [found, next] = rows.find(row, direction, steps, this.#wanted);
        budget -= Math.abs(next - row);
        row = next;
        if (found !== undefined) {
          const entry = this.#within(reader, found, first, direction);
          if (entry === undefined) continue;
          this.#position = { at: 'entry', segment, seq: entry };
          this.#found = this.#position;
          return true;
        }
        if (row >= 0 && row < rows.count) {
          if (budget > 0 && row < last) continue;
          // `row` itself was not looked at.
          const edge = direction > 0 ? rows.seqOf(row) - 1 : rows.seqOf(row) + rows.countOf(row);
          this.#position = { at: 'passed', segment, seq: edge };
          return 'busy';
        }
        if (direction < 0 || !this.#grown(reader)) break;
      }
    }
    this.#rest(segments, direction);
    return false;
  }

  /** The row of an entry: mostly the one of the entry before, or one beside it. */
  #rowOf(rows: IndexRows, seq: number): number {
    const last = this.#content?.row;
    if (last !== undefined && last < rows.count) {
      const start = rows.seqOf(last);
      if (seq >= start && seq < start + rows.countOf(last)) return last;
    }
    return rows.rowOfSeq(seq);
  }

  /** Whether there is more in a segment than when it was last looked at. */
  #grown(reader: SegmentReader): boolean {
    if (reader.complete) return false;
    const { count } = reader.rows;
    reader.refresh();
    return reader.rows.count > count;
  }

  /** Where the search begins: a segment's place in the list and an entry in it; undefined for its first or last. */
  #start(segments: readonly SegmentFile[], direction: 1 | -1): [index: number, seq: number | undefined] {
    const position = this.#position;
    if (position.at === 'head') return direction > 0 ? [0, undefined] : [-1, undefined];
    if (position.at === 'tail') return this.#startAtTail(segments, direction);
    if (position.at === 'time') return this.#startAtTime(segments, position.realtimeUsec, direction);
    const index = segments.indexOf(position.segment);
    if (index >= 0) return this.#inside(index, position.seq + direction, direction);
    // Its segment was deleted meanwhile: whatever is oldest now comes after it.
    return direction > 0 ? [0, undefined] : [-1, undefined];
  }

  /** Backwards from what is there now, forwards behind it. */
  #startAtTail(segments: readonly SegmentFile[], direction: 1 | -1): [index: number, seq: number | undefined] {
    const last = segments.length - 1;
    const reader = last < 0 ? undefined : this.#open(segments[last]!);
    if (reader !== undefined) this.#grown(reader);
    if (direction < 0) return [last, undefined];
    return reader === undefined ? [segments.length, undefined] : [last, reader.rows.entries];
  }

  #inside(index: number, seq: number, direction: 1 | -1): [index: number, seq: number | undefined] {
    if (seq < 0) return direction > 0 ? [index, 0] : [index - 1, undefined];
    return [index, seq];
  }

  #startAtTime(
    segments: readonly SegmentFile[],
    realtimeUsec: number,
    direction: 1 | -1,
  ): [index: number, seq: number | undefined] {
    let index = segments.length - 1;
    while (index > 0 && segments[index]!.realtimeUsec > realtimeUsec) index--;
    if (index < 0) return [index, undefined];
    const reader = this.#open(segments[index]!);
    if (reader === undefined) return [index, undefined];
    this.#grown(reader);
    // Backwards, an entry of exactly that time is found too.
    const { rows } = reader;
    const row = rows.rowOfTime(direction > 0 ? realtimeUsec : realtimeUsec + 1);
    const seq = row < rows.count ? rows.seqOf(row) : rows.entries;
    return this.#inside(index, direction > 0 ? seq : seq - 1, direction);
  }

  /** A matching entry of `row` at or beyond `first` in the given direction: its number, with `entry` set. */
  #within(reader: SegmentReader, row: number, first: number, direction: 1 | -1): number | undefined {
    const { rows } = reader;
    const count = rows.countOf(row);
    if (count === 0) return undefined;
    const verdict = this.#verdict(reader, rows.contextOf(row));
    if (verdict === 'none') return undefined;
    const rowSeq = rows.seqOf(row);
    let within = direction > 0 ? Math.max(first - rowSeq, 0) : Math.min(first - rowSeq, count - 1);
    if (within < 0 || within >= count) return undefined;
    const content = this.#contentOf(reader, row);
    if (content === undefined) return undefined;
    for (; within >= 0 && within < count; within += direction) {
      const entry = reader.entry(row, within, content);
      if (verdict === 'all' || this.#filter.matches(entry)) {
        this.#entry = entry;
        return rowSeq + within;
      }
    }
    return undefined;
  }

  #contentOf(reader: SegmentReader, row: number): BlockContent | undefined {
    if (this.#content?.row !== row) this.#content = { row, content: reader.content(row) };
    return this.#content.content;
  }

  #verdict(reader: SegmentReader, context: number): Verdict {
    let verdict = this.#verdicts[context];
    if (verdict === undefined) {
      verdict = this.#isRuledOut(reader, context) ? 'none' : this.#filter.verdict(reader.context(context));
      this.#verdicts[context] = verdict;
    }
    return verdict;
  }

  /** By what the writer of the segment knows, so that it need not be read. */
  #isRuledOut({ segment: { contextIndex: index } }: SegmentReader, context: number): boolean {
    if (context < this.#fromContext) return true;
    if (index === undefined || context < index.from) return false;
    if (this.#possible === undefined || context < this.#possible.from || context >= this.#possible.upTo)
      this.#possible = { from: index.from, upTo: index.upTo, contexts: this.#filter.contextsIn(index) };
    return this.#possible.contexts?.has(context) === false;
  }

  /** At the end of all: backwards the last entry found stays the place, forwards later steps go on behind it. */
  #rest(segments: readonly SegmentFile[], direction: 1 | -1): void {
    if (direction < 0) {
      this.#position = this.#found ?? { at: 'head' };
      return;
    }
    const last = segments.at(-1);
    const reader = last === undefined ? undefined : this.#open(last);
    if (last === undefined || reader === undefined) {
      if (this.#position.at === 'tail') this.#position = { at: 'head' };
      return;
    }
    this.#position = { at: 'passed', segment: last, seq: reader.rows.entries - 1 };
  }

  #open(segment: SegmentFile): SegmentReader | undefined {
    if (this.#reader?.segment === segment) return this.#reader;
    this.close();
    this.#verdicts = [];
    this.#possible = undefined;
    try {
      const { readers, files } = this.#source;
      this.#reader = readers === undefined ? new SegmentReader(files, segment) : readers.acquire(segment);
    } catch {
      return undefined;
    }
    // One that was kept open may not know what was written since.
    this.#reader.refresh();
    this.#fromContext = this.#firstContext(this.#reader);
    return this.#reader;
  }

  /** Moves by up to `count` entries; how many there were. Not for filters that pass few entries of many: it does not yield. */
  skip(count: number, direction: 'forward' | 'backward'): number {
    let done = 0;
    while (done < count) {
      const found = direction === 'forward' ? this.next() : this.previous();
      if (found === false) break;
      if (found === true) done++;
    }
    return done;
  }
}

/** What `use` makes of a segment; undefined where it can't be read. */
export function readSegment<Result>(
  { readers, files }: JournalSource,
  segment: SegmentFile,
  use: (reader: SegmentReader) => Result,
): Result | undefined {
  let reader: SegmentReader;
  try {
    reader = readers === undefined ? new SegmentReader(files, segment) : readers.acquire(segment);
  } catch {
    return undefined;
  }
  try {
    reader.refresh();
    return use(reader);
  } finally {
    if (readers === undefined) reader.close();
    else readers.release(reader);
  }
}

function isWithin({ uid }: JournalSource, context: readonly RawField[]): boolean {
  return uid === undefined || context.some(([name, value]) => name === '_UID' && value.toString() === `${uid}`);
}

const nothing: readonly RawField[] = [];

/** All contexts of all segments: what fields and values there are without reading every entry. Empty ones are others'. */
export function* sharedContexts(source: JournalSource): IterableIterator<readonly RawField[]> {
  for (const segment of [...source.segments()]) {
    let reader: SegmentReader;
    try {
      reader = new SegmentReader(source.files, segment);
    } catch {
      continue;
    }
    try {
      for (let id = 0; id < reader.contextCount; id++) {
        const context = reader.context(id);
        yield isWithin(source, context) ? context : nothing;
      }
    } finally {
      reader.close();
    }
  }
}

/** Entries one by one; `busy` moments are passed over. For tests and for callers that read little. */
export function* entriesOf(view: JournalView, direction: 'forward' | 'backward'): IterableIterator<JournalEntry> {
  for (;;) {
    const found = direction === 'forward' ? view.next() : view.previous();
    if (found === false) return;
    if (found === true) yield view.entry!;
  }
}
