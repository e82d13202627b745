import { expect, it } from 'vitest';
import { type OriginsContext, tellOrigins } from '../../../src/manager/journal-origins.ts';
import { UnitsWorld } from '../../support/units-world.ts';

function world() {
  const units = new UnitsWorld({
    'a.service': '[Service]\nSlice=jobs.slice\n',
    'b.target': '',
    'init.scope': '',
    'jobs.slice': '',
  });
  const journal: OriginsContext['journal'] = {
    unitOfPid: () => undefined,
    placeOfUnit: () => ({}),
  };
  const pids = new Map([
    [7, 'a.service'],
    [8, 'gone.service'],
  ]);
  tellOrigins({
    host: { pid: 1 },
    journal,
    tracker: { unitOfPid: (pid) => pids.get(pid) },
    units: units.units,
  });
  return { units, journal };
}

it('tells the unit of a process, its invocation, slice and control group', () => {
  const { units, journal } = world();
  const a = units.unit('a.service');
  a.acquireInvocationId();
  a.set('active');
  expect(journal.unitOfPid(7)).toEqual({
    unit: 'a.service',
    invocationId: a.invocationId,
    slice: 'jobs.slice',
    cgroup: '/jobs.slice/a.service',
  });
});

it('tells the slice that it was started in, whatever its file says since', () => {
  const { units, journal } = world();
  const a = units.unit('a.service');
  a.set('active');
  a.startedInSlice = 'old.slice';
  expect(journal.placeOfUnit('a.service')).toEqual({ slice: 'old.slice', cgroup: '/old.slice/a.service' });
});

it('tells the slice of its file before it has been started', () => {
  const { units, journal } = world();
  units.unit('a.service');
  expect(journal.placeOfUnit('a.service')).toStrictEqual({ slice: 'jobs.slice' });
});

it('says no place of a unit that has none', () => {
  const { units, journal } = world();
  units.unit('b.target').be('active');
  expect(journal.placeOfUnit('b.target')).toStrictEqual({});
  expect(journal.placeOfUnit('none.service')).toStrictEqual({});
});

it('tells init.scope of itself, the name alone of a unit that is gone, nothing of processes of nobody', () => {
  const { journal } = world();
  expect(journal.unitOfPid(1)).toEqual({ unit: 'init.scope' });
  expect(journal.unitOfPid(8)).toStrictEqual({ unit: 'gone.service' });
  expect(journal.unitOfPid(9)).toBeUndefined();
});
