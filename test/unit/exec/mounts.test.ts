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
    guards: [],
    links: [],
    root: undefined,
    mountPoints: () => [],
    resolve: (path) => path,
    ...facts,
  });
}
const steps = (settings: string, facts?: Partial<MountFacts>): string[] =>
  made(settings, facts).mounts.map(({ kind, target, flags = [] }) =>
    [kind, target, ...(kind === 'flags' ? flags : [])].join(' '),
  );

describe('another world', () => {
  it('is made of mounts, parents before what lies in them', () => {
    expect(steps('BindPaths=/srv:/a/b/c /srv:/a /srv:/a-b\nTemporaryFileSystem=/a/b')).toEqual([
      'rbind /a',
      'tmpfs /a/b',
      'rbind /a/b/c',
      'rbind /a-b',
    ]);
  });

  it('is required, which protection is not', () => {
    expect(made('BindReadOnlyPaths=/srv:/data')).toEqual({
      mounts: [
        { kind: 'rbind', source: '/srv', target: '/data', optional: false },
        { kind: 'flags', target: '/data', flags: ['ro'], optional: false },
      ],
      required: true,
    });
    expect(made('ProtectHome=yes').required).toBe(false);
    expect(made('BindReadOnlyPaths=/srv:/data', { leavesOut: () => true })).toEqual({ mounts: [], required: false });
  });

  it('may have file systems that are read-only once what lies in them is there', () => {
    const settings = 'TemporaryFileSystem=/a:ro,noexec,size=1M\nBindPaths=/srv:/a/b';
    expect(steps(settings)).toEqual(['tmpfs /a', 'rbind /a/b', 'flags /a ro']);
    expect(made(settings).mounts[0]).toMatchObject({
      source: 'mode=0755,size=10%,nr_inodes=400k,size=1M',
      flags: ['nodev', 'noexec'],
    });
  });

  it('stays as it is for a command outside of the sandbox', () => {
    expect(steps('BindPaths=/srv:/a\nProtectSystem=full\nProtectHome=yes', { apply: false })).toEqual(['rbind /a']);
  });

  it('has what every program looks for, where it is a root of its own', () => {
    expect(steps('PrivateTmp=yes', { root: { sockets: ['/run/notify'] } })).toEqual([
      'rbind /dev',
      'proc /proc',
      'tmpfs /run',
      'bind /run/notify',
      'rbind /sys',
    ]);
  });
});

describe('of two settings at one path', () => {
  it.each([
    ['PrivateDevices=yes\nReadOnlyPaths=/dev', ['dev /dev', 'flags /dev ro']],
    ['BindPaths=/srv:/b\nReadOnlyPaths=/b', ['rbind /b', 'flags /b ro']],
    ['BindPaths=/srv:/b\nReadWritePaths=/b', ['rbind /b']],
    ['ReadOnlyPaths=/b\nReadWritePaths=/b', ['self /b', 'flags /b ro']],
    ['InaccessiblePaths=/b\nReadWritePaths=/b', ['inaccessible /b']],
    ['TemporaryFileSystem=/b\nReadOnlyPaths=/b', ['self /b', 'flags /b ro']],
    ['BindPaths=/srv:/b\nNoExecPaths=/b', ['rbind /b', 'flags /b noexec']],
    ['ProtectHome=tmpfs\nBindPaths=/srv:/home', ['rbind /home', 'tmpfs /root', 'tmpfs /run/user']],
  ])('%j: the stronger one', (settings, expected) => {
    expect(steps(settings)).toEqual(expected);
  });

  it('links make no difference', () => {
    const resolve = (path: string): string => path.replace(/^\/var\/run/, '/run');
    expect(steps('ReadOnlyPaths=/var/run/a /run/a', { resolve })).toEqual(['self /run/a', 'flags /run/a ro']);
  });
});

describe('protection', () => {
  const points = ['/', '/proc', '/dev/shm', '/data', '/data/in', '/tmp', '/tmp/in', '/usr/ro', '/home', '/home/x'];
  const flagged = (settings: string, facts: Partial<MountFacts> = {}): string[] =>
    steps(settings, { mountPoints: () => points, ...facts }).filter((step) => step.startsWith('flags'));

  it('takes mounts that lie in it along, but for those that another setting speaks of', () => {
    expect(flagged('ReadOnlyPaths=/')).toEqual(['flags / ro', ...points.slice(1).map((point) => `flags ${point} ro`)]);
    expect(flagged('ReadOnlyPaths=/\nReadWritePaths=/data /home')).toEqual(
      ['/', '/proc', '/dev/shm', '/tmp', '/tmp/in', '/usr/ro'].map((point) => `flags ${point} ro`),
    );
    expect(flagged('ProtectSystem=yes\nBindPaths=/srv:/usr/local/x\nReadWritePaths=/usr/ro')).toContain(
      'flags /usr ro',
    );
    expect(flagged('ProtectSystem=yes\nBindPaths=/srv:/usr/local/x\nReadWritePaths=/usr/ro')).not.toContain(
      'flags /usr/local/x ro',
    );
  });

  it('of a bind mount takes along what was mounted in its source', () => {
    expect(flagged('BindReadOnlyPaths=/data:/b')).toEqual(['flags /b ro', 'flags /b/in ro']);
    expect(flagged('BindReadOnlyPaths=/data:/b:norbind')).toEqual(['flags /b ro']);
  });

  it('NoExecPaths= and ExecPaths= only heed each other', () => {
    expect(flagged('NoExecPaths=/\nExecPaths=/data\nReadWritePaths=/tmp')).toEqual([
      ...['/', '/proc', '/dev/shm', '/tmp', '/tmp/in', '/usr/ro', '/home', '/home/x'].map((p) => `flags ${p} noexec`),
      'flags /data exec',
      'flags /data/in exec',
    ]);
  });

  it('ProtectSystem=strict leaves what is kept, covered, or the unit’s own', () => {
    expect(
      flagged('ProtectSystem=strict\nPrivateTmp=yes', {
        privateTmp: { tmp: '/tmp/x/tmp', varTmp: '/var/tmp/x/tmp' },
        directories: [{ source: '/var/lib/a', target: '/var/lib/a', nosuid: false }],
      }),
    ).toEqual(['flags / ro', 'flags /data ro', 'flags /data/in ro', 'flags /usr/ro ro']);
  });

  it('covers a directory that nobody may enter, with all that lies in it', () => {
    expect(steps('InaccessiblePaths=/a\nBindPaths=/srv:/a/b /a/c:/d')).toEqual(['inaccessible /a', 'rbind /d']);
  });

  it('says what is so already once', () => {
    expect(steps('ReadOnlyPaths=/a /a/b\nReadWritePaths=/a/c /a/c/d')).toEqual(['self /a', 'self /a/c', 'flags /a ro']);
  });

  it('reaches directories of a dynamic user through a guard that only holds what is the unit’s own', () => {
    const own = '/var/lib/private/a';
    const facts: Partial<MountFacts> = {
      guards: ['/var/lib/private'],
      directories: [{ source: own, target: own, nosuid: true }],
      links: [['/var/lib/a', 'private/a']],
    };
    expect(made('', facts).mounts).toEqual([
      {
        kind: 'tmpfs',
        target: '/var/lib/private',
        source: 'mode=0755',
        flags: ['nosuid', 'nodev'],
        optional: false,
      },
      { kind: 'rbind', source: own, target: own, flags: ['nosuid'], optional: false },
      { kind: 'symlink', source: 'private/a', target: '/var/lib/a' },
      { kind: 'flags', target: '/var/lib/private', flags: ['ro'], optional: false },
    ]);
    // Directories alone are no reason for a namespace.
    expect(made('', { ...facts, guards: [] }).mounts).toEqual([]);
  });
});
