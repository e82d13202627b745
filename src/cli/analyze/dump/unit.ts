/** What a dump says of every unit. */

import type { Condition } from '../../../unitfile/directives/shapes.ts';
import { parentSlice, unitInstance } from '../../../unitfile/language/unit-name.ts';
import { controlGroupOf } from '../../../units/control-group.ts';
import { type DependencyKind, inverseOf } from '../../../units/dependencies.ts';
import type { ConditionStatus, Unit } from '../../../units/unit.ts';
import { formatTimeSpan } from '../../../values/time/time-span.ts';
import type { Voice } from '../../../voice/voice.ts';
import type { ManagerView } from '../../common/manager-view.ts';
import { type DumpLines, yesNo } from './lines.ts';
import { dumpNewer } from './newer.ts';
import { dumpType } from './types.ts';

/** In the order in which systemd has them, which is that of the table. */
const kinds = Object.keys({
  Requires: 0,
  Requisite: 0,
  Wants: 0,
  BindsTo: 0,
  PartOf: 0,
  Upholds: 0,
  RequiredBy: 0,
  RequisiteOf: 0,
  WantedBy: 0,
  BoundBy: 0,
  UpheldBy: 0,
  ConsistsOf: 0,
  Conflicts: 0,
  ConflictedBy: 0,
  Before: 0,
  After: 0,
  OnSuccess: 0,
  OnSuccessOf: 0,
  OnFailure: 0,
  OnFailureOf: 0,
  Triggers: 0,
  TriggeredBy: 0,
  PropagatesReloadTo: 0,
  ReloadPropagatedFrom: 0,
  PropagatesStopTo: 0,
  StopPropagatedFrom: 0,
  JoinsNamespaceOf: 0,
  References: 0,
  ReferencedBy: 0,
  InSlice: 0,
  SliceOf: 0,
} satisfies Record<DependencyKind, 0>) as DependencyKind[];

/** Where `from` says that it has a dependency on `to`. `kind` undefined: of any kind. */
function origins(from: Unit, kind: DependencyKind | undefined, to: Unit): Set<string> {
  const found = new Set<string>();
  for (const dependency of from.loaded.dependencies) {
    if (kind !== undefined && dependency.kind !== kind) continue;
    if (!to.names.has(dependency.name)) continue;
    const inSlice = dependency.kind === 'InSlice' && from.type !== 'slice';
    found.add(inSlice ? 'slice-property' : dependency.origin);
  }
  return found;
}

/** `origin-file destination-default`: who asked for a dependency, this unit or the other one. */
function maskText(unit: Unit, kind: DependencyKind, other: Unit): string {
  if (kind === 'References' || kind === 'ReferencedBy') {
    const [from, to, word] = kind === 'References' ? [unit, other, 'origin'] : [other, unit, 'destination'];
    return words(word, origins(from, undefined, to));
  }
  const text = [
    words('origin', origins(unit, kind, other)),
    words('destination', origins(other, inverseOf[kind], unit)),
  ];
  return text.filter((part) => part !== '').join(' ');
}

const originOrder = ['file', 'implicit', 'default', 'slice-property'];

function words(side: string, found: ReadonlySet<string>): string {
  return originOrder
    .filter((origin) => found.has(origin))
    .map((origin) => `${side}-${origin}`)
    .join(' ');
}

/** Nobody has written it: targets come after what they want, and units after the mounts that their paths need. */
function unwritten(unit: Unit, kind: DependencyKind, other: Unit): string {
  const asksFor = kind !== 'Before' && !kind.endsWith('By') && !kind.endsWith('Of');
  const asking = asksFor ? unit : other;
  const origin =
    asking.type === 'target' && kind !== 'References' && kind !== 'ReferencedBy' ? 'default' : needs(asking);
  return `${asksFor ? 'origin' : 'destination'}-${origin}`;
}

/** Why a unit needs the mounts of a path. */
const needs = ({ type }: Unit): string => (type === 'mount' ? 'implicit' : type === 'path' ? 'file' : 'path');

function dumpDependencies(lines: DumpLines, unit: Unit): void {
  for (const kind of kinds) {
    for (const other of unit.dependencies.get(kind) ?? []) {
      lines.add(kind, `${other.id} (${maskText(unit, kind, other) || unwritten(unit, kind, other)})`);
    }
  }
  for (const path of unit.loaded.requiresMountsFor) {
    lines.add('RequiresMountsFor', `${path} (${unit.type === 'mount' ? 'origin-implicit' : 'origin-file'})`);
  }
}

/** Each condition with how it went the last time the unit was started. */
function dumpConditions(
  lines: DumpLines,
  { conditionType }: Voice['manager'],
  prefix: 'Condition' | 'Assert',
  list: readonly ConditionStatus[],
): void {
  for (const { type, trigger, negate, parameter, result } of list) {
    lines.add(
      `${prefix}${conditionType(type)}`,
      `${trigger ? '|' : ''}${negate ? '!' : ''}${parameter} ${result ?? 'untested'}`,
    );
  }
}

/** The definition's, where the unit has never been started. */
function statuses(tested: readonly ConditionStatus[], defined: readonly Condition[]): readonly ConditionStatus[] {
  return tested.length > 0 ? tested : defined.map((condition) => ({ ...condition, result: undefined }));
}

/** Nothing holds it: the manager may forget it. */
function mayGo(unit: Unit): boolean {
  const { activeState } = unit;
  const resting =
    activeState === 'inactive' || (activeState === 'failed' && unit.loaded.unit.CollectMode !== 'inactive');
  return (
    resting && unit.job === undefined && !unit.perpetual && (unit.dependencies.get('ReferencedBy')?.size ?? 0) === 0
  );
}

/** One unit, all of it. */
export function dumpUnit(lines: DumpLines, manager: ManagerView, unit: Unit): void {
  const { loaded } = unit;
  const settings = loaded.unit;
  lines.title(`${manager.host.voice.analyze.dumpArrow} Unit ${unit.id}:`);
  for (const name of unit.names) if (name !== unit.id) lines.add('Alias', name);
  lines.all({
    Description: unit.description,
    Instance: unitInstance(unit.id) ?? 'n/a',
    'Unit Load State': unit.loadState,
    'Unit Active State': unit.activeState,
    'State Change Timestamp': lines.moment(unit.stateChangeTimestamp),
    'Inactive Exit Timestamp': lines.moment(unit.inactiveExitTimestamp),
    'Active Enter Timestamp': lines.moment(unit.activeEnterTimestamp),
    'Active Exit Timestamp': lines.moment(unit.activeExitTimestamp),
    'Inactive Enter Timestamp': lines.moment(unit.inactiveEnterTimestamp),
    'May GC': mayGo(unit),
    'Need Daemon Reload': manager.loader.needsReload(unit.loaded),
    Transient: loaded.transient,
    Perpetual: unit.perpetual,
    'Garbage Collection Mode': settings.CollectMode,
  });
  if (loaded.cgroup !== undefined) {
    const slice = unit.type === 'slice' ? parentSlice(unit.id) : loaded.cgroup.Slice;
    const path = controlGroupOf(unit);
    lines.all({ Slice: slice ?? 'n/a', CGroup: path === '' ? 'n/a' : path, 'CGroup realized': path !== '' });
  }
  lines.maybe('Invocation ID', unit.invocationId);
  lines.each('Documentation', settings.Documentation);
  lines.maybe('Fragment Path', loaded.fragmentPath);
  lines.maybe('Source Path', loaded.sourcePath);
  lines.each('DropIn Path', loaded.dropInPaths);
  if (settings.FailureAction !== 'none') lines.add('Failure Action', settings.FailureAction);
  lines.maybe('Failure Action Exit Status', settings.FailureActionExitStatus);
  if (settings.SuccessAction !== 'none') lines.add('Success Action', settings.SuccessAction);
  lines.maybe('Success Action Exit Status', settings.SuccessActionExitStatus);
  if (settings.JobTimeoutSec !== Number.POSITIVE_INFINITY)
    lines.add('Job Timeout', formatTimeSpan(settings.JobTimeoutSec));
  if (settings.JobTimeoutAction !== 'none') lines.add('Job Timeout Action', settings.JobTimeoutAction);
  lines.maybe('Job Timeout Reboot Argument', settings.JobTimeoutRebootArgument);
  const conditioned = unit.conditionTimestamp.monotonic !== 0;
  const asserted = unit.assertTimestamp.monotonic !== 0;
  dumpConditions(lines, unit.manager.host.voice.manager, 'Condition', statuses(unit.conditions, settings.Conditions));
  dumpConditions(lines, unit.manager.host.voice.manager, 'Assert', statuses(unit.asserts, settings.Asserts));
  if (conditioned) {
    lines.add('Condition Timestamp', lines.moment(unit.conditionTimestamp));
    lines.add('Condition Result', yesNo(unit.conditionResult));
  }
  if (asserted) {
    lines.add('Assert Timestamp', lines.moment(unit.assertTimestamp));
    lines.add('Assert Result', yesNo(unit.assertResult));
  }
  dumpDependencies(lines, unit);
  if (unit.loadState === 'loaded') {
    lines.all({
      StopWhenUnneeded: settings.StopWhenUnneeded,
      RefuseManualStart: settings.RefuseManualStart,
      RefuseManualStop: settings.RefuseManualStop,
      DefaultDependencies: settings.DefaultDependencies,
      OnSuccessJobMode: settings.OnSuccessJobMode,
      OnFailureJobMode: settings.OnFailureJobMode,
      IgnoreOnIsolate: settings.IgnoreOnIsolate,
    });
    dumpType(lines, unit);
    dumpNewer(lines, unit);
  } else if (unit.loadState === 'error') lines.maybe('Load Error Code', loaded.loadError?.message);
  const { job } = unit;
  if (job === undefined) return;
  lines.below(`Job ${job.id}`, () => {
    lines.add('Action', `${unit.id} -> ${job.type}`);
    lines.add('State', job.state);
  });
}
