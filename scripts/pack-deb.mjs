import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { buildDeb } from './deb/package.mjs';
import { readTar } from './deb/tar.mjs';
import { xz } from './deb/xz.mjs';
import { fail, filesUnder, output, root, run, say, shellParts } from './tools.mjs';

/**
 * Writes dist/pidone_VERSION_ARCHITECTURE.deb from the tarball of that architecture (`amd64` where none is named). Two runs
 * on the same commit make the same bytes: times are the commit's, or $SOURCE_DATE_EPOCH.
 */

const architectures = {
  amd64: { kind: 'x64', filters: ['--x86', '--lzma2=preset=6'] },
  arm64: { kind: 'arm64', filters: ['--lzma2=preset=6'] },
};
/** Names of packages: the tarball that each is made of, and folders of packaging/ that it has files of. */
const packages = {
  pidone: { tarball: 'pidone-linux-', folders: ['deb'] },
  'pidone-nodeless': { tarball: 'pidone-nodeless-linux-', folders: ['deb', 'nodeless'] },
};
const cache = join(root, '.cache');
const runtime = join(root, 'packaging/runtime');
/** Bytes from which on a piece is Node, which is worth keeping. */
const largePiece = 50 * 1024 * 1024;
const sizeLimit = 30 * 1024 * 1024;

/** Seconds of the epoch that everything in the package is from. */
export function packageTime(changelog) {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined) {
    if (!/^\d+$/.test(given)) fail(`SOURCE_DATE_EPOCH=${given}: not a number of seconds.`);
    return Number(given);
  }
  const commit = output('git', ['log', '-1', '--format=%ct']);
  if (commit !== undefined && commit.trim() !== '') return Number(commit);
  // Outside of a clone: when the release was written down.
  return Math.floor(Date.parse(/^ -- .*> {2}(.*)$/m.exec(changelog)[1]) / 1000);
}

/** The license of the Node that is shipped, which has those of all that it is made of; the same on every kind of machine. */
export function nodeLicense() {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(runtime, 'package.json'), 'utf8'));
  const [[, version]] = Object.entries({ ...dependencies, ...optionalDependencies });
  const kept = join(cache, `node-license-${version}`);
  if (!existsSync(kept)) {
    const modules = join(runtime, 'node_modules');
    const original = () =>
      (existsSync(modules) ? readdirSync(modules) : [])
        .map((name) => join(modules, name, 'LICENSE'))
        .find((path) => existsSync(path));
    if (original() === undefined)
      run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], { cwd: runtime });
    mkdirSync(cache, { recursive: true });
    writeFileSync(`${kept}.new`, readFileSync(original()));
    renameSync(`${kept}.new`, kept);
  }
  return readFileSync(kept, 'utf8');
}

/** What packages are made of besides the tarball: the files of these folders of packaging/ by name, and license texts. */
export function packagingTexts(...folders) {
  const text = (path) => readFileSync(join(root, path), 'utf8');
  const texts = { ...shellParts(), license: text('LICENSE'), nodeLicense: nodeLicense() };
  for (const folder of folders)
    for (const name of readdirSync(join(root, 'packaging', folder))) texts[name] = text(`packaging/${folder}/${name}`);
  return texts;
}

/** A piece compressed, or what is kept of it from an earlier time. */
function compressedOnce(piece, filters) {
  const hash = createHash('sha256').update(filters.join(' ')).update(piece).digest('hex').slice(0, 16);
  const kept = join(cache, `${hash}.xz`);
  if (!existsSync(kept)) {
    say('Compressing Node for the Debian package, once…');
    writeFileSync(`${kept}.new`, compressed(piece, filters));
    renameSync(`${kept}.new`, kept);
  }
  return readFileSync(kept);
}

function compressed(piece, filters) {
  return xz(piece, filters) ?? fail('xz (xz-utils) is needed for the Debian package.');
}

/** Whether the package was made of exactly this, and what notes that it now is. */
export function isAsBefore(made, inputs) {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(input).update('\0');
  const key = hash.digest('hex');
  const note = join(cache, `${relative(join(root, 'dist'), made)}.made-of`);
  const same = existsSync(made) && existsSync(note) && readFileSync(note, 'utf8') === key;
  return { same, remember: () => writeFileSync(note, key) };
}

export const packageVersion = () => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;

/** Makes a package for one of Debian's architectures, where it is not made already; its path. */
export function packDeb(architecture, name = 'pidone') {
  const { kind, filters } = architectures[architecture] ?? fail(`${architecture}: amd64 and arm64 can be packed.`);
  const tarball = `${packages[name].tarball}${kind}.tar.gz`;
  const from = join(root, 'dist', tarball);
  if (!existsSync(from)) fail(`dist/${tarball} is not there: npm run pack makes it.`);
  const version = packageVersion();
  const texts = packagingTexts(...packages[name].folders);
  if (!texts.changelog.startsWith(`pidone (${version}) `))
    fail(`packaging/deb/changelog: its first entry has to be that of ${version}, the version of package.json.`);
  const time = packageTime(texts.changelog);
  const deb = join(root, `dist/${name}_${version}_${architecture}.deb`);
  const packed = readFileSync(from);
  const scripts = [join(root, 'scripts/pack-deb.mjs'), ...filesUnder('scripts/deb')].map((path) => readFileSync(path));
  const { same, remember } = isAsBefore(deb, [packed, ...scripts, ...Object.values(texts), String(time)]);
  if (same) return deb;

  const compress = (piece) => (piece.length > largePiece ? compressedOnce(piece, filters) : compressed(piece, filters));
  const made = buildDeb(readTar(gunzipSync(packed)), texts, { version, architecture, time, compress });
  writeFileSync(`${deb}.new`, made);
  renameSync(`${deb}.new`, deb);
  remember();
  const size = statSync(deb).size;
  say(`Packed ${relative(root, deb)}: ${(size / 1024 / 1024).toFixed(1)} MiB.`);
  if (size > sizeLimit) fail(`More than ${sizeLimit / 1024 / 1024} MiB.`);
  return deb;
}

/** Debian's name of the architecture that a tarball is for, and the name of its package. */
export function packageOf(path) {
  const [, beginning, wanted] = /^(.*-linux-)(\w+)\.tar\.gz$/.exec(basename(path));
  const architecture = Object.keys(architectures).find((name) => architectures[name].kind === wanted);
  return [architecture, Object.keys(packages).find((name) => packages[name].tarball === beginning)];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) packDeb(process.argv[2] ?? 'amd64');
