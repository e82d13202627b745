/** All streams that are open: those of services, by unit, and those of clients of the socket `stdout`. */
import type { Keeper } from '../../kept/keeper.ts';
import type { PeerCredentials, StreamConnection } from '../../sys/host.ts';
import { unitNameIsValid } from '../../unitfile/language/unit-name.ts';
import type { Driver } from './driver.ts';
import type { ProcessIdentity, Senders } from './senders.ts';
import { type ClientStreamOptions, LogStream, pieceBytes, type StreamContext, type StreamOptions } from './stream.ts';
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

/** One that has begun: where it stands among what is kept, and under which number it was told. */
interface BegunStream {
  readonly list: 'ofUnits' | 'ofClients';
  readonly connection: StreamConnection;
  told: number | undefined;
  /** Bytes of a line that has not ended, and is worth keeping. */
  readonly restBytes: number;
}

/** One of the streams as it is now. */
export interface ChangedStream {
  readonly list: string;
  readonly name: string;
  readonly keep: (k: Keeper) => void;
}

function keepStream(k: Keeper, { fd }: StreamConnection, stream: LogStream | undefined, restBytes?: number): void {
  k.fd('fd', fd);
  if (stream === undefined) return;
  k.plain('options', stream.options);
  stream.keep(k, restBytes);
}

/** One who has connected: a stream once it has said all of its head. */
interface Client {
  head: Buffer;
  stream: LogStream | undefined;
}

export class Streams {
  readonly #context: StreamContext;
  readonly #senders: Senders;
  readonly #driver: Driver;
  /** By unit, each with its connection. */
  readonly #ofUnits = new Map<string, Map<LogStream, StreamConnection>>();
  /** Connections at the socket, those included that have not said who they are. */
  readonly #ofClients = new Map<StreamConnection, Client>();
  readonly #ofUsers = new Map<number, number>();
  #ofOthers = 0;
  #pulled = false;
  /** All that have begun, and those of them that are to be kept otherwise than before, or no more. */
  readonly #begun = new Map<LogStream, BegunStream>();
  readonly #changed = new Set<LogStream>();
  #gone: BegunStream[] = [];
  /** Told when something has changed that is kept, by whoever asks what then; `heard`: of what was read, which comes only once. */
  onChange: ((heard: boolean) => void) | undefined;

  constructor(context: StreamContext, senders: Senders, driver: Driver) {
    this.#context = context;
    this.#senders = senders;
    this.#driver = driver;
  }

  /** A stream for a service's stdout or stderr. Throws SystemError where there are no descriptors left. */
  open(options: StreamOptions): OpenedStream {
    const { connection, fd, dev, ino } = this.#context.host.streamPair();
    const stream = this.#beginOf(connection, options);
    return { fd, dev, ino, setProcess: (process) => stream.setProcess(process) };
  }

  #beginOf(connection: StreamConnection, options: StreamOptions): LogStream {
    const { unit } = options;
    const all = this.#ofUnits.get(unit) ?? new Map<LogStream, StreamConnection>();
    const stream = this.#make('ofUnits', connection, options, () => {
      all.delete(stream);
      if (all.size === 0 && this.#ofUnits.get(unit) === all) this.#ofUnits.delete(unit);
    });
    this.#ofUnits.set(unit, all.set(stream, connection));
    return stream;
  }

  #make(
    list: BegunStream['list'],
    connection: StreamConnection,
    options: ClientStreamOptions,
    closed: () => void,
  ): LogStream {
    // What is written down at each change is not for anybody to make much.
    const isClients = list === 'ofClients' && this.#isOther(connection.peer.uid);
    const restBytes = isClients ? 0 : pieceBytes;
    const begun: BegunStream = { list, connection, told: undefined, restBytes };
    const changed = (heard: boolean): void => {
      if (this.onChange === undefined || (heard && isClients)) return;
      this.#changed.add(stream);
      this.onChange(heard);
    };
    const stream = new LogStream(
      this.#context,
      connection,
      options,
      () => {
        this.#begun.delete(stream);
        this.#changed.delete(stream);
        if (this.onChange !== undefined && begun.told !== undefined) {
          this.#gone.push(begun);
          this.onChange(false);
        }
        closed();
      },
      () => changed(true),
    );
    this.#begun.set(stream, begun);
    changed(false);
    return stream;
  }

  /** Those that have begun, changed or ended since this was last asked: the names of what `keep` has of them, and how. */
  takeChanged(): (Omit<ChangedStream, 'keep'> & { keep: ChangedStream['keep'] | undefined })[] {
    const gone = this.#gone.map(({ list, told }) => ({ list, name: String(told), keep: undefined }));
    const there = [...this.#changed].flatMap((stream) => this.#told(stream) ?? []);
    this.#gone = [];
    this.#changed.clear();
    // Descriptors are given anew: what is gone comes first.
    return [...gone, ...there];
  }
  #told(stream: LogStream): ChangedStream | undefined {
    const begun = this.#begun.get(stream);
    if (begun === undefined) return undefined;
    const { list, connection, restBytes } = begun;
    begun.told = connection.fd;
    return { list, name: String(begun.told), keep: (k) => keepStream(k, connection, stream, restBytes) };
  }
  /** All of them, for somebody who knows of none: each when it is asked for, undefined where it has ended by then. */
  *all(): Generator<ChangedStream | undefined> {
    for (const stream of [...this.#begun.keys()]) yield this.#told(stream);
  }

  /** All of them stay open, with what has come of lines that have not ended. */
  keep(k: Keeper): void {
    const { host } = this.#context;
    k.list(
      'ofUnits',
      [...this.#ofUnits.values()].flatMap((all) => [...all]),
      (of, [stream, connection]) => keepStream(of, connection, stream),
      (of) => {
        const connection = host.adoptStream(of.fd('fd', -1), true);
        this.#beginOf(connection, of.plain('options', { unit: '', identifier: '' })).keep(of);
      },
    );
    k.list(
      'ofClients',
      this.#ofClients,
      (of, [connection, { head, stream }]) => {
        keepStream(of, connection, stream);
        of.bytes('head', head);
      },
      (of) => {
        const connection = host.adoptStream(of.fd('fd', -1), true);
        const client = this.#accepted(connection);
        client.head = of.bytes('head', client.head);
        const options = of.plain<ClientStreamOptions | undefined>('options', undefined);
        if (options === undefined) return;
        client.stream = this.#streamOf(connection, options);
        client.stream.keep(of);
      },
    );
  }

  /** A client of sd_journal_stream_fd(3), systemd-cat(1) for one. */
  accept(connection: StreamConnection): void {
    this.#accepted(connection);
  }

  #accepted(connection: StreamConnection): Client {
    const client: Client = { head: Buffer.alloc(0), stream: undefined };
    this.#count(connection, client);
    connection.onData = (chunk) => {
      client.head = Buffer.concat([client.head, chunk]);
      const parsed = parseStreamHeader(client.head);
      if (parsed === undefined) return;
      if (parsed === 'bad') {
        this.#forget(connection);
        connection.destroy();
        return;
      }
      const rest = client.head.subarray(parsed.length);
      client.head = Buffer.alloc(0);
      this.#begin(connection, client, parsed.header, rest);
    };
    connection.onEnd = () => {
      this.#forget(connection);
      connection.destroy();
    };
    return client;
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

  #count(connection: StreamConnection, client: Client): void {
    const { uid } = connection.peer;
    this.#ofClients.set(connection, client);
    this.#ofUsers.set(uid, (this.#ofUsers.get(uid) ?? 0) + 1);
    if (this.#isOther(uid)) this.#ofOthers++;
  }

  #forget(connection: StreamConnection): void {
    if (!this.#ofClients.delete(connection)) return;
    const { uid } = connection.peer;
    const left = this.#ofUsers.get(uid)! - 1;
    if (left > 0) this.#ofUsers.set(uid, left);
    else this.#ofUsers.delete(uid);
    if (this.#isOther(uid)) this.#ofOthers--;
  }

  #begin(connection: StreamConnection, client: Client, header: StreamHeader, rest: Buffer): void {
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
    client.stream = this.#streamOf(connection, options);
    if (rest.length > 0) client.stream.data(rest);
  }

  #streamOf(connection: StreamConnection, options: ClientStreamOptions): LogStream {
    return this.#make('ofClients', connection, options, () => this.#forget(connection));
  }

  /**
   * Takes what a unit's streams hold already. For the moment at which one of its processes has ended: what it wrote
   * belongs before what is said about its end.
   */
  pull(unit: string): void {
    for (const stream of this.#ofUnits.get(unit)?.keys() ?? []) {
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
    for (const all of this.#ofUnits.values()) for (const stream of all.keys()) stream.pull();
  }
}
