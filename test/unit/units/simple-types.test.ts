/** Types of units that have no processes: targets, slices, devices, and what a container has no kernel interface for. */
import { describe, expect, it } from 'vitest';
import { controlGroupOf } from '../../../src/units/control-group.ts';
import type { Service } from '../../../src/units/service.ts';
import { world } from '../../support/world.ts';

describe.each(['a.target', 'a.slice'])('%s', (name) => {
  it('is active from its start to its stop, at once', () => {
    const w = world({ units: { [name]: '[Unit]\n' } });
    const unit = w.unit(name);
    expect([unit.activeState, unit.subState, unit.invocationId]).toEqual(['inactive', 'dead', '']);
    expect(unit.start()).toBe('started');
    expect([unit.activeState, unit.subState]).toEqual(['active', 'active']);
    const first = unit.invocationId;
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(unit.start()).toBe('already');
    expect(unit.stop()).toBe('started');
    expect([unit.activeState, unit.subState]).toEqual(['inactive', 'dead']);
    expect(unit.stop()).toBe('already');
    unit.start();
    expect(unit.invocationId).not.toBe(first);
    expect(w.path(unit)).toEqual(['active', 'dead', 'active']);
  });
});

it('the root slice is always there', () => {
  const w = world().boot();
  const unit = w.unit('-.slice');
  expect([unit.activeState, unit.canStart, unit.canStop]).toEqual(['active', true, false]);
  const other = world({ units: { 'a.slice': '[Slice]\n' } }).boot();
  expect(other.unit('a.slice').activeState).toBe('inactive');
});

describe('a device', () => {
  it('is plugged while its node is there, which is looked at when somebody asks', () => {
    const w = world();
    const unit = w.unit('dev-x.device');
    expect([unit.activeState, unit.subState, unit.canStart, unit.canStop]).toEqual(['inactive', 'dead', false, false]);
    w.files.put('/dev/x', '');
    expect(unit.activeState).toBe('inactive');
    unit.coldplug();
    expect([unit.activeState, unit.subState]).toEqual(['active', 'plugged']);
    expect(unit.start()).toBe('already');
    expect(unit.stop()).toBe('not-applicable');
    unit.coldplug();
    expect(w.path(unit)).toEqual(['plugged']);
    w.files.unlink('/dev/x');
    unit.coldplug();
    expect(w.path(unit)).toEqual(['plugged', 'dead']);
  });

  it('is no character device but those that udev would tell of', () => {
    const w = world();
    for (const [path, name, state] of [
      ['/dev/full', 'dev-full.device', 'inactive'],
      ['/dev/tty1', 'dev-tty1.device', 'inactive'],
      ['/dev/ttyS0', 'dev-ttyS0.device', 'active'],
      ['/dev/hvc0', 'dev-hvc0.device', 'active'],
      ['/dev/fuse', 'dev-fuse.device', 'active'],
    ] as const) {
      w.files.mkdirs('/dev');
      w.files.mknod(path, 'char', 0o600);
      const unit = w.unit(name);
      unit.coldplug();
      expect([name, unit.activeState]).toEqual([name, state]);
    }
  });

  it('that is not there is waited for where one may come', () => {
    for (const [readOnly, answer] of [
      [false, 'not-applicable'],
      [true, 'unsupported'],
    ] as const) {
      const w = world();
      w.files.mkdirs('/sys');
      if (readOnly) w.files.closed.set('/sys', 'EROFS');
      const unit = w.unit('dev-x.device');
      unit.loadState = 'loaded';
      expect(unit.start()).toBe(answer);
    }
    const w = world({ files: { '/dev/x': '' } });
    const unit = w.unit('dev-x.device');
    unit.loadState = 'loaded';
    expect(unit.start()).toBe('already');
    expect(unit.subState).toBe('plugged');
  });
});

it.each(['mnt-a.automount', 'dev-a.swap'])('%s is known, and can not be started', (name) => {
  const w = world({
    units: {
      'mnt-a.automount': '[Automount]\nWhere=/mnt/a\n',
      'mnt-a.mount': '[Mount]\nWhat=x\nWhere=/mnt/a\n',
      'dev-a.swap': '[Swap]\nWhat=/dev/a\n',
    },
  });
  const unit = w.unit(name);
  expect([unit.loadState, unit.activeState, unit.subState]).toEqual(['loaded', 'inactive', 'dead']);
  expect([unit.supported, unit.canStart, unit.canStop]).toEqual([false, false, false]);
  expect([unit.start(), unit.stop()]).toEqual(['unsupported', 'already']);
});

describe('the control group', () => {
  const w = world({
    units: {
      'a.service': '[Service]\nExecStart=/usr/bin/a\n',
      'b.service': '[Service]\nSlice=a-b.slice\nExecStart=/usr/bin/a\n',
      'root.service': '[Service]\nSlice=-.slice\nExecStart=/usr/bin/a\n',
      'cpu.x.service': '[Service]\nExecStart=/usr/bin/a\n',
      '_x.service': '[Service]\nExecStart=/usr/bin/a\n',
      'a.target': '[Unit]\n',
      'c.slice': '[Slice]\n',
      'exited.service': '[Service]\nRemainAfterExit=yes\nKillMode=process\nExecStart=/usr/bin/forks\n',
      'again.service': '[Service]\nRestart=always\nRestartSec=1h\nExecStart=/usr/bin/ends\n',
    },
    programs: {
      a: () => {},
      ends: (p) => p.exit(0),
      forks: (p) => {
        p.fork();
        p.exit(0);
      },
    },
  });

  it.each([
    ['a.service', '/system.slice/a.service'],
    ['b.service', '/a.slice/a-b.slice/b.service'],
    ['root.service', '/root.service'],
    ['cpu.x.service', '/system.slice/_cpu.x.service'],
    ['_x.service', '/system.slice/__x.service'],
    ['c.slice', '/c.slice'],
    ['a.target', ''],
    ['exited.service', ''],
    ['again.service', ''],
  ])('of %s is %j once it runs', (name, wanted) => {
    const unit = w.unit(name);
    expect(controlGroupOf(unit)).toBe('');
    w.up(unit);
    if (name === 'exited.service') {
      // It lasts as long as there are processes in it.
      expect(unit.subState).toBe('exited');
      expect(controlGroupOf(unit)).toBe('/system.slice/exited.service');
      w.host.running('forked')!.exit(0);
      w.host.settle();
    }
    expect(controlGroupOf(unit)).toBe(wanted);
  });

  it('of the root slice and of the manager', () => {
    const booted = world().boot();
    expect(controlGroupOf(booted.unit('-.slice'))).toBe('/');
    expect(controlGroupOf(booted.unit('init.scope'))).toBe('/init.scope');
  });

  it('stays where the unit was started', () => {
    const moved = world({ programs: { a: () => {} } });
    const unit: Service = moved.service('a.service', 'ExecStart=/usr/bin/a\n');
    moved.up(unit);
    moved.service('a.service', 'Slice=b.slice\nExecStart=/usr/bin/a\n');
    expect(controlGroupOf(unit)).toBe('/system.slice/a.service');
    moved.restart(unit);
    moved.host.settle();
    expect(controlGroupOf(unit)).toBe('/b.slice/a.service');
  });
});
