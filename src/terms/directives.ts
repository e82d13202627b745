// Made of the table of directives by `node scripts/gen-unit-types.mjs`; a test says when it is old.

/** What a directive is given: a text as in a unit file, a number, yes or no; of several each is a line. */
export type Value = string | number | boolean | readonly (string | number | boolean)[];

/** Yes or no. */
export type Flag = boolean | 'yes' | 'no';

/** `'1min 30s'` as in systemd.time(7), or a number of seconds. */
export type TimeSpan = string | number;

/** Directives of systemd.unit(5). */
export interface UnitDirectives {
  /** systemd.unit(5): Description. */
  readonly Description?: Value;
  /** systemd.unit(5): URLs. */
  readonly Documentation?: Value;
  /** systemd.unit(5): path. */
  readonly SourcePath?: Value;
  /** systemd.unit(5): units. */
  readonly Requires?: Value;
  /** systemd.unit(5): units. */
  readonly Requisite?: Value;
  /** systemd.unit(5): units. */
  readonly Wants?: Value;
  /** systemd.unit(5): units. */
  readonly BindsTo?: Value;
  /** systemd.unit(5): units. */
  readonly Upholds?: Value;
  /** systemd.unit(5): units. */
  readonly Conflicts?: Value;
  /** systemd.unit(5): units. */
  readonly Before?: Value;
  /** systemd.unit(5): units. */
  readonly After?: Value;
  /** systemd.unit(5): units. */
  readonly OnSuccess?: Value;
  /** systemd.unit(5): units. */
  readonly OnFailure?: Value;
  /** systemd.unit(5): units. */
  readonly PropagatesReloadTo?: Value;
  /** systemd.unit(5): units. */
  readonly ReloadPropagatedFrom?: Value;
  /** systemd.unit(5): units. */
  readonly PropagatesStopTo?: Value;
  /** systemd.unit(5): units. */
  readonly StopPropagatedFrom?: Value;
  /** systemd.unit(5): units. */
  readonly PartOf?: Value;
  /** systemd.unit(5): units. Honoured: directories of PrivateTmp= are shared, network and IPC namespaces are not. */
  readonly JoinsNamespaceOf?: Value;
  /** systemd.unit(5): paths. */
  readonly RequiresMountsFor?: Value;
  /** systemd.unit(5): paths. Since systemd 256. */
  readonly WantsMountsFor?: Value;
  /** systemd.unit(5): boolean. Default: no. */
  readonly StopWhenUnneeded?: Flag;
  /** systemd.unit(5): boolean. Default: no. */
  readonly RefuseManualStart?: Flag;
  /** systemd.unit(5): boolean. Default: no. */
  readonly RefuseManualStop?: Flag;
  /** systemd.unit(5): boolean. Default: no. */
  readonly AllowIsolate?: Flag;
  /** systemd.unit(5): boolean. Default: yes. */
  readonly DefaultDependencies?: Flag;
  /** systemd.unit(5): job mode. Default: fail. */
  readonly OnSuccessJobMode?: Value;
  /** systemd.unit(5): job mode. Default: replace. */
  readonly OnFailureJobMode?: Value;
  /** systemd.unit(5): boolean. Default: no. */
  readonly IgnoreOnIsolate?: Flag;
  /** systemd.unit(5): time span. Default: infinity. */
  readonly JobTimeoutSec?: TimeSpan;
  /** systemd.unit(5): time span. Default: infinity. */
  readonly JobRunningTimeoutSec?: TimeSpan;
  /** systemd.unit(5): none|reboot|poweroff|exit|halt|…, -force, -immediate. Default: none. */
  readonly JobTimeoutAction?: Value;
  /** systemd.unit(5): string. Read, without effect here: a container has no firmware or boot loader to pass an argument to. */
  readonly JobTimeoutRebootArgument?: Value;
  /** systemd.unit(5): time span. Default: 10s. */
  readonly StartLimitIntervalSec?: TimeSpan;
  /** systemd.unit(5): unsigned integer. Default: 5. */
  readonly StartLimitBurst?: Value;
  /** systemd.unit(5): none|reboot|poweroff|exit|halt|…, -force, -immediate. Default: none. */
  readonly StartLimitAction?: Value;
  /** systemd.unit(5): none|reboot|poweroff|exit|halt|…, -force, -immediate. Default: none. */
  readonly FailureAction?: Value;
  /** systemd.unit(5): none|reboot|poweroff|exit|halt|…, -force, -immediate. Default: none. */
  readonly SuccessAction?: Value;
  /** systemd.unit(5): exit status. */
  readonly FailureActionExitStatus?: Value;
  /** systemd.unit(5): exit status. */
  readonly SuccessActionExitStatus?: Value;
  /** systemd.unit(5): string. Read, without effect here: a container has no firmware or boot loader to pass an argument to. */
  readonly RebootArgument?: Value;
  /** systemd.unit(5): inactive|inactive-or-failed. Default: inactive. */
  readonly CollectMode?: 'inactive' | 'inactive-or-failed';
  /** systemd.unit(5): boolean. Default: no. Read, without effect here: what is left when PID 1 of a container ends is ended by the kernel. Since systemd 255. */
  readonly SurviveFinalKillSignal?: Flag;
  /** systemd.unit(5): path. */
  readonly ConditionPathExists?: Value;
  /** systemd.unit(5): path. */
  readonly ConditionPathExistsGlob?: Value;
  /** systemd.unit(5): path. */
  readonly ConditionPathIsDirectory?: Value;
  /** systemd.unit(5): path. */
  readonly ConditionPathIsSymbolicLink?: Value;
  /** systemd.unit(5): path. */
  readonly ConditionPathIsMountPoint?: Value;
  /** systemd.unit(5): path. */
  readonly ConditionPathIsReadWrite?: Value;
  /** systemd.unit(5): path. */
  readonly ConditionPathIsEncrypted?: Value;
  /** systemd.unit(5): path. */
  readonly ConditionDirectoryNotEmpty?: Value;
  /** systemd.unit(5): path. */
  readonly ConditionFileNotEmpty?: Value;
  /** systemd.unit(5): path. */
  readonly ConditionFileIsExecutable?: Value;
  /** systemd.unit(5): path. */
  readonly ConditionNeedsUpdate?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionFirstBoot?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionArchitecture?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionFirmware?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionVirtualization?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionHost?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionKernelCommandLine?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionKernelVersion?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionCredential?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionSecurity?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionCapability?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionACPower?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionMemory?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionCPUFeature?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionCPUs?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionEnvironment?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionUser?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionGroup?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionControlGroupController?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionOSRelease?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionMemoryPressure?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionCPUPressure?: Value;
  /** systemd.unit(5): string. */
  readonly ConditionIOPressure?: Value;
  /** systemd.unit(5): path. Since systemd 260. */
  readonly ConditionPathIsSocket?: Value;
  /** systemd.unit(5): string. Since systemd 258. */
  readonly ConditionKernelModuleLoaded?: Value;
  /** systemd.unit(5): string. Since systemd 258. */
  readonly ConditionVersion?: Value;
  /** systemd.unit(5): string. Since systemd 261. */
  readonly ConditionFraction?: Value;
  /** systemd.unit(5): string. Since systemd 261. */
  readonly ConditionMachineTag?: Value;
  /** systemd.unit(5): path. */
  readonly AssertPathExists?: Value;
  /** systemd.unit(5): path. */
  readonly AssertPathExistsGlob?: Value;
  /** systemd.unit(5): path. */
  readonly AssertPathIsDirectory?: Value;
  /** systemd.unit(5): path. */
  readonly AssertPathIsSymbolicLink?: Value;
  /** systemd.unit(5): path. */
  readonly AssertPathIsMountPoint?: Value;
  /** systemd.unit(5): path. */
  readonly AssertPathIsReadWrite?: Value;
  /** systemd.unit(5): path. */
  readonly AssertPathIsEncrypted?: Value;
  /** systemd.unit(5): path. */
  readonly AssertDirectoryNotEmpty?: Value;
  /** systemd.unit(5): path. */
  readonly AssertFileNotEmpty?: Value;
  /** systemd.unit(5): path. */
  readonly AssertFileIsExecutable?: Value;
  /** systemd.unit(5): path. */
  readonly AssertNeedsUpdate?: Value;
  /** systemd.unit(5): string. */
  readonly AssertFirstBoot?: Value;
  /** systemd.unit(5): string. */
  readonly AssertArchitecture?: Value;
  /** systemd.unit(5): string. */
  readonly AssertFirmware?: Value;
  /** systemd.unit(5): string. */
  readonly AssertVirtualization?: Value;
  /** systemd.unit(5): string. */
  readonly AssertHost?: Value;
  /** systemd.unit(5): string. */
  readonly AssertKernelCommandLine?: Value;
  /** systemd.unit(5): string. */
  readonly AssertKernelVersion?: Value;
  /** systemd.unit(5): string. */
  readonly AssertCredential?: Value;
  /** systemd.unit(5): string. */
  readonly AssertSecurity?: Value;
  /** systemd.unit(5): string. */
  readonly AssertCapability?: Value;
  /** systemd.unit(5): string. */
  readonly AssertACPower?: Value;
  /** systemd.unit(5): string. */
  readonly AssertMemory?: Value;
  /** systemd.unit(5): string. */
  readonly AssertCPUFeature?: Value;
  /** systemd.unit(5): string. */
  readonly AssertCPUs?: Value;
  /** systemd.unit(5): string. */
  readonly AssertEnvironment?: Value;
  /** systemd.unit(5): string. */
  readonly AssertUser?: Value;
  /** systemd.unit(5): string. */
  readonly AssertGroup?: Value;
  /** systemd.unit(5): string. */
  readonly AssertControlGroupController?: Value;
  /** systemd.unit(5): string. */
  readonly AssertOSRelease?: Value;
  /** systemd.unit(5): string. */
  readonly AssertMemoryPressure?: Value;
  /** systemd.unit(5): string. */
  readonly AssertCPUPressure?: Value;
  /** systemd.unit(5): string. */
  readonly AssertIOPressure?: Value;
  /** systemd.unit(5): path. Since systemd 260. */
  readonly AssertPathIsSocket?: Value;
  /** systemd.unit(5): string. Since systemd 258. */
  readonly AssertKernelModuleLoaded?: Value;
  /** systemd.unit(5): string. Since systemd 258. */
  readonly AssertVersion?: Value;
  /** systemd.unit(5): string. Since systemd 261. */
  readonly AssertFraction?: Value;
  /** systemd.unit(5): string. Since systemd 261. */
  readonly AssertMachineTag?: Value;
}

/** Directives of systemd.service(5). */
export interface ServiceDirectives {
  /** systemd.service(5): simple|forking|oneshot|dbus|notify|idle|exec|notify-reload. Default: simple. */
  readonly Type?: 'simple' | 'forking' | 'oneshot' | 'dbus' | 'notify' | 'idle' | 'exec' | 'notify-reload';
  /** systemd.service(5): main|cgroup. Default: main. */
  readonly ExitType?: 'main' | 'cgroup';
  /** systemd.service(5): no|on-success|on-failure|on-abnormal|on-watchdog|on-abort|always. Default: no. */
  readonly Restart?: 'no' | 'on-success' | 'on-failure' | 'on-abnormal' | 'on-watchdog' | 'on-abort' | 'always';
  /** systemd.service(5): normal|direct|debug. Default: normal. Since systemd 254. */
  readonly RestartMode?: 'normal' | 'direct' | 'debug';
  /** systemd.service(5): time span. Default: 100ms. */
  readonly RestartSec?: TimeSpan;
  /** systemd.service(5): unsigned integer. Default: 0. Since systemd 254. */
  readonly RestartSteps?: Value;
  /** systemd.service(5): time span. Default: infinity. Since systemd 254. */
  readonly RestartMaxDelaySec?: TimeSpan;
  /** systemd.service(5): time span. Default: 0. Since systemd 262. */
  readonly RestartRandomizedDelaySec?: TimeSpan;
  /** systemd.service(5): path. */
  readonly PIDFile?: Value;
  /** systemd.service(5): command lines. */
  readonly ExecCondition?: Value;
  /** systemd.service(5): command lines. */
  readonly ExecStartPre?: Value;
  /** systemd.service(5): command lines. */
  readonly ExecStart?: Value;
  /** systemd.service(5): command lines. */
  readonly ExecStartPost?: Value;
  /** systemd.service(5): command lines. */
  readonly ExecReload?: Value;
  /** systemd.service(5): command lines. Since systemd 259. */
  readonly ExecReloadPost?: Value;
  /** systemd.service(5): command lines. */
  readonly ExecStop?: Value;
  /** systemd.service(5): command lines. */
  readonly ExecStopPost?: Value;
  /** systemd.service(5): time span. */
  readonly TimeoutStartSec?: TimeSpan;
  /** systemd.service(5): time span. Default: 1min 30s. */
  readonly TimeoutStopSec?: TimeSpan;
  /** systemd.service(5): time span. */
  readonly TimeoutSec?: TimeSpan;
  /** systemd.service(5): time span. */
  readonly TimeoutAbortSec?: TimeSpan;
  /** systemd.service(5): terminate|abort|kill. Default: terminate. */
  readonly TimeoutStartFailureMode?: 'terminate' | 'abort' | 'kill';
  /** systemd.service(5): terminate|abort|kill. Default: terminate. */
  readonly TimeoutStopFailureMode?: 'terminate' | 'abort' | 'kill';
  /** systemd.service(5): time span. Default: infinity. */
  readonly RuntimeMaxSec?: TimeSpan;
  /** systemd.service(5): time span. Default: 0. */
  readonly RuntimeRandomizedExtraSec?: TimeSpan;
  /** systemd.service(5): time span. Default: 0. */
  readonly WatchdogSec?: TimeSpan;
  /** systemd.service(5): boolean. Default: no. */
  readonly PermissionsStartOnly?: Flag;
  /** systemd.service(5): boolean. Default: no. */
  readonly RootDirectoryStartOnly?: Flag;
  /** systemd.service(5): boolean. Default: no. */
  readonly RemainAfterExit?: Flag;
  /** systemd.service(5): boolean. Default: yes. */
  readonly GuessMainPID?: Flag;
  /** systemd.service(5): exit statuses and signals. */
  readonly RestartPreventExitStatus?: Value;
  /** systemd.service(5): exit statuses and signals. */
  readonly RestartForceExitStatus?: Value;
  /** systemd.service(5): exit statuses and signals. */
  readonly SuccessExitStatus?: Value;
  /** systemd.service(5): boolean. Default: no. */
  readonly NonBlocking?: Flag;
  /** systemd.service(5): D-Bus name. */
  readonly BusName?: Value;
  /** systemd.service(5): unsigned integer. Default: 0. */
  readonly FileDescriptorStoreMax?: Value;
  /** systemd.service(5): no|yes|restart|on-success. Default: restart. Since systemd 254. */
  readonly FileDescriptorStorePreserve?: boolean | 'no' | 'yes' | 'restart' | 'on-success';
  /** systemd.service(5): words. Read, without effect here: what lives on through a kexec is kept by the host. Since systemd 262. */
  readonly LUOSession?: Value;
  /** systemd.service(5): boolean or extensions|credentials. Honoured: for credentials; there are no extension images. Since systemd 260. */
  readonly RefreshOnReload?: Value;
  /** systemd.service(5): none|main|exec|all. Default: none. */
  readonly NotifyAccess?: 'none' | 'main' | 'exec' | 'all';
  /** systemd.service(5): socket units. */
  readonly Sockets?: Value;
  /** systemd.service(5): files. Since systemd 253. */
  readonly OpenFile?: Value;
  /** systemd.service(5): signal. Default: 1. Since systemd 253. */
  readonly ReloadSignal?: Value;
  /** systemd.service(5): path. Read, without effect here: containers have no USB gadget controller. */
  readonly USBFunctionDescriptors?: Value;
  /** systemd.service(5): path. Read, without effect here: containers have no USB gadget controller. */
  readonly USBFunctionStrings?: Value;
  /** systemd.service(5): continue|stop|kill. Default: stop. */
  readonly OOMPolicy?: 'continue' | 'stop' | 'kill';
}

/** Directives of systemd.exec(5). */
export interface ExecDirectives {
  /** systemd.exec(5): path or ~. */
  readonly WorkingDirectory?: Value;
  /** systemd.exec(5): path. */
  readonly RootDirectory?: Value;
  /** systemd.exec(5): path. Read, without effect here: disk images need loop devices, which containers have none of. */
  readonly RootImage?: Value;
  /** systemd.exec(5): partition:options. Read, without effect here: disk images need loop devices, which containers have none of. */
  readonly RootImageOptions?: Value;
  /** systemd.exec(5): image policy. Read, without effect here: disk images need loop devices, which containers have none of. Since systemd 254. */
  readonly RootImagePolicy?: Value;
  /** systemd.exec(5): hash or path. Read, without effect here: disk images need loop devices, which containers have none of. */
  readonly RootHash?: Value;
  /** systemd.exec(5): base64 or path. Read, without effect here: disk images need loop devices, which containers have none of. */
  readonly RootHashSignature?: Value;
  /** systemd.exec(5): path. Read, without effect here: disk images need loop devices, which containers have none of. Since systemd 260. */
  readonly RootMStack?: Value;
  /** systemd.exec(5): path. Read, without effect here: disk images need loop devices, which containers have none of. */
  readonly RootVerity?: Value;
  /** systemd.exec(5): boolean. Default: no. Read, without effect here: the root is used as it is: a container's file system makes no snapshots. Since systemd 254. */
  readonly RootEphemeral?: Flag;
  /** systemd.exec(5): paths. Read, without effect here: what is in /usr and /opt is the image's to say. */
  readonly ExtensionDirectories?: Value;
  /** systemd.exec(5): image:options. Read, without effect here: disk images need loop devices, which containers have none of. */
  readonly ExtensionImages?: Value;
  /** systemd.exec(5): image policy. Read, without effect here: disk images need loop devices, which containers have none of. Since systemd 254. */
  readonly ExtensionImagePolicy?: Value;
  /** systemd.exec(5): image:path:options. Read, without effect here: disk images need loop devices, which containers have none of. */
  readonly MountImages?: Value;
  /** systemd.exec(5): image policy. Read, without effect here: disk images need loop devices, which containers have none of. Since systemd 254. */
  readonly MountImagePolicy?: Value;
  /** systemd.exec(5): user or group. */
  readonly User?: Value;
  /** systemd.exec(5): user or group. */
  readonly Group?: Value;
  /** systemd.exec(5): groups. */
  readonly SupplementaryGroups?: Value;
  /** systemd.exec(5): boolean. Since systemd 255. */
  readonly SetLoginEnvironment?: Flag;
  /** systemd.exec(5): nice level. Default: 0. Honoured: as near as may be where the container may not give it (no CAP_SYS_NICE). */
  readonly Nice?: Value;
  /** systemd.exec(5): OOM score. Default: 0. */
  readonly OOMScoreAdjust?: Value;
  /** systemd.exec(5): core dump filter. Default: 0x33. */
  readonly CoredumpFilter?: Value;
  /** systemd.exec(5): realtime|best-effort|idle. Default: 2. Honoured: left out, or as near as may be, where the container may not give it (no CAP_SYS_NICE); fails with --strict. */
  readonly IOSchedulingClass?: 'realtime' | 'best-effort' | 'idle';
  /** systemd.exec(5): 0…7. Default: 4. Honoured: left out, or as near as may be, where the container may not give it (no CAP_SYS_NICE); fails with --strict. */
  readonly IOSchedulingPriority?: Value;
  /** systemd.exec(5): other|batch|idle|fifo|rr|ext. Default: 0. Honoured: left out, or as near as may be, where the container may not give it (no CAP_SYS_NICE); fails with --strict. */
  readonly CPUSchedulingPolicy?: 'other' | 'batch' | 'idle' | 'fifo' | 'rr' | 'ext';
  /** systemd.exec(5): 1…99. Default: 0. Honoured: left out, or as near as may be, where the container may not give it (no CAP_SYS_NICE); fails with --strict. */
  readonly CPUSchedulingPriority?: Value;
  /** systemd.exec(5): boolean. Default: no. Honoured: left out, or as near as may be, where the container may not give it (no CAP_SYS_NICE); fails with --strict. */
  readonly CPUSchedulingResetOnFork?: Flag;
  /** systemd.exec(5): CPU list or numa. Honoured: left out, or as near as may be, where the container may not give it (no CAP_SYS_NICE); fails with --strict. */
  readonly CPUAffinity?: Value;
  /** systemd.exec(5): default|preferred|bind|interleave|local|preferred-many|weighted-interleave. Default: n/a. Read, without effect here: set_mempolicy(2) is refused by container runtimes. */
  readonly NUMAPolicy?: 'default' | 'preferred' | 'bind' | 'interleave' | 'local' | 'preferred-many' | 'weighted-interleave';
  /** systemd.exec(5): NUMA nodes or all. Read, without effect here: set_mempolicy(2) is refused by container runtimes. */
  readonly NUMAMask?: Value;
  /** systemd.exec(5): access mode. Default: 0022. */
  readonly UMask?: Value;
  /** systemd.exec(5): assignments. */
  readonly Environment?: Value;
  /** systemd.exec(5): path. */
  readonly EnvironmentFile?: Value;
  /** systemd.exec(5): variable names. */
  readonly PassEnvironment?: Value;
  /** systemd.exec(5): variable names. */
  readonly UnsetEnvironment?: Value;
  /** systemd.exec(5): boolean. Default: no. */
  readonly DynamicUser?: Flag;
  /** systemd.exec(5): boolean. Default: no. */
  readonly RemoveIPC?: Flag;
  /** systemd.exec(5): input. Default: null. */
  readonly StandardInput?: Value;
  /** systemd.exec(5): output. Default: inherit. */
  readonly StandardOutput?: Value;
  /** systemd.exec(5): output. Default: inherit. */
  readonly StandardError?: Value;
  /** systemd.exec(5): text. */
  readonly StandardInputText?: Value;
  /** systemd.exec(5): base64. */
  readonly StandardInputData?: Value;
  /** systemd.exec(5): path. */
  readonly TTYPath?: Value;
  /** systemd.exec(5): boolean. Default: no. */
  readonly TTYReset?: Flag;
  /** systemd.exec(5): boolean. Default: no. */
  readonly TTYVHangup?: Flag;
  /** systemd.exec(5): boolean. Default: no. Read, without effect here: containers have no virtual terminals. */
  readonly TTYVTDisallocate?: Flag;
  /** systemd.exec(5): unsigned integer. */
  readonly TTYRows?: Value;
  /** systemd.exec(5): unsigned integer. */
  readonly TTYColumns?: Value;
  /** systemd.exec(5): identifier. */
  readonly SyslogIdentifier?: Value;
  /** systemd.exec(5): facility. Default: 3. */
  readonly SyslogFacility?: Value;
  /** systemd.exec(5): level. Default: 6. */
  readonly SyslogLevel?: Value;
  /** systemd.exec(5): boolean. Default: yes. */
  readonly SyslogLevelPrefix?: Flag;
  /** systemd.exec(5): level. Default: -1. */
  readonly LogLevelMax?: Value;
  /** systemd.exec(5): time span. Default: 0. */
  readonly LogRateLimitIntervalSec?: TimeSpan;
  /** systemd.exec(5): unsigned integer. Default: 0. */
  readonly LogRateLimitBurst?: Value;
  /** systemd.exec(5): regular expression. Read, without effect here: all lines are kept: an expression over what others write could hold PID 1. Since systemd 253. */
  readonly LogFilterPatterns?: Value;
  /** systemd.exec(5): fields. */
  readonly LogExtraFields?: Value;
  /** systemd.exec(5): string. Read, without effect here: there is one journal in a container. */
  readonly LogNamespace?: Value;
  /** systemd.exec(5): secure bits. Default: 0. */
  readonly SecureBits?: Value;
  /** systemd.exec(5): capabilities. */
  readonly CapabilityBoundingSet?: Value;
  /** systemd.exec(5): capabilities. Honoured: as far as the container has them: what it lacks is left out. */
  readonly AmbientCapabilities?: Value;
  /** systemd.exec(5): time span (ns). Default: 50000. Honoured: left out, or as near as may be, where the container may not give it (no CAP_SYS_NICE); fails with --strict. */
  readonly TimerSlackNSec?: TimeSpan;
  /** systemd.exec(5): boolean. Default: no. */
  readonly NoNewPrivileges?: Flag;
  /** systemd.exec(5): inherit|private|shared. Default: inherit. Read, without effect here: container runtimes refuse the keyring system calls. */
  readonly KeyringMode?: 'inherit' | 'private' | 'shared';
  /** systemd.exec(5): noaccess|invisible|ptraceable|default. Default: default. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly ProtectProc?: 'noaccess' | 'invisible' | 'ptraceable' | 'default';
  /** systemd.exec(5): all|pid. Default: all. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly ProcSubset?: 'all' | 'pid';
  /** systemd.exec(5): system calls. */
  readonly SystemCallFilter?: Value;
  /** systemd.exec(5): architectures. */
  readonly SystemCallArchitectures?: Value;
  /** systemd.exec(5): errno. Default: 2147483646. */
  readonly SystemCallErrorNumber?: Value;
  /** systemd.exec(5): system calls. */
  readonly SystemCallLog?: Value;
  /** systemd.exec(5): boolean. Default: no. */
  readonly MemoryDenyWriteExecute?: Flag;
  /** systemd.exec(5): boolean or namespaces. Default: no. */
  readonly RestrictNamespaces?: Value;
  /** systemd.exec(5): boolean. Default: no. */
  readonly RestrictRealtime?: Flag;
  /** systemd.exec(5): boolean. Default: no. */
  readonly RestrictSUIDSGID?: Flag;
  /** systemd.exec(5): address families. */
  readonly RestrictAddressFamilies?: Value;
  /** systemd.exec(5): file systems. Read, without effect here: it needs BPF LSM programs, which containers may not load. */
  readonly RestrictFileSystems?: Value;
  /** systemd.exec(5): boolean. Default: no. */
  readonly LockPersonality?: Flag;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitCPU?: Value;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitFSIZE?: Value;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitDATA?: Value;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitSTACK?: Value;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitCORE?: Value;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitRSS?: Value;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitNOFILE?: Value;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitAS?: Value;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitNPROC?: Value;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitMEMLOCK?: Value;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitLOCKS?: Value;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitSIGPENDING?: Value;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitMSGQUEUE?: Value;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitNICE?: Value;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitRTPRIO?: Value;
  /** systemd.exec(5): limit. Honoured: as far as may be where the container may not raise it (no CAP_SYS_RESOURCE). */
  readonly LimitRTTIME?: Value;
  /** systemd.exec(5): paths. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly ReadWritePaths?: Value;
  /** systemd.exec(5): paths. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly ReadOnlyPaths?: Value;
  /** systemd.exec(5): paths. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly InaccessiblePaths?: Value;
  /** systemd.exec(5): paths. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly ExecPaths?: Value;
  /** systemd.exec(5): paths. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly NoExecPaths?: Value;
  /** systemd.exec(5): paths, colon separated. */
  readonly ExecSearchPath?: Value;
  /** systemd.exec(5): source:target:options. Honoured: fails where the container may not mount (no CAP_SYS_ADMIN). */
  readonly BindPaths?: Value;
  /** systemd.exec(5): source:target:options. Honoured: where the container may not mount (no CAP_SYS_ADMIN): left out if nothing is at its target, else fails. */
  readonly BindReadOnlyPaths?: Value;
  /** systemd.exec(5): path:options. Honoured: fails where the container may not mount (no CAP_SYS_ADMIN). */
  readonly TemporaryFileSystem?: Value;
  /** systemd.exec(5): no|yes|connected|disconnected. Default: no. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly PrivateTmp?: boolean | 'no' | 'yes' | 'connected' | 'disconnected';
  /** systemd.exec(5): boolean. Default: no. Honoured: without its mounts and namespaces where the container may not make them (no CAP_SYS_ADMIN); calls are filtered. */
  readonly PrivateDevices?: Flag;
  /** systemd.exec(5): boolean. Default: no. Honoured: without its mounts and namespaces where the container may not make them (no CAP_SYS_ADMIN); calls are filtered. */
  readonly ProtectKernelTunables?: Flag;
  /** systemd.exec(5): boolean. Default: no. Honoured: without its mounts and namespaces where the container may not make them (no CAP_SYS_ADMIN); calls are filtered. */
  readonly ProtectKernelModules?: Flag;
  /** systemd.exec(5): boolean. Default: no. Honoured: without its mounts and namespaces where the container may not make them (no CAP_SYS_ADMIN); calls are filtered. */
  readonly ProtectKernelLogs?: Flag;
  /** systemd.exec(5): boolean. Default: no. */
  readonly ProtectClock?: Flag;
  /** systemd.exec(5): no|yes|private|strict. Default: no. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly ProtectControlGroups?: boolean | 'no' | 'yes' | 'private' | 'strict';
  /** systemd.exec(5): path. Honoured: ignored where the container may not change namespaces (no CAP_SYS_ADMIN). */
  readonly NetworkNamespacePath?: Value;
  /** systemd.exec(5): path. Honoured: ignored where the container may not change namespaces (no CAP_SYS_ADMIN). */
  readonly IPCNamespacePath?: Value;
  /** systemd.exec(5): path. Honoured: fails where the container may not change namespaces (no CAP_SYS_ADMIN). Since systemd 259. */
  readonly UserNamespacePath?: Value;
  /** systemd.exec(5): boolean. Default: no. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly PrivateNetwork?: Flag;
  /** systemd.exec(5): no|yes|self|identity|full|managed. Default: no. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly PrivateUsers?: boolean | 'no' | 'yes' | 'self' | 'identity' | 'full' | 'managed';
  /** systemd.exec(5): boolean. Default: no. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly PrivateMounts?: Flag;
  /** systemd.exec(5): boolean. Default: no. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly PrivateIPC?: Flag;
  /** systemd.exec(5): boolean. Default: no. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). Since systemd 257. */
  readonly PrivatePIDs?: Flag;
  /** systemd.exec(5): boolean or namespaces. Honoured: where the container may make namespaces; all but `pid`. Since systemd 258. */
  readonly DelegateNamespaces?: Value;
  /** systemd.exec(5): boolean. Default: no. Read, without effect here: containers have no BPF file system. Since systemd 258. */
  readonly PrivateBPF?: Flag;
  /** systemd.exec(5): words. Read, without effect here: containers have no BPF file system. Since systemd 258. */
  readonly BPFDelegateCommands?: Value;
  /** systemd.exec(5): words. Read, without effect here: containers have no BPF file system. Since systemd 258. */
  readonly BPFDelegateMaps?: Value;
  /** systemd.exec(5): words. Read, without effect here: containers have no BPF file system. Since systemd 258. */
  readonly BPFDelegatePrograms?: Value;
  /** systemd.exec(5): words. Read, without effect here: containers have no BPF file system. Since systemd 258. */
  readonly BPFDelegateAttachments?: Value;
  /** systemd.exec(5): no|yes|full|strict. Default: no. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly ProtectSystem?: boolean | 'no' | 'yes' | 'full' | 'strict';
  /** systemd.exec(5): no|yes|read-only|tmpfs. Default: no. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly ProtectHome?: boolean | 'no' | 'yes' | 'read-only' | 'tmpfs';
  /** systemd.exec(5): shared|slave|private. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). */
  readonly MountFlags?: 'shared' | 'slave' | 'private';
  /** systemd.exec(5): boolean. */
  readonly MountAPIVFS?: Flag;
  /** systemd.exec(5): boolean. Honoured: ignored where the container may not mount (no CAP_SYS_ADMIN). Since systemd 257. */
  readonly BindLogSockets?: Flag;
  /** systemd.exec(5): architecture. */
  readonly Personality?: Value;
  /** systemd.exec(5): no|yes|restart|on-success. Default: no. */
  readonly RuntimeDirectoryPreserve?: boolean | 'no' | 'yes' | 'restart' | 'on-success';
  /** systemd.exec(5): access mode. Default: 0755. */
  readonly RuntimeDirectoryMode?: Value;
  /** systemd.exec(5): directories below a root. */
  readonly RuntimeDirectory?: Value;
  /** systemd.exec(5): access mode. Default: 0755. */
  readonly StateDirectoryMode?: Value;
  /** systemd.exec(5): directories below a root. */
  readonly StateDirectory?: Value;
  /** systemd.exec(5): access mode. Default: 0755. */
  readonly CacheDirectoryMode?: Value;
  /** systemd.exec(5): directories below a root. */
  readonly CacheDirectory?: Value;
  /** systemd.exec(5): access mode. Default: 0755. */
  readonly LogsDirectoryMode?: Value;
  /** systemd.exec(5): directories below a root. */
  readonly LogsDirectory?: Value;
  /** systemd.exec(5): access mode. Default: 0755. */
  readonly ConfigurationDirectoryMode?: Value;
  /** systemd.exec(5): directories below a root. */
  readonly ConfigurationDirectory?: Value;
  /** systemd.exec(5): quota. Read, without effect here: project quotas belong to the host. Since systemd 258. */
  readonly StateDirectoryQuota?: Value;
  /** systemd.exec(5): boolean. Default: no. Read, without effect here: project quotas belong to the host. Since systemd 258. */
  readonly StateDirectoryAccounting?: Flag;
  /** systemd.exec(5): quota. Read, without effect here: project quotas belong to the host. Since systemd 258. */
  readonly CacheDirectoryQuota?: Value;
  /** systemd.exec(5): boolean. Default: no. Read, without effect here: project quotas belong to the host. Since systemd 258. */
  readonly CacheDirectoryAccounting?: Flag;
  /** systemd.exec(5): quota. Read, without effect here: project quotas belong to the host. Since systemd 258. */
  readonly LogsDirectoryQuota?: Value;
  /** systemd.exec(5): boolean. Default: no. Read, without effect here: project quotas belong to the host. Since systemd 258. */
  readonly LogsDirectoryAccounting?: Flag;
  /** systemd.exec(5): id:value. */
  readonly SetCredential?: Value;
  /** systemd.exec(5): id:value. Read, without effect here: the key that credentials are sealed with is the host's. */
  readonly SetCredentialEncrypted?: Value;
  /** systemd.exec(5): id:path. */
  readonly LoadCredential?: Value;
  /** systemd.exec(5): id:path. Read, without effect here: the key that credentials are sealed with is the host's. */
  readonly LoadCredentialEncrypted?: Value;
  /** systemd.exec(5): glob[:name]. Since systemd 254. */
  readonly ImportCredential?: Value;
  /** systemd.exec(5): time span. Default: infinity. */
  readonly TimeoutCleanSec?: TimeSpan;
  /** systemd.exec(5): PAM name. Read, without effect here: sessions of PAM are not opened for services. */
  readonly PAMName?: Value;
  /** systemd.exec(5): boolean. Default: yes. */
  readonly IgnoreSIGPIPE?: Flag;
  /** systemd.exec(5): identifier. Read, without effect here: containers keep no utmp. */
  readonly UtmpIdentifier?: Value;
  /** systemd.exec(5): init|login|user. Default: init. Read, without effect here: containers keep no utmp. */
  readonly UtmpMode?: 'init' | 'login' | 'user';
  /** systemd.exec(5): label. Read, without effect here: SELinux is the host's, a container cannot load or switch policy. */
  readonly SELinuxContext?: Value;
  /** systemd.exec(5): label. Read, without effect here: AppArmor is the host's, a container cannot load or switch policy. */
  readonly AppArmorProfile?: Value;
  /** systemd.exec(5): label. Read, without effect here: SMACK is the host's, a container cannot load or switch policy. */
  readonly SmackProcessLabel?: Value;
  /** systemd.exec(5): no|yes|private, with a host name. Default: no. Honoured: without its mounts and namespaces where the container may not make them (no CAP_SYS_ADMIN); calls are filtered. */
  readonly ProtectHostname?: Value;
  /** systemd.exec(5): inherit|disable|madvise|system. Default: inherit. Honoured: where the kernel can (6.18 for `madvise`). Since systemd 260. */
  readonly MemoryTHP?: 'inherit' | 'disable' | 'madvise' | 'system';
  /** systemd.exec(5): boolean. Read, without effect here: the kernel asks for CAP_SYS_RESOURCE, which container runtimes do not give. Since systemd 254. */
  readonly MemoryKSM?: Flag;
}

/** Directives of systemd.kill(5). */
export interface KillDirectives {
  /** systemd.kill(5): control-group|mixed|process|none. Default: control-group. */
  readonly KillMode?: 'control-group' | 'mixed' | 'process' | 'none';
  /** systemd.kill(5): signal. Default: 15. */
  readonly KillSignal?: Value;
  /** systemd.kill(5): signal. Default: 0. */
  readonly RestartKillSignal?: Value;
  /** systemd.kill(5): signal. Default: 9. */
  readonly FinalKillSignal?: Value;
  /** systemd.kill(5): boolean. Default: yes. */
  readonly SendSIGKILL?: Flag;
  /** systemd.kill(5): boolean. Default: no. */
  readonly SendSIGHUP?: Flag;
  /** systemd.kill(5): signal. Default: 6. */
  readonly WatchdogSignal?: Value;
}

/** Directives of systemd.resource-control(5). */
export interface CgroupDirectives {
  /** systemd.resource-control(5): unit. */
  readonly Slice?: Value;
  /** systemd.resource-control(5): CPU list. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly AllowedCPUs?: Value;
  /** systemd.resource-control(5): CPU list. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly StartupAllowedCPUs?: Value;
  /** systemd.resource-control(5): CPU list. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly AllowedMemoryNodes?: Value;
  /** systemd.resource-control(5): CPU list. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly StartupAllowedMemoryNodes?: Value;
  /** systemd.resource-control(5): boolean. Default: no. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly CPUAccounting?: Flag;
  /** systemd.resource-control(5): 1…10000 or idle. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly CPUWeight?: Value;
  /** systemd.resource-control(5): 1…10000 or idle. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly StartupCPUWeight?: Value;
  /** systemd.resource-control(5): 2…262144. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly CPUShares?: Value;
  /** systemd.resource-control(5): 2…262144. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly StartupCPUShares?: Value;
  /** systemd.resource-control(5): percent. Default: infinity. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly CPUQuota?: Value;
  /** systemd.resource-control(5): time span. Default: infinity. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly CPUQuotaPeriodSec?: TimeSpan;
  /** systemd.resource-control(5): boolean. Default: yes. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly MemoryAccounting?: Flag;
  /** systemd.resource-control(5): size, percent or infinity. Default: 0. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly MemoryMin?: Value;
  /** systemd.resource-control(5): size, percent or infinity. Default: 0. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly DefaultMemoryMin?: Value;
  /** systemd.resource-control(5): size, percent or infinity. Default: 0. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly DefaultMemoryLow?: Value;
  /** systemd.resource-control(5): size, percent or infinity. Default: 0. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly MemoryLow?: Value;
  /** systemd.resource-control(5): size, percent or infinity. Default: 0. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 254. */
  readonly StartupMemoryLow?: Value;
  /** systemd.resource-control(5): size, percent or infinity. Default: 0. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 254. */
  readonly DefaultStartupMemoryLow?: Value;
  /** systemd.resource-control(5): size, percent or infinity. Default: infinity. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly MemoryHigh?: Value;
  /** systemd.resource-control(5): size, percent or infinity. Default: infinity. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 254. */
  readonly StartupMemoryHigh?: Value;
  /** systemd.resource-control(5): size, percent or infinity. Default: infinity. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly MemoryMax?: Value;
  /** systemd.resource-control(5): size, percent or infinity. Default: infinity. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 254. */
  readonly StartupMemoryMax?: Value;
  /** systemd.resource-control(5): size, percent or infinity. Default: infinity. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly MemorySwapMax?: Value;
  /** systemd.resource-control(5): size, percent or infinity. Default: infinity. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 254. */
  readonly StartupMemorySwapMax?: Value;
  /** systemd.resource-control(5): size, percent or infinity. Default: infinity. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 253. */
  readonly MemoryZSwapMax?: Value;
  /** systemd.resource-control(5): size, percent or infinity. Default: infinity. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 254. */
  readonly StartupMemoryZSwapMax?: Value;
  /** systemd.resource-control(5): boolean. Default: yes. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 256. */
  readonly MemoryZSwapWriteback?: Flag;
  /** systemd.resource-control(5): size, percent or infinity. Default: infinity. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly MemoryLimit?: Value;
  /** systemd.resource-control(5): off|on|auto|skip. Default: auto. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 254. */
  readonly MemoryPressureWatch?: 'off' | 'on' | 'auto' | 'skip';
  /** systemd.resource-control(5): time span. Default: 200ms. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 254. */
  readonly MemoryPressureThresholdSec?: TimeSpan;
  /** systemd.resource-control(5): off|on|auto|skip. Default: auto. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 261. */
  readonly CPUPressureWatch?: 'off' | 'on' | 'auto' | 'skip';
  /** systemd.resource-control(5): time span. Default: 200ms. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 261. */
  readonly CPUPressureThresholdSec?: TimeSpan;
  /** systemd.resource-control(5): off|on|auto|skip. Default: auto. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 261. */
  readonly IOPressureWatch?: 'off' | 'on' | 'auto' | 'skip';
  /** systemd.resource-control(5): time span. Default: 200ms. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 261. */
  readonly IOPressureThresholdSec?: TimeSpan;
  /** systemd.resource-control(5): member|root|isolated. Default: member. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 261. */
  readonly CPUSetPartition?: 'member' | 'root' | 'isolated';
  /** systemd.resource-control(5): device and rights. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly DeviceAllow?: Value;
  /** systemd.resource-control(5): auto|closed|strict. Default: auto. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly DevicePolicy?: 'auto' | 'closed' | 'strict';
  /** systemd.resource-control(5): boolean. Default: no. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly IOAccounting?: Flag;
  /** systemd.resource-control(5): 1…10000. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly IOWeight?: Value;
  /** systemd.resource-control(5): 1…10000. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly StartupIOWeight?: Value;
  /** systemd.resource-control(5): device and weight. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly IODeviceWeight?: Value;
  /** systemd.resource-control(5): device and rate. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly IOReadBandwidthMax?: Value;
  /** systemd.resource-control(5): device and rate. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly IOWriteBandwidthMax?: Value;
  /** systemd.resource-control(5): device and rate. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly IOReadIOPSMax?: Value;
  /** systemd.resource-control(5): device and rate. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly IOWriteIOPSMax?: Value;
  /** systemd.resource-control(5): device and time span. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly IODeviceLatencyTargetSec?: Value;
  /** systemd.resource-control(5): boolean. Default: no. Read, without effect here: of cgroup v1, which containers are given read-only. */
  readonly BlockIOAccounting?: Flag;
  /** systemd.resource-control(5): 10…1000. Read, without effect here: of cgroup v1, which containers are given read-only. */
  readonly BlockIOWeight?: Value;
  /** systemd.resource-control(5): 10…1000. Read, without effect here: of cgroup v1, which containers are given read-only. */
  readonly StartupBlockIOWeight?: Value;
  /** systemd.resource-control(5): device and weight. Read, without effect here: of cgroup v1, which containers are given read-only. */
  readonly BlockIODeviceWeight?: Value;
  /** systemd.resource-control(5): device and rate. Read, without effect here: of cgroup v1, which containers are given read-only. */
  readonly BlockIOReadBandwidth?: Value;
  /** systemd.resource-control(5): device and rate. Read, without effect here: of cgroup v1, which containers are given read-only. */
  readonly BlockIOWriteBandwidth?: Value;
  /** systemd.resource-control(5): boolean. Default: yes. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly TasksAccounting?: Flag;
  /** systemd.resource-control(5): number, percent or infinity. Default: 0. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly TasksMax?: Value;
  /** systemd.resource-control(5): boolean or controllers. Read, without effect here: every service has what the container has; cgroups are delegated by its runtime. */
  readonly Delegate?: Value;
  /** systemd.resource-control(5): cgroup name. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. Since systemd 254. */
  readonly DelegateSubgroup?: Value;
  /** systemd.resource-control(5): controllers. Read, without effect here: the container's cgroup tree is read-only, limits are set by its runtime. */
  readonly DisableControllers?: Value;
  /** systemd.resource-control(5): boolean. Default: no. Read, without effect here: it needs BPF programs on the cgroup, which containers may not load. */
  readonly IPAccounting?: Flag;
  /** systemd.resource-control(5): addresses. Read, without effect here: it needs BPF programs on the cgroup, which containers may not load. */
  readonly IPAddressAllow?: Value;
  /** systemd.resource-control(5): addresses. Read, without effect here: it needs BPF programs on the cgroup, which containers may not load. */
  readonly IPAddressDeny?: Value;
  /** systemd.resource-control(5): path. Read, without effect here: it needs BPF programs on the cgroup, which containers may not load. */
  readonly IPIngressFilterPath?: Value;
  /** systemd.resource-control(5): path. Read, without effect here: it needs BPF programs on the cgroup, which containers may not load. */
  readonly IPEgressFilterPath?: Value;
  /** systemd.resource-control(5): auto|kill. Default: auto. Read, without effect here: systemd-oomd runs on the host. */
  readonly ManagedOOMSwap?: 'auto' | 'kill';
  /** systemd.resource-control(5): auto|kill. Default: auto. Read, without effect here: systemd-oomd runs on the host. */
  readonly ManagedOOMMemoryPressure?: 'auto' | 'kill';
  /** systemd.resource-control(5): percent. Default: 0. Read, without effect here: systemd-oomd runs on the host. */
  readonly ManagedOOMMemoryPressureLimit?: Value;
  /** systemd.resource-control(5): time span. Default: infinity. Read, without effect here: systemd-oomd runs on the host. Since systemd 257. */
  readonly ManagedOOMMemoryPressureDurationSec?: TimeSpan;
  /** systemd.resource-control(5): words. Read, without effect here: systemd-oomd runs on the host. Since systemd 261. */
  readonly OOMRules?: Value;
  /** systemd.resource-control(5): none|avoid|omit. Default: none. Read, without effect here: systemd-oomd runs on the host. */
  readonly ManagedOOMPreference?: 'none' | 'avoid' | 'omit';
  /** systemd.resource-control(5): type:path. Read, without effect here: it needs BPF programs on the cgroup, which containers may not load. */
  readonly BPFProgram?: Value;
  /** systemd.resource-control(5): family:protocol:ports. Read, without effect here: it needs BPF programs on the cgroup, which containers may not load. */
  readonly SocketBindAllow?: Value;
  /** systemd.resource-control(5): family:protocol:ports. Read, without effect here: it needs BPF programs on the cgroup, which containers may not load. */
  readonly SocketBindDeny?: Value;
  /** systemd.resource-control(5): interface. Read, without effect here: it needs BPF programs on the cgroup, which containers may not load. Since systemd 260. */
  readonly BindNetworkInterface?: Value;
  /** systemd.resource-control(5): network interfaces. Read, without effect here: it needs BPF programs on the cgroup, which containers may not load. */
  readonly RestrictNetworkInterfaces?: Value;
  /** systemd.resource-control(5): NFT set. Read, without effect here: sets of nftables by cgroup belong to the host. Since systemd 255. */
  readonly NFTSet?: Value;
  /** systemd.resource-control(5): boolean. Default: no. Read, without effect here: core dumps are handled by the host. Since systemd 255. */
  readonly CoredumpReceive?: Flag;
}

/** Directives of systemd.socket(5). */
export interface SocketDirectives {
  /** systemd.socket(5): address. */
  readonly ListenStream?: Value;
  /** systemd.socket(5): address. */
  readonly ListenDatagram?: Value;
  /** systemd.socket(5): address. */
  readonly ListenSequentialPacket?: Value;
  /** systemd.socket(5): path. */
  readonly ListenFIFO?: Value;
  /** systemd.socket(5): address. */
  readonly ListenNetlink?: Value;
  /** systemd.socket(5): path. */
  readonly ListenSpecial?: Value;
  /** systemd.socket(5): address. */
  readonly ListenMessageQueue?: Value;
  /** systemd.socket(5): address. Read, without effect here: containers have no USB gadget controller. */
  readonly ListenUSBFunction?: Value;
  /** systemd.socket(5): udplite|sctp|mptcp. Default: 0. */
  readonly SocketProtocol?: 'udplite' | 'sctp' | 'mptcp';
  /** systemd.socket(5): default|both|ipv6-only. Default: default. */
  readonly BindIPv6Only?: 'default' | 'both' | 'ipv6-only';
  /** systemd.socket(5): unsigned integer. Default: 2147483647. */
  readonly Backlog?: Value;
  /** systemd.socket(5): network interface. */
  readonly BindToDevice?: Value;
  /** systemd.socket(5): command lines. */
  readonly ExecStartPre?: Value;
  /** systemd.socket(5): command lines. */
  readonly ExecStartPost?: Value;
  /** systemd.socket(5): command lines. */
  readonly ExecStopPre?: Value;
  /** systemd.socket(5): command lines. */
  readonly ExecStopPost?: Value;
  /** systemd.socket(5): time span. Default: 1min 30s. */
  readonly TimeoutSec?: TimeSpan;
  /** systemd.socket(5): user or group. */
  readonly SocketUser?: Value;
  /** systemd.socket(5): user or group. */
  readonly SocketGroup?: Value;
  /** systemd.socket(5): access mode. Default: 0666. */
  readonly SocketMode?: Value;
  /** systemd.socket(5): access mode. Default: 0755. */
  readonly DirectoryMode?: Value;
  /** systemd.socket(5): boolean. Default: no. */
  readonly Accept?: Flag;
  /** systemd.socket(5): boolean. Default: no. */
  readonly FlushPending?: Flag;
  /** systemd.socket(5): boolean. Default: no. */
  readonly Writable?: Flag;
  /** systemd.socket(5): unsigned integer. Default: 64. */
  readonly MaxConnections?: Value;
  /** systemd.socket(5): unsigned integer. Default: 0. */
  readonly MaxConnectionsPerSource?: Value;
  /** systemd.socket(5): boolean. Default: no. */
  readonly KeepAlive?: Flag;
  /** systemd.socket(5): time span. Default: 0. */
  readonly KeepAliveTimeSec?: TimeSpan;
  /** systemd.socket(5): time span. Default: 0. */
  readonly KeepAliveIntervalSec?: TimeSpan;
  /** systemd.socket(5): unsigned integer. Default: 0. */
  readonly KeepAliveProbes?: Value;
  /** systemd.socket(5): time span. Default: 0. */
  readonly DeferAcceptSec?: TimeSpan;
  /** systemd.socket(5): boolean. Default: no. */
  readonly NoDelay?: Flag;
  /** systemd.socket(5): integer. Default: -1. */
  readonly Priority?: Value;
  /** systemd.socket(5): size. Default: 0. */
  readonly ReceiveBuffer?: Value;
  /** systemd.socket(5): size. Default: 0. */
  readonly SendBuffer?: Value;
  /** systemd.socket(5): low-delay|throughput|reliability|low-cost or a number. Default: -1. */
  readonly IPTOS?: Value;
  /** systemd.socket(5): integer. Default: -1. */
  readonly IPTTL?: Value;
  /** systemd.socket(5): integer. Default: -1. */
  readonly Mark?: Value;
  /** systemd.socket(5): size. Default: 0. */
  readonly PipeSize?: Value;
  /** systemd.socket(5): boolean. Default: no. */
  readonly FreeBind?: Flag;
  /** systemd.socket(5): boolean. Default: no. */
  readonly Transparent?: Flag;
  /** systemd.socket(5): boolean. Default: no. */
  readonly Broadcast?: Flag;
  /** systemd.socket(5): boolean. Default: no. */
  readonly PassCredentials?: Flag;
  /** systemd.socket(5): boolean. Default: no. Honoured: where the kernel can (6.5). Since systemd 256. */
  readonly PassPIDFD?: Flag;
  /** systemd.socket(5): boolean. Default: no. */
  readonly PassSecurity?: Flag;
  /** systemd.socket(5): boolean. Default: no. */
  readonly PassPacketInfo?: Flag;
  /** systemd.socket(5): boolean. Default: no. Since systemd 256. */
  readonly PassFileDescriptorsToExec?: Flag;
  /** systemd.socket(5): boolean. Default: yes. Honoured: where the kernel can (6.16). Since systemd 257. */
  readonly AcceptFileDescriptors?: Flag;
  /** systemd.socket(5): off|us|ns. Default: off. */
  readonly Timestamping?: 'off' | 'us' | 'ns';
  /** systemd.socket(5): string. */
  readonly TCPCongestion?: Value;
  /** systemd.socket(5): boolean. Default: no. */
  readonly ReusePort?: Flag;
  /** systemd.socket(5): integer. Default: 0. */
  readonly MessageQueueMaxMessages?: Value;
  /** systemd.socket(5): integer. Default: 0. */
  readonly MessageQueueMessageSize?: Value;
  /** systemd.socket(5): boolean. Default: no. */
  readonly RemoveOnStop?: Flag;
  /** systemd.socket(5): paths. */
  readonly Symlinks?: Value;
  /** systemd.socket(5): string. */
  readonly FileDescriptorName?: Value;
  /** systemd.socket(5): service unit. */
  readonly Service?: Value;
  /** systemd.socket(5): time span. Default: infinity. */
  readonly TriggerLimitIntervalSec?: TimeSpan;
  /** systemd.socket(5): unsigned integer. Default: 4294967295. */
  readonly TriggerLimitBurst?: Value;
  /** systemd.socket(5): time span. Default: 2s. Since systemd 255. */
  readonly PollLimitIntervalSec?: TimeSpan;
  /** systemd.socket(5): unsigned integer. Default: 4294967295. Since systemd 255. */
  readonly PollLimitBurst?: Value;
  /** systemd.socket(5): no|yes|patient. Default: no. Since systemd 258. */
  readonly DeferTrigger?: boolean | 'no' | 'yes' | 'patient';
  /** systemd.socket(5): time span. Default: infinity. Since systemd 258. */
  readonly DeferTriggerMaxSec?: TimeSpan;
  /** systemd.socket(5): words. Read, without effect here: before Linux 7.0 sockets have no extended attributes. Since systemd 262. */
  readonly XAttrEntryPoint?: Value;
  /** systemd.socket(5): words. Read, without effect here: before Linux 7.0 sockets have no extended attributes. Since systemd 262. */
  readonly XAttrListen?: Value;
  /** systemd.socket(5): words. Read, without effect here: before Linux 7.0 sockets have no extended attributes. Since systemd 262. */
  readonly XAttrAccept?: Value;
  /** systemd.socket(5): label. Read, without effect here: SMACK is the host's, a container cannot label its sockets. */
  readonly SmackLabel?: Value;
  /** systemd.socket(5): label. Read, without effect here: SMACK is the host's, a container cannot label its sockets. */
  readonly SmackLabelIPIn?: Value;
  /** systemd.socket(5): label. Read, without effect here: SMACK is the host's, a container cannot label its sockets. */
  readonly SmackLabelIPOut?: Value;
  /** systemd.socket(5): boolean. Default: no. Read, without effect here: SELinux is the host's, a container cannot load or switch policy. */
  readonly SELinuxContextFromNet?: Flag;
}

/** Directives of systemd.timer(5). */
export interface TimerDirectives {
  /** systemd.timer(5): calendar event. */
  readonly OnCalendar?: Value;
  /** systemd.timer(5): time span. */
  readonly OnActiveSec?: TimeSpan;
  /** systemd.timer(5): time span. */
  readonly OnBootSec?: TimeSpan;
  /** systemd.timer(5): time span. */
  readonly OnStartupSec?: TimeSpan;
  /** systemd.timer(5): time span. */
  readonly OnUnitActiveSec?: TimeSpan;
  /** systemd.timer(5): time span. */
  readonly OnUnitInactiveSec?: TimeSpan;
  /** systemd.timer(5): boolean. Default: no. Honoured: the clock is set by a second or more; it is seen within one. */
  readonly OnClockChange?: Flag;
  /** systemd.timer(5): boolean. Default: no. */
  readonly OnTimezoneChange?: Flag;
  /** systemd.timer(5): boolean. Default: no. */
  readonly Persistent?: Flag;
  /** systemd.timer(5): boolean. Default: no. Read, without effect here: a container cannot wake its host. */
  readonly WakeSystem?: Flag;
  /** systemd.timer(5): boolean. Default: yes. */
  readonly RemainAfterElapse?: Flag;
  /** systemd.timer(5): boolean. Default: no. */
  readonly FixedRandomDelay?: Flag;
  /** systemd.timer(5): boolean. Default: no. Since systemd 257. */
  readonly DeferReactivation?: Flag;
  /** systemd.timer(5): time span. Default: 1min. Honoured: timers elapse on time, which any accuracy permits. */
  readonly AccuracySec?: TimeSpan;
  /** systemd.timer(5): time span. Default: 0. */
  readonly RandomizedDelaySec?: TimeSpan;
  /** systemd.timer(5): time span. Default: 0. Since systemd 258. */
  readonly RandomizedOffsetSec?: TimeSpan;
  /** systemd.timer(5): unit. */
  readonly Unit?: Value;
}

/** Directives of systemd.path(5). */
export interface PathDirectives {
  /** systemd.path(5): path. */
  readonly PathExists?: Value;
  /** systemd.path(5): path. */
  readonly PathExistsGlob?: Value;
  /** systemd.path(5): path. */
  readonly PathChanged?: Value;
  /** systemd.path(5): path. */
  readonly PathModified?: Value;
  /** systemd.path(5): path. */
  readonly DirectoryNotEmpty?: Value;
  /** systemd.path(5): unit. */
  readonly Unit?: Value;
  /** systemd.path(5): boolean. Default: no. */
  readonly MakeDirectory?: Flag;
  /** systemd.path(5): access mode. Default: 0755. */
  readonly DirectoryMode?: Value;
  /** systemd.path(5): time span. Default: infinity. */
  readonly TriggerLimitIntervalSec?: TimeSpan;
  /** systemd.path(5): unsigned integer. Default: 4294967295. */
  readonly TriggerLimitBurst?: Value;
}

/** Directives of systemd.mount(5). */
export interface MountDirectives {
  /** systemd.mount(5): source. */
  readonly What?: Value;
  /** systemd.mount(5): path. */
  readonly Where?: Value;
  /** systemd.mount(5): options. */
  readonly Options?: Value;
  /** systemd.mount(5): file system type. */
  readonly Type?: Value;
  /** systemd.mount(5): time span. Default: 1min 30s. */
  readonly TimeoutSec?: TimeSpan;
  /** systemd.mount(5): access mode. Default: 0755. */
  readonly DirectoryMode?: Value;
  /** systemd.mount(5): boolean. Default: no. */
  readonly SloppyOptions?: Flag;
  /** systemd.mount(5): boolean. Default: no. */
  readonly LazyUnmount?: Flag;
  /** systemd.mount(5): boolean. Default: no. */
  readonly ForceUnmount?: Flag;
  /** systemd.mount(5): boolean. Default: no. */
  readonly ReadWriteOnly?: Flag;
}

/** Directives of systemd.slice(5). */
export interface SliceDirectives {
  /** systemd.slice(5): unsigned integer or infinity. Default: 4294967295. Since systemd 258. */
  readonly ConcurrencySoftMax?: Value;
  /** systemd.slice(5): unsigned integer or infinity. Default: 4294967295. Since systemd 262. */
  readonly ActivatingConcurrencyMax?: Value;
  /** systemd.slice(5): unsigned integer or infinity. Default: 4294967295. Since systemd 258. */
  readonly ConcurrencyHardMax?: Value;
}

/** Directives of systemd.unit(5), INSTALL SECTION. */
export interface InstallDirectives {
  /** systemd.unit(5), INSTALL SECTION: units. */
  readonly Alias?: Value;
  /** systemd.unit(5), INSTALL SECTION: units. */
  readonly WantedBy?: Value;
  /** systemd.unit(5), INSTALL SECTION: units. */
  readonly RequiredBy?: Value;
  /** systemd.unit(5), INSTALL SECTION: units. Since systemd 254. */
  readonly UpheldBy?: Value;
  /** systemd.unit(5), INSTALL SECTION: units. */
  readonly Also?: Value;
  /** systemd.unit(5), INSTALL SECTION: string. */
  readonly DefaultInstance?: Value;
}

/** Directives of systemd-system.conf(5). */
export interface ManagerDirectives {
  /** systemd-system.conf(5): level. */
  readonly LogLevel?: Value;
  /** systemd-system.conf(5): string. Read, without effect here: pidone logs to its journal. */
  readonly LogTarget?: Value;
  /** systemd-system.conf(5): boolean. Read, without effect here: the console of a container is the output of its init. */
  readonly LogColor?: Flag;
  /** systemd-system.conf(5): boolean. Read, without effect here: the console of a container is the output of its init. */
  readonly LogLocation?: Flag;
  /** systemd-system.conf(5): boolean. Read, without effect here: the console of a container is the output of its init. */
  readonly LogTime?: Flag;
  /** systemd-system.conf(5): boolean. Default: yes. Read, without effect here: limits of the container's own init are the engine's. */
  readonly DumpCore?: Flag;
  /** systemd-system.conf(5): string. Read, without effect here: the console of a container is the output of its init. */
  readonly CrashChVT?: Value;
  /** systemd-system.conf(5): string. Read, without effect here: the console of a container is the output of its init. */
  readonly CrashChangeVT?: Value;
  /** systemd-system.conf(5): boolean. Default: no. Read, without effect here: the console of a container is the output of its init. */
  readonly CrashShell?: Flag;
  /** systemd-system.conf(5): boolean. Default: no. Read, without effect here: the console of a container is the output of its init. */
  readonly CrashReboot?: Flag;
  /** systemd-system.conf(5): string. Read, without effect here: the console of a container is the output of its init. Since systemd 256. */
  readonly CrashAction?: Value;
  /** systemd-system.conf(5): no|yes|auto|error. Default: yes. */
  readonly ShowStatus?: boolean | 'no' | 'yes' | 'auto' | 'error';
  /** systemd-system.conf(5): name|description|combined. Default: combined. */
  readonly StatusUnitFormat?: 'name' | 'description' | 'combined';
  /** systemd-system.conf(5): CPU list or numa. Read, without effect here: limits of the container's own init are the engine's. */
  readonly CPUAffinity?: Value;
  /** systemd-system.conf(5): default|preferred|bind|interleave|local|preferred-many|weighted-interleave. Default: n/a. Read, without effect here: limits of the container's own init are the engine's. */
  readonly NUMAPolicy?: 'default' | 'preferred' | 'bind' | 'interleave' | 'local' | 'preferred-many' | 'weighted-interleave';
  /** systemd-system.conf(5): NUMA nodes or all. Read, without effect here: limits of the container's own init are the engine's. */
  readonly NUMAMask?: Value;
  /** systemd-system.conf(5): time span. Read, without effect here: a container has no hardware watchdog. */
  readonly RuntimeWatchdogSec?: TimeSpan;
  /** systemd-system.conf(5): time span. Read, without effect here: a container has no hardware watchdog. */
  readonly RuntimeWatchdogPreSec?: TimeSpan;
  /** systemd-system.conf(5): time span. Read, without effect here: a container has no hardware watchdog. */
  readonly RebootWatchdogSec?: TimeSpan;
  /** systemd-system.conf(5): time span. Read, without effect here: a container has no hardware watchdog. */
  readonly ShutdownWatchdogSec?: TimeSpan;
  /** systemd-system.conf(5): time span. Read, without effect here: a container has no hardware watchdog. */
  readonly KExecWatchdogSec?: TimeSpan;
  /** systemd-system.conf(5): path. Read, without effect here: a container has no hardware watchdog. */
  readonly WatchdogDevice?: Value;
  /** systemd-system.conf(5): string. Read, without effect here: a container has no hardware watchdog. */
  readonly RuntimeWatchdogPreGovernor?: Value;
  /** systemd-system.conf(5): capabilities. Read, without effect here: limits of the container's own init are the engine's. */
  readonly CapabilityBoundingSet?: Value;
  /** systemd-system.conf(5): boolean. Default: no. Read, without effect here: limits of the container's own init are the engine's. */
  readonly NoNewPrivileges?: Flag;
  /** systemd-system.conf(5): architectures. Read, without effect here: limits of the container's own init are the engine's. */
  readonly SystemCallArchitectures?: Value;
  /** systemd-system.conf(5): time span (ns). Default: 50000. Read, without effect here: limits of the container's own init are the engine's. */
  readonly TimerSlackNSec?: TimeSpan;
  /** systemd-system.conf(5): time span. Default: 1min. */
  readonly DefaultTimerAccuracySec?: TimeSpan;
  /** systemd-system.conf(5): inherit|null|tty|kmsg|kmsg+console|journal|journal+console|socket. Default: journal. */
  readonly DefaultStandardOutput?: Value;
  /** systemd-system.conf(5): inherit|null|tty|kmsg|kmsg+console|journal|journal+console|socket. Default: inherit. */
  readonly DefaultStandardError?: Value;
  /** systemd-system.conf(5): time span. Default: 1min 30s. */
  readonly DefaultTimeoutStartSec?: TimeSpan;
  /** systemd-system.conf(5): time span. Default: 1min 30s. */
  readonly DefaultTimeoutStopSec?: TimeSpan;
  /** systemd-system.conf(5): time span. */
  readonly DefaultTimeoutAbortSec?: TimeSpan;
  /** systemd-system.conf(5): time span. Default: 1min 30s. */
  readonly DefaultDeviceTimeoutSec?: TimeSpan;
  /** systemd-system.conf(5): time span. Default: 100ms. */
  readonly DefaultRestartSec?: TimeSpan;
  /** systemd-system.conf(5): time span. Default: 10s. */
  readonly DefaultStartLimitIntervalSec?: TimeSpan;
  /** systemd-system.conf(5): unsigned integer. Default: 5. */
  readonly DefaultStartLimitBurst?: Value;
  /** systemd-system.conf(5): assignments. */
  readonly DefaultEnvironment?: Value;
  /** systemd-system.conf(5): assignments. */
  readonly ManagerEnvironment?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitCPU?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitFSIZE?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitDATA?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitSTACK?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitCORE?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitRSS?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitNOFILE?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitAS?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitNPROC?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitMEMLOCK?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitLOCKS?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitSIGPENDING?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitMSGQUEUE?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitNICE?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitRTPRIO?: Value;
  /** systemd-system.conf(5): limit. */
  readonly DefaultLimitRTTIME?: Value;
  /** systemd-system.conf(5): boolean. */
  readonly DefaultCPUAccounting?: Flag;
  /** systemd-system.conf(5): boolean. Default: no. */
  readonly DefaultIOAccounting?: Flag;
  /** systemd-system.conf(5): boolean. Default: no. */
  readonly DefaultIPAccounting?: Flag;
  /** systemd-system.conf(5): boolean. Default: no. */
  readonly DefaultBlockIOAccounting?: Flag;
  /** systemd-system.conf(5): boolean. Default: yes. */
  readonly DefaultMemoryAccounting?: Flag;
  /** systemd-system.conf(5): boolean. Default: yes. */
  readonly DefaultTasksAccounting?: Flag;
  /** systemd-system.conf(5): number, percent or infinity. Default: infinity. */
  readonly DefaultTasksMax?: Value;
  /** systemd-system.conf(5): none|reboot|poweroff|exit|halt|…, -force, -immediate. Default: reboot-force. Honoured: as SIGINT, more than seven times in two seconds; where it is not set, the container ends at once. */
  readonly CtrlAltDelBurstAction?: Value;
  /** systemd-system.conf(5): continue|stop|kill. Default: stop. */
  readonly DefaultOOMPolicy?: 'continue' | 'stop' | 'kill';
  /** systemd-system.conf(5): OOM score. Default: 0. */
  readonly DefaultOOMScoreAdjust?: Value;
  /** systemd-system.conf(5): string. Read, without effect here: SMACK is the host's. */
  readonly DefaultSmackProcessLabel?: Value;
  /** systemd-system.conf(5): string. Read, without effect here: pressure is that of a cgroup, and those are the engine's. Since systemd 254. */
  readonly DefaultMemoryPressureWatch?: Value;
  /** systemd-system.conf(5): time span. Default: 200ms. Read, without effect here: pressure is that of a cgroup, and those are the engine's. Since systemd 254. */
  readonly DefaultMemoryPressureThresholdSec?: TimeSpan;
  /** systemd-system.conf(5): string. Read, without effect here: pressure is that of a cgroup, and those are the engine's. Since systemd 261. */
  readonly DefaultCPUPressureWatch?: Value;
  /** systemd-system.conf(5): time span. Default: 200ms. Read, without effect here: pressure is that of a cgroup, and those are the engine's. Since systemd 261. */
  readonly DefaultCPUPressureThresholdSec?: TimeSpan;
  /** systemd-system.conf(5): string. Read, without effect here: pressure is that of a cgroup, and those are the engine's. Since systemd 261. */
  readonly DefaultIOPressureWatch?: Value;
  /** systemd-system.conf(5): time span. Default: 200ms. Read, without effect here: pressure is that of a cgroup, and those are the engine's. Since systemd 261. */
  readonly DefaultIOPressureThresholdSec?: TimeSpan;
  /** systemd-system.conf(5): string. Read, without effect here: pressure is that of a cgroup, and those are the engine's. Since systemd 261. */
  readonly DefaultMemoryZSwapWriteback?: Value;
  /** systemd-system.conf(5): time span. Default: 1s. Read, without effect here: what one turn of the loop does is bounded, so that it needs no limit of its own. Since systemd 261. */
  readonly EventLoopRateLimitIntervalSec?: TimeSpan;
  /** systemd-system.conf(5): unsigned integer. Default: 50000. Read, without effect here: what one turn of the loop does is bounded, so that it needs no limit of its own. Since systemd 261. */
  readonly EventLoopRateLimitBurst?: Value;
  /** systemd-system.conf(5): time span. Default: 15s. Read, without effect here: the engine says how fast a container comes back. Since systemd 261. */
  readonly MinimumUptimeSec?: TimeSpan;
  /** systemd-system.conf(5): string. Read, without effect here: it needs BPF LSM programs, which containers may not load. Since systemd 261. */
  readonly RestrictFileSystemAccess?: Value;
  /** systemd-system.conf(5): boolean. Default: no. Since systemd 258. */
  readonly DefaultRestrictSUIDSGID?: Flag;
  /** systemd-system.conf(5): time span. Default: 0. Since systemd 253. */
  readonly ReloadLimitIntervalSec?: TimeSpan;
  /** systemd-system.conf(5): unsigned integer. Default: 0. Since systemd 253. */
  readonly ReloadLimitBurst?: Value;
  /** systemd-system.conf(5): string. Read, without effect here: limits of the container's own init are the engine's. Since systemd 256. */
  readonly ProtectSystem?: Value;
}

/** A unit file as an object, section by section. Directives whose names begin with `X-` are anybody’s. */
export interface UnitObject {
  /** The section of that name: systemd.unit(5). */
  readonly Unit?: UnitDirectives & Foreign;
  /** The section of that name: systemd.service(5), systemd.exec(5), systemd.kill(5), systemd.resource-control(5). */
  readonly Service?: ServiceDirectives & ExecDirectives & KillDirectives & CgroupDirectives & Foreign;
  /** The section of that name: systemd.socket(5), systemd.exec(5), systemd.kill(5), systemd.resource-control(5). */
  readonly Socket?: SocketDirectives & ExecDirectives & KillDirectives & CgroupDirectives & Foreign;
  /** The section of that name: systemd.timer(5). */
  readonly Timer?: TimerDirectives & Foreign;
  /** The section of that name: systemd.path(5). */
  readonly Path?: PathDirectives & Foreign;
  /** The section of that name: systemd.mount(5), systemd.exec(5), systemd.kill(5), systemd.resource-control(5). */
  readonly Mount?: MountDirectives & ExecDirectives & KillDirectives & CgroupDirectives & Foreign;
  /** The section of that name: systemd.slice(5), systemd.resource-control(5). */
  readonly Slice?: SliceDirectives & CgroupDirectives & Foreign;
  /** The section of that name: systemd.unit(5), INSTALL SECTION. */
  readonly Install?: InstallDirectives & Foreign;
}

/** Directives that systemd passes over. */
export interface Foreign {
  /** Anybody’s. */
  readonly [name: `X-${string}`]: Value | undefined;
}

/** Names by section, for what no compiler has looked at. */
export const directiveNames: Readonly<Record<string, string>> = {
  Unit:
    'Description Documentation SourcePath Requires Requisite Wants BindsTo Upholds Conflicts Before After OnSuccess OnFailure PropagatesReloadTo ReloadPropagatedFrom PropagatesStopTo StopPropagatedFrom PartOf JoinsNamespaceOf RequiresMountsFor WantsMountsFor StopWhenUnneeded RefuseManualStart RefuseManualStop AllowIsolate DefaultDependencies OnSuccessJobMode OnFailureJobMode IgnoreOnIsolate JobTimeoutSec JobRunningTimeoutSec JobTimeoutAction JobTimeoutRebootArgument StartLimitIntervalSec StartLimitBurst StartLimitAction FailureAction SuccessAction FailureActionExitStatus SuccessActionExitStatus RebootArgument CollectMode SurviveFinalKillSignal ConditionPathExists ConditionPathExistsGlob ConditionPathIsDirectory ConditionPathIsSymbolicLink ConditionPathIsMountPoint ConditionPathIsReadWrite ConditionPathIsEncrypted ConditionDirectoryNotEmpty ConditionFileNotEmpty ConditionFileIsExecutable ConditionNeedsUpdate ConditionFirstBoot ConditionArchitecture ConditionFirmware ConditionVirtualization ConditionHost ConditionKernelCommandLine ConditionKernelVersion ConditionCredential ConditionSecurity ConditionCapability ConditionACPower ConditionMemory ConditionCPUFeature ConditionCPUs ConditionEnvironment ConditionUser ConditionGroup ConditionControlGroupController ConditionOSRelease ConditionMemoryPressure ConditionCPUPressure ConditionIOPressure ConditionPathIsSocket ConditionKernelModuleLoaded ConditionVersion ConditionFraction ConditionMachineTag AssertPathExists AssertPathExistsGlob AssertPathIsDirectory AssertPathIsSymbolicLink AssertPathIsMountPoint AssertPathIsReadWrite AssertPathIsEncrypted AssertDirectoryNotEmpty AssertFileNotEmpty AssertFileIsExecutable AssertNeedsUpdate AssertFirstBoot AssertArchitecture AssertFirmware AssertVirtualization AssertHost AssertKernelCommandLine AssertKernelVersion AssertCredential AssertSecurity AssertCapability AssertACPower AssertMemory AssertCPUFeature AssertCPUs AssertEnvironment AssertUser AssertGroup AssertControlGroupController AssertOSRelease AssertMemoryPressure AssertCPUPressure AssertIOPressure AssertPathIsSocket AssertKernelModuleLoaded AssertVersion AssertFraction AssertMachineTag',
  Service:
    'Type ExitType Restart RestartMode RestartSec RestartSteps RestartMaxDelaySec RestartRandomizedDelaySec PIDFile ExecCondition ExecStartPre ExecStart ExecStartPost ExecReload ExecReloadPost ExecStop ExecStopPost TimeoutStartSec TimeoutStopSec TimeoutSec TimeoutAbortSec TimeoutStartFailureMode TimeoutStopFailureMode RuntimeMaxSec RuntimeRandomizedExtraSec WatchdogSec PermissionsStartOnly RootDirectoryStartOnly RemainAfterExit GuessMainPID RestartPreventExitStatus RestartForceExitStatus SuccessExitStatus NonBlocking BusName FileDescriptorStoreMax FileDescriptorStorePreserve LUOSession RefreshOnReload NotifyAccess Sockets OpenFile ReloadSignal USBFunctionDescriptors USBFunctionStrings OOMPolicy WorkingDirectory RootDirectory RootImage RootImageOptions RootImagePolicy RootHash RootHashSignature RootMStack RootVerity RootEphemeral ExtensionDirectories ExtensionImages ExtensionImagePolicy MountImages MountImagePolicy User Group SupplementaryGroups SetLoginEnvironment Nice OOMScoreAdjust CoredumpFilter IOSchedulingClass IOSchedulingPriority CPUSchedulingPolicy CPUSchedulingPriority CPUSchedulingResetOnFork CPUAffinity NUMAPolicy NUMAMask UMask Environment EnvironmentFile PassEnvironment UnsetEnvironment DynamicUser RemoveIPC StandardInput StandardOutput StandardError StandardInputText StandardInputData TTYPath TTYReset TTYVHangup TTYVTDisallocate TTYRows TTYColumns SyslogIdentifier SyslogFacility SyslogLevel SyslogLevelPrefix LogLevelMax LogRateLimitIntervalSec LogRateLimitBurst LogFilterPatterns LogExtraFields LogNamespace SecureBits CapabilityBoundingSet AmbientCapabilities TimerSlackNSec NoNewPrivileges KeyringMode ProtectProc ProcSubset SystemCallFilter SystemCallArchitectures SystemCallErrorNumber SystemCallLog MemoryDenyWriteExecute RestrictNamespaces RestrictRealtime RestrictSUIDSGID RestrictAddressFamilies RestrictFileSystems LockPersonality LimitCPU LimitFSIZE LimitDATA LimitSTACK LimitCORE LimitRSS LimitNOFILE LimitAS LimitNPROC LimitMEMLOCK LimitLOCKS LimitSIGPENDING LimitMSGQUEUE LimitNICE LimitRTPRIO LimitRTTIME ReadWritePaths ReadOnlyPaths InaccessiblePaths ExecPaths NoExecPaths ExecSearchPath BindPaths BindReadOnlyPaths TemporaryFileSystem PrivateTmp PrivateDevices ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectClock ProtectControlGroups NetworkNamespacePath IPCNamespacePath UserNamespacePath PrivateNetwork PrivateUsers PrivateMounts PrivateIPC PrivatePIDs DelegateNamespaces PrivateBPF BPFDelegateCommands BPFDelegateMaps BPFDelegatePrograms BPFDelegateAttachments ProtectSystem ProtectHome MountFlags MountAPIVFS BindLogSockets Personality RuntimeDirectoryPreserve RuntimeDirectoryMode RuntimeDirectory StateDirectoryMode StateDirectory CacheDirectoryMode CacheDirectory LogsDirectoryMode LogsDirectory ConfigurationDirectoryMode ConfigurationDirectory StateDirectoryQuota StateDirectoryAccounting CacheDirectoryQuota CacheDirectoryAccounting LogsDirectoryQuota LogsDirectoryAccounting SetCredential SetCredentialEncrypted LoadCredential LoadCredentialEncrypted ImportCredential TimeoutCleanSec PAMName IgnoreSIGPIPE UtmpIdentifier UtmpMode SELinuxContext AppArmorProfile SmackProcessLabel ProtectHostname MemoryTHP MemoryKSM KillMode KillSignal RestartKillSignal FinalKillSignal SendSIGKILL SendSIGHUP WatchdogSignal Slice AllowedCPUs StartupAllowedCPUs AllowedMemoryNodes StartupAllowedMemoryNodes CPUAccounting CPUWeight StartupCPUWeight CPUShares StartupCPUShares CPUQuota CPUQuotaPeriodSec MemoryAccounting MemoryMin DefaultMemoryMin DefaultMemoryLow MemoryLow StartupMemoryLow DefaultStartupMemoryLow MemoryHigh StartupMemoryHigh MemoryMax StartupMemoryMax MemorySwapMax StartupMemorySwapMax MemoryZSwapMax StartupMemoryZSwapMax MemoryZSwapWriteback MemoryLimit MemoryPressureWatch MemoryPressureThresholdSec CPUPressureWatch CPUPressureThresholdSec IOPressureWatch IOPressureThresholdSec CPUSetPartition DeviceAllow DevicePolicy IOAccounting IOWeight StartupIOWeight IODeviceWeight IOReadBandwidthMax IOWriteBandwidthMax IOReadIOPSMax IOWriteIOPSMax IODeviceLatencyTargetSec BlockIOAccounting BlockIOWeight StartupBlockIOWeight BlockIODeviceWeight BlockIOReadBandwidth BlockIOWriteBandwidth TasksAccounting TasksMax Delegate DelegateSubgroup DisableControllers IPAccounting IPAddressAllow IPAddressDeny IPIngressFilterPath IPEgressFilterPath ManagedOOMSwap ManagedOOMMemoryPressure ManagedOOMMemoryPressureLimit ManagedOOMMemoryPressureDurationSec OOMRules ManagedOOMPreference BPFProgram SocketBindAllow SocketBindDeny BindNetworkInterface RestrictNetworkInterfaces NFTSet CoredumpReceive',
  Socket:
    'ListenStream ListenDatagram ListenSequentialPacket ListenFIFO ListenNetlink ListenSpecial ListenMessageQueue ListenUSBFunction SocketProtocol BindIPv6Only Backlog BindToDevice ExecStartPre ExecStartPost ExecStopPre ExecStopPost TimeoutSec SocketUser SocketGroup SocketMode DirectoryMode Accept FlushPending Writable MaxConnections MaxConnectionsPerSource KeepAlive KeepAliveTimeSec KeepAliveIntervalSec KeepAliveProbes DeferAcceptSec NoDelay Priority ReceiveBuffer SendBuffer IPTOS IPTTL Mark PipeSize FreeBind Transparent Broadcast PassCredentials PassPIDFD PassSecurity PassPacketInfo PassFileDescriptorsToExec AcceptFileDescriptors Timestamping TCPCongestion ReusePort MessageQueueMaxMessages MessageQueueMessageSize RemoveOnStop Symlinks FileDescriptorName Service TriggerLimitIntervalSec TriggerLimitBurst PollLimitIntervalSec PollLimitBurst DeferTrigger DeferTriggerMaxSec XAttrEntryPoint XAttrListen XAttrAccept SmackLabel SmackLabelIPIn SmackLabelIPOut SELinuxContextFromNet WorkingDirectory RootDirectory RootImage RootImageOptions RootImagePolicy RootHash RootHashSignature RootMStack RootVerity RootEphemeral ExtensionDirectories ExtensionImages ExtensionImagePolicy MountImages MountImagePolicy User Group SupplementaryGroups SetLoginEnvironment Nice OOMScoreAdjust CoredumpFilter IOSchedulingClass IOSchedulingPriority CPUSchedulingPolicy CPUSchedulingPriority CPUSchedulingResetOnFork CPUAffinity NUMAPolicy NUMAMask UMask Environment EnvironmentFile PassEnvironment UnsetEnvironment DynamicUser RemoveIPC StandardInput StandardOutput StandardError StandardInputText StandardInputData TTYPath TTYReset TTYVHangup TTYVTDisallocate TTYRows TTYColumns SyslogIdentifier SyslogFacility SyslogLevel SyslogLevelPrefix LogLevelMax LogRateLimitIntervalSec LogRateLimitBurst LogFilterPatterns LogExtraFields LogNamespace SecureBits CapabilityBoundingSet AmbientCapabilities TimerSlackNSec NoNewPrivileges KeyringMode ProtectProc ProcSubset SystemCallFilter SystemCallArchitectures SystemCallErrorNumber SystemCallLog MemoryDenyWriteExecute RestrictNamespaces RestrictRealtime RestrictSUIDSGID RestrictAddressFamilies RestrictFileSystems LockPersonality LimitCPU LimitFSIZE LimitDATA LimitSTACK LimitCORE LimitRSS LimitNOFILE LimitAS LimitNPROC LimitMEMLOCK LimitLOCKS LimitSIGPENDING LimitMSGQUEUE LimitNICE LimitRTPRIO LimitRTTIME ReadWritePaths ReadOnlyPaths InaccessiblePaths ExecPaths NoExecPaths ExecSearchPath BindPaths BindReadOnlyPaths TemporaryFileSystem PrivateTmp PrivateDevices ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectClock ProtectControlGroups NetworkNamespacePath IPCNamespacePath UserNamespacePath PrivateNetwork PrivateUsers PrivateMounts PrivateIPC PrivatePIDs DelegateNamespaces PrivateBPF BPFDelegateCommands BPFDelegateMaps BPFDelegatePrograms BPFDelegateAttachments ProtectSystem ProtectHome MountFlags MountAPIVFS BindLogSockets Personality RuntimeDirectoryPreserve RuntimeDirectoryMode RuntimeDirectory StateDirectoryMode StateDirectory CacheDirectoryMode CacheDirectory LogsDirectoryMode LogsDirectory ConfigurationDirectoryMode ConfigurationDirectory StateDirectoryQuota StateDirectoryAccounting CacheDirectoryQuota CacheDirectoryAccounting LogsDirectoryQuota LogsDirectoryAccounting SetCredential SetCredentialEncrypted LoadCredential LoadCredentialEncrypted ImportCredential TimeoutCleanSec PAMName IgnoreSIGPIPE UtmpIdentifier UtmpMode SELinuxContext AppArmorProfile SmackProcessLabel ProtectHostname MemoryTHP MemoryKSM KillMode KillSignal RestartKillSignal FinalKillSignal SendSIGKILL SendSIGHUP WatchdogSignal Slice AllowedCPUs StartupAllowedCPUs AllowedMemoryNodes StartupAllowedMemoryNodes CPUAccounting CPUWeight StartupCPUWeight CPUShares StartupCPUShares CPUQuota CPUQuotaPeriodSec MemoryAccounting MemoryMin DefaultMemoryMin DefaultMemoryLow MemoryLow StartupMemoryLow DefaultStartupMemoryLow MemoryHigh StartupMemoryHigh MemoryMax StartupMemoryMax MemorySwapMax StartupMemorySwapMax MemoryZSwapMax StartupMemoryZSwapMax MemoryZSwapWriteback MemoryLimit MemoryPressureWatch MemoryPressureThresholdSec CPUPressureWatch CPUPressureThresholdSec IOPressureWatch IOPressureThresholdSec CPUSetPartition DeviceAllow DevicePolicy IOAccounting IOWeight StartupIOWeight IODeviceWeight IOReadBandwidthMax IOWriteBandwidthMax IOReadIOPSMax IOWriteIOPSMax IODeviceLatencyTargetSec BlockIOAccounting BlockIOWeight StartupBlockIOWeight BlockIODeviceWeight BlockIOReadBandwidth BlockIOWriteBandwidth TasksAccounting TasksMax Delegate DelegateSubgroup DisableControllers IPAccounting IPAddressAllow IPAddressDeny IPIngressFilterPath IPEgressFilterPath ManagedOOMSwap ManagedOOMMemoryPressure ManagedOOMMemoryPressureLimit ManagedOOMMemoryPressureDurationSec OOMRules ManagedOOMPreference BPFProgram SocketBindAllow SocketBindDeny BindNetworkInterface RestrictNetworkInterfaces NFTSet CoredumpReceive',
  Timer:
    'OnCalendar OnActiveSec OnBootSec OnStartupSec OnUnitActiveSec OnUnitInactiveSec OnClockChange OnTimezoneChange Persistent WakeSystem RemainAfterElapse FixedRandomDelay DeferReactivation AccuracySec RandomizedDelaySec RandomizedOffsetSec Unit',
  Path:
    'PathExists PathExistsGlob PathChanged PathModified DirectoryNotEmpty Unit MakeDirectory DirectoryMode TriggerLimitIntervalSec TriggerLimitBurst',
  Mount:
    'What Where Options Type TimeoutSec DirectoryMode SloppyOptions LazyUnmount ForceUnmount ReadWriteOnly WorkingDirectory RootDirectory RootImage RootImageOptions RootImagePolicy RootHash RootHashSignature RootMStack RootVerity RootEphemeral ExtensionDirectories ExtensionImages ExtensionImagePolicy MountImages MountImagePolicy User Group SupplementaryGroups SetLoginEnvironment Nice OOMScoreAdjust CoredumpFilter IOSchedulingClass IOSchedulingPriority CPUSchedulingPolicy CPUSchedulingPriority CPUSchedulingResetOnFork CPUAffinity NUMAPolicy NUMAMask UMask Environment EnvironmentFile PassEnvironment UnsetEnvironment DynamicUser RemoveIPC StandardInput StandardOutput StandardError StandardInputText StandardInputData TTYPath TTYReset TTYVHangup TTYVTDisallocate TTYRows TTYColumns SyslogIdentifier SyslogFacility SyslogLevel SyslogLevelPrefix LogLevelMax LogRateLimitIntervalSec LogRateLimitBurst LogFilterPatterns LogExtraFields LogNamespace SecureBits CapabilityBoundingSet AmbientCapabilities TimerSlackNSec NoNewPrivileges KeyringMode ProtectProc ProcSubset SystemCallFilter SystemCallArchitectures SystemCallErrorNumber SystemCallLog MemoryDenyWriteExecute RestrictNamespaces RestrictRealtime RestrictSUIDSGID RestrictAddressFamilies RestrictFileSystems LockPersonality LimitCPU LimitFSIZE LimitDATA LimitSTACK LimitCORE LimitRSS LimitNOFILE LimitAS LimitNPROC LimitMEMLOCK LimitLOCKS LimitSIGPENDING LimitMSGQUEUE LimitNICE LimitRTPRIO LimitRTTIME ReadWritePaths ReadOnlyPaths InaccessiblePaths ExecPaths NoExecPaths ExecSearchPath BindPaths BindReadOnlyPaths TemporaryFileSystem PrivateTmp PrivateDevices ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectClock ProtectControlGroups NetworkNamespacePath IPCNamespacePath UserNamespacePath PrivateNetwork PrivateUsers PrivateMounts PrivateIPC PrivatePIDs DelegateNamespaces PrivateBPF BPFDelegateCommands BPFDelegateMaps BPFDelegatePrograms BPFDelegateAttachments ProtectSystem ProtectHome MountFlags MountAPIVFS BindLogSockets Personality RuntimeDirectoryPreserve RuntimeDirectoryMode RuntimeDirectory StateDirectoryMode StateDirectory CacheDirectoryMode CacheDirectory LogsDirectoryMode LogsDirectory ConfigurationDirectoryMode ConfigurationDirectory StateDirectoryQuota StateDirectoryAccounting CacheDirectoryQuota CacheDirectoryAccounting LogsDirectoryQuota LogsDirectoryAccounting SetCredential SetCredentialEncrypted LoadCredential LoadCredentialEncrypted ImportCredential TimeoutCleanSec PAMName IgnoreSIGPIPE UtmpIdentifier UtmpMode SELinuxContext AppArmorProfile SmackProcessLabel ProtectHostname MemoryTHP MemoryKSM KillMode KillSignal RestartKillSignal FinalKillSignal SendSIGKILL SendSIGHUP WatchdogSignal Slice AllowedCPUs StartupAllowedCPUs AllowedMemoryNodes StartupAllowedMemoryNodes CPUAccounting CPUWeight StartupCPUWeight CPUShares StartupCPUShares CPUQuota CPUQuotaPeriodSec MemoryAccounting MemoryMin DefaultMemoryMin DefaultMemoryLow MemoryLow StartupMemoryLow DefaultStartupMemoryLow MemoryHigh StartupMemoryHigh MemoryMax StartupMemoryMax MemorySwapMax StartupMemorySwapMax MemoryZSwapMax StartupMemoryZSwapMax MemoryZSwapWriteback MemoryLimit MemoryPressureWatch MemoryPressureThresholdSec CPUPressureWatch CPUPressureThresholdSec IOPressureWatch IOPressureThresholdSec CPUSetPartition DeviceAllow DevicePolicy IOAccounting IOWeight StartupIOWeight IODeviceWeight IOReadBandwidthMax IOWriteBandwidthMax IOReadIOPSMax IOWriteIOPSMax IODeviceLatencyTargetSec BlockIOAccounting BlockIOWeight StartupBlockIOWeight BlockIODeviceWeight BlockIOReadBandwidth BlockIOWriteBandwidth TasksAccounting TasksMax Delegate DelegateSubgroup DisableControllers IPAccounting IPAddressAllow IPAddressDeny IPIngressFilterPath IPEgressFilterPath ManagedOOMSwap ManagedOOMMemoryPressure ManagedOOMMemoryPressureLimit ManagedOOMMemoryPressureDurationSec OOMRules ManagedOOMPreference BPFProgram SocketBindAllow SocketBindDeny BindNetworkInterface RestrictNetworkInterfaces NFTSet CoredumpReceive',
  Slice:
    'ConcurrencySoftMax ActivatingConcurrencyMax ConcurrencyHardMax Slice AllowedCPUs StartupAllowedCPUs AllowedMemoryNodes StartupAllowedMemoryNodes CPUAccounting CPUWeight StartupCPUWeight CPUShares StartupCPUShares CPUQuota CPUQuotaPeriodSec MemoryAccounting MemoryMin DefaultMemoryMin DefaultMemoryLow MemoryLow StartupMemoryLow DefaultStartupMemoryLow MemoryHigh StartupMemoryHigh MemoryMax StartupMemoryMax MemorySwapMax StartupMemorySwapMax MemoryZSwapMax StartupMemoryZSwapMax MemoryZSwapWriteback MemoryLimit MemoryPressureWatch MemoryPressureThresholdSec CPUPressureWatch CPUPressureThresholdSec IOPressureWatch IOPressureThresholdSec CPUSetPartition DeviceAllow DevicePolicy IOAccounting IOWeight StartupIOWeight IODeviceWeight IOReadBandwidthMax IOWriteBandwidthMax IOReadIOPSMax IOWriteIOPSMax IODeviceLatencyTargetSec BlockIOAccounting BlockIOWeight StartupBlockIOWeight BlockIODeviceWeight BlockIOReadBandwidth BlockIOWriteBandwidth TasksAccounting TasksMax Delegate DelegateSubgroup DisableControllers IPAccounting IPAddressAllow IPAddressDeny IPIngressFilterPath IPEgressFilterPath ManagedOOMSwap ManagedOOMMemoryPressure ManagedOOMMemoryPressureLimit ManagedOOMMemoryPressureDurationSec OOMRules ManagedOOMPreference BPFProgram SocketBindAllow SocketBindDeny BindNetworkInterface RestrictNetworkInterfaces NFTSet CoredumpReceive',
  Install:
    'Alias WantedBy RequiredBy UpheldBy Also DefaultInstance',
  Manager:
    'LogLevel LogTarget LogColor LogLocation LogTime DumpCore CrashChVT CrashChangeVT CrashShell CrashReboot CrashAction ShowStatus StatusUnitFormat CPUAffinity NUMAPolicy NUMAMask RuntimeWatchdogSec RuntimeWatchdogPreSec RebootWatchdogSec ShutdownWatchdogSec KExecWatchdogSec WatchdogDevice RuntimeWatchdogPreGovernor CapabilityBoundingSet NoNewPrivileges SystemCallArchitectures TimerSlackNSec DefaultTimerAccuracySec DefaultStandardOutput DefaultStandardError DefaultTimeoutStartSec DefaultTimeoutStopSec DefaultTimeoutAbortSec DefaultDeviceTimeoutSec DefaultRestartSec DefaultStartLimitIntervalSec DefaultStartLimitBurst DefaultEnvironment ManagerEnvironment DefaultLimitCPU DefaultLimitFSIZE DefaultLimitDATA DefaultLimitSTACK DefaultLimitCORE DefaultLimitRSS DefaultLimitNOFILE DefaultLimitAS DefaultLimitNPROC DefaultLimitMEMLOCK DefaultLimitLOCKS DefaultLimitSIGPENDING DefaultLimitMSGQUEUE DefaultLimitNICE DefaultLimitRTPRIO DefaultLimitRTTIME DefaultCPUAccounting DefaultIOAccounting DefaultIPAccounting DefaultBlockIOAccounting DefaultMemoryAccounting DefaultTasksAccounting DefaultTasksMax CtrlAltDelBurstAction DefaultOOMPolicy DefaultOOMScoreAdjust DefaultSmackProcessLabel DefaultMemoryPressureWatch DefaultMemoryPressureThresholdSec DefaultCPUPressureWatch DefaultCPUPressureThresholdSec DefaultIOPressureWatch DefaultIOPressureThresholdSec DefaultMemoryZSwapWriteback EventLoopRateLimitIntervalSec EventLoopRateLimitBurst MinimumUptimeSec RestrictFileSystemAccess DefaultRestrictSUIDSGID ReloadLimitIntervalSec ReloadLimitBurst ProtectSystem',
};
