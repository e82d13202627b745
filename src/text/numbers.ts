/** Numbers as systemd reads and prints them: integers, sizes, shares, modes. */

import { isBlank, isDigit, isSpace } from './characters.ts';

/** Why a number is refused, as errno's name. */
export type NumberError = 'EINVAL' | 'ERANGE';

const trueWords = new Set(['1', 'yes', 'y', 'true', 't', 'on']);
const falseWords = new Set(['0', 'no', 'n', 'false', 'f', 'off']);

/** `yes`, `true`, `on`, `1` and `no`, `false`, `off`, `0` with their short forms, in any case. */
export function parseBoolean(text: string): boolean | undefined {
  if (text.length > 5) return undefined;
  const word = text.toLowerCase();
  return trueWords.has(word) ? true : falseWords.has(word) ? false : undefined;
}

export function formatBoolean(value: boolean): 'yes' | 'no' {
  return value ? 'yes' : 'no';
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x61 && code <= 0x7a) return code - 0x57;
  if (code >= 0x41 && code <= 0x5a) return code - 0x37;
  return 99;
}

export interface IntegerOptions {
  /** 0: by prefix (0x, 0b, 0o, 0). */
  base?: 0 | 8 | 10 | 16;
  refusePlusMinus?: boolean;
  refuseLeadingZero?: boolean;
  refuseLeadingWhitespace?: boolean;
}

interface Scanned {
  negative: boolean;
  magnitude: bigint;
}

const radixPrefix: Readonly<Record<number, string>> = { 2: '0b', 8: '0o', 10: '', 16: '0x' };

/** The magnitude of a run of digits; the caller has checked the digits. */
function magnitudeOf(digits: string, base: number): bigint {
  return digits.length <= 10 ? BigInt(Number.parseInt(digits, base)) : BigInt(radixPrefix[base]! + digits);
}

/** Longest run of digits worth looking at: leading zeros aside, more cannot fit 64 bits in any base. */
const digitLimit = 70;

/** An integer that is the whole text, as strtol(3) and systemd's prefixes have it. */
function scanInteger(text: string, options: IntegerOptions): Scanned | undefined {
  let base: number = options.base ?? 0;
  if (options.refuseLeadingWhitespace && isSpace(text.charCodeAt(0))) return undefined;
  let position = skipWhile(text, 0, isBlank);
  if (options.refusePlusMinus && (text[position] === '+' || text[position] === '-')) return undefined;
  if (options.refuseLeadingZero && text[position] === '0' && position + 1 < text.length) return undefined;
  if (base === 0) {
    const prefix = text.slice(position, position + 2).toLowerCase();
    if (prefix === '0b' || prefix === '0o') {
      base = prefix === '0b' ? 2 : 8;
      position += 2;
    }
  }
  // strtol(3) skips more kinds of blanks than systemd does
  position = skipWhile(text, position, isSpace);
  const sign = text[position];
  if (sign === '+' || sign === '-') position++;
  if ((base === 0 || base === 16) && text[position] === '0' && text[position + 1]?.toLowerCase() === 'x') {
    base = 16;
    position += 2;
  } else if (base === 0) {
    base = text[position] === '0' ? 8 : 10;
  }
  if (position >= text.length) return undefined;
  const start = position;
  for (; position < text.length; position++) {
    if (digitOf(text.charCodeAt(position)) >= base) return undefined;
  }
  let leading = start;
  while (leading < text.length - 1 && text.charCodeAt(leading) === 0x30) leading++;
  if (text.length - leading > digitLimit) return { negative: sign === '-', magnitude: 1n << 80n };
  return { negative: sign === '-', magnitude: magnitudeOf(text.slice(leading), base) };
}

/** A short run of decimal digits without leading zero: what most settings hold. */
function plainDecimal(text: string): number | undefined {
  const length = text.length;
  if (length === 0 || length > 9) return undefined;
  let value = 0;
  for (let index = 0; index < length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9 || (digit === 0 && index === 0 && length > 1)) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

function within(value: number, min: number, max: number): number | undefined {
  return value >= min && value <= max ? value : undefined;
}

/** Whether it is an integer at all, of any size. */
export function isInteger(text: string): boolean {
  return scanInteger(text, {}) !== undefined;
}

/** A signed integer in a range (32 bits unless told); `0x`, `0b`, `0o` and `0` prefixes count. */
export function parseInteger(text: string, min = -(2 ** 31), max = 2 ** 31 - 1): number | undefined {
  const plain = plainDecimal(text);
  if (plain !== undefined) return within(plain, min, max);
  const value = parseInteger64(text);
  return value === undefined ? undefined : within(Number(value), min, max);
}

/** A signed 64-bit integer. */
export function parseInteger64(text: string): bigint | undefined {
  const scanned = scanInteger(text, {});
  if (scanned === undefined) return undefined;
  const value = scanned.negative ? -scanned.magnitude : scanned.magnitude;
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** An unsigned integer up to `max` (32 bits unless told). */
export function parseUnsigned(text: string, max = 2 ** 32 - 1, options: IntegerOptions = {}): number | undefined {
  if (options.base === undefined || options.base === 0 || options.base === 10) {
    const plain = plainDecimal(text);
    if (plain !== undefined) return within(plain, 0, max);
  }
  const value = parseUnsigned64(text, options);
  return value === undefined ? undefined : within(Number(value), 0, max);
}

/** An unsigned 64-bit integer. */
export function parseUnsigned64(text: string, options: IntegerOptions = {}): bigint | undefined {
  const scanned = scanInteger(text, options);
  if (scanned === undefined || (scanned.negative && scanned.magnitude !== 0n)) return undefined;
  return scanned.magnitude < 1n << 64n ? scanned.magnitude : undefined;
}

/** A process id. */
export function parsePid(text: string): number | NumberError {
  const scanned = scanInteger(text, {});
  if (scanned === undefined) return 'EINVAL';
  const { negative, magnitude } = scanned;
  return !negative && magnitude > 0n && magnitude < 1n << 31n ? Number(magnitude) : 'ERANGE';
}

const sizeSuffixes = 'EPTGMKB';
const uint64Max = (1n << 64n) - 1n;

function skipWhile(text: string, position: number, test: (code: number) => boolean): number {
  while (position < text.length && test(text.charCodeAt(position))) position++;
  return position;
}

/** Decimal digits from `start` to `end`; undefined where they exceed 64 bits. */
function decimal64(text: string, start: number, end: number): bigint | undefined {
  while (start < end - 1 && text.charCodeAt(start) === 0x30) start++;
  if (end - start > 20) return undefined;
  const value = BigInt(text.slice(start, end));
  return value > uint64Max ? undefined : value;
}

/**
 * A size with the suffixes B, K, M, G, T, P, E of base 1024 or 1000; several may follow each other, largest first
 * (`1G 512M`); fractions are allowed.
 */
export function parseSizeExact(text: string, base: 1024 | 1000): bigint | NumberError {
  let total = 0n;
  let allowedFrom = 0;
  let position = 0;
  do {
    position = skipWhile(text, position, isBlank);
    let number = skipWhile(text, position, isSpace);
    const sign = text[number];
    if (sign === '+' || sign === '-') number++;
    let end = skipWhile(text, number, isDigit);
    if (end === number) return 'EINVAL';
    const whole = decimal64(text, number, end);
    if (whole === undefined || text[position] === '-') return 'ERANGE';
    const count = sign === '-' ? BigInt.asUintN(64, -whole) : whole;
    let fraction = 0;
    if (text[end] === '.') {
      const point = end + 1;
      end = skipWhile(text, point, isDigit);
      if (end > point) {
        const digits = decimal64(text, point, end);
        if (digits === undefined) return 'ERANGE';
        fraction = Number(digits);
        for (let index = point; index < end && fraction !== 0; index++) fraction /= 10;
      }
    }
    end = skipWhile(text, end, isBlank);
    // an empty suffix is last in the order, and always fits unless it has been used
    let suffix = text[end] === undefined ? -1 : sizeSuffixes.indexOf(text[end]!, allowedFrom);
    let length = 1;
    if (suffix < 0) {
      suffix = sizeSuffixes.length;
      length = 0;
    }
    if (suffix < allowedFrom) return 'EINVAL';
    const factor = suffix >= 6 ? 1n : BigInt(base) ** BigInt(6 - suffix);
    // wraps around at 2^64 as the 64-bit sum does
    if (BigInt.asUintN(64, count + (fraction > 0 ? 1n : 0n)) > uint64Max / factor) return 'ERANGE';
    const part = count * factor + BigInt(Math.trunc(fraction * Number(factor)));
    if (part > uint64Max - total) return 'ERANGE';
    total += part;
    position = end + length;
    allowedFrom = suffix + 1;
  } while (position < text.length);
  return total;
}

const iecFactors: Readonly<Record<string, number>> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** As `parseSizeExact`, as a number of bytes (rounded to a double above 2^53). */
export function parseSize(text: string, base: 1024 | 1000 = 1024): number | undefined {
  const plain = plainDecimal(text);
  if (plain !== undefined) return plain;
  const factor = base === 1024 ? iecFactors[text[text.length - 1] ?? ''] : undefined;
  const head = factor === undefined ? undefined : plainDecimal(text.slice(0, -1));
  if (factor !== undefined && head !== undefined && head < 8192) return head * factor;
  const exact = parseSizeExact(text, base);
  return typeof exact === 'bigint' ? Number(exact) : undefined;
}

/** `12.34%` as a count of units of which `scale` digits stand after the point. */
function shareWithPoint(text: string, symbol: string, scale: 1 | 2): number | undefined {
  if (!text.endsWith(symbol)) return undefined;
  const number = text.slice(0, -symbol.length);
  const factor = scale === 1 ? 10 : 100;
  const dot = number.indexOf('.');
  let part = 0;
  if (dot >= 0) {
    const digits = number.slice(dot + 1);
    if (digits.length < 1 || digits.length > scale || skipWhile(digits, 0, isDigit) < digits.length) return undefined;
    part = Number(digits.padEnd(scale, '0'));
  }
  const whole = parseInteger(dot >= 0 ? number.slice(0, dot) : number, 0);
  if (whole === undefined || whole > Math.trunc((2 ** 31 - 1 - part) / factor)) return undefined;
  return whole * factor + part;
}

/** `50.55%`, `505.5‰` or `5055‱` → 5055. */
export function parsePermyriadUnbounded(text: string): number | undefined {
  if (text.endsWith('‱')) return parseInteger(text.slice(0, -1), 0);
  return text.endsWith('‰') ? shareWithPoint(text, '‰', 1) : shareWithPoint(text, '%', 2);
}

export function parsePermyriad(text: string): number | undefined {
  const value = parsePermyriadUnbounded(text);
  return value !== undefined && value <= 10000 ? value : undefined;
}

/** `A` or `A-B`; the bounds are not compared. */
export function parseRange(text: string): [number, number] | undefined {
  const dash = text.indexOf('-');
  const lower = parseUnsigned(dash < 0 ? text : text.slice(0, dash));
  if (lower === undefined) return undefined;
  if (dash < 0) return [lower, lower];
  const upper = parseUnsigned(text.slice(dash + 1));
  return upper === undefined ? undefined : [lower, upper];
}

/** An octal mode up to 07777. */
export function parseMode(text: string): number | undefined {
  return parseUnsigned(text, 0o7777, { base: 8, refusePlusMinus: true });
}

/** Four octal digits, as `show` prints modes. */
export function formatMode(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** -20 to 19. */
export function parseNice(text: string): number | undefined {
  return parseInteger(text, -20, 19);
}

/** -1000 to 1000. */
export function parseOomScoreAdjust(text: string): number | undefined {
  return parseInteger(text, -1000, 1000);
}

/** 1 to 65535. */
export function parsePort(text: string): number | undefined {
  const port = parseUnsigned(text, 65535, { refuseLeadingWhitespace: true });
  return port === 0 ? undefined : port;
}

/** `A` or `A-B` with 1 ≤ A ≤ B ≤ 65535. */
export function parsePortRange(text: string): [number, number] | undefined {
  const range = parseRange(text);
  if (range === undefined) return undefined;
  const [low, high] = range;
  return low >= 1 && high <= 65535 && low <= high ? range : undefined;
}

/** A numeric user or group id: decimal digits, no sign, no leading zero, neither 65535 nor 4294967295. */
export function parseUid(text: string): number | undefined {
  const id = parseUnsigned(text, 2 ** 32 - 1, {
    base: 10,
    refusePlusMinus: true,
    refuseLeadingZero: true,
    refuseLeadingWhitespace: true,
  });
  return id === 65535 || id === 2 ** 32 - 1 ? undefined : id;
}

const byteSuffixes = 'KMGTPE';

/** A size for people: `1.5M`, `512B`; Infinity is `infinity`. */
export function formatBytes(bytes: number | bigint): string {
  if (typeof bytes === 'number' && !Number.isFinite(bytes)) return 'infinity';
  const size = BigInt(bytes);
  if (size >= uint64Max) return 'infinity';
  for (let power = byteSuffixes.length; power >= 1; power--) {
    const factor = 1024n ** BigInt(power);
    if (size < factor) continue;
    const tenths = ((size / (factor / 1024n)) * 10n) / 1024n;
    return `${size / factor}.${tenths % 10n}${byteSuffixes[power - 1]}`;
  }
  return `${size}B`;
}
