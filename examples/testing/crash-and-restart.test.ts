// A service comes back after a crash: the unit file that is shipped, and the program itself.
import { supervise } from 'pidone';
import { expect, test } from 'vitest';

test('the worker comes back after a crash', async () => {
  await using machine = await supervise({ units: new URL('./units', import.meta.url) });
  const worker = await machine.start('worker.service', { timeout: '10s' });
  await machine.ready.log('worker', 'life 0');

  await worker.kill('SIGKILL');
  await worker.waitFor({ activeState: 'active', nRestarts: 1 });

  await machine.ready.log('worker', 'life 1');
  expect(await worker.journal({ grep: /working, life/, programsOnly: true })).toHaveLength(2);
  expect(await machine.leftovers()).toEqual([]);
});
