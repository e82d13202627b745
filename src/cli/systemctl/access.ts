/** Who may call which verb of systemctl, and what the others hear: as a real system says it, verb by verb. */

import { change, changeRefused, deniedLine, query, type Refusal, type VerbAccess } from '../../program/access.ts';
import type { Access } from '../../program/verbs.ts';
import { mangleUnitName } from '../../unitfile/language/unit-name.ts';
import type { SystemctlOptions } from './options.ts';

const unitName = (argument: string): string => mangleUnitName(argument) ?? argument;

/** May make units run that do not run yet. */
export const starts = { starts: true } as const;

/** Refused for each unit, with exit status 4 (insufficient privileges). */
export function job(word: string, more: Partial<Pick<VerbAccess, 'starts'>> = {}): VerbAccess {
  return changeRefused((args) => jobRefusal(word, args.map(unitName)), more);
}

/** The same for a verb that names no unit. */
export function entering(target: string): VerbAccess {
  return changeRefused(() => jobRefusal('start', [target]), starts);
}

function jobRefusal(word: string, units: readonly string[]): Refusal {
  const lines = units.map(
    (unit) => `${deniedLine(`Failed to ${word} ${unit}`)}See system logs and 'systemctl status ${unit}' for details.\n`,
  );
  return { text: lines.join(''), status: 4 };
}

/** Refused argument by argument. */
function eachOf(what: (argument: string) => string): VerbAccess {
  return changeRefused((args) => ({ text: args.map((arg) => deniedLine(what(arg))).join(''), status: 1 }));
}

/** `what` stands before the unit's name. */
export const eachUnit = (what: string): VerbAccess => eachOf((arg) => `${what} ${unitName(arg)}`);

const everything = change('Failed to execute operation');

export const resetting: Access<SystemctlOptions> = (args) =>
  args.length === 0 ? everything : eachUnit('Failed to reset failed state of unit');

export const cancelling: Access<SystemctlOptions> = (args) =>
  args.length === 0 ? everything : eachOf((id) => `Failed to cancel job ${id}`);

export const settingProperty: VerbAccess = changeRefused(([unit = '']) => ({
  text: deniedLine(`Failed to set unit properties on ${unitName(unit)}`),
  status: 1,
}));

/** service-log-level, service-log-target: only with a value is something changed. */
export const serviceLog =
  (what: string): Access<SystemctlOptions> =>
  ([unit, value]) =>
    value === undefined ? query() : change(`Failed to set log ${what} of ${unit} to ${value}`);

export const files = (what: string): VerbAccess => change(`Failed to ${what}`, { files: true });

/** With --now units are started, too. */
export const filesAndStart =
  (what: string): Access<SystemctlOptions> =>
  (_args, { now }) =>
    now ? { ...files(what), starts: true } : files(what);

export const call = (method: string): VerbAccess => change(`Call to ${method} failed`);
