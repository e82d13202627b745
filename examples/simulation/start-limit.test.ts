/** A service that fails again and again is given up: five starts in ten minutes, the sixth is refused. */
import { simulate } from 'pidone/sim';
import { expect, it } from 'vitest';

it('the importer is given up after five starts in ten minutes', async () => {
  const sim = await simulate({
    units: {
      'importer.service': {
        Unit: { StartLimitIntervalSec: '10min', StartLimitBurst: 5 },
        Service: { ExecStart: '/usr/bin/importer', Restart: 'always', RestartSec: '1min 30s' },
      },
    },
    programs: { '/usr/bin/importer': (p) => p.exit(1, { after: '10s' }) },
  });
  const importer = sim.unit('importer.service');
  await sim.start('importer.service');

  await sim.advance('5min 15s');
  expect(importer).toMatchObject({ starts: 4, nRestarts: 3, subState: 'auto-restart' });

  await importer.waitFor({ activeState: 'failed' });
  // Its result is still that of its last end, as with systemd.
  expect(importer).toMatchObject({ starts: 5, result: 'exit-code', exitStatus: 1 });
  expect(importer.journal({ grep: 'repeated too quickly' })).toHaveLength(1);

  await sim.advance('10min');
  await importer.start();
  expect(importer.activeState).toBe('active');
});
