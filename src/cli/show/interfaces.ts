/**
 * Which properties `systemctl show` prints for a unit of each type, and in which order: those of the type's own D-Bus
 * interface, then those of every unit. The lists are systemd 252's; a directive that it does not have follows those of its
 * interface, by its row in the table of directives.
 */

import { type GroupName, groups } from '../../unitfile/directives/table.ts';
import type { UnitType } from '../../unitfile/language/unit-name.ts';

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Of every unit. */
const unit = words(`
  Id Names Following Requires Requisite Wants BindsTo PartOf Upholds RequiredBy RequisiteOf WantedBy BoundBy
  UpheldBy ConsistsOf Conflicts ConflictedBy Before After OnSuccess OnSuccessOf OnFailure OnFailureOf Triggers
  TriggeredBy PropagatesReloadTo ReloadPropagatedFrom PropagatesStopTo StopPropagatedFrom JoinsNamespaceOf SliceOf
  RequiresMountsFor Documentation Description AccessSELinuxContext LoadState ActiveState FreezerState SubState
  FragmentPath SourcePath DropInPaths UnitFileState UnitFilePreset StateChangeTimestamp
  StateChangeTimestampMonotonic InactiveExitTimestamp InactiveExitTimestampMonotonic ActiveEnterTimestamp
  ActiveEnterTimestampMonotonic ActiveExitTimestamp ActiveExitTimestampMonotonic InactiveEnterTimestamp
  InactiveEnterTimestampMonotonic CanStart CanStop CanReload CanIsolate CanClean CanFreeze Job StopWhenUnneeded
  RefuseManualStart RefuseManualStop AllowIsolate DefaultDependencies OnSuccessJobMode OnFailureJobMode
  IgnoreOnIsolate NeedDaemonReload Markers JobTimeoutUSec JobRunningTimeoutUSec JobTimeoutAction
  JobTimeoutRebootArgument ConditionResult AssertResult ConditionTimestamp ConditionTimestampMonotonic
  AssertTimestamp AssertTimestampMonotonic Conditions Asserts LoadError Transient Perpetual StartLimitIntervalUSec
  StartLimitBurst StartLimitAction FailureAction FailureActionExitStatus SuccessAction SuccessActionExitStatus
  RebootArgument InvocationID CollectMode Refs ActivationDetails
`);

/** Of a unit with a control group: where it is and what it uses. */
const placement = words(`
  Slice ControlGroup ControlGroupId MemoryCurrent MemoryAvailable CPUUsageNSec EffectiveCPUs EffectiveMemoryNodes
  TasksCurrent IPIngressBytes IPIngressPackets IPEgressBytes IPEgressPackets IOReadBytes IOReadOperations
  IOWriteBytes IOWriteOperations
`);

/** systemd.resource-control(5). */
const cgroup = words(`
  Delegate DelegateControllers CPUAccounting CPUWeight StartupCPUWeight CPUShares StartupCPUShares
  CPUQuotaPerSecUSec CPUQuotaPeriodUSec AllowedCPUs StartupAllowedCPUs AllowedMemoryNodes
  StartupAllowedMemoryNodes IOAccounting IOWeight StartupIOWeight IODeviceWeight IOReadBandwidthMax
  IOWriteBandwidthMax IOReadIOPSMax IOWriteIOPSMax IODeviceLatencyTargetUSec BlockIOAccounting BlockIOWeight
  StartupBlockIOWeight BlockIODeviceWeight BlockIOReadBandwidth BlockIOWriteBandwidth MemoryAccounting
  DefaultMemoryLow DefaultMemoryMin MemoryMin MemoryLow MemoryHigh MemoryMax MemorySwapMax MemoryLimit
  DevicePolicy DeviceAllow TasksAccounting TasksMax IPAccounting IPAddressAllow IPAddressDeny IPIngressFilterPath
  IPEgressFilterPath DisableControllers ManagedOOMSwap ManagedOOMMemoryPressure ManagedOOMMemoryPressureLimit
  ManagedOOMPreference BPFProgram SocketBindAllow SocketBindDeny RestrictNetworkInterfaces
`);

/** systemd.exec(5). */
const exec = words(`
  Environment EnvironmentFiles PassEnvironment UnsetEnvironment UMask LimitCPU LimitCPUSoft LimitFSIZE
  LimitFSIZESoft LimitDATA LimitDATASoft LimitSTACK LimitSTACKSoft LimitCORE LimitCORESoft LimitRSS LimitRSSSoft
  LimitNOFILE LimitNOFILESoft LimitAS LimitASSoft LimitNPROC LimitNPROCSoft LimitMEMLOCK LimitMEMLOCKSoft
  LimitLOCKS LimitLOCKSSoft LimitSIGPENDING LimitSIGPENDINGSoft LimitMSGQUEUE LimitMSGQUEUESoft LimitNICE
  LimitNICESoft LimitRTPRIO LimitRTPRIOSoft LimitRTTIME LimitRTTIMESoft WorkingDirectory RootDirectory RootImage
  RootImageOptions RootHash RootHashPath RootHashSignature RootHashSignaturePath RootVerity ExtensionDirectories
  ExtensionImages MountImages OOMScoreAdjust CoredumpFilter Nice IOSchedulingClass IOSchedulingPriority
  CPUSchedulingPolicy CPUSchedulingPriority CPUAffinity CPUAffinityFromNUMA NUMAPolicy NUMAMask TimerSlackNSec
  CPUSchedulingResetOnFork NonBlocking StandardInput StandardInputFileDescriptorName StandardInputData
  StandardOutput StandardOutputFileDescriptorName StandardError StandardErrorFileDescriptorName TTYPath TTYReset
  TTYVHangup TTYVTDisallocate TTYRows TTYColumns SyslogPriority SyslogIdentifier SyslogLevelPrefix SyslogLevel
  SyslogFacility LogLevelMax LogRateLimitIntervalUSec LogRateLimitBurst LogExtraFields LogNamespace SecureBits
  CapabilityBoundingSet AmbientCapabilities User Group DynamicUser RemoveIPC SetCredential SetCredentialEncrypted
  LoadCredential LoadCredentialEncrypted SupplementaryGroups PAMName ReadWritePaths ReadOnlyPaths
  InaccessiblePaths ExecPaths NoExecPaths ExecSearchPath MountFlags PrivateTmp PrivateDevices ProtectClock
  ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectControlGroups PrivateNetwork PrivateUsers
  PrivateMounts PrivateIPC ProtectHome ProtectSystem SameProcessGroup UtmpIdentifier UtmpMode SELinuxContext
  AppArmorProfile SmackProcessLabel IgnoreSIGPIPE NoNewPrivileges SystemCallFilter SystemCallArchitectures
  SystemCallErrorNumber SystemCallLog Personality LockPersonality RestrictAddressFamilies RuntimeDirectorySymlink
  RuntimeDirectoryPreserve RuntimeDirectoryMode RuntimeDirectory StateDirectorySymlink StateDirectoryMode
  StateDirectory CacheDirectorySymlink CacheDirectoryMode CacheDirectory LogsDirectorySymlink LogsDirectoryMode
  LogsDirectory ConfigurationDirectoryMode ConfigurationDirectory TimeoutCleanUSec MemoryDenyWriteExecute
  RestrictRealtime RestrictSUIDSGID RestrictNamespaces RestrictFileSystems BindPaths BindReadOnlyPaths
  TemporaryFileSystem MountAPIVFS KeyringMode ProtectProc ProcSubset ProtectHostname NetworkNamespacePath
  IPCNamespacePath
`);

/** systemd.kill(5). */
const kill = words(`
  KillMode KillSignal RestartKillSignal FinalKillSignal SendSIGKILL SendSIGHUP WatchdogSignal
`);

/** Of services. */
const service = words(`
  Type ExitType Restart PIDFile NotifyAccess RestartUSec TimeoutStartUSec TimeoutStopUSec TimeoutAbortUSec
  TimeoutStartFailureMode TimeoutStopFailureMode RuntimeMaxUSec RuntimeRandomizedExtraUSec WatchdogUSec
  WatchdogTimestamp WatchdogTimestampMonotonic RootDirectoryStartOnly RemainAfterExit GuessMainPID
  RestartPreventExitStatus RestartForceExitStatus SuccessExitStatus MainPID ControlPID BusName
  FileDescriptorStoreMax NFileDescriptorStore StatusText StatusErrno Result ReloadResult CleanResult
  USBFunctionDescriptors USBFunctionStrings UID GID NRestarts OOMPolicy ExecMainStartTimestamp
  ExecMainStartTimestampMonotonic ExecMainExitTimestamp ExecMainExitTimestampMonotonic ExecMainPID ExecMainCode
  ExecMainStatus ExecCondition ExecConditionEx ExecStartPre ExecStartPreEx ExecStart ExecStartEx ExecStartPost
  ExecStartPostEx ExecReload ExecReloadEx ExecStop ExecStopEx ExecStopPost ExecStopPostEx
`);

/** Of sockets. */
const socket = words(`
  BindIPv6Only Backlog TimeoutUSec BindToDevice SocketUser SocketGroup SocketMode DirectoryMode Accept
  FlushPending Writable KeepAlive KeepAliveTimeUSec KeepAliveIntervalUSec KeepAliveProbes DeferAcceptUSec NoDelay
  Priority ReceiveBuffer SendBuffer IPTOS IPTTL PipeSize FreeBind Transparent Broadcast PassCredentials
  PassSecurity PassPacketInfo Timestamping RemoveOnStop Listen Symlinks Mark MaxConnections
  MaxConnectionsPerSource MessageQueueMaxMessages MessageQueueMessageSize TCPCongestion ReusePort SmackLabel
  SmackLabelIPIn SmackLabelIPOut ControlPID Result NConnections NAccepted NRefused FileDescriptorName
  SocketProtocol TriggerLimitIntervalUSec TriggerLimitBurst UID GID ExecStartPre ExecStartPost ExecStopPre
  ExecStopPost
`);

/** Of timers. */
const timer = words(`
  Unit TimersMonotonic TimersCalendar OnClockChange OnTimezoneChange NextElapseUSecRealtime
  NextElapseUSecMonotonic LastTriggerUSec LastTriggerUSecMonotonic Result AccuracyUSec RandomizedDelayUSec
  FixedRandomDelay Persistent WakeSystem RemainAfterElapse
`);

/** Of paths. */
const path = words(`
  Unit Paths MakeDirectory DirectoryMode Result TriggerLimitIntervalUSec TriggerLimitBurst
`);

/** Of mounts. */
const mount = words(`
  Where What Options Type TimeoutUSec ControlPID DirectoryMode SloppyOptions LazyUnmount ForceUnmount
  ReadWriteOnly Result UID GID ExecMount ExecUnmount ExecRemount
`);

/** Of automounts. */
const automount = words(`
  Where ExtraOptions DirectoryMode Result TimeoutIdleUSec
`);

/** Of swaps. */
const swap = words(`
  What Priority Options TimeoutUSec ControlPID Result UID GID ExecActivate ExecDeactivate
`);

/** Of scopes. */
const scope = words(`
  Controller TimeoutStopUSec Result RuntimeMaxUSec RuntimeRandomizedExtraUSec OOMPolicy
`);

/** Of the manager itself. */
const manager = words(`
  Version Features Virtualization Architecture Tainted FirmwareTimestamp FirmwareTimestampMonotonic
  LoaderTimestamp LoaderTimestampMonotonic KernelTimestamp KernelTimestampMonotonic InitRDTimestamp
  InitRDTimestampMonotonic UserspaceTimestamp UserspaceTimestampMonotonic FinishTimestamp FinishTimestampMonotonic
  SecurityStartTimestamp SecurityStartTimestampMonotonic SecurityFinishTimestamp SecurityFinishTimestampMonotonic
  GeneratorsStartTimestamp GeneratorsStartTimestampMonotonic GeneratorsFinishTimestamp
  GeneratorsFinishTimestampMonotonic UnitsLoadStartTimestamp UnitsLoadStartTimestampMonotonic
  UnitsLoadFinishTimestamp UnitsLoadFinishTimestampMonotonic UnitsLoadTimestamp UnitsLoadTimestampMonotonic
  InitRDSecurityStartTimestamp InitRDSecurityStartTimestampMonotonic InitRDSecurityFinishTimestamp
  InitRDSecurityFinishTimestampMonotonic InitRDGeneratorsStartTimestamp InitRDGeneratorsStartTimestampMonotonic
  InitRDGeneratorsFinishTimestamp InitRDGeneratorsFinishTimestampMonotonic InitRDUnitsLoadStartTimestamp
  InitRDUnitsLoadStartTimestampMonotonic InitRDUnitsLoadFinishTimestamp InitRDUnitsLoadFinishTimestampMonotonic
  LogLevel LogTarget NNames NFailedUnits NJobs NInstalledJobs NFailedJobs Progress Environment ConfirmSpawn
  ShowStatus UnitPath DefaultStandardOutput DefaultStandardError WatchdogDevice WatchdogLastPingTimestamp
  WatchdogLastPingTimestampMonotonic RuntimeWatchdogUSec RuntimeWatchdogPreUSec RuntimeWatchdogPreGovernor
  RebootWatchdogUSec KExecWatchdogUSec ServiceWatchdogs ControlGroup SystemState ExitCode DefaultTimerAccuracyUSec
  DefaultTimeoutStartUSec DefaultTimeoutStopUSec DefaultTimeoutAbortUSec DefaultDeviceTimeoutUSec
  DefaultRestartUSec DefaultStartLimitIntervalUSec DefaultStartLimitBurst DefaultCPUAccounting
  DefaultBlockIOAccounting DefaultMemoryAccounting DefaultTasksAccounting DefaultLimitCPU DefaultLimitCPUSoft
  DefaultLimitFSIZE DefaultLimitFSIZESoft DefaultLimitDATA DefaultLimitDATASoft DefaultLimitSTACK
  DefaultLimitSTACKSoft DefaultLimitCORE DefaultLimitCORESoft DefaultLimitRSS DefaultLimitRSSSoft
  DefaultLimitNOFILE DefaultLimitNOFILESoft DefaultLimitAS DefaultLimitASSoft DefaultLimitNPROC
  DefaultLimitNPROCSoft DefaultLimitMEMLOCK DefaultLimitMEMLOCKSoft DefaultLimitLOCKS DefaultLimitLOCKSSoft
  DefaultLimitSIGPENDING DefaultLimitSIGPENDINGSoft DefaultLimitMSGQUEUE DefaultLimitMSGQUEUESoft DefaultLimitNICE
  DefaultLimitNICESoft DefaultLimitRTPRIO DefaultLimitRTPRIOSoft DefaultLimitRTTIME DefaultLimitRTTIMESoft
  DefaultTasksMax TimerSlackNSec DefaultOOMPolicy DefaultOOMScoreAdjust CtrlAltDelBurstAction
`);

/** A D-Bus interface: its properties, and the settings that are among them. */
interface Interface {
  readonly names: readonly string[];
  readonly group?: GroupName;
}

const ofUnit: Interface = { names: unit, group: 'unit' };
const ofKill: Interface = { names: kill, group: 'kill' };
const ofCGroup: readonly Interface[] = [{ names: placement }, { names: cgroup, group: 'cgroup' }];
const ofProcesses: readonly Interface[] = [...ofCGroup, { names: exec, group: 'exec' }, ofKill, ofUnit];

/** In the order in which `show UNIT` prints them. */
const interfaces: { readonly [T in UnitType]: readonly Interface[] } = {
  service: [{ names: service, group: 'service' }, ...ofProcesses],
  socket: [{ names: socket, group: 'socket' }, ...ofProcesses],
  mount: [{ names: mount, group: 'mount' }, ...ofProcesses],
  swap: [{ names: swap, group: 'swap' }, ...ofProcesses],
  scope: [{ names: scope, group: 'scope' }, ...ofCGroup, ofKill, ofUnit],
  slice: [{ names: [], group: 'slice' }, ...ofCGroup, ofUnit],
  timer: [{ names: timer, group: 'timer' }, ofUnit],
  path: [{ names: path, group: 'path' }, ofUnit],
  automount: [{ names: automount, group: 'automount' }, ofUnit],
  device: [{ names: ['SysFSPath'] }, ofUnit],
  target: [ofUnit],
};

/** Properties that rows of a group are shown as. */
const rowProperties = (group: GroupName | undefined): string[] =>
  group === undefined
    ? []
    : Object.entries(groups[group]).flatMap(([key, row]) =>
        row.slot && row.property !== null ? [row.property ?? key] : [],
      );

/** Names in the order in which `show UNIT` prints them. */
export function unitProperties(type: UnitType): string[] {
  const listed = new Set(interfaces[type].flatMap(({ names }) => names));
  return interfaces[type].flatMap(({ names, group }) => [
    ...names,
    ...rowProperties(group).filter((name) => !listed.has(name)),
  ]);
}

/** Names in the order in which `show` without a unit prints them. */
export const managerProperties: readonly string[] = manager;
