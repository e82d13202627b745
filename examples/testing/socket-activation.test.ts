// A service that is started by the first who connects.
import { fileURLToPath } from 'node:url';
import { supervise } from 'pidone';
import { expect, test } from 'pidone/vitest';

const web = fileURLToPath(new URL('./programs/web.mjs', import.meta.url));

test('the first connection starts the service', async () => {
  await using machine = await supervise({
    ports: ['web'],
    units: ({ ports }) => ({
      'web.socket': { Socket: { ListenStream: `127.0.0.1:${ports.web}` } },
      'web.service': { Service: { ExecStart: `${process.execPath} ${web}` } },
    }),
  });
  await machine.start('web.socket');
  const service = machine.unit('web.service');
  expect(service).not.toBeActive();

  const answer = await fetch(`http://127.0.0.1:${machine.ports.web}/`);
  expect(await answer.text()).toBe('ok');
  expect(service).toBeActive();
  expect(machine.unit('web.socket').subState).toBe('running');
});
