import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setup } from './setup.mjs';
import { fail, output, root, run, say } from './tools.mjs';

/**
 * `npm run test:package -- [NODE…]`: what `npm publish` would publish is installed into an empty project outside of the
 * checkout, and the recipes are run there under vitest and one under node:test, as an ordinary user who has no compiler; with
 * the Node that runs this, and with others whose paths are given. Needs a registry, or npm's cache.
 */

const sizeLimit = 5 * 1024 * 1024;
/** Bounds for a machine that has nothing to spare. */
const patience = { testTimeout: 60_000, expect: { poll: { timeout: 15_000 } } };
/** nobody, where root runs this. */
const nobody = 65534;

setup();
const scratch = mkdtempSync(join(tmpdir(), 'pidone-package-'));
// However it ends: `fail` ends the process.
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const project = join(scratch, 'project');
const user = process.getuid() === 0 ? { uid: nobody, gid: nobody } : {};
const { vitest } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies;

/** As a stranger would: nothing of the checkout is in reach, and nothing that builds. */
function asUser(command, args) {
  const env = { PATH: join(scratch, 'bin'), HOME: join(scratch, 'home'), TMPDIR: join(scratch, 'tmp'), CI: '1' };
  const { status, error } = spawnSync(command, args, { cwd: project, env, stdio: 'inherit', ...user });
  if (status !== 0) fail(`${command} ${args.join(' ')}: ${error?.message ?? `status ${status}`}`);
}

function ownedByUser(path) {
  if (user.uid === undefined) return;
  chownSync(path, user.uid, user.gid);
  if (statSync(path).isDirectory()) for (const name of readdirSync(path)) ownedByUser(join(path, name));
}

const recipe = `
import assert from 'node:assert';
import test from 'node:test';
import { supervise } from 'pidone';

test('the worker comes back', async (t) => {
  const machine = await supervise({ units: './units' });
  t.after(() => machine.halt());
  const worker = await machine.start('worker.service');
  await worker.kill('SIGKILL');
  await worker.waitFor({ activeState: 'active', nRestarts: 1 });
  assert.deepEqual(await machine.leftovers(), []);
});
`;

run('npm', ['pack', '--silent', '--pack-destination', scratch]);
const [name] = readdirSync(scratch).filter((file) => file.endsWith('.tgz'));
const size = statSync(join(scratch, name)).size;
say(`${name}: ${(size / 1024 / 1024).toFixed(2)} MiB`);
if (size > sizeLimit) fail(`More than ${sizeLimit / 1024 / 1024} MiB.`);

for (const directory of ['project', 'home', 'tmp', 'bin']) mkdirSync(join(scratch, directory));
// A shell and what a service needs, and no compiler.
const programs = ['sh', 'sleep', 'setsid', 'cat', 'wc', 'kill', 'env', 'node', 'npm'];
for (const program of programs) {
  const path = output('sh', ['-c', `command -v ${program}`])?.trim();
  if (path === undefined || !path.startsWith('/')) continue;
  symlinkSync(realpathSync(path), join(scratch, 'bin', program));
}
cpSync(join(root, 'examples/testing'), project, { recursive: true });
writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
writeFileSync(join(project, 'vitest.config.mjs'), `export default ${JSON.stringify({ test: patience })};\n`);
writeFileSync(join(project, 'recipe.mjs'), recipe);
chmodSync(scratch, 0o755);
for (const directory of ['project', 'home', 'tmp']) ownedByUser(join(scratch, directory));

const npm = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--silent'];
asUser('npm', [...npm, join(scratch, name), `vitest@${vitest}`]);
for (const node of [process.execPath, ...process.argv.slice(2)]) {
  say(`With ${output(node, ['--version'])?.trim()}:`);
  asUser(node, ['node_modules/vitest/vitest.mjs', 'run']);
  asUser(node, ['--test', 'recipe.mjs']);
}
const left = readdirSync(join(scratch, 'tmp')).filter((file) => file.startsWith('pidone.'));
if (left.length > 0) fail(`Left behind: ${left.join(', ')}`);
say('The package works.');
