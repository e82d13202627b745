/** Disk images: systemd.exec(5) "PATHS", RootImage= and its kin. */

import { errorText } from '../../../sys/error-text.ts';
import { decodeBase64 } from '../../../text/bytes.ts';
import { pathIsAbsolute } from '../../../text/paths.ts';
import { extract, WordReader } from '../../../text/quoting.ts';
import { ImagePolicy } from '../../../values/image-policy.ts';
import { printable } from '../../../values/shown.ts';
import type { Kind, ParseContext } from '../kind.ts';
import {
  bareSpecifiers,
  doubleQuotedSpecifiers,
  error,
  expand,
  expandedPath,
  targetSpecifiers,
  warning,
  wordsOf,
} from './basic.ts';

export interface MountOptionsSetting {
  partition: string;
  options: string;
}

const partitions: ReadonlySet<string> = new Set(
  (
    'root root-secondary root-other usr usr-secondary usr-other home srv esp xbootldr swap root-verity ' +
    'root-secondary-verity root-other-verity usr-verity usr-secondary-verity usr-other-verity root-verity-sig ' +
    'root-secondary-verity-sig root-other-verity-sig usr-verity-sig usr-secondary-verity-sig usr-other-verity-sig ' +
    'tmp var user-home linux-generic'
  ).split(' '),
);

function optionsOfPartition(
  at: ParseContext,
  first: string,
  second: string | undefined,
): MountOptionsSetting | undefined {
  const partition = second === undefined ? 'root' : first;
  if (!partitions.has(partition)) {
    at.report(warning, `Invalid partition name ${partition}, ignoring`);
    return undefined;
  }
  const options = expand(at, 'full', second ?? first, bareSpecifiers);
  return options === undefined ? undefined : { partition, options };
}

const pairFlags = extract.cUnescape | extract.unescapeSeparators;

/** strv_split_colon_pairs: words of one or two parts; undefined where one has more, or quotes don't close. */
function colonPairs(value: string): [string, string | undefined][] | undefined {
  const pairs: [string, string | undefined][] = [];
  const words = new WordReader(value, undefined, extract.unquote | extract.retainEscape);
  for (let word = words.next(); word !== undefined; word = words.next()) {
    const reader = new WordReader(word, ':', pairFlags);
    const first = reader.next();
    const second = reader.next();
    if (reader.failed || (reader.rest ?? '') !== '') return undefined;
    if (first !== undefined) pairs.push([first, second]);
  }
  return words.failed ? undefined : pairs;
}

/** `partition:options` pairs; `options` alone is of the root partition. */
function optionPairs(at: ParseContext, reader: WordReader): MountOptionsSetting[] | undefined {
  const list: MountOptionsSetting[] = [];
  for (;;) {
    const rest = reader.rest ?? '';
    const first = reader.next();
    const second = first === undefined ? undefined : reader.next();
    if (reader.failed) {
      at.report(warning, `Invalid syntax, ignoring: ${rest}`);
      return undefined;
    }
    if (first === undefined) return list;
    const options = optionsOfPartition(at, first, second);
    if (options !== undefined) list.push(options);
    if (second === undefined) return list;
  }
}

export const rootImageOptions: Kind<MountOptionsSetting[]> = {
  name: 'partition:options',
  parse(value, at, current) {
    if (value === '') return [];
    const pairs = colonPairs(value);
    if (pairs === undefined) {
      at.report(warning, `Failed to parse ${at.key}, ignoring: ${value}`);
      return current;
    }
    const list = pairs.map(([first, second]) => optionsOfPartition(at, first, second)).filter((o) => o !== undefined);
    return list.length === 0 ? [] : [...current, ...list];
  },
  format: (list) => list.map((o) => `${o.partition}:${o.options}`),
};

export interface MountImageSetting {
  source: string;
  target: string;
  optional: boolean;
  options: MountOptionsSetting[];
}

const optionsText = (options: readonly MountOptionsSetting[]): string =>
  options.map((o) => `:${o.partition}:${o.options}`).join('');

function images(withTarget: boolean): Kind<MountImageSetting[]> {
  return {
    name: withTarget ? 'image:path:options' : 'image:options',
    parse(value, at, current) {
      if (value === '') return [];
      const list = [...current];
      const bad = `Invalid syntax ${at.key}=${value}, ignoring: ${errorText('EINVAL')}`;
      for (const tuple of wordsOf(at, value, extract.unquote | extract.retainEscape, bad)) {
        const reader = new WordReader(tuple, ':', pairFlags);
        const first = reader.next();
        const second = withTarget && first !== undefined ? reader.next() : undefined;
        if (reader.failed) {
          at.report(warning, `Invalid syntax in ${at.key}=, ignoring: ${tuple}`);
          return list;
        }
        if (first === undefined) continue;
        const optional = first.startsWith('-');
        const source = expandedPath(at, optional ? first.slice(1) : first, doubleQuotedSpecifiers);
        if (source === undefined) continue;
        let target = '';
        if (withTarget) {
          if (second === undefined || second === '') {
            at.report(warning, `Missing destination in ${at.key}, ignoring: ${value}`);
            continue;
          }
          const path = expandedPath(at, second, targetSpecifiers);
          if (path === undefined) continue;
          target = path;
        }
        const options = optionPairs(at, reader);
        if (options === undefined) return list;
        list.push({ source, target, optional, options });
      }
      return list;
    },
    format: (list) =>
      list
        .map((i) => `${i.optional ? '-' : ''}${i.source}${withTarget ? `:${i.target}` : ''}${optionsText(i.options)}`)
        .join(' '),
  };
}

export const mountImages = images(true);

export const extensionImages = images(false);

/** A hash given as such (hexadecimal or base64), or the path of a file with it. */
export type HashSetting = { path: string } | { data: Buffer };

export const rootHash: Kind<HashSetting | undefined> = {
  name: 'hash or path',
  parse(value, at, current) {
    if (value === '') return undefined;
    if (pathIsAbsolute(value)) return { path: value };
    if (!/^(?:[0-9a-fA-F]{2})+$/.test(value)) at.report(warning, `Failed to decode RootHash=, ignoring: ${value}`);
    else if (value.length < 32) at.report(warning, `RootHash= is too short, ignoring: ${value}`);
    else return { data: Buffer.from(value, 'hex') };
    return current;
  },
  format: () => '',
};

export const rootHashSignature: Kind<HashSetting | undefined> = {
  name: 'base64 or path',
  parse(value, at, current) {
    if (value === '') return undefined;
    if (pathIsAbsolute(value)) return { path: value };
    if (!value.startsWith('base64:')) {
      at.report(
        warning,
        `Failed to decode RootHashSignature=, not a path but doesn't start with 'base64:', ignoring: ${value}`,
      );
      return current;
    }
    const data = decodeBase64(value.slice('base64:'.length));
    if (data !== undefined) return { data };
    at.report(warning, `Failed to decode RootHashSignature=, ignoring: ${value}`);
    return current;
  },
  format: () => '',
};

/** As short as it can be said; partitions and flags of later releases are passed over. */
export const imagePolicy: Kind<string | undefined> = {
  name: 'image policy',
  parse(value, at) {
    if (value === '') return undefined;
    const policy = ImagePolicy.parse(value, { graceful: true });
    if (policy instanceof ImagePolicy) return policy.toString();
    const why = policy === 'ENOTUNIQ' ? 'Duplicate rule in image policy' : 'Failed to parse image policy';
    at.report(error, `${why}, refusing: ${value}`);
    at.fatal();
    return undefined;
  },
  format: printable,
};
