// With jest, which reads ES modules with `node --experimental-vm-modules node_modules/jest/bin/jest.js`.
import { afterEach, expect, test } from '@jest/globals';
import { supervise } from 'pidone';
import { simulate } from 'pidone/sim';

const units = new URL('../units', import.meta.url);

let machine;
afterEach(() => machine?.halt());

test('the worker comes back after a crash', async () => {
  machine = await supervise({ units });
  const worker = await machine.start('worker.service');
  await worker.kill('SIGKILL');
  await worker.waitFor({ activeState: 'active', nRestarts: 1 });
  expect(await machine.leftovers()).toEqual([]);
});

test('a broken service is given up', async () => {
  const sim = await simulate({ units, programs: { 'broken.service': (p) => p.exit(78) } });
  await sim.start('broken.service');
  await sim.unit('broken.service').waitFor({ activeState: 'failed' });
  expect(sim.unit('broken.service').starts).toBe(3);
});
