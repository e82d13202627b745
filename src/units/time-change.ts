/** What OnClockChange= and OnTimezoneChange= of systemd.timer(5) wait for. */
import type { FileStat, FileWatch, Host, Timer } from '../sys/host.ts';

/** Clocks that are only corrected drift apart by less in a minute. */
export const setClockMs = 1_000;
/** The clock is looked at so often: nothing tells that it was set. */
const lookMs = 1_000;
/** systemd's own place of it. */
const localtime = '/etc/localtime';

type TimeHost = Pick<Host, 'now' | 'monotonic' | 'after' | 'watchPath'> & {
  readonly files: Pick<Host['files'], 'tryLstat'>;
};

/** Calls back when the clock is set, by a second or more, or the zone of local time is another, as asked for; until it is closed. */
export class TimeChange {
  readonly #host: TimeHost;
  readonly #changed: () => void;
  #timer: Timer | undefined;
  #watch: FileWatch | undefined;

  constructor(host: TimeHost, { clock, zone }: { clock: boolean; zone: boolean }, changed: () => void) {
    this.#host = host;
    this.#changed = changed;
    if (clock) this.#lookAtClock(host.now() - host.monotonic());
    if (zone) this.#watchZone();
  }

  #lookAtClock(offset: number): void {
    this.#timer = this.#host.after(lookMs, () => {
      const now = this.#host.now() - this.#host.monotonic();
      this.#lookAtClock(now);
      if (Math.abs(now - offset) >= setClockMs) this.#changed();
    });
  }

  /** The link itself, or the file: which one is there and since when. Where it can't be watched nothing is told. */
  #watchZone(): void {
    const { files } = this.#host;
    const state = (stat: FileStat | undefined): string => (stat === undefined ? '' : `${stat.ino} ${stat.mtimeMs}`);
    let known = state(files.tryLstat(localtime));
    const look = (): void => {
      const found = state(files.tryLstat(localtime));
      if (found === known) return;
      known = found;
      this.#changed();
    };
    const failed = (): void => {
      this.#watch = undefined;
    };
    this.#watch = this.#host.watchPath(localtime, 'changed', { changed: look, failed });
  }

  close(): void {
    this.#timer?.cancel();
    this.#watch?.close();
    this.#watch = undefined;
  }
}
