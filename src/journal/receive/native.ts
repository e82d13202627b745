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

/** The entries of a datagram. Fields that a client may not set (`_…`) and what is no field are passed over. */
export function parseNative(data: Buffer): NativeEntry[] {
  const entries: NativeEntry[] = [];
  let fields: Field[] = [];
  let size = 0;
  let position = 0;
  const finish = (): void => {
    if (fields.length > 0) entries.push({ fields, level: levelOf(fields) });
    fields = [];
    size = 0;
  };
  while (position < data.length) {
    const end = data.indexOf(newline, position);
    if (end < 0) break;
    if (end === position) {
      finish();
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
    if (fields.length >= fieldLimit || size > entryBytesLimit) return entries;
    if (fieldNameIsValid(name, false)) fields.push([name, value]);
  }
  finish();
  return entries;
}

function levelOf(fields: readonly Field[]): number {
  for (const [name, value] of fields) {
    if (name !== 'PRIORITY' || typeof value === 'string' || value.length !== 1) continue;
    const digit = value[0]! - 0x30;
    if (digit >= 0 && digit <= 7) return digit;
  }
  return 6;
}
