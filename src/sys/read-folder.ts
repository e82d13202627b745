/** A folder of small files as a developer has it in a checkout: read as a whole, without the addon. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { systemCall } from './errno.ts';
import { SystemError } from './host.ts';
import { readRegular } from './read-file.ts';

/** One file, or one link with what it leads to. */
export type FolderEntry = { readonly name: string } & ({ readonly text: string } | { readonly link: string });

/** What is beyond these is no folder of unit files. */
const largestFile = 1 << 20;
const mostEntries = 10_000;

/**
 * Its files and those of the folders in it, sorted; names are relative to it. What is neither a file nor a link is passed over.
 * Throws SystemError.
 */
export function readFolder(path: string): FolderEntry[] {
  const found: FolderEntry[] = [];
  const read = (folder: string, prefix: string, isInner: boolean): void => {
    const entries = systemCall(() => fs.readdirSync(folder, { withFileTypes: true }));
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const at = join(folder, entry.name);
      const name = `${prefix}${entry.name}`;
      if (found.length >= mostEntries) throw new SystemError('EFBIG', 27, 'scandir', path);
      if (entry.isSymbolicLink()) found.push({ name, link: systemCall(() => fs.readlinkSync(at)) });
      else if (entry.isFile()) found.push({ name, text: readRegular(at, largestFile, 'whole').toString('utf8') });
      else if (entry.isDirectory() && !isInner) read(at, `${name}/`, true);
    }
  };
  read(path, '', false);
  return found;
}
