import { describe, expect, it } from 'vitest';
import { PrivateTmpDirectories } from '../../../src/exec/private-tmp.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import type { SpawnRequest } from '../../../src/sys/host.ts';
import { world } from '../../support/world.ts';
import { spawned } from './spawned.ts';

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

describe('a command line of which nothing is left', () => {
  it('is refused as execve(3) refuses it', () => {
    const w = world({ files: { '/usr/bin/d': '' } });
    const service = w.service('a.service', 'Type=oneshot\nExecStart=@/usr/bin/d $NOTHING\n');
    w.start(service);
    w.host.settle();
    expect([service.activeState, service.result]).toEqual(['failed', 'exit-code']);
    expect(w.messages(service)).toContain('Failed to execute /usr/bin/d: Invalid argument');
  });
});
