/** list-dependencies: what a unit needs, as a tree; targets, or with --all everything, opened up. */

import { type Style, styleOf } from '../../program/colors.ts';
import { inTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import { ellipsize } from '../../program/text-width.ts';
import { JobError } from '../../units/job-types.ts';
import type { Unit } from '../../units/unit.ts';
import type { CliContext } from '../common/context.ts';
import { loadUnit, managerOf, whyNoProperties } from '../common/manager-view.ts';
import type { SystemctlOptions } from './options.ts';
import { stateGlyph } from './status.ts';
import { dependenciesOf, expandUnitNames, sortUnitsBy } from './units.ts';
import type { Verb } from './verb.ts';

/** Targets come after everything else. */
const sortKey = (unit: Unit): string => `${unit.type === 'target' ? 1 : 0}${unit.id.toLowerCase()}`;

class DependencyPrinter {
  readonly #context: CliContext;
  readonly #options: SystemctlOptions;
  readonly #style: Style;
  /** Units above this one; with --plain, all that were printed. */
  readonly #seen = new Set<Unit>();

  constructor(context: CliContext, options: SystemctlOptions) {
    this.#context = context;
    this.#options = options;
    this.#style = styleOf(context);
  }

  /** `branches`: for each level above, whether its line goes on. */
  async print(unit: Unit, branches: readonly boolean[]): Promise<void> {
    const { all, dependency } = this.#options;
    const plain = this.#plain;
    const level = branches.length;
    this.#seen.add(unit);
    // One that nobody needs may have been unloaded meanwhile.
    const loaded = loadUnit(managerOf(this.#context), unit.id);
    const others = dependenciesOf(loaded instanceof JobError ? unit : loaded, dependency);
    const units = await sortUnitsBy(this.#context, others, sortKey);
    let circular = false;
    for await (const [index, other] of inTurns(this.#context, units.entries())) {
      if (this.#seen.has(other)) {
        circular = true;
        continue;
      }
      if (!this.#isAskedFor(other)) continue;
      const more = index + 1 < units.length;
      this.#line(this.#mark(other), other.id, level, branches, !more && !circular);
      if (all || other.type === 'target') await this.print(other, [...branches, more]);
    }
    if (circular && !plain) this.#line('  ', '...', level, branches, true);
    if (!plain) this.#seen.delete(unit);
  }

  /** A list that leaves some out is no tree. */
  get #plain(): boolean {
    const { plain, types, states } = this.#options;
    return plain || types.length > 0 || states.length > 0;
  }

  /** --type= and --state=; what they leave out is not opened up either. */
  #isAskedFor({ type, loadState, activeState, subState }: Unit): boolean {
    const { types, states } = this.#options;
    if (types.length > 0 && !types.includes(type)) return false;
    return states.length === 0 || [loadState, activeState, subState].some((state) => states.includes(state));
  }

  #mark(unit: Unit): string {
    if (this.#plain) return '  ';
    const { colors } = this.#style;
    const state = unit.activeState;
    const on =
      state === 'active' || state === 'reloading' || state === 'activating'
        ? colors.green
        : state === 'inactive' || state === 'deactivating'
          ? colors.normal
          : colors.red;
    return `${on}${stateGlyph(state, this.#style)}${colors.normal} `;
  }

  #line(mark: string, name: string, level: number, branches: readonly boolean[], last: boolean): void {
    const { full } = this.#options;
    const { glyphs, columns, utf8 } = this.#style;
    const room = Math.max(columns, 20);
    const cut = `...\n`;
    let text = mark;
    let length = 0;
    if (!this.#plain) {
      for (let above = 0; above <= level; above++) {
        length += 2;
        if (length > room - 3 && !full) {
          this.#context.out(`${text}${room % 2 ? '' : ' '}${cut}`);
          return;
        }
        text +=
          above < level ? (branches[above] ? glyphs.vertical : glyphs.space) : last ? glyphs.right : glyphs.branch;
      }
    }
    this.#context.out(`${text}${full ? name : ellipsize(name, room - length, 100, utf8)}\n`);
  }
}

export const verbListDependencies: Verb = async (context, options, args) => {
  const manager = managerOf(context);
  const names = args.length === 0 ? ['default.target'] : (await expandUnitNames(context, manager, options, args)).names;
  const printer = new DependencyPrinter(context, options);
  for await (const [index, name] of inTurns(context, names.entries())) {
    context.out(`${index > 0 ? '\n' : ''}${name}\n`);
    const unit = loadUnit(manager, name);
    if (unit instanceof JobError) {
      say(context, 'error', `Failed to get properties of ${name}: ${whyNoProperties(name, unit)}`);
      return 1;
    }
    await printer.print(unit, []);
  }
  return 0;
};
