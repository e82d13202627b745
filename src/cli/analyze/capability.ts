/** systemd-analyze capability. */

import { say } from '../../program/messages.ts';
import { capabilityName, lastCapability, parseCapability } from '../../values/capabilities.ts';
import type { CliContext } from '../common/context.ts';
import { numberCell, printColumns } from './aligned.ts';
import type { AnalyzeOptions } from './options.ts';

/** Names and numbers of the capabilities asked for, of those in a mask, or of all. */
export async function capability(
  context: CliContext,
  options: AnalyzeOptions,
  args: readonly string[],
): Promise<number> {
  const numbers = options.mask ? inMask(args[0]!) : named(args);
  if (typeof numbers === 'string') {
    say(context, 'error', numbers);
    return 1;
  }
  const at = numbers.findIndex((number) => number === undefined || number > lastCapability);
  if (at >= 0) {
    const { capabilityNotKnown } = context.host.voice.analyze;
    say(context, 'error', options.mask ? `Capability ${numbers[at]} is not known.` : capabilityNotKnown(args[at]!));
    return 1;
  }
  const sorted = (numbers as number[]).sort((a, b) => a - b);
  const rows = sorted.map((number) => [capabilityName(number)!, numberCell(number)]);
  await printColumns(context, options, ['name', 'number'], rows, new Set([1]));
  return 0;
}

const named = (args: readonly string[]): (number | undefined)[] =>
  args.length === 0 ? Array.from({ length: lastCapability + 1 }, (_, index) => index) : args.map(parseCapability);

/** The numbers of the bits that are set, as in /proc/PID/status; a text says what is wrong. */
function inMask(text: string): number[] | string {
  const digits = /^\s*\+?(?:0x)?([0-9a-f]+)$/i.exec(text)?.[1];
  const mask = digits === undefined ? undefined : BigInt(`0x${digits}`);
  if (mask === undefined || mask >= 1n << 64n) return `Capability mask "${text}" is not valid.`;
  return Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (mask >> BigInt(bit)) & 1n);
}
