/** pidone's own units (share/system), which stand in where the systemd package is not installed. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lookupPaths } from '../../../src/unitfile/files/load-path.ts';
import { presetAll } from '../../../src/unitfile/install/operations.ts';
import { UnitFileSearch } from '../../../src/unitfile/install/search.ts';
import { exits, type World, world } from '../../support/world.ts';

const share = resolve(import.meta.dirname, '../../../share');

/** What lies in a directory of share/, as files of the simulated machine. */
function shared(directory: string, at: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(join(share, directory), { recursive: true }) as string[]) {
    const path = join(share, directory, name);
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) files[`${at}/${name}`] = `-> ${readlinkSync(path)}`;
    else if (stat.isFile()) files[`${at}/${name}`] = readFileSync(path, 'utf8');
  }
  return files;
}

const own = { ...shared('system', '/usr/lib/pidone/units'), '/dev/null': '' };
const names = readdirSync(join(share, 'system')).filter((name) => !name.endsWith('.wants'));
const instance = (name: string): string => name.replace('@.', '@x.');

const plain = (units: Record<string, string> = {}, files: Record<string, string> = {}): World =>
  world({ files: { ...own, ...files }, units, programs: { a: () => {}, rm: exits(0), sh: exits(0) } });

/** Names of the systemd package's that units and scripts of other packages need, by what becomes of them here. */
const needed = {
  run: ['syslog.socket', 'rc-local.service', 'systemd-user-sessions.service', 'systemd-tmpfiles-setup-dev.service'],
  'not run': [
    ...['systemd-journald.service', 'systemd-journald.socket', 'systemd-journald-dev-log.socket'],
    ...['systemd-journal-flush.service', 'systemd-logind.service', 'dbus-org.freedesktop.login1.service'],
    ...['systemd-udevd.service', 'systemd-udevd-kernel.socket', 'systemd-udevd-control.socket', 'udev.service'],
    ...['systemd-udev-trigger.service', 'systemd-udev-settle.service', 'systemd-hwdb-update.service'],
    ...['systemd-modules-load.service', 'kmod.service', 'modprobe@fuse.service', 'kmod-static-nodes.service'],
    ...['systemd-sysctl.service', 'procps.service', 'systemd-binfmt.service', 'systemd-random-seed.service'],
    ...['systemd-remount-fs.service', 'systemd-fsck-root.service', 'systemd-fsck@dev-sda.service', 'quotaon.service'],
    ...['dev-hugepages.mount', 'dev-mqueue.mount', 'sys-kernel-debug.mount', 'proc-sys-fs-binfmt_misc.mount'],
    ...['systemd-update-utmp.service', 'systemd-machine-id-commit.service', 'systemd-firstboot.service'],
    ...['getty@tty1.service', 'autovt@tty2.service', 'serial-getty@ttyS0.service', 'console-getty.service'],
    ...['container-getty@1.service', 'rescue.service', 'emergency.service', 'systemd-ask-password-wall.path'],
    ...['systemd-networkd.service', 'systemd-networkd-wait-online.service', 'systemd-resolved.service'],
    ...['systemd-timesyncd.service', 'systemd-time-wait-sync.service', 'systemd-hostnamed.service'],
    ...['systemd-initctl.socket', 'user@1000.service', 'user-runtime-dir@1000.service'],
  ],
  masked: ['hwclock.service', 'x11-common.service', 'rc.service', 'rcS.service', 'cryptdisks.service'],
  reached: [
    ...['cryptsetup.target', 'cryptsetup-pre.target', 'veritysetup.target', 'integritysetup.target', 'machines.target'],
    ...['remote-cryptsetup.target', 'remote-veritysetup.target', 'system-update.target', 'blockdev@dev-sda.target'],
    ...['remote-fs.target', 'network-online.target', 'nss-lookup.target', 'time-sync.target', 'usb-gadget.target'],
  ],
} as const;

describe("pidone's own units", () => {
  it('are read without a word, each', () => {
    const w = plain();
    for (const name of names) {
      const { loadState, diagnostics } = w.load(instance(name));
      const masked = own[`/usr/lib/pidone/units/${name}` as keyof typeof own] === '-> /dev/null';
      expect([name, loadState, diagnostics]).toEqual([name, masked ? 'masked' : 'loaded', []]);
    }
  });

  it('make users as root only: nobody else could', () => {
    const files = { ...own, '/usr/lib/sysusers.d/app.conf': 'u app -\n', '/usr/bin/systemd-sysusers': '' };
    const made = (uid: number): number => {
      const w = world({ files, uid, isInit: true });
      w.host.onSpawn = (process) => process.exit(0);
      w.up(w.unit('systemd-sysusers.service'));
      return w.host.spawned.filter(({ request }) => request?.path === '/usr/bin/systemd-sysusers').length;
    };
    expect([made(0), made(1000)]).toEqual([1, 0]);
  });

  it.each(Object.entries(needed))('are what other packages need: %s', (what, list) => {
    const w = plain();
    for (const name of list) {
      const unit = w.unit(name);
      expect([name, unit.loadState]).toEqual([name, what === 'masked' ? 'masked' : 'loaded']);
      expect([name, unit.reasonNotRun !== undefined]).toEqual([name, what === 'not run']);
    }
  });

  it('say in their file where they are not run, and have a reason then', () => {
    const w = plain();
    for (const name of names) {
      const text = own[`/usr/lib/pidone/units/${name}` as keyof typeof own];
      if (text.startsWith('-> ')) continue;
      const says = text.includes('It is not run; `systemctl status` says why.');
      expect([name, w.unit(instance(name)).reasonNotRun !== undefined]).toEqual([name, says]);
    }
  });

  it('give way to the package’s, which run where they can', () => {
    const text = '[Service]\nExecStart=/usr/bin/a\n';
    const w = plain({}, { '/usr/lib/systemd/system/systemd-networkd.service': text });
    expect(w.unit('systemd-networkd.service').reasonNotRun).toBeUndefined();
    expect(w.unit('systemd-networkd-wait-online.service').reasonNotRun).toMatch(/network/);
    w.up(w.unit('systemd-networkd.service'));
    expect(w.unit('systemd-networkd.service').activeState).toBe('active');
  });

  it.each(['Wants', 'Requires', 'Requisite', 'BindsTo'])('stand in nobody’s way who has one in %s=', (kind) => {
    const lines = `[Unit]\n${kind}=systemd-networkd-wait-online.service\nAfter=systemd-networkd-wait-online.service\n`;
    const w = plain({ 'a.service': `${lines}[Service]\nExecStart=/usr/bin/a\n` });
    w.up(w.unit('a.service'));
    expect(w.unit('a.service').activeState).toBe('active');
    w.host.advance(1000);
    expect(w.unit('a.service').activeState).toBe('active');
    expect(w.unit('systemd-networkd-wait-online.service').activeState).toBe('inactive');
  });

  it('are not started again and again for Upholds=', () => {
    const w = plain({ 'a.service': '[Unit]\nUpholds=systemd-udevd.service\n[Service]\nExecStart=/usr/bin/a\n' });
    w.up(w.unit('a.service'));
    const before = w.manager.jobs.installedCount;
    w.host.advance(60_000);
    expect(w.manager.jobs.installedCount).toBe(before);
    expect(w.logged.map(({ message }) => message).join('\n')).not.toContain('too often');
  });

  it('of rsyslog’s kin the socket listens, and its service is whoever is syslog.service', () => {
    const rsyslog =
      '[Unit]\nRequires=syslog.socket\n[Service]\nType=notify\nExecStart=/usr/bin/a\n[Install]\nAlias=syslog.service\n';
    const w = plain({ 'rsyslog.service': rsyslog, 'syslog.service': '-> rsyslog.service' });
    w.up(w.unit('syslog.socket'));
    expect(w.unit('syslog.socket').activeState).toBe('active');
    expect(w.unit('syslog.socket').triggered?.id).toBe('rsyslog.service');
  });

  it('of those that are run /etc/rc.local is, and only where it can be', () => {
    const w = plain();
    w.files.unlink('/etc/rc.local');
    w.up(w.unit('rc-local.service'));
    expect(w.unit('rc-local.service').activeState).toBe('inactive');
    const there = plain();
    there.files.put('/etc/rc.local', '#!/bin/sh\n', 0o755);
    there.host.onSpawn = (process) => process.exit(0);
    there.up(there.unit('rc-local.service'));
    expect(there.unit('rc-local.service')).toMatchObject({ activeState: 'active', subState: 'exited' });
  });
});

describe('presets for them', () => {
  const enabledAtFirst = (files: Record<string, string>): string[] => {
    const w = plain({}, { ...shared('system-preset', '/usr/lib/pidone/system-preset'), ...files });
    const search = new UnitFileSearch(w.host, lookupPaths({ scope: 'system' }));
    const { changes } = presetAll(search, {}, 'enable-only');
    return changes
      .flatMap((change) => (change.kind === 'symlink' ? [change.path.replace(/^\/etc\/systemd\/system\//, '')] : []))
      .sort();
  };

  it('enable at a first boot what makes sense in a container', () => {
    expect(enabledAtFirst({})).toEqual([
      'ctrl-alt-del.target',
      'getty.target.wants/getty@tty1.service',
      'multi-user.target.wants/remote-fs.target',
    ]);
  });

  it('are none where the systemd package is installed: its own mean what it brings', () => {
    const theirs = {
      '/usr/lib/systemd/system-preset/90-systemd.preset': 'enable machines.target\nenable getty@.service\n',
    };
    expect(enabledAtFirst(theirs)).toEqual([]);
  });

  it('may be an administrator’s', () => {
    const mine = { '/etc/systemd/system-preset/10-mine.preset': 'enable machines.target\n' };
    expect(enabledAtFirst(mine)).toContain('multi-user.target.wants/machines.target');
  });
});
