// With node:test: `node --test runners/worker.node.mjs`. What a machine is made for ends it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { supervise } from 'pidone';
import { simulate } from 'pidone/sim';

const units = new URL('../units', import.meta.url);

test('the worker comes back after a crash', async (t) => {
  const machine = await supervise({ units });
  t.after(() => machine.halt());
  const worker = await machine.start('worker.service');
  await worker.kill('SIGKILL');
  await worker.waitFor({ activeState: 'active', nRestarts: 1 });
  assert.deepEqual(await machine.leftovers(), []);
});

test('a broken service is given up', async () => {
  const sim = await simulate({ units, programs: { 'broken.service': (p) => p.exit(78) } });
  await sim.start('broken.service');
  await sim.unit('broken.service').waitFor({ activeState: 'failed' });
  assert.equal(sim.unit('broken.service').starts, 3);
});
