import type { Host, PeerCredentials, StreamConnection, StreamListener, Timer } from '../../../src/sys/host.ts';

/** One end of a stream in memory. The peer takes what was written only as far as `room` goes. */
export class FakeStream implements StreamConnection {
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

  constructor(uid: number) {
    this.peer = { pid: 1000 + uid, uid, gid: uid };
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

/** As much of a Host as the control room uses: a clock moved by hand and one listener. */
export class FakeHost {
  readonly uid = 0;
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];
  #deferred: (() => void)[] = [];
  readonly listener: StreamListener = { onConnection: () => {}, close: () => {} };

  asHost(): Host {
    return this as unknown as Host;
  }

  listenStream(): StreamListener {
    return this.listener;
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer = { at: this.#now + delayMs, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Descriptors that were closed. */
  readonly closed: number[] = [];
  closeFd(fd: number): void {
    this.closed.push(fd);
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }

  get timers(): number {
    return this.#timers.length;
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter((timer) => timer.at <= this.#now);
    this.#timers = this.#timers.filter((timer) => timer.at > this.#now);
    for (const timer of due) timer.callback();
  }

  /** Lets everything run that is due now. */
  async turn(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      const deferred = this.#deferred;
      this.#deferred = [];
      for (const callback of deferred) callback();
    }
  }

  connect(uid = 0): FakeStream {
    const stream = new FakeStream(uid);
    this.listener.onConnection(stream);
    return stream;
  }
}
