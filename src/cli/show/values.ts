/**
 * What each property of a unit has for a value. Most come straight from a row of the table of directives; the rest are
 * facts of the unit object while it runs, by type of unit.
 */

import { oomScoresOf } from '../../exec/oom-score.ts';
import type { LimitName, MountEntry } from '../../sys/host.ts';
import { SystemError } from '../../sys/host.ts';
import { formatBoolean } from '../../text/numbers.ts';
import type { StdioSetting } from '../../unitfile/directives/shapes.ts';
import { callsOfRelease, shownSyscallFilter } from '../../unitfile/directives/syscall-filter.ts';
import { type GroupName, groups, sectionGroups } from '../../unitfile/directives/table.ts';
import type { ExecCommand } from '../../unitfile/language/exec-command.ts';
import { formatArgv } from '../../unitfile/language/exec-command.ts';
import type { UnitType } from '../../unitfile/language/unit-name.ts';
import { parentSlice } from '../../unitfile/language/unit-name.ts';
import { controlGroupOf } from '../../units/control-group.ts';
import type { CommandRun } from '../../units/control-process.ts';
import type { DependencyKind } from '../../units/dependencies.ts';
import { Device } from '../../units/device.ts';
import { Mount, mountCommands } from '../../units/mount.ts';
import { PathUnit } from '../../units/path.ts';
import { Scope } from '../../units/scope.ts';
import { Service } from '../../units/service.ts';
import { type ExecKind, type ExecStatus, execKinds } from '../../units/service-types.ts';
import { Slice } from '../../units/slice.ts';
import { Socket, socketCommands } from '../../units/socket.ts';
import { TimerUnit } from '../../units/timer.ts';
import type { Timestamp, Unit } from '../../units/unit.ts';
import { formatCpuSet, parseCpuSet } from '../../values/cpu-set.ts';
import { limitNames } from '../../values/limits.ts';
import { numaPolicyName } from '../../values/scheduling.ts';
import type { ShownValue } from '../../values/shown.ts';
import { notSet, printable, printableNumber, printableWords, unprintable } from '../../values/shown.ts';
import { signalName } from '../../values/signals.ts';
import { formatTimeSpan, usecText } from '../../values/time/time-span.ts';
import type { Voice } from '../../voice/voice.ts';
import { endedCpuMs, usesCpu } from '../common/cpu-usage.ts';
import type { ManagerView } from '../common/manager-view.ts';
import { cleanable } from './cleanable.ts';
import type { Getter, ShowContext } from './getter.ts';
import { type UnitProperty, unitProperties } from './interfaces.ts';
import {
  laterCGroup,
  laterExec,
  laterMount,
  laterService,
  laterSlice,
  laterSocket,
  laterTimer,
  laterUnit,
} from './later.ts';

const infinity = Number.POSITIVE_INFINITY;

/** A moment and its monotonic twin. */
function dual<U extends Unit>(name: string, get: (unit: U) => Timestamp): [string, Getter<U>][] {
  return [
    [name, (unit, { print }) => print.timestamp(get(unit).realtime) ?? ''],
    [`${name}Monotonic`, (unit) => usecText(get(unit).monotonic)],
  ];
}

function names(kind: DependencyKind): Getter {
  return (unit) => printableWords(unit.dependencyNames(kind));
}

const dependencyKinds = [
  'Requires',
  'Requisite',
  'Wants',
  'BindsTo',
  'PartOf',
  'Upholds',
  'RequiredBy',
  'RequisiteOf',
  'WantedBy',
  'BoundBy',
  'UpheldBy',
  'ConsistsOf',
  'Conflicts',
  'ConflictedBy',
  'Before',
  'After',
  'OnSuccess',
  'OnSuccessOf',
  'OnFailure',
  'OnFailureOf',
  'Triggers',
  'TriggeredBy',
  'PropagatesReloadTo',
  'ReloadPropagatedFrom',
  'PropagatesStopTo',
  'StopPropagatedFrom',
  'JoinsNamespaceOf',
  'SliceOf',
] as const satisfies readonly DependencyKind[];

/** Of every unit. */
const unitGetters: readonly [string, Getter][] = [
  ['Id', (unit) => unit.id],
  ['Names', (unit) => printableWords([...unit.names])],
  ['Following', () => ''],
  ...dependencyKinds.map((kind): [string, Getter] => [kind, names(kind)]),
  ['RequiresMountsFor', (unit) => printableWords(unit.loaded.requiresMountsFor)],
  ['Description', (unit) => printable(unit.description)],
  ['AccessSELinuxContext', () => ''],
  ['LoadState', (unit) => unit.loadState],
  ['ActiveState', (unit) => unit.activeState],
  ['FreezerState', () => 'running'],
  ['SubState', (unit) => unit.subState],
  ['FragmentPath', (unit) => unit.loaded.fragmentPath ?? ''],
  ['SourcePath', (unit) => unit.loaded.sourcePath ?? ''],
  ['DropInPaths', (unit) => printableWords(unit.loaded.dropInPaths)],
  ['UnitFileState', (unit, { manager }) => manager.unitFiles.of(unit).state],
  ['UnitFilePreset', (unit, { manager }) => manager.unitFiles.of(unit).preset],
  ...dual('StateChangeTimestamp', (unit) => unit.stateChangeTimestamp),
  ...dual('InactiveExitTimestamp', (unit) => unit.inactiveExitTimestamp),
  ...dual('ActiveEnterTimestamp', (unit) => unit.activeEnterTimestamp),
  ...dual('ActiveExitTimestamp', (unit) => unit.activeExitTimestamp),
  ...dual('InactiveEnterTimestamp', (unit) => unit.inactiveEnterTimestamp),
  ['CanStart', (unit) => formatBoolean(unit.canStart && !unit.loaded.unit.RefuseManualStart)],
  ['CanStop', (unit) => formatBoolean(unit.canStop && !unit.loaded.unit.RefuseManualStop)],
  ['CanReload', (unit) => formatBoolean(unit.canReload)],
  ['CanIsolate', (unit) => formatBoolean(unit.canIsolate && !unit.loaded.unit.RefuseManualStart)],
  ['CanClean', (unit, context) => printableWords(cleanable(unit, context))],
  ['CanFreeze', (unit, { manager }) => formatBoolean(canFreeze(unit, (name) => manager.units.find(name)))],
  ['Job', (unit) => (unit.job === undefined ? '' : String(unit.job.id))],
  ['NeedDaemonReload', (unit, { manager }) => formatBoolean(manager.loader.needsReload(unit.loaded))],
  ['Markers', (unit) => printableWords([...unit.markers])],
  ['ConditionResult', (unit) => formatBoolean(unit.conditionResult)],
  ['AssertResult', (unit) => formatBoolean(unit.assertResult)],
  ...dual('ConditionTimestamp', (unit) => unit.conditionTimestamp),
  ...dual('AssertTimestamp', (unit) => unit.assertTimestamp),
  ['Conditions', () => unprintable],
  ['Asserts', () => unprintable],
  ['LoadError', loadError],
  ['Transient', (unit) => formatBoolean(unit.loaded.transient)],
  ['Perpetual', (unit) => formatBoolean(unit.perpetual)],
  ['InvocationID', (unit) => unit.invocationId],
  ['Refs', () => ''],
  ['ActivationDetails', () => unprintable],
];

/** CPUAffinity=numa: the CPUs of the nodes of NUMAMask=; of nodes that are not there, none. */
function cpusOfNodes({ host }: ManagerView, nodes: readonly number[]): number[] {
  const cpus = new Set<number>();
  for (const node of nodes) {
    try {
      const text = host.files.readText(`/sys/devices/system/node/node${node}/cpulist`, 4096);
      for (const cpu of parseCpuSet(text.trim(), 'cpulist', () => {}, host.voice.loading.cpuSets) ?? []) cpus.add(cpu);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }
  return [...cpus].sort((a, b) => a - b);
}

function loadError(unit: Unit): ShownValue {
  const error = unit.loadState === 'loaded' ? undefined : unit.loaded.loadError;
  return error === undefined ? '' : `${error.name} "${error.message}"`;
}

/** Whether systemd would stop its processes and let them go on (`systemctl freeze`): a slice by what is in it. */
function canFreeze(unit: Unit, find: (name: string) => Unit | undefined): boolean {
  if (unit instanceof Service || unit instanceof Scope) return true;
  if (!(unit instanceof Slice)) return false;
  return unit.dependencyNames('SliceOf').every((name) => {
    const member = find(name);
    return member === undefined || canFreeze(member, find);
  });
}

// ---- processes and what they use ----------------------------------------------------------------------------------

/** Of slices the name tells it, once what is to be read of them could be. */
function sliceOf(unit: Unit): string {
  if (unit.type !== 'slice') return unit.loaded.cgroup?.Slice ?? '';
  return unit.loadState === 'loaded' ? (parentSlice(unit.id) ?? '') : '';
}

/** How many processes a unit has; undefined while it has none. */
function taskCount(unit: Unit, { manager }: ShowContext): number | undefined {
  const count = manager.tracker.processesOf(unit.id).length;
  return count === 0 ? undefined : count;
}

function cpuUsage(unit: Unit, { manager }: ShowContext): ShownValue {
  return usesCpu(manager, unit) ? printableNumber(Math.round(endedCpuMs(manager, unit) * 1e6)) : notSet;
}

const placementGetters: readonly [string, Getter][] = [
  ['Slice', sliceOf],
  ['ControlGroup', (unit) => printable(controlGroupOf(unit))],
  ['ControlGroupId', () => '0'],
  ['MemoryCurrent', () => notSet],
  ['CPUUsageNSec', cpuUsage],
  ['EffectiveCPUs', () => ''],
  ['EffectiveMemoryNodes', () => ''],
  ['TasksCurrent', (unit, context) => taskCount(unit, context)?.toString() ?? notSet],
  ...['IPIngressBytes', 'IPIngressPackets', 'IPEgressBytes', 'IPEgressPackets'].map((name): [string, Getter] => [
    name,
    () => '[no data]',
  ]),
  ...['IOReadBytes', 'IOReadOperations', 'IOWriteBytes', 'IOWriteOperations'].map((name): [string, Getter] => [
    name,
    (_unit, { manager }) => manager.host.voice.show.noCounter,
  ]),
];

// ---- execution context --------------------------------------------------------------------------------------------

function limitGetters(name: LimitName): [string, Getter][] {
  const limit = (unit: Unit, { manager }: ShowContext) => {
    const own = unit.loaded.exec?.[`Limit${name}`];
    if (own !== undefined) return own;
    const { soft, hard } = manager.host.limit(name);
    // systemd gives itself all the descriptors it may have, and later ones core dumps of any size.
    const raised = name === 'NOFILE' || (name === 'CORE' && manager.host.voice.manager.raisesCoreLimit);
    return raised ? { soft: hard, hard } : { soft, hard };
  };
  return [
    [`Limit${name}`, (unit, context) => printableNumber(limit(unit, context).hard)],
    [`Limit${name}Soft`, (unit, context) => printableNumber(limit(unit, context).soft)],
  ];
}

/** A number that the manager's own process has, for what a unit does not set itself. */
function ofSelf({ manager }: ShowContext, file: string, fallback: string): string {
  try {
    return manager.host.files.readText(`/proc/self/${file}`, 64).trim();
  } catch {
    return fallback;
  }
}

const descriptorName = (stdio: StdioSetting): string => (stdio.kind === 'fd' ? stdio.name : '');

const execGetters: readonly [string, Getter][] = [
  ...limitNames.flatMap(limitGetters),
  ...(['SystemCallFilter', 'SystemCallLog'] as const).map((name): [string, Getter] => [
    name,
    (unit, { manager }) => {
      const filter = unit.loaded.exec?.[name];
      return shownSyscallFilter(filter, filter && callsOfRelease(filter, manager.host.voice.systemCalls));
    },
  ]),
  ['RootHash', (unit) => hashData(unit.loaded.exec?.RootHash, 'hex')],
  ['RootHashPath', (unit) => hashPath(unit.loaded.exec?.RootHash)],
  ['RootHashSignature', (unit) => hashData(unit.loaded.exec?.RootHashSignature, 'base64')],
  ['RootHashSignaturePath', (unit) => hashPath(unit.loaded.exec?.RootHashSignature)],
  [
    'OOMScoreAdjust',
    (unit, { manager }) => String(unit.loaded.exec?.OOMScoreAdjust ?? oomScoresOf(manager.host).given),
  ],
  [
    'CoredumpFilter',
    (unit, context) => {
      const mask = unit.loaded.exec?.CoredumpFilter;
      return `0x${mask?.toString(16) ?? (ofSelf(context, 'coredump_filter', '33').replace(/^0+(?=.)/, '') || '33')}`;
    },
  ],
  ['StandardInputFileDescriptorName', (unit) => descriptorName(unit.loaded.exec!.StandardInput)],
  ['StandardOutputFileDescriptorName', (unit) => descriptorName(unit.loaded.exec!.StandardOutput)],
  ['StandardErrorFileDescriptorName', (unit) => descriptorName(unit.loaded.exec!.StandardError)],
  [
    'CPUAffinity',
    (unit, { manager }) => {
      const { CPUAffinity, CPUAffinityFromNUMA, NUMAMask } = unit.loaded.exec!;
      return formatCpuSet(CPUAffinityFromNUMA ? cpusOfNodes(manager, NUMAMask ?? []) : CPUAffinity);
    },
  ],
  [
    'NUMAPolicy',
    (unit) => {
      const { NUMAPolicy, NUMAMask } = unit.loaded.exec!;
      const policy = NUMAPolicy ?? (NUMAMask === undefined ? undefined : preferredPolicy);
      return policy === undefined ? 'n/a' : (numaPolicyName(policy) ?? 'n/a');
    },
  ],
  ['NonBlocking', (unit) => formatBoolean(unit.loaded.service?.NonBlocking ?? false)],
  ['TTYRows', () => unprintable],
  ['TTYColumns', () => unprintable],
  ['SyslogPriority', (unit) => String(unit.loaded.exec!.SyslogFacility * 8 + unit.loaded.exec!.SyslogLevel)],
  // Mounts run mount(8) in the manager's own group, so that autofs does not ask again.
  ['SameProcessGroup', (unit) => formatBoolean(unit.type === 'mount')],
  [
    'MountAPIVFS',
    (unit) => {
      const { MountAPIVFS, RootImage, RootDirectory } = unit.loaded.exec!;
      return formatBoolean(MountAPIVFS ?? (RootImage !== undefined || RootDirectory !== undefined));
    },
  ],
  ...(['SetCredential', 'SetCredentialEncrypted', 'LoadCredential', 'LoadCredentialEncrypted'] as const).map(
    (name): [string, Getter] => [name, () => unprintable],
  ),
  ...(['RuntimeDirectory', 'StateDirectory', 'CacheDirectory', 'LogsDirectory'] as const).map(
    (name): [string, Getter] => [
      `${name}Symlink`,
      (unit, { manager }) => {
        const bare = manager.host.voice.show.directoriesWithoutLink;
        return unit.loaded.exec![name].flatMap(({ name: directory, symlinks }) =>
          symlinks.length === 0 && bare ? [`${directory}:`] : symlinks.map((link) => `${directory}:${link}`),
        );
      },
    ],
  ),
];

/** MPOL_PREFERRED: what a mask means without a policy. */
const preferredPolicy = 1;

type Hash = { path: string } | { data: Buffer } | undefined;
const hashData = (hash: Hash, encoding: 'hex' | 'base64'): string =>
  hash !== undefined && 'data' in hash ? hash.data.toString(encoding) : '';
const hashPath = (hash: Hash): string => (hash !== undefined && 'path' in hash ? hash.path : '');

const killGetters: readonly [string, Getter][] = [
  ['RestartKillSignal', (unit) => String(unit.loaded.kill!.RestartKillSignal || unit.loaded.kill!.KillSignal)],
];

const idText = (id: number | undefined): string => (id === undefined ? notSet : String(id));

// ---- commands -----------------------------------------------------------------------------------------------------

/** A command line and how its last run went. */
function commandText(command: ExecCommand, status: ExecStatus | undefined, ex: boolean, context: ShowContext): string {
  const time = (ms: number | undefined): string => context.print.timestamp(ms ?? 0) ?? 'n/a';
  const marks = ex ? `flags=${flagWords(command)}` : `ignore_errors=${formatBoolean(command.ignoreFailure)}`;
  const ended = status?.code !== undefined;
  const code = ended ? status.code : '(null)';
  const result = status?.code === 'exited' ? String(status.status) : killedText(status?.status ?? 0);
  return (
    `{ path=${command.path} ; argv[]=${formatArgv(command.argv)} ; ${marks} ; ` +
    `start_time=[${time(status?.startTimestamp.realtime)}] ; stop_time=[${time(status?.exitTimestamp.realtime)}] ; ` +
    `pid=${status?.pid ?? 0} ; code=${code} ; status=${result} }`
  );
}

const killedText = (signal: number): string => `${signal}/${signal === 0 ? '0' : signalName(signal)}`;

function flagWords(command: ExecCommand): string {
  const flags: string[] = [];
  if (command.ignoreFailure) flags.push('ignore-failure');
  if (command.fullyPrivileged) flags.push('privileged');
  if (command.noSetuid) flags.push('no-setuid');
  if (command.ambientMagic) flags.push('ambient');
  if (command.noEnvExpand) flags.push('no-env-expand');
  if (command.shell !== undefined) flags.push('via-shell');
  return flags.join(' ');
}

function serviceCommands(kind: ExecKind): [string, Getter<Service>][] {
  const get =
    (ex: boolean): Getter<Service> =>
    (unit, context) => {
      const commands = unit.commands(kind);
      if (commands.length === 0) return [];
      const statuses = unit.statusesOf(kind);
      return commands.map((command, index) => commandText(command, statuses[index], ex, context));
    };
  return [
    [kind, get(false)],
    [`${kind}Ex`, get(true)],
  ];
}

/** Commands of a unit that keeps how each went beside it. */
const runCommands = <K extends string, U extends Unit & { commandsOf(kind: K): readonly CommandRun[] }>(
  kinds: readonly K[],
): [string, Getter<U>][] =>
  kinds.map((kind) => [
    kind,
    (unit, context) => unit.commandsOf(kind).map(({ command, status }) => commandText(command, status, false, context)),
  ]);

// ---- by type ------------------------------------------------------------------------------------------------------

/** SIGCHLD codes of <signal.h>, as ExecMainCode has them. */
const exitCodes = { exited: 1, killed: 2, dumped: 3 } as const;

const serviceGetters: readonly [string, Getter<Service>][] = [
  ['Type', (unit) => (unit.loaded.finished || Object.hasOwn(unit.settings, 'Type') ? unit.settings.Type : '')],
  [
    'OOMPolicy',
    (unit) => (unit.loaded.finished || Object.hasOwn(unit.settings, 'OOMPolicy') ? unit.settings.OOMPolicy : ''),
  ],
  ['TimeoutStartUSec', (unit) => formatTimeSpan(unit.settings.TimeoutStartSec)],
  ['TimeoutAbortUSec', (unit) => formatTimeSpan(unit.settings.TimeoutAbortSec ?? unit.settings.TimeoutStopSec)],
  // Known once the service has been started: WATCHDOG_USEC= may change it.
  ['WatchdogUSec', (unit) => formatTimeSpan(unit.inactiveExitTimestamp.monotonic === 0 ? infinity : unit.watchdogMs)],
  ...dual<Service>('WatchdogTimestamp', (unit) => unit.watchdogTimestamp),
  ['MainPID', (unit) => String(unit.mainPid)],
  ['ControlPID', (unit) => String(unit.controlPid)],
  ['NFileDescriptorStore', (unit) => String(unit.fdStore.size)],
  ['StatusText', (unit) => printable(unit.statusText)],
  ['StatusErrno', (unit) => String(unit.statusErrors.errno)],
  ['StatusBusError', (unit) => unit.statusErrors.bus],
  ['StatusVarlinkError', (unit) => unit.statusErrors.varlink],
  ['Result', (unit) => unit.result],
  ['ReloadResult', (unit) => unit.reloadResult],
  ['CleanResult', (unit) => unit.cleanResult],
  ['UID', (unit) => idText(unit.uid)],
  ['GID', (unit) => idText(unit.gid)],
  ['NRestarts', (unit) => String(unit.nRestarts)],
  ...dual<Service>('ExecMainStartTimestamp', (unit) => unit.mainStatus.startTimestamp),
  ...dual<Service>('ExecMainExitTimestamp', (unit) => unit.mainStatus.exitTimestamp),
  ...dual<Service>('ExecMainHandoffTimestamp', (unit) => unit.mainStatus.handoffTimestamp),
  ['ExecMainPID', (unit) => String(unit.mainStatus.pid)],
  ['ExecMainCode', (unit) => String(unit.mainStatus.code === undefined ? 0 : exitCodes[unit.mainStatus.code])],
  ['ExecMainStatus', (unit) => String(unit.mainStatus.status)],
  ...execKinds.flatMap(serviceCommands),
];

/** What services find in $LISTEN_FDNAMES. */
export function descriptorNameOf({ id, loaded: { socket }, manager }: Socket): string {
  const { connectionName } = manager.host.voice.show;
  return socket?.FileDescriptorName ?? (socket?.Accept === true ? connectionName(id) : id);
}

const socketGetters: readonly [string, Getter<Socket>][] = [
  ['ControlPID', (unit) => String(unit.controlPid)],
  ['Result', (unit) => unit.result],
  ['NConnections', (unit) => String(unit.connections)],
  ['NAccepted', (unit) => String(unit.accepted)],
  ['NRefused', (unit) => String(unit.refused)],
  ['FileDescriptorName', descriptorNameOf],
  ['UID', () => notSet],
  ['GID', () => notSet],
  ...runCommands<(typeof socketCommands)[number], Socket>(socketCommands),
];

const triggered: Getter = (unit) => unit.dependencyNames('Triggers')[0] ?? '';

const timerGetters: readonly [string, Getter<TimerUnit>][] = [
  ['Unit', triggered],
  [
    'TimersMonotonic',
    (unit) =>
      timersOf(unit).flatMap(({ entry, nextMs }) =>
        entry.base === 'OnCalendar'
          ? []
          : [
              `{ ${entry.base.replace(/Sec$/, 'USec')}=${formatTimeSpan(entry.valueMs)} ; ` +
                `next_elapse=${formatTimeSpan(nextMs)} }`,
            ],
      ),
  ],
  [
    'TimersCalendar',
    (unit, { print }) =>
      timersOf(unit).flatMap(({ entry, nextMs }) =>
        entry.base === 'OnCalendar'
          ? [`{ OnCalendar=${entry.calendar} ; next_elapse=${print.timestamp(nextMs) ?? '(null)'} }`]
          : [],
      ),
  ],
  ['NextElapseUSecRealtime', (unit, { print }) => print.timestamp(unit.nextElapseRealtime) ?? ''],
  [
    'NextElapseUSecMonotonic',
    (unit) => formatTimeSpan(unit.nextElapseMonotonic === 0 ? infinity : unit.nextElapseMonotonic),
  ],
  ['LastTriggerUSec', (unit, { print }) => print.timestamp(unit.lastTrigger.realtime) ?? ''],
  ['LastTriggerUSecMonotonic', (unit) => formatTimeSpan(unit.lastTrigger.monotonic)],
  ['Result', (unit) => unit.result],
];

/** The unit's own triggers while it has looked at them, the definition's otherwise. */
const timersOf = (unit: TimerUnit) =>
  unit.values.length > 0 ? unit.values : (unit.loaded.timer?.Timers ?? []).map((entry) => ({ entry, nextMs: 0 }));

const pathGetters: readonly [string, Getter<PathUnit>][] = [
  ['Unit', triggered],
  ['Paths', (unit) => (unit.loaded.path?.Paths ?? []).map((entry) => `${entry.path} (${entry.type})`)],
  ['Result', (unit) => unit.result],
];

/** Options of mount point and file system in one list, with one word for whether it may be written (libmount's way). */
export function mountedOptions(entry: MountEntry | undefined): string | undefined {
  if (entry === undefined) return undefined;
  const others = entry.options.filter((option) => option !== 'rw' && option !== 'ro');
  return [entry.options.includes('ro') ? 'ro' : 'rw', ...others].join(',');
}

const mountGetters: readonly [string, Getter<Mount>][] = [
  ['What', (unit) => printable(unit.mounted?.source ?? unit.loaded.mount?.What)],
  ['Options', (unit) => printable(mountedOptions(unit.mounted) ?? unit.loaded.mount?.Options)],
  ['Type', (unit) => printable(unit.mounted?.fstype ?? unit.loaded.mount?.Type)],
  ['ControlPID', (unit) => String(unit.controlPid)],
  ['Result', (unit) => unit.result],
  ['UID', () => notSet],
  ['GID', () => notSet],
  ...runCommands<(typeof mountCommands)[number], Mount>(mountCommands),
];

const automountGetters: readonly [string, Getter][] = [['Result', () => 'success']];

const swapGetters: readonly [string, Getter][] = [
  ['Priority', (unit) => String(unit.loaded.swap?.Priority ?? -1)],
  ['Options', (unit) => printable(unit.loaded.swap?.Options)],
  ['ControlPID', () => '0'],
  ['Result', () => 'success'],
  ['UID', () => notSet],
  ['GID', () => notSet],
  ['ExecActivate', () => []],
  ['ExecDeactivate', () => []],
];

const scopeGetters: readonly [string, Getter<Scope>][] = [
  ['Controller', () => ''],
  ['OOMPolicy', (unit) => (unit.loaded.finished ? (unit.loaded.scope?.OOMPolicy ?? '') : '')],
  ['Result', (unit) => unit.result],
];

const deviceGetters: readonly [string, Getter<Device>][] = [['SysFSPath', () => '']];

/** A type's getters with the class they are for: a unit of another class has none of these facts. */
function typed<U extends Unit>(
  list: readonly [string, Getter<U>][],
  type: abstract new (...args: never[]) => U,
): [string, Getter][] {
  return list.map(([name, get]) => [name, (unit, context) => (unit instanceof type ? get(unit, context) : '')]);
}

const laterGetters: Partial<Record<UnitType, readonly [string, Getter][]>> = {
  service: laterService,
  socket: laterSocket,
  timer: laterTimer,
  mount: laterMount,
  slice: laterSlice,
};

const typeGetters: { readonly [T in UnitType]: readonly [string, Getter][] } = {
  service: typed(serviceGetters, Service),
  socket: typed(socketGetters, Socket),
  timer: typed(timerGetters, TimerUnit),
  path: typed(pathGetters, PathUnit),
  mount: typed(mountGetters, Mount),
  automount: automountGetters,
  swap: swapGetters,
  scope: typed(scopeGetters, Scope),
  device: typed(deviceGetters, Device),
  slice: [],
  target: [],
};

const groupGetters: Partial<Record<GroupName, readonly [string, Getter][]>> = {
  exec: [...laterExec, ...execGetters],
  kill: killGetters,
  cgroup: [...laterCGroup, ...placementGetters],
};

// ---- all of a type ------------------------------------------------------------------------------------------------

/** A row of the table as a property. */
function rowGetter(group: GroupName, key: string): Getter | undefined {
  const row = groups[group][key];
  if (row === undefined || !row.slot) return undefined;
  const { kind } = row;
  return (unit) => {
    const settings = (unit.loaded as unknown as Record<GroupName, Record<string, unknown> | undefined>)[group];
    return settings === undefined ? '' : kind.format(settings[key]);
  };
}

export interface ShownProperty extends UnitProperty {
  readonly get: Getter;
}

function gettersOf(type: UnitType, voice: Voice): readonly ShownProperty[] {
  const byName = new Map<string, Getter>();
  for (const group of ['unit', ...sectionGroups[type]] as const) {
    for (const [key, row] of Object.entries(groups[group])) {
      if (!row.slot || row.property === null) continue;
      const get = rowGetter(group, key);
      if (get !== undefined && !byName.has(row.property ?? key)) byName.set(row.property ?? key, get);
    }
  }
  for (const [name, get] of [...unitGetters, ...laterUnit]) byName.set(name, get);
  for (const group of sectionGroups[type]) for (const [name, get] of groupGetters[group] ?? []) byName.set(name, get);
  for (const [name, get] of [...(laterGetters[type] ?? []), ...typeGetters[type]]) byName.set(name, get);
  return unitProperties(type, voice).map(({ name, own }) => {
    const get = byName.get(name);
    if (get === undefined) throw new Error(`${type}: nothing gives property ${name}`);
    return { name, own, get };
  });
}

const known = new WeakMap<Voice, Map<UnitType, readonly ShownProperty[]>>();

/** Every property of a type of unit with what gives its value, in order. */
export function propertiesOf(type: UnitType, voice: Voice): readonly ShownProperty[] {
  const types = known.get(voice) ?? new Map<UnitType, readonly ShownProperty[]>();
  known.set(voice, types);
  const list = types.get(type) ?? gettersOf(type, voice);
  types.set(type, list);
  return list;
}
