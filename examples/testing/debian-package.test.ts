// The unit files of a Debian package, as they lie in its debian/ directory: read, played in virtual time as on an installed
// system, and run for real with the program that was just built, by a drop-in, without installing anything.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JobFailed, supervise, type UnitTexts } from 'pidone';
import { simulate } from 'pidone/sim';
import { expect, test } from 'vitest';

const debian = new URL('./debian', import.meta.url);
const program = fileURLToPath(new URL('./programs/reportd', import.meta.url));

test('systemd-analyze has nothing to say of them', async () => {
  const sim = await simulate({ units: debian });
  const names = ['reportd.service', 'reportd-clean.service', 'reportd-clean.timer'];
  const { stdout, stderr, status } = await sim.command('systemd-analyze', 'verify', '--man=no', ...names);
  expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: '', status: 0 });
});

test('after an installation they are enabled, come up at boot, and come back after a crash', async () => {
  const enable = ['reportd.service', 'reportd-clean.timer'];
  const sim = await simulate({ units: debian, enable, boot: 'multi-user.target', startTime: '2026-12-01 22:00:00' });
  const daemon = sim.unit('reportd.service');
  expect(daemon).toMatchObject({ activeState: 'active', subState: 'running' });
  await daemon.kill('SIGSEGV', { whom: 'main' });
  await daemon.waitFor({ activeState: 'active', nRestarts: 1 }, { timeout: '6s' });

  expect(sim.unit('reportd-clean.timer').nextElapse).toEqual(new Date('2026-12-02T03:15:00Z'));
  await sim.advance('1d');
  expect(sim.unit('reportd-clean.service')).toMatchObject({ starts: 1, result: 'success' });
});

/** What the program that was built needs in place of one that is installed: its path, no account of its own, its settings. */
const asBuilt = (configuration: string): UnitTexts => ({
  'reportd.service.d/as-built.conf': {
    Service: {
      User: '',
      Environment: `REPORTD_CONFIG=${configuration}`,
      ExecStartPre: ['', `${program} --check`],
      ExecStart: ['', program],
    },
  },
});

test('the daemon that was built runs by its unit file, and a wrong configuration is said at its start', async () => {
  await using machine = await supervise({
    units: ({ directory }) => [asBuilt(join(directory, 'reportd.conf')), debian],
  });
  const configuration = join(machine.directory, 'reportd.conf');
  writeFileSync(configuration, '# nothing yet\n');
  const failure = await machine.start('reportd').catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(JobFailed);
  expect((failure as JobFailed).message).toContain('reportd.conf: no directory=');

  writeFileSync(configuration, 'directory=/srv/reports\n');
  await machine.start('reportd');
  await machine.ready.log('reportd', `state in ${machine.paths.runtime}/reportd`);
  expect(await machine.leftovers()).toEqual([]);
});
