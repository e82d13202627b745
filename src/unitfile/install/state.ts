/** Whether a unit is enabled, and in which way: is-enabled of systemctl(1). */

import type { DirectoryEntry } from '../../sys/host.ts';
import { matcher } from '../../text/fnmatch.ts';
import { baseName, pathEquals, pathStartsWith } from '../../text/paths.ts';
import { replaceUnitInstance, unitNameIsValid, unitNameKind } from '../language/unit-name.ts';
import type { ErrorCode } from './changes.ts';
import { InstallContext, type InstallInfo } from './info.ts';
import { globalUserConfig, isGenerated, isRuntime, isRuntimeDirectory, isTransient } from './places.ts';
import { type PresetState, queryPreset, readPresets } from './presets.ts';
import type { UnitFileSearch } from './search.ts';

const unitFileStates = [
  'enabled',
  'enabled-runtime',
  'linked',
  'linked-runtime',
  'alias',
  'masked',
  'masked-runtime',
  'static',
  'disabled',
  'indirect',
  'generated',
  'transient',
  'bad',
] as const;
export type UnitFileState = (typeof unitFileStates)[number];

/** Whether the link is one that `enable` of the unit would make. */
function isOwnName(info: InstallInfo, name: string): boolean {
  if (name === info.name || info.aliases.includes(name)) return true;
  if (info.defaultInstance === undefined || unitNameKind(info.name) !== 'template') return false;
  return replaceUnitInstance(info.name, info.defaultInstance) === name;
}

interface Found {
  /** A link by which the unit is enabled, or known under another name. */
  readonly link: boolean;
  /** A link of the unit's own name to a file of that name. */
  readonly sameName: boolean;
}

/** Links to the unit in one directory of the load path; only those of its own names where `ownNames` is set. */
function findLinks(
  search: UnitFileSearch,
  info: InstallInfo,
  directory: string,
  ownNames: boolean,
  ignoreSameName: boolean,
): Found | ErrorCode {
  const links = search.directories.links(directory);
  if (typeof links === 'string') return links;
  const counts = (name: string): boolean => !ownNames || isOwnName(info, name);
  if (links.wanted.has(info.name) || links.wantedByTemplate.get(info.name)?.some(counts))
    return { link: true, sameName: false };
  let sameName = false;
  for (const name of links.byTarget.get(info.name) ?? []) {
    if (name === info.name && !ignoreSameName) sameName = true;
    else if (counts(name)) return { link: true, sameName: false };
  }
  if (!sameName && !ignoreSameName && links.names.has(info.name)) return { link: true, sameName: false };
  return { link: false, sameName };
}

/** Where the unit is enabled; undefined where it is not. */
function enabledState(
  search: UnitFileSearch,
  info: InstallInfo,
  ownNames: boolean,
): UnitFileState | ErrorCode | undefined {
  const { paths } = search;
  let sameNameConfig = false;
  let sameNameRuntime = false;
  let inRuntime = false;
  let atAll = false;
  // Links of the unit's name in directories of lower priority than its file's have no effect.
  let ignoreSameName = false;
  for (const directory of paths.search) {
    const found = findLinks(search, info, directory, ownNames, ignoreSameName);
    if (typeof found === 'string') return found;
    const isConfig = pathEquals(directory, paths.persistentConfig);
    if (found.link) {
      if (isConfig || (paths.scope === 'user' && pathEquals(directory, globalUserConfig))) return 'enabled';
      if (isRuntimeDirectory(paths, directory)) inRuntime = true;
      else atAll = true;
    } else if (found.sameName) {
      if (isConfig) sameNameConfig = true;
      else if (isRuntimeDirectory(paths, directory)) sameNameRuntime = true;
    }
    ignoreSameName ||= pathStartsWith(info.path!, directory) !== undefined;
  }
  if (inRuntime) return 'enabled-runtime';
  // An instance that the vendor enabled: an alias elsewhere would say nothing.
  if (atAll && unitNameIsValid(info.name, 'instance')) return 'static';
  if (sameNameConfig) return 'linked';
  if (sameNameRuntime) return 'linked-runtime';
  return undefined;
}

/** The state of a unit's file; the code of an errno where there is none, or it can't be made out. */
export function unitFileState(search: UnitFileSearch, name: string): UnitFileState | ErrorCode {
  if (unitNameKind(name) === undefined) return 'EINVAL';
  const { paths } = search;
  const info = search.discover(new InstallContext(), name, { load: true, followConfig: true });
  if (typeof info === 'string') return info;
  const path = info.path!;
  if (info.mode === 'masked') return isRuntime(paths, path) ? 'masked-runtime' : 'masked';
  if (name !== baseName(path) && !unitNameIsValid(info.name, 'instance')) return 'alias';
  if (isGenerated(paths, path)) return 'generated';
  if (isTransient(paths, path)) return 'transient';
  const enabled = enabledState(search, info, true);
  if (enabled !== undefined) return enabled;
  const known = enabledState(search, info, false);
  if (known !== undefined) return isErrorCode(known) ? known : 'indirect';
  const { aliases, wantedBy, requiredBy, upheldBy, also } = info;
  if (aliases.length + wantedBy.length + requiredBy.length + upheldBy.length > 0) return 'disabled';
  return also.length > 0 ? 'indirect' : 'static';
}

/** Tells the two kinds of words apart: states are lower case. */
export function isErrorCode(word: UnitFileState | ErrorCode): word is ErrorCode {
  return word.startsWith('E');
}

export interface ListedUnitFile {
  readonly name: string;
  readonly path: string;
  readonly state: UnitFileState;
}

/**
 * Unit files of the load path by name, each once, in directory order; of those whose state is among `states` only. Undefined
 * for each that was looked at and is none of them; at the end the code of what made a directory unreadable.
 */
export function* listUnitFiles(
  search: UnitFileSearch,
  states: readonly string[],
  patterns: readonly string[],
): Generator<ListedUnitFile | ErrorCode | undefined> {
  const found = new Set<string>();
  const matches = patterns.length === 0 ? () => true : matcher(patterns);
  for (const directory of search.paths.search) {
    const { error } = search.directories.list(directory);
    yield undefined;
    if (error === 'ENOENT' || error === 'ENOTDIR' || error === 'EACCES') continue;
    if (error !== undefined) {
      yield error;
      return;
    }
    search.directories.links(directory);
    yield undefined;
  }
  for (const directory of search.paths.search)
    for (const [name, type] of search.directories.visible(directory)) {
      const listed = found.has(name) ? undefined : listedUnitFile(search, states, matches, directory, name, type);
      if (listed !== undefined) found.add(name);
      yield listed;
    }
}

function listedUnitFile(
  search: UnitFileSearch,
  states: readonly string[],
  matches: (name: string) => boolean,
  directory: string,
  name: string,
  type: DirectoryEntry['type'],
): ListedUnitFile | undefined {
  if (unitNameKind(name) === undefined) return undefined;
  if (!matches(name)) return undefined;
  if (type !== 'symlink' && type !== 'file') return undefined;
  const looked = unitFileState(search, name);
  const state = isErrorCode(looked) ? 'bad' : looked;
  if (states.length > 0 && !states.includes(state)) return undefined;
  return { name, path: `${directory}/${name}`, state };
}

/** Units in these states are shown without what presets say of them. */
const withoutPreset: ReadonlySet<UnitFileState> = new Set(['alias', 'static', 'generated', 'transient']);

export function showsPreset(state: UnitFileState): boolean {
  return !withoutPreset.has(state);
}

export type PresetOfFile = (name: string) => PresetState;

/** What presets say of files; '' where no unit can have the name. The rules are read once. */
export function presetsOf(search: UnitFileSearch): PresetOfFile {
  const presets = readPresets(search);
  const rules = 'error' in presets ? [] : presets.rules;
  return (name) => {
    const preset = queryPreset(name, rules, false);
    return preset === undefined ? '' : (`${preset.action}d` as const);
  };
}

/** What was read serves for so long, milliseconds: for those who ask about many units in turns. */
const keepMs = 1000;

/**
 * State and preset of many units, as `show` has them. What was read for one unit serves all others that are asked about in the
 * same turn of the event loop, and directories that have not changed since serve later ones.
 */
export class UnitFileStates {
  readonly #make: () => UnitFileSearch;
  #search: UnitFileSearch | undefined;
  #presets: PresetOfFile | undefined;
  #isTurnPlanned = false;
  #madeMs = 0;

  /** `make` gives the search to be used from now on. */
  constructor(make: () => UnitFileSearch) {
    this.#make = make;
  }

  /** Forgets what was read. */
  refresh(): void {
    this.#search = undefined;
    this.#presets = undefined;
  }

  #current(): UnitFileSearch {
    if (this.#search !== undefined && this.#search.host.monotonic() - this.#madeMs > keepMs) this.refresh();
    if (this.#search === undefined) {
      this.#search = this.#make();
      this.#madeMs = this.#search.host.monotonic();
    }
    const { host } = this.#search;
    if (!this.#isTurnPlanned) {
      this.#isTurnPlanned = true;
      host.defer(() => this.#endTurn());
    }
    return this.#search;
  }

  #endTurn(): void {
    this.#isTurnPlanned = false;
    this.#presets = undefined;
    this.#search?.directories.doubt();
  }

  /** UnitFileState and UnitFilePreset of a unit that has a file; the preset is the rule for the file's own name. */
  of(name: string): { state: UnitFileState; preset: PresetState } {
    const search = this.#current();
    const state = unitFileState(search, name);
    const found = search.discover(new InstallContext(), name, { followConfig: true });
    const file = typeof found === 'string' || found.path === undefined ? name : baseName(found.path);
    return { state: isErrorCode(state) ? 'bad' : state, preset: this.presetOfFile(file) };
  }

  /** '' where no unit can have the name. */
  presetOfFile(name: string): PresetState {
    const search = this.#current();
    this.#presets ??= presetsOf(search);
    return this.#presets(name);
  }
}
