/** Which mounts a unit's settings come to, and in which order. */
import { describe, expect, it } from 'vitest';
import { type MountFacts, mountsOf } from '../../../src/exec/mounts.ts';
import type { MountStep } from '../../../src/sys/host.ts';
import { world } from '../../support/world.ts';

function made(settings: string, facts: Partial<MountFacts> = {}): { mounts: MountStep[]; required: boolean } {
  const { exec } = world({ units: { 'a.service': `[Service]\nExecStart=/bin/true\n${settings}\n` } }).load('a.service');
  return mountsOf(exec!, {
    apply: true,
    privateTmp: undefined,
    leavesOut: () => false,
    directories: [],
    privateDirectories: [],
    rootSteps: [],
    mountPoints: () => [],
    ...facts,
  });
}
const steps = (settings: string, facts?: Partial<MountFacts>): string[] =>
  made(settings, facts).mounts.map(({ kind, target }) => `${kind} ${target}`);

describe('another world', () => {
  it('is made of mounts, parents before what lies in them', () => {
    expect(steps('BindPaths=/srv:/a/b/c /srv:/a\nTemporaryFileSystem=/a/b')).toEqual([
      'rbind /a',
      'tmpfs /a/b',
      'rbind /a/b/c',
    ]);
  });

  it('is required, which protection is not', () => {
    expect(made('BindReadOnlyPaths=/srv:/data')).toEqual({
      mounts: [{ kind: 'rbind', source: '/srv', target: '/data', optional: false, flags: ['ro'] }],
      required: true,
    });
    expect(made('ProtectHome=yes').required).toBe(false);
    expect(made('BindReadOnlyPaths=/srv:/data', { leavesOut: () => true })).toEqual({ mounts: [], required: false });
  });

  it('may have file systems that are read-only once what lies in them is there', () => {
    const { mounts } = made('TemporaryFileSystem=/a:ro,noexec,size=1M\nBindPaths=/srv:/a/b');
    expect(mounts.map(({ kind, target }) => `${kind} ${target}`)).toEqual(['tmpfs /a', 'rbind /a/b', 'remount-ro /a']);
    expect(mounts[0]).toMatchObject({
      source: 'mode=0755,size=10%,nr_inodes=400k,size=1M',
      flags: ['nodev', 'noexec'],
    });
  });

  it('stays as it is for a command outside of the sandbox', () => {
    expect(steps('BindPaths=/srv:/a\nProtectSystem=full\nProtectHome=yes', { apply: false })).toEqual(['rbind /a']);
  });
});

describe('protection', () => {
  it('leaves writable what was mounted below something that becomes read-only', () => {
    const seen = steps('ProtectSystem=yes\nBindPaths=/srv:/usr/local/x\nBindReadOnlyPaths=/srv:/usr/local/y');
    expect(seen.indexOf('rbind /usr/local/x')).toBeLessThan(seen.indexOf('remount-ro /usr'));
    expect(seen.indexOf('remount-rw /usr/local/x')).toBeGreaterThan(seen.indexOf('remount-ro /usr'));
    expect(seen).not.toContain('remount-rw /usr/local/y');
  });

  it('ProtectSystem=strict is done mount by mount, but for what is kept, covered, or the unit’s own', () => {
    const seen = steps('ProtectSystem=strict\nPrivateTmp=yes', {
      privateTmp: { tmp: '/tmp/x/tmp', varTmp: '/var/tmp/x/tmp' },
      directories: ['/var/lib/a'],
      mountPoints: () => ['/', '/proc', '/dev/shm', '/data', '/tmp', '/tmp/inside', '/home'],
    });
    expect(seen.filter((step) => step.startsWith('remount'))).toEqual([
      'remount-ro /',
      'remount-ro /data',
      'remount-rw /var/lib/a',
    ]);
  });

  it('reaches directories of a dynamic user through a guard that only holds what is the unit’s own', () => {
    const privateDirectories = [{ guard: '/var/lib/private', real: '/var/lib/private/a', stage: '/run/stage/0' }];
    expect(made('', { privateDirectories }).mounts).toEqual([
      { kind: 'rbind', source: '/var/lib/private/a', target: '/run/stage/0' },
      { kind: 'tmpfs', target: '/var/lib/private', source: 'mode=0755', flags: ['nosuid', 'nodev'] },
      { kind: 'rbind', source: '/run/stage/0', target: '/var/lib/private/a', flags: ['nosuid'] },
    ]);
  });
});
