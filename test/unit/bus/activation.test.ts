import { beforeEach, describe, expect, it } from 'vitest';
import { BusActivation } from '../../../src/bus/activation.ts';
import { type BusMessage, encodeMessage, MessageKind, MessageReader } from '../../../src/bus/message.ts';
import { BusNames } from '../../../src/bus/names.ts';
import { HeldConnection } from '../../../src/simulation/machine/streams.ts';
import { type Host, SystemError } from '../../../src/sys/host.ts';

const bus = 'org.freedesktop.DBus';

describe('activation by the system bus', () => {
  let stream: HeldConnection;
  let connects: number;
  let refused: boolean;
  let log: string[];
  let started: string[];
  let activation: BusActivation;
  let names: BusNames;

  beforeEach(() => {
    connects = 0;
    refused = false;
    log = [];
    started = [];
    names = new BusNames();
    const connectStream = (path: string): HeldConnection => {
      expect(path).toBe('/bus');
      if (refused) throw new SystemError('ECONNREFUSED', 111, 'connect', path);
      connects++;
      stream = new HeldConnection();
      return stream;
    };
    activation = new BusActivation({ uid: 0, connectStream } as unknown as Host, {
      scope: 'system',
      path: '/bus',
      names,
      start: (unit) => {
        started.push(unit);
        return unit.startsWith('bad') ? { name: 'org.example.Bad', message: 'It is bad.' } : undefined;
      },
      properties: (of) => Promise.resolve(of === 'org.example.I' ? { A: '1', B: 'two' } : undefined),
      log: (message) => log.push(message),
    });
  });

  /** What was sent after the handshake. */
  function sent(): BusMessage[] {
    const begin = stream.taken.indexOf('BEGIN\r\n');
    return begin < 0 ? [] : new MessageReader().push(stream.taken.subarray(begin + 7));
  }
  function hear(message: Partial<BusMessage>): void {
    stream.onData(encodeMessage({ kind: MessageKind.signal, serial: 1, sender: bus, ...message }));
  }
  function join(): void {
    activation.connect();
    stream.onData(Buffer.from('OK 0123\r\n'));
    hear({ kind: MessageKind.answer, replySerial: 1, args: [':1.5'] });
    hear({ kind: MessageKind.answer, replySerial: 2, args: [1] });
  }
  const request = (unit: string): void =>
    hear({
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.systemd1.Activator',
      member: 'ActivationRequest',
      args: [unit],
    });

  it('asks for the name of systemd', () => {
    activation.connect();
    expect(stream.taken.toString('latin1')).toBe('\0AUTH EXTERNAL 30\r\n');
    for (const byte of Buffer.from('OK 0123\r\n')) stream.onData(Buffer.of(byte));
    expect(sent()).toMatchObject([
      { serial: 1, member: 'Hello', destination: bus },
      { serial: 2, member: 'RequestName', args: ['org.freedesktop.systemd1', 4] },
    ]);
    expect(log).toEqual([]);
  });

  it('starts what the bus asks for, and says what can’t be started', () => {
    join();
    request('good.service');
    expect(sent()).toHaveLength(2);
    request('bad.service');
    expect(started).toEqual(['good.service', 'bad.service']);
    expect(sent()[2]).toMatchObject({
      kind: MessageKind.signal,
      destination: bus,
      interface: 'org.freedesktop.systemd1.Activator',
      member: 'ActivationFailure',
      args: ['bad.service', 'org.example.Bad', 'It is bad.'],
    });
  });

  it('listens to nobody but the bus', () => {
    join();
    for (const sender of [':1.9', undefined])
      hear({
        sender: sender!,
        interface: 'org.freedesktop.systemd1.Activator',
        member: 'ActivationRequest',
        args: ['a.service'],
      });
    hear({ interface: 'org.freedesktop.systemd1.Activator', member: 'Other', args: ['a.service'] });
    expect(started).toEqual([]);
  });

  it('answers every call', () => {
    join();
    const call = { kind: MessageKind.call, sender: ':1.9', serial: 33 };
    hear({ ...call, interface: 'org.freedesktop.DBus.Peer', member: 'Ping' });
    hear({ ...call, interface: 'org.freedesktop.systemd1.Manager', member: 'StartUnit' });
    hear({ ...call, wantsAnswer: false, member: 'StartUnit' });
    const [ping, unknown, ...more] = sent().slice(2);
    expect(ping).toMatchObject({ kind: MessageKind.answer, destination: ':1.9', replySerial: 33 });
    expect(unknown).toMatchObject({ kind: MessageKind.error, errorName: 'org.freedesktop.DBus.Error.UnknownMethod' });
    expect(more).toEqual([]);
  });

  it('refuses what programs ask systemd for', () => {
    join();
    const manager = 'org.freedesktop.systemd1.Manager';
    hear({ kind: MessageKind.call, sender: ':1.9', serial: 33, interface: manager, member: 'StartTransientUnit' });
    expect(sent()[2]).toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.UnknownMethod',
      args: [`The interface of systemd is not served here: ${manager}.StartTransientUnit`],
    });
  });

  it('has a few properties', async () => {
    join();
    const call = { kind: MessageKind.call, sender: ':1.9', serial: 33, path: '/org/freedesktop/systemd1' };
    const all = { ...call, interface: 'org.freedesktop.DBus.Properties', member: 'GetAll' };
    hear({ ...all, args: ['org.example.I'] });
    hear({ ...all, args: ['org.example.Other'] });
    hear({ ...all, path: '/other', args: ['org.example.I'] });
    await new Promise((next) => setImmediate(next));
    expect(
      sent()
        .map(({ kind }) => kind)
        .slice(2)
        .sort(),
    ).toEqual([2, 3, 3]);
    // a{sv}: A=1, B=two
    const body = '2c000000' + '00000000' + '01000000' + '4100' + '017300' + '000000' + '01000000' + '3100';
    expect(stream.taken.toString('hex')).toContain(body);
  });

  it('leaves where the bus does not let it, and comes again with the next one', () => {
    activation.connect();
    stream.onData(Buffer.from('REJECTED EXTERNAL\r\n'));
    expect([stream.closed, log.pop()]).toEqual([true, 'Leaving the system bus: it does not know us']);
    join();
    expect(connects).toBe(2);
    stream.onEnd();
    expect([stream.closed, log]).toEqual([true, []]);
    join();
    expect(connects).toBe(3);
    // The new bus comes up before the end of the old one is heard of.
    activation.connect();
    stream.onEnd();
    expect(connects).toBe(4);
    stream.onEnd();
    expect(connects).toBe(4);
  });

  it.each([
    [{ kind: MessageKind.error, args: ['no'] }, 'it does not give us the name org.freedesktop.systemd1: no'],
    [{ kind: MessageKind.answer, args: [3] }, 'somebody else has the name org.freedesktop.systemd1'],
  ])('is told of names by a bus that does not give it systemd’s: %j', (answer, why) => {
    activation.connect();
    stream.onData(Buffer.from('OK 1\r\n'));
    hear({ ...answer, replySerial: 2 });
    expect([stream.closed, log]).toEqual([false, [`Starting nothing for the system bus: ${why}`]]);
    const told: (string | undefined)[] = [];
    names.watch('org.example.A', { ownerIs: (owner) => told.push(owner), untold: () => told.push('untold') });
    hear({ kind: MessageKind.answer, replySerial: 4, args: [':1.2'] });
    expect(told).toEqual([':1.2']);
  });

  it('has nobody wait for a name where a bus has not let it in', () => {
    const told: (string | undefined)[] = [];
    const watcher = { ownerIs: (owner?: string) => told.push(owner), untold: () => told.push('untold') };
    activation.connect();
    stream.onData(Buffer.from('REJECTED EXTERNAL\r\n'));
    expect([names.watch('org.example.A', watcher), told]).toEqual([undefined, []]);
    join();
    expect(names.watch('org.example.A', watcher)).toBeDefined();
  });

  it('lives with a bus that speaks nonsense, and with none', () => {
    activation.connect();
    stream.onData(Buffer.alloc(2000, 'x'));
    expect(log.pop()).toBe('Leaving the system bus: an endless line as its greeting');
    join();
    stream.onData(Buffer.alloc(64));
    expect([stream.closed, log.pop()]).toEqual([true, 'Leaving the system bus: a message that begins with byte 0']);
    refused = true;
    activation.connect();
    expect(log.pop()).toMatch(/^Failed to connect to the system bus: .*ECONNREFUSED/);
  });

  it('tells who has a name, from the moment that the bus lets it in', () => {
    const told: (string | undefined)[] = [];
    const watcher = { ownerIs: (owner?: string) => told.push(owner), untold: () => told.push('untold') };
    const end = names.watch('org.example.A', watcher);
    join();
    expect(sent().slice(2)).toMatchObject([
      { member: 'AddMatch', args: [expect.stringContaining("arg0='org.example.A'")], wantsAnswer: false },
      { member: 'GetNameOwner', args: ['org.example.A'], serial: 4 },
    ]);
    hear({ kind: MessageKind.error, replySerial: 4, errorName: 'org.freedesktop.DBus.Error.NameHasNoOwner' });
    const change = { path: '/org/freedesktop/DBus', interface: bus, member: 'NameOwnerChanged' };
    hear({ ...change, args: ['org.example.A', '', ':1.7'] });
    hear({ ...change, args: ['org.example.B', '', ':1.7'] });
    hear({ ...change, args: ['org.example.A', '', ':1.9'], sender: ':1.9' });
    hear({ ...change, args: ['org.example.A', ':1.7', ''] });
    expect(told.splice(0)).toEqual([undefined, ':1.7', undefined]);
    // A bus that has gone says nothing; the next one is asked anew.
    stream.onEnd();
    join();
    hear({ kind: MessageKind.answer, replySerial: 4, args: [':1.2'] });
    names.processOf('org.example.A', (pid) => told.push(`${pid}`));
    hear({ kind: MessageKind.answer, replySerial: 5, args: [77] });
    stream.onEnd();
    refused = true;
    activation.connect();
    expect(told.splice(0)).toEqual([':1.2', '77', 'untold']);
    refused = false;
    join();
    end?.();
    expect(sent().at(-1)).toMatchObject({ member: 'RemoveMatch' });
    const before = sent().length;
    end?.();
    names.watch('org.example.A', watcher);
    hear({ kind: MessageKind.answer, replySerial: 3, args: [':1.2'] });
    expect([sent().length - before, told]).toEqual([2, []]);
  });

  it('leaves a bus that takes nothing', () => {
    join();
    stream.room = 0;
    for (let i = 0; i < 100 && !stream.closed; i++) request('bad'.repeat(10_000));
    expect([stream.closed, log.pop()]).toEqual([true, 'Leaving the system bus: it takes nothing']);
  });
});
