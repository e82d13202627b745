/** What several types of units share: the sections of a dump about processes, their end, and resources. */

import { errnoName } from '../../../sys/errno-names.ts';
import { formatBytes } from '../../../text/numbers.ts';
import { quoteCommandLine } from '../../../text/quoting.ts';
import type { BindMount, PrefixedPath, StdioSetting } from '../../../unitfile/directives/shapes.ts';
import { callsOfRelease } from '../../../unitfile/directives/syscall-filter.ts';
import type { CGroupSettings, ExecSettings, KillSettings } from '../../../unitfile/directives/table.ts';
import type { ExecCommand } from '../../../unitfile/language/exec-command.ts';
import type { ExecStatus } from '../../../units/service-types.ts';
import { formatPrefix } from '../../../values/addresses.ts';
import { allCapabilities, formatCapabilitySet, formatSecureBits } from '../../../values/capabilities.ts';
import { formatCpuSet } from '../../../values/cpu-set.ts';
import { limitNames } from '../../../values/limits.ts';
import { anyNamespace, formatNamespaces } from '../../../values/namespaces.ts';
import { ioClassName, numaPolicyName, schedPolicyName } from '../../../values/scheduling.ts';
import { signalName } from '../../../values/signals.ts';
import { formatSocketBind } from '../../../values/socket-bind.ts';
import { logFacilityName, logLevelName } from '../../../values/syslog.ts';
import { syscallKill } from '../../../values/system-calls.ts';
import { formatTimeSpan } from '../../../values/time/time-span.ts';
import type { Voice } from '../../../voice/voice.ts';
import { type DumpLines, octal, span, wide, yesNo } from './lines.ts';

const signalText = (signal: number): string => `SIG${signalName(signal)}`;

export function dumpKill(lines: DumpLines, kill: KillSettings): void {
  lines.all({
    KillMode: kill.KillMode,
    KillSignal: signalText(kill.KillSignal),
    RestartKillSignal: signalText(kill.RestartKillSignal || kill.KillSignal),
    FinalKillSignal: signalText(kill.FinalKillSignal),
    SendSIGKILL: kill.SendSIGKILL,
    SendSIGHUP: kill.SendSIGHUP,
  });
}

const logging: ReadonlySet<string> = new Set(['kmsg', 'journal', 'kmsg+console', 'journal+console']);

/** Which word of StandardOutput= a file is. */
const fileWords: Readonly<Record<string, string>> = {
  file: 'File',
  append: 'FileToAppend',
  truncate: 'FileToTruncate',
};

function dumpStreams(lines: DumpLines, exec: ExecSettings): void {
  const streams: [string, StdioSetting][] = [
    ['StandardInput', exec.StandardInput],
    ['StandardOutput', exec.StandardOutput],
    ['StandardError', exec.StandardError],
  ];
  for (const [name, { kind }] of streams) lines.add(name, kind);
  for (const [name, stream] of streams) if (stream.kind === 'fd') lines.add(`${name}FileDescriptorName`, stream.name);
  for (const [name, stream] of streams) if ('path' in stream) lines.add(name + fileWords[stream.kind], stream.path);
  if (exec.TTYPath !== undefined) {
    lines.all({
      TTYPath: exec.TTYPath,
      TTYReset: exec.TTYReset,
      TTYVHangup: exec.TTYVHangup,
      TTYVTDisallocate: exec.TTYVTDisallocate,
      TTYRows: exec.TTYRows ?? 0xffffffff,
      TTYColumns: exec.TTYColumns ?? 0xffffffff,
    });
  }
  if (!logging.has(exec.StandardOutput.kind) && !logging.has(exec.StandardError.kind)) return;
  lines.add('SyslogFacility', logFacilityName(exec.SyslogFacility));
  lines.add('SyslogLevel', logLevelName(exec.SyslogLevel as Parameters<typeof logLevelName>[0]));
}

function dumpScheduling(lines: DumpLines, exec: ExecSettings): void {
  lines.maybe('Nice', exec.Nice);
  lines.maybe('OOMScoreAdjust', exec.OOMScoreAdjust);
  if (exec.CoredumpFilter !== undefined) lines.add('CoredumpFilter', `0x${exec.CoredumpFilter.toString(16)}`);
  for (const name of limitNames) {
    const limit = exec[`Limit${name}`];
    if (limit === undefined) continue;
    lines.add(`Limit${name}`, wide(limit.hard));
    lines.add(`Limit${name}Soft`, wide(limit.soft));
  }
  if (exec.IOSchedulingClass !== undefined || exec.IOSchedulingPriority !== undefined) {
    lines.maybe('IOSchedulingClass', ioClassName(exec.IOSchedulingClass ?? 2));
    lines.add('IOPriority', exec.IOSchedulingPriority ?? 4);
  }
  if (exec.CPUSchedulingPolicy !== undefined || exec.CPUSchedulingPriority !== undefined) {
    lines.maybe('CPUSchedulingPolicy', schedPolicyName(exec.CPUSchedulingPolicy ?? 0));
    lines.add('CPUSchedulingPriority', exec.CPUSchedulingPriority ?? 0);
    lines.add('CPUSchedulingResetOnFork', yesNo(exec.CPUSchedulingResetOnFork));
  }
  if (exec.CPUAffinity.length > 0) lines.add('CPUAffinity', formatCpuSet(exec.CPUAffinity));
  if (exec.NUMAPolicy !== undefined) {
    lines.maybe('NUMAPolicy', numaPolicyName(exec.NUMAPolicy));
    lines.add('NUMAMask', formatCpuSet(exec.NUMAMask ?? []));
  }
  if (exec.TimerSlackNSec !== undefined) lines.add('TimerSlackNSec', exec.TimerSlackNSec.toString());
}

const pathWord = ({ path, optional, rooted }: PrefixedPath): string =>
  `${optional ? '-' : ''}${rooted ? '+' : ''}${path}`;
const bindWord = ({ source, target, optional, recursive }: BindMount): string =>
  `${optional ? '-' : ''}${source}:${target}:${recursive ? 'rbind' : 'norbind'}`;

function dumpMounts(lines: DumpLines, exec: ExecSettings): void {
  for (const name of ['ReadWritePaths', 'ReadOnlyPaths', 'InaccessiblePaths', 'ExecPaths', 'NoExecPaths'] as const) {
    lines.list(name, exec[name].map(pathWord));
  }
  lines.list('ExecSearchPath', exec.ExecSearchPath);
  for (const name of ['BindPaths', 'BindReadOnlyPaths'] as const) lines.each(name, exec[name].map(bindWord));
  for (const { path, options } of exec.TemporaryFileSystem) {
    lines.add('TemporaryFileSystem', options === '' ? path : `${path}:${options}`);
  }
}

const actionText = (errno: number): string => (errno === syscallKill ? 'kill' : (errnoName(errno) ?? String(errno)));

function dumpFilters(lines: DumpLines, exec: ExecSettings, voice: Voice): void {
  const filter = exec.SystemCallFilter;
  if (filter !== undefined) {
    const calls = [...callsOfRelease(filter, voice.systemCalls)].map(([call, errno]) =>
      errno === undefined ? call : `${call}:${actionText(errno)}`,
    );
    lines.add('SystemCallFilter', `${filter.allow ? '' : '~'}${calls.join(' ')}`);
  }
  lines.list('SystemCallArchitectures', exec.SystemCallArchitectures);
  const kept = formatNamespaces(exec.RestrictNamespaces);
  if (exec.RestrictNamespaces !== anyNamespace && kept !== 'no') {
    lines.add('RestrictNamespaces', kept === 'yes' ? '' : kept);
  }
  lines.maybe('NetworkNamespacePath', exec.NetworkNamespacePath);
  lines.add('SystemCallErrorNumber', actionText(exec.SystemCallErrorNumber));
}

function dumpLabels(lines: DumpLines, exec: ExecSettings): void {
  lines.maybe('UtmpIdentifier', exec.UtmpIdentifier);
  for (const name of ['SELinuxContext', 'AppArmorProfile', 'SmackProcessLabel'] as const) {
    const label = exec[name];
    if (label !== undefined) lines.add(name, `${label.ignore ? '-' : ''}${label.label}`);
  }
  lines.maybe('Personality', exec.Personality);
  lines.add('LockPersonality', yesNo(exec.LockPersonality));
}

const directoryNames = ['Runtime', 'State', 'Cache', 'Logs', 'Configuration'] as const;

export function dumpExec(lines: DumpLines, exec: ExecSettings, nonBlocking: boolean, voice: Voice): void {
  lines.all({
    UMask: octal(exec.UMask),
    WorkingDirectory: exec.WorkingDirectory?.path || '/',
    RootDirectory: exec.RootDirectory || '/',
    NonBlocking: nonBlocking,
    PrivateTmp: exec.PrivateTmp !== 'no',
    PrivateDevices: exec.PrivateDevices,
    ProtectKernelTunables: exec.ProtectKernelTunables,
    ProtectKernelModules: exec.ProtectKernelModules,
    ProtectKernelLogs: exec.ProtectKernelLogs,
    ProtectClock: exec.ProtectClock,
    ProtectControlGroups: exec.ProtectControlGroups !== 'no',
    PrivateNetwork: exec.PrivateNetwork,
    PrivateUsers: exec.PrivateUsers !== 'no',
    ProtectHome: exec.ProtectHome,
    ProtectSystem: exec.ProtectSystem,
    MountAPIVFS: exec.MountAPIVFS ?? (exec.RootImage !== undefined || exec.RootDirectory !== undefined),
    IgnoreSIGPIPE: exec.IgnoreSIGPIPE,
    MemoryDenyWriteExecute: exec.MemoryDenyWriteExecute,
    RestrictRealtime: exec.RestrictRealtime,
    RestrictSUIDSGID: exec.RestrictSUIDSGID,
    KeyringMode: exec.KeyringMode,
    ProtectHostname: exec.ProtectHostname.mode !== 'no',
    ProtectProc: exec.ProtectProc,
    ProcSubset: exec.ProcSubset,
  });
  lines.maybe('RootImage', exec.RootImage);
  lines.each('Environment', exec.Environment);
  for (const { path, optional } of exec.EnvironmentFile) lines.add('EnvironmentFile', `${optional ? '-' : ''}${path}`);
  lines.each('PassEnvironment', exec.PassEnvironment);
  lines.each('UnsetEnvironment', exec.UnsetEnvironment);
  lines.add('RuntimeDirectoryPreserve', exec.RuntimeDirectoryPreserve);
  for (const name of directoryNames) {
    lines.add(`${name}DirectoryMode`, octal(exec[`${name}DirectoryMode`]));
    for (const { name: path, symlinks } of exec[`${name}Directory`]) {
      lines.add(`${name}Directory`, path);
      for (const link of symlinks) lines.add(`${name}DirectorySymlink`, `${path}:${link}`);
    }
  }
  lines.add('TimeoutCleanSec', span(exec.TimeoutCleanSec));
  dumpScheduling(lines, exec);
  dumpStreams(lines, exec);
  if (exec.LogLevelMax !== undefined) {
    lines.add('LogLevelMax', logLevelName(exec.LogLevelMax as Parameters<typeof logLevelName>[0]));
  }
  if (exec.LogRateLimitIntervalSec > 0) lines.add('LogRateLimitIntervalSec', span(exec.LogRateLimitIntervalSec));
  if (exec.LogRateLimitBurst > 0) lines.add('LogRateLimitBurst', exec.LogRateLimitBurst);
  lines.each('LogExtraFields', exec.LogExtraFields);
  lines.maybe('LogNamespace', exec.LogNamespace);
  if (exec.SecureBits !== 0) lines.add('Secure Bits', formatSecureBits(exec.SecureBits));
  if (exec.CapabilityBoundingSet !== allCapabilities) {
    lines.add('CapabilityBoundingSet', formatCapabilitySet(exec.CapabilityBoundingSet));
  }
  if (exec.AmbientCapabilities !== 0n) lines.add('AmbientCapabilities', formatCapabilitySet(exec.AmbientCapabilities));
  lines.maybe('User', exec.User);
  lines.maybe('Group', exec.Group);
  lines.add('DynamicUser', yesNo(exec.DynamicUser));
  lines.list('SupplementaryGroups', exec.SupplementaryGroups);
  lines.maybe('PAMName', exec.PAMName);
  dumpMounts(lines, exec);
  dumpLabels(lines, exec);
  dumpFilters(lines, exec, voice);
  lines.list('ExtensionDirectories', exec.ExtensionDirectories.map(pathWord));
}

/** Command lines below a heading, each with how its last run went. */
export function dumpCommands(
  lines: DumpLines,
  name: string,
  commands: readonly ExecCommand[],
  statuses: readonly (ExecStatus | undefined)[],
): void {
  if (commands.length === 0) return;
  lines.below(name, () => {
    commands.forEach((command, index) => {
      lines.add('Command Line', quoteCommandLine(command.argv));
      const status = statuses[index];
      if (status === undefined || status.pid <= 0) return;
      lines.deeper(() => {
        lines.add('PID', status.pid);
        if (status.startTimestamp.realtime !== 0) lines.add('Start Timestamp', lines.moment(status.startTimestamp));
        if (status.exitTimestamp.realtime === 0) return;
        lines.add('Exit Timestamp', lines.moment(status.exitTimestamp));
        lines.add('Exit Code', status.code ?? 'n/a');
        lines.add('Exit Status', status.status);
      });
    });
  });
}

const rates = ['IOReadBandwidthMax', 'IOWriteBandwidthMax', 'IOReadIOPSMax', 'IOWriteIOPSMax'] as const;

export function dumpCGroup(lines: DumpLines, cgroup: CGroupSettings): void {
  const pressure = Math.round((cgroup.ManagedOOMMemoryPressureLimit * 10_000) / 0xffffffff);
  lines.all({
    CPUAccounting: cgroup.CPUAccounting,
    IOAccounting: cgroup.IOAccounting,
    BlockIOAccounting: cgroup.BlockIOAccounting,
    MemoryAccounting: cgroup.MemoryAccounting,
    TasksAccounting: cgroup.TasksAccounting,
    IPAccounting: cgroup.IPAccounting,
    CPUWeight: wide(cgroup.CPUWeight),
    StartupCPUWeight: wide(cgroup.StartupCPUWeight),
    CPUShares: wide(cgroup.CPUShares),
    StartupCPUShares: wide(cgroup.StartupCPUShares),
    CPUQuotaPerSecSec: formatTimeSpan(cgroup.CPUQuota),
    CPUQuotaPeriodSec: formatTimeSpan(cgroup.CPUQuotaPeriodSec),
    AllowedCPUs: formatCpuSet(cgroup.AllowedCPUs),
    StartupAllowedCPUs: formatCpuSet(cgroup.StartupAllowedCPUs),
    AllowedMemoryNodes: formatCpuSet(cgroup.AllowedMemoryNodes),
    StartupAllowedMemoryNodes: formatCpuSet(cgroup.StartupAllowedMemoryNodes),
    IOWeight: wide(cgroup.IOWeight),
    StartupIOWeight: wide(cgroup.StartupIOWeight),
    BlockIOWeight: wide(cgroup.BlockIOWeight),
    StartupBlockIOWeight: wide(cgroup.StartupBlockIOWeight),
    DefaultMemoryMin: wide(cgroup.DefaultMemoryMin),
    DefaultMemoryLow: wide(cgroup.DefaultMemoryLow),
    MemoryMin: wide(cgroup.MemoryMin),
    MemoryLow: wide(cgroup.MemoryLow),
    MemoryHigh: wide(cgroup.MemoryHigh),
    MemoryMax: wide(cgroup.MemoryMax),
    MemorySwapMax: wide(cgroup.MemorySwapMax),
    MemoryLimit: wide(cgroup.MemoryLimit),
    TasksMax: wide(cgroup.TasksMax),
    DevicePolicy: cgroup.DevicePolicy,
    DisableControllers: cgroup.DisableControllers.join(' '),
    Delegate: cgroup.DelegateEnabled,
    ManagedOOMSwap: cgroup.ManagedOOMSwap,
    ManagedOOMMemoryPressure: cgroup.ManagedOOMMemoryPressure,
    ManagedOOMMemoryPressureLimit: `${(pressure / 100).toFixed(2)}%`,
    ManagedOOMPreference: cgroup.ManagedOOMPreference,
  });
  if (cgroup.DelegateEnabled) lines.add('DelegateControllers', cgroup.DelegateControllers.join(' '));
  for (const { path, access } of cgroup.DeviceAllow) lines.add('DeviceAllow', `${path} ${access}`);
  for (const { path, value } of cgroup.IODeviceWeight) lines.add('IODeviceWeight', `${path} ${value}`);
  for (const { path, targetMs } of cgroup.IODeviceLatencyTargetSec) {
    lines.add('IODeviceLatencyTargetSec', `${path} ${formatTimeSpan(targetMs)}`);
  }
  for (const name of rates)
    for (const { path, value } of cgroup[name]) lines.add(name, `${path} ${formatBytes(value)}`);
  for (const { path, value } of cgroup.BlockIODeviceWeight) lines.add('BlockIODeviceWeight', `${path} ${value}`);
  for (const name of ['BlockIOReadBandwidth', 'BlockIOWriteBandwidth'] as const) {
    for (const { path, value } of cgroup[name]) lines.add(name, `${path} ${formatBytes(value)}`);
  }
  lines.each('IPAddressAllow', cgroup.IPAddressAllow.map(formatPrefix));
  lines.each('IPAddressDeny', cgroup.IPAddressDeny.map(formatPrefix));
  lines.each('IPIngressFilterPath', cgroup.IPIngressFilterPath);
  lines.each('IPEgressFilterPath', cgroup.IPEgressFilterPath);
  for (const { type, path } of cgroup.BPFProgram) lines.add('BPFProgram', `${type}:${path}`);
  for (const name of ['SocketBindAllow', 'SocketBindDeny'] as const) {
    lines.list(
      name,
      cgroup[name].map((rule) => formatSocketBind(rule, ':')),
    );
  }
  lines.each('RestrictNetworkInterfaces', cgroup.RestrictNetworkInterfaces?.names ?? []);
}
