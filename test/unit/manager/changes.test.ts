import { describe, expect, it } from 'vitest';
import { UnitChanges } from '../../../src/manager/changes.ts';
import { UnitsWorld } from '../../support/units-world.ts';

function world() {
  const units = new UnitsWorld({ 'a.service': '', 'b.service': '' });
  const changes = new UnitChanges(units);
  const heard: string[] = [];
  const watch = (name: string, as: string) => changes.watch(units.unit(name), () => heard.push(as));
  const tell = (name: string) => {
    changes.tell(units.unit(name));
    units.host.settle();
  };
  return { units, changes, heard, watch, tell };
}

describe('who follows a unit', () => {
  it('hears of each of its changes, from the event loop', () => {
    const { units, changes, heard, watch, tell } = world();
    watch('a.service', 'first');
    watch('a.service', 'second');
    changes.tell(units.unit('a.service'));
    expect(heard).toEqual([]);
    units.host.settle();
    tell('b.service');
    expect(heard).toEqual(['first', 'second']);
    tell('a.service');
    expect(heard).toHaveLength(4);
  });

  it('hears no more once it has closed; others do, also where it closes twice', () => {
    const { heard, watch, tell } = world();
    const first = watch('a.service', 'first');
    first.close();
    tell('a.service');
    expect(heard).toEqual([]);
    watch('a.service', 'second');
    first.close();
    tell('a.service');
    expect(heard).toEqual(['second']);
  });

  it('keeps it loaded for so long', () => {
    const { units, watch } = world();
    const { close } = watch('a.service', 'x');
    units.units.collectGarbage();
    expect(units.forgotten).toEqual([]);
    let told = 0;
    units.onGarbage = () => told++;
    close();
    expect(told).toBe(1);
    units.units.collectGarbage();
    expect(units.forgotten).toContain('a.service');
  });
});

describe('who follows all units', () => {
  it('hears of each change in its moment, until it closes', () => {
    const { units, changes } = world();
    const heard: string[] = [];
    const { close } = changes.follow(({ id }) => heard.push(id));
    changes.tell(units.unit('a.service'));
    changes.tell(units.unit('b.service'));
    expect(heard).toEqual(['a.service', 'b.service']);
    close();
    changes.tell(units.unit('a.service'));
    expect(heard).toHaveLength(2);
  });
});
