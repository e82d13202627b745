/** systemd-analyze unit-paths. */
import type { CliContext } from '../common/context.ts';
import { callersLookupPaths } from './load-path.ts';
import type { AnalyzeOptions } from './options.ts';

/** The directories in which unit files are looked for, the most important first. */
export function unitPaths(context: CliContext, options: AnalyzeOptions): number {
  const { search } = callersLookupPaths(context, options);
  context.out(search.map((path) => `${path}\n`).join(''));
  return 0;
}
