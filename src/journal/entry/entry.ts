/**
 * What a log entry is: fields, some of which it shares with others of its origin, two times and a number. export-format.ts is
 * how it is written, message-ids.ts names those that the manager logs. Times of entries are microseconds: the journal's own
 * unit, on disk, in cursors and in output.
 */
import type { Host } from '../../sys/host.ts';
import { bytesToText, textToBytes } from '../../text/bytes.ts';

/** Texts may carry single bytes that are no UTF-8, as src/text/bytes.ts does. */
export type FieldValue = string | Uint8Array;
export type Field = readonly [name: string, value: FieldValue];
/** As read back. */
export type RawField = readonly [name: string, value: Buffer];

/** Longest name of a field, and what systemd.journal-fields(7) lets it be made of. `trusted` also allows a leading underscore. */
export function fieldNameIsValid(name: string, trusted: boolean): boolean {
  if (name.length === 0 || name.length > 64) return false;
  return (trusted ? /^_{0,2}[A-Z0-9][A-Z0-9_]*$|^_{1,2}[A-Z_][A-Z0-9_]*$/ : /^[A-Z][A-Z0-9_]*$/).test(name);
}

/**
 * Fields that many entries have in common are stored once a segment (see segment.ts) and searched there first. A name
 * is either always shared or never.
 */
export function fieldIsShared(name: string): boolean {
  return name.startsWith('_') ? !volatileFields.has(name) : sharedFields.has(name);
}

const volatileFields = new Set(['_SOURCE_REALTIME_TIMESTAMP', '_SOURCE_MONOTONIC_TIMESTAMP', '_LINE_BREAK']);
const sharedFields = new Set([
  'UNIT',
  'USER_UNIT',
  'COREDUMP_UNIT',
  'COREDUMP_USER_UNIT',
  'OBJECT_SYSTEMD_UNIT',
  'OBJECT_SYSTEMD_USER_UNIT',
  'INVOCATION_ID',
  'USER_INVOCATION_ID',
  'SYSLOG_IDENTIFIER',
  'SYSLOG_FACILITY',
  'PRIORITY',
]);

/** Which of an entry's fields are shared, and which its own. */
export function splitFields(fields: readonly Field[]): { shared: Field[]; own: Field[] } {
  const shared: Field[] = [];
  const own: Field[] = [];
  for (const field of fields) (fieldIsShared(field[0]) ? shared : own).push(field);
  return { shared, own };
}

/** The fields that entries of one origin share. One object may serve any number of entries. */
export class SharedFields {
  readonly fields: readonly Field[];
  readonly key: string;
  /** Where the segment that is being written has it; kept by the segment's writer. */
  slot: { owner: object; id: number } | undefined;

  constructor(fields: readonly Field[]) {
    this.fields = fields;
    this.key = fields.map(([name, value]) => `${name}=${valueText(value)}`).join('\n');
  }
}

/** Fields that are asked for again and again, by origin: the oldest of many go. */
export class SharedFieldsCache {
  readonly #known = new Map<string, SharedFields>();

  get(key: string, make: () => SharedFields): SharedFields {
    let shared = this.#known.get(key);
    if (shared === undefined) {
      shared = make();
      if (this.#known.size >= cacheLimit) this.#known.delete(this.#known.keys().next().value!);
      this.#known.set(key, shared);
    }
    return shared;
  }
}

const cacheLimit = 1024;

/** The first value of a field of an entry that is being made, as text. */
export function fieldText(name: string, shared: SharedFields, own: readonly Field[]): string | undefined {
  const field = shared.fields.find(([key]) => key === name) ?? own.find(([key]) => key === name);
  return field === undefined ? undefined : valueText(field[1]);
}

export interface EntryTimes {
  realtimeUsec: number;
  monotonicUsec: number;
}

/** Those of an entry that is made now. */
export function entryTimes(host: Pick<Host, 'now' | 'monotonic'>): EntryTimes {
  return { realtimeUsec: Math.round(host.now() * 1000), monotonicUsec: Math.round(host.monotonic() * 1000) };
}

/** One entry as it is read. */
export class JournalEntry {
  readonly seqnumId: string;
  readonly seqnum: number;
  readonly realtimeUsec: number;
  readonly monotonicUsec: number;
  readonly shared: readonly RawField[];
  readonly own: readonly RawField[];

  constructor(facts: {
    seqnumId: string;
    seqnum: number;
    realtimeUsec: number;
    monotonicUsec: number;
    shared: readonly RawField[];
    own: readonly RawField[];
  }) {
    this.seqnumId = facts.seqnumId;
    this.seqnum = facts.seqnum;
    this.realtimeUsec = facts.realtimeUsec;
    this.monotonicUsec = facts.monotonicUsec;
    this.shared = facts.shared;
    this.own = facts.own;
  }

  /** The first value of a field. */
  get(name: string): Buffer | undefined {
    const list = fieldIsShared(name) ? this.shared : this.own;
    for (const field of list) if (field[0] === name) return field[1];
    return undefined;
  }

  text(name: string): string | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : bytesToText(value);
  }

  /** Shared fields first, then the entry's own, MESSAGE last where it stands last. */
  *fields(): IterableIterator<RawField> {
    yield* this.shared;
    yield* this.own;
  }

  get bootId(): string {
    return this.get('_BOOT_ID')?.toString('latin1') ?? '';
  }

  /** sd_journal_get_cursor(3): names the entry for good. */
  get cursor(): string {
    const hex = (value: number): string => value.toString(16);
    return `s=${this.seqnumId};i=${hex(this.seqnum)};b=${this.bootId};m=${hex(this.monotonicUsec)};t=${hex(this.realtimeUsec)};x=${this.#hash()}`;
  }

  /** FNV-1a over all fields, 64 bits, as two interleaved halves: only ever compared for equality. */
  #hash(): string {
    let low = 0x811c9dc5;
    let high = 0xcbf29ce4;
    for (const [name, value] of this.fields()) {
      for (let index = 0; index < name.length; index++) {
        low = Math.imul(low ^ name.charCodeAt(index), 0x01000193);
      }
      for (const byte of value) {
        low = Math.imul(low ^ byte, 0x01000193);
        high = Math.imul(high ^ byte, 0x01000197);
      }
    }
    return ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString(16);
  }
}

export function valueText(value: FieldValue): string {
  return typeof value === 'string' ? value : bytesToText(value);
}

export function valueBytes(value: FieldValue): Buffer {
  if (typeof value === 'string') return textToBytes(value);
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** What a cursor names; undefined where the text is no cursor. */
export interface Cursor {
  seqnumId: string | undefined;
  seqnum: number | undefined;
  bootId: string | undefined;
  monotonicUsec: number | undefined;
  realtimeUsec: number | undefined;
}

export function parseCursor(text: string): Cursor | undefined {
  const cursor: Cursor = {
    seqnumId: undefined,
    seqnum: undefined,
    bootId: undefined,
    monotonicUsec: undefined,
    realtimeUsec: undefined,
  };
  for (const item of text.split(';')) {
    const match = /^([a-z])=([0-9a-f]+)$/.exec(item);
    if (match === null) return undefined;
    const value = match[2]!;
    if ('sb'.includes(match[1]!)) {
      if (value.length !== 32) return undefined;
      if (match[1] === 's') cursor.seqnumId = value;
      else cursor.bootId = value;
    } else {
      const number = Number.parseInt(value, 16);
      if (match[1] === 'i') cursor.seqnum = number;
      else if (match[1] === 'm') cursor.monotonicUsec = number;
      else if (match[1] === 't') cursor.realtimeUsec = number;
    }
  }
  const complete =
    (cursor.seqnumId !== undefined && cursor.seqnum !== undefined) ||
    (cursor.bootId !== undefined && cursor.monotonicUsec !== undefined) ||
    cursor.realtimeUsec !== undefined;
  return complete ? cursor : undefined;
}
