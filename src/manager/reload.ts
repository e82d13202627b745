/** `systemctl daemon-reload`: everything that was read of files is read again, onto the same units. */

import type { JobEngine } from '../jobs/engine.ts';
import type { Keeper } from '../kept/keeper.ts';
import type { Host } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import type { UnitLoader } from '../unitfile/load/loader.ts';
import { JobError } from '../units/job-types.ts';
import { RateLimit } from '../units/rate-limit.ts';
import type { Timestamp } from '../units/unit.ts';
import type { ManagerEnvironment } from './environment.ts';
import { type Log, type LogControl, located } from './log-control.ts';
import type { UnitRegistry } from './registry.ts';
import type { ManagerTimestamps } from './timestamps.ts';
import type { Touched } from './touched.ts';
import type { UnitFiles } from './unit-files.ts';

export interface ReloadContext {
  readonly host: Pick<Host, 'monotonic'>;
  readonly loader: Pick<UnitLoader, 'configuration' | 'reconfigure' | 'refresh'>;
  readonly environment: Pick<ManagerEnvironment, 'configure'>;
  readonly logControl: Pick<LogControl, 'configure'>;
  readonly units: Pick<UnitRegistry, 'reloadAll'>;
  readonly jobs: Pick<JobEngine, 'wakeAll'>;
  readonly unitFiles: Pick<UnitFiles, 'forget'>;
  readonly timestamps: ManagerTimestamps;
  timestamp(): Timestamp;
  readonly touched: Pick<Touched, 'all'>;
  /** Becomes the program that is installed now (src/main/reexec.ts). */
  readonly reexecute: (() => Promise<void>) | undefined;
  readonly log: Log;
}

export class Reloads {
  readonly #context: ReloadContext;
  readonly #generate: () => Promise<void>;
  /** ReloadLimitIntervalSec=, ReloadLimitBurst=. */
  readonly #limit = new RateLimit(0, 0);
  #running: Promise<void> | undefined;

  /** `generate` runs all generators. */
  constructor(context: ReloadContext, generate: () => Promise<void>) {
    this.#context = context;
    this.#generate = generate;
  }

  keep(k: Keeper): void {
    k.inner('limit', (of) => this.#limit.keep(of));
  }

  /** Takes what system.conf says of the manager itself (systemd-system.conf(5)). */
  configure(): void {
    const { loader, environment, logControl, log } = this.#context;
    const { settings, diagnostics } = loader.configuration;
    environment.configure(settings);
    logControl.configure(settings.LogLevel as LogLevel | undefined);
    this.#limit.intervalMs = settings.ReloadLimitIntervalSec;
    this.#limit.burst = settings.ReloadLimitBurst;
    for (const diagnostic of diagnostics) log(diagnostic.level, located(diagnostic));
  }

  /**
   * Generators, then every unit's files again. Running units go on. Calls at once share one reload. Throws JobError where
   * there were too many.
   */
  async request(): Promise<void> {
    const { host, log } = this.#context;
    if (this.#running === undefined && !this.#limit.below(host.monotonic())) {
      log(4, 'Reloading request rejected due to rate limit.');
      throw new JobError('org.freedesktop.DBus.Error.LimitsExceeded', 'Reload() request rejected due to rate limit.');
    }
    this.#running ??= this.#reload().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /**
   * daemon-reexec: everything that the process has read is read again, and then its program is executed anew, where that is
   * one of its own. Resolves where it is not. Throws an Error where it can't be, and all goes on as it was.
   */
  async reexec(): Promise<void> {
    this.#context.log(6, 'Reexecuting.');
    await this.request();
    await this.#context.reexecute?.();
  }

  async #reload(): Promise<void> {
    const { loader, units, jobs, unitFiles, timestamps, log } = this.#context;
    log(6, 'Reloading.');
    loader.reconfigure();
    this.configure();
    await this.#generate();
    timestamps.unitsLoadStart = this.#context.timestamp();
    loader.refresh();
    unitFiles.forget();
    units.reloadAll();
    this.#context.touched.all();
    // What they waited for may be of no concern to them any more.
    jobs.wakeAll();
    timestamps.unitsLoadFinish = this.#context.timestamp();
  }
}
