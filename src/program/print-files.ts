/** Files for people to read: each under its path (`systemctl cat`, `--cat-config`). */

import { errorText } from '../sys/error-text.ts';
import { SystemError } from '../sys/host.ts';
import { styleOf } from './colors.ts';
import type { ProgramContext } from './context.ts';
import { say } from './messages.ts';

/**
 * False, after a message, where one can't be read: those behind it are left out. `read` is for who does not mind how large
 * a file is.
 */
export async function printFiles(
  context: ProgramContext,
  paths: readonly string[],
  read: (path: string) => string = (path) => context.host.files.readText(path),
): Promise<boolean> {
  const { colors, link } = styleOf(context);
  for (const [index, path] of paths.entries()) {
    let text: string;
    try {
      text = read(path);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      say(context, 'warning', `Failed to cat ${path}: ${errorText(error.code)}`);
      return false;
    }
    const shown = link(`file://${context.host.hostname}${path}`, path);
    context.out(`${index === 0 ? '' : '\n'}${colors.blue}# ${shown}${colors.normal}\n`);
    if (text !== '') context.out(text.endsWith('\n') ? text : `${text}\n`);
    await context.drained();
  }
  return true;
}
