/** Work on thousands of processes, a few milliseconds of it in one turn of the event loop. */
import type { Host } from '../sys/host.ts';

/** How long one turn lasts, ms. Each `yield` of the work is a place where it may end. */
const sliceMs = 4;

/** Work whose result nobody waits for in the same turn yields where it may be interrupted. */
export type Slices<Result> = Generator<undefined, Result, undefined>;

/** All of it now. */
export function atOnce<Result>(work: Slices<Result>): Result {
  for (;;) {
    const next = work.next();
    if (next.done === true) return next.value;
  }
}

/**
 * As much as fits into one turn now, the rest in later ones as long as `isWanted`. `whenDone` gets the result, still in this
 * turn where that was enough; true is returned then.
 */
export function inSlices<Result>(
  host: Pick<Host, 'monotonic' | 'defer'>,
  work: Slices<Result>,
  isWanted: () => boolean,
  whenDone: (result: Result) => void,
): boolean {
  const end = host.monotonic() + sliceMs;
  for (;;) {
    const next = work.next();
    if (next.done === true) {
      whenDone(next.value);
      return true;
    }
    if (host.monotonic() >= end) break;
  }
  host.defer(() => {
    if (isWanted()) inSlices(host, work, isWanted, whenDone);
  });
  return false;
}
