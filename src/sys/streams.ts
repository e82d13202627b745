/** Streams, listeners and datagram sockets on the event loop. */
import { errnoCode } from './errno.ts';
import {
  type Datagram,
  type DatagramSocket,
  type PeerCredentials,
  type StreamConnection,
  type StreamListener,
  SystemError,
} from './host.ts';
import type { Native, Watch } from './native.ts';
import type { Readable, ReadTurns } from './read-turns.ts';

const EAGAIN = -11;
const EINTR = -4;
const ECONNABORTED = -103;
const EMFILE = -24;
const ENFILE = -23;

/** At most so much is read of one stream in a turn of the loop; the others get theirs before it goes on. */
const readBytes = 64 << 10;
const readBuffer = Buffer.allocUnsafeSlow(readBytes);
/** `pull` reads so often: what a service wrote in one go comes in one or two pieces. */
const pullReads = 4;
/** Milliseconds for which connections are taken in a turn of the loop. */
const acceptMs = 2;

export function watchFd(native: Native, fd: number, callback: (events: number) => void): Watch {
  const watch = native.watch(fd, callback);
  if (typeof watch === 'number') throw new SystemError(errnoCode(-watch), -watch, 'epoll_ctl');
  return watch;
}

const RLIMIT_NOFILE = 7;

/** New descriptors get the least number that is free, so these tell how many there are at least beyond. */
export function descriptorsLeft(native: Native): number {
  const limit = native.limit(RLIMIT_NOFILE);
  const made = native.pipe();
  if (typeof made === 'number' || typeof limit === 'number') return 0;
  for (const fd of made) native.closeFd(fd);
  return Math.max(0, limit[0] - Math.max(...made) - 1);
}

function peerOf(native: Native, fd: number): PeerCredentials {
  const [pid, uid, gid, ...groups] = native.peer(fd) ?? [0, -1, -1];
  return { pid, uid, gid, groups };
}

export class RealStream implements StreamConnection, Readable {
  readonly #native: Native;
  /** Undefined where it is read at once, before all others. */
  readonly #turns: ReadTurns | undefined;
  readonly #watch: Watch;
  #fd: number;
  readonly peer: PeerCredentials;
  onData: (chunk: Buffer) => void = () => {};
  onEnd: () => void = () => {};
  onDrain: () => void = () => {};
  onDescriptors: ((fds: number[]) => void) | undefined;
  #queue: Uint8Array[] = [];
  buffered = 0;
  #reading = true;
  #ending = false;
  #ended = false;

  constructor(native: Native, fd: number, turns?: ReadTurns, peer = peerOf(native, fd)) {
    this.#native = native;
    this.#turns = turns;
    this.#fd = fd;
    this.peer = peer;
    this.#watch = watchFd(native, fd, (events) => this.#ready(events));
    this.#update();
  }

  get fd(): number {
    return this.#fd;
  }
  get unsent(): Buffer {
    return Buffer.concat(this.#queue);
  }

  write(data: Uint8Array): void {
    if (this.#fd < 0 || this.#ending || data.length === 0) return;
    let rest = data;
    if (this.#queue.length === 0) {
      const sent = this.#native.send(this.#fd, data);
      if (sent === data.length) return;
      if (sent < 0 && sent !== EAGAIN && sent !== EINTR) {
        this.#finish();
        return;
      }
      rest = data.subarray(Math.max(0, sent));
    }
    // The caller may use its buffer again.
    this.#queue.push(Uint8Array.prototype.slice.call(rest));
    this.buffered += rest.length;
    this.#update();
  }

  pause(): void {
    this.#reading = false;
    this.#turns?.forget(this);
    this.#update();
  }
  resume(): void {
    this.#reading = true;
    this.#update();
  }
  pull(): void {
    for (let reads = 0; reads < pullReads && this.#mayRead; reads++) {
      if (!this.#read()) return;
    }
  }
  end(): void {
    if (this.#fd < 0) return;
    this.#ending = true;
    if (this.#queue.length === 0) this.destroy();
    else this.#update();
  }
  destroy(): void {
    if (this.#fd < 0) return;
    this.#turns?.forget(this);
    this.#native.closeWatch(this.#watch);
    this.#native.closeConnection(this.#fd);
    this.#fd = -1;
    this.#queue = [];
    this.buffered = 0;
  }

  #update(): void {
    if (this.#fd < 0) return;
    const read = this.#mayRead && this.#turns?.waits(this) !== true ? 1 : 0;
    const write = this.#queue.length > 0 ? 2 : 0;
    this.#native.setWatch(this.#watch, (read | write) as 0 | 1 | 2 | 3);
  }

  #ready(events: number): void {
    if ((events & 2) !== 0) this.#flush();
    if ((events & 1) === 0 || !this.#mayRead) return;
    if (this.#turns === undefined) {
      this.#read();
      return;
    }
    this.#turns.ask(this);
    if (this.#turns.waits(this)) this.#update();
  }

  get #mayRead(): boolean {
    return this.#fd >= 0 && this.#reading && !this.#ended;
  }

  /** Whether there is more is for the kernel to say. */
  readOnce(): boolean {
    if (this.#mayRead) this.#read();
    this.#update();
    return false;
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#fd >= 0) {
      const first = this.#queue[0]!;
      const sent = this.#native.send(this.#fd, first);
      if (sent === EAGAIN || sent === EINTR) return;
      if (sent < 0) {
        this.#finish();
        return;
      }
      this.buffered -= sent;
      if (sent < first.length) this.#queue[0] = first.subarray(sent);
      else this.#queue.shift();
    }
    this.#update();
    if (this.#ending) this.destroy();
    else this.onDrain();
  }

  /** False where there was nothing to read. */
  #read(): boolean {
    if (this.onDescriptors !== undefined) return this.#receive(this.onDescriptors);
    const got = this.#native.read(this.#fd, readBuffer);
    if (got === EAGAIN || got === EINTR) return false;
    if (got <= 0) this.#finish();
    else this.onData(readBuffer.subarray(0, got));
    return true;
  }

  /** As `#read`, with the descriptors that came along. */
  #receive(take: (fds: number[]) => void): boolean {
    const got = this.#native.receive(this.#fd);
    if (got === EAGAIN || got === EINTR) return false;
    if (typeof got === 'number') {
      this.#finish();
      return true;
    }
    const [data, , , , , ...fds] = got;
    if (fds.length > 0) take(fds);
    if (data.length === 0) this.#finish();
    else this.onData(data);
    return true;
  }

  /** The other side is gone, or has nothing more to say. */
  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue = [];
    this.buffered = 0;
    this.#update();
    this.onEnd();
  }
}

export class RealListener implements StreamListener {
  readonly #native: Native;
  readonly #watch: Watch;
  #fd: number;
  #pausedUntilNextTurn = false;
  onConnection: (connection: StreamConnection) => void = (connection) => connection.destroy();
  refuse: (peer: PeerCredentials) => Uint8Array | undefined = () => undefined;
  readonly #turns: ReadTurns;

  /** How many descriptors it leaves to others: who connects waits meanwhile. */
  readonly #leaves: number;

  /** Takes over the descriptor. */
  constructor(native: Native, fd: number, turns: ReadTurns, leaves = 0) {
    this.#native = native;
    this.#turns = turns;
    this.#fd = fd;
    this.#leaves = leaves;
    this.#watch = watchFd(native, this.#fd, () => this.#accept());
    native.setWatch(this.#watch, 1);
  }

  get fd(): number {
    return this.#fd;
  }

  #accept(): void {
    const end = this.#native.clock(1) + acceptMs;
    while (this.#fd >= 0 && this.#native.clock(1) < end) {
      if (this.#leaves > 0 && descriptorsLeft(this.#native) < this.#leaves) {
        this.#rest();
        return;
      }
      const fd = this.#native.acceptUnix(this.#fd);
      if (fd === EINTR || fd === ECONNABORTED) continue;
      if (fd === EMFILE || fd === ENFILE) {
        // The connection stays in the backlog and would wake us at once again.
        this.#rest();
        return;
      }
      if (fd < 0) return;
      this.#take(fd);
    }
  }

  /** Of those who may change everything what they say is read before all others'. */
  #take(fd: number): void {
    const native = this.#native;
    const peer = peerOf(native, fd);
    const refusal = this.refuse(peer);
    if (refusal !== undefined) {
      native.send(fd, refusal);
      native.closeConnection(fd);
      return;
    }
    const isOwn = peer.uid === 0 || peer.uid === process.geteuid?.();
    this.onConnection(new RealStream(native, fd, isOwn ? undefined : this.#turns, peer));
  }

  #rest(): void {
    if (this.#pausedUntilNextTurn) return;
    this.#pausedUntilNextTurn = true;
    this.#native.setWatch(this.#watch, 0);
    setTimeout(() => {
      this.#pausedUntilNextTurn = false;
      if (this.#fd >= 0) this.#native.setWatch(this.#watch, 1);
    }, 100);
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#native.closeWatch(this.#watch);
    this.#native.closeFd(this.#fd);
    this.#fd = -1;
  }
}

export class RealDatagramSocket implements DatagramSocket, Readable {
  readonly #native: Native;
  readonly #turns: ReadTurns;
  readonly #watch: Watch;
  #fd: number;
  onDatagram: (datagram: Datagram) => void = () => {};
  #isPaused = false;

  /** Takes over the descriptor. */
  constructor(native: Native, fd: number, turns: ReadTurns) {
    this.#native = native;
    this.#turns = turns;
    this.#fd = fd;
    this.#watch = watchFd(native, this.#fd, () => turns.ask(this));
    native.setWatch(this.#watch, 1);
  }

  get fd(): number {
    return this.#fd;
  }

  readOnce(): boolean {
    if (this.#fd < 0 || this.#isPaused) return false;
    const got = this.#native.receive(this.#fd);
    if (typeof got === 'number') return false;
    const [data, pid, uid, gid, pidfd, ...fds] = got;
    const credentials = pid > 0 ? { pid, uid, gid } : undefined;
    try {
      this.onDatagram({ data, credentials, fds, hasPid: () => this.#hasPid(pidfd) });
    } finally {
      if (pidfd >= 0) this.#native.closeFd(pidfd);
    }
    return true;
  }

  #hasPid(pidfd: number): boolean | undefined {
    // -1 is no errno that there is a reason for here: the kernel has no such descriptors.
    if (pidfd < 0) return pidfd === -1 ? undefined : false;
    const has = this.#native.hasPid(pidfd);
    return has < 0 ? undefined : has === 1;
  }

  pause(): void {
    this.#isPaused = true;
    if (this.#fd >= 0) this.#native.setWatch(this.#watch, 0);
  }
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#fd >= 0) this.#native.setWatch(this.#watch, 1);
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#turns.forget(this);
    this.#native.closeWatch(this.#watch);
    this.#native.closeFd(this.#fd);
    this.#fd = -1;
  }
}
