import { expect, it } from 'vitest';
import { UnitFiles } from '../../../src/manager/unit-files.ts';
import { UnitsWorld } from '../../support/units-world.ts';

it('asks once about a unit, until a file has changed or all is read again', () => {
  const world = new UnitsWorld({ 'a.service': '', 'b.service': '' });
  let isStale = false;
  const asked: string[] = [];
  const files = new UnitFiles({ isStale: () => isStale }, (name) => {
    asked.push(name);
    return { state: 'enabled', preset: 'disabled' };
  });
  const [a, b] = [world.unit('a.service'), world.unit('b.service')];
  for (const unit of [a, b, a, b]) expect(files.of(unit)).toEqual({ state: 'enabled', preset: 'disabled' });
  expect(asked).toEqual(['a.service', 'b.service']);
  files.forget();
  files.of(a);
  isStale = true;
  files.of(a);
  expect(asked).toEqual(['a.service', 'b.service', 'a.service', 'a.service']);
});

it('says nothing about a unit without a file', () => {
  const files = new UnitFiles({ isStale: () => false }, () => {
    throw new Error('asked');
  });
  expect(files.of(new UnitsWorld().unit('none.service'))).toEqual({ state: '', preset: '' });
});
