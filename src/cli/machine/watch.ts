/**
 * `watch`: a line for each unit there is, `{"ready":true}`, then a line for each change of a unit (`{"unit":…}`) and each
 * entry of the journal (`{"entry":…}`), until the caller goes or the manager ends.
 *
 * A caller who reads too slowly misses moments and not the outcome: beyond a bound changes are told once a unit, as it is
 * then, after `{"missed":N}`. Entries are read from the store as fast as they are taken.
 */
import { JournalView } from '../../journal/read/view.ts';
import { isInactiveOrFailed, type Unit } from '../../units/unit.ts';
import type { CliContext } from '../common/context.ts';
import { type ManagerView, managerOf } from '../common/manager-view.ts';
import { entryLine, ofThisBoot } from './journal.ts';
import { unitLine } from './states.ts';
import type { MachineVerb } from './verb.ts';

/** Changes that wait for a caller, and entries between two looks at the changes. */
const linesHeld = 1000;
const entriesPerTurn = 64;

export const watch: MachineVerb = async (context) => {
  const manager = managerOf(context);
  const changes = new Changes(manager);
  const view = new JournalView(manager.journal, ofThisBoot(manager.journal.bootId));
  let wake: () => void = () => {};
  let news = true;
  let ending = false;
  const arrived = (): void => {
    news = true;
    wake();
  };
  const end = (): void => {
    ending = true;
    arrived();
  };
  const following = [changes.follow(arrived), manager.journal.onAppend(arrived)];
  context.signal.addEventListener('abort', end, { once: true });
  void manager.shutdown.whenEnding().then(end);
  try {
    const cursor = context.continuation?.facts;
    if (typeof cursor === 'string' && view.seekCursor(cursor, 'forward')) view.next();
    else {
      // Behind what there is: a step from there finds what comes later.
      view.seekTail();
      view.next();
    }
    for (const unit of manager.units.all()) changes.add(unit);
    await changes.tell(context);
    if (context.continuation === undefined) context.out('{"ready":true}\n');
    const last = (): string | undefined => view.entry?.cursor;
    if (context.callerProcess !== undefined) context.callerProcess.goesOn = () => ({ kind: 'call', facts: last() });
    while (!context.signal.aborted) {
      while (news && !context.signal.aborted) {
        news = false;
        await changes.tell(context);
        if (await tellEntries(context, view)) news = true;
      }
      if (ending) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    for (const followed of following) followed.close();
    view.close();
  }
  return 0;
};

/** Some entries; true where there may be more. */
async function tellEntries(context: CliContext, view: JournalView): Promise<boolean> {
  for (let left = entriesPerTurn; left > 0 && !context.signal.aborted; left--) {
    const found = view.next();
    if (found === false) return false;
    if (found === true) context.out(`{"entry":${entryLine(view.entry!)}}\n`);
    await context.turn();
  }
  return true;
}

/** What has changed and is still to be told. */
class Changes {
  readonly #manager: ManagerView;
  #lines: string[] = [];
  /** Where there were too many lines: the units that they were of. */
  #units: Set<Unit> | undefined;
  #missed = 0;
  /** Those that wait for RestartSec=, or have just done so. */
  readonly #restarting = new Set<Unit>();

  constructor(manager: ManagerView) {
    this.#manager = manager;
  }

  follow(arrived: () => void): { close(): void } {
    return this.#manager.changes.follow((unit) => {
      if (this.#isPassing(unit)) return;
      this.add(unit);
      arrived();
    });
  }

  /** Down in the middle of a restart by itself: it is on its way, as lines before or after say. */
  #isPassing(unit: Unit): boolean {
    const waited = this.#restarting.has(unit);
    if (unit.subState === 'auto-restart') this.#restarting.add(unit);
    else if (!isInactiveOrFailed(unit.activeState)) this.#restarting.delete(unit);
    else if (unit.willRestart || (waited && unit.job?.type === 'restart')) return true;
    else this.#restarting.delete(unit);
    return false;
  }

  add(unit: Unit): void {
    if (this.#units !== undefined) {
      this.#units.add(unit);
      this.#missed++;
      return;
    }
    this.#lines.push(`{"unit":${JSON.stringify(unitLine(unit))}}\n`);
    if (this.#lines.length > linesHeld) this.#units = new Set();
  }

  async tell(context: CliContext): Promise<void> {
    for (;;) {
      const lines = this.#lines;
      this.#lines = [];
      for (const line of lines) {
        if (context.signal.aborted) return;
        context.out(line);
        await context.turn();
      }
      const units = this.#units;
      this.#units = undefined;
      if (units !== undefined && this.#missed > 0) {
        context.out(`{"missed":${this.#missed}}\n`);
        this.#missed = 0;
        for (const unit of units) this.add(unit);
      }
      if (this.#lines.length === 0) return;
    }
  }
}
