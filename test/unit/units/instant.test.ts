import { beforeEach, describe, expect, it } from 'vitest';
import { createUnit } from '../../../src/manager/factory.ts';
import type { UnitType } from '../../../src/unitfile/language/unit-name.ts';
import type { Unit } from '../../../src/units/unit.ts';
import { UnitsWorld } from '../../support/units-world.ts';

class RealWorld extends UnitsWorld {
  override create(type: UnitType, name: string): Unit {
    return createUnit(this, type, name);
  }
}

let world: RealWorld;
let changes: string[];
beforeEach(() => {
  world = new RealWorld({ 'a.target': '', 'a.slice': '' });
  changes = [];
  world.onChange = (unit, from, to) => {
    if (unit.id !== '-.slice') changes.push(`${unit.id} ${from} → ${to}`);
  };
});

describe.each(['a.target', 'a.slice'])('%s', (name) => {
  it('is up and down as it is told, at once, each time under a new id', () => {
    const unit = world.units.load(name);
    expect([unit.activeState, unit.subState]).toEqual(['inactive', 'dead']);
    expect(unit.start()).toBe('started');
    expect([unit.activeState, unit.subState]).toEqual(['active', 'active']);
    expect(unit.start()).toBe('already');
    const first = unit.invocationId;
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(unit.stop()).toBe('started');
    expect(unit.stop()).toBe('already');
    unit.start();
    expect(unit.invocationId).not.toBe(first);
    expect(changes).toEqual([`${name} inactive → active`, `${name} active → inactive`, `${name} inactive → active`]);
  });
});

it('the root slice is up from when it is known, other slices are not', () => {
  expect(world.units.load('-.slice').activeState).toBe('active');
  expect(world.units.load('a.slice').activeState).toBe('inactive');
});

it('jobs have words of their own', () => {
  const [target, slice] = [world.units.load('a.target'), world.units.load('a.slice')];
  expect(target.jobDoneMessage('start', 'done')).toBe('Reached target %s.');
  expect(target.jobDoneMessage('stop', 'done')).toBe('Stopped target %s.');
  expect(target.jobDoneMessage('restart', 'done')).toBe('Stopped target %s.');
  expect(target.jobDoneMessage('start', 'dependency')).toBe('Dependency failed for %s.');
  expect(target.jobDoneMessage('stop', 'failed')).toBe('Stopped %s with error.');
  expect(slice.jobDoneMessage('start', 'done')).toBe('Created slice %s.');
  expect(slice.jobDoneMessage('stop', 'done')).toBe('Removed slice %s.');
  expect(slice.jobDoneMessage('restart', 'done')).toBe('Removed slice %s.');
  expect(slice.jobDoneMessage('start', 'timeout')).toBe('Timed out starting %s.');
});
