/**
 * What a boot, or anything else, waits for: a line on the console while jobs run for long. On a terminal it moves, and each
 * of several jobs is shown for a second; in a log lines stay, so they come after 5 s, 10 s, 20 s and so on.
 */
import type { Job } from '../jobs/job.ts';
import type { Host, Timer } from '../sys/host.ts';
import { formatTimeSpanUsec, toUsec } from '../values/time/time-span.ts';
import type { StatusLines } from './status-lines.ts';

const firstMs = 5000;
const frameMs = 1000 / 3;
const framesPerJob = 3;

export interface JobProgressContext {
  readonly host: Pick<Host, 'after' | 'monotonic'>;
  readonly jobs: { all(): Iterable<Job> };
  readonly statusLines: Pick<StatusLines, 'progress' | 'showsProgress' | 'isTerminal'>;
  readonly statusUnitFormat: 'name' | 'description' | 'combined';
}

export class JobProgress {
  readonly #context: JobProgressContext;
  #timer: Timer | undefined;
  /** Lines since there was no job that runs. */
  #count = 0;

  constructor(context: JobProgressContext) {
    this.#context = context;
  }

  /** A job has begun to run. */
  jobRuns(): void {
    if (this.#timer !== undefined || !this.#context.statusLines.showsProgress) return;
    this.#count = 0;
    this.#wait(firstMs);
  }

  /** No job is left. */
  allDone(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(ms: number): void {
    this.#timer = this.#context.host.after(ms, () => {
      this.#timer = undefined;
      this.#look();
    });
  }

  #look(): void {
    const { jobs, statusLines } = this.#context;
    const running = [...jobs.all()].filter(({ state }) => state === 'running');
    if (running.length === 0) return;
    const turn = statusLines.isTerminal ? Math.floor(this.#count / framesPerJob) : this.#count;
    if (statusLines.showsProgress) this.#show(running, turn % running.length);
    this.#count++;
    this.#wait(statusLines.isTerminal ? frameMs : firstMs * 2 ** (this.#count - 1));
  }

  #show(running: readonly Job[], index: number): void {
    const { host, statusLines, statusUnitFormat } = this.#context;
    const { unit, type, beginMs, timeoutAtMs } = running[index]!;
    const span = (ms: number): string => formatTimeSpanUsec(toUsec(ms), 1_000_000n);
    const deadline = Math.min(timeoutAtMs, unit.timerDeadline);
    const limit = deadline === Number.POSITIVE_INFINITY ? 'no limit' : span(deadline - beginMs);
    const which = running.length > 1 ? `(${index + 1} of ${running.length}) ` : '';
    const name = statusUnitFormat === 'description' ? unit.description : unit.id;
    const times = ` (${span(host.monotonic() - beginMs)} / ${limit})`;
    statusLines.progress(this.#count, `${which}A ${type} job is running for `, name, times);
  }
}
