import { describe, expect, it } from 'vitest';
import { parseStreamHeader } from '../../../../src/journal/receive/stream-header.ts';

describe('the head of a stream', () => {
  it('is seven lines', () => {
    const text = 'tag\nfoo.service\n30\n1\n0\n0\n1\n';
    const parsed = parseStreamHeader(Buffer.from(`${text}rest`));
    expect(parsed).toEqual({
      header: { identifier: 'tag', unit: 'foo.service', priority: 30, levelPrefix: true, forwardToConsole: true },
      length: text.length,
    });
    for (let size = 0; size < text.length; size++)
      expect(parseStreamHeader(Buffer.from(text.slice(0, size)))).toBe(undefined);
  });
  it('is refused where it is none', () => {
    expect(parseStreamHeader(Buffer.from('tag\n\nx\n1\n0\n0\n1\n'))).toBe('bad');
    expect(parseStreamHeader(Buffer.from('tag\n\n30\nmaybe\n0\n0\n1\n'))).toBe('bad');
    expect(parseStreamHeader(Buffer.alloc(1000, 0x61))).toBe('bad');
  });
});
