/** The sockets that programs log to, under /run/systemd/journal or what takes its place: streams, native messages, syslog by the link /dev/log. */

import type { Keeper } from '../../kept/keeper.ts';
import {
  type DatagramSocket,
  type Host,
  type PeerCredentials,
  type StreamListener,
  SystemError,
} from '../../sys/host.ts';
import { reservedDescriptors } from '../../sys/reserve.ts';
import { type Field, splitFields } from '../entry/entry.ts';
import type { Driver } from './driver.ts';
import type { Intake } from './intake.ts';
import { othersLimits, parseNative } from './native.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Sender, Senders } from './senders.ts';
import type { Streams } from './streams.ts';
import { parseSyslog } from './syslog.ts';

/** Bytes of a message that is passed as a file, by root and by others: an entry is written in one go. */
const fileLimits = { root: 32 * 1024 * 1024, others: 4 * 1024 * 1024 };
/** Milliseconds of work on a message before others have their turn. */
const sliceMs = 2;

export interface SocketParts {
  host: Host;
  directory: string;
  intake: Intake;
  streams: Streams;
  senders: Senders;
  driver: Driver;
  /** RateLimitIntervalSec= and RateLimitBurst= of journald.conf(5). */
  rateLimit: RateLimit;
}

/** By their names in the directory. */
const doors = ['stdout', 'socket', 'dev-log'] as const;
type Door = (typeof doors)[number];

export class LogSockets {
  readonly #parts: SocketParts;
  readonly #open = new Map<Door, DatagramSocket | StreamListener>();
  /** What is left of a message that takes more than a turn. */
  #left: Generator<void> | undefined;

  constructor(parts: SocketParts) {
    this.#parts = parts;
  }

  /** Opens them all. What cannot be opened is said in the journal; the rest works. */
  listen(): void {
    const { host, directory } = this.#parts;
    const { files } = host;
    this.#try('create directory for sockets', () => files.mkdirs(directory, 0o755));
    this.#try('open socket for streams', () => {
      this.#takeStreams(host.listenStream(`${directory}/stdout`, 0o666, reservedDescriptors(host)));
    });
    this.#try('open socket for native messages', () => {
      this.#takeNative(host.bindDatagram(`${directory}/socket`, 0o666));
    });
    this.#try('open socket for syslog messages', () => {
      this.#takeSyslog(host.bindDatagram(`${directory}/dev-log`, 0o666));
    });
    this.#try('link /dev/log', () => {
      const there = files.tryLstat('/dev/log');
      if (there?.type === 'symlink' && files.readlink('/dev/log') === `${directory}/dev-log`) return;
      if (there !== undefined) files.unlink('/dev/log');
      files.symlink(`${directory}/dev-log`, '/dev/log');
    });
  }

  #takeStreams(listener: StreamListener): void {
    const { streams } = this.#parts;
    listener.refuse = (peer) => (streams.hasRoom(peer) ? undefined : new Uint8Array(0));
    listener.onConnection = (connection) => streams.accept(connection);
    this.#open.set('stdout', listener);
  }

  #takeNative(socket: DatagramSocket): void {
    socket.onDatagram = ({ data, credentials, fds }) => this.#work(socket, this.#native(data, credentials, fds));
    this.#open.set('socket', socket);
  }

  #takeSyslog(socket: DatagramSocket): void {
    const { host } = this.#parts;
    socket.onDatagram = ({ data, credentials, fds }) => {
      for (const fd of fds) host.discardFd(fd);
      this.#syslog(data, credentials);
    };
    this.#open.set('dev-log', socket);
  }

  /** They stay open: programs are connected to them, and what they have sent is in them. */
  keep(k: Keeper): void {
    // A message that is being taken in is taken in.
    while (this.#left?.next().done === false);
    this.keepDoors(k);
  }

  /** The sockets alone. */
  keepDoors(k: Keeper): void {
    const { host } = this.#parts;
    const fds = Object.fromEntries(doors.map((door) => [door, k.maybeFd(door, this.#open.get(door)?.fd)]));
    if (!k.isReading) return;
    if (fds.stdout !== undefined) this.#takeStreams(host.adoptListener(fds.stdout, reservedDescriptors(host)));
    if (fds.socket !== undefined) this.#takeNative(host.adoptDatagram(fds.socket));
    if (fds['dev-log'] !== undefined) this.#takeSyslog(host.adoptDatagram(fds['dev-log']));
  }

  #try(what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#parts.driver.warn(`Failed to ${what}: ${error instanceof SystemError ? error.message : String(error)}`);
    }
  }

  close(): void {
    this.#left?.return(undefined);
    for (const socket of this.#open.values()) socket.close();
    this.#open.clear();
  }

  /** The message is the only one of its socket until it has been taken in, for one may hold thousands of entries. */
  #work(socket: DatagramSocket, steps: Generator<void>): void {
    const { host } = this.#parts;
    const end = host.monotonic() + sliceMs;
    this.#left = steps;
    while (steps.next().done !== true) {
      if (host.monotonic() < end) continue;
      socket.pause();
      host.defer(() => this.#work(socket, steps));
      return;
    }
    this.#left = undefined;
    socket.resume();
  }

  *#native(data: Buffer, credentials: PeerCredentials | undefined, fds: readonly number[]): Generator<void> {
    const { host, driver } = this.#parts;
    try {
      // sd_journal_send(3) passes what does not fit into a datagram as a sealed memfd.
      const isOwn = credentials?.uid === 0 || credentials?.uid === host.uid;
      const limit = isOwn ? fileLimits.root : fileLimits.others;
      const bytes = data.length === 0 && fds.length === 1 ? host.readFd(fds[0]!, limit + 1) : data;
      if (bytes.length > limit) {
        driver.tooLong(limit);
        return;
      }
      const sender = this.#senderOf(credentials);
      for (const entry of parseNative(bytes, isOwn ? undefined : othersLimits)) {
        if (entry !== undefined) this.#message(sender, entry.level, [['_TRANSPORT', 'journal'], ...entry.fields]);
        yield;
      }
    } catch (error) {
      driver.warn(`Failed to read a message passed as a file: ${error instanceof SystemError ? error.code : error}`);
    } finally {
      for (const fd of fds) host.discardFd(fd);
    }
  }

  #syslog(data: Buffer, credentials: PeerCredentials | undefined): void {
    const parsed = parseSyslog(data);
    if (parsed !== undefined) this.#message(this.#senderOf(credentials), parsed.level, parsed.fields);
  }

  #senderOf(credentials: PeerCredentials | undefined): Sender {
    return credentials === undefined ? { unit: undefined, fields: [] } : this.#parts.senders.lookUp(credentials);
  }

  #message({ unit, fields: trusted }: Sender, level: number, fields: readonly Field[]): void {
    const { intake, streams, rateLimit } = this.#parts;
    // What the unit wrote before comes before.
    if (unit !== undefined) streams.pull(unit.unit);
    if (!intake.admits(unit, level, rateLimit)) return;
    const { shared, own } = splitFields(fields);
    intake.add(intake.shared([...shared, ...trusted]), own, level);
  }
}
