// Two machines that talk to each other over ports of their own: one has the database, the other the web server.
import { fileURLToPath } from 'node:url';
import { supervise } from 'pidone';
import { expect, test } from 'vitest';

const program = (name: string): string =>
  `${process.execPath} ${fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url))}`;

test('the web server of one machine uses the database of another', async () => {
  await using database = await supervise({
    ports: ['counter'],
    units: { 'counter.service': { Service: { ExecStart: program('counter'), StateDirectory: 'counter' } } },
  });
  await using front = await supervise({
    ports: ['web'],
    environment: { PORT_counter: String(database.ports.counter) },
    units: { 'web.service': { Service: { ExecStart: program('web') } } },
  });
  await Promise.all([database.start('counter'), front.start('web')]);
  await database.ready.tcp(database.ports.counter);
  const url = `http://127.0.0.1:${front.ports.web}/count`;
  await front.ready.http(url, { body: '1' });
  expect(front.unit('counter').loadState).toBe('');

  // What happens where the database is away is for the test to say.
  await database.stop('counter');
  await database.start('counter');
  await database.ready.tcp(database.ports.counter);
  expect(await (await fetch(url)).text()).toBe('2');
});
