import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { needTools, strip } from './cross.mjs';
import { arch, fail, isCross, output, root, run, say } from './tools.mjs';

/** The Node that the package carries, as an npm package brings it: packaging/runtime has its version and its hash. */

const described = join(root, 'packaging/runtime');
export const cache = join(root, '.cache');
/** Of what is made for another kind of machine, beside what is made for this one. */
export const suffix = isCross ? `-${arch}` : '';
const name = `node-linux-${arch}`;
/** Another machine's lies elsewhere: `npm ci` leaves nothing but what it installs. */
const folder = isCross ? join(cache, `runtime-${arch}`) : described;
const original = join(folder, 'node_modules', name);

const wantedVersion = () =>
  JSON.parse(readFileSync(join(described, 'package.json'), 'utf8')).optionalDependencies[name];

function fetchRuntime() {
  const wanted = wantedVersion();
  const manifest = join(original, 'package.json');
  if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === wanted) return;
  say(`Fetching Node ${wanted} for ${arch}…`);
  mkdirSync(folder, { recursive: true });
  if (isCross)
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(described, file), join(folder, file));
  const kind = ['--os=linux', `--cpu=${arch}`];
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...kind], { cwd: folder });
  // npm says nothing of an optional package that it could not install.
  if (!existsSync(manifest)) fail(`npm has not installed ${name} ${wanted}.`);
}

/** Headers of that Node. */
export function packagedHeaders() {
  fetchRuntime();
  return join(original, 'include/node');
}

/** The Node that is packaged, without its symbols. */
export function packagedNode() {
  const stripped = join(cache, `node-${wantedVersion()}${suffix}`);
  if (existsSync(stripped)) return stripped;
  needTools();
  fetchRuntime();
  mkdirSync(cache, { recursive: true });
  copyFileSync(join(original, 'bin/node'), `${stripped}.new`);
  chmodSync(`${stripped}.new`, 0o755);
  if (output(strip, [`${stripped}.new`]) === undefined) fail(`${strip} (binutils) is needed to pack.`);
  renameSync(`${stripped}.new`, stripped);
  return stripped;
}

/** What a manager in that Node has compiled, kept for a release (scripts/release.mjs); it may be of another program. */
export const keptCode = (kind = arch) => join(root, 'prebuilds', `linux-${kind}`, `manager-${wantedVersion()}.code`);
