/**
 * How units react to each other, and the system to them: what follows from a change of state or the end of a job. What is
 * not to happen in the middle of a change waits in the queues (queues.ts).
 */
import type { JobEngine } from '../jobs/engine.ts';
import { waitingForRoom } from '../units/concurrency.ts';
import {
  type ActiveState,
  type ChangeFlags,
  isActiveOrActivating,
  isActiveOrReloading,
  isInactiveOrDeactivating,
  isInactiveOrFailed,
  type Unit,
} from '../units/unit.ts';
import type { EmergencyAction } from '../values/emergency-action.ts';
import type { UnitChanges } from './changes.ts';
import type { UnitQueues } from './queues.ts';
import type { UnitRegistry } from './registry.ts';

export interface ReactionsContext {
  readonly jobs: Pick<JobEngine, 'tryAdd' | 'unitChanged' | 'wakeWaiting'>;
  readonly changes: Pick<UnitChanges, 'tell'>;
  readonly queues: Pick<UnitQueues, 'mayBeUnneeded' | 'mayBeUpheld' | 'mayBeUnbound' | 'schedule'>;
  readonly units: Pick<UnitRegistry, 'noteState' | 'mayBeUnused'>;
  readonly shutdown: {
    emergencyAction(action: EmergencyAction, reason: string, exitStatus: number | undefined): void;
  };
  /** A unit has come up. */
  onActive(unit: Unit): void;
}

export class Reactions {
  readonly #context: ReactionsContext;

  constructor(context: ReactionsContext) {
    this.#context = context;
  }

  /** From Unit.changed(). */
  unitChanged(unit: Unit, from: ActiveState, to: ActiveState, flags: ChangeFlags): void {
    const { jobs, changes, units, queues } = this.#context;
    units.noteState(unit, to);
    changes.tell(unit);
    const isUnexpected = jobs.unitChanged(unit, to, flags.reloadFailed === true);
    if (isUnexpected) this.#catchUp(unit, from, to);
    const told = flags.endsQuietly !== true;
    if (from !== to && to === 'failed' && told) this.startHandlers(unit, 'onFailure');
    if (to === 'inactive' && from !== 'failed' && from !== 'inactive' && from !== 'maintenance' && told)
      this.startHandlers(unit, 'onSuccess');
    for (const trigger of unit.related('triggeredBy')) trigger.triggeredUnitChanged(unit);
    this.#act(unit, from, to);
    if (isInactiveOrFailed(to)) this.#wentDown(unit);
    if (isActiveOrReloading(to)) this.#isUp(unit, from);
    jobs.wakeWaiting(waitingForRoom(unit, from, to));
    queues.schedule();
  }

  /** A job of the unit has ended. */
  jobEnded(unit: Unit): void {
    const { changes, queues, units } = this.#context;
    changes.tell(unit);
    for (const trigger of unit.related('triggeredBy')) trigger.triggeredUnitChanged(unit);
    queues.mayBeUpheld(unit);
    queues.mayBeUnbound(unit);
    queues.mayBeUnneeded(unit);
    units.mayBeUnused(unit);
    // Those that it handles were kept for it until here.
    for (const kind of ['OnFailureOf', 'OnSuccessOf'] as const)
      for (const other of unit.dependencies.get(kind) ?? []) units.mayBeUnused(other);
  }

  /** Starts the units of OnFailure= or OnSuccess=. */
  startHandlers(unit: Unit, facet: 'onFailure' | 'onSuccess'): void {
    const handlers = [...unit.related(facet)];
    if (handlers.length === 0) return;
    const name = facet === 'onFailure' ? 'OnFailure=' : 'OnSuccess=';
    const mode = facet === 'onFailure' ? unit.loaded.unit.OnFailureJobMode : unit.loaded.unit.OnSuccessJobMode;
    unit.log(6, `Triggering ${name} dependencies.`);
    for (const handler of handlers) this.#context.jobs.tryAdd('start', handler, mode, name);
  }

  /** A unit came up, or went down, without being asked to: what a job would have pulled in follows. */
  #catchUp(unit: Unit, from: ActiveState, to: ActiveState): void {
    if (isInactiveOrFailed(from) && isActiveOrActivating(to)) this.#startRetroactively(unit);
    else if (isActiveOrActivating(from) && isInactiveOrDeactivating(to))
      this.#stopOthers(unit, 'retroactiveStopOnStop');
  }

  /** What it needs, where no order would have made it wait. */
  #startRetroactively(unit: Unit): void {
    for (const [facet, mode] of [
      ['retroactiveStartReplace', 'replace'],
      ['retroactiveStartFail', 'fail'],
    ] as const)
      for (const other of unit.related(facet))
        if (!unit.has('After', other) && !isActiveOrActivating(other.activeState))
          this.#context.jobs.tryAdd('start', other, mode, 'start');
    this.#stopOthers(unit, 'retroactiveStopOnStart');
  }

  #stopOthers(unit: Unit, facet: 'retroactiveStopOnStart' | 'retroactiveStopOnStop'): void {
    for (const other of unit.related(facet))
      if (!isInactiveOrDeactivating(other.activeState)) this.#context.jobs.tryAdd('stop', other, 'replace', 'stop');
  }

  /** FailureAction=, SuccessAction=. */
  #act(unit: Unit, from: ActiveState, to: ActiveState): void {
    const { FailureAction, SuccessAction, FailureActionExitStatus, SuccessActionExitStatus } = unit.loaded.unit;
    const { shutdown } = this.#context;
    if (from !== 'failed' && to === 'failed')
      shutdown.emergencyAction(FailureAction, `unit ${unit.id} failed`, FailureActionExitStatus ?? unit.exitStatus);
    else if (!isInactiveOrFailed(from) && to === 'inactive')
      shutdown.emergencyAction(SuccessAction, `unit ${unit.id} succeeded`, SuccessActionExitStatus ?? unit.exitStatus);
  }

  #wentDown(unit: Unit): void {
    const { queues, units } = this.#context;
    for (const other of unit.related('mayBecomeUnneeded')) queues.mayBeUnneeded(other);
    for (const other of unit.related('boundBy')) queues.mayBeUnbound(other);
    queues.mayBeUpheld(unit);
    units.mayBeUnused(unit);
  }

  #isUp(unit: Unit, from: ActiveState): void {
    const { queues } = this.#context;
    if (!isActiveOrReloading(from)) this.#context.onActive(unit);
    for (const other of unit.related('upholds')) queues.mayBeUpheld(other);
    queues.mayBeUnneeded(unit);
    queues.mayBeUnbound(unit);
  }
}
