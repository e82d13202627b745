/**
 * Other programs that a verb runs and waits for: systemd-sysv-install, an editor. In the caller's own process they get
 * its terminal; in the manager their output is passed on. The exit status comes from a shell around them, because not
 * every process that a verb runs in reaps its children.
 */

import type { StreamConnection } from '../../sys/host.ts';
import type { CliContext } from './context.ts';

const wrapper = '"$@" 3>&-; echo $? >&3';

export interface ProgramOptions {
  /** KEY=VALUE, besides the caller's environment. */
  readonly env?: readonly string[];
  /** Runs below another root. */
  readonly root?: string;
}

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Resolves with the exit status, as a shell gives it (127: no such program). Throws SystemError where nothing can be run. */
export async function runProgram(
  context: CliContext,
  argv: readonly string[],
  options: ProgramOptions = {},
): Promise<number> {
  const { host } = context;
  await context.drained();
  const status = new Pipe(host.streamPair());
  const inManager = context.manager !== undefined;
  const outputs = inManager ? [new Pipe(host.streamPair()), new Pipe(host.streamPair())] : [];
  const [out, err] = outputs;
  if (out !== undefined) out.onText = (text) => context.out(text);
  if (err !== undefined) err.onText = (text) => context.err(text);
  const env = Object.entries(context.env).map(([name, value]) => `${name}=${value}`);
  if (context.env.PATH === undefined) env.push(defaultPath);
  try {
    host.spawn({
      path: '/bin/sh',
      argv: ['sh', '-c', wrapper, 'sh', ...argv],
      env: [...env, ...(options.env ?? [])],
      stdin: inManager ? { kind: 'null' } : { kind: 'fd', fd: 0 },
      stdout: { kind: 'fd', fd: out?.fd ?? 1 },
      stderr: { kind: 'fd', fd: err?.fd ?? 2 },
      fds: [status.fd],
      ...(inManager ? {} : { cwd: { path: context.cwd, optional: true } }),
      ...(options.root === undefined ? {} : { root: options.root }),
      umask: 0o022,
      limits: {},
      ignoreSigpipe: false,
      session: inManager,
      noNewPrivileges: false,
    });
  } finally {
    for (const pipe of [status, ...outputs]) host.closeFd(pipe.fd);
  }
  await status.ended;
  for (const pipe of outputs) pipe.finish();
  const code = Number.parseInt(status.text, 10);
  return Number.isNaN(code) ? 127 : code;
}

/** The reading end of what a child writes. */
class Pipe {
  readonly fd: number;
  readonly ended: Promise<void>;
  readonly #connection: StreamConnection;
  readonly #decoder = new TextDecoder();
  text = '';
  onText: (text: string) => void = (text) => {
    // A status is a few digits.
    if (this.text.length < 16) this.text += text;
  };

  constructor({ connection, fd }: { connection: StreamConnection; fd: number }) {
    this.fd = fd;
    this.#connection = connection;
    connection.onData = (chunk) => this.onText(this.#decoder.decode(chunk, { stream: true }));
    this.ended = new Promise((resolve) => {
      connection.onEnd = () => resolve();
    });
    connection.resume();
  }

  /** Takes what has been written; a daemon that the child left behind may hold its end open for ever. */
  finish(): void {
    this.#connection.pull?.();
    this.#connection.destroy();
  }
}
