/**
 * Machines to measure on: one Debian root file system, booted in systemd-nspawn over a throw-away overlay, once with
 * systemd as PID 1 and once with pidone. Needs root; installs what it needs from Debian's packages.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const cache = '/var/cache/pidone-bench';
export const tarball = resolve(import.meta.dirname, '../dist/pidone-linux-x64.tar.gz');
/** A root that another tool of the project has made already will do. */
const made = '/var/cache/pidone-oracle/rootfs';

/** Installs Debian packages that are missing; `binary` tells whether one is there. */
export function need(packages) {
  const missing = Object.entries(packages).filter(
    ([, binary]) => spawnSync('sh', ['-c', `command -v ${binary}`]).status !== 0,
  );
  if (missing.length === 0) return;
  execFileSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const names = missing.map(([name]) => name);
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function rootfs() {
  need({ 'systemd-container': 'systemd-nspawn', debootstrap: 'debootstrap' });
  if (existsSync(join(made, 'etc/debian_version'))) return made;
  const root = join(cache, 'rootfs');
  if (existsSync(join(root, 'etc/debian_version'))) return root;
  mkdirSync(cache, { recursive: true });
  rmSync(`${root}.part`, { recursive: true, force: true });
  const include = '--include=systemd,systemd-sysv,dbus,procps,iproute2';
  execFileSync('debootstrap', ['--variant=minbase', include, 'bookworm', `${root}.part`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  renameSync(`${root}.part`, root);
  return root;
}

/** What both sides leave out: units of the base system that have nothing to do with what is measured. */
const masked = [
  'systemd-logind.service',
  'systemd-networkd.service',
  'systemd-tmpfiles-setup.service',
  'systemd-tmpfiles-setup-dev.service',
  'dbus.service',
  'dbus.socket',
  'systemd-update-utmp.service',
  'systemd-remount-fs.service',
  'systemd-timesyncd.service',
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'systemd-tmpfiles-clean.timer',
  'console-getty.service',
  'systemd-sysctl.service',
  'systemd-binfmt.service',
];

export class Machine {
  /** kind 'systemd' or 'pidone'; files: {path: text}; init: arguments of pidone's. */
  constructor(kind, files = {}, { prepare, init = [] } = {}) {
    this.init = init;
    mkdirSync(cache, { recursive: true });
    this.kind = kind;
    this.dir = mkdtempSync(join(cache, `${kind}-`));
    this.root = join(this.dir, 'root');
    for (const d of ['root', 'upper', 'work']) mkdirSync(join(this.dir, d));
    const layers = `lowerdir=${rootfs()},upperdir=${this.dir}/upper,workdir=${this.dir}/work`;
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, this.root]);
    this.write('/etc/machine-id', '0123456789abcdef0123456789abcdef\n');
    for (const unit of masked) {
      const at = join(this.root, 'etc/systemd/system', unit);
      rmSync(at, { force: true });
      execFileSync('ln', ['-s', '/dev/null', at]);
    }
    for (const [path, text] of Object.entries(files)) this.write(path, text);
    if (kind === 'pidone')
      execFileSync('tar', ['-C', this.root, '--no-same-owner', '--keep-directory-symlink', '-xf', tarball]);
    prepare?.(this.root);
  }

  write(path, text, mode = 0o644) {
    const at = join(this.root, path);
    mkdirSync(dirname(at), { recursive: true });
    rmSync(at, { force: true });
    writeFileSync(at, text);
    chmodSync(at, mode);
  }

  /** Boots; resolves with milliseconds until the manager says that it is up. The machine can be booted again after halt. */
  async boot(limitMs = 120_000) {
    const argv = [
      '-q',
      '-D',
      this.root,
      '--register=no',
      '--keep-unit',
      '--console=pipe',
      '--private-network',
      '--hostname=bench',
      '--timezone=off',
    ];
    argv.push(...(this.kind === 'systemd' ? ['-b'] : ['--', '/usr/bin/systemctl', ...this.init]));
    const log = openSync(join(this.dir, 'console'), 'w');
    const begin = performance.now();
    this.nspawn = spawn('systemd-nspawn', argv, { stdio: ['ignore', log, log] });
    this.ended = new Promise((done) => this.nspawn.on('exit', done));
    await until(limitMs, () => {
      this.leader = this.findLeader();
      return this.leader > 0;
    });
    await until(limitMs, () => /^(running|degraded)/.test(this.sh('systemctl is-system-running').out));
    return performance.now() - begin;
  }

  findLeader() {
    if (this.nspawn.exitCode !== null)
      throw new Error(`the machine ended: ${readFileSync(join(this.dir, 'console'), 'utf8').slice(-2000)}`);
    // Before it has become the init, systemd-nspawn itself is the first process.
    const isFirst = (pid) => {
      const status = readOr(`/proc/${pid}/status`);
      return /^NSpid:\s+\d+\s+1$/m.test(status) && !/^Name:\s+(systemd-nspawn|\()/.test(status);
    };
    return childrenOf(this.nspawn.pid).find(isFirst) ?? 0;
  }

  /** Arguments that run a command in the machine. */
  enter(...command) {
    const env = [
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'HOME=/root',
      'LANG=C.UTF-8',
      'SYSTEMD_PAGER=',
      'COLUMNS=200',
      'TERM=dumb',
    ];
    return ['-t', String(this.leader), '-m', '-u', '-i', '-n', '-p', '-C', '--', 'env', '-i', ...env, ...command];
  }

  sh(command, timeout = 120_000) {
    const p = spawnSync('nsenter', this.enter('sh', '-c', `cd /; ${command}`), {
      encoding: 'utf8',
      timeout,
      maxBuffer: 1 << 28,
    });
    return { status: p.status, out: p.stdout ?? '', err: p.stderr ?? '' };
  }

  /** Microseconds of boot as the manager itself measured it, from its start to default.target. */
  bootUsec() {
    const show = (name) => Number(this.sh(`systemctl show -p ${name} --value`).out);
    return show('FinishTimestampMonotonic') - show('UserspaceTimestampMonotonic');
  }

  /** Halts in order; milliseconds until the machine is gone. */
  async halt() {
    const begin = performance.now();
    // SIGRTMIN+4 is a poweroff to systemd, to pidone too.
    execFileSync('kill', ['-s', 'RTMIN+4', String(this.leader)]);
    await this.ended;
    return performance.now() - begin;
  }

  async remove() {
    if (this.nspawn && this.nspawn.exitCode === null) {
      if (this.leader) process.kill(this.leader, 'SIGKILL');
      await this.ended;
    }
    spawnSync('umount', ['-l', this.root]);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** What a file says; nothing where it is gone. */
export function readOr(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

export const childrenOf = (pid) => readOr(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);

/** Asks every 2 ms until true; throws after `limitMs`. */
export async function until(limitMs, isTrue) {
  const end = performance.now() + limitMs;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms`);
    await new Promise((next) => setTimeout(next, 2));
  }
}

/** Sums over the process tree of a machine's PID 1 alone: resident, proportional and private bytes. */
export function memory(pids) {
  const sum = { rss: 0, pss: 0, anonymous: 0 };
  for (const pid of pids) {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const kib = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
    sum.rss += kib('Rss');
    sum.pss += kib('Pss');
    sum.anonymous += kib('Anonymous');
  }
  return sum;
}

/** Milliseconds of CPU that a process has used, user and system. */
export function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** A process of the machine as the host numbers it. */
export function hostPid(machine, pid) {
  const found = execFileSync(
    'sh',
    ['-c', `grep -l "^NSpid:.*[[:space:]]${pid}$" /proc/[0-9]*/status 2>/dev/null || true`],
    { encoding: 'utf8' },
  );
  for (const path of found.trim().split('\n')) {
    const candidate = Number(path.split('/')[2]);
    try {
      const ns = (p) => execFileSync('readlink', [`/proc/${p}/ns/pid`], { encoding: 'utf8' });
      if (ns(candidate) === ns(machine.leader)) return candidate;
    } catch {
      // It ended meanwhile.
    }
  }
  throw new Error(`process ${pid} of the machine not found`);
}
