/** systemd.exec(5): shared by services, sockets, mounts and swaps. */

import type { LimitName } from '../../sys/host.ts';
import { allCapabilities } from '../../values/capabilities.ts';
import { anyNamespace } from '../../values/namespaces.ts';
import { syscallKill } from '../../values/system-calls.ts';
import {
  group,
  honoured,
  honouredWhere,
  legacy,
  noEffect,
  type SettingsOf,
  setting,
  slot,
  writes,
} from './directive.ts';
import type { SettingsRecord } from './kind.ts';
import {
  boolean,
  booleanOrFatal,
  mode,
  oneOf,
  span,
  tristate,
  unitPath,
  unitString,
  unsigned,
  words,
} from './kinds/basic.ts';
import { importCredentials, loadCredentials, setCredentials } from './kinds/credentials.ts';
import { environment, environmentFiles, passEnvironment, unsetEnvironment } from './kinds/environment.ts';
import { userList, userName } from './kinds/identity.ts';
import {
  extensionImages,
  imagePolicy,
  mountImages,
  rootHash,
  rootHashSignature,
  rootImageOptions,
} from './kinds/images.ts';
import {
  logExtraFields,
  logFacility,
  logFilterPatterns,
  logLevel,
  logLevelOrUnset,
  logNamespace,
} from './kinds/logging.ts';
import {
  bindPaths,
  colonPaths,
  execDirectories,
  mountFlags,
  namespacePaths,
  preserveMode,
  temporaryFileSystems,
  workingDirectory,
} from './kinds/paths.ts';
import { coredumpFilter, nanoseconds, oomScoreAdjust, personality, resourceLimit } from './kinds/process.ts';
import {
  cpuAffinity,
  cpuPolicy,
  cpuPriority,
  ioClass,
  ioPriority,
  nice,
  numaMask,
  numaPolicy,
} from './kinds/scheduling.ts';
import {
  addressFamilies,
  capabilitySetWithin,
  delegatedNamespaces,
  fileSystems,
  keyringMode,
  labelWithIgnore,
  namespaces,
  ownHostname,
  privateTmp,
  privateUsers,
  procSubset,
  protectControlGroups,
  protectHome,
  protectHostname,
  protecting,
  protectProc,
  protectSystem,
  secureBits,
} from './kinds/security.ts';
import { inputData, inputText, stdinSetting, stdoutSetting, ttySize } from './kinds/stdio.ts';
import { syscallArchitectures, syscallErrno, syscallFilter, syscallLog } from './kinds/system-calls.ts';
import type { StdioSetting } from './shapes.ts';

/** What only takes away: systemd, too, goes on without it where it may not mount. */
const sandboxed = honouredWhere('ignored where the container may not mount (no CAP_SYS_ADMIN)', 'nothing');
const filtered = honouredWhere(
  'without its mounts and namespaces where the container may not make them (no CAP_SYS_ADMIN); calls are filtered',
  'part',
);
const joined = honouredWhere('ignored where the container may not change namespaces (no CAP_SYS_ADMIN)', 'nothing');
const mounts = honouredWhere('fails where the container may not mount (no CAP_SYS_ADMIN)');
const readOnlyView = honouredWhere(
  'where the container may not mount (no CAP_SYS_ADMIN): left out if nothing is at its target, else fails',
);
const given = honouredWhere('as far as the container has them: what it lacks is left out');
const scheduled = honouredWhere(
  'left out, or as near as may be, where the container may not give it (no CAP_SYS_NICE); fails with --strict',
);
const nearest = honouredWhere('as near as may be where the container may not give it (no CAP_SYS_NICE)');
const raised = honouredWhere('as far as may be where the container may not raise it (no CAP_SYS_RESOURCE)');
const noImages = noEffect('disk images need loop devices, which containers have none of');
const noMac = (what: string) => noEffect(`${what} is the host's, a container cannot load or switch policy`);

/** Where no line says it, the manager's DefaultLimit…= once the unit is loaded; undefined: as the manager itself has it. */
const limit = (name: LimitName) => setting(resourceLimit(name), undefined, raised, { property: null });

/** systemd keeps the two in one place: an empty line resets both. */
const resetWith = (other: string) => (settings: SettingsRecord, value: string) => {
  if (value === '') settings[other] = (Object.getPrototypeOf(settings) as SettingsRecord)[other];
};

/** `none` is the kernel's default: class and priority. */
const fitIoPriority = (settings: SettingsRecord, value: string): void => {
  if (value === '' || value === 'none' || value === '0') settings.IOSchedulingPriority = undefined;
};

/** An empty list of directories takes back the mode that they were to have. */
const resetMode = (key: string) => (settings: SettingsRecord, value: string) => {
  if (value === '') settings[key] = (Object.getPrototypeOf(settings) as SettingsRecord)[key];
};

/** Policies of which the one priority is 0: other, batch, idle, deadline and ext. */
const withoutPriority: ReadonlySet<number> = new Set([0, 3, 5, 6, 7]);
/** Only fifo and rr have priorities (sched_get_priority_min(2)); of a policy that the kernel does not know, it says -1. */
const fitPriority = (settings: SettingsRecord, value: string): void => {
  const policy = settings.CPUSchedulingPolicy as number | undefined;
  const priority = (settings.CPUSchedulingPriority as number | undefined) ?? 0;
  if (value === '' || policy === undefined) settings.CPUSchedulingPriority = undefined;
  else if (policy === 1 || policy === 2) settings.CPUSchedulingPriority = Math.max(priority, 1);
  else settings.CPUSchedulingPriority = withoutPriority.has(policy) ? 0 : -1;
};

export const execDirectives = group({
  WorkingDirectory: setting(workingDirectory, undefined, honoured),
  RootDirectory: setting(unitPath({ fatal: true }), undefined, honoured),
  RootImage: setting(unitPath({ fatal: true }), undefined, noImages),
  RootImageOptions: setting(rootImageOptions, [], noImages),
  RootImagePolicy: setting(imagePolicy, undefined, noImages, { since: 254, property: null }),
  RootHash: setting(rootHash, undefined, noImages, { property: null }),
  RootHashSignature: setting(rootHashSignature, undefined, noImages, { property: null }),
  RootMStack: setting(unitPath({ fatal: true }), undefined, noImages, { since: 260, property: null }),
  RootVerity: setting(unitPath({ fatal: true }), undefined, noImages),
  RootEphemeral: setting(
    boolean,
    false,
    noEffect("the root is used as it is: a container's file system makes no snapshots"),
    {
      since: 254,
      property: null,
    },
  ),
  ExtensionDirectories: setting(namespacePaths, [], noEffect("what is in /usr and /opt is the image's to say")),
  ExtensionImages: setting(extensionImages, [], noImages),
  ExtensionImagePolicy: setting(imagePolicy, undefined, noImages, { since: 254, property: null }),
  MountImages: setting(mountImages, [], noImages),
  MountImagePolicy: setting(imagePolicy, undefined, noImages, { since: 254, property: null }),
  User: setting(userName, undefined, honoured),
  Group: setting(userName, undefined, honoured),
  SupplementaryGroups: setting(userList, [], honoured),
  SetLoginEnvironment: setting(tristate, undefined, honoured, { since: 255, property: null }),
  Nice: setting(nice, undefined, nearest),
  OOMScoreAdjust: setting(oomScoreAdjust, (facts) => facts.manager.oomScoreAdjust, honoured, { property: null }),
  /** undefined: as the manager's own. */
  CoredumpFilter: setting(coredumpFilter, undefined, honoured, { property: null }),
  IOSchedulingClass: setting(ioClass, undefined, scheduled, { after: fitIoPriority }),
  IOSchedulingPriority: setting(ioPriority, undefined, scheduled, { after: resetWith('IOSchedulingClass') }),
  CPUSchedulingPolicy: setting(cpuPolicy, undefined, scheduled, { after: fitPriority }),
  CPUSchedulingPriority: setting(cpuPriority, undefined, scheduled),
  CPUSchedulingResetOnFork: setting(boolean, false, scheduled),
  CPUAffinity: setting(cpuAffinity, [], scheduled, {
    after(settings, value) {
      settings.CPUAffinityFromNUMA = value === 'numa';
    },
  }),
  CPUAffinityFromNUMA: slot(boolean, false),
  NUMAPolicy: setting(numaPolicy, undefined, noEffect('set_mempolicy(2) is refused by container runtimes')),
  NUMAMask: setting(numaMask, undefined, noEffect('set_mempolicy(2) is refused by container runtimes')),
  UMask: setting(mode, (facts) => facts.manager.umask, honoured),
  Environment: setting(environment, [], honoured),
  EnvironmentFile: setting(environmentFiles, [], honoured, { property: 'EnvironmentFiles' }),
  PassEnvironment: setting(passEnvironment, [], honoured),
  UnsetEnvironment: setting(unsetEnvironment, [], honoured),
  DynamicUser: setting(booleanOrFatal, false, honoured),
  RemoveIPC: setting(boolean, false, honoured),
  StandardInput: setting(stdinSetting, { kind: 'null' }, honoured),
  /** A service starts from `inherit`, and takes the manager's default once all its lines are read. */
  StandardOutput: setting(
    stdoutSetting,
    (facts): StdioSetting => ({ kind: facts.type === 'service' ? 'inherit' : facts.manager.standardOutput }),
    honoured,
  ),
  StandardError: setting(
    stdoutSetting,
    (facts): StdioSetting => ({ kind: facts.type === 'service' ? 'inherit' : facts.manager.standardError }),
    honoured,
  ),
  StandardInputText: writes('StandardInputData', inputText, honoured),
  StandardInputData: setting(inputData, undefined, honoured),
  TTYPath: setting(unitPath(), undefined, honoured),
  TTYReset: setting(boolean, false, honoured),
  TTYVHangup: setting(boolean, false, honoured),
  TTYVTDisallocate: setting(boolean, false, noEffect('containers have no virtual terminals')),
  TTYRows: setting(ttySize, undefined, honoured, { property: null }),
  TTYColumns: setting(ttySize, undefined, honoured, { property: null }),
  SyslogIdentifier: setting(unitString('identifier'), undefined, honoured),
  SyslogFacility: setting(logFacility, 3, honoured),
  SyslogLevel: setting(logLevel, 6, honoured),
  SyslogLevelPrefix: setting(boolean, true, honoured),
  LogLevelMax: setting(logLevelOrUnset, undefined, honoured),
  LogRateLimitIntervalSec: setting(span, 0, honoured),
  LogRateLimitBurst: setting(unsigned, 0, honoured),
  LogFilterPatterns: setting(
    logFilterPatterns,
    [],
    noEffect('all lines are kept: an expression over what others write could hold PID 1'),
    { since: 253, property: null },
  ),
  LogExtraFields: setting(logExtraFields, [], honoured),
  LogNamespace: setting(logNamespace, undefined, noEffect('there is one journal in a container')),
  Capabilities: legacy,
  SecureBits: setting(secureBits, 0, honoured),
  CapabilityBoundingSet: setting(capabilitySetWithin(allCapabilities), allCapabilities, honoured),
  AmbientCapabilities: setting(capabilitySetWithin(0n), 0n, given),
  /** Nanoseconds; undefined: as the manager's own. */
  TimerSlackNSec: setting(nanoseconds, undefined, scheduled),
  NoNewPrivileges: setting(protecting, false, honoured),
  KeyringMode: setting(
    keyringMode,
    (facts) => (facts.manager.scope === 'user' ? 'inherit' : facts.type === 'service' ? 'private' : 'shared'),
    noEffect('container runtimes refuse the keyring system calls'),
  ),
  ProtectProc: setting(protectProc, 'default', sandboxed),
  ProcSubset: setting(procSubset, 'all', sandboxed),
  SystemCallFilter: setting(syscallFilter, undefined, honoured),
  SystemCallArchitectures: setting(syscallArchitectures, [], honoured),
  /** errno, or `syscallKill`. */
  SystemCallErrorNumber: setting(syscallErrno, syscallKill, honoured),
  SystemCallLog: setting(syscallLog, undefined, honoured),
  MemoryDenyWriteExecute: setting(protecting, false, honoured),
  /** Mask of CLONE_NEW* flags that stay allowed; all of them: no restriction. */
  RestrictNamespaces: setting(namespaces, anyNamespace, honoured),
  RestrictRealtime: setting(protecting, false, honoured),
  RestrictSUIDSGID: setting(protecting, (facts) => facts.manager.restrictSuidSgid, honoured),
  RestrictAddressFamilies: setting(addressFamilies, undefined, honoured),
  RestrictFileSystems: setting(
    fileSystems,
    undefined,
    noEffect('it needs BPF LSM programs, which containers may not load'),
  ),
  LockPersonality: setting(protecting, false, honoured),
  LimitCPU: limit('CPU'),
  LimitFSIZE: limit('FSIZE'),
  LimitDATA: limit('DATA'),
  LimitSTACK: limit('STACK'),
  LimitCORE: limit('CORE'),
  LimitRSS: limit('RSS'),
  LimitNOFILE: limit('NOFILE'),
  LimitAS: limit('AS'),
  LimitNPROC: limit('NPROC'),
  LimitMEMLOCK: limit('MEMLOCK'),
  LimitLOCKS: limit('LOCKS'),
  LimitSIGPENDING: limit('SIGPENDING'),
  LimitMSGQUEUE: limit('MSGQUEUE'),
  LimitNICE: limit('NICE'),
  LimitRTPRIO: limit('RTPRIO'),
  LimitRTTIME: limit('RTTIME'),
  ReadWritePaths: setting(namespacePaths, [], sandboxed),
  ReadOnlyPaths: setting(namespacePaths, [], sandboxed),
  InaccessiblePaths: setting(namespacePaths, [], sandboxed),
  ReadWriteDirectories: writes('ReadWritePaths', namespacePaths, sandboxed, { legacy: true }),
  ReadOnlyDirectories: writes('ReadOnlyPaths', namespacePaths, sandboxed, { legacy: true }),
  InaccessibleDirectories: writes('InaccessiblePaths', namespacePaths, sandboxed, { legacy: true }),
  ExecPaths: setting(namespacePaths, [], sandboxed),
  NoExecPaths: setting(namespacePaths, [], sandboxed),
  ExecSearchPath: setting(colonPaths, [], honoured),
  BindPaths: setting(bindPaths, [], mounts, { after: resetWith('BindReadOnlyPaths') }),
  BindReadOnlyPaths: setting(bindPaths, [], readOnlyView, { after: resetWith('BindPaths') }),
  TemporaryFileSystem: setting(temporaryFileSystems, [], mounts),
  PrivateTmp: setting(privateTmp, 'no', sandboxed),
  PrivateDevices: setting(protecting, false, filtered),
  ProtectKernelTunables: setting(protecting, false, filtered),
  ProtectKernelModules: setting(protecting, false, filtered),
  ProtectKernelLogs: setting(protecting, false, filtered),
  ProtectClock: setting(protecting, false, honoured),
  ProtectControlGroups: setting(protectControlGroups, 'no', sandboxed),
  NetworkNamespacePath: setting(unitPath(), undefined, joined),
  IPCNamespacePath: setting(unitPath(), undefined, joined),
  UserNamespacePath: setting(
    unitPath(),
    undefined,
    honouredWhere('fails where the container may not change namespaces (no CAP_SYS_ADMIN)'),
    { since: 259, property: null },
  ),
  PrivateNetwork: setting(protecting, false, sandboxed),
  PrivateUsers: setting(privateUsers, 'no', sandboxed),
  PrivateMounts: setting(protecting, false, sandboxed),
  PrivateIPC: setting(protecting, false, sandboxed),
  PrivatePIDs: setting(protecting, false, sandboxed, { since: 257, property: null }),
  DelegateNamespaces: setting(
    delegatedNamespaces,
    anyNamespace,
    honouredWhere('where the container may make namespaces; all but `pid`'),
    { since: 258, property: null },
  ),
  PrivateBPF: setting(boolean, false, noEffect('containers have no BPF file system'), { since: 258, property: null }),
  BPFDelegateCommands: setting(words, [], noEffect('containers have no BPF file system'), {
    since: 258,
    property: null,
  }),
  BPFDelegateMaps: setting(words, [], noEffect('containers have no BPF file system'), { since: 258, property: null }),
  BPFDelegatePrograms: setting(words, [], noEffect('containers have no BPF file system'), {
    since: 258,
    property: null,
  }),
  BPFDelegateAttachments: setting(words, [], noEffect('containers have no BPF file system'), {
    since: 258,
    property: null,
  }),
  ProtectSystem: setting(protectSystem, 'no', sandboxed),
  ProtectHome: setting(protectHome, 'no', sandboxed),
  MountFlags: setting(mountFlags, undefined, sandboxed),
  MountAPIVFS: setting(tristate, undefined, honoured, { property: null }),
  BindLogSockets: setting(tristate, undefined, sandboxed, { since: 257, property: null }),
  Personality: setting(personality, undefined, honoured),
  RuntimeDirectoryPreserve: setting(preserveMode, 'no', honoured),
  RuntimeDirectoryMode: setting(mode, 0o755, honoured),
  RuntimeDirectory: setting(execDirectories, [], honoured, { after: resetMode('RuntimeDirectoryMode') }),
  StateDirectoryMode: setting(mode, 0o755, honoured),
  StateDirectory: setting(execDirectories, [], honoured, { after: resetMode('StateDirectoryMode') }),
  CacheDirectoryMode: setting(mode, 0o755, honoured),
  CacheDirectory: setting(execDirectories, [], honoured, { after: resetMode('CacheDirectoryMode') }),
  LogsDirectoryMode: setting(mode, 0o755, honoured),
  LogsDirectory: setting(execDirectories, [], honoured, { after: resetMode('LogsDirectoryMode') }),
  ConfigurationDirectoryMode: setting(mode, 0o755, honoured),
  ConfigurationDirectory: setting(execDirectories, [], honoured, { after: resetMode('ConfigurationDirectoryMode') }),
  StateDirectoryQuota: setting(unitString('quota'), undefined, noEffect('project quotas belong to the host'), {
    since: 258,
    property: null,
  }),
  StateDirectoryAccounting: setting(boolean, false, noEffect('project quotas belong to the host'), {
    since: 258,
    property: null,
  }),
  CacheDirectoryQuota: setting(unitString('quota'), undefined, noEffect('project quotas belong to the host'), {
    since: 258,
    property: null,
  }),
  CacheDirectoryAccounting: setting(boolean, false, noEffect('project quotas belong to the host'), {
    since: 258,
    property: null,
  }),
  LogsDirectoryQuota: setting(unitString('quota'), undefined, noEffect('project quotas belong to the host'), {
    since: 258,
    property: null,
  }),
  LogsDirectoryAccounting: setting(boolean, false, noEffect('project quotas belong to the host'), {
    since: 258,
    property: null,
  }),
  SetCredential: setting(setCredentials, [], honoured),
  SetCredentialEncrypted: setting(
    setCredentials,
    [],
    noEffect("the key that credentials are sealed with is the host's"),
  ),
  LoadCredential: setting(loadCredentials, [], honoured),
  LoadCredentialEncrypted: setting(
    loadCredentials,
    [],
    noEffect("the key that credentials are sealed with is the host's"),
  ),
  ImportCredential: setting(importCredentials, [], honoured, { since: 254, property: null }),
  TimeoutCleanSec: setting(span, Number.POSITIVE_INFINITY, honoured),
  PAMName: setting(unitString('PAM name'), undefined, noEffect('sessions of PAM are not opened for services')),
  IgnoreSIGPIPE: setting(boolean, true, honoured),
  UtmpIdentifier: setting(unitString('identifier'), undefined, noEffect('containers keep no utmp')),
  UtmpMode: setting(oneOf('utmp mode', ['init', 'login', 'user']), 'init', noEffect('containers keep no utmp')),
  SELinuxContext: setting(labelWithIgnore, undefined, noMac('SELinux')),
  AppArmorProfile: setting(labelWithIgnore, undefined, noMac('AppArmor')),
  SmackProcessLabel: setting(labelWithIgnore, undefined, noMac('SMACK')),
  ProtectHostname: setting(protectHostname, ownHostname, filtered),
  MemoryTHP: setting(
    oneOf('memory THP', ['inherit', 'disable', 'madvise', 'system']),
    'inherit',
    honouredWhere('where the kernel can (6.18 for `madvise`)'),
    { since: 260, property: null },
  ),
  MemoryKSM: setting(
    tristate,
    undefined,
    noEffect('the kernel asks for CAP_SYS_RESOURCE, which container runtimes do not give'),
    { since: 254, property: null },
  ),
});

export type ExecSettings = SettingsOf<typeof execDirectives>;
