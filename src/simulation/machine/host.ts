/**
 * The other Host: virtual clock, processes that scripts drive, files in memory. Nothing here waits or forks.
 *
 *   const sim = new SimHost();
 *   sim.onSpawn = (process) => process.exit(0, 250);      // what a spawned process will do
 *   sim.advance(1000);                                    // a second passes; timers, exits and deferred calls happen in order
 *
 * In layers, each of which knows those below it: clock.ts, machine.ts (with files.ts), descriptors.ts (with streams.ts),
 * processes.ts.
 */
import type { Host } from '../../sys/host.ts';
import type { SimOptions } from './machine.ts';
import { SimProcesses } from './processes.ts';

export { SimEnded, type SimOptions } from './machine.ts';
export { SimProcess } from './processes.ts';

export class SimHost extends SimProcesses implements Host {
  constructor(options: SimOptions = {}) {
    super(options);
  }
}
