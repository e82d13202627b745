/**
 * The Journal Export Format: `FIELD=value` lines, or for values with a newline in them the name alone, a 64 bit
 * little-endian length and the bytes; an empty line ends a block. What segments and native datagrams are made of.
 */
import { type Field, type FieldValue, type RawField, valueBytes } from './entry.ts';

const newline = 0x0a;
const equals = 0x3d;

/** A block as it may be read from anywhere: its fields in order, and where the next one begins. */
export interface Block {
  fields: RawField[];
  end: number;
}

/** The bytes of one field, its newline included. */
export function encodeField(name: string, value: FieldValue): Buffer {
  const bytes = valueBytes(value);
  if (!bytes.includes(newline)) return Buffer.concat([Buffer.from(`${name}=`, 'latin1'), bytes, newlineBytes]);
  return Buffer.concat([Buffer.from(`${name}\n`, 'latin1'), lengthBytes(bytes.length), bytes, newlineBytes]);
}

const newlineBytes = Buffer.from('\n');

function lengthBytes(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(length, 0);
  return bytes;
}

/** `head` is one line without its newline, already in the format. */
export function encodeBlock(head: string, fields: readonly Field[]): Buffer {
  let text = `${head}\n`;
  const parts: Buffer[] = [];
  for (const [name, value] of fields) {
    if (typeof value === 'string' && plainText(value)) {
      text += `${name}=${value}\n`;
      continue;
    }
    parts.push(Buffer.from(text, 'utf8'), encodeField(name, value));
    text = '';
  }
  text += '\n';
  if (parts.length === 0) return Buffer.from(text, 'utf8');
  parts.push(Buffer.from(text, 'utf8'));
  return Buffer.concat(parts);
}

/** Needs neither the binary form nor care for bytes that are no UTF-8. */
function plainText(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code === newline || (code >= 0xd800 && code <= 0xdfff)) return false;
  }
  return true;
}

/** Bytes in front of and after the value of a binary field, for values that are not to be copied. */
export function encodeBinaryAround(head: string, name: string, length: number): [before: Buffer, after: Buffer] {
  return [
    Buffer.concat([Buffer.from(`${head}\n${name}\n`, 'latin1'), lengthBytes(length)]),
    Buffer.from('\n\n', 'latin1'),
  ];
}

/**
 * Reads the block at `start`; undefined where the data ends before it does, or where it is not of this format.
 * Values are views into `data`.
 */
export function decodeBlock(data: Buffer, start: number): Block | undefined {
  const fields: RawField[] = [];
  let position = start;
  // Where there is no other, it is not looked for again in each line.
  let split = data.indexOf(equals, start);
  for (;;) {
    const lineEnd = data.indexOf(newline, position);
    if (lineEnd < 0) return undefined;
    if (lineEnd === position) return { fields, end: position + 1 };
    if (split >= 0 && split < position) split = data.indexOf(equals, position);
    if (split >= 0 && split < lineEnd) {
      fields.push([data.toString('latin1', position, split), data.subarray(split + 1, lineEnd)]);
      position = lineEnd + 1;
      continue;
    }
    const valueStart = lineEnd + 9;
    if (valueStart > data.length || data.readUInt32LE(lineEnd + 5) !== 0) return undefined;
    const valueEnd = valueStart + data.readUInt32LE(lineEnd + 1);
    if (valueEnd >= data.length || data[valueEnd] !== newline) return undefined;
    fields.push([data.toString('latin1', position, lineEnd), data.subarray(valueStart, valueEnd)]);
    position = valueEnd + 1;
  }
}
