/** All units that are loaded, by every name they have, how their dependencies are tied together, and which have failed. */

import type { Keeper } from '../kept/keeper.ts';
import type { Host } from '../sys/host.ts';
import { whyNotLoadable } from '../unitfile/files/alias.ts';
import type { UnitType } from '../unitfile/language/unit-name.ts';

import { unitNameFromPath, unitTypeOf } from '../unitfile/language/unit-name.ts';
import type { LoadedUnit } from '../unitfile/load/loaded-unit.ts';
import type { UnitLoader } from '../unitfile/load/loader.ts';
import type { DependencyKind } from '../units/dependencies.ts';
import { JobError } from '../units/job-types.ts';
import { type ActiveState, isInactiveOrFailed, type Unit } from '../units/unit.ts';

/** Time that is spent on units that nobody needs before others have their turn. */
const garbageMs = 2;

export interface RegistryContext {
  readonly host: Pick<Host, 'monotonic'>;
  readonly loader: UnitLoader;
  create(type: UnitType, name: string): Unit;
  /** Of a unit that has no file and does not come from one: a mount that somebody has made. */
  withoutFile(name: string): LoadedUnit | undefined;
  /** Its files have something wrong in them. */
  diagnose(loaded: LoadedUnit): void;
  hasProcesses(unit: Unit): boolean;
  /** Whether one that was kept goes on with what it was waiting for. */
  goesOn(unit: Unit): boolean;
  /** Units may be of no use any more: `collectGarbage` is to be called, soon. */
  mayHaveGarbage(): void;
  /** It is gone. */
  forgotten(unit: Unit): void;
  /** Something is to be kept of it that was not before. */
  touched(unit: Unit): void;
}

/** Kinds by which a target pulls in what it then waits for. */
const memberKinds = ['Requires', 'Requisite', 'Wants', 'BindsTo', 'Upholds'] as const;

const hasDefaultDependencies = (unit: Unit): boolean =>
  unit.loadState === 'loaded' && unit.loaded.unit.DefaultDependencies;

export class UnitRegistry {
  readonly #context: RegistryContext;
  readonly #loader: UnitLoader;
  readonly #byName = new Map<string, Unit>();
  /** Keys of #byName. */
  readonly #namesOf = new Map<Unit, string[]>();
  readonly #units = new Set<Unit>();
  /** Loaded, but not yet tied to what they depend on. */
  #untied: Unit[] = [];
  readonly #unused = new Set<Unit>();
  /** New ones, whose state in the world has not been looked at. */
  readonly #uncold = new Set<Unit>();
  readonly #failed = new Set<Unit>();
  /** While what was kept is read nobody looks at the world: units whose state is known from there. */
  #kept: Set<Unit> | undefined;

  constructor(context: RegistryContext) {
    this.#context = context;
    this.#loader = context.loader;
  }

  /** Names that units are known by, aliases included. */
  get nameCount(): number {
    return this.#byName.size;
  }
  all(): IterableIterator<Unit> {
    return this.#units.values();
  }
  find(name: string): Unit | undefined {
    return this.#byName.get(name);
  }

  /**
   * A unit by name, loaded where it isn't with, transitively, everything it names; also one that has no file
   * ('not-found'). Throws JobError for a name that no unit can have.
   */
  load(name: string): Unit {
    const present = this.#byName.get(name);
    if (present !== undefined) {
      this.retry(present);
      return present;
    }
    if (this.#loader.isStale()) this.#loader.refresh();
    const wrong = whyNotLoadable(name);
    if (wrong !== undefined) throw new JobError('org.freedesktop.DBus.Error.InvalidArgs', wrong);
    const unit = this.#make(name, () => this.#loader.load(name));
    this.#tieAll();
    return unit;
  }

  /** A unit that had no file may have one since: then it is read. */
  retry(unit: Unit): void {
    if (unit.loadState !== 'not-found') return;
    if (this.#loader.isStale()) this.#loader.refresh();
    if (this.#loader.index.find(unit.id).kind !== 'missing') this.reload(unit);
  }

  /** Puts a unit there whose definition does not come from a file of its own name. */
  adopt(loaded: LoadedUnit): Unit {
    const unit = this.#byName.get(loaded.id);
    if (unit === undefined) {
      const made = this.#make(loaded.id, () => loaded);
      this.#tieAll();
      return made;
    }
    this.#untie(unit, true);
    this.#configure(unit, loaded);
    this.#tieAll();
    return unit;
  }

  /** Reads one unit's files again. */
  reload(unit: Unit): void {
    this.#untie(unit, true);
    this.#configure(unit, this.#loader.load(unit.id));
    this.#tieAll();
    this.#context.touched(unit);
  }

  /** Reads every unit's files again (daemon-reload); states go on as they are, and so do definitions without files. */
  reloadAll(): void {
    for (const unit of this.#units) unit.dependencies.clear();
    this.#byName.clear();
    this.#namesOf.clear();
    for (const unit of this.#units) this.#name(unit.id, unit);
    for (const unit of [...this.#units]) {
      this.#configure(unit, unit.loaded.synthetic ? unit.loaded : this.#loader.load(unit.id));
      unit.reread();
    }
    this.#tieAll();
  }

  // ---- a new program under it -----------------------------------------------------------------------------------

  /** Units with their states, each loaded anew. */
  keep(k: Keeper): void {
    const kept = new Set<Unit>();
    if (k.isReading) this.#kept = kept;
    k.list(
      'units',
      this.#units,
      (of, unit) => this.keepUnit(of, unit),
      (of) => {
        const unit = this.#restore(of.text('id', ''), of.plain<string | undefined>('text', undefined));
        kept.add(unit);
        unit.keep(of);
        this.noteState(unit, unit.activeState);
      },
    );
  }

  /** One of them, written. */
  keepUnit(k: Keeper, unit: Unit): void {
    k.text('id', unit.id);
    k.plain('text', unit.loaded.text);
    unit.keep(k);
  }

  #restore(id: string, text: string | undefined): Unit {
    const unit = this.load(id);
    if (unit.loadState !== 'not-found') return unit;
    const loaded = text === undefined ? this.#context.withoutFile(id) : this.#loader.loadText(id, text);
    return loaded === undefined ? unit : this.adopt(loaded);
  }

  /** All has been read: units go on from there, and new ones look at the world. */
  revive(): void {
    const kept = this.#kept ?? new Set<Unit>();
    this.#kept = undefined;
    for (const unit of [...this.#units]) {
      const isNew = this.#uncold.delete(unit);
      if (kept.has(unit)) {
        if (this.#context.goesOn(unit)) unit.revive();
      } else if (isNew) unit.coldplug();
    }
  }

  #make(name: string, read: () => LoadedUnit): Unit {
    const loaded = read();
    const same = this.#byName.get(loaded.id);
    if (same !== undefined) {
      this.#name(name, same);
      same.names.add(name);
      return same;
    }
    const unit = this.#context.create(unitTypeOf(loaded.id)!, loaded.id);
    this.#units.add(unit);
    this.#uncold.add(unit);
    this.#name(name, unit);
    this.#configure(unit, loaded);
    return unit;
  }

  #name(name: string, unit: Unit): void {
    this.#byName.set(name, unit);
    const names = this.#namesOf.get(unit);
    if (names === undefined) this.#namesOf.set(unit, [name]);
    else names.push(name);
  }

  #configure(unit: Unit, loaded: LoadedUnit): void {
    unit.setLoaded(loaded);
    for (const name of loaded.names) if (!this.#byName.has(name)) this.#name(name, unit);
    this.#context.diagnose(loaded);
    this.#untied.push(unit);
  }

  #tieAll(): void {
    const tied: Unit[] = [];
    for (let unit = this.#untied.pop(); unit !== undefined; unit = this.#untied.pop()) {
      this.#tie(unit);
      tied.push(unit);
    }
    for (const unit of tied) if (unit.type === 'target') this.#orderMembers(unit);
    for (const unit of tied) {
      this.mayBeUnused(unit);
      if (this.#kept === undefined && this.#uncold.delete(unit)) unit.coldplug();
    }
  }

  #tie(unit: Unit): void {
    for (const { kind, name } of unit.loaded.dependencies) {
      const other = this.#dependency(name);
      if (other === undefined || other === unit) continue;
      unit.addDependency(kind as DependencyKind, other);
      unit.addDependency('References', other);
    }
    if (unit.loadState !== 'loaded' && unit.loaded.mountsTied !== true) return;
    for (const path of unit.loaded.requiresMountsFor) this.#tieMounts(unit, path, 'Requires');
    for (const path of unit.loaded.wantsMountsFor) this.#tieMounts(unit, path, 'Wants');
  }

  /** systemd.unit(5), RequiresMountsFor=, WantsMountsFor=: every mount point on the way to the path that has a unit. */
  #tieMounts(unit: Unit, path: string, kind: 'Requires' | 'Wants'): void {
    const parts = path.split('/').filter((part) => part !== '');
    for (let i = 0; i <= parts.length; i++) {
      const name = unitNameFromPath(`/${parts.slice(0, i).join('/')}`, '.mount');
      if (name === undefined || name === unit.id) continue;
      const mount = this.#dependency(name);
      if (mount?.loadState !== 'loaded') continue;
      unit.addDependency('After', mount);
      if (mount.loaded.fragmentPath !== undefined) unit.addDependency(kind, mount);
      unit.addDependency('References', mount);
    }
  }

  #dependency(name: string): Unit | undefined {
    const present = this.#byName.get(name);
    if (present !== undefined) return present;
    if (whyNotLoadable(name) !== undefined) return undefined;
    return this.#make(name, () => this.#loader.load(name));
  }

  /** A target comes after what it pulls in, where both have default dependencies and nothing says otherwise. */
  #orderMembers(target: Unit): void {
    if (!hasDefaultDependencies(target)) return;
    for (const kind of memberKinds)
      for (const member of target.dependencies.get(kind) ?? []) {
        if (!hasDefaultDependencies(member) || target.has('Before', member)) continue;
        target.addDependency('After', member);
      }
  }

  /** Cuts the ties that come from the unit's own definition, or all of them. */
  #untie(unit: Unit, ownOnly: boolean): void {
    // Ties made by the other side come back only if that side is tied again, so it is, where they are kept.
    const others = new Set<Unit>();
    for (const set of unit.dependencies.values()) for (const other of set) others.add(other);
    unit.dependencies.clear();
    for (const other of others)
      for (const [kind, set] of other.dependencies)
        if (set.delete(unit) && set.size === 0) other.dependencies.delete(kind);
    if (ownOnly)
      for (const other of others)
        if (other.loaded.dependencies.some((d) => unit.names.has(d.name))) this.#untied.push(other);
  }

  // ---- units that have failed ---------------------------------------------------------------------------------------

  get failed(): ReadonlySet<Unit> {
    return this.#failed;
  }
  noteState(unit: Unit, state: ActiveState): void {
    if (state === 'failed') this.#failed.add(unit);
    else this.#failed.delete(unit);
  }
  /** Every failure is forgotten. */
  resetFailed(): void {
    for (const unit of [...this.#failed]) this.resetFailedOf(unit);
  }
  resetFailedOf(unit: Unit): void {
    unit.resetFailed();
    this.#context.touched(unit);
  }

  // ---- units that nobody needs -----------------------------------------------------------------------------------

  /** Says that a unit may be of no use any more. */
  mayBeUnused(unit: Unit): void {
    this.#unused.add(unit);
    this.#context.mayHaveGarbage();
  }

  /**
   * Forgets units that are inactive, have no job, no processes and are not named by one that is kept (systemd.unit(5),
   * CollectMode=).
   */
  collectGarbage(): void {
    const { host } = this.#context;
    const end = host.monotonic() + garbageMs;
    const verdict = new Map<Unit, boolean>();
    // What a forgotten one has named comes to the end.
    for (const unit of this.#unused) {
      this.#unused.delete(unit);
      if (!this.#units.has(unit) || this.#isUsed(unit, verdict)) continue;
      this.#forget(unit);
      if (host.monotonic() < end) continue;
      if (this.#unused.size > 0) this.#context.mayHaveGarbage();
      return;
    }
  }

  #forget(unit: Unit): void {
    // What it named may be unused now as well.
    for (const other of unit.dependencies.get('References') ?? []) this.#unused.add(other);
    this.#untie(unit, false);
    this.#units.delete(unit);
    for (const name of this.#namesOf.get(unit) ?? []) if (this.#byName.get(name) === unit) this.#byName.delete(name);
    this.#namesOf.delete(unit);
    this.#failed.delete(unit);
    this.#context.forgotten(unit);
  }

  #isUsed(unit: Unit, verdict: Map<Unit, boolean>): boolean {
    const seen = new Set<Unit>([unit]);
    const todo = [unit];
    let used = false;
    for (let u = todo.pop(); u !== undefined && !used; u = todo.pop()) {
      used = verdict.get(u) ?? (isRoot(u) || this.#context.hasProcesses(u));
      if (!used)
        for (const by of u.dependencies.get('ReferencedBy') ?? [])
          if (!seen.has(by)) {
            seen.add(by);
            todo.push(by);
          }
    }
    if (!used) for (const u of seen) verdict.set(u, false);
    else verdict.set(unit, true);
    return used;
  }
}

function isRoot(unit: Unit): boolean {
  if (unit.job !== undefined || unit.nopJob !== undefined || unit.perpetual || unit.referencedBy.size > 0) return true;
  if (!isInactiveOrFailed(unit.activeState) || unit.subState === 'dead-resources-pinned') return true;
  // A handler that is about to start asks what became of it.
  for (const facet of ['onSuccess', 'onFailure'] as const)
    for (const handler of unit.related(facet)) if (handler.job !== undefined) return true;
  return unit.activeState === 'failed' && unit.loaded.unit.CollectMode !== 'inactive-or-failed';
}
