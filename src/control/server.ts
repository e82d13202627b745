import type { Host, PeerCredentials, StreamConnection, Timer } from '../sys/host.ts';
import { textToBytes } from '../text/bytes.ts';
import {
  type BecomePlan,
  ByteQueue,
  type CallFacts,
  type DescriptorKind,
  decodeGreeting,
  decodeRequest,
  encodeBecome,
  encodeExit,
  encodeFrame,
  FRAME_HEADER_SIZE,
  FrameType,
  GREETING_SIZE,
  PAYLOAD_LIMIT,
  PROTOCOL_VERSION,
  ProtocolError,
  REQUEST_LIMIT,
} from './protocol.ts';

/** Descriptors of a caller. They belong to whoever asked for them. */
export interface PassedDescriptors {
  readonly fds: readonly number[];
  /** Path of the terminal that the caller has made, where it was asked for one. */
  readonly terminal: string;
}

/** What a caller can be asked for beyond taking an answer. */
export interface CallerProcess {
  /** Resolves to undefined where the caller goes away, or has nothing to pass. Once a call, before `forward`. */
  pass(kind: DescriptorKind): Promise<PassedDescriptors | undefined>;
  /**
   * The terminal that the caller has made is copied to and from its own from now on, or no longer: ForwardFlag. What it
   * still holds is copied first.
   */
  forward(flags: number): void;
  /** The caller becomes a program once the handler has returned; what the handler returns is then of no meaning. */
  become(plan: BecomePlan): void;
}

/** A call that came over the control socket. */
export interface ControlRequest extends CallFacts, CallerProcess {
  /** Who is at the other end, as the kernel says. */
  readonly caller: PeerCredentials;
  /** Writes to the caller's stdout. */
  out(text: string): void;
  /** Writes to the caller's stderr. */
  err(text: string): void;
  /** Resolves when what was written has been taken by the caller, or the caller is gone. */
  drained(): Promise<void>;
  /** Asks the caller to show what follows in a pager; without effect once something was written. */
  openPager(jumpToEnd: boolean): void;
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal;
}

/**
 * Answers a request: the exit status, or 'local' where the caller must do it in its own process (then nothing may have
 * been written). What it throws is told to the caller as a line on stderr and exit status 1.
 */
export type ControlHandler = (request: ControlRequest) => number | 'local' | Promise<number | 'local'>;

/** Bounds that keep the manager small and awake whatever callers do. Bytes, counts, milliseconds. */
export interface ControlLimits {
  /** Connections at a time. Callers beyond are told to try again. */
  readonly connections: number;
  /** Connections at a time of one user who is not privileged. All of those together get half of `connections`. */
  readonly connectionsPerUser: number;
  /** From the connect to the whole request. */
  readonly requestDeadlineMs: number;
  /** Requests being received, all together. */
  readonly requestBytes: number;
  /** What one caller may leave unread before it is dropped. */
  readonly outputPerConnection: number;
  /** What all callers together may leave unread; beyond, the one with the most is dropped. */
  readonly outputBytes: number;
}

export const DEFAULT_LIMITS: ControlLimits = {
  connections: 1024,
  connectionsPerUser: 64,
  requestDeadlineMs: 10_000,
  requestBytes: 16 * 1024 * 1024,
  outputPerConnection: 32 * 1024 * 1024,
  outputBytes: 64 * 1024 * 1024,
};

export interface ControlOptions {
  /** Path of the socket. Its directory exists. */
  readonly path: string;
  /** A descriptor that listens there already. */
  readonly fd?: number | undefined;
  /** Permissions of the socket: anyone may ask, what is granted is decided for each request. */
  readonly mode?: number;
  readonly handler: ControlHandler;
  /** The program's version, told to callers of another protocol version. */
  readonly version: string;
  readonly limits?: Partial<ControlLimits>;
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
  /** Resolves when no request is being answered any more and every answer was taken, at the latest after `timeoutMs`. */
  settled(timeoutMs: number): Promise<void>;
}

/** Output is collected up to this size, or to the end of the event loop's turn, before it becomes a frame. */
const COALESCE = 16 * 1024;
/** `drained()` does not wait while no more than this is unread. */
const LOW_WATER = 64 * 1024;
/** Descriptors that a caller may send at a time: stdin, stdout and stderr. */
const MAX_DESCRIPTORS = 3;
/** Path of a terminal. */
const PASSED_LIMIT = 4096;
/** A caller that was refused has this long to take the refusal, milliseconds. */
const GOODBYE_MS = 5_000;

/** May change things: root, or the user the manager itself runs as (org.freedesktop.systemd1.policy without polkit). */
export function isPrivileged(host: Host, caller: PeerCredentials): boolean {
  return caller.uid === 0 || caller.uid === host.uid;
}

class Connection implements ControlRequest {
  readonly caller: PeerCredentials;
  program = '';
  argv: readonly string[] = [];
  env: Readonly<Record<string, string>> = {};
  cwd = '/';
  terminal = { stdin: false, stdout: false, stderr: false, columns: 0, lines: 0 };

  readonly #server: Server;
  readonly #stream: StreamConnection;
  readonly #abort = new AbortController();
  readonly #input = new ByteQueue();
  #state: 'greeting' | 'header' | 'payload' | 'answering' | 'passing' | 'goodbye' | 'gone' = 'greeting';
  #payloadSize = 0;
  #deadline: Timer | undefined;
  #pending: { type: number; parts: string[]; size: number } | undefined;
  #flushPlanned = false;
  #wroteOutput = false;
  #passed: { fds: number[]; resolve: (passed: PassedDescriptors | undefined) => void } | undefined;
  #become: Buffer | undefined;
  #waiters: (() => void)[] = [];

  constructor(server: Server, stream: StreamConnection) {
    this.#server = server;
    this.#stream = stream;
    this.caller = stream.peer;
    this.#deadline = server.host.after(server.limits.requestDeadlineMs, () => this.drop());
    stream.onData = (chunk) => this.#received(chunk);
    stream.onEnd = () => this.drop();
    stream.onDrain = () => this.#drained();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get answering(): boolean {
    return this.#state === 'answering' || this.#state === 'passing';
  }

  /** Bytes of a request that is not complete yet. */
  get received(): number {
    return this.#input.size;
  }

  /** Bytes of the answer that the caller has not taken. */
  get unread(): number {
    return this.#stream.buffered;
  }

  out(text: string): void {
    this.#write(FrameType.out, text);
  }

  err(text: string): void {
    this.#write(FrameType.err, text);
  }

  openPager(jumpToEnd: boolean): void {
    if (this.#state !== 'answering' || this.#wroteOutput) return;
    this.#send(encodeFrame(FrameType.pager, Uint8Array.of(jumpToEnd ? 1 : 0)));
  }

  pass(kind: DescriptorKind): Promise<PassedDescriptors | undefined> {
    this.#flush();
    if (this.#state !== 'answering') return Promise.resolve(undefined);
    this.#state = 'passing';
    return new Promise((resolve) => {
      const passed = { fds: [] as number[], resolve };
      this.#passed = passed;
      this.#stream.onDescriptors = (fds) => passed.fds.push(...fds);
      this.#deadline = this.#server.host.after(this.#server.limits.requestDeadlineMs, () => this.drop());
      this.#send(encodeFrame(FrameType.want, Uint8Array.of(kind)));
    });
  }

  forward(flags: number): void {
    this.#flush();
    if (this.#state === 'answering') this.#send(encodeFrame(FrameType.forward, Uint8Array.of(flags)));
  }

  become(plan: BecomePlan): void {
    this.#become = encodeBecome(plan);
  }

  drained(): Promise<void> {
    this.#flush();
    if (this.#state === 'gone' || this.#stream.buffered <= LOW_WATER) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Says one last thing and closes. */
  goodbye(frame: Uint8Array): void {
    if (this.#state === 'gone' || this.#state === 'goodbye') return;
    // The end of a short answer and the exit status go out in one write.
    const pending = this.#takePending();
    const last = pending.pop();
    this.#sendAll(pending);
    if (this.signal.aborted) return;
    this.#state = 'goodbye';
    this.#input.clear();
    this.#deadline?.cancel();
    this.#stream.write(last === undefined ? frame : Buffer.concat([last, frame]));
    if (this.#stream.buffered === 0) {
      this.#finish();
    } else if (!this.#wroteOutput) {
      // Nobody waits at a pager for this one line: what the caller still sends is not read, and it has to hurry.
      this.#stream.pause();
      this.#deadline = this.#server.host.after(GOODBYE_MS, () => this.drop());
    }
  }

  /** Closes at once; the request, if there is one, is cancelled. */
  drop(): void {
    if (this.#state === 'gone') return;
    this.#gone();
    this.#stream.destroy();
  }

  /** Everything was said: closes when it is taken. */
  #finish(): void {
    this.#gone();
    this.#stream.end();
  }

  #gone(): void {
    this.#state = 'gone';
    this.#deadline?.cancel();
    this.#input.clear();
    this.#pending = undefined;
    this.#endPassing(undefined);
    this.#abort.abort();
    this.#release();
    this.#server.remove(this);
  }

  #release(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  #drained(): void {
    if (this.#state === 'goodbye') this.#finish();
    else this.#release();
  }

  #received(chunk: Buffer): void {
    switch (this.#state) {
      case 'greeting':
      case 'header':
      case 'payload':
        this.#input.push(chunk);
        try {
          this.#advance();
        } catch (error) {
          this.#refuse(error);
        }
        break;
      case 'passing':
        this.#input.push(chunk);
        this.#takePassed();
        break;
      case 'answering':
      case 'goodbye':
        // A caller says nothing unasked; one that floods is not one of ours.
        this.drop();
        break;
      case 'gone':
        break;
    }
  }

  /** The caller's answer to `want`. */
  #takePassed(): void {
    const header = this.#input.peek(FRAME_HEADER_SIZE);
    if (header === undefined) return;
    const size = header.readUInt32LE(0);
    if (header[4] !== FrameType.passed || size > PASSED_LIMIT || (this.#passed?.fds.length ?? 0) > MAX_DESCRIPTORS) {
      this.drop();
      return;
    }
    if (this.#input.size < FRAME_HEADER_SIZE + size) return;
    this.#input.take(FRAME_HEADER_SIZE);
    const terminal = this.#input.take(size)?.toString('utf8') ?? '';
    if (this.#input.size > 0) {
      this.drop();
      return;
    }
    this.#deadline?.cancel();
    this.#state = 'answering';
    this.#endPassing(terminal);
  }

  /** Hands over what was passed; without a `terminal`, which may be '', nothing was. */
  #endPassing(terminal: string | undefined): void {
    const passed = this.#passed;
    this.#passed = undefined;
    this.#stream.onDescriptors = undefined;
    if (passed === undefined) return;
    if (terminal !== undefined && passed.fds.length > 0) {
      passed.resolve({ fds: passed.fds, terminal });
      return;
    }
    for (const fd of passed.fds) this.#server.host.closeFd(fd);
    passed.resolve(undefined);
  }

  #refuse(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.goodbye(Buffer.concat([encodeFrame(FrameType.err, Buffer.from(`${message}\n`)), encodeExit(1)]));
  }

  #advance(): void {
    if (this.#state === 'greeting') {
      const greeting = this.#input.take(GREETING_SIZE);
      if (greeting === undefined) return;
      const version = decodeGreeting(greeting);
      if (version !== PROTOCOL_VERSION) {
        const text = `pidone ${this.#server.version}, control protocol ${PROTOCOL_VERSION}`;
        this.goodbye(encodeFrame(FrameType.version, Buffer.from(text)));
        return;
      }
      this.#state = 'header';
    }
    if (this.#state === 'header') {
      const header = this.#input.take(FRAME_HEADER_SIZE);
      if (header === undefined) return;
      if (header[4] !== FrameType.request) throw new ProtocolError('A request was expected.');
      this.#payloadSize = header.readUInt32LE(0);
      if (this.#payloadSize > REQUEST_LIMIT) throw new ProtocolError('The request is too large.');
      this.#state = 'payload';
    }
    const payload = this.#input.take(this.#payloadSize);
    if (payload === undefined) {
      this.#server.limitRequests(this);
      return;
    }
    if (this.#input.size > 0) throw new ProtocolError('More than one request was sent.');
    Object.assign(this, decodeRequest(payload));
    this.#deadline?.cancel();
    this.#state = 'answering';
    void this.#answer();
  }

  async #answer(): Promise<void> {
    let status: number | 'local';
    try {
      status = await this.#server.handler(this);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.err(`${message}\n`);
      status = 1;
    }
    this.goodbye(this.#become ?? (status === 'local' ? encodeFrame(FrameType.local) : encodeExit(status)));
    this.#server.onRequest();
  }

  #write(type: number, text: string): void {
    if (this.#state !== 'answering' || text === '') return;
    if (this.#pending !== undefined && this.#pending.type !== type) this.#flush();
    this.#pending ??= { type, parts: [], size: 0 };
    this.#pending.parts.push(text);
    this.#pending.size += text.length;
    if (this.#pending.size >= COALESCE) this.#flush();
    else if (!this.#flushPlanned) {
      this.#flushPlanned = true;
      this.#server.host.defer(() => {
        this.#flushPlanned = false;
        this.#flush();
      });
    }
  }

  #flush(): void {
    if (this.#state === 'answering') this.#sendAll(this.#takePending());
  }

  /** What waits to be sent, as frames. */
  #takePending(): Buffer[] {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined) return [];
    this.#wroteOutput = true;
    const bytes = textToBytes(pending.parts.join(''));
    const frames = [];
    for (let at = 0; at < bytes.length; at += PAYLOAD_LIMIT) {
      frames.push(encodeFrame(pending.type, bytes.subarray(at, at + PAYLOAD_LIMIT)));
    }
    return frames;
  }

  #sendAll(frames: Buffer[]): void {
    for (const frame of frames) {
      if (this.#state === 'gone') return;
      this.#send(frame);
    }
  }

  #send(frame: Buffer): void {
    this.#stream.write(frame);
    if (this.#stream.buffered > 0) this.#server.limitOutput(this);
  }
}

class Server implements ControlServer {
  readonly host: Host;
  readonly limits: ControlLimits;
  readonly handler: ControlHandler;
  readonly version: string;
  onRequest: () => void = () => {};
  readonly #open = new Set<Connection>();
  readonly #listener: { close(): void };
  #settled: (() => void)[] = [];

  constructor(host: Host, options: ControlOptions) {
    this.host = host;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.handler = options.handler;
    this.version = options.version;
    const { path, fd, mode = 0o666 } = options;
    const listener = fd === undefined ? host.listenStream(path, mode) : host.adoptListener(fd);
    listener.onConnection = (stream) => this.#accept(stream);
    this.#listener = listener;
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
    this.#listener.close();
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

  remove(connection: Connection): void {
    this.#open.delete(connection);
    if (this.#open.size > 0) return;
    const settled = this.#settled;
    this.#settled = [];
    for (const resolve of settled) resolve();
  }

  /** Half-received requests of all callers are bounded together: the one that grows past the bound goes. */
  limitRequests(grown: Connection): void {
    let total = 0;
    for (const connection of this.#open) total += connection.received;
    if (total > this.limits.requestBytes) grown.goodbye(encodeFrame(FrameType.busy));
  }

  /** A slow reader keeps what it has not read in our memory; too much of it and the worst one is dropped. */
  limitOutput(grown: Connection): void {
    if (grown.unread > this.limits.outputPerConnection) {
      grown.drop();
      return;
    }
    if (grown.unread <= LOW_WATER) return;
    let total = 0;
    let worst = grown;
    for (const connection of this.#open) {
      total += connection.unread;
      if (connection.unread > worst.unread) worst = connection;
    }
    if (total > this.limits.outputBytes) worst.drop();
  }

  #accept(stream: StreamConnection): void {
    const connection = new Connection(this, stream);
    const room = this.#hasRoom(stream.peer);
    this.#open.add(connection);
    if (!room) connection.goodbye(encodeFrame(FrameType.busy));
  }

  /** Other users' connections never take the place of the privileged ones. */
  #hasRoom(caller: PeerCredentials): boolean {
    if (this.#open.size >= this.limits.connections) return false;
    if (isPrivileged(this.host, caller)) return true;
    let others = 0;
    let same = 0;
    for (const connection of this.#open) {
      if (isPrivileged(this.host, connection.caller)) continue;
      others++;
      if (connection.caller.uid === caller.uid) same++;
    }
    return same < this.limits.connectionsPerUser && others < this.limits.connections / 2;
  }
}

/** Listens for calls of systemctl and its siblings. Throws SystemError where the socket cannot be made. */
export function serveControl(host: Host, options: ControlOptions): ControlServer {
  return new Server(host, options);
}
