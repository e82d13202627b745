/** How the manager comes up: generators, what is there without anyone starting it, the first transaction. */
import type { JobEngine } from '../jobs/engine.ts';
import { validateLoadState } from '../jobs/transaction.ts';
import type { Journal } from '../journal/journal.ts';
import type { Keeper } from '../kept/keeper.ts';
import { JobError, type JobMode } from '../units/job-types.ts';
import type { Timestamp } from '../units/unit.ts';
import type { Log } from './log-control.ts';
import type { MountPoints } from './mounts.ts';
import type { UnitRegistry } from './registry.ts';
import type { ManagerTimestamps } from './timestamps.ts';

export interface StartupContext {
  readonly journal: Pick<Journal, 'showLogged'>;
  readonly scope: 'system' | 'user';
  readonly units: Pick<UnitRegistry, 'load'>;
  readonly jobs: Pick<JobEngine, 'add' | 'idle'>;
  readonly mounts: Pick<MountPoints, 'follow'>;
  readonly shutdown: { readonly hasBegun: boolean };
  readonly timestamps: ManagerTimestamps;
  timestamp(): Timestamp;
  readonly log: Log;
  /** Nothing was to be done. */
  onQuiet(): void;
}

/** Loaded without anyone asking: the slices at the root, the manager itself, the root file system. */
const perpetual = ['-.slice', 'system.slice', 'init.scope', '-.mount'];

export class Startup {
  readonly #context: StartupContext;
  readonly #generate: () => Promise<void>;
  #isOver = false;
  readonly #waiters: (() => void)[] = [];

  /** `generate` runs all generators. */
  constructor(context: StartupContext, generate: () => Promise<void>) {
    this.#context = context;
    this.#generate = generate;
  }

  /** The first jobs have come to rest. */
  get isOver(): boolean {
    return this.#isOver;
  }

  keep(k: Keeper): void {
    this.#isOver = k.flag('isOver', this.#isOver);
  }

  /** Resolves when it is over. */
  whenOver(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Before units are loaded; where it fails, those that have files come up all the same. */
  async generate(): Promise<void> {
    const { timestamps, log } = this.#context;
    timestamps.generatorsStart = this.#context.timestamp();
    try {
      await this.#generate();
    } catch (error) {
      log(3, `Failed to run generators: ${error instanceof Error ? error.message : String(error)}`);
    }
    timestamps.generatorsFinish = this.#context.timestamp();
  }

  /** Goes up: `default.target` or the units given. */
  boot(names: readonly string[] | undefined): void {
    const { scope, units, jobs, mounts, timestamps } = this.#context;
    timestamps.unitsLoadStart = this.#context.timestamp();
    if (scope === 'system') {
      for (const name of perpetual) units.load(name);
      mounts.follow();
    }
    timestamps.unitsLoadFinish = this.#context.timestamp();
    if (names === undefined) {
      if (!this.#start('default.target', 'isolate')) this.#rescue();
    } else for (const name of names) this.#start(name, 'replace');
    if (!jobs.idle) return;
    this.jobsDone();
    this.#context.onQuiet();
  }

  /** No job is left. */
  jobsDone(): void {
    if (this.#isOver || this.#context.shutdown.hasBegun) return;
    this.#isOver = true;
    for (const waiter of this.#waiters.splice(0)) waiter();
    const { timestamps, log } = this.#context;
    timestamps.finish = this.#context.timestamp();
    const seconds = ((timestamps.finish.monotonic - timestamps.userspace.monotonic) / 1000).toFixed(3);
    log(6, `Startup finished in ${seconds}s.`, undefined, { MESSAGE_ID: 'b07a249cd024414a82dd00cd181378ff' });
  }

  /** False where it can't be started, which is said. */
  #start(name: string, mode: JobMode): boolean {
    const { journal, units, jobs, log } = this.#context;
    try {
      const unit = units.load(name);
      validateLoadState(unit);
      // A default target that may not be isolated is started.
      jobs.add('start', unit, mode === 'isolate' && !unit.canIsolate ? 'replace' : mode);
      return true;
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      log(3, `Failed to start ${name}: ${error.message}`);
      journal.showLogged(`Failed to start ${name}: ${error.message}\n`);
      return false;
    }
  }

  #rescue(): void {
    const { units, jobs, log } = this.#context;
    log(5, 'Trying to load rescue target...');
    try {
      jobs.add('start', units.load('rescue.target'), 'replace');
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      log(1, `Failed to start rescue target: ${error.message}`);
    }
  }
}
