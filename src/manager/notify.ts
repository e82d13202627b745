/** The notify socket, sd_notify(3): who sent a message is decided by the kernel's credentials, never by its text. */
import type { ProcessTracker } from '../exec/tracker.ts';
import type { Keeper } from '../kept/keeper.ts';
import type { Datagram, DatagramSocket, Host } from '../sys/host.ts';
import { RateLimit } from '../units/rate-limit.ts';
import { Service } from '../units/service.ts';
import type { Notification } from '../units/service-notify.ts';
import type { ExitWatcher, Unit } from '../units/unit.ts';
import type { Log } from './log-control.ts';
import type { Touched } from './touched.ts';

/** Longest message that is read; systemd's NOTIFY_BUFFER_MAX is a page too. */
const maxBytes = 4096;

export interface NotifyContext {
  readonly host: Pick<Host, 'bindDatagram' | 'adoptDatagram' | 'discardFd' | 'monotonic'>;
  /** Path of the socket. */
  readonly notifySocket: string;
  readonly tracker: Pick<ProcessTracker, 'unitOfPid' | 'isStill'>;
  readonly exits: { watcherOf(pid: number): ExitWatcher | undefined };
  readonly units: { find(name: string): Unit | undefined };
  readonly guard: { run(what: string, callback: () => void): void };
  readonly touched: Pick<Touched, 'unit' | 'heard'>;
  readonly log: Log;
}

export class NotifySocket {
  readonly #context: NotifyContext;
  /** Anybody may send here: what is wrong is not said more often. */
  readonly #complaints = new RateLimit(30_000, 100);
  #socket: DatagramSocket | undefined;

  constructor(context: NotifyContext) {
    this.#context = context;
  }

  get listens(): boolean {
    return this.#socket !== undefined;
  }

  /** Opens it. Throws SystemError where the path can't be made. */
  listen(): void {
    const { host, notifySocket } = this.#context;
    this.#receive(host.bindDatagram(notifySocket, 0o777));
  }

  /** The socket stays open: what has been sent there is in it. */
  keep(k: Keeper): void {
    k.inner('complaints', (of) => this.#complaints.keep(of));
    const fd = k.maybeFd('socket', this.#socket?.fd);
    if (k.isReading && fd !== undefined) this.#receive(this.#context.host.adoptDatagram(fd));
  }

  #receive(socket: DatagramSocket): void {
    const { guard } = this.#context;
    this.#socket = socket;
    socket.onDatagram = (datagram) => guard.run('notification', () => this.#received(datagram));
  }

  #received(datagram: Datagram): void {
    const notification = parse(datagram);
    if (typeof notification === 'string') this.#refuse(datagram.fds, notification);
    else if (notification.lines.includes('BARRIER=1')) this.#passBarrier(notification);
    else this.#deliver(notification, datagram.hasPid);
    this.#context.touched.heard();
  }

  #refuse(fds: readonly number[], message: string | undefined): void {
    const { host, log } = this.#context;
    for (const fd of fds) host.discardFd(fd);
    if (message !== undefined && this.#complaints.below(host.monotonic())) log(4, message);
  }

  /** sd_notify_barrier(3), whoever sends it: that the descriptor is closed is the answer. */
  #passBarrier({ lines, fds }: Notification): void {
    if (lines.length > 1) this.#refuse(fds, 'Extra notification messages sent with BARRIER=1, ignoring everything.');
    else this.#refuse(fds, fds.length === 1 ? undefined : 'Got incorrect number of fds with BARRIER=1, closing them.');
  }

  #deliver(notification: Notification, hasPid: Datagram['hasPid']): void {
    const { pid, uid, fds } = notification;
    const unit = this.#unitOf(pid);
    // Not by the user alone: root may send in the name of another (systemd-notify --uid=).
    const isSenders = unit !== undefined && (hasPid() ?? this.#context.tracker.isStill(pid, uid));
    if (unit instanceof Service && isSenders) {
      unit.notified(notification);
      this.#context.touched.unit(unit);
    } else this.#refuse(fds, `Cannot find unit for notify message of PID ${pid}, ignoring.`);
  }

  #unitOf(pid: number): Unit | undefined {
    const { exits, tracker, units } = this.#context;
    const watcher = exits.watcherOf(pid);
    if (watcher instanceof Service) return watcher;
    const owner = tracker.unitOfPid(pid);
    return owner === undefined ? undefined : units.find(owner);
  }
}

function parse({ data, credentials, fds }: Datagram): Notification | string {
  if (credentials === undefined || credentials.pid <= 0)
    return 'Received notify message without valid credentials. Ignoring.';
  if (data.length > maxBytes) return 'Received notify message exceeded maximum size. Ignoring.';
  const text = data.toString('utf8').replace(/\0+$/, '');
  if (text.includes('\0')) return 'Received notify message with embedded NUL bytes. Ignoring.';
  const lines = text.split('\n').filter((line) => line !== '');
  return { pid: credentials.pid, uid: credentials.uid, lines, fds };
}
