/** What systemctl refuses, and in which words of which release. */
import { describe, expect, it } from 'vitest';
import type { Release } from '../../../../src/voice/release.ts';
import { exits, runs, type World, world } from '../../../support/world.ts';

const booted = (release: Release): World =>
  world({
    release,
    units: {
      'run.service': '[Unit]\nDocumentation=https://example.com/x file:/y\n[Service]\nExecStart=/usr/bin/d\n',
      'once.service': '[Service]\nType=oneshot\nExecStart=/usr/bin/once\n',
      't@.service': '[Service]\nExecStart=/usr/bin/d\n[Install]\nWantedBy=multi-user.target\nDefaultInstance=def\n',
      'l.socket': '[Socket]\nListenStream=/run/l\nService=run.service\n',
    },
    files: { '/etc/systemd/system/null.service': '-> /dev/null', '/dev/null': '', '/r/etc/x': '' },
    programs: { d: runs, once: exits(0) },
  }).boot();

type Case = readonly [release: Release, call: string, err: string, status?: number];
const mustNotBeRemote: Case[] = ([252, 257, 262] as const).map((release) => [
  release,
  '-H far cat run',
  'Cannot remotely cat units.\n',
]);
const cases: readonly Case[] = [
  ...mustNotBeRemote,
  [252, 'freeze run', "Failed to freeze unit run.service: Unit 'run.service' does not support freezing.\n"],
  [257, 'freeze run', 'Failed to freeze unit run.service: Unit is not active\n'],
  [257, 'freeze l.socket', 'Failed to freeze unit l.socket: Unit does not support freeze/thaw\n'],
  [252, 'kexec', '/sbin/kexec is not available: No such file or directory\n'],
  [257, 'kexec', '/usr/sbin/kexec is not available: No such file or directory\n'],
  [
    262,
    'kexec',
    'No kexec kernel loaded and autodetection failed.\nAutomatic loading works only on systems booted with EFI.\n',
  ],
  [252, 'suspend', 'Call to Suspend failed: Sleep verb "suspend" not supported\n'],
  [257, 'suspend', 'Call to Suspend failed: No such file or directory\n'],
  [254, 'sleep', "Unknown command verb 'sleep', did you mean 'stop'?\n"],
  [257, 'sleep', 'Call to Sleep failed: None of the configured sleep operations are supported\n'],
  [252, 'switch-root', 'Too few arguments.\n'],
  [257, 'switch-root', 'Not in initrd, refusing switch-root operation.\n'],
  [
    257,
    'switch-root /none',
    "Failed to check if switch-root directory '/none' is current root: No such file or directory\n",
  ],
  [252, 'switch-root /none /init more', 'Wrong number of arguments.\n'],
  [257, 'switch-root /none /init more', 'Too many arguments.\n'],
  [257, 'whoami 0', 'Invalid PID specified: 0\n'],
  [
    257,
    'service-log-level l.socket',
    'Failed to obtain BusName= property of l.socket: ' +
      'Unknown interface org.freedesktop.systemd1.Service or property BusName.\n',
  ],
  [262, '-M a/b status', 'Invalid --machine= specified: a/b\n'],
  [257, '-M a/b status', 'Failed to connect to system scope bus via machine transport: Invalid argument\n'],
  [252, 'preset --now run', '', 0],
  [257, 'preset --now run', '--now can only be used with verb enable, disable, reenable, or mask.\n'],
  [257, 'preset null', 'Failed to preset unit: Unit /etc/systemd/system/null.service is masked\n'],
  [262, 'preset null', 'Unit /etc/systemd/system/null.service is masked, ignoring.\n', 0],
  [262, '--root=/none get-default', 'Failed to get default target: No such file or directory\n'],
  [252, '--root=/none set-default a.target', 'Failed to set default: No such file or directory.\n'],
  [257, '--root=/none mask a', 'Failed to mask unit: No such file or directory.\n'],
  [
    257,
    '--root=/none enable a',
    'Failed to initialize unit search paths for root directory /none: No such file or directory\n',
  ],
  [262, '--root=/none enable a', 'Failed to enable units: No such file or directory.\n'],
  [262, '--root=/none is-enabled a', '', 4],
  [262, '--root=/none preset-all', 'Failed to preset all units: No such file or directory.\n'],
  [262, '--root=/r --user enable a', 'Failed to enable units: Invalid argument.\n'],
  [262, 'reload-or-restart --marked', "--marked is deprecated. Please use 'systemctl enqueue-marked' instead.\n", 0],
  [257, 'reload-or-restart --marked', '', 0],
  ...([252, 257, 262] as const).map(
    (release): Case => [release, 'mount-image run /i /mnt bad:ro', 'Failed to create bus message: Invalid argument\n'],
  ),
  [262, 'mount-image none /i /mnt tmp:ro', 'Failed to mount image: Unit none.service not loaded.\n'],
  [
    257,
    'bind r* /etc',
    'Glob pattern passed, but globs are not supported for this.\n' +
      'Invalid unit name "r*" escaped as "r\\x2a".\nFailed to bind mount: Unit r\\x2a.service not loaded.\n',
  ],
  [257, 'kill --kill-whom= once', 'Failed to kill unit once.service: Unit once.service not loaded.\n'],
];

for (const [release, call, err, status = 1] of cases)
  it(`of systemd ${release}: ${call}`, async () => {
    expect(await booted(release).systemctl(call)).toMatchObject({ err, status });
  });

describe('-T', () => {
  it.each([
    [252, ''],
    [257, 'Job for once.service finished.\n'],
  ] as const)('of systemd %i tells of jobs that end well: %j', async (release, end) => {
    const { err } = await booted(release).systemctl('start -T once');
    expect(err.replace(/Enqueued.*\n/g, '')).toBe(end);
  });
});

it('enable --now passes over templates from systemd 257 on', async () => {
  const { err, status } = await booted(257).systemctl('enable --now t@.service');
  expect(err).toContain('Template unit is not supported by enable --now, skipping: t@.service\n');
  expect(status).toBe(0);
});

it('bind looks for mounts of the unit before it looks at the paths', async () => {
  const w = booted(257);
  await w.systemctl('start run');
  expect((await w.systemctl('bind run relative')).err).toContain('not running in private mount namespace');
  const before = booted(252);
  await before.systemctl('start run');
  expect((await before.systemctl('bind run relative')).err).toContain('Source path must be absolute');
});

it('help names what is no manual page on stdout, from systemd 257 on', async () => {
  expect((await booted(257).systemctl('help run')).out).toBe(
    '\nAdditional documentation: https://example.com/x\nAdditional documentation: file:/y\n',
  );
  expect((await booted(252).systemctl('help run')).err).toContain("Can't show: file:/y\n");
});

it('a planned shutdown says how it is canceled', async () => {
  expect((await booted(257).systemctl('halt --dry-run --when=+1h')).err).toMatch(
    / UTC, use 'systemctl halt --when=cancel' to cancel\.\n$/,
  );
});

it('cat says where a link leads, from systemd 262 on', async () => {
  const linked = async (release: Release): Promise<string> => {
    const files = { '/opt/l.service': '[Unit]\n', '/etc/systemd/system/l.service': '-> /opt/l.service' };
    return (await world({ release, files }).boot().systemctl('cat l')).out;
  };
  expect(await linked(257)).toBe('# /etc/systemd/system/l.service\n[Unit]\n');
  expect(await linked(262)).toBe('# /etc/systemd/system/l.service -> /opt/l.service\n[Unit]\n');
});
