/** Plays cases of a door, tells what is wrong with one, and makes it smaller. */
import { readFileSync } from 'node:fs';
import { Random } from '../../../scripts/fuzz/random.mjs';
import type { Door, Input, Session } from './door.ts';

/** Where a case comes from. */
export interface CaseName {
  readonly door: string;
  readonly seed: number;
  readonly number: number;
}

export interface Failure extends CaseName {
  readonly what: string;
  readonly input: Input;
  /** Whether it fails without those before it; they begin with the case `since`. */
  readonly alone: boolean;
  readonly since: number;
}

/** A case that takes longer than this, milliseconds of a processor, is one of those that take for ever. */
export const slowMs = 500;

/** Milliseconds that this thread has had a processor: on a busy machine everything takes long. In steps of ten. */
function threadMs(): number {
  const stat = readFileSync('/proc/thread-self/stat', 'latin1');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * 10;
}

/** The same case each time, whichever others there are. */
export function makeCase(door: Door, seed: number, number: number): Input {
  return door.make(new Random(mixed(`${door.name} ${seed} ${number}`)));
}

/** FNV-1a, and the last round of MurmurHash3. */
function mixed(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return (Math.imul(hash, 0xc2b2ae35) ^ (hash >>> 16)) >>> 0;
}

/** What a player tells while it plays, and its clock. */
export interface Surroundings {
  /** About to play that one: where it never ends, somebody else has to know. */
  begin(number: number): void;
  /** Milliseconds that have passed, and those that this thread has had of a processor. */
  now(): number;
  busy(): number;
}

const usual: Surroundings = { begin: () => {}, now: () => performance.now(), busy: threadMs };

/** Plays the cases of a door one after the other. */
export class Player {
  readonly door: Door;
  readonly #seed: number;
  readonly #around: Surroundings;
  #session: Session | undefined;
  #since = 0;
  slowestMs = 0;

  constructor(door: Door, seed: number, around: Partial<Surroundings> = {}) {
    this.door = door;
    this.#seed = seed;
    this.#around = { ...usual, ...around };
  }

  /** The cases `from` up to, not including, `to`. The first that fails comes back; the rest is not played then. */
  async play(from: number, to: number): Promise<Failure | undefined> {
    for (let number = from; number < to; number++) {
      const failure = await this.playOne(number);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  async playOne(number: number): Promise<Failure | undefined> {
    const { begin, now, busy } = this.#around;
    begin(number);
    const input = makeCase(this.door, this.#seed, number);
    const session = this.#sessionFor(number);
    const began = now();
    try {
      const running = session.run(input);
      if (running !== undefined) await running;
      const tookMs = now() - began;
      if (tookMs > this.slowestMs) this.slowestMs = tookMs;
      if (tookMs < slowMs) return undefined;
      const slow = await tryCase(this.door, input, busy);
      return slow === undefined ? undefined : this.#failure(number, input, slow, true);
    } catch (error) {
      this.#session = undefined;
      const again = await tryCase(this.door, input, busy);
      return this.#failure(number, input, again ?? describe(error), again !== undefined);
    }
  }

  #sessionFor(number: number): Session {
    const { renew = Number.POSITIVE_INFINITY } = this.door;
    if (this.#session === undefined || number - this.#since >= renew) {
      this.#session = this.door.open();
      this.#since = number;
    }
    return this.#session;
  }

  #failure(number: number, input: Input, what: string, alone: boolean): Failure {
    return { door: this.door.name, seed: this.#seed, number, what, input, alone, since: this.#since };
  }
}

/** What is wrong with a case alone; undefined where nothing is. */
export async function tryCase(door: Door, input: Input, busy = threadMs): Promise<string | undefined> {
  const session = door.open();
  const began = busy();
  try {
    await session.run(input);
  } catch (error) {
    return describe(error);
  }
  const tookMs = busy() - began;
  return tookMs < slowMs ? undefined : `took ${tookMs.toFixed(0)} ms`;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.stack?.includes(error.message) ? error.stack : `${error}\n${error.stack ?? ''}`;
}

/** The first words of what is wrong: two cases in which they are the same have the same fault. */
const kindOf = (what: string): string => what.split('\n')[0]!.replaceAll(/\d+|["'`«].*/g, '');

/** Cases that are tried for a smaller one. */
const shrinkTries = 2000;

/** A case in which the same is wrong, and little else. */
export async function shrink(door: Door, input: Input, what: string, tries = shrinkTries): Promise<Input> {
  const kind = kindOf(what);
  let best = input;
  let left = tries;
  const fails = async (smaller: Input): Promise<boolean> => {
    if (left-- <= 0) return false;
    const found = await tryCase(door, smaller);
    if (found === undefined || kindOf(found) !== kind) return false;
    best = smaller;
    return true;
  };
  for (let before = -1; before !== sizeOf(best) && left > 0; ) {
    before = sizeOf(best);
    for (let at = best.length - 1; at >= 0; at--) await fails(best.filter((_, index) => index !== at));
    for (let at = 0; at < best.length; at++) await shrinkPiece(() => best, at, fails);
  }
  return best;
}

const sizeOf = (input: Input): number => input.reduce((sum, piece) => sum + piece.length + 1, 0);

async function shrinkPiece(best: () => Input, at: number, fails: (smaller: Input) => Promise<boolean>): Promise<void> {
  for (let size = best()[at]!.length; size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < best()[at]!.length; ) {
      const piece = best()[at]!;
      const smaller = Buffer.concat([piece.subarray(0, start), piece.subarray(start + size)]);
      if (!(await fails(best().map((each, index) => (index === at ? smaller : each))))) start += size;
    }
  }
}

/** A case as it stands in a file of JSON: one character a byte. */
export const written = (input: Input): string[] => input.map((piece) => piece.toString('latin1'));
export const unwritten = (pieces: readonly string[]): Input => pieces.map((piece) => Buffer.from(piece, 'latin1'));
