/** Kinds of namespaces: RestrictNamespaces= of systemd.exec(5), a mask of what a process may still make. */

import { parseBoolean } from '../text/numbers.ts';
import { splitWords } from '../text/quoting.ts';

/** CLONE_NEW* by the names of RestrictNamespaces=, in the order in which systemd prints them. */
export const namespaceFlags: readonly (readonly [string, number])[] = [
  ['cgroup', 0x02000000],
  ['ipc', 0x08000000],
  ['net', 0x40000000],
  ['mnt', 0x00020000],
  ['pid', 0x20000000],
  ['user', 0x10000000],
  ['uts', 0x04000000],
];
const everyNamespace = namespaceFlags.reduce((mask, [, flag]) => mask | flag, 0);
/** Nothing has been said: every namespace may be made. */
export const anyNamespace = -1;

/** Flags of the names in a text, and the words that name none. */
function flagsOf(text: string): { flags: number; unknown: string[] } {
  let flags = 0;
  const unknown: string[] = [];
  for (const word of splitWords(text) ?? [text]) {
    const flag = namespaceFlags.find(([name]) => name === word)?.[1];
    if (flag === undefined) unknown.push(word);
    else flags |= flag;
  }
  return { flags, unknown };
}

/**
 * The mask after one line of RestrictNamespaces=. A name that is none does not take the protection of the others with it; a
 * list to be allowed in which none is known allows nothing.
 */
export function mergeNamespaces(text: string, current: number): { mask: number; unknown: readonly string[] } {
  if (text === '') return { mask: anyNamespace, unknown: [] };
  const truth = parseBoolean(text);
  if (truth !== undefined) return { mask: truth ? 0 : everyNamespace, unknown: [] };
  const invert = text.startsWith('~');
  const { flags, unknown } = flagsOf(invert ? text.slice(1) : text);
  if (invert && flags === 0 && unknown.length > 0) return { mask: current, unknown };
  if (current === anyNamespace) return { mask: invert ? everyNamespace & ~flags : flags, unknown };
  return { mask: invert ? current & ~flags : current | flags, unknown };
}

/** Those that a user namespace can own. */
const ownable = everyNamespace & ~0x10000000;

/**
 * The mask after one line of DelegateNamespaces=: what the unit's user namespace is to own. `mask` is undefined where the line
 * asks for the user namespace itself, which owns itself.
 */
export function mergeDelegated(
  text: string,
  current: number,
): { mask: number | undefined; unknown: readonly string[] } {
  if (text === '') return { mask: anyNamespace, unknown: [] };
  const truth = parseBoolean(text);
  if (truth !== undefined) return { mask: truth ? ownable : 0, unknown: [] };
  const invert = text.startsWith('~');
  const { flags, unknown } = flagsOf(invert ? text.slice(1) : text);
  if (unknown.length > 0) return { mask: current, unknown };
  const before = current === anyNamespace ? (invert ? ownable : 0) : current;
  const mask = invert ? before & ~flags : before | flags;
  return { mask: (mask & ~ownable) === 0 ? mask : undefined, unknown: [] };
}

export function formatDelegated(mask: number): string {
  if (mask === anyNamespace) return '';
  if (mask === 0) return 'no';
  if (mask === ownable) return 'yes';
  return namespaceFlags
    .filter(([, flag]) => (mask & flag) !== 0)
    .map(([name]) => name)
    .join(' ');
}

/** Names of what may be made; `no` where that is everything, `yes` where it is nothing. */
export function formatNamespaces(mask: number): string {
  if ((mask & everyNamespace) === 0) return 'yes';
  if ((mask & everyNamespace) === everyNamespace) return 'no';
  return namespaceFlags
    .filter(([, flag]) => (mask & flag) !== 0)
    .map(([name]) => name)
    .join(' ');
}
