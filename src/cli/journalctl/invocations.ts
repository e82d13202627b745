/** Lives of a unit that the journal knows: `--list-invocations`, and what `--invocation` and `-I` mean. */
import {
  addUnitMatches,
  addUserUnitMatches,
  JournalFilter,
  systemUnitFields,
  userUnitFields,
} from '../../journal/read/match.ts';
import { type JournalSource, JournalView } from '../../journal/read/view.ts';
import { matcher } from '../../text/fnmatch.ts';
import { isGlob, mangleUnitName } from '../../unitfile/language/unit-name.ts';
import type { CliContext } from '../common/context.ts';
import type { JournalctlOptions } from './options.ts';
import { Pace } from './pace.ts';
import type { Period } from './periods.ts';

/** Fields that an entry says its unit's invocation in, or that of the unit that it is about. */
const invocationFields = [
  '_SYSTEMD_INVOCATION_ID',
  'OBJECT_SYSTEMD_INVOCATION_ID',
  'INVOCATION_ID',
  'USER_INVOCATION_ID',
] as const;

/**
 * The one unit that a call is about; an error where it is none, or several. `says`: whether a name that had to be changed is
 * spoken of.
 */
export async function oneUnit(
  { units, userUnits, quiet }: JournalctlOptions,
  context: CliContext,
  source: JournalSource,
  option: string,
  says: boolean,
): Promise<{ unit: string; user: boolean } | { error: string }> {
  const [name, ...others] = [...units, ...userUnits];
  if (name === undefined)
    return { error: `Using ${option} requires a unit. Please specify a unit name with -u/--unit=/--user-unit=.` };
  if (others.length > 0) return { error: `Using ${option} with multiple units is not supported.` };
  const user = userUnits.length > 0;
  const { unitPattern } = context.host.voice.journal;
  const notice = (text: string): void => context.err(`${text}\n`);
  const globs = unitPattern !== undefined;
  const unit = mangleUnitName(name, says && !quiet ? { globs, notice } : { globs });
  if (unit === undefined) return { error: `Failed to mangle unit name '${name}': Invalid argument` };
  if (unitPattern === undefined || !isGlob(unit)) return { unit, user };
  const matches = matcher([unit], { noEscape: true });
  const fields = new Set(user ? userUnitFields : systemUnitFields);
  const [found, ...rest] = [...(await sharedValues(source, fields, new Pace(context)))].filter(matches);
  if (found === undefined || rest.length > 0)
    return { error: unitPattern(found === undefined ? 'none' : 'several', unit) };
  return { unit: found, user };
}

/** Distinct values that fields take, where the fields are shared ones. */
export async function sharedValues(
  source: JournalSource,
  names: ReadonlySet<string>,
  pace: Pace,
): Promise<Set<string>> {
  const values = new Set<string>();
  for await (const fields of pace.contexts(source)) {
    for (const [name, value] of fields) {
      if (!names.has(name)) continue;
      values.add(value.toString('utf8'));
    }
  }
  return values;
}

/** Whether anything was logged in one life of a unit. */
export async function hasInvocation(context: CliContext, source: JournalSource, id: string): Promise<boolean> {
  const filter = new JournalFilter();
  addInvocation(filter, id);
  const view = new JournalView(source, filter);
  const found = await new Pace(context).step(view, 'forward');
  view.close();
  return found;
}

/** Oldest first. */
export async function listInvocations(
  context: CliContext,
  source: JournalSource,
  { unit, user }: { unit: string; user: boolean },
  bootId: string | undefined,
): Promise<Period[]> {
  const filter = new JournalFilter();
  if (bootId !== undefined) {
    filter.add(`_BOOT_ID=${bootId}`);
    filter.addConjunction();
  }
  if (user) addUserUnitMatches(filter, unit, context.caller.uid);
  else addUnitMatches(filter, unit);
  const found = new Map<string, Period>();
  const view = new JournalView(source, filter);
  const pace = new Pace(context);
  while (await pace.step(view, 'forward')) {
    const entry = view.entry!;
    const id = invocationFields.map((field) => entry.text(field)).find((text) => text !== undefined);
    const known = id === undefined ? undefined : found.get(id);
    if (known !== undefined) known.last = entry.realtimeUsec;
    else if (id !== undefined) found.set(id, { id, first: entry.realtimeUsec, last: entry.realtimeUsec });
    if (pace.due) await pace.rest();
    if (pace.over) break;
  }
  view.close();
  return [...found.values()].sort((a, b) => a.first - b.first);
}

/** Entries of one life of a unit: its own, and those about it. */
export function addInvocation(filter: JournalFilter, id: string): void {
  for (const field of invocationFields) {
    filter.add(`${field}=${id}`);
    filter.addDisjunction();
  }
  filter.addConjunction();
}
