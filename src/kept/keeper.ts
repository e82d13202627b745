/**
 * What of the manager outlives its program, when that is executed anew: each part describes it once, for writing and for
 * reading, in a method `keep` beside its fields:
 *
 *   keep(k: Keeper): void {
 *     this.#state = k.word('state', this.#state);
 *     this.mainPid = k.number('mainPid', this.mainPid);
 *   }
 *
 * While it is written a field comes back as it was given; while it is read the kept value does, or, where none was kept or
 * it is of another kind, the one that was given. So a newer program reads what an older one has kept, and the other way round;
 * what can't be read is said and the rest counts.
 *
 * What follows from other fields (timers that run, watches, who waits for a process) is not kept, but made anew once all
 * has been read: `revive`.
 */

/** Goes up when a field changes its meaning, not when one comes or goes. */
export const keptVersion = 1;

/** What one writing or reading has in common. */
interface Common {
  readonly reading: boolean;
  /** Descriptors that are kept: written ones, or those that somebody has taken. */
  readonly fds: Set<number>;
  /** Fields that could not be read. */
  readonly unreadable: string[];
  /** Objects that several parts share. */
  readonly shared: Map<string, object>;
  /** Descriptors that were handed over, where not all that were written may have been. */
  readonly open?: ReadonlySet<number>;
}

export type Fields = Record<string, unknown>;

/** JSON has no number for it; no text holds this. */
const infinite = '\0infinity';

/** As JSON; what it has no word for it makes `null`, and to look for that in the text costs least. */
function toText(value: unknown): string {
  const text = JSON.stringify(value);
  if (!text.includes('null')) return text;
  return JSON.stringify(value, (_key, part: unknown) => (part === Number.POSITIVE_INFINITY ? infinite : part));
}

/** What `Keeper.record` has written, or `toText`. Throws where it is neither. */
export const parseKept = (text: string): unknown =>
  JSON.parse(text, (_key, value: unknown) => (value === infinite ? Number.POSITIVE_INFINITY : value));

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isNumber = (raw: unknown): boolean => typeof raw === 'number';
const isText = (raw: unknown): boolean => typeof raw === 'string';
const isFlag = (raw: unknown): boolean => typeof raw === 'boolean';

/** Whether a value may take the place of a sample. What can be anything has no sample. */
function isLike(value: unknown, sample: unknown): boolean {
  if (sample === undefined) return true;
  if (Array.isArray(sample)) return Array.isArray(value);
  if (!isFields(sample)) return typeof value === typeof sample;
  return isFields(value) && Object.keys(sample).every((key) => !(key in value) || isLike(value[key], sample[key]));
}

/** Throws an Error where this program is too old for it. */
export function checkVersion(version: unknown): void {
  if (typeof version !== 'number' || version > keptVersion)
    throw new Error(`it is of version ${String(version)}, and this is ${keptVersion}`);
}

export class Keeper {
  readonly #fields: Fields;
  readonly #common: Common;
  readonly #path: string;

  private constructor(fields: Fields, common: Common, path: string) {
    this.#fields = fields;
    this.#common = common;
    this.#path = path;
  }

  static writer(): Keeper {
    return new Keeper({}, { reading: false, fds: new Set(), unreadable: [], shared: new Map() }, '');
  }

  /** Throws an Error where the text is nothing that `text` has made, or too new. */
  static reader(text: string): Keeper {
    const document = parseKept(text);
    if (!isFields(document) || !isFields(document.state)) throw new Error('it holds no state');
    checkVersion(document.version);
    return new Keeper(document.state, { reading: true, fds: new Set(), unreadable: [], shared: new Map() }, '');
  }

  /** Of fields that were put together (log.ts). A descriptor that is not among the open ones counts as none. */
  static readerOf(fields: Fields, open: ReadonlySet<number>): Keeper {
    return new Keeper(fields, { reading: true, fds: new Set(), unreadable: [], shared: new Map(), open }, '');
  }

  /** One part of what is kept by itself, as JSON, and the descriptors that it names. */
  static record(write: (k: Keeper) => void): { text: string; fds: ReadonlySet<number> } {
    const k = Keeper.writer();
    write(k);
    return { text: toText(k.#fields), fds: k.fds };
  }

  /** All that was written. */
  toText(): string {
    return toText({ version: keptVersion, state: this.#fields });
  }

  get isReading(): boolean {
    return this.#common.reading;
  }
  /** Descriptors that were written, or that somebody has taken while it was read. */
  get fds(): ReadonlySet<number> {
    return this.#common.fds;
  }
  get unreadable(): readonly string[] {
    return this.#common.unreadable;
  }

  #put<T>(name: string, value: T): T {
    if (value !== undefined) this.#fields[name] = value === Number.POSITIVE_INFINITY ? infinite : value;
    return value;
  }

  #take<T>(name: string, value: T, fits: (raw: unknown) => boolean): T {
    const raw = this.#fields[name];
    if (raw === undefined) return value;
    if (fits(raw)) return raw as T;
    this.#common.unreadable.push(`${this.#path}${name}`);
    return value;
  }

  number(name: string, value: number): number {
    return this.#common.reading ? this.#take(name, value, isNumber) : this.#put(name, value);
  }
  text(name: string, value: string): string {
    return this.#common.reading ? this.#take(name, value, isText) : this.#put(name, value);
  }
  flag(name: string, value: boolean): boolean {
    return this.#common.reading ? this.#take(name, value, isFlag) : this.#put(name, value);
  }
  /** One of a set of words; `known` has them as keys, where a word of another version would do harm. */
  word<T extends string>(name: string, value: T, known?: Readonly<Record<T, unknown>>): T {
    if (!this.#common.reading) return this.#put(name, value);
    return this.#take(
      name,
      value,
      (raw) => typeof raw === 'string' && (known === undefined || Object.hasOwn(known, raw)),
    );
  }
  /** Numbers, words, and lists and records of them; a value of another form than `value`, where that is one, is not taken. */
  plain<T>(name: string, value: T): T {
    return this.#common.reading ? this.#take(name, value, (raw) => isLike(raw, value)) : this.#put(name, value);
  }
  bytes(name: string, value: Buffer): Buffer {
    const text = this.text(name, this.#common.reading ? '' : value.toString('base64'));
    return this.#common.reading && this.#fields[name] !== undefined ? Buffer.from(text, 'base64') : value;
  }
  /** A descriptor, which stays open under its number; negative: none. Whoever reads it owns it. */
  fd(name: string, value: number): number {
    const fd = this.number(name, value);
    if (this.#common.reading && this.#common.open?.has(fd) === false) return -1;
    if (fd >= 0) this.#common.fds.add(fd);
    return fd;
  }
  maybeFd(name: string, value: number | undefined): number | undefined {
    const fd = this.fd(name, value ?? -1);
    return fd < 0 ? undefined : fd;
  }

  /** A part with fields of its own. False where it is read and was not written. */
  inner(name: string, keep: (k: Keeper) => void): boolean {
    const { reading } = this.#common;
    const fields: unknown = reading ? this.#fields[name] : {};
    if (fields === undefined) return false;
    if (!isFields(fields)) {
      this.#common.unreadable.push(`${this.#path}${name}`);
      return false;
    }
    if (!reading) this.#fields[name] = fields;
    keep(new Keeper(fields, this.#common, `${this.#path}${name}.`));
    return true;
  }

  /** Several of a kind: `write` describes each of `items`, `read` makes one of what was kept. One that throws is left out. */
  list<T>(name: string, items: Iterable<T>, write: (k: Keeper, item: T) => void, read: (k: Keeper) => void): void {
    if (!this.#common.reading) {
      const records: Fields[] = [];
      for (const item of items) {
        const fields: Fields = {};
        records.push(fields);
        write(new Keeper(fields, this.#common, ''), item);
      }
      this.#fields[name] = records;
      return;
    }
    const records = this.#fields[name] ?? [];
    if (!Array.isArray(records)) {
      this.#common.unreadable.push(`${this.#path}${name}`);
      return;
    }
    for (const [index, fields] of records.entries()) {
      const path = `${this.#path}${name}[${index}]`;
      if (isFields(fields)) this.attempt(path, () => read(new Keeper(fields, this.#common, `${path}.`)));
      else this.#common.unreadable.push(path);
    }
  }

  /** Does it; where that throws, what was to be read is left, and said so. */
  attempt(what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!this.#common.reading) throw error;
      this.#common.unreadable.push(`${what} (${error instanceof Error ? error.message : String(error)})`);
    }
  }

  /** One object for all parts that have kept the same key. */
  shared<T extends object>(key: string, make: () => T): T {
    const found = this.#common.shared.get(key) as T | undefined;
    if (found !== undefined) return found;
    const made = make();
    this.#common.shared.set(key, made);
    return made;
  }
}
