/**
 * Units that start another one, their trigger's (Triggers=): timers and paths. What they share is how they begin, start
 * it, and end; what they wait for is their own.
 *
 *   dead ─▶ waiting ─what it waits for─▶ running ─its unit is inactive again─▶ waiting …      any ─▶ failed
 *              └─ nothing left to wait for ─▶ elapsed | dead
 */
import type { Keeper } from '../kept/keeper.ts';
import { JobError } from './job-types.ts';
import { type ActivationDetails, type ActiveState, type OperationResult, Unit } from './unit.ts';

export type TriggerState = 'dead' | 'waiting' | 'running' | 'elapsed' | 'failed';

/** Why any of them ends; types have more. */
type CommonResult = 'success' | 'resources' | 'start-limit-hit';

const activeStates: Record<TriggerState, ActiveState> = {
  dead: 'inactive',
  waiting: 'active',
  running: 'active',
  elapsed: 'active',
  failed: 'failed',
};

export abstract class Trigger<Result extends string = never> extends Unit {
  #state: TriggerState = 'dead';
  result: Result | CommonResult = 'success';

  get activeState(): ActiveState {
    return activeStates[this.#state];
  }
  get subState(): TriggerState {
    return this.#state;
  }

  override keep(k: Keeper): void {
    super.keep(k);
    this.#state = k.word('state', this.#state, activeStates);
    this.result = k.word('result', this.result);
  }

  protected override preventStart(): OperationResult | undefined {
    if (this.testStartLimit()) return undefined;
    this.enterDead('start-limit-hit');
    return 'failed';
  }

  protected startNow(): OperationResult {
    if (!this.#canTrigger()) return 'failed';
    this.acquireInvocationId();
    this.prepare();
    this.result = 'success';
    this.beginWaiting();
    return 'started';
  }

  protected stopNow(): OperationResult {
    this.enterDead('success');
    return 'started';
  }

  override resetFailed(): void {
    super.resetFailed();
    if (this.#state === 'failed') this.setState('dead');
    this.result = 'success';
  }

  /** At a start, before anything is waited for. */
  protected abstract prepare(): void;
  /** Waits, for the first time in this life. */
  protected abstract beginWaiting(): void;
  /** Puts away what is of no use in the state that has just been entered. */
  protected abstract stopWaiting(state: TriggerState): void;

  /** Its unit can be started at all; said in the log where not. */
  #canTrigger(): boolean {
    const unit = this.triggered;
    if (unit === undefined) this.log(3, 'Refusing to start, no unit to trigger.');
    else if (unit.loadState !== 'loaded') this.log(3, `Refusing to start, unit ${unit.id} to trigger not loaded.`);
    else return true;
    return false;
  }

  /** The unit that it starts; it fails where that is not there any more. */
  protected unitToTrigger(): Unit | undefined {
    const unit = this.triggered;
    if (unit !== undefined) return unit;
    this.log(3, 'Unit to trigger vanished.');
    this.enterDead('resources');
    return undefined;
  }

  /** Starts its unit, which is told why: TRIGGER_… of systemd.exec(5). False where it can't be; then it has failed. */
  protected trigger(environment: ActivationDetails['environment']): boolean {
    const unit = this.unitToTrigger();
    if (unit === undefined) return false;
    try {
      this.manager.jobs.add('start', unit, 'replace', { triggerUnit: this.id, environment });
      return true;
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      this.log(4, `Failed to queue unit startup job: ${error.message}`);
      this.enterDead('resources');
      return false;
    }
  }

  protected enterDead(result: Result | CommonResult): void {
    if (this.result === 'success') this.result = result;
    this.logResult(this.result);
    this.setState(this.result === 'success' ? 'dead' : 'failed');
  }

  protected setState(state: TriggerState): void {
    const from = this.activeState;
    this.#state = state;
    this.stopWaiting(state);
    this.changed(from, this.activeState);
  }
}
