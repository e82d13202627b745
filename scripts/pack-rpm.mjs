import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { readTar } from './deb/tar.mjs';
import { isAsBefore, packageTime, packageVersion, packagingTexts } from './pack-deb.mjs';
import { rpmEntries, runRpmbuild, specText, writeTree } from './rpm/package.mjs';
import { arch, fail, output, root, say } from './tools.mjs';

/**
 * Writes dist/pidone-VERSION-1.x86_64.rpm from the tarball, or with `--arch=arm64` that for aarch64. Two runs on the same
 * commit make the same bytes: times are the commit's, or $SOURCE_DATE_EPOCH.
 */

/** rpm's names. */
const architectures = { x64: 'x86_64', arm64: 'aarch64' };
/** rpm of RHEL 8 reads it. */
const payload = 'w6.xzdio';
const sizeLimit = 30 * 1024 * 1024;

export const hasRpmbuild = () => output('rpmbuild', ['--version']) !== undefined;
export const rpmIsMissing = 'rpmbuild is needed for the .rpm: apt-get install --no-install-recommends rpm.';

/** Makes the package of the tarball for one of Node's kinds of machine, where it is not made already; its path. */
export function packRpm(kind = arch) {
  const architecture = architectures[kind] ?? fail(`${kind}: x64 and arm64 can be packed.`);
  const from = join(root, `dist/pidone-linux-${kind}.tar.gz`);
  if (!existsSync(from)) fail(`${relative(root, from)} is not there: npm run pack makes it.`);
  if (!hasRpmbuild()) fail(rpmIsMissing);
  const version = packageVersion();
  const texts = packagingTexts('deb', 'rpm');
  const time = packageTime(texts.changelog);
  const rpm = join(root, `dist/pidone-${version}-1.${architecture}.rpm`);
  const packed = readFileSync(from);
  const scripts = ['scripts/pack-rpm.mjs', 'scripts/deb/package.mjs', 'scripts/rpm/package.mjs'];
  const sources = scripts.map((path) => readFileSync(join(root, path)));
  const { same, remember } = isAsBefore(rpm, [packed, ...sources, ...Object.values(texts), version, String(time)]);
  if (same) return rpm;

  say('Compressing Node for the RPM package…');
  const scratch = mkdtempSync(join(tmpdir(), 'pidone-rpm-'));
  try {
    const entries = rpmEntries(readTar(gunzipSync(packed)), texts);
    const tree = join(scratch, 'tree');
    writeTree(entries, tree);
    const made = runRpmbuild(specText(entries, texts, version), { tree, scratch, architecture, time, payload });
    copyFileSync(made, `${rpm}.new`);
    renameSync(`${rpm}.new`, rpm);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  remember();
  const size = statSync(rpm).size;
  say(`Packed ${relative(root, rpm)}: ${(size / 1024 / 1024).toFixed(1)} MiB.`);
  if (size > sizeLimit) fail(`More than ${sizeLimit / 1024 / 1024} MiB.`);
  return rpm;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) packRpm();
