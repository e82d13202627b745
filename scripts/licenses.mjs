import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeLicense } from './pack-deb.mjs';
import { fail, root } from './tools.mjs';

/**
 * The license texts of what is shipped, by name: pidone's own, that of the Node that it carries, which has those of all that
 * Node is made of, that of node-addon-api, whose headers are compiled into the addon, and that of the GNU C Library, to which the
 * front door is linked.
 */
export function licenseTexts() {
  const read = (path) => readFileSync(join(root, path), 'utf8');
  return new Map([
    ['pidone', read('LICENSE')],
    ['node', nodeLicense()],
    ['node-addon-api', read('node_modules/node-addon-api/LICENSE.md')],
    ['glibc', libraryLicense()],
  ]);
}

/** Where Debian has the text. */
const lgpl = '/usr/share/common-licenses/LGPL-2.1';

function libraryLicense() {
  if (!existsSync(lgpl)) fail(`${lgpl}: the license of the C library that is linked in is not there (base-files).`);
  return readFileSync(lgpl, 'utf8');
}
