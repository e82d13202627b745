/** Units without processes, which are what a job says, at once: dead ⇄ active. */
import type { Keeper } from '../kept/keeper.ts';
import { type ActiveState, type OperationResult, Unit } from './unit.ts';

export abstract class InstantUnit extends Unit {
  #state: 'dead' | 'active' = 'dead';

  override keep(k: Keeper): void {
    super.keep(k);
    this.#state = k.word('state', this.#state, { dead: 0, active: 0 });
  }

  get activeState(): ActiveState {
    return this.#state === 'active' ? 'active' : 'inactive';
  }
  get subState(): 'dead' | 'active' {
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

  protected setState(state: 'dead' | 'active'): void {
    const from = this.activeState;
    this.#state = state;
    this.changed(from, this.activeState);
  }
}
