/** Verbs of systemd-analyze(1) that need libraries that neither Debian's systemd 252 in a container nor pidone has. */

import { say } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import type { CliContext } from '../common/context.ts';
import type { AnalyzeOptions } from './options.ts';

/** Groups of file systems are for filters made of BPF programs (RestrictFileSystems=), which containers don't have. */
export function filesystems(context: CliContext, _options: AnalyzeOptions, args: readonly string[]): number {
  say(context, 'error', 'Not compiled with libbpf support, sorry.');
  return args.length === 0 ? 0 : 1;
}

/** Reading ELF metadata needs libdw, as it does for systemd. */
export function inspectElf(context: CliContext, _options: AnalyzeOptions, args: readonly string[]): number {
  say(context, 'error', `Parsing "${args[0]}" as ELF object failed: ${errorText('EOPNOTSUPP')}`);
  return 1;
}
