/**
 * Targets group units (systemd.target(5)): dead ⇄ active, at once, whenever a job says so.
 */
import type { JobResult, JobType } from './job-types.ts';
import { type ActiveState, type OperationResult, Unit, type UnitManager } from './unit.ts';

export class Target extends Unit {
  #state: 'dead' | 'active' = 'dead';

  constructor(manager: UnitManager, name: string) {
    super(manager, 'target', name);
  }

  get activeState(): ActiveState {
    return this.#state === 'active' ? 'active' : 'inactive';
  }
  get subState(): string {
    return this.#state;
  }

  protected startNow(): OperationResult {
    this.acquireInvocationId();
    this.setState('active');
    return 'started';
  }
  protected stopNow(): OperationResult {
    this.setState('dead');
    return 'started';
  }

  /** Also for a manager that comes up where the target has been reached before it. */
  setState(state: 'dead' | 'active'): void {
    const from = this.activeState;
    this.#state = state;
    this.changed(from, this.activeState);
  }

  override jobDoneMessage(type: JobType, result: JobResult): string | undefined {
    if (type === 'start' && result === 'done') return 'Reached target %s.';
    if ((type === 'stop' || type === 'restart') && result === 'done') return 'Stopped target %s.';
    return super.jobDoneMessage(type, result);
  }
}
