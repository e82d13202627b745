/**
 * Long answers. A program may run in the manager, where others wait meanwhile: whatever grows with the number of units, files,
 * processes or arguments goes through its items with these, so that between any two of them others can have their turn. How
 * long a turn is, and whose is next, is for who answers calls to say (`turn` of the call).
 */
import type { ProgramContext } from './context.ts';

type Patient = Pick<ProgramContext, 'turn' | 'signal'>;

/** One item after the other; none any more when the caller is gone. */
export async function* inTurns<Item>(context: Patient, items: Iterable<Item>): AsyncGenerator<Item, void, undefined> {
  for (const item of items) {
    if (context.signal.aborted) return;
    yield item;
    await context.turn();
  }
}

/** Writes a text as it is made. A piece may be '', where there was work but nothing to say. */
export async function printInTurns(
  context: Patient & Pick<ProgramContext, 'out'>,
  pieces: Iterable<string>,
): Promise<void> {
  for await (const piece of inTurns(context, pieces)) context.out(piece);
}

/** The result of work that yields where others may have their turn. */
export async function workInTurns<Result>(
  context: Pick<Patient, 'turn'>,
  work: Generator<unknown, Result, undefined>,
): Promise<Result> {
  for (;;) {
    const next = work.next();
    if (next.done === true) return next.value;
    await context.turn();
  }
}

/** Items that are sorted in one go. */
const runLength = 256;

/** As Array.prototype.sort: stable, and by the same `compare`. */
export async function sortedInTurns<Item>(
  context: Patient,
  items: readonly Item[],
  compare: (a: Item, b: Item) => number,
): Promise<Item[]> {
  let runs: Item[][] = [];
  for (let at = 0; at < items.length; at += runLength) {
    runs.push(items.slice(at, at + runLength).sort(compare));
    await context.turn();
  }
  while (runs.length > 1) {
    const merged: Item[][] = [];
    for (let at = 0; at < runs.length; at += 2)
      merged.push(await mergedInTurns(context, runs[at]!, runs[at + 1], compare));
    runs = merged;
  }
  return runs[0] ?? [];
}

async function mergedInTurns<Item>(
  context: Patient,
  first: Item[],
  second: readonly Item[] | undefined,
  compare: (a: Item, b: Item) => number,
): Promise<Item[]> {
  if (second === undefined) return first;
  const merged: Item[] = [];
  let a = 0;
  let b = 0;
  while (a < first.length && b < second.length) {
    merged.push(compare(first[a]!, second[b]!) <= 0 ? first[a++]! : second[b++]!);
    if (merged.length % runLength === 0) await context.turn();
  }
  return merged.concat(first.slice(a), second.slice(b));
}
