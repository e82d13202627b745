/** Users that sysusers.d(5) describes: a boot makes them, so that units may name them before they are there. */
import { type Host, SystemError } from '../../sys/host.ts';
import { bytesToText } from '../../text/bytes.ts';
import { configLines, configurationDirectories, listConfigFiles, sixWords } from '../../tools/common/config-files.ts';

export function describedUsers({ files }: Host): ReadonlySet<string> {
  const users = new Set<string>();
  for (const path of listConfigFiles(files, undefined, configurationDirectories('sysusers.d')))
    for (const [, line] of configLines(textOf(files, path))) {
      const [type = '', name] = sixWords(line).words;
      if (type.startsWith('u') && name !== undefined) users.add(name);
    }
  return users;
}

function textOf(files: Host['files'], path: string): string {
  try {
    return bytesToText(files.readFile(path, 1 << 20));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return '';
  }
}
