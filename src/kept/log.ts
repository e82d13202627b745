/**
 * The same state, written as it changes, for a program that comes to its end without a word: a line for each part or unit
 * that has changed, in its place of what was said of it before.
 *
 *   ["version",1]
 *   ["part","manager.shutdown",{…}]                  fields of a part; those of parts within it stand in lines of their own
 *   ["item","manager.units.units","a.service",{…}]   one of a list, by its name; without fields it is gone
 *   ["moment",{"exits":3,"spawned":4}]               what was written since the last one holds together, as of this moment
 *
 * After `["stack"]` lines that are no lists are the stack of a crash, a frame each, and come as facts of the kind "frame".
 *
 * Lines after the last moment are of a turn that has not come to its end, or cut off: they do not count. Lines of any other
 * kind are facts that somebody else has written there, who can't wait for a moment; they count where they stand.
 *
 * Read, it is what Keeper has written in one piece.
 */
import { checkVersion, type Fields, isFields, Keeper, keptVersion, parseKept } from './keeper.ts';

/** Where it is written. */
export interface LogSink {
  /** About as many bytes as it holds then. Throws where it can't take them. */
  append(text: string): number;
  /** The same behind what is to take the place of all that; `anew`: that begins. */
  appendNext(text: string, anew: boolean): number;
  /** It does now. */
  turn(): void;
  /** These stay open for whoever reads it. */
  keep(fds: readonly number[]): void;
  /** These need not any more. */
  release(fds: readonly number[]): void;
}

/** Counts of what others have written, up to which this has come: they tell what is news for the reader. */
export type Moment = Readonly<Record<string, number>>;

type Write = (k: Keeper) => void;

/** It is to be written anew when it has grown by so many bytes, and to so many times of what it was then. */
const slack = { bytes: 1 << 20, times: 2 };

/** One is written that is to take the place of the one that counts: it does not say all of it yet, or does. */
type Next = 'partial' | 'whole';

const nothing: ReadonlySet<number> = new Set();

export class KeptLog {
  readonly #sink: LogSink;
  #batch: string[] = [];
  /** Of each part what was written last. */
  readonly #parts = new Map<string, string>();
  /** Names of what is in each list. */
  readonly #items = new Map<string, Set<string>>();
  /** Descriptors that a part (of the list '') or an item names; how many name each. */
  readonly #fdsOf = new Map<string, Map<string, readonly number[]>>();
  readonly #holders = new Map<number, number>();
  readonly #newFds = new Set<number>();
  readonly #oldFds = new Set<number>();
  /** There is one that counts. */
  #counts = false;
  #next: Next | undefined;
  #nextBatch: string[] = [];
  #size = 0;
  #sizeWhenNew = 0;

  constructor(sink: LogSink) {
    this.#sink = sink;
  }

  /** Fields of a part, where they are others than they were. */
  part(path: string, write: Write): void {
    const { text, fds } = Keeper.record(write);
    this.#hold('', path, fds);
    if (this.#parts.get(path) === text) return;
    this.#parts.set(path, text);
    this.#batch.push(partLine(path, text));
  }

  /** One of a list as it is now; undefined: it is gone. */
  item(list: string, name: string, write: Write | undefined): void {
    if (write !== undefined) this.#batch.push(this.#itemLine(list, name, write));
    else if (this.#items.get(list)?.delete(name) === true) {
      this.#hold(list, name, nothing);
      this.#batch.push(`${itemHead(list, name)}]\n`);
    }
  }

  #itemLine(list: string, name: string, write: Write): string {
    const { text, fds } = Keeper.record(write);
    const names = this.#items.get(list);
    if (names === undefined) this.#items.set(list, new Set([name]));
    else names.add(name);
    this.#hold(list, name, fds);
    return `${itemHead(list, name)},${text}]\n`;
  }

  /** Something was said since the last moment. */
  get hasNews(): boolean {
    return this.#batch.length > 0 || this.#next === 'whole';
  }

  /** What was said since the last moment is written, in one piece. Throws where it can't be. */
  moment(moment: Moment): void {
    const old = [...this.#oldFds];
    if (this.#newFds.size > 0) this.#sink.keep([...this.#newFds]);
    this.#newFds.clear();
    this.#oldFds.clear();
    const text = `${this.#batch.join('')}["moment",${JSON.stringify(moment)}]\n`;
    this.#batch = [];
    if (this.#next === 'whole') {
      this.#size = this.#sizeWhenNew = this.#sink.appendNext(text, false);
      this.#sink.turn();
      this.#next = undefined;
      this.#counts = true;
    } else {
      if (this.#next === 'partial') this.#nextBatch.push(text);
      if (this.#counts) this.#size = this.#sink.append(text);
    }
    if (old.length > 0) this.#sink.release(old);
  }

  // ---- written anew, while it goes on ------------------------------------------------------------------------------

  /** Most of it is out of date: it is time to begin anew. */
  get isLong(): boolean {
    return this.#next === undefined && this.#size > this.#sizeWhenNew * slack.times + slack.bytes;
  }

  /**
   * From here on two are written, this one and another, in which everything is to be said again: all items by `again`, with
   * `write` now and then, and in the end `end`. It takes the place of this one at the next moment. One that was begun before
   * is dropped.
   */
  begin(): void {
    this.#next = 'partial';
    this.#nextBatch = [...this.#parts].map(([path, text]) => partLine(path, text));
    this.#sink.appendNext(`["version",${keptVersion}]\n`, true);
  }
  again(list: string, name: string, write: Write): void {
    this.#nextBatch.push(this.#itemLine(list, name, write));
  }
  /** What was said again so far. Throws where it can't be written. */
  write(): void {
    if (this.#nextBatch.length > 0) this.#sink.appendNext(this.#nextBatch.join(''), false);
    this.#nextBatch = [];
  }
  /** All was said again. The same. */
  end(): void {
    this.write();
    this.#next = 'whole';
  }

  #hold(list: string, name: string, fds: ReadonlySet<number>): void {
    let names = this.#fdsOf.get(list);
    const before = names?.get(name);
    if (fds.size === 0 && before === undefined) return;
    if (names === undefined) {
      names = new Map();
      this.#fdsOf.set(list, names);
    }
    const now = [...fds];
    if (now.length === 0) names.delete(name);
    else names.set(name, now);
    for (const fd of now) this.#count(fd, 1);
    for (const fd of before ?? []) this.#count(fd, -1);
    // Under the same number there may be another file than before.
    for (const fd of now) this.#newFds.add(fd);
  }

  #count(fd: number, by: 1 | -1): void {
    const count = (this.#holders.get(fd) ?? 0) + by;
    if (count > 0) {
      this.#holders.set(fd, count);
      this.#oldFds.delete(fd);
      return;
    }
    this.#holders.delete(fd);
    this.#newFds.delete(fd);
    this.#oldFds.add(fd);
  }
}

const partLine = (path: string, text: string): string => `["part",${JSON.stringify(path)},${text}]\n`;
const itemHead = (list: string, name: string): string => `["item",${JSON.stringify(list)},${JSON.stringify(name)}`;

/** What a log says. */
export interface ReadLog {
  /** As Keeper reads it. */
  readonly state: Fields;
  readonly moment: Moment;
  /** Lines of others, in order: their kind, and what follows it. */
  readonly facts: readonly (readonly [kind: string, ...values: unknown[]])[];
}

/** Throws an Error where there is no moment in it, or it is of a newer version. */
export function readLog(text: string): ReadLog {
  const facts: [string, ...unknown[]][] = [];
  const parts = new Map<string, Fields>();
  const lists = new Map<string, Map<string, Fields>>();
  let moment: Moment | undefined;
  let batch: unknown[][] = [];
  let isStack = false;
  for (const line of text.split('\n')) {
    const words = wordsOf(line);
    if (words === undefined) {
      if (isStack && line !== '') facts.push(['frame', line]);
      continue;
    }
    isStack = words[0] === 'stack';
    switch (words[0]) {
      case 'version':
        checkVersion(words[1]);
        break;
      case 'part':
      case 'item':
        batch.push(words);
        break;
      case 'moment':
        for (const [kind, path, ...rest] of batch) {
          if (typeof path !== 'string') continue;
          if (kind === 'part' && isFields(rest[0])) parts.set(path, rest[0]);
          else if (kind === 'item') putItem(lists, path, rest);
        }
        batch = [];
        if (isFields(words[1])) moment = numbersIn(words[1]);
        break;
      default:
        if (typeof words[0] === 'string') facts.push(words as [string, ...unknown[]]);
    }
  }
  if (moment === undefined) throw new Error('nothing in it is whole');
  return { state: assembled(parts, lists), moment, facts };
}

/** undefined for a line that is cut off. */
function wordsOf(line: string): unknown[] | undefined {
  if (line === '') return undefined;
  try {
    const words = parseKept(line);
    return Array.isArray(words) ? words : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function putItem(lists: Map<string, Map<string, Fields>>, path: string, [name, fields]: unknown[]): void {
  if (typeof name !== 'string') return;
  const list = lists.get(path) ?? new Map<string, Fields>();
  lists.set(path, list);
  if (isFields(fields)) list.set(name, fields);
  else list.delete(name);
}

const numbersIn = (fields: Fields): Moment =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));

function assembled(parts: Map<string, Fields>, lists: Map<string, Map<string, Fields>>): Fields {
  const state: Fields = {};
  const at = (names: readonly string[]): Fields => {
    let here = state;
    for (const name of names) {
      const inner = here[name];
      const next = isFields(inner) ? inner : {};
      here[name] = next;
      here = next;
    }
    return here;
  };
  // Outer parts first: an inner one may be put into them.
  for (const path of [...parts.keys()].sort((a, b) => a.length - b.length))
    Object.assign(at(path.split('.').filter((name) => name !== '')), parts.get(path));
  for (const [path, items] of lists) {
    const names = path.split('.');
    at(names.slice(0, -1))[names.at(-1)!] = [...items.values()];
  }
  return state;
}
