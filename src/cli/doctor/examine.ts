/**
 * Which units will fail, are left out or run without something in this container, and which of their settings do nothing.
 * Units are read as a manager reads them, and each is asked what its own start would ask; no process is made.
 */
import { foresee } from '../../exec/foreseen.ts';
import { withoutEffect } from '../../exec/without-effect.ts';
import { Journal } from '../../journal/journal.ts';
import { defaultConfig } from '../../journal/storage/config.ts';
import type { Host } from '../../sys/host.ts';
import { parentOf } from '../../text/paths.ts';
import { isOwnUnits, type LookupPaths, lookupPaths } from '../../unitfile/files/load-path.ts';
import { UnitFileSearch } from '../../unitfile/install/search.ts';
import { isErrorCode, listUnitFiles } from '../../unitfile/install/state.ts';
import type { ExecCommand } from '../../unitfile/language/exec-command.ts';
import { unitNameKind } from '../../unitfile/language/unit-name.ts';
import { createLoader } from '../../unitfile/load/loader.ts';
import { Mount } from '../../units/mount.ts';
import type { Unit } from '../../units/unit.ts';
import { readingManager } from '../common/reading-manager.ts';
import { engineOption, grant, takeBack } from './changes.ts';
import { describedUsers } from './described-users.ts';
import { examineInitScripts } from './init-scripts.ts';
import { hasCapability, needOf } from './needs.ts';
import { type Place, Places } from './places.ts';

/**
 * `fails`: it will not start, or not stop. `skipped`: a condition about the container does not hold. `not run`: pidone does
 * not run it. `limited`: it runs without something.
 */
export type Verdict = 'fails' | 'skipped' | 'not run' | 'limited';

export interface UnitFinding {
  readonly unit: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly place: Place | undefined;
  /** What to change, a line. */
  readonly change: string | undefined;
  /** The unit whose failure this one shares. */
  readonly because: string | undefined;
}

export interface SettingFinding {
  /** `PrivateTmp` */
  readonly setting: string;
  readonly inPart: boolean;
  readonly reason: string;
  readonly change: string | undefined;
  readonly unit: string;
  readonly place: Place | undefined;
}

export interface Examination {
  readonly units: readonly UnitFinding[];
  readonly settings: readonly SettingFinding[];
  /** How many units were looked at, and how many files. */
  readonly looked: { readonly units: number; readonly files: number };
  /** The longest that a stop may take, milliseconds, and whose; undefined where no service is started. */
  readonly slowestStop: { readonly unit: string; readonly ms: number } | undefined;
}

export interface ExaminationOptions {
  /** Units to look at, with what they need; none: those that a boot starts. */
  readonly names: readonly string[];
  /** All that are installed. */
  readonly all: boolean;
  /** As systemd: what the container can't give fails a unit. */
  readonly strict: boolean;
  /** Where pidone's own units lie. */
  readonly ownUnits: string;
}

/** What is wrong in the files is told of each unit here, not line by line. */
class SilentJournal extends Journal {
  override log(): void {}
}

/** Kinds by which a start of one unit leads to another's, sooner or later. */
const leading = ['Requires', 'Requisite', 'BindsTo', 'Wants', 'Upholds', 'Triggers'] as const;
/** Kinds whose failure a unit shares where it waits for it. */
const sharing = ['Requires', 'Requisite', 'BindsTo'] as const;

/** Conditions of which a container, and not its image, decides. */
const containersConditions: ReadonlySet<string> = new Set(['Capability', 'Virtualization', 'ControlGroupController']);

export async function examine(
  host: Host,
  options: ExaminationOptions,
  turn: () => Promise<void>,
): Promise<Examination> {
  return new Examiner(host, options).examine(turn);
}

class Examiner {
  readonly #host: Host;
  readonly #options: ExaminationOptions;
  readonly #paths: LookupPaths;
  readonly #manager: ReturnType<typeof readingManager>;
  readonly #places: Places;
  readonly #found = new Map<Unit, UnitFinding[]>();
  #users: ReadonlySet<string> | undefined;

  constructor(host: Host, options: ExaminationOptions) {
    this.#host = host;
    this.#options = options;
    const { usrLibFirst } = host.voice.unitFiles;
    const paths = lookupPaths({ scope: 'system', env: host.environment, usrLibFirst, ownUnits: options.ownUnits });
    this.#paths = paths;
    const loader = createLoader(host, { scope: 'system', paths });
    const journal = new SilentJournal(host, { scope: 'system', config: { ...defaultConfig(), storage: 'none' } });
    this.#manager = readingManager(host, { scope: 'system', loader, journal });
    this.#places = new Places(host);
  }

  async examine(turn: () => Promise<void>): Promise<Examination> {
    const { names } = this.#options;
    const installed = names.length > 0 ? [] : await this.#installed(turn);
    const begun = names.length > 0 ? names.map((name) => this.#load(name)) : this.#booted();
    const started = reachable(this.#options.all ? [...begun, ...installed] : begun);
    for (const unit of started) {
      this.#found.set(unit, this.#examineUnit(unit, names.length > 0 && begun.includes(unit)));
      await turn();
    }
    this.#spread(started);
    const units = [...this.#found.values()].flat();
    units.push(...this.#examineScripts(started));
    const settings: SettingFinding[] = [];
    for (const unit of new Set([...started, ...installed])) {
      settings.push(...this.#settingsOf(unit));
      await turn();
    }
    const loaded = (found: Iterable<Unit>): number => [...found].filter(isThere).length;
    const looked = { units: loaded(started), files: loaded(new Set([...started, ...installed])) };
    return { units, settings, looked, slowestStop: slowestStop(started) };
  }

  /** What a boot begins with. */
  #booted(): Unit[] {
    const target = this.#load('default.target');
    return [target.loadState === 'loaded' ? target : this.#load('multi-user.target')];
  }

  /** It stays loaded, with all that it names. */
  #load(name: string): Unit {
    const unit = this.#manager.units.load(name);
    unit.referencedBy.add(this);
    return unit;
  }

  /** All units that have a file and are no templates. */
  async #installed(turn: () => Promise<void>): Promise<Unit[]> {
    const found: Unit[] = [];
    for (const file of listUnitFiles(new UnitFileSearch(this.#host, this.#paths), [], [])) {
      await turn();
      if (typeof file !== 'object' || isErrorCode(file.state) || unitNameKind(file.name) === 'template') continue;
      found.push(this.#load(file.name));
    }
    return found;
  }

  // ---- units ------------------------------------------------------------------------------------------------------

  #examineUnit(unit: Unit, asked: boolean): UnitFinding[] {
    const finding = (verdict: Verdict, reason: string, more: Partial<UnitFinding> = {}): UnitFinding[] => [
      { unit: unit.id, verdict, reason, place: undefined, change: undefined, because: undefined, ...more },
    ];
    const { loadState, loaded } = unit;
    if (loadState === 'not-found') return asked ? finding('fails', 'there is no such unit') : [];
    if (loadState === 'masked') return [];
    if (loadState !== 'loaded')
      return finding('fails', loaded.loadError?.message ?? loadState, { place: this.#placeOfError(unit) });
    const notRun = unit.reasonNotRun;
    // Where the file is pidone's own, nobody has installed what it stands for.
    if (notRun !== undefined) return asked || !isOurs(unit) ? finding('not run', notRun) : [];
    if (!unit.testConditions()) return this.#skipped(unit, finding);
    if (!unit.testAsserts()) return this.#refused(unit, finding);
    if (!unit.supported) return finding('fails', `containers have no ${unit.type}s`);
    if (unit instanceof Mount && unit.mounted === undefined && !hasCapability(this.#host, 'CAP_SYS_ADMIN'))
      return finding('fails', 'the container may not mount (no CAP_SYS_ADMIN)', {
        place: this.#places.ofSetting(loaded, ['Type', 'What']),
        change: `${grant('CAP_SYS_ADMIN')}; or systemctl mask ${unit.id}`,
      });
    return this.#examineCommands(unit, finding);
  }

  #skipped(unit: Unit, finding: Finder): UnitFinding[] {
    const condition = unit.failedCondition;
    if (condition === undefined || !containersConditions.has(condition.type)) return [];
    const key = `Condition${condition.type}`;
    const { negate, parameter } = condition;
    const place = this.#places.find(unit.loaded, (e) => e.key === key && e.value.replace(/^[|!]+/, '') === parameter);
    const reason = `its condition does not hold here: ${key}=${negate ? '!' : ''}${parameter}`;
    const change = condition.type === 'Capability' ? grant(parameter.toUpperCase()) : takeBack(unit.id, 'Unit', key);
    return finding('skipped', reason, { place, change });
  }

  #refused(unit: Unit, finding: Finder): UnitFinding[] {
    const failed = unit.asserts.find(({ result }) => result === 'failed' || result === 'error');
    const key = `Assert${failed?.type ?? ''}`;
    const place = this.#places.ofSetting(unit.loaded, [key]);
    return finding('fails', `its assertion does not hold: ${place?.text ?? key}`, { place });
  }

  #examineCommands(unit: Unit, finding: Finder): UnitFinding[] {
    const { loaded } = unit;
    const { exec } = loaded;
    if (exec === undefined) return [];
    const limited = new Set<string>();
    const { strict } = this.#options;
    const { host, scope, directories: roots } = this.#manager;
    for (const command of commandsOf(unit)) {
      const owner = { host, scope, strict, roots, exec, unsure: loaded.unsure };
      const { failure, leftOut, argv } = foresee(owner, command);
      for (const line of leftOut) limited.add(line);
      if (command.ignoreFailure) continue;
      if (failure !== undefined && !this.#willBeMade(failure.settings, exec.User)) {
        const place = this.#places.ofSetting(loaded, failure.settings);
        const [key] = place === undefined ? failure.settings : [place.text.slice(0, place.text.indexOf('='))];
        const instead = key === undefined || key.startsWith('Exec') ? undefined : takeBack(unit.id, 'Service', key);
        const granted = failure.capability === undefined ? undefined : grant(failure.capability);
        const change = [granted, instead].filter((line) => line !== undefined).join('; or ') || undefined;
        return finding('fails', failure.message, { place, change });
      }
      const need = needOf(host, command.path, argv);
      if (need !== undefined)
        return finding(need.runs === true ? 'limited' : 'fails', need.reason, {
          place: this.#places.find(loaded, ({ value }) => value.includes(command.path)),
          change: need.change,
        });
    }
    return [...limited].flatMap((reason) => finding('limited', reason, { place: this.#placeOfLimit(unit, reason) }));
  }

  /** Users that sysusers.d describes are made at the boot. */
  #willBeMade(settings: readonly string[], user: string | undefined): boolean {
    if (user === undefined || !settings.includes('User')) return false;
    this.#users ??= describedUsers(this.#host);
    return this.#users.has(user) && this.#host.lookupUser(user) === undefined;
  }

  #placeOfLimit({ loaded }: Unit, reason: string): Place | undefined {
    return this.#places.ofSetting(
      loaded,
      [...reason.matchAll(/([A-Z]\w+)=/g)].map(([, key]) => key!),
    );
  }

  /** The line that the loader has complained of last. */
  #placeOfError({ loaded }: Unit): Place | undefined {
    const told = loaded.diagnostics.findLast(({ file, line }) => file !== undefined && line !== undefined);
    return told === undefined ? undefined : { file: told.file!, line: told.line!, text: told.message };
  }

  /** A unit that waits for one that fails, and requires it, fails with it; also one that is bound to what is left out. */
  #spread(started: ReadonlySet<Unit>): void {
    const fails = (unit: Unit): boolean => (this.#found.get(unit) ?? []).some(({ verdict }) => verdict === 'fails');
    const isLeftOut = (unit: Unit): boolean =>
      (this.#found.get(unit) ?? []).some(({ verdict }) => verdict === 'skipped');
    for (let changed = true; changed; ) {
      changed = false;
      for (const unit of started) {
        const own = this.#found.get(unit)!;
        if (unit.loadState !== 'loaded' || own.some(({ verdict }) => verdict !== 'limited')) continue;
        const culprit = sharing
          .flatMap((kind) => [...(unit.dependencies.get(kind) ?? [])].map((other) => ({ kind, other })))
          .find(
            ({ kind, other }) => unit.has('After', other) && (fails(other) || (kind === 'BindsTo' && isLeftOut(other))),
          );
        if (culprit === undefined) continue;
        changed = true;
        const { kind, other } = culprit;
        this.#found.set(unit, [
          ...own,
          {
            unit: unit.id,
            verdict: 'fails',
            reason: `${other.id} will not be there`,
            place: this.#places.find(
              unit.loaded,
              (entry) => entry.key === kind && entry.value.split(/\s+/).includes(other.id),
            ),
            change: undefined,
            because: other.id,
          },
        ]);
      }
    }
  }

  #examineScripts(started: ReadonlySet<Unit>): UnitFinding[] {
    const { names, all } = this.#options;
    const ids = new Set([...started].map(({ id }) => id));
    return examineInitScripts(this.#host, this.#paths)
      .filter(({ unit, atBoot }) => ids.has(unit) || (names.length === 0 && (all || atBoot)))
      .map(({ unit, reason, place, change }) => ({
        unit,
        verdict: 'limited',
        reason,
        place,
        change,
        because: undefined,
      }));
  }

  // ---- settings ---------------------------------------------------------------------------------------------------

  #settingsOf(unit: Unit): SettingFinding[] {
    if (unit.loadState !== 'loaded' || isOurs(unit) || unit.reasonNotRun !== undefined) return [];
    return withoutEffect(unit.loaded, this.#host).map(({ key, inPart, reason = '' }) => {
      const option = engineOption(key);
      const engine = option === undefined ? undefined : `run the container with ${option}, which holds for all of it`;
      const change = reason.includes('CAP_SYS_ADMIN') ? grant('CAP_SYS_ADMIN') : engine;
      const place = this.#places.ofSetting(unit.loaded, [key]);
      return { setting: key, inPart, reason, change, unit: unit.id, place };
    });
  }
}

type Finder = (verdict: Verdict, reason: string, more?: Partial<UnitFinding>) => UnitFinding[];

const isOurs = ({ loaded: { fragmentPath } }: Unit): boolean =>
  fragmentPath === undefined || isOwnUnits(parentOf(fragmentPath));

const isThere = ({ loadState }: Unit): boolean => loadState === 'loaded';

function reachable(begun: readonly Unit[]): ReadonlySet<Unit> {
  const found = new Set(begun);
  for (const unit of found)
    for (const kind of leading) for (const other of unit.dependencies.get(kind) ?? []) found.add(other);
  return found;
}

/** Commands of a start, in their order. */
function commandsOf({ loaded: { service, socket } }: Unit): readonly ExecCommand[] {
  if (service !== undefined) return [...service.ExecCondition, ...service.ExecStartPre, ...service.ExecStart];
  return socket === undefined ? [] : [...socket.ExecStartPre, ...socket.ExecStartPost];
}

function slowestStop(started: ReadonlySet<Unit>): Examination['slowestStop'] {
  let slowest: Examination['slowestStop'];
  for (const unit of started) {
    const ms = unit.loadState === 'loaded' ? unit.loaded.service?.TimeoutStopSec : undefined;
    if (ms === undefined || !Number.isFinite(ms) || unit.reasonNotRun !== undefined || isOurs(unit)) continue;
    if (slowest === undefined || ms > slowest.ms) slowest = { unit: unit.id, ms };
  }
  return slowest;
}
