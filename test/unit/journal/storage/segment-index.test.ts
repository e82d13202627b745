import { describe, expect, it } from 'vitest';
import {
  encodeRow,
  encodeTrailer,
  IndexRows,
  readTrailer,
  rowSize,
  SummaryBuilder,
} from '../../../../src/journal/storage/segment-index.ts';
import type { OpenFile } from '../../../../src/sys/host.ts';

function fileOf(data: Buffer): OpenFile {
  return {
    read: (position, length) => data.subarray(position, position + length),
    append: () => {},
    size: () => data.length,
    sync: () => {},
    close: () => {},
  };
}

/** Rows of `counts` entries each, a thousand bytes and a second apart, with contexts 0, 1, 2, 0, 1 … */
function rowsOf(counts: readonly number[]): Buffer {
  let seq = 0;
  const rows = counts.map((count, row) => {
    const bytes = Buffer.alloc(rowSize);
    encodeRow(bytes, row * 1000, row % 3, count, seq, row * 1_000_000);
    seq += count;
    return bytes;
  });
  return Buffer.concat(rows);
}

/** More than a page of them, the last ones made from the data. */
const counts = Array.from({ length: 5000 }, (_, row) => row % 4);
const all = rowsOf(counts);
function filled(written = 4800): IndexRows {
  const rows = new IndexRows(fileOf(all.subarray(0, written * rowSize)));
  rows.reset(written);
  rows.supplement(all.subarray(written * rowSize));
  return rows;
}

describe('rows', () => {
  it('give what was put in, across pages and where the file ends', () => {
    const rows = filled();
    expect(rows.count).toBe(5000);
    for (const row of [0, 1, 1023, 1024, 4799, 4800, 4999, 2]) {
      expect(rows.offsetOf(row)).toBe(row * 1000);
      expect(rows.contextOf(row)).toBe(row % 3);
      expect(rows.countOf(row)).toBe(row % 4);
      expect(rows.realtimeOf(row)).toBe(row * 1_000_000);
    }
    expect(rows.entries).toBe(counts.reduce((sum, count) => sum + count, 0));
  });

  it('are found by number, time and place', () => {
    const rows = filled();
    let seq = 0;
    counts.forEach((count, row) => {
      if (count > 0 && row % 97 === 1) expect(rows.rowOfSeq(seq)).toBe(row);
      seq += count;
    });
    expect(rows.rowOfSeq(seq + 100)).toBe(4999);
    expect(rows.rowOfTime(0)).toBe(0);
    expect(rows.rowOfTime(1)).toBe(1);
    expect(rows.rowOfTime(4_900_000_000)).toBe(4900);
    expect(rows.rowOfTime(1e12)).toBe(5000);
    expect(rows.rowsBefore(0)).toBe(0);
    expect(rows.rowsBefore(1)).toBe(1);
    expect(rows.rowsBefore(4_850_001)).toBe(4851);
  });

  it('are searched for a context, forwards and backwards, as far as the bound goes', () => {
    const rows = filled();
    const wanted = (context: number): boolean => context === 2;
    // Row 8 has the context but no entries.
    expect(rows.find(6, 1, 100, wanted)).toEqual([11, 12]);
    expect(rows.find(10, -1, 100, wanted)).toEqual([5, 4]);
    expect(rows.find(6, 1, 3, wanted)).toEqual([undefined, 9]);
    expect(rows.find(4999, 1, 100, () => false)).toEqual([undefined, 5000]);
    expect(rows.find(3, -1, 100, () => false)).toEqual([undefined, -1]);
  });

  it('are fewer after a reset', () => {
    const rows = filled();
    rows.countOf(4900);
    rows.reset(10);
    expect(rows.count).toBe(10);
    expect(rows.offsetOf(9)).toBe(9000);
    expect(new IndexRows(undefined).count).toBe(0);
  });
});

describe('the trailer', () => {
  const builder = new SummaryBuilder();
  builder.add([
    ['_SYSTEMD_UNIT', 'a.service'],
    ['PRIORITY', '6'],
    ['_PID', '1'],
  ]);
  builder.add([['_SYSTEMD_UNIT', 'b.service']]);
  const summary = { entries: 7, lastRealtimeUsec: 99, values: builder.values };
  const rows = all.subarray(0, 10 * rowSize);
  const index = Buffer.concat([rows, encodeTrailer(summary, [100, 2000], 12_345)]);

  it('is read back', () => {
    const trailer = readTrailer(fileOf(index), index.length)!;
    expect(trailer.size).toBe(index.length - rows.length);
    expect(trailer.end).toBe(12_345);
    expect([0, 4].map((at) => trailer.contexts.readUInt32LE(at))).toEqual([100, 2000]);
    expect(trailer.summary).toMatchObject({ entries: 7, lastRealtimeUsec: 99 });
    expect(trailer.summary.values.get('_SYSTEMD_UNIT')).toEqual(new Set(['a.service', 'b.service']));
    expect(trailer.summary.values.get('PRIORITY')).toEqual(new Set(['6']));
    expect(trailer.summary.values.has('_PID')).toBe(false);
  });

  it('is none where it was cut short or is something else', () => {
    expect(readTrailer(fileOf(rows), rows.length)).toBe(undefined);
    for (let size = 0; size < index.length; size++)
      expect(readTrailer(fileOf(index.subarray(0, size)), size)).toBe(undefined);
    const broken = Buffer.from(index);
    broken.fill('x', rows.length + 8, rows.length + 20);
    expect(readTrailer(fileOf(broken), broken.length)).toBe(undefined);
  });

  it.each(['1.5', '-1', '1e300', '"7"', 'null'])('is none where the data is to end at %s', (end) => {
    const text = index.toString('latin1').replace('"end":12345', `"end":${end}`);
    const broken = Buffer.from(text, 'latin1');
    broken.writeUInt32LE(index.readUInt32LE(index.length - rowSize + 8) + end.length - 5, broken.length - rowSize + 8);
    expect(readTrailer(fileOf(broken), broken.length)).toBe(undefined);
  });

  it('does not list values of a field that takes too many', () => {
    const many = new SummaryBuilder();
    for (let unit = 0; unit < 1001; unit++) many.add([['_SYSTEMD_UNIT', `u${unit}.service`]]);
    many.add([['_SYSTEMD_UNIT', 'a.service']]);
    expect(many.values.has('_SYSTEMD_UNIT')).toBe(false);
    expect(many.values.has('PRIORITY')).toBe(true);
  });
});
