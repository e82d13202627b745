/** systemd-analyze unit-files: which name is which file, and which names lead to it. */
import { matcher } from '../../unitfile/fnmatch.ts';
import { UnitFileIndex } from '../../unitfile/unit-files.ts';
import type { CliContext } from '../context.ts';
import { callersLookupPaths } from './load-path.ts';
import type { AnalyzeOptions } from './options.ts';

/** Everything, or what matches a pattern by its name or by what it leads to. */
export async function unitFiles(
  context: CliContext,
  options: AnalyzeOptions,
  args: readonly string[],
): Promise<number> {
  const index = new UnitFileIndex(context.host.files, callersLookupPaths(context, options));
  const tests = args.map((pattern) => matcher(pattern, { noEscape: true }));
  const wanted = (...texts: readonly string[]): boolean =>
    tests.length === 0 || texts.some((text) => tests.some((test) => test(text)));
  for (const [name, target] of index.targets()) {
    if (wanted(name, target)) context.out(`ids: ${name} → ${target}\n`);
  }
  await context.drained();
  for (const [name, names] of index.aliases()) {
    if (wanted(name, ...names)) context.out(`aliases: ${name} ← ${names.join(', ')}\n`);
  }
  return 0;
}
