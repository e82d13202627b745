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
import { architectureOf, packDeb } from './pack-deb.mjs';
import { cache, packagedNode, suffix } from './runtime.mjs';
import { setup } from './setup.mjs';
import { arch, fail, kinds, lib, root, run, say, stage, tarball } from './tools.mjs';

/**
 * Writes dist/pidone-linux-x64.tar.gz, or with `--arch=arm64` that of another kind of machine, with `--arch=all` each:
 * unpacked at / it gives the front doors in /usr/bin and /usr/lib/pidone, and touches nothing else, not even the modes of
 * the directories above.
 * The archive is made of several gzip members one after the other, so that Node, most of it by far, is
 * compressed once and not with every build. The Debian package is made of it (scripts/pack-deb.mjs).
 */

const sizeLimit = 45 * 1024 * 1024;

/** One header of a ustar archive. Times are the epoch and owners root, whoever packs. */
function header(name, { type, mode, size = 0, target = '' }) {
  if (Buffer.byteLength(name) > 100 || Buffer.byteLength(target) > 100) fail(`${name}: too long for a ustar archive`);
  const block = Buffer.alloc(512);
  const octal = (value, length, at) => block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  block.write(name, 0, 'utf8');
  octal(mode, 8, 100);
  octal(0, 8, 108);
  octal(0, 8, 116);
  octal(size, 12, 124);
  octal(0, 12, 136);
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
  block.write(target, 157, 'utf8');
  block.write('ustar\x0000root', 257, 'latin1');
  block.write('root', 297, 'latin1');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function fileEntry(name, content, mode) {
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header(name, { type: '0', mode, size: content.length }), content, padding]);
}

/** Made for one Node: the package has its own. */
const perNode = ['node', 'program.code', 'manager.code', 'bin/systemctl'].map((name) => join(lib, name));

/** Everything in a directory, sorted by name. */
function entries(directory) {
  const found = [];
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    const inArchive = relative(stage, path);
    const stat = lstatSync(path);
    if (perNode.includes(path)) continue;
    if (stat.isDirectory()) {
      found.push(header(`${inArchive}/`, { type: '5', mode: 0o755 }), ...entries(path));
    } else if (stat.isSymbolicLink()) {
      found.push(header(inArchive, { type: '2', mode: 0o777, target: readlinkSync(path) }));
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

export async function pack() {
  await buildAll();
  checkGlibc(['addon.node', 'preload.so'].map((name) => join(lib, name)));
  const node = packagedNode();
  const code = join(cache, `code${suffix}`);
  await buildCode(node, code);
  const door = join(cache, `systemctl${suffix}`);
  buildClient(door, node);
  const [first, ...others] = frontDoors;
  const program = readFileSync(door);
  const rest = [
    header('usr/lib/pidone/', { type: '5', mode: 0o755 }),
    ...entries(lib),
    ...['program.code', 'manager.code']
      .filter((name) => existsSync(join(code, name)))
      .map((name) => fileEntry(`usr/lib/pidone/${name}`, readFileSync(join(code, name)), 0o644)),
    fileEntry('usr/lib/pidone/bin/systemctl', program, 0o755),
    fileEntry(`usr/bin/${first}`, program, 0o755),
    ...others.map((name) => header(`usr/bin/${name}`, { type: '1', mode: 0o755, target: `usr/bin/${first}` })),
    Buffer.alloc(1024),
  ];
  const archive = Buffer.concat([packedNode(node), gzipSync(Buffer.concat(rest), { level: 9 })]);
  writeFileSync(`${tarball}.new`, archive);
  renameSync(`${tarball}.new`, tarball);
  const size = statSync(tarball).size;
  say(`Packed ${relative(root, tarball)}: ${(size / 1024 / 1024).toFixed(1)} MiB.`);
  if (size > sizeLimit) fail(`More than ${sizeLimit / 1024 / 1024} MiB.`);
  packDeb(architectureOf(tarball));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  setup();
  if (arch === 'all') for (const kind of kinds) run(process.execPath, [process.argv[1], `--arch=${kind}`]);
  else await pack();
}
