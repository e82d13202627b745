/**
 * From a unit's name to its definition: finds the files, reads them through the table of directives, and adds what systemd
 * adds on its own. Nothing here throws on what files hold: that is in the answer's diagnostics and load state.
 *
 *   loader.ts                 who is asked: by name, for a text (transient units), for what has no file; is it still current
 *   loaded-unit.ts            the answer
 *   reading.ts                one unit being read: fragment, .wants links, drop-ins, then what follows
 *   parse-context.ts          where a line stands while its value is read
 *   perpetual.ts              before the files: units that are always there
 *   finish.ts                 after them: settings that follow from others
 *   implicit-dependencies.ts  dependencies that no line says
 *   verify.ts                 what makes a unit unusable
 *   outcome.ts                load state and error of what can't be started
 *   manager-conf.ts           system.conf and user.conf, from which units' defaults come
 *   listening.ts, mount-points.ts, machine-numbers.ts   facts that several of them ask for
 *
 * What becomes of a definition is not known here: src/units makes it live, src/manager/registry.ts joins units to each other.
 */

import { type Files, type Host, SystemError } from '../../sys/host.ts';
import { baseName } from '../../text/paths.ts';
import type { DefaultFacts } from '../directives/directive.ts';
import type { SettingsRecord } from '../directives/kind.ts';
import type { ManagerDefaults } from '../directives/manager-defaults.ts';
import { type GroupName, initialSettings, sectionGroups, type UnitSettings } from '../directives/table.ts';
import { type LookupPaths, lookupPaths } from '../files/load-path.ts';
import { isMask } from '../files/mask.ts';
import { UnitFileIndex } from '../files/unit-files.ts';
import { type SpecifierDirectories, SpecifierFacts, systemDirectories } from '../language/specifiers.ts';
import { replaceUnitInstance, type UnitType, unitInstance, unitNameKind, unitTypeOf } from '../language/unit-name.ts';
import type { LoadedUnit } from './loaded-unit.ts';
import { type ManagerConfiguration, readDefaults } from './manager-conf.ts';
import { Reading, type ReadingFacts } from './reading.ts';

export interface LoaderOptions {
  paths: LookupPaths;
  /** Read at the beginning and at each refresh. */
  readDefaults: () => { defaults: ManagerDefaults; configuration: ManagerConfiguration };
  directories?: SpecifierDirectories;
  home?: string;
  rootless?: boolean;
  /** Units are read without what they depend on. */
  alone?: boolean;
}

/** Exec, cgroup and so on of a type are made once; each unit's settings inherit from them. */
type Initials = Map<UnitType, Map<GroupName, SettingsRecord>>;

export class UnitLoader {
  readonly paths: LookupPaths;
  readonly directories: SpecifierDirectories;
  readonly #readDefaults: LoaderOptions['readDefaults'];
  #defaults: ManagerDefaults;
  #configuration: ManagerConfiguration;
  readonly #host: Host;
  readonly #files: Files;
  readonly #index: UnitFileIndex;
  readonly #initials: Initials = new Map();
  readonly #home: string | undefined;
  readonly #rootless: boolean;
  readonly #alone: boolean;
  #specifiers: SpecifierFacts;
  #linksChanged = false;

  constructor(host: Host, options: LoaderOptions) {
    this.#host = host;
    this.#files = host.files;
    this.paths = options.paths;
    this.#readDefaults = options.readDefaults;
    const { defaults, configuration } = options.readDefaults();
    this.#defaults = defaults;
    this.#configuration = configuration;
    this.directories = options.directories ?? systemDirectories;
    this.#home = options.home;
    this.#rootless = options.rootless ?? false;
    this.#alone = options.alone ?? false;
    this.#index = new UnitFileIndex(host.files, options.paths);
    this.#specifiers = this.#makeSpecifiers();
  }

  #makeSpecifiers(): SpecifierFacts {
    const { directories } = this;
    return new SpecifierFacts(this.#host, { scope: this.defaults.scope, directories, rootless: this.#rootless });
  }

  /** What units start from: Default*= of system.conf. */
  get defaults(): ManagerDefaults {
    return this.#defaults;
  }

  /** system.conf or user.conf, with what was wrong in it. */
  get configuration(): ManagerConfiguration {
    return this.#configuration;
  }

  /** Which files and directories there are. */
  get index(): UnitFileIndex {
    return this.#index;
  }

  /** Forgets what was listed and read of the load path and the machine. */
  refresh(): void {
    this.#index.refresh();
    this.#specifiers = this.#makeSpecifiers();
  }

  /** Reads the manager's own configuration again, as daemon-reload does. */
  reconfigure(): void {
    const { defaults, configuration } = this.#readDefaults();
    this.#defaults = defaults;
    this.#configuration = configuration;
    this.#initials.clear();
    this.#linksChanged = false;
  }

  /** Unit files were enabled, masked or the like: until the next reload nobody knows what that means to a unit. */
  noteInstallation(): void {
    this.#linksChanged = true;
  }

  /** Whether a directory of the load path has changed since it was listed. */
  isStale(): boolean {
    return this.#index.isStale();
  }

  /** Reads a unit. `name` must be a valid name of no template; anything wrong with its files is in the answer. */
  load(name: string): LoadedUnit {
    const found = this.#index.find(name);
    const path = found.kind === 'found' ? found.path : undefined;
    const unit = this.#blank(name, found.names, path);
    return new Reading(unit, this.#facts(), name).read(path, found.kind === 'loop');
  }

  /**
   * Makes a transient unit of `text`: written to the transient directory and read from there like any other. Where
   * that directory can't be written, the unit lives in memory only.
   */
  loadText(name: string, text: string): LoadedUnit {
    const directory = this.paths.transient;
    if (directory !== undefined) {
      try {
        this.#files.mkdirs(directory, 0o755);
        this.#files.writeAtomic(`${directory}/${name}`, text, 0o644);
        this.#index.refresh();
        return this.load(name);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
      }
    }
    const unit = this.#blank(name, [name], undefined);
    unit.transient = true;
    unit.synthetic = true;
    unit.text = text;
    return new Reading(unit, this.#facts()).readText(text);
  }

  /**
   * Reads lines as a unit of that name would, and nothing else: no files, and nothing of what follows from its settings.
   * What is wrong with them is in the answer.
   */
  readLines(name: string, text: string): LoadedUnit {
    return new Reading(this.#blank(name, [name], undefined), this.#facts()).readLines(text);
  }

  /** Removes the file of a transient unit that has been unloaded, and what was set of it. */
  forgetTransient(unit: LoadedUnit): void {
    const { transient } = this.paths;
    if (!unit.transient || transient === undefined || unit.fragmentPath !== `${transient}/${unit.id}`) return;
    try {
      this.#files.unlink(unit.fragmentPath);
      this.#files.removeTree(`${unit.fragmentPath}.d`);
      this.#index.refresh();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }

  /** A unit without a file: a mount that exists, a device. `prepare` may set what files would have said. */
  synthesize(name: string, prepare: (unit: LoadedUnit) => void = () => {}): LoadedUnit {
    const unit = this.#blank(name, [name], undefined);
    unit.synthetic = true;
    prepare(unit);
    return new Reading(unit, this.#facts()).complete();
  }

  /** NeedDaemonReload: whether what was read is no longer what is on disk. */
  needsReload(unit: LoadedUnit): boolean {
    if (this.#linksChanged) return true;
    if (unit.synthetic) return false;
    const { stamps, dropInPaths, dropInMtimeMs } = unit;
    const isYounger = (path: string, mtimeMs: number): boolean => {
      const stat = this.#files.tryStat(path);
      if (path === unit.fragmentPath && unit.loadState === 'masked') return stat !== undefined && !isMask(stat);
      return stat === undefined || stat.mtimeMs > mtimeMs;
    };
    if (stamps.some(({ path, mtimeMs }) => isYounger(path, mtimeMs))) return true;
    // One that was refused has none that it should have, in earlier systemd.
    const refused = unit.loadState !== 'loaded';
    const current = refused ? [] : this.#dropInsOf(unit);
    const compared = !refused || this.#host.voice.loading.refusedNeedReload;
    if (!compared) return dropInPaths.some((path) => isYounger(path, dropInMtimeMs));
    if (current.length !== dropInPaths.length || current.some((path, i) => path !== dropInPaths[i])) return true;
    return dropInPaths.some((path) => isYounger(path, dropInMtimeMs));
  }
  #dropInsOf({ id, names }: LoadedUnit): string[] {
    const aliases = names.filter((name) => name !== id).sort();
    if (this.#index.isStale()) this.#index.refresh();
    return this.#index.dropIns(id, aliases, '.d', '.conf');
  }

  #facts(): ReadingFacts {
    return {
      host: this.#host,
      index: this.#index,
      defaults: this.defaults,
      directories: this.directories,
      home: this.#home,
      specifiers: this.#specifiers,
      alone: this.#alone,
    };
  }

  #initial(type: UnitType, group: GroupName): SettingsRecord {
    let groups = this.#initials.get(type);
    if (groups === undefined) {
      groups = new Map();
      this.#initials.set(type, groups);
    }
    let settings = groups.get(group);
    if (settings === undefined) {
      const facts: DefaultFacts = { type, manager: this.defaults };
      settings = initialSettings(group, facts) as unknown as SettingsRecord;
      groups.set(group, settings);
    }
    return settings;
  }

  #blank(name: string, names: readonly string[], path: string | undefined): LoadedUnit {
    const type = unitTypeOf(name) ?? 'service';
    let id = name;
    if (path !== undefined) {
      const base = baseName(path);
      const instance = unitInstance(name);
      const own =
        unitNameKind(base) === 'template' && instance !== undefined ? replaceUnitInstance(base, instance) : base;
      if (own !== undefined && names.includes(own)) id = own;
    }
    const fresh = (group: GroupName): SettingsRecord => Object.create(this.#initial(type, group));
    const unit: LoadedUnit = {
      id,
      names: [...new Set([id, ...names])],
      type,
      loadState: 'not-found',
      description: '',
      dropInPaths: [],
      transient:
        path !== undefined && this.paths.transient !== undefined && path.startsWith(`${this.paths.transient}/`),
      perpetual: false,
      synthetic: false,
      stamps: [],
      dropInMtimeMs: 0,
      finished: false,
      unit: fresh('unit') as unknown as UnitSettings,
      dependencies: [],
      requiresMountsFor: [],
      wantsMountsFor: [],
      unsure: [],
      diagnostics: [],
    };
    const groups = unit as unknown as SettingsRecord;
    for (const group of sectionGroups[type]) groups[group] = fresh(group);
    return unit;
  }
}

/** A loader for a manager on this machine, with the load path and defaults of its scope. */
export function createLoader(
  host: Host,
  options: {
    scope: 'system' | 'user';
    directories?: SpecifierDirectories;
    paths?: LookupPaths;
    defaults?: Partial<ManagerDefaults>;
    /** The system's services run as the manager's user. */
    rootless?: boolean;
    /** Units are read without what they depend on. */
    alone?: boolean;
  },
): UnitLoader {
  const { scope, directories, rootless, alone } = options;
  const home = scope === 'user' ? (host.environment.HOME ?? host.lookupUser(String(host.uid))?.home) : undefined;
  const paths =
    options.paths ??
    lookupPaths({
      scope,
      env: host.environment,
      usrLibFirst: host.voice.unitFiles.usrLibFirst,
      ...(home === undefined ? {} : { home }),
    });
  const { defaults: overrides } = options;
  return new UnitLoader(host, {
    paths,
    readDefaults() {
      const { defaults, configuration } = readDefaults(host, scope);
      return { defaults: { ...defaults, ...overrides }, configuration };
    },
    ...(directories === undefined ? {} : { directories }),
    ...(home === undefined ? {} : { home }),
    ...(rootless === undefined ? {} : { rootless }),
    ...(alone === undefined ? {} : { alone }),
  });
}
