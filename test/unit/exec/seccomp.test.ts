/** What the filters that a unit asks for answer to system calls, from its lines to the answer of the kernel. */

import { describe, expect, it } from 'vitest';
import type { SimOptions } from '../../../src/simulation/machine/machine.ts';
import type { SpawnRequest } from '../../../src/sys/host.ts';
import { type Call, runFilter, runFilters } from '../../support/bpf.ts';
import { runs, type World, world } from '../../support/world.ts';

const x86 = 0x40000003;
const x64 = 0xc000003e;
const arm64 = 0xc00000b7;
const x32 = 0x40000000;

const answers = new Map([
  [0x7fff0000, 'allow'],
  [0x7ffc0000, 'log'],
  [0x80000000, 'kill'],
  [0, 'kill thread'],
]);

interface Spawned {
  w: World;
  request: SpawnRequest | undefined;
  messages: string[];
}

function spawned(settings: string, options: SimOptions & { prefix?: string } = {}): Spawned {
  const w = world({ ...options, files: { '/usr/bin/d': '', ...options.files } });
  const service = w.service('a.service', `${settings}\nExecStart=${options.prefix ?? ''}/usr/bin/d\n`);
  if (service.loadState !== 'loaded') throw new Error(`not loaded: ${JSON.stringify(service.loaded.diagnostics)}`);
  w.up(service);
  w.host.settle();
  return { w, request: w.host.spawned[0]?.request, messages: w.messages(service) };
}

/** 'allow', 'errno 1' … of a call, given as number and arguments. */
function under(settings: string, options: SimOptions = {}): (number: number, ...args: (number | bigint)[]) => string {
  const { programs } = spawned(settings, options).request!.seccomp!;
  const token = options.machine === 'aarch64' ? arm64 : x64;
  return (number, ...args) => answer(programs, { token, number, arguments: args });
}

function answer(programs: readonly Uint8Array[], call: Call): string {
  const value = runFilters(programs, call);
  return answers.get(value) ?? (value >>> 16 === 5 ? `errno ${value & 0xffff}` : `${value.toString(16)}`);
}

/** Numbers on x86-64. */
const call = {
  mmap: 9,
  mprotect: 10,
  ioctl: 16,
  shmat: 30,
  getpid: 39,
  socket: 41,
  clone: 56,
  execve: 59,
  uname: 63,
  mkdir: 83,
  chmod: 90,
  chown: 92,
  syslog: 103,
  open: 2,
  personality: 135,
  schedSetscheduler: 144,
  settimeofday: 164,
  sethostname: 170,
  iopl: 172,
  initModule: 175,
  unshare: 272,
  setns: 308,
  clone3: 435,
  openat2: 437,
  fchmodat2: 452,
};
const EPERM = 'errno 1';

describe('SystemCallFilter=', () => {
  it('denies what it lists', () => {
    const ask = under('SystemCallFilter=~@chown\nSystemCallErrorNumber=EPERM');
    expect(ask(call.chown)).toBe(EPERM);
    expect(ask(call.getpid)).toBe('allow');
  });

  it('kills where no errno is named', () => {
    expect(under('SystemCallFilter=~@chown')(call.chown)).toBe('kill');
  });

  it('allows what it lists, and what every program needs', () => {
    const ask = under('SystemCallFilter=getpid');
    expect(ask(call.getpid)).toBe('allow');
    expect(ask(call.execve)).toBe('allow');
    expect(ask(call.chown)).toBe('kill');
  });

  it('takes an errno or `kill` with a call', () => {
    const ask = under(
      'SystemCallFilter=@system-service\nSystemCallFilter=~@chown:EACCES uname:kill getpid\nSystemCallErrorNumber=EPERM',
    );
    expect(ask(call.chown)).toBe('errno 13');
    expect(ask(call.uname)).toBe('kill');
    expect(ask(call.getpid)).toBe(EPERM);
    expect(ask(call.iopl)).toBe(EPERM);
    expect(ask(call.ioctl)).toBe('allow');
  });

  it('holds for all that the processor can run, by their own numbers', () => {
    const { programs } = spawned('SystemCallFilter=~chown socket\nSystemCallErrorNumber=EPERM').request!.seccomp!;
    const ask = (token: number, number: number, ...args: number[]): string =>
      answer(programs, { token, number, arguments: args });
    expect(ask(x86, 182)).toBe(EPERM);
    expect(ask(x86, 92)).toBe('allow');
    expect(ask(x64, x32 + 92)).toBe(EPERM);
    // A call by socketcall(2), and by its own number.
    expect(ask(x86, 102, 1)).toBe(EPERM);
    expect(ask(x86, 102, 2)).toBe('allow');
    expect(ask(x86, 359)).toBe(EPERM);
    expect(ask(arm64, 55)).toBe('allow');
  });

  it('has calls in its groups that came with kernels newer than the image', () => {
    const later = { seccomp: 317, landlockRestrictSelf: 446, mseal: 462, getxattrat: 464, fileSetattr: 469 };
    const allows = under('SystemCallFilter=@system-service');
    const denies = under('SystemCallFilter=~@sandbox @file-system @default\nSystemCallErrorNumber=EPERM');
    for (const number of Object.values(later)) expect([allows(number), denies(number)]).toEqual(['allow', EPERM]);
  });

  it('holds on arm64', () => {
    const ask = under('SystemCallFilter=~fchownat\nSystemCallErrorNumber=EPERM', { machine: 'aarch64' });
    expect(ask(54)).toBe(EPERM);
    expect(ask(55)).toBe('allow');
    // Of a group only what the machine has: open and chmod have no number there, openat and fchmodat have.
    const group = under('SystemCallFilter=@system-service', { machine: 'aarch64' });
    expect([56, 53, 222, 134].map((number) => group(number))).toEqual(Array(4).fill('allow'));
    expect([104, 105, 142, 170].map((number) => group(number))).toEqual(Array(4).fill('kill'));
  });

  it('lets programs of 32 bits run on arm64, but not under SystemCallArchitectures=native', () => {
    const arm = 0x40000028;
    const asked = (settings: string): string =>
      answer(spawned(settings, { machine: 'aarch64' }).request!.seccomp!.programs, {
        token: arm,
        number: 20,
        arguments: [],
      });
    expect(asked('SystemCallFilter=getpid')).toBe('allow');
    expect(asked('SystemCallArchitectures=native')).toBe('kill thread');
  });

  it('is found in a few steps, however long the list', () => {
    const { programs } = spawned('SystemCallFilter=@system-service').request!.seccomp!;
    for (let number = 0; number < 460; number++)
      for (const program of programs) expect(runFilter(program, { token: x64, number }).steps).toBeLessThan(14);
  });

  it('that bars the program itself is not installed in the memory of the manager', () => {
    const bars = (settings: string): boolean => spawned(settings).request!.seccomp!.barsExec;
    expect(bars('SystemCallFilter=@system-service')).toBe(false);
    expect(bars('SystemCallFilter=~@chown')).toBe(false);
    expect(bars('SystemCallFilter=~execve')).toBe(true);
    expect(bars('SystemCallFilter=~exit_group:EPERM')).toBe(true);
    expect(bars('SystemCallFilter=@system-service\nSystemCallFilter=~@default')).toBe(true);
  });

  it('that says the same of a call as of all others is refused', () => {
    const { request, messages } = spawned(
      'SystemCallFilter=@system-service\nSystemCallFilter=~@chown:EPERM\nSystemCallErrorNumber=EPERM',
    );
    expect(request?.exitAtOnce).toBe(228);
    expect(messages).toContain('Failed to apply system call filters: Permission denied');
  });

  it('is not for a command with full privileges', () => {
    expect(spawned('SystemCallFilter=~@chown', { prefix: '+' }).request!.seccomp).toBeUndefined();
    expect(spawned('SystemCallFilter=~').request!.seccomp).toBeUndefined();
  });

  it('is left out where the kernel has no filters', () => {
    const { request } = spawned('SystemCallFilter=~@chown', { files: { '/proc/self/status': 'Name:\td\n' } });
    expect(request!.seccomp).toEqual({ programs: [], barsExec: false });
    const told = spawned('SystemCallFilter=~@chown', { environment: { SYSTEMD_SECCOMP: '0' } });
    expect(told.request!.seccomp!.programs).toEqual([]);
  });
});

describe('other filters', () => {
  it('SystemCallArchitectures= ends those who use another', () => {
    const { programs } = spawned('SystemCallArchitectures=native').request!.seccomp!;
    expect(answer(programs, { token: x64, number: call.getpid })).toBe('allow');
    expect(answer(programs, { token: x86, number: 20 })).toBe('kill thread');
    expect(answer(programs, { token: x64, number: x32 + call.getpid })).toBe('kill thread');
    const more = spawned('SystemCallArchitectures=native x86').request!.seccomp!.programs;
    expect(answer(more, { token: x86, number: 20 })).toBe('allow');
    expect(answer(more, { token: x64, number: x32 + call.getpid })).toBe('kill thread');
  });

  it('SystemCallLog= lets calls pass and be logged', () => {
    const some = under('SystemCallLog=@chown');
    expect([some(call.chown), some(call.getpid)]).toEqual(['log', 'allow']);
    const others = under('SystemCallLog=~@chown');
    expect([others(call.chown), others(call.getpid)]).toEqual(['allow', 'log']);
  });

  it('RestrictAddressFamilies= allows or denies', () => {
    const EAFNOSUPPORT = 'errno 97';
    const only = under('RestrictAddressFamilies=AF_UNIX AF_INET6');
    expect([1, 10].map((family) => only(call.socket, family))).toEqual(['allow', 'allow']);
    expect([0, 2, 16, 99].map((family) => only(call.socket, family))).toEqual(Array(4).fill(EAFNOSUPPORT));
    const not = under('RestrictAddressFamilies=~AF_INET AF_INET6');
    expect([1, 2, 10, 16].map((family) => not(call.socket, family))).toEqual([
      'allow',
      EAFNOSUPPORT,
      EAFNOSUPPORT,
      'allow',
    ]);
    expect(under('RestrictAddressFamilies=none')(call.socket, 1)).toBe(EAFNOSUPPORT);
  });

  it('MemoryDenyWriteExecute= looks at the protection', () => {
    const ask = under('MemoryDenyWriteExecute=yes');
    expect([3, 5, 7].map((protection) => ask(call.mmap, 0, 4096, protection))).toEqual(['allow', 'allow', EPERM]);
    expect([1, 4].map((protection) => ask(call.mprotect, 0, 0, protection))).toEqual(['allow', EPERM]);
    expect([0, 0o100000].map((flags) => ask(call.shmat, 0, 0, flags))).toEqual(['allow', EPERM]);
  });

  it('RestrictSUIDSGID= is what DefaultRestrictSUIDSGID= says where no line of the unit does', async () => {
    const filtered = (lines: string): boolean => {
      const w = world({
        files: { '/etc/systemd/system.conf': '[Manager]\nDefaultRestrictSUIDSGID=yes\n' },
        units: { 'a.service': `[Service]\nExecStart=/usr/bin/d\n${lines}` },
        programs: { d: runs },
      });
      w.up(w.unit('a.service'));
      return w.host.running('d')!.request!.seccomp !== undefined;
    };
    expect(filtered('')).toBe(true);
    expect(filtered('RestrictSUIDSGID=no\n')).toBe(false);
  });

  it('RestrictSUIDSGID= looks at the mode', () => {
    const ask = under('RestrictSUIDSGID=yes');
    expect([0o755, 0o1777, 0o4755, 0o2755, 0o4600, 0o2600].map((mode) => ask(call.chmod, 0, mode))).toEqual([
      'allow',
      'allow',
      ...Array(4).fill(EPERM),
    ]);
    expect(ask(call.mkdir, 0, 0o2755)).toBe(EPERM);
    expect(ask(call.fchmodat2, 0, 0, 0o4755)).toBe(EPERM);
    // O_CREAT only.
    expect([ask(call.open, 0, 0, 0o4755), ask(call.open, 0, 0o100, 0o4755)]).toEqual(['allow', EPERM]);
    expect(ask(call.openat2)).toBe('errno 38');
  });

  it('RestrictNamespaces= looks at the flags', () => {
    const none = under('RestrictNamespaces=yes');
    expect([none(call.unshare, 0), none(call.unshare, 0x04000000), none(call.setns, 0, 0)]).toEqual([
      'allow',
      EPERM,
      EPERM,
    ]);
    expect(none(call.clone, 0x00020011)).toBe(EPERM);
    expect(none(call.clone3)).toBe('errno 38');
    const some = under('RestrictNamespaces=uts ipc');
    expect([0x04000000, 0x40000000].map((flag) => some(call.unshare, flag))).toEqual(['allow', EPERM]);
    expect([0, 0x04000000, 0x40000000].map((flag) => some(call.setns, 0, flag))).toEqual([EPERM, 'allow', EPERM]);
    expect(spawned('RestrictNamespaces=no').request!.seccomp).toBeUndefined();
  });

  it('RestrictRealtime= takes the policies and the right to them', () => {
    const { request } = spawned('RestrictRealtime=yes');
    const outcomes = [0, 1, 2, 3, 5, 6, 0x40000000].map((policy) =>
      answer(request!.seccomp!.programs, { token: x64, number: call.schedSetscheduler, arguments: [0, policy] }),
    );
    expect(outcomes).toEqual(['allow', EPERM, EPERM, 'allow', 'allow', EPERM, EPERM]);
    expect(request!.limits.RTPRIO).toEqual({ soft: 0, hard: 0 });
    const own = spawned('RestrictRealtime=yes\nLimitRTPRIO=7').request!;
    expect(own.limits.RTPRIO).toEqual({ soft: 7, hard: 7 });
  });

  it('LockPersonality= keeps that of Personality=, all 64 bits of it', () => {
    const plain = under('LockPersonality=yes');
    expect([0, 8, 0xffffffff, 1n << 32n].map((value) => plain(call.personality, value))).toEqual([
      'allow',
      EPERM,
      EPERM,
      EPERM,
    ]);
    expect(under('LockPersonality=yes\nPersonality=x86')(call.personality, 8)).toBe('allow');
    const onArm = under('LockPersonality=yes\nPersonality=arm', { machine: 'aarch64' });
    expect([onArm(92, 8), onArm(92, 0)]).toEqual(['allow', EPERM]);
  });

  it.each([
    ['ProtectClock', call.settimeofday],
    ['ProtectHostname', call.sethostname],
    ['ProtectKernelLogs', call.syslog],
    ['ProtectKernelModules', call.initModule],
    ['ProtectKernelTunables', 156],
    ['PrivateDevices', call.iopl],
  ])('%s= refuses a call', (setting, number) => {
    const ask = under(`${setting}=yes`);
    expect([ask(number), ask(call.getpid)]).toEqual([EPERM, 'allow']);
  });

  it('of several settings are as few as can be, and each holds', () => {
    const settings =
      'RestrictSUIDSGID=yes\nLockPersonality=yes\nRestrictRealtime=yes\nProtectClock=yes\nSystemCallFilter=@system-service';
    const { programs } = spawned(settings).request!.seccomp!;
    expect(programs).toHaveLength(6);
    const ask = under(settings);
    expect([ask(call.chmod, 0, 0o4755), ask(call.chmod, 0, 0o755)]).toEqual([EPERM, 'allow']);
    // The strictest counts.
    expect(ask(call.settimeofday)).toBe('kill');
  });
});
