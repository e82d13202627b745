import { describe, expect, it } from 'vitest';
import { type OwnPlaces, worldOf } from '../../../src/control/places.ts';
import { dropRelease, releaseHere, tellRelease } from '../../../src/main/release.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';

const directory = '/run/pidone';
const places = { directory, homeless: false } as OwnPlaces;

function machine(options: ConstructorParameters<typeof SimHost>[0] = {}) {
  const host = new SimHost({ files: { '/etc/os-release': 'ID=debian\nVERSION_ID=13\n' }, ...options });
  host.files.mkdirs(directory);
  return host;
}

describe('which release speaks', () => {
  it('is that of the image where no manager has decided', () => {
    expect(releaseHere(machine())).toBe(257);
    expect(releaseHere(machine({ environment: { PIDONE_VERSION: '254' } }))).toBe(254);
  });

  it('is what the manager has decided, for as long as it lives', () => {
    const host = machine({ release: 255 });
    tellRelease(host, places, () => {});
    expect(host.files.readText(`${directory}/release`)).toBe(`255 ${worldOf(host)}\n`);
    expect(releaseHere(host)).toBe(255);
    dropRelease(host, places);
    expect(releaseHere(host)).toBe(257);
  });

  it.each(['252 of another world\n', '999\n', 'x'.repeat(2000)])('is not what else lies there: %j', (text) => {
    const host = machine();
    host.files.put(`${directory}/release`, text);
    expect(releaseHere(host)).toBe(257);
  });

  it('is not told where others may write', () => {
    const host = machine({ release: 255 });
    tellRelease(host, places, () => {});
    host.files.chmod(directory, 0o777);
    expect(releaseHere(host)).toBe(257);
  });

  it('wishes that can not be are said at the boot, and where it can not be written', () => {
    const host = machine({ environment: { PIDONE_VERSION: 'lts' }, release: 257 });
    host.files.mkdirs(`${directory}/release`);
    const said: string[] = [];
    tellRelease(host, places, (message) => void said.push(message));
    expect(said[0]).toBe('$PIDONE_VERSION=lts: not a release of systemd that is known here, 252 to 262.');
    expect(said[1]).toBe('Failed to write /run/pidone/release: Is a directory');
  });
});
