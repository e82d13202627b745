import { describe, expect, it } from 'vitest';
import { service, world } from '../world.ts';

const kinds = ['Requires', 'Wants', 'Conflicts', 'Before', 'After', 'Triggers', 'InSlice'];

function dependencies(name: string, text: string, scope: 'system' | 'user' = 'system'): Record<string, string[]> {
  const place = scope === 'system' ? '/etc/systemd/system' : '/etc/systemd/user';
  const { load, names } = world({ [`${place}/${name}`]: text }, { scope });
  const unit = load(name);
  expect(unit.loadState).toBe('loaded');
  return Object.fromEntries(kinds.map((kind) => [kind, names(unit, kind)]).filter(([, list]) => list!.length > 0));
}

describe('default dependencies', () => {
  it('of a service', () => {
    expect(dependencies('a.service', '[Service]\nExecStart=/bin/true\n')).toEqual({
      Requires: ['sysinit.target', 'system.slice'],
      Conflicts: ['shutdown.target'],
      Before: ['shutdown.target'],
      After: ['basic.target', 'sysinit.target', 'system.slice', 'systemd-journald.socket'],
      InSlice: ['system.slice'],
    });
  });

  it('of a service without them', () => {
    expect(
      dependencies(
        'a.service',
        '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/true\nStandardOutput=null\n',
      ),
    ).toEqual({ Requires: ['system.slice'], After: ['system.slice'], InSlice: ['system.slice'] });
  });

  it('of a service of a user', () => {
    expect(dependencies('a.service', '[Service]\nExecStart=/bin/true\n', 'user')).toEqual({
      Requires: ['app.slice', 'basic.target'],
      Conflicts: ['shutdown.target'],
      Before: ['shutdown.target'],
      After: ['app.slice', 'basic.target'],
      InSlice: ['app.slice'],
    });
  });

  it('of a socket', () => {
    expect(dependencies('a.socket', '[Socket]\nListenStream=/run/a\n')).toEqual({
      Requires: ['sysinit.target', 'system.slice'],
      Conflicts: ['shutdown.target'],
      Before: ['a.service', 'shutdown.target', 'sockets.target'],
      After: ['sysinit.target', 'system.slice'],
      Triggers: ['a.service'],
      InSlice: ['system.slice'],
    });
  });

  it('of a timer, which waits for the clock where it looks at it', () => {
    expect(dependencies('a.timer', '[Timer]\nOnCalendar=daily\nUnit=b.service\n')).toEqual({
      Requires: ['sysinit.target'],
      Conflicts: ['shutdown.target'],
      Before: ['b.service', 'shutdown.target', 'timers.target'],
      After: ['sysinit.target', 'time-set.target', 'time-sync.target'],
      Triggers: ['b.service'],
    });
    expect(dependencies('a.timer', '[Timer]\nOnBootSec=5\n').After).toEqual(['sysinit.target']);
  });

  it('of a path, a target, a slice', () => {
    expect(dependencies('a.path', '[Path]\nPathExists=/x\n').Triggers).toEqual(['a.service']);
    expect(dependencies('a.target', '[Unit]\n')).toEqual({
      Conflicts: ['shutdown.target'],
      Before: ['shutdown.target'],
    });
    expect(dependencies('a-b.slice', '[Slice]\n')).toEqual({
      Requires: ['a.slice'],
      Conflicts: ['shutdown.target'],
      Before: ['shutdown.target'],
      After: ['a.slice'],
      InSlice: ['a.slice'],
    });
  });

  it('of mounts, local and over the network', () => {
    expect(dependencies('x.mount', '[Mount]\nWhat=/dev/sda1\n')).toMatchObject({
      Before: ['local-fs.target', 'umount.target'],
      Conflicts: ['umount.target'],
    });
    const network = dependencies('x.mount', '[Mount]\nWhat=server:/x\nType=nfs\nOptions=nofail\n');
    expect(network.Before).toEqual(['umount.target']);
    expect(network.Wants).toEqual(['network-online.target']);
    expect(network.After).toContain('remote-fs-pre.target');
  });
});

describe('implicit dependencies', () => {
  it('come from directories, paths and private /tmp', () => {
    const { requiresMountsFor, dependencies: list } = service(
      'RuntimeDirectory=a\nStateDirectory=b/c\nWorkingDirectory=/srv/x\nPrivateTmp=yes',
    );
    expect(requiresMountsFor).toEqual(['/srv/x', '/run/a', '/var/lib/b/c', '/var/tmp']);
    const after = list.filter((d) => d.kind === 'After').map((d) => d.name);
    expect(after).toContain('systemd-remount-fs.service');
    expect(after).toContain('tmp.mount');
    expect(after).toContain('systemd-tmpfiles-setup.service');
    expect(service('WorkingDirectory=-/srv/x').requiresMountsFor).toEqual([]);
  });

  it('put an instance in the slice of its template', () => {
    const { load } = world({ '/etc/systemd/system/my-app@.service': '[Service]\nExecStart=/bin/true\n' });
    expect(load('my-app@1.service').cgroup?.Slice).toBe('system-my\\x2dapp.slice');
  });

  it('need the bus for Type=dbus', () => {
    const unit = service('Type=dbus\nBusName=org.example.A');
    expect(unit.dependencies.filter((d) => d.name === 'dbus.socket').map((d) => d.kind)).toEqual(['Requires', 'After']);
  });

  it('of a template named by a unit go to the instance', () => {
    const { load, names } = world({
      '/etc/systemd/system/a@.service': '[Unit]\nWants=b@.service\n[Service]\nExecStart=/bin/true\n',
      '/etc/systemd/system/c.service': '[Unit]\nWants=b@.service\n[Service]\nExecStart=/bin/true\n',
    });
    expect(names(load('a@x.service'), 'Wants')).toEqual(['b@x.service']);
    expect(names(load('c.service'), 'Wants')).toEqual(['b@c.service']);
  });
});

describe('settings that follow from others', () => {
  it('sandboxing takes capabilities away', () => {
    const set = service('ProtectKernelModules=yes').exec!.CapabilityBoundingSet;
    expect((set >> 16n) & 1n).toBe(0n);
  });

  it('a dynamic user has a name and a closed world', () => {
    expect(service('DynamicUser=yes').exec).toMatchObject({
      User: 'a',
      Group: 'a',
      ProtectSystem: 'strict',
      ProtectHome: 'read-only',
      PrivateTmp: 'yes',
      NoNewPrivileges: true,
    });
  });

  it('a service that notifies is heard', () => {
    expect(service('Type=notify').service?.NotifyAccess).toBe('main');
    expect(service('WatchdogSec=5').service?.NotifyAccess).toBe('main');
    expect(service('').service?.NotifyAccess).toBe('none');
  });

  it('output goes to the journal unless input is a terminal or socket', () => {
    expect(service('').exec?.StandardOutput).toEqual({ kind: 'journal' });
    expect(service('StandardInput=socket').exec?.StandardOutput).toEqual({ kind: 'inherit' });
    expect(service('StandardInputText=hello').exec?.StandardInput).toEqual({ kind: 'data' });
  });

  it('trigger limits depend on Accept=', () => {
    const socket = (accept: string) =>
      world({ '/etc/systemd/system/a.socket': `[Socket]\nListenStream=1\nAccept=${accept}\n` }).load('a.socket').socket;
    expect(socket('yes')?.TriggerLimitBurst).toBe(200);
    expect(socket('no')?.TriggerLimitBurst).toBe(20);
    expect(socket('no')?.Service).toBe('a.service');
    expect(socket('yes')?.Service).toBeUndefined();
  });
});
