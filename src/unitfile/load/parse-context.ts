/** Where a line of a unit's files stands while it is read: what its parser may ask, say and do. */

import type { Host } from '../../sys/host.ts';
import type { LogLevel } from '../../text/log-level.ts';
import type { DependencyName, ParseContext, SettingsRecord, SpecifierUse } from '../directives/kind.ts';
import type { ManagerDefaults } from '../directives/manager-defaults.ts';
import {
  expandSpecifiers,
  type SpecifierContext,
  type SpecifierDirectories,
  type SpecifierFacts,
  specifierLimits,
  unitFullSpecifiers,
  unitNameSpecifiers,
} from '../language/specifiers.ts';
import {
  replaceUnitInstance,
  rootSlice,
  sliceToPath,
  type UnitType,
  unitInstance,
  unitNameKind,
  unitPrefix,
  unitTypeOf,
} from '../language/unit-name.ts';
import type { Diagnostic, LoadedUnit } from './loaded-unit.ts';
import { machineFacts } from './machine-numbers.ts';

/** What lines are read with. */
export interface ContextFacts {
  host: Host;
  defaults: ManagerDefaults;
  directories: SpecifierDirectories;
  specifiers: SpecifierFacts;
  /** Dependencies do not count, and nothing is said of them. */
  alone: boolean;
}

/** Types whose units end by themselves and so can't fail. */
const cannotFail: ReadonlySet<UnitType> = new Set(['slice', 'device']);

/** Kinds that systemd warns of where a unit names itself; the others it drops without a word. */
const toldOfItself: ReadonlySet<DependencyName> = new Set([
  'Conflicts',
  'Before',
  'After',
  'OnSuccess',
  'OnFailure',
  'Triggers',
  'TriggeredBy',
]);

/** One for each unit that is read; `file`, `line`, `section` and `key` are those of the line at hand. */
export class UnitParseContext implements ParseContext {
  /** undefined: what is said is about no line of a file. */
  file: string | undefined;
  line: number | undefined;
  section = '';
  key = '';
  /** Why the line at hand makes the unit unusable. */
  fatalCode: string | undefined;
  reports = 0;
  readonly #unit: LoadedUnit;
  readonly #facts: ContextFacts;
  readonly #specifiers: SpecifierContext;

  /** `name`: as it was asked for. Specifiers stand for that name, also where it turns out to be an alias. */
  constructor(unit: LoadedUnit, facts: ContextFacts, name: string) {
    this.#unit = unit;
    this.#facts = facts;
    this.#specifiers = {
      facts: facts.specifiers,
      unit: name,
      get fragmentPath() {
        return unit.fragmentPath;
      },
      // As far as lines before have said. Which slices a slice lies in nobody knows before that slice itself is read.
      get controlGroups() {
        const slice = unit.cgroup?.Slice ?? rootSlice;
        const group = slice === rootSlice ? '' : `/${slice}`;
        return { unit: `${sliceToPath(slice)}/${unit.id}`, slice: group, root: '' };
      },
      warn: (message) => this.reportUnit(4, message),
    };
  }

  get unitName(): string {
    return this.#unit.id;
  }
  get type(): UnitType {
    return this.#unit.type;
  }
  get scope(): 'system' | 'user' {
    return this.#facts.defaults.scope;
  }
  get voice(): ParseContext['voice'] {
    return this.#facts.host.voice;
  }
  get fragmentPath(): string | undefined {
    return this.#unit.fragmentPath;
  }
  get unitSettings(): SettingsRecord {
    return this.#unit.unit as unknown as SettingsRecord;
  }
  get runtimeDirectory(): string {
    return this.#facts.directories.runtime;
  }
  get tellsLegacyPaths(): boolean {
    return this.#facts.host.voice.unitFiles.tellsLegacyPaths(this.file ?? '');
  }
  get defaultTasksMax(): number {
    return this.#facts.defaults.tasksMax;
  }
  get machine(): ParseContext['machine'] {
    return machineFacts(this.#facts.host);
  }

  expand(text: string, use: SpecifierUse): { text: string } | { message: string } {
    const table = use === 'name' ? unitNameSpecifiers : unitFullSpecifiers;
    return expandSpecifiers(text, this.#specifiers, table, specifierLimits[use]);
  }

  report(level: LogLevel, message: string): void {
    this.reports++;
    // Debug lines of every unit at every reload would only be noise.
    if (level === 7) return;
    const diagnostic: Diagnostic = { level, unit: this.#unit.id, message };
    if (this.file !== undefined) diagnostic.file = this.file;
    if (this.line !== undefined) diagnostic.line = this.line;
    this.#unit.diagnostics.push(diagnostic);
  }

  reportUnit(level: LogLevel, message: string): void {
    if (level !== 7) this.#unit.diagnostics.push({ level, unit: this.#unit.id, message });
  }

  remark(level: LogLevel, message: string, fields: Record<string, string>): void {
    if (this.#unit.transient) return;
    // The line is for the order in which things are said.
    const line = this.line === undefined ? {} : { line: this.line };
    this.#unit.diagnostics.push({ level, unit: this.#unit.id, ...line, message, fields });
  }

  fatal(code = 'ENOEXEC'): void {
    this.fatalCode ??= code;
  }

  hasName(name: string): boolean {
    return this.#unit.names.includes(name);
  }

  hasDependency(kind: DependencyName): boolean {
    return this.#unit.dependencies.some((d) => d.kind === kind);
  }

  /** A template that is named stands for the instance of the unit's own instance, or of its own name. */
  refuseDependency(name: string): void {
    if (!this.#facts.alone) this.report(4, `Failed to add dependency on ${name}, ignoring: Invalid argument`);
  }

  addDependency(kind: DependencyName, named: string): void {
    const unit = this.#unit;
    let name = named;
    if (unitNameKind(named) === 'template') {
      const instance = unitInstance(unit.id) || unitPrefix(unit.id)!;
      name = replaceUnitInstance(named, instance) ?? named;
    }
    if (unit.names.includes(name)) {
      if (toldOfItself.has(kind)) this.reportUnit(4, `Dependency ${kind}=${unit.id} is dropped.`);
      return;
    }
    if (kind === 'Before' && unitTypeOf(name) === 'device') {
      this.reportUnit(4, `Dependency Before=${name} ignored (.device units cannot be delayed)`);
      return;
    }
    if (kind === 'OnFailure' && cannotFail.has(unit.type)) {
      this.reportUnit(4, `Requested dependency OnFailure=${name} ignored (${unit.type} units cannot fail).`);
      return;
    }
    unit.dependencies.push({ kind, name, origin: 'file' });
  }
}
