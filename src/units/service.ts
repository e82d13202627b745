/**
 * Services (systemd.service(5)): which event leads to which phase. The phases, methods `enter…`, are in
 * service-phases.ts.
 *
 *   dead ─▶ condition ─▶ start-pre ─▶ start ─▶ start-post ─▶ running ⇄ reload
 *                                                              │  └─▶ exited (RemainAfterExit=)
 *                                                              ▼
 *   stop ─▶ stop-sigterm ─▶ stop-sigkill ─▶ stop-post ─▶ final-sigterm ─▶ final-sigkill ─▶ dead | failed
 *             ▲ stop-watchdog (a core is wanted)              final-watchdog                    │
 *             └── whatever fails before running                          start ◀─ auto-restart ◀┘ (Restart=)
 *
 * A phase without commands is passed through. cleaning is entered from dead by `systemctl clean`.
 */
import { type CleanWhat, directoriesToClean } from '../exec/directories.ts';
import { tellFailure } from '../exec/last-words.ts';
import type { Keeper } from '../kept/keeper.ts';
import { errorText } from '../sys/error-text.ts';
import type { ProcessExit } from '../sys/host.ts';
import { removeTreesInTurns } from '../sys/remove-tree.ts';
import { genericDoneMessage } from './job-messages.ts';
import { JobError, type JobResult, type JobType } from './job-types.ts';
import { logProcessExit } from './process-exit.ts';
import { handleNotification, type Notification } from './service-notify.ts';
import { flagsOf } from './service-phases.ts';
import { ServiceReload } from './service-reload.ts';
import {
  type ExecKind,
  isCleanExit,
  isDead,
  isReloading,
  isStarting,
  isStopping,
  noErrors,
  resultOfExit,
  type ServiceResult,
} from './service-types.ts';
import type { OperationResult } from './unit.ts';

export class Service extends ServiceReload {
  #cleaning: { cancel(): void } | undefined;
  /** What is being removed. */
  #cleaned: string[] = [];

  override keep(k: Keeper): void {
    super.keep(k);
    this.#cleaned = k.plain('cleaned', this.#cleaned);
  }

  override revive(): void {
    super.revive();
    if (this.state === 'cleaning') this.#removeCleaned();
  }
  // ---- requests -------------------------------------------------------------------------------------------------

  protected override preventStart(): OperationResult | undefined {
    // Each try counts, also one that has to wait because the service stops first or is to be restarted anyway.
    if (this.testStartLimit()) return undefined;
    // What has processes goes its way; the next try finds the limit again.
    if (!isDead.has(this.state) && this.state !== 'failed' && this.state !== 'auto-restart') return undefined;
    this.enterDead('start-limit-hit', false);
    return 'failed';
  }

  protected startNow(): OperationResult {
    if (isStopping.has(this.state) || this.state === 'cleaning') return 'again';
    if (!isDead.has(this.state) && this.state !== 'failed') {
      // A restart that is due stops the unit first; the job waits for that.
      return this.state === 'auto-restart' ? 'again' : 'quiet';
    }
    this.acquireInvocationId();
    this.result = 'success';
    this.reloadResult = 'success';
    this.mainPidKnown = false;
    this.mainPidAlien = false;
    this.forbidRestart = false;
    this.statusText = '';
    this.statusErrors = noErrors;
    this.notifyState = 'unknown';
    this.notifyAccess = undefined;
    this.prepareWatchdog();
    this.resetStatuses();
    if (this.flushRestarts) {
      this.nRestarts = 0;
      this.flushRestarts = false;
    }
    this.manager.tracker.resetCpu(this.id);
    this.enterCondition();
    return 'started';
  }

  protected stopNow(): OperationResult {
    this.forbidRestart = true;
    switch (this.state) {
      case 'auto-restart':
        this.leaveAutoRestart();
        return 'quiet';
      case 'condition':
      case 'start-pre':
      case 'start':
      case 'start-post':
      case 'reload':
      case 'reload-signal':
      case 'reload-notify':
      case 'reload-post':
      case 'stop-watchdog':
        this.enterSignal('stop-sigterm', 'success');
        return 'quiet';
      case 'cleaning':
        this.#cleaning?.cancel();
        this.enterSignal('final-sigkill', 'success');
        return 'quiet';
      case 'running':
      case 'exited':
        this.enterStop('success');
        return 'started';
      default:
        return 'quiet';
    }
  }

  override get logLevelMax(): number {
    return this.debugInvocation ? 7 : super.logLevelMax;
  }

  override get canReload(): boolean {
    // Passing a reload on (PropagatesReloadTo=) is not enough for a service: it must have one of its own.
    const own = this.commands('ExecReload').length > 0 || this.settings.Type === 'notify-reload';
    return own || this.refreshesCredentials;
  }

  protected override reloadNow(): OperationResult {
    this.enterReload();
    return 'started';
  }

  override resetFailed(): void {
    super.resetFailed();
    if (this.state === 'failed') this.setState(this.deadState);
    this.result = 'success';
    this.reloadResult = 'success';
    this.cleanResult = 'success';
    this.nRestarts = 0;
    this.flushRestarts = false;
    this.debugInvocation = false;
  }

  override jobDoneMessage(type: JobType, result: JobResult): string | undefined {
    if (type === 'start' && result === 'done' && this.settings.Type === 'oneshot') return 'Finished %s.';
    const { saysStoppedBeforeRestart } = this.manager.host.voice.manager;
    if (type === 'restart' && this.hadNothingToStop && !saysStoppedBeforeRestart) return undefined;
    return genericDoneMessage(type, result);
  }

  /** A datagram at the notify socket from a process of this service. Takes over its descriptors. */
  notified(notification: Notification): void {
    handleNotification(this, notification);
  }

  /**
   * `systemctl clean`: removes directories of the given kinds, and closes what is kept. Throws JobError where the unit is not inactive, or there
   * is nothing of that kind.
   */
  clean(what: ReadonlySet<CleanWhat>): void {
    const prefix = 'org.freedesktop.systemd1.';
    if (this.loadState !== 'loaded' || this.job !== undefined || !isDead.has(this.state))
      throw new JobError(`${prefix}UnitBusy`, 'Unit is not inactive or has pending job.');
    const paths = directoriesToClean(this.exec, this.manager.directories, what);
    const store = what.has('fdstore') && (this.fdStore.size > 0 || this.settings.FileDescriptorStoreMax > 0);
    if (paths.length === 0 && !store) throw new JobError(`${prefix}NothingToClean`, 'No matching resources found.');
    if (store) this.fdStore.clear();
    if (paths.length === 0) return;
    this.unwatchControlPid();
    this.cleanResult = 'success';
    this.armTimer(this.exec.TimeoutCleanSec);
    this.#cleaned = paths;
    this.setState('cleaning');
    this.#removeCleaned();
  }

  #removeCleaned(): void {
    const { host } = this.manager;
    host.defer(() => {
      if (this.state !== 'cleaning') return;
      this.#cleaning = removeTreesInTurns(host, this.#cleaned, (failed) => {
        if (failed !== undefined) {
          this.log(4, `Failed to clean ${failed.path}: ${errorText(failed.error.code)}`);
          this.cleanResult = 'exit-code';
        }
        this.enterDead('success', false);
      });
    });
  }

  // ---- ends of processes ----------------------------------------------------------------------------------------

  processExited(exit: ProcessExit): void {
    tellFailure(this.manager.host, exit.pid);
    if (exit.pid === this.mainPid) this.#mainExited(exit);
    else if (exit.pid === this.controlPid) this.#controlExited(exit);
    this.watchForEmpty();
  }

  #resultOf(exit: ProcessExit, daemon: boolean): ServiceResult {
    const clean = isCleanExit(exit, daemon, this.settings.SuccessExitStatus);
    return clean ? 'success' : resultOfExit(exit);
  }

  #mainExited(exit: ProcessExit): void {
    const { Type, ExitType } = this.settings;
    let result = this.#resultOf(exit, Type !== 'oneshot');
    // A daemon may move to another process; if it updates its PID file before the old one ends, all is well.
    if (this.loadPidFile(false) === 'new') return;
    this.mainPid = 0;
    this.mainStatus = this.noteExit(this.mainStatus, exit);
    const main = this.mainCommand;
    if (main !== undefined) this.setStatus('ExecStart', main.index, this.mainStatus);
    if (this.commands('ExecStart')[main?.index ?? 0]?.ignoreFailure === true) result = 'success';
    logProcessExit(this, 'Main process', 'ExecStart', result === 'success', exit);
    this.note(result);

    const next = (main?.index ?? 0) + 1;
    if (main !== undefined && Type === 'oneshot' && result === 'success' && next < this.commands('ExecStart').length) {
      this.#runNextMain(next);
      return;
    }
    this.mainCommand = undefined;
    if (ExitType === 'main' || !this.hasProcesses) this.#mainIsGone(result);
    else if (this.state === 'start' && !this.saysWhenReady && Type !== 'dbus')
      // It ran, and left others to do the work.
      this.enterStartPost();
  }

  #mainIsGone(result: ServiceResult): void {
    const { Type, RemainAfterExit, NotifyAccess } = this.settings;
    switch (this.state) {
      case 'start-post':
      case 'reload':
      case 'reload-signal':
      case 'reload-notify':
      case 'reload-post':
        if (this.controlPid === 0) this.enterStop(result);
        break;
      case 'start':
        if (Type === 'oneshot') {
          if (result === 'success') this.enterStartPost();
          else this.enterSignal('stop-sigterm', result);
        } else if (this.saysWhenReady) {
          if (result !== 'success') this.enterSignal('stop-sigterm', result);
          else if (!RemainAfterExit || NotifyAccess === 'main')
            // Nobody is left who could say READY=1.
            this.enterSignal('stop-sigterm', 'protocol');
        } else this.enterRunning(result);
        break;
      case 'running':
        this.enterRunning(result);
        break;
      case 'stop-watchdog':
      case 'stop-sigterm':
      case 'stop-sigkill':
        if (this.controlPid === 0) this.enterStopPost(result);
        break;
      case 'stop-post':
        if (this.controlPid === 0) this.enterSignal('final-sigterm', result);
        break;
      case 'final-watchdog':
      case 'final-sigterm':
      case 'final-sigkill':
        if (this.controlPid === 0) this.enterDead(result, true);
        break;
    }
  }

  #runNextMain(index: number): void {
    this.unwatchMainPid();
    try {
      const { pid } = this.spawn('ExecStart', index, this.settings.TimeoutStartSec, flagsOf.ExecStart);
      this.mainCommand = { index };
      this.setMainPid(pid, true);
    } catch (error) {
      this.spawnFailed(error, 'next main');
      this.enterStop('resources');
    }
  }

  #controlExited(exit: ProcessExit): void {
    const command = this.controlCommand!;
    // That of Type=forking becomes a daemon.
    let result = this.#resultOf(exit, command.kind === 'ExecStart');
    this.controlPid = 0;
    this.setStatus(command.kind, command.index, this.noteExit(this.statusOf(command.kind, command.index), exit));
    if (this.commands(command.kind)[command.index]?.ignoreFailure === true) result = 'success';
    let kind = 'Control process';
    let clean = result === 'success';
    if (this.state === 'condition') {
      kind = 'Condition check process';
      // systemd.service(5), ExecCondition=: 1 to 254 skip the start, which is no failure.
      if (result === 'exit-code' && exit.status < 255) {
        this.conditionResult = false;
        result = 'exec-condition';
        clean = true;
      } else if (result === 'success') this.conditionResult = true;
    }
    logProcessExit(this, kind, command.kind, clean, exit);
    if (!isReloading.has(this.state)) this.note(result);

    if (result === 'success' && command.index + 1 < this.commands(command.kind).length) {
      this.#runNextControl(command.kind, command.index + 1);
      return;
    }
    this.controlCommand = undefined;
    this.#controlIsDone(result);
  }

  #runNextControl(kind: ExecKind, index: number): void {
    const { TimeoutStartSec, TimeoutStopSec } = this.settings;
    const starting = isStarting.has(this.state);
    const flags = { ...flagsOf[kind], credentials: starting };
    try {
      const { pid } = this.spawn(kind, index, starting ? TimeoutStartSec : TimeoutStopSec, flags);
      this.controlCommand = { kind, index };
      this.controlPid = pid;
    } catch (error) {
      this.spawnFailed(error, 'next control');
      switch (this.state) {
        case 'condition':
        case 'start-pre':
        case 'start-post':
        case 'stop':
          this.enterSignal('stop-sigterm', 'resources');
          break;
        case 'stop-post':
          this.enterDead('resources', true);
          break;
        case 'reload':
        case 'reload-post':
          this.reloadResult = 'resources';
          this.enterRunning('success');
          break;
        default:
          this.enterStop('resources');
      }
    }
  }

  #controlIsDone(result: ServiceResult): void {
    switch (this.state) {
      case 'condition':
        if (result === 'success') this.enterStartPre();
        else this.enterSignal('stop-sigterm', result);
        break;
      case 'start-pre':
        if (result === 'success') this.enterStart();
        else this.enterSignal('stop-sigterm', result);
        break;
      case 'start':
        if (this.settings.Type === 'forking') this.#forkingStarted(result);
        break;
      case 'start-post':
        this.#startPostDone(result);
        break;
      case 'reload':
        if (result === 'success' && this.loadPidFile(true) === undefined) this.searchMainPid();
        this.reloadResult = result;
        if (result === 'success') this.reloadCommandsDone();
        else this.enterRunning('success');
        break;
      case 'reload-post':
        this.reloadResult = result;
        this.enterRunning('success');
        break;
      case 'stop':
        this.enterSignal('stop-sigterm', result);
        break;
      case 'stop-watchdog':
      case 'stop-sigterm':
      case 'stop-sigkill':
        if (this.mainPidGood !== true) this.enterStopPost(result);
        break;
      case 'stop-post':
        if (this.mainPidGood !== true) this.enterSignal('final-sigterm', result);
        break;
      case 'final-watchdog':
      case 'final-sigterm':
      case 'final-sigkill':
        if (this.mainPidGood !== true) this.enterDead(result, true);
        break;
    }
  }

  /** The command of Type=forking has ended: the daemon runs, somewhere. */
  #forkingStarted(result: ServiceResult): void {
    if (result !== 'success') {
      this.enterSignal('stop-sigterm', result);
      return;
    }
    const { PIDFile } = this.settings;
    if (PIDFile !== undefined) {
      // A command of ExecStartPost= may be what writes the file.
      const postCommands = this.commands('ExecStartPost').length > 0;
      if (this.loadPidFile(!postCommands) === undefined && !postCommands) {
        if (!this.#awaitPidFile(PIDFile)) this.enterSignal('stop-sigterm', 'protocol');
        return;
      }
    } else this.searchMainPid();
    this.enterStartPost();
  }

  #startPostDone(result: ServiceResult): void {
    if (result !== 'success') {
      this.enterSignal('stop-sigterm', result);
      return;
    }
    const { PIDFile } = this.settings;
    if (PIDFile !== undefined) {
      if (this.loadPidFile(true) === undefined) {
        if (!this.#awaitPidFile(PIDFile)) this.enterStop('protocol');
        return;
      }
    } else this.searchMainPid();
    this.enterRunning('success');
  }

  /** Waits for the PID file; false where it can't be watched or nobody is left to write it. */
  #awaitPidFile(path: string): boolean {
    if (!this.pidFileWatch.open(path)) return false;
    const before = this.state;
    // It may have come before the watch did.
    this.pidFileChanged();
    if (this.state !== before) return true;
    return this.hasProcesses;
  }

  protected pidFileChanged(): void {
    if (!this.pidFileWatch.active || (this.state !== 'start' && this.state !== 'start-post')) return;
    if (this.loadPidFile(false) === undefined) return;
    this.pidFileWatch.close();
    this.enterRunning('success');
  }

  protected pidFileLost(): void {
    this.enterSignal('stop-sigterm', 'resources');
  }

  // ---- the name on the bus --------------------------------------------------------------------------------------

  protected busNameChanged(owner: string | undefined): void {
    const { Type, BusName = '' } = this.settings;
    this.log(7, `D-Bus name ${BusName} ${owner === undefined ? 'not owned anymore' : `now owned by ${owner}`}`);
    if (Type !== 'dbus') {
      if (owner !== undefined) this.takeProcessOf(BusName);
    } else if (this.state === 'running') this.enterRunning('success');
    else if (this.state === 'start' && (owner !== undefined || !this.awaitsBusName())) this.enterStartPost();
  }

  // ---- the last process -----------------------------------------------------------------------------------------

  /**
   * As long as a process is known whose exit will be told, that is what counts, for it has a status. Only where there is
   * none is the end of the last of all the service's processes waited for.
   */
  protected watchForEmpty(): void {
    const { tracker } = this.manager;
    const known = this.controlPid > 0 || (this.mainPid > 0 && !this.mainPidAlien);
    if (known || !this.#emptyMatters) tracker.cancelWhenEmpty(this.id);
    else tracker.whenEmpty(this.id, () => this.#becameEmpty());
  }

  get #emptyMatters(): boolean {
    const { state } = this;
    if (state === 'start' || state === 'start-post')
      return this.pidFileWatch.active || this.saysWhenReady || this.settings.ExitType === 'cgroup';
    return state === 'running' || (isStopping.has(state) && state !== 'stop');
  }

  #becameEmpty(): void {
    const gone = this.mainPidGood !== true && this.controlPid === 0;
    switch (this.state) {
      case 'start':
        if (this.saysWhenReady && this.mainPidGood === false && this.controlPid === 0) {
          this.enterStopPost('protocol');
          break;
        }
        if (this.settings.ExitType === 'cgroup' && this.mainPidGood !== true) {
          this.enterStopPost('success');
          break;
        }
        this.#pidFileNeverCame();
        break;
      case 'start-post':
        this.#pidFileNeverCame();
        break;
      case 'running':
        // A main process that is not the service's own may be alive still.
        if (!this.isGood) this.enterRunning('success');
        break;
      case 'stop-watchdog':
      case 'stop-sigterm':
      case 'stop-sigkill':
        if (gone) this.enterStopPost('success');
        break;
      case 'stop-post':
      case 'final-watchdog':
      case 'final-sigterm':
      case 'final-sigkill':
        if (gone) this.enterDead('success', true);
        break;
    }
  }

  /** As long as the main process is not known, the file may yet come from somewhere else, and the time limit counts. */
  #pidFileNeverCame(): void {
    if (!this.pidFileWatch.active || this.mainPidGood !== false || this.controlPid > 0) return;
    this.log(4, 'Daemon never wrote its PID file. Failing.');
    this.pidFileWatch.close();
    if (this.state === 'start') this.enterStopPost('protocol');
    else this.enterStop('protocol');
  }

  // ---- timeouts -------------------------------------------------------------------------------------------------

  protected timedOut(): void {
    const { TimeoutStartFailureMode, TimeoutStopFailureMode } = this.settings;
    const { state } = this;
    switch (state) {
      case 'condition':
      case 'start-pre':
      case 'start':
      case 'start-post':
        this.#giveUp(`${state} operation timed out.`, TimeoutStartFailureMode, 'stop');
        break;
      case 'running':
        this.log(4, 'Service reached runtime time limit. Stopping.');
        this.enterStop('timeout');
        break;
      case 'reload':
      case 'reload-signal':
      case 'reload-notify':
      case 'reload-post':
        this.log(4, 'Reload operation timed out. Killing reload process.');
        this.killControlProcess();
        this.reloadResult = 'timeout';
        this.enterRunning('success');
        break;
      case 'stop':
        this.#giveUp('Stopping timed out.', TimeoutStopFailureMode, 'stop');
        break;
      case 'stop-watchdog':
        this.#giveUp("State 'stop-watchdog' timed out.", 'kill', 'stop');
        break;
      case 'stop-sigterm':
        this.#giveUp("State 'stop-sigterm' timed out.", TimeoutStopFailureMode === 'abort' ? 'abort' : 'kill', 'stop');
        break;
      case 'stop-sigkill':
        this.log(4, 'Processes still around after SIGKILL. Ignoring.');
        this.enterStopPost('timeout');
        break;
      case 'stop-post':
        this.#giveUp("State 'stop-post' timed out.", TimeoutStopFailureMode, 'final');
        break;
      case 'final-watchdog':
        this.#giveUp("State 'final-watchdog' timed out.", 'kill', 'final');
        break;
      case 'final-sigterm':
        this.#giveUp(
          "State 'final-sigterm' timed out.",
          TimeoutStopFailureMode === 'abort' ? 'abort' : 'kill',
          'final',
        );
        break;
      case 'final-sigkill':
        this.log(4, 'Processes still around after final SIGKILL. Entering failed mode.');
        this.enterDead('timeout', true);
        break;
      case 'auto-restart':
        this.enterRestart();
        break;
      case 'cleaning':
        this.log(4, 'Cleaning timed out. killing.');
        this.#cleaning?.cancel();
        if (this.cleanResult === 'success') this.cleanResult = 'timeout';
        this.enterSignal('final-sigkill', 'success');
        break;
    }
  }

  /** Something took too long: what TimeoutStartFailureMode= or TimeoutStopFailureMode= says happens to it. */
  #giveUp(what: string, mode: 'terminate' | 'abort' | 'kill', phase: 'stop' | 'final'): void {
    if (mode === 'terminate') {
      this.log(4, `${what} Terminating.`);
      this.enterSignal(`${phase}-sigterm`, 'timeout');
    } else if (mode === 'abort') {
      this.log(4, `${what} Aborting.`);
      this.enterSignal(`${phase}-watchdog`, 'timeout');
    } else if (this.killSettings.SendSIGKILL) {
      this.log(4, `${what} Killing.`);
      this.enterSignal(`${phase}-sigkill`, 'timeout');
    } else if (phase === 'stop') {
      this.log(4, `${what} Skipping SIGKILL.`);
      this.enterStopPost('timeout');
    } else {
      this.log(4, `${what} Skipping SIGKILL. Entering failed mode.`);
      this.enterDead('timeout', false);
    }
  }
}
