/** Directories and the view of the file system: systemd.exec(5) "PATHS" and "SANDBOXING". */

import { errorText } from '../../../sys/error-text.ts';
import { pathStartsWith } from '../../../text/paths.ts';
import { extract, WordReader } from '../../../text/quoting.ts';
import { printableWords } from '../../../values/shown.ts';
import type { Kind } from '../kind.ts';
import type { BindMount, ExecDirectoryEntry, PrefixedPath } from '../shapes.ts';
import {
  bareSpecifiers,
  checkPath,
  doubleQuotedSpecifiers,
  error,
  expand,
  expandedPath,
  oneOfOrBoolean,
  optional,
  pathsOf,
  targetSpecifiers,
  warning,
  wordsOf,
} from './basic.ts';

/** `path` is absolute, or `~`: the user's home. */
export interface WorkingDirectorySetting {
  path: string;
  /** Prefix `-`: a missing one is no failure. */
  optional: boolean;
}

export const workingDirectory: Kind<WorkingDirectorySetting | undefined> = {
  name: 'path or ~',
  parse(value, at, current) {
    if (value === '') return undefined;
    const optional = value.startsWith('-');
    const rest = optional ? value.slice(1) : value;
    if (rest === '~') return { path: '~', optional };
    const text = expand(
      at,
      'path',
      rest,
      (t) => `Failed to resolve unit specifiers in working directory path '${t}'${optional ? ', ignoring' : ''}`,
      optional ? warning : error,
    );
    const path = text === undefined ? undefined : checkPath(at, text, { absolute: true, fatal: !optional });
    if (path !== undefined) return { path, optional };
    if (!optional) at.fatal();
    return current;
  },
  format: (value) => (value === undefined ? '' : `${value.optional ? '!' : ''}${value.path}`),
};

export const namespacePaths: Kind<PrefixedPath[]> = {
  name: 'paths',
  parse(value, at, current) {
    if (value === '') return [];
    const list = [...current];
    for (const word of wordsOf(at, value, extract.unquote, `Failed to extract first word, ignoring: ${value}`)) {
      const optional = word.startsWith('-');
      const afterOptional = optional ? word.slice(1) : word;
      const rooted = afterOptional.startsWith('+');
      const path = expandedPath(
        at,
        rooted ? afterOptional.slice(1) : afterOptional,
        (t) => `Failed to resolve unit specifiers in ${t}`,
      );
      if (path !== undefined) list.push({ path, optional, rooted });
    }
    return list;
  },
  format: (list) => printableWords(list.map((p) => `${p.optional ? '-' : ''}${p.rooted ? '+' : ''}${p.path}`)),
};

export const colonPaths = pathsOf(
  'paths, colon separated',
  extract.dontCoalesce,
  ':',
  (value) => `Failed to extract first word, ignoring: ${value}`,
);

export const bindPaths: Kind<BindMount[]> = {
  name: 'source:target:options',
  parse(value, at, current) {
    if (value === '') return [];
    const list = [...current];
    const flags = extract.unquote | extract.dontCoalesce;
    const reader = new WordReader(value, `: \t\n\r`, flags);
    const bad = (equals: string) => at.report(warning, `Failed to parse ${at.key}${equals}, ignoring: ${value}`);
    const atColon = (): boolean => reader.position !== undefined && value[reader.position - 1] === ':';
    for (;;) {
      const sourceWord = reader.next();
      if (sourceWord === undefined) {
        if (reader.failed) bad('');
        return list;
      }
      const text = expand(at, 'full', sourceWord, doubleQuotedSpecifiers);
      if (text === undefined) continue;
      const optional = text.startsWith('-');
      const source = checkPath(at, optional ? text.slice(1) : text);
      if (source === undefined) continue;
      const bind: BindMount = { source, target: source, optional, recursive: true };
      if (atColon()) {
        const targetWord = reader.next();
        if (targetWord === undefined) {
          if (reader.failed) {
            bad('');
            return list;
          }
          at.report(warning, `Missing argument after ':', ignoring: ${source}`);
          continue;
        }
        const target = expandedPath(at, targetWord, targetSpecifiers);
        if (target === undefined) continue;
        bind.target = target;
        if (atColon()) {
          const rest = new WordReader(value.slice(reader.position), undefined, extract.unquote);
          const options = rest.next();
          if (rest.failed) {
            bad('=');
            return list;
          }
          reader.position = rest.position === undefined ? undefined : reader.position! + rest.position;
          if (options === 'norbind') bind.recursive = false;
          else if (options !== undefined && options !== '' && options !== 'rbind') {
            at.report(warning, `Invalid option string, ignoring setting: ${options}`);
            continue;
          }
        }
      }
      list.push(bind);
    }
  },
  format: (list) =>
    list
      .map(
        (b) =>
          `${b.optional ? '-' : ''}${b.source}${b.target === '' ? '' : `:${b.target}`}${b.recursive ? ':rbind' : ''}`,
      )
      .join(' '),
};

export interface TemporaryFileSystemSetting {
  path: string;
  options: string;
}

export const temporaryFileSystems: Kind<TemporaryFileSystemSetting[]> = {
  name: 'path:options',
  parse(value, at, current) {
    if (value === '') return [];
    const list = [...current];
    for (const word of wordsOf(at, value, extract.unquote, `Failed to extract first word, ignoring: ${value}`)) {
      const reader = new WordReader(word, ':', extract.dontCoalesce);
      const pathWord = reader.next();
      if (pathWord === undefined) {
        at.report(
          warning,
          reader.failed ? `Failed to extract first word, ignoring: ${word}` : `Invalid syntax, ignoring: ${word}`,
        );
        continue;
      }
      const path = expandedPath(at, pathWord, bareSpecifiers);
      if (path !== undefined) list.push({ path, options: reader.rest ?? '' });
    }
    return list;
  },
  format: (list) => list.map((t) => `${t.path}${t.options === '' ? '' : `:${t.options}`}`).join(' '),
};

const propagations = ['shared', 'slave', 'private'] as const;

export const mountFlags: Kind<(typeof propagations)[number] | undefined> = optional(
  propagations.join('|'),
  'Failed to parse mount flag',
  (value) => propagations.find((known) => known === value),
  (value) => value ?? '',
);

export const execDirectories: Kind<ExecDirectoryEntry[]> = {
  name: 'directories below a root',
  parse(value, at, current) {
    if (value === '') return [];
    const list = current.map((entry) => ({ ...entry, symlinks: [...entry.symlinks] }));
    const bad = `Invalid syntax ${at.key}=${value}, ignoring: ${errorText('EINVAL')}`;
    for (const tuple of wordsOf(at, value, extract.unquote | extract.retainEscape, bad)) {
      const flags = extract.cUnescape | extract.unescapeSeparators | extract.dontCoalesce;
      const reader = new WordReader(tuple.replace(/^:+/, ''), ':', flags);
      const source = reader.next();
      const target = source === undefined ? undefined : reader.next();
      const option = target === undefined ? undefined : reader.next();
      if (!source || reader.failed) {
        at.report(warning, `Invalid syntax in ${at.key}=, ignoring: ${tuple}`);
        break;
      }
      const name = expandedPath(at, source, doubleQuotedSpecifiers, { relative: true });
      if (name === undefined) continue;
      if (pathStartsWith(name, 'private') !== undefined) {
        at.report(warning, `${at.key}= path can't be 'private', ignoring assignment: ${tuple}`);
        continue;
      }
      let link: string | undefined;
      if (target !== undefined && target !== '') {
        if (at.key === 'ConfigurationDirectory') {
          at.report(warning, `Destination parameter is not supported for ConfigurationDirectory, ignoring: ${tuple}`);
          continue;
        }
        link = expandedPath(at, target, doubleQuotedSpecifiers, { relative: true });
        if (link === undefined) continue;
      }
      // Of the flags that a release to come may know the one that is known takes rights away.
      if (option) {
        if (option !== 'ro') at.report(warning, `Unknown flag in ${at.key}=, taking 'ro', which protects: ${tuple}`);
      }
      const readOnly = option !== undefined && option !== '';
      const known = list.find((entry) => entry.name === name);
      if (known === undefined)
        list.push({ name, symlinks: link === undefined ? [] : [link], ...(readOnly ? { readOnly } : {}) });
      else if (link !== undefined) known.symlinks.push(link);
    }
    return list;
  },
  format: (list) => printableWords(list.map((entry) => entry.name)),
};

export const preserveMode = oneOfOrBoolean(
  'runtime directory preserve mode',
  ['no', 'yes', 'restart', 'on-success'],
  'yes',
  'no',
);
