/**
 * `pidone/sim`: unit files in virtual time. The state machines are those that run services; time, processes and files are
 * simulated, so that hours cost milliseconds and nothing is left behind.
 *
 *   const sim = await simulate({ units: './units', programs: { '/usr/bin/backup': (p) => p.exit(0, { after: '5min' }) } });
 *   await sim.start('backup.timer');
 *   await sim.advance('1d');
 *   expect(sim.unit('backup.service').starts).toBe(1);
 *
 *   api.ts                 what its users see
 *   simulation.ts, unit.ts, journal.ts        a simulation, its units, its journal
 *   program.ts, defaults.ts                   what scripts may do; what programs without a script do
 *   simulated-machine.ts   the system behind it: files, programs, accounts (base-units.ts, bus.ts, zones.ts, refused.ts)
 *   system.ts, call.ts     a manager on a simulated Host, and calls of programs: also what pidone's own tests are made of
 *   explore.ts, events.ts, shrink.ts, random.ts   random exploration
 *   moment.ts, errors.ts   moments as texts, what is thrown; what `pidone` has, too, is in src/terms/
 */
import type { Exploration, ExploreOptions, SimulateOptions, Simulation } from './api.ts';
import { explore as exploreWith } from './explore.ts';
import { begin } from './simulation.ts';

export { CommandFailed, InvalidOption, JobFailed, UnitFailed, WaitTimeout } from '../terms/errors.ts';
export type * from './api.ts';
export { CannotSimulate, InvariantBroken } from './errors.ts';

/**
 * Makes a simulated machine, and resolves when it has booted: `basic.target` is up, and none of the units given is started.
 * Throws InvalidOption for what is no unit, program or moment, and what the file system says of a directory that can't be read
 * (`code` ENOENT …).
 */
export function simulate(options: SimulateOptions = {}): Promise<Simulation> {
  return begin(options);
}

/**
 * Plays failures, delays and orders that seeds draw, each seed on a machine of its own. Throws InvariantBroken, with the seed
 * and the fewest events after which the invariant does not hold; errors of scripts, and CannotSimulate, as they are.
 */
export function explore(options: SimulateOptions & ExploreOptions): Promise<Exploration> {
  return exploreWith(options, begin);
}
