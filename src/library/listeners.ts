/** Who hears of something. */
import type { Watch } from './calls.ts';

export class Listeners<What> {
  readonly #callbacks = new Set<(what: What) => void>();

  /** The function that is returned ends it. */
  add(callback: (what: What) => void): () => void {
    const own = (what: What): void => callback(what);
    this.#callbacks.add(own);
    return () => void this.#callbacks.delete(own);
  }

  tell(what: What): void {
    for (const callback of [...this.#callbacks]) callback(what);
  }
}

/** How many loops wait for something: the process lives as long as one does. */
export class Holds {
  readonly #watch: Pick<Watch, 'hold'>;
  #count = 0;

  constructor(watch: Pick<Watch, 'hold'>) {
    this.#watch = watch;
  }

  add(by: 1 | -1): void {
    this.#count += by;
    this.#watch.hold(this.#count > 0);
  }
}

/** What `for await` goes through: what listeners hear, until `ended` or the loop is left. */
export function iterate<What>(
  listen: (callback: (what: What) => void) => () => void,
  onEnd: (callback: () => void) => () => void,
  holds: Holds,
): AsyncIterableIterator<What> {
  const queue: What[] = [];
  const waiting: ((result: IteratorResult<What, undefined>) => void)[] = [];
  const over = { done: true, value: undefined } as const;
  let ended = false;
  let unlisten = (): void => {};
  let unend = (): void => {};
  const stop = (): void => {
    if (ended) return;
    ended = true;
    unlisten();
    unend();
    for (const resolve of waiting.splice(0)) {
      holds.add(-1);
      resolve(over);
    }
  };
  unlisten = listen((value) => {
    const resolve = waiting.shift();
    if (resolve === undefined) {
      queue.push(value);
      return;
    }
    holds.add(-1);
    resolve({ done: false, value });
  });
  unend = onEnd(stop);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      const value = queue.shift();
      if (value !== undefined) return Promise.resolve({ done: false, value });
      if (ended) return Promise.resolve(over);
      holds.add(1);
      return new Promise((resolve) => waiting.push(resolve));
    },
    return() {
      stop();
      queue.length = 0;
      return Promise.resolve(over);
    },
  };
}
