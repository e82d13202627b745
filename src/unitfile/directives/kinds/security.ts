/**
 * What processes may do: systemd.exec(5) "CAPABILITIES", "SECURITY", "MANDATORY ACCESS CONTROL", and what "SANDBOXING"
 * forbids.
 */

import { formatBoolean, parseBoolean } from '../../../text/numbers.ts';
import { extract } from '../../../text/quoting.ts';
import { addressFamilyNames, addressFamilyNumber } from '../../../values/address-families.ts';
import { formatCapabilitySet, mergeCapabilitySet, parseSecureBits } from '../../../values/capabilities.ts';
import { formatDelegated, formatNamespaces, mergeDelegated, mergeNamespaces } from '../../../values/namespaces.ts';
import { printableFilter } from '../../../values/shown.ts';
import type { Kind } from '../kind.ts';
import type { NameFilter } from '../shapes.ts';
import { error, expand, oneOf, refuse, warning, wordsOf } from './basic.ts';

export const secureBits: Kind<number> = {
  name: 'secure bits',
  parse: (value) => parseSecureBits(value),
  format: String,
};

export function capabilitySetWithin(initial: bigint): Kind<bigint> {
  return {
    name: 'capabilities',
    parse: (value, _at, current) => mergeCapabilitySet(value, current, initial),
    format: (mask) => formatCapabilitySet(mask),
  };
}

/** A security label; `-` before it: a failure to set it is ignored. */
export interface LabelSetting {
  label: string;
  ignore: boolean;
}

export const labelWithIgnore: Kind<LabelSetting | undefined> = {
  name: 'label',
  parse(value, at, current) {
    if (value === '') return undefined;
    const ignore = value.startsWith('-');
    const label = expand(
      at,
      'full',
      ignore ? value.slice(1) : value,
      (t) => `Failed to resolve unit specifiers in '${t}'${ignore ? ', ignoring' : ''}`,
      ignore ? warning : error,
    );
    if (label !== undefined) return { label, ignore };
    if (!ignore) at.fatal();
    return current;
  },
  format: (value) => (value === undefined || value.label === '' ? '' : `${value.ignore ? '-' : ''}${value.label}`),
};

interface ProtectionWords<V extends string> {
  /** What a word that is none of them acts as: the nearest that protects. */
  readonly strict: NoInfer<V>;
  /** What a boolean means. */
  readonly yes?: NoInfer<V>;
  readonly no?: NoInfer<V>;
  readonly format?: (word: V) => string;
}

/**
 * Words of a directive that takes rights away. A later release may know more of them, and a service that asks to be protected
 * shall not be left open because of a word: one that nobody knows acts as `strict`, with a warning.
 */
export function protection<const V extends string>(
  what: string,
  words: readonly V[],
  { strict, yes, no, format = (word) => word }: ProtectionWords<V>,
): Kind<V> {
  const known: ReadonlySet<string> = new Set(words);
  return {
    name: words.join('|'),
    parse(value, at, current) {
      if (known.has(value)) return value as V;
      const truth = parseBoolean(value);
      const meant = truth === undefined ? undefined : truth ? yes : no;
      if (meant !== undefined) return meant;
      if (value === '') {
        refuse(at, `Failed to parse ${what}`, value);
        return current;
      }
      refuse(at, `Failed to parse ${what}`, value, { outcome: `, taking '${strict}', the nearest that protects` });
      return strict;
    },
    format,
  };
}

const booleanWords = protection('boolean value', ['no', 'yes'], { strict: 'yes', yes: 'yes', no: 'no' });

/** The same of a directive that has no words but booleans yet. */
export const protecting: Kind<boolean> = {
  name: 'boolean',
  parse: (value, at, current, initial) =>
    booleanWords.parse(value, at, current ? 'yes' : 'no', initial ? 'yes' : 'no') === 'yes',
  format: formatBoolean,
};

export const keyringMode = oneOf('keyring mode', ['inherit', 'private', 'shared']);

export const protectProc = protection('/proc/ protection mode', ['noaccess', 'invisible', 'ptraceable', 'default'], {
  strict: 'invisible',
});

export const procSubset = protection('/proc/ subset mode', ['all', 'pid'], { strict: 'pid' });

const yesOrNo = { yes: 'yes', no: 'no' } as const;

export const protectSystem = protection('protect system value', ['no', 'yes', 'full', 'strict'], {
  strict: 'strict',
  ...yesOrNo,
});

export const protectHome = protection('protect home value', ['no', 'yes', 'read-only', 'tmpfs'], {
  strict: 'yes',
  ...yesOrNo,
});

/** As `show` has had them since they were booleans. */
const shownAsBoolean = { strict: 'yes', ...yesOrNo, format: (word: string) => (word === 'no' ? 'no' : 'yes') } as const;

const tmpWords = protection('private tmp value', ['no', 'yes', 'connected', 'disconnected'], shownAsBoolean);

/** `connected` is another word for yes. */
export const privateTmp: Kind<'no' | 'yes' | 'disconnected'> = {
  ...tmpWords,
  parse(value, at, current, initial) {
    const word = tmpWords.parse(value, at, current, initial);
    return word === 'connected' ? 'yes' : word;
  },
};

export const protectControlGroups = protection('protect control groups value', ['no', 'yes', 'private', 'strict'], {
  ...shownAsBoolean,
  strict: 'strict',
});

const userWords = protection(
  'private users value',
  ['no', 'yes', 'self', 'identity', 'full', 'managed'],
  shownAsBoolean,
);

/** `self` is another word for yes. A range of ids of its own (`managed`) is what systemd-nsresourced hands out. */
export const privateUsers: Kind<'no' | 'yes' | 'identity' | 'full'> = {
  ...userWords,
  parse(value, at, current, initial) {
    const word = userWords.parse(value, at, current, initial);
    if (word === 'managed') {
      at.report(warning, `${at.key}=managed needs systemd-nsresourced, which is not here, taking 'self'.`);
      return 'yes';
    }
    return word === 'self' ? 'yes' : word;
  },
};

/** `private`: the name may be changed, which nobody else sees. */
export interface HostnameProtection {
  mode: 'no' | 'yes' | 'private';
  /** The host name to begin with. */
  name: string | undefined;
}

export const ownHostname: HostnameProtection = { mode: 'no', name: undefined };

const hostnameModes = protection('protect hostname value', ['no', 'yes', 'private'], shownAsBoolean);

export const protectHostname: Kind<HostnameProtection> = {
  name: 'no|yes|private, with a host name',
  parse(value, at, current) {
    const [, word = '', given] = /^([^:]*)(?::(.*))?$/s.exec(value) ?? [];
    const mode = hostnameModes.parse(word, at, current.mode, 'no');
    if (mode === 'no') return ownHostname;
    if (given === undefined || given === '') return { mode, name: undefined };
    const name = expand(at, 'name', given);
    if (name !== undefined && hostnameIsValid(name)) return { mode, name };
    if (name !== undefined) at.report(warning, `Invalid hostname is specified to ${at.key}=, ignoring: ${name}`);
    return { mode, name: undefined };
  },
  format: ({ mode }) => shownAsBoolean.format(mode),
};

/** Labels of letters, digits, `-` and `_`, with dots between them. */
const hostnameIsValid = (name: string): boolean =>
  name.length <= 64 && name.split('.').every((label) => /^[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?$/.test(label));

export const addressFamilies: Kind<NameFilter | undefined> = {
  name: 'address families',
  parse(value, at, current) {
    if (value === '') return undefined;
    if (value === 'none') return { allow: true, names: [] };
    const invert = value.startsWith('~');
    const allow = current === undefined ? !invert : current.allow;
    const numbers = new Set<number>(current?.names.map((name) => addressFamilyNumber(name)!));
    const text = invert ? value.slice(1) : value;
    for (const word of wordsOf(at, text, extract.unquote, `Invalid syntax, ignoring: ${text}`)) {
      const number = addressFamilyNumber(word);
      if (number === undefined) at.report(warning, `Failed to parse address family, ignoring: ${word}`);
      else if (!invert === allow) numbers.add(number);
      else numbers.delete(number);
    }
    return { allow, names: [...numbers].map((number) => addressFamilyNames[number]!).sort() };
  },
  format: (value) => (value === undefined ? { whenAll: '~' } : printableFilter(value.allow, value.names)),
};

/** Debian's systemd is built without BPF: it takes the line and keeps none of its names. */
export const fileSystems: Kind<NameFilter | undefined> = {
  name: 'file systems',
  parse(value, _at, current) {
    if (value === '') return undefined;
    return { allow: current === undefined ? !value.startsWith('~') : current.allow, names: [] };
  },
  format: (value) => (value === undefined ? { whenAll: '~' } : printableFilter(value.allow, value.names)),
};

export const delegatedNamespaces: Kind<number> = {
  name: 'boolean or namespaces',
  parse(value, at, current) {
    const { mask, unknown } = mergeDelegated(value, current);
    if (unknown.length > 0) at.report(warning, `Failed to parse namespace type string, ignoring: ${value}`);
    if (mask !== undefined) return mask;
    at.report(warning, `The user namespace cannot be delegated with DelegateNamespaces=, ignoring: ${value}`);
    return current;
  },
  format: formatDelegated,
};

export const namespaces: Kind<number> = {
  name: 'boolean or namespaces',
  parse(value, at, current) {
    const { mask, unknown } = mergeNamespaces(value, current);
    if (unknown.length > 0)
      at.report(warning, `Failed to parse namespace type string, going on without: ${unknown.join(' ')}`);
    return mask;
  },
  format: formatNamespaces,
};
