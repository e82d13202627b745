/** Descriptors that the manager holds: sockets, pipes, files, and who listens at which path. */
import {
  type AcceptedConnection,
  type DatagramSocket,
  type Descriptors,
  type FdWatch,
  type PeerCredentials,
  type SocketSpec,
  type Sockets,
  type StreamConnection,
  type StreamListener,
  SystemError,
} from '../../sys/host.ts';
import { SimMachine } from './machine.ts';
import { connectionPair, HeldConnection, SimDatagramSocket, SimListener } from './streams.ts';

interface FdState {
  what: string;
  watchers: Set<() => void>;
  readable: boolean;
  closed: boolean;
  pending: AcceptedConnection[];
}

export class SimDescriptors extends SimMachine implements Sockets, Descriptors {
  readonly #fds = new Map<number, FdState>();
  #nextFd = 10;
  readonly #datagrams = new Map<string, SimDatagramSocket>();
  readonly #listeners = new Map<string, SimListener>();
  readonly #things = new Map<object, number>();

  fdOf(thing: object): number {
    let fd = this.#things.get(thing);
    if (fd === undefined) {
      fd = this.#nextFd++;
      this.#things.set(thing, fd);
    }
    return fd;
  }
  #thing(fd: number): object {
    for (const [thing, its] of this.#things) if (its === fd) return thing;
    throw new SystemError('EBADF', 9, 'fcntl');
  }
  override forgetProgram(): void {
    super.forgetProgram();
    for (const { watchers } of this.#fds.values()) watchers.clear();
  }

  #fd(what: string): number {
    const fd = this.#nextFd++;
    this.#fds.set(fd, { what, watchers: new Set(), readable: false, closed: false, pending: [] });
    return fd;
  }
  /** Descriptors the manager holds open, with what they are. */
  openFds(): Map<number, string> {
    return new Map([...this.#fds].map(([fd, state]) => [fd, state.what]));
  }
  /** A descriptor that came from somewhere else (a notify message). */
  makeFd(what: string): number {
    return this.#fd(what);
  }
  listenStream(path: string, mode: number): StreamListener {
    if (!path.startsWith('@')) {
      if (this.files.tryLstat(path) !== undefined) this.files.unlink(path);
      this.files.putSpecial(path, 'socket', mode);
    }
    const listener = new SimListener(this, () => this.#listeners.delete(path));
    this.#listeners.set(path, listener);
    return listener;
  }
  adoptListener(fd: number): StreamListener {
    if (this.#fds.has(fd)) return new SimListener(this, () => {});
    return this.#thing(fd) as SimListener;
  }
  adoptDatagram(fd: number): DatagramSocket {
    return this.#thing(fd) as SimDatagramSocket;
  }
  adoptStream(fd: number): StreamConnection {
    return this.#thing(fd) as StreamConnection;
  }
  /** Somebody connects to a socket of the manager; the test has the far end. */
  connectHeld(path: string, uid = 0): HeldConnection {
    const listener = this.#listeners.get(path);
    if (listener === undefined) throw new SystemError('ECONNREFUSED', 111, 'connect', path);
    const connection = new HeldConnection(uid, this);
    const refusal = listener.refuse(connection.peer);
    if (refusal === undefined) listener.onConnection(connection);
    else {
      connection.write(refusal);
      connection.end();
    }
    return connection;
  }
  connectStream(path: string, uid = this.uid): StreamConnection {
    const listener = this.#listeners.get(path);
    if (listener === undefined) throw new SystemError('ECONNREFUSED', 111, 'connect', path);
    const [near, far] = connectionPair(this, uid);
    this.schedule(0, () => listener.onConnection(far));
    return near;
  }
  bindDatagram(path: string, mode: number): DatagramSocket {
    if (!path.startsWith('@')) {
      if (this.files.tryLstat(path) !== undefined) this.files.unlink(path);
      this.files.putSpecial(path, 'socket', mode);
    }
    const socket = new SimDatagramSocket(this, () => this.#datagrams.delete(path));
    this.#datagrams.set(path, socket);
    return socket;
  }
  sendDatagram(path: string, data: Uint8Array | string, fds: number[] = []): void {
    this.datagram(path, data, { pid: this.pid, uid: this.uid, gid: this.gid }, fds);
  }
  /** A datagram arrives at a socket of the manager, from a sender of the test's choice. */
  datagram(
    path: string,
    data: Uint8Array | string,
    credentials: PeerCredentials,
    fds: number[] = [],
    hasPid?: boolean,
  ): void {
    const socket = this.#datagrams.get(path);
    if (socket === undefined) throw new SystemError('ENOENT', 2, 'sendto', path);
    this.schedule(0, () => socket.take({ data: Buffer.from(data as string), credentials, fds, hasPid: () => hasPid }));
  }
  streamPair(): { connection: StreamConnection; fd: number; dev: number; ino: number } {
    const [near, far] = connectionPair(this);
    const fd = this.#fd('stream');
    this.streams.set(fd, far);
    return { connection: near, fd, dev: 8, ino: 10_000 + fd };
  }
  /** Far ends of stream pairs, by the descriptor a child was given: tests write to them as the service would. */
  readonly streams = new Map<number, StreamConnection>();

  openSocket(spec: SocketSpec): number {
    if (spec.kind === 'special' && spec.path !== undefined) return this.openFd(spec.path);
    const name = spec.path ?? `${spec.inet?.address ?? ''}:${spec.inet?.port ?? ''}`;
    if (spec.path !== undefined && !spec.path.startsWith('@')) {
      this.files.mkdirs(
        spec.path.slice(0, spec.path.lastIndexOf('/')) || '/',
        spec.options === undefined ? 0o755 : 0o755,
      );
      this.files.putSpecial(spec.path, spec.kind === 'fifo' ? 'fifo' : 'socket', spec.mode ?? 0o666);
    }
    return this.#fd(`${spec.kind} ${name}`);
  }
  accept(fd: number): AcceptedConnection | undefined {
    const state = this.#fds.get(fd);
    const connection = state?.pending.shift();
    if (state !== undefined && state.pending.length === 0) state.readable = false;
    return connection;
  }
  /** Somebody connects to a listening descriptor, or data waits in it. */
  makeReadable(fd: number, connection?: Omit<AcceptedConnection, 'fd'>): void {
    const state = this.#fds.get(fd);
    if (state === undefined) throw new Error(`descriptor ${fd} is not open`);
    state.readable = true;
    if (connection !== undefined) state.pending.push({ fd: this.#fd('connection'), ...connection });
    this.schedule(0, () => this.#poll(state));
  }
  #poll(state: FdState): void {
    if (!state.readable || state.closed) return;
    for (const watcher of [...state.watchers]) watcher();
    // Level-triggered: as long as somebody watches and nobody reads it comes again.
    if (state.readable && state.watchers.size > 0 && !state.closed) this.schedule(1, () => this.#poll(state));
  }
  watchReadable(fd: number, callback: () => void): FdWatch {
    const state = this.#fds.get(fd);
    if (state === undefined) throw new SystemError('EBADF', 9, 'epoll_ctl');
    if (this.files.tryStat(state.what)?.type === 'file') throw new SystemError('EPERM', 1, 'epoll_ctl');
    state.watchers.add(callback);
    if (state.readable) this.schedule(0, () => this.#poll(state));
    return { close: () => state.watchers.delete(callback) };
  }
  /** What memfds hold that a test passed along. */
  readonly memfds = new Map<number, Buffer>();
  readFd(fd: number, limit: number): Buffer {
    const data = this.memfds.get(fd);
    if (data === undefined) throw new SystemError('ESPIPE', 29, 'pread');
    return data.subarray(0, limit);
  }
  memfd(data: Uint8Array): number {
    const fd = this.#fd('memfd');
    this.memfds.set(fd, Buffer.from(data));
    return fd;
  }
  openFd(path: string): number {
    this.files.stat(path);
    return this.#fd(path);
  }
  discardFd(fd: number): void {
    this.closeFd(fd);
  }
  closeFd(fd: number): void {
    const state = this.#fds.get(fd);
    if (state !== undefined) state.closed = true;
    this.#fds.delete(fd);
  }
  flushFd(fd: number): void {
    const state = this.#fds.get(fd);
    if (state === undefined) return;
    state.readable = false;
    for (const connection of state.pending.splice(0)) this.closeFd(connection.fd);
  }
  pipe(): { read: number; write: number } {
    return { read: this.#fd('pipe'), write: this.#fd('pipe') };
  }
  setCloseOnExec(_fd: number, _on: boolean): void {}
}
