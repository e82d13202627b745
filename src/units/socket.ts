/**
 * Sockets (systemd.socket(5)):
 *
 *   dead ─▶ start-pre ─▶ start-chown ─▶ start-post ─▶ listening ⇄ running (its service is)
 *                                                         │  deferred (it would be in conflict with others)
 *   dead | failed ◀─ stop-post ◀─ stop-pre ◀──────────────┘   with …-sigterm, …-sigkill where a command does not end
 *
 * Ownership is set by the manager, without the process that systemd makes for it: nothing waits for the names of users here.
 */

import { type KillOperation, warnLeftovers } from '../exec/kill.ts';
import { ipcOwnersOf } from '../exec/remove-ipc.ts';
import { removeRuntimeData } from '../exec/runtime-data.ts';
import type { Keeper } from '../kept/keeper.ts';
import type { AcceptedConnection } from '../sys/host.ts';
import type { SocketSettings } from '../unitfile/directives/socket.ts';
import type { ExecCommand } from '../unitfile/language/exec-command.ts';
import { replaceUnitInstance } from '../unitfile/language/unit-name.ts';
import { parseExitStatus } from '../values/exit-status.ts';
import { type CommandRun, ControlProcess, type ControlResult, type ControlWait } from './control-process.ts';
import { Deferral } from './deferral.ts';
import { JobError, type JobResult, type JobType } from './job-types.ts';
import { logProcessExit } from './process-exit.ts';
import { RateLimit } from './rate-limit.ts';
import { Service } from './service.ts';
import { type Port, SocketPorts } from './socket-ports.ts';
import { type ActiveState, isInactiveOrFailed, type OperationResult, Unit, type UnitManager } from './unit.ts';

/** Phases with commands. */
type Phase = 'start-pre' | 'start-post' | 'stop-pre' | 'stop-post';
type SignalState = 'stop-pre-sigterm' | 'stop-pre-sigkill' | 'final-sigterm' | 'final-sigkill';
type State = 'dead' | Phase | 'start-chown' | 'listening' | 'deferred' | 'running' | SignalState | 'failed';

export type SocketResult =
  | ControlResult
  | 'resources'
  | 'timeout'
  | 'start-limit-hit'
  | 'trigger-limit-hit'
  | 'service-start-limit-hit';

const activeStates: Record<State, ActiveState> = {
  dead: 'inactive',
  'start-pre': 'activating',
  'start-chown': 'activating',
  'start-post': 'activating',
  listening: 'active',
  deferred: 'active',
  running: 'active',
  'stop-pre': 'deactivating',
  'stop-pre-sigterm': 'deactivating',
  'stop-pre-sigkill': 'deactivating',
  'stop-post': 'deactivating',
  'final-sigterm': 'deactivating',
  'final-sigkill': 'deactivating',
  failed: 'failed',
};

const commandsOf = {
  'start-pre': 'ExecStartPre',
  'start-post': 'ExecStartPost',
  'stop-pre': 'ExecStopPre',
  'stop-post': 'ExecStopPost',
} as const satisfies Record<Phase, string>;

/** The kinds of commands that a socket has, in the order of their phases. */
export const socketCommands = Object.values(commandsOf);

const isSignalState = (state: State): state is SignalState => /-sig(?:term|kill)$/.test(state);

const infinity = Number.POSITIVE_INFINITY;

export class Socket extends Unit {
  #state: State = 'dead';
  result: SocketResult = 'success';
  readonly #ports = new SocketPorts(this);
  readonly #control: ControlProcess;
  /** Commands still to run in this phase. */
  #commands: ExecCommand[] = [];
  /** Units of connections that are open, and where each comes from; empty where that is not counted. */
  readonly #connections = new Map<Unit, string>();
  readonly #triggerLimit = new RateLimit(2000, 20);
  readonly #deferral = new Deferral(this, {
    again: () => this.#triggerAgain(),
    tooLong: () => {
      this.log(4, 'DeferTriggerMaxSec= elapsed. Stopping.');
      this.#enterStopPre('timeout');
    },
  });
  accepted = 0;
  refused = 0;

  constructor(manager: UnitManager, name: string) {
    super(manager, 'socket', name);
    this.#control = new ControlProcess(this);
  }

  override keep(k: Keeper): void {
    super.keep(k);
    this.#state = k.word('state', this.#state, activeStates);
    this.result = k.word('result', this.result);
    this.accepted = k.number('accepted', this.accepted);
    this.refused = k.number('refused', this.refused);
    k.inner('triggerLimit', (of) => this.#triggerLimit.keep(of));
    k.inner('ports', (of) => this.#ports.keep(of));
    k.inner('control', (of) => this.#control.keep(of));
    k.inner('deferral', (of) => this.#deferral.keep(of));
    const left = k.number('commands', this.#commands.length);
    const phase = this.#phase;
    if (k.isReading && phase !== undefined && left > 0) this.#commands = this.#settings[commandsOf[phase]].slice(-left);
    const connections = [...this.#connections].map(([unit, source]): [string, string] => [unit.id, source]);
    for (const [unit, source] of k.plain('connections', connections))
      this.#connections.set(this.manager.units.load(unit), source);
  }

  override revive(): void {
    super.revive();
    const phase = this.#phase;
    if (phase !== undefined) this.#control.revive(this.#waitIn(phase));
    else if (isSignalState(this.#state)) this.#control.revive(this.#waitAfter(this.#state));
    else if (this.#state === 'start-chown') this.#setOwnerSoon();
    else if (this.#state === 'deferred') this.#deferral.revive();
    else if (this.#state === 'listening' && !this.#ports.watch((port) => this.#incoming(port)))
      this.manager.host.defer(() => this.#enterStopPre('resources'));
  }

  /** The one that it is in. */
  get #phase(): Phase | undefined {
    const state = this.#state;
    return Object.hasOwn(commandsOf, state) ? (state as Phase) : undefined;
  }

  get activeState(): ActiveState {
    return activeStates[this.#state];
  }
  get subState(): string {
    return this.#state;
  }
  get controlPid(): number {
    return this.#control.pid;
  }
  /** Its commands of a kind, each with how its last run went. */
  commandsOf(kind: (typeof socketCommands)[number]): CommandRun[] {
    const commands = this.loaded.socket?.[kind] ?? [];
    return commands.map((command, index) => ({ command, status: this.#control.statusOf(kind, index) }));
  }
  get connections(): number {
    return this.#connections.size;
  }
  /** Listening descriptors in the order of the Listen lines, with the name that LISTEN_FDNAMES gives them. */
  get descriptors(): { fd: number; name: string }[] {
    const { FileDescriptorName, Accept } = this.#settings;
    const name = FileDescriptorName ?? (Accept ? 'connection' : this.id);
    return this.#ports.descriptors.map((fd) => ({ fd, name }));
  }

  get #settings(): SocketSettings {
    return this.loaded.socket!;
  }

  protected override configured(): void {
    const { Accept, TriggerLimitIntervalSec, TriggerLimitBurst } = this.#settings;
    // Without a line of its own the limit depends on Accept= (systemd.socket(5), TriggerLimitIntervalSec=).
    this.#triggerLimit.intervalMs = TriggerLimitIntervalSec === infinity ? 2000 : TriggerLimitIntervalSec;
    this.#triggerLimit.burst = TriggerLimitBurst === 4294967295 ? (Accept ? 200 : 20) : TriggerLimitBurst;
    if (this.#ports.descriptors.length === 0) this.#ports.reset();
  }

  protected override preventStart(): OperationResult | undefined {
    if (this.testStartLimit()) return undefined;
    this.#enterDead('start-limit-hit');
    return 'failed';
  }

  protected startNow(): OperationResult {
    if (this.activeState === 'deactivating') return 'again';
    if (this.activeState === 'activating') return 'quiet';
    const service = this.#settings.Accept ? undefined : this.triggered;
    if (service !== undefined) {
      if (service.loadState !== 'loaded') {
        this.log(3, `Socket service ${service.id} not loaded, refusing.`);
        return 'failed';
      }
      if (!isInactiveOrFailed(service.activeState) && service.subState !== 'auto-restart') {
        this.log(3, `Socket service ${service.id} already active, refusing.`);
        return 'failed';
      }
    }
    this.acquireInvocationId();
    this.result = 'success';
    this.manager.tracker.resetCpu(this.id);
    this.#control.forgetStatuses();
    this.#ports.reset();
    warnLeftovers(this, 'start');
    this.#enter('start-pre');
    return 'started';
  }

  override reread(): void {
    super.reread();
    this.#control.forgetStatuses();
    this.#control.limit(this.#settings.TimeoutSec);
    const open = this.#ports.reread();
    if (open === 'all' || !['start-chown', 'start-post', 'listening', 'deferred', 'running'].includes(this.#state))
      return;
    this.log(
      4,
      open === 'none'
        ? 'Socket unit configuration has changed while unit has been running, no open socket file descriptor left. The socket unit is not functional until restarted.'
        : 'Socket unit configuration has changed while unit has been running, and some socket file descriptors have not been opened yet. The socket unit is not fully functional until restarted.',
    );
  }

  protected stopNow(): OperationResult {
    switch (this.#state) {
      case 'start-pre':
      case 'start-chown':
      case 'start-post':
        this.#enterSignal('stop-pre-sigterm', 'success');
        return 'again';
      case 'listening':
      case 'deferred':
      case 'running':
        this.#enterStopPre('success');
        return 'started';
      default:
        return 'quiet';
    }
  }

  override resetFailed(): void {
    super.resetFailed();
    if (this.#state === 'failed') this.#setState('dead');
    this.result = 'success';
  }

  override triggeredUnitChanged(other: Unit): void {
    if (isInactiveOrFailed(other.activeState)) this.#connections.delete(other);
    if (this.#state !== 'running' && this.#state !== 'listening' && this.#state !== 'deferred') return;
    if (this.#settings.Accept) return;
    if (other.startLimitHit) {
      this.#enterStopPre('service-start-limit-hit');
      return;
    }
    if (other.job !== undefined) return;
    const over = ['dead', 'failed', 'final-sigterm', 'final-sigkill', 'auto-restart'];
    if (over.includes(other.subState)) this.#enterListening();
    if (other.subState === 'running' && this.#state !== 'running') this.#setState('running');
  }

  // ---- traffic --------------------------------------------------------------------------------------------------

  #incoming(port: Port): void {
    if (this.#state !== 'listening') return;
    if (!this.#settings.Accept) {
      this.#enterRunning();
      return;
    }
    let connection: AcceptedConnection | undefined;
    try {
      connection = this.manager.host.accept(port.fd);
    } catch (error) {
      this.log(4, `Failed to accept a connection: ${error instanceof Error ? error.message : String(error)}`);
      this.#enterStopPre('resources');
      return;
    }
    if (connection !== undefined) this.#connected(connection);
  }

  #withinTriggerLimit(): boolean {
    if (this.#triggerLimit.below(this.manager.host.monotonic())) return true;
    this.log(4, 'Trigger limit hit, refusing further activation.');
    this.#enterStopPre('trigger-limit-hit');
    return false;
  }

  #enterRunning(): void {
    if (this.stopPending) {
      this.#ports.flush();
      return;
    }
    if (!this.#withinTriggerLimit()) return;
    const service = this.triggered;
    if (service === undefined) {
      this.log(3, 'Service to activate vanished, refusing activation.');
      this.#enterStopPre('resources');
      return;
    }
    const pending = service.job?.type === 'start' || service.job?.type === 'restart';
    if (!pending && isInactiveOrFailed(service.activeState)) {
      try {
        this.manager.jobs.add('start', service, this.#settings.DeferTrigger === 'no' ? 'replace' : 'lenient');
      } catch (error) {
        if (!(error instanceof JobError)) throw error;
        if (this.#deferral.begin(error)) {
          this.#setState('deferred');
          return;
        }
        this.log(
          4,
          `Failed to queue service startup job (Maybe the service file is missing or not a non-template unit?): ${error.message}`,
        );
        this.#enterStopPre('resources');
        return;
      }
    }
    this.#setState('running');
  }

  /** DeferTrigger=: something has stopped, which may have been in the way. */
  #triggerAgain(): void {
    const service = this.triggered;
    if (service === undefined || this.#state !== 'deferred') return;
    try {
      this.manager.jobs.add('start', service, 'lenient');
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      if (this.#deferral.mayGoOn(error)) return;
      this.log(4, this.#deferral.lastWords(error));
      this.#enterStopPre('resources');
      return;
    }
    this.#setState('running');
  }

  /** Accept=yes: a service instance for each connection, named after its serial number and both ends. */
  #connected(connection: AcceptedConnection): void {
    const refuse = (): void => {
      this.refused++;
      this.manager.host.discardFd(connection.fd);
    };
    if (this.stopPending || !this.#withinTriggerLimit()) {
      refuse();
      return;
    }
    const { MaxConnections, MaxConnectionsPerSource } = this.#settings;
    const { remote, peer } = connection;
    const source = remote?.address ?? (peer && this.manager.host.voice.manager.localSource?.(peer.uid));
    if (this.#connections.size >= MaxConnections) {
      this.log(4, `Too many incoming connections (${this.#connections.size}), dropping connection.`);
      refuse();
      return;
    }
    const fromSource = [...this.#connections.values()].filter((s) => s === source).length;
    if (source !== undefined && MaxConnectionsPerSource > 0 && fromSource >= MaxConnectionsPerSource) {
      this.log(4, `Too many incoming connections (${fromSource}) from source ${source}, dropping connection.`);
      refuse();
      return;
    }
    const name = replaceUnitInstance(this.#templateName, instanceName(this.accepted, connection));
    try {
      const service = name === undefined ? undefined : this.manager.units.load(name);
      if (!(service instanceof Service)) throw new JobError('', `${name ?? this.#templateName} is not a service`);
      service.addDependency('TriggeredBy', this);
      service.addDependency('After', this);
      this.accepted++;
      service.setConnection(connection, this);
      this.#connections.set(service, source ?? '');
      this.manager.jobs.add('start', service, 'replace');
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      this.log(
        4,
        `Failed to queue service startup job (Maybe the service file is missing or not a template unit?): ${error.message}`,
      );
      refuse();
      this.#enterStopPre('resources');
    }
  }

  get #templateName(): string {
    return `${this.id.slice(0, this.id.lastIndexOf('.')).replace(/@.*$/, '')}@.service`;
  }

  // ---- states ---------------------------------------------------------------------------------------------------

  /** Runs the commands of a phase one after the other, then goes on. */
  #enter(phase: Phase): void {
    this.#commands = [...this.#settings[commandsOf[phase]]];
    if (this.#commands.length === 0) this.#done(phase, 'success');
    else if (this.#spawn(phase, `'${phase}'`)) this.#setState(phase);
    else if (phase === 'start-pre') this.#enterDead('resources');
    else if (phase === 'stop-post') this.#enterSignal('final-sigterm', 'resources');
    else this.#done(phase, 'resources');
  }

  #spawn(phase: Phase, task: string): boolean {
    const kind = commandsOf[phase];
    const index = this.#settings[kind].length - this.#commands.length;
    const passed = this.#settings.PassFileDescriptorsToExec ? this.descriptors : [];
    return this.#control.spawn(this.#commands.shift()!, {
      task,
      name: kind,
      shown: { kind, index },
      ...(passed.length === 0 ? {} : { sockets: passed }),
      ...this.#waitIn(phase),
    });
  }

  #waitIn(phase: Phase): ControlWait {
    return {
      timeoutMs: this.#settings.TimeoutSec,
      onExit: (result) => {
        if (result !== 'success' || this.#commands.length === 0) this.#done(phase, result);
        else if (!this.#spawn(phase, 'next')) this.#nextFailed(phase);
      },
      onTimeout: () => this.#timedOut(),
    };
  }

  #nextFailed(phase: Phase): void {
    if (phase === 'stop-pre') this.#enterSignal('final-sigterm', 'resources');
    else this.#done(phase, 'resources');
  }

  #done(phase: Phase, result: SocketResult): void {
    switch (phase) {
      case 'start-pre':
        if (result === 'success') this.#enterStartChown();
        else this.#enterSignal('final-sigterm', result);
        break;
      case 'start-post':
        if (result === 'success') this.#enterListening();
        else this.#enterStopPre(result);
        break;
      case 'stop-pre':
        this.#enterStopPost(result);
        break;
      case 'stop-post':
        this.#enterDead(result);
        break;
    }
  }

  #enterStartChown(): void {
    if (!this.#ports.open()) {
      this.#enterStopPre('resources');
      return;
    }
    if (!this.#ports.hasOwner) {
      this.#enter('start-post');
      return;
    }
    this.#setState('start-chown');
    this.#setOwnerSoon();
  }

  #setOwnerSoon(): void {
    this.manager.host.defer(() => {
      if (this.#state === 'start-chown') this.#setOwner();
    });
  }

  #setOwner(): void {
    const name = this.#ports.chown();
    if (name === undefined) {
      this.#enter('start-post');
      return;
    }
    // in the words of the process that systemd has for it
    const exit = { how: 'exited', status: parseExitStatus(name)! } as const;
    logProcessExit(this, 'Control process', 'ExecStartChown', false, exit);
    this.#enterStopPre('exit-code');
  }

  #enterListening(): void {
    if (!this.#settings.Accept && this.#settings.FlushPending) this.#ports.flush();
    if (this.#ports.watch((port) => this.#incoming(port))) this.#setState('listening');
    else this.#enterStopPre('resources');
  }

  #enterStopPre(result: SocketResult): void {
    this.#note(result);
    this.#enter('stop-pre');
  }

  #enterStopPost(result: SocketResult): void {
    this.#note(result);
    this.#enter('stop-post');
  }

  #operation(state: SignalState): KillOperation {
    // As systemd does it: who is waited for to stop a start is asked nicely by a restart alone.
    if (state === 'stop-pre-sigterm') return this.job?.type === 'restart' ? 'restart' : 'kill';
    return state === 'final-sigterm' ? 'terminate' : 'kill';
  }

  /** Signals what is there and waits for its end; goes on where nothing is. */
  #enterSignal(state: SignalState, result: SocketResult): void {
    this.#note(result);
    const wait = this.#waitAfter(state);
    if (this.#control.kill(this.#operation(state), wait)) this.#setState(state);
    else wait.onExit('success');
  }

  #waitAfter(state: SignalState): ControlWait {
    return {
      timeoutMs: this.#settings.TimeoutSec,
      onExit: (ended) => {
        if (state.startsWith('stop-pre')) this.#enterStopPost(ended);
        else this.#enterDead(ended);
      },
      onTimeout: () => this.#timedOut(),
    };
  }

  #timedOut(): void {
    const { SendSIGKILL } = this.loaded.kill!;
    switch (this.#state) {
      case 'start-pre':
        this.log(4, 'Starting timed out. Terminating.');
        this.#enterSignal('final-sigterm', 'timeout');
        break;
      case 'start-post':
        this.log(4, 'Starting timed out. Stopping.');
        this.#enterStopPre('timeout');
        break;
      case 'stop-pre':
        this.log(4, 'Stopping timed out. Terminating.');
        this.#enterSignal('stop-pre-sigterm', 'timeout');
        break;
      case 'stop-pre-sigterm':
        this.log(4, `Stopping timed out. ${SendSIGKILL ? 'Killing.' : 'Skipping SIGKILL. Ignoring.'}`);
        if (SendSIGKILL) this.#enterSignal('stop-pre-sigkill', 'timeout');
        else this.#enterStopPost('timeout');
        break;
      case 'stop-pre-sigkill':
        this.log(4, 'Processes still around after SIGKILL. Ignoring.');
        this.#enterStopPost('timeout');
        break;
      case 'stop-post':
        this.log(4, 'Stopping timed out (2). Terminating.');
        this.#enterSignal('final-sigterm', 'timeout');
        break;
      case 'final-sigterm':
        this.log(4, `Stopping timed out (2). ${SendSIGKILL ? 'Killing.' : 'Skipping SIGKILL. Ignoring.'}`);
        if (SendSIGKILL) this.#enterSignal('final-sigkill', 'timeout');
        else this.#enterDead('timeout');
        break;
      default:
        this.log(4, 'Still around after SIGKILL (2). Entering failed mode.');
        this.#enterDead('timeout');
    }
  }

  #note(result: SocketResult): void {
    if (this.result === 'success') this.result = result;
  }

  #enterDead(result: SocketResult): void {
    this.#note(result);
    this.#ports.close();
    this.logResult(this.result);
    warnLeftovers(this, 'stop');
    this.#setState(this.result === 'success' ? 'dead' : 'failed');
    if (this.loaded.exec !== undefined) removeRuntimeData(this, this.loaded.exec);
    ipcOwnersOf(this.manager.host).release(this.id, (message) => this.log(4, message));
  }

  #setState(state: State): void {
    const from = this.activeState;
    this.#state = state;
    if (state !== 'listening') this.#ports.unwatch();
    if (state !== 'deferred') this.#deferral.end();
    // The first command of stop-post may have got them still.
    if (state === 'stop-post' || state.startsWith('final')) this.#ports.close();
    if (state === 'dead' || state === 'failed' || state === 'listening') this.#control.abandon();
    this.changed(from, this.activeState);
  }

  override jobDoneMessage(type: JobType, result: JobResult): string | undefined {
    if (type === 'start') {
      if (result === 'done') return 'Listening on %s.';
      if (result === 'failed') return 'Failed to listen on %s.';
    }
    if (type === 'stop' || type === 'restart') {
      if (result === 'done') return 'Closed %s.';
      if (result === 'failed') return 'Failed stopping %s.';
    }
    return super.jobDoneMessage(type, result);
  }
}

/** systemd.socket(5), Accept=: `N-local:port-remote:port`, or for Unix sockets `N-pid-uid`. */
function instanceName(serial: number, { local, remote, peer }: AcceptedConnection): string {
  if (local !== undefined && remote !== undefined)
    return `${serial}-${local.address}:${local.port}-${remote.address}:${remote.port}`;
  return peer === undefined ? `${serial}` : `${serial}-${peer.pid}-${peer.uid}`;
}
