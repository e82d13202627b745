/** systemd-analyze compare-versions. */

import { compareTexts, compareVersions, takeCompareOperator } from '../../text/compare.ts';
import type { CliContext } from '../common/context.ts';
import type { AnalyzeOptions } from './options.ts';

/** How two versions compare (12 older, 11 newer, 0 equal), or whether a comparison holds. */
export function compareVersionsVerb(context: CliContext, _options: AnalyzeOptions, args: readonly string[]): number {
  const first = args[0]!;
  if (args.length === 2) {
    const order = compareVersions(first, args[1]!);
    const sign = order < 0 ? '<' : order > 0 ? '>' : '==';
    context.out(`${first || "''"} ${sign} ${args[1] || "''"}\n`);
    return order < 0 ? 12 : order > 0 ? 11 : 0;
  }
  const taken = takeCompareOperator(args[1]!, { words: true });
  if (taken === undefined || taken.rest !== '') {
    context.err(`Unknown operator "${taken?.rest ?? args[1]}".\n`);
    return 1;
  }
  return compareTexts(taken.operator, first, args[2]!) ? 0 : 1;
}
