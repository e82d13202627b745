/** `systemctl show`: properties of units, of jobs by their number, of the manager itself. */

import { inTurns } from '../../program/in-turns.ts';
import { parseUnsigned } from '../../text/numbers.ts';
import { formatTimestamp } from '../../values/time/timestamp.ts';
import { callersZone } from '../common/clock.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb } from '../common/failure.ts';
import { type ManagerView, managerOf, unitToTellOf } from '../common/manager-view.ts';
import type { PrintOptions } from '../show/print.ts';
import { showJob, showManager, showUnit } from '../show/show.ts';
import type { SystemctlOptions } from './options.ts';
import { expandUnitNames, listUnits, sortUnits, withDependencies } from './units.ts';
import type { Verb } from './verb.ts';

function printOptions(context: CliContext, options: SystemctlOptions): PrintOptions {
  const zone = callersZone(context);
  return {
    properties: options.properties,
    showEmpty: options.showEmpty,
    onlyValue: options.onlyValue,
    timestamp: (ms) =>
      ms > 0 && ms !== Number.POSITIVE_INFINITY ? formatTimestamp(ms, zone, options.timestampStyle) : undefined,
  };
}

/** Objects are set apart by an empty line. */
class Blocks {
  readonly #context: CliContext;
  #first = true;
  constructor(context: CliContext) {
    this.#context = context;
  }
  add(text: string): void {
    this.#context.out(this.#first ? text : `\n${text}`);
    this.#first = false;
  }
}

export const show: Verb = async (context, options, args) => {
  const manager = managerOf(context);
  const print = printOptions(context, options);
  const blocks = new Blocks(context);
  if (args.length === 0) {
    if (options.states.length === 0 && options.types.length === 0) {
      blocks.add(showManager(manager, print));
      return 0;
    }
    const units = await sortUnits(context, await listUnits(context, manager, options, []));
    for await (const unit of inTurns(context, units)) blocks.add(showUnit(unit, manager, print));
    return 0;
  }
  const patterns: string[] = [];
  for await (const arg of inTurns(context, args)) {
    const id = parseUnsigned(arg);
    if (id === undefined) patterns.push(arg);
    else blocks.add(showJobById(context, manager, id, print));
  }
  if (patterns.length === 0) return 0;
  const { names } = await expandUnitNames(context, manager, options, patterns);
  const all = options.withDependencies ? await withDependencies(context, manager, options, names) : names;
  for await (const name of inTurns(context, all)) blocks.add(showUnitByName(context, manager, name, print));
  return 0;
};

function showJobById(context: CliContext, manager: ManagerView, id: number, print: PrintOptions): string {
  const job = manager.jobs.find(id);
  if (job === undefined) {
    failVerb(context, `Failed to get properties: Unknown object '/org/freedesktop/systemd1/job/${id}'.`);
  }
  return showJob(job, print);
}

function showUnitByName(context: CliContext, manager: ManagerView, name: string, print: PrintOptions): string {
  return showUnit(unitToTellOf(context, manager, name), manager, print);
}
