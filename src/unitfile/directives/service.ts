/** [Service] of systemd.service(5), without the shared exec, kill and resource sections. */

import { parseTimeSpanFix0 } from '../../values/time/time-span.ts';
import {
  does,
  group,
  honoured,
  honouredWhere,
  legacy,
  noEffect,
  type Redirect,
  type SettingsOf,
  setting,
} from './directive.ts';
import type { LineKind } from './kind.ts';
import { boolean, oneOf, signal, span, spanFix0, unitPath, unsigned, warning, words } from './kinds/basic.ts';
import { preserveMode } from './kinds/paths.ts';
import {
  abortTimeout,
  busName,
  execCommands,
  exitStatusSet,
  openFiles,
  pidFile,
  refreshOnReload,
  serviceSockets,
  startTimeout,
} from './kinds/service.ts';
import { emergencyAction, rebootArgument } from './kinds/unit.ts';

const infinity = Number.POSITIVE_INFINITY;
const noStatus = { statuses: [], signals: [] };

/** TimeoutSec=. */
const bothTimeouts = does(
  'time span',
  'TimeoutStartSec',
  (settings, value, at) => {
    const ms = parseTimeSpanFix0(value);
    if (ms === undefined) at.report(warning, `Failed to parse ${at.key}= parameter, ignoring: ${value}`);
    else {
      settings.TimeoutStartSec = ms;
      settings.TimeoutStopSec = ms;
    }
  },
  honoured,
);

/** Rows of [Service] that moved to [Unit] long ago and still work where they were. */
function toUnitSection<T>(into: string, kind: LineKind<T>): Redirect {
  return does(
    kind.name,
    into,
    (_settings, value, at) => {
      at.unitSettings[into] = kind.parse(value, at, at.unitSettings[into] as T, undefined as T);
    },
    honoured,
    { legacy: true },
  );
}

export const serviceDirectives = group({
  /** Where no file says it: 'dbus' with BusName=, 'oneshot' without ExecStart=, else 'simple'. */
  Type: setting(
    oneOf('service type', ['simple', 'forking', 'oneshot', 'dbus', 'notify', 'idle', 'exec', 'notify-reload']),
    'simple',
    honoured,
  ),
  ExitType: setting(oneOf('service exit type', ['main', 'cgroup']), 'main', honoured),
  Restart: setting(
    oneOf('service restart specifier', [
      'no',
      'on-success',
      'on-failure',
      'on-abnormal',
      'on-watchdog',
      'on-abort',
      'always',
    ]),
    'no',
    honoured,
  ),
  RestartMode: setting(oneOf('restart mode', ['normal', 'direct', 'debug']), 'normal', honoured, {
    since: 254,
    property: null,
  }),
  RestartSec: setting(span, (facts) => facts.manager.restartMs, honoured),
  RestartSteps: setting(unsigned, 0, honoured, { since: 254, property: null }),
  RestartMaxDelaySec: setting(span, infinity, honoured, { since: 254, property: null }),
  RestartRandomizedDelaySec: setting(span, 0, honoured, { since: 262, property: null }),
  PIDFile: setting(pidFile, undefined, honoured),
  ExecCondition: setting(execCommands, [], honoured, { property: null }),
  ExecStartPre: setting(execCommands, [], honoured, { property: null }),
  ExecStart: setting(execCommands, [], honoured, { property: null }),
  ExecStartPost: setting(execCommands, [], honoured, { property: null }),
  ExecReload: setting(execCommands, [], honoured, { property: null }),
  ExecReloadPost: setting(execCommands, [], honoured, { property: null, since: 259 }),
  ExecStop: setting(execCommands, [], honoured, { property: null }),
  ExecStopPost: setting(execCommands, [], honoured, { property: null }),
  TimeoutStartSec: setting(startTimeout, (facts) => facts.manager.timeoutStartMs, honoured),
  TimeoutStopSec: setting(spanFix0, (facts) => facts.manager.timeoutStopMs, honoured),
  TimeoutSec: bothTimeouts,
  /** undefined: as TimeoutStopSec=. */
  TimeoutAbortSec: setting(abortTimeout, (facts) => facts.manager.timeoutAbortMs, honoured, { property: null }),
  TimeoutStartFailureMode: setting(
    oneOf('timeout failure mode', ['terminate', 'abort', 'kill']),
    'terminate',
    honoured,
  ),
  TimeoutStopFailureMode: setting(oneOf('timeout failure mode', ['terminate', 'abort', 'kill']), 'terminate', honoured),
  RuntimeMaxSec: setting(span, infinity, honoured),
  RuntimeRandomizedExtraSec: setting(span, 0, honoured),
  /** 0: no watchdog. */
  WatchdogSec: setting(span, 0, honoured, { property: null }),
  StartLimitInterval: toUnitSection('StartLimitIntervalSec', span),
  StartLimitBurst: toUnitSection('StartLimitBurst', unsigned),
  StartLimitAction: toUnitSection('StartLimitAction', emergencyAction),
  FailureAction: toUnitSection('FailureAction', emergencyAction),
  RebootArgument: toUnitSection('RebootArgument', rebootArgument),
  PermissionsStartOnly: setting(boolean, false, honoured, { property: null }),
  RootDirectoryStartOnly: setting(boolean, false, honoured),
  RemainAfterExit: setting(boolean, false, honoured),
  GuessMainPID: setting(boolean, true, honoured),
  RestartPreventExitStatus: setting(exitStatusSet, noStatus, honoured),
  RestartForceExitStatus: setting(exitStatusSet, noStatus, honoured),
  SuccessExitStatus: setting(exitStatusSet, noStatus, honoured),
  SysVStartPriority: legacy,
  BusPolicy: legacy,
  NonBlocking: setting(boolean, false, honoured),
  BusName: setting(busName, undefined, honoured),
  FileDescriptorStoreMax: setting(unsigned, 0, honoured),
  FileDescriptorStorePreserve: setting(preserveMode, 'restart', honoured, { since: 254, property: null }),
  LUOSession: setting(words, [], noEffect('what lives on through a kexec is kept by the host'), {
    since: 262,
    property: null,
  }),
  RefreshOnReload: setting(
    refreshOnReload,
    undefined,
    honouredWhere('for credentials; there are no extension images'),
    { since: 260, property: null },
  ),
  NotifyAccess: setting(oneOf('notify access specifier', ['none', 'main', 'exec', 'all']), 'none', honoured),
  Sockets: setting(serviceSockets, [], honoured, { property: null }),
  OpenFile: setting(openFiles, [], honoured, { since: 253, property: null }),
  ReloadSignal: setting(signal, 1, honoured, { since: 253, property: null }),
  USBFunctionDescriptors: setting(unitPath(), undefined, noEffect('containers have no USB gadget controller')),
  USBFunctionStrings: setting(unitPath(), undefined, noEffect('containers have no USB gadget controller')),
  OOMPolicy: setting(oneOf('OOM policy', ['continue', 'stop', 'kill']), (facts) => facts.manager.oomPolicy, honoured),
});

export type ServiceSettings = SettingsOf<typeof serviceDirectives>;
