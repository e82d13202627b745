/**
 * Who reads next. What others send is read for a few milliseconds in each turn of the event loop; those who have more to be read
 * wait in line, and come one after the other, each for one read. A flood from one thousand senders takes no longer in a turn
 * than that of one, and nobody who sends little waits for more than one read of each of them.
 */

/** Milliseconds of reading in a turn. */
const sliceMs = 2;

/** What can be read. */
export interface Readable {
  /** Reads once. True where there may be more, and it is to be called again. */
  readOnce(): boolean;
}

export class ReadTurns {
  readonly #now: () => number;
  readonly #nextTurn: (callback: () => void) => void;
  readonly #line = new Set<Readable>();
  #usedMs = 0;
  #isPlanned = false;

  constructor(now: () => number, nextTurn: (callback: () => void) => void = (callback) => void setImmediate(callback)) {
    this.#now = now;
    this.#nextTurn = nextTurn;
  }

  /** There is something to read: at once, where there is time in this turn and nobody waits. Who waits already keeps its place. */
  ask(reader: Readable): void {
    this.#line.add(reader);
    if (this.#line.size === 1) this.#serve();
  }

  /** It waits for its turn: more that comes need not be told. */
  waits(reader: Readable): boolean {
    return this.#line.has(reader);
  }

  forget(reader: Readable): void {
    this.#line.delete(reader);
  }

  #serve(): void {
    let since = this.#now();
    // A set goes on to what is added while it is gone through.
    for (const reader of this.#line) {
      if (this.#usedMs >= sliceMs) break;
      this.#line.delete(reader);
      try {
        if (reader.readOnce()) this.#line.add(reader);
      } finally {
        const now = this.#now();
        this.#usedMs += now - since;
        since = now;
        this.#plan();
      }
    }
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#nextTurn(() => {
      this.#isPlanned = false;
      this.#usedMs = 0;
      if (this.#line.size > 0) this.#serve();
    });
  }
}
