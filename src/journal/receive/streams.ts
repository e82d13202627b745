/** All streams that are open: those of services, by unit, and those of clients of the socket `stdout`. */
import type { PeerCredentials, StreamConnection } from '../../sys/host.ts';
import { unitNameIsValid } from '../../unitfile/language/unit-name.ts';
import type { Driver } from './driver.ts';
import type { ProcessIdentity, Senders } from './senders.ts';
import { LogStream, type StreamContext, type StreamOptions } from './stream.ts';
import { parseStreamHeader, type StreamHeader } from './stream-header.ts';

/** As many streams as journald accepts at its socket; others than root have half of them, and each user so many. */
const clientLimits = { all: 4096, others: 2048, user: 256 };

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
  /** Connections at the socket, those included that have not said who they are. */
  readonly #ofClients = new Map<StreamConnection, number>();
  readonly #ofUsers = new Map<number, number>();
  #ofOthers = 0;
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
    this.#count(connection, connection.peer.uid);
    let head: Buffer = Buffer.alloc(0);
    connection.onData = (chunk) => {
      head = Buffer.concat([head, chunk]);
      const parsed = parseStreamHeader(head);
      if (parsed === undefined) return;
      if (parsed === 'bad') {
        this.#forget(connection);
        connection.destroy();
        return;
      }
      this.#begin(connection, parsed.header, head.subarray(parsed.length));
    };
    connection.onEnd = () => {
      this.#forget(connection);
      connection.destroy();
    };
  }

  /** Whether one more connection of that user is taken; says so where it is not. */
  hasRoom({ uid }: Pick<PeerCredentials, 'uid'>): boolean {
    const isOther = this.#isOther(uid);
    const has =
      this.#ofClients.size < clientLimits.all &&
      (!isOther || (this.#ofOthers < clientLimits.others && (this.#ofUsers.get(uid) ?? 0) < clientLimits.user));
    if (!has) this.#driver.refused();
    return has;
  }

  #isOther(uid: number): boolean {
    return uid !== 0 && uid !== this.#context.host.uid;
  }

  #count(connection: StreamConnection, uid: number): void {
    this.#ofClients.set(connection, uid);
    this.#ofUsers.set(uid, (this.#ofUsers.get(uid) ?? 0) + 1);
    if (this.#isOther(uid)) this.#ofOthers++;
  }

  #forget(connection: StreamConnection): void {
    const uid = this.#ofClients.get(connection);
    if (uid === undefined) return;
    this.#ofClients.delete(connection);
    const left = this.#ofUsers.get(uid)! - 1;
    if (left > 0) this.#ofUsers.set(uid, left);
    else this.#ofUsers.delete(uid);
    if (this.#isOther(uid)) this.#ofOthers--;
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
    const stream = new LogStream(this.#context, connection, options, () => this.#forget(connection));
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
