/** Calls of a machine's manager over its control socket, and the one that goes on: what it tells of. */
import type { UnitLine } from '../cli/machine/states.ts';
import { callManager } from '../control/client.ts';
import type { HeldConnection } from '../sys/library-host.ts';
import * as host from '../sys/library-host.ts';
import type { CommandResult } from './api.ts';
import { MachineEnded } from './errors.ts';

/** 'local': the program has to do it in a process of its own. */
export type Answer = CommandResult | 'local';

const noTerminal = { stdin: false, stdout: false, stderr: false, columns: 0, lines: 0 };

/** What `pidone-machine watch` tells in a line. */
export interface Told {
  readonly unit?: UnitLine;
  readonly entry?: Readonly<Record<string, unknown>>;
  readonly ready?: true;
}

/** Bytes of a stream that are cut into lines. */
export class Lines {
  #pending: Buffer[] = [];

  /** Lines that are complete now, without their ends. */
  push(bytes: Buffer): string[] {
    const end = bytes.lastIndexOf(10);
    if (end < 0) {
      this.#pending.push(Buffer.from(bytes));
      return [];
    }
    const text = Buffer.concat([...this.#pending, bytes.subarray(0, end)]).toString('utf8');
    this.#pending = end + 1 < bytes.length ? [Buffer.from(bytes.subarray(end + 1))] : [];
    return text.split('\n');
  }
}

export class Calls {
  readonly #control: string;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(control: string, environment: Readonly<Record<string, string>>) {
    this.#control = control;
    this.#environment = environment;
  }

  /** Throws MachineEnded where nobody answers, and what `signal` is aborted with. */
  async call(program: string, argv: readonly string[], signal?: AbortSignal): Promise<Answer> {
    const texts: Record<'out' | 'err', Buffer[]> = { out: [], err: [] };
    const keep = (name: 'out' | 'err') => (bytes: Buffer) => void texts[name].push(Buffer.from(bytes));
    const result = await this.#send(program, argv, { out: keep('out'), err: keep('err'), signal });
    signal?.throwIfAborted();
    if (result.kind === 'local') return 'local';
    if (result.kind !== 'exit')
      throw new MachineEnded(`${program} ${argv.join(' ')}: the manager has not answered (${result.kind}).`);
    const text = (parts: readonly Buffer[]): string => Buffer.concat(parts).toString('utf8');
    return { status: result.status, stdout: text(texts.out), stderr: text(texts.err) };
  }

  /** A verb of pidone-machine: its lines. Throws an Error with what it says on stderr. */
  async ask<Line>(argv: readonly string[], signal?: AbortSignal): Promise<Line[]> {
    const answer = await this.call('pidone-machine', argv, signal);
    if (answer === 'local' || answer.stderr !== '')
      throw new Error(`pidone-machine ${argv.join(' ')}: ${answer === 'local' ? 'not here' : answer.stderr.trim()}`);
    return answer.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }

  /** Everything that happens from now on. `ended` is called once it is not told any more. */
  watch(told: (line: Told) => void, ended: () => void): Watch {
    const lines = new Lines();
    let connection: HeldConnection | undefined;
    const connected = (made: HeldConnection): void => {
      connection = made;
      made.hold(held);
    };
    let held = true;
    const out = (bytes: Buffer): void => {
      for (const line of lines.push(bytes)) told(JSON.parse(line) as Told);
    };
    void this.#send('pidone-machine', ['watch'], { out, err: () => {}, connected }).then(ended);
    return {
      hold: (on) => {
        held = on;
        connection?.hold(on);
      },
      close: () => connection?.destroy(),
    };
  }

  #send(
    program: string,
    argv: readonly string[],
    to: {
      readonly out: (bytes: Buffer) => void;
      readonly err: (bytes: Buffer) => void;
      readonly signal?: AbortSignal | undefined;
      readonly connected?: (connection: HeldConnection) => void;
    },
  ): ReturnType<typeof callManager> {
    const connectStream = (path: string): HeldConnection => {
      const connection = host.connectStream(path);
      to.connected?.(connection);
      to.signal?.addEventListener('abort', () => connection.destroy(), { once: true });
      if (to.signal?.aborted === true) connection.destroy();
      return connection;
    };
    const facts = { program, argv, env: this.#environment, cwd: host.workingDirectory(), terminal: noTerminal };
    const output = { out: to.out, err: to.err, openPager: () => {} };
    return callManager({ connectStream, after: host.after }, this.#control, facts, output);
  }
}

export interface Watch {
  /** Whether the process is kept alive by it. */
  hold(on: boolean): void;
  close(): void;
}
