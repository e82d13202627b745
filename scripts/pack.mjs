import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildAll, buildClient, buildCode, frontDoors } from './build.mjs';
import { checkGlibc } from './check-glibc.mjs';
import { tarEnd, tarEntry } from './deb/tar.mjs';
import { packageOf, packDeb } from './pack-deb.mjs';
import { hasRpmbuild, packRpm, rpmIsMissing } from './pack-rpm.mjs';
import { cache, keptCode, packagedNode, suffix } from './runtime.mjs';
import { setup } from './setup.mjs';
import { arch, fail, kinds, lib, nodeless, root, run, say, stage, tarball } from './tools.mjs';

/**
 * Writes dist/pidone-linux-x64.tar.gz, or with `--arch=arm64` that of another kind of machine, with `--arch=all` each:
 * unpacked at / it gives the front doors in /usr/bin and /usr/lib/pidone, and touches nothing else, not even the modes of
 * the directories above. dist/pidone-nodeless-linux-x64.tar.gz is the same for images that have a Node.
 * The archive is made of several gzip members one after the other, so that Node, most of it by far, is
 * compressed once and not with every build. Debian packages are made of them (scripts/pack-deb.mjs), and with `--rpm` the RPM
 * package (scripts/pack-rpm.mjs).
 */

const sizeLimit = 45 * 1024 * 1024;
const nodelessLimit = 4 * 1024 * 1024;

/** Times are the epoch, whoever packs. */
const entry = (facts) => tarEntry(facts, 0);
const fileEntry = (name, content, mode) => entry({ name, type: 'file', mode, content });

/** Made for one Node: the package has its own. */
const perNode = ['node', 'program.code', 'manager.code', 'bin/systemctl'].map((name) => join(lib, name));

/** Everything in a directory but what lies at the paths of `without`, sorted by name. */
function entries(directory, without) {
  const found = [];
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    const inArchive = relative(stage, path);
    const stat = lstatSync(path);
    if (without.includes(path)) continue;
    if (stat.isDirectory()) {
      found.push(entry({ name: `${inArchive}/`, type: 'directory', mode: 0o755 }), ...entries(path, without));
    } else if (stat.isSymbolicLink()) {
      found.push(entry({ name: inArchive, type: 'symlink', mode: 0o777, target: readlinkSync(path) }));
    } else {
      found.push(fileEntry(inArchive, readFileSync(path), stat.mode & 0o111 ? 0o755 : 0o644));
    }
  }
  return found;
}

function packedNode(node) {
  const packed = `${node}.gz`;
  if (!existsSync(packed)) {
    say('Compressing Node, once…');
    writeFileSync(`${packed}.new`, gzipSync(fileEntry('usr/lib/pidone/node', readFileSync(node), 0o755), { level: 9 }));
    renameSync(`${packed}.new`, packed);
  }
  return readFileSync(packed);
}

/** The front doors and everything else that both tarballs have; `extra`: what one of them has more, in place of others. */
function tree(door, extra) {
  const [first, ...others] = frontDoors;
  const program = readFileSync(door);
  const replaced = extra.map(([name]) => join(lib, name));
  return gzipSync(
    Buffer.concat([
      entry({ name: 'usr/lib/pidone/', type: 'directory', mode: 0o755 }),
      ...entries(lib, [...perNode, ...replaced]),
      ...extra.map(([name, content]) => fileEntry(`usr/lib/pidone/${name}`, content, 0o644)),
      fileEntry('usr/lib/pidone/bin/systemctl', program, 0o755),
      fileEntry(`usr/bin/${first}`, program, 0o755),
      ...others.map((name) =>
        entry({ name: `usr/bin/${name}`, type: 'hardlink', mode: 0o755, target: `usr/bin/${first}` }),
      ),
      tarEnd,
    ]),
    { level: 9 },
  );
}

function writeTarball(path, archive, limit) {
  writeFileSync(`${path}.new`, archive);
  renameSync(`${path}.new`, path);
  const size = statSync(path).size;
  say(`Packed ${relative(root, path)}: ${(size / 1024 / 1024).toFixed(1)} MiB.`);
  if (size > limit) fail(`More than ${limit / 1024 / 1024} MiB.`);
}

async function packWithNode() {
  const node = packagedNode();
  const code = join(cache, `code${suffix}`);
  await buildCode(node, code, keptCode());
  const door = join(cache, `systemctl${suffix}`);
  buildClient(door, node);
  const compiled = ['program.code', 'manager.code']
    .filter((name) => existsSync(join(code, name)))
    .map((name) => [name, readFileSync(join(code, name))]);
  writeTarball(tarball, Buffer.concat([packedNode(node), tree(door, compiled)]), sizeLimit);
}

/** Its program looks first whether the Node will do; what compiles it for that Node comes along. */
export function packNodeless() {
  const door = join(cache, `systemctl-nodeless${suffix}`);
  buildClient(door, undefined);
  const source = (name) => readFileSync(join(root, 'packaging', name));
  const extra = ['compile.cjs', 'make-code.cjs', 'parts.cjs'].map((name) => [name, source(name)]);
  const program = Buffer.concat([source('fit.cjs'), source('loader.cjs')]);
  writeTarball(nodeless, tree(door, [...extra, ['pidone.cjs', program]]), nodelessLimit);
}

export async function pack() {
  await buildAll();
  checkGlibc(['addon.node', 'preload.so'].map((name) => join(lib, name)));
  await packWithNode();
  packNodeless();
  for (const path of [tarball, nodeless]) packDeb(...packageOf(path));
}

const withRpm = process.argv.includes('--rpm');

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  setup();
  if (arch === 'all') {
    const others = process.argv.slice(2).filter((word) => !word.startsWith('--arch='));
    for (const kind of kinds) run(process.execPath, [process.argv[1], `--arch=${kind}`, ...others]);
  } else {
    await pack();
    if (withRpm && hasRpmbuild()) packRpm();
    else if (withRpm) say(`No .rpm was made: ${rpmIsMissing}`);
  }
}
