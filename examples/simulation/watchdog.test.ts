/** A service that hangs gives no sign of life: it is killed, and started again. */
import { simulate } from 'pidone/sim';
import { expect, it } from 'vitest';

it('the server that hangs after an hour is restarted by its watchdog', async () => {
  const sim = await simulate({
    units: {
      'server.service': `
        [Service]
        Type=notify
        ExecStart=/usr/bin/server
        WatchdogSec=30s
        Restart=on-watchdog
        RestartSec=2s
      `.replaceAll(/^ +/gm, ''),
    },
    programs: {
      '/usr/bin/server': (p) => {
        p.ready({ after: '1s' });
        const hangs = new Date(p.now.getTime() + 3_600_000);
        p.every('10s', () => {
          if (p.now < hangs) p.notify('WATCHDOG=1');
        });
      },
    },
  });
  const server = sim.unit('server.service');
  await server.start();
  await sim.advance('1h');
  expect(server).toMatchObject({ activeState: 'active', nRestarts: 0 });

  await server.waitFor({ nRestarts: 1, activeState: 'active' }, { timeout: '1min' });
  expect(server.journal({ grep: /Watchdog timeout/ })).toHaveLength(1);
  expect(server.startTimes.at(-1)!.getTime() - server.startTimes[0]!.getTime()).toBeLessThan(3_600_000 + 40_000);
});
