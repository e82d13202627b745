import { describe, expect, it } from 'vitest';
import { keepSmall } from '../../../src/main/small-memory.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';

const MiB = 1 << 20;

/** A manager in a container of so much memory, that has so much mapped. */
function kept(memoryMiB: number, residentMiB: number): SimHost {
  const host = new SimHost({ monotonic: 0, files: { '/sys/fs/cgroup/memory.max': `${memoryMiB * MiB}\n` } });
  host.resident = residentMiB * MiB;
  keepSmall(host);
  return host;
}

describe('a manager in a container of little memory', () => {
  it('begins small, and looks each second whether it still is', () => {
    const host = kept(64, 40);
    expect(host.released).toEqual([{ atMs: 0, what: 'memory' }]);
    host.advance(9000);
    expect(host.released).toHaveLength(1);
    host.resident = 50 * MiB;
    host.releasePages = () => {
      host.released.push({ atMs: host.monotonic(), what: 'pages' });
      host.resident = 30 * MiB;
    };
    host.advance(5000);
    expect(host.released.slice(1)).toEqual([{ atMs: 10_000, what: 'pages' }]);
  });

  it('collects garbage where pages of text are not enough, and not all the time', () => {
    const host = kept(32, 40);
    host.advance(11_000);
    const collected = host.released.filter(({ what }) => what === 'memory').map(({ atMs }) => atMs);
    expect(collected).toEqual([0, 5000, 10_000]);
  });

  it.each([
    ['enough memory', 96],
    ['all that the machine has', 1 << 20],
  ])('leaves it where there is %s', (_, memoryMiB) => {
    const host = kept(memoryMiB, 90);
    host.advance(60_000);
    expect(host.released).toEqual([]);
  });
});
