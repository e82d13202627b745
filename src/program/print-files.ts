/** Files for people to read: each under its path (`systemctl cat`, `--cat-config`). */

import { reasonOf } from '../sys/error-text.ts';
import { SystemError } from '../sys/host.ts';
import { styleOf } from './colors.ts';
import type { ProgramContext } from './context.ts';
import { say } from './messages.ts';

/** Where a file that is reached by links is, in later systemd. */
function leadingTo({ host }: ProgramContext, path: string): string {
  if (!host.voice.tools.printsLinks) return '';
  try {
    const at = host.files.realpath(path);
    return at === path ? '' : ` -> ${at}`;
  } catch (error) {
    if (error instanceof SystemError) return '';
    throw error;
  }
}

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
    const shown = link(`file://${context.host.hostname}${path}`, path) + leadingTo(context, path);
    const head = `${index === 0 ? '' : '\n'}${colors.blue}# ${shown}${colors.normal}\n`;
    let text: string;
    try {
      text = read(path);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.syscall === 'read') {
        context.out(head);
        say(context, 'error', `Failed to read "${path}": ${reasonOf(error)}`);
      }
      say(context, 'warning', `Failed to cat ${path}: ${reasonOf(error)}`);
      return false;
    }
    context.out(head);
    if (text !== '') context.out(text.endsWith('\n') ? text : `${text}\n`);
    await context.turn();
  }
  return true;
}
