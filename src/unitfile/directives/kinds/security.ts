/**
 * What processes may do: systemd.exec(5) "CAPABILITIES", "SECURITY", "MANDATORY ACCESS CONTROL", and what "SANDBOXING"
 * forbids.
 */

import { extract } from '../../../text/quoting.ts';
import { addressFamilyNames, addressFamilyNumber } from '../../../values/address-families.ts';
import { formatCapabilitySet, mergeCapabilitySet, parseSecureBits } from '../../../values/capabilities.ts';
import { formatNamespaces, mergeNamespaces } from '../../../values/namespaces.ts';
import { printableFilter } from '../../../values/shown.ts';
import type { Kind } from '../kind.ts';
import type { NameFilter } from '../shapes.ts';
import { error, expand, oneOf, oneOfOrBoolean, warning, wordsOf } from './basic.ts';

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

export const keyringMode = oneOf('keyring mode', ['inherit', 'private', 'shared']);

export const protectProc = oneOf('/proc/ protection mode', ['noaccess', 'invisible', 'ptraceable', 'default']);

export const procSubset = oneOf('/proc/ subset mode', ['all', 'pid']);

export const protectSystem = oneOfOrBoolean('protect system value', ['no', 'yes', 'full', 'strict'], 'yes', 'no');

export const protectHome = oneOfOrBoolean('protect home value', ['no', 'yes', 'read-only', 'tmpfs'], 'yes', 'no');

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

export const namespaces: Kind<number> = {
  name: 'boolean or namespaces',
  parse(value, at, current) {
    const mask = mergeNamespaces(value, current);
    if (mask !== undefined) return mask;
    at.report(warning, `Failed to parse namespace type string, ignoring: ${value.replace(/^~/, '')}`);
    return current;
  },
  format: formatNamespaces,
};
