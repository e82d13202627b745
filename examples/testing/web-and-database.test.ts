// Two services that need each other, each on a free port of its own; several such tests run side by side.
import { fileURLToPath } from 'node:url';
import { supervise, type UnitTexts } from 'pidone';
import { expect, test } from 'vitest';

const program = (name: string): string =>
  `${process.execPath} ${fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url))}`;

const units: UnitTexts = {
  'counter.service': { Service: { ExecStart: program('counter'), StateDirectory: 'counter' } },
  'web.service': {
    Unit: { Requires: 'counter.service', After: 'counter.service' },
    Service: { ExecStart: program('web'), Restart: 'always' },
  },
};

test('the web server counts by way of its database', async () => {
  await using machine = await supervise({ units, ports: ['web', 'counter'] });
  const { web, counter } = machine.ports;
  expect((await machine.plan('start', 'web')).map(({ unit }) => unit)).toContain('counter.service');

  await machine.start('web');
  await machine.ready.tcp(counter, { unit: 'counter.service' });
  await machine.ready.http(`http://127.0.0.1:${web}/health`, { unit: 'web.service', body: 'ok' });
  const count = async (): Promise<string> => (await fetch(`http://127.0.0.1:${web}/count`)).text();
  expect([await count(), await count()]).toEqual(['1', '2']);

  // What it has counted is kept over a restart of the database, with which what requires it is restarted.
  await machine.restart('counter');
  await machine.ready.tcp(counter);
  await machine.ready.http(`http://127.0.0.1:${web}/health`);
  expect(await count()).toBe('3');

  // With the database goes what requires it.
  await machine.stop('counter');
  expect(machine.unit('web').activeState).toBe('inactive');
});
