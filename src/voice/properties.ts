/**
 * Which properties `systemctl show` prints, by D-Bus interface, in systemd's order, with the releases that brought
 * them or were without them again (org.freedesktop.systemd1(5), "History").
 */
import type { Release } from './release.ts';
import { allWords, wordsIn } from './words.ts';

const interfaces = {
  /** Of every unit. */
  unit: `
    Id Names Following Requires Requisite Wants BindsTo PartOf Upholds RequiredBy RequisiteOf WantedBy BoundBy
    UpheldBy ConsistsOf Conflicts ConflictedBy Before After OnSuccess OnSuccessOf OnFailure OnFailureOf Triggers
    TriggeredBy PropagatesReloadTo ReloadPropagatedFrom PropagatesStopTo StopPropagatedFrom JoinsNamespaceOf
    SliceOf RequiresMountsFor WantsMountsFor@256 Documentation Description AccessSELinuxContext LoadState
    ActiveState FreezerState SubState FragmentPath SourcePath DropInPaths UnitFileState UnitFilePreset
    StateChangeTimestamp StateChangeTimestampMonotonic InactiveExitTimestamp InactiveExitTimestampMonotonic
    ActiveEnterTimestamp ActiveEnterTimestampMonotonic ActiveExitTimestamp ActiveExitTimestampMonotonic
    InactiveEnterTimestamp InactiveEnterTimestampMonotonic CanStart CanStop CanReload CanIsolate CanClean
    CanFreeze CanLiveMount@257 Job StopWhenUnneeded RefuseManualStart RefuseManualStop AllowIsolate
    DefaultDependencies SurviveFinalKillSignal@255 OnSuccessJobMode OnFailureJobMode IgnoreOnIsolate
    NeedDaemonReload Markers JobTimeoutUSec JobRunningTimeoutUSec JobTimeoutAction JobTimeoutRebootArgument
    ConditionResult AssertResult ConditionTimestamp ConditionTimestampMonotonic AssertTimestamp
    AssertTimestampMonotonic Conditions Asserts LoadError Transient Perpetual StartLimitIntervalUSec
    StartLimitBurst StartLimitAction FailureAction FailureActionExitStatus SuccessAction SuccessActionExitStatus
    RebootArgument InvocationID CollectMode Refs ActivationDetails DebugInvocation@257
  `,
  /** Control groups and what was used, of units that have processes or hold others. */
  placement: `
    Slice ControlGroup ControlGroupId MemoryCurrent MemoryPeak@255 MemorySwapCurrent@255 MemorySwapPeak@255
    MemoryZSwapCurrent@255 MemoryAvailable EffectiveMemoryMax@256 EffectiveMemoryHigh@256 CPUUsageNSec
    EffectiveCPUs EffectiveMemoryNodes TasksCurrent EffectiveTasksMax@256 IPIngressBytes IPIngressPackets
    IPEgressBytes IPEgressPackets IOReadBytes IOReadOperations IOWriteBytes IOWriteOperations OOMKills@259
    ManagedOOMKills@259
  `,
  /** Resource control. */
  cgroup: `
    Delegate DelegateControllers DelegateSubgroup@254 CPUAccounting!258 CPUWeight StartupCPUWeight CPUShares!258
    StartupCPUShares!258 CPUQuotaPerSecUSec CPUQuotaPeriodUSec AllowedCPUs StartupAllowedCPUs AllowedMemoryNodes
    StartupAllowedMemoryNodes CPUSetPartition@261 IOAccounting IOWeight StartupIOWeight IODeviceWeight
    IOReadBandwidthMax IOWriteBandwidthMax IOReadIOPSMax IOWriteIOPSMax IODeviceLatencyTargetUSec
    BlockIOAccounting!258 BlockIOWeight!258 StartupBlockIOWeight!258 BlockIODeviceWeight!258
    BlockIOReadBandwidth!258 BlockIOWriteBandwidth!258 MemoryAccounting DefaultMemoryLow!258
    DefaultStartupMemoryLow@254!258 DefaultMemoryMin!258 MemoryMin MemoryLow StartupMemoryLow@254 MemoryHigh
    StartupMemoryHigh@254 MemoryMax StartupMemoryMax@254 MemorySwapMax StartupMemorySwapMax@254
    MemoryZSwapMax@253 StartupMemoryZSwapMax@254 MemoryZSwapWriteback@256 MemoryLimit!258 DevicePolicy
    DeviceAllow TasksAccounting TasksMax IPAccounting IPAddressAllow IPAddressDeny IPIngressFilterPath
    IPEgressFilterPath DisableControllers ManagedOOMSwap ManagedOOMMemoryPressure ManagedOOMMemoryPressureLimit
    ManagedOOMMemoryPressureDurationUSec@257 ManagedOOMPreference OOMRules@261 BPFProgram SocketBindAllow
    SocketBindDeny RestrictNetworkInterfaces BindNetworkInterface@260 MemoryPressureWatch@254
    MemoryPressureThresholdUSec@254 CPUPressureWatch@261 CPUPressureThresholdUSec@261 IOPressureWatch@261
    IOPressureThresholdUSec@261 NFTSet@255 CoredumpReceive@255
  `,
  /** Execution. */
  exec: `
    Environment EnvironmentFiles PassEnvironment UnsetEnvironment UMask LimitCPU LimitCPUSoft LimitFSIZE
    LimitFSIZESoft LimitDATA LimitDATASoft LimitSTACK LimitSTACKSoft LimitCORE LimitCORESoft LimitRSS
    LimitRSSSoft LimitNOFILE LimitNOFILESoft LimitAS LimitASSoft LimitNPROC LimitNPROCSoft LimitMEMLOCK
    LimitMEMLOCKSoft LimitLOCKS LimitLOCKSSoft LimitSIGPENDING LimitSIGPENDINGSoft LimitMSGQUEUE
    LimitMSGQUEUESoft LimitNICE LimitNICESoft LimitRTPRIO LimitRTPRIOSoft LimitRTTIME LimitRTTIMESoft
    WorkingDirectory RootDirectory RootImage RootImageOptions RootHash RootHashPath RootHashSignature
    RootHashSignaturePath RootVerity RootEphemeral@254 RootMStack@260 ExtensionDirectories ExtensionImages
    MountImages OOMScoreAdjust CoredumpFilter Nice IOSchedulingClass IOSchedulingPriority CPUSchedulingPolicy
    CPUSchedulingPriority CPUAffinity CPUAffinityFromNUMA NUMAPolicy NUMAMask TimerSlackNSec
    CPUSchedulingResetOnFork NonBlocking StandardInput StandardInputFileDescriptorName StandardInputData
    StandardOutput StandardOutputFileDescriptorName StandardError StandardErrorFileDescriptorName TTYPath
    TTYReset TTYVHangup TTYVTDisallocate TTYRows TTYColumns SyslogPriority SyslogIdentifier SyslogLevelPrefix
    SyslogLevel SyslogFacility LogLevelMax LogRateLimitIntervalUSec LogRateLimitBurst LogExtraFields
    LogFilterPatterns@253 LogNamespace SecureBits CapabilityBoundingSet AmbientCapabilities User Group
    DynamicUser SetLoginEnvironment@255 RemoveIPC SetCredential SetCredentialEncrypted LoadCredential
    LoadCredentialEncrypted ImportCredential@254 ImportCredentialEx@257 SupplementaryGroups PAMName
    ReadWritePaths ReadOnlyPaths InaccessiblePaths ExecPaths NoExecPaths ExecSearchPath MountFlags PrivateTmp
    PrivateTmpEx@257 PrivateDevices ProtectClock ProtectKernelTunables ProtectKernelModules ProtectKernelLogs
    ProtectControlGroups ProtectControlGroupsEx@257 PrivateNetwork PrivateUsers PrivateUsersEx@257 PrivateMounts
    PrivateIPC PrivatePIDs@257 ProtectHome ProtectSystem SameProcessGroup UtmpIdentifier UtmpMode SELinuxContext
    AppArmorProfile SmackProcessLabel IgnoreSIGPIPE NoNewPrivileges SystemCallFilter SystemCallArchitectures
    SystemCallErrorNumber SystemCallLog Personality LockPersonality RestrictAddressFamilies
    RuntimeDirectorySymlink RuntimeDirectoryPreserve RuntimeDirectoryMode RuntimeDirectory StateDirectorySymlink
    StateDirectoryMode StateDirectoryAccounting@258 StateDirectoryQuota@258 StateDirectory CacheDirectorySymlink
    CacheDirectoryMode CacheDirectoryAccounting@258 CacheDirectoryQuota@258 CacheDirectory LogsDirectorySymlink
    LogsDirectoryMode LogsDirectoryAccounting@258 LogsDirectoryQuota@258 LogsDirectory
    ConfigurationDirectoryMode ConfigurationDirectory TimeoutCleanUSec MemoryDenyWriteExecute RestrictRealtime
    RestrictSUIDSGID RestrictNamespaces DelegateNamespaces@258 RestrictFileSystems BindPaths BindReadOnlyPaths
    TemporaryFileSystem MountAPIVFS BindLogSockets@257 KeyringMode ProtectProc ProcSubset ProtectHostname
    ProtectHostnameEx@258 PrivateBPF@258 BPFDelegateCommands@258 BPFDelegateMaps@258 BPFDelegatePrograms@258
    BPFDelegateAttachments@258 MemoryKSM@254 MemoryTHP@260 UserNamespacePath@259 NetworkNamespacePath
    IPCNamespacePath RootImagePolicy@254 MountImagePolicy@254 ExtensionImagePolicy@254
  `,
  /** How processes are stopped. */
  kill: `
    KillMode KillSignal RestartKillSignal FinalKillSignal SendSIGKILL SendSIGHUP WatchdogSignal
  `,
  /** Of services. */
  service: `
    Type ExitType Restart RestartMode@254 PIDFile NotifyAccess RestartUSec RestartSteps@254
    RestartMaxDelayUSec@254 RestartRandomizedDelayUSec@262 RestartUSecNext@254 TimeoutStartUSec TimeoutStopUSec
    TimeoutAbortUSec TimeoutStartFailureMode TimeoutStopFailureMode RuntimeMaxUSec RuntimeRandomizedExtraUSec
    WatchdogUSec WatchdogTimestamp WatchdogTimestampMonotonic RootDirectoryStartOnly RemainAfterExit
    GuessMainPID RestartPreventExitStatus RestartForceExitStatus SuccessExitStatus MainPID ControlPID BusName
    FileDescriptorStoreMax NFileDescriptorStore FileDescriptorStorePreserve@254 LUOSession@262 StatusText
    StatusErrno StatusBusError@257 StatusVarlinkError@257 Result ReloadResult CleanResult LiveMountResult@257
    USBFunctionDescriptors USBFunctionStrings UID GID NRestarts OOMPolicy OpenFile@253
    ExtraFileDescriptorNames@257 ReloadSignal@253 RefreshOnReload@260 ExecMainStartTimestamp
    ExecMainStartTimestampMonotonic ExecMainExitTimestamp ExecMainExitTimestampMonotonic
    ExecMainHandoffTimestamp@256 ExecMainHandoffTimestampMonotonic@256 ExecMainPID ExecMainCode ExecMainStatus ExecCondition ExecConditionEx ExecStartPre ExecStartPreEx ExecStart ExecStartEx
    ExecStartPost ExecStartPostEx ExecReload ExecReloadEx ExecReloadPost@259 ExecReloadPostEx@259 ExecStop
    ExecStopEx ExecStopPost ExecStopPostEx
  `,
  /** Of sockets. */
  socket: `
    BindIPv6Only Backlog TimeoutUSec BindToDevice SocketUser SocketGroup SocketMode DirectoryMode Accept
    FlushPending Writable KeepAlive KeepAliveTimeUSec KeepAliveIntervalUSec KeepAliveProbes DeferAcceptUSec
    NoDelay Priority ReceiveBuffer SendBuffer IPTOS IPTTL PipeSize FreeBind Transparent Broadcast
    PassCredentials PassFileDescriptorsToExec@256!262 PassPIDFD@258 PassSecurity PassPacketInfo AcceptFileDescriptors@258 Timestamping
    RemoveOnStop Listen Symlinks XAttrEntryPoint@262 XAttrListen@262 XAttrAccept@262 Mark MaxConnections
    MaxConnectionsPerSource MessageQueueMaxMessages MessageQueueMessageSize TCPCongestion ReusePort SmackLabel
    SmackLabelIPIn SmackLabelIPOut ControlPID Result NConnections NAccepted NRefused FileDescriptorName
    SocketProtocol TriggerLimitIntervalUSec TriggerLimitBurst PollLimitIntervalUSec@255 PollLimitBurst@255
    DeferTrigger@258 DeferTriggerMaxUSec@258 UID GID PassFileDescriptorsToExec@262 ExecStartPre ExecStartPost ExecStopPre ExecStopPost
  `,
  /** Of timers. */
  timer: `
    Unit TimersMonotonic TimersCalendar OnClockChange OnTimezoneChange NextElapseUSecRealtime
    NextElapseUSecMonotonic LastTriggerUSec LastTriggerUSecMonotonic Result AccuracyUSec RandomizedDelayUSec
    RandomizedOffsetUSec@258 FixedRandomDelay Persistent WakeSystem RemainAfterElapse DeferReactivation@257
  `,
  /** Of paths. */
  path: `
    Unit Paths MakeDirectory DirectoryMode Result TriggerLimitIntervalUSec TriggerLimitBurst
  `,
  /** Of mounts. */
  mount: `
    Where What Options Type TimeoutUSec ControlPID DirectoryMode SloppyOptions LazyUnmount ForceUnmount
    ReadWriteOnly Result ReloadResult@258 CleanResult@258 UID GID ExecMount ExecUnmount ExecRemount
  `,
  /** Of automounts. */
  automount: `
    Where ExtraOptions DirectoryMode Result TimeoutIdleUSec
  `,
  /** Of swaps. */
  swap: `
    What Priority Options TimeoutUSec ControlPID Result UID GID ExecActivate ExecDeactivate
  `,
  /** Of scopes. */
  scope: `
    Controller TimeoutStopUSec Result RuntimeMaxUSec RuntimeRandomizedExtraUSec OOMPolicy
  `,
  /** Of devices. */
  device: `
    SysFSPath
  `,
  /** Of the manager itself. */
  manager: `
    Version Features Virtualization ConfidentialVirtualization@254 Architecture Tainted FirmwareTimestamp
    FirmwareTimestampMonotonic LoaderTimestamp LoaderTimestampMonotonic KernelTimestamp KernelTimestampMonotonic
    InitRDTimestamp InitRDTimestampMonotonic UserspaceTimestamp UserspaceTimestampMonotonic FinishTimestamp
    FinishTimestampMonotonic ShutdownStartTimestamp@256 ShutdownStartTimestampMonotonic@256
    ShutdownFinishTimestamp@262 ShutdownFinishTimestampMonotonic@262 PreviousShutdownStartTimestamp@262
    PreviousShutdownStartTimestampMonotonic@262 PreviousShutdownFinishTimestamp@262
    PreviousShutdownFinishTimestampMonotonic@262 PreviousShutdownLateStartTimestamp@262
    PreviousShutdownLateStartTimestampMonotonic@262 PreviousShutdownLateFinishTimestamp@262
    PreviousShutdownLateFinishTimestampMonotonic@262 SecurityStartTimestamp SecurityStartTimestampMonotonic
    SecurityFinishTimestamp SecurityFinishTimestampMonotonic GeneratorsStartTimestamp
    GeneratorsStartTimestampMonotonic GeneratorsFinishTimestamp GeneratorsFinishTimestampMonotonic
    UnitsLoadStartTimestamp UnitsLoadStartTimestampMonotonic UnitsLoadFinishTimestamp
    UnitsLoadFinishTimestampMonotonic UnitsLoadTimestamp UnitsLoadTimestampMonotonic
    InitRDSecurityStartTimestamp InitRDSecurityStartTimestampMonotonic InitRDSecurityFinishTimestamp
    InitRDSecurityFinishTimestampMonotonic InitRDGeneratorsStartTimestamp
    InitRDGeneratorsStartTimestampMonotonic InitRDGeneratorsFinishTimestamp
    InitRDGeneratorsFinishTimestampMonotonic InitRDUnitsLoadStartTimestamp
    InitRDUnitsLoadStartTimestampMonotonic InitRDUnitsLoadFinishTimestamp
    InitRDUnitsLoadFinishTimestampMonotonic LogLevel LogTarget NNames NFailedUnits NJobs NInstalledJobs
    NFailedJobs TransactionsWithOrderingCycle@259 Progress Environment ConfirmSpawn ShowStatus UnitPath
    DefaultStandardOutput DefaultStandardError WatchdogDevice WatchdogLastPingTimestamp
    WatchdogLastPingTimestampMonotonic RuntimeWatchdogUSec RuntimeWatchdogPreUSec RuntimeWatchdogPreGovernor
    RebootWatchdogUSec KExecWatchdogUSec ServiceWatchdogs ControlGroup SystemState ExitCode
    DefaultTimerAccuracyUSec DefaultTimeoutStartUSec DefaultTimeoutStopUSec DefaultTimeoutAbortUSec
    DefaultDeviceTimeoutUSec DefaultRestartUSec DefaultStartLimitIntervalUSec DefaultStartLimitBurst
    EventLoopRateLimitIntervalUSec@261 EventLoopRateLimitBurst@261 DefaultCPUAccounting!258
    DefaultBlockIOAccounting!258 DefaultIOAccounting@254 DefaultIPAccounting@254 DefaultMemoryAccounting
    DefaultTasksAccounting DefaultLimitCPU DefaultLimitCPUSoft DefaultLimitFSIZE DefaultLimitFSIZESoft
    DefaultLimitDATA DefaultLimitDATASoft DefaultLimitSTACK DefaultLimitSTACKSoft DefaultLimitCORE
    DefaultLimitCORESoft DefaultLimitRSS DefaultLimitRSSSoft DefaultLimitNOFILE DefaultLimitNOFILESoft
    DefaultLimitAS DefaultLimitASSoft DefaultLimitNPROC DefaultLimitNPROCSoft DefaultLimitMEMLOCK
    DefaultLimitMEMLOCKSoft DefaultLimitLOCKS DefaultLimitLOCKSSoft DefaultLimitSIGPENDING
    DefaultLimitSIGPENDINGSoft DefaultLimitMSGQUEUE DefaultLimitMSGQUEUESoft DefaultLimitNICE
    DefaultLimitNICESoft DefaultLimitRTPRIO DefaultLimitRTPRIOSoft DefaultLimitRTTIME DefaultLimitRTTIMESoft
    DefaultTasksMax DefaultMemoryPressureThresholdUSec@254 DefaultMemoryPressureWatch@254
    DefaultCPUPressureThresholdUSec@261 DefaultCPUPressureWatch@261 DefaultIOPressureThresholdUSec@261
    DefaultIOPressureWatch@261 TimerSlackNSec DefaultOOMPolicy DefaultOOMScoreAdjust DefaultRestrictSUIDSGID@258
    CtrlAltDelBurstAction SoftRebootsCount@256 KExecCount@262 ReloadCount@261 DefaultMemoryZSwapWriteback@261
  `,
  /** Of slices. */
  slice: `
    ConcurrencyHardMax@258 ConcurrencySoftMax@258 ActivatingConcurrencyMax@262 NCurrentlyActive@258
  `,
};

export type InterfaceName = keyof typeof interfaces;

export interface Properties {
  /** What an interface has. */
  of(name: InterfaceName): readonly string[];
  /** What any release has. */
  known(name: InterfaceName): readonly string[];
}

export function propertiesIn(release: Release): Properties {
  const words = wordsIn(release);
  return { of: (name) => words(interfaces[name]), known: (name) => allWords(interfaces[name]) };
}
