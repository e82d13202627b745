import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { licenseTexts } from './licenses.mjs';
import { packageTime } from './pack-deb.mjs';
import { cache, keptCode } from './runtime.mjs';
import { setup } from './setup.mjs';
import { arch, fail, kinds, output, root, run, say } from './tools.mjs';
import { version, versionFaults } from './version.mjs';

/**
 * `npm run release`: makes everything that a release is, in dist/release, from a clean clone: tarballs and packages for each kind
 * of machine (`--arch=x64`: for that one), the npm package, license texts, a list of what is in it (SBOM), the changelog, and
 * SHA256SUMS. The same commit makes the same bytes.
 *
 *   --code    makes and keeps what a manager has compiled in prebuilds/, to be committed: it depends on what happens when,
 *             and is the one thing that two builds make differently. It fits one program: a release is made of the
 *             commit that has it.
 *   --check   makes the release again in a clone of its own, and names the files that have come out differently
 */

const target = join(root, 'dist/release');
const wanted = process.argv.some((word) => word.startsWith('--arch=')) ? [arch] : kinds;
const option = (name) => process.argv.includes(name);
const archOption = (kind) => `--arch=${kind}`;
const node = (...words) => run(process.execPath, words, { env: { ...process.env, SOURCE_DATE_EPOCH: String(time) } });
const script = (name) => join(root, `scripts/${name}.mjs`);

setup();
const faults = versionFaults();
if (faults.length > 0) fail(faults.join('\n'));
const changed = output('git', ['status', '--porcelain']) ?? fail('A release is made from a clone (git status failed).');
const time = packageTime(readFileSync(join(root, 'packaging/deb/changelog'), 'utf8'));

if (option('--code')) keepCode();
else if (changed !== '') fail(`A release is made from a clean clone; this one differs from its commit:\n${changed}`);
else {
  make();
  if (option('--check')) check();
}

function keepCode() {
  for (const kind of wanted) {
    const made = join(cache, kind === process.arch ? 'code' : `code-${kind}`);
    for (const path of [made, keptCode(kind)]) rmSync(path, { recursive: true, force: true });
    node(script('pack'), archOption(kind));
    copyFileSync(join(made, 'manager.code'), keptCode(kind));
  }
  say('Now commit prebuilds/: what is released is made of that commit.');
}

function make() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  // what was made of another commit may look fresh
  for (const name of ['code', 'code-arm64']) rmSync(join(cache, name), { recursive: true, force: true });
  for (const kind of wanted) node(script('pack'), archOption(kind));
  mkdirSync(join(target, 'licenses'), { recursive: true });
  for (const kind of wanted) node(script('sbom'), archOption(kind), join(target, `pidone-${version}-${kind}.cdx.json`));
  run('npm', ['pack', '--silent', '--pack-destination', target]);
  for (const name of readdirSync(join(root, 'dist')).filter((name) => /\.(?:tar\.gz|deb|rpm)$/.test(name)))
    copyFileSync(join(root, 'dist', name), join(target, name));
  for (const [name, text] of licenseTexts()) writeFileSync(join(target, 'licenses', name), text);
  copyFileSync(join(root, 'CHANGELOG.md'), join(target, 'CHANGELOG.md'));
  const sums = sumsOf(target);
  writeFileSync(join(target, 'SHA256SUMS'), sums);
  say(`${sums}Made ${target}.`);
  for (const kind of wanted)
    if (!isKept(kind))
      say(`${kind}: of this program no compiled code is kept (npm run release -- --code): manager.code and what holds it differ
from build to build.`);
}

/** Whether what is kept is what has gone into the package. */
function isKept(kind) {
  const made = join(cache, kind === process.arch ? 'code' : `code-${kind}`, 'manager.code');
  return existsSync(keptCode(kind)) && readFileSync(keptCode(kind)).equals(readFileSync(made));
}

/** As sha256sum(1) writes it. */
function sumsOf(folder) {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'SHA256SUMS')
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1));
  const line = (name) =>
    `${createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex')}  ${name}\n`;
  return names.sort().map(line).join('');
}

function check() {
  const scratch = mkdtempSync(join(tmpdir(), 'pidone-release-'));
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
  const clone = join(scratch, 'clone');
  run('git', ['clone', '--quiet', root, clone]);
  const options = process.argv.slice(2).filter((word) => word.startsWith('--arch='));
  run(process.execPath, [join(clone, 'scripts/release.mjs'), ...options], { cwd: clone });
  const [first, second] = [target, join(clone, 'dist/release')].map((folder) =>
    readFileSync(join(folder, 'SHA256SUMS'), 'utf8'),
  );
  const others = first.split('\n').filter((line) => line !== '' && !second.split('\n').includes(line));
  if (others.length > 0)
    fail(`Made twice, these come out differently:\n${others.map((line) => line.slice(66)).join('\n')}`);
  say('Made twice, everything is the same.');
}
