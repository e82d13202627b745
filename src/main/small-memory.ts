/**
 * Where a container has hardly more memory than Node maps. Scores keep the manager from being killed in place of a service
 * (src/exec/oom-score.ts), but none is above 1000: it must also have fewer pages than there is memory. Most of them are text
 * of Node's, which can be let go of, and comes back from the page cache as far as it is run.
 */

import { memoryLimit } from '../sys/cgroup.ts';
import type { Host } from '../sys/host.ts';

/** Containers with less than this, bytes: no score outweighs all that a manager may have mapped. */
const smallBytes = 96 << 20;
/** It looks so often, milliseconds, and collects garbage at most so often. */
const lookMs = 1000;
const collectMs = 5000;

/** Keeps the manager below three quarters of a small container's memory; nothing in any other. */
export function keepSmall(
  host: Pick<
    Host,
    'files' | 'memoryTotal' | 'residentBytes' | 'releasePages' | 'releaseMemory' | 'after' | 'monotonic'
  >,
): void {
  const limit = memoryLimit(host);
  if (limit === undefined || limit >= smallBytes) return;
  const most = limit * 0.75;
  let collectedMs = host.monotonic();
  const look = (): void => {
    if (host.residentBytes() > most) host.releasePages();
    if (host.residentBytes() > most && host.monotonic() - collectedMs >= collectMs) {
      collectedMs = host.monotonic();
      host.releaseMemory();
    }
    host.after(lookMs, look);
  };
  // What reading the units has left behind is room for what they start.
  host.releaseMemory();
  look();
}
