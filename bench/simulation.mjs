#!/usr/bin/env node
/**
 * `node bench/simulation.mjs`: how fast `pidone/sim` is, from the sources. Unit events a second (`sim.events`) of
 * twenty services that give signs of life and of twenty that end and are started again, and how long exploring a graph of ten
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

const twenty = (unit) => Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`s${i}.service`, unit]));

/** Services that end every second, and are started again: jobs, processes and log entries each time. */
const comingAndGoing = twenty({
  Unit: { StartLimitIntervalSec: 0 },
  Service: { ExecStart: '/usr/bin/s', Restart: 'always', RestartSec: '1s' },
});
/** Services that run, and give signs of life. */
const alive = twenty({ Service: { Type: 'notify', ExecStart: '/usr/bin/alive', WatchdogSec: '1s' } });

/** Unit events (`sim.events`) in a second of a processor while `seconds` of virtual time pass. */
async function eventsPerSecond(simulate, units, seconds) {
  const sim = await simulate({ units, programs: { '/usr/bin/s': (p) => p.exit(0, { after: '1s' }) } });
  await sim.start(Object.keys(units));
  await sim.advance('20s');
  const before = sim.events;
  const began = process.cpuUsage();
  await sim.advance(`${seconds}s`);
  return (sim.events - before) / cpuSeconds(began);
}

function cpuSeconds(began) {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}

/** Rows: what, unit, figure, peers, aim. Times are those of a processor. */
export async function simulationFigures({ seeds = 1000 } = {}) {
  const { simulate, explore } = await importSource(`export * from './src/simulation/simulate.ts';`);
  const signsOfLife = await eventsPerSecond(simulate, alive, 10_000);
  const restarts = await eventsPerSecond(simulate, comingAndGoing, 1000);
  const began = process.cpuUsage();
  await explore({ units: tenUnits(), seeds, invariant: () => true });
  return [
    ['events of services that give signs of life', '/s', signsOfLife, {}, '≥ 100,000'],
    ['events of services that end and are started again', '/s', restarts, {}, '≥ 100,000'],
    [`exploring ten units with ${seeds} seeds`, 's', cpuSeconds(began), {}, '≤ 30 s'],
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  for (const [what, unit, figure, , aim] of await simulationFigures())
    console.log(`${what}: ${Number(figure.toPrecision(3))} ${unit} (aim: ${aim})`);
