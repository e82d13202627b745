#!/usr/bin/env node
/**
 * `node bench/simulation.mjs`: how fast `pidone/sim` is, from the sources. Two figures: unit events a second (`sim.events`) of
 * twenty services that come and go, and how long exploring a graph of ten
 * units takes. Nothing but Node is needed.
 */
import { pathToFileURL } from 'node:url';
import { importSource } from '../scripts/source.mjs';

/** Ten units that need each other: four pairs of a service and what it is bound to, a front end, a target. */
function tenUnits() {
  const units = { 'all.target': { Unit: { Wants: ['front.service'] } } };
  units['front.service'] = {
    Unit: { Requires: ['a0.service', 'a1.service'], After: ['a0.service', 'a1.service'] },
    Service: { Type: 'notify', ExecStart: '/usr/bin/front', Restart: 'on-failure', RestartSec: '1s' },
  };
  for (let i = 0; i < 4; i++) {
    units[`a${i}.service`] = {
      Unit: { BindsTo: `b${i}.service`, After: `b${i}.service`, Wants: `a${(i + 1) % 4}.service` },
      Service: { ExecStart: '/usr/bin/a', Restart: 'always', RestartSec: '500ms' },
    };
    units[`b${i}.service`] = {
      Unit: { PartOf: 'all.target', StartLimitIntervalSec: '10s', StartLimitBurst: 5 },
      Service: { Type: i % 2 === 0 ? 'simple' : 'forking', ExecStart: '/usr/bin/b', Restart: 'on-failure' },
    };
  }
  return units;
}

/** Services that end every second, and are started again. */
function comingAndGoing() {
  const units = {};
  for (let i = 0; i < 20; i++)
    units[`s${i}.service`] = {
      Unit: { StartLimitIntervalSec: 0 },
      Service: { ExecStart: '/usr/bin/s', Restart: 'always', RestartSec: '1s' },
    };
  return units;
}

/** Both figures; `seconds` of virtual time for the first, `seeds` for the second. */
export async function measureSimulation({ seconds = 2000, seeds = 1000 } = {}) {
  const { simulate, explore } = await importSource(`export * from './src/simulation/simulate.ts';`);
  const units = comingAndGoing();
  const sim = await simulate({ units, programs: { '/usr/bin/s': (p) => p.exit(0, { after: '1s' }) } });
  await sim.start(Object.keys(units));
  await sim.advance('20s');
  const before = sim.events;
  let began = performance.now();
  await sim.advance(`${seconds}s`);
  const eventsPerSecond = ((sim.events - before) / (performance.now() - began)) * 1000;

  began = performance.now();
  const { events } = await explore({ units: tenUnits(), seeds, invariant: () => true });
  const exploreSeconds = (performance.now() - began) / 1000;
  return { eventsPerSecond, exploreSeconds, events };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { eventsPerSecond, exploreSeconds, events } = await measureSimulation();
  console.log(`simulation: ${Math.round(eventsPerSecond)} unit events a second (aim: 100,000)`);
  console.log(`exploration: ${exploreSeconds.toFixed(1)} s for 1,000 seeds of ten units, ${events} events (aim: 30 s)`);
}
