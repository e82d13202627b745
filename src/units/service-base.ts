/**
 * What a service has beside its state machine (service.ts): settings, processes and their statuses, timer, watchdog,
 * descriptors, and everything that `show` asks of it.
 */
import { cleanable } from '../exec/directories.ts';
import { SpawnError } from '../exec/failure.ts';
import { PrivateTmpDirectories } from '../exec/private-tmp.ts';
import { spawnCommand } from '../exec/spawn.ts';
import type { PassedFd } from '../exec/stdio.ts';
import type { AcceptedConnection, ProcessExit, Timer } from '../sys/host.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import type { KillSettings } from '../unitfile/directives/kill.ts';
import type { ServiceSettings } from '../unitfile/directives/service.ts';
import type { ExecCommand } from '../unitfile/language/exec-command.ts';
import { signalName } from '../values/signals.ts';
import { usecText } from '../values/time/time-span.ts';
import { fractionOf } from './chance.ts';
import { FdStore, keepsStore } from './fd-store.ts';
import { guessMainPid, readPidFile } from './main-pid.ts';
import { PidFileWatch } from './pid-file-watch.ts';
import { RateLimit } from './rate-limit.ts';
import { logResources } from './resources.ts';
import { restartDelayMs } from './service-restart.ts';
import {
  activeStateOf,
  type ExecKind,
  type ExecStatus,
  endedStatus,
  isDead,
  noStatus,
  type ServiceResult,
  type ServiceState,
  startedStatus,
  withConnection,
  withControlProcess,
  withMainProcess,
  withTimer,
  withWatchdog,
} from './service-types.ts';
import {
  type ActiveState,
  type ExitWatcher,
  isInactiveOrFailed,
  type Timestamp,
  Unit,
  type UnitManager,
} from './unit.ts';

const infinity = Number.POSITIVE_INFINITY;
const SIGKILL = 9;

/** A unit that hands over listening descriptors: a socket. */
interface DescriptorSource extends Unit {
  readonly descriptors: readonly PassedFd[];
}

/** What a command of a phase is run with. */
export interface SpawnFlags {
  /** A control process; else the main one. */
  control?: boolean;
  passFds?: boolean;
  ttyStdin?: boolean;
  /** WATCHDOG_USEC is told. */
  watchdog?: boolean;
  credentials?: boolean;
  /** SERVICE_RESULT, EXIT_CODE, EXIT_STATUS are told. */
  result?: boolean;
  /** MONITOR_* of the service that this one handles the end of. */
  monitor?: boolean;
}

/** The same settings, but that all is logged: what no file has set is not the object's own. */
const withoutLogLimit = (exec: ExecSettings): ExecSettings =>
  Object.create(exec, { LogLevelMax: { value: undefined } });

export abstract class ServiceBase extends Unit implements ExitWatcher {
  #state: ServiceState = 'dead';
  result: ServiceResult = 'success';
  reloadResult: ServiceResult = 'success';
  cleanResult: ServiceResult = 'success';

  /** 0 where there is none, or none is known. */
  mainPid = 0;
  mainPidKnown = false;
  /** It is not our child: its exit is not told. */
  mainPidAlien = false;
  controlPid = 0;
  mainStatus: ExecStatus = noStatus();
  readonly #statuses = new Map<ExecKind, ExecStatus[]>();
  /** The command that the control process runs, the one of ExecStart= that the main process runs. */
  protected controlCommand: { kind: ExecKind; index: number } | undefined;
  protected mainCommand: { index: number } | undefined;

  nRestarts = 0;
  protected restartExtraMs = 0;
  /** RestartMode=debug has begun: this life and the next ones say more of themselves. */
  debugInvocation = false;
  /** sd_notify(3), STATUS= and ERRNO=. */
  statusText = '';
  statusErrno = 0;
  readonly notifyComplaints = new RateLimit(30_000, 100);
  notifyAccess: ServiceSettings['NotifyAccess'] | undefined;
  notifyState: 'unknown' | 'ready' | 'reloading' | 'stopping' = 'unknown';
  watchdogTimestamp: Timestamp = { realtime: 0, monotonic: 0 };
  /** Ids of the last process that ran as another user; undefined where none did. */
  uid: number | undefined;
  gid: number | undefined;

  readonly fdStore: FdStore;
  readonly #privateTmp: PrivateTmpDirectories;
  #connection: { connection: AcceptedConnection; socket: Unit } | undefined;
  /** Descriptors of a client for the three streams (systemd-run --pipe); owned by the service. */
  #givenStdio: { stdin?: number; stdout?: number; stderr?: number } = {};

  #timer: Timer | undefined;
  /** Monotonic milliseconds: since when the timer counts, when it fires, and what EXTEND_TIMEOUT_USEC= has put off until. */
  #armed = 0;
  #deadline = infinity;
  #extended = 0;
  #watchdogTimer: Timer | undefined;
  #watchdogDeadline = infinity;
  /** WatchdogSec= as it was when the service started, and what WATCHDOG_USEC= has made of it. */
  #watchdogMs = 0;
  #watchdogOverrideMs: number | undefined;
  protected readonly pidFileWatch: PidFileWatch;
  protected willAutoRestart = false;

  constructor(manager: UnitManager, name: string) {
    super(manager, 'service', name);
    this.fdStore = new FdStore(manager.host, () => this.storeEmptied());
    this.#privateTmp = new PrivateTmpDirectories(manager.host, name);
    this.pidFileWatch = new PidFileWatch(
      this,
      () => this.pidFileChanged(),
      () => this.pidFileLost(),
    );
  }

  // ---- settings -------------------------------------------------------------------------------------------------

  protected override configured(): void {
    // Not from within the reload, for this may end the start.
    if (this.pidFileWatch.active) this.manager.host.defer(() => this.pidFileWatch.moved(this.settings.PIDFile));
  }

  get settings(): ServiceSettings {
    return this.loaded.service!;
  }
  get exec(): ExecSettings {
    return this.loaded.exec!;
  }
  get killSettings(): KillSettings {
    return this.loaded.kill!;
  }
  /** Type=notify and its kin: the service itself says when it is up. */
  get saysWhenReady(): boolean {
    return this.settings.Type.startsWith('notify');
  }
  commands(kind: ExecKind): readonly ExecCommand[] {
    return this.settings[kind];
  }

  // ---- state ----------------------------------------------------------------------------------------------------

  get state(): ServiceState {
    return this.#state;
  }
  get activeState(): ActiveState {
    return activeStateOf(this.#state, this.#isIdle);
  }
  get subState(): string {
    return this.#state;
  }
  get #isIdle(): boolean {
    return this.loadState !== 'stub' && this.settings.Type === 'idle';
  }

  /** What the unit says, with the peer for the instance of a connection; where it says nothing, the peer alone. */
  override get description(): string {
    const { remote, peer } = this.#connection?.connection ?? {};
    const from =
      remote !== undefined
        ? `${remote.address.includes(':') ? `[${remote.address}]` : remote.address}:${remote.port}`
        : peer !== undefined
          ? `PID ${peer.pid}/UID ${peer.uid}`
          : undefined;
    if (from === undefined) return super.description;
    return this.loaded.unit.Description === undefined ? from : `${super.description} (${from})`;
  }

  override get exitStatus(): number | undefined {
    return this.mainStatus.code === 'exited' ? this.mainStatus.status : undefined;
  }

  override get willRestart(): boolean {
    return this.willAutoRestart || this.#state === 'auto-restart' || this.job?.type === 'start';
  }

  protected setState(state: ServiceState): void {
    const from = this.activeState;
    const before = this.#state;
    this.#state = state;
    this.pidFileWatch.close();
    if (!withTimer.has(state)) this.armTimer(infinity);
    if (!withMainProcess.has(state)) {
      this.unwatchMainPid();
      this.mainCommand = undefined;
    }
    if (!withControlProcess.has(state)) {
      this.unwatchControlPid();
      this.controlCommand = undefined;
    }
    if (!withConnection.has(state) && !(isDead.has(state) && this.job !== undefined)) this.closeConnection();
    if (!withWatchdog.has(state)) this.stopWatchdog();
    if (before !== state) this.log(7, `Changed ${before} -> ${state}`);
    const to = this.activeState;
    this.changed(from, to, {
      reloadFailed: this.reloadResult !== 'success',
      willAutoRestart: this.willAutoRestart,
    });
    if (isInactiveOrFailed(to) && !isInactiveOrFailed(from)) logResources(this);
    this.watchForEmpty();
  }

  /** CPU time of the processes that ended, milliseconds. */
  get cpuUsageMs(): number {
    return this.manager.tracker.cpuMsOf(this.id);
  }

  /** After a change: whether the end of the last process is what the service waits for. */
  protected abstract watchForEmpty(): void;
  protected abstract timedOut(): void;
  protected abstract storeEmptied(): void;
  protected abstract watchdogExpired(limitMs: number): void;
  protected abstract pidFileChanged(): void;
  /** It can't be watched any longer. */
  protected abstract pidFileLost(): void;
  abstract processExited(exit: ProcessExit): void;

  // ---- timer ----------------------------------------------------------------------------------------------------

  /** One timer for whatever the state waits for; Infinity switches it off. */
  protected armTimer(ms: number): void {
    this.#armed = this.manager.host.monotonic();
    this.#extended = 0;
    this.#fireAt(this.#armed + ms);
  }

  #fireAt(deadline: number): void {
    this.#timer?.cancel();
    const { host } = this.manager;
    this.#deadline = deadline;
    this.#timer = host.after(Math.max(0, deadline - host.monotonic()), () => {
      this.#timer = undefined;
      this.timedOut();
    });
  }

  get #stateTimeoutMs(): number {
    const { settings } = this;
    if (this.#state === 'cleaning') return this.exec.TimeoutCleanSec;
    if (this.#state === 'auto-restart') return restartDelayMs(settings, this.nRestarts) + this.restartExtraMs;
    if (this.activeState !== 'deactivating') return settings.TimeoutStartSec;
    return this.#state.endsWith('-watchdog') ? this.timeoutAbortMs : settings.TimeoutStopSec;
  }

  /** After daemon-reload: what the settings say now counts, from when the state was entered. */
  #rearm(): void {
    if (this.#state === 'running') this.armRuntimeTimer();
    else if (withTimer.has(this.#state)) this.#fireAt(Math.max(this.#armed + this.#stateTimeoutMs, this.#extended));
  }

  /** Monotonic milliseconds at which the state's timer fires; Infinity where none runs. */
  override get timerDeadline(): number {
    return this.#timer === undefined ? infinity : this.#deadline;
  }

  /** TimeoutAbortSec=, which is TimeoutStopSec= where it is not set. */
  protected get timeoutAbortMs(): number {
    return this.settings.TimeoutAbortSec ?? this.settings.TimeoutStopSec;
  }

  /** RuntimeMaxSec= from the moment the unit became active, and a random bit of RuntimeRandomizedExtraSec=. */
  protected armRuntimeTimer(): void {
    const { RuntimeMaxSec, RuntimeRandomizedExtraSec } = this.settings;
    const { host } = this.manager;
    const extra =
      RuntimeRandomizedExtraSec === infinity ? 0 : fractionOf(host.randomBytes(4)) * RuntimeRandomizedExtraSec;
    this.armTimer(this.activeEnterTimestamp.monotonic + RuntimeMaxSec + extra - host.monotonic());
  }

  /** sd_notify(3), EXTEND_TIMEOUT_USEC=: the timers that run end no sooner than this. */
  extendTimeout(ms: number): void {
    if (ms === infinity) return;
    const until = this.manager.host.monotonic() + ms;
    if (this.#timer !== undefined && this.#deadline < until) this.#fireAt(until);
    this.#extended = Math.max(this.#extended, until);
    if (this.#watchdogTimer !== undefined && this.#watchdogDeadline < until) this.#armWatchdog(ms);
  }

  // ---- watchdog -------------------------------------------------------------------------------------------------

  /** WatchdogUSec as it is in force: milliseconds, 0 for none. */
  get watchdogMs(): number {
    return this.#watchdogOverrideMs ?? this.#watchdogMs;
  }

  protected prepareWatchdog(): void {
    const { WatchdogSec } = this.settings;
    this.#watchdogMs = WatchdogSec === infinity ? 0 : WatchdogSec;
    this.#watchdogOverrideMs = undefined;
  }

  resetWatchdog(): void {
    this.watchdogTimestamp = this.manager.timestamp();
    const ms = this.watchdogMs;
    if (ms <= 0 || ms === infinity) this.stopWatchdog();
    else this.#armWatchdog(ms);
  }

  overrideWatchdog(ms: number): void {
    this.#watchdogOverrideMs = ms;
    this.resetWatchdog();
  }

  #armWatchdog(ms: number): void {
    this.#watchdogTimer?.cancel();
    const { host } = this.manager;
    this.#watchdogDeadline = host.monotonic() + ms;
    const timer = host.after(ms, () => {
      // A sign of life that waits in the socket counts: it is read before this.
      host.defer(() => {
        if (this.#watchdogTimer !== timer) return;
        this.#watchdogTimer = undefined;
        this.watchdogExpired(this.watchdogMs);
      });
    });
    this.#watchdogTimer = timer;
  }

  protected stopWatchdog(): void {
    this.#watchdogTimer?.cancel();
    this.#watchdogTimer = undefined;
    this.watchdogTimestamp = { realtime: 0, monotonic: 0 };
  }

  // ---- processes ------------------------------------------------------------------------------------------------

  /** Statuses of the commands of a kind, in their order; for `show` and `status`. */
  statusesOf(kind: ExecKind): ExecStatus[] {
    const known = this.#statuses.get(kind) ?? [];
    return this.commands(kind).map((_, index) => known[index] ?? noStatus());
  }
  protected setStatus(kind: ExecKind, index: number, status: ExecStatus): void {
    const list = this.#statuses.get(kind) ?? [];
    list[index] = status;
    this.#statuses.set(kind, list);
  }
  protected statusOf(kind: ExecKind, index: number): ExecStatus {
    return this.#statuses.get(kind)?.[index] ?? noStatus();
  }
  /** Of the commands only the main process is known after daemon-reload: the others are commands of another reading. */
  override reread(): void {
    super.reread();
    this.#statuses.clear();
    this.#rearm();
  }
  protected resetStatuses(): void {
    this.#statuses.clear();
    this.mainStatus = noStatus();
  }

  /** undefined: it is not known whether there is a main process. */
  protected get mainPidGood(): boolean | undefined {
    if (!this.mainPidKnown) return undefined;
    if (!this.mainPidAlien || this.mainPid <= 0) return this.mainPid > 0;
    const state = this.manager.host.process(this.mainPid)?.state;
    return state !== undefined && state !== 'Z' && state !== 'X';
  }
  protected get hasProcesses(): boolean {
    return this.manager.tracker.processesOf(this.id).length > 0;
  }

  /** Another process than before, and one that can be a service's. `own`: it was spawned just now, and so is our child. */
  setMainPid(pid: number, own = false): void {
    const { host } = this.manager;
    this.unwatchMainPid();
    this.mainStatus = startedStatus(pid, this.manager.timestamp());
    this.mainPid = pid;
    this.mainPidKnown = true;
    const parent = own ? host.pid : host.process(pid)?.ppid;
    this.mainPidAlien = parent !== undefined && parent !== host.pid;
    if (this.mainPidAlien)
      this.log(4, `Supervising process ${pid} which is not our child. We'll most likely not notice when it exits.`);
    this.manager.exits.watch(pid, this);
  }

  protected unwatchMainPid(): void {
    this.manager.exits.unwatch(this.mainPid);
    this.mainPid = 0;
  }
  protected unwatchControlPid(): void {
    this.manager.exits.unwatch(this.controlPid);
    this.controlPid = 0;
  }

  protected noteExit(status: ExecStatus, exit: ProcessExit): ExecStatus {
    return endedStatus(status, exit, this.manager.timestamp());
  }

  /**
   * Starts a command and the timer for it. Throws SpawnError, which has been logged, where there is no process.
   */
  protected spawn(
    kind: ExecKind,
    index: number,
    timeoutMs: number,
    flags: SpawnFlags,
  ): { pid: number; failed: boolean } {
    const command = this.commands(kind)[index];
    if (command === undefined) throw new SpawnError(`No ${kind}= command`, 'ENXIO');
    const { settings, exec, manager } = this;
    const control = flags.control === true;
    const socketStdio = [exec.StandardInput, exec.StandardOutput, exec.StandardError].some((s) => s.kind === 'socket');
    const sockets = flags.passFds || socketStdio ? this.#sockets() : [];
    const stored = flags.passFds || socketStdio ? this.fdStore.entries : [];
    this.armTimer(timeoutMs);
    const idle =
      kind === 'ExecStart' && settings.Type === 'idle' && !manager.jobs.idle ? manager.host.pipe() : undefined;
    try {
      const spawned = spawnCommand(this, {
        exec: this.debugInvocation ? withoutLogLimit(exec) : exec,
        command,
        environment: this.#environment(flags),
        sandbox: !(control && settings.PermissionsStartOnly),
        chroot: !(control && settings.RootDirectoryStartOnly),
        ttyStdin: flags.ttyStdin === true,
        writeCredentials: flags.credentials === true,
        ...(flags.watchdog && this.watchdogMs > 0 ? { watchdogUSec: usecText(this.watchdogMs) } : {}),
        fds: [...sockets, ...stored],
        socketCount: sockets.length,
        nonBlocking: settings.NonBlocking,
        openFiles: flags.passFds ? settings.OpenFile : [],
        given: this.#givenStdio,
        keepsReserve: kind.startsWith('ExecStart') || kind === 'ExecCondition',
        privateTmp: () => this.#privateTmp.acquire(this.#joinedTmp()),
        ...(idle === undefined ? {} : { idleFd: idle.read }),
      });
      this.uid = spawned.uid;
      this.gid = spawned.gid;
      this.setStatus(kind, index, startedStatus(spawned.pid, manager.timestamp()));
      manager.exits.watch(spawned.pid, this);
      if (idle !== undefined) manager.jobs.whenIdle(() => manager.host.closeFd(idle.write));
      return spawned;
    } catch (error) {
      if (idle !== undefined) manager.host.closeFd(idle.write);
      throw error;
    } finally {
      if (idle !== undefined) manager.host.closeFd(idle.read);
    }
  }

  #sockets(): PassedFd[] {
    if (this.#connection !== undefined) return [{ fd: this.#connection.connection.fd, name: 'connection' }];
    const all: PassedFd[] = [];
    for (const unit of this.related('triggeredBy'))
      if (unit.type === 'socket') all.push(...(unit as DescriptorSource).descriptors);
    return all;
  }

  /** systemd.exec(5), "ENVIRONMENT VARIABLES IN SPAWNED PROCESSES": those that depend on the service. */
  #environment(flags: SpawnFlags): string[] {
    const { settings, manager } = this;
    const env: string[] = [];
    const { NotifyAccess } = settings;
    const mayNotify = flags.control ? NotifyAccess === 'exec' || NotifyAccess === 'all' : NotifyAccess !== 'none';
    if (mayNotify) env.push(`NOTIFY_SOCKET=${manager.notifySocket}`);
    if (this.mainPid > 0) env.push(`MAINPID=${this.mainPid}`);
    if (manager.scope === 'user') env.push(`MANAGERPID=${manager.host.pid}`);
    if (settings.PIDFile !== undefined) env.push(`PIDFILE=${settings.PIDFile}`);
    if (this.debugInvocation) env.push('DEBUG_INVOCATION=1');
    const remote = this.#connection?.connection.remote;
    if (remote !== undefined) env.push(`REMOTE_ADDR=${remote.address}`, `REMOTE_PORT=${remote.port}`);
    if (flags.result) env.push(...resultVariables(this, ''));
    else if (flags.monitor) {
      const source = this.#triggeringService();
      if (source !== undefined) {
        env.push(...resultVariables(source, 'MONITOR_'));
        if (source.invocationId !== '') env.push(`MONITOR_INVOCATION_ID=${source.invocationId}`);
        env.push(`MONITOR_UNIT=${source.id}`);
      }
    }
    if (this.activationDetails !== undefined) {
      env.push(`TRIGGER_UNIT=${this.activationDetails.triggerUnit}`);
      for (const [name, value] of this.activationDetails.environment) env.push(`${name}=${value}`);
    }
    return env;
  }

  /** The service whose end this one handles (OnFailure=, OnSuccess=), where it is only one. */
  #triggeringService(): ServiceBase | undefined {
    let candidate: Unit | undefined;
    for (const kind of ['OnFailureOf', 'OnSuccessOf'] as const)
      for (const other of this.dependencies.get(kind) ?? []) {
        if (candidate !== undefined) {
          this.log(
            4,
            `multiple trigger source candidates for exit status propagation (${candidate.id}, ${other.id}), skipping.`,
          );
          return undefined;
        }
        candidate = other;
      }
    return candidate instanceof ServiceBase ? candidate : undefined;
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

  // ---- descriptors ----------------------------------------------------------------------------------------------

  /** The connection that an instance of an Accept=yes socket serves. The service owns its descriptor from now on. */
  setConnection(connection: AcceptedConnection, socket: Unit): void {
    this.closeConnection();
    this.#connection = { connection, socket };
  }
  protected closeConnection(): void {
    if (this.#connection !== undefined) this.manager.host.discardFd(this.#connection.connection.fd);
    this.#connection = undefined;
  }

  /** Streams of a client that waits (systemd-run --pipe, --pty). The service owns the descriptors from now on. */
  setStdio(stdio: { stdin?: number; stdout?: number; stderr?: number }): void {
    this.#givenStdio = stdio;
  }

  /** Gives up what outlives a start: streams where it will not start again, kept descriptors as it is told. */
  protected releaseResources(): void {
    if (!keepsStore(this)) this.fdStore.clear();
    if (this.willRestart) return;
    for (const fd of new Set(Object.values(this.#givenStdio))) if (fd !== undefined) this.manager.host.discardFd(fd);
    this.#givenStdio = {};
  }

  /** Of the units that JoinsNamespaceOf= names. */
  #joinedTmp(): PrivateTmpDirectories[] {
    const joined = [...(this.dependencies.get('JoinsNamespaceOf') ?? [])];
    return joined.flatMap((unit) => (unit instanceof ServiceBase ? [unit.#privateTmp] : []));
  }

  protected releasePrivateTmp(): void {
    this.#privateTmp.release(this.manager.shutdown.hasBegun);
  }

  /** CanClean= of `show`. */
  get canClean(): string[] {
    return cleanable(this.exec);
  }
}

function resultVariables(service: ServiceBase, prefix: string): string[] {
  const env = [`${prefix}SERVICE_RESULT=${service.result}`];
  const { code, status } = service.mainStatus;
  if (code !== undefined)
    env.push(`${prefix}EXIT_CODE=${code}`, `${prefix}EXIT_STATUS=${code === 'exited' ? status : signalName(status)}`);
  return env;
}
