/** The phases of a service, one method `enter…` each; service.ts says which event leads to which. */

import { cleanable } from '../exec/directories.ts';
import { SpawnError } from '../exec/failure.ts';
import { type KillOperation, killUnitProcesses, warnLeftovers } from '../exec/kill.ts';
import { ipcOwnersOf } from '../exec/remove-ipc.ts';
import { removeRuntimeData } from '../exec/runtime-data.ts';
import { revertTerminal } from '../exec/stdio.ts';
import type { Keeper } from '../kept/keeper.ts';
import { errorText } from '../sys/error-text.ts';
import { formatTimeSpanUsec, toUsec } from '../values/time/time-span.ts';
import { BusName } from './bus-name.ts';
import { fractionOf } from './chance.ts';
import { pinsStore } from './fd-store.ts';
import { JobError } from './job-types.ts';
import { guessMainPid, judgeMainPid, readPidFile } from './main-pid.ts';
import { ServiceBase } from './service-base.ts';
import type { SpawnFlags } from './service-environment.ts';
import { restartDelayMs, shallRestart } from './service-restart.ts';
import type { ExecKind, ServiceResult, ServiceState } from './service-types.ts';

const infinity = Number.POSITIVE_INFINITY;
const SIGKILL = 9;

type SignalState =
  | 'stop-watchdog'
  | 'stop-sigterm'
  | 'stop-sigkill'
  | 'final-watchdog'
  | 'final-sigterm'
  | 'final-sigkill';

/** How a command of each kind is run. */
export const flagsOf: Record<ExecKind, SpawnFlags> = {
  ExecCondition: { control: true, ttyStdin: true },
  ExecStartPre: { control: true, ttyStdin: true, monitor: true, credentials: true },
  ExecStart: { passFds: true, ttyStdin: true, watchdog: true, credentials: true, monitor: true },
  ExecStartPost: { control: true },
  ExecReload: { control: true },
  ExecReloadPost: { control: true },
  ExecStop: { control: true, result: true },
  ExecStopPost: { control: true, ttyStdin: true, result: true },
};

/** The names that systemd gives phases in "Failed to run '…' task". */
const taskNames: Record<ExecKind, string> = {
  ExecCondition: 'exec-condition',
  ExecStartPre: 'start-pre',
  ExecStart: 'start',
  ExecStartPost: 'start-post',
  ExecReload: 'reload',
  ExecReloadPost: 'reload-post',
  ExecStop: 'stop',
  ExecStopPost: 'stop-post',
};

/** Phases in which the owner of BusName= may become the main process. */
const withBusProcess: ReadonlySet<ServiceState> = new Set([
  'start',
  'start-post',
  'running',
  'reload',
  'reload-signal',
  'reload-notify',
]);

export abstract class ServicePhases extends ServiceBase {
  readonly busName = new BusName(
    () => this.manager.busNames,
    (owner) => this.busNameChanged(owner),
  );
  /** Restart= is not to act on the end that comes: somebody asked for the stop. */
  protected forbidRestart = false;
  protected flushRestarts = false;
  /** Within a change of its state: it only waited to be started again. */
  protected hadNothingToStop = false;
  /** Type=exec: the program runs, and the start goes on with the next turn of the event loop. */
  #runsAlready = false;
  /** Kept: somebody was to tell of the name on the bus. */
  #awaitedName = false;

  override keep(k: Keeper): void {
    super.keep(k);
    this.forbidRestart = k.flag('forbidRestart', this.forbidRestart);
    this.flushRestarts = k.flag('flushRestarts', this.flushRestarts);
    this.#runsAlready = k.flag('runsAlready', this.#runsAlready);
    this.#awaitedName = k.flag('awaitedName', this.busName.watched);
  }

  override revive(): void {
    super.revive();
    const { BusName: name } = this.settings;
    if (this.#awaitedName && name !== undefined) this.busName.watch(name);
    if (this.#runsAlready) this.#goOnSoon();
  }

  /** SIGKILL to a control process that took too long. */
  protected killControlProcess(): void {
    if (this.controlPid <= 0) return;
    try {
      this.manager.host.kill(this.controlPid, SIGKILL);
    } catch (error) {
      this.log(7, `Failed to kill control process ${this.controlPid}, ignoring: ${(error as Error).message}`);
    }
  }

  // ---- main process of a daemon ---------------------------------------------------------------------------------

  /** 'new' where the PID file names another main process, which is then the main one. */
  protected loadPidFile(mayWarn: boolean): 'new' | 'same' | undefined {
    const { PIDFile } = this.settings;
    if (PIDFile === undefined) return undefined;
    const pid = readPidFile(this, PIDFile, mayWarn);
    if (typeof pid !== 'number') return pid;
    if (this.mainPidKnown) {
      this.log(7, `Main PID changing: ${this.mainPid} -> ${pid}`);
      this.unwatchMainPid();
      this.mainPidKnown = false;
    } else this.log(7, `Main PID loaded: ${pid}`);
    this.setMainPid(pid);
    return 'new';
  }

  protected searchMainPid(): void {
    if (this.mainPidKnown || !this.settings.GuessMainPID) return;
    const pid = guessMainPid(this);
    if (pid === undefined) return;
    this.log(7, `Main PID guessed: ${pid}`);
    this.setMainPid(pid);
  }

  /** CanClean= of `show`. */
  get canClean(): string[] {
    return cleanable(this.exec);
  }

  // ---- the way up -----------------------------------------------------------------------------------------------

  protected note(result: ServiceResult): void {
    if (this.result === 'success') this.result = result;
  }

  /** Starts the first command of a phase and enters its state; false, and said so, where that fails. */
  protected run(kind: ExecKind, state: ServiceState, timeoutMs: number): boolean {
    try {
      const { pid } = this.spawn(kind, 0, timeoutMs, flagsOf[kind]);
      this.controlCommand = { kind, index: 0 };
      this.controlPid = pid;
    } catch (error) {
      this.spawnFailed(error, taskNames[kind]);
      return false;
    }
    this.setState(state);
    return true;
  }

  protected spawnFailed(error: unknown, task: string): void {
    if (!(error instanceof SpawnError)) throw error;
    this.controlCommand = undefined;
    this.#logTaskFailed(task.startsWith('next') ? task : `'${task}'`, error.code);
  }

  /** systemd.kill(5), SendSIGKILL=: a service that must end cleanly is not started beside what is left of it. */
  #leftoversForbid(): boolean {
    const { KillMode, SendSIGKILL } = this.killSettings;
    if (warnLeftovers(this, 'start') === 0 || SendSIGKILL) return false;
    if (KillMode !== 'mixed' && KillMode !== 'control-group') return false;
    this.log(3, 'Will not start SendSIGKILL=no service of type KillMode=control-group or mixed while processes exist');
    return true;
  }

  protected enterCondition(): void {
    this.unwatchControlPid();
    if (this.commands('ExecCondition').length === 0) this.enterStartPre();
    else if (
      this.#refusedByLeftovers('exec-condition') ||
      !this.run('ExecCondition', 'condition', this.settings.TimeoutStartSec)
    )
      this.enterDead('resources', true);
  }

  protected enterStartPre(): void {
    this.unwatchControlPid();
    if (this.commands('ExecStartPre').length === 0) this.enterStart();
    else if (
      this.#refusedByLeftovers('start-pre') ||
      !this.run('ExecStartPre', 'start-pre', this.settings.TimeoutStartSec)
    )
      this.enterDead('resources', true);
  }

  #logTaskFailed(task: string, code: string): void {
    this.log(4, this.manager.host.voice.manager.taskFailed(task, errorText(code)));
  }

  #refusedByLeftovers(task: string): boolean {
    if (!this.#leftoversForbid()) return false;
    this.#logTaskFailed(`'${task}'`, 'EBUSY');
    return true;
  }

  protected enterStart(): void {
    this.unwatchControlPid();
    this.unwatchMainPid();
    if (this.#refusedByLeftovers('start')) {
      this.enterSignal('stop-sigterm', 'resources');
      return;
    }
    const { Type, TimeoutStartSec, BusName } = this.settings;
    if (this.commands('ExecStart').length === 0) {
      if (Type !== 'oneshot') {
        this.log(3, "There's no 'start' task anymore we could start.");
        this.#logTaskFailed("'start'", 'ENXIO');
        this.enterSignal('stop-sigterm', 'resources');
        return;
      }
      // Nothing to run, but a life that others can see: what depends on the unit becoming active goes on.
      this.setState('start');
      this.enterStartPost();
      return;
    }
    const atOnce = Type === 'simple' || Type === 'idle';
    if (BusName !== undefined) this.busName.watch(BusName);
    let spawned: { pid: number; failed: boolean };
    try {
      spawned = this.spawn('ExecStart', 0, atOnce ? infinity : TimeoutStartSec, flagsOf.ExecStart);
    } catch (error) {
      this.spawnFailed(error, 'start');
      this.enterSignal('stop-sigterm', 'resources');
      return;
    }
    if (Type === 'forking') {
      this.controlCommand = { kind: 'ExecStart', index: 0 };
      this.mainCommand = undefined;
      this.controlPid = spawned.pid;
      this.setState('start');
      return;
    }
    this.mainCommand = { index: 0 };
    this.setMainPid(spawned.pid, true);
    if (atOnce) {
      this.enterStartPost();
      return;
    }
    this.setState('start');
    if ((Type === 'exec' || (Type === 'dbus' && !this.awaitsBusName())) && !spawned.failed) this.#goOnSoon();
  }

  #goOnSoon(): void {
    this.#runsAlready = true;
    const { mainPid } = this;
    this.manager.host.defer(() => {
      this.#runsAlready = false;
      if (this.state === 'start' && this.mainPid === mainPid) this.enterStartPost();
    });
  }

  /** False, and said so, where there is no bus to tell of the name: it counts that the program runs, as with Type=exec. */
  protected awaitsBusName(): boolean {
    if (this.busName.watched) return true;
    this.log(4, `There is no bus that tells who has BusName=${this.settings.BusName ?? ''}, not waiting for it.`);
    return false;
  }

  protected abstract busNameChanged(owner: string | undefined): void;

  /** Whoever has the service's name on the bus is its main process, where nothing else says which is. */
  protected takeProcessOf(name: string): void {
    const fits = (): boolean => this.mainPid <= 0 && withBusProcess.has(this.state);
    if (!fits()) return;
    this.manager.busNames?.processOf(name, (pid) => {
      if (!fits() || judgeMainPid(this, pid, 7) !== 'good') return;
      this.log(7, `D-Bus name ${name} is now owned by process ${pid}`);
      this.setMainPid(pid);
    });
  }

  protected enterStartPost(): void {
    this.unwatchControlPid();
    this.resetWatchdog();
    if (this.commands('ExecStartPost').length === 0) this.enterRunning('success');
    else if (!this.run('ExecStartPost', 'start-post', this.settings.TimeoutStartSec)) this.enterStop('resources');
  }

  /** Something of it is alive, as far as can be told. */
  protected get isGood(): boolean {
    if (this.settings.Type === 'dbus' && this.busName.watched && !this.busName.owned) return false;
    const main = this.mainPidGood;
    if (main === true) return true;
    if (main === false && this.settings.ExitType === 'main') return false;
    return this.hasProcesses;
  }

  /** A reload that the service itself tells of (RELOADING=1). */
  protected abstract enterReloadByNotify(): void;

  protected enterRunning(result: ServiceResult): void {
    this.note(result);
    this.unwatchControlPid();
    if (this.result !== 'success') this.enterSignal('stop-sigterm', result);
    else if (this.isGood) {
      if (this.notifyState === 'reloading') this.enterReloadByNotify();
      else if (this.notifyState === 'stopping') this.enterStopByNotify();
      else {
        this.setState('running');
        this.armRuntimeTimer();
      }
    } else if (this.settings.RemainAfterExit) this.setState('exited');
    else this.enterStop('success');
  }

  // ---- the way down ---------------------------------------------------------------------------------------------

  protected enterStopByNotify(): void {
    this.armTimer(this.settings.TimeoutStopSec);
    this.setState('stop-sigterm');
  }

  protected enterStop(result: ServiceResult): void {
    this.note(result);
    this.unwatchControlPid();
    if (this.commands('ExecStop').length === 0) this.enterSignal('stop-sigterm', 'success');
    else if (!this.run('ExecStop', 'stop', this.settings.TimeoutStopSec)) this.enterSignal('stop-sigterm', 'resources');
  }

  /** OOMPolicy=. */
  override processOomKilled(): void {
    super.processOomKilled();
    const { OOMPolicy } = this.settings;
    if (OOMPolicy === 'continue') return;
    switch (this.state) {
      case 'condition':
      case 'start-pre':
      case 'start':
      case 'start-post':
      case 'stop':
        this.enterSignal(OOMPolicy === 'stop' ? 'stop-sigterm' : 'final-sigkill', 'oom-kill');
        break;
      case 'exited':
      case 'running':
        if (OOMPolicy === 'stop') this.enterStop('oom-kill');
        else this.enterSignal('final-sigkill', 'oom-kill');
        break;
      case 'stop-watchdog':
      case 'stop-sigterm':
        this.enterSignal('stop-sigkill', 'oom-kill');
        break;
      case 'stop-sigkill':
      case 'final-sigkill':
        this.note('oom-kill');
        break;
      case 'stop-post':
      case 'final-sigterm':
        this.enterSignal('final-sigkill', 'oom-kill');
        break;
    }
  }

  protected enterStopPost(result: ServiceResult): void {
    this.note(result);
    this.unwatchControlPid();
    if (this.commands('ExecStopPost').length === 0) this.enterSignal('final-sigterm', 'success');
    else if (!this.run('ExecStopPost', 'stop-post', this.settings.TimeoutStopSec))
      this.enterSignal('final-sigterm', 'resources');
  }

  #operation(state: SignalState): KillOperation {
    if (state === 'stop-watchdog' || state === 'final-watchdog') return 'watchdog';
    if (state === 'stop-sigkill' || state === 'final-sigkill') return 'kill';
    return state === 'stop-sigterm' && this.job?.type === 'restart' ? 'restart' : 'terminate';
  }

  /** Signals what is there and waits for its end; goes on where nothing is. */
  protected enterSignal(state: SignalState, result: ServiceResult): void {
    this.note(result);
    const operation = this.#operation(state);
    const { mainPid, controlPid, mainPidAlien } = this;
    if (killUnitProcesses(this, this.killSettings, operation, { mainPid, controlPid, mainPidAlien })) {
      this.armTimer(operation === 'watchdog' ? this.timeoutAbortMs : this.settings.TimeoutStopSec);
      this.setState(state);
      return;
    }
    const soft = state !== 'stop-sigkill' && state !== 'final-sigkill';
    const stopping = state.startsWith('stop');
    if (soft && this.killSettings.SendSIGKILL) this.enterSignal(stopping ? 'stop-sigkill' : 'final-sigkill', 'success');
    else if (stopping) this.enterStopPost('success');
    else this.enterDead('success', true);
  }

  protected watchdogExpired(limitMs: number): void {
    const limit = `(limit ${formatTimeSpanUsec(toUsec(limitMs), 1n)})!`;
    if (!this.manager.serviceWatchdogs) {
      this.log(4, `Watchdog disabled! Ignoring watchdog timeout ${limit}`);
      return;
    }
    this.log(3, `Watchdog timeout ${limit}`);
    this.enterSignal('stop-watchdog', 'watchdog');
  }

  /** sd_notify(3), WATCHDOG=trigger. */
  forceWatchdog(): void {
    if (!this.manager.serviceWatchdogs) return;
    this.log(3, `Watchdog request (last status: ${this.statusText === '' ? '<unset>' : this.statusText})!`);
    this.enterSignal('stop-watchdog', 'watchdog');
  }

  protected enterDead(result: ServiceResult, allowRestart: boolean): void {
    this.note(result);
    if (result === 'start-limit-hit' && this.manager.host.voice.manager.restartLimitIsResult) this.result = result;
    if (this.result === 'exec-condition')
      this.log(6, `Skipped due to '${this.result}'.`, {
        MESSAGE_ID: '0e4284a0caca4bfc81c0bb6786972673',
        UNIT_RESULT: this.result,
      });
    else this.logResult(this.result);
    warnLeftovers(this, 'stop');
    const ends = this.result === 'success' || this.result === 'exec-condition' ? this.deadState : 'failed';
    // A stop that is queued already is not undone.
    const restarts =
      allowRestart &&
      this.job?.type !== 'stop' &&
      !this.forbidRestart &&
      shallRestart(this.settings, this.result, this.mainStatus);
    const { handlesEndsBeforeRestart } = this.manager.host.voice.manager;
    this.willAutoRestart = restarts && !handlesEndsBeforeRestart ? 'quietly' : restarts;
    // systemd.service(5), RestartMode=direct: the others are not to see that it was down.
    if (!restarts || this.settings.RestartMode !== 'direct') this.setState(ends);
    this.willAutoRestart = false;
    if (restarts) {
      const { RestartRandomizedDelaySec: range } = this.settings;
      this.restartExtraMs = range > 0 ? fractionOf(this.manager.host.randomBytes(4)) * range : 0;
      this.armTimer(restartDelayMs(this.settings, this.nRestarts) + this.restartExtraMs);
      this.#enterDebugging();
      this.setState('auto-restart');
    } else {
      this.flushRestarts = true;
      this.debugInvocation = false;
    }
    this.#release();
  }

  /** systemd.service(5), RestartMode=debug: what failed once is watched closely from then on. */
  #enterDebugging(): void {
    if (this.settings.RestartMode !== 'debug' || this.debugInvocation) return;
    this.debugInvocation = true;
    this.log(5, 'Service dead, subsequent restarts will be executed with debug level logging.');
  }

  /** Down, with what is kept for the next start or with nothing. */
  protected get deadState(): ServiceState {
    return this.fdStore.size > 0 && pinsStore(this) ? 'dead-resources-pinned' : 'dead';
  }

  protected override storeEmptied(): void {
    if (this.state === 'dead-resources-pinned') this.setState('dead');
  }

  /** What belongs to one life of the service goes with it. */
  #release(): void {
    const { exec, manager, settings } = this;
    const { host } = manager;
    this.busName.release();
    this.releasePrivateTmp();
    ipcOwnersOf(host).release(this.id, (message) => this.log(4, message));
    revertTerminal(host, exec, (message) => this.log(4, message));
    removeRuntimeData(this, exec);
    if (settings.PIDFile !== undefined)
      try {
        host.files.unlink(settings.PIDFile);
      } catch {
        // It was removed by the daemon itself, as it should be.
      }
    this.releaseResources();
  }

  /** A restart that was due does not come any more, or comes at once. */
  protected leaveAutoRestart(): void {
    this.hadNothingToStop = true;
    // Where it is not said to be stopped, nobody is told that it has come to a good end either (OnSuccess=).
    const { saysStoppedBeforeRestart } = this.manager.host.voice.manager;
    this.willAutoRestart = this.job?.type === 'restart' && !saysStoppedBeforeRestart ? 'quietly' : false;
    this.setState(this.deadState);
    this.willAutoRestart = false;
    this.hadNothingToStop = false;
    this.releaseResources();
  }

  protected enterRestart(): void {
    if (this.job?.type === 'stop') {
      this.log(6, 'Stop job pending for unit, skipping automatic restart.');
      return;
    }
    try {
      // Not a start: what is bound to this unit is to follow.
      this.manager.jobs.add('restart', this, 'replace');
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      this.log(4, `Failed to schedule restart job: ${error.message}`);
      this.enterDead('resources', false);
      return;
    }
    this.nRestarts++;
    this.flushRestarts = false;
    this.log(6, `Scheduled restart job, restart counter is at ${this.nRestarts}.`, {
      MESSAGE_ID: '5eb03494b6584870a536b337290809b3',
      N_RESTARTS: String(this.nRestarts),
    });
  }
}
