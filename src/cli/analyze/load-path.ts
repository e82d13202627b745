/** The load path that a manager with the caller's environment has. */

import { type LookupPaths, lookupPaths } from '../../unitfile/files/load-path.ts';
import type { CliContext } from '../common/context.ts';
import type { AnalyzeOptions } from './options.ts';

export function callersLookupPaths(context: CliContext, { scope }: Pick<AnalyzeOptions, 'scope'>): LookupPaths {
  const { host, caller } = context;
  const home = scope === 'user' ? host.lookupUser(String(caller.uid))?.home : undefined;
  return lookupPaths({
    scope,
    usrLibFirst: host.voice.unitFiles.usrLibFirst,
    env: { ...host.environment, ...context.env },
    ...(home === undefined ? {} : { home }),
  });
}
