import type { Host, PeerCredentials } from '../sys/host.ts';

/**
 * One call of a command line program: who asks, from where, and how to answer. The same shape whether the call came
 * over the control socket or runs in the caller's own process.
 */
export interface ProgramContext {
  readonly host: Host;
  /** 'systemctl', 'journalctl', 'systemd-analyze', … */
  readonly program: string;
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  /** Of the caller: only what a command line program looks at (SYSTEMD_*, COLUMNS, TERM, locale, …). */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Which of the caller's descriptors are terminals; size of the terminal in cells, 0 where there is none. */
  readonly terminal: { stdin: boolean; stdout: boolean; stderr: boolean; columns: number; lines: number };
  readonly caller: PeerCredentials;
  /** Writes to the caller's stdout. Buffered; long outputs are written in turns (in-turns.ts). */
  out(text: string): void;
  /** Writes to the caller's stderr. */
  err(text: string): void;
  /** Has stdout written now, before what comes on stderr: where systemd's program flushes it, after a table for one. */
  flush(): void;
  /** Resolves when what was written has been taken by the caller; also when the caller went away. */
  drained(): Promise<void>;
  /**
   * Lets others have their turn, where this call has worked for long enough and others are waiting, and waits for a caller who
   * is slow to read. Costs next to nothing else.
   */
  turn(): Promise<void>;
  /** Aborted when the caller went away or was interrupted. */
  readonly signal: AbortSignal;
}
