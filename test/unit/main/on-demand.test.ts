import { beforeEach, describe, expect, it } from 'vitest';
import { worldOf } from '../../../src/control/places.ts';
import { startManager } from '../../../src/main/on-demand.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import type { SimProcess } from '../../../src/simulation/machine/processes.ts';

const directory = '/run/pidone';

describe('a manager in the background', () => {
  let host: SimHost;
  beforeEach(() => {
    host = new SimHost({ pid: 50, init: 'sleep' });
  });

  /** What comes of it, and after how many milliseconds. */
  async function started(onSpawn: (process: SimProcess) => void): Promise<{ ms: number; error: string | undefined }> {
    host.onSpawn = onSpawn;
    const begin = host.monotonic();
    let over = false;
    const outcome = startManager(host, 'system').then(
      () => undefined,
      (error: Error) => error.message,
    );
    void outcome.then(() => {
      over = true;
    });
    for (let turn = 0; !over && turn < 10_000; turn++) {
      host.advance(5);
      for (let tick = 0; tick < 5; tick++) await Promise.resolve();
    }
    return { ms: host.monotonic() - begin, error: await outcome };
  }
  const listens = (): void => {
    host.files.mkdirs(directory);
    host.listenStream(`${directory}/control`, 0o666);
  };

  it('is there when it listens', async () => {
    const { ms, error } = await started(() => host.schedule(200, listens));
    expect(error).toBeUndefined();
    expect(ms).toBeLessThan(220);
    expect(host.spawned.map(({ request }) => request?.argv)).toEqual([
      ['systemctl', 'init', '--on-demand', '--system'],
    ]);
  });

  it('is not waited for where it has ended, and it is said how to hear why', async () => {
    const { ms, error } = await started((process) => process.exit(1, 100));
    expect(error).toBe('Failed to start a manager in the background: it has ended, `systemctl --system init` says why');
    expect(ms).toBeLessThan(3_300);
  });

  it('gives way to another that was started at the same moment', async () => {
    const { error } = await started((process) => {
      process.exit(1, 10);
      host.schedule(1_000, listens);
    });
    expect(error).toBeUndefined();
  });

  it('is started when the one that was there has just ended', async () => {
    const last = host.addForeign();
    host.files.mkdirs(directory);
    host.files.writeAtomic(`${directory}/manager`, `${last.pid} ${last.startTime} ${worldOf(host)}\n`);
    last.exit(0, 50);
    const { ms, error } = await started(() => host.schedule(200, listens));
    expect(error).toBeUndefined();
    expect(ms).toBeLessThan(300);
  });

  it('is waited for half a minute', async () => {
    const { ms, error } = await started(() => {});
    expect(error).toBe('Failed to start a manager in the background: timed out');
    expect(ms).toBeGreaterThanOrEqual(30_000);
  });
});
