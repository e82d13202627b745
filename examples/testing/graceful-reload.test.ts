// A reload changes what a service does, and not which process does it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { supervise } from 'pidone';
import { expect, test } from 'vitest';

const web = fileURLToPath(new URL('./programs/web.mjs', import.meta.url));

test('the configuration is read again', async () => {
  await using machine = await supervise({
    ports: ['web'],
    units: ({ directory }) => ({
      'web.service': {
        Service: {
          ExecStart: `${process.execPath} ${web}`,
          ExecReload: '/bin/kill -HUP $MAINPID',
          Environment: `CONFIG=${join(directory, 'web.conf')}`,
        },
      },
    }),
  });
  const configuration = join(machine.directory, 'web.conf');
  const url = `http://127.0.0.1:${machine.ports.web}/config`;
  writeFileSync(configuration, 'first\n');
  const service = await machine.start('web');
  await machine.ready.http(url, { body: 'first' });
  const { mainPid } = service;

  writeFileSync(configuration, 'second\n');
  await service.reload();
  await machine.ready.log('web', 'reloaded: second');
  await machine.ready.http(url, { body: 'second' });
  expect(service.mainPid).toBe(mainPid);
  expect(service.nRestarts).toBe(0);
});
