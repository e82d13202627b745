import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type CallFacts,
  decodeRequest,
  encodeExit,
  encodeFrame,
  FrameType,
  frameHeaderSize,
  greetingSize,
} from '../../../src/control/protocol.ts';
import { Calls, type Told } from '../../../src/library/calls.ts';
import { MachineEnded } from '../../../src/library/errors.ts';

let directory: string;
let server: Server;
let answer: (socket: Socket, facts: CallFacts) => void;
let calls: Calls;
const out = (text: string): Buffer => encodeFrame(FrameType.out, Buffer.from(text));

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pidone-calls-'));
  const path = join(directory, 'control');
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes: Buffer) =>
      answer(socket, decodeRequest(bytes.subarray(greetingSize + frameHeaderSize))),
    );
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  calls = new Calls(path, { PATH: '/bin' });
});
afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

describe('a call', () => {
  it('brings words and environment, and comes back with what was said and the status', async () => {
    answer = (socket, { program, argv, env }) => {
      socket.write(out(`${program} ${argv.join(' ')} ${env.PATH}\n`));
      socket.write(encodeFrame(FrameType.err, Buffer.from('hm\n')));
      socket.end(encodeExit(3));
    };
    expect(await calls.call('systemctl', ['is-active', 'ä'])).toEqual({
      status: 3,
      stdout: 'systemctl is-active ä /bin\n',
      stderr: 'hm\n',
    });
  });

  it('says where it is not the manager’s to answer, and where nobody answers', async () => {
    answer = (socket) => socket.end(encodeFrame(FrameType.local));
    expect(await calls.call('systemctl', ['cat'])).toBe('local');
    answer = (socket) => socket.destroy();
    await expect(calls.call('systemctl', ['status'])).rejects.toThrow(MachineEnded);
    await expect(new Calls(join(directory, 'none'), {}).call('systemctl', [])).rejects.toThrow(MachineEnded);
  });

  it('is asked again where the manager is busy', async () => {
    let asked = 0;
    answer = (socket) => socket.end(++asked < 3 ? encodeFrame(FrameType.busy) : encodeExit(0));
    expect(await calls.call('systemctl', [])).toMatchObject({ status: 0 });
    expect(asked).toBe(3);
  });

  it('is given up, and the manager hears of it', async () => {
    const abort = new AbortController();
    let closed: Promise<void> | undefined;
    answer = (socket) => {
      closed = new Promise((resolve) => socket.on('close', () => resolve()));
      abort.abort(new Error('enough'));
    };
    await expect(calls.call('systemctl', ['start', 'a'], abort.signal)).rejects.toThrow('enough');
    await closed;
  });

  it('of pidone-machine comes back as lines', async () => {
    answer = (socket) => {
      socket.write(out('{"a":1}\n{"a":'));
      socket.write(out('2}\n'));
      socket.end(encodeExit(1));
    };
    expect(await calls.ask(['units'])).toEqual([{ a: 1 }, { a: 2 }]);
    answer = (socket) => socket.end(Buffer.concat([encodeFrame(FrameType.err, Buffer.from('no\n')), encodeExit(1)]));
    await expect(calls.ask(['units'])).rejects.toThrow('pidone-machine units: no');
  });
});

it('a watch tells each line as it comes, until it is closed', async () => {
  const told: Told[] = [];
  let write: (text: string) => void = () => {};
  answer = (socket) => {
    write = (text) => void socket.write(out(text));
    write('{"ready":true}\n');
  };
  let heard: () => void = () => {};
  const next = (): Promise<void> => new Promise((resolve) => (heard = resolve));
  const first = next();
  let over: () => void = () => {};
  const ended = new Promise<void>((resolve) => (over = resolve));
  const watch = calls.watch(
    (line) => {
      told.push(line);
      heard();
    },
    () => over(),
  );
  await first;
  const second = next();
  write('{"entry":{"MESSAGE":"x"}}\n');
  await second;
  expect(told).toEqual([{ ready: true }, { entry: { MESSAGE: 'x' } }]);
  watch.close();
  await ended;
});
