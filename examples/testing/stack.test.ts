// A whole stack, as a compose file would describe it: a target that wants everything, a migration that runs once before what
// needs it, and health that is waited for.
import { fileURLToPath } from 'node:url';
import { supervise } from 'pidone';
import { expect, test } from 'vitest';

const program = (name: string): string =>
  `${process.execPath} ${fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url))}`;

test('the stack comes up in order, and goes down in reverse', async () => {
  await using machine = await supervise({
    ports: ['web', 'counter'],
    units: {
      'stack.target': { Unit: { Wants: ['web.service', 'counter.service'], AllowIsolate: true } },
      'counter.service': {
        Unit: { PartOf: 'stack.target' },
        Service: { ExecStart: program('counter'), StateDirectory: 'counter' },
      },
      'migrate.service': {
        Unit: { Requires: 'counter.service', After: 'counter.service' },
        Service: { Type: 'oneshot', ExecStart: '/bin/sh -c "echo migrated"', RemainAfterExit: true },
      },
      'web.service': {
        Unit: { Requires: 'migrate.service', After: 'migrate.service', PartOf: 'stack.target' },
        Service: { ExecStart: program('web'), Restart: 'on-failure' },
      },
    },
  });
  const order: string[] = [];
  for (const name of ['counter', 'migrate', 'web'])
    machine.unit(name).on('change', ({ unit, to }) => {
      if (to === 'active' || to === 'inactive') order.push(`${unit} ${to}`);
    });

  await machine.start('stack.target');
  await machine.ready.http(`http://127.0.0.1:${machine.ports.web}/health`, { unit: 'web.service' });
  expect(order).toEqual(['counter.service active', 'migrate.service active', 'web.service active']);
  expect(await machine.unit('migrate').journal({ grep: 'migrated' })).toHaveLength(1);

  order.length = 0;
  await machine.stop(['stack.target', 'migrate.service']);
  await machine.unit('counter').waitFor({ activeState: 'inactive' });
  expect(order.at(0)).toBe('web.service inactive');
  expect(order.at(-1)).toBe('counter.service inactive');
});
