import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatMode,
  parseBoolean,
  parseInteger,
  parseInteger64,
  parseMode,
  parsePermyriad,
  parsePermyriadUnbounded,
  parsePort,
  parsePortRange,
  parseRange,
  parseSize,
  parseSizeExact,
  parseUid,
  parseUnsigned,
  parseUnsigned64,
} from '../../../src/text/numbers.ts';

test('booleans in any case', () => {
  expect(['1', 'YES', 'y', 'true', 'T', 'on'].map(parseBoolean)).toEqual(Array(6).fill(true));
  expect(['0', 'No', 'n', 'false', 'F', 'OFF'].map(parseBoolean)).toEqual(Array(6).fill(false));
  expect(['', '2', 'enabled', ' yes', 'truee'].map(parseBoolean)).toEqual(Array(5).fill(undefined));
});

describe('integers', () => {
  test.each([
    ['12345', 12345],
    ['-12345', -12345],
    ['  12345', 12345],
    ['+5', 5],
    ['0x7f', 127],
    ['-0x7F', -127],
    ['0b101', 5],
    ['0o17', 15],
    ['017', 15],
    ['08', undefined],
    ['0', 0],
    ['-0', 0],
    ['', undefined],
    ['-', undefined],
    ['0x', undefined],
    ['1 ', undefined],
    ['1.5', undefined],
    ['2147483647', 2147483647],
    ['2147483648', undefined],
    ['-2147483648', -2147483648],
    ['000000000000000000000000000000000000000000000000000000000000000000000000000000005', 5],
    ['9'.repeat(100_000), undefined],
  ])('%.20j', (text, value) => {
    expect(parseInteger(text)).toBe(value);
  });

  test('unsigned ones refuse what is below zero', () => {
    expect(parseUnsigned('-1')).toBeUndefined();
    expect(parseUnsigned('-0')).toBe(0);
    expect(parseUnsigned('4294967295')).toBe(4294967295);
    expect(parseUnsigned('4294967296')).toBeUndefined();
    expect(parseUnsigned('+5', 10, { refusePlusMinus: true })).toBeUndefined();
    expect(parseUnsigned('05', 10, { refuseLeadingZero: true })).toBeUndefined();
    expect(parseUnsigned('010', 100, { base: 10 })).toBe(10);
  });

  test('64 bits', () => {
    expect(parseUnsigned64('18446744073709551615')).toBe(18446744073709551615n);
    expect(parseUnsigned64('18446744073709551616')).toBeUndefined();
    expect(parseInteger64('-9223372036854775808')).toBe(-9223372036854775808n);
    expect(parseInteger64('9223372036854775808')).toBeUndefined();
  });
});

describe('sizes', () => {
  test.each([
    ['111', 111, 111],
    ['111.4', 111, 111],
    [' 112 B', 112, 112],
    ['3.5 K', 3584, 3500],
    ['3. M 700K', 3145728 + 716800, 3700000],
    ['2M1.5K', 2097152 + 1536, 2001500],
    ['12.7G', 13636521164, 12700000000],
    ['1E', 2 ** 60, 1e18],
    ['1T 1', 2 ** 40 + 1, 1e12 + 1],
    ['', undefined, undefined],
    ['-1', undefined, undefined],
    ['3K4M', undefined, undefined],
    ['3 K 1 K', undefined, undefined],
    ['1k', undefined, undefined],
    ['1Ki', undefined, undefined],
    ['20E', undefined, undefined],
  ])('%j', (text, iec, si) => {
    expect(parseSize(text)).toBe(iec);
    expect(parseSize(text, 1000)).toBe(si);
  });

  test('errors are told apart', () => {
    expect([parseSizeExact('x', 1024), parseSizeExact('16E', 1024), parseSizeExact('15E', 1024)]).toEqual([
      'EINVAL',
      'ERANGE',
      15n << 60n,
    ]);
  });

  test.each([
    [900, '900B'],
    [1023, '1023B'],
    [1024, '1.0K'],
    [1536, '1.5K'],
    [1024 * 1024 - 1, '1023.9K'],
    [5 * 1024 ** 3, '5.0G'],
    [Number.POSITIVE_INFINITY, 'infinity'],
    [0, '0B'],
    [(1n << 64n) - 2n, '15.9E'],
  ])('%d printed', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

test('shares', () => {
  expect(['50.55%', '505.5‰', '5055‱', '5%', '50.555%'].map(parsePermyriad)).toEqual([
    5055,
    5055,
    5055,
    500,
    undefined,
  ]);
  expect([parsePermyriadUnbounded('250%'), parsePermyriad('250%')]).toEqual([25000, undefined]);
});

test('modes, ports, ranges and ids', () => {
  expect(['0755', '755', '07777', '010000', '8', '-1', '+1', ''].map(parseMode)).toEqual([
    0o755,
    0o755,
    0o7777,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(formatMode(0o22)).toBe('0022');
  expect(['80', '0', '65536', ' 80', '0x50'].map(parsePort)).toEqual([80, undefined, undefined, undefined, 80]);
  expect(['1-5', '5', '5-', '5-1'].map(parseRange)).toEqual([[1, 5], [5, 5], undefined, [5, 1]]);
  expect(['1-5', '5-1', '0-5'].map(parsePortRange)).toEqual([[1, 5], undefined, undefined]);
  expect(['0', '1000', '65535', '4294967295', '01', '+1', ' 1'].map(parseUid)).toEqual([
    0,
    1000,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
