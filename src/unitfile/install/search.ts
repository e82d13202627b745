/**
 * Finding a unit's file for installation: along the load path, through links, with the [Install] section of the file and
 * its drop-ins. systemd.unit(5), "[INSTALL] SECTION OPTIONS".
 */
import type { Host } from '../../sys/host.ts';
import { bytesToText } from '../../text/bytes.ts';
import type { LogLevel } from '../../text/log-level.ts';
import { baseName, pathIsAbsolute, pathJoin } from '../../text/paths.ts';
import { extract, WordReader } from '../../text/quoting.ts';
import { checkAlias, mayAlias, mayTemplate } from '../files/alias.ts';
import type { LookupPaths } from '../files/load-path.ts';
import { isMask } from '../files/mask.ts';
import { parseUnitText, type UnitFileEntry, unknownKeyMessage } from '../language/lexer.ts';
import { expandSpecifiers, installSpecifiers, SpecifierFacts, specifierLimits } from '../language/specifiers.ts';
import {
  replaceUnitInstance,
  unitInstance,
  unitInstanceIsValid,
  unitNameIsValid,
  unitNameKind,
  unitTemplateName,
  unitTypeOf,
  unitTypes,
} from '../language/unit-name.ts';
import { type Changes, codeOf, type ErrorCode } from './changes.ts';
import { Directories } from './directories.ts';
import { type InstallContext, type InstallInfo, newInfo } from './info.ts';
import { belowSearchPath, chase, isConfiguration, isGenerated, isNullOrEmpty, isTransient } from './places.ts';

const linksMax = 64;

/** Told of what is wrong in unit files, in systemd's words. */
export type InstallReport = (level: LogLevel, message: string) => void;

export interface SearchFlags {
  /** Read [Install] sections too. */
  readonly load?: boolean;
  /** Links in the administrator's own directories may be followed. */
  readonly followConfig?: boolean;
}

const sections: ReadonlySet<string> = new Set(['Install']);
const ignoredSections: ReadonlySet<string> = new Set([
  'Unit',
  ...unitTypes.map((type) => type.charAt(0).toUpperCase() + type.slice(1)),
]);

/** Failures that mean that there is no such file. */
const missing: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES']);

/** Everything that operations on unit files look at and write to. One for each operation, or for a set of questions. */
export class UnitFileSearch {
  readonly host: Host;
  readonly paths: LookupPaths;
  readonly directories: Directories;
  readonly report: InstallReport;
  readonly #facts: SpecifierFacts;

  /** `directories`: as another search has seen them, where nothing changes between. */
  constructor(
    host: Host,
    paths: LookupPaths,
    report: InstallReport = () => {},
    directories = new Directories(host.files, () => host.now()),
  ) {
    this.host = host;
    this.paths = paths;
    this.report = report;
    this.directories = directories;
    this.#facts = new SpecifierFacts(host, {
      scope: paths.scope,
      ...(paths.root === '' ? {} : { root: paths.root }),
    });
  }

  /** Specifiers of the [Install] section. */
  expand(info: InstallInfo, text: string): { text: string } | { error: ErrorCode; message: string } {
    const { name, defaultInstance } = info;
    const context = { facts: this.#facts, unit: name, defaultInstance };
    const result = expandSpecifiers(text, context, installSpecifiers, specifierLimits.name);
    return result as { text: string } | { error: ErrorCode; message: string };
  }

  // ---- one file -------------------------------------------------------------------------------------------------

  /** Undefined where it was found; `info` then says what it is. ELOOP: it is a link. */
  #load(
    context: InstallContext | undefined,
    info: InstallInfo,
    path: string,
    flags: SearchFlags,
  ): ErrorCode | undefined {
    const { files } = this.host;
    try {
      const stat = files.lstat(path);
      if (stat.type === 'symlink') return 'ELOOP';
      if (isMask(stat)) {
        info.mode = 'masked';
        return undefined;
      }
      if (stat.type === 'directory') return 'EISDIR';
      if (stat.type !== 'file') return flags.load ? 'EBADFD' : 'ENOTTY';
      if (flags.load) {
        const error = this.#parse(context, info, path, path);
        if (error !== undefined) return error;
      }
      info.mode = 'regular';
      return undefined;
    } catch (error) {
      return codeOf(error);
    }
  }

  /** Not each type has templates: told of the first place where the file could be, before anybody looks. */
  #checkType({ name, path }: InstallInfo): ErrorCode | undefined {
    const type = unitTypeOf(name);
    if (type === undefined) return 'EINVAL';
    if (unitNameKind(name) === 'plain' || mayTemplate.has(type)) return undefined;
    this.report(3, `${path ?? `${this.paths.search[0]}/${name}`}: unit type ${type} cannot be templated, ignoring.`);
    return 'EINVAL';
  }

  #loadDropIn(context: InstallContext | undefined, info: InstallInfo, path: string): ErrorCode | undefined {
    const { files } = this.host;
    const real = chase(files, path, this.paths.root);
    if ('error' in real) return real.error;
    try {
      const stat = files.stat(real.path);
      if (isMask(stat)) return undefined;
      if (stat.type !== 'file') return stat.type === 'directory' ? 'EISDIR' : 'EBADFD';
      return this.#parse(context, info, path, real.path);
    } catch (error) {
      return codeOf(error);
    }
  }

  /** Throws SystemError. */
  #parse(context: InstallContext | undefined, info: InstallInfo, path: string, from: string): ErrorCode | undefined {
    const text = bytesToText(this.host.files.readFile(from));
    const told: { level: LogLevel; line: number; message: string }[] = [];
    const tell = (level: LogLevel, line: number, message: string): void => void told.push({ level, line, message });
    const { entries, error } = parseUnitText(text, path, tell, { sections, ignoredSections });
    let code: ErrorCode | undefined = error?.code;
    let last = Number.POSITIVE_INFINITY;
    for (const entry of entries) {
      const wrong = this.#assign(context, info, entry, (message) => tell(4, entry.line, message));
      if (wrong === undefined) continue;
      code = wrong;
      last = entry.line;
      break;
    }
    // The text was split before its values were read: what is said is in the order of the lines, up to a fatal one.
    for (const { level, line, message } of told.filter((of) => of.line <= last).sort((a, b) => a.line - b.line))
      this.report(level, `${path}:${line}: ${message}`);
    return code;
  }

  #assign(
    context: InstallContext | undefined,
    info: InstallInfo,
    entry: UnitFileEntry,
    warn: (message: string) => void,
  ): ErrorCode | undefined {
    switch (entry.key) {
      case 'Alias': {
        const type = unitTypeOf(info.name) ?? '';
        if (mayAlias.has(type)) info.aliases = words(info.aliases, entry.value, warn);
        else warn(`Alias= is not allowed for ${type} units, ignoring.`);
        return undefined;
      }
      case 'WantedBy':
        info.wantedBy = words(info.wantedBy, entry.value, warn);
        return undefined;
      case 'RequiredBy':
        info.requiredBy = words(info.requiredBy, entry.value, warn);
        return undefined;
      case 'UpheldBy':
        info.upheldBy = words(info.upheldBy, entry.value, warn);
        return undefined;
      case 'DefaultInstance':
        return this.#setDefaultInstance(info, entry.value, warn);
      case 'Also':
        return this.#addAlso(context, info, entry.value, warn);
      default:
        if (!entry.key.startsWith('X-')) warn(unknownKeyMessage(entry.section, entry.key));
        return undefined;
    }
  }

  /** A value that can't be is a failure of the whole file, one at the wrong place is not. */
  #setDefaultInstance(info: InstallInfo, value: string, warn: (message: string) => void): ErrorCode | undefined {
    const kind = unitNameKind(info.name);
    // The file of a template is also read for its instances.
    if (kind === 'instance') return undefined;
    if (kind !== 'template') {
      warn('DefaultInstance= only makes sense for template units, ignoring.');
      return undefined;
    }
    const expanded = this.expand(info, value);
    if ('error' in expanded) {
      warn(`Failed to resolve instance name in DefaultInstance="${value}": ${expanded.message}`);
      return expanded.error;
    }
    if (expanded.text !== '' && !unitInstanceIsValid(expanded.text)) {
      warn(`Invalid DefaultInstance= value "${expanded.text}".`);
      return 'EINVAL';
    }
    info.defaultInstance = expanded.text === '' ? undefined : expanded.text;
    return undefined;
  }

  #addAlso(
    context: InstallContext | undefined,
    info: InstallInfo,
    value: string,
    warn: (message: string) => void,
  ): ErrorCode | undefined {
    const reader = new WordReader(value);
    for (let word = reader.next(0); word !== undefined; word = reader.next(0)) {
      const expanded = this.expand(info, word);
      if ('error' in expanded) {
        warn(`Failed to resolve unit name in Also="${word}": ${expanded.message}`);
        return expanded.error;
      }
      const added = context?.add(expanded.text, undefined, true);
      if (typeof added === 'string') return added;
      info.also.push(expanded.text);
    }
    return reader.failed ? 'EINVAL' : undefined;
  }

  // ---- the load path ----------------------------------------------------------------------------------------------

  #loadOrReadLink(
    context: InstallContext | undefined,
    info: InstallInfo,
    path: string,
    flags: SearchFlags,
  ): ErrorCode | undefined {
    const error = this.#load(context, info, path, flags);
    return error === 'ELOOP' ? this.#readLink(info, path) : error;
  }

  #readLink(info: InstallInfo, path: string): ErrorCode | undefined {
    const { files } = this.host;
    const { root } = this.paths;
    const slash = path.lastIndexOf('/');
    let written: string;
    try {
      written = files.readlink(path);
    } catch (error) {
      const code = codeOf(error);
      this.report(4, `Failed to read symlink ${path}: ${code}`);
      return code;
    }
    const full = pathIsAbsolute(written) ? pathJoin(root, written) : pathJoin(path.slice(0, slash), written);
    const real = chase(files, full, root, { noFollow: true, mayBeMissing: true });
    if ('error' in real) {
      this.report(4, `Failed to resolve symlink ${path} pointing to ${full}: ${real.error}`);
      return real.error;
    }
    const tail = belowSearchPath(this.paths, real.path);
    if (tail !== undefined) {
      const wrong = checkAlias(path.slice(slash + 1), real.path, (message) => this.report(5, message));
      if (wrong !== undefined) return wrong;
      if (tail.includes('/')) this.report(4, `Suspicious symlink ${path} → ${real.path}, treating as alias.`);
    }
    info.target = real.path;
    const empty = isNullOrEmpty(files, real.path, root);
    if (typeof empty === 'string' && empty !== 'ENOENT') return empty;
    info.mode = empty === true ? 'masked' : tail === undefined ? 'linked' : 'alias';
    return undefined;
  }

  /** Looks for the unit's file, or its template's, and reads its drop-ins. ENOENT where there is none. */
  search(context: InstallContext | undefined, info: InstallInfo, flags: SearchFlags): ErrorCode | undefined {
    if (info.mode !== undefined) return undefined;
    const wrongType = this.#checkType(info);
    if (wrongType !== undefined) return wrongType;
    if (info.path !== undefined) return this.#loadOrReadLink(context, info, info.path, flags);
    const template = unitNameKind(info.name) === 'instance' ? unitTemplateName(info.name) : undefined;
    const error = this.#findFile(context, info, template === undefined ? [info.name] : [info.name, template], flags);
    if (error !== undefined || info.mode === 'masked' || !flags.load) return error;
    for (const path of this.#dropIns(template === undefined ? [info.name] : [info.name, template])) {
      const wrong = this.#loadDropIn(context, info, path);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #findFile(
    context: InstallContext | undefined,
    info: InstallInfo,
    names: readonly string[],
    flags: SearchFlags,
  ): ErrorCode | undefined {
    for (const name of names) {
      for (const directory of this.paths.search) {
        if (this.directories.typeOf(directory, name) === undefined) continue;
        const path = `${directory}/${name}`;
        const error = this.#loadOrReadLink(context, info, path, flags);
        if (error === undefined) {
          info.path = path;
          return undefined;
        }
        if (!missing.has(error)) return error;
      }
    }
    return 'ENOENT';
  }

  /** Drop-ins in directories of these names; of files with one name, the one in the first directory. */
  #dropIns(names: readonly string[]): string[] {
    const { files } = this.host;
    const seen = new Set<string>();
    const byName = new Map<string, string>();
    for (const name of names) {
      for (const directory of this.paths.search) {
        const type = this.directories.typeOf(directory, `${name}.d`);
        if (type !== 'directory' && type !== 'symlink') continue;
        let real: string;
        try {
          real = files.realpath(`${directory}/${name}.d`);
        } catch (error) {
          codeOf(error);
          continue;
        }
        if (seen.has(real)) continue;
        seen.add(real);
        for (const [file] of this.directories.visible(real))
          if (file.endsWith('.conf') && !byName.has(file)) byName.set(file, `${real}/${file}`);
      }
    }
    return [...byName].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, path]) => path);
  }

  // ---- through links ------------------------------------------------------------------------------------------------

  #follow(context: InstallContext, info: InstallInfo, flags: SearchFlags, anyName: boolean): ErrorCode | undefined {
    if (info.target === undefined) return 'EINVAL';
    if (!anyName && baseName(info.target) !== info.name) return 'EXDEV';
    info.path = info.target;
    info.target = undefined;
    info.mode = undefined;
    return this.#loadOrReadLink(context, info, info.path, flags);
  }

  /** The unit that a name leads to in the end, its instance kept. */
  traverse(context: InstallContext, start: InstallInfo, flags: SearchFlags): InstallInfo | ErrorCode {
    const error = this.search(context, start, flags);
    if (error !== undefined) return error;
    let info = start;
    for (let links = 0; info.mode === 'alias' || info.mode === 'linked'; ) {
      if (++links > linksMax) return 'ELOOP';
      if (!flags.followConfig && isConfiguration(this.paths, info.path!)) return 'ELOOP';
      // The file behind a linked unit may have any name.
      const wrong = this.#follow(context, info, flags, info.mode === 'linked');
      if (wrong === undefined) continue;
      if (wrong !== 'EXDEV' || info.target === undefined) return wrong;
      let name = baseName(info.target);
      if (unitNameIsValid(info.name, 'instance') && unitNameIsValid(name, 'template')) {
        const instance = replaceUnitInstance(name, unitInstance(info.name)!);
        if (instance === undefined) return 'EINVAL';
        if (instance === info.name) {
          const failure = this.#follow(context, info, flags, true);
          if (failure !== undefined) return failure;
          continue;
        }
        name = instance;
      }
      const next = context.add(name, undefined, false);
      if (typeof next === 'string') return next;
      info = next;
      const lost = this.search(context, info, flags);
      // ENOLINK: an alias of a unit that is not there.
      if (lost !== undefined) return lost === 'ENOENT' ? 'ENOLINK' : lost;
    }
    return info;
  }

  /** As `traverse`, from a name or an absolute path (below the root). A failure is recorded in `changes`. */
  discover(
    context: InstallContext,
    nameOrPath: string,
    flags: SearchFlags,
    changes?: Changes,
  ): InstallInfo | ErrorCode {
    const added = pathIsAbsolute(nameOrPath)
      ? context.add(undefined, pathJoin(this.paths.root, nameOrPath), false)
      : context.add(nameOrPath, undefined, false);
    const found = typeof added === 'string' ? added : this.traverse(context, added, flags);
    if (typeof found === 'string') changes?.error(found, nameOrPath);
    return found;
  }

  /** As `discover`; units that are masked, transient or generated are refused too. */
  discoverInstallable(
    context: InstallContext,
    nameOrPath: string,
    flags: SearchFlags,
    changes: Changes,
  ): InstallInfo | ErrorCode {
    const info = this.discover(context, nameOrPath, flags, changes);
    if (typeof info === 'string') return info;
    const path = info.path!;
    if (info.mode === 'masked') return changes.error('ERFKILL', path);
    if (isGenerated(this.paths, path) || isTransient(this.paths, path)) return changes.error('EADDRNOTAVAIL', path);
    return info;
  }

  /** Whether there is a file for a unit. The code of what made it unusable, where it is not missing. */
  exists(context: InstallContext, name: string): boolean | ErrorCode {
    if (unitNameKind(name) === undefined) return 'EINVAL';
    const found = this.discover(context, name, {});
    if (typeof found !== 'string') return true;
    return found === 'ENOENT' ? false : found;
  }

  /** The file of an instance that is about to be made, without its [Install] section. */
  searchInstance(name: string): InstallInfo | ErrorCode {
    const info = newInfo(name, undefined, false);
    return this.search(undefined, info, { followConfig: true }) ?? info;
  }
}

/** Words of a list; '' empties it, and what cannot be read ends it. */
function words(list: string[], value: string, warn: (message: string) => void): string[] {
  if (value === '') return [];
  const result = [...list];
  const flags = extract.unquote | extract.retainEscape;
  const reader = new WordReader(value);
  for (let word = reader.next(flags); word !== undefined; word = reader.next(flags)) result.push(word);
  if (reader.failed) warn(`Invalid syntax, ignoring: ${value}`);
  return result;
}
