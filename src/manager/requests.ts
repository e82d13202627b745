/**
 * What people and programs ask for by name: jobs, signals, removal of a unit's directories, properties. Who may ask at all
 * has been settled before (src/main/access.ts).
 */
import { type CleanWhat, directoriesToClean } from '../exec/directories.ts';
import { type KillWhom, killOnRequest } from '../exec/kill.ts';
import { atOnce, type Slices } from '../exec/slices.ts';
import type { JobEngine } from '../jobs/engine.ts';
import type { Job } from '../jobs/job.ts';
import { validateLoadState, type Wanted } from '../jobs/transaction.ts';
import { errorText } from '../sys/error-text.ts';
import { type Host, SystemError } from '../sys/host.ts';
import type { UnitLoader } from '../unitfile/load/loader.ts';
import { JobError, type JobMode, type JobType } from '../units/job-types.ts';
import { withMarkers } from '../units/markers.ts';
import { Service } from '../units/service.ts';
import { TimerUnit } from '../units/timer.ts';
import type { Unit } from '../units/unit.ts';
import type { UnitRegistry } from './registry.ts';
import { type PropertySetting, writeProperties } from './set-property.ts';
import type { Touched } from './touched.ts';

export interface RequestsContext {
  readonly host: Pick<Host, 'voice'>;
  readonly loader: Pick<UnitLoader, 'paths' | 'refresh'>;
  readonly units: Pick<UnitRegistry, 'load' | 'reload'>;
  readonly jobs: Pick<JobEngine, 'add' | 'addAll'>;
  readonly touched: Pick<Touched, 'unit'>;
}

const systemd = 'org.freedesktop.systemd1.';
const invalidArgs = 'org.freedesktop.DBus.Error.InvalidArgs';
const notSupported = 'org.freedesktop.DBus.Error.NotSupported';

/** Words of --what= of systemctl(1) that are kinds of directories or the store of descriptors. */
const cleanable: readonly string[] = ['runtime', 'state', 'cache', 'logs', 'configuration', 'fdstore'];
/** Types besides services that can have something to clean. */
const cleanableTypes: ReadonlySet<string> = new Set(['timer', 'socket', 'mount', 'swap']);

export class Requests {
  readonly #context: RequestsContext;

  constructor(context: RequestsContext) {
    this.#context = context;
  }

  /** What is marked is restarted where it runs, RefuseManualStop= or not: nobody has named it. Throws JobError. */
  marked(unit: Unit): Job {
    validateLoadState(unit);
    return this.#context.jobs.add('try-restart', unit, 'fail');
  }

  /**
   * A job. Throws JobError for what RefuseManualStart= and its kin refuse, and for units that are not there. `affected`
   * collects every job touched.
   */
  job(type: JobType, name: string, mode: JobMode, affected?: Set<Job>): Job {
    return this.jobs(type, [name], mode, affected)[0]!;
  }

  /** The same for several units in one transaction: a job for each, or none at all. */
  jobs(type: JobType, names: readonly string[], mode: JobMode, affected?: Set<Job>): Job[] {
    if (mode === 'isolate' && names.length > 1)
      throw new JobError(invalidArgs, 'Isolating more than one unit is not supported.');
    return this.#context.jobs.addAll(this.#wanted(type, names), mode, undefined, affected);
  }

  /** Units are looked at one after the other as the transaction asks for them: of several errors the first name's counts. */
  *#wanted(type: JobType, names: readonly string[]): Generator<Wanted> {
    for (const name of names) {
      const unit = this.#context.units.load(name);
      // A stop needs no file: what is not loaded can't run.
      if (type === 'stop') checkStop(unit);
      const wanted = wantedType(type, unit);
      checkManual(wanted, unit);
      if (wanted === 'reload' || wanted === 'restart') validateLoadState(unit);
      yield { type: wanted, unit };
    }
  }

  /** `systemctl kill`, all of it now. Throws KillError, or JobError for a unit that has no processes of its own. */
  kill(unit: Unit, whom: KillWhom, signal: number, value?: number): void {
    atOnce(this.killing(unit, whom, signal, value));
  }

  /** The same for who can wait. */
  *killing(unit: Unit, whom: KillWhom, signal: number, value?: number): Slices<void> {
    if (unit.loaded.kill === undefined && unit.type !== 'slice')
      throw new JobError(notSupported, this.#context.host.voice.manager.notKilled);
    const pids = {
      mainPid: unit instanceof Service ? unit.mainPid : undefined,
      controlPid: 'controlPid' in unit ? (unit.controlPid as number) : undefined,
    };
    yield* killOnRequest(unit, unit.type, whom, signal, pids, value);
    // A slice's processes are those of the units in it.
    for (const member of [...(unit.dependencies.get('SliceOf') ?? [])])
      yield* this.killing(member, 'all', signal, value);
  }

  /**
   * `systemctl clean`: removes directories of a unit that is not running; `what` are words of --what=. Throws JobError
   * where there is nothing to remove, or the unit runs.
   */
  clean(unit: Unit, what: readonly string[]): void {
    const unknown = what.find((word) => word !== 'all' && !cleanable.includes(word));
    if (unknown !== undefined) throw new JobError(invalidArgs, `Invalid resource type: ${unknown}`);
    const kinds = new Set((what.includes('all') ? cleanable : what) as CleanWhat[]);
    if (unit instanceof Service) unit.clean(kinds);
    else if (cleanableTypes.has(unit.type)) cleanIdle(unit, kinds);
    else throw new JobError(notSupported, `Unit '${unit.id}' does not support cleaning.`);
  }

  /** There is no freezer without a cgroup of the unit's own. Throws JobError, always. */
  freeze(unit: Unit, _action: 'freeze' | 'thaw'): never {
    const frozen = unit.type === 'service' || unit.type === 'scope' || unit.type === 'slice';
    const down = frozen && unit.activeState !== 'active';
    throw new JobError(notSupported, this.#context.host.voice.manager.noFreezer(unit.id, down));
  }

  /**
   * `systemctl set-property`: written as drop-ins, all or none, and read at once; `markers` are set and not kept. Throws
   * JobError.
   */
  setProperties(
    unit: Unit,
    runtime: boolean,
    settings: readonly PropertySetting[],
    markers: readonly (readonly string[])[] = [],
  ): void {
    const { loader, units } = this.#context;
    if (settings.length > 0) {
      writeProperties(unit, loader.paths, runtime, settings);
      loader.refresh();
      units.reload(unit);
    }
    for (const words of markers) unit.markers = withMarkers(unit.markers, words);
    this.#context.touched.unit(unit);
  }
}

function checkStop(unit: Unit): void {
  if (['not-found', 'error', 'bad-setting'].includes(unit.loadState) && unit.activeState === 'inactive')
    throw new JobError(`${systemd}NoSuchUnit`, `Unit ${unit.id} not loaded.`);
}

/** reload-or-…: a unit that can be reloaded is, another is restarted (systemctl(1), reload-or-restart). */
function wantedType(type: JobType, unit: Unit): JobType {
  if (type === 'reload-or-start' && !unit.canReload) return 'restart';
  if (type === 'try-reload' && !unit.canReload) return 'try-restart';
  return type;
}

const starting: ReadonlySet<JobType> = new Set(['start', 'restart', 'try-restart', 'reload-or-start']);
const stopping: ReadonlySet<JobType> = new Set(['stop', 'restart', 'try-restart']);

/** systemd.unit(5), RefuseManualStart=, RefuseManualStop=. */
function checkManual(type: JobType, unit: Unit): void {
  const { RefuseManualStart, RefuseManualStop } = unit.loaded.unit;
  if (!(RefuseManualStart && starting.has(type)) && !(RefuseManualStop && stopping.has(type))) return;
  throw new JobError(
    `${systemd}OnlyByDependency`,
    `Operation refused, unit ${unit.id} may be requested by dependency only (it is configured to refuse manual start/stop).`,
  );
}

/** Of units that are no services: a timer has nothing but the state of Persistent=. */
function cleanIdle(unit: Unit, what: ReadonlySet<CleanWhat>): void {
  if (unit.loadState !== 'loaded' || unit.job !== undefined || unit.activeState !== 'inactive')
    throw new JobError(`${systemd}UnitBusy`, 'Unit is not inactive or has pending job.');
  const { exec } = unit.loaded;
  const { directories, host } = unit.manager;
  let paths: string[] = [];
  if (unit instanceof TimerUnit) {
    if (what.size === 1 && what.has('state') && unit.stampPath !== undefined) paths = [unit.stampPath];
  } else if (exec !== undefined) paths = directoriesToClean(exec, directories, what);
  if (paths.length === 0) throw new JobError(`${systemd}NothingToClean`, 'No matching resources found.');
  try {
    for (const path of paths) host.files.removeTree(path);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const text = errorText(error.code);
    unit.log(3, `Failed to clean ${error.path ?? ''}: ${text}`);
    throw new JobError(`System.Error.${error.code}`, text);
  }
}
