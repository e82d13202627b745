/** A verb of systemd-analyze(1) that needs a library which neither Debian's systemd 252 in a container nor pidone has. */

import { say } from '../../program/messages.ts';
import { errorText, reasonOf } from '../../sys/error-text.ts';
import { type Files, SystemError } from '../../sys/host.ts';
import { pathIsAbsolute, pathJoin } from '../../text/paths.ts';
import type { CliContext } from '../common/context.ts';
import type { AnalyzeOptions } from './options.ts';

/** Reading ELF metadata needs libdw, as it does for systemd. */
export function inspectElf(context: CliContext, _options: AnalyzeOptions, [path = '']: readonly string[]): number {
  const { files, voice } = context.host;
  try {
    files.open(pathIsAbsolute(path) ? path : pathJoin(context.cwd, path), 'read').close();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    say(context, 'error', `Could not open "${path}": ${reasonOf(error)}`);
    return 1;
  }
  say(
    context,
    'error',
    `Parsing "${voice.analyze.followsElf ? realPath(files, path) : path}" as ELF object failed: ${errorText('EOPNOTSUPP')}`,
  );
  return 1;
}

function realPath(files: Files, path: string): string {
  try {
    return files.realpath(path);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return path;
  }
}
