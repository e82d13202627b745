/** Settings of the manager that can be asked for and changed while it runs: verbs of systemctl and systemd-analyze. */

import { change, query, type VerbAccess } from '../../program/access.ts';
import { say } from '../../program/messages.ts';
import { parseBoolean } from '../../text/numbers.ts';
import { logLevelName, parseLogLevel, parseLogTarget } from '../../values/syslog.ts';
import type { CliContext } from './context.ts';
import { type ManagerView, managerOf } from './manager-view.ts';

interface Setting {
  readonly get: (manager: ManagerView) => string;
  /** A text says why the value is refused. */
  readonly set: (manager: ManagerView, value: string) => string | undefined;
  /** What failed for a caller who may not change it. */
  readonly failure: (value: string) => string;
}

const targetFailure = (value: string): string => `Failed to set log target of org.freedesktop.systemd1 to ${value}`;

const settings = {
  'log-level': {
    get: (manager) => logLevelName(manager.logControl.level),
    set: (manager, value) => {
      const level = parseLogLevel(value);
      if (level === undefined) return `"${value}" is not a valid log level.`;
      manager.logControl.level = level;
      return undefined;
    },
    failure: (value) => `Failed to set log level of org.freedesktop.systemd1 to ${value}`,
  },
  'log-target': {
    get: (manager) => manager.logControl.target,
    set: (manager, value) => {
      if (parseLogTarget(value) === undefined) return `${targetFailure(value)}: Invalid log target '${value}'`;
      manager.logControl.target = value;
      return undefined;
    },
    failure: targetFailure,
  },
  'service-watchdogs': {
    get: (manager) => (manager.serviceWatchdogs ? 'yes' : 'no'),
    set: (manager, value) => {
      const on = parseBoolean(value);
      if (on === undefined) return 'Failed to parse service-watchdogs argument: Invalid argument';
      manager.serviceWatchdogs = on;
      return undefined;
    },
    failure: () => 'Failed to set service-watchdog state',
  },
} as const satisfies Record<string, Setting>;

type SettingName = keyof typeof settings;

/** Everyone may ask; who gives a value changes it. */
export function settingAccess(name: SettingName): (args: readonly string[]) => VerbAccess {
  return ([value]) => (value === undefined ? query() : change(settings[name].failure(value)));
}

/** Prints the setting, or sets it to the argument. */
export function verbSetting(name: SettingName) {
  const setting: Setting = settings[name];
  return (context: CliContext, _options: unknown, [value]: readonly string[]): number => {
    const manager = managerOf(context);
    if (value === undefined) {
      context.out(`${setting.get(manager)}\n`);
      return 0;
    }
    const refused = setting.set(manager, value);
    if (refused === undefined) return 0;
    say(context, 'error', refused);
    return 1;
  };
}
