/**
 * The format of one segment of the journal: a file that is only ever appended to, in the Journal Export Format, with an index
 * beside it (segment-index.ts). Who writes one is in segment-writer.ts, who reads it in segment-reader.ts.
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
 */
import type { Files } from '../../sys/host.ts';
import type { RawField } from '../entry/entry.ts';
import type { ContextIndex } from './context-index.ts';

/** What the journal asks of a file system; `MemoryFiles` has it too. */
export type JournalFiles = Pick<Files, 'open' | 'readdir' | 'unlink' | 'mkdirs' | 'tryStat' | 'space' | 'chown'>;

const dataSuffix = '.export';
const indexSuffix = '.index';

/** No block is longer: the bound of a native datagram passed as a file (journald's ENTRY_SIZE_MAX is larger by far). */
export const blockLimit = 80 * 1024 * 1024;

/** What is known of a segment without its data: for each listed field the values it takes. A field that is absent was not counted. */
export interface SegmentSummary {
  entries: number;
  lastRealtimeUsec: number;
  values: ReadonlyMap<string, ReadonlySet<string>>;
}

/** A segment in a directory. The last three are there where they are known: complete, or being written by this process. */
export interface SegmentFile {
  readonly directory: string;
  readonly name: string;
  readonly seqnumId: string;
  readonly head: number;
  readonly realtimeUsec: number;
  summary?: SegmentSummary;
  contextOffsets?: readonly number[] | undefined;
  contextIndex?: ContextIndex | undefined;
}

/** What an index has room for: offsets in the data, contexts, numbers of entries. */
export const numberLimit = 0xffff_ffff;

const namePattern = /^([a-z]+)@([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{16})\.export$/;

export function segmentName(prefix: string, seqnumId: string, head: number, realtimeUsec: number): string {
  const hex = (value: number): string => value.toString(16).padStart(16, '0');
  return `${prefix}@${seqnumId}-${hex(head)}-${hex(realtimeUsec)}${dataSuffix}`;
}

/** undefined where the name is no segment's. */
export function parseSegmentName(directory: string, name: string): SegmentFile | undefined {
  const match = namePattern.exec(name);
  if (match === null) return undefined;
  const [, , seqnumId] = match;
  const [head, realtimeUsec] = match.slice(3).map((digits) => Number.parseInt(digits, 16)) as [number, number];
  if (!Number.isSafeInteger(head) || !Number.isSafeInteger(realtimeUsec)) return undefined;
  return { directory, name, seqnumId: seqnumId!, head, realtimeUsec };
}

export function dataPath(segment: SegmentFile): string {
  return `${segment.directory}/${segment.name}`;
}

export function indexPath(segment: SegmentFile): string {
  return `${segment.directory}/${segment.name.slice(0, -dataSuffix.length)}${indexSuffix}`;
}

// ---- first lines of blocks ----------------------------------------------------------------------------------------

export const fileHead = (segment: SegmentFile, machineId: string): string =>
  `__JOURNAL=1 ${segment.seqnumId} ${segment.head} ${machineId}`;

export const contextHead = (context: number): string => `__CONTEXT=${context}`;

export const entryHead = (context: number, realtimeUsec: number, monotonicUsec: number): string =>
  `__ENTRY=${context} ${realtimeUsec} ${monotonicUsec}`;

export const runHead = (context: number, realtimeUsec: number, monotonicUsec: number, count: number): string =>
  `__RUN=${context} ${realtimeUsec} ${monotonicUsec} ${count}`;

/** What the first line of a block says; `count` is the number of its entries. */
export interface HeadFacts {
  kind: 'context' | 'entry' | 'run';
  context: number;
  count: number;
  realtimeUsec: number;
  monotonicUsec: number;
}

/** undefined for the head of the file, and for what is of no known kind. */
export function parseHead([name, value]: RawField): HeadFacts | undefined {
  const numbers = value.toString('latin1').split(' ').map(Number);
  const [context = Number.NaN, realtimeUsec = 0, monotonicUsec = 0, count = 1] = numbers;
  if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) return undefined;
  if (context > numberLimit || count > numberLimit) return undefined;
  if (name === '__CONTEXT') return { kind: 'context', context, count: 0, realtimeUsec: 0, monotonicUsec: 0 };
  if (name === '__ENTRY') return { kind: 'entry', context, count: 1, realtimeUsec, monotonicUsec };
  if (name === '__RUN') return { kind: 'run', context, count, realtimeUsec, monotonicUsec };
  return undefined;
}
