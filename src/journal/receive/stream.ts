/** One stream that is logged: bytes in, entries with the facts of the process behind it out. */
import type { Keeper } from '../../kept/keeper.ts';
import type { Host, StreamConnection } from '../../sys/host.ts';
import type { Field, SharedFields } from '../entry/entry.ts';
import type { Intake, LineSource } from './intake.ts';
import { type LineBreak, LineSplitter } from './lines.ts';
import type { Pace, Paced } from './pace.ts';
import type { RateLimit } from './rate-limit.ts';
import { type ProcessIdentity, processFields, type SenderUnit, type UnitKnowledge, unitFields } from './senders.ts';
import { priorityFields } from './syslog.ts';

/** Bytes of one stream in a turn of the event loop, after which it is held back. */
const streamTurnBytes = 256 * 1024;
/** Facts about the process behind a stream are looked up again after so long, milliseconds. */
const processFreshMs = 5000;

export interface StreamOptions extends SenderUnit {
  /** SyslogIdentifier=, or the name of the program. */
  identifier: string;
  /** SyslogLevel=, 0 to 7; default 6 (info). */
  level?: number;
  /** SyslogFacility=, unshifted; default 3 (daemon). */
  facility?: number;
  /** SyslogLevelPrefix=; default true. */
  levelPrefix?: boolean;
  /** The process, where it is known already; else `setProcess` tells. */
  process?: ProcessIdentity;
  /** LogRateLimitIntervalSec= and LogRateLimitBurst=; default journald.conf's, which is none. */
  rateLimit?: RateLimit;
  /** LogLevelMax=; default 7. */
  maxLevel?: number;
  /** LogExtraFields= */
  extraFields?: readonly Field[];
  /** journal+console: lines go to the console, too. */
  forwardToConsole?: boolean;
}

/** A client's stream may belong to no unit. */
export type ClientStreamOptions = Omit<StreamOptions, 'unit'> & { unit?: string };

const nothing = Buffer.alloc(0);

/** What comes in pieces no larger than this is no flood, bytes. */
export const pieceBytes = 4096;

/** Bytes of lines that have not ended, of all streams together. */
const unendedLimit = 8 * 1024 * 1024;

/** How much of lines that have not ended is kept, and by how many streams. */
export class Unended {
  bytes = 0;
  streams = 0;

  /** Whether a stream holds more than its share of what there may be, and there is too much. */
  isTooMuch(own: number): boolean {
    return this.bytes > unendedLimit && own > unendedLimit / this.streams;
  }
}

/** What all streams have in common. */
export interface StreamContext {
  host: Host;
  intake: Intake;
  pace: Pace;
  units: UnitKnowledge;
  scope: 'system' | 'user';
  /** Of journald.conf. */
  rateLimit: RateLimit;
  lineMax: number;
  unended: Unended;
}

export class LogStream implements LineSource, Paced {
  readonly unit: SenderUnit | undefined;
  readonly rateLimit: RateLimit;
  readonly forwardToConsole: boolean;
  readonly #context: StreamContext;
  readonly #connection: StreamConnection;
  readonly #options: ClientStreamOptions;
  readonly #maxLevel: number;
  readonly #extra: readonly Field[];
  readonly #splitter: LineSplitter;
  #streamId: string;
  readonly #closed: () => void;
  readonly #changed: () => void;
  /** What has come of a line was said to be worth keeping. */
  #restIsKept = false;
  #process: ProcessIdentity | undefined;
  /** Fields by level, while what is known about the process holds. */
  #shared = new Map<number, SharedFields>();
  #sharedUntilMs = 0;
  #turnBytes = 0;
  #paused = false;
  #ended = false;

  /** `closed` is called once, when nothing more will come; `changed` when something else is to be kept than before. */
  constructor(
    context: StreamContext,
    connection: StreamConnection,
    options: ClientStreamOptions,
    closed: () => void,
    changed: () => void = () => {},
  ) {
    this.#context = context;
    this.#connection = connection;
    this.#options = options;
    this.#closed = closed;
    this.#changed = changed;
    this.#process = options.process;
    this.#streamId = context.host.randomBytes(16).toString('hex');
    this.unit = options.unit === undefined ? undefined : { ...options, unit: options.unit };
    this.rateLimit = options.rateLimit ?? context.rateLimit;
    this.forwardToConsole = options.forwardToConsole ?? false;
    this.#maxLevel = options.maxLevel ?? 7;
    this.#extra = options.extraFields ?? [];
    const limited = this.rateLimit.intervalMs > 0 && this.rateLimit.burst > 0;
    // Lines that are kept together have no fields of their own.
    const single = limited || this.#extra.length > 0;
    const level = options.level ?? 6;
    this.#splitter = new LineSplitter(
      { lineMax: context.lineMax, levelPrefix: options.levelPrefix ?? true, single },
      {
        line: (message, prefix, lineBreak) => this.#line(message, prefix ?? level, lineBreak),
        lines: (data, count) => {
          if (level <= this.#maxLevel) context.intake.run(this, this.#fields(level), data, count, level);
        },
      },
    );
    context.unended.streams++;
    connection.onData = (chunk) => this.data(chunk);
    connection.onEnd = () => this.#end();
  }

  /** What it was opened with is kept beside it: whoever reads it makes it of that. */
  get options(): ClientStreamOptions {
    return this.#process === undefined ? this.#options : { ...this.#options, process: this.#process };
  }

  /** `most`: no more bytes of what is still to be cut into lines are worth it. */
  keep(k: Keeper, most = Number.POSITIVE_INFINITY): void {
    this.#streamId = k.text('streamId', this.#streamId);
    if (this.#splitter.buffered <= most) this.#counted(() => this.#splitter.keep(k));
    // What is left of lines that had come is cut first.
    if (k.isReading && this.#splitter.buffered > 0) this.data(nothing);
  }

  /** Where it has not changed to another user or group it is the manager's. */
  setProcess(process: ProcessIdentity): void {
    const { uid, gid } = this.#context.host;
    this.#process = { uid, gid, ...process };
    this.#shared.clear();
    this.#changed();
  }

  /** `chunk` is not kept. */
  data(chunk: Buffer): void {
    const more = this.#context.pace.takes(chunk.length);
    this.#turnBytes += chunk.length;
    const all = this.#push(chunk);
    this.#noteRest(chunk.length);
    if ((!all || !more || this.#turnBytes >= streamTurnBytes) && !this.#paused && !this.#ended) {
      this.#paused = true;
      this.#connection.pause();
      this.#context.pace.holdBack(this);
    }
  }

  /** The beginning of a line that somebody writes piece by piece; in a flood there is one after each read. */
  #noteRest(read: number): void {
    const { buffered } = this.#splitter;
    const isWorthIt = read <= pieceBytes && buffered > 0 && buffered <= pieceBytes;
    if (isWorthIt || this.#restIsKept) this.#changed();
    this.#restIsKept = isWorthIt;
  }

  /** False where something is left to be cut into lines. */
  #push(chunk?: Buffer): boolean {
    const { pace } = this.#context;
    const all = this.#counted(() => this.#splitter.push(chunk, () => pace.hasTime));
    if (!this.#holdsTooMuch) return all;
    // Of that, whole lines are made first.
    this.#counted(() => this.#splitter.push());
    if (this.#holdsTooMuch) this.#counted(() => this.#splitter.end('line-max'));
    return true;
  }

  get #holdsTooMuch(): boolean {
    return this.#context.unended.isTooMuch(this.#splitter.buffered);
  }

  /** What the splitter holds is counted anew. */
  #counted<T>(action: () => T): T {
    const { unended } = this.#context;
    unended.bytes -= this.#splitter.buffered;
    const result = action();
    unended.bytes += this.#splitter.buffered;
    return result;
  }

  resume(): void {
    this.#turnBytes = 0;
    if (!this.#paused || this.#ended) return;
    if (!this.#push()) {
      this.#context.pace.holdBack(this);
      return;
    }
    this.#paused = false;
    this.#connection.resume();
  }

  /** Takes in what the kernel holds already, a few reads of it, unless it is held back. */
  pull(): void {
    if (!this.#paused && !this.#ended) this.#connection.pull?.();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#counted(() => this.#splitter.end());
    this.#context.unended.streams--;
    this.#connection.destroy();
    this.#context.pace.forget(this);
    this.#closed();
  }

  #line(message: Buffer, level: number, lineBreak: LineBreak | undefined): void {
    if (level > this.#maxLevel) return;
    const own: Field[] = lineBreak === undefined ? [] : [['_LINE_BREAK', lineBreak]];
    for (const field of this.#extra) own.push(field);
    own.push(['MESSAGE', message]);
    this.#context.intake.line(this, this.#fields(level), own, level);
  }

  #fields(level: number): SharedFields {
    const now = this.#context.host.monotonic();
    if (now >= this.#sharedUntilMs) this.#shared.clear();
    let shared = this.#shared.get(level);
    if (shared === undefined) {
      if (this.#shared.size === 0) this.#sharedUntilMs = now + processFreshMs;
      shared = this.#context.intake.shared(this.#facts(level));
      this.#shared.set(level, shared);
    }
    return shared;
  }

  #facts(level: number): Field[] {
    const { host, scope, units } = this.#context;
    const { identifier, facility = 3 } = this.#options;
    const fields: Field[] = [
      ['_TRANSPORT', 'stdout'],
      ['_STREAM_ID', this.#streamId],
      ...priorityFields(level, facility),
    ];
    if (identifier !== '') fields.push(['SYSLOG_IDENTIFIER', identifier]);
    if (this.#process !== undefined) fields.push(...processFields(host, this.#process));
    if (this.unit !== undefined) {
      const place = units.placeOfUnit(this.unit.unit);
      fields.push(...unitFields({ ...place, ...this.unit }, scope === 'user'));
    }
    return fields;
  }
}
