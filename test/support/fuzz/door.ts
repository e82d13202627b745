/**
 * A door: something of the project that takes what others have made, and how cases for it are made up. doors.ts lists them,
 * harness.ts plays them, `npm run fuzz` plays millions.
 *
 * A case is a list of pieces of bytes, whatever these mean to its door: the text of one file, several files, the chunks of a
 * stream, the words of a call. So every case can be made smaller, kept in a file and played again in the same way.
 */
import type { Random } from '../../../scripts/fuzz/random.mjs';
import { bytesToText } from '../../../src/text/bytes.ts';

export type Input = readonly Buffer[];

/** What is behind a door, for many cases one after the other. */
export interface Session {
  /** Takes one case in. Throws where something is wrong: a `Fault`, or whatever the project has let through. */
  run(input: Input): void | Promise<void>;
}

export interface Door {
  readonly name: string;
  /** Its part of all cases, beside those of others: what is cheap is played more often. */
  readonly share: number;
  /** Cases after which there is a new session. Undefined: one serves all, and must not grow. */
  readonly renew?: number;
  make(r: Random): Input;
  open(): Session;
}

/** A promise of the project's that a case has shown not to hold. */
export class Fault extends Error {}

export function check(holds: boolean, what: string | (() => string)): asserts holds {
  if (!holds) throw new Fault(typeof what === 'string' ? what : what());
}

/** Both as JSON, in which bigints are words; whatever the order of an object's parts. */
export function checkSame(found: unknown, wanted: unknown, what: string): void {
  if (json(found) === json(wanted)) return;
  const [a, b] = [json(found, inOrder), json(wanted, inOrder)];
  if (a !== b) throw new Fault(`${what}: ${a} instead of ${b}`);
}

const json = (value: unknown, order: (value: object) => object = (same) => same): string =>
  JSON.stringify(value, (_, part) => {
    if (typeof part === 'bigint') return `${part}n`;
    return typeof part === 'object' && part !== null && !Array.isArray(part) ? order(part) : part;
  }) ?? 'undefined';

const inOrder = (value: object): object =>
  Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));

/** What `action` gives; undefined where it throws an error of one of `kinds`, which is an answer too. */
export function unless<T>(kinds: readonly (new (...args: never[]) => Error)[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!kinds.some((kind) => error instanceof kind)) throw error;
    return undefined;
  }
}

/** A piece as the manager reads files: bytes that are no UTF-8 are kept in the text. */
export const textOf = (input: Input, at = 0): string => bytesToText(input[at] ?? Buffer.alloc(0));

/** Pieces as words of a command line or names of files, which have no NUL. */
export const wordsOf = (input: Input): string[] =>
  input.map((piece) => piece.toString('utf8').replaceAll('\0', '')).filter((word) => word !== '');

export const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
