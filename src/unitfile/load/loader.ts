/**
 * From a unit's name to its definition: finds the file, its aliases and drop-ins, reads them through the table of
 * directives, and adds what systemd adds on its own. Nothing here throws on what files hold.
 */

import { errorText } from '../../sys/error-text.ts';
import { type Files, type Host, SystemError } from '../../sys/host.ts';
import { bytesToText } from '../../text/bytes.ts';
import type { LogLevel } from '../../text/log-level.ts';
import type {
  DefaultFacts,
  DependencyName,
  ManagerDefaults,
  ParseContext,
  SettingsRecord,
  SpecifierUse,
} from '../directives/directive.ts';
import {
  type AutomountSettings,
  type CGroupSettings,
  type ExecSettings,
  findDirective,
  type GroupName,
  initialSettings,
  type KillSettings,
  type MountSettings,
  type PathSettings,
  type ScopeSettings,
  type ServiceSettings,
  type SliceSettings,
  type SocketSettings,
  type SwapSettings,
  sectionGroups,
  sectionOf,
  type TimerSettings,
  type UnitSettings,
} from '../directives/table.ts';
import { type LookupPaths, lookupPaths } from '../files/load-path.ts';
import { UnitFileIndex } from '../files/unit-files.ts';
import { parseUnitText, unknownKeyMessage } from '../language/lexer.ts';
import {
  expandSpecifiers,
  type SpecifierContext,
  type SpecifierDirectories,
  SpecifierFacts,
  specifierLimits,
  systemDirectories,
  unitFullSpecifiers,
  unitNameSpecifiers,
} from '../language/specifiers.ts';
import type { Diagnostic, LoadState, UnitType } from '../language/types.ts';
import {
  replaceUnitInstance,
  sliceToPath,
  unitInstance,
  unitNameIsValid,
  unitNameKind,
  unitPrefix,
  unitTemplateName,
  unitTypeOf,
} from '../language/unit-name.ts';
import { finishSettings, type Refusal, verifyUnit } from './finish.ts';
import { addImplicitDependencies, addSliceDependencies } from './implicit.ts';
import { numaNodes, tasksLimit } from './machine.ts';
import { type ManagerConfiguration, readDefaults } from './manager-conf.ts';

export type { DependencyName } from '../directives/directive.ts';

/** A line of a file (or a link in a .wants directory), what a setting implies, or DefaultDependencies=. */
export type DependencyOrigin = 'file' | 'implicit' | 'default';

export interface UnitDependency {
  kind: DependencyName;
  name: string;
  origin: DependencyOrigin;
}

/** A file as it was when it was read. */
export interface FileStamp {
  path: string;
  mtimeMs: number;
}

/** A unit's definition. */
export interface LoadedUnit {
  /** The name it goes by; aliases are in `names`, which has it too. */
  id: string;
  names: string[];
  type: UnitType;
  loadState: Exclude<LoadState, 'stub' | 'merged'>;
  /** D-Bus error name and text, as `show -p LoadError` has them. */
  loadError?: { name: string; message: string };
  /** '' where nothing says one. */
  description: string;
  fragmentPath?: string;
  dropInPaths: string[];
  sourcePath?: string;
  /** Made by a program for as long as it runs (systemd-run, set-property). */
  transient: boolean;
  /** Cannot be started or stopped: -.slice, system.slice, init.scope, -.mount. */
  perpetual: boolean;
  /** No file stands behind it: a reload keeps it as it is. */
  synthetic: boolean;
  stamps: FileStamp[];
  /** Refused only after its mounts had been looked up: it stays ordered after them. */
  mountsTied?: true;
  /** Its files could be read: settings that follow from others are set (Type= of services, Slice=, default limits …). */
  finished: boolean;

  /**
   * Settings by group. What a file says are own properties of these objects, the defaults are inherited:
   * `Object.hasOwn(service, 'RestartSec')` tells whether a line says it. (Spreading copies only what files say.)
   */
  unit: UnitSettings;
  service?: ServiceSettings;
  socket?: SocketSettings;
  timer?: TimerSettings;
  path?: PathSettings;
  mount?: MountSettings;
  automount?: AutomountSettings;
  swap?: SwapSettings;
  slice?: SliceSettings;
  scope?: ScopeSettings;
  exec?: ExecSettings;
  kill?: KillSettings;
  cgroup?: CGroupSettings;

  /** In order; may name the same twice, may name the unit itself (to be dropped). Templates are instantiated. */
  dependencies: UnitDependency[];
  /** RequiresMountsFor=, and what other settings imply of it. */
  requiresMountsFor: string[];
  /** Directives that are read but have no effect here, or not yet: 'Service.PrivateNetwork'. */
  withoutEffect: string[];
  diagnostics: Diagnostic[];
}

export interface LoaderOptions {
  paths: LookupPaths;
  /** Read at the beginning and at each refresh. */
  readDefaults: () => { defaults: ManagerDefaults; configuration: ManagerConfiguration };
  directories?: SpecifierDirectories;
  home?: string;
}

/** Bytes that a unit file may have. */
const fileLimit = 16 * 1024 * 1024;

const fragmentRequired: ReadonlySet<UnitType> = new Set([
  'service',
  'socket',
  'timer',
  'path',
  'mount',
  'automount',
  'swap',
  'target',
]);

/** Types whose units end by themselves and so can't fail. */
const cannotFail: ReadonlySet<UnitType> = new Set(['slice', 'device']);

/** Exec, cgroup and so on of a type are made once; each unit's settings inherit from them. */
type Initials = Map<UnitType, Map<GroupName, SettingsRecord>>;

/** What a file ended with: undefined where it was read to the end. */
type ReadError = { code: string };

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
  #specifiers: SpecifierFacts;

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
    this.#index = new UnitFileIndex(host.files, options.paths);
    this.#specifiers = this.#makeSpecifiers();
  }

  #makeSpecifiers(): SpecifierFacts {
    return new SpecifierFacts(this.#host, { scope: this.defaults.scope, directories: this.directories });
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
    return new Reading(unit, this.#tools(), name).read(path, found.kind === 'loop');
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
    return new Reading(unit, this.#tools()).readText(text);
  }

  /**
   * Reads lines as a unit of that name would, and nothing else: no files, and nothing of what follows from its settings.
   * What is wrong with them is in the answer.
   */
  readLines(name: string, text: string): LoadedUnit {
    return new Reading(this.#blank(name, [name], undefined), this.#tools()).readLines(text);
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
    return new Reading(unit, this.#tools()).complete();
  }

  /** NeedDaemonReload: whether what was read is no longer what is on disk. */
  needsReload(unit: LoadedUnit): boolean {
    if (unit.synthetic) return false;
    for (const { path, mtimeMs } of unit.stamps) {
      const stat = this.#files.tryStat(path);
      if (path === unit.fragmentPath && unit.loadState === 'masked') {
        if (stat !== undefined && !isNull(stat)) return true;
      } else if (stat === undefined || stat.mtimeMs > mtimeMs) return true;
    }
    if (unit.loadState !== 'loaded') return false;
    const aliases = unit.names.filter((name) => name !== unit.id).sort();
    const current = this.#index.dropIns(unit.id, aliases, '.d', '.conf');
    return current.length !== unit.dropInPaths.length || current.some((path, i) => path !== unit.dropInPaths[i]);
  }

  #tools(): Tools {
    return {
      host: this.#host,
      files: this.#files,
      index: this.#index,
      defaults: this.defaults,
      directories: this.directories,
      home: this.#home,
      specifiers: this.#specifiers,
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
      const base = path.slice(path.lastIndexOf('/') + 1);
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
      finished: false,
      unit: fresh('unit') as unknown as UnitSettings,
      dependencies: [],
      requiresMountsFor: [],
      withoutEffect: [],
      diagnostics: [],
    };
    const groups = unit as unknown as SettingsRecord;
    for (const group of sectionGroups[type]) groups[group] = fresh(group);
    return unit;
  }
}

interface Tools {
  host: Host;
  files: Files;
  index: UnitFileIndex;
  defaults: ManagerDefaults;
  directories: SpecifierDirectories;
  home: string | undefined;
  specifiers: SpecifierFacts;
}

const isNull = (stat: { type: string; size: number }): boolean =>
  stat.type === 'char' || stat.type === 'block' || (stat.type === 'file' && stat.size <= 0);

/** Sections of each type, and [Install], which `enable` reads. */
const sectionsOf = new Map<UnitType, ReadonlySet<string>>();
function sections(type: UnitType): ReadonlySet<string> {
  let known = sectionsOf.get(type);
  if (known === undefined) {
    const own = sectionOf(type);
    known = new Set(own === undefined ? ['Unit', 'Install'] : ['Unit', own, 'Install']);
    sectionsOf.set(type, known);
  }
  return known;
}

/** One unit being read. It is its own ParseContext: file, line and key are those of the line at hand. */
class Reading implements ParseContext {
  readonly #unit: LoadedUnit;
  readonly #tools: Tools;
  readonly #specifierContext: SpecifierContext;
  readonly #noEffect = new Set<string>();
  #file: string | undefined;
  #line: number | undefined;
  #fatal: string | undefined;
  #reports = 0;
  section = '';
  key = '';

  /** `name`: as it was asked for. Specifiers stand for that name, also where it turns out to be an alias. */
  constructor(unit: LoadedUnit, tools: Tools, name = unit.id) {
    this.#unit = unit;
    this.#tools = tools;
    this.#specifierContext = {
      facts: tools.specifiers,
      unit: name,
      get fragmentPath() {
        return unit.fragmentPath;
      },
      // as far as lines before have said
      get controlGroups() {
        const slice = sliceToPath(unit.cgroup?.Slice ?? '-.slice');
        return { unit: `${slice}/${unit.id}`, slice, root: '' };
      },
      warn: (message) => this.report(4, message),
    };
  }

  // ---- ParseContext ---------------------------------------------------------------------------------------------

  get unitName(): string {
    return this.#unit.id;
  }
  get type(): UnitType {
    return this.#unit.type;
  }
  get scope(): 'system' | 'user' {
    return this.#tools.defaults.scope;
  }
  get fragmentPath(): string | undefined {
    return this.#unit.fragmentPath;
  }
  get unitSettings(): SettingsRecord {
    return this.#unit.unit as unknown as SettingsRecord;
  }
  get runtimeDirectory(): string {
    return this.#tools.directories.runtime;
  }
  get machine(): ParseContext['machine'] {
    const { host } = this.#tools;
    const { files } = host;
    return {
      memoryTotal: () => host.memoryTotal(),
      tasksLimit: () => tasksLimit(files),
      numaNodes: () => numaNodes(files),
    };
  }

  expand(text: string, use: SpecifierUse): { text: string } | { message: string } {
    const table = use === 'name' ? unitNameSpecifiers : unitFullSpecifiers;
    return expandSpecifiers(text, this.#specifierContext, table, specifierLimits[use]);
  }

  get reports(): number {
    return this.#reports;
  }

  report(level: LogLevel, message: string): void {
    this.#reports++;
    // Debug lines of every unit at every reload would only be noise.
    if (level === 7) return;
    const diagnostic: Diagnostic = { level, unit: this.#unit.id, message };
    if (this.#file !== undefined) diagnostic.file = this.#file;
    if (this.#line !== undefined) diagnostic.line = this.#line;
    this.#unit.diagnostics.push(diagnostic);
  }

  reportUnit(level: LogLevel, message: string): void {
    if (level !== 7) this.#unit.diagnostics.push({ level, unit: this.#unit.id, message });
  }

  fatal(code = 'ENOEXEC'): void {
    this.#fatal ??= code;
  }

  hasName(name: string): boolean {
    return this.#unit.names.includes(name);
  }

  addDependency(kind: DependencyName, name: string): void {
    this.#add(kind, name, 'file');
  }

  hasDependency(kind: DependencyName): boolean {
    return this.#unit.dependencies.some((d) => d.kind === kind);
  }

  requireMounts(path: string): void {
    if (!this.#unit.requiresMountsFor.includes(path)) this.#unit.requiresMountsFor.push(path);
  }

  /** A template that is named stands for the instance of the unit's own instance, or of its own name. */
  #add(kind: DependencyName, named: string, origin: DependencyOrigin): void {
    const unit = this.#unit;
    let name = named;
    if (unitNameKind(named) === 'template') {
      const instance = unitInstance(unit.id) || unitPrefix(unit.id)!;
      name = replaceUnitInstance(named, instance) ?? named;
    }
    const target = unitTypeOf(name);
    if (unit.names.includes(name)) {
      this.reportUnit(4, `Dependency ${kind}=${unit.id} is dropped.`);
      return;
    }
    if (kind === 'Before' && target === 'device') {
      this.reportUnit(4, `Dependency Before=${name} ignored (.device units cannot be delayed)`);
      return;
    }
    if (kind === 'OnFailure' && cannotFail.has(unit.type)) {
      this.reportUnit(4, `Requested dependency OnFailure=${name} ignored (${unit.type} units cannot fail).`);
      return;
    }
    unit.dependencies.push({ kind, name, origin });
  }

  // ---- files ----------------------------------------------------------------------------------------------------

  read(path: string | undefined, looped: boolean): LoadedUnit {
    const unit = this.#unit;
    this.#beforeFiles();
    if (unit.type === 'scope' && !unit.transient && !unit.perpetual) return this.#notFound();
    if (looped) return this.#notFound('ELOOP');
    let stub = true;
    if (path !== undefined) {
      const stat = this.#tools.files.tryStat(path);
      if (stat === undefined) {
        this.report(5, `Failed to open ${path}: No such file or directory`);
        return this.#notFound();
      }
      unit.fragmentPath = path;
      unit.stamps.push({ path, mtimeMs: stat.mtimeMs });
      stub = false;
      if (isNull(stat)) unit.loadState = unit.perpetual ? 'loaded' : 'masked';
      else {
        unit.loadState = 'loaded';
        const error = this.#readFile(path, stat);
        if (error !== undefined) {
          // The kernel may have mounted it already: mounts and swaps get what they need all the same.
          if (unit.type === 'mount' || unit.type === 'swap') this.#extend();
          return this.#failed(error);
        }
      }
    }
    if (stub) {
      if (fragmentRequired.has(unit.type) && !unit.perpetual) return this.#notFound();
      unit.loadState = 'loaded';
    }
    this.#readDropIns();
    return this.complete();
  }

  readLines(text: string): LoadedUnit {
    this.#readEntries(text, '(transient)');
    return this.#unit;
  }

  readText(text: string): LoadedUnit {
    this.#beforeFiles();
    this.#unit.loadState = 'loaded';
    this.#file = '(transient)';
    const error = this.#readEntries(text, this.#file);
    if (error !== undefined) return this.#failed(error);
    this.#readDropIns();
    return this.complete();
  }

  /** Units that systemd makes up whether or not they have a file. */
  #beforeFiles(): void {
    const unit = this.#unit;
    const made = perpetualUnits.get(unit.id);
    if (made === undefined || (made.systemOnly && this.scope !== 'system')) return;
    unit.perpetual = true;
    unit.unit.DefaultDependencies = false;
    unit.unit.Description = made.description;
    if (made.documentation !== undefined) unit.unit.Documentation = [made.documentation];
    if (unit.type === 'scope') unit.transient = true;
    if (unit.type === 'mount' && unit.exec !== undefined) {
      // Its output would go through a socket that lies on it.
      unit.exec.StandardOutput = { kind: 'null' };
      unit.exec.StandardInput = { kind: 'null' };
    }
  }

  #readFile(path: string, stat: { type: string; size: number }): ReadError | undefined {
    if (stat.type !== 'file') return { code: stat.type === 'directory' ? 'EISDIR' : 'EINVAL' };
    if (stat.size > fileLimit) return { code: 'EFBIG' };
    let text: string;
    try {
      text = bytesToText(this.#tools.files.readFile(path));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return { code: error.code };
    }
    return this.#readEntries(text, path);
  }

  /** Reads lines until one is fatal: those after it do not count (systemd gives the file up there). */
  #readEntries(text: string, file: string): ReadError | undefined {
    this.#file = file;
    const { diagnostics } = this.#unit;
    const earlier = diagnostics.length;
    const known = sections(this.#unit.type);
    const { entries, error } = parseUnitText(
      text,
      file,
      (level, line, message) => {
        this.#line = line;
        this.report(level, message);
      },
      { sections: known },
    );
    const groups = this.#unit as unknown as Record<GroupName, SettingsRecord>;
    let fatal: string | undefined;
    for (const entry of entries) {
      const found = findDirective(entry.section, entry.key);
      this.#line = entry.line;
      if (found === undefined) {
        if (!entry.key.startsWith('X-')) this.report(4, unknownKeyMessage(entry.section, entry.key));
        continue;
      }
      if (found.group === 'install') continue;
      this.section = entry.section;
      this.key = entry.key;
      this.#fatal = undefined;
      found.row.apply(groups[found.group], entry.value, this);
      fatal = this.#fatal;
      if (fatal !== undefined) break;
      if (found.row.support.state !== 'honoured') this.#noEffect.add(`${entry.section}.${entry.key}`);
    }
    const last = fatal === undefined ? Number.POSITIVE_INFINITY : this.#line!;
    this.#file = undefined;
    this.#line = undefined;
    if (diagnostics.length > earlier) {
      // The text was split before its values were read; who reads the messages reads them in the order of the lines.
      const own = diagnostics.splice(earlier).filter((d) => (d.line ?? 0) <= last);
      diagnostics.push(...own.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)));
    }
    if (fatal !== undefined) return { code: fatal };
    return error === undefined ? undefined : { code: error.code };
  }

  #readDropIns(): void {
    const unit = this.#unit;
    const aliases = unit.names.filter((name) => name !== unit.id).sort();
    this.#readLinks(aliases, '.wants', 'Wants');
    this.#readLinks(aliases, '.requires', 'Requires');
    this.#readLinks(aliases, '.upholds', 'Upholds');
    for (const path of this.#tools.index.dropIns(unit.id, aliases, '.d', '.conf')) {
      unit.dropInPaths.push(path);
      const stat = this.#tools.files.tryStat(path);
      if (stat === undefined) {
        this.report(4, `Failed to open configuration file '${path}': No such file or directory`);
        continue;
      }
      unit.stamps.push({ path, mtimeMs: stat.mtimeMs });
      if (isNull(stat)) continue;
      const error = this.#readFile(path, stat);
      if (error !== undefined && error.code !== 'ENOEXEC') {
        this.report(4, `Failed to read ${path}, ignoring: ${errorText(error.code)}`);
      }
    }
  }

  #readLinks(aliases: readonly string[], suffix: '.wants' | '.requires' | '.upholds', kind: DependencyName): void {
    const { index, files } = this.#tools;
    for (const path of index.dropIns(this.#unit.id, aliases, suffix)) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const stat = files.tryStat(path);
      // A link to nowhere is a dependency all the same; one to /dev/null takes the dependency away.
      if (stat !== undefined && isNull(stat)) continue;
      if (files.tryLstat(path)?.type !== 'symlink') {
        this.report(4, `${kind} dependency dropin ${path} is not a symlink, ignoring.`);
        continue;
      }
      if (!unitNameIsValid(name)) {
        this.report(4, `${kind} dependency dropin ${path} is not a valid unit name, ignoring.`);
        continue;
      }
      let target: string;
      try {
        target = files.readlink(path);
      } catch {
        continue;
      }
      const targetName = target.slice(target.lastIndexOf('/') + 1);
      if (!linkNamesMatch(name, targetName, unitInstance(this.#unit.id) !== undefined)) {
        this.report(4, `${kind} dependency dropin ${path} target ${target} has different name`);
      }
      this.#add(kind, name, 'file');
    }
  }

  // ---- the end --------------------------------------------------------------------------------------------------

  complete(): LoadedUnit {
    const unit = this.#unit;
    if (unit.synthetic && unit.loadState === 'not-found') unit.loadState = 'loaded';
    if (unit.loadState === 'masked') {
      this.#settle();
      return this.#masked();
    }
    this.#extend();
    const refusal = verifyUnit(unit, (level, message) => this.report(level, message));
    if (refusal !== undefined) return this.#refused(refusal);
    addSliceDependencies(unit);
    if (unit.unit.JobRunningTimeoutSec !== Number.POSITIVE_INFINITY) {
      if (unit.unit.JobRunningTimeoutSec > unit.unit.JobTimeoutSec) {
        this.report(4, 'JobRunningTimeoutSec= is greater than JobTimeoutSec=, it has no effect.');
      }
    }
    const several = (kind: DependencyName) => unit.dependencies.filter((d) => d.kind === kind).length > 1;
    for (const kind of ['OnSuccess', 'OnFailure'] as const) {
      if (unit.unit[`${kind}JobMode`] === 'isolate' && several(kind)) {
        unit.mountsTied = true;
        return this.#refused({
          code: 'ENOEXEC',
          message: `More than one ${kind}= dependencies specified but ${kind}JobMode=isolate set. Refusing.`,
        });
      }
    }
    return unit;
  }

  /** What follows from the settings: other settings, and dependencies. */
  #extend(): void {
    const { defaults, directories, home } = this.#tools;
    this.#settle();
    finishSettings(this.#unit, { manager: defaults, home });
    addImplicitDependencies(this.#unit, { scope: this.scope, directories });
  }

  /** Facts of [Unit] that stand on their own. */
  #settle(): void {
    const unit = this.#unit;
    unit.description = unit.unit.Description ?? '';
    if (unit.unit.SourcePath !== undefined) {
      unit.sourcePath = unit.unit.SourcePath;
      const stat = this.#tools.files.tryStat(unit.sourcePath);
      // a source that is not there makes the unit one that has changed
      unit.stamps.push({ path: unit.sourcePath, mtimeMs: stat?.mtimeMs ?? 0 });
    }
    unit.requiresMountsFor = [...unit.unit.RequiresMountsFor];
    unit.withoutEffect = [...this.#noEffect];
  }

  #notFound(code?: string): LoadedUnit {
    const unit = this.#unit;
    unit.loadState = 'not-found';
    this.#settle();
    unit.loadError = { name: `${busPrefix}NoSuchUnit`, message: `Unit ${unit.id} not found.` };
    if (code !== undefined) this.report(5, `Failed to load configuration: ${errorText(code)}`);
    return unit;
  }

  #masked(): LoadedUnit {
    const unit = this.#unit;
    unit.loadError = { name: `${busPrefix}UnitMasked`, message: `Unit ${unit.id} is masked.` };
    return unit;
  }

  #refused({ message, code }: Refusal): LoadedUnit {
    this.report(3, message);
    return this.#failed({ code });
  }

  #failed({ code }: ReadError): LoadedUnit {
    const unit = this.#unit;
    if (!unit.finished) this.#settle();
    if (code === 'ENOEXEC') {
      unit.loadState = 'bad-setting';
      unit.loadError = {
        name: `${busPrefix}BadUnitSetting`,
        message: `Unit ${unit.id} has a bad unit file setting.`,
      };
      if (unit.diagnostics.every((d) => !d.message.endsWith('Refusing.'))) {
        this.report(5, 'Unit configuration has fatal error, unit will not be started.');
      }
      return unit;
    }
    unit.loadState = 'error';
    unit.loadError = {
      name: busErrorNames[code] ?? `System.Error.${code}`,
      message: `Unit ${unit.id} failed to load properly, please adjust/correct and reload service manager: ${errorText(code)}`,
    };
    return unit;
  }
}

const busPrefix = 'org.freedesktop.systemd1.';

/** D-Bus names of errnos that have one; the others are System.Error.*. */
const busErrorNames: Readonly<Record<string, string>> = {
  EINVAL: 'org.freedesktop.DBus.Error.InvalidArgs',
  EBADMSG: 'org.freedesktop.DBus.Error.InconsistentMessage',
  ENOENT: 'org.freedesktop.DBus.Error.FileNotFound',
  EPERM: 'org.freedesktop.DBus.Error.AccessDenied',
  EACCES: 'org.freedesktop.DBus.Error.AccessDenied',
  ENOMEM: 'org.freedesktop.DBus.Error.NoMemory',
};

interface PerpetualUnit {
  description: string;
  documentation?: string;
  systemOnly: boolean;
}

const perpetualUnits: ReadonlyMap<string, PerpetualUnit> = new Map([
  ['-.slice', { description: 'Root Slice', documentation: 'man:systemd.special(7)', systemOnly: false }],
  ['system.slice', { description: 'System Slice', documentation: 'man:systemd.special(7)', systemOnly: true }],
  ['init.scope', { description: 'System and Service Manager', documentation: 'man:systemd(1)', systemOnly: false }],
  ['-.mount', { description: 'Root Mount', systemOnly: false }],
]);

/** Whether a link of a .wants directory points to the unit it is named after (or to the template of it). */
function linkNamesMatch(link: string, target: string, instanceGiven: boolean): boolean {
  if (link === target) return true;
  const linkKind = unitNameKind(link);
  const targetKind = unitNameKind(target);
  if (linkKind === 'instance' && targetKind === 'template') return unitTemplateName(link) === target;
  return instanceGiven && linkKind === 'template' && targetKind === 'instance' && unitTemplateName(target) === link;
}

/** A loader for a manager on this machine, with the load path and defaults of its scope. */
export function createLoader(
  host: Host,
  options: {
    scope: 'system' | 'user';
    directories?: SpecifierDirectories;
    paths?: LookupPaths;
    defaults?: Partial<ManagerDefaults>;
  },
): UnitLoader {
  const { scope, directories } = options;
  const home = scope === 'user' ? (host.environment.HOME ?? host.lookupUser(String(host.uid))?.home) : undefined;
  const paths = options.paths ?? lookupPaths({ scope, env: host.environment, ...(home === undefined ? {} : { home }) });
  const { defaults: overrides } = options;
  return new UnitLoader(host, {
    paths,
    readDefaults() {
      const { defaults, configuration } = readDefaults(host, scope);
      return { defaults: { ...defaults, ...overrides }, configuration };
    },
    ...(directories === undefined ? {} : { directories }),
    ...(home === undefined ? {} : { home }),
  });
}
