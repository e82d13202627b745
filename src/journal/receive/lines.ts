/** A service's stdout or stderr: bytes in, one entry a line out. */
import type { Keeper } from '../../kept/keeper.ts';
import { parsePriorityPrefix } from './syslog.ts';

const newline = 0x0a;
const lessThan = 0x3c;

/** Lines that are handled one by one between two questions whether to go on. */
const linesBetween = 32;
const always = (): boolean => true;
const nothing: Buffer = Buffer.alloc(0);

/** Room for the beginning of a line and what was read after it: a flood asks for it again and again. */
const joinBuffer = Buffer.allocUnsafeSlow(128 * 1024);

function joined(rest: Buffer, chunk: Buffer): Buffer {
  const size = rest.length + chunk.length;
  if (size > joinBuffer.length) return Buffer.concat([rest, chunk]);
  joinBuffer.set(rest);
  joinBuffer.set(chunk, rest.length);
  return joinBuffer.subarray(0, size);
}

/** Why a line ended, where it was not by a newline: the field _LINE_BREAK. */
export type LineBreak = 'nul' | 'line-max' | 'eof';

/** What is passed is overwritten after the call: who keeps it copies it. */
export interface LineSink {
  /** A single line. `prefix` is what `<N>` said, undefined where there was none. */
  line(message: Buffer, prefix: number | undefined, lineBreak: LineBreak | undefined): void;
  /** `count` lines of the stream's own priority with a newline between each and the next. */
  lines(data: Buffer, count: number): void;
}

export interface SplitterOptions {
  /** LineMax=, bytes. */
  lineMax: number;
  /** SyslogLevelPrefix= */
  levelPrefix: boolean;
  /** Every line is to be looked at on its own: no runs. */
  single: boolean;
}

/**
 * Cuts a stream into lines as journald does: at newlines and NUL bytes, at the latest after `lineMax` bytes, whatever follows
 * these; blanks at the end of what is no blank go, empty lines do too. Lines that are plain are passed on in runs, without
 * touching each. In which pieces the stream comes makes no difference. A short piece may hold very many lines: who asks for
 * it is told when it has cut for long enough, and what is left waits.
 */
export class LineSplitter {
  readonly #options: SplitterOptions;
  readonly #sink: LineSink;
  #rest: Buffer | undefined;
  /** In what is left there may be whole lines. */
  #stopped = false;
  #lines = 0;

  constructor(options: SplitterOptions, sink: LineSink) {
    this.#options = options;
    this.#sink = sink;
  }

  /** What has come of a line, and perhaps of lines behind it. */
  keep(k: Keeper): void {
    const rest = k.bytes('rest', this.#rest ?? nothing);
    if (k.isReading && rest.length > 0) {
      this.#rest = rest;
      this.#stopped = true;
    }
  }

  /** Bytes of a line that has not ended. */
  get buffered(): number {
    return this.#rest?.length ?? 0;
  }

  /**
   * `chunk` is not kept. `goesOn` is asked now and then; where it says no, so does this, and the next push goes on, be it of
   * nothing.
   */
  push(chunk = nothing, goesOn = always): boolean {
    if (chunk.length === 0 && !this.#stopped) return true;
    const data = this.#rest === undefined ? chunk : joined(this.#rest, chunk);
    this.#rest = undefined;
    this.#stopped = false;
    const consumed = data.includes(0) || this.#options.single ? this.#slow(data, goesOn) : this.#fast(data, goesOn);
    if (consumed < data.length) this.#rest = Buffer.from(data.subarray(consumed));
    return !this.#stopped;
  }

  /** What is left is a line: the stream has ended, or there is no room for the rest. */
  end(why: 'eof' | 'line-max' = 'eof'): void {
    this.push();
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined) this.#line(rest, why);
  }

  /** Lines without NUL bytes: plain ones next to each other make a run. */
  #fast(data: Buffer, goesOn: () => boolean): number {
    const { lineMax, levelPrefix } = this.#options;
    let runStart = 0;
    let runCount = 0;
    let position = 0;
    const flush = (end: number): void => {
      if (runCount > 0) this.#sink.lines(data.subarray(runStart, end - 1), runCount);
      runCount = 0;
    };
    for (;;) {
      const end = data.indexOf(newline, position);
      const length = (end < 0 ? data.length : end) - position;
      if (length >= lineMax) {
        flush(position);
        this.#line(data.subarray(position, position + lineMax), 'line-max');
        position += lineMax;
        runStart = position;
        if (this.#stops(goesOn)) break;
        continue;
      }
      if (end < 0) break;
      const last = length === 0 ? 0 : data[end - 1]!;
      const plain = length > 0 && last > 0x20 && !(levelPrefix && data[position] === lessThan);
      if (plain) runCount++;
      else {
        flush(position);
        this.#line(data.subarray(position, end), undefined);
        runStart = end + 1;
      }
      position = end + 1;
      if (!plain && this.#stops(goesOn)) break;
    }
    flush(position);
    return position;
  }

  #slow(data: Buffer, goesOn: () => boolean): number {
    const { lineMax } = this.#options;
    let position = 0;
    let nextNul = data.indexOf(0);
    let nextNewline = data.indexOf(newline);
    const beyond = data.length;
    for (;;) {
      if (nextNul >= 0 && nextNul < position) nextNul = data.indexOf(0, position);
      if (nextNewline >= 0 && nextNewline < position) nextNewline = data.indexOf(newline, position);
      const nul = nextNul < 0 ? beyond : nextNul;
      const line = nextNewline < 0 ? beyond : nextNewline;
      const end = Math.min(nul, line);
      if (end - position >= lineMax) {
        this.#line(data.subarray(position, position + lineMax), 'line-max');
        position += lineMax;
      } else if (end === beyond) return position;
      else {
        this.#line(data.subarray(position, end), end === nul ? 'nul' : undefined);
        position = end + 1;
      }
      if (this.#stops(goesOn)) return position;
    }
  }

  #stops(goesOn: () => boolean): boolean {
    if (++this.#lines % linesBetween === 0 && !goesOn()) this.#stopped = true;
    return this.#stopped;
  }

  #line(bytes: Buffer, lineBreak: LineBreak | undefined): void {
    let end = bytes.length;
    while (end > 0 && isBlank(bytes[end - 1]!)) end--;
    // Nothing but blanks stays as it is.
    let message = end === 0 ? bytes : bytes.subarray(0, end);
    const prefix = this.#options.levelPrefix ? parsePriorityPrefix(message, false) : undefined;
    if (prefix !== undefined) message = message.subarray(prefix.length);
    if (message.length > 0) this.#sink.line(message, prefix?.value, lineBreak);
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}
