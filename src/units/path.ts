/**
 * Paths (systemd.path(5)):
 *
 *   dead ─▶ waiting ─a path is as wanted─▶ running ─its unit is inactive again─▶ waiting …      any ─▶ failed
 */

import { globFirst } from '../sys/glob.ts';
import type { FileWatch } from '../sys/host.ts';
import type { PathEntry } from '../unitfile/directives/shapes.ts';
import { JobError } from './job-types.ts';
import { RateLimit } from './rate-limit.ts';
import { type ActiveState, isInactiveOrFailed, type OperationResult, Unit, type UnitManager } from './unit.ts';

type State = 'dead' | 'waiting' | 'running' | 'failed';
export type PathResult = 'success' | 'resources' | 'start-limit-hit' | 'unit-start-limit-hit' | 'trigger-limit-hit';

const activeStates: Record<State, ActiveState> = {
  dead: 'inactive',
  waiting: 'active',
  running: 'active',
  failed: 'failed',
};

const watchedEvents = {
  PathExists: 'any',
  PathExistsGlob: 'any',
  PathChanged: 'changed',
  PathModified: 'modified',
  DirectoryNotEmpty: 'any',
} as const;

interface Spec extends PathEntry {
  watch: FileWatch | undefined;
  existed: boolean;
}

export class PathUnit extends Unit {
  #state: State = 'dead';
  result: PathResult = 'success';
  #specs: Spec[] = [];
  #recheckScheduled = false;
  readonly #triggerLimit = new RateLimit(2000, 200);

  constructor(manager: UnitManager, name: string) {
    super(manager, 'path', name);
  }

  get activeState(): ActiveState {
    return activeStates[this.#state];
  }
  get subState(): string {
    return this.#state;
  }

  protected override configured(): void {
    const waited = this.#state === 'waiting';
    this.#unwatch();
    this.#specs = (this.loaded.path?.Paths ?? []).map((entry) => ({ ...entry, watch: undefined, existed: false }));
    const limit = this.loaded.path;
    if (limit !== undefined) {
      this.#triggerLimit.intervalMs = limit.TriggerLimitIntervalSec;
      this.#triggerLimit.burst = limit.TriggerLimitBurst;
    }
    if (waited) this.manager.host.defer(() => this.#enterWaiting(true, false));
  }

  protected override preventStart(): OperationResult | undefined {
    if (this.testStartLimit()) return undefined;
    this.#enterDead('start-limit-hit');
    return 'failed';
  }

  protected startNow(): OperationResult {
    if (!this.testTriggerLoaded()) return 'failed';
    this.acquireInvocationId();
    this.#makeDirectories();
    this.result = 'success';
    this.#enterWaiting(true, false);
    return 'started';
  }

  protected stopNow(): OperationResult {
    this.#enterDead('success');
    return 'started';
  }

  override resetFailed(): void {
    super.resetFailed();
    if (this.#state === 'failed') this.#setState('dead');
    this.result = 'success';
  }

  override triggeredUnitChanged(other: Unit): void {
    if (this.#state !== 'waiting' && this.#state !== 'running') return;
    if (other.startLimitHit) {
      this.#enterDead('unit-start-limit-hit');
      return;
    }
    if (other.job !== undefined) return;
    if ((this.#state === 'running') !== isInactiveOrFailed(other.activeState)) return;
    // Never from within the end of a job: looking may start the next one.
    if (this.#recheckScheduled) return;
    this.#recheckScheduled = true;
    this.manager.host.defer(() => {
      this.#recheckScheduled = false;
      if (this.#state === 'waiting' || this.#state === 'running') this.#enterWaiting(false, true);
    });
  }

  #makeDirectories(): void {
    const settings = this.loaded.path;
    if (settings?.MakeDirectory !== true) return;
    for (const { type, path } of this.#specs) {
      if (type === 'PathExists' || type === 'PathExistsGlob') continue;
      try {
        this.manager.host.files.mkdirs(path, settings.DirectoryMode);
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
      return this.manager.host.files.readdir(path).some((name) => !name.startsWith('.') && !name.endsWith('~'));
    } catch (error) {
      const code = (error as { code?: string }).code;
      return code !== 'ENOENT' && code !== 'ENOTDIR';
    }
  }

  #watch(): boolean {
    for (const spec of this.#specs) {
      spec.watch?.close();
      try {
        spec.watch = this.manager.host.watchPath(spec.path, watchedEvents[spec.type], (changed) =>
          this.#seen(spec, changed),
        );
      } catch (error) {
        spec.watch = undefined;
        this.log(4, `Failed to enter waiting state: ${error instanceof Error ? error.message : String(error)}`);
        return false;
      }
    }
    return true;
  }

  #unwatch(): void {
    for (const spec of this.#specs) {
      spec.watch?.close();
      spec.watch = undefined;
    }
  }

  #seen(spec: Spec, itself: boolean): void {
    if (this.#state !== 'waiting' && this.#state !== 'running') return;
    if (itself && (spec.type === 'PathChanged' || spec.type === 'PathModified')) this.#enterRunning(spec.path);
    else this.#enterWaiting(false, false);
  }

  // ---- states ---------------------------------------------------------------------------------------------------

  #enterWaiting(initial: boolean, afterUnit: boolean): void {
    const trigger = this.triggered;
    if (trigger !== undefined && !isInactiveOrFailed(trigger.activeState)) {
      this.#setState('running');
      this.#unwatch();
      return;
    }
    const before = this.#good(initial, afterUnit);
    if (before !== undefined) {
      this.#enterRunning(before);
      return;
    }
    if (!this.#watch()) {
      this.#enterDead('resources');
      return;
    }
    // It may have appeared between the look and the watch.
    const since = this.#good(false, afterUnit);
    if (since !== undefined) this.#enterRunning(since);
    else this.#setState('waiting');
  }

  #enterRunning(path: string): void {
    if (this.stopPending) return;
    if (!this.#triggerLimit.below(this.manager.host.monotonic())) {
      this.log(4, 'Trigger limit hit, refusing further activation.');
      this.#enterDead('trigger-limit-hit');
      return;
    }
    const trigger = this.triggered;
    if (trigger === undefined) {
      this.log(3, 'Unit to trigger vanished.');
      this.#enterDead('resources');
      return;
    }
    try {
      this.manager.jobs.add('start', trigger, 'replace', {
        triggerUnit: this.id,
        environment: [['TRIGGER_PATH', path]],
      });
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      this.log(4, `Failed to queue unit startup job: ${error.message}`);
      this.#enterDead('resources');
      return;
    }
    this.#setState('running');
    this.#unwatch();
  }

  #enterDead(result: PathResult): void {
    if (this.result === 'success') this.result = result;
    this.logResult(this.result);
    this.#setState(this.result === 'success' ? 'dead' : 'failed');
  }

  #setState(state: State): void {
    const from = this.activeState;
    this.#state = state;
    if (state !== 'waiting' && state !== 'running') this.#unwatch();
    this.changed(from, this.activeState);
  }
}
