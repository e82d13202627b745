import { beforeEach, describe, expect, it } from 'vitest';
import { createUnit } from '../../../src/manager/factory.ts';
import { MountPoints } from '../../../src/manager/mounts.ts';
import type { UnitType } from '../../../src/unitfile/language/unit-name.ts';
import { Mount } from '../../../src/units/mount.ts';
import type { Unit } from '../../../src/units/unit.ts';
import { UnitsWorld } from '../../support/units-world.ts';

/** Mounts are real ones here. */
class MountsWorld extends UnitsWorld {
  override create(type: UnitType, name: string): Unit {
    return type === 'mount' ? createUnit(this, type, name) : super.create(type, name);
  }
}

let world: MountsWorld;
beforeEach(() => {
  world = new MountsWorld({ 'srv-filed.mount': 'Description=From a file\n[Mount]\nWhere=/srv/filed\nWhat=tmpfs\n' });
});
const follow = (): void => new MountPoints(world).follow();
const mount = (name: string): Mount => {
  const unit = world.units.find(name);
  if (!(unit instanceof Mount)) throw new Error(`${name} is not there`);
  return unit;
};

describe('what is mounted', () => {
  it('is a unit from when somebody looks: of its file, or one that nobody unmounts at a shutdown', () => {
    for (const path of ['/srv/filed', '/srv/a']) world.host.mount(path);
    follow();
    expect(mount('srv-filed.mount')).toMatchObject({ activeState: 'active', description: 'From a file' });
    expect(mount('srv-a.mount').activeState).toBe('active');
    const { loaded } = mount('srv-a.mount');
    expect(loaded.mount?.Where).toBe('/srv/a');
    expect(loaded.unit).toMatchObject({ SourcePath: '/proc/self/mountinfo', DefaultDependencies: false });
  });

  it('is none where no unit can have such a name; the others are', () => {
    for (const path of [`/${'x'.repeat(300)}`, '/srv/a']) world.host.mount(path);
    follow();
    expect(mount('srv-a.mount').activeState).toBe('active');
  });

  it('is followed', () => {
    follow();
    expect(world.units.find('srv-a.mount')).toBeUndefined();
    world.host.mount('/srv/a');
    world.host.settle();
    expect(mount('srv-a.mount').activeState).toBe('active');
    const same = mount('srv-a.mount');
    const { loaded } = same;
    world.host.mount('/srv/b');
    world.host.settle();
    expect(same.loaded).toBe(loaded);
    world.host.unmount('/srv/a');
    world.host.settle();
    expect(mount('srv-a.mount').activeState).toBe('inactive');
    world.host.mount('/srv/a');
    world.host.settle();
    expect(mount('srv-a.mount')).toBe(same);
    expect(same.activeState).toBe('active');
  });

  it('becomes one in the place of a unit that had no file', () => {
    const asked = world.units.load('srv-a.mount');
    expect(asked.loadState).toBe('not-found');
    world.host.mount('/srv/a');
    follow();
    expect(mount('srv-a.mount')).toBe(asked);
    expect(asked.loadState).toBe('loaded');
  });

  it('by the engine or the kernel is none', () => {
    for (const path of ['/proc', '/sys', '/dev/pts', '/run']) world.host.mount(path);
    follow();
    expect([...world.units.all()].map(({ id }) => id).filter((id) => id.endsWith('.mount'))).toEqual(['-.mount']);
  });
});

it('says where it can only be looked at once', () => {
  world.host.mount('/srv/a');
  const mounts = new MountPoints({
    ...{ loader: world.loader, units: world.units, log: world.log },
    host: {
      mountTable: () => world.host.mountTable(),
      watchMounts: () => {
        throw new Error('Permission denied');
      },
    },
  });
  mounts.follow();
  expect(mount('srv-a.mount').activeState).toBe('active');
  expect(world.messages).toEqual([{ message: 'Failed to watch mounts: Permission denied', priority: 4, fields: {} }]);
});
