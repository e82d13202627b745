/** What will happen, the next first: a heap, from which what was cancelled is left out now and then. */

/** Something that will happen. */
export interface Scheduled {
  readonly at: number;
  /** Of two at one moment, the one that was planned first happens first. */
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
  /** Asked for by the manager's program, and gone with it. */
  readonly own?: boolean;
}

/** Fewer that are cancelled than this are not worth a tidying. */
const fewCancelled = 64;

const isBefore = (a: Scheduled, b: Scheduled): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

export class EventQueue {
  #heap: Scheduled[] = [];
  #cancelled = 0;

  /** Those that are not cancelled. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  get first(): Scheduled | undefined {
    while (this.#heap[0]?.cancelled === true) {
      this.#cancelled--;
      this.#removeFirst();
    }
    return this.#heap[0];
  }

  takeFirst(): Scheduled | undefined {
    const { first } = this;
    if (first === undefined) return undefined;
    this.#removeFirst();
    // Whoever cancels what has happened changes nothing.
    first.cancelled = true;
    return first;
  }

  add(entry: Scheduled): void {
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
  }

  cancel(entry: Scheduled): void {
    if (entry.cancelled) return;
    entry.cancelled = true;
    // One that never comes was not added.
    if (entry.at === Number.POSITIVE_INFINITY) return;
    this.#cancelled++;
    if (this.#cancelled > fewCancelled && this.#cancelled * 2 > this.#heap.length) this.#tidy();
  }

  cancelOwn(): void {
    for (const entry of [...this.#heap]) if (entry.own === true) this.cancel(entry);
  }

  #tidy(): void {
    this.#heap = this.#heap.filter(({ cancelled }) => !cancelled);
    this.#cancelled = 0;
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const entry = heap[from]!;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(entry, heap[above]!)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = entry;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const entry = heap[from]!;
    let at = from;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, entry)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = entry;
  }
}
