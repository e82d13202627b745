/** systemd-analyze dump: what the manager knows of itself, its units and jobs, for people to read. */
import { FEATURES, SYSTEMD_VERSION, VERSION } from '../../sys/version.ts';
import { matcher } from '../../unitfile/fnmatch.ts';
import { formatTimestamp } from '../../unitfile/time.ts';
import type { TimeZone } from '../../unitfile/timezone.ts';
import { mangleUnitName, unitInstance } from '../../unitfile/unit-name.ts';
import type { Timestamp, Unit } from '../../units/unit.ts';
import type { CliContext } from '../context.ts';
import { type ManagerView, managerOf } from '../manager-view.ts';
import { say } from '../messages.ts';
import { type AnalyzedManager, analyzedManager } from './boot-times.ts';
import { momentsOf } from './moments.ts';
import type { AnalyzeOptions } from './options.ts';

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

function momentText({ realtime }: Timestamp, zone: TimeZone): string {
  return realtime === 0 ? 'n/a' : (formatTimestamp(realtime, zone) ?? 'n/a');
}

function headerText(manager: AnalyzedManager, zone: TimeZone): string {
  const moments: [string, Timestamp][] = [
    ['userspace', manager.startTimestamp],
    ['finish', manager.finishTimestamp],
    ['generators-start', manager.generatorsStartTimestamp],
    ['generators-finish', manager.generatorsFinishTimestamp],
    ['units-load-start', manager.unitsLoadStartTimestamp],
    ['units-load-finish', manager.unitsLoadFinishTimestamp],
  ];
  const lines = moments
    .filter(([, moment]) => moment.monotonic !== 0)
    .map(([name, moment]) => `Timestamp ${name}: ${momentText(moment, zone)}\n`);
  return `Manager: systemd ${SYSTEMD_VERSION} (pidone ${VERSION})\nFeatures: ${FEATURES}\n${lines.join('')}`;
}

function unitText(manager: ManagerView, unit: Unit, zone: TimeZone): string {
  const { loaded } = unit;
  const lines: [string, string][] = [];
  for (const name of unit.names) if (name !== unit.id) lines.push(['Alias', name]);
  lines.push(
    ['Description', unit.description],
    ['Instance', unitInstance(unit.id) ?? 'n/a'],
    ['Unit Load State', unit.loadState],
    ['Unit Active State', unit.activeState],
    ['State Change Timestamp', momentText(unit.stateChangeTimestamp, zone)],
    ['Inactive Exit Timestamp', momentText(unit.inactiveExitTimestamp, zone)],
    ['Active Enter Timestamp', momentText(unit.activeEnterTimestamp, zone)],
    ['Active Exit Timestamp', momentText(unit.activeExitTimestamp, zone)],
    ['Inactive Enter Timestamp', momentText(unit.inactiveEnterTimestamp, zone)],
    ['Need Daemon Reload', yesNo(manager.needsReload(unit))],
    ['Transient', yesNo(loaded.transient)],
    ['Perpetual', yesNo(unit.perpetual)],
    ['Garbage Collection Mode', loaded.unit.CollectMode],
  );
  if (unit.invocationId !== '') lines.push(['Invocation ID', unit.invocationId]);
  for (const uri of loaded.unit.Documentation) lines.push(['Documentation', uri]);
  if (loaded.fragmentPath !== undefined) lines.push(['Fragment Path', loaded.fragmentPath]);
  if (loaded.sourcePath !== undefined) lines.push(['Source Path', loaded.sourcePath]);
  for (const path of loaded.dropInPaths) lines.push(['DropIn Path', path]);
  if (unit.conditionTimestamp.monotonic !== 0) {
    lines.push(['Condition Timestamp', momentText(unit.conditionTimestamp, zone)]);
    lines.push(['Condition Result', yesNo(unit.conditionResult)]);
  }
  if (unit.assertTimestamp.monotonic !== 0) {
    lines.push(['Assert Timestamp', momentText(unit.assertTimestamp, zone)]);
    lines.push(['Assert Result', yesNo(unit.assertResult)]);
  }
  for (const kind of unit.dependencies.keys()) {
    for (const name of unit.dependencyNames(kind)) lines.push([kind, name]);
  }
  for (const path of loaded.requiresMountsFor) lines.push(['RequiresMountsFor', path]);
  if (unit.loadState === 'loaded') {
    lines.push(
      ['StopWhenUnneeded', yesNo(loaded.unit.StopWhenUnneeded)],
      ['RefuseManualStart', yesNo(loaded.unit.RefuseManualStart)],
      ['RefuseManualStop', yesNo(loaded.unit.RefuseManualStop)],
      ['DefaultDependencies', yesNo(loaded.unit.DefaultDependencies)],
      ['OnSuccessJobMode', loaded.unit.OnSuccessJobMode],
      ['OnFailureJobMode', loaded.unit.OnFailureJobMode],
      ['IgnoreOnIsolate', yesNo(loaded.unit.IgnoreOnIsolate)],
    );
  }
  return `-> Unit ${unit.id}:\n${lines.map(([name, value]) => `\t${name}: ${value}\n`).join('')}`;
}

/** Everything, or the units and jobs whose names match a pattern. */
export async function dump(context: CliContext, _options: AnalyzeOptions, args: readonly string[]): Promise<number> {
  const running = analyzedManager(context);
  if (running === undefined) return 1;
  const manager = managerOf(context);
  const tests: ((name: string) => boolean)[] = [];
  for (const arg of args) {
    const pattern = mangleUnitName(arg, { globs: true });
    if (pattern === undefined) {
      say(context, 'error', `Failed to mangle name '${arg}': Invalid argument`);
      return 1;
    }
    tests.push(matcher(pattern, { noEscape: true }));
  }
  const wanted = (name: string): boolean => tests.length === 0 || tests.some((test) => test(name));
  const { local } = momentsOf(context);
  if (tests.length === 0) context.out(headerText(running, local));
  for (const unit of [...manager.allUnits()]) {
    if (context.signal.aborted) return 1;
    if (!wanted(unit.id)) continue;
    context.out(unitText(manager, unit, local));
    await context.drained();
  }
  for (const job of [...manager.jobs()]) {
    if (!wanted(job.unit.id)) continue;
    const { id, unit, type, state, irreversible } = job;
    context.out(
      `-> Job ${id}:\n\tAction: ${unit.id} -> ${type}\n\tState: ${state}\n\tIrreversible: ${yesNo(irreversible)}\n`,
    );
  }
  return 0;
}
