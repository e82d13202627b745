/**
 * What a service has beside its state machine (service.ts): settings, processes and their statuses, timer, watchdog,
 * descriptors, and everything that `show` asks of it.
 */
import { SpawnError } from '../exec/failure.ts';
import { PrivateTmpDirectories } from '../exec/private-tmp.ts';
import { spawnCommand } from '../exec/spawn.ts';
import type { PassedFd } from '../exec/stdio.ts';
import type { Keeper } from '../kept/keeper.ts';
import type { AcceptedConnection, ProcessExit, Timer } from '../sys/host.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import type { KillSettings } from '../unitfile/directives/kill.ts';
import type { ServiceSettings } from '../unitfile/directives/service.ts';
import type { ExecCommand } from '../unitfile/language/exec-command.ts';
import { usecText } from '../values/time/time-span.ts';
import { fractionOf } from './chance.ts';
import { FdStore, keepsStore } from './fd-store.ts';
import { PidFileWatch } from './pid-file-watch.ts';
import { RateLimit } from './rate-limit.ts';
import { logResources } from './resources.ts';
import { type SpawnFlags, serviceEnvironment, withoutLogLimit } from './service-environment.ts';
import { restartDelayMs } from './service-restart.ts';
import {
  activeStateOf,
  activeStates,
  type ExecKind,
  type ExecStatus,
  endedStatus,
  execKinds,
  isDead,
  keptStatus,
  noErrors,
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

/** A unit that hands over listening descriptors: a socket. */
interface DescriptorSource extends Unit {
  readonly descriptors: readonly PassedFd[];
}

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
  /** sd_notify(3), STATUS=, and ERRNO= and its kin. */
  statusText = '';
  statusErrors = noErrors;
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
  /** While it goes on from what was kept: what the state's time limit was, and whether its PID file was waited for. */
  #keptTimeoutMs = 0;
  #awaitsPidFile = false;
  protected readonly pidFileWatch: PidFileWatch;
  /** Quietly: its end is none that OnFailure= or OnSuccess= is about. */
  protected willAutoRestart: boolean | 'quietly' = false;
  /** Type=idle: what the child waits to be closed; negative: nothing. */
  #idleFd = -1;

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
    const { code, status } = this.mainStatus;
    if (code === undefined) return undefined;
    return code === 'exited' ? status : 255;
  }

  override get willRestart(): boolean {
    return this.willAutoRestart !== false || this.#state === 'auto-restart' || this.job?.type === 'start';
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
      endsQuietly: this.willAutoRestart === 'quietly',
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

  // ---- a new program under it -----------------------------------------------------------------------------------

  override keep(k: Keeper): void {
    super.keep(k);
    this.#state = k.word('state', this.#state, activeStates);
    this.result = k.word('result', this.result);
    this.reloadResult = k.word('reloadResult', this.reloadResult);
    this.cleanResult = k.word('cleanResult', this.cleanResult);
    this.mainPid = k.number('mainPid', this.mainPid);
    this.mainPidKnown = k.flag('mainPidKnown', this.mainPidKnown);
    this.mainPidAlien = k.flag('mainPidAlien', this.mainPidAlien);
    this.controlPid = k.number('controlPid', this.controlPid);
    this.mainStatus = keptStatus(k.plain('mainStatus', this.mainStatus));
    for (const kind of execKinds) {
      const list = k.plain(`statuses of ${kind}`, this.#statuses.get(kind));
      // JSON has no holes: commands that have not run have no status.
      if (list !== undefined && k.isReading) this.#statuses.set(kind, list.map(keptStatus));
    }
    this.controlCommand = k.plain('controlCommand', this.controlCommand);
    this.mainCommand = k.plain('mainCommand', this.mainCommand);
    this.nRestarts = k.number('nRestarts', this.nRestarts);
    this.restartExtraMs = k.number('restartExtraMs', this.restartExtraMs);
    this.debugInvocation = k.flag('debugInvocation', this.debugInvocation);
    this.statusText = k.text('statusText', this.statusText);
    this.statusErrors = k.plain('statusErrors', this.statusErrors);
    k.inner('notifyComplaints', (of) => this.notifyComplaints.keep(of));
    this.notifyAccess = k.plain('notifyAccess', this.notifyAccess);
    this.notifyState = k.word('notifyState', this.notifyState);
    this.uid = k.plain('uid', this.uid);
    this.gid = k.plain('gid', this.gid);
    k.inner('fdStore', (of) => this.fdStore.keep(of));
    k.inner('privateTmp', (of) => this.#privateTmp.keep(of));
    this.#keepDescriptors(k);
    this.#keepTimers(k);
  }

  #keepDescriptors(k: Keeper): void {
    const { stdin, stdout, stderr } = this.#givenStdio;
    const given = {
      stdin: k.maybeFd('stdin', stdin),
      stdout: k.maybeFd('stdout', stdout),
      stderr: k.maybeFd('stderr', stderr),
    };
    this.#givenStdio = Object.fromEntries(Object.entries(given).filter(([, fd]) => fd !== undefined));
    this.#idleFd = k.fd('idleFd', this.#idleFd);
    const held = this.#connection;
    if (held === undefined && !k.isReading) return;
    k.inner('connection', (of) => {
      const fd = of.fd('fd', held?.connection.fd ?? -1);
      const facts = of.plain('facts', held === undefined ? undefined : { ...held.connection });
      const socket = of.text('socket', held?.socket.id ?? '');
      if (of.isReading && fd >= 0 && facts !== undefined)
        this.#connection = { connection: { ...facts, fd }, socket: this.manager.units.load(socket) };
    });
  }

  /** What the timers count is kept, and that they do: `revive` starts them. */
  #keepTimers(k: Keeper): void {
    this.watchdogTimestamp = k.plain('watchdogTimestamp', this.watchdogTimestamp);
    this.#armed = k.number('armed', this.#armed);
    this.#deadline = k.number('deadline', this.#timer === undefined ? infinity : this.#deadline);
    this.#extended = k.number('extended', this.#extended);
    this.#watchdogDeadline = k.number(
      'watchdogDeadline',
      this.#watchdogTimer === undefined ? infinity : this.#watchdogDeadline,
    );
    this.#watchdogMs = k.number('watchdogMs', this.#watchdogMs);
    this.#watchdogOverrideMs = k.plain('watchdogOverrideMs', this.#watchdogOverrideMs);
    this.#keptTimeoutMs = k.number('stateTimeoutMs', this.loadState === 'loaded' ? this.#stateTimeoutMs : 0);
    this.#awaitsPidFile = k.flag('awaitsPidFile', this.pidFileWatch.active);
  }

  override revive(): void {
    super.revive();
    const { exits, host } = this.manager;
    for (const pid of [this.mainPid, this.controlPid].filter((one) => one > 0)) {
      exits.watch(pid, this);
      // The end of a process that somebody has asked about is told at once.
      host.process(pid);
    }
    if (this.#connection !== undefined) {
      this.addDependency('TriggeredBy', this.#connection.socket);
      this.addDependency('After', this.#connection.socket);
    }
    if (this.#idleFd >= 0) this.#holdBack(this.#idleFd);
    if (this.loadState === 'loaded' && this.#state !== 'running' && this.#keptTimeoutMs !== this.#stateTimeoutMs) {
      this.#rearm();
    } else if (this.#deadline !== infinity) this.#fireAt(this.#deadline);
    if (this.#watchdogDeadline !== infinity) this.#armWatchdog(Math.max(0, this.#watchdogDeadline - host.monotonic()));
    const { PIDFile } = this.settings;
    if (this.#awaitsPidFile && PIDFile !== undefined && this.pidFileWatch.open(PIDFile))
      host.defer(() => this.pidFileChanged());
    this.watchForEmpty();
  }

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
    return this.manager.tracker.hasProcesses(this.id);
  }

  /** Another process than before, and one that can be a service's. `own`: it was spawned just now, and so is our child. */
  setMainPid(pid: number, own = false): void {
    const { host } = this.manager;
    this.unwatchMainPid();
    const known = own ? [...this.#statuses.values()].flat().find((status) => status?.pid === pid) : undefined;
    this.mainStatus = { ...(known ?? startedStatus(pid, this.manager.timestamp(), false)) };
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
        environment: serviceEnvironment(this, flags, this.#connection?.connection.remote),
        sandbox: !(control && settings.PermissionsStartOnly),
        chroot: !(control && settings.RootDirectoryStartOnly),
        ttyStdin: flags.ttyStdin === true,
        writeCredentials: flags.credentials === true,
        seesCredentials: kind.startsWith('ExecStart'),
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
      this.setStatus(kind, index, startedStatus(spawned.pid, manager.timestamp(), !spawned.failed));
      manager.exits.watch(spawned.pid, this);
      if (idle !== undefined) this.#holdBack(idle.write);
      return spawned;
    } catch (error) {
      if (idle !== undefined) manager.host.closeFd(idle.write);
      throw error;
    } finally {
      if (idle !== undefined) manager.host.closeFd(idle.read);
    }
  }

  /** Its program begins when no job is left. */
  #holdBack(fd: number): void {
    if (fd !== this.#idleFd) this.#letGo();
    this.#idleFd = fd;
    this.manager.jobs.whenIdle(() => {
      if (this.#idleFd === fd) this.#letGo();
    });
  }
  #letGo(): void {
    if (this.#idleFd >= 0) this.manager.host.closeFd(this.#idleFd);
    this.#idleFd = -1;
  }

  #sockets(): PassedFd[] {
    if (this.#connection !== undefined) return [{ fd: this.#connection.connection.fd, name: 'connection' }];
    const all: PassedFd[] = [];
    for (const unit of this.related('triggeredBy'))
      if (unit.type === 'socket') all.push(...(unit as DescriptorSource).descriptors);
    return all;
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
}
