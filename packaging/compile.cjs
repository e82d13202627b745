'use strict';
// compile.cjs: writes program.code and manager.code beside itself for the Node that runs it, as an installed package without a
// Node has it done; and is what scripts/build.mjs does so with for the Node that is packaged.
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

// Options of Node for the long-lived manager and for a program that ends at once; docs/memory.md has the figures.
exports.managerOptions = ['--max-semi-space-size=1', '--v8-pool-size=0', '--expose-gc'];
exports.programOptions = ['--min-semi-space-size=4', '--v8-pool-size=0'];

// A manager is optimized only where it is hot for long, as in a flood of logs, and what it has compiled is let go of when
// it has not run for a while: otherwise its memory grows by a quarter over some thousand starts. It collects at rest
// itself; V8 doing so once more some seconds later would bring its own text back. Not for Node 20, whose V8 counts
// otherwise.
exports.laterOptions = ['--invocation-count-for-turbofan=300000', '--flush-baseline-code', '--no-memory-reducer'];
const knowsLaterOptions = (major) => major >= 22;
exports.managerOptionsOf = (major) =>
  knowsLaterOptions(major) ? [...exports.managerOptions, ...exports.laterOptions] : exports.managerOptions;

exports.names = ['program.code', 'manager.code'];

// Programs whose code is worth having ready: work on files, done by a process of its own each time.
const programs = [
  ['systemctl', 'is-enabled', 'a.service'],
  ['systemctl', '--root=ROOT', 'enable', 'a.service'],
  ['systemctl', '--root=ROOT', 'mask', 'b.service'],
  ['systemctl', '--root=ROOT', 'list-unit-files'],
  ['systemctl', 'cat', 'a.service'],
  ['systemd-tmpfiles', '--root=ROOT', '--create', '-'],
];

// What is asked of the manager while it runs.
const questions = [
  ['is-system-running', '--wait'],
  ['list-units'],
  ['is-active', 'a.service'],
  ['status', 'a.service'],
  ['show', 'a.service'],
  ['restart', 'a.service'],
  ['daemon-reload'],
];

const units = {
  'default.target': '[Unit]\nAllowIsolate=yes\nWants=a.service b.service c.socket d.timer e.path f.service\n',
  'a.service': '[Service]\nExecStart=/bin/sleep infinity\nEnvironment=A=b\n[Install]\nWantedBy=multi-user.target\n',
  'b.service': '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/echo hello\n',
  'c.socket': '[Socket]\nListenStream=%t/c\n',
  'c.service': '[Service]\nExecStart=/bin/true\n',
  'd.timer': '[Timer]\nOnCalendar=daily\n',
  'd.service': '[Service]\nExecStart=/bin/true\n',
  'e.path': '[Path]\nPathExists=/nonexistent\n',
  'e.service': '[Service]\nExecStart=/bin/true\n',
  'f.service': '[Unit]\nAfter=b.service\n[Service]\nRestart=on-failure\nRestartSec=1\nExecStart=/bin/sh -c "exit 1"\n',
};

function layOut(scratch) {
  for (const directory of ['units', 'run', 'root/etc/systemd/system'])
    fs.mkdirSync(join(scratch, directory), { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(units))
    for (const directory of ['units', 'root/etc/systemd/system'])
      fs.writeFileSync(join(scratch, directory, name), text);
}

// V8's hashes stand in what it has compiled: with one seed they are the same each time. It takes no notice of it elsewhere.
const sameEachTime = ['--random-seed=1'];

// Writes the files of `names` into `into`: what V8 compiles in a few typical calls. Everything happens in a directory of its
// own, by a user's manager. Where that is not possible they are left out, which costs time at start and nothing else.
// `calling` and its kin tell how Node, a manager and the front door are called, `managerIn` which process the manager is.
// `managersCode`: a file that has what a manager has compiled, which is taken then.
exports.compile = async (how) => {
  const { lib, into, managerOptions, managersCode, calling } = how;
  const scratch = fs.mkdtempSync(join(tmpdir(), 'pidone-code-'));
  layOut(scratch);
  const env = {
    PATH: process.env.PATH,
    HOME: scratch,
    XDG_RUNTIME_DIR: join(scratch, 'run'),
    SYSTEMD_UNIT_PATH: join(scratch, 'units'),
    PIDONE_SOCKET: join(scratch, 'control'),
  };
  const make = (options, name, call) => [
    ...options,
    ...sameEachTime,
    join(__dirname, 'make-code.cjs'),
    lib,
    join(into, name),
    ...call.map((word) => word.replace('ROOT', join(scratch, 'root'))),
  ];
  const quiet = { env, cwd: scratch, stdio: 'ignore' };
  const [program, managers] = exports.names;
  for (const call of programs) spawnSync(...calling(make(exports.programOptions, program, call)), quiet);

  if (managersCode !== undefined) fs.copyFileSync(managersCode, join(into, managers));
  else await runManager(how, make(managerOptions, managers, ['init', '--user']), quiet);
  fs.rmSync(scratch, { recursive: true, force: true });
};

// A manager that writes what it has compiled when it ends.
async function runManager({ callingManager, callingDoor, managerIn }, words, quiet) {
  const manager = spawn(...callingManager(words), quiet);
  manager.on('error', () => {});
  const ended = new Promise((resolve) => manager.on('close', resolve));
  for (let i = 0; i < 1200 && manager.exitCode === null && !fs.existsSync(quiet.env.PIDONE_SOCKET); i++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const timeout = setTimeout(() => manager.kill('SIGKILL'), 120_000);
  for (const question of questions) spawnSync(...callingDoor(question), { ...quiet, timeout: 60_000 });
  const pid = managerIn(manager);
  if (pid !== undefined && manager.exitCode === null) process.kill(pid, 'SIGTERM');
  await ended;
  clearTimeout(timeout);
}

// Beside itself, for this Node.
async function install() {
  require(join(__dirname, 'addon.node'));
  const major = Number.parseInt(process.versions.node, 10);
  const made = fs.mkdtempSync(join(tmpdir(), 'pidone-compiled-'));
  await exports.compile({
    lib: __dirname,
    into: made,
    managerOptions: exports.managerOptionsOf(major),
    calling: (args) => [process.execPath, args],
    callingManager: (args) => [process.execPath, args],
    callingDoor: (words) => [join(__dirname, 'bin/systemctl'), words],
    managerIn: ({ pid }) => pid,
  });
  for (const name of exports.names) {
    const target = join(__dirname, name);
    fs.rmSync(target, { force: true });
    if (!fs.existsSync(join(made, name))) continue;
    const code = fs.readFileSync(join(made, name));
    fs.rmSync(`${target}.new`, { force: true });
    fs.writeFileSync(`${target}.new`, code);
    fs.chmodSync(`${target}.new`, 0o644);
    fs.renameSync(`${target}.new`, target);
  }
  fs.rmSync(made, { recursive: true, force: true });
  // The front door gives it the later options as long as it is this file (native/client/runtime.c).
  const mark = join(__dirname, 'node.knows');
  fs.rmSync(mark, { force: true });
  const { size, mtimeMs } = fs.statSync(process.execPath);
  if (knowsLaterOptions(major)) fs.symlinkSync(`${size}.${Math.floor(mtimeMs / 1000)}`, mark);
}

if (require.main === module)
  install().catch(({ message }) => {
    process.stderr.write(`pidone cannot run in ${process.execPath}: ${message.split('\n')[0]}\n`);
    process.exitCode = 1;
  });
