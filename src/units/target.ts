/** Targets group units (systemd.target(5)). */
import { InstantUnit } from './instant.ts';
import type { JobResult, JobType } from './job-types.ts';
import type { UnitManager } from './unit.ts';

export class Target extends InstantUnit {
  constructor(manager: UnitManager, name: string) {
    super(manager, 'target', name);
  }

  override jobDoneMessage(type: JobType, result: JobResult): string | undefined {
    if (type === 'start' && result === 'done') return 'Reached target %s.';
    if ((type === 'stop' || type === 'restart') && result === 'done') return 'Stopped target %s.';
    return super.jobDoneMessage(type, result);
  }
}
