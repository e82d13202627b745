/** Units that a program makes for as long as it runs (StartTransientUnit of org.freedesktop.systemd1). */
import type { Job } from '../jobs/job.ts';
import type { Keeper } from '../kept/keeper.ts';
import type { LoadedUnit } from '../unitfile/load/loaded-unit.ts';
import type { UnitLoader } from '../unitfile/load/loader.ts';
import { JobError, type JobMode } from '../units/job-types.ts';
import type { Unit } from '../units/unit.ts';
import type { UnitRegistry } from './registry.ts';
import type { Requests } from './requests.ts';

export interface TransientUnit {
  readonly name: string;
  /** Of its file. */
  readonly text: string;
  /** Completes what was read of the text. */
  readonly amend: (loaded: LoadedUnit) => void;
  /** Gives the unit what no text can say: descriptors, processes. Before it is started. */
  readonly prepare?: (unit: Unit) => void;
}

export interface TransientContext {
  readonly loader: Pick<UnitLoader, 'loadText'>;
  readonly units: Pick<UnitRegistry, 'find' | 'load' | 'adopt' | 'mayBeUnused'>;
  readonly requests: Pick<Requests, 'job'>;
}

export class TransientUnits {
  readonly #context: TransientContext;
  #serial = 1;

  constructor(context: TransientContext) {
    this.#context = context;
  }

  keep(k: Keeper): void {
    this.#serial = k.number('serial', this.#serial);
  }

  /** A name for a unit whose program keeps a connection (`run-u5.service`); each is given once. */
  newName(suffix: string): string {
    let name: string;
    do name = `run-u${this.#serial++}${suffix}`;
    while (this.#context.units.find(name) !== undefined);
    return name;
  }

  /** Makes units of text and starts the first. Throws JobError where one is there already, or can't be started. */
  start(units: readonly [TransientUnit, ...TransientUnit[]], mode: JobMode = 'fail'): Job {
    const made: Unit[] = [];
    try {
      for (const unit of units) made.push(this.#make(unit));
      return this.#context.requests.job('start', made[0]!.id, mode);
    } finally {
      for (const unit of made) this.#context.units.mayBeUnused(unit);
    }
  }

  /** Why no unit of a name can be made; undefined where one can. */
  taken(name: string): string | undefined {
    const present = this.#context.units.load(name);
    return present.loadState !== 'not-found' || present.job !== undefined
      ? `Unit ${name} was already loaded or has a fragment file.`
      : undefined;
  }

  #make({ name, text, amend, prepare }: TransientUnit): Unit {
    const { loader, units } = this.#context;
    const taken = this.taken(name);
    if (taken !== undefined) throw new JobError('org.freedesktop.systemd1.UnitExists', taken);
    const loaded = loader.loadText(name, text);
    amend(loaded);
    const unit = units.adopt(loaded);
    prepare?.(unit);
    return unit;
  }
}
