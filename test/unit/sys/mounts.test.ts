import { describe, expect, it } from 'vitest';
import { mountTableReader } from '../../../src/sys/mounts.ts';

describe('a reader of the table of mounts', () => {
  const root = '21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,discard\n';
  const tmp = '36 21 0:30 / /a\\040b rw,nosuid shared:9 master:2 - tmpfs tmpfs rw,size=64k\n';

  it('has the same table for the same text, and another for another', () => {
    const read = mountTableReader();
    const first = read(root);
    expect(first).toEqual([
      { target: '/', source: '/dev/sda1', fstype: 'ext4', options: ['rw', 'relatime', 'rw', 'discard'] },
    ]);
    expect(read(root)).toBe(first);
    expect(read(root + tmp).map(({ target }) => target)).toEqual(['/', '/a b']);
    expect(read(root)).toEqual(first);
    expect(read('')).toEqual([]);
  });
});
