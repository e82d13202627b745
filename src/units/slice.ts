/** Slices are names in the tree of units (systemd.slice(5)). Resources are the container engine's. */
import { InstantUnit } from './instant.ts';
import type { JobResult, JobType } from './job-types.ts';
import type { UnitManager } from './unit.ts';

export class Slice extends InstantUnit {
  constructor(manager: UnitManager, name: string) {
    super(manager, 'slice', name);
  }

  override coldplug(): void {
    if (this.perpetual && this.subState === 'dead') this.setState('active');
  }

  override jobDoneMessage(type: JobType, result: JobResult): string | undefined {
    if (type === 'start' && result === 'done') return 'Created slice %s.';
    if ((type === 'stop' || type === 'restart') && result === 'done') return 'Removed slice %s.';
    return super.jobDoneMessage(type, result);
  }
}
