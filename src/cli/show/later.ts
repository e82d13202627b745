/**
 * Values of properties that later releases than 252 have. Those of directives come from their rows, as the others do; where
 * no line has set one, from here. What a container has nothing of is as on a machine that has none of it.
 */
import { bindsLogSockets } from '../../exec/log-sockets.ts';
import { formatBoolean } from '../../text/numbers.ts';
import type { GroupName } from '../../unitfile/directives/table.ts';
import { groups } from '../../unitfile/directives/table.ts';
import { rootSlice } from '../../unitfile/language/unit-name.ts';
import { tasksLimit } from '../../unitfile/load/machine-numbers.ts';
import { currentlyActive } from '../../units/concurrency.ts';
import { Service } from '../../units/service.ts';
import { restartDelayMs } from '../../units/service-restart.ts';
import type { Unit } from '../../units/unit.ts';
import { anyNamespace } from '../../values/namespaces.ts';
import {
  notSet,
  printableNumber,
  printableWords,
  type ShownValue,
  shownLines,
  unprintable,
} from '../../values/shown.ts';
import { formatTimeSpan } from '../../values/time/time-span.ts';
import type { Getter } from './getter.ts';

type Settings = Readonly<Record<string, unknown>>;

function settingsOf(unit: Unit, group: GroupName): Settings {
  return (unit.loaded as unknown as Record<GroupName, Settings | undefined>)[group] ?? {};
}

/** A setting by its row; `unset` where it has no value, or one that shows nothing. */
const ofRow =
  (group: GroupName, key: string, unset: ShownValue): Getter =>
  (unit) => {
    const row = groups[group][key];
    const value = settingsOf(unit, group)[key];
    if (row === undefined || !row.slot || value === undefined) return unset;
    const shown = row.kind.format(value);
    return shownLines(shown).length === 0 ? unset : shown;
  };

const cgroup = (key: string, unset: ShownValue): Getter => ofRow('cgroup', key, unset);
const exec = (key: string, unset: ShownValue = ''): Getter => ofRow('exec', key, unset);
const service = (key: string, unset: ShownValue): Getter => ofRow('service', key, unset);
const socket = (key: string, unset: ShownValue): Getter => ofRow('socket', key, unset);

const constant =
  (value: ShownValue): Getter =>
  () =>
    value;

/** What a boolean that became words is, where it is not said by its word. */
const worded =
  (key: string, yes: string): Getter =>
  (unit) => {
    const value = settingsOf(unit, 'exec')[key];
    const word = typeof value === 'object' && value !== null && 'mode' in value ? value.mode : value;
    if (word === true || word === 'yes') return yes;
    return typeof word === 'string' ? word : 'no';
  };

/** The largest number of 64 bits, which systemctl has no words for in these. */
const noNumber = '18446744073709551615';

/** DelegateNamespaces=, as a mask. */
function delegatedNamespaces(unit: Unit): string {
  const { DelegateNamespaces: mask } = settingsOf(unit, 'exec');
  return typeof mask === 'number' && mask !== anyNamespace ? String(mask) : noNumber;
}

/** Settings for which systemd gives a service mounts of its own, and what they are where they do not. */
const withMounts: Readonly<Record<string, unknown>> = {
  PrivateDevices: false,
  PrivateMounts: false,
  ProtectSystem: 'no',
  ProtectHome: 'no',
  ProtectKernelTunables: false,
  ProtectKernelModules: false,
  ProtectKernelLogs: false,
  ProtectControlGroups: 'no',
  ProtectProc: 'default',
  ProcSubset: 'all',
  PrivateIPC: false,
  PrivatePIDs: false,
  BindLogSockets: false,
};
const lists = [
  'ReadWritePaths',
  'ReadOnlyPaths',
  'InaccessiblePaths',
  'ExecPaths',
  'NoExecPaths',
  'BindPaths',
  'BindReadOnlyPaths',
  'TemporaryFileSystem',
  'MountImages',
  'ExtensionImages',
  'ExtensionDirectories',
];

/** CanLiveMount: `systemctl mount-image` and its kin need mounts that are the service's own. */
export function hasOwnMounts(unit: Unit): boolean {
  if (!(unit instanceof Service)) return false;
  const settings = settingsOf(unit, 'exec');
  if (settings.RootImage !== undefined || settings.IPCNamespacePath !== undefined) return true;
  if (settings.DynamicUser === true || settings.PrivateTmp === 'disconnected' || logsToSockets(unit)) return true;
  if (settings.MountFlags !== undefined && settings.MountFlags !== 'shared') return true;
  if (!Object.hasOwn(settings, 'PrivateMounts') && settings.PrivateNetwork === true) return true;
  if (lists.some((key) => Array.isArray(settings[key]) && settings[key].length > 0)) return true;
  return Object.entries(withMounts).some(([key, none]) => settings[key] !== undefined && settings[key] !== none);
}

const logsToSockets = ({ loaded: { exec } }: Unit): boolean => exec !== undefined && bindsLogSockets(exec);

function setsLogin(unit: Unit): boolean {
  const { SetLoginEnvironment, User, DynamicUser, PAMName } = settingsOf(unit, 'exec');
  if (typeof SetLoginEnvironment === 'boolean') return SetLoginEnvironment;
  return User !== undefined || DynamicUser === true || PAMName !== undefined;
}

/** The unit, the slice that it is in, the one that this is in, and so on. */
function* upwards(unit: Unit): Generator<Unit> {
  yield unit;
  for (const slice of unit.dependencies.get('InSlice') ?? []) {
    yield* upwards(slice);
    // it is in one
    return;
  }
}

/** The least that a unit or one of its slices is limited to; `there` is what there is for the root of them. */
function leastLimit(unit: Unit, keys: readonly string[], there: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const place of upwards(unit)) {
    if (place.id === rootSlice) least = Math.min(least, there);
    for (const key of keys) {
      const limit = settingsOf(place, 'cgroup')[key];
      if (typeof limit === 'number') least = Math.min(least, limit);
    }
  }
  return least;
}

const effectiveMemory =
  (key: string): Getter =>
  (unit, { manager }) =>
    printableNumber(leastLimit(unit, [key], manager.host.memoryTotal()));

/** As if nothing had been used of it: nobody counts memory here. */
const availableMemory: Getter = (unit, { manager: { host } }) => {
  const { noMemoryAvailable, countsMemoryOfMachine } = host.voice.show;
  const there = countsMemoryOfMachine ? host.memoryTotal() : Number.POSITIVE_INFINITY;
  const least = leastLimit(unit, ['MemoryMax', 'MemoryHigh'], there);
  return least === Number.POSITIVE_INFINITY ? noMemoryAvailable : printableNumber(least);
};

/** Of every unit. */
export const laterUnit: readonly [string, Getter][] = [
  ['WantsMountsFor', (unit) => printableWords(unit.loaded.wantsMountsFor)],
  ['CanLiveMount', (unit) => formatBoolean(hasOwnMounts(unit))],
  ['SurviveFinalKillSignal', ofRow('unit', 'SurviveFinalKillSignal', 'no')],
  ['DebugInvocation', (unit) => formatBoolean(unit instanceof Service && unit.debugInvocation)],
];

/** Of units with a control group. */
export const laterCGroup: readonly [string, Getter][] = [
  ...['MemoryPeak', 'MemorySwapCurrent', 'MemorySwapPeak', 'MemoryZSwapCurrent'].map((name): [string, Getter] => [
    name,
    constant(notSet),
  ]),
  ['MemoryAvailable', availableMemory],
  ['EffectiveMemoryMax', effectiveMemory('MemoryMax')],
  ['EffectiveMemoryHigh', effectiveMemory('MemoryHigh')],
  [
    'EffectiveTasksMax',
    (unit, { manager }) => printableNumber(leastLimit(unit, ['TasksMax'], tasksLimit(manager.host.files))),
  ],
  ['OOMKills', constant(noNumber)],
  ['ManagedOOMKills', constant(noNumber)],
  ['DelegateSubgroup', cgroup('DelegateSubgroup', '')],
  ['DefaultStartupMemoryLow', cgroup('DefaultStartupMemoryLow', '0')],
  ['StartupMemoryLow', cgroup('StartupMemoryLow', '0')],
  ...['StartupMemoryHigh', 'StartupMemoryMax', 'StartupMemorySwapMax', 'MemoryZSwapMax', 'StartupMemoryZSwapMax'].map(
    (name): [string, Getter] => [name, cgroup(name, 'infinity')],
  ),
  ['MemoryZSwapWriteback', cgroup('MemoryZSwapWriteback', 'yes')],
  [
    'CPUSetPartition',
    (unit, context) =>
      settingsOf(unit, 'cgroup').CPUSetPartition === 'member' ? '' : cgroup('CPUSetPartition', '')(unit, context),
  ],
  [
    'ManagedOOMMemoryPressureDurationUSec',
    (unit, context) => {
      const shown = cgroup('ManagedOOMMemoryPressureDurationSec', notSet)(unit, context);
      return shown === 'infinity' ? notSet : shown;
    },
  ],
  ['OOMRules', cgroup('OOMRules', '')],
  ['BindNetworkInterface', cgroup('BindNetworkInterface', '')],
  ...['Memory', 'CPU', 'IO'].flatMap((what): [string, Getter][] => [
    [`${what}PressureWatch`, cgroup(`${what}PressureWatch`, 'auto')],
    [`${what}PressureThresholdUSec`, cgroup(`${what}PressureThresholdSec`, '200ms')],
  ]),
  ['NFTSet', cgroup('NFTSet', '')],
  ['CoredumpReceive', cgroup('CoredumpReceive', 'no')],
];

/** Of units that run programs. */
export const laterExec: readonly [string, Getter][] = [
  ['RootEphemeral', exec('RootEphemeral', 'no')],
  ['RootMStack', exec('RootMStack')],
  ['LogFilterPatterns', exec('LogFilterPatterns')],
  ['SetLoginEnvironment', (unit) => formatBoolean(setsLogin(unit))],
  ['ImportCredential', exec('ImportCredential')],
  ['ImportCredentialEx', constant(unprintable)],
  ['PrivateTmpEx', worded('PrivateTmp', 'connected')],
  ['ProtectControlGroupsEx', worded('ProtectControlGroups', 'yes')],
  ['PrivateUsersEx', worded('PrivateUsers', 'self')],
  ['ProtectHostnameEx', constant(unprintable)],
  ['PrivatePIDs', exec('PrivatePIDs', 'no')],
  ...['State', 'Cache', 'Logs'].flatMap((what): [string, Getter][] => [
    [`${what}DirectoryAccounting`, exec(`${what}DirectoryAccounting`, 'no')],
    [`${what}DirectoryQuota`, exec(`${what}DirectoryQuota`, notSet)],
  ]),
  ['DelegateNamespaces', delegatedNamespaces],
  ['BindLogSockets', (unit) => formatBoolean(logsToSockets(unit))],
  ['PrivateBPF', exec('PrivateBPF', 'no')],
  ...['Commands', 'Maps', 'Programs', 'Attachments'].map((what): [string, Getter] => [
    `BPFDelegate${what}`,
    exec(`BPFDelegate${what}`),
  ]),
  ['MemoryKSM', exec('MemoryKSM', 'no')],
  ['MemoryTHP', exec('MemoryTHP', 'inherit')],
  ['UserNamespacePath', exec('UserNamespacePath')],
  ...['RootImagePolicy', 'MountImagePolicy', 'ExtensionImagePolicy'].map((name): [string, Getter] => [
    name,
    (unit, context) => exec(name, context.manager.host.voice.show.imagePolicy)(unit, context),
  ]),
];

export const laterService: readonly [string, Getter][] = [
  ['RestartMode', service('RestartMode', 'normal')],
  ['RestartSteps', service('RestartSteps', '0')],
  ['RestartMaxDelayUSec', service('RestartMaxDelaySec', 'infinity')],
  ['RestartRandomizedDelayUSec', service('RestartRandomizedDelaySec', '0')],
  [
    'RestartUSecNext',
    (unit) => (unit instanceof Service ? formatTimeSpan(restartDelayMs(unit.settings, unit.nRestarts)) : ''),
  ],
  ['FileDescriptorStorePreserve', service('FileDescriptorStorePreserve', 'restart')],
  ['LUOSession', constant('')],
  ['LiveMountResult', constant('success')],
  ['OpenFile', service('OpenFile', '')],
  ['ExtraFileDescriptorNames', constant('')],
  ['ReloadSignal', service('ReloadSignal', '1')],
  ['RefreshOnReload', service('RefreshOnReload', '')],
  ['ExecReloadPost', constant([])],
  ['ExecReloadPostEx', constant([])],
];

export const laterSocket: readonly [string, Getter][] = [
  ['PassPIDFD', socket('PassPIDFD', 'no')],
  ['AcceptFileDescriptors', socket('AcceptFileDescriptors', 'yes')],
  ['XAttrEntryPoint', socket('XAttrEntryPoint', '')],
  ['XAttrListen', socket('XAttrListen', '')],
  ['XAttrAccept', socket('XAttrAccept', '')],
  ['PassFileDescriptorsToExec', socket('PassFileDescriptorsToExec', 'no')],
  ['PollLimitIntervalUSec', socket('PollLimitIntervalSec', '2s')],
  [
    'PollLimitBurst',
    (unit) => {
      const { PollLimitBurst: burst, Accept: accept } = settingsOf(unit, 'socket');
      if (typeof burst === 'number' && burst !== 0xffffffff) return String(burst);
      return accept === true ? '150' : '15';
    },
  ],
  ['DeferTrigger', socket('DeferTrigger', 'no')],
  ['DeferTriggerMaxUSec', socket('DeferTriggerMaxSec', 'infinity')],
];

export const laterTimer: readonly [string, Getter][] = [
  ['RandomizedOffsetUSec', ofRow('timer', 'RandomizedOffsetSec', '0')],
  ['DeferReactivation', ofRow('timer', 'DeferReactivation', 'no')],
];

export const laterMount: readonly [string, Getter][] = [
  ['ReloadResult', constant('success')],
  ['CleanResult', constant('success')],
];

export const laterSlice: readonly [string, Getter][] = [
  ['ConcurrencyHardMax', ofRow('slice', 'ConcurrencyHardMax', '4294967295')],
  ['ConcurrencySoftMax', ofRow('slice', 'ConcurrencySoftMax', '4294967295')],
  ['ActivatingConcurrencyMax', ofRow('slice', 'ActivatingConcurrencyMax', '4294967295')],
  ['NCurrentlyActive', (unit) => String(currentlyActive(unit))],
];
