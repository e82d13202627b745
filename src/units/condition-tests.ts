/** Condition…= and Assert…= of a unit: what they came to when it was last to be started. */
import type { Host } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import { evaluateCondition } from '../unitfile/conditions/conditions.ts';

export interface ConditionStatus {
  type: string;
  trigger: boolean;
  negate: boolean;
  parameter: string;
  /** undefined: untested. */
  result: 'succeeded' | 'failed' | 'error' | undefined;
}

interface Tested {
  readonly manager: { readonly host: Host; readonly scope: 'system' | 'user'; environmentBlock(): string[] };
  log(level: LogLevel, message: string): void;
}

/** systemd.unit(5): all must hold, of those with `|` one is enough; an error counts as a condition that failed. */
export function testAll(unit: Tested, list: ConditionStatus[], prefix: 'Condition' | 'Assert'): boolean {
  if (list.length === 0) return true;
  const { host, scope } = unit.manager;
  const context = { scope, environment: unit.manager.environmentBlock() };
  let triggered: boolean | undefined;
  for (const condition of list) {
    const outcome = evaluateCondition(condition, host, context);
    if (typeof outcome === 'string') {
      condition.result = 'error';
      const { negate, trigger, parameter } = condition;
      const shown = `${prefix}${host.voice.manager.conditionType(condition.type)}=${trigger ? '|' : ''}${negate ? '!' : ''}${parameter}`;
      unit.log(4, host.voice.manager.undecided(shown, outcome));
    } else condition.result = outcome ? 'succeeded' : 'failed';
    const holds = condition.result === 'succeeded';
    if (!condition.trigger && !holds) return false;
    if (condition.trigger && triggered !== true) triggered = holds;
  }
  return triggered !== false;
}

/** Of conditions that did not hold the one to name: a plain one before a trigger. */
export function failedOf(conditions: readonly ConditionStatus[]): ConditionStatus | undefined {
  let failedTrigger: ConditionStatus | undefined;
  let triggered = false;
  for (const c of conditions) {
    if (c.trigger) {
      if (c.result === 'succeeded') triggered = true;
      else if (c.result !== undefined) failedTrigger = c;
    } else if (c.result === 'failed' || c.result === 'error') return c;
  }
  return triggered ? undefined : failedTrigger;
}
