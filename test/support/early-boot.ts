/**
 * Boots of the package as PID 1 in namespaces that are signalled at a moment counted from the first instruction of the
 * front door. The package is unpacked once, and each boot has a root of its own. Needs what test/support/container.ts needs.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tarball } from './built.ts';

/** $1 is an empty directory, $2 the tree, $3 where the effects are noted, the rest PID 1. */
const setup = `
set -e
base=$1; tree=$2; out=$3; shift 3
mount -t tmpfs tmpfs "$base"
mkdir "$base/upper" "$base/work" "$base/root"
root=$base/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$root"
rm -rf "$root/etc/systemd" "$root/usr/lib/systemd/system" "$root/usr/lib/systemd/system-generators" "$root"/etc/rc?.d
mkdir -p "$root/out" "$root/usr/lib/pidone"
cp -a "$tree/etc/systemd" "$root/etc/"
cp -a --remove-destination "$tree/usr/bin/." "$root/usr/bin/"
mount --bind "$tree/usr/lib/pidone" "$root/usr/lib/pidone"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount --bind "$out" "$root/out"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null zero full random urandom tty; do touch "$root/dev/$node"; mount --bind "/dev/$node" "$root/dev/$node"; done
cd "$root"
mkdir -p .old
pivot_root . .old
umount -l /.old
exec env -i container=pidone-test "$@"
`;

/** Says by a file that the target has been reached; what ends the manager comes after it. */
const note = (name: string): string => `[Unit]
DefaultDependencies=no
Before=systemd-halt.service systemd-poweroff.service
[Service]
Type=oneshot
ExecStart=/bin/touch /out/${name}
`;

/** A generator that waits until the gate is opened, so that there is time before the boot's first job. */
const gate = `#!/bin/sh
read line < /out/gate
`;

const noted = ['halt', 'poweroff', 'sigpwr', 'multi-user'];

export interface Effect {
  /** Names of the targets that were reached because of the signal. */
  reached: string[];
  /** Exit status of PID 1; undefined where it had to be ended. */
  status: number | undefined;
}

/** How long an effect is waited for. */
const limitMs = 30_000;

export class EarlyBoots {
  readonly #base = mkdtempSync(join(tmpdir(), 'pidone-early-'));
  readonly #tree = join(this.#base, 'tree');
  #count = 0;
  console = '';

  constructor() {
    mkdirSync(this.#tree);
    execFileSync('tar', ['-C', this.#tree, '--no-same-owner', '-xf', tarball]);
    const units = join(this.#tree, 'etc/systemd/system');
    mkdirSync(units, { recursive: true });
    const put = (path: string, text: string): void => {
      mkdirSync(dirname(join(units, path)), { recursive: true });
      writeFileSync(join(units, path), text);
    };
    // The machine's files stay as they are.
    for (const unit of ['sysusers.service', 'tmpfiles-setup.service', 'tmpfiles-clean.timer', 'update-done.service'])
      symlinkSync('/dev/null', join(units, `systemd-${unit}`));
    for (const name of noted) {
      put(`note-${name}.service`, note(name));
      put(`${name}.target.d/note.conf`, `[Unit]\nWants=note-${name}.service\n`);
    }
  }

  end(): void {
    rmSync(this.#base, { recursive: true, force: true });
  }

  /**
   * Boots and sends the signal so many milliseconds after it has begun; 'up': when the machine is up; 'generating': while
   * a generator runs, which then ends; 'stuck': while one runs that never ends.
   */
  async signalled(signal: number, when: number | 'up' | 'generating' | 'stuck'): Promise<Effect> {
    const base = join(this.#base, String(this.#count++));
    const out = `${base}.out`;
    for (const directory of [base, out]) mkdirSync(directory);
    const namespaces = ['--mount', '--pid', '--fork', '--uts', '--ipc', '--net', '--kill-child'];
    const argv = [...namespaces, '--propagation', 'private', 'sh', '-c', setup, 'setup', base, this.#tree, out];
    const generators = join(this.#tree, 'etc/systemd/system-generators');
    rmSync(generators, { recursive: true, force: true });
    if (when === 'generating' || when === 'stuck') {
      mkdirSync(generators);
      writeFileSync(join(generators, 'gate'), gate, { mode: 0o755 });
      execFileSync('mkfifo', [join(out, 'gate')]);
    }
    const child = spawn('unshare', [...argv, '/usr/bin/systemctl'], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.console = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.console += chunk.toString();
      });
    }
    const ended = new Promise<number>((done) => child.on('close', (code) => done(code ?? -1)));
    try {
      const pid = untilBegun(child);
      let opened: number | undefined;
      if (when === 'up') await until(() => existsSync(join(out, 'multi-user')));
      else if (typeof when === 'number') pause(when);
      else
        await until(() => {
          opened = openRead(join(out, 'gate'));
          return opened !== undefined;
        });
      process.kill(pid, signal);
      if (opened !== undefined && when === 'generating') writeSync(opened, '\n');
      const reached = (): string[] => noted.filter((name) => name !== 'multi-user' && existsSync(join(out, name)));
      let status: number | undefined;
      void ended.then((code) => {
        status = code;
      });
      // What does not end it leaves it running.
      await until(() => status !== undefined || reached().includes('sigpwr')).catch(() => undefined);
      if (opened !== undefined) closeSync(opened);
      return { reached: reached(), status };
    } catch (error) {
      throw new Error(`${String(error)}\n${this.console}`);
    } finally {
      child.kill('SIGKILL');
      await ended;
      for (const directory of [base, out]) rmSync(directory, { recursive: true, force: true });
    }
  }
}

const cell = new Int32Array(new SharedArrayBuffer(4));
/** Exact to a fraction of a millisecond, as no timer of the event loop is. */
export function pause(ms: number): void {
  const end = performance.now() + ms;
  if (ms > 1) Atomics.wait(cell, 0, 0, ms - 0.5);
  while (performance.now() < end);
}

/** Whether the process runs the front door, and not only the kernel's half of an exec, or already Node. */
function hasBegun(pid: number): boolean {
  const program = readlinkSync(`/proc/${pid}/exe`);
  if (program.endsWith('/node')) return true;
  if (!program.endsWith('/systemctl')) return false;
  // Its first instruction blocks signals.
  const blocked = /^SigBlk:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return BigInt(`0x${blocked}`) !== 0n;
}

/**
 * The id of the child's child, or of the child itself, once that has become the front door. Looks without a rest: a
 * millisecond later it is Node.
 */
export function untilBegun(child: ChildProcess, itself = false): number {
  const end = performance.now() + limitMs;
  while (performance.now() < end) {
    try {
      const children = `/proc/${child.pid}/task/${child.pid}/children`;
      const pid = itself ? child.pid! : Number(readFileSync(children, 'utf8').split(' ')[0]);
      if (pid > 0 && hasBegun(pid)) return pid;
    } catch {
      // Not there yet.
    }
  }
  throw new Error('the front door was not run');
}

/** A FIFO, to write, once somebody reads there. */
function openRead(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

/** Looks every 5 ms, as files and other processes have no event for us; throws after a while. */
async function until(isTrue: () => boolean): Promise<void> {
  const end = Date.now() + limitMs;
  while (!isTrue()) {
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms`);
    await new Promise((next) => setTimeout(next, 5));
  }
}
