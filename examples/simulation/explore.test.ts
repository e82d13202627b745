/** What nobody thought of: failures, delays and orders at random, until a rule does not hold; then the shortest way to it. */
import { explore, type InvariantBroken, type Simulation, simulate, type UnitTexts } from 'pidone/sim';
import { expect, it } from 'vitest';

/** A worker must never run without its database. */
const workerHasDatabase = (sim: Simulation): string | undefined => {
  const [worker, database] = [sim.unit('worker.service'), sim.unit('database.service')];
  // While it stops it may still see the database go.
  if (worker.activeState !== 'active' || worker.subState !== 'running') return undefined;
  return database.activeState === 'active' ? undefined : `worker runs, and database is ${database.activeState}`;
};

const units = (tie: { Wants: string } | { BindsTo: string }): UnitTexts => ({
  'worker.service': {
    Unit: { ...tie, After: 'database.service' },
    Service: { ExecStart: '/usr/bin/worker' },
  },
  'database.service': { Service: { Type: 'notify', ExecStart: '/usr/bin/database', TimeoutStartSec: '20s' } },
  'cron.service': { Service: { ExecStart: '/usr/bin/cron' } },
});

it('Wants= is not enough, and exploration says why in one event', async () => {
  const error = await explore({
    units: units({ Wants: 'database.service' }),
    seeds: 200,
    invariant: workerHasDatabase,
  }).catch((e) => e);
  expect(error.message).toContain('worker runs, and database is');
  const { seed, events } = error as InvariantBroken;
  expect(seed).toBeGreaterThan(0);
  expect(events).toHaveLength(1);

  // What it found is a test of its own, which stays.
  const sim = await simulate({ units: units({ Wants: 'database.service' }) });
  await sim.start(['worker.service', 'database.service']);
  await sim.play(events);
  await sim.advance('1min');
  expect(workerHasDatabase(sim)).toBeDefined();
});

it('BindsTo= and After= are', async () => {
  const { seeds, looks } = await explore({
    units: units({ BindsTo: 'database.service' }),
    seeds: 40,
    invariant: workerHasDatabase,
  });
  expect(seeds).toBe(40);
  expect(looks).toBeGreaterThan(40);
});
