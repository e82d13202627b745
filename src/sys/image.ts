/** What an image shows of the systemd that belongs to it. */
import type { Image } from '../voice/image.ts';
import { type Files, type Host, SystemError } from './host.ts';

/** Of the files that are looked at, os-release(5) is the largest. */
const textLimit = 64 * 1024;

function unless<T>(otherwise: T, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof SystemError) return otherwise;
    throw error;
  }
}

export function imageOf(host: Pick<Host, 'environment' | 'uname'> & { readonly files: Files }): Image {
  const { files } = host;
  return {
    wish: host.environment.PIDONE_VERSION,
    machine: host.uname().machine,
    text: (path) => unless(undefined, () => files.readText(path, textLimit)),
    link: (path) => unless(undefined, () => files.readlink(path)),
    names: (path) => unless([], () => files.readdir(path)),
  };
}
