/**
 * Kinds of values: how an assignment is read, merged with those before it, taken back by an empty one, and shown. Messages
 * are systemd's own (conf-parser, load-fragment). Here are the kinds that many directives share, and what other kinds are
 * made with: `scalar` and `optional`, specifiers, paths, words.
 *
 *   unit.ts, service.ts, socket.ts, timer.ts, swap.ts   of one section
 *   identity.ts, paths.ts, images.ts, environment.ts, credentials.ts, stdio.ts, logging.ts, scheduling.ts, process.ts,
 *   security.ts, system-calls.ts   of systemd.exec(5), a file a section of it
 *   kill.ts, cgroup.ts   of systemd.kill(5) and systemd.resource-control(5)
 *
 * A kind knows nothing of its directive but the name in `at.key`; which directive has it is the row's to say. What a text
 * means without a line around it is src/values.
 */

import { errorText } from '../../../sys/error-text.ts';
import type { LogLevel } from '../../../text/log-level.ts';
import {
  formatBoolean,
  formatMode,
  isInteger,
  parseBoolean,
  parseInteger,
  parseInteger64,
  parseMode,
  parseSizeExact,
  parseUnsigned,
} from '../../../text/numbers.ts';
import { simplifyPathOrWarn } from '../../../text/paths.ts';
import { extract, WordReader } from '../../../text/quoting.ts';
import { printable, printableWords } from '../../../values/shown.ts';
import { parseSignal } from '../../../values/signals.ts';
import { formatTimeSpan, parseTimeSpan, parseTimeSpanFix0 } from '../../../values/time/time-span.ts';
import type { Kind, ParseContext, SpecifierUse } from '../kind.ts';

export const warning = 4;
export const notice = 5;
export const debug = 7;
export const error = 3;

/** Expands specifiers, or reports and gives undefined. `say` makes the message without its errno part. */
export function expand(
  at: ParseContext,
  use: SpecifierUse,
  text: string,
  say: (text: string) => string = (t) => `Failed to resolve unit specifiers in '${t}', ignoring`,
  level: 3 | 4 = warning,
): string | undefined {
  const result = at.expand(text, use);
  if ('text' in result) return result.text;
  at.report(level, `${say(text)}: ${result.message}`);
  return undefined;
}

/** A message without quotes around the value: some of systemd's parsers have it so. */
export const bareSpecifiers = (text: string): string => `Failed to resolve unit specifiers in ${text}, ignoring`;
export const doubleQuotedSpecifiers = (text: string): string =>
  `Failed to resolve unit specifiers in "${text}", ignoring`;
/** The same of what a path is to be mounted on. */
export const targetSpecifiers = (text: string): string => `Failed to resolve specifiers in "${text}", ignoring`;

/** path_simplify_and_warn. */
export function checkPath(
  at: ParseContext,
  path: string,
  check: { absolute?: boolean; relative?: boolean; fatal?: boolean } = { absolute: true },
): string | undefined {
  return simplifyPathOrWarn(path, check, at.key, (level, message) => at.report(level, message));
}

/** A path with specifiers, absolute unless `check` says otherwise; undefined where it is none, which has been told. */
export function expandedPath(
  at: ParseContext,
  text: string,
  say?: (text: string) => string,
  check?: Parameters<typeof checkPath>[2],
): string | undefined {
  const expanded = expand(at, 'path', text, say);
  return expanded === undefined ? undefined : checkPath(at, expanded, check);
}

/** Why a number can't be taken: it is beyond the bounds, or none at all. */
export const numberErrno = (value: string): 'ERANGE' | 'EINVAL' => (isInteger(value) ? 'ERANGE' : 'EINVAL');
export const whyNoUnsigned = (value: string): string => errorText(numberErrno(value));

/** Every word of a value; a syntax error ends it with `bad`'s message and what came before counts. */
export function* wordsOf(
  at: ParseContext,
  value: string,
  flags: number,
  bad: string = `Invalid syntax, ignoring: ${value}`,
  separators?: string,
): Generator<string> {
  const reader = new WordReader(value, separators, flags);
  for (;;) {
    const word = reader.next();
    if (word === undefined) {
      if (reader.failed) at.report(warning, bad);
      return;
    }
    yield word;
  }
}

/** What 252 says of a value that it can't read, before `, ignoring: VALUE`; some messages name the directive. */
type Complaint = string | ((key: string) => string);

interface Refusal {
  /** Why: an errno by its name. */
  readonly why?: string;
  readonly outcome?: string;
  readonly level?: LogLevel;
  /** All that 252 says, where that is not the complaint, what becomes of the line, and the value. */
  readonly own?: string;
}

/** What is said of a value that can't be read, as the release that speaks has it. */
export function badValue(
  at: ParseContext,
  complaint: Complaint,
  value: string,
  { why = 'EINVAL', outcome = ', ignoring', own }: Refusal = {},
): string {
  const said = typeof complaint === 'string' ? complaint : complaint(at.key);
  const reason = errorText(why);
  return at.voice.loading.badValue({ own: own ?? `${said}${outcome}: ${value}`, key: at.key, value, outcome, reason });
}

/** Says it. */
export function refuse(at: ParseContext, complaint: Complaint, value: string, refusal: Refusal = {}): void {
  at.report(refusal.level ?? warning, badValue(at, complaint, value, refusal));
}

/** Why a time span can't be taken: it is negative, or would be one with smaller numbers. */
export function spanErrno(value: string): 'ERANGE' | 'EINVAL' {
  return /^\s*-/.test(value) || parseTimeSpan(value.replaceAll(/\d{10,}/g, '1')) !== undefined ? 'ERANGE' : 'EINVAL';
}

interface ScalarOptions {
  readonly timeSpan?: boolean;
  /** Why a value can't be taken, by the name of an errno; EINVAL without. */
  readonly why?: (value: string) => string;
  /** Every release says the complaint. */
  readonly saidByAll?: boolean;
}

/** A value that one function reads. */
export function scalar<T>(
  name: string,
  complaint: Complaint,
  read: (value: string) => T | undefined,
  format: (value: T) => string,
  { timeSpan = false, why = timeSpan ? spanErrno : () => 'EINVAL', saidByAll = false }: ScalarOptions = {},
): Kind<T> {
  return {
    name,
    timeSpan,
    parse(value, at, current) {
      const result = read(value);
      if (result !== undefined) return result;
      if (saidByAll) {
        at.report(warning, `${typeof complaint === 'string' ? complaint : complaint(at.key)}, ignoring: ${value}`);
      } else refuse(at, complaint, value, { why: why(value) });
      return current;
    },
    format,
  };
}

/** The same, where an empty value takes back what was said: undefined. */
export function optional<T>(
  name: string,
  complaint: Complaint,
  read: (value: string) => T | undefined,
  format: (value: T | undefined) => string,
  options: ScalarOptions = {},
): Kind<T | undefined> {
  const given = scalar<T | undefined>(name, complaint, read, format, options);
  return {
    ...given,
    parse: (value, at, current, initial) => (value === '' ? undefined : given.parse(value, at, current, initial)),
  };
}

/** The same kind, of which an empty value means `unset`. */
export const orEmpty = <T>(kind: Kind<T>, unset: T): Kind<T> => ({
  ...kind,
  parse: (value, at, current, initial) => (value === '' ? unset : kind.parse(value, at, current, initial)),
});

export const boolean: Kind<boolean> = scalar('boolean', 'Failed to parse boolean value', parseBoolean, formatBoolean);

/** PrivateX= and the like where a bad value makes the unit unusable (`fatal`). */
export const booleanOrFatal: Kind<boolean> = {
  name: 'boolean',
  parse(value, at, current) {
    const result = parseBoolean(value);
    if (result !== undefined) return result;
    refuse(at, 'Failed to parse boolean value', value, { outcome: '', level: error });
    at.fatal();
    return current;
  },
  format: formatBoolean,
};

export const tristate: Kind<boolean | undefined> = optional(
  'boolean',
  'Failed to parse boolean value',
  parseBoolean,
  (value) => (value === undefined ? '' : formatBoolean(value)),
);

const spanText = (ms: number): string => formatTimeSpan(ms);

export const span: Kind<number> = scalar(
  'time span',
  'Failed to parse sec value',
  (value) => parseTimeSpan(value),
  spanText,
  { timeSpan: true },
);

/** 0 is infinity. */
export const spanFix0: Kind<number> = scalar('time span', 'Failed to parse time value', parseTimeSpanFix0, spanText, {
  timeSpan: true,
});

/** An empty value is infinity. */
export const spanDefaultInfinity: Kind<number> = scalar(
  'time span',
  'Failed to parse sec_def_infinity value',
  (value) => (value === '' ? Number.POSITIVE_INFINITY : parseTimeSpan(value)),
  spanText,
  { timeSpan: true },
);

export const unsigned: Kind<number> = scalar(
  'unsigned integer',
  'Failed to parse unsigned value',
  (value) => parseUnsigned(value),
  String,
  { why: numberErrno },
);
export const integer: Kind<number> = scalar(
  'integer',
  'Failed to parse int value',
  (value) => parseInteger(value),
  String,
  { why: numberErrno },
);
export const long: Kind<number> = scalar(
  'integer',
  'Failed to parse long value',
  (value) => {
    const result = parseInteger64(value);
    return result === undefined ? undefined : Number(result);
  },
  String,
  { why: numberErrno },
);

export const mode: Kind<number> = scalar('access mode', 'Failed to parse mode value', parseMode, formatMode, {
  why: (value) => (/^\s*[0-7]+$/.test(value) ? 'ERANGE' : 'EINVAL'),
});

/** Bytes, suffixes K M G T P E to the base of 1024. */
export const size: Kind<number> = {
  name: 'size',
  parse(value, at, current) {
    const bytes = parseSizeExact(value, 1024);
    if (typeof bytes === 'bigint') return Number(bytes);
    const own = `Failed to parse size value '${value}', ignoring: ${errorText(bytes)}`;
    refuse(at, '', value, { why: bytes, own });
    return current;
  },
  format: (value) => BigInt(value).toString(),
};

export const signal: Kind<number> = scalar(
  'signal',
  'Failed to parse signal name',
  (value) => {
    const number = parseSignal(value);
    return number === undefined || number <= 0 ? undefined : number;
  },
  String,
  { why: (value) => (parseInteger(value) === undefined && !/^RTM(?:IN|AX)/.test(value) ? 'EINVAL' : 'ERANGE') },
);

/** An enumeration. `what` completes "Failed to parse …". */
export function oneOf<const V extends string>(what: string, values: readonly V[]): Kind<V> {
  const set: ReadonlySet<string> = new Set(values);
  return scalar(
    values.join('|'),
    `Failed to parse ${what}`,
    (value) => (set.has(value) ? (value as V) : undefined),
    (value) => value,
  );
}

/** An enumeration that also takes booleans. */
export function oneOfOrBoolean<const V extends string>(
  what: string,
  values: readonly V[],
  yes: NoInfer<V>,
  no: NoInfer<V>,
): Kind<V> {
  const set: ReadonlySet<string> = new Set(values);
  return scalar(
    values.join('|'),
    `Failed to parse ${what}`,
    (value) => {
      const truth = parseBoolean(value);
      return truth !== undefined ? (truth ? yes : no) : set.has(value) ? (value as V) : undefined;
    },
    (value) => value,
  );
}

/** As written. */
export const string: Kind<string | undefined> = {
  name: 'string',
  parse: (value) => (value === '' ? undefined : value),
  format: printable,
};

/** With specifiers. */
export function unitString(name = 'string'): Kind<string | undefined> {
  return {
    name,
    parse(value, at, current) {
      const text = expand(at, 'full', value);
      return text === undefined ? current : text === '' ? undefined : text;
    },
    format: printable,
  };
}

export function unitPath(options: { fatal?: boolean } = {}): Kind<string | undefined> {
  const fatal = options.fatal ?? false;
  return {
    name: 'path',
    parse(value, at, current) {
      const text = fatal
        ? expand(at, 'path', value, (t) => `Failed to resolve unit specifiers in '${t}'`, error)
        : expand(at, 'path', value);
      if (text === '') return undefined;
      const path = text === undefined ? undefined : checkPath(at, text, { absolute: true, fatal });
      if (path === undefined && fatal) at.fatal();
      return path ?? current;
    },
    format: printable,
  };
}

/** Words, quotes taken away, no specifiers. */
export const words: Kind<string[]> = {
  name: 'words',
  parse(value, at, current) {
    if (value === '') return [];
    return [...current, ...wordsOf(at, value, extract.unquote | extract.retainEscape)];
  },
  format: printableWords,
};

/** Absolute paths with specifiers; a bad one ends the line. */
export function pathsOf(
  name: string,
  flags: number,
  separators?: string,
  bad?: (value: string) => string,
): Kind<string[]> {
  return {
    name,
    parse(value, at, current) {
      if (value === '') return [];
      const list = [...current];
      for (const word of wordsOf(at, value, flags, bad?.(value), separators)) {
        const path = expandedPath(at, word);
        if (path === undefined) break;
        list.push(path);
      }
      return list;
    },
    format: printableWords,
  };
}
export const pathWords = pathsOf('paths', extract.unquote);
