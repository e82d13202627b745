/** A week of a calendar timer, and how long the job takes each time. */
import { simulate } from 'pidone/sim';
import { expect, it } from 'vitest';

it('the report is made on working days at half past six, and takes longer each day', async () => {
  let minutes = 0;
  const sim = await simulate({
    startTime: '2026-11-29 12:00:00', // a Sunday
    units: {
      'report.timer': { Timer: { OnCalendar: 'Mon..Fri 06:30', AccuracySec: '1s', Persistent: true } },
      'report.service': { Service: { Type: 'oneshot', ExecStart: '/usr/bin/report' } },
    },
    programs: {
      '/usr/bin/report': async (p) => {
        minutes += 10;
        p.log(`report of ${p.now.toISOString().slice(0, 10)}`);
        await p.sleep(`${minutes}min`);
        p.log('done');
        p.exit(0);
      },
    },
  });
  await sim.start('report.timer');
  await sim.advance('1w');

  const report = sim.unit('report.service');
  expect(report.startTimes.map((time) => time.toISOString())).toEqual([
    '2026-11-30T06:30:00.000Z',
    '2026-12-01T06:30:00.000Z',
    '2026-12-02T06:30:00.000Z',
    '2026-12-03T06:30:00.000Z',
    '2026-12-04T06:30:00.000Z',
  ]);
  const done = report.journal({ grep: 'done', programsOnly: true });
  expect(done.map(({ time }) => time.toISOString().slice(11, 16))).toEqual([
    '06:40',
    '06:50',
    '07:00',
    '07:10',
    '07:20',
  ]);
  expect(sim.unit('report.timer').nextElapse).toEqual(new Date('2026-12-07T06:30:00Z'));
});
