/** What `systemd-analyze security` looks at, how much it weighs, and what it says: systemd 252's judgements. */

import type { CGroupSettings, ExecSettings } from '../../../unitfile/directives/table.ts';
import { formatPrefix, type IpPrefix } from '../../../values/addresses.ts';
import { parseCapability } from '../../../values/capabilities.ts';
import { namespaceFlags } from '../../../values/namespaces.ts';
import { syscallGroups } from '../../../values/system-calls.ts';
import { callExists } from './native-calls.ts';

/** One service as it is judged. */
export interface JudgedUnit {
  readonly id: string;
  readonly fragmentPath: string | undefined;
  readonly defaultDependencies: boolean;
  readonly notifyAccess: string;
  readonly exec: ExecSettings;
  readonly cgroup: CGroupSettings;
  /** PrivateMounts=, or that other settings imply it. */
  readonly privateMounts: boolean;
  /** Of uname(2): system calls that it does not have are not missed. */
  readonly machine: string;
}

/** From 0 to the assessor's range; undefined where the setting does not matter. The text replaces the assessor's own. */
export interface Verdict {
  readonly badness: number | undefined;
  readonly text?: string;
}

export interface Assessor {
  /** As the table names it. */
  readonly id: string;
  /** Its name in JSON, and in a policy. */
  readonly field: string;
  readonly weight: number;
  /** The worst badness there can be. */
  readonly range: number;
  readonly good?: string;
  readonly bad?: string;
  readonly irrelevant?: string;
  /** Says nothing about services of early boot (DefaultDependencies=no). */
  readonly afterBoot?: true;
  readonly assess: (unit: JudgedUnit) => Verdict;
}

type Assess = Assessor['assess'];

const verdict = (good: boolean): Verdict => ({ badness: good ? 0 : 1 });

type BooleanSetting = {
  [K in keyof ExecSettings]-?: ExecSettings[K] extends boolean ? K : never;
}[keyof ExecSettings];

function setTo(name: BooleanSetting): Assess {
  return ({ exec }) => verdict(exec[name]);
}

const privateMounts: Assess = (unit) => verdict(unit.privateMounts);

const isRoot = (name: string | undefined): boolean => name === 'root' || name === '0';

function runsPrivileged({ exec }: JudgedUnit): boolean {
  return isRoot(exec.User) || (!exec.DynamicUser && (exec.User ?? '') === '');
}

const user: Assess = ({ exec }) => {
  if (exec.User === 'nobody') {
    return { badness: 9, text: "Service runs under as 'nobody' user, which should not be used for services" };
  }
  if (isRoot(exec.User)) return { badness: 10 };
  if (exec.DynamicUser) return { badness: 0, text: 'Service runs under a transient non-root user identity' };
  if ((exec.User ?? '') === '') return { badness: 10 };
  return { badness: 0, text: 'Service runs under a static non-root user identity' };
};

const supplementaryGroups: Assess = (unit) =>
  runsPrivileged(unit) ? { badness: undefined } : verdict(unit.exec.SupplementaryGroups.length === 0);

const removeIpc: Assess = (unit) => (runsPrivileged(unit) ? { badness: undefined } : verdict(unit.exec.RemoveIPC));

const protectHome: Assess = ({ exec }) =>
  ({
    no: { badness: 10, text: 'Service has full access to home directories' },
    'read-only': { badness: 5, text: 'Service has read-only access to home directories' },
    tmpfs: { badness: 1, text: 'Service has access to fake empty home directories' },
    yes: { badness: 0, text: 'Service has no access to home directories' },
  })[exec.ProtectHome];

const protectSystem: Assess = ({ exec }) =>
  ({
    no: { badness: 10, text: 'Service has full access to the OS file hierarchy' },
    yes: { badness: 5, text: 'Service has limited write access to the OS file hierarchy' },
    full: { badness: 3, text: 'Service has very limited write access to the OS file hierarchy' },
    strict: { badness: 0, text: 'Service has strict read-only access to the OS file hierarchy' },
  })[exec.ProtectSystem];

const rootDirectory: Assess = ({ exec }) => {
  const elsewhere = (path: string | undefined): boolean => path !== undefined && /[^/]/.test(path);
  return verdict(elsewhere(exec.RootDirectory) || elsewhere(exec.RootImage));
};

/** None of these capabilities can be had. */
function without(names: string): Assess {
  const mask = names.split(' ').reduce((bits, name) => bits | (1n << BigInt(parseCapability(`cap_${name}`)!)), 0n);
  return ({ exec }) => verdict((exec.CapabilityBoundingSet & mask) === 0n);
}

const ambientCapabilities: Assess = ({ exec }) => verdict(exec.AmbientCapabilities === 0n);

const umask: Assess = ({ exec }) => {
  const steps: readonly [number, number, string][] = [
    [0o002, 10, 'world-writable'],
    [0o004, 5, 'world-readable'],
    [0o020, 2, 'group-writable'],
    [0o040, 1, 'group-readable'],
  ];
  const open = steps.find(([bit]) => (exec.UMask & bit) === 0);
  const [, badness = 0, how = "accessible only by service's own user"] = open ?? [];
  return { badness, text: `Files created by service are ${how} by default` };
};

const keyringMode: Assess = ({ exec }) => verdict(exec.KeyringMode === 'private');

const protectProc: Assess = ({ exec }) => ({
  badness: exec.ProtectProc === 'default' ? 3 : exec.ProtectProc === 'noaccess' ? 1 : 0,
});

const procSubset: Assess = ({ exec }) => verdict(exec.ProcSubset === 'pid');

const notifyAccess: Assess = (unit) => verdict(unit.notifyAccess !== 'all');

function withoutNamespace(name: string): Assess {
  const bit = namespaceFlags.find(([other]) => other === name)![1];
  return ({ exec }) => verdict((exec.RestrictNamespaces & bit) === 0);
}

const familyNames: Readonly<Record<string, readonly string[]>> = {
  inet: ['AF_INET', 'AF_INET6'],
  unix: ['AF_UNIX'],
  netlink: ['AF_NETLINK'],
  packet: ['AF_PACKET'],
};
const commonFamilies = new Set(Object.values(familyNames).flat());

/** No socket of the kind can be made; `other` is every family that has no kind of its own. One name decides for all. */
function family(kind: string): Assess {
  const names = familyNames[kind];
  const meant = (name: string): boolean => (names === undefined ? !commonFamilies.has(name) : names.includes(name));
  return ({ exec }) => {
    const filter = exec.RestrictAddressFamilies;
    if (filter === undefined) return verdict(false);
    return verdict(filter.names.some(meant) !== filter.allow);
  };
}

const systemCallArchitectures: Assess = ({ exec: { SystemCallArchitectures: list } }) => {
  if (list.length === 0) return { badness: 10, text: 'Service may execute system calls with all ABIs' };
  if (list.length === 1 && list[0] === 'native') {
    return { badness: 0, text: 'Service may execute system calls only with native ABI' };
  }
  return { badness: 8, text: 'Service may execute system calls with multiple ABIs' };
};

/** The calls of a group, those of groups in it included, that the machine has. */
function* callsOf(group: string, machine: string): Generator<string> {
  for (const member of syscallGroups.get(group)!) {
    if (member.startsWith('@')) yield* callsOf(member, machine);
    else if (callExists(member, machine)) yield member;
  }
}

function filters(group: string): Assess {
  return ({ exec, machine }) => {
    const filter = exec.SystemCallFilter;
    if (filter === undefined || (!filter.allow && filter.calls.size === 0)) {
      return { badness: 10, text: 'Service does not filter system calls' };
    }
    const { allow, calls } = filter;
    // in an allow list a call with an errno is one that was taken out again
    const listed = (call: string): boolean => calls.has(call) && !(allow && calls.get(call) !== undefined);
    let offender: string | undefined;
    for (const call of callsOf(group, machine)) {
      if (listed(call) !== allow) continue;
      offender = call;
      break;
    }
    const bad = offender !== undefined;
    const text =
      `System call ${allow ? 'allow' : 'deny'} list defined for service, and ${group} is ` +
      `${bad === allow ? '' : 'not '}included${bad ? ` (e.g. ${offender} is allowed)` : ''}`;
    return { badness: bad ? (allow ? 9 : 10) : 0, text };
  };
}

function isLocalhost(prefix: IpPrefix): boolean {
  if (prefix.family === 'ipv4') return prefix.prefixLength === 8 && prefix.bytes[0] === 127;
  return formatPrefix(prefix) === '::1/128';
}

const ipAddressAllow: Assess = ({ cgroup }) => {
  if (cgroup.IPIngressFilterPath.length > 0 || cgroup.IPEgressFilterPath.length > 0) {
    return { badness: 0, text: 'Service defines custom ingress/egress IP filters with BPF programs' };
  }
  const everything = (kind: IpPrefix['family']): boolean =>
    cgroup.IPAddressDeny.some((prefix) => prefix.family === kind && prefix.prefixLength === 0);
  if (!everything('ipv4') || !everything('ipv6')) {
    return { badness: 10, text: 'Service does not define an IP address allow list' };
  }
  const allowed = cgroup.IPAddressAllow;
  if (allowed.some((prefix) => !isLocalhost(prefix))) {
    return { badness: 5, text: 'Service defines IP address allow list with non-localhost entries' };
  }
  if (allowed.length > 0) {
    return { badness: 2, text: 'Service defines IP address allow list with only localhost entries' };
  }
  return { badness: 0, text: 'Service blocks all IP address ranges' };
};

const deviceAllow: Assess = ({ cgroup }) => {
  if (cgroup.DevicePolicy === 'auto') return { badness: 10, text: 'Service has no device ACL' };
  const rules = cgroup.DeviceAllow.map(({ path, access }) => `${path}:${access}`);
  if (rules.length === 0) return { badness: 0, text: 'Service has a minimal device ACL' };
  return { badness: 5, text: `Service has a device ACL with some special devices: ${rules.join(' ')}` };
};

/** In the order in which systemd has them, which decides where descriptions are the same. */
export const assessors: readonly Assessor[] = [
  {
    id: 'User=/DynamicUser=',
    field: 'UserOrDynamicUser',
    weight: 2000,
    range: 10,
    bad: 'Service runs as root user',
    assess: user,
  },
  {
    id: 'SupplementaryGroups=',
    field: 'SupplementaryGroups',
    weight: 200,
    range: 1,
    good: 'Service has no supplementary groups',
    bad: 'Service runs with supplementary groups',
    irrelevant: 'Service runs as root, option does not matter',
    assess: supplementaryGroups,
  },
  {
    id: 'PrivateDevices=',
    field: 'PrivateDevices',
    weight: 1000,
    range: 1,
    good: 'Service has no access to hardware devices',
    bad: 'Service potentially has access to hardware devices',
    assess: setTo('PrivateDevices'),
  },
  {
    id: 'PrivateMounts=',
    field: 'PrivateMounts',
    weight: 1000,
    range: 1,
    good: 'Service cannot install system mounts',
    bad: 'Service may install system mounts',
    assess: privateMounts,
  },
  {
    id: 'PrivateNetwork=',
    field: 'PrivateNetwork',
    weight: 2500,
    range: 1,
    good: "Service has no access to the host's network",
    bad: "Service has access to the host's network",
    assess: setTo('PrivateNetwork'),
  },
  {
    id: 'PrivateTmp=',
    field: 'PrivateTmp',
    weight: 1000,
    range: 1,
    good: "Service has no access to other software's temporary files",
    bad: "Service has access to other software's temporary files",
    afterBoot: true,
    assess: setTo('PrivateTmp'),
  },
  {
    id: 'PrivateUsers=',
    field: 'PrivateUsers',
    weight: 1000,
    range: 1,
    good: 'Service does not have access to other users',
    bad: 'Service has access to other users',
    assess: setTo('PrivateUsers'),
  },
  {
    id: 'ProtectControlGroups=',
    field: 'ProtectControlGroups',
    weight: 1000,
    range: 1,
    good: 'Service cannot modify the control group file system',
    bad: 'Service may modify the control group file system',
    assess: setTo('ProtectControlGroups'),
  },
  {
    id: 'ProtectKernelModules=',
    field: 'ProtectKernelModules',
    weight: 1000,
    range: 1,
    good: 'Service cannot load or read kernel modules',
    bad: 'Service may load or read kernel modules',
    assess: setTo('ProtectKernelModules'),
  },
  {
    id: 'ProtectKernelTunables=',
    field: 'ProtectKernelTunables',
    weight: 1000,
    range: 1,
    good: 'Service cannot alter kernel tunables (/proc/sys, …)',
    bad: 'Service may alter kernel tunables',
    assess: setTo('ProtectKernelTunables'),
  },
  {
    id: 'ProtectKernelLogs=',
    field: 'ProtectKernelLogs',
    weight: 1000,
    range: 1,
    good: 'Service cannot read from or write to the kernel log ring buffer',
    bad: 'Service may read from or write to the kernel log ring buffer',
    assess: setTo('ProtectKernelLogs'),
  },
  {
    id: 'ProtectClock=',
    field: 'ProtectClock',
    weight: 1000,
    range: 1,
    good: 'Service cannot write to the hardware clock or system clock',
    bad: 'Service may write to the hardware clock or system clock',
    assess: setTo('ProtectClock'),
  },
  { id: 'ProtectHome=', field: 'ProtectHome', weight: 1000, range: 10, afterBoot: true, assess: protectHome },
  {
    id: 'ProtectHostname=',
    field: 'ProtectHostname',
    weight: 50,
    range: 1,
    good: 'Service cannot change system host/domainname',
    bad: 'Service may change system host/domainname',
    assess: setTo('ProtectHostname'),
  },
  { id: 'ProtectSystem=', field: 'ProtectSystem', weight: 1000, range: 10, afterBoot: true, assess: protectSystem },
  {
    id: 'RootDirectory=/RootImage=',
    field: 'RootDirectoryOrRootImage',
    weight: 200,
    range: 1,
    good: 'Service has its own root directory/image',
    bad: "Service runs within the host's root directory",
    afterBoot: true,
    assess: rootDirectory,
  },
  {
    id: 'LockPersonality=',
    field: 'LockPersonality',
    weight: 100,
    range: 1,
    good: 'Service cannot change ABI personality',
    bad: 'Service may change ABI personality',
    assess: setTo('LockPersonality'),
  },
  {
    id: 'MemoryDenyWriteExecute=',
    field: 'MemoryDenyWriteExecute',
    weight: 100,
    range: 1,
    good: 'Service cannot create writable executable memory mappings',
    bad: 'Service may create writable executable memory mappings',
    assess: setTo('MemoryDenyWriteExecute'),
  },
  {
    id: 'NoNewPrivileges=',
    field: 'NoNewPrivileges',
    weight: 1000,
    range: 1,
    good: 'Service processes cannot acquire new privileges',
    bad: 'Service processes may acquire new privileges',
    assess: setTo('NoNewPrivileges'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_SYS_ADMIN',
    field: 'CapabilityBoundingSet_CAP_SYS_ADMIN',
    weight: 1500,
    range: 1,
    good: 'Service has no administrator privileges',
    bad: 'Service has administrator privileges',
    assess: without('sys_admin'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_SET(UID|GID|PCAP)',
    field: 'CapabilityBoundingSet_CAP_SET_UID_GID_PCAP',
    weight: 1500,
    range: 1,
    good: 'Service cannot change UID/GID identities/capabilities',
    bad: 'Service may change UID/GID identities/capabilities',
    assess: without('setuid setgid setpcap'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_SYS_PTRACE',
    field: 'CapabilityBoundingSet_CAP_SYS_PTRACE',
    weight: 1500,
    range: 1,
    good: 'Service has no ptrace() debugging abilities',
    bad: 'Service has ptrace() debugging abilities',
    assess: without('sys_ptrace'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_SYS_TIME',
    field: 'CapabilityBoundingSet_CAP_SYS_TIME',
    weight: 1000,
    range: 1,
    good: 'Service processes cannot change the system clock',
    bad: 'Service processes may change the system clock',
    assess: without('sys_time'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_NET_ADMIN',
    field: 'CapabilityBoundingSet_CAP_NET_ADMIN',
    weight: 1000,
    range: 1,
    good: 'Service has no network configuration privileges',
    bad: 'Service has network configuration privileges',
    assess: without('net_admin'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_SYS_RAWIO',
    field: 'CapabilityBoundingSet_CAP_SYS_RAWIO',
    weight: 1000,
    range: 1,
    good: 'Service has no raw I/O access',
    bad: 'Service has raw I/O access',
    assess: without('sys_rawio'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_SYS_MODULE',
    field: 'CapabilityBoundingSet_CAP_SYS_MODULE',
    weight: 1000,
    range: 1,
    good: 'Service cannot load kernel modules',
    bad: 'Service may load kernel modules',
    assess: without('sys_module'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_AUDIT_*',
    field: 'CapabilityBoundingSet_CAP_AUDIT',
    weight: 500,
    range: 1,
    good: 'Service has no audit subsystem access',
    bad: 'Service has audit subsystem access',
    assess: without('audit_control audit_read audit_write'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_SYSLOG',
    field: 'CapabilityBoundingSet_CAP_SYSLOG',
    weight: 500,
    range: 1,
    good: 'Service has no access to kernel logging',
    bad: 'Service has access to kernel logging',
    assess: without('syslog'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_SYS_(NICE|RESOURCE)',
    field: 'CapabilityBoundingSet_CAP_SYS_NICE_RESOURCE',
    weight: 500,
    range: 1,
    good: 'Service has no privileges to change resource use parameters',
    bad: 'Service has privileges to change resource use parameters',
    assess: without('sys_nice sys_resource'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_MKNOD',
    field: 'CapabilityBoundingSet_CAP_MKNOD',
    weight: 500,
    range: 1,
    good: 'Service cannot create device nodes',
    bad: 'Service may create device nodes',
    assess: without('mknod'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_(CHOWN|FSETID|SETFCAP)',
    field: 'CapabilityBoundingSet_CAP_CHOWN_FSETID_SETFCAP',
    weight: 1000,
    range: 1,
    good: 'Service cannot change file ownership/access mode/capabilities',
    bad: 'Service may change file ownership/access mode/capabilities unrestricted',
    assess: without('chown fsetid setfcap'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_(DAC_*|FOWNER|IPC_OWNER)',
    field: 'CapabilityBoundingSet_CAP_DAC_FOWNER_IPC_OWNER',
    weight: 1000,
    range: 1,
    good: 'Service cannot override UNIX file/IPC permission checks',
    bad: 'Service may override UNIX file/IPC permission checks',
    assess: without('dac_override dac_read_search fowner ipc_owner'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_KILL',
    field: 'CapabilityBoundingSet_CAP_KILL',
    weight: 500,
    range: 1,
    good: 'Service cannot send UNIX signals to arbitrary processes',
    bad: 'Service may send UNIX signals to arbitrary processes',
    assess: without('kill'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_NET_(BIND_SERVICE|BROADCAST|RAW)',
    field: 'CapabilityBoundingSet_CAP_NET_BIND_SERVICE_BROADCAST_RAW)',
    weight: 500,
    range: 1,
    good: 'Service has no elevated networking privileges',
    bad: 'Service has elevated networking privileges',
    assess: without('net_bind_service net_broadcast net_raw'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_SYS_BOOT',
    field: 'CapabilityBoundingSet_CAP_SYS_BOOT',
    weight: 100,
    range: 1,
    good: 'Service cannot issue reboot()',
    bad: 'Service may issue reboot()',
    assess: without('sys_boot'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_MAC_*',
    field: 'CapabilityBoundingSet_CAP_MAC',
    weight: 100,
    range: 1,
    good: 'Service cannot adjust SMACK MAC',
    bad: 'Service may adjust SMACK MAC',
    assess: without('mac_admin mac_override'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_LINUX_IMMUTABLE',
    field: 'CapabilityBoundingSet_CAP_LINUX_IMMUTABLE',
    weight: 75,
    range: 1,
    good: 'Service cannot mark files immutable',
    bad: 'Service may mark files immutable',
    assess: without('linux_immutable'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_IPC_LOCK',
    field: 'CapabilityBoundingSet_CAP_IPC_LOCK',
    weight: 50,
    range: 1,
    good: 'Service cannot lock memory into RAM',
    bad: 'Service may lock memory into RAM',
    assess: without('ipc_lock'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_SYS_CHROOT',
    field: 'CapabilityBoundingSet_CAP_SYS_CHROOT',
    weight: 50,
    range: 1,
    good: 'Service cannot issue chroot()',
    bad: 'Service may issue chroot()',
    assess: without('sys_chroot'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_BLOCK_SUSPEND',
    field: 'CapabilityBoundingSet_CAP_BLOCK_SUSPEND',
    weight: 25,
    range: 1,
    good: 'Service cannot establish wake locks',
    bad: 'Service may establish wake locks',
    assess: without('block_suspend'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_WAKE_ALARM',
    field: 'CapabilityBoundingSet_CAP_WAKE_ALARM',
    weight: 25,
    range: 1,
    good: 'Service cannot program timers that wake up the system',
    bad: 'Service may program timers that wake up the system',
    assess: without('wake_alarm'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_LEASE',
    field: 'CapabilityBoundingSet_CAP_LEASE',
    weight: 25,
    range: 1,
    good: 'Service cannot create file leases',
    bad: 'Service may create file leases',
    assess: without('lease'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_SYS_TTY_CONFIG',
    field: 'CapabilityBoundingSet_CAP_SYS_TTY_CONFIG',
    weight: 25,
    range: 1,
    good: 'Service cannot issue vhangup()',
    bad: 'Service may issue vhangup()',
    assess: without('sys_tty_config'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_SYS_PACCT',
    field: 'CapabilityBoundingSet_CAP_SYS_PACCT',
    weight: 25,
    range: 1,
    good: 'Service cannot use acct()',
    bad: 'Service may use acct()',
    assess: without('sys_pacct'),
  },
  {
    id: 'CapabilityBoundingSet=~CAP_BPF',
    field: 'CapabilityBoundingSet_CAP_BPF',
    weight: 25,
    range: 1,
    good: 'Service may not load BPF programs',
    bad: 'Service may load BPF programs',
    assess: without('bpf'),
  },
  { id: 'UMask=', field: 'UMask', weight: 100, range: 10, assess: umask },
  {
    id: 'KeyringMode=',
    field: 'KeyringMode',
    weight: 1000,
    range: 1,
    good: "Service doesn't share key material with other services",
    bad: 'Service shares key material with other service',
    assess: keyringMode,
  },
  {
    id: 'ProtectProc=',
    field: 'ProtectProc',
    weight: 1000,
    range: 3,
    good: 'Service has restricted access to process tree (/proc hidepid=)',
    bad: 'Service has full access to process tree (/proc hidepid=)',
    assess: protectProc,
  },
  {
    id: 'ProcSubset=',
    field: 'ProcSubset',
    weight: 10,
    range: 1,
    good: 'Service has no access to non-process /proc files (/proc subset=)',
    bad: 'Service has full access to non-process /proc files (/proc subset=)',
    assess: procSubset,
  },
  {
    id: 'NotifyAccess=',
    field: 'NotifyAccess',
    weight: 1000,
    range: 1,
    good: 'Service child processes cannot alter service state',
    bad: 'Service child processes may alter service state',
    assess: notifyAccess,
  },
  {
    id: 'RemoveIPC=',
    field: 'RemoveIPC',
    weight: 100,
    range: 1,
    good: 'Service user cannot leave SysV IPC objects around',
    bad: 'Service user may leave SysV IPC objects around',
    irrelevant: 'Service runs as root, option does not apply',
    assess: removeIpc,
  },
  {
    id: 'Delegate=',
    field: 'Delegate',
    weight: 100,
    range: 1,
    good: 'Service does not maintain its own delegated control group subtree',
    bad: 'Service maintains its own delegated control group subtree',
    assess: (unit) => verdict(!unit.cgroup.DelegateEnabled),
  },
  {
    id: 'RestrictRealtime=',
    field: 'RestrictRealtime',
    weight: 500,
    range: 1,
    good: 'Service realtime scheduling access is restricted',
    bad: 'Service may acquire realtime scheduling',
    assess: setTo('RestrictRealtime'),
  },
  {
    id: 'RestrictSUIDSGID=',
    field: 'RestrictSUIDSGID',
    weight: 1000,
    range: 1,
    good: 'SUID/SGID file creation by service is restricted',
    bad: 'Service may create SUID/SGID files',
    assess: setTo('RestrictSUIDSGID'),
  },
  {
    id: 'RestrictNamespaces=~user',
    field: 'RestrictNamespaces_user',
    weight: 1500,
    range: 1,
    good: 'Service cannot create user namespaces',
    bad: 'Service may create user namespaces',
    assess: withoutNamespace('user'),
  },
  {
    id: 'RestrictNamespaces=~mnt',
    field: 'RestrictNamespaces_mnt',
    weight: 500,
    range: 1,
    good: 'Service cannot create file system namespaces',
    bad: 'Service may create file system namespaces',
    assess: withoutNamespace('mnt'),
  },
  {
    id: 'RestrictNamespaces=~ipc',
    field: 'RestrictNamespaces_ipc',
    weight: 500,
    range: 1,
    good: 'Service cannot create IPC namespaces',
    bad: 'Service may create IPC namespaces',
    assess: withoutNamespace('ipc'),
  },
  {
    id: 'RestrictNamespaces=~pid',
    field: 'RestrictNamespaces_pid',
    weight: 500,
    range: 1,
    good: 'Service cannot create process namespaces',
    bad: 'Service may create process namespaces',
    assess: withoutNamespace('pid'),
  },
  {
    id: 'RestrictNamespaces=~cgroup',
    field: 'RestrictNamespaces_cgroup',
    weight: 500,
    range: 1,
    good: 'Service cannot create cgroup namespaces',
    bad: 'Service may create cgroup namespaces',
    assess: withoutNamespace('cgroup'),
  },
  {
    id: 'RestrictNamespaces=~net',
    field: 'RestrictNamespaces_net',
    weight: 500,
    range: 1,
    good: 'Service cannot create network namespaces',
    bad: 'Service may create network namespaces',
    assess: withoutNamespace('net'),
  },
  {
    id: 'RestrictNamespaces=~uts',
    field: 'RestrictNamespaces_uts',
    weight: 100,
    range: 1,
    good: 'Service cannot create hostname namespaces',
    bad: 'Service may create hostname namespaces',
    assess: withoutNamespace('uts'),
  },
  {
    id: 'RestrictAddressFamilies=~AF_(INET|INET6)',
    field: 'RestrictAddressFamilies_AF_INET_INET6',
    weight: 1500,
    range: 1,
    good: 'Service cannot allocate Internet sockets',
    bad: 'Service may allocate Internet sockets',
    assess: family('inet'),
  },
  {
    id: 'RestrictAddressFamilies=~AF_UNIX',
    field: 'RestrictAddressFamilies_AF_UNIX',
    weight: 25,
    range: 1,
    good: 'Service cannot allocate local sockets',
    bad: 'Service may allocate local sockets',
    assess: family('unix'),
  },
  {
    id: 'RestrictAddressFamilies=~AF_NETLINK',
    field: 'RestrictAddressFamilies_AF_NETLINK',
    weight: 200,
    range: 1,
    good: 'Service cannot allocate netlink sockets',
    bad: 'Service may allocate netlink sockets',
    assess: family('netlink'),
  },
  {
    id: 'RestrictAddressFamilies=~AF_PACKET',
    field: 'RestrictAddressFamilies_AF_PACKET',
    weight: 1000,
    range: 1,
    good: 'Service cannot allocate packet sockets',
    bad: 'Service may allocate packet sockets',
    assess: family('packet'),
  },
  {
    id: 'RestrictAddressFamilies=~…',
    field: 'RestrictAddressFamilies_OTHER',
    weight: 1250,
    range: 1,
    good: 'Service cannot allocate exotic sockets',
    bad: 'Service may allocate exotic sockets',
    assess: family('other'),
  },
  {
    id: 'SystemCallArchitectures=',
    field: 'SystemCallArchitectures',
    weight: 1000,
    range: 10,
    assess: systemCallArchitectures,
  },
  { id: 'SystemCallFilter=~@swap', field: 'SystemCallFilter_swap', weight: 1000, range: 10, assess: filters('@swap') },
  {
    id: 'SystemCallFilter=~@obsolete',
    field: 'SystemCallFilter_obsolete',
    weight: 250,
    range: 10,
    assess: filters('@obsolete'),
  },
  {
    id: 'SystemCallFilter=~@clock',
    field: 'SystemCallFilter_clock',
    weight: 1000,
    range: 10,
    assess: filters('@clock'),
  },
  {
    id: 'SystemCallFilter=~@cpu-emulation',
    field: 'SystemCallFilter_cpu_emulation',
    weight: 250,
    range: 10,
    assess: filters('@cpu-emulation'),
  },
  {
    id: 'SystemCallFilter=~@debug',
    field: 'SystemCallFilter_debug',
    weight: 1000,
    range: 10,
    assess: filters('@debug'),
  },
  {
    id: 'SystemCallFilter=~@mount',
    field: 'SystemCallFilter_mount',
    weight: 1000,
    range: 10,
    assess: filters('@mount'),
  },
  {
    id: 'SystemCallFilter=~@module',
    field: 'SystemCallFilter_module',
    weight: 1000,
    range: 10,
    assess: filters('@module'),
  },
  {
    id: 'SystemCallFilter=~@raw-io',
    field: 'SystemCallFilter_raw_io',
    weight: 1000,
    range: 10,
    assess: filters('@raw-io'),
  },
  {
    id: 'SystemCallFilter=~@reboot',
    field: 'SystemCallFilter_reboot',
    weight: 1000,
    range: 10,
    assess: filters('@reboot'),
  },
  {
    id: 'SystemCallFilter=~@privileged',
    field: 'SystemCallFilter_privileged',
    weight: 700,
    range: 10,
    assess: filters('@privileged'),
  },
  {
    id: 'SystemCallFilter=~@resources',
    field: 'SystemCallFilter_resources',
    weight: 700,
    range: 10,
    assess: filters('@resources'),
  },
  { id: 'IPAddressDeny=', field: 'IPAddressDeny', weight: 1000, range: 10, assess: ipAddressAllow },
  { id: 'DeviceAllow=', field: 'DeviceAllow', weight: 1000, range: 10, assess: deviceAllow },
  {
    id: 'AmbientCapabilities=',
    field: 'AmbientCapabilities',
    weight: 500,
    range: 1,
    good: 'Service process does not receive ambient capabilities',
    bad: 'Service process receives ambient capabilities',
    assess: ambientCapabilities,
  },
];
