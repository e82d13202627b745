import { beforeEach, expect, it } from 'vitest';
import { systemStateOf } from '../../../src/manager/system-state.ts';
import { UnitsWorld } from '../../support/units-world.ts';

let world: UnitsWorld;
const state = (isOver = true, hasBegun = false, isSafe = false) =>
  systemStateOf({ units: world.units, startup: { isOver }, shutdown: { hasBegun }, crashes: { isSafe } });

beforeEach(() => {
  world = new UnitsWorld({ 'rescue.target': '', 'emergency.target': '', 'a.service': '' });
});

it('is starting until the first jobs are done, stopping from when the end has begun', () => {
  expect(state(false)).toBe('starting');
  expect(state()).toBe('running');
  expect(state(false, true)).toBe('stopping');
  expect(state(true, true)).toBe('stopping');
});

it('is degraded while a unit has failed', () => {
  world.units.noteState(world.unit('a.service'), 'failed');
  expect(state()).toBe('degraded');
  world.units.noteState(world.unit('a.service'), 'active');
  expect(state()).toBe('running');
});

it('is maintenance in safe mode, whatever else there is', () => {
  world.units.noteState(world.unit('a.service'), 'failed');
  expect(state(true, false, true)).toBe('maintenance');
  expect(state(false, false, true)).toBe('maintenance');
  expect(state(true, true, true)).toBe('stopping');
});

it.each(['rescue.target', 'emergency.target'])(
  'is maintenance while %s is reached, or a job is to reach it',
  (name) => {
    const target = world.unit(name);
    expect(state()).toBe('running');
    target.queue('stop');
    expect(state()).toBe('running');
    target.queue('start');
    expect(state()).toBe('maintenance');
    target.queue(undefined).be('active');
    world.units.noteState(world.unit('a.service'), 'failed');
    expect(state()).toBe('maintenance');
    expect(state(false)).toBe('starting');
  },
);
