/** systemctl bind: a mount for a service that runs. */
import { describe, expect, it } from 'vitest';
import type { Release } from '../../../../src/voice/release.ts';
import { exits, runs, world } from '../../../support/world.ts';

async function machine(release: Release = 252) {
  const w = world({
    release,
    units: {
      'a.service':
        '[Service]\nExecStart=/usr/bin/d\nPrivateTmp=yes\nRemainAfterExit=yes\nInaccessiblePaths=/run/hidden\n',
      'b.service': '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/once\n',
    },
    files: { '/srv/data': 'data\n' },
    programs: { d: runs, once: exits(0) },
  }).boot();
  const space = (pid: number, id: number): void => w.put(`/proc/${pid}/ns/mnt`, `-> mnt:[${id}]`);
  space(w.host.pid, 1);
  const bind = async (args: string) => {
    const { status, err } = await w.systemctl(`bind ${args}`);
    return status === 0 ? 'done' : err.replace(/^Failed to bind mount: (.*)\n$/, '$1');
  };
  await w.systemctl('start a b');
  const pid = [...w.host.table.values()].find(({ comm }) => comm === 'd')!.pid;
  space(pid, 2);
  return { w, bind, pid };
}

describe('systemctl bind', () => {
  it('puts what is at the first path at the second, as the service sees it', async () => {
    const { w, bind, pid } = await machine();
    expect(await bind('a /srv/data /x')).toBe('done');
    expect(await bind('--read-only --mkdir a /srv/data')).toBe('done');
    expect(w.host.bound).toEqual([
      { pid, source: '/srv/data', target: '/x', readOnly: false, make: false },
      { pid, source: '/srv/data', target: '/srv/data', readOnly: true, make: true },
    ]);
  });

  it('says what it can not be done for', async () => {
    const { w, bind, pid } = await machine();
    expect(await bind('a /srv/none /x')).toBe(
      "Failed to mount /srv/none on /x in unit's namespace: No such file or directory",
    );
    expect(await bind('a /srv/data /run/hidden/x')).toBe('/run/hidden/x is not accessible to this unit');
    expect(await bind('-- -.slice /srv/data /x')).toBe('Unit is not of type .service');
    w.files.unlink(`/proc/${pid}/ns/mnt`);
    w.put(`/proc/${pid}/ns/mnt`, '-> mnt:[1]');
    expect(await bind('a /srv/data /x')).toBe(
      'Unit not running in private mount namespace, cannot activate bind mount',
    );
    w.host.end(w.host.table.get(pid)!, 'exited', 0);
    w.host.settle();
    // As its files have it, it would not see a file system of its own either way.
    expect(await bind('b /srv/data /x')).toBe(
      'Unit not running in private mount namespace, cannot activate bind mount',
    );
    expect(await bind('a /srv/data /x')).toBe('Unit is not running');
    expect(w.host.bound).toEqual([]);
  });

  it('says so in the words of 257', async () => {
    const { w, bind, pid } = await machine(257);
    const cannot = (source: string, target: string, why: string): string =>
      `Live mounting '${source}' on '${target}' for unit 'a.service' cannot be scheduled: ${why}`;
    expect(await bind('a /srv/none /x')).toBe("method 'BindMountUnit' for unit 'a.service' failed");
    expect(await bind('a srv/none /x')).toBe('Source path must be absolute and normalized');
    expect(await bind('a /srv/data /run/hidden/x')).toBe(
      cannot('/srv/data', '/run/hidden/x', 'destination is not accessible to this unit'),
    );
    expect(await bind('-- -.slice /srv/data /x')).toBe(
      "BindMountUnit operation is not supported for unit type 'slice'",
    );
    expect(await bind('b /srv/data /x')).toBe(
      "Unit 'b.service' not running in private mount namespace, cannot live mount.",
    );
    w.host.end(w.host.table.get(pid)!, 'exited', 0);
    w.host.settle();
    expect(await bind('a /srv/data /x')).toBe(cannot('/srv/data', '/x', 'service not running'));
    expect((await w.systemctl('kill a --kill-whom=nobody')).err).toBe(
      'Failed to kill unit a.service: Invalid whom argument: nobody\n',
    );
  });
});
