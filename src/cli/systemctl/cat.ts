/** `systemctl cat`, and where the files of a unit are. */

import { styleOf } from '../../program/colors.ts';
import { inTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import { printFiles } from '../../program/print-files.ts';
import { errorText } from '../../sys/error-text.ts';
import { UnitFileIndex } from '../../unitfile/files/unit-files.ts';
import { isNullOrEmpty } from '../../unitfile/install/places.ts';
import { unitNameIsValid } from '../../unitfile/language/unit-name.ts';
import { JobError } from '../../units/job-types.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb } from '../common/failure.ts';
import { loadUnit, whyNoProperties } from '../common/manager-view.ts';
import { type Installation, installationOf } from './install.ts';
import type { SystemctlOptions } from './options.ts';
import { expandUnitNames, withDependencies } from './units.ts';
import type { Verb } from './verb.ts';

export type UnitPaths =
  | { readonly kind: 'files'; readonly fragment: string | undefined; readonly dropIns: readonly string[] }
  | { readonly kind: 'masked' | 'unloadable' };

/** Asks the manager where there is one; templates, which it does not load, are looked for in the directories. */
export class UnitPathFinder {
  readonly #context: CliContext;
  readonly #installation: Installation;
  readonly #index: UnitFileIndex;

  constructor(context: CliContext, installation: Installation) {
    this.#context = context;
    this.#installation = installation;
    this.#index = new UnitFileIndex(context.host.files, installation.paths);
  }

  find(name: string): UnitPaths {
    const { manager } = this.#installation;
    if (manager === undefined || unitNameIsValid(name, 'template')) return this.#findFiles(name, manager === undefined);
    const unit = loadUnit(manager, name);
    if (unit instanceof JobError) failVerb(this.#context, `Failed to get LoadState: ${whyNoProperties(name, unit)}`);
    const { loadState, loaded } = unit;
    if (loadState === 'masked') return { kind: 'masked' };
    if (loadState === 'not-found') return { kind: 'files', fragment: undefined, dropIns: [] };
    if (loadState !== 'loaded' && loadState !== 'bad-setting') return { kind: 'unloadable' };
    return { kind: 'files', fragment: loaded.fragmentPath, dropIns: loaded.dropInPaths };
  }

  #findFiles(name: string, knowsMasks: boolean): UnitPaths {
    const found = this.#index.find(name);
    if (found.kind === 'loop') failVerb(this.#context, `Failed to find fragment for '${name}': ${errorText('ELOOP')}`);
    const fragment = found.kind === 'found' ? found.path : undefined;
    const { files } = this.#context.host;
    if (knowsMasks && fragment !== undefined && isNullOrEmpty(files, fragment, '') === true) return { kind: 'masked' };
    const aliases = found.names.filter((alias) => alias !== name);
    return { kind: 'files', fragment, dropIns: this.#index.dropIns(name, aliases, '.d', '.conf') };
  }
}

/** Patterns match all units that are loaded, not only those that are active. */
export async function expandForFiles(
  context: CliContext,
  options: SystemctlOptions,
  { manager }: Installation,
  args: readonly string[],
): Promise<string[]> {
  const all = options.states.length === 0 ? { ...options, all: true } : options;
  return (await expandUnitNames(context, manager ?? { units: { all: () => [] } }, all, args)).names;
}

export const verbCat: Verb = async (context, options, args) => {
  if (options.host !== undefined || options.machine !== undefined) failVerb(context, 'Cannot remotely cat units.');
  const installation = installationOf(context, options);
  const { manager } = installation;
  const finder = new UnitPathFinder(context, installation);
  const { colors } = styleOf(context);
  let names = await expandForFiles(context, options, installation, args);
  if (manager !== undefined && options.withDependencies)
    names = await withDependencies(context, manager, options, names);
  let status = 0;
  let first = true;
  for await (const name of inTurns(context, names)) {
    // Whoever has been loaded for this question alone is gone again before it is asked whether it has changed.
    const unit = manager?.units.find(name);
    const found = finder.find(name);
    if (found.kind !== 'files') {
      const why = found.kind === 'masked' ? `is masked${colors.normal}.` : `could not be loaded.${colors.normal}`;
      context.out(`${colors.magenta}# Unit ${name} ${why}\n`);
      continue;
    }
    if (found.fragment === undefined && found.dropIns.length === 0) {
      if (options.force === 0) say(context, 'error', `No files found for ${name}.`);
      status = 1;
      continue;
    }
    if (!first) context.out('\n');
    first = false;
    if (unit !== undefined && manager?.loader.needsReload(unit.loaded))
      context.err(outdatedText(context, options, name));
    const { fragment, dropIns } = found;
    if (!(await printFiles(context, fragment === undefined ? dropIns : [fragment, ...dropIns]))) return 1;
  }
  return status;
};

function outdatedText(context: CliContext, options: SystemctlOptions, name: string): string {
  const { red, normal } = styleOf(context).colors;
  const user = options.scope === 'system' ? '' : ' --user';
  return (
    `${red}# Warning: ${name} changed on disk, the version systemd has loaded is outdated.\n` +
    `${red}# This output shows the current version of the unit's original fragment and drop-in files.\n` +
    `${red}# If fragments or drop-ins were added or removed, they are not properly reflected in this output.\n` +
    `${red}# Run 'systemctl${user} daemon-reload' to reload units.${normal}\n`
  );
}
