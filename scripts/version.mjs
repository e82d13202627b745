import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, root, say } from './tools.mjs';

/**
 * The version is that of package.json. `npm version NUMBER` writes it there, and this (npm's "version" script) to where programs
 * and documents have it; the two changelogs are written by hand, and have to have an entry for it.
 */

const read = (path) => readFileSync(join(root, path), 'utf8');
export const { version } = JSON.parse(read('package.json'));

/** Each place: the file, and what stands around the number. */
const places = [
  ['src/sys/version.ts', /(?<=export const VERSION = ')[^']*(?=')/g],
  ...['README.md', 'docs/install.md', 'docs/testing.md', 'docs/engines.md', 'examples/engines/Dockerfile'].map(
    (path) => [path, /(?<=\bpidone[_-])\d+\.\d+\.\d+(?=_amd64\.deb|_arm64\.deb|\.tgz)/g],
  ),
];

/** Lines about places that have another version, or no entry for this one. */
export function versionFaults() {
  const faults = places.flatMap(([path, pattern]) => {
    const others = [...new Set(read(path).match(pattern))].filter((found) => found !== version);
    return others.map((found) => `${path}: says ${found}, package.json ${version}`);
  });
  if (!new RegExp(`^## ${version.replaceAll('.', '\\.')}\\b`, 'm').test(read('CHANGELOG.md')))
    faults.push(`CHANGELOG.md: has no entry "## ${version}"`);
  if (!read('packaging/deb/changelog').startsWith(`pidone (${version}) `))
    faults.push(`packaging/deb/changelog: its first entry is not that of ${version}`);
  return faults;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [path, pattern] of places) writeFileSync(join(root, path), read(path).replace(pattern, version));
  const faults = versionFaults();
  if (faults.length > 0) fail(faults.join('\n'));
  say(`It is ${version} everywhere.`);
}
