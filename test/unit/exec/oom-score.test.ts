import { describe, expect, it } from 'vitest';
import { OomScores } from '../../../src/exec/oom-score.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import { memoryLimit } from '../../../src/sys/cgroup.ts';
import { world } from '../../support/world.ts';

const MiB = 1 << 20;
const wanted = [-1000, -999, -500, -1, undefined, 0, 1, 300, 999, 1000];

/** A container of the kernel's version 1 with so much memory; undefined: as much as the machine has. */
function container(memoryMiB: number | undefined, given = 0, privileged = false): SimHost {
  const host = new SimHost({
    capabilities: privileged ? (1n << 41n) - 1n : 0n,
    files: memoryMiB === undefined ? {} : { '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${memoryMiB * MiB}\n` },
  });
  host.givenOomScoreAdjust = given;
  return host;
}

/** What the kernel adds to a process for its score (mm/oom_kill.c). */
const pointsOf = (host: SimHost, score: number): number => (score * (memoryLimit(host) ?? host.memoryTotal())) / 1000;

describe('the score of a service', () => {
  it.each([
    [128, 0],
    [100, 0],
    [512, 0],
    [2048, 0],
    [256, -400],
    [256, 400],
    [1024, -1000],
  ])('makes the smallest a likelier victim than the manager: %s MiB, given %i', (memoryMiB, given) => {
    const host = container(memoryMiB, given);
    host.resident = 76 * MiB;
    const scores = new OomScores(host);
    scores.lower();
    for (const value of wanted)
      expect(pointsOf(host, scores.of(value))).toBeGreaterThan(pointsOf(host, given) + host.resident);
  });

  it.each([
    [128, 0, false],
    [2048, 0, false],
    [undefined, 0, false],
    [256, -400, false],
    [256, 400, false],
    [64, 0, false],
    [128, 0, true],
    [2048, 300, true],
  ])('keeps the order of what units set: %s MiB, given %i, privileged %s', (memoryMiB, given, privileged) => {
    const scores = new OomScores(container(memoryMiB, given, privileged));
    scores.lower();
    const found = [-1000, -500, given, 500, 1000].map((value) => scores.of(value));
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(found.every((score) => Number.isInteger(score) && score <= 1000)).toBe(true);
    expect(scores.of(undefined)).toBe(scores.of(given));
  });

  it.each([true, false])('is systemd’s where the memory is the machine’s, privileged or not: %s', (privileged) => {
    const scores = new OomScores(container(undefined, 7, privileged));
    scores.lower();
    expect(wanted.map((value) => scores.of(value))).toEqual(wanted.map((value) => value ?? 7));
  });

  it('is as high as can be where the container has less memory than the manager may use', () => {
    const scores = new OomScores(container(64));
    expect(wanted.map((value) => scores.of(value))).toEqual(wanted.map(() => 1000));
  });

  it('is what the unit says where the manager may lower its own', () => {
    const host = container(2048, 0, true);
    const scores = new OomScores(host);
    scores.lower();
    expect(host.oomScoreAdjust).toBe(-999);
    expect(wanted.map((value) => scores.of(value))).toEqual([-952, -952, -500, -1, 0, 0, 1, 300, 999, 1000]);
  });

  it('grows with the manager, and follows a limit that is changed', () => {
    const host = container(1024);
    const scores = new OomScores(host);
    expect(scores.of(-1000)).toBe(94);
    host.resident = 160 * MiB;
    expect(scores.of(-1000)).toBe(94);
    host.advance(1000);
    expect(scores.of(-1000)).toBe(196);
    host.files.put('/sys/fs/cgroup/memory/memory.limit_in_bytes', `${512 * MiB}\n`);
    host.advance(1000);
    expect(scores.of(-1000)).toBe(391);
  });

  it('is shown as the unit sets it, or as the container was given it', async () => {
    const w = world({
      capabilities: 0n,
      files: { '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${2048 * MiB}\n` },
      units: {
        'a.service': '[Service]\nExecStart=/bin/a\n',
        'b.service': '[Service]\nExecStart=/bin/b\nOOMScoreAdjust=-500\n',
      },
    });
    w.host.givenOomScoreAdjust = 7;
    for (const name of ['a.service', 'b.service']) w.up(w.unit(name));
    expect(w.host.spawned.map(({ request }) => request?.oomScoreAdjust)).toEqual([101, 77]);
    expect((await w.systemctl('show a b -p OOMScoreAdjust --value')).out).toBe('7\n\n-500\n');
  });

  it('is a hundred above the manager of an unprivileged user', async () => {
    const w = world({ scope: 'user', units: { 'a.service': '[Service]\nExecStart=/bin/a\n' } });
    w.host.givenOomScoreAdjust = 200;
    w.up(w.unit('a.service'));
    expect(w.host.spawned[0]!.request!.oomScoreAdjust).toBe(300);
    expect((await w.systemctl('show a -p OOMScoreAdjust --value')).out).toBe('300\n');
  });
});

describe('the memory that a container may use', () => {
  it.each([
    ['none said', {}, undefined],
    ['version 2', { 'memory.max': '134217728\n' }, 128],
    ['version 2, no limit', { 'memory.max': 'max\n' }, undefined],
    ['version 1', { 'memory/memory.limit_in_bytes': '67108864\n' }, 64],
    ['version 1, no limit', { 'memory/memory.limit_in_bytes': '9223372036854771712\n' }, undefined],
    ['version 1, the group by its name', { 'memory/docker/c/memory.limit_in_bytes': '67108864\n' }, 64],
    ['of two that are nested the lesser', { 'memory.max': '134217728\n', 'box/memory.max': '268435456\n' }, 128],
  ])('%s', (_, files, expected) => {
    const host = new SimHost({ files: { '/proc/self/cgroup': '4:cpu,memory:/docker/c\n0::/box\n' } });
    for (const [name, text] of Object.entries(files)) {
      const path = `/sys/fs/cgroup/${name}`;
      host.files.mkdirs(path.slice(0, path.lastIndexOf('/')));
      host.files.put(path, text);
    }
    expect(memoryLimit(host)).toBe(expected === undefined ? undefined : expected * MiB);
  });
});
