/**
 * The control socket: calls of systemctl and its siblings come in here, and are answered by the handler that src/main gives.
 *
 *   protocol.ts    what goes over the stream, for both ends and native/client; byte-queue.ts collects it
 *   connection.ts  one caller
 *   turns.ts       which of them works next
 *   server.ts      all of them, and the bounds that keep the manager small and awake whatever they do
 *   client.ts      the other end, for programs that are not the front door
 *   places.ts      where a manager's socket is, and whose
 *
 * What a call means, and whether the caller may ask for it, is decided above: a request is words, variables and a directory.
 */
import type { Keeper } from '../kept/keeper.ts';
import type { Host, PeerCredentials, StreamConnection, StreamListener } from '../sys/host.ts';
import { Connection, type ConnectionOwner, type ControlHandler, isPrivileged, lowWater } from './connection.ts';
import { encodeFrame, FrameType } from './protocol.ts';
import { Turns } from './turns.ts';

export type {
  CallerProcess,
  Continuation,
  ControlHandler,
  ControlRequest,
  PassedDescriptors,
} from './connection.ts';
export { isPrivileged } from './connection.ts';

/** Bounds that keep the manager small and awake whatever callers do. Bytes, counts, milliseconds. */
export interface ControlLimits {
  /** Connections at a time. Callers beyond are told to try again. */
  readonly connections: number;
  /** Connections at a time of one user who is not privileged. All of those together get half of `connections`. */
  readonly connectionsPerUser: number;
  /** From the connect to the whole request. */
  readonly requestDeadlineMs: number;
  /** Requests that are received or wait for their turn: of the privileged together, and of all others. */
  readonly requestBytes: number;
  /** The same of one user who is not privileged. */
  readonly requestBytesPerUser: number;
  /** What one caller may leave unread before it is dropped. */
  readonly outputPerConnection: number;
  /** What all callers together may leave unread; beyond, the one with the most is dropped. */
  readonly outputBytes: number;
}

const defaultLimits: ControlLimits = {
  connections: 1024,
  connectionsPerUser: 64,
  requestDeadlineMs: 10_000,
  requestBytes: 16 * 1024 * 1024,
  requestBytesPerUser: 4 * 1024 * 1024,
  outputPerConnection: 32 * 1024 * 1024,
  outputBytes: 64 * 1024 * 1024,
};

const busy = encodeFrame(FrameType.busy);
/** Callers that are waited for are looked at so often, milliseconds. */
const lookMs = 5;

export interface ControlOptions {
  /** Path of the socket. Its directory exists. */
  readonly path: string;
  /** Path of a second one, for the privileged alone. */
  readonly privatePath?: string | undefined;
  /** A descriptor that listens there already. */
  readonly fd?: number | undefined;
  /** Permissions of the socket: anyone may ask, what is granted is decided for each request. */
  readonly mode?: number;
  readonly handler: ControlHandler;
  /** The program's version, told to callers of another protocol version. */
  readonly version: string;
  readonly limits?: Partial<ControlLimits>;
  /** What the program before this one has kept: it listens already, and callers are there. `revive` follows. */
  readonly kept?: Keeper | undefined;
}

export interface ControlServer {
  /** Connections open at the moment. */
  readonly connections: number;
  /** Requests being answered at the moment. */
  readonly requests: number;
  /** Called after each request that was answered. */
  onRequest: () => void;
  /** No new connections; those that are open go on. */
  close(): void;
  /** Callers stay connected, and who connects meanwhile waits. */
  keep(k: Keeper): void;
  /** Goes on with the callers that were kept. */
  revive(): void;
  /** The sockets alone. */
  keepListeners(k: Keeper): void;
  /**
   * Callers with whom another program could, or can't any more, go on from where they are, since this was last asked, by their
   * descriptors. Asked for by whoever is told.
   */
  takeChanged(): { fd: number; keep: ((k: Keeper) => void) | undefined }[];
  /** All of them have changed, for somebody who knows of none. */
  allChanged(): void;
  /** Told when there are some. */
  onChange: (() => void) | undefined;
  /** Told when a caller is about to hear that it has its answer. */
  beforeAnswer: (() => void) | undefined;
  /** Resolves when every caller is where another program can go on with it, at the latest after `timeoutMs`. */
  whenAllCanGoOn(timeoutMs: number): Promise<void>;
  /** Resolves when no request is being answered any more and every answer was taken, at the latest after `timeoutMs`. */
  settled(timeoutMs: number): Promise<void>;
}

class Server implements ControlServer, ConnectionOwner {
  readonly host: Host;
  readonly turns: Turns;
  readonly limits: ControlLimits;
  readonly handler: ControlHandler;
  readonly version: string;
  onRequest: () => void = () => {};
  onChange: (() => void) | undefined;
  beforeAnswer: (() => void) | undefined;
  readonly #open = new Set<Connection>();
  /** Descriptors of callers who wait, as they were last told of. */
  readonly #waiting = new Map<Connection, number>();
  readonly #changed = new Set<Connection>();
  readonly #usersOpen = new Map<number, number>();
  /** Of those who are not privileged. */
  #othersOpen = 0;
  readonly #listeners: StreamListener[] = [];
  #settled: (() => void)[] = [];

  constructor(host: Host, options: ControlOptions) {
    this.host = host;
    this.turns = new Turns(host);
    // Of few descriptors callers get a part.
    const connections = Math.max(8, Math.min(defaultLimits.connections, Math.floor(host.limit('NOFILE').hard / 8)));
    this.limits = { ...defaultLimits, connections, ...options.limits };
    this.handler = options.handler;
    this.version = options.version;
    const { path, fd, mode = 0o666, privatePath, kept } = options;
    if (kept !== undefined) {
      this.keep(kept);
      return;
    }
    this.#listen(fd === undefined ? host.listenStream(path, mode) : host.adoptListener(fd));
    if (privatePath !== undefined) this.#listen(host.listenStream(privatePath, 0o600));
  }

  #listen(listener: StreamListener): void {
    listener.refuse = (peer) => (this.#hasRoom(peer) ? undefined : busy);
    listener.onConnection = (stream) => this.#accept(stream);
    this.#listeners.push(listener);
  }

  keepListeners(k: Keeper): void {
    k.list(
      'listeners',
      this.#listeners,
      (of, { fd }) => of.fd('fd', fd),
      (of) => this.#listen(this.host.adoptListener(of.fd('fd', -1))),
    );
  }

  changed(connection: Connection): void {
    if (this.onChange === undefined) return;
    this.#changed.add(connection);
    this.onChange();
  }

  allChanged(): void {
    for (const connection of this.#open) if (connection.isWaiting) this.#changed.add(connection);
  }

  takeChanged(): { fd: number; keep: ((k: Keeper) => void) | undefined }[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    const gone = changed.flatMap((connection) => {
      const fd = this.#waiting.get(connection);
      if (fd === undefined || connection.isWaiting) return [];
      this.#waiting.delete(connection);
      return [{ fd, keep: undefined }];
    });
    const there = changed.flatMap((connection) => {
      if (!connection.isWaiting) return [];
      const { fd } = connection.stream;
      this.#waiting.set(connection, fd);
      return [{ fd, keep: (k: Keeper): void => keepCaller(k, connection) }];
    });
    return [...gone, ...there];
  }

  keep(k: Keeper): void {
    this.keepListeners(k);
    k.list(
      'callers',
      [...this.#open].filter(({ canGoOn }) => canGoOn),
      keepCaller,
      (of) => {
        const fd = of.fd('fd', -1);
        this.#accept(this.host.adoptStream(fd, false)).keep(of);
      },
    );
  }

  revive(): void {
    for (const connection of [...this.#open]) connection.revive();
  }

  async whenAllCanGoOn(timeoutMs: number): Promise<void> {
    const end = this.host.monotonic() + timeoutMs;
    while ([...this.#open].some(({ canGoOn }) => !canGoOn) && this.host.monotonic() < end)
      await new Promise<void>((resolve) => this.host.after(lookMs, resolve));
  }

  get connections(): number {
    return this.#open.size;
  }

  get requests(): number {
    let count = 0;
    for (const connection of this.#open) if (connection.answering) count++;
    return count;
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
  }

  settled(timeoutMs: number): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.host.after(timeoutMs, resolve);
      this.#settled.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  get requestDeadlineMs(): number {
    return this.limits.requestDeadlineMs;
  }

  remove(connection: Connection): void {
    if (!this.#open.delete(connection)) return;
    const { uid } = connection.caller;
    const left = (this.#usersOpen.get(uid) ?? 0) - 1;
    if (left > 0) this.#usersOpen.set(uid, left);
    else this.#usersOpen.delete(uid);
    if (!connection.privileged) this.#othersOpen--;
    if (this.#open.size > 0) return;
    const settled = this.#settled;
    this.#settled = [];
    for (const resolve of settled) resolve();
  }

  /**
   * Requests are bounded together, those of the privileged by themselves, and those of each other user: the one that grows past
   * the bound goes.
   */
  limitRequests(grown: Connection): void {
    let sameUser = 0;
    let sameKind = 0;
    for (const { privileged, caller, received } of this.#open) {
      if (privileged !== grown.privileged) continue;
      sameKind += received;
      if (caller.uid === grown.caller.uid) sameUser += received;
    }
    const { requestBytes, requestBytesPerUser } = this.limits;
    if (sameKind > requestBytes || (!grown.privileged && sameUser > requestBytesPerUser)) grown.goodbye(busy);
  }

  /** A slow reader keeps what it has not read in our memory; too much of it and the worst one is dropped. */
  limitOutput(grown: Connection): void {
    if (grown.unread > this.limits.outputPerConnection) {
      grown.drop();
      return;
    }
    if (grown.unread <= lowWater) return;
    let total = 0;
    let worst = grown;
    for (const connection of this.#open) {
      total += connection.unread;
      // The privileged go last.
      const isWorse = connection.unread > worst.unread && connection.privileged === worst.privileged;
      if (isWorse || (worst.privileged && !connection.privileged && connection.unread > lowWater)) worst = connection;
    }
    if (total > this.limits.outputBytes) worst.drop();
  }

  #accept(stream: StreamConnection): Connection {
    const connection = new Connection(this, stream);
    this.#open.add(connection);
    const { uid } = stream.peer;
    this.#usersOpen.set(uid, (this.#usersOpen.get(uid) ?? 0) + 1);
    if (!connection.privileged) this.#othersOpen++;
    return connection;
  }

  /** Other users' connections never take the place of the privileged ones. */
  #hasRoom(caller: PeerCredentials): boolean {
    if (this.#open.size >= this.limits.connections) return false;
    if (isPrivileged(this.host, caller)) return true;
    const same = this.#usersOpen.get(caller.uid) ?? 0;
    return same < this.limits.connectionsPerUser && this.#othersOpen < this.limits.connections / 2;
  }
}

function keepCaller(k: Keeper, connection: Connection): void {
  k.fd('fd', connection.stream.fd);
  connection.keep(k);
}

/** Listens for calls of systemctl and its siblings. Throws SystemError where the socket cannot be made. */
export function serveControl(host: Host, options: ControlOptions): ControlServer {
  return new Server(host, options);
}
