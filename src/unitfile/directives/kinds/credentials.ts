/** Credentials: systemd.exec(5) "CREDENTIALS". */

import { errorText } from '../../../sys/error-text.ts';
import { decodeBase64, textToBytes } from '../../../text/bytes.ts';
import { pathIsAbsolute, pathIsNormalized } from '../../../text/paths.ts';
import { cUnescape, extract, WordReader } from '../../../text/quoting.ts';
import { credentialNameIsValid } from '../../../values/names.ts';
import { printableWords } from '../../../values/shown.ts';
import type { Kind, ParseContext } from '../kind.ts';
import { doubleQuotedSpecifiers, expand, warning } from './basic.ts';

export interface SetCredentialEntry {
  id: string;
  data: Buffer;
}

export interface LoadCredentialEntry {
  id: string;
  path: string;
}

/** Credentials that are taken over from where the manager finds some: a name, or its beginning. */
export interface ImportCredentialEntry {
  name: string;
  /** `name` is what they begin with (a `*` behind it). */
  prefix: boolean;
  /** What stands in the place of `name`. */
  rename: string | undefined;
}

/** The id before the first colon, checked; `rest` is undefined without a colon. */
function credentialName(value: string, at: ParseContext): { id: string; rest: string | undefined } | undefined {
  const reader = new WordReader(value, ':', extract.dontCoalesce);
  const word = reader.next();
  if (word === undefined) {
    at.report(
      warning,
      reader.failed ? `Failed to extract credential name, ignoring: ${value}` : `Invalid syntax, ignoring: ${value}`,
    );
    return undefined;
  }
  const id = expand(at, 'cred', word, doubleQuotedSpecifiers);
  if (id === undefined) return undefined;
  if (!credentialNameIsValid(id)) {
    at.report(warning, `Credential name "${id}" not valid, ignoring.`);
    return undefined;
  }
  return { id, rest: reader.rest };
}

const replaceById = <T extends { id: string }>(list: readonly T[], entry: T): T[] =>
  list.some((e) => e.id === entry.id) ? list.map((e) => (e.id === entry.id ? entry : e)) : [...list, entry];

export const setCredentials: Kind<SetCredentialEntry[]> = {
  name: 'id:value',
  parse(value, at, current) {
    if (value === '') return [];
    const named = credentialName(value, at);
    if (named === undefined) return current;
    if (named.rest === undefined || named.rest === '') {
      at.report(warning, `Invalid syntax, ignoring: ${value}`);
      return current;
    }
    if (at.key === 'SetCredentialEncrypted') {
      const data = decodeBase64(named.rest);
      if (data !== undefined) return replaceById(current, { id: named.id, data });
      const isShort = /^(?:[A-Za-z0-9+/]{4})*[A-Za-z0-9+/]{1,3}$/.test(named.rest);
      at.report(warning, isShort ? at.voice.loading.shortBase64 : at.voice.loading.badBase64);
      return current;
    }
    const text = cUnescape(named.rest, { acceptNul: true });
    if (text !== undefined) return replaceById(current, { id: named.id, data: textToBytes(text) });
    at.report(warning, `Can't unescape "${named.rest}", ignoring: ${errorText('EINVAL')}`);
    return current;
  },
  format: () => '',
};

export const loadCredentials: Kind<LoadCredentialEntry[]> = {
  name: 'id:path',
  parse(value, at, current) {
    if (value === '') return [];
    const named = credentialName(value, at);
    if (named === undefined) return current;
    const { id, rest } = named;
    if (rest === undefined || rest === '') return replaceById(current, { id, path: id });
    const path = expand(at, 'path', rest, doubleQuotedSpecifiers);
    if (path === undefined) return current;
    if (pathIsAbsolute(path) ? pathIsNormalized(path) : credentialNameIsValid(path)) {
      return replaceById(current, { id, path });
    }
    at.report(warning, `Credential source "${path}" not valid, ignoring.`);
    return current;
  },
  format: () => '',
};

/** systemd.exec(5), ImportCredential=: GLOB or GLOB:NEW, where only a last `*` is a wildcard. */
export const importCredentials: Kind<ImportCredentialEntry[]> = {
  name: 'glob[:name]',
  parse(value, at, current) {
    if (value === '') return [];
    const colon = value.indexOf(':');
    const glob = expand(at, 'cred', colon < 0 ? value : value.slice(0, colon), doubleQuotedSpecifiers);
    if (glob === undefined) return current;
    const prefix = glob.endsWith('*');
    const name = prefix ? glob.slice(0, -1) : glob;
    const isName = (text: string): boolean => credentialNameIsValid(text) && !/[*?[\]]/.test(text);
    if (!(prefix && name === '') && !isName(name)) {
      at.report(warning, `Credential name or glob "${glob}" not valid, ignoring.`);
      return current;
    }
    const rename = colon < 0 ? undefined : expand(at, 'cred', value.slice(colon + 1), doubleQuotedSpecifiers);
    if (colon >= 0 && (rename === undefined || (rename === '' ? !prefix : !isName(rename)))) {
      if (rename !== undefined) at.report(warning, `Credential name "${rename}" not valid, ignoring.`);
      return current;
    }
    const entry = { name, prefix, rename };
    const isSame = (other: ImportCredentialEntry): boolean =>
      other.name === name && other.prefix === prefix && other.rename === rename;
    return current.some(isSame) ? current : [...current, entry];
  },
  format: (list) => printableWords(list.map(({ name, prefix }) => (prefix ? `${name}*` : name))),
};
