import { describe, expect, it } from 'vitest';
import { world } from '../../../support/world.ts';

describe('Type=simple', () => {
  it('is started as soon as there is a process', () => {
    const w = world({ files: { '/usr/bin/daemon': '' } });
    const service = w.service('a.service', 'ExecStart=/usr/bin/daemon --x\n');
    expect(service.loadState).toBe('loaded');
    const job = w.up(service);
    expect(job.result).toBe('done');
    expect(service.subState).toBe('running');
    expect(service.mainPid).toBe(w.host.running('daemon')!.pid);
  });

  it('fails with the status of a program that does not exist, after the start has succeeded', () => {
    const w = world();
    const service = w.service('a.service', 'ExecStart=/usr/bin/missing\n');
    const job = w.up(service);
    expect(job.result).toBe('done');
    expect(service.subState).toBe('failed');
    expect(service.result).toBe('exit-code');
    expect(service.mainStatus.status).toBe(203);
    expect(w.messages(service)).toEqual([
      'Failed to locate executable /usr/bin/missing: No such file or directory',
      'Failed at step EXEC spawning /usr/bin/missing: No such file or directory',
      'Main process exited, code=exited, status=203/EXEC',
      "Failed with result 'exit-code'.",
    ]);
  });
});
