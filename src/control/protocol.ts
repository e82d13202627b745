/**
 * The control protocol: what goes over the Unix stream between the front door and the manager.
 *
 * The caller sends a greeting (`PIDONE` and a little-endian 16-bit version) and one request frame; the manager answers
 * with frames and closes. A caller that goes away cancels its request. A frame is a little-endian 32-bit length, a type
 * byte and the payload. `native/client/protocol.h` says the same in C.
 *
 * The manager may ask the caller for descriptors; the caller then sends one frame more, with the descriptors beside it
 * (SCM_RIGHTS). It never sends anything unasked.
 *
 * Only `FrameType.version` and the form of greeting and frames are fixed for ever: they are what a caller and a manager
 * of different versions still have in common.
 */

/** Goes up whenever an older peer would misread something. */
export const protocolVersion = 3;

const greetingName = Buffer.from('PIDONE', 'latin1');
export const greetingSize = greetingName.length + 2;
export const frameHeaderSize = 5;

/** A request carries a whole command line and environment: as much as execve(2) would take in practice. */
export const requestLimit = 2 * 1024 * 1024;
/** Answers are cut into frames of at most this many bytes of payload. */
export const payloadLimit = 64 * 1024;

export const FrameType = {
  /** Caller: what is asked. */
  request: 1,
  /** Manager: bytes for stdout, which the front door holds back for a moment; none: what it holds is to be written. */
  out: 2,
  /** Manager: bytes for stderr. */
  err: 3,
  /** Manager, last: exit status, 32 bits. */
  exit: 4,
  /** Manager, last and only: this call is the caller's own business, in its own process. */
  local: 5,
  /** Manager, last and only: too many callers at the moment, try again. */
  busy: 6,
  /** Manager, before any output: what follows may go through a pager; payload one byte, 1 to start at its end. */
  pager: 7,
  /** Manager: send descriptors; payload one byte, a DescriptorKind. */
  want: 8,
  /** Caller: descriptors, with its first byte; payload the path of a terminal that was made, or nothing. */
  passed: 9,
  /** Manager: the terminal that was made is copied to the caller's own from now on, or no longer; payload ForwardFlags. */
  forward: 10,
  /** Manager, last: the caller becomes another program; see encodeBecome. */
  become: 11,
  /** Manager, last and only: versions differ; the payload says which one the manager is, as text. */
  version: 255,
} as const;

/** What a caller is asked for: its stdin, stdout and stderr; the same of a terminal made anew; a pidfd of itself. */
export const DescriptorKind = { stdio: 0, terminal: 1, process: 2 } as const;
export type DescriptorKind = (typeof DescriptorKind)[keyof typeof DescriptorKind];

/** `on`, else no longer; `mayLeave`: ^] three times ends the caller; `endLine`: the last line is ended. */
export const ForwardFlag = { on: 1, mayLeave: 2, endLine: 4 } as const;

/** A program that the caller becomes, in its own process. */
export interface BecomePlan {
  /** Said on stderr once everything is in place, with its line end; '' for nothing. */
  readonly message: string;
  readonly argv: readonly string[];
  /** KEY=VALUE, put over the caller's own. */
  readonly env: readonly string[];
  readonly cwd: string | undefined;
  readonly nice: number | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** The mark of the unit whose process it becomes: RLIMIT_LOCKS, RLIMIT_RTTIME. */
  readonly tag: number | undefined;
  readonly check: number | undefined;
}

const terminalStdin = 1;
const terminalStdout = 2;
const terminalStderr = 4;

/** A call as it travels; see CliContext for the meaning of the fields. */
export interface CallFacts {
  readonly program: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly terminal: { stdin: boolean; stdout: boolean; stderr: boolean; columns: number; lines: number };
}

/** What a peer sent is not of this protocol. The message is fit for the peer's eyes. */
export class ProtocolError extends Error {}

export function encodeGreeting(version: number = protocolVersion): Buffer {
  const greeting = Buffer.alloc(greetingSize);
  greetingName.copy(greeting);
  greeting.writeUInt16LE(version, greetingName.length);
  return greeting;
}

/** The version that a greeting names. Throws ProtocolError where it is none. */
export function decodeGreeting(bytes: Buffer): number {
  if (bytes.length < greetingSize || !bytes.subarray(0, greetingName.length).equals(greetingName)) {
    throw new ProtocolError('This is the control socket of pidone, and what was sent is not its protocol.');
  }
  return bytes.readUInt16LE(greetingName.length);
}

export function encodeFrame(type: number, payload: Uint8Array = new Uint8Array(0)): Buffer {
  const frame = Buffer.allocUnsafe(frameHeaderSize + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame[4] = type;
  frame.set(payload, frameHeaderSize);
  return frame;
}

export function encodeExit(status: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32LE(status >>> 0, 0);
  return encodeFrame(FrameType.exit, payload);
}

/** Number of variables, then strings, each with a NUL: message, directory, nice, uid, gid, tag, check, variables, arguments. */
export function encodeBecome(plan: BecomePlan): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(plan.env.length, 0);
  const { message, cwd = '', nice = '', uid = '', gid = '', tag = '', check = '' } = plan;
  const strings = [message, cwd, nice, uid, gid, tag, check, ...plan.env, ...plan.argv];
  return encodeFrame(
    FrameType.become,
    Buffer.concat([head, Buffer.from(strings.map((text) => `${text}\0`).join(''), 'utf8')]),
  );
}

/** Payload of a request: flags, columns, lines, number of arguments and of variables, then strings, each with a NUL. */
export function encodeRequest(facts: CallFacts): Buffer {
  const head = Buffer.alloc(16);
  const { terminal } = facts;
  head.writeUInt32LE(
    (terminal.stdin ? terminalStdin : 0) |
      (terminal.stdout ? terminalStdout : 0) |
      (terminal.stderr ? terminalStderr : 0),
    0,
  );
  head.writeUInt16LE(Math.min(terminal.columns, 0xffff), 4);
  head.writeUInt16LE(Math.min(terminal.lines, 0xffff), 6);
  head.writeUInt32LE(facts.argv.length, 8);
  const env = Object.entries(facts.env);
  head.writeUInt32LE(env.length, 12);
  const strings = [facts.program, facts.cwd, ...facts.argv, ...env.map(([name, value]) => `${name}=${value}`)];
  return Buffer.concat([head, Buffer.from(strings.map((text) => `${text}\0`).join(''), 'utf8')]);
}

/**
 * Throws ProtocolError for anything that `encodeRequest` would not have made, and for a call of more than `words` arguments or
 * variables.
 */
export function decodeRequest(payload: Buffer, words = Number.POSITIVE_INFINITY): CallFacts {
  if (payload.length < 16) throw new ProtocolError('The request is too short.');
  const flags = payload.readUInt32LE(0);
  const columns = payload.readUInt16LE(4);
  const lines = payload.readUInt16LE(6);
  const argc = payload.readUInt32LE(8);
  const envc = payload.readUInt32LE(12);
  if (Math.max(argc, envc) > words)
    throw new ProtocolError(`A request of others than root has at most ${words} words.`);
  if (payload.length > 16 && payload[payload.length - 1] !== 0) throw new ProtocolError('The request is cut off.');
  const strings = payload.toString('utf8', 16).split('\0');
  strings.pop();
  if (strings.length !== 2 + argc + envc) throw new ProtocolError('The request does not hold what it announces.');
  const [program, cwd] = strings as [string, string];
  const env: Record<string, string> = {};
  for (const assignment of strings.slice(2 + argc)) {
    const equals = assignment.indexOf('=');
    if (equals > 0 && assignment.slice(0, equals) !== '__proto__') {
      env[assignment.slice(0, equals)] = assignment.slice(equals + 1);
    }
  }
  return {
    program,
    cwd,
    argv: strings.slice(2, 2 + argc),
    env,
    terminal: {
      stdin: (flags & terminalStdin) !== 0,
      stdout: (flags & terminalStdout) !== 0,
      stderr: (flags & terminalStderr) !== 0,
      columns,
      lines,
    },
  };
}
