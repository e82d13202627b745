import { expect, it } from 'vitest';
import { SharedLoads } from '../../../src/simulation/shared-loads.ts';
import type { UnitTexts } from '../../../src/simulation/simulate.ts';
import { begin } from '../../../src/simulation/simulation.ts';
import type { LoadedUnit } from '../../../src/unitfile/load/loaded-unit.ts';

const described = (text: string): UnitTexts => ({
  'a.service': { Unit: { Description: text }, Service: { ExecStart: '/usr/bin/a' } },
});

it('a unit is read once by all that have the same files', () => {
  const shared = new SharedLoads();
  const read: string[] = [];
  const load = (name: string): LoadedUnit => {
    read.push(name);
    return { id: name } as LoadedUnit;
  };
  const first = shared.load('a.service', [], load);
  expect(shared.load('a.service', [], load)).toBe(first);
  expect(shared.load('a.service', ['enable'], load)).not.toBe(first);
  expect(shared.load('b.service', [], load)).not.toBe(first);
  expect(read).toEqual(['a.service', 'a.service', 'b.service']);
});

it('what one simulation changes is not another’s', async () => {
  const shared = new SharedLoads();
  const options = { units: described('as it was') };
  const description = async (change: (sim: Awaited<ReturnType<typeof begin>>) => unknown): Promise<string> => {
    const sim = await begin(options, shared);
    await change(sim);
    return (await sim.unit('a').properties()).Description!;
  };
  expect(await description(() => undefined)).toBe('as it was');
  expect(await description((sim) => sim.write('a.service', described('written')['a.service']!))).toBe('written');
  const dropIn = '/etc/systemd/system/a.service.d/x.conf';
  expect(await description((sim) => sim.files.write(dropIn, '[Unit]\nDescription=put\n'))).toBe('put');
  expect(await description(() => undefined)).toBe('as it was');

  const masked = await begin(options, shared);
  expect((await begin(options, shared)).unit('b').loadState).toBe('not-found');
  await masked.systemctl('mask', 'b.service');
  expect(masked.unit('b').loadState).toBe('masked');
  expect((await begin(options, shared)).unit('b').loadState).toBe('not-found');
});
