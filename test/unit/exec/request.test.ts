/** What each setting comes to in the request for a process, and what is left out of it without the setting. */
import { describe, expect, it } from 'vitest';
import type { SpawnRequest } from '../../../src/sys/host.ts';
import { world } from '../../support/world.ts';
import { type SpawnOptions, spawned } from './spawned.ts';

const request = (settings: string, options: SpawnOptions = {}): SpawnRequest => spawned(settings, options).request;
/** What a request has beside that of a service without settings. */
const plain = request('');
function added(settings: string): Partial<SpawnRequest> {
  const entries = Object.entries(request(settings)).filter(
    ([key, value]) =>
      key !== 'env' &&
      key !== 'onLateFailure' &&
      JSON.stringify(value, text) !== JSON.stringify(plain[key as keyof SpawnRequest], text),
  );
  return Object.fromEntries(entries);
}
const text = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

describe('a setting', () => {
  it.each<[string, Partial<SpawnRequest>]>([
    ['Nice=7', { nice: 7 }],
    ['Nice=0', { nice: 0 }],
    ['IOSchedulingClass=idle', { ioprio: { class: 3, priority: 4 } }],
    ['IOSchedulingPriority=6', { ioprio: { class: 2, priority: 6 } }],
    ['IOSchedulingClass=realtime\nIOSchedulingPriority=1', { ioprio: { class: 1, priority: 1 } }],
    ['CPUSchedulingPolicy=batch', { scheduling: { policy: 3, priority: 0, resetOnFork: false } }],
    [
      'CPUSchedulingPolicy=fifo\nCPUSchedulingPriority=9',
      { scheduling: { policy: 1, priority: 9, resetOnFork: false } },
    ],
    ['CPUSchedulingResetOnFork=yes', { scheduling: { policy: 0, priority: 0, resetOnFork: true } }],
    ['CPUAffinity=0 2', { cpuAffinity: [0, 2] }],
    ['TimerSlackNSec=5us', { timerSlackNs: 5000 }],
    ['OOMScoreAdjust=300', { oomScoreAdjust: 300 }],
    ['Personality=x86', { personality: 8 }],
    ['Personality=arm', {}],
    ['CoredumpFilter=private-anonymous elf-headers', { coredumpFilter: 0x11 }],
    ['UMask=0027', { umask: 0o27 }],
    ['IgnoreSIGPIPE=no', { ignoreSigpipe: false }],
    ['SecureBits=noroot keep-caps', { secureBits: 17 }],
    ['CapabilityBoundingSet=CAP_CHOWN CAP_KILL', { capabilityBounding: 0b100001n }],
    ['AmbientCapabilities=CAP_NET_BIND_SERVICE', { capabilityAmbient: 1n << 10n }],
    [
      'CapabilityBoundingSet=CAP_KILL CAP_SETUID\nAmbientCapabilities=CAP_KILL CAP_NET_ADMIN',
      { capabilityAmbient: 1n << 5n, capabilityBounding: (1n << 5n) | (1n << 7n) },
    ],
    ['NoNewPrivileges=yes', { noNewPrivileges: true }],
    ['LimitNOFILE=512:1024', { limits: { ...plain.limits, NOFILE: { soft: 512, hard: 1024 } } }],
    ['RootDirectory=/jail\nMountAPIVFS=no', { root: '/jail' }],
    // Terminals.
    ['TTYVHangup=yes', { terminal: { path: '/dev/console', hangUp: true, reset: false } }],
    ['TTYReset=yes\nTTYPath=/dev/tty9', { terminal: { path: '/dev/tty9', hangUp: false, reset: true } }],
    ['TTYRows=24', { terminal: { hangUp: false, reset: false, rows: 24 } }],
    ['TTYColumns=80', { terminal: { hangUp: false, reset: false, columns: 80 } }],
    ['TTYPath=/dev/tty9', {}],
    // Namespaces.
    ['PrivateNetwork=yes', { namespaces: ['network'], mounts: [], namespacesRequired: false }],
    [
      'PrivateNetwork=yes\nDelegateNamespaces=net',
      { namespaces: ['network', 'user'], mounts: [], namespacesRequired: false, delegated: ['network'] },
    ],
    [
      'PrivateMounts=yes\nDelegateNamespaces=yes',
      {
        namespaces: ['mount', 'user'],
        mounts: [],
        propagation: 'shared',
        namespacesRequired: false,
        delegated: ['mount'],
      },
    ],
    ['DelegateNamespaces=no', { namespaces: ['user'], mounts: [], namespacesRequired: false, delegated: [] }],
    ['UserNamespacePath=/run/userns/a', { userNamespace: '/run/userns/a' }],
    ['MemoryTHP=madvise', { hugePages: 'madvise' }],
    ['ProtectHostname=yes', { namespaces: ['uts'], mounts: [], namespacesRequired: false }],
    ['PrivateUsers=yes', { namespaces: ['user'], mounts: [], namespacesRequired: false }],
    ['PrivateMounts=yes', { namespaces: ['mount'], mounts: [], propagation: 'shared', namespacesRequired: false }],
    ['MountFlags=private', { namespaces: ['mount'], mounts: [], propagation: 'private', namespacesRequired: false }],
    ['NetworkNamespacePath=/run/netns/a', { networkNamespace: '/run/netns/a' }],
    ['NetworkNamespacePath=/run/netns/a\nPrivateNetwork=yes', { networkNamespace: '/run/netns/a' }],
    [
      'IPCNamespacePath=/run/ipc\nNetworkNamespacePath=/run/netns/a',
      { networkNamespace: '/run/netns/a', ipcNamespace: '/run/ipc' },
    ],
    ['IPCNamespacePath=/run/ipc\nPrivateTmp=yes', { ipcNamespace: '/run/ipc' }],
    ['IPCNamespacePath=/run/ipc\nPrivateIPC=yes', { ipcNamespace: '/run/ipc' }],
    ['IPCNamespacePath=/run/ipc\nPrivateNetwork=yes', { ipcNamespace: '/run/ipc' }],
  ])('%j', (settings, expected) => {
    const { mounts, namespaces, namespacesRequired, propagation, seccomp, locate, ...rest } = added(settings);
    expect(locate).toBe('root' in rest || (mounts ?? []).length > 0 ? 'always' : undefined);
    const isNamespace = 'namespaces' in expected;
    expect(
      isNamespace
        ? { ...rest, mounts, namespaces, namespacesRequired, ...(propagation === undefined ? {} : { propagation }) }
        : rest,
    ).toStrictEqual(expected);
    if (!settings.startsWith('ProtectHostname')) expect(seccomp).toBeUndefined();
  });

  it('PrivateIPC= makes a namespace, unless one is joined', () => {
    expect(request('PrivateIPC=yes').namespaces).toEqual(['mount', 'ipc']);
    expect(request('PrivateIPC=yes\nIPCNamespacePath=/run/ipc').namespaces).toEqual(['mount']);
  });

  it.each([
    ['RestrictRealtime=yes', { soft: 0, hard: 0 }],
    ['RestrictRealtime=yes\nLimitRTPRIO=3', { soft: 3, hard: 3 }],
    ['', undefined],
  ])('%j limits the priority in real time', (settings, limit) => {
    expect(request(settings).limits.RTPRIO).toEqual(limit);
  });
});

describe('the prefixes of a command', () => {
  const settings = `User=daemon
NoNewPrivileges=yes
LimitNOFILE=100
CapabilityBoundingSet=CAP_CHOWN
AmbientCapabilities=CAP_CHOWN
PrivateTmp=yes
PrivateNetwork=yes
ProtectHostname=yes`;

  it.each([
    ['', { uid: 1, limited: true, privileges: true, mounts: true }],
    // + takes it all back, but for the groups.
    ['+', { uid: undefined, limited: false, privileges: false, mounts: false }],
    ['!', { uid: undefined, limited: true, privileges: true, mounts: true }],
    ['!!', { uid: 1, limited: true, privileges: true, mounts: true }],
    ['-', { uid: 1, limited: true, privileges: true, mounts: true }],
  ])('%j', (prefix, expected) => {
    const made = request(settings, { prefix });
    expect({
      uid: made.uid,
      limited: made.limits.NOFILE?.soft === 100,
      privileges: made.noNewPrivileges && made.capabilityBounding === 1n,
      mounts: made.mounts?.some(({ target }) => target === '/tmp') ?? false,
    }).toEqual(expected);
    expect(made.gid).toBe(made.uid);
    expect(made.groups).toEqual([1]);
    expect(made.namespaces?.includes('network') ?? false).toBe(expected.mounts);
  });

  it('PermissionsStartOnly= is + for all commands but the main one', () => {
    for (const [only, uid] of [
      ['yes', undefined],
      ['no', 1],
    ] as const) {
      const { w } = spawned(`${settings}\nPermissionsStartOnly=${only}\nExecStartPost=/usr/bin/c`);
      const control = w.host.spawned.find((p) => p.comm === 'c')!.request!;
      expect(control.uid).toBe(uid);
      expect(control.noNewPrivileges).toBe(uid !== undefined);
    }
  });
});

describe('the working directory', () => {
  it.each([
    ['', { path: '/', optional: false }],
    ['WorkingDirectory=/srv', { path: '/srv', optional: false }],
    ['WorkingDirectory=-/srv', { path: '/srv', optional: true }],
    ['User=alice\nWorkingDirectory=~', { path: '/home/alice', optional: false }],
    ['User=alice\nWorkingDirectory=-~', { path: '/home/alice', optional: true }],
    ['WorkingDirectory=~', { path: '/root', optional: false }],
  ])('with %j', (settings, cwd) => {
    expect(request(settings).cwd).toEqual(cwd);
  });

  const user: SpawnOptions = { scope: 'user', uid: 1000, environment: {} };

  it.each([
    [{ ...user, environment: { HOME: '/srv/alice' } }, '/srv/alice'],
    [{ ...user, environment: { HOME: 'relative' } }, '/home/alice'],
    [user, '/home/alice'],
    [{ environment: { HOME: '/elsewhere' } }, '/elsewhere'],
    [{ environment: {} }, '/root'],
  ])('~ without a user is the home of the manager: %j', (options, path) => {
    expect(request('WorkingDirectory=~', options).cwd).toEqual({ path, optional: false });
  });

  it('of somebody without a home cannot be had', () => {
    const { w, request: made } = spawned('WorkingDirectory=~', { ...user, uid: 4711 });
    expect(made.exitAtOnce).toBe(200);
    expect(w.messages()).toContain('Failed to determine $HOME for user: No such device or address');
  });
});

describe('in a container that may not', () => {
  const chown = 1n << 0n;
  const setpcap = 1n << 8n;
  const alice: SpawnOptions = { uid: 1000, capabilities: 0n };
  const settings = 'CapabilityBoundingSet=CAP_CHOWN\nSecureBits=noroot';

  it.each([
    ['root', { capabilities: 0n }, true],
    ['who can drop capabilities', { ...alice, capabilities: setpcap }, true],
    ['who can mount', { ...alice, capabilities: 1n << 21n }, true],
    ['nobody in particular', alice, false],
  ] as const)('drop capabilities, a manager of %s asks for it: %s', (_, options, asks) => {
    const { w, request: made } = spawned(settings, { ...options });
    expect([made.capabilityBounding, made.secureBits]).toEqual(asks ? [1n, 1] : [undefined, undefined]);
    const said = w.messages().some((line) => line.startsWith('The manager is not root, leaving out'));
    expect(said).toBe(!asks);
  });

  it.each(['CapabilityBoundingSet=CAP_CHOWN', 'SecureBits=noroot'])('%s alone is said to be left out', (setting) => {
    expect(spawned(setting, alice).w.messages()).toContain(
      'The manager is not root, leaving out CapabilityBoundingSet= and SecureBits=.',
    );
  });

  it('says nothing where nothing is asked for', () => {
    expect(spawned('', alice).w.messages(undefined, 4)).toEqual([]);
  });

  it.each([
    [chown | setpcap, 'AmbientCapabilities=CAP_CHOWN CAP_KILL CAP_SETPCAP', chown | setpcap, 'CAP_KILL'],
    [0n, 'AmbientCapabilities=CAP_CHOWN CAP_KILL', 0n, 'CAP_CHOWN CAP_KILL'],
    [chown, 'AmbientCapabilities=CAP_CHOWN', chown, undefined],
    // Also where the container may mount.
    [chown | (1n << 21n), 'AmbientCapabilities=CAP_CHOWN CAP_KILL', chown, 'CAP_KILL'],
    [chown, '', 0n, undefined],
  ])('with capabilities %s, %j gives %s', (capabilities, setting, ambient, lacking) => {
    const { w, request: made } = spawned(setting, { capabilities });
    expect(made.capabilityAmbient).toBe(ambient);
    expect(w.messages(undefined, 4)).toEqual(
      lacking === undefined ? [] : [`The container has no ${lacking}, leaving it out of AmbientCapabilities=.`],
    );
  });

  it.each([
    ['both', (1n << 6n) | (1n << 7n), 1],
    ['groups alone', 1n << 6n, undefined],
    ['users alone', 1n << 7n, undefined],
    ['neither', 0n, undefined],
  ])('become another user where it can change %s', (_, capabilities, uid) => {
    const made = request('User=daemon', { uid: 1000, capabilities });
    expect(made.uid).toBe(uid);
    expect(made.exitAtOnce).toBe(uid === undefined ? 217 : undefined);
  });

  it.each([
    [1n << 21n, true],
    [((1n << 41n) - 1n) ^ (1n << 21n), false],
  ])('mount: with capabilities %s, %s', (capabilities, able) => {
    const made = request('PrivateTmp=yes\nProtectHostname=yes', { capabilities });
    expect(made.namespaces).toEqual(able ? ['mount', 'uts'] : undefined);
  });
});

describe('words of directives that protect', () => {
  it.each([
    ['PrivateUsers=self', { namespaces: ['user'] }],
    ['PrivateUsers=identity', { namespaces: ['user'], userRange: 65536 }],
    ['PrivateUsers=full', { namespaces: ['user'], userRange: 4294967295 }],
    ['PrivateUsers=managed', { namespaces: ['user'] }],
    ['ProtectHostname=private', { namespaces: ['uts'] }],
    ['ProtectHostname=private:box.example', { namespaces: ['uts'], hostname: 'box.example' }],
    ['ProtectHostname=yes:%i!', { namespaces: ['uts'] }],
    ['ProtectControlGroups=strict', { namespaces: ['mount', 'cgroup'] }],
    ['PrivatePIDs=yes', { namespaces: ['mount', 'pid'] }],
  ])('%s', (setting, expected) => {
    const { request: made } = spawned(setting, {}, (host) => {
      host.mountTable = () => [{ target: '/sys/fs/cgroup', fstype: 'cgroup2', source: 'cgroup2', options: ['rw'] }];
    });
    const { namespaces, userRange, hostname } = made;
    expect({ namespaces, userRange, hostname }).toEqual({ userRange: undefined, hostname: undefined, ...expected });
  });

  it('a directory with the flag ro is one that the service may not write to', () => {
    const steps = request('StateDirectory=app:other:ro\nCacheDirectory=app::ro\nLogsDirectory=app').mounts ?? [];
    expect(
      steps.filter(({ kind, flags = [] }) => kind === 'flags' && flags.includes('ro')).map((step) => step.target),
    ).toEqual(['/var/cache/app', '/var/lib/app']);
    expect(request('StateDirectory=app:other').mounts).toBeUndefined();
  });

  it('private leaves the calls that set a host name', () => {
    expect(request('ProtectHostname=private').seccomp).toBeUndefined();
    expect(request('ProtectHostname=yes').seccomp).toBeDefined();
  });
});

describe('in a root of its own', () => {
  it('there is what programs look for, and the socket for notifications', () => {
    const { w, request: made } = spawned('RootDirectory=/jail\nType=notify', { files: { '/jail/etc/os-release': '' } });
    expect(made.root).toBe('/jail');
    expect(w.look('/jail/root')).toBe('directory 750 0:0');
    for (const name of ['dev', 'etc', 'proc', 'run', 'sys', 'usr', 'var'])
      expect(w.look(`/jail/${name}`)).toBe('directory 755 0:0');
    const steps = made.mounts!.map(({ kind, target }) => `${kind} ${target}`);
    expect(steps).toEqual(
      expect.arrayContaining(['proc /proc', 'rbind /sys', 'rbind /dev', 'bind /run/systemd/notify']),
    );
    expect(made.namespacesRequired).toBe(false);
  });

  it('nothing is made where the root itself is not there', () => {
    const { w, request: made } = spawned('RootDirectory=/none');
    expect(made.mounts).toEqual([{ kind: 'self', target: '/' }]);
    expect(w.look('/none')).toBe('nothing');
  });

  it('there are the links of a merged /usr, where it has what they lead to', () => {
    const files = {
      '/jail/usr/bin/a': '',
      '/jail/usr/sbin/a': '',
      '/jail/usr/lib64/ld-linux-x86-64.so.2': '',
      '/jail/lib/a': '',
    };
    const { w } = spawned('RootDirectory=/jail', { files });
    expect(['bin', 'sbin', 'lib', 'lib64'].map((name) => w.look(`/jail/${name}`))).toEqual([
      'symlink 0:0 usr/bin',
      'symlink 0:0 usr/sbin',
      'directory 755 0:0',
      'symlink 0:0 usr/lib64',
    ]);
  });

  it('on arm64 there is lib64 where others are missing, too: Debian lives without', () => {
    const linker = { '/jail/usr/lib64/ld-linux-aarch64.so.1': '' };
    const bare = spawned('RootDirectory=/jail', { files: linker, machine: 'aarch64' });
    expect(bare.w.look('/jail/lib64')).toBe('symlink 0:0 usr/lib64');
    const whole = { ...linker, '/jail/bin/a': '', '/jail/lib/a': '', '/jail/sbin/a': '' };
    const debian = spawned('RootDirectory=/jail', { files: whole, machine: 'aarch64' });
    expect(debian.w.look('/jail/lib64')).toBe('nothing');
  });

  it('there is no more than that where it cannot be written to', () => {
    const { w, request: made } = spawned('RootDirectory=/jail', {}, (host) => {
      host.files.mkdirs('/jail');
      host.files.failures.set('/jail/dev', { call: 'mkdir', code: 'EROFS', errno: 30 });
    });
    expect(made.exitAtOnce).toBeUndefined();
    expect(w.look('/jail/dev')).toBe('nothing');
    expect(w.look('/jail/proc')).toBe('directory 755 0:0');
  });

  it.each([
    ['MountAPIVFS=no', {}],
    ['MountAPIVFS=yes', { capabilities: 0n }],
  ] as const)('there is nothing of it with %s where it may not, or cannot', (setting, options) => {
    const { w, request: made } = spawned(`RootDirectory=/jail\n${setting}`, { ...options, files: { '/jail/x': '' } });
    expect(w.look('/jail/proc')).toBe('nothing');
    expect(made.mounts).toBeUndefined();
  });

  it('only the child can see the program', () => {
    const w = world();
    w.host.files.mkdirs('/jail');
    let count = 0;
    const start = (lines: string): number | undefined => {
      w.up(w.service(`a${count++}.service`, `${lines}\n`));
      return w.host.spawned.at(-1)!.request!.exitAtOnce;
    };
    expect(start('RootDirectory=/jail\nExecStart=/only/inside')).toBeUndefined();
    expect(start('BindPaths=/srv:/only\nExecStart=/only/inside')).toBeUndefined();
    expect(start('PrivateTmp=yes\nExecStart=/only/inside')).toBe(203);
    expect(start('RootDirectory=/jail\nExecStart=bare-name')).toBe(203);
  });
});

describe('PrivateTmp=', () => {
  it('that cannot be made ends the process with the status of namespaces', () => {
    const { w, request: made } = spawned('PrivateTmp=yes', {}, (host) => {
      const { mkdir } = host.files;
      host.files.mkdir = (path, mode) => {
        if (path.startsWith('/tmp/systemd-private')) host.files.chmod('/nowhere', 0);
        mkdir.call(host.files, path, mode);
      };
    });
    expect(made.exitAtOnce).toBe(226);
    expect(w.messages()).toContain('Failed to set up mount namespacing: No such file or directory');
  });

  it('makes directories that everybody may write to in ones that only root may enter', () => {
    const { w, request: made } = spawned('PrivateTmp=yes');
    for (const place of ['/tmp', '/var/tmp']) {
      const [name] = w.files.readdir(place);
      expect(name).toMatch(/^systemd-private-0123456789abcdef0123456789abcdef-a\.service-[0-9a-f]{6}$/);
      expect(w.look(`${place}/${name}`)).toBe('directory 700 0:0');
      expect(w.look(`${place}/${name}/tmp`)).toBe('directory 1777 0:0');
      expect(made.mounts).toContainEqual(
        expect.objectContaining({ kind: 'bind', target: place, source: `${place}/${name}/tmp` }),
      );
    }
  });
});

describe('OpenFile=', () => {
  const files = { '/etc/one': '' };

  it.each([
    ['/etc/one', 'read'],
    ['/etc/one::read-only', 'read'],
    ['/etc/one::append', 'append'],
    ['/etc/one::truncate', 'truncate'],
  ])('%s is opened to %s, and closed here once the child has it', (setting, how) => {
    const opened: unknown[] = [];
    const { w } = spawned(`OpenFile=${setting}`, { files }, (host) => {
      const openFd = host.openFd.bind(host);
      host.openFd = ((path: string, way: string) => {
        opened.push([path, way]);
        return openFd(path);
      }) as typeof host.openFd;
    });
    expect(opened).toEqual([['/etc/one', how === 'read' && setting === '/etc/one' ? 'readwrite' : how]]);
    expect([...w.host.openFds().values()]).toEqual([]);
  });

  it.each([
    ['yes', true],
    ['no', false],
  ])('NonBlocking=%s', (setting, nonBlocking) => {
    expect(request(`OpenFile=/etc/one\nNonBlocking=${setting}`, { files }).fdsNonBlocking).toBe(nonBlocking);
    expect(request(`NonBlocking=${setting}`)).not.toHaveProperty('fdsNonBlocking');
  });
});
