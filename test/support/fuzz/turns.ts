/** Waits for what takes turns of the event loop, on a machine that has its own time. */
import type { SimHost } from '../../../src/simulation/machine/host.ts';
import { Fault } from './door.ts';

/** Turns that a call may take, with virtual time in between; it gets a second lot when its caller has gone. */
const turnsMax = 400;

/** Lets time pass until `running` has ended. `leave`: its caller goes away. */
export async function finished<T>(host: SimHost, running: Promise<T>, leave: () => void): Promise<T> {
  let done = false;
  const ended = running.finally(() => {
    done = true;
  });
  // Who waits for it hears of the error.
  ended.catch(() => {});
  for (const lot of ['called', 'left']) {
    if (lot === 'left') leave();
    for (let turn = 0; turn < turnsMax; turn++) {
      await Promise.resolve();
      if (done) return ended;
      host.settle();
      if (turn % 10 === 9) host.advance(Math.max(1, Math.min(host.untilNext ?? 1, 3_600_000)));
    }
    // What the runtime itself does later, as the loading of a module.
    for (let turn = 0; turn < 20 && !done; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (done) return ended;
  }
  throw new Fault('it goes on after its caller has gone');
}
