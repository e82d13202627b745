/** list-unit-files. */

import { type Style, styleOf } from '../../program/colors.ts';
import { type Cell, Table } from '../../program/table.ts';
import { errorText } from '../../sys/error-text.ts';
import type { PresetState } from '../../unitfile/install/presets.ts';
import { type ListedUnitFile, listUnitFiles, showsPreset, UnitFileStates } from '../../unitfile/install/state.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb } from '../common/failure.ts';
import { installationOf } from './install.ts';
import type { SystemctlOptions } from './options.ts';
import { printTable } from './output.ts';
import { withDependencies } from './units.ts';
import type { Verb } from './verb.ts';

const redStates: ReadonlySet<string> = new Set(['masked', 'masked-runtime', 'disabled', 'bad']);
const greenStates: ReadonlySet<string> = new Set(['enabled', 'alias']);

export const verbListUnitFiles: Verb = (context, options, args) => {
  const { search, manager } = installationOf(context, options);
  const patterns = manager !== undefined && options.withDependencies ? withDependencies(manager, options, args) : args;
  const found = listUnitFiles(search, options.states, patterns);
  if (typeof found === 'string') {
    const words = manager === undefined ? 'Failed to get unit file list' : 'Failed to list unit files';
    failVerb(context, `${words}: ${errorText(found)}`);
  }
  const units = sorted(found.filter(({ name }) => options.types.length === 0 || options.types.includes(typeOf(name))));
  const presets = new UnitFileStates(() => search);
  printList(context, options, units, (name) => presets.presetOfFile(name));
  return units.length === 0 ? 1 : 0;
};

function typeOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** By type, then by name, without regard to case. */
function sorted(units: readonly ListedUnitFile[]): ListedUnitFile[] {
  const keys = new Map(units.map((unit) => [unit, `${typeOf(unit.name)}\0${unit.name}`.toLowerCase()]));
  return [...units].sort((a, b) => {
    const keyA = keys.get(a)!;
    const keyB = keys.get(b)!;
    return keyA < keyB ? -1 : keyA > keyB ? 1 : 0;
  });
}

function printList(
  context: CliContext,
  options: SystemctlOptions,
  units: readonly ListedUnitFile[],
  presetOf: (name: string) => PresetState,
): void {
  const style = styleOf(context);
  const table = new Table('unit file', 'state', 'preset');
  units.forEach(({ name, state }, index) => {
    const next = units[index + 1];
    // The last unit of each type is underlined.
    const last = next !== undefined && typeOf(next.name) !== typeOf(name);
    const plain = last ? style.colors.underline : '';
    const preset = showsPreset(state) ? presetOf(name) : undefined;
    table.add(
      cell(name, plain),
      cell(state, wordColor(style, last, redStates.has(state), greenStates.has(state))),
      preset === undefined
        ? { text: '-', empty: true, color: last ? style.colors.greyUnderline : style.colors.grey, gap: true }
        : cell(preset === '' ? 'n/a' : preset, wordColor(style, last, preset === 'disabled', preset === 'enabled')),
    );
  });
  printTable(context, options, style, table);
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
