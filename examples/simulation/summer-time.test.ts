/** A timer at three in the morning, in the nights in which the clocks are changed. */
import { simulate, type UnitTexts } from 'pidone/sim';
import { expect, it } from 'vitest';

const units: UnitTexts = {
  'backup.timer': { Timer: { OnCalendar: '*-*-* 03:00:00', AccuracySec: 1 } },
  'backup.service': { Service: { Type: 'oneshot', ExecStart: '/usr/bin/backup' } },
};
const timeZone = 'Europe/Berlin';

it('in the night to summer time, 03:00 comes one hour after 01:00', async () => {
  const sim = await simulate({ units, timeZone, startTime: '2027-03-28 01:00:00' });
  await sim.start('backup.timer');
  await sim.advanceTo('2027-03-28 01:59:59');
  expect(sim.unit('backup.service').starts).toBe(0);
  await sim.advance('1s');
  expect(sim.unit('backup.service').startTimes).toEqual([new Date('2027-03-28T01:00:00Z')]);
});

it('in the night to winter time it runs once, though the night has 25 hours', async () => {
  const sim = await simulate({ units, timeZone, startTime: '2027-10-30 12:00:00' });
  await sim.start('backup.timer');
  await sim.advanceTo('2027-10-31 12:00:00');
  expect(sim.elapsedMs).toBe(25 * 3_600_000);
  expect(sim.unit('backup.service').startTimes).toEqual([new Date('2027-10-31T02:00:00Z')]);
});
