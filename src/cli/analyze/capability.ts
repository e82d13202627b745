/** systemd-analyze capability. */

import { styleOf } from '../../program/colors.ts';
import { capabilityName, lastCapability, parseCapability } from '../../values/capabilities.ts';
import type { CliContext } from '../common/context.ts';
import { alignedText } from './aligned.ts';
import type { AnalyzeOptions } from './options.ts';

/** Names and numbers of the capabilities asked for, or of all. */
export function capability(context: CliContext, _options: AnalyzeOptions, args: readonly string[]): number {
  const numbers: number[] = args.length === 0 ? Array.from({ length: lastCapability + 1 }, (_, index) => index) : [];
  for (const text of args) {
    const number = parseCapability(text);
    if (number === undefined || number > lastCapability) {
      context.err(`Capability "${text}" not known.\n`);
      return 1;
    }
    numbers.push(number);
  }
  numbers.sort((a, b) => a - b);
  const rows = [['NAME', 'NUMBER'], ...numbers.map((number) => [capabilityName(number)!, String(number)])];
  context.out(alignedText(rows, new Set([1]), styleOf(context), true));
  return 0;
}
