/** All streams that are open: those of services, by unit, and those of clients of the socket `stdout`. */
import type { StreamConnection } from '../../sys/host.ts';
import { unitNameIsValid } from '../../unitfile/language/unit-name.ts';
import type { Driver } from './driver.ts';
import type { ProcessIdentity, Senders } from './senders.ts';
import { LogStream, type StreamContext, type StreamOptions } from './stream.ts';
import { parseStreamHeader, type StreamHeader } from './stream-header.ts';

/** As many streams as journald accepts at its socket. */
const clientLimit = 4096;

/** `fd` goes to the child and is the caller's to close; dev and ino are for JOURNAL_STREAM. */
export interface OpenedStream {
  fd: number;
  dev: number;
  ino: number;
  /** Who writes to it, once it was spawned. */
  setProcess(process: ProcessIdentity): void;
}

export class Streams {
  readonly #context: StreamContext;
  readonly #senders: Senders;
  readonly #driver: Driver;
  readonly #ofUnits = new Map<string, Set<LogStream>>();
  readonly #ofClients = new Set<LogStream>();
  #pulled = false;

  constructor(context: StreamContext, senders: Senders, driver: Driver) {
    this.#context = context;
    this.#senders = senders;
    this.#driver = driver;
  }

  /** A stream for a service's stdout or stderr. Throws SystemError where there are no descriptors left. */
  open(options: StreamOptions): OpenedStream {
    const { connection, fd, dev, ino } = this.#context.host.streamPair();
    const { unit } = options;
    const set = this.#ofUnits.get(unit) ?? new Set();
    const stream = new LogStream(this.#context, connection, options, () => {
      set.delete(stream);
      if (set.size === 0 && this.#ofUnits.get(unit) === set) this.#ofUnits.delete(unit);
    });
    this.#ofUnits.set(unit, set.add(stream));
    return { fd, dev, ino, setProcess: (process) => stream.setProcess(process) };
  }

  /** A client of sd_journal_stream_fd(3), systemd-cat(1) for one. */
  accept(connection: StreamConnection): void {
    if (this.#ofClients.size >= clientLimit) {
      connection.destroy();
      this.#driver.refused();
      return;
    }
    let head: Buffer = Buffer.alloc(0);
    connection.onData = (chunk) => {
      head = Buffer.concat([head, chunk]);
      const parsed = parseStreamHeader(head);
      if (parsed === undefined) return;
      if (parsed === 'bad') {
        connection.destroy();
        return;
      }
      this.#begin(connection, parsed.header, head.subarray(parsed.length));
    };
    connection.onEnd = () => connection.destroy();
  }

  #begin(connection: StreamConnection, header: StreamHeader, rest: Buffer): void {
    const { peer } = connection;
    // Only root may say which unit it speaks for; for others it is looked up.
    const claimed = peer.uid === 0 && header.unit !== '' && unitNameIsValid(header.unit, 'plain', 'instance');
    const unit = claimed ? { unit: header.unit } : this.#senders.lookUp(peer).unit;
    const options = {
      ...unit,
      identifier: header.identifier,
      level: header.priority & 7,
      facility: header.priority >> 3,
      levelPrefix: header.levelPrefix,
      forwardToConsole: header.forwardToConsole,
      process: peer,
    };
    const stream = new LogStream(this.#context, connection, options, () => this.#ofClients.delete(stream));
    this.#ofClients.add(stream);
    if (rest.length > 0) stream.data(rest);
  }

  /**
   * Takes what a unit's streams hold already. For the moment at which one of its processes has ended: what it wrote
   * belongs before what is said about its end.
   */
  pull(unit: string): void {
    for (const stream of this.#ofUnits.get(unit) ?? []) {
      stream.resume();
      stream.pull();
    }
  }

  /** What the streams of all units hold. Once a turn is enough, as a query asks again and again; `anew` asks in any case. */
  pullAll(anew = false): void {
    if (this.#pulled && !anew) return;
    this.#pulled = true;
    this.#context.host.defer(() => {
      this.#pulled = false;
    });
    for (const set of this.#ofUnits.values()) for (const stream of set) stream.pull();
  }
}
