/** Patterns of lines: glob(7) on files, and fnmatch(3) of one pattern against a path. */

import { globAll } from '../../sys/glob.ts';
import { type Files, SystemError } from '../../sys/host.ts';
import { matcher } from '../../text/fnmatch.ts';

/** Names in a directory that is none by way of a link; none where it cannot be read. */
function namesIn(files: Files, path: string): string[] {
  try {
    const directory = files.openDirectory(path);
    try {
      return directory.names();
    } finally {
      directory.close();
    }
  } catch (error) {
    if (error instanceof SystemError) return [];
    throw error;
  }
}

export function globPaths(files: Files, pattern: string): string[] {
  return globAll(files, pattern, (path) => namesIn(files, path));
}

export const isPattern = (path: string): boolean => /[*?[]/.test(path);

/** What tells whether a whole path is matched, a component by a component and a leading dot by a dot only. */
export function pathMatcher(pattern: string): (path: string) => boolean {
  const wanted = pattern.split('/').map((part) => {
    const matches = isPattern(part) || part.includes('\\') ? matcher([part]) : (text: string) => text === part;
    return { matches, takesDot: part.startsWith('.') || part.startsWith('\\.') };
  });
  return (path) => {
    const parts = path.split('/');
    return (
      wanted.length === parts.length &&
      wanted.every(({ matches, takesDot }, index) => {
        const part = parts[index]!;
        return (takesDot || !part.startsWith('.')) && matches(part);
      })
    );
  };
}
