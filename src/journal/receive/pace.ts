/**
 * How fast the journal takes what services write. Appends collect for a turn of the event loop and are written at its end. A
 * service that writes faster than that is read in portions, and its own socket holds it back, as a pipe would: no line is
 * lost, and who asks the manager is answered meanwhile.
 */
import type { Host } from '../../sys/host.ts';

/** Bytes of all streams together in a turn, after which they are held back. */
const turnBytes = 1024 * 1024;
/** So long lines are made of what has been read in a turn, milliseconds: there may be very many of them in few bytes. */
const turnMs = 4;
/**
 * How long they are held back: as long as the turn took, milliseconds within these. A flood then has no more than about
 * half of a processor; what else runs, and who asks the manager, need not wait for it.
 */
const restMs = { least: 1, most: 20 };
/**
 * Where somebody has asked the manager within `freshMs`, they are held back so long at the least: those who write, on full
 * processors, are what a caller's own process waits for.
 */
const askedRest = { leastMs: 10, freshMs: 1000 };

/** What is held back. */
export interface Paced {
  resume(): void;
}

export class Pace {
  readonly #host: Pick<Host, 'monotonic' | 'defer' | 'after'>;
  readonly #endTurn: (appended: boolean) => void;
  #waiting = new Set<Paced>();
  #bytes = 0;
  #beganMs = 0;
  #askedMs = Number.NEGATIVE_INFINITY;
  #planned = false;
  #appended = false;

  /** `endTurn` writes what was appended, and is told whether anything was. */
  constructor(host: Pick<Host, 'monotonic' | 'defer' | 'after'>, endTurn: (appended: boolean) => void) {
    this.#host = host;
    this.#endTurn = endTurn;
  }

  /** Counts bytes that were read; false where others should have their turn first. */
  takes(bytes: number): boolean {
    this.#bytes += bytes;
    this.#plan();
    return this.#bytes < turnBytes;
  }

  /** Whether there is time left in this turn. */
  get hasTime(): boolean {
    this.#plan();
    return this.#host.monotonic() - this.#beganMs < turnMs;
  }

  /** Something was appended. */
  appended(): void {
    this.#appended = true;
    this.#plan();
  }

  /** Resumes `stream` after the rest that follows this turn. */
  holdBack(stream: Paced): void {
    this.#waiting.add(stream);
  }

  /** The stream is closed. */
  forget(stream: Paced): void {
    this.#waiting.delete(stream);
  }

  /** Somebody asks the manager: for a moment floods are held back for longer. */
  giveWay(): void {
    this.#askedMs = this.#host.monotonic();
  }

  /** The end of this turn: what was appended is written, who was held back goes on later. */
  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#beganMs = this.#host.monotonic();
    this.#host.defer(() => {
      this.#planned = false;
      this.#bytes = 0;
      const appended = this.#appended;
      this.#appended = false;
      this.#endTurn(appended);
      this.#rest();
    });
  }

  #rest(): void {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    const now = this.#host.monotonic();
    const least = now - this.#askedMs < askedRest.freshMs ? askedRest.leastMs : restMs.least;
    this.#host.after(Math.min(Math.max(now - this.#beganMs, least), restMs.most), () => {
      // Those for whom there is no time come first the next time.
      const later: Paced[] = [];
      for (const stream of waiting)
        if (this.hasTime) stream.resume();
        else later.push(stream);
      if (later.length > 0) this.#waiting = new Set([...later, ...this.#waiting]);
    });
  }
}
