/** Files, terminals, namespaces and IPC objects of a unit: what its processes are given, and what is left when it is down. */

import { describe, expect, it } from 'vitest';
import type { SimOptions } from '../../../src/simulation/machine/machine.ts';
import type { SpawnRequest } from '../../../src/sys/host.ts';
import { type World, world } from '../../support/world.ts';

const noCapabilities = { capabilities: 0n };

function spawned(settings: string, options: SimOptions = {}): { w: World; request: SpawnRequest } {
  const w = world({ ...options, files: { '/usr/bin/d': '', ...options.files } });
  const service = w.service('a.service', `${settings}\nExecStart=/usr/bin/d\n`);
  w.up(service);
  w.host.settle();
  return { w, request: w.host.spawned[0]!.request! };
}

const variables = (request: SpawnRequest, prefix: string): string[] => request.env.filter((e) => e.startsWith(prefix));

describe('OpenFile=', () => {
  const files = { '/etc/one': '', '/etc/two': '' };

  it('passes files by name', () => {
    const { request } = spawned('OpenFile=/etc/one\nOpenFile=/etc/two:second:read-only', { files });
    expect(request.fds).toHaveLength(2);
    expect(variables(request, 'LISTEN_')).toEqual(['LISTEN_PID=', 'LISTEN_FDS=2', 'LISTEN_FDNAMES=one:second']);
  });

  it('fails where there is no such file, unless it is said to be no harm', () => {
    const { w, request } = spawned('OpenFile=/etc/none', { files });
    expect(request.exitAtOnce).toBe(202);
    expect(w.messages()).toContain('Failed to get OpenFile= file descriptors: No such file or directory');
    const graceful = spawned('OpenFile=/etc/none::graceful\nOpenFile=/etc/one', { files }).request;
    expect(graceful.exitAtOnce).toBeUndefined();
    expect(variables(graceful, 'LISTEN_FDNAMES')).toEqual(['LISTEN_FDNAMES=one']);
  });
});

describe('terminals', () => {
  it('are hung up, reset and sized', () => {
    const { request } = spawned('TTYPath=/dev/pts/7\nTTYVHangup=yes\nTTYReset=yes\nTTYRows=24\nTTYColumns=80');
    expect(request.terminal).toEqual({ path: '/dev/pts/7', hangUp: true, reset: true, rows: 24, columns: 80 });
    expect(spawned('TTYReset=yes').request.terminal).toEqual({ path: '/dev/console', hangUp: false, reset: true });
    expect(spawned('TTYPath=/dev/pts/7').request.terminal).toBeUndefined();
  });

  it('are so again when the service is down', () => {
    const { w } = spawned('TTYPath=/dev/pts/7\nTTYVHangup=yes');
    expect(w.host.revertedTerminals).toEqual([]);
    w.host.spawned[0]!.exit(0);
    w.host.settle();
    expect(w.host.revertedTerminals).toEqual([{ path: '/dev/pts/7', hangUp: true, reset: false }]);
  });
});

describe('namespaces', () => {
  it('of MountFlags= get mounts with that propagation', () => {
    expect(spawned('MountFlags=slave').request).toMatchObject({ namespaces: ['mount'], propagation: 'slave' });
    expect(spawned('PrivateMounts=yes').request).toMatchObject({ namespaces: ['mount'], propagation: 'shared' });
    expect(spawned('MountFlags=shared').request.namespaces).toBeUndefined();
    expect(spawned('MountFlags=slave', noCapabilities).request.namespaces).toBeUndefined();
  });

  it('are joined by path instead of made', () => {
    const { request } = spawned('PrivateNetwork=yes\nNetworkNamespacePath=/run/netns/a\nIPCNamespacePath=/run/ipc');
    expect(request).toMatchObject({ networkNamespace: '/run/netns/a', ipcNamespace: '/run/ipc' });
    expect(request.namespaces).toEqual(['mount']);
    expect(request.mounts).toEqual([{ kind: 'mqueue', target: '/dev/mqueue', optional: true }]);
    // Real systemd forgets of it where nothing else is to be kept for the unit.
    expect(spawned('IPCNamespacePath=/run/ipc').request.ipcNamespace).toBeUndefined();
  });
});

it('CoredumpFilter= is a mask', () => {
  expect(spawned('CoredumpFilter=private-anonymous elf-headers').request.coredumpFilter).toBe(0x11);
});

describe('RemoveIPC=', () => {
  const down = (w: World, index: number): void => {
    w.host.spawned[index]!.exit(0);
    w.host.settle();
  };

  it('removes what the user and the group of a unit leave behind', () => {
    const { w } = spawned('User=daemon\nRemoveIPC=yes');
    expect(w.host.removedIpc).toEqual([]);
    down(w, 0);
    expect(w.host.removedIpc).toEqual([
      { uid: 1, gid: undefined },
      { uid: undefined, gid: 1 },
    ]);
  });

  it('waits for the last unit of the user', () => {
    const { w } = spawned('User=daemon\nRemoveIPC=yes');
    w.up(w.service('b.service', 'User=daemon\nExecStart=/usr/bin/d\n'));
    down(w, 0);
    expect(w.host.removedIpc).toEqual([]);
    down(w, 1);
    expect(w.host.removedIpc).toHaveLength(2);
  });

  it('leaves those of root, and of users for whom no unit asks for it', () => {
    for (const settings of ['RemoveIPC=yes', 'User=root\nRemoveIPC=yes', 'User=daemon']) {
      const { w } = spawned(settings);
      down(w, 0);
      expect(w.host.removedIpc).toEqual([]);
    }
  });
});
