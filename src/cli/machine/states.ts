/** A unit as a line of JSON, in the names of `systemctl show`, small letter first. */
import type { ProcessExit } from '../../sys/host.ts';
import { Service } from '../../units/service.ts';
import type { Unit } from '../../units/unit.ts';

/** What of a unit is told at each change. */
export interface UnitLine {
  readonly id: string;
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
  /** '' of units that have none. */
  readonly result: string;
  /** 0 where there is none. */
  readonly mainPid: number;
  readonly nRestarts: number;
  /** How the main process ended last; null where it has not, or runs. */
  readonly execMainCode: ProcessExit['how'] | null;
  readonly execMainStatus: number;
  /** STATUS= of sd_notify(3). */
  readonly statusText: string;
  readonly invocationId: string;
  /** Type of the job that it has. */
  readonly job: string | null;
  /** Of the last change of state, milliseconds since the epoch. */
  readonly changedMs: number;
  /** Of two lines about a unit, whatever they came with, the one with the higher number is the later one. */
  readonly sequence: number;
}

let sequence = 0;

export function unitLine(unit: Unit): UnitLine {
  const service = unit instanceof Service ? unit : undefined;
  return {
    id: unit.id,
    loadState: unit.loadState,
    activeState: unit.activeState,
    subState: unit.subState,
    result: 'result' in unit && typeof unit.result === 'string' ? unit.result : '',
    mainPid: service?.mainPid ?? 0,
    nRestarts: service?.nRestarts ?? 0,
    execMainCode: service?.mainStatus.code ?? null,
    execMainStatus: service?.mainStatus.status ?? 0,
    statusText: service?.statusText ?? '',
    invocationId: unit.invocationId,
    job: unit.job?.type ?? null,
    changedMs: unit.stateChangeTimestamp.realtime,
    sequence: ++sequence,
  };
}
