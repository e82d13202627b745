/** A call to a manager from a process of its own. */
import { type ByteStream, type Clock, SystemError } from '../sys/host.ts';
import { ByteQueue } from './byte-queue.ts';
import {
  type CallFacts,
  encodeFrame,
  encodeGreeting,
  encodeRequest,
  FrameType,
  frameHeaderSize,
  payloadLimit,
  requestLimit,
} from './protocol.ts';

/** What a call needs of where it comes from. */
export type CallHost = Pick<Clock, 'after'> & { connectStream(path: string): ByteStream };

/** Where answers go; synchronous, so that a slow terminal slows the manager's writing and nothing piles up here. */
export interface CallOutput {
  out(bytes: Buffer): void;
  err(bytes: Buffer): void;
  /** What follows may go through a pager. */
  openPager(jumpToEnd: boolean): void;
}

export type CallResult =
  | { kind: 'exit'; status: number }
  /** The caller must do it in its own process. */
  | { kind: 'local' }
  /** Nothing listens. */
  | { kind: 'unreachable' }
  /** A manager of another version; `text` names it. */
  | { kind: 'version'; text: string }
  /** The connection ended before the exit status, or what came is not the protocol. */
  | { kind: 'lost' }
  /** There were too many callers all the time. */
  | { kind: 'busy' };

/** A busy manager is asked again after growing pauses, milliseconds; about six seconds together. */
const busyPausesMs = [20, 40, 80, 160, 320, 500, 500, 500, 1000, 1000, 2000];

/**
 * Sends a call to the manager behind the socket at `path` (undefined: nobody listens) and copies its answer to `output`.
 * Never throws; what went wrong is in the result.
 */
export async function callManager(
  host: CallHost,
  path: string | undefined,
  facts: CallFacts,
  output: CallOutput,
): Promise<CallResult> {
  if (path === undefined) return { kind: 'unreachable' };
  for (const pause of [...busyPausesMs, undefined]) {
    const result = await callOnce(host, path, facts, output);
    if (result.kind !== 'busy' || pause === undefined) return result;
    await new Promise<void>((resolve) => host.after(pause, resolve));
  }
  return { kind: 'busy' };
}

function callOnce(host: CallHost, path: string, facts: CallFacts, output: CallOutput): Promise<CallResult> {
  const request = encodeRequest(facts);
  if (request.length > requestLimit) {
    return Promise.resolve({ kind: 'unreachable' });
  }
  let connection: ByteStream;
  try {
    connection = host.connectStream(path);
  } catch (error) {
    if (error instanceof SystemError) return Promise.resolve({ kind: 'unreachable' });
    throw error;
  }
  return new Promise((resolve) => {
    const input = new ByteQueue();
    let finished = false;
    const finish = (result: CallResult): void => {
      if (finished) return;
      finished = true;
      connection.destroy();
      resolve(result);
    };
    connection.onData = (chunk) => {
      if (finished) return;
      input.push(chunk);
      for (;;) {
        const header = input.peek(frameHeaderSize);
        if (header === undefined) return;
        const size = header.readUInt32LE(0);
        const type = header[4];
        if (size > payloadLimit) return finish({ kind: 'lost' });
        if (input.size < frameHeaderSize + size) return;
        input.take(frameHeaderSize);
        const payload = input.take(size) ?? Buffer.alloc(0);
        switch (type) {
          case FrameType.out:
            output.out(payload);
            break;
          case FrameType.err:
            output.err(payload);
            break;
          case FrameType.pager:
            output.openPager(payload[0] === 1);
            break;
          case FrameType.exit:
            return finish(size === 4 ? { kind: 'exit', status: payload.readUInt32LE(0) } : { kind: 'lost' });
          case FrameType.local:
            return finish({ kind: 'local' });
          case FrameType.busy:
            return finish({ kind: 'busy' });
          case FrameType.version:
            return finish({ kind: 'version', text: payload.toString('utf8') });
          default:
            return finish({ kind: 'lost' });
        }
      }
    };
    connection.onEnd = () => finish({ kind: 'lost' });
    connection.onDrain = () => {};
    connection.write(Buffer.concat([encodeGreeting(), encodeFrame(FrameType.request, request)]));
  });
}
