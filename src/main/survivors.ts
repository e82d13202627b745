/**
 * What has outlived a manager that was killed. The next one is not the parent of the processes and can't supervise them as
 * the service that they were, but knows of them (record.ts): they are put into a scope, which stops before its unit starts,
 * and with it.
 */
import type { Manager } from '../manager/manager.ts';
import { escapeUnitName } from '../unitfile/language/unit-name.ts';
import { JobError } from '../units/job-types.ts';
import { Scope } from '../units/scope.ts';
import { type Survivor, survivorPrefix } from './record.ts';

/** Puts survivors into scopes and says so. What the first who asks is to hear; undefined where there is nothing to say. */
export function takeIn(manager: Manager, survivors: readonly Survivor[]): string | undefined {
  const found: string[] = [];
  for (const { unit, mark, stride, processes } of survivors) {
    const scope = `${survivorPrefix}${escapeUnitName(unit)}.scope`;
    manager.tracker.inherit(mark, stride, scope);
    const names = processes.map(({ pid, comm }) => `${pid} (${comm})`).join(', ');
    found.push(`${unit}: ${names}`);
    manager.log(
      4,
      `${unit}: Still running from before the last manager was killed, now in ${scope}: ${names}. A start or a stop of ${unit} ends them first.`,
      manager.units.load(unit),
    );
    if (manager.units.find(scope) === undefined) tryScope(manager, scope, unit, processes[0]!.pid);
  }
  if (found.length === 0) return undefined;
  return `The last manager was killed. What it has left running ends before its unit is started or stopped: ${found.join('; ')}.\n`;
}

function tryScope(manager: Manager, name: string, unit: string, pid: number): void {
  try {
    startScope(manager, name, unit, pid);
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    manager.log(3, `Failed to start ${name}: ${error.message}`);
  }
}

function startScope(manager: Manager, name: string, unit: string, pid: number): void {
  const { loaded: former } = manager.units.load(unit);
  manager.transient.start([
    {
      name,
      text: `[Unit]\nDescription=What ${unit} has left running\nConflicts=${unit}\nBefore=${unit}\nStopPropagatedFrom=${unit}\n[Scope]\n`,
      amend: (loaded) => {
        if (former.kill !== undefined) loaded.kill = former.kill;
        if (former.service !== undefined && loaded.scope !== undefined)
          loaded.scope.TimeoutStopSec = former.service.TimeoutStopSec;
      },
      prepare: (made) => {
        if (made instanceof Scope) made.attach(pid, undefined);
      },
    },
  ]);
}
