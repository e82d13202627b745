import { expect, it, vi } from 'vitest';
import { decodeBlock, encodeBlock } from '../../../src/journal/entry/export-format.ts';

it('looks for what parts name and value no more often than there is one', () => {
  const block = encodeBlock(
    '__ENTRY=0 1 2',
    Array.from({ length: 500 }, (_, index) => [`FIELD_${index}`, Buffer.from('two\nlines')]),
  );
  const search = vi.spyOn(block, 'indexOf');
  expect(decodeBlock(block, 0)?.fields).toHaveLength(501);
  expect(search.mock.calls.filter(([byte]) => byte === 0x3d).length).toBeLessThan(4);
});
