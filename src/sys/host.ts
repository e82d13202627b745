/**
 * The seam between pidone and the machine. Everything above `src/sys/` receives a Host; nothing else reads the
 * clock, spawns, kills, opens a socket or touches a file. `RealHost` is the kernel, `SimHost` (src/simulation/machine/) is
 * virtual time with simulated processes.
 *
 * What there is of it lies in host/, a file a concern; it is imported from here.
 */
import type { Voice } from '../voice/voice.ts';
import type { Accounts } from './host/accounts.ts';
import type { Clock } from './host/clock.ts';
import type { Descriptors } from './host/descriptors.ts';
import type { Files, FileWatches } from './host/files.ts';
import type { Machine } from './host/machine.ts';
import type { Processes } from './host/processes.ts';
import type { Sockets } from './host/sockets.ts';

export type * from './host/accounts.ts';
export type * from './host/clock.ts';
export { DeadMountError } from './host/dead-mount-error.ts';
export type * from './host/descriptors.ts';
export { SystemError } from './host/error.ts';
export { FileTypeError } from './host/file-type-error.ts';
export type * from './host/files.ts';
export type * from './host/machine.ts';
export type * from './host/processes.ts';
export type * from './host/sockets.ts';
export type * from './host/spawn.ts';

export interface Host extends Clock, FileWatches, Processes, Sockets, Descriptors, Accounts, Machine {
  readonly files: Files;
  /** How systemd speaks here: as the release that belongs to the image. Never changes. */
  readonly voice: Voice;
}
