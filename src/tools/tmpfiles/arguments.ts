/** The seventh field of a line, by what its type makes of it (tmpfiles.d(5), "Argument"). */

import { whitespace } from '../../text/characters.ts';
import { parseUnsigned } from '../../text/numbers.ts';
import { extract, WordReader } from '../../text/quoting.ts';
import type { TimeKind } from './item.ts';

/** Bits of ioctl_iflags(2) by the letters of chattr(1). */
const flagBits: Readonly<Record<string, number>> = {
  A: 0x80,
  S: 0x8,
  D: 0x10000,
  a: 0x20,
  c: 0x4,
  d: 0x40,
  e: 0x80000,
  i: 0x10,
  j: 0x4000,
  s: 0x1,
  u: 0x2,
  t: 0x8000,
  T: 0x20000,
  C: 0x800000,
  P: 0x20000000,
};

/** The one of them that only directories have. */
export const directorySyncFlag = flagBits.D!;

const allFlags = Object.values(flagBits).reduce((all, bit) => all | bit, 0);

/** `+`, `-` or `=` and letters; the text of an error where it is none of that. */
export function parseFlags(text: string, path: string): { value: number; mask: number } | string {
  const mode = /^[-+=]/.exec(text)?.[0] ?? '+';
  const letters = /^[-+=]/.test(text) ? text.slice(1) : text;
  if (letters === '' && mode !== '=') return `Setting file attribute on '${path}' needs an attribute specification.`;
  let value = 0;
  let mask = 0;
  for (const letter of letters) {
    const bit = Object.hasOwn(flagBits, letter) ? flagBits[letter]! : undefined;
    if (bit === undefined) return `Unknown file attribute '${letter}' on '${path}'.`;
    if (mode !== '-') value |= bit;
    mask |= bit;
  }
  return { value, mask: mode === '=' ? mask | allFlags : mask };
}

/** MAJOR:MINOR as a device number; the name of the errno where it is none. */
export function parseDevice(text: string): { device: number } | { code: 'EINVAL' | 'ERANGE' } {
  const match = /^(\d+):(.*)$/s.exec(text);
  if (match === null) return { code: 'EINVAL' };
  const [major, minor] = [match[1]!, match[2]!].map((part) => parseUnsigned(part));
  if (major === undefined || minor === undefined) return { code: 'EINVAL' };
  if (major >= 1 << 12 || minor >= 1 << 20) return { code: 'ERANGE' };
  return { device: (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12) };
}

/** NAME=VALUE words; what is none of that is told and left out. */
export function parseXattrs(text: string, warn: (message: string) => void): [name: string, value: string][] {
  const found: [string, string][] = [];
  const reader = new WordReader(text, whitespace, extract.unquote | extract.cUnescape);
  for (let word = reader.next(); word !== undefined; word = reader.next()) {
    const equals = word.indexOf('=');
    if (equals < 0) {
      warn(`Failed to parse extended attribute, ignoring: ${word}`);
      continue;
    }
    const [name, value] = [word.slice(0, equals), word.slice(equals + 1)];
    if (name === '' || value === '') warn(`Malformed extended attribute found, ignoring: ${word}`);
    else found.push([name, value]);
  }
  if (reader.failed) warn(`Failed to parse extended attribute '${reader.rest ?? ''}', ignoring: Invalid argument`);
  return found;
}

const timeKinds = 'abcm';

/** Letters of the times that make a file old, small for files, big for directories; undefined where it is neither. */
export function parseAgeBy(text: string): { file: Set<TimeKind>; directory: Set<TimeKind> } | undefined {
  const found = { file: new Set<TimeKind>(), directory: new Set<TimeKind>() };
  for (const letter of text) {
    if (whitespace.includes(letter)) continue;
    const kind = letter.toLowerCase();
    if (!timeKinds.includes(kind)) return undefined;
    found[letter === kind ? 'file' : 'directory'].add(kind as TimeKind);
  }
  return found.file.size + found.directory.size === 0 ? undefined : found;
}
