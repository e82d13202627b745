import { describe, expect, it } from 'vitest';
import { decideRelease, type Image } from '../../../src/voice/image.ts';

interface Files {
  wish?: string;
  machine?: string;
  files?: Record<string, string>;
  links?: Record<string, string>;
}

const image = ({ wish, machine = 'x86_64', files = {}, links = {} }: Files): Image => ({
  wish,
  machine,
  text: (path) => files[path],
  link: (path) => links[path],
  names: (path) =>
    Object.keys({ ...files, ...links })
      .filter((name) => name.startsWith(`${path}/`))
      .map((name) => name.slice(path.length + 1)),
});
const releaseOf = (files: Files): number => decideRelease(image(files)).release;

const osRelease = (text: string) => ({ files: { '/etc/os-release': text } });

describe('the release that belongs to an image', () => {
  it('is that of the systemd which is installed, before that of the library', () => {
    const links = { '/usr/lib/x86_64-linux-gnu/libsystemd.so.0': 'libsystemd.so.0.35.0' };
    const shared = { '/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-257.so': '' };
    expect(releaseOf({ links })).toBe(252);
    expect(releaseOf({ links, files: shared })).toBe(257);
  });
  it.each([
    ['/usr/lib/x86_64-linux-gnu/libsystemd.so.0', 'libsystemd.so.0.40.0', 257],
    ['/usr/lib64/libsystemd.so.0', 'libsystemd.so.0.45.0', 262],
    ['/usr/lib/libsystemd.so.0', 'libsystemd.so.0.38.0', 255],
    // Older than the first that is told apart, newer than the last.
    ['/usr/lib/libsystemd.so.0', 'libsystemd.so.0.32.0', 252],
    ['/usr/lib/libsystemd.so.0', 'libsystemd.so.0.61.0', 262],
  ])('is told by %s, which leads to %s', (path, target, release) => {
    expect(releaseOf({ links: { [path]: target } })).toBe(release);
  });
  it.each(['libsystemd.so.0.40.0.bak', '/tmp/libsystemd.so.0.40.0', 'libsystemd.so.0'])(
    'is not told by a library called %s',
    (target) => {
      expect(
        releaseOf({ links: { '/usr/lib/libsystemd.so.0': target }, ...osRelease('ID=debian\nVERSION_ID=12') }),
      ).toBe(252);
    },
  );
  it('is found under the name that Debian has for the machine', () => {
    const links = { '/usr/lib/arm-linux-gnueabihf/libsystemd.so.0': 'libsystemd.so.0.40.0' };
    expect(releaseOf({ machine: 'armv7l', links })).toBe(257);
  });
  it('is found where a package manager has put the release of the package in the name', () => {
    expect(releaseOf({ files: { '/usr/lib64/systemd/libsystemd-shared-256.10-1.fc41.so': '' } })).toBe(256);
  });

  it.each([
    ['ID=debian\nVERSION_ID="12"', 252],
    ['ID=debian\nVERSION_ID="13"', 257],
    ['PRETTY_NAME="Debian GNU/Linux forky/sid"\nID=debian\nVERSION_CODENAME=forky', 262],
    ['ID=ubuntu\nVERSION_ID="22.04"', 252],
    ['ID=ubuntu\nVERSION_ID="24.04"', 255],
    ['ID=ubuntu\nVERSION_ID="24.10"', 256],
    ['ID=ubuntu\nVERSION_ID="26.04"', 259],
    ['ID=fedora\nVERSION_ID=41', 256],
    ['ID=fedora\nVERSION_ID=99', 262],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"', 252],
    ['ID="other"\nID_LIKE="rhel fedora"\nVERSION_ID="10.1"', 257],
    ['ID=amzn\nID_LIKE="fedora"\nVERSION_ID=2023', 252],
    ['ID="opensuse-leap"\nVERSION_ID="15.6"', 254],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\nUBUNTU_CODENAME=noble', 255],
    ['ID=arch', 262],
    ['', 262],
  ])('is that of the distribution: %j', (text, release) => {
    expect(releaseOf(osRelease(text))).toBe(release);
  });
  it('is the newest where an image tells nothing', () => expect(releaseOf({})).toBe(262));

  it('is what was asked for, by the environment before the configuration', () => {
    const links = { '/usr/lib/libsystemd.so.0': 'libsystemd.so.0.35.0' };
    const files = { '/etc/pidone.conf': '# ours\n Version = 257 \n' };
    expect(releaseOf({ links, files })).toBe(257);
    expect(releaseOf({ links, files, wish: '255' })).toBe(255);
    expect(releaseOf({ links, files, wish: '' })).toBe(257);
  });
  it('is as if nothing were asked for where that is no release, and one line says so', () => {
    const links = { '/usr/lib/libsystemd.so.0': 'libsystemd.so.0.40.0' };
    const files = { '/etc/pidone.conf': 'Version=lts\n' };
    expect(decideRelease(image({ links, files, wish: '99' }))).toEqual({
      release: 257,
      wrong: [
        '$PIDONE_VERSION=99: not a release of systemd that is known here, 252 to 262.',
        '/etc/pidone.conf: Version=lts: not a release of systemd that is known here, 252 to 262.',
      ],
    });
  });
});
