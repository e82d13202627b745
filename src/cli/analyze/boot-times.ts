/** When the boot began and ended, and when each unit came and went: what time, blame, critical-chain and plot tell. */
import type { Manager } from '../../manager/manager.ts';
import { inTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import { JobError } from '../../units/job-types.ts';
import type { Timestamp } from '../../units/unit.ts';
import { formatTimeSpanUsec, toUsec } from '../../values/time/time-span.ts';
import type { CliContext } from '../common/context.ts';
import type { AnalyzeOptions } from './options.ts';

/** What the verbs ask of the manager. */
export type AnalyzedManager = Pick<Manager, 'units' | 'timestamps'>;

/**
 * Microseconds after the manager's start: as for every container, what came before (firmware, kernel, initrd) is not
 * counted. 0 is never.
 */
export interface BootTimes {
  finish: number;
  generatorsStart: number;
  generatorsFinish: number;
  unitsLoadStart: number;
  unitsLoadFinish: number;
}

/** Microseconds after the manager's start, 0 is never. */
export interface UnitTimes {
  name: string;
  activating: number;
  activated: number;
  deactivating: number;
  deactivated: number;
  /** How long it took to come up, or to run to its end. */
  time: number;
}

const usecOf = (moment: Timestamp): number => Number(toUsec(moment.monotonic));

/** The manager of the call. Says that there is none and gives undefined. */
export function analyzedManager(context: CliContext): Manager | undefined {
  if (context.manager === undefined) {
    say(
      context,
      'error',
      "System has not been booted with systemd as init system (PID 1). Can't operate.\n" +
        context.host.voice.tools.busFailure({ scope: 'system', transport: 'local' }, 'Host is down'),
    );
  }
  return context.manager;
}

/** Says so and gives undefined while the boot has not come to rest. */
export function bootTimes(
  context: CliContext,
  options: Pick<AnalyzeOptions, 'scope'>,
  manager: AnalyzedManager,
): BootTimes | undefined {
  const finish = usecOf(manager.timestamps.finish);
  if (finish === 0) {
    const scope = options.scope === 'system' ? '' : ' --user';
    say(
      context,
      'error',
      'Bootup is not yet finished (org.freedesktop.systemd1.Manager.FinishTimestampMonotonic=0).\n' +
        `Please try again later.\nHint: Use 'systemctl${scope} list-jobs' to see active jobs`,
    );
    return undefined;
  }
  const since = sinceStart(manager);
  return {
    finish: since(manager.timestamps.finish),
    generatorsStart: since(manager.timestamps.generatorsStart),
    generatorsFinish: since(manager.timestamps.generatorsFinish),
    unitsLoadStart: since(manager.timestamps.unitsLoadStart),
    unitsLoadFinish: since(manager.timestamps.unitsLoadFinish),
  };
}

function sinceStart(manager: AnalyzedManager): (moment: Timestamp) => number {
  const start = usecOf(manager.timestamps.userspace);
  // what has happened at the start itself has happened
  return (moment) => (moment.monotonic === 0 ? 0 : Math.max(1, usecOf(moment) - start));
}

/** Of every unit that has ever left the state inactive. */
export async function unitTimes(context: CliContext, manager: AnalyzedManager): Promise<UnitTimes[]> {
  const since = sinceStart(manager);
  const all: UnitTimes[] = [];
  for await (const unit of inTurns(context, [...manager.units.all()])) {
    const activating = since(unit.inactiveExitTimestamp);
    if (activating === 0) continue;
    const activated = since(unit.activeEnterTimestamp);
    const deactivated = since(unit.inactiveEnterTimestamp);
    const end = activated >= activating ? activated : deactivated;
    all.push({
      name: unit.id,
      activating,
      activated,
      deactivating: since(unit.activeExitTimestamp),
      deactivated,
      time: Math.max(0, end - activating),
    });
  }
  return all;
}

/** A span as these verbs print it: to the millisecond. */
export function spanText(usec: number): string {
  return formatTimeSpanUsec(BigInt(usec), 1000n);
}

/** How long the boot took, and when default.target was reached. */
export function prettyBootTime(context: CliContext, manager: AnalyzedManager, boot: BootTimes): string {
  const text = `Startup finished in ${spanText(boot.finish)} (userspace) `;
  try {
    const target = manager.units.load('default.target');
    if (target.activeEnterTimestamp.monotonic === 0) return `${text}\n${target.id} was never reached.`;
    const reached = sinceStart(manager)(target.activeEnterTimestamp);
    return `${text}\n${target.id} reached after ${spanText(reached)} in userspace.`;
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    say(context, 'warning', `default.target doesn't seem to exist, ignoring: ${error.message}`);
    return `${text}\ncould not find default.target.`;
  }
}
