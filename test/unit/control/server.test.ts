import { describe, expect, it } from 'vitest';
import {
  type CallFacts,
  DescriptorKind,
  encodeFrame,
  encodeGreeting,
  encodeRequest,
  FrameType,
  frameHeaderSize,
  protocolVersion,
} from '../../../src/control/protocol.ts';
import {
  type ControlHandler,
  type ControlLimits,
  type ControlRequest,
  type PassedDescriptors,
  serveControl,
} from '../../../src/control/server.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import type { HeldConnection } from '../../../src/simulation/machine/streams.ts';

const FACTS: CallFacts = {
  program: 'systemctl',
  argv: ['is-active', 'a.service'],
  env: { TERM: 'xterm' },
  cwd: '/tmp',
  terminal: { stdin: false, stdout: true, stderr: true, columns: 80, lines: 24 },
};

function call(facts: CallFacts = FACTS): Buffer {
  return Buffer.concat([encodeGreeting(), encodeFrame(FrameType.request, encodeRequest(facts))]);
}

function frames(stream: HeldConnection): { type: number; payload: Buffer }[] {
  const found = [];
  let at = 0;
  while (at < stream.taken.length) {
    const size = stream.taken.readUInt32LE(at);
    const end = at + frameHeaderSize + size;
    found.push({ type: stream.taken[at + 4] as number, payload: stream.taken.subarray(at + frameHeaderSize, end) });
    at = end;
  }
  return found;
}

function text(stream: HeldConnection, type: number): string {
  return frames(stream)
    .filter((frame) => frame.type === type)
    .map((frame) => frame.payload.toString())
    .join('');
}

function exitStatus(stream: HeldConnection): number | undefined {
  return frames(stream)
    .find((frame) => frame.type === FrameType.exit)
    ?.payload.readUInt32LE(0);
}

function serve(handler: ControlHandler, limits: Partial<ControlLimits> = {}) {
  const host = new SimHost();
  const server = serveControl(host, { path: '/run/control', handler, version: '0.1.0', limits });
  const connect = (uid?: number): HeldConnection => host.connectHeld('/run/control', uid);
  return { host, server, connect };
}

/** Lets handlers and the machine go on until both rest. */
async function turn(host: SimHost): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    host.settle();
  }
}

describe('what is kept of a caller who waits, for the case of a crash', () => {
  it('changes with what it has been told, and is nothing of one with a large request, nor once it has ended', async () => {
    const requests: ControlRequest[] = [];
    const { host, server, connect } = serve((request) => {
      requests.push(request);
      request.goesOn = () => ({ kind: 'call', facts: 'from here' });
      return new Promise<number>((resolve) => request.signal.addEventListener('abort', () => resolve(1)));
    });
    server.onChange = () => {};
    const [small, large] = [connect(1000), connect(1000)];
    small.onData(call());
    large.onData(call({ ...FACTS, env: { TERM: 'x'.repeat(16 * 1024) } }));
    await turn(host);
    expect(requests).toHaveLength(2);
    const taken = server.takeChanged();
    expect(taken.map(({ fd, keep }) => [fd, keep !== undefined])).toEqual([[small.fd, true]]);
    for (const request of requests) request.out('a line\n');
    await turn(host);
    expect(server.takeChanged()).toMatchObject([{ fd: small.fd }]);
    small.onEnd();
    large.onEnd();
    await turn(host);
    expect(server.takeChanged()).toEqual([{ fd: expect.any(Number), keep: undefined }]);
  });
});

describe('a request', () => {
  it('reaches the handler whole and its answer comes back with the exit status', async () => {
    let seen: ControlRequest | undefined;
    const { host, server, connect } = serve((request) => {
      seen = request;
      request.out('inactive\n');
      return 3;
    });
    const stream = connect(7);
    stream.onData(call());
    await turn(host);
    expect(seen).toMatchObject(FACTS);
    expect(seen?.caller.uid).toBe(7);
    expect(text(stream, FrameType.out)).toBe('inactive\n');
    expect(exitStatus(stream)).toBe(3);
    expect(stream.closed).toBe(true);
    expect(server.connections).toBe(0);
    expect(host.pending).toBe(0);
  });

  it('may arrive byte by byte', async () => {
    const { host, connect } = serve((request) => {
      request.out(request.argv.join(' '));
      return 0;
    });
    const stream = connect();
    for (const byte of call()) stream.onData(Buffer.of(byte));
    await turn(host);
    expect(text(stream, FrameType.out)).toBe('is-active a.service');
  });

  it('keeps the order of stdout and stderr', async () => {
    const { host, connect } = serve((request) => {
      request.out('one ');
      request.err('two ');
      request.out('three ');
      return 0;
    });
    const stream = connect();
    stream.onData(call());
    await turn(host);
    expect(
      frames(stream)
        .map((frame) => frame.payload.toString().trim())
        .slice(0, 3),
    ).toEqual(['one', 'two', 'three']);
  });

  it('that throws ends with its message and status 1', async () => {
    const { host, connect } = serve(() => {
      throw new Error('No such thing.');
    });
    const stream = connect();
    stream.onData(call());
    await turn(host);
    expect(text(stream, FrameType.err)).toBe('No such thing.\n');
    expect(exitStatus(stream)).toBe(1);
  });

  it('may be sent back to the caller', async () => {
    const { host, connect } = serve(() => 'local');
    const stream = connect();
    stream.onData(call());
    await turn(host);
    expect(frames(stream).map((frame) => frame.type)).toEqual([FrameType.local]);
  });

  it('is cancelled when its caller goes away', async () => {
    let aborted = false;
    const { host, server, connect } = serve(
      (request) =>
        new Promise((resolve) => {
          request.signal.addEventListener('abort', () => {
            aborted = true;
            resolve(1);
          });
        }),
    );
    const stream = connect();
    stream.onData(call());
    await turn(host);
    expect(server.requests).toBe(1);
    stream.onEnd();
    await turn(host);
    expect(aborted).toBe(true);
    expect(server.connections).toBe(0);
  });

  it('in a terminal may ask for a pager, before the first output only', async () => {
    const { host, connect } = serve((request) => {
      request.openPager(true);
      request.out('x');
      return 0;
    });
    const stream = connect();
    stream.onData(call());
    await turn(host);
    expect(frames(stream)[0]).toMatchObject({ type: FrameType.pager, payload: Buffer.of(1) });
  });
});

describe('what a caller is asked for', () => {
  it('brings its descriptors, and the terminal that it has made', async () => {
    let passed: PassedDescriptors | undefined;
    const { host, connect } = serve(async (request) => {
      passed = await request.pass(DescriptorKind.terminal);
      return 0;
    });
    const stream = connect();
    stream.onData(call());
    await turn(host);
    expect(frames(stream)[0]).toMatchObject({ type: FrameType.want, payload: Buffer.of(DescriptorKind.terminal) });
    stream.onDescriptors?.([7, 8, 9]);
    stream.onData(encodeFrame(FrameType.passed, Buffer.from('/dev/pts/3')));
    await turn(host);
    expect(passed).toEqual({ fds: [7, 8, 9], terminal: '/dev/pts/3' });
    expect(exitStatus(stream)).toBe(0);
  });

  it('is nothing where it has nothing, sends something else, or goes away; then its descriptors are closed', async () => {
    const answers: (PassedDescriptors | undefined)[] = [];
    const { host, connect } = serve(async (request) => {
      answers.push(await request.pass(DescriptorKind.stdio));
      return 0;
    });
    const ends: ((stream: HeldConnection) => void)[] = [
      (stream) => stream.onData(encodeFrame(FrameType.passed)),
      (stream) => stream.onData(encodeFrame(FrameType.request)),
      (stream) => stream.onEnd(),
      () => host.advance(60_000),
    ];
    for (const end of ends) {
      const stream = connect();
      stream.onData(call());
      await turn(host);
      if (end !== ends[0]) stream.onDescriptors?.(['stdin', 'stdout', 'stderr'].map((what) => host.makeFd(what)));
      end(stream);
      await turn(host);
    }
    expect(answers).toEqual([undefined, undefined, undefined, undefined]);
    expect(host.openFds().size).toBe(0);
  });

  it('refuses what nobody asked for', async () => {
    const { host, connect } = serve(() => new Promise(() => {}));
    const stream = connect();
    stream.onData(call());
    await turn(host);
    stream.onData(encodeFrame(FrameType.passed));
    expect(stream.closed).toBe(true);
  });

  it('becomes a program in place of an exit status', async () => {
    const { host, connect } = serve((request) => {
      const plan = {
        argv: ['/bin/true'],
        env: ['A=1'],
        cwd: undefined,
        nice: 5,
        uid: undefined,
        gid: undefined,
        tag: 9,
        check: 10,
      };
      request.become({ message: 'Running\n', ...plan });
      return 0;
    });
    const stream = connect();
    stream.onData(call());
    await turn(host);
    const [frame] = frames(stream);
    expect(frame?.type).toBe(FrameType.become);
    expect(frame?.payload.toString('utf8', 4)).toBe('Running\n\0\x005\0\0\x009\x0010\0A=1\0/bin/true\0');
    expect(stream.closed).toBe(true);
  });
});

describe('what is not a request', () => {
  it('of another version is told which version this is', async () => {
    const { connect } = serve(() => 0);
    const stream = connect();
    stream.onData(encodeGreeting(protocolVersion + 1));
    expect(text(stream, FrameType.version)).toBe(`pidone 0.1.0, control protocol ${protocolVersion}`);
    expect(stream.closed).toBe(true);
  });

  it('is refused to others than root where it is as long as nobody’s who asks something', async () => {
    const ask = async (facts: Partial<CallFacts>, uid: number): Promise<string> => {
      const { host, connect } = serve((request) => {
        request.out('answer');
        return 0;
      });
      const stream = connect(uid);
      stream.onData(call({ ...FACTS, ...facts }));
      await turn(host);
      return text(stream, FrameType.out) + text(stream, FrameType.err);
    };
    const long = { argv: ['is-active', 'x'.repeat(256 * 1024)] };
    const many = { argv: Array(4096 + 1).fill('x') as string[] };
    expect(await ask(long, 0)).toBe('answer');
    expect(await ask(many, 0)).toBe('answer');
    expect(await ask(long, 33)).toBe('The request is too large.\n');
    expect(await ask(many, 33)).toBe('A request of others than root has at most 4096 words.\n');
    expect(await ask({ argv: Array(4096).fill('x') as string[] }, 33)).toBe('answer');
  });

  it('is refused: bytes of another protocol, a foreign frame, a frame that is too large, contents that lie', async () => {
    const lying = encodeRequest(FACTS);
    lying.writeUInt32LE(100_000, 8);
    const huge = Buffer.from([0xff, 0xff, 0xff, 0x7f, FrameType.request]);
    for (const bytes of [
      Buffer.from('GET / HTTP/1.0\r\n\r\n'),
      Buffer.concat([encodeGreeting(), encodeFrame(FrameType.out)]),
      Buffer.concat([encodeGreeting(), huge]),
      Buffer.concat([encodeGreeting(), encodeFrame(FrameType.request, lying)]),
      Buffer.concat([encodeGreeting(), encodeFrame(FrameType.request, Buffer.alloc(3))]),
      Buffer.concat([call(), call()]),
    ]) {
      let asked = false;
      const { host, server, connect } = serve(() => {
        asked = true;
        return 0;
      });
      const stream = connect();
      stream.onData(bytes);
      await turn(host);
      expect(asked).toBe(false);
      expect(exitStatus(stream)).toBe(1);
      expect(stream.closed).toBe(true);
      expect(server.connections).toBe(0);
    }
  });

  it('is dropped when it stays half', () => {
    const { host, server, connect } = serve(() => 0, { requestDeadlineMs: 1000 });
    const silent = connect();
    const half = connect();
    half.onData(call().subarray(0, 30));
    host.advance(999);
    expect(server.connections).toBe(2);
    host.advance(1);
    expect(silent.closed && half.closed).toBe(true);
    expect(server.connections).toBe(0);
  });

  it('that comes after the request ends the connection', async () => {
    const { host, server, connect } = serve(
      (request) => new Promise((resolve) => request.signal.addEventListener('abort', () => resolve(0))),
    );
    const stream = connect();
    stream.onData(call());
    stream.onData(Buffer.alloc(1000));
    await turn(host);
    expect(stream.closed).toBe(true);
    expect(server.connections).toBe(0);
  });
});

describe('floods', () => {
  it('of connects are told to try again, and leave nothing behind', () => {
    const { host, server, connect } = serve(() => 0, { connections: 100 });
    const streams = Array.from({ length: 10_000 }, () => connect());
    expect(server.connections).toBe(100);
    expect(streams.filter((stream) => text(stream, FrameType.busy) === '' && stream.closed)).toHaveLength(9_900);
    for (const stream of streams) if (!stream.closed) stream.onEnd();
    expect(server.connections).toBe(0);
    expect(host.pending).toBe(0);
  });

  it('of one user leave room for other users and for root', async () => {
    const { host, connect } = serve(() => 0, { connections: 100, connectionsPerUser: 10 });
    for (let i = 0; i < 1000; i++) connect(1000);
    for (let user = 0; user < 100; user++) for (let i = 0; i < 10; i++) connect(2000 + user);
    const root = connect(0);
    root.onData(call());
    await turn(host);
    expect(exitStatus(root)).toBe(0);
  });

  it('of half requests hold no more than the bound', () => {
    const { server, connect } = serve(() => 0, { requestBytes: 100_000 });
    const head = Buffer.concat([encodeGreeting(), Buffer.from([0, 0, 16, 0, FrameType.request])]);
    const streams = Array.from({ length: 50 }, () => connect());
    for (const stream of streams) {
      stream.onData(head);
      stream.onData(Buffer.alloc(30_000));
    }
    expect(server.connections).toBe(3);
    expect(streams.filter((stream) => frames(stream).some((frame) => frame.type === FrameType.busy))).toHaveLength(47);
  });
});

describe('requests that are not complete', () => {
  const begin = (connect: (uid: number) => HeldConnection, uid: number, count: number): HeldConnection[] =>
    Array.from({ length: count }, () => {
      const stream = connect(uid);
      stream.onData(Buffer.concat([encodeGreeting(), Buffer.from([0, 0, 2, 0, FrameType.request])]));
      stream.onData(Buffer.alloc(30_000));
      return stream;
    });
  const open = (streams: readonly HeldConnection[]) => streams.filter((stream) => !stream.closed).length;

  it('are bounded for each user, and leave room for those of others and of root', () => {
    const { connect } = serve(() => 0, { requestBytes: 200_000, requestBytesPerUser: 100_000 });
    expect(open(begin(connect, 7, 10))).toBe(3);
    expect(open(begin(connect, 8, 10))).toBe(3);
    expect(open(begin(connect, 9, 10))).toBe(0);
    expect(open(begin(connect, 0, 6))).toBe(6);
  });

  it('cost what they hold, however small their pieces are', async () => {
    const { host, connect } = serve((request) => {
      request.out(String(request.argv[0]?.length));
      return 0;
    });
    const stream = connect(7);
    for (const byte of call({ ...FACTS, argv: ['x'.repeat(100_000)] })) stream.onData(Buffer.of(byte));
    await turn(host);
    expect(text(stream, FrameType.out)).toBe('100000');
  });
});

describe('a slow reader', () => {
  it('of root’s is not dropped for what others leave unread', async () => {
    const { host, connect } = serve(
      (request) => {
        request.out('x'.repeat(request.caller.uid === 0 ? 900_000 : 200_000));
        return 0;
      },
      { outputPerConnection: 1024 * 1024, outputBytes: 1_500_000 },
    );
    const ask = async (uid: number): Promise<HeldConnection> => {
      const stream = connect(uid);
      stream.room = 0;
      stream.onData(call());
      await turn(host);
      return stream;
    };
    const own = await ask(0);
    const others: HeldConnection[] = [];
    for (let i = 0; i < 10; i++) others.push(await ask(7));
    expect(own.closed).toBe(false);
    expect(others.filter((stream) => stream.closed).length).toBeGreaterThan(0);
  });

  it('holds the writer back at drained()', async () => {
    let written = 0;
    const { host, connect } = serve(async (request) => {
      for (let i = 0; i < 100; i++) {
        request.out('x'.repeat(32 * 1024));
        written++;
        await request.drained();
      }
      return 0;
    });
    const stream = connect();
    stream.room = 0;
    stream.onData(call());
    await turn(host);
    expect(written).toBeLessThan(5);
    stream.take(Number.POSITIVE_INFINITY);
    await turn(host);
    expect(written).toBe(100);
    expect(exitStatus(stream)).toBe(0);
  });

  it('that never reads is dropped at the limit, and its request cancelled', async () => {
    let aborted = false;
    const { host, server, connect } = serve(
      (request) => {
        for (let i = 0; i < 100; i++) request.out('x'.repeat(32 * 1024));
        aborted = request.signal.aborted;
        return 0;
      },
      { outputPerConnection: 1024 * 1024 },
    );
    const stream = connect();
    stream.room = 0;
    stream.onData(call());
    await turn(host);
    expect(aborted).toBe(true);
    expect(stream.closed).toBe(true);
    expect(server.connections).toBe(0);
  });

  it('gets its answer whole however long it takes', async () => {
    const { host, server, connect } = serve((request) => {
      request.out('x'.repeat(200_000));
      return 0;
    });
    const stream = connect();
    stream.room = 1000;
    stream.onData(call());
    await turn(host);
    host.advance(3_600_000);
    expect(server.connections).toBe(1);
    stream.take(Number.POSITIVE_INFINITY);
    expect(text(stream, FrameType.out)).toHaveLength(200_000);
    expect(exitStatus(stream)).toBe(0);
    expect(server.connections).toBe(0);
  });

  it('among many: the one with most unread goes first when all together hold too much', async () => {
    const { host, connect } = serve(
      (request) => {
        request.out('x'.repeat(Number(request.argv[0])));
        return 0;
      },
      { outputBytes: 1_000_000 },
    );
    const ask = async (size: number) => {
      const stream = connect();
      stream.room = 0;
      stream.onData(call({ ...FACTS, argv: [String(size)] }));
      await turn(host);
      return stream;
    };
    const big = await ask(700_000);
    const small = await ask(200_000);
    const last = await ask(200_000);
    expect([big.closed, small.closed, last.closed]).toEqual([true, false, false]);
  });
});

describe('settled', () => {
  it('waits for answers to be taken, but not for ever', async () => {
    const { host, server, connect } = serve((request) => {
      request.out('x'.repeat(100_000));
      return 0;
    });
    await server.settled(1000);
    const stream = connect();
    stream.room = 0;
    stream.onData(call());
    await turn(host);
    let done = false;
    void server.settled(1000).then(() => {
      done = true;
    });
    await turn(host);
    expect(done).toBe(false);
    stream.take(Number.POSITIVE_INFINITY);
    await turn(host);
    expect(done).toBe(true);
  });
});
