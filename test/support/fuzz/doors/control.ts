/** The control socket, both ends, and the system bus. */
import type { Random } from '../../../../scripts/fuzz/random.mjs';
import { BusActivation } from '../../../../src/bus/activation.ts';
import { type BusMessage, encodeMessage, MessageKind, MessageReader } from '../../../../src/bus/message.ts';
import { BusNames } from '../../../../src/bus/names.ts';
import { callManager } from '../../../../src/control/client.ts';
import {
  decodeRequest,
  encodeExit,
  encodeFrame,
  encodeGreeting,
  encodeRequest,
  FrameType,
  frameHeaderSize,
  ProtocolError,
} from '../../../../src/control/protocol.ts';
import { serveControl } from '../../../../src/control/server.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { HeldConnection } from '../../../../src/simulation/machine/streams.ts';
import type { Host } from '../../../../src/sys/host.ts';
import { bytes, check, checkSame, type Door, Fault, type Input, unless } from '../door.ts';
import { chunked, Mutator } from '../mutate.ts';

const facts = {
  program: 'systemctl',
  argv: ['start', 'a.service'],
  env: { TERM: 'xterm', COLUMNS: '80' },
  cwd: '/root',
  terminal: { stdin: true, stdout: false, stderr: true, columns: 80, lines: 24 },
};
const path = '/run/pidone/control';

/** What a caller may be told that is no caller. */
const refusals = [
  /^This is the control socket of pidone, and what was sent is not its protocol\.\n$/,
  /^A request was expected\.\n$/,
  /^The request is too (large|short)\.\n$/,
  /^The request is cut off\.\n$/,
  /^The request does not hold what it announces\.\n$/,
  /^More than one request was sent\.\n$/,
  /^A request of others than root has at most \d+ words\.\n$/,
];

function checkRefusals(taken: Buffer): void {
  for (let at = 0; at + frameHeaderSize <= taken.length; ) {
    const size = taken.readUInt32LE(at);
    const payload = taken.toString('utf8', at + frameHeaderSize, at + frameHeaderSize + size);
    if (taken[at + 4] === FrameType.err)
      check(
        refusals.some((text) => text.test(payload)),
        () => `it says ${payload}`,
      );
    at += frameHeaderSize + size;
  }
}

const frames = ((): Door => {
  const request = encodeFrame(FrameType.request, encodeRequest(facts));
  const other = encodeFrame(FrameType.request, encodeRequest({ ...facts, argv: [], env: {} }));
  const passed = encodeFrame(FrameType.passed, bytes('/dev/pts/1'));
  const mutator = new Mutator(
    [
      Buffer.concat([encodeGreeting(), request]),
      Buffer.concat([encodeGreeting(), other]),
      Buffer.concat([encodeGreeting(), request, passed]),
      Buffer.concat([encodeGreeting(), encodeFrame(FrameType.passed)]),
      encodeGreeting(99),
      request,
    ],
    ['\0\0\0\0', 'pidone', '\x10\0\0\0\x01', '\xff\xff\xff\xff', 'A=b\0'],
  );
  return {
    name: 'control-frames',
    share: 2,
    make: (r) => [Buffer.of(r.int(0, 1), r.int(0, 4)), ...chunked(r, mutator.make(r))],
    open: () => {
      const host = new SimHost({ pid: 1 });
      const descriptors = host.openFds().size;
      const server = serveControl(host, {
        path,
        version: '1',
        handler: async (request) => {
          request.openPager(true);
          if (request.argv.length === 0) {
            const found = await request.pass(1);
            for (const fd of found?.fds ?? []) host.closeFd(fd);
          }
          request.out(`${request.argv.join(' ')} ${Object.keys(request.env)}`);
          await request.drained();
          return request.cwd === '/root' ? 3 : 'local';
        },
      });
      return {
        run: async ([how, ...chunks]) => {
          const connection = host.connectHeld(path, (how?.[0] ?? 0) * 1000);
          for (const [index, chunk] of chunks.entries()) {
            if (index === how?.[1]) connection.onDescriptors?.([host.makeFd('passed'), host.makeFd('passed')]);
            if (!connection.closed) connection.onData(Buffer.from(chunk));
            host.settle();
          }
          for (let turn = 0; turn < 6; turn++) await Promise.resolve();
          host.settle();
          if (!connection.closed) connection.onEnd();
          for (let turn = 0; turn < 6; turn++) await Promise.resolve();
          host.settle();
          check(server.connections === 0, 'the connection stays');
          check(host.openFds().size === descriptors, 'a descriptor was left open');
          checkRefusals(connection.taken);
        },
      };
    },
  };
})();

const requests = ((): Door => {
  const mutator = new Mutator(
    [encodeRequest(facts), encodeRequest({ ...facts, argv: [''], env: { A: '' } })],
    ['=', '\0'],
  );
  return {
    name: 'control-request',
    share: 6,
    make: (r) => [mutator.make(r)],
    open: () => ({
      run: ([payload = Buffer.alloc(0)]) => {
        const found = unless([ProtocolError], () => decodeRequest(payload));
        if (found === undefined) return;
        checkSame(decodeRequest(encodeRequest(found)), found, 'the request read again');
      },
    }),
  };
})();

/** What a manager, or somebody in its place, answers. */
const answers = ((): Door => {
  const out = encodeFrame(FrameType.out, bytes('text\n'));
  const mutator = new Mutator(
    [
      Buffer.concat([out, encodeFrame(FrameType.err, bytes('error\n')), encodeExit(3)]),
      Buffer.concat([encodeFrame(FrameType.pager, Buffer.of(1)), out, encodeExit(0)]),
      encodeFrame(FrameType.local),
      encodeFrame(FrameType.version, bytes('pidone 9')),
      encodeFrame(FrameType.busy),
    ],
    ['\0\0\0\0', '\xff\xff\xff\xff', '\x04\0\0\0'],
  );
  return {
    name: 'control-answer',
    share: 4,
    make: (r) => chunked(r, mutator.make(r)),
    open: () => ({
      run: async (chunks) => {
        const connection = new HeldConnection();
        const waits: (() => void)[] = [];
        const after = (_: number, callback: () => void) => ({ cancel: () => {}, done: waits.push(callback) });
        const host = { connectStream: () => connection, after } as unknown as Host;
        const running = callManager(host, path, facts, { out: () => {}, err: () => {}, openPager: () => {} });
        let result: unknown;
        running.then((found) => {
          result = found;
        });
        for (const chunk of chunks) if (!connection.closed) connection.onData(Buffer.from(chunk));
        if (!connection.closed) connection.onEnd();
        for (let turn = 0; turn < 4; turn++) await Promise.resolve();
        check(result !== undefined || waits.length > 0, 'the caller waits for ever');
      },
    }),
  };
})();

// ---- the system bus -------------------------------------------------------------------------------------------------

const dbus = 'org.freedesktop.DBus';
const sampleMessages: readonly Partial<BusMessage>[] = [
  { kind: MessageKind.answer, replySerial: 2, args: [1] },
  { kind: MessageKind.error, replySerial: 2, errorName: 'org.x.No', args: ['no'] },
  {
    path: '/org/freedesktop/DBus',
    interface: 'org.freedesktop.systemd1.Activator',
    member: 'ActivationRequest',
    args: ['a.service'],
  },
  {
    kind: MessageKind.call,
    path: '/org/freedesktop/systemd1',
    interface: `${dbus}.Properties`,
    member: 'GetAll',
    sender: ':1.5',
    args: ['org.example.I'],
  },
  { kind: MessageKind.call, interface: `${dbus}.Peer`, member: 'Ping', sender: ':1.7' },
];
const messages = new Mutator(
  [
    ...sampleMessages.map((message) =>
      encodeMessage({ kind: MessageKind.signal, serial: 1, sender: dbus, ...message }),
    ),
    bigEndian(),
  ],
  ['l\x04\x01\x01', 'B\x01\0\x01', '\x01\x01o\0', '\x08\x01g\0', '\x01s\0', '\xff\xff\xff\xff', '\0\0\x02\0', 'a{sv}'],
);

/** A call of Ping as a bus of the other order of bytes sends it. */
function bigEndian(): Buffer {
  const message = Buffer.from(
    '4201000100000000000000010000001a' + '030173000000000450696e6700000000' + '07017300000000023a310000000000000000',
    'hex',
  );
  return message;
}

/** Several messages, one after the other. */
const messageStream = (r: Random): Buffer => Buffer.concat(r.many(1, 3, () => messages.make(r)));

const read = (chunks: Input): BusMessage[] | 'refused' => {
  const reader = new MessageReader();
  try {
    return chunks.flatMap((chunk) => reader.push(Buffer.from(chunk)));
  } catch (error) {
    if (!(error instanceof Error) || error.constructor !== Error) throw error;
    return 'refused';
  }
};

const busMessages: Door = {
  name: 'bus-message',
  share: 4,
  make: (r) => chunked(r, messageStream(r)),
  open: () => ({
    run: (chunks) => {
      const found = read(chunks);
      const whole = read([Buffer.concat(chunks)]);
      checkSame(found, whole, 'messages of the pieces');
      for (const message of found === 'refused' ? [] : found) {
        const [again] = read([encodeMessage(message)]) as BusMessage[];
        checkSame({ ...again, wantsAnswer: true }, { ...message, wantsAnswer: true }, 'the message read again');
      }
    },
  }),
};

/** What the manager says when it leaves a bus, or does without systemd's name there. */
const farewells =
  /^(Leaving the system bus: (a message (that begins with|of)|a value ends beyond|an endless line|it does not know|it takes nothing)|Starting nothing for the system bus: (it does not give|somebody else))/;

const busSession = ((): Door => {
  const handshake = new Mutator(['OK 0123456789abcdef\r\n', 'REJECTED EXTERNAL\r\n'], ['\r\n', 'OK ', 'DATA']);
  return {
    name: 'bus-session',
    share: 2,
    make: (r) => chunked(r, Buffer.concat([r.chance(0.8) ? bytes('OK 01\r\n') : handshake.make(r), messageStream(r)])),
    open: () => ({
      run: async (chunks) => {
        const connection = new HeldConnection();
        const log: string[] = [];
        const names = new BusNames();
        names.watch('org.x.A', { ownerIs: () => {}, untold: () => {} });
        const activation = new BusActivation({ uid: 0, connectStream: () => connection } as unknown as Host, {
          scope: 'system',
          path: '/bus',
          names,
          start: (unit) => (unit.length % 2 === 0 ? { name: 'org.x.Bad', message: `${unit} is bad` } : undefined),
          properties: (of) => Promise.resolve(of === '' ? undefined : { A: '1', B: of }),
          log: (message) => log.push(message),
        });
        activation.connect();
        for (const chunk of chunks) if (!connection.closed) connection.onData(Buffer.from(chunk));
        for (let turn = 0; turn < 4; turn++) await Promise.resolve();
        if (!connection.closed) connection.onEnd();
        for (const line of log) if (!farewells.test(line)) throw new Fault(line);
      },
    }),
  };
})();

export const controlDoors: readonly Door[] = [frames, requests, answers, busMessages, busSession];
