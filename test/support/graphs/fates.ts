/** What the programs of random graphs do; what they are called with says the rest. */
import type { SimProcess } from '../../../src/simulation/machine/processes.ts';

const numbers = (process: SimProcess): number[] => (process.request?.argv ?? []).slice(1).map(Number);

export const programs: Readonly<Record<string, (process: SimProcess) => void>> = {
  stays: () => {},
  /** STATUS MS */
  ends: (process) => {
    const [status = 0, ms = 0] = numbers(process);
    process.exit(status, ms);
  },
  /** SIGNAL MS */
  kills: (process) => {
    const [signal = 9, ms = 0] = numbers(process);
    process.die(signal, ms);
  },
  /** MS: a daemon, and the command that made it ends. */
  forks: (process) => {
    process.daemonize();
    process.exit(0, numbers(process)[0]);
  },
  /** MS: says when it is ready, and that it reloads when it is asked to. */
  notifies: (process) => {
    process.sim.schedule(numbers(process)[0] ?? 0, () => process.alive && process.notify('READY=1'));
    process.handlers.set(1, () => process.notify(`RELOADING=1\nMONOTONIC_USEC=${2 ** 50}\nREADY=1`));
  },
  stubborn: (process) => {
    for (const signal of [1, 6, 15]) process.ignores.add(signal);
  },
  /** MS: ends before a child of its own, which takes no notice of a polite end. */
  leaves: (process) => {
    for (const signal of [1, 15]) process.fork().ignores.add(signal);
    process.exit(0, numbers(process)[0]);
  },
};
