/**
 * pidone as a library: real services, supervised as systemd does, in a test or on a developer's machine.
 *
 *   supervise.ts     a machine: its directory (home.ts), free ports (ports.ts), its manager's process (manager.ts)
 *   machine.ts       what a test asks of it; unit.ts: of a unit; ready.ts: waiting until something can be used
 *   calls.ts         the manager's answers, and what it tells as it happens (listeners.ts, entries.ts)
 *   api.ts           everything public, with the words that `pidone/sim` has, too (src/terms/); errors.ts: what goes wrong
 *   vitest.ts        `pidone/vitest`: a fixture and matchers
 *
 * It is a client of the manager, which is another process: nothing of the manager is in this one, and this one's children and
 * signals are its own.
 */

export { CommandFailed, InvalidOption, JobFailed, UnitFailed, WaitTimeout } from '../terms/errors.ts';
export type * from './api.ts';
export { MachineEnded } from './errors.ts';
export { supervise } from './supervise.ts';
