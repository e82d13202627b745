import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { calling } from './cross.mjs';
import { packageTime } from './pack-deb.mjs';
import { packagedNode } from './runtime.mjs';
import { arch, fail, output, root } from './tools.mjs';

/**
 * What is in a release, as CycloneDX: npm's own list of what the project depends on when it runs, and what npm can't know of: the
 * Node that the packages carry, with the libraries that it is made of as it names them itself, node-addon-api, whose headers are
 * compiled in, and the C library that the front door is linked to. The same each time: no hour, no number of chance.
 *
 *   scripts/sbom.mjs [--arch=KIND] FILE
 */

const json = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** `sha512-…` of a lock file, as CycloneDX has it. */
function hashesOf(integrity) {
  const [, algorithm, base64] = /^(sha\d+)-(.*)$/.exec(integrity ?? '') ?? [];
  if (algorithm === undefined) return [];
  return [
    { alg: algorithm.replace('sha', 'SHA-').toUpperCase(), content: Buffer.from(base64, 'base64').toString('hex') },
  ];
}

const component = (name, version, license, more = {}) => ({
  'bom-ref': `${name}@${version}`,
  type: 'library',
  name,
  version,
  ...(license === undefined ? {} : { licenses: [{ license: { id: license } }] }),
  ...more,
});

/** Numbers of interfaces and data, no libraries. */
const noLibraries = ['node', 'modules', 'napi', 'unicode', 'cldr', 'tz'];

/** A Node of an npm package of this name: scripts/runtime.mjs fetches it. */
function nodeComponent() {
  const name = `node-linux-${arch}`;
  const { version, integrity } = json('packaging/runtime/package-lock.json').packages[`node_modules/${name}`];
  const told = output(...calling(packagedNode(), ['-p', 'JSON.stringify(process.versions)']));
  if (told === undefined) fail(`${packagedNode()} does not run, so that nobody knows what is in it.`);
  const libraries = Object.entries(JSON.parse(told)).filter(([library]) => !noLibraries.includes(library));
  return component(name, version, undefined, {
    type: 'platform',
    purl: `pkg:npm/${name}@${version}`,
    hashes: hashesOf(integrity),
    licenses: [{ license: { name: 'MIT, and those of its libraries', url: 'licenses/node' } }],
    components: libraries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([library, of]) => component(library, of)),
  });
}

function compiledIn() {
  const lock = json('package-lock.json').packages['node_modules/node-addon-api'];
  const addonApi = component('node-addon-api', lock.version, lock.license, {
    purl: `pkg:npm/node-addon-api@${lock.version}`,
    hashes: hashesOf(lock.integrity),
  });
  const package_ = arch === 'arm64' ? 'libc6-dev-arm64-cross' : 'libc6-dev';
  const version = output('dpkg-query', ['-W', `-f=\${Version}`, package_]);
  if (version === undefined) fail(`dpkg does not know ${package_}, which the front door is linked to.`);
  return [
    addonApi,
    component('glibc', version, 'LGPL-2.1-or-later', { purl: `pkg:deb/debian/glibc@${version}?arch=source` }),
  ];
}

/** The document as text. `time`: seconds of the epoch. */
export function sbom(time) {
  const made = output('npm', ['sbom', '--sbom-format=cyclonedx', '--omit=dev', '--omit=peer', '--package-lock-only']);
  if (made === undefined) fail('npm sbom made no list.');
  const document = JSON.parse(made);
  const { name, version } = json('package.json');
  document.metadata.timestamp = new Date(time * 1000).toISOString();
  // npm takes the name of the directory
  document.metadata.component.name = name;
  document.components.push(nodeComponent(), ...compiledIn());
  delete document.serialNumber;
  const hash = createHash('sha256')
    .update(`${name}@${version} ${arch}\0${JSON.stringify(document)}`)
    .digest('hex');
  const uuid = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
  return `${JSON.stringify({ ...document, serialNumber: `urn:uuid:${uuid}` }, null, 2)}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file =
    process.argv.slice(2).find((word) => !word.startsWith('--')) ?? fail('scripts/sbom.mjs: say a file to write.');
  writeFileSync(file, sbom(packageTime(readFileSync(join(root, 'packaging/deb/changelog'), 'utf8'))));
}
