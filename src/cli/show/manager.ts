/** Properties of the manager itself: `systemctl show` without a unit. */

import type { Manager } from '../../manager/manager.ts';
import { FEATURES, SYSTEMD_VERSION, VERSION } from '../../sys/version.ts';
import type { ShownValue } from '../../unitfile/directives/directive.ts';
import { printableWords } from '../../unitfile/directives/kinds/basic.ts';
import type { Timestamp } from '../../units/unit.ts';
import { limitNames } from '../../values/limits.ts';
import { architectureName } from '../../values/names.ts';
import { formatTimeSpan, usecText } from '../../values/time/time-span.ts';
import type { ManagerView } from '../common/manager-view.ts';
import { managerProperties } from './interfaces.ts';
import { type PrintOptions, unprintable } from './print.ts';

/** The manager as the verbs see it, with what only `show` asks of it. */
export type ManagerFacts = ManagerView &
  Partial<
    Pick<
      Manager,
      | 'loader'
      | 'jobCounters'
      | 'finishTimestamp'
      | 'generatorsStartTimestamp'
      | 'generatorsFinishTimestamp'
      | 'unitsLoadStartTimestamp'
      | 'unitsLoadFinishTimestamp'
      | 'unitsLoadTimestamp'
    >
  >;

type Getter = (manager: ManagerFacts, print: PrintOptions) => ShownValue;

const yesNo = (value: boolean | undefined): string => (value === true ? 'yes' : 'no');
const numberText = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? 'infinity' : BigInt(value).toString();
const never: Timestamp = { realtime: 0, monotonic: 0 };

function dual(name: string, get: (manager: ManagerFacts) => Timestamp | undefined): [string, Getter][] {
  return [
    [name, (manager, print) => print.timestamp((get(manager) ?? never).realtime) ?? ''],
    [`${name}Monotonic`, (manager) => usecText((get(manager) ?? never).monotonic)],
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
];

/** How far the boot has come: jobs that are done of those that were queued. */
function progress(manager: ManagerFacts): string {
  const installed = manager.jobCounters?.installed ?? 0;
  if ((manager.finishTimestamp ?? never).monotonic !== 0 || installed === 0) return '1';
  const done = 1 - manager.jobCount / installed;
  return Number(done.toPrecision(6)).toString();
}

/** As `show` has it: what the container is, else what the machine is; empty on bare metal. */
export function virtualization(manager: Pick<ManagerFacts, 'host'>): string {
  const { container, vm } = manager.host.virtualization();
  const name = container === 'none' ? vm : container;
  return name === 'none' ? '' : name;
}

const defaults = (manager: ManagerFacts) => manager.loader?.defaults;
const span =
  (get: (d: NonNullable<ReturnType<typeof defaults>>) => number): Getter =>
  (manager) => {
    const known = defaults(manager);
    return known === undefined ? '' : formatTimeSpan(get(known));
  };

const getters: readonly [string, Getter][] = [
  ['Version', () => `${SYSTEMD_VERSION} (pidone ${VERSION})`],
  ['Features', () => FEATURES],
  ['Virtualization', virtualization],
  ['Architecture', (manager) => architectureName(manager.host.uname().machine) ?? ''],
  ['Tainted', () => ''],
  ...neverHappened.flatMap((name) => dual(name, () => undefined)),
  ...dual('UserspaceTimestamp', (manager) => manager.startTimestamp),
  ...dual('FinishTimestamp', (manager) => manager.finishTimestamp),
  ...dual('GeneratorsStartTimestamp', (manager) => manager.generatorsStartTimestamp),
  ...dual('GeneratorsFinishTimestamp', (manager) => manager.generatorsFinishTimestamp),
  ...dual('UnitsLoadStartTimestamp', (manager) => manager.unitsLoadStartTimestamp),
  ...dual('UnitsLoadFinishTimestamp', (manager) => manager.unitsLoadFinishTimestamp),
  ...dual('UnitsLoadTimestamp', (manager) => manager.unitsLoadTimestamp),
  ['LogLevel', (manager) => manager.logLevel],
  ['LogTarget', (manager) => manager.logTarget],
  ['NNames', (manager) => String(manager.nameCount)],
  ['NFailedUnits', (manager) => String(manager.failedUnits.size)],
  ['NJobs', (manager) => String(manager.jobCount)],
  ['NInstalledJobs', (manager) => String(manager.jobCounters?.installed ?? 0)],
  ['NFailedJobs', (manager) => String(manager.jobCounters?.failed ?? 0)],
  ['Progress', progress],
  ['Environment', (manager) => printableWords(manager.environmentBlock())],
  ['ConfirmSpawn', () => 'no'],
  ['ShowStatus', () => 'yes'],
  ['UnitPath', (manager) => printableWords(manager.loader?.paths.search ?? [])],
  ['DefaultStandardOutput', (manager) => defaults(manager)?.standardOutput ?? ''],
  ['DefaultStandardError', (manager) => defaults(manager)?.standardError ?? ''],
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
  ['SystemState', (manager) => manager.systemState()],
  ['ExitCode', () => unprintable],
  ['DefaultTimerAccuracyUSec', span((d) => d.timerAccuracyMs)],
  ['DefaultTimeoutStartUSec', span((d) => d.timeoutStartMs)],
  ['DefaultTimeoutStopUSec', span((d) => d.timeoutStopMs)],
  ['DefaultTimeoutAbortUSec', span((d) => d.timeoutAbortMs ?? d.timeoutStopMs)],
  ['DefaultDeviceTimeoutUSec', span((d) => d.deviceTimeoutMs)],
  ['DefaultRestartUSec', span((d) => d.restartMs)],
  ['DefaultStartLimitIntervalUSec', span((d) => d.startLimitIntervalMs)],
  ['DefaultStartLimitBurst', (manager) => String(defaults(manager)?.startLimitBurst ?? 0)],
  ['DefaultCPUAccounting', (manager) => yesNo(defaults(manager)?.cpuAccounting)],
  ['DefaultBlockIOAccounting', (manager) => yesNo(defaults(manager)?.blockIOAccounting)],
  ['DefaultMemoryAccounting', (manager) => yesNo(defaults(manager)?.memoryAccounting)],
  ['DefaultTasksAccounting', (manager) => yesNo(defaults(manager)?.tasksAccounting)],
  ...limitNames.flatMap((name): [string, Getter][] => {
    const limit = (manager: ManagerFacts) => defaults(manager)?.limits[name] ?? manager.host.limit(name);
    return [
      [`DefaultLimit${name}`, (manager) => numberText(limit(manager).hard)],
      [`DefaultLimit${name}Soft`, (manager) => numberText(limit(manager).soft)],
    ];
  }),
  ['DefaultTasksMax', (manager) => numberText(defaults(manager)?.tasksMax ?? Number.POSITIVE_INFINITY)],
  ['TimerSlackNSec', () => '50000'],
  ['DefaultOOMPolicy', (manager) => defaults(manager)?.oomPolicy ?? ''],
  ['DefaultOOMScoreAdjust', (manager) => String(defaults(manager)?.oomScoreAdjust ?? 0)],
  ['CtrlAltDelBurstAction', () => 'reboot-force'],
];

const byName = new Map(getters);

/** Every property of the manager with what gives its value, in order. */
export const propertiesOfManager: readonly (readonly [string, Getter])[] = managerProperties.map((name) => {
  const get = byName.get(name);
  if (get === undefined) throw new Error(`manager: nothing gives property ${name}`);
  return [name, get] as const;
});
