/** The process's own standard descriptors, for programs that run in the caller's process. */
import { readSync, writeSync } from 'node:fs';
import { givenEnvironment } from './environment.ts';
import { SystemError } from './host.ts';
import { isTerminal } from './terminal.ts';

export interface TerminalFacts {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  /** Size in cells, 0 where stdout is no terminal. */
  columns: number;
  lines: number;
}

export function terminalFacts(): TerminalFacts {
  const stdout = isTerminal(1);
  // process.stdout makes the descriptor non-blocking: touched only where there is a terminal to measure.
  const [columns, lines] = stdout ? process.stdout.getWindowSize() : [0, 0];
  return { stdin: isTerminal(0), stdout, stderr: isTerminal(2), columns, lines };
}

const waiting = new Int32Array(new SharedArrayBuffer(4));

/** Writes all of it, waiting for a reader that is slow. Throws SystemError (EPIPE where the reader is gone). */
export function writeFully(fd: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code, errno } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') Atomics.wait(waiting, 0, 0, 2);
      else throw new SystemError(code ?? 'EIO', Math.abs(errno ?? 5), 'write');
    }
  }
}

/** All of stdin, up to `limit` bytes. Throws SystemError (EFBIG where there is more). */
export function readStdin(limit: number): Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(64 * 1024);
    let got: number;
    try {
      got = readSync(0, chunk, 0, chunk.length, null);
    } catch (error) {
      const { code, errno } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') {
        Atomics.wait(waiting, 0, 0, 2);
        continue;
      }
      if (code === 'EOF') break;
      throw new SystemError(code ?? 'EIO', Math.abs(errno ?? 5), 'read');
    }
    if (got === 0) break;
    size += got;
    if (size > limit) throw new SystemError('EFBIG', 27, 'read');
    chunks.push(chunk.subarray(0, got));
  }
  return Buffer.concat(chunks, size);
}

/** Where this process is, and what it was started with. */
export function processFacts(): { cwd: string; argv: string[]; env: Record<string, string> } {
  let cwd = '/';
  try {
    cwd = process.cwd();
  } catch {
    // The directory was removed under us; systemctl goes on too.
  }
  return { cwd, argv: process.argv.slice(2), env: { ...givenEnvironment() } };
}

/** Ends the process; what libraries planned to do at exit is left. */
export function exitProcess(status: number): never {
  process.exit(status);
}
