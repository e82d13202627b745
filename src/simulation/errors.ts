/** What goes wrong in a simulation, each with what explains it. */
import type { JobResult } from './api.ts';

/** A job did not come to its end, or to another one than was asked for. */
export class JobFailed extends Error {
  override readonly name = 'JobFailed';
  readonly unit: string;
  /** How the job ended; undefined where it was refused. */
  readonly jobResult: JobResult | undefined;
  /** Why the unit failed: 'exit-code', 'timeout' … */
  readonly result: string;
  /** How its main process ended: a status, or the signal's name. */
  readonly exitStatus: number | string | undefined;
  /** The last lines about the unit. */
  readonly log: readonly string[];

  constructor(facts: {
    unit: string;
    what: string;
    jobResult?: JobResult | undefined;
    result: string;
    exitStatus?: number | string | undefined;
    log: readonly string[];
  }) {
    super([facts.what, ...facts.log.map((line) => `    ${line}`)].join('\n'));
    this.unit = facts.unit;
    this.jobResult = facts.jobResult;
    this.result = facts.result;
    this.exitStatus = facts.exitStatus;
    this.log = facts.log;
  }
}

/** What was waited for has not come in the virtual time that there was. */
export class WaitTimeout extends Error {
  override readonly name = 'WaitTimeout';
}

/** A setting of a unit that was started means something that a simulation has not: one line for each. */
export class CannotSimulate extends Error {
  override readonly name = 'CannotSimulate';
}

/** An invariant did not hold in an exploration. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
  readonly seed: number;
  /** The fewest events after which it does not hold; `simulation.play()` takes them. */
  readonly events: readonly string[];
  /** What the invariant said. */
  readonly reason: string;

  constructor(facts: { seed: number; events: readonly string[]; of: number; reason: string; cause?: unknown }) {
    const { seed, events, of, reason, cause } = facts;
    const list = events.map((event, index) => `    ${index + 1}. ${event}`);
    const head = `seed ${seed}: ${reason}\n  after ${events.length} of ${of} events${events.length > 0 ? ':' : ''}`;
    super([head, ...list].join('\n'), cause === undefined ? undefined : { cause });
    this.seed = seed;
    this.events = events;
    this.reason = reason;
  }
}
