/** Reloads of a service: ExecReload=, the signal of Type=notify-reload, and those that the service itself tells of. */
import { hasCredentials, refreshCredentials } from '../exec/credentials.ts';
import { StepFailure } from '../exec/failure.ts';
import type { Keeper } from '../kept/keeper.ts';
import { heedsSignal } from '../sys/process-info.ts';
import { signalName } from '../values/signals.ts';
import { JobError } from './job-types.ts';
import { ServicePhases } from './service-phases.ts';

/** What one message of sd_notify(3) says of the state of its service. */
export interface StateSaid {
  readonly ready: boolean;
  readonly reloading: boolean;
  readonly stopping: boolean;
  /** MONOTONIC_USEC=, microseconds. */
  readonly monotonicUsec: number | undefined;
}

export abstract class ServiceReload extends ServicePhases {
  /** When the last reload began, CLOCK_MONOTONIC in microseconds: what was sent before is no answer to its signal. */
  #reloadBegan = 0;

  override keep(k: Keeper): void {
    super.keep(k);
    this.#reloadBegan = k.number('reloadBegan', this.#reloadBegan);
  }

  /** It is asked to reload by a signal. */
  get #hasReloadSignal(): boolean {
    return this.settings.Type === 'notify-reload' && this.mainPid > 0;
  }

  protected enterReload(): void {
    this.unwatchControlPid();
    this.reloadResult = 'success';
    const hasCommands = this.commands('ExecReload').length > 0;
    const { host } = this.manager;
    this.#reloadBegan = Math.floor(host.monotonic() * 1000);
    if (this.refreshesCredentials && !this.#refreshCredentials()) {
      this.reloadResult = 'exit-code';
      this.enterRunning('success');
      return;
    }
    if (this.#hasReloadSignal && !(hasCommands && host.voice.manager.reloadSignalIsLast)) {
      if (!this.#sendReloadSignal()) return;
      if (!hasCommands) {
        this.#awaitReload();
        return;
      }
    }
    if (!hasCommands) this.enterRunning('success');
    else if (!this.run('ExecReload', 'reload', this.settings.TimeoutStartSec)) {
      this.reloadResult = 'resources';
      this.enterRunning('success');
    }
  }

  /** ExecReload= is done. */
  protected reloadCommandsDone(): void {
    if (!this.#hasReloadSignal || !this.manager.host.voice.manager.reloadSignalIsLast) this.enterReloadPost();
    else {
      this.unwatchControlPid();
      if (this.#sendReloadSignal()) this.#awaitReload();
    }
  }

  /** False where that failed, and the reload with it. */
  #sendReloadSignal(): boolean {
    const { host } = this.manager;
    if (host.voice.manager.checksReloadSignal && !heedsSignal(host.files, this.mainPid, this.settings.ReloadSignal))
      this.log(4, `${this.#lacksHandler}, sending reload signal anyway.`);
    try {
      host.kill(this.mainPid, this.settings.ReloadSignal);
    } catch (error) {
      this.log(4, `Failed to send reload signal: ${(error as Error).message}`);
      this.reloadResult = 'resources';
      this.enterRunning('success');
      return false;
    }
    this.notifyState = 'unknown';
    return true;
  }

  #awaitReload(): void {
    this.armTimer(this.settings.TimeoutStartSec);
    this.setState('reload-signal');
  }

  get #lacksHandler(): string {
    return `Main process ${this.mainPid} lacks handler for reload signal ${signalName(this.settings.ReloadSignal)}`;
  }

  /** RefreshOnReload=. */
  protected get refreshesCredentials(): boolean {
    return this.settings.RefreshOnReload?.includes('credentials') === true && hasCredentials(this.exec);
  }

  /** Writes what there is now to where the service has its credentials; false, and said so, where that failed. */
  #refreshCredentials(): boolean {
    const { host, directories } = this.manager;
    try {
      refreshCredentials(host, this.exec, directories.runtime, this.id, this.uid);
      return true;
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      this.log(3, `Failed to refresh credentials: ${error.reason}`);
      return false;
    }
  }

  /** The service has read its configuration again: ExecReloadPost= sees it so. */
  protected enterReloadPost(): void {
    this.unwatchControlPid();
    if (this.commands('ExecReloadPost').length === 0) this.enterRunning('success');
    else if (!this.run('ExecReloadPost', 'reload-post', this.settings.TimeoutStartSec)) {
      this.reloadResult = 'resources';
      this.enterRunning('success');
    }
  }

  protected override enterReloadByNotify(): void {
    this.armTimer(this.settings.TimeoutStartSec);
    this.setState(this.manager.host.voice.manager.ownReload);
    for (const other of this.related('propagatesReloadTo'))
      try {
        this.manager.jobs.add('try-reload', other, 'fail');
      } catch (error) {
        if (!(error instanceof JobError)) throw error;
        this.log(4, `Failed to schedule propagation of reload: ${error.message}`);
      }
  }

  /** READY=1, RELOADING=1, STOPPING=1 of sd_notify(3). STOPPING=1 wins over the others, and READY=1 over RELOADING=1. */
  stateSaid(said: StateSaid): void {
    if (said.stopping) {
      this.notifyState = 'stopping';
      if (this.state === 'running' || this.state === 'reload-signal' || this.state === 'reload-notify')
        this.enterStopByNotify();
    } else if (said.ready) {
      if (this.#mayChangeTo('READY')) this.#readySaid(said);
    } else if (said.reloading && this.#mayChangeTo('RELOADING')) {
      this.notifyState = 'reloading';
      if (this.#answersSignal(said)) this.setState('reload-notify');
      else if (this.state === 'running') this.enterReloadByNotify();
    }
  }

  #mayChangeTo(state: string): boolean {
    if (this.notifyState !== 'stopping' || !this.manager.host.voice.manager.stoppingIsFinal) return true;
    this.log(4, `Service must stop after STOPPING=1 notification, refusing attempted transition to ${state}.`);
    return false;
  }

  #readySaid(said: StateSaid): void {
    this.notifyState = 'ready';
    if (this.saysWhenReady && this.state === 'start') {
      if (this.#isDeafToReloads()) this.enterSignal('stop-sigterm', 'protocol');
      else this.enterStartPost();
    } else if (
      (this.state === 'reload' && this.controlPid === 0) ||
      this.state === 'reload-notify' ||
      (said.reloading && this.#answersSignal(said))
    )
      this.enterReloadPost();
  }

  /** Type=notify-reload without a handler for the signal that asks for a reload, which is said. */
  #isDeafToReloads(): boolean {
    const { host } = this.manager;
    if (!host.voice.manager.checksReloadSignal || !this.#hasReloadSignal) return false;
    if (heedsSignal(host.files, this.mainPid, this.settings.ReloadSignal)) return false;
    this.log(3, `${this.#lacksHandler}, refusing service startup.`);
    return true;
  }

  /** Whether a message was sent after the signal that asks for a reload. */
  #answersSignal({ monotonicUsec }: StateSaid): boolean {
    return this.state === 'reload-signal' && monotonicUsec !== undefined && monotonicUsec >= this.#reloadBegan;
  }
}
