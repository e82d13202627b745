#!/usr/bin/env node
/**
 * `npm run bench:nodes`: what the release of Node makes of it. The package without a Node is installed for each that
 * packaging/runtime/releases.json names, and the same is measured with each in turn, so that what else the machine does
 * meets all alike. Figures are medians; nothing is written.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeOf, releases } from '../scripts/nodes.mjs';
import { nodeless, output, run } from '../scripts/tools.mjs';
import { median, memory, until } from './machine.mjs';

const rounds = 15;
const units = 20;
const scratch = mkdtempSync(join(tmpdir(), 'pidone-bench-nodes-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

function install(release) {
  const tree = join(scratch, release);
  mkdirSync(tree);
  run('tar', ['-C', tree, '-xf', nodeless]);
  const lib = join(tree, 'usr/lib/pidone');
  const node = nodeOf(release);
  symlinkSync(node, join(lib, 'node'));
  run(node, [join(lib, 'compile.cjs')]);
  const version = output(node, ['--version']).trim();
  return {
    version,
    size: statSync(node).size,
    door: join(lib, 'bin/systemctl'),
    call: [],
    boot: [],
    pss: [],
    anonymous: [],
  };
}

function makeUnits() {
  const folder = join(scratch, 'units');
  mkdirSync(folder);
  const names = Array.from({ length: units }, (_, i) => `b-${i}.service`);
  writeFileSync(join(folder, 'default.target'), `[Unit]\nAllowIsolate=yes\nWants=${names.join(' ')}\n`);
  for (const name of names) writeFileSync(join(folder, name), '[Service]\nExecStart=/bin/sleep infinity\n');
  const inTree = join(scratch, 'etc/systemd/system');
  mkdirSync(inTree, { recursive: true });
  writeFileSync(join(inTree, 'x.service'), '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n');
  return folder;
}

function oneCall({ door, call }) {
  const begin = performance.now();
  const { stdout, stderr } = spawnSync(door, [`--root=${scratch}`, 'is-enabled', 'x'], { encoding: 'utf8' });
  if (stdout !== 'disabled\n') throw new Error(stderr);
  call.push(performance.now() - begin);
}

/** A user's manager with some services: until all of it has started, and what it takes when it rests. */
async function oneManager({ version, door, boot, pss, anonymous }, folder) {
  const runtime = join(scratch, `run-${version}-${boot.length}`);
  mkdirSync(runtime, { mode: 0o700 });
  const socket = join(runtime, 'control');
  const env = { PATH: process.env.PATH, HOME: scratch, XDG_RUNTIME_DIR: runtime, SYSTEMD_UNIT_PATH: folder };
  const options = { env: { ...env, PIDONE_SOCKET: socket }, stdio: 'ignore' };
  const begin = performance.now();
  const manager = spawn(door, ['init', '--user', '--console=none'], options);
  const ended = new Promise((done) => manager.on('exit', done));
  await until(60_000, () => existsSync(socket));
  if (spawnSync(door, ['is-system-running', '--wait'], options).status !== 0) throw new Error('a unit has failed');
  boot.push(performance.now() - begin);
  // It collects when it has rested for a while.
  await new Promise((done) => setTimeout(done, 4000));
  const { pss: own, anonymous: made } = memory([manager.pid]);
  pss.push(own);
  anonymous.push(made);
  manager.kill('SIGTERM');
  await ended;
}

const folder = makeUnits();
const nodes = releases.map(install);
for (let round = 0; round < rounds; round++) for (const node of nodes) oneCall(node);
for (let round = 0; round < 5; round++) for (const node of nodes) await oneManager(node, folder);
const mib = (bytes) => (bytes / 1024 / 1024).toFixed(1);
console.log(
  `| Node | a call in its own process | a manager and ${units} services up | its Pss at rest | anonymous | executable |`,
);
console.log('|---|---:|---:|---:|---:|---:|');
for (const { version, size, call, boot, pss, anonymous } of nodes) {
  const cells = [
    `${median(call).toFixed(1)} ms`,
    `${median(boot).toFixed(0)} ms`,
    `${median(pss)} KiB`,
    `${median(anonymous)} KiB`,
  ];
  console.log(`| ${version} | ${cells.join(' | ')} | ${mib(size)} MiB |`);
}
