import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cache } from './runtime.mjs';
import { setup } from './setup.mjs';
import { arch, fail, output, root, run, say } from './tools.mjs';

/**
 * `npm run test:package`: what `npm publish` would publish is installed into an empty project outside of the checkout, and the
 * recipes are run there under vitest, and two under node:test and jest, with Node 20, 22, 24 and 26 (packaging/nodes), as an
 * ordinary user who has no compiler. `-- --short` does so with the Node that runs this, and under vitest with one recipe of
 * each kind. `npx pidone install` installs it into an image. Needs a registry, or npm's cache.
 */

const isShort = process.argv.includes('--short');
const sizeLimit = 5 * 1024 * 1024;
/** Bounds for a machine that has nothing to spare. */
const patience = { testTimeout: 60_000, expect: { poll: { timeout: 15_000 } } };
const jest = { testMatch: ['**/runners/*.jest.mjs'], testTimeout: 60_000, transform: {} };
const jestVersion = '30.5.2';
/** Of the recipes the ones that a short run has: the library, its fixture, a simulation. */
const shortly = ['crash-and-restart', 'start-limit', 'simulation/watchdog'];
/** nobody, where root runs this. */
const nobody = 65534;

setup();
const scratch = mkdtempSync(join(tmpdir(), 'pidone-package-'));
// However it ends: `fail` ends the process.
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const project = join(scratch, 'project');
const user = process.getuid() === 0 ? { uid: nobody, gid: nobody } : {};
const { vitest } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies;

/** As a stranger would, with `node` of a directory: nothing of the checkout is in reach, and nothing that builds. */
function asUser(node, command, args) {
  const PATH = `${node}:${join(scratch, 'bin')}`;
  const env = { PATH, HOME: join(scratch, 'home'), TMPDIR: join(scratch, 'tmp'), CI: '1' };
  const { status, error } = spawnSync(command, args, { cwd: project, env, stdio: 'inherit', ...user });
  if (status !== 0) fail(`${command} ${args.join(' ')}: ${error?.message ?? `status ${status}`}`);
}

function ownedByUser(path) {
  if (user.uid === undefined) return;
  chownSync(path, user.uid, user.gid);
  if (statSync(path).isDirectory()) for (const name of readdirSync(path)) ownedByUser(join(path, name));
}

/** `npx pidone install`, into a tree that is as that of an image of the family `node`. */
function testInstaller(own) {
  const image = join(project, 'image');
  const node = join(image, 'usr/local/bin/node');
  mkdirSync(dirname(node), { recursive: true });
  copyFileSync(process.execPath, node);
  ownedByUser(image);
  asUser(own, 'npx', ['--no-install', 'pidone', 'install', `--root=${image}`]);
  const links = { 'usr/bin/systemctl': '../lib/pidone/bin/systemctl', 'usr/lib/pidone/node': '/usr/local/bin/node' };
  for (const [path, target] of Object.entries(links))
    if (readlinkSync(join(image, path)) !== target) fail(`${path} leads to ${readlinkSync(join(image, path))}`);
  for (const name of ['addon.node', 'program.code', 'manager.code'])
    if (!existsSync(join(image, 'usr/lib/pidone', name))) fail(`${name} was not installed`);
  asUser(own, 'npx', ['--no-install', 'pidone', 'uninstall', `--root=${image}`]);
  const left = readdirSync(image, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  if (left.length !== 1) fail(`uninstall has left ${left.map(({ name }) => name).join(', ')}`);
}

/** What install.sh calls, which every image has. */
const coreutils = ['cksum', 'cp', 'dirname', 'head', 'id', 'ln', 'mkdir', 'mv', 'od', 'readlink', 'rm', 'sed'];

/** Packs, and lays everything out; the packed file. */
function layOut() {
  run('npm', ['pack', '--silent', '--pack-destination', scratch]);
  const [name] = readdirSync(scratch).filter((file) => file.endsWith('.tgz'));
  const { size } = statSync(join(scratch, name));
  say(`${name}: ${(size / 1024 / 1024).toFixed(2)} MiB`);
  if (size > sizeLimit) fail(`More than ${sizeLimit / 1024 / 1024} MiB.`);

  for (const directory of ['project', 'home', 'tmp', 'bin', 'nodes']) mkdirSync(join(scratch, directory));
  // A shell and what a service needs, and no compiler.
  for (const program of ['sh', 'sleep', 'setsid', 'cat', 'wc', 'kill', 'env', 'grep', 'npm', 'npx', ...coreutils]) {
    const path = output('sh', ['-c', `command -v ${program}`])?.trim();
    if (path === undefined || !path.startsWith('/')) continue;
    symlinkSync(realpathSync(path), join(scratch, 'bin', program));
  }
  cpSync(join(root, 'examples/testing'), project, { recursive: true });
  cpSync(join(root, 'examples/simulation'), join(project, 'simulation'), { recursive: true });
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module', jest }));
  writeFileSync(join(project, 'vitest.config.mjs'), `export default ${JSON.stringify({ test: patience })};\n`);
  chmodSync(scratch, 0o755);
  for (const directory of ['project', 'home', 'tmp']) ownedByUser(join(scratch, directory));
  return join(scratch, name);
}

/** A directory of its own that has one Node. */
function place(name, put) {
  const directory = join(scratch, 'nodes', name);
  mkdirSync(directory);
  put(join(directory, 'node'));
  return directory;
}

/** Those that the library is tested with. */
function otherNodes() {
  if (isShort || arch !== 'x64') return [];
  const described = join(root, 'packaging/nodes');
  const folder = join(cache, 'nodes');
  const wanted = readFileSync(join(described, 'package-lock.json'), 'utf8');
  const lock = join(folder, 'package-lock.json');
  const names = Object.keys(JSON.parse(readFileSync(join(described, 'package.json'), 'utf8')).dependencies);
  const paths = names.map((name) => join(folder, 'node_modules', name, 'bin/node'));
  const isThere = existsSync(lock) && readFileSync(lock, 'utf8') === wanted && paths.every(existsSync);
  if (!isThere) {
    say('Fetching the Nodes of packaging/nodes…');
    mkdirSync(folder, { recursive: true });
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(described, file), join(folder, file));
    run('npm', ['ci', '--ignore-scripts', '--no-bin-links', '--no-audit', '--no-fund'], { cwd: folder });
  }
  return names.map((name, index) =>
    place(name, (at) => {
      // Not every user may go where the checkout is.
      copyFileSync(paths[index], at);
      chmodSync(at, 0o755);
    }),
  );
}

function test(node) {
  const program = join(node, 'node');
  say(`With ${output(program, ['--version'])?.trim()}:`);
  asUser(node, program, ['node_modules/vitest/vitest.mjs', 'run', ...(isShort ? shortly : [])]);
  asUser(node, program, ['--test', 'runners/worker.node.mjs']);
  asUser(node, program, ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js']);
}

const packed = layOut();
// npm finds the settings of the machine by where its Node is.
const own = place('own', (at) => symlinkSync(realpathSync(process.execPath), at));
const npm = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--silent'];
asUser(own, 'npm', [...npm, packed, `vitest@${vitest}`, `jest@${jestVersion}`]);
const others = otherNodes();
for (const node of others.length > 0 ? others : [own]) test(node);
testInstaller(own);
const left = readdirSync(join(scratch, 'tmp')).filter((file) => file.startsWith('pidone.'));
if (left.length > 0) fail(`Left behind: ${left.join(', ')}`);
say('The package works.');
