import { describe, expect, it } from 'vitest';
import { runs, type World, type WorldOptions, world } from '../../support/world.ts';

const unit = '[Service]\nExecStart=/usr/bin/a\nExecStop=/usr/bin/stop\n';

function make(options: WorldOptions = {}): World {
  return world({ programs: { a: runs, stop: runs }, units: { 'a.service': unit }, ...options });
}

const eagain = { code: 'EAGAIN', errno: 11 };

describe('a service that can not be started', () => {
  it('for want of descriptors says how many the manager may have, and takes none of those that it keeps', () => {
    const w = make({ limits: { NOFILE: { soft: 64, hard: 64 } } });
    w.host.left = 7;
    const a = w.unit('a.service');
    expect(w.up(a).result).toBe('failed');
    expect(w.host.spawned).toEqual([]);
    expect(w.messages(a)).toContain(
      'Failed to make a process: Too many open files (the manager may have 64 descriptors, RLIMIT_NOFILE, and keeps 8 of them for itself)',
    );
    expect(a.activeState).toBe('failed');
    w.host.left = 8;
    expect(w.up(a).result).toBe('done');
  });

  it.each([
    ['version 2', ''],
    ['version 1', 'pids/'],
  ])('for want of processes says how many the container may have, control groups of %s', (_, folder) => {
    const group = `/sys/fs/cgroup/${folder}`;
    const w = make({ files: { [`${group}pids.max`]: '20\n', [`${group}pids.current`]: '20\n' } });
    w.host.forkError = eagain;
    const a = w.unit('a.service');
    w.up(a);
    expect(w.messages(a)).toContain(
      'Failed to fork: Resource temporarily unavailable (the container may have 20 processes and threads, pids.max of its control group)',
    );
  });

  it.each([
    ['of the user that the manager runs as', { uid: 1000 }, '', 1000],
    ['of the user that it asks for', {}, 'User=daemon\n', 1],
  ])('for want of processes %s says how many these may be', (_, options, lines, uid) => {
    const w = make({
      limits: { NPROC: { soft: 12, hard: 12 } },
      units: { 'a.service': `${unit}${lines}` },
      ...options,
    });
    w.host.forkError = eagain;
    const a = w.unit('a.service');
    w.up(a);
    expect(w.messages(a)).toContain(
      `Failed to fork: Resource temporarily unavailable (uid ${uid} may have 12 processes and threads, RLIMIT_NPROC)`,
    );
  });

  it('because its user has too many processes is told so by the step that failed', () => {
    const w = make({ limits: { NPROC: { soft: 12, hard: 12 } }, units: { 'a.service': `${unit}User=daemon\n` } });
    w.host.failing.set('/usr/bin/a', { step: 'EXEC', ...eagain });
    const a = w.unit('a.service');
    w.up(a);
    expect(w.messages(a)).toContain(
      'Failed to execute /usr/bin/a: Resource temporarily unavailable (uid 1 may have 12 processes and threads, RLIMIT_NPROC)',
    );
  });

  it('for a reason that nobody can name says what the kernel said', () => {
    const w = make();
    w.host.forkError = eagain;
    const a = w.unit('a.service');
    w.up(a);
    expect(w.messages(a)).toContain('Failed to fork: Resource temporarily unavailable');
  });
});

it('what runs can be stopped with the descriptors that the manager keeps: ExecStop= is run', () => {
  const w = make();
  const a = w.unit('a.service');
  w.up(a);
  w.host.left = 3;
  w.stop(a);
  w.host.settle();
  expect(w.host.running('stop')).toBeDefined();
});

it('a service that is started again and again for want of descriptors comes to rest', () => {
  const w = make({ units: { 'a.service': `${unit}Restart=always\n` } });
  w.host.left = 0;
  const a = w.unit('a.service');
  w.up(a);
  w.host.advance(60_000);
  expect(a.activeState).toBe('failed');
  expect(w.messages(a).filter((line) => line.startsWith('Failed to make a process')).length).toBeLessThanOrEqual(5);
});
