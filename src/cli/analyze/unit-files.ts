/** systemd-analyze unit-files: which name is which file, and which names lead to it. */

import type { Files } from '../../sys/host.ts';
import { matcher } from '../../text/fnmatch.ts';
import { UnitFileIndex } from '../../unitfile/files/unit-files.ts';
import type { CliContext } from '../common/context.ts';
import { callersLookupPaths } from './load-path.ts';
import type { AnalyzeOptions } from './options.ts';

/** Masked: a link to /dev/null, or a file with nothing in it. */
function isNullOrEmpty(files: Files, path: string): boolean {
  const stat = files.tryStat(path);
  return (
    stat !== undefined && (stat.type === 'char' || stat.type === 'block' || (stat.type === 'file' && stat.size === 0))
  );
}

/** Everything, or what matches a pattern by its name or by what it leads to. */
export async function unitFiles(
  context: CliContext,
  options: AnalyzeOptions,
  args: readonly string[],
): Promise<number> {
  const index = new UnitFileIndex(context.host.files, callersLookupPaths(context, options));
  const matches = matcher(args, { noEscape: true });
  const wanted = (...texts: readonly string[]): boolean => args.length === 0 || texts.some((text) => matches(text));
  const masked = new Set<string>();
  for (const [name, target] of index.targets()) {
    if (target.startsWith('/') && isNullOrEmpty(context.host.files, target)) masked.add(name);
    if (wanted(name, target)) context.out(`ids: ${name} → ${target}\n`);
  }
  await context.turn();
  for (const [name, names] of index.aliases()) {
    if (!masked.has(name) && wanted(name, ...names)) context.out(`aliases: ${name} ← ${names.join(', ')}\n`);
  }
  return 0;
}
