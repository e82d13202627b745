/**
 * What a row of the table is made of. A group (`[Service]`, the exec settings, …) is an object literal of rows; the
 * settings type of the group is inferred from it. Parsers, `systemctl show`, verification and docs/directives.md all
 * read these rows.
 */

import type { UnitType } from '../language/unit-name.ts';
import type { Kind, LineKind, ParseContext, SettingsRecord } from './kind.ts';
import type { ManagerDefaults } from './manager-defaults.ts';

/** What a default may depend on. */
export interface DefaultFacts {
  type: UnitType;
  manager: ManagerDefaults;
}

export type Support =
  | {
      readonly state: 'honoured';
      readonly reason?: string;
      /** How much is done of it where the container may not mount. */
      readonly withoutMounts?: 'nothing' | 'part';
    }
  | { readonly state: 'no-effect'; readonly reason: string }
  | { readonly state: 'not-yet'; readonly reason: string };

export const honoured: Support = { state: 'honoured' };
/** What a container could do and pidone does not, with what it does instead. */
export const notYet = (reason: string): Support => ({ state: 'not-yet', reason });
/** Honoured under a condition, which the documentation tells. */
export const honouredWhere = (reason: string, withoutMounts?: 'nothing' | 'part'): Support => ({
  state: 'honoured',
  reason,
  ...(withoutMounts === undefined ? {} : { withoutMounts }),
});
export const noEffect = (reason: string): Support => ({ state: 'no-effect', reason });

export interface DirectiveCommon {
  readonly support: Support;
  /** systemd release that brought it, where newer than 252. */
  readonly since?: number;
  /** Name(s) of the kind of value, for the documentation. */
  readonly kindName: string;
  /** Reads one assignment into the group's settings. */
  apply(settings: SettingsRecord, value: string, at: ParseContext): void;
}

/** A row with a value of its own. */
export interface Setting<T> extends DirectiveCommon {
  readonly slot: true;
  readonly kind: Kind<T>;
  readonly initial: (facts: DefaultFacts) => T;
  /** As `systemctl show` calls it; null where `show` does not print it, or makes it of several settings. */
  readonly property: string | null | undefined;
  /** False for values that other rows fill (Conditions, Listen, …): no such directive exists. */
  readonly directive: boolean;
  readonly after?: (settings: SettingsRecord, value: string) => void;
}

/** A row that writes to other rows: legacy names, and lists that several directives share. */
export interface Redirect extends DirectiveCommon {
  readonly slot: false;
  readonly into: string;
  /** An old name: not offered in new unit files. */
  readonly legacy: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: a row of any value type; the only place where the value type is unknown
export type AnyRow = Setting<any> | Redirect;
export type Group = Readonly<Record<string, AnyRow>>;

/** The settings that a group of rows makes. */
export type SettingsOf<G extends Group> = {
  -readonly [K in keyof G as G[K] extends { slot: true } ? K : never]: G[K] extends Setting<infer T> ? T : never;
};

export interface SettingOptions {
  /** Runs after a line was read: for rows that systemd keeps together with another one. */
  after?: (settings: SettingsRecord, value: string) => void;
  since?: number;
  /** `show`'s name when it is not the directive's; null: not shown by this row. */
  property?: string | null;
  directive?: boolean;
}

/** A default that depends on type or manager is a function. */
export type Initial<T> = T | ((facts: DefaultFacts) => T);

export function setting<T>(
  kind: Kind<T>,
  initial: Initial<NoInfer<T>>,
  support: Support,
  options: SettingOptions = {},
): Setting<T> {
  return {
    slot: true,
    kind,
    initial: typeof initial === 'function' ? (initial as (facts: DefaultFacts) => T) : () => initial,
    support,
    since: options.since,
    property: options.property,
    directive: options.directive ?? true,
    after: options.after,
    kindName: kind.name,
    apply() {
      throw new Error('a setting is applied through its group');
    },
  };
}

/** A value without a directive of its own. */
export function slot<T>(kind: Kind<T>, initial: Initial<NoInfer<T>>, options: SettingOptions = {}): Setting<T> {
  return setting(kind, initial, honoured, { ...options, directive: false });
}

/** Another name that adds to, or replaces, the value of row `into`, read by `kind`. */
export function writes<T>(
  into: string,
  kind: LineKind<T>,
  support: Support,
  options: { since?: number; legacy?: boolean } = {},
): Redirect {
  return {
    slot: false,
    into,
    legacy: options.legacy ?? false,
    support,
    since: options.since,
    kindName: kind.name,
    apply(settings, value, at) {
      const initial = (Object.getPrototypeOf(settings) as SettingsRecord)[into] as T;
      settings[into] = kind.parse(value, at, settings[into] as T, initial);
    },
  };
}

/** A row that does something else than giving a value. */
export function does(
  kindName: string,
  into: string,
  apply: (settings: SettingsRecord, value: string, at: ParseContext) => void,
  support: Support,
  options: { since?: number; legacy?: boolean } = {},
): Redirect {
  return { slot: false, into, legacy: options.legacy ?? false, support, since: options.since, kindName, apply };
}

/** Of an option that does nothing any more. */
export const droppedMessage = (key: string): string => `Support for option ${key}= has been removed and it is ignored`;

/** An option that systemd has dropped. */
export const legacy = does(
  'dropped by systemd',
  '',
  (_settings, _value, at) => at.report(6, droppedMessage(at.key)),
  noEffect('systemd dropped it'),
  { legacy: true },
);

/** Gives each setting its name: `show`'s property and the place where its value goes. */
export function group<G extends Group>(rows: G): G {
  const named: Record<string, AnyRow> = {};
  for (const [key, row] of Object.entries(rows)) {
    if (!row.slot) {
      named[key] = row;
      continue;
    }
    const { kind } = row;
    named[key] = {
      ...row,
      property: row.property === undefined ? (kind.timeSpan ? key.replace(/Sec$/, 'USec') : key) : row.property,
      apply(settings, value, at) {
        const initial = (Object.getPrototypeOf(settings) as SettingsRecord)[key];
        const current = settings[key];
        const before = at.reports;
        const next = kind.parse(value, at, current, initial);
        // A line that was ignored does not count as one that says something.
        if (next === current && at.reports !== before) return;
        settings[key] = next;
        row.after?.(settings, value);
      },
    };
  }
  return named as G;
}
