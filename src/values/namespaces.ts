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

/** Flags of the names in a text; undefined where one is none. */
function flagsOf(text: string): number | undefined {
  let flags = 0;
  for (const word of splitWords(text) ?? ['']) {
    const flag = namespaceFlags.find(([name]) => name === word)?.[1];
    if (flag === undefined) return undefined;
    flags |= flag;
  }
  return flags;
}

/** The mask after one line of RestrictNamespaces=; undefined where the line names no namespaces. */
export function mergeNamespaces(text: string, current: number): number | undefined {
  if (text === '') return anyNamespace;
  const truth = parseBoolean(text);
  if (truth !== undefined) return truth ? 0 : everyNamespace;
  const invert = text.startsWith('~');
  const flags = flagsOf(invert ? text.slice(1) : text);
  if (flags === undefined) return undefined;
  if (current === anyNamespace) return invert ? everyNamespace & ~flags : flags;
  return invert ? current & ~flags : current | flags;
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
