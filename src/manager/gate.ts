/** Who lets jobs in, and those that wait run: not a manager that has crashed too often, and not one that is about to end. */
import type { JobGate } from '../jobs/engine.ts';
import { JobError, type JobMode } from '../units/job-types.ts';
import type { Crashes } from './crashes.ts';
import type { Shutdown } from './shutdown.ts';

export interface GateContext {
  readonly crashes: Pick<Crashes, 'isOpen' | 'check'>;
  readonly shutdown: Pick<Shutdown, 'isEnding'>;
}

/** Parts that are made later than the jobs are asked when it matters. */
export const gateOf = (context: GateContext): JobGate => ({
  get isOpen() {
    return context.crashes.isOpen && !context.shutdown.isEnding;
  },
  check(mode: JobMode) {
    if (context.shutdown.isEnding)
      throw new JobError(
        'org.freedesktop.systemd1.ShuttingDown',
        'The manager has stopped everything and is about to end.',
      );
    context.crashes.check(mode);
  },
});
