/** command, get-preset: what unit files and presets say. */

import { errorText, reasonOf } from '../../sys/error-text.ts';
import { SystemError } from '../../sys/host.ts';
import { queryPreset, readPresets } from '../../unitfile/install/presets.ts';
import { parseUnitText } from '../../unitfile/language/lexer.ts';
import { mangleUnitName } from '../../unitfile/language/unit-name.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb } from '../common/failure.ts';
import { UnitPathFinder } from '../systemctl/cat.ts';
import { installationOf } from '../systemctl/install.ts';
import type { PyVerb } from './verb.ts';

const nameOf = (context: CliContext, arg: string): string =>
  mangleUnitName(arg) ?? failVerb(context, `'${arg}' is no name of a unit.`);

/** Values of a setting as its lines have them, in order; an empty one takes back those before it. */
function linesOf(context: CliContext, paths: readonly string[], key: string): string[] {
  let values: string[] = [];
  for (const path of paths) {
    let text: string;
    try {
      text = context.host.files.readText(path);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      failVerb(context, `Failed to read ${path}: ${reasonOf(error)}`);
    }
    for (const entry of parseUnitText(text, path, () => {}).entries)
      if (entry.key === key) values = entry.value === '' ? [] : [...values, entry.value];
  }
  return values;
}

/** ExecStart= as it stands in the unit's files, or with -p other settings. */
export const verbCommand: PyVerb = (context, options, [arg = '']) => {
  const name = nameOf(context, arg);
  const found = new UnitPathFinder(context, installationOf(context, options)).find(name);
  if (found.kind === 'masked') failVerb(context, `Unit ${name} is masked.`);
  const paths = found.kind === 'files' ? [found.fragment ?? [], found.dropIns].flat() : [];
  if (paths.length === 0) failVerb(context, `Unit ${name} not found.`, 4);
  for (const key of options.properties ?? ['ExecStart'])
    for (const value of linesOf(context, paths, key)) context.out(`${value}\n`);
  return 0;
};

/** What `preset` would do with a unit. */
export const verbGetPreset: PyVerb = (context, options, [arg = '']) => {
  const name = nameOf(context, arg);
  const presets = readPresets(installationOf(context, options).search);
  if ('error' in presets) failVerb(context, `Failed to read presets: ${errorText(presets.error)}`);
  const preset = queryPreset(name, presets.rules, true);
  if (preset === undefined) failVerb(context, `'${arg}' is no name of a unit.`);
  context.out(`${preset.action}\n`);
  return 0;
};
