/**
 * A container made with namespaces alone: the machine's own root file system under an overlay, without its unit files,
 * with pidone's package over it and running as PID 1. Needs root and permission to make namespaces and overlays.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tarball as built } from './built.ts';

export interface Outcome {
  exit: number;
  out: string;
  err: string;
}

export interface ContainerFile {
  path: string;
  text: string;
  mode?: number;
}

/**
 * Bounds of what is waited for, milliseconds: for a machine with nothing to spare, as a test that waits in vain fails either
 * way. Tests have to allow for them. $PIDONE_TEST_SLOWNESS: of an emulated machine, how many times as long it takes.
 */
const slowness = Number(process.env.PIDONE_TEST_SLOWNESS ?? 1);
const bounds = {
  setUp: 60_000 * slowness,
  boot: 60_000 * slowness,
  command: 120_000 * slowness,
  event: 30_000 * slowness,
};

/** What is run before PID 1, inside the new namespaces. $1 is an empty directory, $2 the package as a tree, the rest PID 1. */
const setup = `
set -e
base=$1; tree=$2; shift 2
mount -t tmpfs tmpfs "$base"
mkdir "$base/upper" "$base/work" "$base/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$base/root"
root=$base/root
rm -rf "$root/etc/systemd" "$root/usr/lib/systemd/system" "$root/usr/lib/systemd/user" "$root/usr/lib/systemd/system-generators" "$root/usr/lib/systemd/system-preset" "$root"/etc/rc?.d
mkdir -p "$root/etc/systemd/system"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null zero full random urandom tty; do touch "$root/dev/$node"; mount --bind "/dev/$node" "$root/dev/$node"; done
ln -s /proc/self/fd "$root/dev/fd"
cp -a "$base.files/." "$root/"
cp -a --remove-destination "$tree/." "$root/"
hostname pidone-test
echo uninitialized > "$root/etc/machine-id"
cd "$root"
mkdir -p .old
pivot_root . .old
umount -l /.old
exec env -i container=pidone-test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
`;

const environment = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/root',
  'LANG=C.UTF-8',
  'SYSTEMD_PAGER=',
  'SYSTEMD_COLORS=0',
  'SYSTEMD_URLIFY=0',
  'COLUMNS=200',
  'TERM=dumb',
];

/** Why no container can be made here, or undefined where one can. */
export function whyNoContainer(): string | undefined {
  if (process.getuid?.() !== 0) return 'making namespaces and overlays needs root';
  const base = mkdtempSync(join(tmpdir(), 'pidone-probe-'));
  try {
    const probe = `mount -t tmpfs tmpfs ${base} && mkdir ${base}/u ${base}/w ${base}/r && mount -t overlay overlay -o lowerdir=/,upperdir=${base}/u,workdir=${base}/w ${base}/r`;
    execFileSync('unshare', ['--mount', '--pid', '--fork', '--uts', '--ipc', '--net', 'sh', '-c', probe], {
      stdio: 'pipe',
    });
    return undefined;
  } catch (error) {
    return `namespaces or overlays are refused: ${String((error as { stderr?: Buffer }).stderr ?? error).trim()}`;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

const trees = new Map<string, string>();
/** The tarball as a tree, unpacked once for all containers of a test file. */
function unpacked(tarball: string): string {
  let tree = trees.get(tarball);
  if (tree === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'pidone-tree-'));
    chmodSync(made, 0o755);
    execFileSync('tar', ['-C', made, '--no-same-owner', '-xf', tarball]);
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    trees.set(tarball, made);
    tree = made;
  }
  return tree;
}

export class Container {
  readonly #base: string;
  readonly #unshare: ChildProcess;
  #leader = 0;
  console = '';
  /** Resolves with the status of PID 1. */
  readonly ended: Promise<number>;

  private constructor(files: readonly ContainerFile[], init: readonly string[], tarball: string) {
    this.#base = mkdtempSync(join(tmpdir(), 'pidone-'));
    mkdirSync(`${this.#base}.files`);
    for (const { path, text, mode } of files) {
      const at = join(`${this.#base}.files`, path);
      mkdirSync(dirname(at), { recursive: true });
      writeFileSync(at, text);
      chmodSync(at, mode ?? 0o644);
    }
    const namespaces = [
      '--mount',
      '--pid',
      '--fork',
      '--uts',
      '--ipc',
      '--net',
      '--kill-child',
      '--propagation',
      'private',
    ];
    const argv = [...namespaces, 'sh', '-c', setup, 'setup', this.#base, unpacked(tarball), ...init];
    this.#unshare = spawn('unshare', argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#unshare.stdout!, this.#unshare.stderr!])
      stream.on('data', (chunk: Buffer) => {
        this.console += chunk.toString();
      });
    this.ended = new Promise((done) => this.#unshare.on('exit', (code, signal) => done(signal === null ? code! : 128)));
  }

  /** Boots and waits until the manager answers that it is up. Throws with the console's text where it does not. */
  static async boot(
    files: readonly ContainerFile[] = [],
    init: readonly string[] = ['/usr/bin/systemctl'],
    tarball = built,
  ): Promise<Container> {
    const container = new Container(files, init, tarball);
    try {
      await container.#findLeader();
      await container.wait('systemctl is-system-running 2>/dev/null | grep -qE "running|degraded"', bounds.boot);
      return container;
    } catch (error) {
      await container.end();
      throw new Error(`the container did not come up: ${String(error)}\n${container.console}`);
    }
  }

  async #findLeader(): Promise<void> {
    await until(bounds.setUp, () => {
      if (this.#unshare.exitCode !== null) throw new Error('it ended');
      const pid = this.#unshare.pid;
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
      this.#leader = Number(children[0] ?? 0);
      // The set-up is over once PID 1 has a root of its own.
      return this.#leader > 0 && /systemd|systemctl/.test(readFileSync(`/proc/${this.#leader}/comm`, 'utf8'));
    });
  }

  /** Runs a command of sh in the container, as root. */
  sh(command: string, timeoutMs = bounds.command): Promise<Outcome> {
    const argv = [
      '-t',
      String(this.#leader),
      '-m',
      '-u',
      '-i',
      '-n',
      '-p',
      '--',
      'env',
      '-i',
      ...environment,
      'sh',
      '-c',
      `cd /; ${command}`,
    ];
    return new Promise((done, fail) => {
      const child = spawn('nsenter', argv, { stdio: ['ignore', 'pipe', 'pipe'] });
      let out = '';
      let err = '';
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString();
      });
      child.stderr.on('data', (chunk: Buffer) => {
        err += chunk.toString();
      });
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      child.on('error', fail);
      child.on('close', (code) => {
        clearTimeout(timer);
        done({ exit: code ?? 124, out, err });
      });
    });
  }

  /** Repeats a command until it succeeds; throws after `timeoutMs`. */
  async wait(command: string, timeoutMs = bounds.event): Promise<void> {
    let last: Outcome | undefined;
    await until(timeoutMs, async () => {
      last = await this.sh(command, timeoutMs);
      return last.exit === 0;
    }).catch(() => {
      throw new Error(`never true: ${command}\n${last?.out ?? ''}${last?.err ?? ''}`);
    });
  }

  /** A signal to PID 1. */
  signal(name: NodeJS.Signals): void {
    process.kill(this.#leader, name);
  }

  async end(): Promise<void> {
    if (this.#unshare.exitCode === null) this.#unshare.kill('SIGKILL');
    await this.ended;
    rmSync(this.#base, { recursive: true, force: true });
    rmSync(`${this.#base}.files`, { recursive: true, force: true });
  }
}

/** Asks every 50 ms, since what is waited for is in another process and has no event for us; throws after `timeoutMs`. */
async function until(timeoutMs: number, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms`);
    await new Promise((next) => setTimeout(next, 50));
  }
}
