/** systemd-analyze architectures. */

import { say } from '../../program/messages.ts';
import { architectureName, architectureNames, secondaryArchitecture } from '../../values/architectures.ts';
import type { CliContext } from '../common/context.ts';
import { printColumns } from './aligned.ts';
import type { AnalyzeOptions } from './options.ts';

/** The architectures asked for, or all that there are names of, and which is the machine's. */
export async function architectures(
  context: CliContext,
  options: AnalyzeOptions,
  args: readonly string[],
): Promise<number> {
  const native = architectureName(context.host.uname().machine);
  const secondary = native === undefined ? undefined : secondaryArchitecture[native];
  const wanted = new Set<string>();
  for (const text of args) {
    if (text === 'secondary' && secondary === undefined) {
      say(context, 'error', 'No secondary architecture.');
      return 1;
    }
    const name = text === 'native' || text === 'uname' ? native : text === 'secondary' ? secondary : text;
    if (name === undefined || !architectureNames.includes(name)) {
      say(context, 'error', `Architecture "${text}" not known.`);
      return 1;
    }
    wanted.add(name);
  }
  const names = architectureNames.filter((name) => wanted.size === 0 || wanted.has(name));
  const supported = (name: string): string =>
    name === native ? 'native' : name === secondary ? 'secondary' : 'foreign';
  const rows = names.map((name) => [name, supported(name)]);
  await printColumns(context, options, ['name', 'support'], rows, new Set());
  return 0;
}
