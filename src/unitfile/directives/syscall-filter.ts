/** A filter of system calls: what the words of its lines come to, in the newest release and in those that know less. */
import { errnoName } from '../../sys/errno-names.ts';
import { printableFilter, type ShownValue } from '../../values/shown.ts';
import { syscallGroups, syscallGroupsIn, syscallKill, syscallNames } from '../../values/system-calls.ts';
import type { Voice } from '../../voice/voice.ts';
import type { SyscallFilter, SyscallWord } from './shapes.ts';

/** Names of other calls' numbers in libseccomp. */
const sameAs: Readonly<Record<string, string>> = { sys_debug_setcontext: 'switch_endian' };

/** Which calls and groups there are. */
interface Known {
  readonly groups: ReadonlyMap<string, readonly string[]>;
  has(name: string): boolean;
}

const newest: Known = { groups: syscallGroups, has: (name) => syscallNames.has(name) };

/** What a word does to the calls that are listed. */
export function addSyscalls(
  calls: Map<string, number | undefined>,
  { name, errno, invert }: SyscallWord,
  allow: boolean,
  complain: (what: 'group' | 'call', unknown: string) => void,
  known = newest,
): void {
  if (name.startsWith('@')) {
    const members = known.groups.get(name);
    if (members === undefined) complain('group', name);
    else for (const member of members) addSyscalls(calls, { name: member, errno, invert }, allow, () => {}, known);
    return;
  }
  const call = sameAs[name] ?? name;
  if (!known.has(call)) {
    complain('call', name);
    return;
  }
  if (!invert === allow || (invert && allow && errno !== undefined)) calls.set(call, errno);
  else calls.delete(call);
}

/** The calls that a release which knows less has in a filter. */
export function callsOfRelease({ allow, said }: SyscallFilter, voice: Voice['systemCalls']): SyscallFilter['calls'] {
  const known: Known = {
    groups: syscallGroupsIn(voice),
    has: (name) => syscallNames.has(name) && !voice.unknown.includes(name),
  };
  const calls = new Map<string, number | undefined>();
  for (const word of said) addSyscalls(calls, word, allow, () => {}, known);
  return new Map([...calls].map(([name, errno]) => [name === 'switch_endian' ? voice.switchEndian : name, errno]));
}

/** As `show` prints it; `calls`, where a release has others in it. */
export function shownSyscallFilter(filter: SyscallFilter | undefined, calls = filter?.calls): ShownValue {
  if (filter === undefined || calls === undefined) return { whenAll: '~' };
  const { allow } = filter;
  const list: string[] = [];
  for (const [name, errno] of calls) {
    if (errno === undefined) list.push(name);
    else if (!allow) list.push(`${name}:${errno === syscallKill ? 'kill' : (errnoName(errno) ?? errno)}`);
  }
  return printableFilter(allow, list.sort());
}
