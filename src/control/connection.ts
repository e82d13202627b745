/** One caller: its request comes in, is answered, and the answer goes out as fast as it is taken. */
import type { Keeper } from '../kept/keeper.ts';
import type { Host, PeerCredentials, StreamConnection, Timer } from '../sys/host.ts';
import { textToBytes } from '../text/bytes.ts';
import { ByteQueue } from './byte-queue.ts';
import {
  type BecomePlan,
  type CallFacts,
  type DescriptorKind,
  decodeGreeting,
  decodeRequest,
  encodeBecome,
  encodeExit,
  encodeFrame,
  FrameType,
  frameHeaderSize,
  greetingSize,
  ProtocolError,
  payloadLimit,
  protocolVersion,
  requestLimit,
} from './protocol.ts';
import { sliceMs, type Turns } from './turns.ts';

/** Descriptors of a caller. They belong to whoever asked for them. */
export interface PassedDescriptors {
  readonly fds: readonly number[];
  /** Path of the terminal that the caller has made, where it was asked for one. */
  readonly terminal: string;
}

/** Where a call was that the program of the manager after this one goes on with: what kind of work, and its facts. */
export interface Continuation {
  readonly kind: string;
  readonly facts: unknown;
}

/** What a caller can be asked for beyond taking an answer. */
export interface CallerProcess {
  /**
   * Set while the call waits for what may take long: should the manager's program be executed anew meanwhile, the next one
   * goes on from there. A call that sets it not is waited for.
   */
  goesOn: (() => Continuation) | undefined;
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
  /** Has the caller write now what it holds back for its stdout. */
  flush(): void;
  /** Writes to the caller's stderr. */
  err(text: string): void;
  /** Resolves when what was written has been taken by the caller, or the caller is gone. */
  drained(): Promise<void>;
  /** Resolves when it may go on working: whoever does many things for a caller awaits it between two. */
  turn(): Promise<void>;
  /** Asks the caller to show what follows in a pager; without effect once something was written. */
  openPager(jumpToEnd: boolean): void;
  /** Where the program before this one has left the call. */
  readonly continuation: Continuation | undefined;
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal;
}

/**
 * Answers a request: the exit status, or 'local' where the caller must do it in its own process (then nothing may have
 * been written). What it throws is told to the caller as a line on stderr and exit status 1.
 */
export type ControlHandler = (request: ControlRequest) => number | 'local' | Promise<number | 'local'>;

/** What a connection is part of. */
export interface ConnectionOwner {
  readonly host: Host;
  readonly turns: Turns;
  readonly handler: ControlHandler;
  /** The program's version, told to callers of another protocol version. */
  readonly version: string;
  /** From the connect to the whole request, milliseconds. */
  readonly requestDeadlineMs: number;
  /** A request has grown, which is not complete yet. */
  limitRequests(grown: Connection): void;
  /** Something has changed of what another program would need to go on with it. */
  changed(connection: Connection): void;
  /** The caller has left more unread than before. */
  limitOutput(grown: Connection): void;
  /** A caller is about to hear that it has its answer. */
  readonly beforeAnswer: (() => void) | undefined;
  /** A request was answered. */
  readonly onRequest: () => void;
  /** It is closed. */
  remove(connection: Connection): void;
}

/** May change things: root, or the user the manager itself runs as (org.freedesktop.systemd1.policy without polkit). */
export function isPrivileged(host: Pick<Host, 'uid'>, caller: PeerCredentials): boolean {
  return caller.uid === 0 || caller.uid === host.uid;
}

/** A request with more is not written down at each line that a follower is sent. */
const smallRequestBytes = 16 * 1024;

/** What others than the privileged may ask for in one request. */
const othersLimits = { bytes: 256 * 1024, words: 4096 };

/** Output is collected up to this size, or to the end of the event loop's turn, before it becomes a frame. */
const coalesceBytes = 16 * 1024;
/** `drained()` does not wait while no more than this is unread. */
export const lowWater = 64 * 1024;
/** Descriptors that a caller may send at a time: stdin, stdout and stderr. */
const maxDescriptors = 3;
/** Path of a terminal. */
const passedLimit = 4096;
/** A caller that was refused has this long to take the refusal, milliseconds. */
const goodbyeMs = 5_000;

export class Connection implements ControlRequest {
  readonly caller: PeerCredentials;
  program = '';
  argv: readonly string[] = [];
  env: Readonly<Record<string, string>> = {};
  cwd = '/';
  terminal = { stdin: false, stdout: false, stderr: false, columns: 0, lines: 0 };
  #goesOn: (() => Continuation) | undefined;
  continuation: Continuation | undefined;

  readonly #owner: ConnectionOwner;
  readonly #stream: StreamConnection;
  readonly #abort = new AbortController();
  readonly #input = new ByteQueue();
  #state: 'greeting' | 'header' | 'payload' | 'answering' | 'passing' | 'goodbye' | 'gone' = 'greeting';
  #payloadSize = 0;
  /** Of a whole request that waits for its turn. */
  #waitingBytes = 0;
  #deadline: Timer | undefined;
  #pending: { type: number; parts: string[]; size: number } | undefined;
  #flushPlanned = false;
  #wroteOutput = false;
  #passed: { fds: number[]; resolve: (passed: PassedDescriptors | undefined) => void } | undefined;
  #become: Buffer | undefined;
  #waiters: (() => void)[] = [];
  readonly privileged: boolean;
  /** When its slice of work has begun. */
  #sinceMs = 0;

  constructor(owner: ConnectionOwner, stream: StreamConnection) {
    this.#owner = owner;
    this.#stream = stream;
    this.caller = stream.peer;
    this.privileged = isPrivileged(owner.host, stream.peer);
    this.#deadline = owner.host.after(owner.requestDeadlineMs, () => this.drop());
    stream.onData = (chunk) => this.#received(chunk);
    stream.onEnd = () => this.drop();
    stream.onDrain = () => this.#drained();
  }

  // ---- a new program under it -----------------------------------------------------------------------------------

  get goesOn(): (() => Continuation) | undefined {
    return this.#goesOn;
  }
  set goesOn(goesOn: (() => Continuation) | undefined) {
    this.#goesOn = goesOn;
    this.#owner.changed(this);
  }

  /** Another program can go on with it from here without having been told, and what it needs is not much. */
  get isWaiting(): boolean {
    const isSmall = this.#payloadSize <= smallRequestBytes && this.unread === 0;
    return this.#state === 'answering' && this.#goesOn !== undefined && isSmall;
  }

  /** Another program can go on with it as it is now. */
  get canGoOn(): boolean {
    if (this.#state === 'answering') return this.#goesOn !== undefined;
    return this.#state !== 'passing' && this.#state !== 'gone';
  }

  /** The stream is its owner's to keep. After it has been read: `revive`. */
  keep(k: Keeper): void {
    if (!k.isReading) this.#flush();
    const states = { greeting: 0, header: 0, payload: 0, answering: 0, goodbye: 0 };
    this.#state = k.word<keyof typeof states>('state', this.#state as keyof typeof states, states);
    this.#payloadSize = k.number('payloadSize', this.#payloadSize);
    this.#wroteOutput = k.flag('wroteOutput', this.#wroteOutput);
    const { size } = this.#input;
    const input = k.bytes('input', Buffer.from(this.#input.peek(size) ?? []));
    const unsent = k.bytes('unsent', k.isReading ? Buffer.alloc(0) : this.#stream.unsent);
    this.program = k.text('program', this.program);
    this.argv = k.plain('argv', this.argv);
    this.env = k.plain('env', this.env);
    this.cwd = k.text('cwd', this.cwd);
    this.terminal = k.plain('terminal', this.terminal);
    this.continuation = k.plain('continuation', this.#state === 'answering' ? this.#goesOn?.() : undefined);
    if (!k.isReading) return;
    if (input.length > 0) this.#input.push(input);
    if (unsent.length > 0) this.#stream.write(unsent);
  }

  revive(): void {
    switch (this.#state) {
      case 'answering':
        this.#deadline?.cancel();
        void this.#run();
        break;
      case 'goodbye':
        this.#deadline?.cancel();
        if (this.#stream.buffered === 0) this.#finish();
        else if (!this.#wroteOutput) this.#hurry();
        break;
      default:
        this.#received(Buffer.alloc(0));
    }
  }

  get stream(): Pick<StreamConnection, 'fd'> {
    return this.#stream;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get answering(): boolean {
    return this.#state === 'answering' || this.#state === 'passing';
  }

  /** Bytes of a request that has not begun to be answered. */
  get received(): number {
    return this.#input.size + this.#waitingBytes;
  }

  /** Bytes of the answer that the caller has not taken. */
  get unread(): number {
    return this.#stream.buffered;
  }

  out(text: string): void {
    this.#write(FrameType.out, text);
  }

  flush(): void {
    this.#flush();
    if (this.#state === 'answering') this.#send(encodeFrame(FrameType.out));
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
      this.#deadline = this.#owner.host.after(this.#owner.requestDeadlineMs, () => this.drop());
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

  async drained(): Promise<void> {
    this.#flush();
    if (this.#stream.buffered > lowWater) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  async turn(): Promise<void> {
    // Asked for each line of a long answer: what was written goes out in larger pieces.
    if (this.#stream.buffered <= lowWater && this.#owner.host.monotonic() - this.#sinceMs < sliceMs) return;
    await this.drained();
    await this.#nextTurn();
  }

  async #nextTurn(): Promise<void> {
    await this.#owner.turns.next(this.caller.uid, this.privileged);
    this.#sinceMs = this.#owner.host.monotonic();
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
    if (this.#goesOn !== undefined) this.#owner.changed(this);
    this.#input.clear();
    this.#deadline?.cancel();
    this.#stream.write(last === undefined ? frame : Buffer.concat([last, frame]));
    if (this.#stream.buffered === 0) {
      this.#finish();
    } else if (!this.#wroteOutput) this.#hurry();
  }

  /** Nobody waits at a pager for this one line: what the caller still sends is not read, and it has to hurry. */
  #hurry(): void {
    this.#stream.pause();
    this.#deadline = this.#owner.host.after(goodbyeMs, () => this.drop());
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
    if (this.#goesOn !== undefined) this.#owner.changed(this);
    this.#deadline?.cancel();
    this.#input.clear();
    this.#pending = undefined;
    this.#endPassing(undefined);
    this.#abort.abort();
    this.#release();
    this.#owner.remove(this);
  }

  #release(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  #drained(): void {
    if (this.#state === 'goodbye') this.#finish();
    else this.#release();
    if (this.#goesOn !== undefined) this.#owner.changed(this);
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
    const header = this.#input.peek(frameHeaderSize);
    if (header === undefined) return;
    const size = header.readUInt32LE(0);
    if (header[4] !== FrameType.passed || size > passedLimit || (this.#passed?.fds.length ?? 0) > maxDescriptors) {
      this.drop();
      return;
    }
    if (this.#input.size < frameHeaderSize + size) return;
    this.#input.take(frameHeaderSize);
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
    for (const fd of passed.fds) this.#owner.host.discardFd(fd);
    passed.resolve(undefined);
  }

  #refuse(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.goodbye(Buffer.concat([encodeFrame(FrameType.err, Buffer.from(`${message}\n`)), encodeExit(1)]));
  }

  #advance(): void {
    if (this.#state === 'greeting') {
      const greeting = this.#input.take(greetingSize);
      if (greeting === undefined) return;
      const version = decodeGreeting(greeting);
      if (version !== protocolVersion) {
        const text = `pidone ${this.#owner.version}, control protocol ${protocolVersion}`;
        this.goodbye(encodeFrame(FrameType.version, Buffer.from(text)));
        return;
      }
      this.#state = 'header';
    }
    if (this.#state === 'header') {
      const header = this.#input.take(frameHeaderSize);
      if (header === undefined) return;
      if (header[4] !== FrameType.request) throw new ProtocolError('A request was expected.');
      this.#payloadSize = header.readUInt32LE(0);
      const limit = this.privileged ? requestLimit : Math.min(requestLimit, othersLimits.bytes);
      if (this.#payloadSize > limit) throw new ProtocolError('The request is too large.');
      this.#state = 'payload';
    }
    const payload = this.#input.take(this.#payloadSize);
    if (payload === undefined) {
      this.#owner.limitRequests(this);
      return;
    }
    if (this.#input.size > 0) throw new ProtocolError('More than one request was sent.');
    this.#deadline?.cancel();
    this.#state = 'answering';
    void this.#answer(payload);
  }

  async #answer(payload: Buffer): Promise<void> {
    this.#sinceMs = this.#owner.host.monotonic();
    if (!this.privileged) {
      this.#waitingBytes = payload.length;
      await this.#nextTurn();
      this.#waitingBytes = 0;
    }
    if (this.signal.aborted) return;
    await this.#run(payload);
  }

  /** Without a request it is one that is gone on with. */
  async #run(payload?: Buffer): Promise<void> {
    let status: number | 'local';
    try {
      if (payload !== undefined) this.#take(payload);
      status = await this.#owner.handler(this);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.err(`${message}\n`);
      status = 1;
    }
    this.#owner.beforeAnswer?.();
    this.goodbye(this.#become ?? (status === 'local' ? encodeFrame(FrameType.local) : encodeExit(status)));
    this.#owner.onRequest();
  }

  /** Throws ProtocolError. */
  #take(payload: Buffer): void {
    Object.assign(this, decodeRequest(payload, this.privileged ? undefined : othersLimits.words));
  }

  #write(type: number, text: string): void {
    if (this.#state !== 'answering' || text === '') return;
    if (this.#pending !== undefined && this.#pending.type !== type) this.#flush();
    this.#pending ??= { type, parts: [], size: 0 };
    this.#pending.parts.push(text);
    this.#pending.size += text.length;
    if (this.#pending.size >= coalesceBytes) this.#flush();
    else if (!this.#flushPlanned) {
      this.#flushPlanned = true;
      this.#owner.host.defer(() => {
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
    for (let at = 0; at < bytes.length; at += payloadLimit) {
      frames.push(encodeFrame(pending.type, bytes.subarray(at, at + payloadLimit)));
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
    if (this.#goesOn !== undefined) this.#owner.changed(this);
    if (this.#stream.buffered > 0) this.#owner.limitOutput(this);
  }
}
