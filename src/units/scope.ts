/**
 * Scopes hold processes that others have started (systemd.scope(5)). `init.scope` is the manager itself.
 *
 *   dead ─▶ running ─▶ stop-sigterm ─▶ stop-sigkill ─▶ dead | failed
 */

import { killUnitProcesses } from '../exec/kill.ts';
import type { Keeper } from '../kept/keeper.ts';
import type { Timer } from '../sys/host.ts';
import type { ScopeSettings } from '../unitfile/directives/scope.ts';
import { type ActiveState, isInactiveOrFailed, type OperationResult, Unit, type UnitManager } from './unit.ts';

type Result = 'success' | 'timeout' | 'oom-kill';
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
  /** Tells of the end of its first process; it is the scope's. */
  #pidfd: number | undefined;
  result: Result = 'success';

  constructor(manager: UnitManager, name: string) {
    super(manager, 'scope', name);
  }

  override keep(k: Keeper): void {
    super.keep(k);
    this.#state = k.word('state', this.#state, activeStates);
    this.result = k.word('result', this.result);
    this.#armed = k.number('armed', this.#armed);
    this.#looks = k.flag('looks', this.#looks);
    this.#pidfd = k.maybeFd('pidfd', this.#pidfd);
  }

  override revive(): void {
    super.revive();
    if (this.perpetual || !this.#isUp) return;
    this.#restartTimer();
    if (this.#pidfd !== undefined) this.#follow(this.#pidfd);
    else if (this.#looks) this.#lookLater();
    this.manager.host.defer(() => this.processesMayBeGone());
  }

  get activeState(): ActiveState {
    return activeStates[this.#state];
  }
  get subState(): string {
    return this.#state;
  }
  get #settings(): ScopeSettings {
    return this.loaded.scope!;
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
    this.manager.tracker.adopt(pid, this.id);
    if (pidfd === undefined) {
      this.#lookLater();
      return;
    }
    this.#follow(pidfd);
  }

  #follow(pidfd: number): void {
    const { host } = this.manager;
    this.#pidfd = pidfd;
    const readable = host.watchReadable(pidfd, () => {
      this.#unwatch();
      this.processesMayBeGone();
      // Children that it leaves behind are the manager's only where it is the reaper of their process.
      if (this.#isUp) this.#lookLater();
    });
    this.#watch = {
      close: () => {
        readable.close();
        host.closeFd(pidfd);
        this.#pidfd = undefined;
      },
    };
  }

  get #isUp(): boolean {
    return !isInactiveOrFailed(this.activeState);
  }

  #lookLater(): void {
    const delay = this.#state === 'running' ? lookAgainMs.running : lookAgainMs.stopping;
    const timer = this.manager.host.after(delay, () => {
      this.#watch = undefined;
      this.processesMayBeGone();
      if (this.#isUp) this.#lookLater();
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
    if (!this.manager.tracker.hasProcesses(this.id)) return 'failed';
    this.acquireInvocationId();
    this.#setState('running');
    this.#arm(this.#settings.RuntimeMaxSec);
    return 'started';
  }

  protected stopNow(): OperationResult {
    if (this.activeState === 'deactivating') return 'quiet';
    this.#enterSignal('stop-sigterm', 'success');
    return 'started';
  }

  override resetFailed(): void {
    super.resetFailed();
    if (this.#state === 'failed') this.#setState('dead');
    this.result = 'success';
  }

  override processOomKilled(): void {
    super.processOomKilled();
    if (this.#settings.OOMPolicy === 'continue' || !this.#isUp) return;
    if (this.#state === 'running') this.#enterSignal('stop-sigterm', 'oom-kill');
    else if (this.#state === 'stop-sigterm') this.#enterSignal('stop-sigkill', 'oom-kill');
  }

  override processesMayBeGone(): void {
    if (this.perpetual || !this.#isUp) return;
    if (!this.manager.tracker.hasProcesses(this.id)) this.#enterDead('success');
  }

  override reread(): void {
    super.reread();
    this.#restartTimer();
  }

  /** As the settings say now, from when it was armed. */
  #restartTimer(): void {
    if (this.#state === 'running') this.#countDown(this.#settings.RuntimeMaxSec);
    else if (this.#isUp) this.#countDown(this.#settings.TimeoutStopSec);
  }

  /** Signals what is there and waits for its end; goes on where nothing is. */
  #enterSignal(state: 'stop-sigterm' | 'stop-sigkill', result: Result): void {
    this.#note(result);
    if (killUnitProcesses(this, this.loaded.kill!, state === 'stop-sigkill' ? 'kill' : 'terminate', {})) {
      this.#setState(state);
      this.#arm(this.#settings.TimeoutStopSec);
      if (!this.#looks) return;
      this.#unwatch();
      this.#lookLater();
    } else if (state === 'stop-sigterm') this.#enterSignal('stop-sigkill', 'success');
    else this.#enterDead('success');
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
      this.#enterSignal('stop-sigterm', 'timeout');
    } else if (this.#state === 'stop-sigkill') {
      this.log(4, 'Still around after SIGKILL. Ignoring.');
      this.#enterDead('timeout');
    } else if (this.loaded.kill!.SendSIGKILL) {
      this.log(4, 'Stopping timed out. Killing.');
      this.#enterSignal('stop-sigkill', 'timeout');
    } else {
      this.log(4, 'Stopping timed out. Skipping SIGKILL.');
      this.#enterDead('timeout');
    }
  }

  #note(result: Result): void {
    if (this.result === 'success') this.result = result;
  }

  #enterDead(result: Result): void {
    this.#note(result);
    this.#timer?.cancel();
    this.#unwatch();
    this.logResult(this.result);
    this.#setState(this.result === 'success' ? 'dead' : 'failed');
  }

  #setState(state: State): void {
    const from = this.activeState;
    this.#state = state;
    this.changed(from, this.activeState);
  }
}
