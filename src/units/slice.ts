/** Slices are names in the tree of units (systemd.slice(5)): dead ⇄ active. Resources are the container engine's. */
import type { JobResult, JobType } from './job-types.ts';
import { type ActiveState, type OperationResult, Unit, type UnitManager } from './unit.ts';

export class Slice extends Unit {
  #state: 'dead' | 'active' = 'dead';

  constructor(manager: UnitManager, name: string) {
    super(manager, 'slice', name);
  }

  get activeState(): ActiveState {
    return this.#state === 'active' ? 'active' : 'inactive';
  }
  get subState(): string {
    return this.#state;
  }

  override coldplug(): void {
    if (this.perpetual && this.#state === 'dead') this.#setState('active');
  }

  protected startNow(): OperationResult {
    this.acquireInvocationId();
    this.#setState('active');
    return 'started';
  }
  protected stopNow(): OperationResult {
    this.#setState('dead');
    return 'started';
  }

  #setState(state: 'dead' | 'active'): void {
    const from = this.activeState;
    this.#state = state;
    this.changed(from, this.activeState);
  }

  override jobDoneMessage(type: JobType, result: JobResult): string | undefined {
    if (type === 'start' && result === 'done') return 'Created slice %s.';
    if ((type === 'stop' || type === 'restart') && result === 'done') return 'Removed slice %s.';
    return super.jobDoneMessage(type, result);
  }
}
