/** Files that a unit names and that are none: the start fails, or goes on, and says what is there. Nothing waits. */

import { describe, expect, it } from 'vitest';
import type { SimFiles } from '../../../src/simulation/machine/files.ts';
import type { Service } from '../../../src/units/service.ts';
import { type World, world } from '../../support/world.ts';

const kinds = [
  ['fifo', 'Is a FIFO, not a regular file'],
  ['socket', 'Is a socket, not a regular file'],
  ['char', 'Is a character device, not a regular file'],
  ['block', 'Is a block device, not a regular file'],
] as const;

function started(settings: string, prepare: (files: SimFiles) => void): { w: World; service: Service } {
  const w = world({ files: { '/usr/bin/d': '' } });
  w.host.files.mkdirs('/srv');
  prepare(w.host.files);
  const service = w.service('a.service', `${settings}\nExecStart=/usr/bin/d\n`);
  w.up(service);
  w.host.settle();
  return { w, service };
}
const status = (w: World): number | undefined => w.host.spawned[0]?.request?.exitAtOnce;

describe('EnvironmentFile=', () => {
  it.each(kinds)('refuses a %s', (kind, reason) => {
    const { w, service } = started('EnvironmentFile=/srv/env', (files) => files.putSpecial('/srv/env', kind));
    expect(service.result).toBe('resources');
    expect(w.messages()).toContain(`Failed to load environment files: /srv/env: ${reason}`);
    const optional = started('EnvironmentFile=-/srv/env', (files) => files.putSpecial('/srv/env', kind));
    expect(optional.service.subState).toBe('running');
  });

  it('refuses a directory, and a file that is too large, in the words of systemd', () => {
    const directory = started('EnvironmentFile=/srv', () => {});
    expect(directory.w.messages()).toContain('Failed to load environment files: Is a directory');
    expect(directory.w.messages()).toContain("Failed to run 'start' task: Is a directory");
    const large = started('EnvironmentFile=/srv/env', (files) => files.put('/srv/env', Buffer.alloc(5 << 20, '#\n')));
    expect(large.w.messages()).toContain('Failed to load environment files: Argument list too long');
  });

  it('takes the null device as empty, behind a link too', () => {
    const { service, w } = started('EnvironmentFile=/dev/null\nEnvironmentFile=/srv/env', (files) =>
      files.symlink('/dev/null', '/srv/env'),
    );
    expect(service.subState).toBe('running');
    expect(w.host.spawned).toHaveLength(1);
  });
});

describe('LoadCredential=', () => {
  it.each(kinds)('refuses a %s', (kind, reason) => {
    const { w } = started('LoadCredential=c:/srv/c', (files) => files.putSpecial('/srv/c', kind));
    expect(status(w)).toBe(243);
    expect(w.messages()).toContain(`Failed to set up credentials: /srv/c: ${reason}`);
  });

  it('leaves out what is no file in a directory, and refuses what is too large', () => {
    const { w } = started('LoadCredential=c:/srv', (files) => {
      for (const [kind] of kinds) files.putSpecial(`/srv/${kind}`, kind);
      files.put('/srv/file', 'secret');
    });
    expect(status(w)).toBeUndefined();
    expect(w.host.files.readdir('/run/credentials/a.service')).toEqual(['c_file']);
    const large = started('LoadCredential=c:/srv/c', (files) => files.put('/srv/c', Buffer.alloc((1 << 20) + 1)));
    expect(status(large.w)).toBe(243);
  });

  it('takes the null device as empty', () => {
    const { w } = started('LoadCredential=c:/dev/null', () => {});
    expect(w.host.files.readText('/run/credentials/a.service/c')).toBe('');
  });
});

describe('users and groups', () => {
  it.each([
    ['User=alice', '/etc/passwd', 217, 'Failed to determine user credentials'],
    ['Group=alice', '/etc/group', 216, 'Failed to determine group credentials'],
    ['SupplementaryGroups=alice', '/etc/group', 216, 'Failed to determine supplementary groups'],
  ])('%s fails where %s is a FIFO', (setting, path, exit, message) => {
    const { w } = started(setting, (files) => files.putSpecial(path, 'fifo'));
    expect(status(w)).toBe(exit);
    expect(w.messages()).toContain(`${message}: ${path}: Is a FIFO, not a regular file`);
    // The file may come back.
    w.host.files.unlink(path);
    w.host.files.put(path, path === '/etc/passwd' ? 'alice:x:1000:1000::/:/bin/sh\n' : 'alice:x:1000:\n');
    const again = w.service('b.service', `${setting}\nExecStart=/usr/bin/d\n`);
    w.up(again);
    expect(again.subState).toBe('running');
  });

  it('that are not there are no error of the file', () => {
    const { w } = started('User=nosuch', () => {});
    expect(w.messages()).toContain('Failed to determine user credentials: No such process');
  });
});
