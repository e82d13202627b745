/**
 * What entries are asked for: matches as sd_journal_add_match(3) composes them. Matches of one field are alternatives,
 * of different fields all hold; `addDisjunction` begins another alternative, `addConjunction` another condition.
 */
import { bytesToText } from '../../text/bytes.ts';
import { fieldIsShared, type JournalEntry, type RawField } from '../entry/entry.ts';
import type { ContextIndex } from '../storage/context-index.ts';
import type { SegmentSummary } from '../storage/segment.ts';

/** For each field the values of which one must be there. */
type Term = Map<string, Buffer[]>;
/** Alternatives. */
type Condition = Term[];

/** A term as it is compared with entries again and again. */
type StatedTerm = readonly {
  name: string;
  isShared: boolean;
  values: readonly Buffer[];
  /** The values as the summary of a segment has them. */
  texts: readonly string[];
}[];

function stated(term: Term): StatedTerm {
  return [...term].map(([name, values]) => ({
    name,
    isShared: fieldIsShared(name),
    values,
    texts: values.map(bytesToText),
  }));
}

/** What a context says about all entries that have it. */
export type Verdict = 'all' | 'none' | 'some';

export class JournalFilter {
  readonly #conditions: Condition[] = [[new Map()]];
  #known: StatedTerm[][] | undefined;

  /** `FIELD=value`. False where it is no match at all, as sd_journal_add_match(3) has it. */
  add(match: string | Buffer): boolean {
    this.#known = undefined;
    const bytes = typeof match === 'string' ? Buffer.from(match, 'utf8') : match;
    const split = bytes.indexOf(0x3d);
    if (split <= 0) return false;
    const name = bytes.toString('latin1', 0, split);
    // Times and cursors are asked for in other ways.
    if (!/^[A-Z0-9_]+$/.test(name) || name.startsWith('__')) return false;
    const term = this.#conditions.at(-1)!.at(-1)!;
    const value = bytes.subarray(split + 1);
    const values = term.get(name);
    if (values === undefined) term.set(name, [value]);
    else if (!values.some((known) => known.equals(value))) values.push(value);
    return true;
  }

  /** What follows is an alternative to what came before, back to the last conjunction. */
  addDisjunction(): void {
    const condition = this.#conditions.at(-1)!;
    if (condition.at(-1)!.size > 0) condition.push(new Map());
  }

  /** What follows must hold besides what came before. */
  addConjunction(): void {
    const condition = this.#conditions.at(-1)!;
    if (condition.some((term) => term.size > 0)) this.#conditions.push([new Map()]);
  }

  /** The conditions that say something. */
  #stated(): readonly StatedTerm[][] {
    this.#known ??= this.#conditions
      .map((condition) => condition.filter((term) => term.size > 0).map(stated))
      .filter((terms) => terms.length > 0);
    return this.#known;
  }

  get matchesAll(): boolean {
    return this.#stated().length === 0;
  }

  /** From the fields that all entries of a context have. */
  verdict(shared: readonly RawField[]): Verdict {
    let result: Verdict = 'all';
    for (const terms of this.#stated()) {
      let best: Verdict = 'none';
      for (const term of terms) {
        let verdict: Verdict = 'all';
        for (const { isShared, name, values } of term) {
          if (!isShared) verdict = 'some';
          else if (!hasValue(shared, name, values)) {
            verdict = 'none';
            break;
          }
        }
        if (verdict === 'all') best = 'all';
        else if (verdict === 'some' && best === 'none') best = 'some';
      }
      if (best === 'none') return 'none';
      if (best === 'some') result = 'some';
    }
    return result;
  }

  matches(entry: JournalEntry): boolean {
    for (const terms of this.#stated()) {
      const holds = terms.some((term) => {
        for (const { isShared, name, values } of term) {
          if (!hasValue(isShared ? entry.shared : entry.own, name, values)) return false;
        }
        return true;
      });
      if (!holds) return false;
    }
    return true;
  }

  /** False where no entry of a segment can match. */
  possibleIn(summary: SegmentSummary): boolean {
    for (const terms of this.#stated()) {
      const possible = terms.some((term) => {
        for (const { name, texts } of term) {
          const known = summary.values.get(name);
          if (known !== undefined && !texts.some((text) => known.has(text))) return false;
        }
        return true;
      });
      if (!possible) return false;
    }
    return true;
  }

  /** Contexts of entries that may match, as far as the index has them; undefined where it rules out none. */
  contextsIn(index: Pick<ContextIndex, 'idsOf'>): ReadonlySet<number> | undefined {
    let fewest: Set<number> | undefined;
    for (const terms of this.#stated()) {
      const ids = new Set<number>();
      const isCounted = terms.every((term) => {
        const part = term.find(({ name }) => index.idsOf(name, '') !== undefined);
        for (const text of part?.texts ?? []) for (const id of index.idsOf(part!.name, text) ?? []) ids.add(id);
        return part !== undefined;
      });
      if (isCounted && (fewest === undefined || ids.size < fewest.size)) fewest = ids;
    }
    return fewest;
  }
}

function hasValue(fields: readonly RawField[], name: string, values: readonly Buffer[]): boolean {
  for (const field of fields) {
    if (field[0] !== name) continue;
    for (const value of values) if (value.length === field[1].length && value.equals(field[1])) return true;
  }
  return false;
}

/** Fields that name the unit an entry is about, in system and user journals: what globs of `-u` are compared with. */
export const systemUnitFields = ['_SYSTEMD_UNIT', 'COREDUMP_UNIT', 'UNIT', 'OBJECT_SYSTEMD_UNIT', '_SYSTEMD_SLICE'];
export const userUnitFields = [
  '_SYSTEMD_USER_UNIT',
  'USER_UNIT',
  'COREDUMP_USER_UNIT',
  'OBJECT_SYSTEMD_USER_UNIT',
  '_SYSTEMD_USER_SLICE',
];

const coredumpMessage = 'MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1';

/** Messages of a unit's own processes, of the manager about it, of other daemons about it, and its core dumps. */
export function addUnitMatches(filter: JournalFilter, unit: string): void {
  const alternatives = [
    [`_SYSTEMD_UNIT=${unit}`],
    [coredumpMessage, '_UID=0', `COREDUMP_UNIT=${unit}`],
    ['_PID=1', `UNIT=${unit}`],
    ['_UID=0', `OBJECT_SYSTEMD_UNIT=${unit}`],
  ];
  if (unit.endsWith('.slice')) alternatives.push([`_SYSTEMD_SLICE=${unit}`]);
  addAlternatives(filter, alternatives);
}

export function addUserUnitMatches(filter: JournalFilter, unit: string, uid: number): void {
  const alternatives = [
    [`_SYSTEMD_USER_UNIT=${unit}`, `_UID=${uid}`],
    [`USER_UNIT=${unit}`, `_UID=${uid}`],
    [`COREDUMP_USER_UNIT=${unit}`, `_UID=${uid}`, '_UID=0'],
    [`OBJECT_SYSTEMD_USER_UNIT=${unit}`, `_UID=${uid}`, '_UID=0'],
  ];
  if (unit.endsWith('.slice')) alternatives.push([`_SYSTEMD_USER_SLICE=${unit}`, `_UID=${uid}`]);
  addAlternatives(filter, alternatives);
}

function addAlternatives(filter: JournalFilter, alternatives: readonly string[][]): void {
  alternatives.forEach((matches, index) => {
    if (index > 0) filter.addDisjunction();
    for (const match of matches) filter.add(match);
  });
}

/** Matches for one unit, as `systemctl status` asks. */
export function unitFilter(unit: string, user?: { uid: number }): JournalFilter {
  const filter = new JournalFilter();
  if (user === undefined) addUnitMatches(filter, unit);
  else addUserUnitMatches(filter, unit, user.uid);
  return filter;
}
