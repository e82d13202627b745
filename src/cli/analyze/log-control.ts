/** systemd-analyze log-level, log-target, service-watchdogs, and their older names: settings of the manager. */

import { say } from '../../program/messages.ts';
import { parseBoolean } from '../../text/numbers.ts';
import { logLevelName, parseLogLevel } from '../../values/syslog.ts';
import { type ManagerView, managerOf } from '../common/manager-view.ts';
import { logTargets } from '../systemctl/system.ts';
import type { AnalyzeVerb } from './analyze.ts';
import { analyzedManager } from './boot-times.ts';

interface Setting {
  get(manager: ManagerView): string;
  /** A text says why the value is refused. */
  set(manager: ManagerView, value: string): string | undefined;
}

const settings = {
  'log-level': {
    get: (manager) => logLevelName(manager.logControl.level),
    set: (manager, value) => {
      const level = parseLogLevel(value);
      if (level === undefined) return `"${value}" is not a valid log level.`;
      manager.logControl.level = level;
      return undefined;
    },
  },
  'log-target': {
    get: (manager) => manager.logControl.target,
    set: (manager, value) => {
      if (!logTargets.has(value)) {
        return `Failed to set log target of org.freedesktop.systemd1 to ${value}: Invalid log target '${value}'`;
      }
      manager.logControl.target = value;
      return undefined;
    },
  },
  'service-watchdogs': {
    get: (manager) => (manager.serviceWatchdogs ? 'yes' : 'no'),
    set: (manager, value) => {
      const on = parseBoolean(value);
      if (on === undefined) return 'Failed to parse service-watchdogs argument: Invalid argument';
      manager.serviceWatchdogs = on;
      return undefined;
    },
  },
} as const satisfies Record<string, Setting>;

/** Prints the setting, or sets it to the argument. */
export function logControl(name: keyof typeof settings): AnalyzeVerb {
  const setting: Setting = settings[name];
  return (context, _options, [value]) => {
    if (analyzedManager(context) === undefined) return 1;
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
