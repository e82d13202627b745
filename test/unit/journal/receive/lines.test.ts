import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../../src/journal/receive/lines.ts';

interface Line {
  text: string;
  prefix?: number;
  why?: string;
}

/** What lines a stream becomes, fed in pieces of `size` bytes. */
function split(
  input: string | Buffer,
  size: number,
  options: { lineMax?: number; levelPrefix?: boolean; single?: boolean; goesOn?: () => boolean } = {},
): Line[] {
  const lines: Line[] = [];
  const splitter = new LineSplitter(
    {
      lineMax: options.lineMax ?? 48 * 1024,
      levelPrefix: options.levelPrefix ?? true,
      single: options.single ?? false,
    },
    {
      line: (message, prefix, why) =>
        lines.push({
          text: message.toString('latin1'),
          ...(prefix === undefined ? {} : { prefix }),
          ...(why === undefined ? {} : { why }),
        }),
      lines: (data, count) => {
        const texts = data.toString('latin1').split('\n');
        expect(texts).toHaveLength(count);
        lines.push(...texts.map((text) => ({ text })));
      },
    },
  );
  const bytes = Buffer.from(input as string, 'latin1');
  for (let start = 0; start < bytes.length; start += size) {
    const { goesOn } = options;
    if (splitter.push(bytes.subarray(start, start + size), goesOn)) continue;
    // Every second time it is left at that: the next piece, or the end, goes on.
    if (start % 2 === 0) while (!splitter.push(Buffer.alloc(0), goesOn));
  }
  splitter.end();
  return lines;
}

describe('lines of a stream', () => {
  const cases: [name: string, input: string, expected: Line[]][] = [
    ['plain lines', 'one\ntwo\nthree\n', [{ text: 'one' }, { text: 'two' }, { text: 'three' }]],
    ['no newline at the end', 'one\ntwo', [{ text: 'one' }, { text: 'two', why: 'eof' }]],
    ['empty lines vanish', '\none\n\n\ntwo\n\n', [{ text: 'one' }, { text: 'two' }]],
    ['blanks at the end go, at the start stay', '  a  \t\r\nb\r\n<5>  \n', [{ text: '  a' }, { text: 'b' }]],
    ['nothing but blanks stays', '  \n\n\t\r\n', [{ text: '  ' }, { text: '\t\r' }]],
    [
      'levels',
      '<3>bad\n<11>no level\n<9>nor this\nx<3>\n<0>\n',
      [{ text: 'bad', prefix: 3 }, { text: '<11>no level' }, { text: '<9>nor this' }, { text: 'x<3>' }],
    ],
    ['NUL ends a line', 'a\0b\nc\n', [{ text: 'a', why: 'nul' }, { text: 'b' }, { text: 'c' }]],
    ['control characters stay', 'bin\x01ary\x07\n', [{ text: 'bin\x01ary\x07' }]],
  ];
  it.each(cases)('%s', (_name, input, expected) => {
    for (const size of [1, 2, 3, 5, 1000]) {
      expect(split(input, size)).toEqual(expected);
      expect(split(input, size, { single: true })).toEqual(expected);
    }
  });

  it('breaks what is longer than LineMax', () => {
    for (const size of [1, 7, 8, 9, 1000]) {
      for (const single of [false, true]) {
        expect(split('abcdefghijklmnopqrst\nuv\n12345678\n', size, { lineMax: 8, single })).toEqual([
          { text: 'abcdefgh', why: 'line-max' },
          { text: 'ijklmnop', why: 'line-max' },
          { text: 'qrst' },
          { text: 'uv' },
          // journald looks no further than that.
          { text: '12345678', why: 'line-max' },
        ]);
      }
    }
  });

  it.each(['a\0', '\0', '<3>b\n', 'c \n', 'plain\n<4>d\n', '123456789', 'long line 123\nb\0'])(
    'makes the same of %j however often it has to stop',
    (part) => {
      const input = `${part.repeat(500)}last`;
      const whole = split(input, 10_000, { lineMax: 8 });
      for (const size of [5, 64, 1001, 10_000])
        for (const single of [false, true]) {
          let asked = 0;
          const goesOn = (): boolean => ++asked % 3 === 0;
          expect(split(input, size, { lineMax: 8, single, goesOn })).toEqual(whole);
        }
    },
  );

  it('stops after a few lines where there is no time', () => {
    const lines: string[] = [];
    const sink = { line: (message: Buffer) => lines.push(message.toString()), lines: () => {} };
    const splitter = new LineSplitter({ lineMax: 100, levelPrefix: true, single: false }, sink);
    expect(splitter.push(Buffer.from('a\0'.repeat(20_000)), () => false)).toBe(false);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(100);
    splitter.end();
    expect(lines).toHaveLength(20_000);
  });

  it('leaves levels alone where they are off', () => {
    expect(split('<3>bad\n', 100, { levelPrefix: false })).toEqual([{ text: '<3>bad' }]);
  });
});
