/** systemd-analyze(1): its verbs, and which arguments they take. */
import { styleOf } from '../../program/colors.ts';
import type { CliContext } from '../common/context.ts';
import { calendar } from './calendar.ts';
import { capability } from './capability.ts';
import { catConfig } from './cat-config.ts';
import { compareVersionsVerb } from './compare-versions.ts';
import { condition } from './condition.ts';
import { criticalChain } from './critical-chain.ts';
import { dot } from './dot.ts';
import { dump } from './dump/dump.ts';
import { exitStatus } from './exit-status.ts';
import { helpText } from './help.ts';
import { logControl } from './log-control.ts';
import { type AnalyzeOptions, parseAnalyzeOptions } from './options.ts';
import { plot } from './plot.ts';
import { syscallFilter } from './syscall-filter.ts';
import { blame, time } from './time.ts';
import { timespan } from './timespan.ts';
import { timestamp } from './timestamp.ts';
import { unitFiles } from './unit-files.ts';
import { unitPaths } from './unit-paths.ts';
import { filesystems, inspectElf } from './unsupported.ts';

/** A verb of systemd-analyze; the result is the exit status. */
export type AnalyzeVerb = (
  context: CliContext,
  options: AnalyzeOptions,
  args: readonly string[],
) => number | Promise<number>;

interface VerbEntry {
  /** How many arguments, the verb itself not counted. */
  min: number;
  max: number;
  run: AnalyzeVerb;
}

const any = Number.POSITIVE_INFINITY;

export const analyzeVerbs: Readonly<Record<string, VerbEntry>> = {
  help: {
    min: 0,
    max: any,
    run: (context) => {
      context.out(helpText(context.program, styleOf(context)));
      return 0;
    },
  },
  time: { min: 0, max: 0, run: time },
  blame: { min: 0, max: 0, run: blame },
  'critical-chain': { min: 0, max: any, run: criticalChain },
  plot: { min: 0, max: 0, run: plot },
  dot: { min: 0, max: any, run: dot },
  dump: { min: 0, max: any, run: dump },
  'cat-config': { min: 1, max: any, run: catConfig },
  verify: {
    min: 1,
    max: any,
    run: async (...call) => (await import('./verify.ts')).verify(...call),
  },
  security: {
    min: 0,
    max: any,
    run: async (...call) => (await import('./security.ts')).security(...call),
  },
  'log-level': { min: 0, max: 1, run: logControl('log-level') },
  'log-target': { min: 0, max: 1, run: logControl('log-target') },
  'set-log-level': { min: 1, max: 1, run: logControl('log-level') },
  'get-log-level': { min: 0, max: 0, run: logControl('log-level') },
  'set-log-target': { min: 1, max: 1, run: logControl('log-target') },
  'get-log-target': { min: 0, max: 0, run: logControl('log-target') },
  'service-watchdogs': { min: 0, max: 1, run: logControl('service-watchdogs') },
  'unit-files': { min: 0, max: any, run: unitFiles },
  'unit-paths': { min: 0, max: 0, run: unitPaths },
  'exit-status': { min: 0, max: any, run: exitStatus },
  'syscall-filter': { min: 0, max: any, run: syscallFilter },
  filesystems: { min: 0, max: any, run: filesystems },
  'inspect-elf': { min: 1, max: any, run: inspectElf },
  capability: { min: 0, max: any, run: capability },
  condition: { min: 0, max: any, run: condition },
  'compare-versions': { min: 2, max: 3, run: compareVersionsVerb },
  calendar: { min: 1, max: any, run: calendar },
  timestamp: { min: 1, max: any, run: timestamp },
  timespan: { min: 1, max: any, run: timespan },
};

/** The whole program: `context.argv` has options, the verb and its arguments. */
export async function systemdAnalyze(context: CliContext): Promise<number> {
  const call = parseAnalyzeOptions(context);
  if ('status' in call) return call.status;
  const [name = 'time', ...args] = call.operands;
  const verb = Object.hasOwn(analyzeVerbs, name) ? analyzeVerbs[name] : undefined;
  const problem =
    verb === undefined
      ? `Unknown command verb ${name}.`
      : args.length < verb.min
        ? 'Too few arguments.'
        : args.length > verb.max
          ? 'Too many arguments.'
          : undefined;
  if (verb === undefined || problem !== undefined) {
    context.err(`${problem}\n`);
    return 1;
  }
  return verb.run(context, call.options, args);
}
