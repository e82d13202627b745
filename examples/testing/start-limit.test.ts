// A service that never comes up is given up, and the error says why. The fixture makes the machine, and prints what became
// of its units where a test fails.
import { JobFailed } from 'pidone';
import { test as base, expect } from 'pidone/vitest';

const test = base.extend({ machineOptions: { units: new URL('./units', import.meta.url) } });

test('a broken service is given up after three starts', async ({ machine }) => {
  const broken = machine.unit('broken.service');
  await broken.start();
  await broken.waitFor({ activeState: 'failed' });

  expect(broken).toHaveFailedWith({ status: 78 });
  expect(broken).not.toBeActive();
  await expect(broken).toHaveLogged('Start request repeated too quickly.');
  expect(await broken.journal({ grep: 'no configuration', programsOnly: true })).toHaveLength(3);

  const failure = await broken.start().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(JobFailed);
  expect((failure as JobFailed).message).toMatch(
    /^Failed to start broken\.service: .*Start request repeated too quickly/s,
  );
});
