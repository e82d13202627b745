// What a service logs, as it comes: priorities, fields, and an order that is asserted without a sleep.
import { supervise } from 'pidone';
import { expect, test } from 'vitest';

test('a job logs its steps, and warns once', async () => {
  await using machine = await supervise({
    units: {
      'job.service': {
        Service: {
          Type: 'oneshot',
          // A number in angle brackets is the priority of a line (sd-daemon(3)).
          ExecStart: `/bin/sh -c 'echo "step 1"; echo "<4>low on space"; echo "step 2"; echo "<7>details"'`,
        },
      },
    },
  });
  const job = machine.unit('job.service');
  const live: string[] = [];
  job.on('log', ({ message }) => live.push(message));
  await job.start();

  const steps = await job.journal({ grep: /^step \d$/, programsOnly: true });
  expect(steps.map(({ message }) => message)).toEqual(['step 1', 'step 2']);
  const [warning, ...more] = await job.journal({ priority: 4 });
  expect(more).toEqual([]);
  expect(warning).toMatchObject({ message: 'low on space', identifier: 'sh', unit: 'job.service' });
  expect(warning?.fields._SYSTEMD_INVOCATION_ID).toBe(job.invocationId);

  await expect.poll(() => live).toContain('step 2');
  expect(live.indexOf('step 1')).toBeLessThan(live.indexOf('low on space'));
});
