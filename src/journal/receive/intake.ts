/**
 * How an entry comes in. This file is the one way in, for whoever logs: what MaxLevelStore= and the limits of rate let pass is
 * given its time and goes to the store, and on to the console and to syslog where these want it. Those who log:
 *
 *   streams.ts      services and clients with a stream each (stream.ts), cut into lines (lines.ts); stream-header.ts is
 *                   what a client says first
 *   sockets.ts      senders of datagrams: journald's own kind (native.ts) and syslog's (syslog.ts)
 *   manager-log.ts  the manager
 *   driver.ts       the journal itself
 *
 * senders.ts knows which process and unit a message is from, rate-limit.ts counts what was set a limit, pace.ts holds back
 * those who write faster than the rest can bear.
 *
 * Nothing is decided here of where entries are kept (storage/) or of what is shown of them (read/).
 */
import type { Host } from '../../sys/host.ts';
import { entryTimes, type Field, SharedFields } from '../entry/entry.ts';
import type { Forwarder } from '../forward/forwarder.ts';
import type { Pace } from './pace.ts';
import type { RateLimit, RateLimiter } from './rate-limit.ts';
import type { SenderUnit } from './senders.ts';

/** Where a line comes from. */
export interface LineSource {
  readonly unit: SenderUnit | undefined;
  readonly rateLimit: RateLimit;
  /** StandardOutput=journal+console */
  readonly forwardToConsole: boolean;
}

/** What entries are appended to. */
export interface EntrySink {
  append(shared: SharedFields, realtimeUsec: number, monotonicUsec: number, own: readonly Field[]): void;
  /** `lines`: `count` messages joined by newlines. */
  appendRun(shared: SharedFields, realtimeUsec: number, monotonicUsec: number, lines: Buffer, count: number): void;
}

export interface IntakeParts {
  host: Pick<Host, 'now' | 'monotonic'>;
  sink: EntrySink;
  pace: Pace;
  limiter: RateLimiter;
  forwarder: Forwarder;
  /** MaxLevelStore= */
  maxLevel: number;
  /** Fields that all entries have: boot, machine, host. */
  base: readonly Field[];
}

export class Intake {
  readonly #parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Fields of one origin: these, those that all entries have, and `about`, which says what it speaks of. */
  shared(fields: readonly Field[], about: readonly Field[] = []): SharedFields {
    return new SharedFields([...fields, ...this.#parts.base, ...about]);
  }

  /** An entry without a limit of rate. `toConsole`: StandardOutput=journal+console. */
  add(shared: SharedFields, own: readonly Field[], level: number, toConsole = false): void {
    const { host, sink, pace, forwarder, maxLevel } = this.#parts;
    if (level > maxLevel) return;
    const times = entryTimes(host);
    sink.append(shared, times.realtimeUsec, times.monotonicUsec, own);
    pace.appended();
    if (forwarder.wants(toConsole)) forwarder.forward(shared, own, level, toConsole, times);
  }

  line(source: LineSource, shared: SharedFields, own: readonly Field[], level: number): void {
    if (!this.admits(source.unit, level, source.rateLimit)) return;
    this.add(shared, own, level, source.forwardToConsole);
  }

  /** `lines`: `count` messages of one source, joined by newlines. Only for sources without a limit of rate. */
  run(source: LineSource, shared: SharedFields, lines: Buffer, count: number, level: number): void {
    const { host, sink, pace, forwarder, maxLevel } = this.#parts;
    if (level > maxLevel) return;
    const times = entryTimes(host);
    sink.appendRun(shared, times.realtimeUsec, times.monotonicUsec, lines, count);
    pace.appended();
    const { forwardToConsole } = source;
    if (!forwarder.wants(forwardToConsole)) return;
    for (let start = 0; start <= lines.length; ) {
      const newline = lines.indexOf(0x0a, start);
      const end = newline < 0 ? lines.length : newline;
      forwarder.forward(shared, [['MESSAGE', lines.subarray(start, end)]], level, forwardToConsole, times);
      start = end + 1;
    }
  }

  /** Whether the limit of the unit's rate lets one more message pass. */
  admits(unit: SenderUnit | undefined, level: number, limit: RateLimit): boolean {
    return unit === undefined || this.#parts.limiter.admit(unit.unit, level, limit);
  }
}
