/** What job types mean beside each other, and against the state of a unit. */

import type { JobType } from '../units/job-types.ts';
import { type ActiveState, isActiveOrActivating, isActiveOrReloading, isInactiveOrFailed } from '../units/unit.ts';

/** Types that a job in a transaction or an installed job can have. */
const mergeTable: Partial<Record<JobType, Partial<Record<JobType, JobType>>>> = {
  'verify-active': { start: 'start' },
  reload: { start: 'reload-or-start', 'verify-active': 'reload' },
  restart: { start: 'restart', 'verify-active': 'restart', reload: 'restart' },
};

/** The type that does the work of both, or undefined where they contradict. Commutative and associative. */
export function mergedType(a: JobType, b: JobType): JobType | undefined {
  if (a === b || b === 'nop') return a;
  return a === 'nop' ? b : (mergeTable[a]?.[b] ?? mergeTable[b]?.[a]);
}

export const isConflicting = (a: JobType, b: JobType): boolean => mergedType(a, b) === undefined;

/** True where doing `a` already does all of `b`. */
export const isSuperset = (a: JobType, b: JobType): boolean => mergedType(a, b) === a;

/** What a conditional type comes to, given the state of the unit now. */
export function collapsedType(type: JobType, state: ActiveState): JobType {
  switch (type) {
    case 'try-restart':
      return isActiveOrActivating(state) ? 'restart' : 'nop';
    case 'try-reload':
      return isActiveOrReloading(state) ? 'reload' : 'nop';
    case 'reload-or-start':
      return isActiveOrReloading(state) ? 'reload' : 'start';
    default:
      return type;
  }
}

/** A job that would change nothing. Restarts and reloads are never that. */
export function isRedundant(type: JobType, state: ActiveState): boolean {
  switch (type) {
    case 'start':
    case 'verify-active':
      return isActiveOrReloading(state);
    case 'stop':
      return isInactiveOrFailed(state);
    case 'nop':
      return true;
    default:
      return false;
  }
}

/**
 * Which of two jobs goes first where b's unit is ordered after a's: negative when a does, positive when b does, 0
 * when they are independent. A stop goes before a start; of two stops the one of the later unit goes first. A restart
 * counts as a stop until it has become a start (systemd.unit(5), Before=).
 */
export function compareOrdered(a: OrderedJob, b: OrderedJob): number {
  if (a.type === 'nop' || b.type === 'nop' || a.ignoreOrder || b.ignoreOrder) return 0;
  return b.type === 'stop' || b.type === 'restart' ? 1 : -1;
}

export interface OrderedJob {
  readonly type: JobType;
  readonly ignoreOrder: boolean;
}
