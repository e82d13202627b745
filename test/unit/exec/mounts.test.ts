/** Which mounts a unit's settings come to, and in which order. */
import { describe, expect, it } from 'vitest';
import { bindsLogSockets } from '../../../src/exec/log-sockets.ts';
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
    readOnly: [],
    links: [],
    root: undefined,
    logSockets: [],
    homesAreReadOnly: true,
    unifiedCgroups: () => true,
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
      flags: ['nodev', 'strictatime', 'noexec'],
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

describe('sockets to log at', () => {
  const { exec: nothing } = world({ units: { 'a.service': '[Service]\nExecStart=/bin/true\n' } }).load('a.service');
  it.each([
    [{}, false],
    [{ BindLogSockets: true }, true],
    [{ RootDirectory: '/srv' }, true],
    [{ RootDirectory: '/srv', BindLogSockets: false }, false],
    [{ RootDirectory: '/srv', MountAPIVFS: false }, false],
    [{ RootDirectory: '/srv', MountAPIVFS: false, PrivateDevices: true }, true],
    [{ LogNamespace: 'x' }, true],
  ])('with %j: %s', (settings, wanted) => {
    expect(bindsLogSockets(Object.assign(Object.create(nothing!), settings))).toBe(wanted);
  });

  it('are there whatever else is', () => {
    const sockets = ['/run/systemd/journal/stdout'];
    expect(steps('TemporaryFileSystem=/run', { logSockets: sockets })).toEqual([
      'tmpfs /run',
      'bind /run/systemd/journal/stdout',
      'flags /run/systemd/journal/stdout ro',
    ]);
    expect(steps('TemporaryFileSystem=/run', { logSockets: sockets, apply: false })).toEqual(['tmpfs /run']);
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
    [
      'ProtectHome=tmpfs\nBindPaths=/srv:/home',
      ['rbind /home', 'tmpfs /root', 'tmpfs /run/user', 'flags /home ro', 'flags /root ro', 'flags /run/user ro'],
    ],
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
        source: 'mode=0755,size=4m,nr_inodes=1k',
        flags: ['strictatime', 'nosuid', 'nodev', 'noexec'],
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

describe('a setting', () => {
  const readOnly = (...paths: string[]): string[] => [
    ...paths.map((path) => `self ${path}`),
    ...paths.map((path) => `flags ${path} ro`),
  ];

  it.each([
    ['ProtectSystem=yes', readOnly('/bin', '/boot', '/efi', '/lib', '/lib64', '/sbin', '/usr')],
    ['ProtectSystem=full', readOnly('/bin', '/boot', '/efi', '/etc', '/lib', '/lib64', '/sbin', '/usr')],
    ['ProtectHome=yes', ['inaccessible /home', 'inaccessible /root', 'inaccessible /run/user']],
    ['ProtectHome=read-only', readOnly('/home', '/root', '/run/user')],
    [
      'ProtectHome=tmpfs',
      ['tmpfs /home', 'tmpfs /root', 'tmpfs /run/user', 'flags /home ro', 'flags /root ro', 'flags /run/user ro'],
    ],
    ['ProtectControlGroups=yes', readOnly('/sys/fs/cgroup')],
    ['ProtectKernelModules=yes', ['inaccessible /lib/modules', 'inaccessible /usr/lib/modules']],
    ['ProtectKernelLogs=yes', ['inaccessible /dev/kmsg', 'inaccessible /proc/kmsg']],
    ['PrivateDevices=yes', ['dev /dev']],
    ['PrivateIPC=yes', ['mqueue /dev/mqueue']],
    ['IPCNamespacePath=/run/ipc', ['mqueue /dev/mqueue']],
    ['ProtectProc=invisible', ['proc /proc']],
    ['ProcSubset=pid', ['proc /proc']],
    ['ExecPaths=/a', ['self /a', 'flags /a exec']],
    ['NoExecPaths=/a', ['self /a', 'flags /a noexec']],
    ['InaccessiblePaths=/a', ['inaccessible /a']],
    ['ReadWritePaths=/a', ['self /a']],
    ['', []],
  ])('%s', (settings, expected) => {
    expect(steps(settings)).toEqual(expected);
  });

  it.each([
    ['ProtectProc=invisible', 'hidepid=invisible'],
    ['ProcSubset=pid', 'subset=pid'],
    ['ProtectProc=ptraceable\nProcSubset=pid', 'hidepid=ptraceable,subset=pid'],
  ])('%j mounts /proc with %s', (settings, source) => {
    expect(made(settings).mounts).toEqual([{ kind: 'proc', target: '/proc', source, optional: true }]);
  });

  it.each(['ReadOnlyPaths', 'ReadWritePaths', 'InaccessiblePaths', 'NoExecPaths', 'ExecPaths', 'BindPaths'])(
    '%s= is a must but for paths behind -',
    (setting) => {
      expect(made(`${setting}=/a -/b`).mounts.map(({ target, optional }) => [target, optional])).toEqual(
        expect.arrayContaining([
          ['/a', false],
          ['/b', true],
        ]),
      );
    },
  );

  it('that only protects is no must', () => {
    const settings =
      'ProtectSystem=full\nProtectHome=tmpfs\nProtectKernelTunables=yes\nProtectControlGroups=yes\nProtectKernelLogs=yes\n' +
      'ProtectKernelModules=yes\nProtectProc=noaccess\nPrivateIPC=yes';
    const { mounts, required } = made(settings);
    expect(required).toBe(false);
    expect(mounts.filter(({ optional }) => optional !== true)).toEqual([]);
  });

  it('ProtectKernelTunables= leaves what has a control of its own', () => {
    const seen = steps('ProtectKernelTunables=yes', {
      mountPoints: () => ['/sys', '/sys/fs/cgroup', '/sys/fs/pstore'],
    });
    expect(seen).toEqual(
      expect.arrayContaining(['inaccessible /proc/kcore', 'flags /sys ro', 'flags /sys/fs/pstore ro']),
    );
    expect(seen).not.toContain('flags /sys/fs/cgroup ro');
  });

  it('TemporaryFileSystem= is as small as it is told, and as strict', () => {
    const source = (options: string) => made(`TemporaryFileSystem=/a${options}`).mounts[0];
    const plain = 'mode=0755,size=10%,nr_inodes=400k';
    const flags = ['nodev', 'strictatime'];
    expect(source('')).toEqual({ kind: 'tmpfs', target: '/a', source: plain, flags, optional: false });
    expect(source(':rw,dev,suid,exec')).toMatchObject({ source: plain, flags: ['strictatime'] });
    expect(source(':nosuid,nodev,noexec,mode=0700')).toMatchObject({
      source: `${plain},mode=0700`,
      flags: [...flags, 'nosuid', 'noexec'],
    });
  });

  it('TemporaryFileSystem= tells flags of a mount from options of a file system, of which the last word counts', () => {
    const step = (options: string) => made(`TemporaryFileSystem=/a:${options}`).mounts;
    const source = (data: string) => `mode=0755,size=10%,nr_inodes=400k${data}`;
    expect(step('ro,mode=0700,nostrictatime')).toEqual([
      { kind: 'tmpfs', target: '/a', source: source(',mode=0700'), flags: ['nodev'], optional: false },
      { kind: 'flags', target: '/a', flags: ['ro'], optional: false },
    ]);
    expect(step('ro,rw,dev,relatime,noatime,nodiratime,x-systemd.automount')).toEqual([
      {
        kind: 'tmpfs',
        target: '/a',
        source: source(''),
        flags: ['strictatime', 'relatime', 'noatime', 'nodiratime'],
        optional: false,
      },
    ]);
    expect(step('constructor,huge=never')[0]).toMatchObject({ source: source(',constructor,huge=never') });
  });

  it('ProtectHome=tmpfs has nothing in it, and nothing can be put there', () => {
    const { mounts } = made('ProtectHome=tmpfs');
    const tmpfs = (target: string, mode: string) => ({
      kind: 'tmpfs',
      target,
      optional: true,
      source: `mode=${mode},size=4m,nr_inodes=1k`,
      flags: ['strictatime', 'nodev'],
    });
    const paths = ['/home', '/root', '/run/user'];
    expect(mounts).toEqual([
      ...paths.map((path) => tmpfs(path, path === '/root' ? '0700' : '0755')),
      ...paths.map((target) => ({ kind: 'flags', target, optional: true, flags: ['ro'] })),
    ]);
  });

  it('ProtectHome=tmpfs can be written to in the releases before', () => {
    const { mounts } = made('ProtectHome=tmpfs', { homesAreReadOnly: false });
    expect(mounts).toEqual(
      ['/home', '/root', '/run/user'].map((target) => ({ kind: 'tmpfs', target, optional: true, source: 'mode=1777' })),
    );
  });

  it('PrivateTmp= brings directories, that cannot be done without', () => {
    const privateTmp = { tmp: '/tmp/x/tmp', varTmp: '/var/tmp/x/tmp' };
    expect(made('', { privateTmp }).mounts).toEqual([
      { kind: 'bind', source: '/tmp/x/tmp', target: '/tmp', optional: false },
      { kind: 'bind', source: '/var/tmp/x/tmp', target: '/var/tmp', optional: false },
    ]);
  });

  it('of directories of its own alone makes no mounts', () => {
    const directories = [{ source: '/var/lib/a', target: '/var/lib/a', nosuid: false }];
    expect(made('', { directories }).mounts).toEqual([]);
    expect(steps('ProtectHome=yes', { directories })).toContain('rbind /var/lib/a');
    expect(
      made('ProtectHome=yes', { directories }).mounts.find(({ target }) => target === '/var/lib/a'),
    ).not.toHaveProperty('flags');
  });
});

describe('without new privileges', () => {
  const flagged = (settings: string, facts: Partial<MountFacts> = {}): string[] =>
    steps(`NoNewPrivileges=yes\n${settings}`, facts).filter((step) => step.startsWith('flags'));

  it('no mount of the unit’s gives any', () => {
    expect(
      flagged('ProtectSystem=yes\nReadWritePaths=/usr/rw\nTemporaryFileSystem=/t /u:nosuid', {
        mountPoints: () => ['/', '/usr/local', '/usr/rw/in', '/t/covered'],
      }).filter((step) => step.endsWith(' nosuid') && /\/(usr|t|u)/.test(step)),
    ).toEqual([
      'flags /t nosuid',
      'flags /usr nosuid',
      'flags /usr/local nosuid',
      'flags /usr/rw nosuid',
      'flags /usr/rw/in nosuid',
    ]);
    expect(flagged('ProtectSystem=strict', { mountPoints: () => ['/', '/data', '/home/x'] })).toEqual(
      expect.arrayContaining(['flags / nosuid', 'flags /data nosuid', 'flags /home nosuid', 'flags /home/x nosuid']),
    );
  });

  it('nothing is made for that alone, or outside of the sandbox', () => {
    expect(flagged('')).toEqual([]);
    expect(flagged('BindPaths=/srv:/a', { apply: false })).toEqual([]);
    expect(steps('BindPaths=/srv:/a')).toEqual(['rbind /a']);
  });

  it('which is so of dynamic users', () => {
    expect(steps('DynamicUser=yes')).toContain('flags /home nosuid');
  });
});

describe('words that were booleans once', () => {
  it('PrivateTmp=disconnected is a file system of the unit alone', () => {
    expect(made('PrivateTmp=disconnected').mounts).toEqual(
      ['/tmp', '/var/tmp'].map((target) => ({
        kind: 'tmpfs',
        target,
        optional: true,
        source: 'mode=1777,size=10%,nr_inodes=400k',
        flags: ['strictatime', 'nosuid', 'nodev'],
      })),
    );
  });

  it.each([
    ['private', true, ['tmpfs /sys/fs/cgroup', 'cgroup /sys/fs/cgroup']],
    ['strict', true, ['tmpfs /sys/fs/cgroup', 'cgroup /sys/fs/cgroup', 'flags /sys/fs/cgroup ro']],
    ['private', false, []],
    ['strict', false, ['self /sys/fs/cgroup', 'flags /sys/fs/cgroup ro']],
    ['yes', true, ['self /sys/fs/cgroup', 'flags /sys/fs/cgroup ro']],
  ])('ProtectControlGroups=%s, of version 2 alone: %s', (word, unified, expected) => {
    expect(steps(`ProtectControlGroups=${word}`, { unifiedCgroups: () => unified })).toEqual(expected);
  });

  it('PrivatePIDs= shows a /proc of its own', () => expect(steps('PrivatePIDs=yes')).toEqual(['proc /proc']));
});
