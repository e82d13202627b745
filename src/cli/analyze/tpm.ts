/** systemd-analyze has-tpm2, pcrs and srk. A container has no TPM. */

import { say } from '../../program/messages.ts';
import { parseUnsigned } from '../../text/numbers.ts';
import { tpmReport } from '../../tools/common/tpm.ts';
import type { CliContext } from '../common/context.ts';
import { emptyCell, numberCell, printColumns } from './aligned.ts';
import type { AnalyzeOptions } from './options.ts';

/** Registers of a TPM by their numbers; '': nobody has given it a name. */
const registers =
  'platform-code platform-config external-code external-config boot-loader-code boot-loader-config host-platform ' +
  'secure-boot-policy - kernel-initrd ima kernel-boot kernel-config sysexts shim-policy system-identity debug ' +
  '- - - - - - application-support';
const names: readonly string[] = registers.split(' ').map((name) => (name === '-' ? '' : name));

export function hasTpm2(context: CliContext, { quiet }: AnalyzeOptions): number {
  if (!quiet) context.out(tpmReport.text);
  return tpmReport.status;
}

/** The registers asked for by name or number, or all; what they hold is not known. */
export async function pcrs(context: CliContext, options: AnalyzeOptions, args: readonly string[]): Promise<number> {
  say(context, 'notice', context.host.voice.analyze.noPcrState);
  const asked = args.map(registerNumber);
  const unknown = asked.indexOf(undefined);
  if (unknown >= 0) {
    say(context, 'error', `PCR index "${args[unknown]}" not known.`);
    return 1;
  }
  const shown = args.length === 0 ? names.map((_, number) => number) : (asked as number[]).sort((a, b) => a - b);
  const rows = shown.map((number) => [numberCell(number), names[number] || emptyCell]);
  // the header stays with --no-legend
  await printColumns(context, { ...options, legend: true }, ['nr', 'name'], rows, new Set([0]));
  return 0;
}

function registerNumber(text: string): number | undefined {
  const named = text === '' ? -1 : names.indexOf(text);
  return named >= 0 ? named : parseUnsigned(text, names.length - 1);
}

export function srk(context: CliContext): number {
  const why = 'it does not support the required functionality (AES-128-CFB missing?)';
  say(context, 'error', `TPM device not usable as ${why}.`);
  return 1;
}
