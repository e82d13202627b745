/** list-unit-files. */

import { type Style, styleOf } from '../../program/colors.ts';
import { inTurns, sortedInTurns } from '../../program/in-turns.ts';
import { type Cell, Table } from '../../program/table.ts';
import { errorText } from '../../sys/error-text.ts';
import { UnitFileSearch } from '../../unitfile/install/search.ts';
import {
  type ListedUnitFile,
  listUnitFiles,
  type PresetOfFile,
  presetsOf,
  showsPreset,
} from '../../unitfile/install/state.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb } from '../common/failure.ts';
import { installationOf } from './install.ts';
import { sayAt } from './install-messages.ts';
import type { SystemctlOptions } from './options.ts';
import { printTable } from './output.ts';
import { withDependencies } from './units.ts';
import type { Verb } from './verb.ts';

const redStates: ReadonlySet<string> = new Set(['masked', 'masked-runtime', 'disabled', 'bad']);
const greenStates: ReadonlySet<string> = new Set(['enabled', 'alias']);

export const verbListUnitFiles: Verb = async (context, options, args) => {
  const { search, manager } = installationOf(context, options, (reason) => `Failed to get unit file list: ${reason}`);
  const patterns =
    manager !== undefined && options.withDependencies ? await withDependencies(context, manager, options, args) : args;
  const found: ListedUnitFile[] = [];
  for await (const listed of inTurns(context, listUnitFiles(search, options.states, patterns))) {
    if (typeof listed === 'string') {
      const words = manager === undefined ? 'Failed to get unit file list' : 'Failed to list unit files';
      failVerb(context, `${words}: ${errorText(listed)}`);
    }
    if (listed !== undefined && (options.types.length === 0 || options.types.includes(typeOf(listed.name))))
      found.push(listed);
  }
  const units = await sorted(context, found);
  // Where nothing is listed nobody hears what is wrong in presets.
  let presets: PresetOfFile | undefined;
  await printList(context, options, units, (name) => {
    // systemctl reads presets itself, while it is the manager that lists the files.
    presets ??= presetsOf(
      new UnitFileSearch(
        search.host,
        search.paths,
        (level, message) => sayAt(context, level, message),
        search.directories,
      ),
    );
    return presets(name);
  });
  return units.length === 0 ? 1 : 0;
};

function typeOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** By type, then by name, without regard to case. */
async function sorted(context: CliContext, units: readonly ListedUnitFile[]): Promise<ListedUnitFile[]> {
  const keyed: [string, ListedUnitFile][] = [];
  for await (const unit of inTurns(context, units))
    keyed.push([`${typeOf(unit.name)}\0${unit.name}`.toLowerCase(), unit]);
  const all = await sortedInTurns(context, keyed, ([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return all.map(([, unit]) => unit);
}

async function printList(
  context: CliContext,
  options: SystemctlOptions,
  units: readonly ListedUnitFile[],
  preset: PresetOfFile,
): Promise<void> {
  const style = styleOf(context);
  const table = new Table('unit file', 'state', 'preset');
  for await (const [index, { name, state }] of inTurns(context, units.entries())) {
    const next = units[index + 1];
    // The last unit of each type is underlined.
    const last = next !== undefined && typeOf(next.name) !== typeOf(name);
    const plain = last ? style.colors.underline : '';
    const shown = showsPreset(state) ? preset(name) : undefined;
    table.add(
      cell(name, plain),
      cell(state, wordColor(style, last, redStates.has(state), greenStates.has(state))),
      shown === undefined
        ? { text: '-', empty: true, color: last ? style.colors.greyUnderline : style.colors.grey, gap: true }
        : cell(shown === '' ? 'n/a' : shown, wordColor(style, last, shown === 'disabled', shown === 'enabled')),
    );
  }
  await printTable(context, options, style, table);
  if (options.legend) context.out(`\n${units.length} unit files listed.\n`);
}

function cell(text: string, color: string): Cell {
  return { text, color, gap: true };
}

function wordColor({ colors }: Style, last: boolean, red: boolean, green: boolean): string {
  if (red) return last ? colors.redUnderline : colors.red;
  if (green) return last ? colors.greenUnderline : colors.green;
  return last ? colors.underline : '';
}
