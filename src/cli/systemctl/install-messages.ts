/** What systemctl prints of changes to unit files, done by itself or by the manager. */

import { styleOf } from '../../program/colors.ts';
import { say } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import type { LogLevel } from '../../text/log-level.ts';
import type { InstallChange } from '../../unitfile/install/changes.ts';
import type { InstallResult } from '../../unitfile/install/operations.ts';
import type { CliContext } from '../common/context.ts';

type Printing = Pick<CliContext, 'env' | 'terminal'>;
type Failure = InstallChange & { kind: 'error' };

/** A line about something that was done, or that is worth a notice; undefined for failures. */
function changeText(change: InstallChange, context: Printing): string | undefined {
  switch (change.kind) {
    case 'symlink':
      return `Created symlink ${change.path} ${styleOf(context).glyphs.arrow} ${change.source}.`;
    case 'unlink':
      return `Removed "${change.path}".`;
    case 'masked':
      return `Unit ${change.path} is masked, ignoring.`;
    case 'masked-generator':
      return `Unit ${change.path} is masked via a generator and cannot be unmasked.`;
    case 'dangling':
      return `Unit ${change.path} is an alias to a unit that is not present, ignoring.`;
    case 'destination-not-present':
      return `Unit ${change.source} is added as a dependency to a non-existent unit ${change.path}.`;
    case 'auxiliary-failed':
      return `Failed to enable auxiliary unit ${change.path}, ignoring.`;
    case 'error':
      return undefined;
  }
}

/** systemctl's own words, where it does the work itself. */
function failureText({ code, path, source }: Failure, verb: string): string {
  switch (code) {
    case 'EEXIST':
      return source === undefined
        ? `Failed to ${verb} unit, file "${path}" already exists.`
        : `Failed to ${verb} unit, file "${path}" already exists and is a symlink to "${source}".`;
    case 'ERFKILL':
      return `Failed to ${verb} unit, unit ${path} is masked.`;
    case 'EADDRNOTAVAIL':
      return `Failed to ${verb} unit, unit ${path} is transient or generated.`;
    case 'ETXTBSY':
      return `Failed to ${verb} unit, file ${path} is under the systemd unit hierarchy already.`;
    case 'EBADSLT':
      return `Failed to ${verb} unit, invalid specifier in "${path}".`;
    case 'EIDRM':
      return `Failed to ${verb} ${source}, destination unit ${path} is a non-template unit.`;
    case 'EUCLEAN':
      return `Failed to ${verb} unit, "${path}" is not a valid unit name.`;
    case 'ELOOP':
      return `Failed to ${verb} unit, refusing to operate on linked unit file ${path}.`;
    case 'EXDEV':
      return source === undefined
        ? `Failed to ${verb} unit, invalid unit reference "${path}".`
        : `Failed to ${verb} unit, cannot alias ${source} as ${path}.`;
    case 'ENOENT':
      return `Failed to ${verb} unit, unit ${path} does not exist.`;
    case 'EUNATCH':
      return `Failed to ${verb} unit, cannot resolve specifiers in "${path}".`;
    default:
      return `Failed to ${verb} unit, file "${path}": ${errorText(code)}`;
  }
}

/** The manager's words, which systemctl prints after its own `Failed to …:`. */
function busFailureText({ code, path, source }: Failure): string {
  switch (code) {
    case 'EEXIST':
      return source === undefined
        ? `File ${path} already exists.`
        : `File ${path} already exists and is a symlink to ${source}.`;
    case 'ERFKILL':
      return `Unit file ${path} is masked.`;
    case 'EADDRNOTAVAIL':
      return `Unit ${path} is transient or generated.`;
    case 'ETXTBSY':
      return `File ${path} is under the systemd unit hierarchy already.`;
    case 'EBADSLT':
      return `Invalid specifier in ${path}.`;
    case 'EIDRM':
      return `Destination unit ${path} is a non-template unit.`;
    case 'EUCLEAN':
      return `"${path}" is not a valid unit name.`;
    case 'ELOOP':
      return `Refusing to operate on alias name or linked unit file: ${path}`;
    case 'EXDEV':
      return source === undefined ? `Invalid unit reference ${path}.` : `Cannot alias ${source} as ${path}.`;
    case 'ENOENT':
      return `Unit file ${path} does not exist.`;
    case 'EUNATCH':
      return `Cannot resolve specifiers in ${path}.`;
    default:
      return `File ${path}: ${errorText(code)}`;
  }
}

/** All changes and failures in order, in systemctl's own words. */
export function printOwnChanges(
  context: CliContext,
  { error, changes }: Pick<InstallResult, 'error' | 'changes'>,
  verb: string,
  quiet: boolean,
): void {
  let told = false;
  for (const change of changes) {
    if (change.kind === 'error') {
      say(context, 'error', failureText(change, verb));
      told = true;
    } else if (!quiet) sayChange(context, change);
  }
  if (error !== undefined && !told) say(context, 'error', `Failed to ${verb}: ${errorText(error)}.`);
}

/**
 * What the manager answers: the text of an error where the operation failed, or changed nothing and failed in part;
 * undefined where the changes are to be printed.
 */
export function busError({ error, changes }: Pick<InstallResult, 'error' | 'changes'>): string | undefined {
  const failure = changes.find((change) => change.kind === 'error');
  const anyGood = changes.some((change) => change.kind !== 'error');
  if (error === undefined && (failure === undefined || anyGood)) return undefined;
  if (failure !== undefined) return busFailureText(failure);
  return errorText(error ?? 'EINVAL');
}

export function printManagersChanges(context: CliContext, changes: readonly InstallChange[], quiet: boolean): void {
  if (quiet) return;
  for (const change of changes) sayChange(context, change);
}

function sayChange(context: CliContext, change: InstallChange): void {
  const text = changeText(change, context);
  const isWarning = change.kind === 'destination-not-present' || change.kind === 'auxiliary-failed';
  if (text !== undefined) say(context, isWarning ? 'warning' : 'info', text);
}

/** What unit files are to blame for, where systemctl reads them itself. */
export function sayAt(context: CliContext, level: LogLevel, message: string): void {
  if (level <= 6)
    say(context, level <= 3 ? 'error' : level === 4 ? 'warning' : level === 5 ? 'notice' : 'info', message);
}

/** After enabling units that have no [Install] section, or an empty one. */
export function noInstallConfigText(context: Printing): string {
  const bullet = styleOf(context).utf8 ? '•' : '*';
  return (
    'The unit files have no installation config (WantedBy=, RequiredBy=, Also=,\n' +
    'Alias= settings in the [Install] section, and DefaultInstance= for template\n' +
    'units). This means they are not meant to be enabled using systemctl.\n' +
    ' \n' +
    'Possible reasons for having this kind of units are:\n' +
    `${bullet} A unit may be statically enabled by being symlinked from another unit's\n` +
    '  .wants/ or .requires/ directory.\n' +
    `${bullet} A unit's purpose may be to act as a helper for some other unit which has\n` +
    '  a requirement dependency on it.\n' +
    `${bullet} A unit may be started when needed via activation (socket, path, timer,\n` +
    '  D-Bus, udev, scripted systemctl call, ...).\n' +
    `${bullet} In case of template units, the unit is meant to be enabled with some\n` +
    '  instance name specified.'
  );
}
