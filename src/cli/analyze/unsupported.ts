/** A verb of systemd-analyze(1) that needs a library which neither Debian's systemd 252 in a container nor pidone has. */

import { say } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import type { CliContext } from '../common/context.ts';
import type { AnalyzeOptions } from './options.ts';

/** Reading ELF metadata needs libdw, as it does for systemd. */
export function inspectElf(context: CliContext, _options: AnalyzeOptions, args: readonly string[]): number {
  say(context, 'error', `Parsing "${args[0]}" as ELF object failed: ${errorText('EOPNOTSUPP')}`);
  return 1;
}
