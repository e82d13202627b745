/**
 * Sockets (systemd.socket(5)):
 *
 *   dead ─▶ start-pre ─▶ start-chown ─▶ start-post ─▶ listening ⇄ running (its service is)
 *                                                         │
 *   dead | failed ◀─ stop-post ◀─ stop-pre ◀──────────────┘   with …-sigterm, …-sigkill where a command does not end
 *
 * start-chown is passed through at once: ownership is set by the manager, without a process.
 */

import { ipcOwnersOf } from '../exec/remove-ipc.ts';
import { errorText } from '../sys/error-text.ts';
import { type AcceptedConnection, type FdWatch, type SocketSpec, SystemError } from '../sys/host.ts';
import type { ListenEntry } from '../unitfile/directives/shapes.ts';
import type { ExecCommand } from '../unitfile/language/exec-command.ts';
import { replaceUnitInstance } from '../unitfile/language/unit-name.ts';
import { netlinkFamilyNumber, parseNetlinkAddress, parseSocketAddress } from '../values/addresses.ts';
import { ControlProcess, type ControlResult } from './control-process.ts';
import { JobError, type JobResult, type JobType } from './job-types.ts';
import { RateLimit } from './rate-limit.ts';
import { Service } from './service.ts';
import { type ActiveState, isInactiveOrFailed, type OperationResult, Unit, type UnitManager } from './unit.ts';

/** What could not be done about what is no socket: `open FIFO /run/x`. */
const creation: Partial<Record<ListenEntry['kind'], string>> = {
  Special: 'open special file',
  FIFO: 'open FIFO',
  MessageQueue: 'open message queue',
};

function reasonOf(error: unknown): string {
  if (error instanceof SystemError) return errorText(error.code);
  return error instanceof Error ? error.message : String(error);
}

type State =
  | 'dead'
  | 'start-pre'
  | 'start-chown'
  | 'start-post'
  | 'listening'
  | 'running'
  | 'stop-pre'
  | 'stop-pre-sigterm'
  | 'stop-pre-sigkill'
  | 'stop-post'
  | 'final-sigterm'
  | 'final-sigkill'
  | 'failed'
  | 'cleaning';

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
  running: 'active',
  'stop-pre': 'deactivating',
  'stop-pre-sigterm': 'deactivating',
  'stop-pre-sigkill': 'deactivating',
  'stop-post': 'deactivating',
  'final-sigterm': 'deactivating',
  'final-sigkill': 'deactivating',
  failed: 'failed',
  cleaning: 'maintenance',
};

interface Port {
  readonly entry: ListenEntry;
  fd: number;
  watch: FdWatch | undefined;
}

const infinity = Number.POSITIVE_INFINITY;

export class Socket extends Unit {
  #state: State = 'dead';
  result: SocketResult = 'success';
  #ports: Port[] = [];
  readonly #control: ControlProcess;
  /** Commands still to run in this state. */
  #commands: ExecCommand[] = [];
  /** Units of connections that are open, by source address. */
  readonly #connections = new Map<Unit, string>();
  readonly #triggerLimit = new RateLimit(2000, 20);
  accepted = 0;
  refused = 0;

  constructor(manager: UnitManager, name: string) {
    super(manager, 'socket', name);
    this.#control = new ControlProcess(this);
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
  get connections(): number {
    return this.#connections.size;
  }
  /** Listening descriptors in the order of the Listen lines, with the name that LISTEN_FDNAMES gives them. */
  get descriptors(): { fd: number; name: string }[] {
    const name = this.loaded.socket?.FileDescriptorName ?? this.id;
    return this.#ports.filter((port) => port.fd >= 0).map(({ fd }) => ({ fd, name }));
  }

  get #settings(): NonNullable<Unit['loaded']['socket']> {
    return this.loaded.socket!;
  }

  protected override configured(): void {
    const { socket } = this.loaded;
    if (socket === undefined) return;
    // Without a line of its own the limit depends on Accept= (systemd.socket(5), TriggerLimitIntervalSec=).
    this.#triggerLimit.intervalMs = socket.TriggerLimitIntervalSec === infinity ? 2000 : socket.TriggerLimitIntervalSec;
    this.#triggerLimit.burst =
      socket.TriggerLimitBurst === 4294967295 ? (socket.Accept ? 200 : 20) : socket.TriggerLimitBurst;
    if (this.#ports.every((port) => port.fd < 0))
      this.#ports = socket.Listen.map((entry) => ({ entry, fd: -1, watch: undefined }));
  }

  protected override preventStart(): OperationResult | undefined {
    if (this.testStartLimit()) return undefined;
    this.#enterDead('start-limit-hit');
    return 'failed';
  }

  protected startNow(): OperationResult {
    if (this.activeState === 'deactivating' || this.activeState === 'maintenance') return 'again';
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
    this.#ports = this.#settings.Listen.map((entry) => ({ entry, fd: -1, watch: undefined }));
    this.#enter(
      'start-pre',
      this.#settings.ExecStartPre,
      () => this.#enterStartChown(),
      (r) => this.#enterSignal('final-sigterm', r),
    );
    return 'started';
  }

  protected stopNow(): OperationResult {
    switch (this.#state) {
      case 'start-pre':
      case 'start-chown':
      case 'start-post':
        this.#enterSignal('stop-pre-sigterm', 'success');
        return 'again';
      case 'listening':
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
    if (this.#state !== 'running' && this.#state !== 'listening') return;
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

  // ---- descriptors ----------------------------------------------------------------------------------------------

  #openAll(): boolean {
    for (const port of this.#ports) {
      if (port.fd >= 0) continue;
      const { kind, address } = port.entry;
      try {
        port.fd = this.manager.host.openSocket(this.#specOf(port.entry));
        this.#afterOpen(port);
      } catch (error) {
        const text = reasonOf(error);
        this.log(
          3,
          `Failed to ${creation[kind] ?? 'create listening socket'} ${creation[kind] ? address : `(${address})`}: ${text}`,
          {
            LISTEN_KIND: kind,
          },
        );
        this.log(4, `Failed to listen on sockets: ${text}`);
        this.#closeAll();
        return false;
      }
    }
    return true;
  }

  #specOf(entry: ListenEntry): SocketSpec {
    const s = this.#settings;
    const positive = (value: number): number | undefined => (value > 0 ? value : undefined);
    const given = (value: number): number | undefined => (value >= 0 ? value : undefined);
    const protocol = ({ 132: 'sctp', 136: 'udplite', 262: 'mptcp' } as const)[s.SocketProtocol as 132 | 136 | 262];
    return {
      ...addressOf(entry, this.manager.host.files.access('/proc/net/if_inet6', 'exists')),
      ...(protocol === undefined ? {} : { protocol }),
      backlog: Math.min(s.Backlog, 0x7fffffff),
      mode: s.SocketMode,
      directoryMode: s.DirectoryMode,
      options: {
        bindIPv6Only: s.BindIPv6Only,
        reusePort: s.ReusePort,
        keepAlive: s.KeepAlive,
        keepAliveTimeSec: positive(s.KeepAliveTimeSec / 1000),
        keepAliveIntervalSec: positive(s.KeepAliveIntervalSec / 1000),
        keepAliveProbes: positive(s.KeepAliveProbes),
        noDelay: s.NoDelay,
        deferAcceptSec: positive(s.DeferAcceptSec / 1000),
        priority: given(s.Priority),
        mark: given(s.Mark),
        receiveBuffer: positive(s.ReceiveBuffer),
        sendBuffer: positive(s.SendBuffer),
        ipTos: given(s.IPTOS),
        ipTtl: given(s.IPTTL),
        pipeSize: positive(s.PipeSize),
        freeBind: s.FreeBind,
        transparent: s.Transparent,
        broadcast: s.Broadcast,
        passCredentials: s.PassCredentials,
        passSecurity: s.PassSecurity,
        bindToDevice: s.BindToDevice,
        tcpCongestion: s.TCPCongestion,
        mqMaxMsg: positive(s.MessageQueueMaxMessages),
        mqMsgSize: positive(s.MessageQueueMessageSize),
        writable: s.Writable,
      },
    };
  }

  /** SocketUser=, SocketGroup= and Symlinks= of what has a name in the file system. */
  #afterOpen(port: Port): void {
    const path = pathOf(port.entry);
    if (path === undefined) return;
    const { host } = this.manager;
    const { SocketUser, SocketGroup, Symlinks } = this.#settings;
    if (SocketUser !== undefined || SocketGroup !== undefined) {
      const user = SocketUser === undefined ? undefined : host.lookupUser(SocketUser);
      const group = SocketGroup === undefined ? undefined : host.lookupGroup(SocketGroup);
      if (SocketUser !== undefined && user === undefined) throw new Error(`Failed to resolve user ${SocketUser}`);
      if (SocketGroup !== undefined && group === undefined) throw new Error(`Failed to resolve group ${SocketGroup}`);
      const stat = host.files.lstat(path);
      host.files.chown(path, user?.uid ?? stat.uid, group?.gid ?? user?.gid ?? stat.gid);
    }
    for (const link of Symlinks) {
      if (host.files.tryLstat(link)?.type === 'symlink') host.files.unlink(link);
      host.files.symlink(path, link);
    }
  }

  #closeAll(): void {
    const { host } = this.manager;
    for (const port of this.#ports) {
      port.watch?.close();
      port.watch = undefined;
      if (port.fd < 0) continue;
      host.closeFd(port.fd);
      port.fd = -1;
      if (this.#settings.RemoveOnStop) this.#removeNode(port.entry);
    }
  }

  /** RemoveOnStop=: the name in the file system with the links to it, or the message queue. */
  #removeNode(entry: ListenEntry): void {
    const { host } = this.manager;
    const path = pathOf(entry);
    const names = path === undefined || entry.kind === 'Special' ? [] : [path, ...this.#settings.Symlinks];
    const removals = names.map((name) => () => host.files.unlink(name));
    if (entry.kind === 'MessageQueue') removals.push(() => host.unlinkQueue(entry.address));
    for (const remove of removals)
      try {
        remove();
      } catch {
        // Gone already, or replaced by something that is not ours to remove.
      }
  }

  #unwatch(): void {
    for (const port of this.#ports) {
      port.watch?.close();
      port.watch = undefined;
    }
  }

  /** False where one of them cannot be watched: regular files and some devices never become readable (epoll_ctl(2)). */
  #watch(): boolean {
    try {
      for (const port of this.#ports)
        if (port.fd >= 0 && port.watch === undefined)
          port.watch = this.manager.host.watchReadable(port.fd, () => this.#incoming(port));
      return true;
    } catch (error) {
      this.log(4, `Failed to watch listening fds: ${reasonOf(error)}`);
      this.log(4, `Failed to watch sockets: ${reasonOf(error)}`);
      this.#unwatch();
      return false;
    }
  }

  /** What is queued is dropped, so that a service that is being stopped is not started by it (FlushPending=). */
  #flush(): void {
    for (const port of this.#ports) if (port.fd >= 0) this.manager.host.flushFd(port.fd);
  }

  // ---- traffic --------------------------------------------------------------------------------------------------

  #incoming(port: Port): void {
    if (this.#state !== 'listening') return;
    const { kind } = port.entry;
    if (!this.#settings.Accept || (kind !== 'Stream' && kind !== 'SequentialPacket')) {
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
      this.#flush();
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
        this.manager.jobs.add('start', service, 'replace');
      } catch (error) {
        if (!(error instanceof JobError)) throw error;
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

  /** Accept=yes: a service instance for each connection, named after its serial number and both ends. */
  #connected(connection: AcceptedConnection): void {
    const refuse = (): void => {
      this.refused++;
      this.manager.host.closeFd(connection.fd);
    };
    if (this.stopPending || !this.#withinTriggerLimit()) {
      refuse();
      return;
    }
    const { MaxConnections, MaxConnectionsPerSource } = this.#settings;
    const source = connection.remote?.address ?? `uid-${connection.peer?.uid ?? ''}`;
    if (this.#connections.size >= MaxConnections) {
      this.log(4, `Too many incoming connections (${this.#connections.size}), dropping connection.`);
      refuse();
      return;
    }
    const fromSource = [...this.#connections.values()].filter((s) => s === source).length;
    if (MaxConnectionsPerSource > 0 && fromSource >= MaxConnectionsPerSource) {
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
      this.#connections.set(service, source);
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

  /** Runs commands one after the other, then goes on. */
  #enter(
    state: State,
    commands: readonly ExecCommand[],
    next: () => void,
    failed: (result: SocketResult) => void,
  ): void {
    this.#commands = [...commands];
    const run = (): boolean => {
      const command = this.#commands.shift();
      if (command === undefined) return false;
      const begun = this.#control.spawn(command, {
        name: state,
        timeoutMs: this.#settings.TimeoutSec,
        onExit: (result) => {
          if (result !== 'success') failed(result);
          else if (!run()) next();
        },
        onTimeout: () => this.#timedOut(state),
      });
      if (!begun) failed('resources');
      return true;
    };
    if (this.#commands.length === 0) {
      next();
      return;
    }
    this.#setState(state);
    run();
  }

  #enterStartChown(): void {
    if (!this.#openAll()) {
      this.#enterStopPre('resources');
      return;
    }
    this.#enter(
      'start-post',
      this.#settings.ExecStartPost,
      () => this.#enterListening(),
      (r) => this.#enterStopPre(r),
    );
  }

  #enterListening(): void {
    if (!this.#settings.Accept && this.#settings.FlushPending) this.#flush();
    if (this.#watch()) this.#setState('listening');
    else this.#enterStopPre('resources');
  }

  #enterStopPre(result: SocketResult): void {
    this.#note(result);
    this.#enter(
      'stop-pre',
      this.#settings.ExecStopPre,
      () => this.#enterStopPost('success'),
      (r) => this.#enterStopPost(r),
    );
  }

  #enterStopPost(result: SocketResult): void {
    this.#note(result);
    this.#closeAll();
    this.#enter(
      'stop-post',
      this.#settings.ExecStopPost,
      () => this.#enterDead('success'),
      (r) => this.#enterDead(r),
    );
  }

  #enterSignal(
    state: 'stop-pre-sigterm' | 'stop-pre-sigkill' | 'final-sigterm' | 'final-sigkill',
    result: SocketResult,
  ): void {
    this.#note(result);
    this.#commands = [];
    const after = (): void => {
      if (state.startsWith('stop-pre')) this.#enterStopPost('success');
      else this.#enterDead('success');
    };
    const waiting = this.#control.kill(state.endsWith('sigkill'), {
      timeoutMs: this.#settings.TimeoutSec,
      onExit: after,
      onTimeout: () => this.#timedOut(state),
    });
    if (waiting) this.#setState(state);
    else after();
  }

  #timedOut(state: State): void {
    switch (state) {
      case 'start-pre':
        this.log(4, 'Starting timed out. Terminating.');
        this.#enterSignal('final-sigterm', 'timeout');
        return;
      case 'start-chown':
      case 'start-post':
        this.log(4, 'Starting timed out. Stopping.');
        this.#control.abandon();
        this.#enterStopPre('timeout');
        return;
      case 'stop-pre':
        this.log(4, 'Stopping timed out. Terminating.');
        this.#enterSignal('stop-pre-sigterm', 'timeout');
        return;
      case 'stop-pre-sigterm':
        this.log(4, 'Stopping timed out. Killing.');
        this.#enterSignal('stop-pre-sigkill', 'timeout');
        return;
      case 'stop-pre-sigkill':
        this.log(4, 'Processes still around after SIGKILL. Ignoring.');
        this.#control.abandon();
        this.#enterStopPost('timeout');
        return;
      case 'stop-post':
        this.log(4, 'Stopping timed out (2). Terminating.');
        this.#enterSignal('final-sigterm', 'timeout');
        return;
      case 'final-sigterm':
        this.log(4, 'Stopping timed out (2). Killing.');
        this.#enterSignal('final-sigkill', 'timeout');
        return;
      default:
        this.log(4, 'Still around after SIGKILL (2). Entering failed mode.');
        this.#control.abandon();
        this.#enterDead('timeout');
    }
  }

  #note(result: SocketResult): void {
    if (this.result === 'success') this.result = result;
  }

  #enterDead(result: SocketResult): void {
    this.#note(result);
    this.#closeAll();
    this.logResult(this.result);
    this.#setState(this.result === 'success' ? 'dead' : 'failed');
    ipcOwnersOf(this.manager.host).release(this.id, (message) => this.log(4, message));
  }

  #setState(state: State): void {
    const from = this.activeState;
    this.#state = state;
    if (state !== 'listening') this.#unwatch();
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

const kinds = {
  Stream: 'stream',
  Datagram: 'datagram',
  SequentialPacket: 'seqpacket',
  FIFO: 'fifo',
  Special: 'special',
  Netlink: 'netlink',
  MessageQueue: 'mqueue',
  USBFunction: 'usb',
} as const;

/** What a Listen line comes to. Throws an Error with the text where the address is none. */
function addressOf(
  { kind, address }: ListenEntry,
  ipv6: boolean,
): Pick<SocketSpec, 'kind' | 'path' | 'inet' | 'vsock' | 'netlink'> {
  const socket = kinds[kind];
  if (kind === 'FIFO' || kind === 'Special' || kind === 'MessageQueue' || kind === 'USBFunction')
    return { kind: socket, path: address };
  const parsed = kind === 'Netlink' ? parseNetlinkAddress(address) : parseSocketAddress(address, ipv6);
  if (parsed === undefined) throw new Error('Invalid argument');
  switch (parsed.family) {
    case 'unix':
      return { kind: socket, path: parsed.path };
    case 'vsock':
      return { kind: socket, vsock: { cid: parsed.cid ?? 0xffffffff, port: parsed.port } };
    case 'netlink':
      return { kind: socket, netlink: { family: netlinkFamilyNumber(parsed.protocol) ?? 0, group: parsed.group } };
    default:
      return { kind: socket, inet: { ...parsed, family: parsed.family } };
  }
}

/** Its name in the file system, where it has one. */
function pathOf({ kind, address }: ListenEntry): string | undefined {
  return address.startsWith('/') && kind !== 'MessageQueue' ? address : undefined;
}

/** systemd.socket(5), Accept=: `N-local:port-remote:port`, or for Unix sockets `N-pid-uid`. */
function instanceName(serial: number, { local, remote, peer }: AcceptedConnection): string {
  if (local !== undefined && remote !== undefined)
    return `${serial}-${local.address}:${local.port}-${remote.address}:${remote.port}`;
  return peer === undefined ? `${serial}` : `${serial}-${peer.pid}-${peer.uid}`;
}
