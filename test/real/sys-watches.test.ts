import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RealHost } from '../../src/sys/real-host.ts';
import { overwrite, playWatchCase, watchCases } from '../support/watch-cases.ts';

const host = new RealHost();
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'pidone-watches-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The kernel queues events before the call returns that they are of: a few turns of the loop have read them all. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 4; i++) await turn();
}

describe('watches of paths, as the kernel has them', () => {
  it.each(watchCases)('hear of $name', async (one) => {
    const own = mkdtempSync(join(directory, 'case-'));
    const heard = await playWatchCase(host, own, one, quiet);
    expect(heard).toEqual(one.steps.map(([what, , wanted]) => [what, wanted]));
  });

  it('read no more in a turn than a buffer holds, and end with what is open', async () => {
    const path = join(directory, 'flood');
    overwrite(host.files, path, '');
    const before = host.files.readdir('/proc/self/fd').length;
    let calls = 0;
    const watch = host.watchPath(path, 'modified', { changed: () => calls++, failed: () => {} });
    // Each differs from the one before, so that the kernel keeps them apart.
    for (let i = 0; i < 3000; i++) i % 2 === 0 ? host.files.append(path, 'x') : host.files.chmod(path, 0o600 + (i % 3));
    await turn();
    await turn();
    const first = calls;
    for (let i = 0; i < 20; i++) await turn();
    expect(calls).toBeGreaterThan(first);
    watch.close();
    expect(host.files.readdir('/proc/self/fd')).toHaveLength(before);
  });
});
