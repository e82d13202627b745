/** Connections and datagrams between the manager and whoever a script plays. */
import type { Datagram, DatagramSocket, PeerCredentials, StreamConnection, StreamListener } from '../../sys/host.ts';
import type { Scheduled } from './clock.ts';

/** What it takes to carry bytes: the other end reads later. */
export interface Wire {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  schedule(ms: number, callback: () => void): Scheduled;
  /** The manager's descriptor of a thing. */
  fdOf(thing: object): number;
}

export class SimListener implements StreamListener {
  onConnection: (connection: StreamConnection) => void = () => {};
  refuse: (peer: PeerCredentials) => Uint8Array | undefined = () => undefined;
  readonly #wire: Pick<Wire, 'fdOf'>;
  readonly #close: () => void;
  constructor(wire: Pick<Wire, 'fdOf'>, close: () => void) {
    this.#wire = wire;
    this.#close = close;
  }
  get fd(): number {
    return this.#wire.fdOf(this);
  }
  close(): void {
    this.#close();
  }
}

export class SimDatagramSocket implements DatagramSocket {
  onDatagram: (datagram: Datagram) => void = () => {};
  readonly #held: Datagram[] = [];
  #paused = false;
  readonly #wire: Pick<Wire, 'fdOf'>;
  readonly #close: () => void;
  constructor(wire: Pick<Wire, 'fdOf'>, close: () => void) {
    this.#wire = wire;
    this.#close = close;
  }
  get fd(): number {
    return this.#wire.fdOf(this);
  }
  take(datagram: Datagram): void {
    this.#held.push(datagram);
    this.#deliver();
  }
  pause(): void {
    this.#paused = true;
  }
  resume(): void {
    this.#paused = false;
    this.#deliver();
  }
  #deliver(): void {
    while (!this.#paused && this.#held.length > 0) this.onDatagram(this.#held.shift()!);
  }
  close(): void {
    this.#close();
  }
}

export class SimConnection implements StreamConnection {
  readonly peer: PeerCredentials;
  onData: (chunk: Buffer) => void = () => {};
  onEnd: () => void = () => {};
  onDrain: () => void = () => {};
  readonly buffered = 0;
  other!: SimConnection;
  #ended = false;
  #paused = false;
  readonly #held: (Buffer | 'end')[] = [];
  readonly #wire: Wire;
  /** `uid`: of whoever has the other end. */
  constructor(wire: Wire, uid = wire.uid) {
    this.#wire = wire;
    this.peer = { pid: wire.pid, uid, gid: wire.gid };
  }
  get fd(): number {
    return this.#wire.fdOf(this);
  }
  readonly unsent = Buffer.alloc(0);
  write(data: Uint8Array): void {
    if (!this.#ended) this.#wire.schedule(0, () => this.other.take(Buffer.from(data)));
  }
  take(what: Buffer | 'end'): void {
    this.#held.push(what);
    this.pull();
  }
  pause(): void {
    this.#paused = true;
  }
  resume(): void {
    this.#paused = false;
    this.pull();
  }
  pull(): void {
    while (!this.#paused && this.#held.length > 0) {
      const next = this.#held.shift()!;
      if (next === 'end') this.onEnd();
      else {
        this.onData(next);
        // As the next read of a real stream does.
        next.fill('#');
      }
    }
  }
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wire.schedule(0, () => this.other.take('end'));
  }
  destroy(): void {
    this.end();
  }
}

/** Two ends of one connection; `uid` has the near one. */
export function connectionPair(wire: Wire, uid?: number): [SimConnection, SimConnection] {
  const near = new SimConnection(wire);
  const far = new SimConnection(wire, uid);
  near.other = far;
  far.other = near;
  return [near, far];
}

/**
 * A connection whose far end the test holds: it calls `onData` and `onEnd`, and sees what was written. That is taken only as
 * far as `room` goes.
 */
export class HeldConnection implements StreamConnection {
  readonly peer: PeerCredentials;
  onData: (chunk: Buffer) => void = () => {};
  onEnd: () => void = () => {};
  onDrain: () => void = () => {};
  onDescriptors: ((fds: number[]) => void) | undefined;
  /** What the peer has taken. */
  taken = Buffer.alloc(0);
  /** Bytes the peer is willing to take. */
  room = Number.POSITIVE_INFINITY;
  paused = false;
  closed = false;
  #kept = Buffer.alloc(0);
  #ending = false;
  readonly #wire: Pick<Wire, 'fdOf'> | undefined;

  constructor(uid = 0, wire?: Pick<Wire, 'fdOf'>) {
    this.peer = { pid: 1000 + uid, uid, gid: uid };
    this.#wire = wire;
  }

  get fd(): number {
    return this.#wire?.fdOf(this) ?? -1;
  }

  /** Whoever goes on with it writes it again. */
  get unsent(): Buffer {
    const unsent = this.#kept;
    this.#kept = Buffer.alloc(0);
    return unsent;
  }

  get buffered(): number {
    return this.#kept.length;
  }

  write(data: Uint8Array): void {
    if (this.closed || this.#ending) throw new Error('write after end');
    this.#kept = Buffer.concat([this.#kept, data]);
    this.#move();
  }

  /** The peer reads: `size` bytes more. */
  take(size: number): void {
    const before = this.buffered;
    this.room += size;
    this.#move();
    if (before > 0 && this.buffered === 0) this.onDrain();
  }

  #move(): void {
    const size = Math.min(this.room, this.#kept.length);
    this.taken = Buffer.concat([this.taken, this.#kept.subarray(0, size)]);
    this.#kept = this.#kept.subarray(size);
    this.room -= size;
    if (this.#ending && this.#kept.length === 0) this.closed = true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(): void {
    this.#ending = true;
    this.#move();
  }

  destroy(): void {
    this.closed = true;
    this.#kept = Buffer.alloc(0);
  }
}
