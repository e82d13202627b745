/** systemd-analyze unit-paths. */
import { lookupPaths } from '../../unitfile/load-path.ts';
import type { CliContext } from '../context.ts';
import type { AnalyzeOptions } from './options.ts';

/** The load path that a manager with the caller's environment has. */
export function unitPaths(context: CliContext, { scope }: AnalyzeOptions): number {
  const { host, caller } = context;
  const home = scope === 'user' ? host.lookupUser(String(caller.uid))?.home : undefined;
  const { search } = lookupPaths({
    scope,
    env: { ...host.environment, ...context.env },
    ...(home === undefined ? {} : { home }),
  });
  context.out(search.map((path) => `${path}\n`).join(''));
  return 0;
}
