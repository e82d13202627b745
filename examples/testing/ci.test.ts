// In CI nobody can look: what explains a failed test is kept as a file, which ci/github.yml keeps with the run. Bounds are
// longer there, for a busy machine is slow and not broken.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Machine, type SuperviseOptions, supervise } from 'pidone';
import { test as base, expect } from 'vitest';

/** Of a machine of a test that has failed: what became of its units, and its whole journal. */
async function keep(machine: Machine, test: string, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const lines = (await machine.journal()).map(
    ({ time, identifier, message }) => `${time.toISOString()} ${identifier}: ${message}\n`,
  );
  const name = `${test.replaceAll(/\W+/g, '-')}.txt`;
  writeFileSync(join(directory, name), `${await machine.report()}\n${lines.join('')}`);
}

const reports = process.env.REPORTS ?? 'reports';
const patience: SuperviseOptions = process.env.CI === undefined ? {} : { startTimeout: '2min', stopTimeout: '30s' };

const test = base.extend<{ machine: Machine }>({
  machine: async ({ task }, use) => {
    await using machine = await supervise({ ...patience, units: new URL('./units', import.meta.url) });
    await use(machine);
    if (task.result?.state === 'fail') await keep(machine, task.name, reports);
  },
});

test('a machine comes up here as well', async ({ machine }) => {
  const worker = await machine.start('worker');
  expect(worker.activeState).toBe('active');
});

test('what is kept of a failed test says what was wrong', async ({ machine }) => {
  const directory = mkdtempSync(join(tmpdir(), 'reports-'));
  try {
    await machine.start('broken');
    await machine.unit('broken').waitFor({ activeState: 'failed' });
    await keep(machine, 'a test, say', directory);
    expect(readdirSync(directory)).toEqual(['a-test-say.txt']);
    const text = readFileSync(join(directory, 'a-test-say.txt'), 'utf8');
    expect(text).toMatch(/broken\.service - Never comes up/);
    expect(text).toMatch(/sh: no configuration/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
