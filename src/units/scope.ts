/**
 * Scopes hold processes that others have started (systemd.scope(5)). `init.scope` is the manager itself.
 *
 *   dead ─▶ running ─▶ stop-sigterm ─▶ stop-sigkill ─▶ dead | failed
 */

import { killUnitProcesses } from '../exec/kill.ts';
import type { Timer } from '../sys/host.ts';
import { type ActiveState, type OperationResult, Unit, type UnitManager } from './unit.ts';

type State = 'dead' | 'running' | 'stop-sigterm' | 'stop-sigkill' | 'failed';

/** Between two looks at processes whose exits nobody tells, milliseconds; somebody waits for those that are to end. */
const lookAgainMs = { running: 1000, stopping: 20 };

const activeStates: Record<State, ActiveState> = {
  dead: 'inactive',
  running: 'active',
  'stop-sigterm': 'deactivating',
  'stop-sigkill': 'deactivating',
  failed: 'failed',
};

export class Scope extends Unit {
  #state: State = 'dead';
  #timer: Timer | undefined;
  /** Monotonic milliseconds: since when the timer counts. */
  #armed = 0;
  /** Watches over processes that are nobody's children here, so that no exit is told. */
  #watch: { close(): void } | undefined;
  /** It is a timer. */
  #looks = false;
  result: 'success' | 'timeout' | 'oom-kill' = 'success';

  constructor(manager: UnitManager, name: string) {
    super(manager, 'scope', name);
  }

  get activeState(): ActiveState {
    return activeStates[this.#state];
  }
  get subState(): string {
    return this.#state;
  }
  override get onceOnly(): boolean {
    return true;
  }

  override coldplug(): void {
    if (this.perpetual && this.#state === 'dead') this.#setState('running');
  }

  /**
   * Takes a process that someone else has started, before the scope is started. `pidfd` tells of its end, and belongs to
   * the scope; without one the scope looks from time to time.
   */
  attach(pid: number, pidfd: number | undefined): void {
    const { host, tracker } = this.manager;
    tracker.adopt(pid, this.id);
    if (pidfd === undefined) {
      this.#lookLater();
      return;
    }
    const readable = host.watchReadable(pidfd, () => {
      this.#unwatch();
      this.processesMayBeGone();
      // Children that it leaves behind are the manager's only where it is the reaper of their process.
      if (this.#watched) this.#lookLater();
    });
    this.#watch = {
      close: () => {
        readable.close();
        host.closeFd(pidfd);
      },
    };
  }

  get #watched(): boolean {
    return this.#state !== 'dead' && this.#state !== 'failed';
  }

  #lookLater(): void {
    const delay = this.#state === 'running' ? lookAgainMs.running : lookAgainMs.stopping;
    const timer = this.manager.host.after(delay, () => {
      this.#watch = undefined;
      this.processesMayBeGone();
      if (this.#watched) this.#lookLater();
    });
    this.#watch = { close: () => timer.cancel() };
    this.#looks = true;
  }

  #unwatch(): void {
    this.#watch?.close();
    this.#watch = undefined;
    this.#looks = false;
  }

  protected startNow(): OperationResult {
    if (this.manager.tracker.processesOf(this.id).length === 0) return 'failed';
    this.acquireInvocationId();
    this.#setState('running');
    this.#arm(this.loaded.scope?.RuntimeMaxSec ?? Number.POSITIVE_INFINITY);
    return 'started';
  }

  protected stopNow(): OperationResult {
    if (this.#state === 'stop-sigterm' || this.#state === 'stop-sigkill') return 'quiet';
    this.#enterSignal('stop-sigterm');
    return 'started';
  }

  override resetFailed(): void {
    super.resetFailed();
    if (this.#state === 'failed') this.#setState('dead');
    this.result = 'success';
  }

  override processOomKilled(): void {
    super.processOomKilled();
    if (this.loaded.scope?.OOMPolicy === 'continue' || !this.#watched) return;
    if (this.result === 'success') this.result = 'oom-kill';
    if (this.#state === 'running') this.#enterSignal('stop-sigterm');
    else if (this.#state === 'stop-sigterm') this.#enterSignal('stop-sigkill');
  }

  override processesMayBeGone(): void {
    if (this.perpetual || this.#state === 'dead' || this.#state === 'failed') return;
    if (this.manager.tracker.processesOf(this.id).length === 0) this.#enterDead();
  }

  override reread(): void {
    if (this.#state === 'running') this.#countDown(this.loaded.scope?.RuntimeMaxSec ?? Number.POSITIVE_INFINITY);
    else if (this.#watched) this.#countDown(this.#timeoutStopMs);
  }

  get #timeoutStopMs(): number {
    return this.loaded.scope?.TimeoutStopSec ?? 90_000;
  }

  #enterSignal(state: 'stop-sigterm' | 'stop-sigkill'): void {
    const kill = this.loaded.kill;
    if (kill !== undefined) killUnitProcesses(this, kill, state === 'stop-sigkill' ? 'kill' : 'terminate', {});
    this.#setState(state);
    this.#arm(this.#timeoutStopMs);
    this.processesMayBeGone();
    if (!this.#looks || !this.#watched) return;
    this.#unwatch();
    this.#lookLater();
  }

  #arm(ms: number): void {
    this.#armed = this.manager.host.monotonic();
    this.#countDown(ms);
  }

  /** `ms` from when it was armed. */
  #countDown(ms: number): void {
    const { host } = this.manager;
    this.#timer?.cancel();
    const left = Math.max(0, this.#armed + ms - host.monotonic());
    this.#timer = left === Number.POSITIVE_INFINITY ? undefined : host.after(left, () => this.#timedOut());
  }

  #timedOut(): void {
    if (this.#state === 'running') {
      this.log(4, 'Scope reached runtime time limit. Stopping.');
      this.result = 'timeout';
      this.#enterSignal('stop-sigterm');
    } else if (this.#state === 'stop-sigterm') {
      this.log(4, 'Stopping timed out. Killing.');
      this.#enterSignal('stop-sigkill');
    } else if (this.#state === 'stop-sigkill') {
      this.log(4, 'Still around after SIGKILL. Ignoring.');
      this.result = 'timeout';
      this.#enterDead();
    }
  }

  #enterDead(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#unwatch();
    this.log(6, this.result === 'success' ? 'Deactivated successfully.' : `Failed with result '${this.result}'.`);
    this.#setState(this.result === 'success' ? 'dead' : 'failed');
  }

  #setState(state: State): void {
    const from = this.activeState;
    this.#state = state;
    this.changed(from, this.activeState);
  }
}
