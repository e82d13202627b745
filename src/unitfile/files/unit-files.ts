/**
 * Which files make a unit. Here is what the directories of the load path hold: which name is which file, which names are
 * aliases, and where drop-ins and .wants directories are. Directories are listed once, when first asked; `refresh` forgets.
 *
 *   load-path.ts   the directories, for each scope and root, in order of priority
 *   unit-files.ts  their content by names: the file of a unit, all its names, its drop-ins and links
 *   alias.ts       which names may lead to which
 *   mask.ts        which files say that there is nothing
 *
 * No file is read here (src/unitfile/load does), and none is made (src/unitfile/install).
 */

import { type Files, SystemError } from '../../sys/host.ts';
import { baseName, pathJoin, pathSimplify, pathStartsWith } from '../../text/paths.ts';
import {
  replaceUnitInstance,
  unitInstance,
  unitNameIsValid,
  unitNameKind,
  unitPrefix,
  unitPrefixIsValid,
  unitTemplateName,
  unitTypeOf,
  unitTypes,
} from '../language/unit-name.ts';
import { checkAlias } from './alias.ts';
import type { LookupPaths } from './load-path.ts';

/** Suffixes of directories that belong to a unit. */
const directorySuffixes = ['.wants', '.requires', '.upholds', '.d'] as const;
export type DirectorySuffix = (typeof directorySuffixes)[number];

/** Hops from alias to alias before it counts as a loop. */
const followMax = 8;

const typeNames: ReadonlySet<string> = new Set(unitTypes);
export type FragmentLookup =
  | { kind: 'found'; path: string; names: string[] }
  | { kind: 'missing'; names: string[] }
  /** Too many aliases in a row. */
  | { kind: 'loop'; names: string[] };

export class UnitFileIndex {
  readonly paths: LookupPaths;
  readonly #files: Files;
  /** Name → absolute path of its file, or the name it is an alias of. */
  #ids: Map<string, string> | undefined;
  /** Name → every name that leads to it. */
  readonly #aliases = new Map<string, string[]>();
  /** `foo.service.wants` → index in the path and place of each such directory. */
  readonly #directories = new Map<string, { index: number; path: string }[]>();
  #stamps: string[] = [];

  constructor(files: Files, paths: LookupPaths) {
    this.#files = files;
    this.paths = paths;
  }

  /** Forgets everything that was listed. */
  refresh(): void {
    this.#ids = undefined;
  }

  /** Whether a directory of the path has changed since it was listed. Files below /run that only the manager writes do not count. */
  isStale(): boolean {
    if (this.#ids === undefined) return true;
    return this.paths.search.some((path, i) => this.#stampOf(path) !== this.#stamps[i]);
  }

  #stampOf(path: string): string {
    const { generator, generatorEarly, generatorLate, transient, persistentControl, runtimeControl } = this.paths;
    const own = [generator, generatorEarly, generatorLate, transient, persistentControl, runtimeControl];
    if (own.includes(path)) return '';
    const stat = this.#files.tryStat(path);
    return stat === undefined ? '' : `${stat.dev}:${stat.ino}:${stat.mtimeMs}`;
  }

  get #names(): Map<string, string> {
    this.#ids ??= this.#build();
    return this.#ids;
  }

  #build(): Map<string, string> {
    const ids = new Map<string, string>();
    this.#aliases.clear();
    this.#directories.clear();
    this.#stamps = this.paths.search.map((path) => this.#stampOf(path));
    const expanded = new Set(this.paths.search);
    for (const path of this.paths.search) {
      try {
        expanded.add(this.#files.realpath(path));
      } catch {
        // A directory that is not there.
      }
    }
    const search = [...expanded];
    this.paths.search.forEach((directory, index) => {
      for (const name of this.#list(directory)) this.#add(ids, search, directory, index, name);
    });
    for (const name of ids.keys()) this.#addAlias(ids, name);
    return ids;
  }

  #list(directory: string): string[] {
    try {
      return this.#files.readdir(directory);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return [];
    }
  }

  #add(ids: Map<string, string>, search: readonly string[], directory: string, index: number, name: string): void {
    if (!unitNameIsValid(name)) {
      this.#addDirectory(directory, index, name);
      return;
    }
    // The first directory that has the name decides.
    if (ids.has(name)) return;
    const path = `${directory}/${name}`;
    const stat = this.#files.tryLstat(path);
    if (stat?.type === 'file') ids.set(name, path);
    else if (stat?.type === 'symlink') {
      const target = this.#resolveLink(search, directory, name);
      if (target !== undefined) ids.set(name, target);
    }
  }

  #addDirectory(directory: string, index: number, name: string): void {
    const suffix = directorySuffixes.find((s) => name.endsWith(s));
    if (suffix === undefined) return;
    const unit = name.slice(0, -suffix.length);
    if (!unitNameIsValid(unit) && !typeNames.has(unit)) return;
    let list = this.#directories.get(name);
    if (list === undefined) {
      list = [];
      this.#directories.set(name, list);
    }
    list.push({ index, path: `${directory}/${name}` });
  }

  /** An alias gives the name it points to; a link out of the load path (a linked unit, a mask) gives its own path. */
  #resolveLink(search: readonly string[], directory: string, name: string): string | undefined {
    const path = `${directory}/${name}`;
    let target: string;
    try {
      const written = this.#files.readlink(path);
      const absolute = written.startsWith('/');
      target = pathSimplify(
        absolute ? pathJoin(this.paths.root === '' ? '/' : this.paths.root, written) : pathJoin(directory, written),
      );
      target = this.#withoutDots(target);
    } catch {
      return undefined;
    }
    const tail = search.map((dir) => pathStartsWith(target, dir)).find((rest) => rest !== undefined && rest !== '');
    if (tail === undefined) return path;
    const targetName = baseName(target);
    return checkAlias(name, targetName, () => {}) === undefined ? targetName : undefined;
  }

  /** Follows links in the directories of a path, not in its last component. */
  #withoutDots(path: string): string {
    const slash = path.lastIndexOf('/');
    const parent = path.slice(0, slash) || '/';
    try {
      return pathJoin(this.#files.realpath(parent), path.slice(slash + 1));
    } catch {
      const parts: string[] = [];
      for (const part of path.split('/')) {
        if (part === '..') parts.pop();
        else if (part !== '' && part !== '.') parts.push(part);
      }
      return `/${parts.join('/')}`;
    }
  }

  #addAlias(ids: Map<string, string>, name: string): void {
    const found = this.#resolve(ids, name);
    if (found.kind !== 'path') return;
    let target = baseName(found.path);
    if (unitNameKind(target) === 'template' && unitNameKind(name) === 'instance') {
      // An instance that is linked to a template is an alias of that one instance.
      const instance = replaceUnitInstance(target, unitInstance(name)!);
      if (instance === undefined) return;
      target = instance;
    }
    // Only names that are known by another one, or have other names, need a list.
    const list = this.#aliases.get(target);
    if (list === undefined) this.#aliases.set(target, [name]);
    else list.push(name);
  }

  #resolve(
    ids: ReadonlyMap<string, string>,
    name: string,
  ): { kind: 'path'; path: string } | { kind: 'missing' | 'loop' } {
    let id = name;
    for (let hop = 0; hop < followMax; hop++) {
      let next = ids.get(id);
      if (next === undefined && hop > 0) {
        const template = unitTemplateName(id);
        next = template === undefined ? undefined : ids.get(template);
      }
      if (next === undefined) return { kind: 'missing' };
      if (next.startsWith('/')) return { kind: 'path', path: next };
      id = next;
    }
    return { kind: 'loop' };
  }

  /** Every name of a file or link of the load path. */
  unitNames(): IterableIterator<string> {
    return this.#names.keys();
  }

  /** Each name with its file or, of an alias, the name that it leads to. */
  targets(): IterableIterator<[string, string]> {
    return this.#names.entries();
  }

  /** Each name that a file has with every name that leads to that file. */
  aliases(): IterableIterator<[string, readonly string[]]> {
    void this.#names;
    return this.#aliases.entries();
  }

  /** The file of a unit and all its names, aliases included. systemd: unit_file_find_fragment. */
  find(name: string): FragmentLookup {
    const ids = this.#names;
    const names = new Set<string>();
    const instance = unitInstance(name);
    this.#collectNames(names, name, undefined, instance);
    let found = this.#resolve(ids, name);
    if (found.kind === 'loop') return { kind: 'loop', names: [...names] };
    if (found.kind !== 'path' && instance !== undefined && instance !== '') {
      const template = unitTemplateName(name)!;
      found = this.#resolve(ids, template);
      if (found.kind === 'loop') return { kind: 'loop', names: [...names] };
    }
    if (found.kind !== 'path') return { kind: 'missing', names: [...names] };
    let base = baseName(found.path);
    const file = base;
    if (unitNameKind(base) === 'template' && instance !== undefined && instance !== '') {
      this.#collectNames(names, base, file, instance);
      base = replaceUnitInstance(base, instance) ?? base;
    }
    if (base !== name) this.#collectNames(names, base, file, instance);
    return { kind: 'found', path: found.path, names: [...names] };
  }

  #collectNames(names: Set<string>, name: string, file: string | undefined, instance: string | undefined): void {
    if (unitNameKind(name) !== 'template') names.add(name);
    for (const alias of this.#aliases.get(name) ?? []) {
      if (instance !== undefined && instance !== '' && unitNameKind(alias) === 'template') {
        const made = replaceUnitInstance(alias, instance);
        if (made === undefined) continue;
        // An instance of its own that leads elsewhere is no alias.
        const at = this.#resolve(this.#names, made);
        if (at.kind === 'path' && file !== undefined && baseName(at.path) !== file) continue;
        names.add(made);
      } else if (unitNameKind(alias) !== 'template') names.add(alias);
    }
  }

  /** Directories that hold drop-ins or links of a unit, the most important first. systemd.unit(5), "foo.service.d/". */
  #directoriesOf(id: string, aliases: readonly string[], suffix: DirectorySuffix): string[] {
    const chains = [id, ...aliases].map((name) => dropInNames(name));
    const type = unitTypeOf(id);
    if (type !== undefined) chains.push([type]);
    const found: string[] = [];
    for (const chain of chains) {
      const lists = chain.map((name) => this.#directories.get(name + suffix)).filter((list) => list !== undefined);
      if (lists.length === 0) continue;
      if (lists.length === 1) {
        for (const { path } of lists[0]!) found.push(path);
        continue;
      }
      for (let index = 0; index < this.paths.search.length; index++) {
        for (const list of lists) for (const at of list) if (at.index === index) found.push(at.path);
      }
    }
    return found;
  }

  /**
   * Files of a unit's directories by their names: of files of one name in several directories, the one in the most
   * important directory. `extension` '.conf' for drop-ins.
   */
  dropIns(id: string, aliases: readonly string[], suffix: DirectorySuffix, extension = ''): string[] {
    void this.#names;
    const directories = this.#directoriesOf(id, aliases, suffix);
    if (directories.length === 0) return [];
    const chased: string[] = [];
    for (const directory of directories) {
      try {
        const real = this.#files.realpath(directory);
        if (!chased.includes(real)) chased.push(real);
      } catch {
        // Gone since it was listed, or a link to nowhere.
      }
    }
    const byName = new Map<string, string>();
    for (const directory of chased) {
      for (const name of this.#list(directory)) {
        if (!name.endsWith(extension) || isHiddenOrBackup(name) || byName.has(name)) continue;
        byName.set(name, `${directory}/${name}`);
      }
    }
    return [...byName].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, path]) => path);
  }
}

/**
 * Names whose directories belong to a unit: its own, its template's, and of each prefix that ends in a dash; the most
 * specific first.
 */
export function dropInNames(name: string): string[] {
  const names: string[] = [];
  const visit = (current: string): void => {
    names.push(current);
    const instance = unitInstance(current);
    const isInstance = instance !== undefined && instance !== '';
    if (isInstance) visit(unitTemplateName(current)!);
    let prefix = unitPrefix(current)!;
    let chopped = false;
    for (;;) {
      const dash = prefix.lastIndexOf('-');
      if (dash <= 0) return;
      if (dash + 1 < prefix.length || chopped) {
        prefix = prefix.slice(0, dash + 1);
        break;
      }
      prefix = prefix.slice(0, dash);
      chopped = true;
    }
    if (!unitPrefixIsValid(prefix)) return;
    visit(`${prefix}${isInstance ? `@${instance}` : ''}.${unitTypeOf(current)}`);
  };
  visit(name);
  return names;
}

const backupExtensions: ReadonlySet<string> = new Set(
  (
    'rpmnew rpmsave rpmorig dpkg-old dpkg-new dpkg-tmp dpkg-dist dpkg-bak dpkg-backup dpkg-remove ucf-new ucf-old ' +
    'ucf-dist swp bak old new'
  ).split(' '),
);
const notContent: ReadonlySet<string> = new Set(['lost+found', 'aquota.user', 'aquota.group']);

/** Files that do not count: what editors and package managers leave behind, and what a file system has of its own. */
export function isHiddenOrBackup(name: string): boolean {
  if (name.startsWith('.') || name.endsWith('~') || notContent.has(name)) return true;
  const dot = name.lastIndexOf('.');
  return dot >= 0 && backupExtensions.has(name.slice(dot + 1));
}
