import { describe, expect, it } from 'vitest';
import { deviceNode } from '../../../../src/cli/mount/options.ts';
import { world } from '../../../support/world.ts';

/** A manager where mount(8) and umount(8) do what they are for. */
function mounting(files: Record<string, string> = {}) {
  const w = world({
    files: { '/bin/mount': '', '/bin/umount': '', ...files },
    programs: {
      mount: (p) => {
        w.host.mount(p.request!.argv[2]!);
        p.exit(0);
      },
      umount: (p) => {
        w.host.unmount(p.request!.argv[1]!);
        p.exit(0);
      },
    },
  });
  for (const path of ['/tmp', '/srv', '/sys/devices/virtual/block']) w.host.files.mkdirs(path);
  return w.boot();
}

type World = ReturnType<typeof mounting>;

const mount = (w: World, line: string) => w.call('systemd-mount', line, { cwd: '/tmp' });
const file = (w: World, unit: string): string =>
  w.host.files.readText(`/run/systemd/transient/${unit}`).replace(/^# This is .*\n/, '');
const mounted = (w: World, path: string): boolean => w.host.mountTable().some(({ target }) => target === path);

describe('systemd-mount', () => {
  it('mounts by a transient unit, with a file as systemd writes it', async () => {
    const w = mounting();
    const answer = await mount(w, '-p RuntimeDirectory=hoge -o size=1M --description=Scratch -t tmpfs tmpfs /tmp/aaa');
    expect(answer).toEqual({ status: 0, out: '', err: 'Started unit tmp-aaa.mount for mount point: /tmp/aaa\n' });
    expect(mounted(w, '/tmp/aaa')).toBe(true);
    expect(file(w, 'tmp-aaa.mount')).toBe(
      '[Unit]\nDescription=Scratch\n\n[Mount]\nRuntimeDirectory="hoge"\nWhat=tmpfs\nType=tmpfs\nOptions=size=1M\n',
    );
  });

  it('makes a tmpfs with --tmpfs, at a path from where the caller is', async () => {
    const w = mounting();
    expect((await mount(w, '-q -G --tmpfs scratch')).err).toBe('');
    expect(file(w, 'tmp-scratch.mount')).toBe(
      '[Unit]\nCollectMode=inactive-or-failed\n\n[Mount]\nWhat=tmpfs\nType=tmpfs\n' +
        'Options=mode=0755,nodev,nosuid,size=10%%,nr_inodes=400k\n',
    );
    expect((await mount(w, '-T --type=ext4 x')).err).toBe(
      '--tmpfs requested with incompatible --type=, refusing: ext4\n',
    );
  });

  it('resolves links, and gives a file without a mount point one below /run/media', async () => {
    const w = mounting({ '/srv/disk image': '', '/dev/null': '' });
    w.host.files.symlink('/srv', '/tmp/link');
    await mount(w, '--owner=root -t vfat /tmp/link/nothing /tmp/link/a');
    expect((await mount(w, '/tmp/link/nothing')).err).toBe(
      'Failed to make path /tmp/link/nothing absolute: No such file or directory\n',
    );
    const answer = await w.call('systemd-mount', ['/tmp/link/disk image']);
    expect(answer.err).toMatch(/^Started unit run-media-system-disk.x20image.mount for mount point: /);
    expect(file(w, 'run-media-system-disk\\x20image.mount')).toContain('What=/srv/disk image\n');
  });

  it.each([
    ['', 'At least one argument required.'],
    ['a b c', 'At most two arguments required.'],
    ['--list a', 'Too many arguments.'],
    ['--owner=nobody-at-all a b', 'Cannot use "nobody-at-all" as owner: No such process'],
    ['--owner=root -t tmpfs a /tmp/b', 'File system type tmpfs is not known to support uid=/gid=, refusing.'],
    ['-t tmpfs tmpfs /', 'Refusing to operate on root directory.'],
    ['--fsck=perhaps a b', 'Failed to parse boolean argument to --fsck=: perhaps.'],
    [
      '-p Nonsense=1 -t tmpfs tmpfs /tmp/b',
      'Unknown assignment: Nonsense=1\nFailed to create bus message: Invalid argument',
    ],
    ['--umount /nowhere', 'Failed to make path /nowhere absolute: No such file or directory'],
    ['--umount /', 'Refusing to operate on root directory: /'],
    ['/srv', 'Invalid file type: /srv'],
    ['--user -M x a b', 'Execution in user context is not supported on non-local systems.'],
  ])('says what is wrong with %s', async (line, text) => {
    expect(await mount(mounting(), line)).toEqual({ status: 1, out: '', err: `${text}\n` });
  });

  it('is refused where a unit of that name is there', async () => {
    const w = mounting();
    await mount(w, '-t tmpfs tmpfs /tmp/a');
    expect((await mount(w, '-t tmpfs tmpfs /tmp/a')).err).toBe(
      'Failed to start transient mount unit: Unit tmp-a.mount was already loaded or has a fragment file.\n',
    );
  });

  it('lists no devices, as without udev', async () => {
    const w = mounting();
    expect((await mount(w, '--list')).out).toBe('NODE PATH MODEL WWN TYPE LABEL UUID\n');
    expect((await mount(w, '--list --no-legend')).out).toBe('');
    expect((await mount(w, '--list --json=short')).out).toBe('[]\n');
  });
});

describe('systemd-umount', () => {
  it('stops the mount, and goes on to the next path where one fails', async () => {
    const w = mounting();
    for (const name of ['a', 'b']) {
      w.host.files.mkdirs(`/tmp/${name}`);
      await mount(w, `-t tmpfs tmpfs /tmp/${name}`);
    }
    expect(await w.call('systemd-umount', '/tmp/a /tmp/missing /tmp/b')).toEqual({
      status: 1,
      out: '',
      err:
        'Stopped unit tmp-a.mount for mount point: /tmp/a\n' +
        'Failed to make path /tmp/missing absolute: No such file or directory\n' +
        'Stopped unit tmp-b.mount for mount point: /tmp/b\n',
    });
    expect(['/tmp/a', '/tmp/b'].some((path) => mounted(w, path))).toBe(false);
    expect((await mount(w, '--umount /srv')).err).toBe('Failed to stop mount unit: Unit srv.mount not loaded.\n');
  });
});

it.each([
  ['LABEL="my disk"', '/dev/disk/by-label/my\\x20disk'],
  ['UUID=0a-1b', '/dev/disk/by-uuid/0a-1b'],
  ["PARTLABEL='x'", '/dev/disk/by-partlabel/x'],
  ['/dev/sda1', '/dev/sda1'],
  ['OTHER=x', 'OTHER=x'],
])('finds a device that fstab(5) would call %s', (text, path) => {
  expect(deviceNode(text)).toBe(path);
});
