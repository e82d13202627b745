/** systemd-analyze's verbs that ask and set the manager, and list what it knows. */
import { expect, it } from 'vitest';
import type { Service } from '../../../../src/units/service.ts';
import { analyze } from '../../../support/analyze.ts';
import { SimSystem } from '../../../support/sim-system.ts';

const system = new SimSystem({
  '/etc/systemd/system/default.target': '[Unit]\n',
  '/etc/systemd/system/a.service': '[Service]\nExecStart=/bin/a\nPrivateTmp=yes\n',
  '/etc/systemd/system/empty.service': '',
  '/etc/systemd/system/once.service': '[Service]\nType=oneshot\nExecStart=/bin/a\n',
});

it('log-level, log-target and service-watchdogs are read and set, also by their old names', async () => {
  expect(await analyze(system, 'log-level debug')).toEqual({ status: 0, out: '', err: '' });
  expect((await analyze(system, 'get-log-level')).out).toBe('debug\n');
  expect(await analyze(system, 'log-level nope')).toEqual({
    status: 1,
    out: '',
    err: '"nope" is not a valid log level.\n',
  });
  expect((await analyze(system, 'set-log-level')).err).toBe('Too few arguments.\n');
  await analyze(system, 'set-log-target console');
  expect((await analyze(system, 'log-target')).out).toBe('console\n');
  expect((await analyze(system, 'log-target nope')).err).toBe(
    "Failed to set log target of org.freedesktop.systemd1 to nope: Invalid log target 'nope'\n",
  );
  await analyze(system, 'service-watchdogs no');
  expect((await analyze(system, 'service-watchdogs')).out).toBe('no\n');
  expect((await analyze(system, 'service-watchdogs maybe')).err).toBe(
    'Failed to parse service-watchdogs argument: Invalid argument\n',
  );
});

it('syscall-filter lists groups', async () => {
  expect((await analyze(system, 'syscall-filter @clock @swap')).out).toBe(`@clock
    # Change the system time
    adjtimex
    clock_adjtime
    clock_adjtime64
    clock_settime
    clock_settime64
    settimeofday

@swap
    # Enable/disable swap devices
    swapoff
    swapon
`);
  expect(await analyze(system, 'syscall-filter clock')).toEqual({
    status: 1,
    out: '',
    err: 'Filter set "clock" not found.\n',
  });
  const all = await analyze(system, 'syscall-filter');
  expect(all.out).toContain('\n@known\n    # All known syscalls declared in the kernel\n    @obsolete\n    _llseek\n');
  expect(all.out).toContain(
    '\n# Ungrouped System Calls (known but not included in any of the groups except @known):\n',
  );
});

it('unit-files says which name is which file', async () => {
  const { out } = await analyze(system, 'unit-files a.service');
  expect(out).toBe('ids: a.service → /etc/systemd/system/a.service\naliases: a.service ← a.service\n');
  const masked = await analyze(system, 'unit-files empty.service');
  expect(masked.out).toBe('ids: empty.service → /etc/systemd/system/empty.service\n');
});

it('security judges what runs, at a glance and one by one', async () => {
  await system.systemctl('start a.service');
  await system.systemctl('show once.service');
  const all = await analyze(system, 'security');
  expect(all).toMatchObject({ status: 0, err: '' });
  expect(all.out).toMatch(/^UNIT +EXPOSURE PREDICATE HAPPY\n/);
  expect(all.out).toMatch(/^a\.service +9\.2 UNSAFE {4}:-\{$/m);
  expect(all.out).not.toContain('once.service');
  const two = await analyze(system, 'security a nope');
  expect(two).toMatchObject({ status: 1, err: 'Unit nope.service not found, cannot analyze.\n' });
  expect(two.out).toContain('→ Overall exposure level for a.service: 9.2 UNSAFE :-{\n');
  expect((await analyze(system, 'security x.socket')).err).toBe('Unit x.socket is not a service unit, refusing.\n');
});

it('says plainly what needs libraries that are not there', async () => {
  expect((await analyze(system, 'inspect-elf /bin/none')).err).toBe(
    'Could not open "/bin/none": No such file or directory\n',
  );
  system.host.files.put('/bin/true', '', 0o755);
  expect(await analyze(system, 'inspect-elf /bin/true')).toEqual({
    status: 1,
    out: '',
    err: 'Parsing "/bin/true" as ELF object failed: Operation not supported\n',
  });
  expect(await analyze(system, 'filesystems @network')).toMatchObject({
    status: 1,
    err: 'Not compiled with libbpf support, sorry.\n',
  });
});

it('architectures lists names, and which is the machine’s', async () => {
  expect((await analyze(system, 'architectures native arm64')).out).toBe(
    'NAME   SUPPORT\narm64  foreign\nx86-64 native\n',
  );
  expect((await analyze(system, 'architectures secondary uname')).out).toBe(
    'NAME   SUPPORT\nx86    secondary\nx86-64 native\n',
  );
  expect((await analyze(system, 'architectures')).out).toMatch(/^NAME +SUPPORT\nalpha +foreign\n/);
  expect(await analyze(system, 'architectures z80')).toEqual({
    status: 1,
    out: '',
    err: 'Architecture "z80" not known.\n',
  });
});

it('fdstore says what is kept for a service', async () => {
  expect(await analyze(system, 'fdstore a')).toEqual({
    status: 1,
    out: '',
    err: 'Failed to call DumpUnitFileDescriptorStore: File descriptor store not enabled for a.service.\n',
  });
  expect((await analyze(system, 'fdstore none')).err).toContain('Unit none.service not loaded.');
  const service = system.unit('a.service') as Service;
  const fd = system.host.openFd('/etc/passwd');
  service.fdStore.add(fd, 'stored', 8);
  const { out } = await analyze(system, 'fdstore a');
  expect(out.split('\n')[0]).toMatch(/^FDNAME +TYPE +DEVNO +INODE +RDEVNO +PATH +FLAGS$/);
  expect(out.split('\n')[1]).toMatch(/^stored /);
  const unknown = { type: null, devno: null, inode: null, rdevno: null, path: null };
  expect(JSON.parse((await analyze(system, 'fdstore --json=short a')).out)).toEqual([
    { fdname: 'stored', ...unknown, flags: 'ro' },
  ]);
  expect((await analyze(system, 'fdstore default.target')).status).toBe(1);
});

it('dump has an arrow since 257', async () => {
  const later = new SimSystem({}, { release: 257 });
  expect((await analyze(later, 'dump *.slice')).out).toMatch(/^→ Unit \S+\.slice:\n/);
  expect((await analyze(system, 'dump *.slice')).out).toMatch(/^-> Unit \S+\.slice:\n/);
});

it('calendar counts further elapses in the words of its release', async () => {
  const later = new SimSystem({}, { release: 257 });
  expect((await analyze(system, 'calendar --iterations=2 daily')).out).toContain('Iter. #2:');
  expect((await analyze(later, 'calendar --iterations=2 daily')).out).toContain('Iteration #2:');
});
