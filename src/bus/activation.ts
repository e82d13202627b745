/**
 * What a bus asks of systemd (dbus-daemon(1), --systemd-activation): it starts no service that has a unit itself,
 * but tells the owner of org.freedesktop.systemd1, and lets callers wait 25 s where there is none. This is that owner. It
 * starts units, says at once which can't be started, and has nothing else of systemd's interface but the few properties that
 * services of systemd ask for. message.ts reads and writes the messages of D-Bus that this takes.
 *
 * When a bus is joined, what a unit's start means and what a property's value is, is said by src/main/bus.ts.
 */
import { type Host, type StreamConnection, SystemError } from '../sys/host.ts';
import { type BusMessage, encodeMessage, MessageKind, MessageReader } from './message.ts';
import { type BusNames, busItself as bus } from './names.ts';

const activator = 'org.freedesktop.systemd1.Activator';
const ownName = 'org.freedesktop.systemd1';
const notOurs = `somebody else has the name ${ownName}`;
/** Longest line of the handshake that is taken. */
const lineLimit = 1024;
/** A bus that takes nothing is left. */
const unreadLimit = 1024 * 1024;

export interface ActivationOptions {
  scope: 'system' | 'user';
  /** The bus's socket. */
  path: string;
  /** Starts a unit; the result says why that can't be. */
  start: (unit: string) => { name: string; message: string } | undefined;
  /** Of an interface of the object /org/freedesktop/systemd1; undefined where it has none. */
  properties: (of: string) => Promise<Readonly<Record<string, string>> | undefined>;
  /** Told of the bus as it comes and goes. */
  names: BusNames;
  log: (message: string) => void;
}

export class BusActivation {
  readonly #host: Host;
  readonly #options: ActivationOptions;
  #connection: StreamConnection | undefined;
  /** A new bus was there before the end of the old one was heard of. */
  #again = false;

  constructor(host: Host, options: ActivationOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** A bus has come up: asks it for systemd's name. Never throws: a bus may well not let us. */
  connect(): void {
    if (this.#connection !== undefined) {
      this.#again = true;
      return;
    }
    this.#again = false;
    let connection: StreamConnection;
    try {
      connection = this.#host.connectStream(this.#options.path);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#options.log(`Failed to connect to the ${this.#options.scope} bus: ${error.message}`);
      this.#options.names.refused();
      return;
    }
    this.#connection = connection;
    const leave = (why: string): void => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      connection.destroy();
      if (why === '') this.#options.names.left();
      else {
        this.#options.log(`Leaving the ${this.#options.scope} bus: ${why}`);
        this.#options.names.refused();
      }
    };
    const session = new Session(connection, this.#options, leave);
    connection.onData = (chunk) => {
      try {
        session.received(chunk);
      } catch (error) {
        leave(error instanceof Error ? error.message : String(error));
      }
    };
    connection.onEnd = () => {
      leave('');
      if (this.#again) this.connect();
    };
    session.begin(this.#host.uid);
    connection.resume();
  }
}

class Session {
  readonly #connection: StreamConnection;
  readonly #options: ActivationOptions;
  readonly #leave: (why: string) => void;
  readonly #reader = new MessageReader();
  /** Of the handshake's answer; undefined once it is over. */
  #line: Buffer | undefined = Buffer.alloc(0);
  #serial = 0;
  /** Who waits for the answer to a call of ours. */
  readonly #calls = new Map<number, (answer: BusMessage) => void>();

  constructor(connection: StreamConnection, options: ActivationOptions, leave: (why: string) => void) {
    this.#connection = connection;
    this.#options = options;
    this.#leave = leave;
  }

  /** D-Bus Specification, "Authentication Protocol": EXTERNAL, the kernel tells the bus who we are. */
  begin(uid: number): void {
    this.#connection.write(Buffer.from(`\0AUTH EXTERNAL ${Buffer.from(`${uid}`).toString('hex')}\r\n`, 'latin1'));
  }

  received(chunk: Buffer): void {
    if (this.#line === undefined) {
      for (const message of this.#reader.push(chunk)) this.#handle(message);
      return;
    }
    const line = Buffer.concat([this.#line, chunk]);
    const end = line.indexOf('\r\n');
    if (end < 0) {
      if (line.length > lineLimit) throw new Error('an endless line as its greeting');
      this.#line = line;
      return;
    }
    if (!line.subarray(0, end).toString('latin1').startsWith('OK ')) throw new Error('it does not know us');
    this.#line = undefined;
    this.#connection.write(Buffer.from('BEGIN\r\n', 'latin1'));
    this.#call('Hello');
    // 4: not behind somebody else who has the name.
    this.#call('RequestName', [ownName, 4], (answer) => this.#named(answer));
    const rest = line.subarray(end + 2);
    if (rest.length > 0) this.received(rest);
  }

  /** Without systemd's name nothing is asked of us, but who has which name is told to everybody. */
  #named({ kind, args }: BusMessage): void {
    const why = kind === MessageKind.error ? `it does not give us the name ${ownName}: ${args?.[0] ?? ''}` : notOurs;
    const { names, scope, log } = this.#options;
    if (kind === MessageKind.error || args?.[0] !== 1) log(`Starting nothing for the ${scope} bus: ${why}`);
    names.joined({ call: (member, its, answered) => this.#call(member, its, answered) });
  }

  /** A method of the bus itself. */
  #call(member: string, args: BusMessage['args'] = [], answered?: (answer: BusMessage) => void): void {
    const wantsAnswer = answered !== undefined || member === 'Hello';
    const serial = this.#send({
      kind: MessageKind.call,
      destination: bus,
      path: '/org/freedesktop/DBus',
      interface: bus,
      member,
      args,
      wantsAnswer,
    });
    if (answered !== undefined) this.#calls.set(serial, answered);
  }

  #send(message: Omit<BusMessage, 'serial'>): number {
    this.#serial = (this.#serial % 0xffff_ffff) + 1;
    this.#connection.write(encodeMessage({ ...message, serial: this.#serial }));
    if (this.#connection.buffered > unreadLimit) this.#leave('it takes nothing');
    return this.#serial;
  }

  #handle(message: BusMessage): void {
    const { kind, sender, replySerial = 0 } = message;
    if (kind === MessageKind.call)
      this.#answer(message).catch((error: unknown) =>
        this.#leave(error instanceof Error ? error.message : String(error)),
      );
    else if (sender !== bus) return;
    else if (kind !== MessageKind.signal) {
      this.#calls.get(replySerial)?.(message);
      this.#calls.delete(replySerial);
    } else if (message.interface === activator) this.#activate(message);
    else if (message.interface === bus) this.#options.names.signalled(message);
  }

  #activate({ member, args }: BusMessage): void {
    const unit = args?.[0];
    if (member !== 'ActivationRequest' || typeof unit !== 'string') return;
    const failure = this.#options.start(unit);
    if (failure === undefined) return;
    this.#send({
      kind: MessageKind.signal,
      destination: bus,
      path: '/org/freedesktop/DBus',
      interface: activator,
      member: 'ActivationFailure',
      args: [unit, failure.name, failure.message],
    });
  }

  /** Nobody is left waiting. */
  async #answer({ serial, sender, wantsAnswer, path, interface: of, member, args }: BusMessage): Promise<void> {
    if (wantsAnswer === false || sender === undefined) return;
    const answer = { destination: sender, replySerial: serial };
    if (of === 'org.freedesktop.DBus.Peer' && member === 'Ping') {
      this.#send({ ...answer, kind: MessageKind.answer });
      return;
    }
    if (of === 'org.freedesktop.DBus.Properties' && member === 'GetAll' && path === '/org/freedesktop/systemd1') {
      const properties = await this.#options.properties(String(args?.[0] ?? ''));
      if (properties !== undefined) {
        this.#send({ ...answer, kind: MessageKind.answer, args: [properties] });
        return;
      }
    }
    this.#send({
      ...answer,
      kind: MessageKind.error,
      errorName: 'org.freedesktop.DBus.Error.UnknownMethod',
      args: [`The interface of systemd is not served here: ${of ?? ''}.${member ?? ''}`],
    });
  }
}
