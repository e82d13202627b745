/** What `systemd-analyze security` looks at, how much it weighs, and what it says, as in systemd 252. */

import {
  type Assess,
  ambientCapabilities,
  type BooleanSetting,
  deviceAllow,
  family,
  filters,
  ipAddressAllow,
  keyringMode,
  notifyAccess,
  privateMounts,
  procSubset,
  protectHome,
  protectProc,
  protectSystem,
  removeIpc,
  rootDirectory,
  setTo,
  supplementaryGroups,
  systemCallArchitectures,
  umask,
  user,
  verdict,
  without,
  withoutNamespace,
} from './judgements.ts';

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
  readonly assess: Assess;
}

type More = Pick<Assessor, 'irrelevant' | 'afterBoot'>;

/** A setting that is as it should be, or is not. */
function yesOrNo(name: string, weight: number, good: string, bad: string, assess: Assess, more: More = {}): Assessor {
  return { id: `${name}=`, field: name, weight, range: 1, good, bad, assess, ...more };
}

/** A setting that should be on. */
function setting(name: BooleanSetting, weight: number, good: string, bad: string, more?: More): Assessor {
  return yesOrNo(name, weight, good, bad, setTo(name), more);
}

/** A setting whose judgement has its own text. */
function graded(name: string, weight: number, assess: Assess, more: More = {}): Assessor {
  return { id: `${name}=`, field: name, weight, range: 10, assess, ...more };
}

/** Capabilities that should not be had; `id` and `field` are how the table and JSON name them. */
function capabilities(id: string, field: string, names: string, weight: number, good: string, bad: string): Assessor {
  const assess = without(names);
  return {
    id: `CapabilityBoundingSet=~CAP_${id}`,
    field: `CapabilityBoundingSet_CAP_${field}`,
    weight,
    range: 1,
    good,
    bad,
    assess,
  };
}

function namespaces(name: string, weight: number, what: string): Assessor {
  return {
    id: `RestrictNamespaces=~${name}`,
    field: `RestrictNamespaces_${name}`,
    weight,
    range: 1,
    good: `Service cannot create ${what} namespaces`,
    bad: `Service may create ${what} namespaces`,
    assess: withoutNamespace(name),
  };
}

function sockets(id: string, field: string, kind: string, weight: number, what: string): Assessor {
  return {
    id: `RestrictAddressFamilies=~${id}`,
    field: `RestrictAddressFamilies_${field}`,
    weight,
    range: 1,
    good: `Service cannot allocate ${what} sockets`,
    bad: `Service may allocate ${what} sockets`,
    assess: family(kind),
  };
}

function systemCalls(group: string, weight: number): Assessor {
  return {
    id: `SystemCallFilter=~@${group}`,
    field: `SystemCallFilter_${group.replace('-', '_')}`,
    weight,
    range: 10,
    assess: filters(`@${group}`),
  };
}

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
  yesOrNo(
    'SupplementaryGroups',
    200,
    'Service has no supplementary groups',
    'Service runs with supplementary groups',
    supplementaryGroups,
    { irrelevant: 'Service runs as root, option does not matter' },
  ),
  setting(
    'PrivateDevices',
    1000,
    'Service has no access to hardware devices',
    'Service potentially has access to hardware devices',
  ),
  yesOrNo(
    'PrivateMounts',
    1000,
    'Service cannot install system mounts',
    'Service may install system mounts',
    privateMounts,
  ),
  setting(
    'PrivateNetwork',
    2500,
    "Service has no access to the host's network",
    "Service has access to the host's network",
  ),
  setting(
    'PrivateTmp',
    1000,
    "Service has no access to other software's temporary files",
    "Service has access to other software's temporary files",
    { afterBoot: true },
  ),
  setting('PrivateUsers', 1000, 'Service does not have access to other users', 'Service has access to other users'),
  setting(
    'ProtectControlGroups',
    1000,
    'Service cannot modify the control group file system',
    'Service may modify the control group file system',
  ),
  setting(
    'ProtectKernelModules',
    1000,
    'Service cannot load or read kernel modules',
    'Service may load or read kernel modules',
  ),
  setting(
    'ProtectKernelTunables',
    1000,
    'Service cannot alter kernel tunables (/proc/sys, …)',
    'Service may alter kernel tunables',
  ),
  setting(
    'ProtectKernelLogs',
    1000,
    'Service cannot read from or write to the kernel log ring buffer',
    'Service may read from or write to the kernel log ring buffer',
  ),
  setting(
    'ProtectClock',
    1000,
    'Service cannot write to the hardware clock or system clock',
    'Service may write to the hardware clock or system clock',
  ),
  graded('ProtectHome', 1000, protectHome, { afterBoot: true }),
  setting(
    'ProtectHostname',
    50,
    'Service cannot change system host/domainname',
    'Service may change system host/domainname',
  ),
  graded('ProtectSystem', 1000, protectSystem, { afterBoot: true }),
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
  setting('LockPersonality', 100, 'Service cannot change ABI personality', 'Service may change ABI personality'),
  setting(
    'MemoryDenyWriteExecute',
    100,
    'Service cannot create writable executable memory mappings',
    'Service may create writable executable memory mappings',
  ),
  setting(
    'NoNewPrivileges',
    1000,
    'Service processes cannot acquire new privileges',
    'Service processes may acquire new privileges',
  ),
  capabilities(
    'SYS_ADMIN',
    'SYS_ADMIN',
    'sys_admin',
    1500,
    'Service has no administrator privileges',
    'Service has administrator privileges',
  ),
  capabilities(
    'SET(UID|GID|PCAP)',
    'SET_UID_GID_PCAP',
    'setuid setgid setpcap',
    1500,
    'Service cannot change UID/GID identities/capabilities',
    'Service may change UID/GID identities/capabilities',
  ),
  capabilities(
    'SYS_PTRACE',
    'SYS_PTRACE',
    'sys_ptrace',
    1500,
    'Service has no ptrace() debugging abilities',
    'Service has ptrace() debugging abilities',
  ),
  capabilities(
    'SYS_TIME',
    'SYS_TIME',
    'sys_time',
    1000,
    'Service processes cannot change the system clock',
    'Service processes may change the system clock',
  ),
  capabilities(
    'NET_ADMIN',
    'NET_ADMIN',
    'net_admin',
    1000,
    'Service has no network configuration privileges',
    'Service has network configuration privileges',
  ),
  capabilities(
    'SYS_RAWIO',
    'SYS_RAWIO',
    'sys_rawio',
    1000,
    'Service has no raw I/O access',
    'Service has raw I/O access',
  ),
  capabilities(
    'SYS_MODULE',
    'SYS_MODULE',
    'sys_module',
    1000,
    'Service cannot load kernel modules',
    'Service may load kernel modules',
  ),
  capabilities(
    'AUDIT_*',
    'AUDIT',
    'audit_control audit_read audit_write',
    500,
    'Service has no audit subsystem access',
    'Service has audit subsystem access',
  ),
  capabilities(
    'SYSLOG',
    'SYSLOG',
    'syslog',
    500,
    'Service has no access to kernel logging',
    'Service has access to kernel logging',
  ),
  capabilities(
    'SYS_(NICE|RESOURCE)',
    'SYS_NICE_RESOURCE',
    'sys_nice sys_resource',
    500,
    'Service has no privileges to change resource use parameters',
    'Service has privileges to change resource use parameters',
  ),
  capabilities('MKNOD', 'MKNOD', 'mknod', 500, 'Service cannot create device nodes', 'Service may create device nodes'),
  capabilities(
    '(CHOWN|FSETID|SETFCAP)',
    'CHOWN_FSETID_SETFCAP',
    'chown fsetid setfcap',
    1000,
    'Service cannot change file ownership/access mode/capabilities',
    'Service may change file ownership/access mode/capabilities unrestricted',
  ),
  capabilities(
    '(DAC_*|FOWNER|IPC_OWNER)',
    'DAC_FOWNER_IPC_OWNER',
    'dac_override dac_read_search fowner ipc_owner',
    1000,
    'Service cannot override UNIX file/IPC permission checks',
    'Service may override UNIX file/IPC permission checks',
  ),
  capabilities(
    'KILL',
    'KILL',
    'kill',
    500,
    'Service cannot send UNIX signals to arbitrary processes',
    'Service may send UNIX signals to arbitrary processes',
  ),
  capabilities(
    'NET_(BIND_SERVICE|BROADCAST|RAW)',
    'NET_BIND_SERVICE_BROADCAST_RAW)',
    'net_bind_service net_broadcast net_raw',
    500,
    'Service has no elevated networking privileges',
    'Service has elevated networking privileges',
  ),
  capabilities('SYS_BOOT', 'SYS_BOOT', 'sys_boot', 100, 'Service cannot issue reboot()', 'Service may issue reboot()'),
  capabilities(
    'MAC_*',
    'MAC',
    'mac_admin mac_override',
    100,
    'Service cannot adjust SMACK MAC',
    'Service may adjust SMACK MAC',
  ),
  capabilities(
    'LINUX_IMMUTABLE',
    'LINUX_IMMUTABLE',
    'linux_immutable',
    75,
    'Service cannot mark files immutable',
    'Service may mark files immutable',
  ),
  capabilities(
    'IPC_LOCK',
    'IPC_LOCK',
    'ipc_lock',
    50,
    'Service cannot lock memory into RAM',
    'Service may lock memory into RAM',
  ),
  capabilities(
    'SYS_CHROOT',
    'SYS_CHROOT',
    'sys_chroot',
    50,
    'Service cannot issue chroot()',
    'Service may issue chroot()',
  ),
  capabilities(
    'BLOCK_SUSPEND',
    'BLOCK_SUSPEND',
    'block_suspend',
    25,
    'Service cannot establish wake locks',
    'Service may establish wake locks',
  ),
  capabilities(
    'WAKE_ALARM',
    'WAKE_ALARM',
    'wake_alarm',
    25,
    'Service cannot program timers that wake up the system',
    'Service may program timers that wake up the system',
  ),
  capabilities('LEASE', 'LEASE', 'lease', 25, 'Service cannot create file leases', 'Service may create file leases'),
  capabilities(
    'SYS_TTY_CONFIG',
    'SYS_TTY_CONFIG',
    'sys_tty_config',
    25,
    'Service cannot issue vhangup()',
    'Service may issue vhangup()',
  ),
  capabilities('SYS_PACCT', 'SYS_PACCT', 'sys_pacct', 25, 'Service cannot use acct()', 'Service may use acct()'),
  capabilities('BPF', 'BPF', 'bpf', 25, 'Service may not load BPF programs', 'Service may load BPF programs'),
  graded('UMask', 100, umask),
  yesOrNo(
    'KeyringMode',
    1000,
    "Service doesn't share key material with other services",
    'Service shares key material with other service',
    keyringMode,
  ),
  {
    id: 'ProtectProc=',
    field: 'ProtectProc',
    weight: 1000,
    range: 3,
    good: 'Service has restricted access to process tree (/proc hidepid=)',
    bad: 'Service has full access to process tree (/proc hidepid=)',
    assess: protectProc,
  },
  yesOrNo(
    'ProcSubset',
    10,
    'Service has no access to non-process /proc files (/proc subset=)',
    'Service has full access to non-process /proc files (/proc subset=)',
    procSubset,
  ),
  yesOrNo(
    'NotifyAccess',
    1000,
    'Service child processes cannot alter service state',
    'Service child processes may alter service state',
    notifyAccess,
  ),
  yesOrNo(
    'RemoveIPC',
    100,
    'Service user cannot leave SysV IPC objects around',
    'Service user may leave SysV IPC objects around',
    removeIpc,
    { irrelevant: 'Service runs as root, option does not apply' },
  ),
  yesOrNo(
    'Delegate',
    100,
    'Service does not maintain its own delegated control group subtree',
    'Service maintains its own delegated control group subtree',
    (unit) => verdict(!unit.cgroup.DelegateEnabled),
  ),
  setting(
    'RestrictRealtime',
    500,
    'Service realtime scheduling access is restricted',
    'Service may acquire realtime scheduling',
  ),
  setting(
    'RestrictSUIDSGID',
    1000,
    'SUID/SGID file creation by service is restricted',
    'Service may create SUID/SGID files',
  ),
  namespaces('user', 1500, 'user'),
  namespaces('mnt', 500, 'file system'),
  namespaces('ipc', 500, 'IPC'),
  namespaces('pid', 500, 'process'),
  namespaces('cgroup', 500, 'cgroup'),
  namespaces('net', 500, 'network'),
  namespaces('uts', 100, 'hostname'),
  sockets('AF_(INET|INET6)', 'AF_INET_INET6', 'inet', 1500, 'Internet'),
  sockets('AF_UNIX', 'AF_UNIX', 'unix', 25, 'local'),
  sockets('AF_NETLINK', 'AF_NETLINK', 'netlink', 200, 'netlink'),
  sockets('AF_PACKET', 'AF_PACKET', 'packet', 1000, 'packet'),
  sockets('…', 'OTHER', 'other', 1250, 'exotic'),
  graded('SystemCallArchitectures', 1000, systemCallArchitectures),
  systemCalls('swap', 1000),
  systemCalls('obsolete', 250),
  systemCalls('clock', 1000),
  systemCalls('cpu-emulation', 250),
  systemCalls('debug', 1000),
  systemCalls('mount', 1000),
  systemCalls('module', 1000),
  systemCalls('raw-io', 1000),
  systemCalls('reboot', 1000),
  systemCalls('privileged', 700),
  systemCalls('resources', 700),
  graded('IPAddressDeny', 1000, ipAddressAllow),
  graded('DeviceAllow', 1000, deviceAllow),
  yesOrNo(
    'AmbientCapabilities',
    500,
    'Service process does not receive ambient capabilities',
    'Service process receives ambient capabilities',
    ambientCapabilities,
  ),
];
