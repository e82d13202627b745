/**
 * What systemctl(1) does to unit files: enable, disable, mask and their kin. All work on the files below `paths` alone, so
 * below another root, too, and without a manager; what was done is in the changes, whatever the outcome.
 *
 *   operations.ts   the verbs
 *   state.ts        is-enabled and list-unit-files: the word for what is there
 *   search.ts       from a name to its file and [Install] section, through links
 *   apply.ts        what [Install] sections ask for, done and undone
 *   links.ts        single links: made, found, taken away
 *   presets.ts      systemd.preset(5)
 *   info.ts         what is known of the units of one operation
 *   changes.ts      what was done, or could not be
 *   directories.ts  directories, each listed once for an operation
 *   places.ts       which kind of place a path is, and paths below another root
 *
 * Messages about it are the program's (src/cli/systemctl); that units need a reload afterwards is the manager's business.
 */

import { baseName, pathIsAbsolute, pathJoin } from '../../text/paths.ts';
import { isOwnUnits, type LookupPaths } from '../files/load-path.ts';
import { isHiddenOrBackup } from '../files/unit-files.ts';
import { unitNameKind, unitTypeOf } from '../language/unit-name.ts';
import { applyInstall, markForRemoval } from './apply.ts';
import { attempt, Changes, codeOf, type ErrorCode, failed, type InstallChange, type Outcome } from './changes.ts';
import { hasInstallConfig, InstallContext, newInfo } from './info.ts';
import { createLink, Marks, removeMarkedLinks } from './links.ts';
import {
  belowSearchPath,
  isConfiguration,
  isControl,
  isGenerated,
  isInSearchPath,
  isNullOrEmpty,
  isTransient,
  isVendorOrGenerated,
  withoutRoot,
} from './places.ts';
import { meansOwn, type PresetRule, queryPreset, readPresets } from './presets.ts';
import type { UnitFileSearch } from './search.ts';

export interface InstallFlags {
  /** Links in /run instead of /etc. */
  readonly runtime?: boolean;
  readonly force?: boolean;
  /** Says what would be removed. */
  readonly dryRun?: boolean;
}

export interface InstallResult {
  /** Why it failed; undefined where it did not. */
  readonly error: ErrorCode | undefined;
  /** Rules of [Install] sections that were found (enable, reenable, preset). */
  readonly count: number;
  readonly changes: readonly InstallChange[];
}

export type PresetMode = 'full' | 'enable-only' | 'disable-only';

function run(operation: (changes: Changes) => Outcome): InstallResult {
  const changes = new Changes();
  const outcome = operation(changes);
  return failed(outcome)
    ? { error: outcome, count: 0, changes: changes.list }
    : { error: undefined, count: outcome, changes: changes.list };
}

/** Undefined where there is no such directory: a user's runtime directory without $XDG_RUNTIME_DIR. */
function configPathOf(paths: LookupPaths, flags: InstallFlags): string | undefined {
  return flags.runtime ? paths.runtimeConfig : paths.persistentConfig;
}

/** An operation on links in one directory. */
function runIn(
  paths: LookupPaths,
  flags: InstallFlags,
  operation: (configPath: string, changes: Changes) => Outcome,
): InstallResult {
  return run((changes) => {
    const configPath = configPathOf(paths, flags);
    return configPath === undefined ? 'ENXIO' : operation(configPath, changes);
  });
}

/** Of several outcomes the first failure counts. */
const firstFailure = (earlier: Outcome, later: Outcome): Outcome =>
  !failed(earlier) && failed(later) ? later : earlier;

const loadAndFollow = { load: true, followConfig: true } as const;

function doEnable(
  search: UnitFileSearch,
  flags: InstallFlags,
  configPath: string,
  namesOrPaths: readonly string[],
  changes: Changes,
): Outcome {
  const context = new InstallContext();
  for (const name of namesOrPaths) {
    const info = search.discoverInstallable(context, name, loadAndFollow, changes);
    if (typeof info === 'string') return info;
  }
  return applyInstall({ search, configPath, force: flags.force ?? false, changes }, context, { load: true });
}

/** The count is 0 where nothing was removed, and no unit has rules by which there could have been anything. */
function doDisable(
  search: UnitFileSearch,
  flags: InstallFlags,
  configPath: string,
  names: readonly string[],
  changes: Changes,
): Outcome {
  const context = new InstallContext();
  for (const name of names) {
    if (unitNameKind(name) === undefined) return changes.error('EUCLEAN', name);
    const added = context.add(name, undefined, false);
    if (typeof added === 'string') return added;
  }
  const marks = new Marks();
  markForRemoval(search, context, marks, changes);
  const removed = removeMarkedLinks(search, marks, configPath, flags.dryRun ?? false, changes);
  if (failed(removed)) return removed;
  const changed = changes.list.some(({ kind }) => kind === 'symlink' || kind === 'unlink');
  return changed || names.some((name) => hasInstallConfig(context.find(name))) ? 1 : 0;
}

/** Names, or absolute paths (as seen below the root) of files outside the load path, which are linked first. */
export function enable(search: UnitFileSearch, flags: InstallFlags, namesOrPaths: readonly string[]): InstallResult {
  return runIn(search.paths, flags, (configPath, changes) =>
    doEnable(search, flags, configPath, namesOrPaths, changes),
  );
}

export function disable(search: UnitFileSearch, flags: InstallFlags, names: readonly string[]): InstallResult {
  return runIn(search.paths, flags, (configPath, changes) => doDisable(search, flags, configPath, names, changes));
}

/** Disables by name, then enables again, a linked unit by the path of its file. */
export function reenable(search: UnitFileSearch, flags: InstallFlags, namesOrPaths: readonly string[]): InstallResult {
  return runIn(search.paths, flags, (configPath, changes) => {
    const names: string[] = [];
    const files: string[] = [];
    for (const given of namesOrPaths) {
      const name = baseName(given);
      if (name === '') return 'EISDIR';
      const info = given.includes('/') ? 'ENOENT' : search.discover(new InstallContext(), name, loadAndFollow);
      names.push(name);
      const { root } = search.paths;
      // systemd gives the path only below another root; a name is found again by itself.
      const path = typeof info === 'string' || root === '' ? undefined : info.path;
      files.push(path?.startsWith(root) ? path.slice(root.length) : given);
    }
    const disabled = doDisable(search, flags, configPath, names, changes);
    return failed(disabled) ? disabled : doEnable(search, flags, configPath, files, changes);
  });
}

/** Links to /dev/null. Names that no unit can have make it fail, the others are masked. */
export function mask(search: UnitFileSearch, flags: InstallFlags, names: readonly string[]): InstallResult {
  return runIn(search.paths, flags, (configPath, changes) => {
    let outcome: Outcome = 0;
    for (const name of names) {
      const masked =
        unitNameKind(name) === undefined
          ? 'EINVAL'
          : createLink(search, '/dev/null', `${configPath}/${name}`, flags.force ?? false, changes);
      outcome = firstFailure(outcome, masked);
    }
    return outcome;
  });
}

/** Removes masks, and links to them. */
export function unmask(search: UnitFileSearch, flags: InstallFlags, names: readonly string[]): InstallResult {
  return runIn(search.paths, flags, (configPath, changes) => {
    const { paths } = search;
    const { files } = search.host;
    const masks = new Set<string>();
    for (const name of names) {
      if (unitNameKind(name) === undefined) return 'EINVAL';
      if (paths.root === '') {
        const info = newInfo(name, undefined, false);
        if (search.search(undefined, info, {}) === undefined && info.mode === 'masked') {
          if (isGenerated(paths, info.path!)) changes.notice('masked-generator', name);
        }
      }
      const path = `${configPath}/${name}`;
      const empty = isNullOrEmpty(files, path, '');
      if (typeof empty === 'string' && empty !== 'ENOENT') return empty;
      if (empty === true) masks.add(path);
    }
    let failure: ErrorCode | undefined;
    const marks = new Marks();
    for (const path of masks) {
      const error = flags.dryRun ? undefined : attempt(() => files.unlink(path));
      if (error !== undefined) {
        if (error !== 'ENOENT') failure ??= changes.error(error, path);
        continue;
      }
      search.directories.changed(path);
      changes.unlink(path);
      marks.add(withoutRoot(paths, path) ?? path);
    }
    const removed = removeMarkedLinks(search, marks, configPath, flags.dryRun ?? false, changes);
    return failure ?? removed;
  });
}

/** Links to files outside the load path; `files` are absolute, as seen below the root. */
export function link(search: UnitFileSearch, flags: InstallFlags, files: readonly string[]): InstallResult {
  return runIn(search.paths, flags, (configPath, changes) => {
    const { paths } = search;
    const todo = new Set<string>();
    for (const file of files) {
      if (!pathIsAbsolute(file)) return changes.error('EINVAL', file);
      if (unitNameKind(baseName(file)) === undefined) return changes.error('EUCLEAN', file);
      const error = checkRegular(search, pathJoin(paths.root, file));
      if (error !== undefined) return changes.error(error, file);
      if (isInSearchPath(paths, file)) continue;
      if (belowSearchPath(paths, file) !== undefined) return changes.error('ETXTBSY', file);
      todo.add(file);
    }
    let outcome: Outcome = 0;
    for (const file of todo) {
      const made = createLink(search, file, `${configPath}/${baseName(file)}`, flags.force ?? false, changes);
      outcome = firstFailure(outcome, made);
    }
    return outcome;
  });
}

function checkRegular(search: UnitFileSearch, path: string): ErrorCode | undefined {
  try {
    const { type } = search.host.files.lstat(path);
    if (type === 'file') return undefined;
    return type === 'directory' ? 'EISDIR' : type === 'symlink' ? 'ELOOP' : 'EBADFD';
  } catch (error) {
    return codeOf(error);
  }
}

/** Back to what the vendor ships: drop-ins go, and files of the administrator's where the vendor has one. */
export function revert(search: UnitFileSearch, names: readonly string[]): InstallResult {
  return run((changes) => {
    const todo = new Set<string>();
    for (const name of names) {
      if (unitNameKind(name) === undefined) return 'EINVAL';
      const error = collectOverrides(search, name, todo, changes);
      if (error !== undefined) return error;
    }
    let outcome: Outcome = 0;
    const marks = new Marks();
    for (const path of todo) {
      const removed = removeOverride(search, path, changes);
      if (removed !== undefined) {
        outcome = firstFailure(outcome, removed);
        continue;
      }
      marks.add(withoutRoot(search.paths, path) ?? path);
    }
    const { runtimeConfig, persistentConfig } = search.paths;
    for (const configPath of [runtimeConfig, persistentConfig]) {
      if (configPath === undefined) continue;
      const removed = removeMarkedLinks(search, marks, configPath, false, changes);
      if (!failed(outcome)) outcome = removed;
    }
    return outcome;
  });
}

/** What of a unit lies where administrators and set-property write. */
function collectOverrides(
  search: UnitFileSearch,
  name: string,
  todo: Set<string>,
  changes: Changes,
): ErrorCode | undefined {
  const { paths, host } = search;
  let hasVendor = false;
  const typeOf = (path: string): { type: string | undefined } | { error: ErrorCode } => {
    try {
      return { type: host.files.lstat(path).type };
    } catch (error) {
      const code = codeOf(error);
      return code === 'ENOENT' ? { type: undefined } : { error: changes.error(code, path) };
    }
  };
  for (const directory of paths.search) {
    const path = `${directory}/${name}`;
    const file = typeOf(path);
    if ('error' in file) return file.error;
    if (file.type === 'file' && isVendorOrGenerated(paths, path)) hasVendor = true;
    const dropIns = typeOf(`${path}.d`);
    if ('error' in dropIns) return dropIns.error;
    const mayGo = isConfiguration(paths, path) || isControl(paths, path) || isTransient(paths, path);
    if (dropIns.type === 'directory' && mayGo) todo.add(`${path}.d`);
  }
  if (!hasVendor) return undefined;
  for (const directory of paths.search) {
    const path = `${directory}/${name}`;
    const file = typeOf(path);
    if ('error' in file) return file.error;
    if ((file.type === 'file' || file.type === 'symlink') && isConfiguration(paths, path)) todo.add(path);
  }
  return undefined;
}

function removeOverride(search: UnitFileSearch, path: string, changes: Changes): ErrorCode | undefined {
  const { files } = search.host;
  let inside: string[] = [];
  try {
    inside = files
      .entries(path)
      .filter(({ type, name }) => (type === 'file' || type === 'symlink') && !isHiddenOrBackup(name))
      .map(({ name }) => name);
  } catch (error) {
    // A file, not a directory.
    codeOf(error);
  }
  const error = attempt(() => files.removeTree(path));
  if (error !== undefined) return error;
  search.directories.changed(path);
  for (const name of inside) changes.unlink(`${path}/${name}`);
  changes.unlink(path);
  return undefined;
}

/** add-wants, add-requires: `target` gets links to the units. */
export function addDependency(
  search: UnitFileSearch,
  flags: InstallFlags,
  names: readonly string[],
  target: string,
  kind: 'wants' | 'requires',
): InstallResult {
  return run((changes) => {
    if (unitNameKind(target) === undefined) return changes.error('EUCLEAN', target);
    const configPath = configPathOf(search.paths, flags);
    if (configPath === undefined) return 'ENXIO';
    const context = new InstallContext();
    const follow = { followConfig: true } as const;
    const dependent = search.discoverInstallable(context, target, follow, changes);
    if (typeof dependent === 'string') return dependent;
    for (const name of names) {
      const info = search.discoverInstallable(context, name, follow, changes);
      if (typeof info === 'string') return info;
      if (kind === 'wants') info.wantedBy = [dependent.name];
      else info.requiredBy = [dependent.name];
    }
    return applyInstall({ search, configPath, force: flags.force ?? false, changes }, context, follow);
  });
}

/** Makes default.target a link to another target. */
export function setDefault(search: UnitFileSearch, flags: InstallFlags, name: string): InstallResult {
  return run((changes) => {
    if (unitTypeOf(name) !== 'target' || name === 'default.target') return 'EINVAL';
    const info = search.discoverInstallable(new InstallContext(), name, {}, changes);
    if (typeof info === 'string') return info;
    const path = `${search.paths.persistentConfig}/default.target`;
    return createLink(search, info.path!, path, flags.force ?? false, changes);
  });
}

/** The unit that default.target leads to. */
export function getDefault(search: UnitFileSearch): { name: string } | { error: ErrorCode } {
  const info = search.discover(new InstallContext(), 'default.target', { followConfig: true });
  return typeof info === 'string' ? { error: info } : { name: info.name };
}

// ---- presets ------------------------------------------------------------------------------------------------------

interface PresetPlan {
  readonly search: UnitFileSearch;
  readonly rules: readonly PresetRule[];
  /** Units to be enabled, and to be disabled. */
  readonly plus: InstallContext;
  readonly minus: InstallContext;
  readonly changes: Changes;
}

function planPreset({ search, rules, plus, minus, changes }: PresetPlan, name: string): ErrorCode | undefined {
  if (plus.find(name) !== undefined || minus.find(name) !== undefined) return undefined;
  const follow = { followConfig: true } as const;
  const found = search.discover(new InstallContext(), name, follow, changes);
  if (typeof found === 'string') return found;
  // An alias is dealt with by the name of its unit.
  if (found.name !== name) return undefined;
  const preset = queryPreset(name, rules, true);
  if (preset === undefined) return 'EINVAL';
  if (preset.action === 'ignore') return undefined;
  if (preset.action === 'disable') {
    const info = search.discover(minus, name, follow, changes);
    return typeof info === 'string' ? info : undefined;
  }
  if (found.mode === 'masked' && search.host.voice.unitFiles.presetSkipsMasked) {
    changes.notice('masked', found.path!);
    return undefined;
  }
  for (const unit of preset.instances ?? [name]) {
    const info = search.discoverInstallable(plus, unit, loadAndFollow, changes);
    if (typeof info === 'string') return info;
  }
  return undefined;
}

function executePreset(plan: PresetPlan, flags: InstallFlags, configPath: string, mode: PresetMode): Outcome {
  const { search, plus, minus, changes } = plan;
  let outcome: Outcome = 0;
  if (mode !== 'enable-only') {
    const marks = new Marks();
    markForRemoval(search, minus, marks, changes);
    outcome = removeMarkedLinks(search, marks, configPath, false, changes);
  }
  if (mode !== 'disable-only') {
    const options = { search, configPath, force: flags.force ?? false, ignoreTemplates: true, changes };
    const applied = applyInstall(options, plus, { load: true });
    if (!failed(outcome)) outcome = failed(applied) ? applied : outcome + applied;
  }
  return outcome;
}

function presetWith(
  search: UnitFileSearch,
  flags: InstallFlags,
  mode: PresetMode,
  plan: (plan: PresetPlan) => ErrorCode | undefined,
): InstallResult {
  return runIn(search.paths, flags, (configPath, changes) => {
    const presets = readPresets(search);
    if ('error' in presets) return presets.error;
    const { rules } = presets;
    const wanted: PresetPlan = { search, rules, plus: new InstallContext(), minus: new InstallContext(), changes };
    return plan(wanted) ?? executePreset(wanted, flags, configPath, mode);
  });
}

/** Enables or disables units as systemd.preset(5) files say. */
export function preset(
  search: UnitFileSearch,
  flags: InstallFlags,
  names: readonly string[],
  mode: PresetMode,
): InstallResult {
  return presetWith(search, flags, mode, (plan) => {
    for (const name of names) {
      const error = planPreset(plan, name);
      if (error !== undefined) return error;
    }
    return undefined;
  });
}

/** Failures that concern one unit and leave the others. */
const passedOver: ReadonlySet<ErrorCode> = new Set([
  'EEXIST',
  'ERFKILL',
  'EADDRNOTAVAIL',
  'EBADSLT',
  'EIDRM',
  'EUCLEAN',
  'ELOOP',
  'ENOENT',
  'EUNATCH',
  'EXDEV',
]);

/** `preset` for every unit file there is: what a first boot does. */
export function presetAll(search: UnitFileSearch, flags: InstallFlags, mode: PresetMode): InstallResult {
  return presetWith(search, flags, mode, (plan) => {
    for (const directory of search.paths.search) {
      const { error } = search.directories.list(directory);
      if (error === 'ENOENT') continue;
      if (error !== undefined) return error;
      for (const [name, type] of search.directories.visible(directory)) {
        if (unitNameKind(name) === undefined || (type !== 'symlink' && type !== 'file')) continue;
        // Nobody has installed pidone's own, and presets of packages mean their units.
        if (isOwnUnits(directory) && !meansOwn(name, plan.rules)) continue;
        const failure = planPreset(plan, name);
        if (failure !== undefined && !passedOver.has(failure)) return failure;
      }
    }
    return undefined;
  });
}
