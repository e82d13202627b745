/**
 * LogRateLimitIntervalSec= and LogRateLimitBurst= of systemd.exec(5). What is dropped is counted, and said when the
 * interval is over, also where nothing more was logged by then.
 */
import type { Host, Timer } from '../../sys/host.ts';

export interface RateLimit {
  /** Milliseconds; 0 for no limit. */
  intervalMs: number;
  burst: number;
}

interface Pool {
  beganMs: number;
  passed: number;
  suppressed: number;
  timer: Timer | undefined;
}

/** One for each unit; priorities have pools of their own, so that a flood of debugging hides no error. */
export class RateLimiter {
  readonly #host: Host;
  readonly #suppressed: (unit: string, count: number) => void;
  readonly #pools = new Map<string, Pool>();

  constructor(host: Host, suppressed: (unit: string, count: number) => void) {
    this.#host = host;
    this.#suppressed = suppressed;
  }

  /** Whether one more message of that priority (0–7) may be stored. */
  admit(unit: string, priority: number, limit: RateLimit): boolean {
    if (limit.intervalMs <= 0 || limit.burst <= 0) return true;
    const now = this.#host.monotonic();
    const key = `${poolOf(priority)} ${unit}`;
    let pool = this.#pools.get(key);
    if (pool === undefined || pool.beganMs + limit.intervalMs < now) {
      if (pool !== undefined) this.#report(unit, pool);
      pool = { beganMs: now, passed: 0, suppressed: 0, timer: undefined };
      this.#pools.delete(key);
      this.#pools.set(key, pool);
      this.#bound();
    }
    if (pool.passed < limit.burst) {
      pool.passed++;
      return true;
    }
    pool.suppressed++;
    if (pool.timer === undefined && Number.isFinite(limit.intervalMs)) {
      const ended = pool;
      pool.timer = this.#host.after(Math.max(pool.beganMs + limit.intervalMs - now, 0), () =>
        this.#report(unit, ended),
      );
    }
    return false;
  }

  #report(unit: string, pool: Pool): void {
    pool.timer?.cancel();
    pool.timer = undefined;
    const count = pool.suppressed;
    pool.suppressed = 0;
    if (count > 0) this.#suppressed(unit, count);
  }

  /** The pools that were idle longest go first; what they dropped is said. */
  #bound(): void {
    while (this.#pools.size > 4096) {
      const [key, pool] = this.#pools.entries().next().value!;
      this.#pools.delete(key);
      this.#report(key.slice(key.indexOf(' ') + 1), pool);
    }
  }

  /** Says at once what was dropped so far. */
  flush(): void {
    for (const [key, pool] of this.#pools) this.#report(key.slice(key.indexOf(' ') + 1), pool);
  }
}

/** emerg and alert count as crit, debug for itself. */
function poolOf(priority: number): number {
  if (priority <= 2) return 2;
  return priority;
}
