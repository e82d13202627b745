/** Long outputs and searches in portions, so that the manager answers others in between. */
import type { RawField } from '../../journal/entry/entry.ts';
import { type JournalSource, type JournalView, sharedContexts } from '../../journal/read/view.ts';
import type { CliContext } from '../common/context.ts';

/** Milliseconds of work before others have their turn. */
const sliceMs = 4;
const asksPerLook = 16;
/** Characters that are collected before they are passed on. */
const outputChunk = 32 * 1024;

export class Pace {
  readonly #context: CliContext;
  #sinceMs: number;
  #output = '';
  #asked = 0;

  constructor(context: CliContext) {
    this.#context = context;
    this.#sinceMs = context.host.monotonic();
  }

  /** The caller went away: nothing more needs to be done. */
  get over(): boolean {
    return this.#context.signal.aborted;
  }

  print(text: string): void {
    this.#output += text;
  }

  /** Passes on what was printed. */
  flush(): void {
    if (this.#output === '') return;
    this.#context.out(this.#output);
    this.#output = '';
  }

  /** True where `rest` is due. Asked once an entry; the clock is looked at now and then. */
  get due(): boolean {
    if (this.#output.length >= outputChunk) return true;
    if (++this.#asked % asksPerLook !== 0) return false;
    return this.#context.host.monotonic() - this.#sinceMs >= sliceMs;
  }

  /** Waits until the output is taken, and lets the event loop go round. */
  async rest(): Promise<void> {
    this.flush();
    await this.#context.drained();
    await this.#context.turn();
    await new Promise<void>((resolve) => this.#context.host.defer(resolve));
    this.#sinceMs = this.#context.host.monotonic();
  }

  /** One step of a view, however long the way to it is. */
  async step(view: JournalView, direction: 'forward' | 'backward'): Promise<boolean> {
    for (;;) {
      const found = direction === 'forward' ? view.next() : view.previous();
      if (found !== 'busy') return found;
      if (this.over) return false;
      await this.rest();
    }
  }

  /** What sharedContexts() has. */
  async *contexts(source: JournalSource): AsyncIterableIterator<readonly RawField[]> {
    for (const fields of sharedContexts(source)) {
      yield fields;
      if (this.due) await this.rest();
      if (this.over) return;
    }
  }

  /** Up to `count` steps; how many there were. */
  async skip(view: JournalView, count: number, direction: 'forward' | 'backward'): Promise<number> {
    let done = 0;
    while (done < count && (await this.step(view, direction))) {
      done++;
      if (this.due) await this.rest();
      if (this.over) break;
    }
    return done;
  }
}
