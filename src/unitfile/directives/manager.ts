/** [Manager] of systemd-system.conf(5): what units start from, and what the manager does itself. */

import type { LimitName } from '../../sys/host.ts';
import { parseBoolean } from '../../text/numbers.ts';
import { allCapabilities } from '../../values/capabilities.ts';
import { parseLogLevel, parseLogTarget } from '../../values/syslog.ts';
import { parseTimeSpan } from '../../values/time/time-span.ts';
import { group, honoured, honouredWhere, legacy, noEffect, type SettingsOf, setting, writes } from './directive.ts';
import { boolean, oneOf, oneOfOrBoolean, optional, span, string, unitPath, unsigned } from './kinds/basic.ts';
import { tasksMax } from './kinds/cgroup.ts';
import { environment } from './kinds/environment.ts';
import { managerLog } from './kinds/logging.ts';
import { nanoseconds, oomScoreAdjust, resourceLimit } from './kinds/process.ts';
import { cpuAffinity, numaMask, numaPolicy } from './kinds/scheduling.ts';
import { capabilitySetWithin, protecting } from './kinds/security.ts';
import { abortTimeout } from './kinds/service.ts';
import { syscallArchitectures } from './kinds/system-calls.ts';
import { emergencyAction } from './kinds/unit.ts';
import { plainOutputs } from './shapes.ts';

const console = noEffect('the console of a container is the output of its init');
const watchdog = noEffect('a container has no hardware watchdog');
const itself = noEffect("limits of the container's own init are the engine's");

const pressure = noEffect("pressure is that of a cgroup, and those are the engine's");

const limit = (name: LimitName) => setting(resourceLimit(name), undefined, honoured, { property: null });

const restrictedOutput = oneOf('output type', plainOutputs);

const accounting = optional(
  'boolean',
  (key) => `Failed to parse boolean value for ${key}=`,
  parseBoolean,
  () => '',
);

const watchdogSpan = optional(
  'time span',
  'Failed to parse sec value',
  (value) => (value === 'off' || value === 'default' ? value : parseTimeSpan(value)),
  () => '',
  { timeSpan: true },
);

const eventLoop = noEffect('what one turn of the loop does is bounded, so that it needs no limit of its own');

export const managerDirectives = group({
  LogLevel: setting(managerLog('level', 'log level', parseLogLevel), undefined, honoured, { property: null }),
  LogTarget: setting(
    managerLog('string', 'target', parseLogTarget),
    undefined,
    noEffect('pidone logs to its journal'),
    {
      property: null,
    },
  ),
  LogColor: setting(managerLog('boolean', 'color', parseBoolean), undefined, console, { property: null }),
  LogLocation: setting(managerLog('boolean', 'location', parseBoolean), undefined, console, { property: null }),
  LogTime: setting(managerLog('boolean', 'time', parseBoolean), undefined, console, { property: null }),
  DumpCore: setting(boolean, true, itself, { property: null }),
  CrashChVT: setting(string, undefined, console, { property: null }),
  CrashChangeVT: setting(string, undefined, console, { property: null }),
  CrashShell: setting(boolean, false, console, { property: null }),
  CrashReboot: setting(boolean, false, console, { property: null }),
  CrashAction: setting(string, undefined, console, { property: null, since: 256 }),
  ShowStatus: setting(
    oneOfOrBoolean('show status setting', ['no', 'yes', 'auto', 'error'], 'yes', 'no'),
    'yes',
    honoured,
    {
      property: null,
    },
  ),
  StatusUnitFormat: setting(oneOf('status unit format', ['name', 'description', 'combined']), 'combined', honoured, {
    property: null,
  }),
  CPUAffinity: setting(cpuAffinity, [], itself, { property: null }),
  NUMAPolicy: setting(numaPolicy, undefined, itself, { property: null }),
  NUMAMask: setting(numaMask, undefined, itself, { property: null }),
  JoinControllers: legacy,
  RuntimeWatchdogSec: setting(watchdogSpan, undefined, watchdog, { property: null }),
  RuntimeWatchdogPreSec: setting(watchdogSpan, undefined, watchdog, { property: null }),
  RebootWatchdogSec: setting(watchdogSpan, undefined, watchdog, { property: null }),
  ShutdownWatchdogSec: setting(watchdogSpan, undefined, watchdog, { property: null }),
  KExecWatchdogSec: setting(watchdogSpan, undefined, watchdog, { property: null }),
  WatchdogDevice: setting(unitPath(), undefined, watchdog, { property: null }),
  RuntimeWatchdogPreGovernor: setting(string, undefined, watchdog, { property: null }),
  CapabilityBoundingSet: setting(capabilitySetWithin(allCapabilities), allCapabilities, itself, { property: null }),
  NoNewPrivileges: setting(boolean, false, itself, { property: null }),
  SystemCallArchitectures: setting(syscallArchitectures, [], itself, { property: null }),
  TimerSlackNSec: setting(nanoseconds, undefined, itself, { property: null }),
  DefaultTimerAccuracySec: setting(span, (facts) => facts.manager.timerAccuracyMs, honoured, { property: null }),
  DefaultStandardOutput: setting(restrictedOutput, (facts) => facts.manager.standardOutput, honoured, {
    property: null,
  }),
  DefaultStandardError: setting(restrictedOutput, (facts) => facts.manager.standardError, honoured, { property: null }),
  DefaultTimeoutStartSec: setting(span, (facts) => facts.manager.timeoutStartMs, honoured, { property: null }),
  DefaultTimeoutStopSec: setting(span, (facts) => facts.manager.timeoutStopMs, honoured, { property: null }),
  DefaultTimeoutAbortSec: setting(abortTimeout, (facts) => facts.manager.timeoutAbortMs, honoured, { property: null }),
  DefaultDeviceTimeoutSec: setting(span, (facts) => facts.manager.deviceTimeoutMs, honoured, { property: null }),
  DefaultRestartSec: setting(span, (facts) => facts.manager.restartMs, honoured, { property: null }),
  DefaultStartLimitIntervalSec: setting(span, (facts) => facts.manager.startLimitIntervalMs, honoured, {
    property: null,
  }),
  DefaultStartLimitInterval: writes('DefaultStartLimitIntervalSec', span, honoured, { legacy: true }),
  DefaultStartLimitBurst: setting(unsigned, (facts) => facts.manager.startLimitBurst, honoured, { property: null }),
  DefaultEnvironment: setting(environment, [], honoured, { property: null }),
  ManagerEnvironment: setting(environment, [], honoured, { property: null }),
  DefaultLimitCPU: limit('CPU'),
  DefaultLimitFSIZE: limit('FSIZE'),
  DefaultLimitDATA: limit('DATA'),
  DefaultLimitSTACK: limit('STACK'),
  DefaultLimitCORE: limit('CORE'),
  DefaultLimitRSS: limit('RSS'),
  DefaultLimitNOFILE: limit('NOFILE'),
  DefaultLimitAS: limit('AS'),
  DefaultLimitNPROC: limit('NPROC'),
  DefaultLimitMEMLOCK: limit('MEMLOCK'),
  DefaultLimitLOCKS: limit('LOCKS'),
  DefaultLimitSIGPENDING: limit('SIGPENDING'),
  DefaultLimitMSGQUEUE: limit('MSGQUEUE'),
  DefaultLimitNICE: limit('NICE'),
  DefaultLimitRTPRIO: limit('RTPRIO'),
  DefaultLimitRTTIME: limit('RTTIME'),
  DefaultCPUAccounting: setting(accounting, undefined, honoured, { property: null }),
  DefaultIOAccounting: setting(boolean, (facts) => facts.manager.ioAccounting, honoured, { property: null }),
  DefaultIPAccounting: setting(boolean, (facts) => facts.manager.ipAccounting, honoured, { property: null }),
  DefaultBlockIOAccounting: setting(boolean, (facts) => facts.manager.blockIOAccounting, honoured, { property: null }),
  DefaultMemoryAccounting: setting(boolean, (facts) => facts.manager.memoryAccounting, honoured, { property: null }),
  DefaultTasksAccounting: setting(boolean, (facts) => facts.manager.tasksAccounting, honoured, { property: null }),
  /** Where a line says nothing, there is no limit; where no line is, the built-in one. */
  DefaultTasksMax: setting(tasksMax, Number.POSITIVE_INFINITY, honoured, { property: null }),
  CtrlAltDelBurstAction: setting(
    emergencyAction,
    'reboot-force',
    honouredWhere('as SIGINT, more than seven times in two seconds; where it is not set, the container ends at once'),
    { property: null },
  ),
  DefaultOOMPolicy: setting(
    oneOf('OOM policy', ['continue', 'stop', 'kill']),
    (facts) => facts.manager.oomPolicy,
    honoured,
    { property: null },
  ),
  DefaultOOMScoreAdjust: setting(oomScoreAdjust, (facts) => facts.manager.oomScoreAdjust, honoured, { property: null }),
  DefaultSmackProcessLabel: setting(string, undefined, noEffect("SMACK is the host's"), { property: null }),
  DefaultMemoryPressureWatch: setting(string, undefined, pressure, { property: null, since: 254 }),
  DefaultMemoryPressureThresholdSec: setting(span, 200, pressure, { property: null, since: 254 }),
  DefaultCPUPressureWatch: setting(string, undefined, pressure, { property: null, since: 261 }),
  DefaultCPUPressureThresholdSec: setting(span, 200, pressure, { property: null, since: 261 }),
  DefaultIOPressureWatch: setting(string, undefined, pressure, { property: null, since: 261 }),
  DefaultIOPressureThresholdSec: setting(span, 200, pressure, { property: null, since: 261 }),
  DefaultMemoryZSwapWriteback: setting(string, undefined, pressure, { property: null, since: 261 }),
  EventLoopRateLimitIntervalSec: setting(span, 1000, eventLoop, { property: null, since: 261 }),
  EventLoopRateLimitBurst: setting(unsigned, 50000, eventLoop, { property: null, since: 261 }),
  MinimumUptimeSec: setting(span, 15000, noEffect('the engine says how fast a container comes back'), {
    property: null,
    since: 261,
  }),
  RestrictFileSystemAccess: setting(
    string,
    undefined,
    noEffect('it needs BPF LSM programs, which containers may not load'),
    {
      property: null,
      since: 261,
    },
  ),
  DefaultRestrictSUIDSGID: setting(protecting, false, honoured, { property: null, since: 258 }),
  ReloadLimitIntervalSec: setting(span, 0, honoured, { property: null, since: 253 }),
  ReloadLimitBurst: setting(unsigned, 0, honoured, { property: null, since: 253 }),
  ProtectSystem: setting(string, undefined, itself, { property: null, since: 256 }),
});

export type ManagerSettings = SettingsOf<typeof managerDirectives>;
