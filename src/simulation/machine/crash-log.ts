/** What a simulated manager writes for the case that it crashes: a test takes it, and lets another go on with it. */
import type { CrashLog, ProcessExit } from '../../sys/host.ts';

const hows = ['exited', 'killed', 'dumped'] as const;

export class SimCrashLog implements CrashLog {
  text = '';
  readonly fds = new Set<number>();
  readonly hostChanges = 0;
  #next = '';
  #exits = 0;
  #spawned = 0;

  append(text: string): number {
    this.text += text;
    return this.text.length;
  }
  appendNext(text: string, anew: boolean): number {
    this.#next = anew ? text : this.#next + text;
    return this.#next.length;
  }
  turn(): void {
    this.text = this.#next;
    this.#next = '';
  }
  keep(fds: readonly number[]): void {
    for (const fd of fds) this.fds.add(fd);
  }
  release(fds: readonly number[]): void {
    for (const fd of fds) this.fds.delete(fd);
  }
  moment(): { exits: number; spawned: number } {
    return { exits: this.#exits, spawned: this.#spawned };
  }
  close(): void {}

  /** A process was spawned. */
  spawn(pid: number): void {
    this.#fact('spawn', this.#spawned++, pid);
  }
  /** One has ended; it is told next. */
  exit({ pid, how, status, cpuMs, maxRssKiB }: ProcessExit): void {
    this.#fact('exit', this.#exits++, pid, hows.indexOf(how), status, cpuMs, maxRssKiB);
  }
  /** The manager crashes. What the next program reads. */
  crash(signal: number): string {
    this.#fact('crash', signal, 0, 0);
    this.#fact('fds', ...this.fds);
    return this.text;
  }
  #fact(kind: string, ...values: number[]): void {
    this.text += `${JSON.stringify([kind, ...values])}\n`;
  }
}
