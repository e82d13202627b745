import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildAll } from './build.mjs';
import { packagedNode } from './runtime.mjs';
import { setup } from './setup.mjs';
import { lib, output, root, say, stage } from './tools.mjs';

/**
 * `npm start`: builds, then boots a PID 1 with the units of examples/ in namespaces of its own: as root, as an
 * ordinary user through a user namespace, and where that is refused as a plain process that adopts orphans. Shows
 * what systemctl says of it and stays until Ctrl-C, which halts everything in reverse order.
 *
 * `npm start -- --inspect[=[HOST:]PORT]`: the manager is run from its sources, and a debugger of JavaScript may attach.
 */

const inspect = process.argv.slice(2).find((argument) => /^--inspect(-brk)?(=|$)/.test(argument));

/** Inside the new mount namespace: a /run and a log of its own, then the manager in our place. */
const insideNamespaces = 'mount -t tmpfs tmpfs /run && exec "$0" "$@"';

/** How a PID 1 can be had here, best first. */
function isolation() {
  const namespaces = ['--pid', '--fork', '--mount', '--mount-proc', '--kill-child'];
  if (process.getuid() === 0) {
    if (output('unshare', [...namespaces, 'true']) !== undefined) return { what: 'PID 1', unshare: namespaces };
  } else {
    const mapped = ['--user', '--map-root-user', ...namespaces];
    if (output('unshare', [...mapped, 'true']) !== undefined)
      return { what: 'PID 1 in a user namespace', unshare: mapped };
  }
  return { what: 'an ordinary process (namespaces are refused here)', unshare: undefined };
}

setup();
await buildAll();

const systemctl = join(stage, 'usr/bin/systemctl');
const scratch = mkdtempSync(join(tmpdir(), 'pidone-start-'));
const units = join(scratch, 'units');
mkdirSync(join(units, 'service.d'), { recursive: true });
// Services get systemd's own PATH; the examples need node, wherever it is installed here, and systemd-notify.
const path = [dirname(process.execPath), join(lib, 'bin'), '/usr/local/bin', '/usr/bin', '/bin'].join(':');
writeFileSync(join(units, 'service.d/path.conf'), `[Service]\nEnvironment=PATH=${path}\n`);
symlinkSync(join(lib, 'units/multi-user.target'), join(units, 'default.target'));
// The files here are this machine's: nothing sets up or tidies them.
for (const unit of ['sysusers.service', 'tmpfiles-setup.service', 'tmpfiles-clean.timer', 'update-done.service'])
  symlinkSync('/dev/null', join(units, `systemd-${unit}`));

const { what, unshare } = isolation();
const env = {
  ...process.env,
  PIDONE_SOCKET: join(scratch, 'control'),
  SYSTEMD_UNIT_PATH: [units, join(root, 'examples'), join(lib, 'units')].join(':'),
};
if (unshare === undefined && process.getuid() !== 0) {
  // A user who has not logged in has no runtime directory.
  env.XDG_RUNTIME_DIR = join(scratch, 'run');
  mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 });
}
const manager =
  inspect === undefined ? [systemctl, 'init'] : [packagedNode(), inspect, join(root, 'src/main/pidone.ts'), 'init'];
say(`\nBooting pidone as ${what} with the units in examples/. Ctrl-C halts.\n`);
const command = unshare === undefined ? manager : ['unshare', ...unshare, 'sh', '-c', insideNamespaces, ...manager];
// In a process group of its own: a Ctrl-C comes to this script, which passes it on to the manager alone.
const container = spawn(command[0], command.slice(1), { env, stdio: ['ignore', 'inherit', 'inherit'], detached: true });

/** The manager's process id as seen from here: unshare's child, or the child itself. */
function managerPid() {
  if (unshare === undefined) return container.pid;
  const children = `/proc/${container.pid}/task/${container.pid}/children`;
  return existsSync(children) ? Number(readFileSync(children, 'utf8').split(' ')[0]) : undefined;
}

function signalManager(signal) {
  const pid = managerPid();
  if (pid) process.kill(pid, signal);
}

let halting = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (!halting) say('\nHalting: everything stops in reverse order.\n');
    halting = true;
    signalManager('SIGINT');
  });
}
container.on('error', (error) => {
  say(`${command[0]}: ${error.message}`);
  process.exitCode = 1;
});
container.on('exit', (status, signal) => {
  rmSync(scratch, { recursive: true, force: true });
  say(`\nHalted${status === 0 ? '' : ` (${signal ?? `exit status ${status}`})`}.`);
  process.exit(status ?? 1);
});

/** Asks as a user would; our terminal and colours are the client's. */
function ask(args) {
  return new Promise((done) => {
    const client = spawn(systemctl, args, { env: { ...env, SYSTEMD_PAGER: '' }, stdio: 'inherit' });
    client.on('error', done);
    client.on('exit', done);
  });
}

while (!halting && !existsSync(env.PIDONE_SOCKET)) await new Promise((next) => setTimeout(next, 50));
if (!halting) await ask(['is-system-running', '--wait']);
for (const args of [['status'], ['list-units']]) {
  if (halting) break;
  say(`\n$ systemctl ${args.join(' ')}`);
  await ask(args);
}
if (!halting) {
  say(`\nRunning. In another terminal: PIDONE_SOCKET=${env.PIDONE_SOCKET} ${systemctl} status`);
  say('Ctrl-C halts.');
}
