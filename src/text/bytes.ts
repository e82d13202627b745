/**
 * Texts as systemd has them, whatever they are about. Here are texts and bytes: systemd's strings are bytes, ours are
 * JavaScript strings. Bytes that are no UTF-8 are carried as lone surrogates U+DC80…U+DCFF (one a byte), so nothing is lost
 * and "is this valid UTF-8" stays answerable.
 *
 *   bytes.ts       text from bytes and back, base64, what may be in a string
 *   characters.ts  blanks and digits
 *   quoting.ts     words, quotes, escapes: taken apart and put back
 *   numbers.ts     integers, sizes, shares, modes
 *   paths.ts       paths as text
 *   fnmatch.ts     shell patterns
 *   compare.ts     versions, and comparisons with operators
 *   siphash.ts, log-level.ts
 *
 * Nothing here touches the machine, and nothing knows what a value is for (src/values).
 */

import { isUtf8 } from 'node:buffer';

const invalidBase = 0xdc00;

function isCarriedByte(code: number): boolean {
  return code >= 0xdc80 && code <= 0xdcff;
}

/** Length of the UTF-8 sequence at `position`, 0 where there is none (overlong, surrogate and > U+10FFFF are none). */
function sequenceLength(data: Uint8Array, position: number): number {
  const first = data[position]!;
  if (first < 0x80) return 1;
  const length = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first <= 0xf4 ? 4 : 0;
  if (length === 0 || first < 0xc2 || position + length > data.length) return 0;
  for (let index = 1; index < length; index++) if ((data[position + index]! & 0xc0) !== 0x80) return 0;
  const second = data[position + 1]!;
  if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f)) return 0;
  if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0;
  return length;
}

/** UTF-8 to text; each byte that belongs to no valid sequence becomes U+DC00 plus the byte. */
export function bytesToText(data: Uint8Array): string {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  const parts: string[] = [];
  let start = 0;
  let position = 0;
  while (position < buffer.length) {
    const length = sequenceLength(buffer, position);
    if (length > 0) {
      position += length;
      continue;
    }
    if (position > start) parts.push(buffer.toString('utf8', start, position));
    parts.push(String.fromCharCode(invalidBase + buffer[position]!));
    start = ++position;
  }
  parts.push(buffer.toString('utf8', start));
  return parts.join('');
}

/** Also halves of characters beyond U+FFFF: a quick look, for texts of any length. */
const maybeCarriedByte = /[\udc80-\udcff]/;

/** The bytes of a text, the inverse of `bytesToText`. Other lone surrogates become U+FFFD. */
export function textToBytes(text: string): Buffer {
  if (!maybeCarriedByte.test(text)) return Buffer.from(text, 'utf8');
  const parts: Buffer[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0xd800 && code <= 0xdbff) {
      const next = text.charCodeAt(index + 1);
      if (next >= 0xdc00 && next <= 0xdfff) index++;
      continue;
    }
    if (!isCarriedByte(code)) continue;
    if (index > start) parts.push(Buffer.from(text.slice(start, index), 'utf8'));
    parts.push(Buffer.from([code - invalidBase]));
    start = index + 1;
  }
  parts.push(Buffer.from(text.slice(start), 'utf8'));
  return Buffer.concat(parts);
}

/** systemd counts Unicode's noncharacters as invalid, too. */
const invalidCharacter = /[\p{Surrogate}\p{Noncharacter_Code_Point}]/u;

/** Whether the text carries bytes that systemd does not accept as UTF-8. */
export function hasInvalidBytes(text: string): boolean {
  return invalidCharacter.test(text);
}

/** The text for messages: each invalid byte is shown as U+FFFD. */
export function replaceInvalidBytes(text: string): string {
  return text.replace(/[\p{Surrogate}\p{Noncharacter_Code_Point}]/gu, (character) =>
    '\ufffd'.repeat(isCarriedByte(character.charCodeAt(0)) ? 1 : Buffer.byteLength(character)),
  );
}

/** Length in bytes. */
export function byteLength(text: string): number {
  if (!hasInvalidBytes(text)) return Buffer.byteLength(text, 'utf8');
  return textToBytes(text).length;
}

/** The bytes that a text in base64 stands for, blanks aside; undefined where it is none. */
export function decodeBase64(text: string): Buffer | undefined {
  const compact = text.replace(/[ \t\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)) return undefined;
  return Buffer.from(compact, 'base64');
}

/** Whether a text has control characters (below space, or DEL) other than those in `allowed`. */
export function hasControlCharacter(text: string, allowed = ''): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if ((code < 0x20 || code === 0x7f) && !allowed.includes(text[index]!)) return true;
  }
  return false;
}

/** Whether a text has neither control characters nor quotes nor backslashes. */
export function stringIsSafe(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f || code === 0x22 || code === 0x27 || code === 0x5c) return false;
  }
  return true;
}
