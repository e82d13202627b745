/**
 * Paths (systemd.path(5)):
 *
 *   dead ─▶ waiting ─a path is as wanted─▶ running ─its unit is inactive again─▶ waiting …      any ─▶ failed
 */

import type { Keeper } from '../kept/keeper.ts';
import { errorText } from '../sys/error-text.ts';
import { globFirst } from '../sys/glob.ts';

import { type FileWatch, SystemError, type Timer } from '../sys/host.ts';
import type { PathEntry } from '../unitfile/directives/shapes.ts';
import type { PathSettings } from '../unitfile/directives/timer.ts';
import { RateLimit } from './rate-limit.ts';
import { Trigger, type TriggerState } from './trigger.ts';
import { isInactiveOrFailed, type Unit, type UnitManager } from './unit.ts';
import { logWatchFailure } from './watch-failure.ts';

const watchedEvents = {
  PathExists: 'any',
  PathExistsGlob: 'any',
  PathChanged: 'changed',
  PathModified: 'modified',
  DirectoryNotEmpty: 'any',
} as const;

/** After a look it rests for so many times as long as that took: looks take no more than a tenth of the time. */
const restFactor = 9;

interface Spec extends PathEntry {
  watch: FileWatch | undefined;
  existed: boolean;
}

/** Why a path unit ends besides what all triggers know. */
type PathResult = 'unit-start-limit-hit' | 'trigger-limit-hit';

export class PathUnit extends Trigger<PathResult> {
  #specs: Spec[] = [];
  #recheckScheduled = false;
  #restsUntilMs = 0;
  #nextLook: Timer | undefined;
  readonly #triggerLimit = new RateLimit(2000, 200);

  constructor(manager: UnitManager, name: string) {
    super(manager, 'path', name);
  }

  override keep(k: Keeper): void {
    super.keep(k);
    k.inner('triggerLimit', (of) => this.#triggerLimit.keep(of));
    this.#restsUntilMs = k.number('restsUntilMs', this.#restsUntilMs);
    const existed = this.#specs.flatMap((spec) => (spec.existed ? [spec.path] : []));
    const before = k.plain('existed', existed);
    if (k.isReading) for (const spec of this.#specs) spec.existed = before.includes(spec.path);
  }

  /** Watches again, and looks for what has come meanwhile. */
  override revive(): void {
    super.revive();
    if (this.subState !== 'waiting' && this.subState !== 'running') return;
    this.manager.host.defer(() => {
      if (this.subState === 'waiting') this.#resume();
      else if (this.subState === 'running' && this.#triggeredIsDown) this.#enterWaiting(false, true);
    });
  }

  get #triggeredIsDown(): boolean {
    const unit = this.triggered;
    return unit !== undefined && isInactiveOrFailed(unit.activeState) && unit.job === undefined;
  }

  #resume(): void {
    if (!this.#watch()) {
      this.enterDead('resources');
      return;
    }
    const good = this.#good(false, false);
    if (good !== undefined) this.#enterRunning(good);
  }

  get #settings(): PathSettings {
    return this.loaded.path!;
  }

  protected override configured(): void {
    const isActive = this.subState === 'waiting' || this.subState === 'running';
    this.#unwatch();
    const { Paths, TriggerLimitIntervalSec, TriggerLimitBurst } = this.#settings;
    this.#specs = Paths.map((entry) => ({ ...entry, watch: undefined, existed: false }));
    this.#triggerLimit.intervalMs = TriggerLimitIntervalSec;
    this.#triggerLimit.burst = TriggerLimitBurst;
    if (isActive) this.manager.host.defer(() => this.#enterWaiting(true, false));
  }

  protected prepare(): void {
    this.#makeDirectories();
  }

  protected beginWaiting(): void {
    this.#enterWaiting(true, false);
  }

  protected stopWaiting(state: TriggerState): void {
    if (state !== 'waiting' && state !== 'running') this.#unwatch();
  }

  override triggeredUnitChanged(other: Unit): void {
    if (this.subState !== 'waiting' && this.subState !== 'running') return;
    if (other.startLimitHit) {
      this.enterDead('unit-start-limit-hit');
      return;
    }
    if (other.job !== undefined) return;
    if ((this.subState === 'running') !== isInactiveOrFailed(other.activeState)) return;
    // Never from within the end of a job: looking may start the next one.
    if (this.#recheckScheduled) return;
    this.#recheckScheduled = true;
    this.manager.host.defer(() => {
      this.#recheckScheduled = false;
      if (this.subState === 'waiting' || this.subState === 'running') this.#enterWaiting(false, true);
    });
  }

  #makeDirectories(): void {
    const { MakeDirectory, DirectoryMode } = this.#settings;
    if (!MakeDirectory) return;
    for (const { type, path } of this.#specs) {
      if (type === 'PathExists' || type === 'PathExistsGlob') continue;
      try {
        this.manager.host.files.mkdirs(path, DirectoryMode);
      } catch (error) {
        this.log(4, `mkdir(${path}) failed: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  // ---- looking --------------------------------------------------------------------------------------------------

  /** The path that is as wanted now. */
  #good(initial: boolean, afterUnit: boolean): string | undefined {
    const { files } = this.manager.host;
    for (const spec of this.#specs) {
      const { type, path } = spec;
      if (type === 'PathExists' && files.access(path, 'exists')) return path;
      if (type === 'PathExistsGlob') {
        const match = globFirst(files, path);
        if (match !== undefined) return match;
      }
      if (type === 'DirectoryNotEmpty' && this.#hasEntries(path)) return path;
      if (type === 'PathChanged' || type === 'PathModified') {
        const exists = files.access(path, 'exists');
        const differs = !initial && !afterUnit && exists !== spec.existed;
        spec.existed = exists;
        if (differs) return path;
      }
    }
    return undefined;
  }

  /** Hidden and backup files do not count. */
  #hasEntries(path: string): boolean {
    try {
      return this.manager.host.files.someName(path, (name) => !name.startsWith('.') && !name.endsWith('~'));
    } catch (error) {
      const code = (error as { code?: string }).code;
      return code !== 'ENOENT' && code !== 'ENOTDIR';
    }
  }

  /** Watches what is not watched yet. False, and said so, where that can't be. */
  #watch(): boolean {
    for (const spec of this.#specs) {
      try {
        spec.watch ??= this.manager.host.watchPath(spec.path, watchedEvents[spec.type], {
          changed: (itself) => this.#seen(spec, itself),
          failed: (error) => {
            spec.watch = undefined;
            this.#watchFailed(error);
            this.enterDead('resources');
          },
        });
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        this.#watchFailed(error);
        return false;
      }
    }
    return true;
  }

  #watchFailed(error: SystemError): void {
    logWatchFailure(this.manager, error);
    this.log(4, `Failed to enter waiting state: ${errorText(error.code)}`);
  }

  #unwatch(): void {
    this.#nextLook?.cancel();
    this.#nextLook = undefined;
    for (const spec of this.#specs) {
      spec.watch?.close();
      spec.watch = undefined;
    }
  }

  #seen(spec: Spec, itself: boolean): void {
    if (this.subState !== 'waiting' && this.subState !== 'running') return;
    if (itself && (spec.type === 'PathChanged' || spec.type === 'PathModified')) this.#enterRunning(spec.path);
    else this.#look();
  }

  /** Looks now, or once it has rested: others may make files all the time, and very many of them. */
  #look(): void {
    const { host } = this.manager;
    const begin = host.monotonic();
    if (begin < this.#restsUntilMs) {
      this.#nextLook ??= host.after(this.#restsUntilMs - begin, () => {
        this.#nextLook = undefined;
        if (this.subState === 'waiting' || this.subState === 'running') this.#look();
      });
      return;
    }
    this.#enterWaiting(false, false);
    const end = host.monotonic();
    this.#restsUntilMs = end + (end - begin) * restFactor;
  }

  // ---- states ---------------------------------------------------------------------------------------------------

  #enterWaiting(initial: boolean, afterUnit: boolean): void {
    const trigger = this.triggered;
    if (trigger !== undefined && !isInactiveOrFailed(trigger.activeState)) {
      this.setState('running');
      this.#unwatch();
      return;
    }
    const before = this.#good(initial, afterUnit);
    if (before !== undefined) {
      this.#enterRunning(before);
      return;
    }
    if (!this.#watch()) {
      this.enterDead('resources');
      return;
    }
    // It may have appeared between the look and the watch.
    const since = this.#good(false, afterUnit);
    if (since !== undefined) this.#enterRunning(since);
    else this.setState('waiting');
  }

  #enterRunning(path: string): void {
    if (this.stopPending) return;
    if (!this.#triggerLimit.below(this.manager.host.monotonic())) {
      this.log(4, 'Trigger limit hit, refusing further activation.');
      this.enterDead('trigger-limit-hit');
      return;
    }
    if (!this.trigger([['TRIGGER_PATH', path]])) return;
    this.setState('running');
    this.#unwatch();
  }
}
