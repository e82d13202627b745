/** journald's native datagrams (sd_journal_send(3)): one or more blocks in the Journal Export Format. */
import { type Field, fieldNameIsValid } from '../entry/entry.ts';

const newline = 0x0a;
/** Bounds of journald: fields of an entry, bytes of an entry and of one field. */
const fieldLimit = 1024;
const entryBytesLimit = 64 * 1024 * 1024;

export interface NativeEntry {
  fields: Field[];
  level: number;
}

/** What one message may hold of others than root: sd_journal_send(3) passes one entry. */
export interface MessageLimits {
  readonly entries: number;
  readonly lines: number;
}

export const othersLimits: MessageLimits = { entries: 256, lines: 16 * 1024 };
const noLimits: MessageLimits = { entries: Number.POSITIVE_INFINITY, lines: Number.POSITIVE_INFINITY };

/** Lines that are looked at in one step. */
const linesPerStep = 64;

/**
 * The entries of a message; undefined now and then while there is only work, for a message may be large and hold nothing. Fields
 * that a client may not set (`_…`) and what is no field are passed over, and so is what is beyond the limits.
 */
export function* parseNative(data: Buffer, limits = noLimits): Generator<NativeEntry | undefined> {
  let entries = 0;
  let fields: Field[] = [];
  let size = 0;
  let position = 0;
  for (let lines = 1; position < data.length && lines <= limits.lines && entries < limits.entries; lines++) {
    if (lines % linesPerStep === 0) yield undefined;
    const end = data.indexOf(newline, position);
    if (end < 0) break;
    if (end === position) {
      if (fields.length > 0) {
        entries++;
        yield { fields, level: levelOf(fields) };
      }
      fields = [];
      size = 0;
      position++;
      continue;
    }
    if (data[position] === 0x2e || data[position] === 0x23) {
      position = end + 1;
      continue;
    }
    const line = data.subarray(position, end);
    const split = line.indexOf(0x3d);
    let name: string;
    let value: Buffer;
    if (split >= 0) {
      name = line.toString('latin1', 0, split);
      value = line.subarray(split + 1);
      position = end + 1;
    } else {
      const valueStart = end + 9;
      if (valueStart >= data.length || data.readUInt32LE(end + 5) !== 0) break;
      const valueEnd = valueStart + data.readUInt32LE(end + 1);
      if (valueEnd >= data.length || data[valueEnd] !== newline) break;
      name = line.toString('latin1');
      value = data.subarray(valueStart, valueEnd);
      position = valueEnd + 1;
    }
    size += name.length + value.length + 2;
    if (fields.length >= fieldLimit || size > entryBytesLimit) return;
    if (fieldNameIsValid(name, false)) fields.push([name, value]);
  }
  if (fields.length > 0) yield { fields, level: levelOf(fields) };
}

function levelOf(fields: readonly Field[]): number {
  for (const [name, value] of fields) {
    if (name !== 'PRIORITY' || typeof value === 'string' || value.length !== 1) continue;
    const digit = value[0]! - 0x30;
    if (digit >= 0 && digit <= 7) return digit;
  }
  return 6;
}
