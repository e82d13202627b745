/** systemd-analyze dump: what the manager knows of itself, its units and jobs, for people to read. */

import { inTurns } from '../../../program/in-turns.ts';
import { say } from '../../../program/messages.ts';
import type { Host } from '../../../sys/host.ts';
import { versionLine } from '../../../sys/version.ts';
import { matcher } from '../../../text/fnmatch.ts';
import { mangleUnitName } from '../../../unitfile/language/unit-name.ts';
import type { Timestamp } from '../../../units/unit.ts';
import { formatTimestamp } from '../../../values/time/timestamp.ts';
import type { TimeZone } from '../../../values/time/timezone.ts';
import { callersZone } from '../../common/clock.ts';
import type { CliContext } from '../../common/context.ts';
import { managerOf } from '../../common/manager-view.ts';
import { type AnalyzedManager, analyzedManager } from '../boot-times.ts';
import type { AnalyzeOptions } from '../options.ts';
import { DumpLines, yesNo } from './lines.ts';
import { dumpUnit } from './unit.ts';

function momentText({ realtime }: Timestamp, zone: TimeZone): string {
  return realtime === 0 ? 'n/a' : (formatTimestamp(realtime, zone) ?? 'n/a');
}

function headerText(manager: AnalyzedManager, { voice }: Host, zone: TimeZone): string {
  const moments: [string, Timestamp][] = [
    ['userspace', manager.timestamps.userspace],
    ['finish', manager.timestamps.finish],
    ['generators-start', manager.timestamps.generatorsStart],
    ['generators-finish', manager.timestamps.generatorsFinish],
    ['units-load-start', manager.timestamps.unitsLoadStart],
    ['units-load-finish', manager.timestamps.unitsLoadFinish],
  ];
  const lines = moments
    .filter(([, moment]) => moment.monotonic !== 0)
    .map(([name, moment]) => `Timestamp ${name}: ${momentText(moment, zone)}\n`);
  return `Manager: systemd ${versionLine(voice)}\nFeatures: ${voice.version.features}\n${lines.join('')}`;
}

/** Everything, or the units and jobs whose names match a pattern. */
export async function dump(context: CliContext, _options: AnalyzeOptions, args: readonly string[]): Promise<number> {
  const running = analyzedManager(context);
  if (running === undefined) return 1;
  const manager = managerOf(context);
  const patterns: string[] = [];
  for await (const arg of inTurns(context, args)) {
    const pattern = mangleUnitName(arg, { globs: true });
    if (pattern === undefined) {
      say(context, 'error', `Failed to mangle name '${arg}': Invalid argument`);
      return 1;
    }
    patterns.push(pattern);
  }
  const wanted = patterns.length === 0 ? () => true : matcher(patterns, { noEscape: true });
  const local = callersZone(context);
  if (patterns.length === 0) context.out(headerText(running, context.host, local));
  for await (const unit of inTurns(context, [...manager.units.all()])) {
    if (!wanted(unit.id)) continue;
    const lines = new DumpLines(local, context.host.voice.analyze.dumpArrow);
    dumpUnit(lines, manager, unit);
    context.out(lines.text);
  }
  for await (const job of inTurns(context, [...manager.jobs.all()])) {
    if (!wanted(job.unit.id)) continue;
    const { id, unit, type, state, irreversible } = job;
    context.out(
      `-> Job ${id}:\n\tAction: ${unit.id} -> ${type}\n\tState: ${state}\n\tIrreversible: ${yesNo(irreversible)}\n\tMay GC: no\n`,
    );
  }
  return 0;
}
