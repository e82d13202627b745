/**
 * Messages of the D-Bus wire format (D-Bus Specification, "Message Format"), as far as the manager speaks: headers, and
 * bodies of strings, 32-bit numbers and, in answers of its own, properties.
 */

export const MessageKind = { call: 1, answer: 2, error: 3, signal: 4 } as const;
export type MessageKind = (typeof MessageKind)[keyof typeof MessageKind];

/** Flag: whoever calls wants no answer. */
const noReplyExpected = 1;

/** What a header says besides its kind and number; codes of the specification. */
const fields = {
  path: { code: 1, type: 'o' },
  interface: { code: 2, type: 's' },
  member: { code: 3, type: 's' },
  errorName: { code: 4, type: 's' },
  replySerial: { code: 5, type: 'u' },
  destination: { code: 6, type: 's' },
  sender: { code: 7, type: 's' },
  signature: { code: 8, type: 'g' },
} as const;
type FieldName = keyof typeof fields;
const fieldOfCode = new Map<number, FieldName>(
  Object.entries(fields).map(([name, { code }]) => [code, name as FieldName]),
);

/** Properties are sent as a{sv} with strings for values, and not read. */
type Argument = string | number | Readonly<Record<string, string>>;

export interface BusMessage {
  kind: MessageKind;
  serial: number;
  wantsAnswer?: boolean;
  path?: string;
  interface?: string;
  member?: string;
  errorName?: string;
  replySerial?: number;
  destination?: string;
  sender?: string;
  /** Arguments up to the first of another type than string or 32-bit number. */
  args?: readonly Argument[];
}

/** What the manager is told is small. A larger message is passed over, up to what the bus allows. */
export const messageLimit = 64 * 1024;
const busLimit = 128 * 1024 * 1024;
const headSize = 16;
/** First byte of a message: the order of bytes in its numbers. */
const byteOrder = { little: 0x6c, big: 0x42 };

const aligned = (at: number, to: number): number => Math.ceil(at / to) * to;

// ---- writing --------------------------------------------------------------------------------------------------------

class Writer {
  readonly #parts: Buffer[] = [];
  size = 0;

  bytes(part: Buffer): void {
    this.#parts.push(part);
    this.size += part.length;
  }
  align(to: number): void {
    this.bytes(Buffer.alloc(aligned(this.size, to) - this.size));
  }
  number(value: number): void {
    this.align(4);
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value);
    this.bytes(part);
  }
  text(value: string): void {
    const text = Buffer.from(value, 'utf8');
    this.number(text.length);
    this.bytes(text);
    this.bytes(Buffer.alloc(1));
  }
  signature(value: string): void {
    this.bytes(Buffer.from([value.length, ...Buffer.from(value, 'latin1'), 0]));
  }
  /** Writes a value; the result is its type. */
  argument(value: Argument): string {
    if (typeof value === 'number') {
      this.number(value);
      return 'u';
    }
    if (typeof value === 'string') {
      this.text(value);
      return 's';
    }
    this.properties(value);
    return 'a{sv}';
  }
  /** Its parts begin where they are aligned to 8. */
  properties(values: Readonly<Record<string, string>>): void {
    const list = new Writer();
    for (const [name, value] of Object.entries(values)) {
      list.align(8);
      list.text(name);
      list.signature('s');
      list.text(value);
    }
    this.number(list.size);
    this.align(8);
    this.bytes(list.take());
  }
  take(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Little-endian, version 1. */
export function encodeMessage(message: BusMessage): Buffer {
  const body = new Writer();
  const signature = (message.args ?? []).map((value) => body.argument(value)).join('');
  const list = new Writer();
  for (const [name, { code, type }] of Object.entries(fields)) {
    const value = name === 'signature' ? signature || undefined : message[name as Exclude<FieldName, 'signature'>];
    if (value === undefined) continue;
    list.align(8);
    list.bytes(Buffer.from([code]));
    list.signature(type);
    if (typeof value === 'number') list.number(value);
    else if (type === 'g') list.signature(value);
    else list.text(value);
  }
  const head = new Writer();
  const flags = message.kind === MessageKind.call && message.wantsAnswer !== false ? 0 : noReplyExpected;
  head.bytes(Buffer.from([byteOrder.little, message.kind, flags, 1]));
  head.number(body.size);
  head.number(message.serial);
  head.number(list.size);
  head.bytes(list.take());
  head.align(8);
  head.bytes(body.take());
  return head.take();
}

// ---- reading --------------------------------------------------------------------------------------------------------

/** Throws an Error where a message ends too early. */
class Reader {
  readonly #bytes: Buffer;
  readonly #little: boolean;
  at: number;

  constructor(bytes: Buffer, little: boolean, at = 0) {
    this.#bytes = bytes;
    this.#little = little;
    this.at = at;
  }

  get done(): boolean {
    return this.at >= this.#bytes.length;
  }
  align(to: number): void {
    this.at = aligned(this.at, to);
  }
  #take(size: number): Buffer {
    if (this.at + size > this.#bytes.length) throw new Error('a value ends beyond its message');
    this.at += size;
    return this.#bytes.subarray(this.at - size, this.at);
  }
  byte(): number {
    return this.#take(1)[0]!;
  }
  number(): number {
    this.align(4);
    const bytes = this.#take(4);
    return this.#little ? bytes.readUInt32LE() : bytes.readUInt32BE();
  }
  text(): string {
    const text = this.#take(this.number()).toString('utf8');
    this.#take(1);
    return text;
  }
  signature(): string {
    const text = this.#take(this.byte()).toString('latin1');
    this.#take(1);
    return text;
  }
  /** undefined for a type that is not read. */
  value(type: string): string | number | undefined {
    if (type === 'u') return this.number();
    if (type === 's' || type === 'o') return this.text();
    return type === 'g' ? this.signature() : undefined;
  }
}

function decodeMessage(bytes: Buffer, little: boolean, headEnd: number): BusMessage {
  const head = new Reader(bytes.subarray(0, headEnd), little, headSize);
  const kind = bytes[1] as MessageKind;
  const serial = new Reader(bytes, little, 8).number();
  const message: BusMessage = { kind, serial, wantsAnswer: (bytes[2]! & noReplyExpected) === 0 };
  let signature = '';
  while (!head.done) {
    head.align(8);
    const code = head.byte();
    const type = head.signature();
    const value = head.value(type);
    // No field that we know is of another type, and where this one ends is not known.
    if (value === undefined) break;
    const name = fieldOfCode.get(code);
    if (name === undefined || fields[name].type !== type) continue;
    if (name === 'signature') signature = String(value);
    else Object.assign(message, { [name]: value });
  }
  const body = new Reader(bytes.subarray(aligned(headEnd, 8)), little);
  const args: (string | number)[] = [];
  for (const type of signature) {
    const value = type === 'g' ? undefined : body.value(type);
    if (value === undefined) break;
    args.push(value);
  }
  return { ...message, args };
}

/** Cuts a stream into messages. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of a message that is passed over. */
  #skipped = 0;

  /** Throws an Error where the stream is none of messages. `chunk` is not kept. */
  push(chunk: Buffer): BusMessage[] {
    const skipped = Math.min(this.#skipped, chunk.length);
    this.#skipped -= skipped;
    let rest = Buffer.concat([this.#rest, chunk.subarray(skipped)]);
    const messages: BusMessage[] = [];
    while (rest.length >= headSize) {
      const little = rest[0] === byteOrder.little;
      if (!little && rest[0] !== byteOrder.big) throw new Error(`a message that begins with byte ${rest[0]}`);
      const headEnd = headSize + new Reader(rest, little, 12).number();
      const size = aligned(headEnd, 8) + new Reader(rest, little, 4).number();
      if (size > busLimit) throw new Error(`a message of ${size} bytes`);
      if (size > messageLimit) {
        this.#skipped = Math.max(size - rest.length, 0);
        rest = rest.subarray(size);
        continue;
      }
      if (rest.length < size) break;
      messages.push(decodeMessage(rest.subarray(0, size), little, headEnd));
      rest = rest.subarray(size);
    }
    this.#rest = rest;
    return messages;
  }
}
