/** Standard input, output and error (systemd.exec(5), "LOGGING AND STANDARD INPUT/OUTPUT"). */
import type { OpenedStream, StreamOptions } from '../journal/journal.ts';
import { errorText } from '../sys/error-text.ts';
import { type Host, type StdioSource, SystemError } from '../sys/host.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import type { StdioSetting } from '../unitfile/directives/shapes.ts';
import { extraFields } from './extra-fields.ts';
import { SpawnError } from './failure.ts';

/** A descriptor that is passed on under a name: sockets, stored ones. */
export interface PassedFd {
  fd: number;
  name: string;
}

/** The journal's half of a stream: `fd` is for the child and is closed here once it has it. */
type OpenStream = (options: StreamOptions) => OpenedStream;

export interface StdioRequest {
  host: Host;
  exec: ExecSettings;
  /** The program: names the stream where SyslogIdentifier= does not. */
  path: string;
  /** Whether this command may take the terminal as input: main ones do, most control ones don't. */
  ttyStdin: boolean;
  /** The one socket of StandardInput=socket and its kin. */
  socket: number | undefined;
  named: readonly PassedFd[];
  /** Descriptors that replace what the settings say (systemd-run --pipe). */
  given: { stdin?: number; stdout?: number; stderr?: number };
  stream: Pick<StreamOptions, 'unit' | 'invocationId'>;
  /** The console holds nothing but JSON: what would be written to it goes to the journal, which writes there. */
  jsonConsole: boolean;
  openStream: OpenStream;
  warn(message: string): void;
}

export interface Stdio {
  stdin: StdioSource;
  stdout: StdioSource;
  stderr: StdioSource;
  /** Streams to the journal: to be closed once the child has its own. */
  streams: OpenedStream[];
  /** Value of JOURNAL_STREAM; the error stream's where both go to the journal. */
  journalStream: string | undefined;
}

const isTty = (s: StdioSetting): boolean => s.kind === 'tty' || s.kind === 'tty-force' || s.kind === 'tty-fail';

/** True where any of the three is the socket of an Accept= or single-socket activation. */
export function usesSocket(exec: ExecSettings): boolean {
  return [exec.StandardInput, exec.StandardOutput, exec.StandardError].some((s) => s.kind === 'socket');
}

const showsOnTerminal = ({ StandardInput, StandardOutput, StandardError }: ExecSettings): boolean =>
  isTty(StandardInput) ||
  [StandardOutput, StandardError].some(({ kind }) => kind === 'tty' || kind.endsWith('+console'));

/** Whether the program is told of what type the terminal is. */
export const needsTerm = (exec: ExecSettings): boolean => showsOnTerminal(exec) || exec.TTYPath !== undefined;

/** The manager's own output, under its names. */
const consolePaths: ReadonlySet<string> = new Set(['/dev/console', '/proc/1/fd/1', '/proc/1/fd/2']);

/** The terminal of TTYPath= and its kin. */
export const terminalPath = (exec: ExecSettings): string => exec.TTYPath ?? '/dev/console';

/** Group `tty` of every distribution, who may write to a terminal. */
const ttyGroup = 5;

/** A service is down: its terminal is hung up and reset as it was before it, and belongs to root again. */
export function revertTerminal(host: Host, exec: ExecSettings, warn: (message: string) => void): void {
  const { TTYVHangup: hangUp, TTYReset: reset } = exec;
  if (!hangUp && !reset && !exec.TTYVTDisallocate && !showsOnTerminal(exec)) return;
  const path = terminalPath(exec);
  if (hangUp || reset) host.revertTerminal(path, { hangUp, reset });
  const stat = host.files.tryStat(path);
  if (stat === undefined) return;
  if (stat.type !== 'char') {
    warn(`Configured TTY '${path}' is not actually a character device, ignoring.`);
    return;
  }
  try {
    host.files.chown(path, 0, ttyGroup);
    host.files.chmod(path, 0o620);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    warn(`Failed to reset TTY ownership/access mode of ${path} to 0:${ttyGroup}, ignoring: ${errorText(error.code)}`);
  }
}

/** Throws SpawnError where a named descriptor or the socket is missing. */
export function resolveStdio(request: StdioRequest): Stdio {
  return new Resolver(request).resolve();
}

class Resolver {
  readonly #request: StdioRequest;
  readonly #tty: string;
  readonly #streams: OpenedStream[] = [];
  #journalStream: string | undefined;

  constructor(request: StdioRequest) {
    this.#request = request;
    this.#tty = terminalPath(request.exec);
  }

  resolve(): Stdio {
    const { given } = this.#request;
    try {
      const stdin = given.stdin === undefined ? this.#input() : fd(given.stdin);
      const stdout = given.stdout === undefined ? this.#output() : fd(given.stdout);
      const stderr = given.stderr === undefined ? this.#error() : fd(given.stderr);
      return { stdin, stdout, stderr, streams: this.#streams, journalStream: this.#journalStream };
    } catch (error) {
      for (const { fd } of this.#streams) this.#request.host.closeFd(fd);
      throw error;
    }
  }

  /** What stdin comes to: a terminal only where the command may have it. */
  get #effectiveInput(): StdioSetting {
    const { exec, ttyStdin } = this.#request;
    const { StandardInput: input, StandardInputData: data } = exec;
    const isNone = isTty(input) ? !ttyStdin : input.kind === 'data' && data === undefined;
    return isNone ? { kind: 'null' } : input;
  }

  #input(): StdioSource {
    const { exec, socket } = this.#request;
    const input = this.#effectiveInput;
    switch (input.kind) {
      case 'tty':
      case 'tty-force':
      case 'tty-fail':
        return { kind: 'tty', path: this.#tty, mode: input.kind, reset: exec.TTYReset };
      case 'socket':
        return fd(socket!);
      case 'fd':
        return fd(this.#named(input.name));
      case 'data':
        return { kind: 'data', data: exec.StandardInputData! };
      case 'file': {
        const both = [exec.StandardOutput, exec.StandardError].some((s) => s.kind === 'file' && s.path === input.path);
        return { kind: 'file', path: input.path, access: both ? 'readwrite' : 'read' };
      }
      default:
        return { kind: 'null' };
    }
  }

  /** What the unit says, but for the console where that is to hold JSON. */
  #setting(setting: StdioSetting): StdioSetting {
    return this.#request.jsonConsole && this.#isConsole(setting) ? { kind: 'journal' } : setting;
  }

  #isConsole(setting: StdioSetting): boolean {
    if ('path' in setting) return consolePaths.has(setting.path);
    const terminal = setting.kind === 'inherit' ? this.#request.exec.StandardInput : setting;
    return isTty(terminal) && consolePaths.has(this.#tty);
  }

  #output(): StdioSource {
    const { StandardInput } = this.#request.exec;
    const output = this.#setting(this.#request.exec.StandardOutput);
    if (output.kind !== 'inherit') return this.#sink(output, 'stdout');
    const input = this.#effectiveInput;
    if (input.kind !== 'null' && input.kind !== 'data') return { kind: 'dup', of: 0 };
    return isTty(StandardInput) ? this.#terminal() : { kind: 'null' };
  }

  #error(): StdioSource {
    const { exec, given } = this.#request;
    const output = this.#setting(exec.StandardOutput);
    const error = exec.StandardError.kind === 'inherit' ? exec.StandardError : this.#setting(exec.StandardError);
    if (error.kind === 'inherit' || (given.stdout === undefined && sameSink(output, error)))
      return { kind: 'dup', of: 1 };
    return this.#sink(error, 'stderr');
  }

  #terminal(): StdioSource {
    return { kind: 'tty-output', path: this.#tty };
  }

  #sink(output: StdioSetting, which: 'stdout' | 'stderr'): StdioSource {
    const { exec, socket } = this.#request;
    switch (output.kind) {
      case 'tty':
        return isTty(this.#effectiveInput) ? { kind: 'dup', of: 0 } : this.#terminal();
      case 'journal':
      case 'kmsg':
        return this.#stream(false, which);
      case 'journal+console':
      case 'kmsg+console':
        return this.#stream(true, which);
      case 'socket':
        return fd(socket!);
      case 'fd':
        return fd(this.#named(output.name));
      case 'file':
      case 'append':
      case 'truncate':
        if (exec.StandardInput.kind === 'file' && exec.StandardInput.path === output.path)
          return { kind: 'dup', of: 0 };
        return {
          kind: 'file',
          path: output.path,
          access: 'write',
          append: output.kind === 'append',
          truncate: output.kind === 'truncate',
        };
      default:
        return { kind: 'null' };
    }
  }

  #stream(toConsole: boolean, which: 'stdout' | 'stderr'): StdioSource {
    const { exec, path, stream, openStream, warn } = this.#request;
    const { LogRateLimitIntervalSec: intervalMs, LogRateLimitBurst: burst } = exec;
    try {
      const opened = openStream({
        ...stream,
        identifier: exec.SyslogIdentifier ?? path.replace(/.*\//, ''),
        level: exec.SyslogLevel,
        facility: exec.SyslogFacility,
        levelPrefix: exec.SyslogLevelPrefix,
        forwardToConsole: toConsole,
        extraFields: extraFields(exec.LogExtraFields),
        ...(exec.LogLevelMax === undefined ? {} : { maxLevel: exec.LogLevelMax }),
        ...(intervalMs > 0 || burst > 0 ? { rateLimit: { intervalMs, burst } } : {}),
      });
      this.#streams.push(opened);
      this.#journalStream = `${opened.dev}:${opened.ino}`;
      return fd(opened.fd);
    } catch (error) {
      // A service does not fail for want of a log.
      warn(`Failed to connect ${which} to the journal socket, ignoring: ${(error as Error).message}`);
      return { kind: 'null' };
    }
  }

  #named(name: string): number {
    const found = this.#request.named.find((passed) => passed.name === name);
    if (found === undefined) throw new SpawnError('Failed to load a named file descriptor', 'ENOENT');
    return found.fd;
  }
}

const fd = (number: number): StdioSource => ({ kind: 'fd', fd: number });

/** The file, or the name of the descriptor. */
const nameOf = (setting: StdioSetting): string | undefined =>
  'path' in setting ? setting.path : 'name' in setting ? setting.name : undefined;

const sameSink = (a: StdioSetting, b: StdioSetting): boolean => a.kind === b.kind && nameOf(a) === nameOf(b);
