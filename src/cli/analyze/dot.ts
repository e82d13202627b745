/** systemd-analyze dot: the dependencies of the loaded units as a graph for graphviz. */

import { styleOf } from '../../program/colors.ts';
import { inTurns, printInTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import { matcher } from '../../text/fnmatch.ts';
import { isGlob } from '../../unitfile/language/unit-name.ts';
import type { DependencyKind } from '../../units/dependencies.ts';
import type { Unit } from '../../units/unit.ts';
import type { CliContext } from '../common/context.ts';
import { type AnalyzedManager, analyzedManager } from './boot-times.ts';
import { unitByName } from './critical-chain.ts';
import type { AnalyzeOptions } from './options.ts';

const orderEdges: readonly [DependencyKind, string][] = [['After', 'green']];
const requireEdges = (withBindings: boolean): readonly [DependencyKind, string][] => [
  ['Requires', 'black'],
  ['Requisite', 'darkblue'],
  ...(withBindings ? ([['BindsTo', 'gold']] satisfies [DependencyKind, string][]) : []),
  ['Wants', 'grey66'],
  ['Conflicts', 'red'],
];

const legend = (withBindings: boolean): string =>
  '   Color legend: black     = Requires\n' +
  '                 dark blue = Requisite\n' +
  (withBindings ? '                 gold      = BindsTo\n' : '') +
  '                 dark grey = Wants\n' +
  '                 red       = Conflicts\n' +
  '                 green     = After';
const hint =
  "-- You probably want to process this output with graphviz' dot tool.\n" +
  "-- Try a shell pipeline like 'systemd-analyze dot | dot -Tsvg > systemd.svg'!";

/** Tests names against patterns; a name also stands for what it is an alias of. Undefined: said what is wrong. */
async function nameTest(
  context: CliContext,
  manager: Pick<AnalyzedManager, 'units'>,
  patterns: readonly string[],
): Promise<((name: string) => boolean) | undefined> {
  const all: string[] = [];
  for await (const pattern of inTurns(context, patterns)) {
    all.push(pattern);
    if (isGlob(pattern)) continue;
    const unit = unitByName(context, manager, pattern);
    if (unit === undefined) return undefined;
    all.push(unit.id);
  }
  return matcher(all);
}

export async function dot(context: CliContext, options: AnalyzeOptions, args: readonly string[]): Promise<number> {
  const manager = analyzedManager(context);
  if (manager === undefined) return 1;
  const both = await nameTest(context, manager, args);
  const from = both && (await nameTest(context, manager, options.fromPatterns));
  const to = from && (await nameTest(context, manager, options.toPatterns));
  if (both === undefined || from === undefined || to === undefined) return 1;
  const { drawsBindings } = context.host.voice.analyze;
  const edges = [
    ...(options.dot === 'require' ? [] : orderEdges),
    ...(options.dot === 'order' ? [] : requireEdges(drawsBindings)),
  ];
  function* linesOf(unit: Unit): Generator<string> {
    const matches = both!(unit.id);
    yield '';
    if (options.fromPatterns.length > 0 && !matches && !from!(unit.id)) return;
    for (const [kind, color] of edges) {
      for (const name of unit.dependencyNames(kind)) {
        const otherMatches = both!(name);
        const isLeft =
          (options.toPatterns.length > 0 && !otherMatches && !to!(name)) ||
          (args.length > 0 && !matches && !otherMatches);
        yield isLeft ? '' : `\t"${unit.id}"->"${name}" [color="${color}"];\n`;
      }
    }
  }
  context.out('digraph systemd {\n');
  for (const unit of [...manager.units.all()]) await printInTurns(context, linesOf(unit));
  context.out('}\n');
  say(context, 'info', legend(drawsBindings));
  if (styleOf(context).onTerminal && !options.quiet) say(context, 'notice', hint);
  return 0;
}
