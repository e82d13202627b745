/** What goes wrong in a simulation and not with a machine. */

/** A setting of a unit that was started means something that a simulation has not: one line for each. */
export class CannotSimulate extends Error {
  /** 'CannotSimulate' */
  override readonly name = 'CannotSimulate';
}

/** An invariant did not hold in an exploration. */
export class InvariantBroken extends Error {
  /** 'InvariantBroken' */
  override readonly name = 'InvariantBroken';
  /** With which it does not hold: `explore({ seeds: [seed], … })` finds it again. */
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
