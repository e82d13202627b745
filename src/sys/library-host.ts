/**
 * What the library (src/library) needs of the process that has imported it: Node's own modules, and nothing of the addon, so
 * that it works in every worker of every test runner and takes neither signals nor children from anybody.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import type { ByteStream, Timer } from './host.ts';

/** How a process ended. */
export interface ProcessEnd {
  /** null where a signal ended it. */
  readonly status: number | null;
  readonly signal: string | null;
}

/** A process that ends with this one: it holds the other end of a pipe, as descriptor 3. */
export interface OwnedProcess {
  readonly pid: number;
  /** What it has written to stdout and stderr. */
  readonly text: string;
  /** Called when there is more of it. */
  onText: () => void;
  /** Undefined while it runs. */
  readonly end: ProcessEnd | undefined;
  readonly ended: Promise<ProcessEnd>;
  kill(signal: NodeJS.Signals): void;
  /** Closes the pipe, as the end of this process would. */
  letGo(): void;
}

/** Arguments, environment and directory of a program that is waited for. */
export interface CommandPlan {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory?: string | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface CommandEnd {
  /** -1 where a signal or the time has ended it, or it could not be started: stderr says why. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A connection whose waiting does or does not keep this process alive. */
export interface HeldConnection extends ByteStream {
  hold(on: boolean): void;
}

/** Of a body, so much is read. */
const bodyLimit = 1 << 20;
const outputLimit = 64 << 20;

export const environment = (): Readonly<Record<string, string | undefined>> => process.env;
export const execPath = process.execPath;
export const ownPid = process.pid;
export const ownUid = process.getuid?.() ?? 0;
export const workingDirectory = (): string => process.cwd();
export const temporaryDirectory = (): string => tmpdir();
export const now = (): number => Date.now();

/** Milliseconds that only go forward. */
export const monotonic = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

/** Keeps this process alive until it has fired or is cancelled. */
export function after(delayMs: number, callback: () => void): Timer {
  const timer = setTimeout(callback, delayMs);
  return { cancel: () => clearTimeout(timer) };
}

export const pass = (delayMs: number): Promise<void> => new Promise((resolve) => void after(delayMs, resolve));

// ---- processes --------------------------------------------------------------------------------------------------------

/** Throws the error of Node where it can't be started. */
export function spawnOwned(args: readonly string[], env: Readonly<Record<string, string>>): OwnedProcess {
  const child = spawn(execPath, args, { cwd: '/', env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  // Pipes of Node are sockets.
  const pipe = child.stdio[3] as unknown as Socket;
  let resolve: (end: ProcessEnd) => void = () => {};
  const owned = {
    pid: child.pid ?? 0,
    text: '',
    onText: () => {},
    end: undefined as ProcessEnd | undefined,
    ended: new Promise<ProcessEnd>((done) => {
      resolve = done;
    }),
    kill: (signal: NodeJS.Signals) => void child.kill(signal),
    letGo: () => pipe.destroy(),
  };
  const over = (status: number | null, signal: string | null): void => {
    if (owned.end !== undefined) return;
    owned.end = { status, signal };
    owned.letGo();
    resolve(owned.end);
    owned.onText();
  };
  for (const stream of [child.stdout, child.stderr] as const)
    stream?.setEncoding('utf8').on('data', (text: string) => {
      owned.text = (owned.text + text).slice(-bodyLimit);
      owned.onText();
    });
  child.on('error', (error) => {
    owned.text += `${error.message}\n`;
    over(null, null);
  });
  child.on('close', over);
  // The pipes of a manager that is still there when the tests are over keep nobody.
  child.unref();
  for (const stream of child.stdio) {
    stream?.on('error', () => {});
    (stream as Socket | null)?.unref();
  }
  return owned;
}

/** Runs a program to its end. */
export function runCommand({
  program,
  args,
  environment: env,
  directory,
  timeoutMs,
}: CommandPlan): Promise<CommandEnd> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { ...env },
      cwd: directory,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        if (texts[name].length < outputLimit) texts[name] += text;
      });
    child.on('error', (error) => resolve({ ...texts, status: -1, stderr: `${texts.stderr}${error.message}\n` }));
    child.on('close', (status, signal) => {
      const why = signal === null ? '' : `${program}: ended by ${signal}\n`;
      resolve({ ...texts, status: status ?? -1, stderr: texts.stderr + why });
    });
  });
}

/** What names a process for ever, in this PID namespace and since this boot; undefined where there is none. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Boot and PID namespace: whose process ids these are. */
export function processWorld(): string {
  try {
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot} ${fs.readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

// ---- files ------------------------------------------------------------------------------------------------------------

export const files = {
  /** A new directory that is this user's alone; `prefix` with its path. */
  temporary: (prefix: string): string => fs.mkdtempSync(prefix),
  makeDirectory: (path: string, mode = 0o755): void => void fs.mkdirSync(path, { recursive: true, mode }),
  setMode: (path: string, mode: number): void => fs.chmodSync(path, mode),
  write: (path: string, text: string): void => fs.writeFileSync(path, text),
  read: (path: string): string => fs.readFileSync(path, 'utf8'),
  link: (target: string, path: string): void => fs.symlinkSync(target, path),
  exists: (path: string): boolean => fs.existsSync(path),
  isDirectory: (path: string): boolean => fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  /** [] where there is none. */
  list: (path: string): string[] => (fs.existsSync(path) ? fs.readdirSync(path) : []),
  /** Undefined where there is none, or it is a link. */
  ownerOfDirectory(path: string): number | undefined {
    const stat = fs.lstatSync(path, { throwIfNoEntry: false });
    return stat?.isDirectory() ? stat.uid : undefined;
  },
  remove: (path: string): void => fs.rmSync(path, { recursive: true, force: true, maxRetries: 3 }),
};

// ---- sockets ----------------------------------------------------------------------------------------------------------

/** Connects to a Unix socket. What goes wrong, also at the connect, is an `onEnd`. */
export function connectStream(path: string): HeldConnection {
  const socket = createConnection({ path });
  let over = false;
  const connection: HeldConnection = {
    peer: { pid: 0, uid: 0, gid: 0 },
    onData: () => {},
    onEnd: () => {},
    onDrain: () => {},
    get buffered() {
      return socket.writableLength;
    },
    write: (data) => void socket.write(data),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
    hold: (on) => void (on ? socket.ref() : socket.unref()),
  };
  socket.on('data', (chunk) => connection.onData(chunk));
  socket.on('drain', () => connection.onDrain());
  socket.on('error', () => {});
  socket.on('close', () => {
    if (over) return;
    over = true;
    connection.onEnd();
  });
  return connection;
}

/** Undefined where somebody takes the connection, else why not. */
export function tryConnect(
  to: { readonly host: string; readonly port: number } | { readonly path: string },
  timeoutMs: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(to);
    const settle = (reason: string | undefined): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(timeoutMs, () => settle('no answer'));
    socket.on('connect', () => settle(undefined));
    socket.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
  });
}

/** One GET, without following redirections; why there was no answer is a text. */
export function tryGet(
  url: string,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<{ status: number; body: string } | string> {
  return new Promise((resolve) => {
    const get = url.startsWith('https:') ? httpsGet : httpGet;
    const request = get(
      url,
      { agent: false, headers, timeout: timeoutMs, rejectUnauthorized: false } as Parameters<typeof httpsGet>[1] &
        object,
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          if (body.length < bodyLimit) body += text;
        });
        response.on('close', () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

/** Whether a TCP port can be listened at, on every address that there is. */
export async function isPortFree(port: number): Promise<boolean> {
  for (const host of ['0.0.0.0', '::']) {
    const failure = await new Promise<string | undefined>((resolve) => {
      const server = createServer();
      server.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
    });
    if (failure !== undefined && failure !== 'EAFNOSUPPORT' && failure !== 'EADDRNOTAVAIL') return false;
  }
  return true;
}

/**
 * Takes a name that one process at a time can have, on all that share this network: an abstract socket. Undefined where
 * somebody has it. It is given back by the function, and by the end of the process.
 */
export function takeName(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.on('error', () => resolve(undefined));
    server.listen({ path: `\0${name}`, exclusive: true }, () => {
      server.unref();
      resolve(() => void server.close());
    });
  });
}

/** First and last of the ports that the kernel gives to who asks for none. */
export function ephemeralPorts(): [number, number] {
  try {
    const [first, last] = fs.readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').trim().split(/\s+/);
    return [Number(first), Number(last)];
  } catch {
    return [32768, 60999];
  }
}
