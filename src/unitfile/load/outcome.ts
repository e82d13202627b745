/** What a unit comes to that is no unit to start: load state, error, and what is said of it. */

import { errorText } from '../../sys/error-text.ts';
import type { LogLevel } from '../../text/log-level.ts';
import type { LoadedUnit } from './loaded-unit.ts';

type Report = (level: LogLevel, message: string) => void;

const busPrefix = 'org.freedesktop.systemd1.';

/** D-Bus names of errnos that have one; the others are System.Error.*. */
const busErrorNames: Readonly<Record<string, string>> = {
  EINVAL: 'org.freedesktop.DBus.Error.InvalidArgs',
  EBADMSG: 'org.freedesktop.DBus.Error.InconsistentMessage',
  ENOENT: 'org.freedesktop.DBus.Error.FileNotFound',
  EPERM: 'org.freedesktop.DBus.Error.AccessDenied',
  EACCES: 'org.freedesktop.DBus.Error.AccessDenied',
  EADDRNOTAVAIL: 'org.freedesktop.DBus.Error.BadAddress',
  ENOMEM: 'org.freedesktop.DBus.Error.NoMemory',
};

/** No file, or (`code`) none that could be found. */
export function notFound(unit: LoadedUnit, report: Report, code?: string): LoadedUnit {
  unit.loadState = 'not-found';
  unit.loadError = { name: `${busPrefix}NoSuchUnit`, message: `Unit ${unit.id} not found.` };
  if (code !== undefined) report(5, `Failed to load configuration: ${errorText(code)}`);
  return unit;
}

/** A link to /dev/null stands in its place. */
export function masked(unit: LoadedUnit): LoadedUnit {
  unit.loadError = { name: `${busPrefix}UnitMasked`, message: `Unit ${unit.id} is masked.` };
  return unit;
}

/** A line or a setting that it can't have, or a file that could not be read. */
export function failed(unit: LoadedUnit, code: string): LoadedUnit {
  if (code === 'ENOEXEC') {
    unit.loadState = 'bad-setting';
    unit.loadError = { name: `${busPrefix}BadUnitSetting`, message: `Unit ${unit.id} has a bad unit file setting.` };
    return unit;
  }
  unit.loadState = 'error';
  unit.loadError = {
    name: busErrorNames[code] ?? `System.Error.${code}`,
    message: `Unit ${unit.id} failed to load properly, please adjust/correct and reload service manager: ${errorText(code)}`,
  };
  return unit;
}
