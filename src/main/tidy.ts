/** Keeps a manager that rests small: V8 collects when it runs out of room, not when there is time for it. */
import type { ControlServer } from '../control/server.ts';
import type { Manager } from '../manager/manager.ts';

/** Nothing while more work may be coming, and none right after another; milliseconds. */
const restMs = 2_000;
const pauseMs = 30_000;

/** Releases memory some time after work has come to rest. Sets onQuiet and onRequest; what was there is still called. */
export function tidyAtRest(manager: Manager, control: ControlServer): void {
  const { onQuiet } = manager;
  const { onRequest } = control;
  let planned = false;
  let lastMs = Number.NEGATIVE_INFINITY;
  const plan = (): void => {
    if (planned) return;
    planned = true;
    const now = manager.host.monotonic();
    manager.host.after(Math.max(restMs, lastMs + pauseMs - now), () => {
      planned = false;
      if (manager.jobCount > 0) return;
      lastMs = manager.host.monotonic();
      manager.host.releaseMemory();
    });
  };
  manager.onQuiet = () => {
    onQuiet();
    plan();
  };
  control.onRequest = () => {
    onRequest();
    plan();
  };
}
