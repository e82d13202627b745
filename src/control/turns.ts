/**
 * Who works next. Callers work in slices of a few milliseconds, and between two slices the event loop goes round: whatever
 * comes in is heard. In each round one who is privileged has a slice, and one of the others, their users in turn.
 */
import type { Host } from '../sys/host.ts';

/** Milliseconds of work before others have their turn. */
export const sliceMs = 4;

type Waiting = (() => void)[];

export class Turns {
  readonly #host: Pick<Host, 'defer'>;
  readonly #privileged: Waiting = [];
  /** By user; the one whose turn it is stands first. */
  readonly #others = new Map<number, Waiting>();
  #isPlanned = false;

  constructor(host: Pick<Host, 'defer'>) {
    this.#host = host;
  }

  /** Resolves when it is the turn of that user's call. */
  next(uid: number, privileged: boolean): Promise<void> {
    return new Promise((resolve) => {
      if (privileged) this.#privileged.push(resolve);
      else this.#waitingOf(uid).push(resolve);
      this.#plan();
    });
  }

  #waitingOf(uid: number): Waiting {
    let waiting = this.#others.get(uid);
    if (waiting === undefined) {
      waiting = [];
      this.#others.set(uid, waiting);
    }
    return waiting;
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#host.defer(() => {
      this.#isPlanned = false;
      this.#round();
    });
  }

  #round(): void {
    this.#privileged.shift()?.();
    const [first] = this.#others;
    if (first !== undefined) {
      const [uid, waiting] = first;
      waiting.shift()?.();
      this.#others.delete(uid);
      if (waiting.length > 0) this.#others.set(uid, waiting);
    }
    if (this.#privileged.length > 0 || this.#others.size > 0) this.#plan();
  }
}
