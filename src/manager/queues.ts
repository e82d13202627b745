/**
 * Units to look at once what is going on now is over, and before any job runs: those that others uphold (Upholds=), that
 * are bound to what has gone (BindsTo=), or that may not be needed any more (StopWhenUnneeded=), in this order, of each
 * kind the last one first. What is then of no use is forgotten.
 */
import type { JobEngine } from '../jobs/engine.ts';
import type { Keeper } from '../kept/keeper.ts';
import type { Host, Timer } from '../sys/host.ts';
import { isActiveOrReloading, isInactiveOrFailed, type Unit } from '../units/unit.ts';

export interface QueuesContext {
  readonly host: Pick<Host, 'after' | 'monotonic'>;
  readonly guard: { defer(callback: () => void): void };
  readonly jobs: Pick<JobEngine, 'tryAdd'>;
  readonly units: { collectGarbage(): void };
  /** All has been looked at. */
  onQuiet(): void;
}

export class UnitQueues {
  readonly #context: QueuesContext;
  readonly #unneeded = new Stack();
  readonly #upheld = new Stack();
  readonly #bound = new Stack();
  #isScheduled = false;
  readonly #retryTimers = new Map<Unit, Timer>();

  constructor(context: QueuesContext) {
    this.#context = context;
  }

  mayBeUnneeded(unit: Unit): void {
    this.#unneeded.add(unit);
    this.schedule();
  }
  mayBeUpheld(unit: Unit): void {
    this.#upheld.add(unit);
    this.schedule();
  }
  mayBeUnbound(unit: Unit): void {
    this.#bound.add(unit);
    this.schedule();
  }

  keep(k: Keeper, unitOf: (name: string) => Unit): void {
    for (const [name, queue] of Object.entries({
      unneeded: this.#unneeded,
      upheld: this.#upheld,
      bound: this.#bound,
    })) {
      const units = k.plain(name, queue.names);
      if (k.isReading) for (const unit of units) queue.add(unitOf(unit));
    }
    for (const name of k.plain(
      'retried',
      [...this.#retryTimers].map(([unit]) => unit.id),
    ))
      if (k.isReading) this.#retryLater(unitOf(name));
    if (k.flag('isScheduled', this.#isScheduled) && k.isReading) this.schedule();
  }

  /** Something is yet to be looked at. */
  get isBusy(): boolean {
    return this.#isScheduled;
  }

  /** Looks soon. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#context.guard.defer(() => this.flush());
  }

  /** Looks now, where there is something to look at. */
  flush(): void {
    if (!this.#isScheduled) return;
    this.#isScheduled = false;
    while (this.#startUpheld() || this.#stopUnbound() || this.#stopUnneeded()) {
      // What one of them does may be something for those before it.
    }
    this.#context.units.collectGarbage();
    this.#context.onQuiet();
  }

  #startUpheld(): boolean {
    return this.#upheld.drain((unit) => {
      const culprit = upheldBy(unit);
      if (culprit === undefined) return;
      const text = `Unit needs to be started because active unit ${culprit.id} upholds it, but not starting`;
      if (this.#mayAct(unit, text)) this.#context.jobs.tryAdd('start', unit, 'fail', 'start');
    });
  }

  #stopUnbound(): boolean {
    return this.#bound.drain((unit) => {
      const culprit = boundToInactive(unit);
      if (culprit === undefined) return;
      const text = `Unit needs to be stopped because it is bound to inactive unit ${culprit.id} it, but not stopping`;
      if (this.#mayAct(unit, text)) this.#context.jobs.tryAdd('stop', unit, 'replace', 'stop');
    });
  }

  #stopUnneeded(): boolean {
    return this.#unneeded.drain((unit) => {
      if (isUnneeded(unit) && this.#mayAct(unit, 'Unit not needed anymore, but not stopping'))
        this.#context.jobs.tryAdd('stop', unit, 'fail', 'stop');
    });
  }

  /** Automatic starts and stops are limited; past the limit the unit is looked at again when the window is over. */
  #mayAct(unit: Unit, text: string): boolean {
    const { host } = this.#context;
    const limit = unit.autoStartStopLimit;
    if (limit.below(host.monotonic())) return true;
    unit.log(4, `${text} since we tried this too often recently. Will retry later.`);
    this.#retryLater(unit);
    return false;
  }

  #retryLater(unit: Unit): void {
    if (this.#retryTimers.has(unit)) return;
    const { host } = this.#context;
    const retry = (): void => {
      this.#retryTimers.delete(unit);
      // Whichever queue it was in: it may have been held back in any since.
      for (const queue of [this.#unneeded, this.#upheld, this.#bound]) queue.add(unit);
      this.schedule();
    };
    this.#retryTimers.set(unit, host.after(Math.max(0, unit.autoStartStopLimit.end - host.monotonic()), retry));
  }
}

/** Units that wait, each once. */
class Stack {
  readonly #units: Unit[] = [];
  readonly #members = new Set<Unit>();

  get names(): string[] {
    return this.#units.map(({ id }) => id);
  }

  add(unit: Unit): void {
    if (this.#members.has(unit)) return;
    this.#members.add(unit);
    this.#units.push(unit);
  }

  /** Until none is left, those included that come meanwhile; false where there was none. */
  drain(look: (unit: Unit) => void): boolean {
    if (this.#units.length === 0) return false;
    for (let unit = this.#units.pop(); unit !== undefined; unit = this.#units.pop()) {
      this.#members.delete(unit);
      look(unit);
    }
    return true;
  }
}

/** systemd.unit(5), StopWhenUnneeded=. */
function isUnneeded(unit: Unit): boolean {
  if (!unit.loaded.unit.StopWhenUnneeded) return false;
  if (unit.activeState !== 'active' || unit.job !== undefined) return false;
  for (const other of unit.related('pinsWhenUnneeded'))
    if (other.job !== undefined || !isInactiveOrFailed(other.activeState) || other.willRestart) return false;
  return true;
}

/** systemd.unit(5), Upholds=: an active unit wants this one up at all times. */
function upheldBy(unit: Unit): Unit | undefined {
  if (!isInactiveOrFailed(unit.activeState) || unit.satisfiesOthers || unit.job !== undefined) return undefined;
  for (const other of unit.related('startSteadily'))
    if (other.job === undefined && isActiveOrReloading(other.activeState)) return other;
  return undefined;
}

/** systemd.unit(5), BindsTo=: active, but what it is bound to is not. */
function boundToInactive(unit: Unit): Unit | undefined {
  if (unit.activeState !== 'active' || unit.job !== undefined) return undefined;
  for (const other of unit.related('cannotBeActiveWithout')) {
    if (other.job !== undefined || other.willRestart) continue;
    if (isInactiveOrFailed(other.activeState) && !other.satisfiesOthers) return other;
  }
  return undefined;
}
