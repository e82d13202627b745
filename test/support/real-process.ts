import type { ProcessExit, SpawnFailure, SpawnRequest, SpawnResult } from '../../src/sys/host.ts';
import { createRealHost, type RealHost } from '../../src/sys/real-host.ts';

export interface Finished extends SpawnResult {
  exit: ProcessExit;
  /** What it wrote to stdout and stderr. */
  output: string;
  lateFailure: SpawnFailure | undefined;
}

/** Real children of the test's own process, one Host a file. */
export class RealProcesses {
  readonly host: RealHost = createRealHost({ manager: false });
  /** All exits in the order in which they were told. */
  readonly exits: ProcessExit[] = [];
  readonly #waiting = new Set<() => void>();

  constructor() {
    this.host.onExits = (exits) => {
      this.exits.push(...exits);
      this.#check();
    };
  }

  #check(): void {
    for (const check of [...this.#waiting]) check();
  }

  /** Resolves when the condition holds, looked at after each exit and each `poke`. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  poke(): void {
    this.#check();
  }

  async exitOf(pid: number): Promise<ProcessExit> {
    await this.until(() => this.exits.some((exit) => exit.pid === pid));
    return this.exits.find((exit) => exit.pid === pid)!;
  }

  request(script: string, overrides: Partial<SpawnRequest> = {}): SpawnRequest {
    return {
      path: '/bin/sh',
      argv: ['sh', '-c', script],
      env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'],
      stdin: { kind: 'null' },
      stdout: { kind: 'null' },
      stderr: { kind: 'dup', of: 1 },
      umask: 0o022,
      limits: {},
      ignoreSigpipe: true,
      session: true,
      noNewPrivileges: false,
      ...overrides,
    };
  }

  /** Runs a shell script to its end. */
  async run(script: string, overrides: Partial<SpawnRequest> = {}): Promise<Finished> {
    const { connection, fd } = this.host.streamPair();
    let output = '';
    let ended = false;
    let lateFailure: SpawnFailure | undefined;
    connection.onData = (chunk) => {
      output += chunk.toString();
    };
    connection.onEnd = () => {
      ended = true;
      this.poke();
    };
    const result = this.host.spawn(
      this.request(script, {
        stdout: { kind: 'fd', fd },
        onLateFailure: (failure) => {
          lateFailure = failure;
          this.poke();
        },
        ...overrides,
      }),
    );
    this.host.closeFd(fd);
    const exit = await this.exitOf(result.pid);
    await this.until(() => ended);
    // What fails in a child that was not waited for may be told after its exit.
    if (exit.status >= 200 && result.failure === undefined && overrides.exitAtOnce === undefined)
      await this.until(() => lateFailure !== undefined);
    connection.destroy();
    return { ...result, exit, output, lateFailure };
  }
}

export const isRoot = process.getuid?.() === 0;

/**
 * Asks again and again, where there is no event to wait for: what is asked for is another process's state. The bound is for what
 * never comes, not for a machine that has much else to do.
 */
export async function eventually(condition: () => boolean, timeoutMs = 40_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${condition}`);
    await new Promise((next) => setTimeout(next, 5));
  }
}
