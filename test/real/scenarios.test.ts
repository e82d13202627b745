import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Container, whyNoContainer } from '../support/container.ts';
import { normalized, readExpected, readScenario } from '../support/scenario.ts';

const folder = resolve(import.meta.dirname, '../scenarios');
const reason = whyNoContainer();
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.scenario'))
  .map((name) => name.slice(0, -'.scenario'.length));
if (reason !== undefined) console.log(`scenarios left out (${names.join(', ')}): ${reason}`);

describe.skipIf(reason !== undefined)('scenarios recorded from real systemd', () => {
  // They wait most of their time.
  test.concurrent.each(names)('%s', { timeout: 300_000 }, async (name) => {
    const { files, steps } = readScenario(join(folder, `${name}.scenario`));
    const expected = join(folder, `${name}.expected`);
    expect(existsSync(expected), `${name}.expected is missing: record it from real systemd`).toBe(true);
    const container = await Container.boot(files);
    try {
      for (const want of readExpected(expected)) {
        expect(steps).toContain(want.step);
        if (want.step.startsWith('@wait ')) {
          await container.wait(want.step.slice('@wait '.length));
          continue;
        }
        const got = await container.sh(want.step);
        const seen = { step: want.step, exit: got.exit, out: normalized(got.out), err: normalized(got.err) };
        expect(seen).toEqual({ ...want, out: normalized(want.out), err: normalized(want.err) });
      }
    } finally {
      await container.end();
    }
  });
});
