/** systemd-analyze critical-chain: which of the units that another waited for came up last, and what those waited for. */

import { type Style, styleOf } from '../../program/colors.ts';
import { inTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import { unitNameIsValid } from '../../unitfile/language/unit-name.ts';
import { JobError } from '../../units/job-types.ts';
import type { Unit } from '../../units/unit.ts';
import type { CliContext } from '../common/context.ts';
import { type AnalyzedManager, analyzedManager, bootTimes, spanText, type UnitTimes, unitTimes } from './boot-times.ts';
import type { AnalyzeOptions } from './options.ts';

const explanation =
  'The time when unit became active or started is printed after the "@" character.\n' +
  'The time the unit took to start is printed after the "+" character.\n\n';

class ChainPrinter {
  readonly #context: CliContext;
  readonly #style: Style;
  readonly #times: ReadonlyMap<string, UnitTimes>;
  readonly #finish: number;
  readonly #fuzz: number;
  /** Units whose dependencies have been printed once. */
  readonly #seen = new Set<string>();

  constructor(context: CliContext, times: readonly UnitTimes[], finish: number, fuzzUsec: number) {
    this.#context = context;
    this.#style = styleOf(context);
    this.#times = new Map(times.map((unit) => [unit.name, unit]));
    this.#finish = finish;
    this.#fuzz = fuzzUsec;
  }

  async print(unit: Unit): Promise<void> {
    this.#seen.clear();
    const times = this.#times.get(unit.id);
    if (times !== undefined) this.#context.out(`${this.#text(times, false)}\n`);
    await this.#below(unit, []);
  }

  #text(times: UnitTimes, withStart: boolean): string {
    const { red, normal } = this.#style.colors;
    const { name, time, activating, activated } = times;
    const start = withStart ? ` @${spanText(activating)}` : '';
    if (time > 0) return `${red}${name}${start} +${spanText(time)}${normal}`;
    return activated > 0 ? `${name} @${spanText(activated)}` : name;
  }

  /** `branches`: for each level above, whether its line goes on. */
  async #below(unit: Unit, branches: readonly boolean[]): Promise<void> {
    this.#seen.add(unit.id);
    const inBoot = [...unit.related('after')]
      .map((other) => ({ other, times: this.#times.get(other.id) }))
      .filter((entry): entry is { other: Unit; times: UnitTimes } => {
        const activated = entry.times?.activated ?? 0;
        return activated > 0 && activated <= this.#finish;
      })
      .sort((a, b) => b.times.activated - a.times.activated);
    const last = inBoot[0]?.times.activated ?? 0;
    const chain = inBoot.filter(({ times }) => last - times.activated <= this.#fuzz);
    for await (const [index, { other, times }] of inTurns(this.#context, chain.entries())) {
      const more = index + 1 < chain.length;
      this.#line(this.#text(times, true), branches, !more);
      if (this.#seen.has(other.id)) this.#line('...', [...branches, more], true);
      else await this.#below(other, [...branches, more]);
    }
  }

  #line(text: string, branches: readonly boolean[], last: boolean): void {
    const { glyphs } = this.#style;
    const lead = branches.map((more) => (more ? glyphs.vertical : glyphs.space)).join('');
    this.#context.out(`${lead}${last ? glyphs.right : glyphs.branch}${text}\n`);
  }
}

/** A unit by its exact name, as the bus has them. Says what is wrong and gives undefined. */
export function unitByName(
  context: CliContext,
  manager: Pick<AnalyzedManager, 'units'>,
  name: string,
): Unit | undefined {
  try {
    return manager.units.load(name);
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    const reason = unitNameIsValid(name)
      ? error.message
      : `Unit name ${name} is neither a valid invocation ID nor unit name.`;
    say(context, 'error', `Failed to get ID: ${reason}`);
    return undefined;
  }
}

/** The chain of default.target, or of each unit named. */
export async function criticalChain(
  context: CliContext,
  options: AnalyzeOptions,
  args: readonly string[],
): Promise<number> {
  const manager = analyzedManager(context);
  const boot = manager && bootTimes(context, options, manager);
  if (manager === undefined || boot === undefined) return 1;
  const times = await unitTimes(context, manager);
  if (times.length === 0) return 0;
  context.out(explanation);
  const printer = new ChainPrinter(context, times, boot.finish, options.fuzzMs * 1000);
  for await (const name of inTurns(context, args.length === 0 ? ['default.target'] : args)) {
    const unit = unitByName(context, manager, name);
    if (unit !== undefined) await printer.print(unit);
  }
  return 0;
}
