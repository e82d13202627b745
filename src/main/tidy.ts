/** Keeps a manager that rests small: V8 collects when it runs out of room, not when there is time for it. */
import type { ControlServer } from '../control/server.ts';
import type { Manager } from '../manager/manager.ts';

/** Nothing while more work may be coming, and none right after another; milliseconds. */
const restMs = 2_000;
const pauseMs = 20_000;
/** V8 gives back what it kept in reserve 8 s after a collection, and the pages of its text that this takes stay behind. */
const settledMs = 10_000;
/** Who has asked just now is likely to ask again, and would wait for it; milliseconds. */
const quietMs = 250;
/** A timer that comes so much too late, milliseconds, has waited for work that is not done: a collection would be in its way. */
const busyMs = 20;
/** Garbage of a few queries is not worth the collection, nor that the next query has to fetch program text again. */
const worthBytes = 1024 * 1024;

/**
 * Releases memory some time after work has come to rest: after jobs, and after requests that have left much behind. Sets
 * onQuiet and onRequest; what was there is still called.
 */
export function tidyAtRest(
  manager: {
    host: Manager['host'];
    jobs: Pick<Manager['jobs'], 'size'>;
    journal: Pick<Manager['journal'], 'catchUp'>;
    onQuiet: () => void;
  },
  control: Pick<ControlServer, 'onRequest'> | undefined,
): void {
  const { host, onQuiet } = manager;
  const onRequest = control?.onRequest;
  let planned = false;
  let worked = false;
  let lastMs = Number.NEGATIVE_INFINITY;
  let askedMs = Number.NEGATIVE_INFINITY;
  let leftBytes = 0;
  /** Calls back once nobody has asked for a moment, and nothing waits. */
  const whenQuiet = (delayMs: number, callback: () => void): void => {
    const dueMs = host.monotonic() + delayMs;
    host.after(delayMs, () => {
      const now = host.monotonic();
      const left = now - dueMs > busyMs ? quietMs : askedMs + quietMs - now;
      if (left > 0) whenQuiet(left, callback);
      else callback();
    });
  };
  const plan = (): void => {
    if (planned) return;
    planned = true;
    whenQuiet(Math.max(restMs, lastMs + pauseMs - host.monotonic()), () => {
      planned = false;
      if (manager.jobs.size > 0 || (!worked && host.heapBytes() < leftBytes + worthBytes)) return;
      worked = false;
      lastMs = host.monotonic();
      manager.journal.catchUp(() => {
        host.releaseMemory();
        leftBytes = host.heapBytes();
        whenQuiet(settledMs, () => {
          if (manager.jobs.size === 0) host.releasePages();
        });
      });
    });
  };
  manager.onQuiet = () => {
    onQuiet();
    worked = true;
    plan();
  };
  if (control === undefined) return;
  control.onRequest = () => {
    onRequest?.();
    askedMs = host.monotonic();
    plan();
  };
}
