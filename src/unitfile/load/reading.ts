/** One unit being read: its fragment, links and drop-ins, line by line through the table of directives. */

import { reasonOf } from '../../sys/error-text.ts';
import { SystemError } from '../../sys/host.ts';
import { bytesToText } from '../../text/bytes.ts';
import type { LogLevel } from '../../text/log-level.ts';
import { baseName } from '../../text/paths.ts';
import { droppedMessage } from '../directives/directive.ts';
import type { DependencyName, SettingsRecord } from '../directives/kind.ts';
import { findDirective, type GroupName, sectionOf } from '../directives/table.ts';
import { isMask } from '../files/mask.ts';
import type { UnitFileIndex } from '../files/unit-files.ts';
import { parseUnitText, unknownKeyMessage } from '../language/lexer.ts';
import { type UnitType, unitInstance, unitNameIsValid, unitNameKind, unitTemplateName } from '../language/unit-name.ts';
import { finishSettings } from './finish.ts';
import { addImplicitDependencies, addSliceDependencies } from './implicit-dependencies.ts';
import type { LoadedUnit } from './loaded-unit.ts';
import { failed, masked, notFound } from './outcome.ts';
import { type ContextFacts, UnitParseContext } from './parse-context.ts';
import { prepare } from './perpetual.ts';
import { verifyUnit } from './verify.ts';

/** What a unit is read with. */
export interface ReadingFacts extends ContextFacts {
  index: UnitFileIndex;
  /** Home of the user manager's user. */
  home: string | undefined;
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

const linkSuffixes = [
  ['.wants', 'Wants'],
  ['.requires', 'Requires'],
  ['.upholds', 'Upholds'],
] as const;

/** Sections of each type, and [Install], which `enable` reads. */
const sectionsOf = new Map<UnitType, ReadonlySet<string>>();
function sections(type: UnitType): ReadonlySet<string> {
  let known = sectionsOf.get(type);
  if (known === undefined) {
    const own = sectionOf(type);
    // Targets have a section of their own, in which nothing is known.
    const named = own ?? (type === 'target' ? 'Target' : undefined);
    known = new Set(named === undefined ? ['Unit', 'Install'] : ['Unit', named, 'Install']);
    sectionsOf.set(type, known);
  }
  return known;
}

/** Whether a link of a .wants directory points to the unit it is named after (or to the template of it). */
function linkNamesMatch(link: string, target: string, instanceGiven: boolean): boolean {
  if (link === target) return true;
  const linkKind = unitNameKind(link);
  const targetKind = unitNameKind(target);
  if (linkKind === 'instance' && targetKind === 'template') return unitTemplateName(link) === target;
  return instanceGiven && linkKind === 'template' && targetKind === 'instance' && unitTemplateName(target) === link;
}

/** What a file ended with. `reason` is of one that could not be read; where it was `unopened` it counts as not there. */
interface ReadError {
  code: string;
  reason?: string;
  unopened?: boolean;
}

export class Reading {
  readonly #unit: LoadedUnit;
  readonly #facts: ReadingFacts;
  readonly #context: UnitParseContext;
  readonly #unsure = new Set<string>();
  readonly #report = (level: LogLevel, message: string): void => this.#context.report(level, message);

  /** `name`: as it was asked for. */
  constructor(unit: LoadedUnit, facts: ReadingFacts, name = unit.id) {
    this.#unit = unit;
    this.#facts = facts;
    this.#context = new UnitParseContext(unit, facts, name);
  }

  /** The unit whose fragment is `path`; `looped` where its aliases lead to each other. */
  read(path: string | undefined, looped: boolean): LoadedUnit {
    const unit = this.#unit;
    prepare(unit, this.#context.scope);
    if (unit.type === 'scope' && !unit.transient && !unit.perpetual) return this.#notFound();
    if (looped) return this.#notFound('ELOOP');
    if (path === undefined) {
      if (fragmentRequired.has(unit.type) && !unit.perpetual) return this.#notFound();
      unit.loadState = 'loaded';
    } else {
      const stat = this.#facts.host.files.tryStat(path);
      if (stat === undefined) {
        this.#report(5, `Failed to open ${path}: No such file or directory`);
        return this.#notFound();
      }
      unit.fragmentPath = path;
      unit.stamps.push({ path, mtimeMs: stat.mtimeMs });
      if (isMask(stat)) unit.loadState = unit.perpetual ? 'loaded' : 'masked';
      else {
        unit.loadState = 'loaded';
        const error = this.#readFile(path);
        if (error?.unopened) {
          this.#report(5, `Failed to open ${path}: ${error.reason}`);
          unit.fragmentPath = undefined;
          return this.#notFound();
        }
        if (error !== undefined) {
          if (error.reason !== undefined) this.#report(3, `Failed to read ${path}: ${error.reason}`);
          // The kernel may have mounted it already: mounts and swaps get what they need all the same.
          if (unit.type === 'mount' || unit.type === 'swap') this.#extend();
          if (error.code === 'ENOEXEC') {
            this.#report(5, 'Unit configuration has fatal error, unit will not be started.');
          }
          return this.#failed(error.code);
        }
      }
    }
    if (unit.loadState !== 'masked' || this.#facts.host.voice.loading.masksKeepDropIns) this.#readDropIns();
    return this.complete();
  }

  /** Lines alone: no files, and nothing that follows from them. */
  readLines(text: string): LoadedUnit {
    this.#readEntries(text, '(transient)');
    return this.#unit;
  }

  /** The unit whose fragment would be `text`. */
  readText(text: string): LoadedUnit {
    prepare(this.#unit, this.#context.scope);
    this.#unit.loadState = 'loaded';
    const error = this.#readEntries(text, '(transient)');
    if (error !== undefined) return this.#failed(error.code);
    this.#readDropIns();
    return this.complete();
  }

  /** All that has been read, with what follows from it; or what it comes to where it can be no unit. */
  complete(): LoadedUnit {
    const unit = this.#unit;
    if (unit.synthetic && unit.loadState === 'not-found') unit.loadState = 'loaded';
    if (unit.loadState === 'masked') {
      this.#settle();
      return masked(unit);
    }
    const error = this.#extend();
    if (error !== undefined) return this.#failed(error);
    const refusal = verifyUnit(unit, this.#facts.host.voice.loading, this.#report);
    if (refusal !== undefined) return this.#refused(refusal.message, refusal.code);
    addSliceDependencies(unit);
    const { JobRunningTimeoutSec: running, JobTimeoutSec: whole } = unit.unit;
    if (running !== Number.POSITIVE_INFINITY && running > whole) {
      this.#report(4, 'JobRunningTimeoutSec= is greater than JobTimeoutSec=, it has no effect.');
    }
    const several = (kind: DependencyName) => unit.dependencies.filter((d) => d.kind === kind).length > 1;
    for (const kind of ['OnSuccess', 'OnFailure'] as const) {
      if (unit.unit[`${kind}JobMode`] !== 'isolate' || !several(kind)) continue;
      unit.mountsTied = true;
      const message = `More than one ${kind}= dependencies specified but ${kind}JobMode=isolate set. Refusing.`;
      return this.#refused(message, 'ENOEXEC');
    }
    return unit;
  }

  // ---- files ----------------------------------------------------------------------------------------------------

  #readFile(path: string): ReadError | undefined {
    let text: string;
    try {
      text = bytesToText(this.#facts.host.files.readFile(path, fileLimit));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      const { code, syscall } = error;
      // systemd would open a FIFO or a device.
      return { code, reason: reasonOf(error), unopened: syscall !== 'read' && code !== 'EINVAL' };
    }
    return this.#readEntries(text, path);
  }

  /** Reads lines until one is fatal: those after it do not count (systemd gives the file up there). */
  #readEntries(text: string, file: string): ReadError | undefined {
    const context = this.#context;
    context.file = file;
    const { diagnostics } = this.#unit;
    const earlier = diagnostics.length;
    const { entries, error } = parseUnitText(
      text,
      file,
      (level, line, message) => {
        context.line = line;
        context.report(level, message);
      },
      { sections: sections(this.#unit.type) },
    );
    const groups = this.#unit as unknown as Record<GroupName, SettingsRecord>;
    let fatal: string | undefined;
    for (const entry of entries) {
      const found = findDirective(entry.section, entry.key);
      context.line = entry.line;
      if (found === undefined) {
        if (!entry.key.startsWith('X-')) context.report(4, unknownKeyMessage(entry.section, entry.key));
        continue;
      }
      if (found.group === 'install') continue;
      if (context.voice.loading.dropped.has(entry.key)) {
        context.report(6, droppedMessage(entry.key));
        continue;
      }
      context.section = entry.section;
      context.key = entry.key;
      context.fatalCode = undefined;
      const { support } = found.row;
      const settings = groups[found.group];
      const slot = found.row.slot ? entry.key : found.row.into;
      const { [slot]: before } = settings;
      const { reports } = context;
      found.row.apply(settings, entry.value, context);
      fatal = context.fatalCode;
      if (fatal !== undefined) break;
      // A line that was ignored promises nothing.
      const isIgnored = context.reports !== reports && settings[slot] === before;
      if (!isIgnored && (support.state !== 'honoured' || support.reason !== undefined))
        this.#unsure.add(`${entry.section}.${entry.key}`);
    }
    const last = fatal === undefined ? Number.POSITIVE_INFINITY : context.line!;
    context.file = undefined;
    context.line = undefined;
    if (diagnostics.length > earlier) {
      // The text was split before its values were read; who reads the messages reads them in the order of the lines.
      const own = diagnostics.splice(earlier).filter((d) => (d.line ?? 0) <= last);
      diagnostics.push(...own.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)));
    }
    const code = fatal ?? error?.code;
    return code === undefined ? undefined : { code };
  }

  #readDropIns(): void {
    const unit = this.#unit;
    const { index, host } = this.#facts;
    const aliases = unit.names.filter((name) => name !== unit.id).sort();
    for (const [suffix, kind] of linkSuffixes) {
      for (const path of index.dropIns(unit.id, aliases, suffix)) this.#readLink(path, kind);
    }
    for (const path of index.dropIns(unit.id, aliases, '.d', '.conf')) {
      unit.dropInPaths.push(path);
      const stat = host.files.tryStat(path);
      if (stat === undefined) {
        this.#report(4, `Failed to open configuration file '${path}': No such file or directory`);
        continue;
      }
      const error = isMask(stat) ? undefined : this.#readFile(path);
      if (error === undefined) unit.dropInMtimeMs = Math.max(unit.dropInMtimeMs, stat.mtimeMs);
      else if (error.reason !== undefined) this.#report(4, `Failed to read ${path}, ignoring: ${error.reason}`);
    }
  }

  /** A link of a .wants directory or one of its siblings. */
  #readLink(path: string, kind: DependencyName): void {
    const { files } = this.#facts.host;
    const name = baseName(path);
    const stat = files.tryStat(path);
    // A link to nowhere is a dependency all the same; one to /dev/null takes the dependency away.
    if (stat !== undefined && isMask(stat)) return;
    if (files.tryLstat(path)?.type !== 'symlink') {
      this.#report(4, `${kind} dependency dropin ${path} is not a symlink, ignoring.`);
      return;
    }
    if (!unitNameIsValid(name)) {
      this.#report(4, `${kind} dependency dropin ${path} is not a valid unit name, ignoring.`);
      return;
    }
    let target: string;
    try {
      target = files.readlink(path);
    } catch {
      return;
    }
    const targetName = baseName(target);
    if (!linkNamesMatch(name, targetName, unitInstance(this.#unit.id) !== undefined)) {
      this.#report(4, `${kind} dependency dropin ${path} target ${target} has different name`);
    }
    this.#context.addDependency(kind, name);
  }

  // ---- the end --------------------------------------------------------------------------------------------------

  /** What follows from the settings: other settings, and dependencies. */
  #extend(): string | undefined {
    const { defaults, directories, home, host } = this.#facts;
    const voice = host.voice.loading;
    this.#settle();
    finishSettings(this.#unit, { manager: defaults, home, voice });
    return addImplicitDependencies(this.#unit, { scope: defaults.scope, directories, voice });
  }

  /** Facts of [Unit] that stand on their own. */
  #settle(): void {
    const unit = this.#unit;
    unit.description = unit.unit.Description ?? '';
    if (unit.unit.SourcePath !== undefined) {
      unit.sourcePath = unit.unit.SourcePath;
      const stat = this.#facts.host.files.tryStat(unit.sourcePath);
      // a source that is not there makes the unit one that has changed
      unit.stamps.push({ path: unit.sourcePath, mtimeMs: stat?.mtimeMs ?? 0 });
    }
    unit.requiresMountsFor = [...unit.unit.RequiresMountsFor];
    unit.wantsMountsFor = [...unit.unit.WantsMountsFor];
    unit.unsure = [...this.#unsure];
  }

  #notFound(code?: string): LoadedUnit {
    this.#settle();
    return notFound(this.#unit, this.#report, code);
  }

  #refused(message: string, code: string): LoadedUnit {
    this.#report(3, message);
    return this.#failed(code);
  }

  #failed(code: string): LoadedUnit {
    if (!this.#unit.finished) this.#settle();
    return failed(this.#unit, code);
  }
}
