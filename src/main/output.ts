/** Where a program that runs in the caller's own process writes to: its stdout and stderr, or a pager between. */
import type { CallOutput } from '../control/client.ts';
import { type Host, SystemError } from '../sys/host.ts';
import { writeFully } from '../sys/stdio.ts';

/** Written when the end is reached or this much has been collected, so that a table is one write. */
const collectBytes = 64 * 1024;
/** What a shell reports of a program that died of SIGPIPE. */
const brokenPipeStatus = 128 + 13;

export class OwnOutput implements CallOutput {
  readonly #host: Host;
  readonly #pagerProgram: string;
  #fds: readonly [number, number] = [1, 2];
  #pager: { fd: number; left: Promise<void> } | undefined;
  #pending: { fd: 0 | 1; parts: Buffer[]; size: number } | undefined;

  /** `pagerProgram` is the front door's executable: called as pidone-pager it knows the user's choice of a pager. */
  constructor(host: Host, pagerProgram: string) {
    this.#host = host;
    this.#pagerProgram = pagerProgram;
  }

  out(bytes: Buffer): void {
    this.#collect(0, bytes);
  }

  err(bytes: Buffer): void {
    this.#collect(1, bytes);
  }

  openPager(jumpToEnd: boolean): void {
    if (this.#pager !== undefined || this.#pending !== undefined) return;
    if (!this.#host.isTty(1) || !this.#host.isTty(2)) return;
    const { environment } = this.#host;
    const wanted = (environment.SYSTEMD_PAGER ?? environment.PAGER)?.trim();
    if (wanted === '' || wanted === 'cat' || (environment.TERM || 'dumb') === 'dumb') return;
    const pipe = this.#host.pipe();
    // The pager inherits the other end: when that is closed, it has gone. Nobody reaps children in this process.
    const alive = this.#host.pipe();
    try {
      const { failure } = this.#host.spawn({
        path: this.#pagerProgram,
        argv: ['pidone-pager', ...(jumpToEnd ? ['+G'] : [])],
        env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
        stdin: { kind: 'fd', fd: pipe.read },
        stdout: { kind: 'fd', fd: 1 },
        stderr: { kind: 'fd', fd: 2 },
        fds: [alive.write],
        umask: 0o022,
        limits: {},
        ignoreSigpipe: false,
        session: false,
        noNewPrivileges: false,
      });
      this.#host.closeFd(pipe.read);
      this.#host.closeFd(alive.write);
      if (failure !== undefined) {
        this.#host.closeFd(pipe.write);
        return;
      }
      const left = new Promise<void>((resolve) => {
        const watch = this.#host.watchReadable(alive.read, () => {
          watch.close();
          resolve();
        });
      });
      this.#pager = { fd: pipe.write, left };
      this.#fds = [pipe.write, pipe.write];
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      for (const fd of [pipe.read, pipe.write, alive.read, alive.write]) this.#host.closeFd(fd);
    }
  }

  /** Writes what was collected. A reader that has gone ends the process, as SIGPIPE would have. */
  flush(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    try {
      writeFully(this.#fds[pending.fd], Buffer.concat(pending.parts));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (this.#pager === undefined) this.#host.exit(brokenPipeStatus);
    }
  }

  /** Everything was said: waits for a pager to be left. */
  async finish(): Promise<void> {
    this.flush();
    const pager = this.#pager;
    if (pager === undefined) return;
    this.#pager = undefined;
    this.#host.closeFd(pager.fd);
    await pager.left;
  }

  #collect(fd: 0 | 1, bytes: Buffer): void {
    if (this.#pending !== undefined && this.#pending.fd !== fd) this.flush();
    this.#pending ??= { fd, parts: [], size: 0 };
    this.#pending.parts.push(bytes);
    this.#pending.size += bytes.length;
    if (this.#pending.size >= collectBytes) this.flush();
  }
}
