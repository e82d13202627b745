/** -4 and -6: /etc/hosts is to have localhost for one family of addresses only. */

import { reasonOf } from '../../sys/error-text.ts';
import { type Files, SystemError } from '../../sys/host.ts';
import { textToBytes } from '../../text/bytes.ts';

export type Family = 'ipv4' | 'ipv6';

const path = '/etc/hosts';
const limit = 1024 * 1024;
/** The address of the other family, from which the name goes. */
const others: Readonly<Record<Family, string>> = { ipv4: '::1', ipv6: '127.0.0.1' };

/** Takes the name `localhost` from the other family's address; what is wrong, where it can't. */
export function keepLocalhostOf(files: Files, family: Family): string | undefined {
  try {
    const text = files.readText(path, limit);
    const changed = text
      .split('\n')
      .flatMap((line) => withoutLocalhost(line, others[family]))
      .join('\n');
    if (changed === text) return undefined;
    // Engines mount the file itself: another one can't take its place.
    const file = files.openWritable(path, 'own');
    try {
      file.truncate();
      file.write(textToBytes(changed));
    } finally {
      file.close();
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return `Failed to change ${path} (-${family === 'ipv4' ? '4' : '6'}): ${reasonOf(error)}`;
  }
}

/** The line, changed where it is about that address; none where no name is left. */
function withoutLocalhost(line: string, address: string): string[] {
  const [, words = '', comment = ''] = /^([^#]*)(.*)$/.exec(line)!;
  const [first, ...names] = words.split(/\s+/).filter((word) => word !== '');
  if (first !== address || !names.includes('localhost')) return [line];
  const left = names.filter((name) => name !== 'localhost');
  if (left.length === 0) return comment === '' ? [] : [comment];
  return [`${[first, ...left].join(' ')}${comment === '' ? '' : ` ${comment}`}`];
}
