/** What the [Install] sections of units ask for, done and undone. */
import { pathIsAbsolute } from '../../text/paths.ts';
import { checkAlias } from '../files/alias.ts';
import {
  replaceUnitInstance,
  unitInstance,
  unitNameIsValid,
  unitNameKind,
  unitTemplateName,
} from '../language/unit-name.ts';
import { type Changes, type ErrorCode, failed, type Outcome } from './changes.ts';
import { InstallContext, type InstallInfo } from './info.ts';
import { createLink, type Marks } from './links.ts';
import { isInSearchPath } from './places.ts';
import type { SearchFlags, UnitFileSearch } from './search.ts';

export interface ApplyOptions {
  readonly search: UnitFileSearch;
  /** Where links are made: /etc/systemd/system or /run/systemd/system. */
  readonly configPath: string;
  readonly force: boolean;
  /** Presets say nothing of templates that have no instance to be enabled with. */
  readonly ignoreTemplates?: boolean;
  readonly changes: Changes;
}

/** The first failure stays; otherwise the later outcome replaces none. */
function first(outcome: Outcome, next: Outcome): Outcome {
  return failed(outcome) || outcome !== 0 ? outcome : next;
}

/** Whether a link in a .wants or .requires directory named `link` may lead to `target`. */
function namesFit(link: string, target: string, propagatesInstance: boolean): boolean {
  const kind = unitNameKind(link);
  if (link === target && (kind === 'plain' || kind === 'instance')) return true;
  const template = unitTemplateName(link);
  if (template === undefined || template !== target || unitNameKind(target) !== 'template') return false;
  return kind === 'instance' || propagatesInstance;
}

/**
 * Checks one word of Alias=. The result is the name to use (with the instance of the unit that is enabled), or why not;
 * ELOOP is an alias of the unit itself, about which nothing is said.
 */
function verifyAlias(info: InstallInfo, alias: string, changes: Changes): { name: string } | { error: ErrorCode } {
  const slash = alias.lastIndexOf('/');
  if (slash < 0) {
    let name = alias;
    if (unitNameKind(alias) === 'template') {
      const instance = unitInstance(info.name);
      if (instance !== undefined && instance !== '') name = replaceUnitInstance(alias, instance) ?? alias;
    }
    const error = checkAlias(name, info.name, () => {});
    if (error === undefined) return { name };
    return { error: error === 'ELOOP' ? error : changes.error(error === 'EINVAL' ? 'EXDEV' : error, name, info.name) };
  }
  // The way before WantedBy=: `foo.target.wants/bar.service`.
  const directory = alias.slice(0, slash);
  const dependent = /^(.*)\.(?:wants|requires)$/.exec(directory)?.[1];
  const kind = dependent === undefined ? undefined : unitNameKind(dependent);
  if (kind === undefined) return { error: changes.error('EXDEV', alias) };
  if (!namesFit(alias.slice(slash + 1), info.name, kind === 'template'))
    return { error: changes.error('EXDEV', alias, info.name) };
  return { name: alias };
}

function linkAliases({ search, configPath, force, changes }: ApplyOptions, info: InstallInfo): Outcome {
  let outcome: Outcome = 0;
  for (const word of info.aliases) {
    const expanded = search.expand(info, word);
    if ('error' in expanded) {
      const error = changes.error(expanded.error, word);
      if (!failed(outcome)) outcome = error;
      continue;
    }
    const alias = verifyAlias(info, expanded.text, changes);
    if ('error' in alias) {
      if (alias.error !== 'ELOOP' && !failed(outcome)) outcome = alias.error;
      continue;
    }
    const path = pathIsAbsolute(alias.name) ? alias.name : `${configPath}/${alias.name}`;
    const made = createLink(search, info.path!, path, force, changes);
    if (!failed(outcome)) outcome = made;
  }
  return outcome;
}

/** The name under which a unit is wanted; templates need DefaultInstance=, or a template that wants them. */
function wantedName({ search, changes }: ApplyOptions, info: InstallInfo): { name: string } | { error: ErrorCode } {
  if (unitNameKind(info.name) !== 'template' || info.defaultInstance === undefined) return { name: info.name };
  const name = replaceUnitInstance(info.name, info.defaultInstance);
  if (name === undefined) return { error: 'EINVAL' };
  const instance = search.searchInstance(name);
  if (typeof instance === 'string') return { error: instance };
  if (instance.mode === 'masked') return { error: changes.error('ERFKILL', instance.path!) };
  return { name };
}

function linkWants(options: ApplyOptions, info: InstallInfo, list: readonly string[], suffix: string): Outcome {
  const { search, configPath, changes } = options;
  if (list.length === 0) return 0;
  const wanted = wantedName(options, info);
  if ('error' in wanted) return wanted.error;
  const { name } = wanted;
  let outcome: Outcome = 0;
  const fail = (error: ErrorCode): void => {
    if (!failed(outcome)) outcome = error;
  };
  for (const word of list) {
    const expanded = search.expand(info, word);
    if ('error' in expanded) {
      fail(changes.error(expanded.error, word));
      continue;
    }
    const dependent = expanded.text;
    const kind = unitNameKind(dependent);
    if (kind === undefined || (kind === 'plain' && unitNameIsValid(name, 'template'))) {
      if (options.ignoreTemplates) continue;
      fail(kind === undefined ? changes.error('EUCLEAN', dependent) : changes.error('EIDRM', dependent, name));
      continue;
    }
    const made = createLink(search, info.path!, `${configPath}/${dependent}${suffix}/${name}`, true, changes);
    outcome = failed(outcome) ? outcome : failed(made) || outcome === 0 ? made : outcome;
    if (search.exists(new InstallContext(), dependent) === false) changes.destinationNotPresent(dependent, info.path!);
  }
  return outcome;
}

/** A file outside the load path needs a link of its own name first. */
function linkFile({ search, configPath, force, changes }: ApplyOptions, info: InstallInfo): Outcome {
  if (isInSearchPath(search.paths, info.path!)) return 0;
  return createLink(search, info.path!, `${configPath}/${info.name}`, force, changes);
}

function applyOne(options: ApplyOptions, info: InstallInfo): Outcome {
  if (info.mode !== 'regular') return 0;
  const linked = linkFile(options, info);
  // Without it all others would lead nowhere.
  if (failed(linked)) return linked;
  let outcome = linkAliases(options, info);
  outcome = first(outcome, linkWants(options, info, info.wantedBy, '.wants'));
  outcome = first(outcome, linkWants(options, info, info.requiredBy, '.requires'));
  return first(outcome, linkWants(options, info, info.upheldBy, '.upholds'));
}

/** Makes all links; the count of rules that were found, 0 where no unit has any. */
export function applyInstall(options: ApplyOptions, context: InstallContext, flags: SearchFlags): Outcome {
  const { search, changes } = options;
  let outcome: Outcome = 0;
  for (let info = context.next(); info !== undefined; info = context.next()) {
    const found = search.traverse(context, info, flags);
    if (typeof found === 'string') {
      if (!info.auxiliary) return changes.error(found, info.name);
      changes.notice('auxiliary-failed', info.name);
    } else if (info.mode === 'masked') {
      changes.notice('masked', info.path!);
      // It might have had rules.
      if (!failed(outcome)) outcome++;
    } else if (info.mode === 'regular') {
      const applied = applyOne(options, info);
      if (!failed(outcome)) outcome = failed(applied) ? applied : outcome + applied;
    }
  }
  return outcome;
}

/** Marks the names of all units, and of what they name in Also=, so that no link to them is left. */
export function markForRemoval(search: UnitFileSearch, context: InstallContext, marks: Marks, changes: Changes): void {
  for (let info = context.next(); info !== undefined; info = context.next()) {
    const found = search.traverse(context, info, { load: true, followConfig: true });
    const at = info.path ?? info.name;
    if (typeof found === 'string') {
      // Links of a unit that has gone are leftovers, to be removed like others.
      if (found === 'ENOLINK') changes.notice('dangling', at);
      else if (found !== 'ENOENT' || !info.auxiliary) changes.error(found, at);
    } else if (info.mode === 'masked') {
      changes.notice('masked', at);
      continue;
    } else if (info.mode !== 'regular') continue;
    marks.add(info.name);
  }
}
