/** Containers without capabilities: what a process goes on without, and what stays undone in silence no more. */
import { describe, expect, it } from 'vitest';
import type { SimOptions } from '../../../src/simulation/machine/machine.ts';
import type { LeftOut } from '../../../src/sys/host.ts';
import { runs, type World, world } from '../../support/world.ts';

const niceAndResource = (1n << 23n) | (1n << 24n);
const all = (1n << 41n) - 1n;

interface Case extends SimOptions {
  strict?: boolean;
  /** What the child goes on without. */
  leftOut?: readonly LeftOut[];
  scope?: 'system' | 'user';
}

function started(lines: string, { strict = false, leftOut = [], ...options }: Case = {}): World {
  const w = world({ ...options, programs: { a: runs } });
  w.host.leftOut = leftOut;
  Object.assign(w.manager, { strict });
  w.up(w.service('a.service', `ExecStart=/usr/bin/a\n${lines}\n`));
  w.host.settle();
  return w;
}

const leniency = (options: Case): unknown => started('Nice=-5', options).host.spawned[0]!.request!.lenient;
const warnings = (w: World): string[] =>
  w.logged.filter(({ priority }) => priority === 4).map(({ message }) => message);
const notes = (w: World): string[] =>
  w.logged.filter(({ message }) => message.includes('Without effect here')).map(({ message }) => message);

describe('settings of speed', () => {
  it.each<[string, Case, unknown]>([
    ['with every capability are systemd’s', {}, undefined],
    ['without any are left out', { capabilities: 0n }, { nice: true, resource: true }],
    ['without CAP_SYS_NICE', { capabilities: all & ~(1n << 23n) }, { nice: true, resource: false }],
    ['without CAP_SYS_RESOURCE', { capabilities: all & ~(1n << 24n) }, { nice: false, resource: true }],
    [
      'in a user namespace, where they count for nothing',
      { files: { '/proc/self/uid_map': '         0       1000          1\n' } },
      { nice: true, resource: true },
    ],
    [
      'in the machine’s own user namespace',
      {
        files: {
          '/proc/self/uid_map': '         0          0 4294967295\n',
          '/proc/self/gid_map': '         0          0 4294967295\n',
        },
      },
      undefined,
    ],
    ['of a system’s manager that is not root', { capabilities: 0n, uid: 33 }, { nice: true, resource: true }],
    ['of a user’s own manager are systemd’s', { capabilities: 0n, scope: 'user' }, undefined],
    ['with --strict are systemd’s', { capabilities: 0n, strict: true }, undefined],
  ])('%s', (_, options, lenient) => {
    expect(leniency(options)).toEqual(lenient);
  });

  it.each<[string, readonly LeftOut[], string]>([
    ['Nice=-5', ['Nice'], 'CAP_SYS_NICE, going on without all of Nice=.'],
    ['LimitNICE=+10', ['LimitNICE'], 'CAP_SYS_RESOURCE, going on without all of LimitNICE=.'],
    [
      'CPUSchedulingPolicy=rr\nCPUSchedulingPriority=3',
      ['CPUScheduling'],
      'CAP_SYS_NICE, going on without all of CPUSchedulingPolicy=, CPUSchedulingPriority=.',
    ],
    ['IOSchedulingClass=realtime', ['IOScheduling'], 'CAP_SYS_NICE, going on without all of IOSchedulingClass=.'],
    [
      'LimitNOFILE=2000000\nNice=-5',
      ['Nice', 'LimitNOFILE'],
      'CAP_SYS_NICE, CAP_SYS_RESOURCE, going on without all of Nice=, LimitNOFILE=.',
    ],
    ['Nice=-5', ['Nice', 'LimitNOFILE'], 'CAP_SYS_NICE, going on without all of Nice=.'],
  ])('that were left out are named: %s', (lines, leftOut, text) => {
    expect(warnings(started(lines, { capabilities: 0n, leftOut }))).toEqual([
      `a.service: The container has no ${text}`,
    ]);
  });

  it('are told where systemd could run, too, be it silent about them', () => {
    const capabilities = all & ~niceAndResource;
    const leftOut = ['Nice', 'CPUScheduling', 'LimitNOFILE'] as const;
    const lines = 'Nice=-5\nCPUSchedulingPolicy=rr\nLimitNOFILE=2000000';
    expect(warnings(started(lines, { capabilities, leftOut }))).toEqual([
      'a.service: The container has no CAP_SYS_NICE, CAP_SYS_RESOURCE, going on without all of Nice=, CPUSchedulingPolicy=, LimitNOFILE=.',
    ]);
  });

  it('that only the manager’s defaults name are left out in silence', () => {
    expect(warnings(started('', { capabilities: 0n, leftOut: ['LimitNOFILE'] }))).toEqual([]);
    const wrong = started('LimitNOFILE=many', { capabilities: 0n, leftOut: ['LimitNOFILE'] });
    expect(warnings(wrong)).toEqual([expect.stringContaining('Failed to parse resource value, ignoring: many')]);
  });

  it('are told once for a unit, however often it is started', () => {
    const w = started('Nice=-5\nRestart=always\nRestartSec=1', { capabilities: 0n, leftOut: ['Nice'] });
    for (let i = 0; i < 3; i++) {
      w.host.spawned.at(-1)!.exit(1);
      w.host.advance(1500);
    }
    expect(w.host.spawned).toHaveLength(4);
    expect(warnings(w).filter((text) => text.includes('Nice='))).toHaveLength(1);
  });

  it.each([
    ['AmbientCapabilities=CAP_IPC_LOCK', 'The container has no CAP_IPC_LOCK, leaving it out'],
    ['BindReadOnlyPaths=/dev/log:/srv/log', 'The container may not mount (CAP_SYS_ADMIN), leaving out'],
  ])('are told once for a unit of several commands: %s', (setting, text) => {
    const w = started(`${setting}\nExecStartPost=/usr/bin/a\nExecStartPost=/usr/bin/a`, { capabilities: 0n });
    for (let i = 0; i < 2; i++) {
      w.host.spawned.at(-1)!.exit(0);
      w.host.settle();
    }
    expect(w.host.spawned).toHaveLength(3);
    expect(warnings(w).filter((line) => line.includes(text))).toHaveLength(1);
  });
});

describe('settings of safety', () => {
  it.each([
    ['GROUP', 'Changing group credentials failed', 'CAP_SETGID'],
    ['USER', 'Failed to change UID', 'CAP_SETUID'],
    ['SECUREBITS', 'Failed to set process secure bits', 'CAP_SETPCAP'],
    ['CAPABILITIES', 'Failed to drop capabilities', 'CAP_SETPCAP'],
  ] as const)('fail a unit, and the capability is named: %s', (step, text, capability) => {
    const failed = (capabilities: bigint): string => {
      const w = world({ capabilities, programs: { a: runs } });
      w.host.failing.set('/usr/bin/a', { step, errno: 1, code: 'EPERM' });
      w.up(w.service('a.service', 'ExecStart=/usr/bin/a\n'));
      w.host.settle();
      return w.messages().join('\n');
    };
    expect(failed(niceAndResource)).toContain(
      `${text}: Operation not permitted (the container has no ${capability})\n`,
    );
    expect(failed(all)).toContain(`${text}: Operation not permitted\n`);
  });

  it('fail a unit whose user the container’s user namespace has not, and the id is named', () => {
    const w = world({ programs: { a: runs } });
    w.put('/proc/self/uid_map', '         0       1000          1\n');
    w.host.failing.set('/usr/bin/a', { step: 'USER', errno: 22, code: 'EINVAL' });
    w.up(w.service('a.service', 'ExecStart=/usr/bin/a\nUser=www-data\n'));
    w.host.settle();
    expect(w.messages().join('\n')).toMatch(
      /Failed to change UID: Invalid argument \(the container's user namespace has no uid 33\)\n/,
    );
  });

  it.each([true, false])('leave out of AmbientCapabilities= what the container lacks, strict or not: %j', (strict) => {
    const { host } = started('AmbientCapabilities=CAP_NET_ADMIN', { capabilities: 0n, strict });
    expect(host.spawned[0]!.request!.capabilityAmbient).toBe(0n);
  });
});

describe('settings without effect', () => {
  it.each<[string, Case, string]>([
    ['PrivateTmp=yes\nProtectSystem=strict', { capabilities: 0n }, 'PrivateTmp=, ProtectSystem='],
    ['PrivateDevices=yes\nPrivateTmp=yes', { capabilities: 0n }, 'PrivateDevices= (in part), PrivateTmp='],
    ['ReadOnlyDirectories=/etc', { capabilities: 0n }, 'ReadOnlyDirectories='],
    ['PrivateTmp=yes\nProtectSystem=strict', {}, ''],
    ['MemoryMax=1G\nCPUQuota=50%\nTasksMax=10', {}, 'MemoryMax=, CPUQuota=, TasksMax='],
    ['PAMName=login\nUtmpIdentifier=x', {}, 'PAMName=, UtmpIdentifier='],
    ['PrivateTmp=no\nMemoryMax=infinity\nReadOnlyPaths=\nProtectHome=no', { capabilities: 0n }, ''],
    ['ReadOnlyPaths=/etc\nReadOnlyPaths=\nPrivateTmp=yes\nPrivateTmp=no', { capabilities: 0n }, ''],
    ['NoNewPrivileges=yes\nSystemCallFilter=@system-service\nUMask=077', { capabilities: 0n }, ''],
    ['DynamicUser=yes', { capabilities: 0n }, ''],
  ])('are named: %s', (lines, options, text) => {
    const w = started(lines, options);
    expect(notes(w)).toEqual(text === '' ? [] : [`a.service: Without effect here: ${text}`]);
  });

  it('are told once, and again where they have become others', async () => {
    const w = started('MemoryMax=1G');
    const again = (): void => {
      w.stop(w.unit('a.service'));
      w.host.settle();
      w.up(w.unit('a.service'));
    };
    again();
    expect(notes(w)).toHaveLength(1);
    w.put('/etc/systemd/system/a.service.d/more.conf', '[Service]\nCPUQuota=50%\n');
    await w.systemctl('daemon-reload');
    again();
    expect(notes(w).at(-1)).toBe('a.service: Without effect here: MemoryMax=, CPUQuota=');
  });

  it('stand in status, also of what does not run', async () => {
    const w = started('PrivateTmp=yes\nMemoryMax=1G', { capabilities: 0n });
    const status = async (): Promise<string> => (await w.call('systemctl', 'status a.service')).out;
    expect(await status()).toMatch(/Active: active[^\n]*\n {2}No effect: PrivateTmp=, MemoryMax=\n/);
    w.stop(w.unit('a.service'));
    w.host.settle();
    expect(await status()).toMatch(/Active: inactive[^\n]*\n[^\n]*\n {2}No effect: PrivateTmp=, MemoryMax=\n/);
    w.put('/etc/systemd/system/b.service', '[Service]\nExecStart=/usr/bin/a\n');
    expect((await w.call('systemctl', 'status b.service')).out).not.toContain('No effect');
  });
});
