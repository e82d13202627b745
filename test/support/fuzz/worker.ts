/** What one thread of `npm run fuzz` does: a part of the cases of each door, one door after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { doors } from './doors.ts';
import { type Failure, Player, shrink, tryCase, written } from './harness.ts';

/** The cases of one door that are played here. */
export interface Part {
  readonly door: string;
  readonly from: number;
  readonly to: number;
}

export interface Task {
  readonly seed: number;
  readonly parts: readonly Part[];
  /** Where this thread says what it plays, for when it can't say more: index of the part, number of the case, count. */
  readonly at: SharedArrayBuffer;
}

/** Words of `Task.at`. */
export const places = { part: 0, number: 1, beats: 2 } as const;

export type Report =
  | { kind: 'failure'; failure: Omit<Failure, 'input'> & { input: string[]; smallest: string[] } }
  | { kind: 'done'; door: string; cases: number; seconds: number; slowestMs: number; grownBytes: number };

/** Failures of one door that are told by one thread. */
const failuresMax = 3;

const { seed, parts, at } = workerData as Task;
const state = new Int32Array(at);
const say = (report: Report): void => parentPort?.postMessage(report);

// Files that are not there are asked for all the time, and a stack for each costs more than the work.
const stackDepth = Error.stackTraceLimit;
let unhandled: unknown;
process.on('unhandledRejection', (error) => {
  unhandled = error;
});

function heap(): number {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

for (const [index, part] of parts.entries()) await playPart(index, part);

async function playPart(index: number, { door: name, from, to }: Part): Promise<void> {
  const door = doors.find((each) => each.name === name)!;
  Atomics.store(state, places.part, index);
  const begin = (number: number): void => {
    Atomics.store(state, places.number, number);
    Atomics.add(state, places.beats, 1);
  };
  const player = new Player(door, seed, { begin });
  const kinds = new Set<string>();
  const warm = from + Math.max(1, Math.floor((to - from) / 5));
  let before = 0;
  let cases = 0;
  Error.stackTraceLimit = 0;
  const began = performance.now();
  for (let number = from; number < to; number++) {
    if (number === warm) before = heap();
    let failure = await player.playOne(number);
    cases++;
    if (unhandled !== undefined) {
      failure ??= {
        door: name,
        seed,
        number,
        what: `nobody hears of ${unhandled}`,
        input: [],
        alone: false,
        since: number,
      };
      unhandled = undefined;
    }
    if (failure === undefined) continue;
    await tell(failure, kinds, () => begin(number));
    if (kinds.size >= failuresMax) break;
  }
  const seconds = (performance.now() - began) / 1000;
  const grownBytes = before === 0 ? 0 : heap() - before;
  say({ kind: 'done', door: name, cases, seconds, slowestMs: player.slowestMs, grownBytes });
}

/** With the stack, and as small as it becomes; once for each kind. */
async function tell(failure: Failure, kinds: Set<string>, beat: () => void): Promise<void> {
  const kind = failure.what.split('\n')[0]!.replaceAll(/\d+/g, '').slice(0, 60);
  if (kinds.has(kind)) return;
  kinds.add(kind);
  const door = doors.find((each) => each.name === failure.door)!;
  const open = () => {
    beat();
    return door.open();
  };
  const smallest = failure.alone ? await shrink({ ...door, open }, failure.input, failure.what) : failure.input;
  Error.stackTraceLimit = stackDepth;
  const what = (failure.alone ? await tryCase(door, smallest) : undefined) ?? failure.what;
  Error.stackTraceLimit = 0;
  const { input, ...rest } = failure;
  say({ kind: 'failure', failure: { ...rest, what, input: written(input), smallest: written(smallest) } });
}
