import { describe, expect, it } from 'vitest';
import { PrivateTmpDirectories } from '../../../src/exec/private-tmp.ts';
import type { SpawnRequest } from '../../../src/sys/host.ts';
import { SimHost } from '../../support/sim/host.ts';
import type { SimOptions } from '../../support/sim/machine.ts';
import { type World, world } from '../../support/world.ts';

interface Made {
  w: World;
  request: SpawnRequest;
  env: Record<string, string>;
}

/** What the main process of a service with these settings is started with. */
function spawned(
  settings: string,
  options: SimOptions & { scope?: 'system' | 'user'; prefix?: string } = {},
  prepare: (host: SimHost) => void = () => {},
): Made {
  const w = world({ ...options, files: { '/usr/bin/d': '', '/usr/bin/c': '', ...options.files } });
  prepare(w.host);
  const service = w.service('a.service', `${settings}\nExecStart=${options.prefix ?? ''}/usr/bin/d\n`);
  if (service.loadState !== 'loaded') throw new Error(`not loaded: ${JSON.stringify(service.loaded.diagnostics)}`);
  w.up(service);
  const request = w.host.spawned.find((p) => p.comm === 'd')?.request;
  if (request === undefined) throw new Error(`nothing was spawned: ${w.messages(service).join('; ')}`);
  return {
    w,
    request,
    env: Object.fromEntries(request.env.map((e) => [e.slice(0, e.indexOf('=')), e.slice(e.indexOf('=') + 1)])),
  };
}

describe('environment', () => {
  it('of a plain service', () => {
    const { env, request } = spawned('');
    expect(Object.keys(env)).toEqual(['LANG', 'PATH', 'INVOCATION_ID', 'JOURNAL_STREAM', 'SYSTEMD_EXEC_PID']);
    expect(env.INVOCATION_ID).toMatch(/^[0-9a-f]{32}$/);
    expect(env.JOURNAL_STREAM).toMatch(/^\d+:\d+$/);
    // Completed by the child.
    expect(env.SYSTEMD_EXEC_PID).toBe('');
    expect(request.session).toBe(true);
    expect(request.cwd).toEqual({ path: '/', optional: false });
    expect(request.umask).toBe(0o22);
    expect(request.ignoreSigpipe).toBe(true);
    expect(request.uid).toBeUndefined();
    expect(request.groups).toBeUndefined();
  });

  it('takes each variable from the last that sets it', () => {
    const { env } = spawned(
      `User=daemon
PassEnvironment=PASSED B UNSET
Environment=B=unit C=unit HOME=/mine "SPACED=a b"
EnvironmentFile=/etc/default/one
EnvironmentFile=-/etc/default/missing
EnvironmentFile=-/etc/default/more-*
UnsetEnvironment=GONE KEPT=other LANG`,
      {
        environment: { PASSED: 'by manager', B: 'manager', SECRET: 'x' },
        files: {
          '/etc/default/one': 'C=file\nD=file\nGONE=x\nKEPT=this\n',
          '/etc/default/more-1': 'D=more\n',
          '/etc/default/more-2': 'E="two words"\n',
        },
      },
    );
    expect(env).toMatchObject({
      PASSED: 'by manager',
      B: 'unit',
      C: 'file',
      D: 'more',
      E: 'two words',
      HOME: '/mine',
      USER: 'daemon',
      LOGNAME: 'daemon',
      SPACED: 'a b',
      KEPT: 'this',
    });
    for (const name of ['GONE', 'LANG', 'SECRET', 'SHELL', 'UNSET']) expect(env).not.toHaveProperty(name);
  });

  it('is seen by $ in the command line', () => {
    const w = world({ files: { '/usr/bin/d': '' } });
    const service = w.service(
      'a.service',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the unit language's own braces
      'Environment="WORDS=one two" EMPTY=\nExecStart=/usr/bin/d $WORDS ${WORDS} x${WORDS}y $EMPTY ${EMPTY} $UNSET $$HOME\n',
    );
    w.up(service);
    expect(w.host.spawned[0]!.request!.argv).toEqual(['/usr/bin/d', 'one', 'two', 'one two', 'xone twoy', '', '$HOME']);
  });

  it('ExecSearchPath= is where bare names are looked for, and is PATH', () => {
    const w = world({ files: { '/opt/bin/tool': '', '/usr/bin/tool': '' } });
    const service = w.service('a.service', 'ExecSearchPath=/opt/none:/opt/bin\nExecStart=tool --x\n');
    w.up(service);
    const { request } = w.host.spawned[0]!;
    expect(request!.path).toBe('/opt/bin/tool');
    expect(request!.argv).toEqual(['tool', '--x']);
    expect(w.host.spawned[0]!.env('PATH')).toBe('/opt/none:/opt/bin');
    const plain = w.service('b.service', 'ExecStart=tool\n');
    w.up(plain);
    expect(w.host.spawned[1]!.request!.path).toBe('/usr/bin/tool');
  });
});

describe('who it runs as', () => {
  it('User= brings its groups, home and shell', () => {
    const { request, env } = spawned('User=alice');
    expect(request).toMatchObject({ uid: 1000, gid: 1000, groups: [1000, 4, 29] });
    expect(env).toMatchObject({ HOME: '/home/alice', SHELL: '/bin/bash', USER: 'alice' });
  });

  it('a number is looked up too; root keeps the groups of the manager', () => {
    expect(spawned('User=1000').env.USER).toBe('alice');
    const { request, env } = spawned('User=root');
    expect(request).toMatchObject({ uid: 0, gid: 0 });
    expect(request.groups).toBeUndefined();
    expect(env.HOME).toBe('/root');
  });

  it('Group= and SupplementaryGroups=', () => {
    expect(spawned('User=games\nGroup=audio\nSupplementaryGroups=video tty').request).toMatchObject({
      uid: 5,
      gid: 29,
      groups: [29, 44, 5],
    });
    expect(spawned('Group=audio').request).toMatchObject({ gid: 29 });
  });

  it('the prefixes + and ! leave the ids alone, + the rest too', () => {
    const settings = 'User=daemon\nNoNewPrivileges=yes\nLimitNOFILE=100\nCapabilityBoundingSet=CAP_CHOWN';
    const plus = spawned(settings, { prefix: '+' }).request;
    expect(plus.uid).toBeUndefined();
    expect(plus.groups).toEqual([1]);
    expect(plus.noNewPrivileges).toBe(false);
    expect(plus.limits).toEqual({});
    expect(plus.capabilityBounding).toBeUndefined();
    const bang = spawned(settings, { prefix: '!' }).request;
    expect(bang.uid).toBeUndefined();
    expect(bang.noNewPrivileges).toBe(true);
    expect(bang.capabilityBounding).toBe(1n);
  });

  it('DynamicUser= gives a free id, the same one each time, another to another unit', () => {
    const w = world({ files: { '/usr/bin/d': '' } });
    const ids = ['a.service', 'b.service', 'a.service'].map((name) => {
      const service = w.service(name, 'DynamicUser=yes\nStateDirectory=mine\nExecStart=/usr/bin/d\n');
      w.up(service);
      const { uid, gid } = w.host.spawned.at(-1)!.request!;
      expect(gid).toBe(uid);
      w.stop(service);
      w.host.settle();
      return uid!;
    });
    expect(ids[0]).toBe(ids[2]);
    expect(ids[0]).not.toBe(ids[1]);
    for (const id of ids) expect(id).toSatisfy((n: number) => n >= 61184 && n <= 65519);
    expect(w.host.files.readlink('/var/lib/mine')).toBe('private/mine');
    expect(w.host.files.stat('/var/lib/private').mode).toBe(0o700);
    // The guard is covered by one that everybody may enter, with the unit's own directory in it.
    const steps = w.host.spawned[0]!.request!.mounts!.map((m) => [m.kind, m.source, m.target].join(' '));
    const order = [
      'tmpfs mode=0755 /var/lib/private',
      'rbind /var/lib/private/mine /var/lib/private/mine',
      'symlink private/mine /var/lib/mine',
      'flags  /',
    ].map((step) => steps.indexOf(step));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
  });

  it('without the power to mount, its directories are plain ones', () => {
    const { w } = spawned('DynamicUser=yes\nStateDirectory=mine', { capabilities: 0n });
    expect(w.host.files.lstat('/var/lib/mine').type).toBe('directory');
  });
});

describe('working directory and root', () => {
  it.each([
    ['WorkingDirectory=/srv', { path: '/srv', optional: false }],
    ['WorkingDirectory=-/srv', { path: '/srv', optional: true }],
    ['User=alice\nWorkingDirectory=~', { path: '/home/alice', optional: false }],
    ['WorkingDirectory=~', { path: '/root', optional: false }],
  ])('%s', (settings, cwd) => {
    expect(spawned(settings).request.cwd).toEqual(cwd);
  });

  it('RootDirectory= holds for control commands too, unless RootDirectoryStartOnly= says so', () => {
    for (const [only, root, cwd] of [
      ['no', '/jail', '/work'],
      ['yes', undefined, '/jail//work'],
    ] as const) {
      const { w, request } = spawned(
        `RootDirectory=/jail\nRootDirectoryStartOnly=${only}\nWorkingDirectory=/work\nExecStartPost=/usr/bin/c`,
      );
      expect(request.root).toBe('/jail');
      const control = w.host.spawned[1]!.request!;
      expect(control.root).toBe(root);
      expect(control.cwd!.path).toBe(cwd);
    }
  });
});

describe('limits and priorities', () => {
  it('are passed on', () => {
    const { request } = spawned(
      `LimitNOFILE=512:1024
LimitCORE=infinity
Nice=7
OOMScoreAdjust=300
UMask=0027
IgnoreSIGPIPE=no
CPUAffinity=0 2
IOSchedulingClass=idle
CPUSchedulingPolicy=batch
TimerSlackNSec=5us
AmbientCapabilities=CAP_NET_BIND_SERVICE
SecureBits=noroot
NoNewPrivileges=yes`,
    );
    expect(request.limits.NOFILE).toEqual({ soft: 512, hard: 1024 });
    expect(request.limits.CORE).toEqual({ soft: Number.POSITIVE_INFINITY, hard: Number.POSITIVE_INFINITY });
    expect(request).toMatchObject({
      nice: 7,
      oomScoreAdjust: 300,
      umask: 0o27,
      ignoreSigpipe: false,
      cpuAffinity: [0, 2],
      timerSlackNs: 5000,
      capabilityAmbient: 1n << 10n,
      secureBits: 1,
      noNewPrivileges: true,
    });
    expect(request.ioprio?.class).toBe(3);
    expect(request.scheduling?.policy).toBe(3);
    expect(request.tag).toBeGreaterThan(0);
  });

  it('open files are limited as systemd has it where no line says anything', () => {
    expect(spawned('').request.limits.NOFILE?.soft).toBe(1024);
  });
});

describe('standard streams', () => {
  const streams = (settings: string, options: SimOptions = {}): unknown[] => {
    const { request } = spawned(settings, options);
    return [request.stdin, request.stdout, request.stderr];
  };
  const journal = { kind: 'fd', fd: expect.any(Number) };

  it.each([
    ['', [{ kind: 'null' }, journal, { kind: 'dup', of: 1 }]],
    ['StandardOutput=null', [{ kind: 'null' }, { kind: 'null' }, { kind: 'dup', of: 1 }]],
    ['StandardOutput=inherit\nStandardError=inherit', [{ kind: 'null' }, journal, { kind: 'dup', of: 1 }]],
    [
      'StandardOutput=file:/tmp/out\nStandardError=append:/tmp/err',
      [
        { kind: 'null' },
        { kind: 'file', path: '/tmp/out', access: 'write', append: false, truncate: false },
        { kind: 'file', path: '/tmp/err', access: 'write', append: true, truncate: false },
      ],
    ],
    [
      'StandardOutput=truncate:/tmp/both\nStandardError=truncate:/tmp/both',
      [
        { kind: 'null' },
        { kind: 'file', path: '/tmp/both', access: 'write', append: false, truncate: true },
        { kind: 'dup', of: 1 },
      ],
    ],
    [
      'StandardInput=file:/tmp/x\nStandardOutput=file:/tmp/x',
      [
        { kind: 'file', path: '/tmp/x', access: 'readwrite' },
        { kind: 'dup', of: 0 },
        { kind: 'dup', of: 1 },
      ],
    ],
    [
      'StandardInput=tty\nTTYPath=/dev/tty9\nTTYReset=yes',
      [
        { kind: 'tty', path: '/dev/tty9', mode: 'tty', reset: true },
        { kind: 'dup', of: 0 },
        { kind: 'dup', of: 0 },
      ],
    ],
    ['StandardOutput=tty', [{ kind: 'null' }, { kind: 'tty-output', path: '/dev/console' }, { kind: 'dup', of: 1 }]],
  ])('%s', (settings, expected) => {
    const got = streams(settings);
    // A terminal as input goes on as output: inherited all the way.
    expect(got[0]).toEqual(expected[0]);
    expect(got[1]).toEqual(expected[1]);
    if (!settings.startsWith('StandardInput=tty')) expect(got[2]).toEqual(expected[2]);
  });

  it('StandardInputText= and StandardInputData= are what is read', () => {
    const [stdin] = streams('StandardInput=data\nStandardInputText=first\nStandardInputData=c2Vjb25kCg==');
    expect(stdin).toMatchObject({ kind: 'data' });
    expect(Buffer.from((stdin as { data: Uint8Array }).data).toString()).toBe('first\nsecond\n');
  });

  it('a stream to the journal knows the unit and how to read it', () => {
    const { w } = spawned(
      'SyslogIdentifier=me\nSyslogLevel=debug\nSyslogFacility=local3\nSyslogLevelPrefix=no\nLogExtraFields=A=b',
    );
    expect(w.streams).toEqual([
      expect.objectContaining({
        unit: 'a.service',
        identifier: 'me',
        level: 7,
        facility: 19,
        levelPrefix: false,
        extraFields: [['A', 'b']],
      }),
    ]);
    // The manager keeps none of the child's ends.
    expect(w.host.openFds().size).toBe(0);
  });

  it('two streams where both go to the journal by themselves are one', () => {
    expect(spawned('StandardOutput=journal\nStandardError=journal').w.streams).toHaveLength(1);
    expect(spawned('StandardOutput=journal\nStandardError=journal+console').w.streams).toHaveLength(2);
  });
});

describe('directories', () => {
  it('are made for the user, with mode, and named in the environment', () => {
    const { w, env } = spawned(
      `User=daemon
RuntimeDirectory=r1 r2/sub r3:alias
RuntimeDirectoryMode=0750
StateDirectory=s
CacheDirectory=c
LogsDirectory=l
LogsDirectoryMode=0700
ConfigurationDirectory=e`,
    );
    expect(env).toMatchObject({
      RUNTIME_DIRECTORY: '/run/r1:/run/r2/sub:/run/r3',
      STATE_DIRECTORY: '/var/lib/s',
      CACHE_DIRECTORY: '/var/cache/c',
      LOGS_DIRECTORY: '/var/log/l',
      CONFIGURATION_DIRECTORY: '/etc/e',
    });
    const facts = (path: string) => {
      const { uid, gid, mode } = w.host.files.stat(path);
      return [uid, gid, mode.toString(8)];
    };
    expect(facts('/run/r1')).toEqual([1, 1, '750']);
    expect(facts('/run/r2')).toEqual([0, 0, '755']);
    expect(facts('/run/r2/sub')).toEqual([1, 1, '750']);
    expect(facts('/var/log/l')).toEqual([1, 1, '700']);
    expect(facts('/etc/e')).toEqual([1, 1, '755']);
    expect(w.host.files.readlink('/run/alias')).toBe('r3');
  });

  it('what is there changes its owner with all it holds; a configuration directory does not', () => {
    const w = world({ files: { '/usr/bin/d': '', '/var/lib/s/deep/file': 'x', '/etc/e/file': 'x' } });
    w.host.files.symlink('/etc/passwd', '/var/lib/s/link');
    const service = w.service(
      'a.service',
      'User=daemon\nStateDirectory=s\nConfigurationDirectory=e\nExecStart=/usr/bin/d\n',
    );
    w.up(service);
    expect(w.host.files.stat('/var/lib/s/deep/file').uid).toBe(1);
    expect(w.host.files.lstat('/var/lib/s/link').uid).toBe(1);
    expect(w.host.files.stat('/etc/passwd').uid).toBe(0);
    expect(w.host.files.stat('/etc/e').uid).toBe(0);
  });

  it('that cannot be made end the process with their own status', () => {
    for (const [settings, path, status] of [
      ['RuntimeDirectory=x', '/run/x', 233],
      ['StateDirectory=x', '/var/lib/x', 238],
      ['CacheDirectory=x', '/var/cache/x', 239],
      ['LogsDirectory=x', '/var/log/x', 240],
      ['ConfigurationDirectory=x', '/etc/x', 241],
    ] as const) {
      const w = world({ files: { '/usr/bin/d': '', [path]: 'a file' } });
      const service = w.service('a.service', `${settings}\nExecStart=/usr/bin/d\n`);
      w.up(service);
      expect(service.mainStatus.status).toBe(status);
    }
  });

  it('of a user manager are not given away', () => {
    const { w } = spawned('StateDirectory=s', {
      scope: 'user',
      uid: 1000,
      environment: { HOME: '/home/alice', XDG_RUNTIME_DIR: '/run/user/1000' },
      files: {},
    });
    expect(w.host.files.tryStat('/var/lib/s')?.uid).toBe(0);
  });
});

describe('sandbox', () => {
  const targets = (request: SpawnRequest): string[] => (request.mounts ?? []).map((m) => `${m.kind} ${m.target}`);

  it('is made of mounts, parents before what lies in them', () => {
    const { request, w } = spawned(
      'ProtectSystem=strict\nProtectHome=yes\nReadWritePaths=/var/lib/mine\nInaccessiblePaths=-/secret\nPrivateTmp=yes',
    );
    const steps = targets(request);
    expect(steps.indexOf('bind /tmp')).toBeLessThan(steps.indexOf('flags /'));
    expect(steps.indexOf('self /var/lib/mine')).toBeLessThan(steps.indexOf('flags /'));
    expect(steps).not.toContain('flags /var/lib/mine');
    expect(steps).toContain('inaccessible /home');
    expect(steps).toContain('bind /tmp');
    expect(request.mounts!.find((m) => m.target === '/secret')).toMatchObject({ kind: 'inaccessible', optional: true });
    expect(request.namespacesRequired).toBe(false);
    const [made] = w.host.files.readdir('/tmp');
    expect(made).toMatch(/^systemd-private-[0-9a-f]{32}-a\.service-\w{6}$/);
    w.stop(w.unit('a.service'));
    w.host.settle();
    expect(w.host.files.readdir('/tmp')).toEqual([]);
  });

  it('is left out where the container does not permit it, unless the w would be another', () => {
    const plain = spawned('ProtectSystem=full\nPrivateTmp=yes', { capabilities: 0n });
    expect(plain.request.mounts).toBeUndefined();
    expect(plain.w.host.files.readdir('/tmp')).toEqual([]);
    const bound = spawned('BindPaths=/srv:/data', { capabilities: 0n }).request;
    expect(bound.namespacesRequired).toBe(true);
    expect(targets(bound)).toEqual(['rbind /data']);
  });
});

describe('in a container of default privileges', () => {
  const options = { capabilities: 1n << 10n, files: { '/dev/log': '', '/srv/empty': '', '/srv/full': 'x' } };

  it('ambient capabilities that it lacks are left out, and said', () => {
    const settings = 'User=daemon\nAmbientCapabilities=CAP_IPC_LOCK CAP_NET_BIND_SERVICE';
    const { request, w } = spawned(settings, options);
    expect(request.capabilityAmbient).toBe(1n << 10n);
    expect(w.messages()).toContain('The container has no CAP_IPC_LOCK, leaving it out of AmbientCapabilities=.');
    // A user's manager has none to give, and no container is to blame.
    expect(spawned(settings, { ...options, scope: 'user', uid: 1000 }).request.capabilityAmbient).toBe(
      (1n << 10n) | (1n << 14n),
    );
  });

  it('a read-only view is left out where it would cover nothing', () => {
    const bound = (target: string) => spawned(`BindReadOnlyPaths=/dev/log:${target}`, options);
    for (const target of ['/srv/missing', '/srv/empty']) {
      const { request, w } = bound(target);
      expect(request.namespaces).toBeUndefined();
      expect(w.messages()).toContain(
        `The container may not mount (CAP_SYS_ADMIN), leaving out BindReadOnlyPaths=/dev/log:${target}.`,
      );
    }
    expect(bound('/srv/full').request.namespacesRequired).toBe(true);
    expect(bound('/srv').request.namespacesRequired).toBe(true);
  });
});

describe('credentials', () => {
  it('are files for the service only, and go with it', () => {
    const { w, env } = spawned(
      'User=daemon\nSetCredential=one:text\nLoadCredential=two:/etc/two\nLoadCredential=three:/etc/none\nSetCredential=three:default',
      {
        files: { '/etc/two': 'loaded' },
      },
    );
    expect(env.CREDENTIALS_DIRECTORY).toBe('/run/credentials/a.service');
    const { files } = w.host;
    expect(['one', 'two', 'three'].map((n) => files.readText(`/run/credentials/a.service/${n}`))).toEqual([
      'text',
      'loaded',
      'default',
    ]);
    expect(files.stat('/run/credentials/a.service/one')).toMatchObject({ uid: 1, mode: 0o400 });
    w.stop(w.unit('a.service'));
    w.host.settle();
    expect(files.tryStat('/run/credentials/a.service')).toBeUndefined();
  });

  it('of a directory are named by the way to each file', () => {
    const { w } = spawned('LoadCredential=d:/etc/d', {
      files: { '/etc/d/one': '1', '/etc/d/sub/two': '2', '/etc/d/.hidden': '3' },
    });
    const { files } = w.host;
    expect([...files.readdir('/run/credentials/a.service')].sort()).toEqual(['d_one', 'd_sub_two']);
    expect(files.readText('/run/credentials/a.service/d_sub_two')).toBe('2');
  });

  it('that are missing and have no default keep the service from starting; those of the manager may be missing', () => {
    expect(spawned('LoadCredential=own').env.CREDENTIALS_DIRECTORY).toBe('/run/credentials/a.service');
    const w = world();
    const service = w.service('a.service', 'LoadCredential=one:/etc/none\nExecStart=/bin/a\n');
    w.host.files.put('/bin/a', '#!', 0o755);
    w.up(service);
    expect(w.messages(service)).toContain('Failed to set up credentials: Protocol error');
    expect(service.result).toBe('exit-code');
  });
});

describe('JoinsNamespaceOf=', () => {
  it('has the directories of PrivateTmp= in common until the last unit is down', () => {
    const host = new SimHost();
    const [first, second] = ['a.service', 'b.service'].map((name) => new PrivateTmpDirectories(host, name));
    const own = first!.acquire([second!]);
    expect(second!.acquire([first!])).toEqual(own);
    expect(first!.acquire([])).toEqual(own);
    first!.release(false);
    expect(host.files.access(own.tmp, 'exists')).toBe(true);
    second!.release(false);
    expect(host.files.access(own.tmp, 'exists')).toBe(false);
    expect(second!.acquire([first!])).not.toEqual(own);
  });

  it('leaves the manager its turns when they are large, unless there will be none', () => {
    const host = new SimHost();
    for (const atOnce of [false, true]) {
      const directories = new PrivateTmpDirectories(host, 'a.service');
      const { tmp } = directories.acquire([]);
      for (let i = 0; i < 500; i++) host.files.put(`${tmp}/${i}`, '');
      directories.release(atOnce);
      expect(host.files.access(tmp, 'exists')).toBe(!atOnce);
      host.settle();
      expect(host.files.access(tmp, 'exists')).toBe(false);
    }
  });
});

describe('a system’s manager that is not root', () => {
  const alice = { uid: 1000, capabilities: 0n, environment: { HOME: '/srv/alice' } };

  it.each(['', 'User=alice', 'User=1000', 'User=alice\nGroup=root', 'Group=0', 'SupplementaryGroups=audio'])(
    'starts what asks for what it is: %j',
    (settings) => {
      const { request, env } = spawned(settings, alice, (host) => {
        host.groups = [29];
      });
      expect(request).toMatchObject({ path: '/usr/bin/d' });
      for (const key of ['uid', 'gid', 'groups', 'exitAtOnce'] as const) expect(request[key]).toBeUndefined();
      expect(env).toMatchObject({ USER: 'alice', HOME: '/home/alice' });
    },
  );

  it('has a home also where no passwd knows its user, whose number may be asked for', () => {
    const { request, env } = spawned('User=4711', { ...alice, uid: 4711 });
    expect(request.exitAtOnce).toBeUndefined();
    expect(env).toMatchObject({ HOME: '/srv/alice' });
    expect(env.USER).toBeUndefined();
  });

  it.each([
    ['User=daemon', 217, "User=daemon can't be had, the manager runs as uid 1000 and not as root"],
    ['User=root', 217, "User=root can't be had"],
    ['User=1', 217, "User=1 can't be had"],
    ['User=nobody-knows', 217, "User=nobody-knows can't be had"],
    ['DynamicUser=yes', 217, "DynamicUser=yes can't be had"],
    ['Group=audio', 216, "Group=audio can't be had, the manager runs as gid 0 and not as root"],
    ['SupplementaryGroups=video', 216, "SupplementaryGroups=video can't be had"],
  ])('refuses %s in a line', (settings, status, text) => {
    const { w, request } = spawned(settings, alice);
    expect(request.exitAtOnce).toBe(status);
    expect(w.logged.map(({ message }) => message).join('\n')).toContain(`a.service: ${text}`);
  });

  it('leaves out what takes privileges and protects from what it can not do anyway', () => {
    const { w, request } = spawned('CapabilityBoundingSet=CAP_CHOWN\nAmbientCapabilities=CAP_CHOWN', alice);
    expect(request).toMatchObject({ capabilityAmbient: 0n });
    expect(request.capabilityBounding).toBeUndefined();
    expect(w.logged.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('leaving it out of AmbientCapabilities='),
        expect.stringContaining('leaving out CapabilityBoundingSet= and SecureBits='),
      ]),
    );
  });

  it('is as good as root where it can change users', () => {
    const { request } = spawned('User=daemon', { ...alice, capabilities: (1n << 6n) | (1n << 7n) });
    expect(request).toMatchObject({ uid: 1, gid: 1 });
  });
});
