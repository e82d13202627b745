/** What systemctl prints of changes to unit files, done by itself or by the manager. */

import { styleOf } from '../../program/colors.ts';
import { say } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import type { LogLevel } from '../../text/log-level.ts';
import type { InstallChange } from '../../unitfile/install/changes.ts';
import type { InstallResult } from '../../unitfile/install/operations.ts';
import type { FileFailure } from '../../voice/unit-files.ts';
import type { CliContext } from '../common/context.ts';

type Printing = Pick<CliContext, 'env' | 'terminal' | 'host'>;
type Failure = InstallChange & { kind: 'error' };

/** A line about something that was done, or that is worth a notice; undefined for failures. */
function changeText(change: InstallChange, context: Printing): string | undefined {
  const { unitFiles } = context.host.voice;
  switch (change.kind) {
    case 'symlink':
      return unitFiles.created(change.path, styleOf(context).glyphs.arrow, change.source);
    case 'unlink':
      return unitFiles.removed(change.path);
    case 'masked':
      return `Unit ${change.path} is masked, ignoring.`;
    case 'masked-generator':
      return unitFiles.maskedByGenerator(change.path);
    case 'dangling':
      return unitFiles.dangling(change.path);
    case 'destination-not-present':
      return `Unit ${change.source} is added as a dependency to a non-existent unit ${change.path}.`;
    case 'auxiliary-failed':
      return `Failed to enable auxiliary unit ${change.path}, ignoring.`;
    case 'error':
      return undefined;
  }
}

const asFailure = ({ code, path, source }: Failure): FileFailure => ({ code, reason: errorText(code), path, source });

/** All changes and failures in order, in systemctl's own words. */
export function printOwnChanges(
  context: CliContext,
  { error, changes }: Pick<InstallResult, 'error' | 'changes'>,
  verb: string,
  quiet: boolean,
): void {
  const { unitFiles } = context.host.voice;
  let told = false;
  for (const change of changes) {
    if (change.kind === 'error') {
      say(context, 'error', unitFiles.ownFailure(verb, asFailure(change)));
      told = true;
    } else if (!quiet) sayChange(context, change);
  }
  if (error !== undefined && !told) say(context, 'error', unitFiles.ownFailureAtAll(verb, errorText(error)));
}

/**
 * What the manager answers: the text of an error where the operation failed, or changed nothing and failed in part;
 * undefined where the changes are to be printed.
 */
export function busError(
  { host }: Pick<CliContext, 'host'>,
  { error, changes }: Pick<InstallResult, 'error' | 'changes'>,
): string | undefined {
  const failure = changes.find((change) => change.kind === 'error');
  const anyGood = changes.some((change) => change.kind !== 'error');
  if (error === undefined && (failure === undefined || anyGood)) return undefined;
  if (failure !== undefined) return host.voice.unitFiles.managersFailure(asFailure(failure));
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
  return context.host.voice.unitFiles.noInstallConfig(styleOf(context).utf8 ? '•' : '*');
}
