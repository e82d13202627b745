/** Valid samples with something wrong in them, and texts that never were valid. */
import type { Random } from '../../../scripts/fuzz/random.mjs';
import type { Input } from './door.ts';

/** What ends, begins or means something to some reader, and numbers at the ends of types. */
const common = [
  ...['\n', '\r\n', '\0', ' ', '\t', '\\', '\\\n', '"', "'", '%', '%n', '%%', '$', '=', ':', ';', '#', ',', '/', '..'],
  ...['.', '-', '+', '*', '?', '[', ']', '{', '}', '<', '>', '|', '~', '@', '!', '(', ')', '^', '&', '\x7f', '\x1b['],
  ...['0', '1', '-1', '255', '256', '32767', '65535', '65536', '2147483647', '2147483648', '4294967295', '4294967296'],
  ...['9007199254740993', '9223372036854775807', '18446744073709551615', '18446744073709551616', '1e999', '0x', '0b1'],
  ...['NaN', 'Infinity', 'null', 'undefined', '__proto__', 'constructor', 'toString', 'infinity', 'yes', 'é', '😀'],
  ...['\ud7ff', '\u2028', '\ufeff', '\u0300', '\\x41', '\\u0041', '\\777', '1'.repeat(400), 'a'.repeat(300)],
];
/** Bytes that are no UTF-8, or only the beginning of it. */
const broken = ['ff', 'c3', 'c080', 'eda080', 'f4908080', 'e282', 'fe', '80', 'f0'].map((hex) =>
  Buffer.from(hex, 'hex'),
);
/** Those that are numbers. */
const numbers = common.filter((piece) => /^-?\d+$/.test(piece));
const words32 = [0, 1, 4, 8, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x0100_0000, 65_536, 128 * 1024 * 1024];

/** Bytes of a case that is made long, to show what takes time by the square of its length. */
const longBytes = 48 * 1024;
/** Which share of cases. */
const longShare = 1 / 2000;

export class Mutator {
  readonly #samples: readonly Buffer[];
  readonly #pieces: readonly Buffer[];

  /** `dictionary`: pieces that mean something to the door. */
  constructor(samples: readonly (string | Buffer)[], dictionary: readonly string[] = []) {
    this.#samples = samples.map((sample) => Buffer.from(sample as string));
    const own = dictionary.map((piece) => Buffer.from(piece));
    const usual = [...common.map((piece) => Buffer.from(piece)), ...broken];
    // What is the door's own is as likely as all the rest together.
    const times = own.length === 0 ? 1 : Math.max(1, Math.round(usual.length / own.length));
    this.#pieces = [...usual, ...Array.from({ length: times }, () => own).flat()];
  }

  /** A sample, mostly with something wrong in it; or pieces, or bytes. */
  make(r: Random): Buffer {
    if (r.chance(longShare)) return this.#long(r);
    switch (r.int(0, 11)) {
      case 0:
        return r.pick(this.#samples);
      case 1:
        return Buffer.concat(r.many(0, 12, () => r.pick(this.#pieces)));
      case 2:
        return randomBytes(r, 60);
      default:
        return this.change(r, r.pick(this.#samples));
    }
  }

  /** A few bytes changed, taken out, doubled, moved or put in. */
  change(r: Random, from: Buffer): Buffer {
    let result = from;
    for (let changes = r.int(1, r.chance(0.7) ? 2 : 6); changes > 0; changes--) result = this.#once(r, result);
    return result;
  }

  #once(r: Random, from: Buffer): Buffer {
    const at = r.int(0, from.length);
    const head = from.subarray(0, at);
    const tail = from.subarray(at);
    switch (r.int(0, 9)) {
      case 0:
        return Buffer.concat([head, Buffer.of(r.int(0, 255)), tail.subarray(1)]);
      case 1:
        return Buffer.concat([head, tail.subarray(r.int(1, r.chance(0.8) ? 8 : 200))]);
      case 2:
        return Buffer.concat([head, tail.subarray(0, r.int(1, 40)), tail]);
      case 3:
        return Buffer.concat([head, randomBytes(r, 6), tail]);
      case 4:
        return flipped(r, from);
      case 5:
        return withNumber(r, from);
      case 6:
        return withWord(r, from);
      case 7:
        return r.chance(0.3) ? head : Buffer.concat([head, this.#partOf(r, r.pick(this.#samples))]);
      default:
        return Buffer.concat([head, r.pick(this.#pieces), r.chance(0.7) ? tail : tail.subarray(r.int(1, 4))]);
    }
  }

  #partOf(r: Random, sample: Buffer): Buffer {
    return sample.subarray(r.int(0, sample.length));
  }

  /** One piece or sample again and again, within a sample. */
  #long(r: Random): Buffer {
    const repeated = r.chance(0.5) ? r.pick(this.#pieces) : this.change(r, r.pick(this.#samples));
    const unit = r.chance(0.3) ? Buffer.concat([repeated, r.pick(this.#pieces)]) : repeated;
    if (unit.length === 0) return unit;
    const body = Buffer.alloc(longBytes, unit);
    const around = r.pick(this.#samples);
    const at = r.int(0, around.length);
    return Buffer.concat([around.subarray(0, at), body, around.subarray(at)]);
  }
}

export function randomBytes(r: Random, most: number): Buffer {
  const result = Buffer.allocUnsafe(r.int(0, most));
  for (let at = 0; at < result.length; at++) result[at] = r.int(0, 255);
  return result;
}

function flipped(r: Random, from: Buffer): Buffer {
  if (from.length === 0) return from;
  const result = Buffer.from(from);
  const at = r.int(0, from.length - 1);
  result[at] = result[at]! ^ (1 << r.int(0, 7));
  return result;
}

/** A number in the text becomes another one. */
function withNumber(r: Random, from: Buffer): Buffer {
  const start = r.int(0, from.length);
  let first = start;
  while (first < from.length && !isDigit(from[first]!)) first++;
  let end = first;
  while (end < from.length && isDigit(from[end]!)) end++;
  if (end === first) return from;
  const number = r.chance(0.5) ? r.pick(numbers) : String(r.int(0, 1000));
  return Buffer.concat([from.subarray(0, first), Buffer.from(number), from.subarray(end)]);
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** Four bytes become another number. */
function withWord(r: Random, from: Buffer): Buffer {
  if (from.length < 4) return from;
  const result = Buffer.from(from);
  const at = r.int(0, from.length - 4);
  if (r.chance(0.8)) result.writeUInt32LE(r.pick(words32), at);
  else result.writeUInt32BE(r.pick(words32), at);
  return result;
}

/** The same bytes as the pieces in which they may come. */
export function chunked(r: Random, whole: Buffer): Input {
  const chunks: Buffer[] = [];
  for (let at = 0; at < whole.length; ) {
    const size = r.chance(0.5) ? r.int(1, 8) : r.int(1, whole.length);
    chunks.push(whole.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
