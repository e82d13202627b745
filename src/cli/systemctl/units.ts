/** Finding units by what was typed: names, patterns, filters. */

import { inTurns, sortedInTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import { matcher } from '../../text/fnmatch.ts';
import { isGlob, mangleUnitName } from '../../unitfile/language/unit-name.ts';
import type { DependencyKind } from '../../units/dependencies.ts';
import { JobError } from '../../units/job-types.ts';
import type { Unit } from '../../units/unit.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb, VerbFailed } from '../common/failure.ts';
import { loadUnit, type ManagerView } from '../common/manager-view.ts';
import type { SystemctlOptions } from './options.ts';

/** Whoever has units loaded. */
export interface WithUnits {
  readonly units: { all(): Iterable<Unit> };
}

export interface Expanded {
  names: string[];
  /** One of them was a pattern. */
  expanded: boolean;
}

/**
 * Names as units have them; patterns become the names of units that are loaded and would be listed. Writes messages and
 * throws VerbFailed where a name can be none; `failure` is the verb's own word on that, after the first.
 */
export async function expandUnitNames(
  context: CliContext,
  manager: WithUnits,
  options: SystemctlOptions,
  args: readonly string[],
  { suffix = '.service', failure = 'Failed to expand names' }: { suffix?: string; failure?: string | false } = {},
): Promise<Expanded> {
  const names: string[] = [];
  const globs: string[] = [];
  for await (const arg of inTurns(context, args)) {
    const name = mangleUnitName(arg, {
      suffix,
      globs: true,
      ...(options.quiet ? {} : { notice: (message: string) => say(context, 'notice', message) }),
    });
    if (name === undefined) {
      say(context, 'error', 'Failed to mangle name: Invalid argument');
      if (failure === false) throw new VerbFailed();
      failVerb(context, `${failure}: Invalid argument`);
    }
    if (isGlob(name)) globs.push(name);
    else names.push(name);
  }
  if (globs.length > 0) for (const unit of await listUnits(context, manager, options, globs)) names.push(unit.id);
  return { names, expanded: globs.length > 0 };
}

/** Name with its suffix, for verbs that take no patterns. */
export function mangleOne(context: CliContext, options: SystemctlOptions, arg: string, operation?: string): string {
  const name = mangleUnitName(arg, {
    ...(operation === undefined ? {} : { operation }),
    ...(options.quiet ? {} : { notice: (message: string) => say(context, 'notice', message) }),
  });
  return name ?? failVerb(context, 'Failed to mangle unit name: Invalid argument');
}

/** True where one of the patterns matches, and where there is none. */
export function patternTest(patterns: readonly string[]): (name: string) => boolean {
  if (patterns.length === 0) return () => true;
  const names = new Set(patterns.filter((pattern) => !isGlob(pattern)));
  const matches = matcher(patterns.filter(isGlob), { noEscape: true });
  return (name) => names.has(name) || matches(name);
}

/** Units that patterns, --state=, --type= and --all let pass, in the manager's order. */
export async function listUnits(
  context: CliContext,
  manager: WithUnits,
  options: SystemctlOptions,
  patterns: readonly string[],
): Promise<Unit[]> {
  const { states, types, all } = options;
  const matches = patternTest(patterns);
  const found: Unit[] = [];
  for await (const unit of inTurns(context, [...manager.units.all()])) {
    if (types.length > 0 && !types.includes(unit.type)) continue;
    const { activeState } = unit;
    if (states.length > 0) {
      if (!states.includes(unit.loadState) && !states.includes(activeState) && !states.includes(unit.subState))
        continue;
    } else if (!all && activeState === 'inactive' && unit.job === undefined) continue;
    if (matches(unit.id)) found.push(unit);
  }
  return found;
}

/** By type, then by name, without regard to case. */
export function sortUnits(context: CliContext, units: Iterable<Unit>): Promise<Unit[]> {
  return sortUnitsBy(context, units, ({ id }) => `${id.slice(id.lastIndexOf('.'))}\0${id}`.toLowerCase());
}

/** By a text that is made of each once. */
export async function sortUnitsBy(
  context: CliContext,
  units: Iterable<Unit>,
  keyOf: (unit: Unit) => string,
): Promise<Unit[]> {
  const keyed: [string, Unit][] = [];
  for await (const unit of inTurns(context, units)) keyed.push([keyOf(unit), unit]);
  const sorted = await sortedInTurns(context, keyed, ([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted.map(([, unit]) => unit);
}

const dependencyKinds: Readonly<Record<SystemctlOptions['dependency'], readonly DependencyKind[]>> = {
  forward: ['Requires', 'Requisite', 'Wants', 'ConsistsOf', 'BindsTo', 'Upholds'],
  reverse: ['RequiredBy', 'RequisiteOf', 'WantedBy', 'PartOf', 'BoundBy', 'UpheldBy'],
  after: ['After'],
  before: ['Before'],
};

/** Units that a unit depends on in the direction asked for, each once. */
export function dependenciesOf(unit: Unit, direction: SystemctlOptions['dependency']): Set<Unit> {
  const found = new Set<Unit>();
  for (const kind of dependencyKinds[direction])
    for (const other of unit.dependencies.get(kind) ?? []) found.add(other);
  return found;
}

/** --with-dependencies: each name, followed by those of its dependencies. */
export async function withDependencies(
  context: CliContext,
  manager: ManagerView,
  options: SystemctlOptions,
  names: readonly string[],
): Promise<string[]> {
  const all = new Set<string>();
  for await (const name of inTurns(context, names)) {
    all.add(name);
    const unit = loadUnit(manager, name);
    if (unit instanceof JobError) continue;
    for (const other of dependenciesOf(unit, options.dependency)) all.add(other.id);
  }
  return [...all];
}
