/**
 * The RPM package that `npm run pack` makes, as PID 1 of a tree of packages with units whose scripts are systemd's macros: as
 * in RHEL 8, where they call systemctl, and as later, where they call systemd's helper.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RpmTree, rpmOf, workshop } from '../support/rpm.ts';

const { version } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as { version: string };
const pidone = `${process.cwd()}/dist/pidone-${version}-1.x86_64.rpm`;
const helper = '/usr/lib/systemd/systemd-update-helper';

/** %systemd_post, %systemd_preun and %systemd_postun_with_restart of systemd 257. */
const modern = (unit: string): string => `%post
if [ $1 -eq 1 ] && [ -x "${helper}" ]; then
    ${helper} install-system-units ${unit} || :
fi
%preun
if [ $1 -eq 0 ] && [ -x "${helper}" ]; then
    ${helper} remove-system-units ${unit} || :
fi
%postun
if [ $1 -ge 1 ] && [ -x "${helper}" ]; then
    ${helper} mark-restart-system-units ${unit} || :
fi
`;

/** The same of systemd 239, as in RHEL 8. */
const older = (unit: string): string => `%post
if [ $1 -eq 1 ]; then systemctl --no-reload preset ${unit} >/dev/null 2>&1 || :; fi
%preun
if [ $1 -eq 0 ]; then systemctl --no-reload disable --now ${unit} >/dev/null 2>&1 || :; fi
%postun
systemctl daemon-reload >/dev/null 2>&1 || :
if [ $1 -ge 1 ]; then systemctl try-restart ${unit} >/dev/null 2>&1 || :; fi
`;

const service = (name: string, version: string): string => `[Unit]
Description=${name} ${version}
[Service]
ExecStart=/usr/bin/sleep infinity
[Install]
WantedBy=multi-user.target
`;

const daemon = (name: string, version: string, scripts: (unit: string) => string): string =>
  rpmOf({
    name,
    version,
    files: {
      [`/usr/lib/systemd/system/${name}.service`]: service(name, version),
      [`/usr/lib/systemd/system-preset/50-${name}.preset`]: `enable ${name}.service\n`,
      [`/usr/lib/sysusers.d/${name}.conf`]: `u ${name} - "A daemon" /\n`,
      [`/usr/lib/tmpfiles.d/${name}.conf`]: `d /var/lib/${name} 0750 ${name} ${name} -\n`,
    },
    scripts: scripts(`${name}.service`),
  });

/** A stand-in for systemd's package: programs that say so where they are called, and its helper, which calls systemctl. */
const systemd = (version: string): string =>
  rpmOf({
    name: 'systemd',
    version,
    files: {
      '/usr/bin/systemctl': '#!/bin/sh\necho "Failed to connect to bus" >&2\nexit 1\n',
      '/usr/bin/journalctl': '#!/bin/sh\nexit 1\n',
      '/usr/lib/systemd/systemd': '#!/bin/sh\nexit 1\n',
      '/usr/sbin/init': '-> ../lib/systemd/systemd',
      '/usr/sbin/halt': '-> ../bin/systemctl',
      [helper]:
        '#!/bin/sh\necho "$@" >> /helper-of-systemd\n[ "$1" != install-system-units ] || { shift; systemctl --no-reload preset "$@"; }\n',
    },
    scripts: '%post\nsystemctl daemon-reload\n',
  });

const environment = ['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'SYSTEMD_COLORS=0'];
const setUp = `
set -e
root=$1; shift
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null zero full random urandom tty; do touch "$root/dev/$node"; mount --bind "/dev/$node" "$root/dev/$node"; done
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" "$@"
`;

/** A tree whose PID 1 runs. rpm is called from outside of it, in its namespaces. */
class Machine {
  readonly tree = new RpmTree('merged');
  #process: ChildProcess | undefined;
  #first = 0;
  console = '';

  async boot(): Promise<void> {
    const namespaces = ['--mount', '--pid', '--fork', '--uts', '--ipc', '--net', '--kill-child'];
    const argv = [...namespaces, 'sh', '-c', setUp, 'setup', this.tree.root, '/usr/sbin/init'];
    const started = spawn('unshare', argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = started;
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.console += chunk.toString();
      });
    await vi.waitUntil(() => /^(?:running|degraded)\n$/.test(this.#isUp()), { timeout: 60_000, interval: 100 });
  }

  #isUp(): string {
    if (this.#process?.exitCode !== null) throw new Error(`it ended: ${this.console}`);
    const { pid } = this.#process;
    this.#first = Number(fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
    // Until then the tree's shell calls itself so.
    return this.#first > 0 && fs.readFileSync(`/proc/${this.#first}/comm`, 'utf8') !== 'sh\n'
      ? this.sh('systemctl is-system-running').out
      : '';
  }

  #inside(argv: readonly string[]): { exit: number | null; out: string; err: string } {
    const at =
      this.#first > 0 ? ['nsenter', '-t', String(this.#first), '--mount', '--pid', '--net', '--ipc', '--uts'] : [];
    const [command, ...rest] = [...at, ...argv];
    const { status, stdout, stderr } = spawnSync(command!, rest, { encoding: 'utf8', timeout: 120_000 });
    return { exit: status, out: stdout, err: stderr };
  }

  sh(command: string): { exit: number | null; out: string; err: string } {
    return this.#inside([...environment, 'chroot', this.tree.root, 'sh', '-c', command]);
  }

  /** Throws with what rpm said where it fails, or a script does. */
  rpm(...args: string[]): void {
    const { exit, out, err } = this.#inside(['rpm', `--root=${this.tree.root}`, '--dbpath=/var/lib/rpm', ...args]);
    if (exit !== 0 || /scriptlet failed/.test(err))
      throw new Error(`rpm ${args.join(' ')}: ${out}${err}\n${this.console}`);
  }

  install(...packages: string[]): void {
    this.rpm('--upgrade', '--oldpackage', '--replacepkgs', ...packages);
  }

  async halt(): Promise<void> {
    const ended = once(this.#process!, 'exit');
    process.kill(this.#first, 'SIGTERM');
    await ended;
    this.#first = 0;
    this.#process = undefined;
  }

  async remove(): Promise<void> {
    if (this.#process?.exitCode === null) {
      const ended = once(this.#process, 'exit');
      process.kill(this.#process.pid!, 'SIGKILL');
      await ended;
    }
    this.tree.remove();
  }
}

afterAll(() => fs.rmSync(workshop, { recursive: true }));

describe('a system of RPM packages with pidone', () => {
  const machine = new Machine();
  const out = (command: string): string => machine.sh(command).out;
  beforeAll(async () => {
    machine.install(pidone, daemon('modern', '1', modern));
    await machine.boot();
  });
  afterAll(() => machine.remove());

  it('boots what packages have enabled while it was made, with their users and directories', () => {
    expect(out('cat /proc/1/comm; systemctl is-active modern')).toBe('systemd\nactive\n');
    expect(out('ls -ld /var/lib/modern')).toMatch(/^drwxr-x--- \d+ modern modern /);
  });

  it('enables, reloads, restarts and stops as the scripts of packages ask for', () => {
    machine.install(daemon('older', '1', older));
    expect(out('systemctl is-enabled older; systemctl start older; systemctl is-active older')).toBe(
      'enabled\nactive\n',
    );
    for (const [name, scripts] of [
      ['modern', modern],
      ['older', older],
    ] as const) {
      const before = out(`systemctl show -P MainPID ${name}`);
      machine.install(daemon(name, '2', scripts));
      expect(out(`systemctl show -P Description ${name}; systemctl is-active ${name}`)).toBe(`${name} 2\nactive\n`);
      expect(out(`systemctl show -P MainPID ${name}`)).not.toBe(before);
      machine.rpm('--erase', name);
      expect(out(`systemctl is-active ${name}; ls -d /etc/systemd/system/*.wants/${name}.service`)).toBe('inactive\n');
      expect(machine.sh(`systemctl cat ${name}`).exit).not.toBe(0);
    }
  });

  it('goes on when systemd comes, comes again, becomes another release and goes', () => {
    const first = out('readlink /proc/1/exe');
    expect(first).toBe('/usr/lib/pidone/node\n');
    for (const release of ['256', '256', '257']) {
      machine.install(systemd(release));
      expect(out('systemctl --version')).toMatch(/^systemd \d+/);
    }
    machine.install(daemon('modern', '1', modern));
    expect(out('cat /helper-of-systemd')).toContain('install-system-units modern.service\n');
    expect(out('systemctl is-enabled modern; systemctl start modern; systemctl is-active modern')).toBe(
      'enabled\nactive\n',
    );
    machine.rpm('--erase', 'systemd');
    expect(out('systemctl is-active modern; readlink /usr/lib/systemd/systemd-update-helper')).toBe(
      'active\n../pidone/systemd-update-helper\n',
    );
  });

  it('comes again while it runs, and is the next boot’s', async () => {
    const before = out('systemctl show -P MainPID modern');
    machine.install(pidone);
    expect(out('systemctl show -P MainPID modern')).toBe(before);
    await machine.halt();
    await machine.boot();
    expect(out('systemctl is-active modern')).toBe('active\n');
  });

  it('taken out, it leaves the tree as the other packages have it', () => {
    machine.install(systemd('256'));
    machine.rpm('--erase', 'pidone');
    expect(machine.sh('systemctl').err).toBe('Failed to connect to bus\n');
    expect(out('ls -d /usr/lib/pidone; ls /usr/*bin/*.systemd')).toBe('');
    machine.rpm('--verify', 'systemd');
    expect(fs.existsSync(join(machine.tree.root, 'usr/bin/systemd-tmpfiles'))).toBe(false);
  });
});
