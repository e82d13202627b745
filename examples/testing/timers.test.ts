// A timer: when it elapses is asked in virtual time, what its service does in real time. The unit files are the same.
import { supervise } from 'pidone';
import { simulate } from 'pidone/sim';
import { expect, test } from 'vitest';

const units = new URL('./units', import.meta.url);

test('the backup is made every night, but not in that in which 02:30 does not come', async () => {
  const sim = await simulate({ units, startTime: '2027-03-26 12:00:00', timeZone: 'Europe/Berlin' });
  await sim.start('backup.timer');
  await sim.advance('4d');
  expect(sim.unit('backup').startTimes.map((time) => time.toISOString())).toEqual([
    '2027-03-27T01:30:00.000Z',
    // In the night to the 28th the clocks go from 02:00 to 03:00: a time outside of that hour would be the better one.
    '2027-03-29T00:30:00.000Z',
    '2027-03-30T00:30:00.000Z',
  ]);
});

test('one that hangs is ended after an hour, and the next night tries again', async () => {
  let nights = 0;
  const sim = await simulate({
    units,
    programs: { 'backup.service': (p) => (++nights === 1 ? undefined : p.exit(0, { after: '10min' })) },
  });
  const backup = sim.unit('backup');
  await sim.start('backup.timer');
  await backup.waitFor({ activeState: 'failed' }, { timeout: '2d' });
  expect(backup).toMatchObject({ starts: 1, result: 'timeout' });
  await backup.waitFor({ starts: 2, activeState: 'inactive' }, { timeout: '2d' });
  expect(backup).toMatchObject({ result: 'success', exitStatus: 0 });
});

test('its service does what it should', async () => {
  await using machine = await supervise({ units });
  const backup = await machine.start('backup.service');
  expect(await backup.journal({ grep: `backed up to ${machine.paths.state}/backup` })).toHaveLength(1);
});
