import { describe, expect, test } from 'vitest';
import { SimFiles } from '../../../../src/simulation/machine/files.ts';
import type { Files } from '../../../../src/sys/host.ts';
import {
  formatRelative,
  formatTimeSpan,
  formatTimeSpanUsec,
  parseNanoseconds,
  parseTimeSpan,
  parseTimeSpanFix0,
  parseTimeSpanUsec,
  usecInfinity,
  usecText,
} from '../../../../src/values/time/time-span.ts';
import { formatTimestamp, parseTimestamp, parseTimestampUsec } from '../../../../src/values/time/timestamp.ts';
import { localTimeZone, parsePosixZone, parseZoneFile, utc } from '../../../../src/values/time/timezone.ts';

const second = 1_000_000n;

describe('spans', () => {
  test.each([
    ['5s', 5n * second],
    ['5s500ms', 5n * second + 500_000n],
    [' 5s 500ms  ', 5n * second + 500_000n],
    [' 5.5s  ', 5n * second + 500_000n],
    [' 5.5s 0.5ms ', 5n * second + 500_500n],
    [' .22s ', 220_000n],
    ['9min', 540n * second],
    ['1y', 31557600n * second],
    ['1month', 2629800n * second],
    ['1M', 2629800n * second],
    ['1m', 60n * second],
    ['3 4s', 7n * second],
    ['1µs', 1n],
    ['1μs', 1n],
    ['.5', 500_000n],
    ['infinity', usecInfinity],
    [' infinity ', usecInfinity],
    ['+3.1s', 3_100_000n],
    ['12.34s.56', 12_900_000n],
    ['', 'EINVAL'],
    [' xyz ', 'EINVAL'],
    ['infinityx', 'EINVAL'],
    ['.', 'EINVAL'],
    ['3.', 'EINVAL'],
    ['3.+1s', 'EINVAL'],
    ['3.sec', 'EINVAL'],
    ['12.34.56', 'EINVAL'],
    ['-5s', 'ERANGE'],
    ['-0', 'ERANGE'],
    ['1234567890123456789012', 'ERANGE'],
    ['9223372036854775807s', 'ERANGE'],
  ])('%j', (text, usec) => {
    expect(parseTimeSpanUsec(text)).toBe(usec);
  });

  test('milliseconds, and units of other settings', () => {
    expect(parseTimeSpan('1min 30.0005s')).toBe(90000.5);
    expect(parseTimeSpan('infinity')).toBe(Number.POSITIVE_INFINITY);
    expect(parseTimeSpan('90', 1)).toBe(90);
    expect(parseTimeSpan('90', 60_000)).toBe(5_400_000);
    expect([parseTimeSpanFix0('0'), parseTimeSpanFix0('1')]).toEqual([Number.POSITIVE_INFINITY, 1000]);
    expect([parseNanoseconds('50us'), parseNanoseconds('7'), parseNanoseconds('1ns x')]).toEqual([
      50000n,
      7n,
      undefined,
    ]);
  });

  test.each([
    [0n, 0n, '0'],
    [1n, 0n, '1us'],
    [999n, 0n, '999us'],
    [1500n, 0n, '1.500ms'],
    [2_500_000n, 1000n, '2.500s'],
    [90n * second, 0n, '1min 30s'],
    [90n * second + 5n, 0n, '1min 30.000005s'],
    [90n * second + 5n, 1000n, '1min 30.000s'],
    [3600n * second, 60n * second, '1h'],
    [1234567890123n, 0n, '2w 6h 56min 7.890123s'],
    [31557600n * second * 2n, 0n, '2y'],
    [usecInfinity, 0n, 'infinity'],
  ])('%d with accuracy %d', (usec, accuracy, text) => {
    expect(formatTimeSpanUsec(usec, accuracy)).toBe(text);
  });

  test('printed from milliseconds', () => {
    expect([formatTimeSpan(100), formatTimeSpan(90_000), formatTimeSpan(Number.POSITIVE_INFINITY)]).toEqual([
      '100ms',
      '1min 30s',
      'infinity',
    ]);
    expect([usecText(0.001), usecText(Number.POSITIVE_INFINITY)]).toEqual(['1', '18446744073709551615']);
  });

  test.each([
    [0, 'now'],
    [0.5, '500us ago'],
    [5, '5ms ago'],
    [59_999, '59s ago'],
    [182_000, '3min 2s ago'],
    [6 * 60_000, '6min ago'],
    [3_723_000, '1h 2min ago'],
    [7 * 3_600_000, '7h ago'],
    [26 * 3_600_000, '1 day 2h ago'],
    [3 * 86_400_000, '3 days ago'],
    [8 * 86_400_000, '1 week 1 day ago'],
    [40 * 86_400_000, '1 month 9 days ago'],
    [800 * 86_400_000, '2 years 2 months ago'],
    [-5000, '5s left'],
  ])('%d ms ago is %s', (distance, text) => {
    expect(formatRelative(1e12, 1e12 + distance)).toBe(text);
  });
});

const berlin = parsePosixZone('CET-1CEST,M3.5.0,M10.5.0/3')!;
const now = Date.UTC(2026, 10, 24, 14, 30, 0);

describe('zones', () => {
  test('rules change the clocks', () => {
    const at = (...time: [number, number, number, number]) => berlin.at(Date.UTC(...time) / 1000);
    expect(at(2026, 2, 29, 0)).toEqual({ offsetSec: 3600, isDst: false, abbreviation: 'CET' });
    expect(at(2026, 2, 29, 1)).toEqual({ offsetSec: 7200, isDst: true, abbreviation: 'CEST' });
    expect(at(2026, 9, 25, 0).abbreviation).toBe('CEST');
    expect(at(2026, 9, 25, 1).abbreviation).toBe('CET');
  });

  test('other ways to write rules', () => {
    const first = parsePosixZone('AAA3BBB,J60/2,J300')!;
    expect(first.at(Date.UTC(2024, 2, 1, 4, 59) / 1000).abbreviation).toBe('AAA');
    expect(first.at(Date.UTC(2024, 2, 1, 5, 0) / 1000).abbreviation).toBe('BBB');
    expect(parsePosixZone('<+0330>-3:30')!.at(0)).toEqual({ offsetSec: 12600, isDst: false, abbreviation: '+0330' });
    expect(parsePosixZone('EST5EDT')!.abbreviations).toEqual(['EST', 'EDT']);
    expect(parsePosixZone('nonsense')).toBeUndefined();
  });

  test('a zone file, and one that is broken', () => {
    // one transition at 1000000 from AAA (0) to BBB (+1h), then rules of its own
    const header = (version: string, counts: number[]) => {
      const buffer = Buffer.alloc(44);
      buffer.write(`TZif${version}`);
      counts.forEach((count, index) => {
        buffer.writeUInt32BE(count, 20 + index * 4);
      });
      return buffer;
    };
    const time = Buffer.alloc(8);
    time.writeBigInt64BE(1_000_000n);
    const type = (offset: number, dst: number, at: number) => {
      const buffer = Buffer.alloc(6);
      buffer.writeInt32BE(offset);
      buffer[4] = dst;
      buffer[5] = at;
      return buffer;
    };
    const data = Buffer.concat([
      header('2', [0, 0, 0, 0, 1, 4]),
      type(0, 0, 0),
      Buffer.from('AAA\0'),
      header('2', [0, 0, 0, 1, 2, 8]),
      time,
      Buffer.from([1]),
      type(0, 0, 0),
      type(3600, 1, 4),
      Buffer.from('AAA\0BBB\0'),
      Buffer.from('\nCCC-2\n'),
    ]);
    const zone = parseZoneFile(data, 'Test/Zone')!;
    expect([zone.at(0).abbreviation, zone.at(999_999).abbreviation]).toEqual(['AAA', 'AAA']);
    expect(zone.at(1_000_000)).toEqual({ offsetSec: 7200, isDst: false, abbreviation: 'CCC' });
    for (let length = 0; length < data.length; length += 7) {
      expect(() => parseZoneFile(data.subarray(0, length), 'x')).not.toThrow();
    }
    const files = new SimFiles(() => 0);
    files.mkdirs('/usr/share/zoneinfo/Test');
    files.writeAtomic('/usr/share/zoneinfo/Test/Zone', data);
    expect(localTimeZone(files as Files, 'Test/Zone').at(0).abbreviation).toBe('AAA');
    expect(localTimeZone(files as Files, 'XYZ-3').at(0).offsetSec).toBe(10800);
    expect(localTimeZone(files as Files, undefined)).toBe(utc);
    expect(localTimeZone(files as Files, '../../etc/passwd')).toBe(utc);
  });
});

describe('moments', () => {
  test.each([
    ['pretty', 'Tue 2026-11-24 15:30:00 CET'],
    ['us', 'Tue 2026-11-24 15:30:00.000000 CET'],
    ['utc', 'Tue 2026-11-24 14:30:00 UTC'],
    ['us+utc', 'Tue 2026-11-24 14:30:00.000000 UTC'],
    ['unix', '@1795530600'],
  ] as const)('printed %s', (style, text) => {
    expect(formatTimestamp(now, berlin, style)).toBe(text);
  });

  test('unset and far ones', () => {
    expect([formatTimestamp(0, utc), formatTimestamp(Number.POSITIVE_INFINITY, utc)]).toEqual([undefined, undefined]);
    expect(formatTimestamp(253402214399999, utc)).toBe('--- XXXX-XX-XX XX:XX:XX');
  });

  test.each([
    ['2012-09-22 16:34:22', 'Sat 2012-09-22 16:34:22 CEST'],
    ['12-09-22 16:34', 'Sat 2012-09-22 16:34:00 CEST'],
    ['2012-09-22', 'Sat 2012-09-22 00:00:00 CEST'],
    ['Sat 2012-09-22', 'Sat 2012-09-22 00:00:00 CEST'],
    ['16:34:22', 'Tue 2026-11-24 16:34:22 CET'],
    ['16:34', 'Tue 2026-11-24 16:34:00 CET'],
    ['now', 'Tue 2026-11-24 15:30:00 CET'],
    ['yesterday', 'Mon 2026-11-23 00:00:00 CET'],
    ['today', 'Tue 2026-11-24 00:00:00 CET'],
    ['tomorrow', 'Wed 2026-11-25 00:00:00 CET'],
    ['+5min', 'Tue 2026-11-24 15:35:00 CET'],
    ['-5days', 'Thu 2026-11-19 15:30:00 CET'],
    ['5min ago', 'Tue 2026-11-24 15:25:00 CET'],
    ['5min left', 'Tue 2026-11-24 15:35:00 CET'],
    ['@1395716396', 'Tue 2014-03-25 03:59:56 CET'],
    ['2012-09-22 16:34 utc', 'Sat 2012-09-22 18:34:00 CEST'],
    ['2012-12-22 16:34 CEST', 'Sat 2012-12-22 15:34:00 CET'],
    ['Nov 23 21:33:00', 'Mon 2026-11-23 21:33:00 CET'],
    ['2026-03-29 02:30', 'Sun 2026-03-29 03:30:00 CEST'],
    ['2012-09-32', undefined],
    ['Mon 2012-09-22', undefined],
    ['2012-09-22 25:00', undefined],
    ['2012-09-22 16:34:22.', undefined],
    ['2012-09-22x', undefined],
    ['Foo 2012-09-22', undefined],
    ['1969-12-31', undefined],
    ['10000-01-01', undefined],
    ['', undefined],
    [' now', undefined],
  ])('%j', (text, printed) => {
    const ms = parseTimestamp(text, now, berlin);
    expect(ms === undefined ? undefined : formatTimestamp(ms, berlin)).toBe(printed);
  });

  test.each([
    ['2012-09-22T16:34:22Z', 0],
    ['2012-09-22 16:34:22Z', 0],
    ['Sat 2012-09-22T16:34:22Z', 0],
    ['2012-09-22T16:34:22', 0],
    ['2012-09-22T18:34:22+02:00', 0],
    ['2012-09-22T14:04:22-02:30', 0],
    ['2012-09-22 18:34:22 +02:00', 0],
    ['2012-09-22 18:34:22 +0200', 0],
    ['2012-09-22 18:34:22 +02', 0],
    ['2012-09-22T16:34Z', -22],
    ['2012-09-22+14:00', -59_662 - 14 * 3600],
  ])('RFC 3339: %s', (text, seconds) => {
    expect(parseTimestampUsec(text, 0n, utc)).toBe((1348331662n + BigInt(seconds)) * second);
  });

  test.each([
    '2012-09-22t16:34:22z',
    '2012-09-22T16',
    '12-09-22T16:34:22',
    '2012-09-22T16:34:22+0200',
    '2012-09-22T16:34:22+25:00',
    '2012-09-22T16:34:22+02:60',
    'nowZ',
    '+1hZ',
    '@1Z',
  ])('not RFC 3339: %s', (text) => {
    expect(parseTimestampUsec(text, 0n, utc)).toBe('EINVAL');
  });

  test('microseconds and other zones', () => {
    expect(parseTimestampUsec('2012-09-22 16:34:22.1234567 UTC', 0n, utc)).toBe(1348331662123457n);
    const zones = (name: string) => (name === 'Europe/Berlin' ? berlin : undefined);
    expect(parseTimestampUsec('2012-09-22 18:34:22 Europe/Berlin', 0n, utc, zones)).toBe(1348331662n * second);
    expect(parseTimestampUsec('2012-09-22 18:34:22 Europe/Rome', 0n, utc, zones)).toBe('EINVAL');
  });
});
