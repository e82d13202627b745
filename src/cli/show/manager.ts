/** Properties of the manager itself: `systemctl show` without a unit. */

import { versionLine } from '../../sys/version.ts';
import { formatBoolean } from '../../text/numbers.ts';
import type { Timestamp } from '../../units/unit.ts';
import { architectureName } from '../../values/architectures.ts';
import { limitNames } from '../../values/limits.ts';
import { printableNumber, printableWords, type ShownValue, unprintable } from '../../values/shown.ts';
import { logLevelName } from '../../values/syslog.ts';
import { formatTimeSpan, usecText } from '../../values/time/time-span.ts';
import type { ManagerView } from '../common/manager-view.ts';
import type { PrintOptions } from './print.ts';

type Getter = (manager: ManagerView, print: PrintOptions) => ShownValue;

const yesNo = (value: boolean | undefined): string => formatBoolean(value ?? false);
const never: Timestamp = { realtime: 0, monotonic: 0 };

function dual(name: string, get: (manager: ManagerView) => Timestamp): [string, Getter][] {
  return [
    [name, (manager, print) => print.timestamp(get(manager).realtime) ?? ''],
    [`${name}Monotonic`, (manager) => usecText(get(manager).monotonic)],
  ];
}

const neverHappened = [
  'FirmwareTimestamp',
  'LoaderTimestamp',
  'KernelTimestamp',
  'InitRDTimestamp',
  'SecurityStartTimestamp',
  'SecurityFinishTimestamp',
  'InitRDSecurityStartTimestamp',
  'InitRDSecurityFinishTimestamp',
  'InitRDGeneratorsStartTimestamp',
  'InitRDGeneratorsFinishTimestamp',
  'InitRDUnitsLoadStartTimestamp',
  'InitRDUnitsLoadFinishTimestamp',
  'UnitsLoadTimestamp',
];

/** Moments that later releases know of, none of which a container has. */
const laterMoments = [
  'ShutdownStartTimestamp',
  'ShutdownFinishTimestamp',
  'PreviousShutdownStartTimestamp',
  'PreviousShutdownFinishTimestamp',
  'PreviousShutdownLateStartTimestamp',
  'PreviousShutdownLateFinishTimestamp',
];

/** How far the boot has come: jobs that are done of those that were queued. */
function progress(manager: ManagerView): string {
  const installed = manager.jobs.installedCount;
  if (manager.timestamps.finish.monotonic !== 0 || installed === 0) return '1';
  const done = 1 - manager.jobs.size / installed;
  return Number(done.toPrecision(6)).toString();
}

/** As `show` has it: what the container is, else what the machine is; empty on bare metal. */
export function virtualization(manager: Pick<ManagerView, 'host'>): string {
  const { container, vm } = manager.host.virtualization();
  const name = container === 'none' ? vm : container;
  return name === 'none' ? '' : name;
}

const defaults = (manager: ManagerView) => manager.loader.defaults;
const span =
  (get: (d: ReturnType<typeof defaults>) => number): Getter =>
  (manager) =>
    formatTimeSpan(get(defaults(manager)));

const getters: readonly [string, Getter][] = [
  ['Version', ({ host }) => versionLine(host.voice)],
  ['Features', ({ host }) => host.voice.version.features],
  ['Virtualization', virtualization],
  ['Architecture', (manager) => architectureName(manager.host.uname().machine) ?? ''],
  ['Tainted', () => ''],
  ...neverHappened.flatMap((name) => dual(name, () => never)),
  ...dual('UserspaceTimestamp', (manager) => manager.timestamps.userspace),
  ...dual('FinishTimestamp', (manager) => manager.timestamps.finish),
  ...dual('GeneratorsStartTimestamp', (manager) => manager.timestamps.generatorsStart),
  ...dual('GeneratorsFinishTimestamp', (manager) => manager.timestamps.generatorsFinish),
  ...dual('UnitsLoadStartTimestamp', (manager) => manager.timestamps.unitsLoadStart),
  ...dual('UnitsLoadFinishTimestamp', (manager) => manager.timestamps.unitsLoadFinish),
  ['LogLevel', (manager) => logLevelName(manager.logControl.level)],
  ['LogTarget', (manager) => manager.logControl.target],
  ['NNames', (manager) => String(manager.units.nameCount)],
  ['NFailedUnits', (manager) => String(manager.units.failed.size)],
  ['NJobs', (manager) => String(manager.jobs.size)],
  ['NInstalledJobs', (manager) => String(manager.jobs.installedCount)],
  ['NFailedJobs', (manager) => String(manager.jobs.failedCount)],
  ['Progress', progress],
  ['Environment', (manager) => printableWords(manager.environment.block())],
  ['ConfirmSpawn', () => 'no'],
  ['ShowStatus', () => 'yes'],
  ['UnitPath', (manager) => printableWords(manager.loader.paths.search)],
  ['DefaultStandardOutput', (manager) => defaults(manager).standardOutput],
  ['DefaultStandardError', (manager) => defaults(manager).standardError],
  ['WatchdogDevice', () => ''],
  ['WatchdogLastPingTimestamp', () => ''],
  ['WatchdogLastPingTimestampMonotonic', () => usecText(Number.POSITIVE_INFINITY)],
  ['RuntimeWatchdogUSec', () => '0'],
  ['RuntimeWatchdogPreUSec', () => '0'],
  ['RuntimeWatchdogPreGovernor', () => ''],
  ['RebootWatchdogUSec', () => '10min'],
  ['KExecWatchdogUSec', () => '0'],
  ['ServiceWatchdogs', (manager) => yesNo(manager.serviceWatchdogs)],
  ['ControlGroup', () => ''],
  ['SystemState', (manager) => manager.systemState],
  ['ExitCode', () => unprintable],
  ['DefaultTimerAccuracyUSec', span((d) => d.timerAccuracyMs)],
  ['DefaultTimeoutStartUSec', span((d) => d.timeoutStartMs)],
  ['DefaultTimeoutStopUSec', span((d) => d.timeoutStopMs)],
  ['DefaultTimeoutAbortUSec', span((d) => d.timeoutAbortMs ?? d.timeoutStopMs)],
  ['DefaultDeviceTimeoutUSec', span((d) => d.deviceTimeoutMs)],
  ['DefaultRestartUSec', span((d) => d.restartMs)],
  ['DefaultStartLimitIntervalUSec', span((d) => d.startLimitIntervalMs)],
  ['DefaultStartLimitBurst', (manager) => String(defaults(manager).startLimitBurst)],
  ['DefaultCPUAccounting', (manager) => yesNo(defaults(manager).cpuAccounting)],
  ['DefaultBlockIOAccounting', (manager) => yesNo(defaults(manager).blockIOAccounting)],
  ['DefaultMemoryAccounting', (manager) => yesNo(defaults(manager).memoryAccounting)],
  ['DefaultTasksAccounting', (manager) => yesNo(defaults(manager).tasksAccounting)],
  ...limitNames.flatMap((name): [string, Getter][] => {
    const limit = (manager: ManagerView) => defaults(manager).limits[name] ?? manager.host.limit(name);
    return [
      [`DefaultLimit${name}`, (manager) => printableNumber(limit(manager).hard)],
      [`DefaultLimit${name}Soft`, (manager) => printableNumber(limit(manager).soft)],
    ];
  }),
  ['DefaultTasksMax', (manager) => printableNumber(defaults(manager).tasksMax)],
  ['TimerSlackNSec', () => '50000'],
  ['DefaultOOMPolicy', (manager) => defaults(manager).oomPolicy],
  ['DefaultOOMScoreAdjust', (manager) => String(defaults(manager).oomScoreAdjust ?? 0)],
  ['CtrlAltDelBurstAction', () => 'reboot-force'],
  // Of later releases.
  ['ConfidentialVirtualization', () => ''],
  ...laterMoments.flatMap((name) => dual(name, () => never)),
  ['DefaultIOAccounting', () => 'no'],
  ['DefaultIPAccounting', () => 'no'],
  ...['Memory', 'CPU', 'IO'].flatMap((what): [string, Getter][] => [
    [`Default${what}PressureThresholdUSec`, () => '200ms'],
    [`Default${what}PressureWatch`, () => 'auto'],
  ]),
  ['SoftRebootsCount', () => '0'],
  ['TransactionsWithOrderingCycle', () => ''],
  ['EventLoopRateLimitIntervalUSec', () => '1s'],
  ['EventLoopRateLimitBurst', () => '50000'],
  ['DefaultRestrictSUIDSGID', (manager) => yesNo(defaults(manager).restrictSuidSgid)],
  ['KExecCount', () => '0'],
  ['ReloadCount', () => '0'],
  ['DefaultMemoryZSwapWriteback', () => 'yes'],
];

const byName = new Map(getters);

export interface ShownOfManager {
  readonly name: string;
  /** The release that speaks has it. */
  readonly own: boolean;
  readonly get: Getter;
}

/** Every property of the manager with what gives its value, in order. */
export function propertiesOfManager({
  host,
  crashes,
}: Pick<ManagerView, 'host' | 'crashes'>): readonly ShownOfManager[] {
  const { properties } = host.voice.show;
  const own = properties.of('manager');
  const others = properties.known('manager').filter((name) => !own.includes(name));
  const known = [...own, ...others].map((name, index) => {
    const get = byName.get(name);
    if (get === undefined) throw new Error(`manager: nothing gives property ${name}`);
    return { name, own: index < own.length, get };
  });
  // systemd's does not outlive any.
  return [...known, { name: 'NCrashes', own: crashes.count > 0, get: () => String(crashes.count) }];
}
