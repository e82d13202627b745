/**
 * Which filters of system calls a unit's settings ask for (systemd.exec(5), "SANDBOXING" and "SYSTEM CALL FILTERING"). The
 * kernel asks all filters and takes the strictest answer, of equal ones that of the filter installed last.
 */
import type { ExecSettings } from '../../unitfile/directives/exec.ts';
import type { SyscallFilter } from '../../unitfile/directives/shapes.ts';
import { addressFamilyNames, addressFamilyNumber } from '../../values/address-families.ts';
import { parsePersonality } from '../../values/architectures.ts';
import { anyNamespace, namespaceFlags } from '../../values/namespaces.ts';
import { syscallGroups, syscallKill } from '../../values/system-calls.ts';
import type { Architecture } from './numbers.ts';
import { action, assemble, assembleArchitectures, type Condition, type Filter, type Rule } from './program.ts';

/** The settings that filters are made of. */
export type SeccompSettings = Pick<
  ExecSettings,
  | 'SystemCallFilter'
  | 'SystemCallErrorNumber'
  | 'SystemCallLog'
  | 'SystemCallArchitectures'
  | 'MemoryDenyWriteExecute'
  | 'RestrictNamespaces'
  | 'RestrictRealtime'
  | 'RestrictSUIDSGID'
  | 'RestrictAddressFamilies'
  | 'LockPersonality'
  | 'Personality'
  | 'ProtectClock'
  | 'ProtectHostname'
  | 'ProtectKernelLogs'
  | 'ProtectKernelModules'
  | 'ProtectKernelTunables'
  | 'PrivateDevices'
>;

/** The filters in the order in which they are installed. */
export interface Seccomp {
  /** Programs of classic BPF, struct sock_filter. */
  programs: Uint8Array[];
  /** With these filters the process can neither run a program nor end without being killed, or refused it. */
  barsExec: boolean;
}

/** A filter that cannot be made: the errno's name, and what to say of it. */
export class SeccompError extends Error {
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;
const refuse = action.fail(EPERM);

/** What a kernel of this machine runs (uname(2)), the native architecture last; none where it is not known here. */
function localArchitectures(machine: string): readonly Architecture[] {
  if (machine === 'x86_64') return ['x86', 'x32', 'x86-64'];
  if (machine === 'aarch64') return ['arm', 'arm64'];
  return [];
}

const when = (argument: number, is: Condition['is'], value: number): Condition => ({ argument, is, value });
const rule = (call: string, conditions: Condition[] = [], then: number = refuse): Rule => ({
  call,
  when: conditions,
  action: then,
});

/** Members of a group of SystemCallFilter=, groups in it resolved. */
const membersOf = (group: string): string[] =>
  (syscallGroups.get(group) ?? []).flatMap((name) => (name.startsWith('@') ? membersOf(name) : [name]));
const refuseGroup = (group: string): Rule[] => membersOf(group).map((name) => rule(name));

/** RestrictAddressFamilies=. x86 is left out: there the family lies in memory, where no filter sees it. */
function familyRules(architecture: Architecture, setting: SeccompSettings['RestrictAddressFamilies']): Rule[] {
  if (setting === undefined || architecture === 'x86') return [];
  const refuseSocket = (...conditions: Condition[]): Rule => rule('socket', conditions, action.fail(EAFNOSUPPORT));
  const listed = new Set(setting.names.map((name) => addressFamilyNumber(name)!));
  if (!setting.allow) return [...listed].map((family) => refuseSocket(when(0, 'equal', family)));
  if (listed.size === 0) return [refuseSocket()];
  const first = Math.min(...listed);
  const last = Math.max(...listed);
  const between = addressFamilyNames.map((_, family) => family).filter((family) => family > first && family < last);
  return [
    refuseSocket(when(0, 'below', first)),
    refuseSocket(when(0, 'above', last)),
    ...between.filter((family) => !listed.has(family)).map((family) => refuseSocket(when(0, 'equal', family))),
  ];
}

/** MemoryDenyWriteExecute=: PROT_WRITE is 2, PROT_EXEC 4, SHM_EXEC 0100000. */
function memoryRules(architecture: Architecture): Rule[] {
  const map = architecture === 'x86' || architecture === 'arm' ? 'mmap2' : 'mmap';
  return [
    rule(map, [when(2, 'bits', 2 | 4)]),
    // The old call has its arguments in memory.
    ...(architecture === 'x86' ? [rule('mmap')] : [rule('shmat', [when(2, 'bits', 0o100000)])]),
    rule('mprotect', [when(2, 'bits', 4)]),
    rule('pkey_mprotect', [when(2, 'bits', 4)]),
  ];
}

/** RestrictRealtime=: SCHED_OTHER, SCHED_BATCH and SCHED_IDLE stay. */
const realtimeRules: Rule[] = [
  ...[1, 2, 4].map((policy) => rule('sched_setscheduler', [when(1, 'equal', policy)])),
  rule('sched_setscheduler', [when(1, 'above', 5)]),
];

/** RestrictSUIDSGID=. What openat2(2) is asked for lies in memory: programs fall back to openat(2). */
const setIdRules: Rule[] = [0o4000, 0o2000].flatMap((bit) => {
  const creating = 0o100;
  return [
    rule('chmod', [when(1, 'bits', bit)]),
    rule('fchmod', [when(1, 'bits', bit)]),
    rule('fchmodat', [when(2, 'bits', bit)]),
    rule('fchmodat2', [when(2, 'bits', bit)]),
    rule('mkdir', [when(1, 'bits', bit)]),
    rule('mkdirat', [when(2, 'bits', bit)]),
    rule('mknod', [when(1, 'bits', bit)]),
    rule('mknodat', [when(2, 'bits', bit)]),
    rule('open', [when(1, 'bits', creating), when(2, 'bits', bit)]),
    rule('openat', [when(2, 'bits', creating), when(3, 'bits', bit)]),
    rule('openat2', [], action.fail(ENOSYS)),
    rule('creat', [when(1, 'bits', bit)]),
  ];
});

/** RestrictNamespaces=: `kept` are the CLONE_NEW* flags that stay. The flags of clone3(2) lie in memory. */
function namespaceRules(kept: number): Rule[] {
  const denied = namespaceFlags.map(([, flag]) => flag).filter((flag) => (kept & flag) === 0);
  if (kept === anyNamespace || denied.length === 0) return [];
  const all = denied.length === namespaceFlags.length;
  return [
    rule('clone3', [], action.fail(ENOSYS)),
    // A descriptor alone would tell the kernel which namespace it is.
    all ? rule('setns') : rule('setns', [when(1, 'equal', 0)]),
    ...denied.flatMap((flag) => [
      rule('unshare', [when(0, 'bits', flag)]),
      rule('clone', [when(0, 'bits', flag)]),
      ...(all ? [] : [rule('setns', [when(1, 'bits', flag)])]),
    ]),
  ];
}

/** All that refuse some calls with an errno and let others pass, as one filter; later settings come first. */
function restrictions(exec: SeccompSettings, architecture: Architecture, native: Architecture): Rule[] {
  const personality = exec.Personality === undefined ? 0 : parsePersonality(exec.Personality, native)!;
  return [
    exec.LockPersonality ? [rule('personality', [when(0, 'not', personality)])] : [],
    exec.PrivateDevices ? refuseGroup('@raw-io') : [],
    exec.ProtectClock ? refuseGroup('@clock') : [],
    exec.ProtectKernelLogs ? [rule('syslog')] : [],
    exec.ProtectKernelModules ? refuseGroup('@module') : [],
    exec.ProtectKernelTunables ? [rule('_sysctl')] : [],
    namespaceRules(exec.RestrictNamespaces),
    exec.RestrictSUIDSGID ? setIdRules : [],
    exec.RestrictRealtime ? realtimeRules : [],
    exec.MemoryDenyWriteExecute ? memoryRules(architecture) : [],
    familyRules(architecture, exec.RestrictAddressFamilies),
    exec.ProtectHostname.mode === 'yes' ? ['sethostname', 'setdomainname'].map((call) => rule(call)) : [],
  ].flat();
}

const isEmpty = (filter: SyscallFilter | undefined): boolean =>
  filter === undefined || (!filter.allow && filter.calls.size === 0);

/** SystemCallFilter=; throws SeccompError where a call is to be treated as all others are, as libseccomp does. */
function callFilter(exec: SeccompSettings): Filter | undefined {
  const { SystemCallFilter: setting, SystemCallErrorNumber: errno } = exec;
  if (setting === undefined || isEmpty(setting)) return undefined;
  const answer = (number: number): number => (number === syscallKill ? action.killProcess : action.fail(number));
  const otherwise = setting.allow ? answer(errno) : action.allow;
  const listed = setting.allow ? action.allow : answer(errno);
  const rules = [...setting.calls].map(([call, own]) => rule(call, [], own === undefined ? listed : answer(own)));
  if (rules.some((each) => each.action === otherwise))
    throw new SeccompError('Failed to apply system call filters', 'EACCES');
  return { rules, otherwise };
}

/** SystemCallLog=. */
function logFilter(setting: SyscallFilter | undefined): Filter | undefined {
  if (setting === undefined || setting.calls.size === 0) return undefined;
  const [listed, otherwise] = setting.allow ? [action.log, action.allow] : [action.allow, action.log];
  return { rules: [...setting.calls.keys()].map((call) => rule(call, [], listed)), otherwise };
}

/** Names of the settings that ask for a filter, in systemd's order. */
export function seccompSettings(exec: SeccompSettings): string[] {
  const asked: [string, boolean][] = [
    ['ProtectHostname', exec.ProtectHostname.mode === 'yes'],
    ['RestrictAddressFamilies', exec.RestrictAddressFamilies !== undefined],
    ['MemoryDenyWriteExecute', exec.MemoryDenyWriteExecute],
    ['RestrictRealtime', exec.RestrictRealtime],
    ['RestrictSUIDSGID', exec.RestrictSUIDSGID],
    ['RestrictNamespaces', namespaceRules(exec.RestrictNamespaces).length > 0],
    ['ProtectKernelTunables', exec.ProtectKernelTunables],
    ['ProtectKernelModules', exec.ProtectKernelModules],
    ['ProtectKernelLogs', exec.ProtectKernelLogs],
    ['ProtectClock', exec.ProtectClock],
    ['PrivateDevices', exec.PrivateDevices],
    ['SystemCallArchitectures', exec.SystemCallArchitectures.length > 0],
    ['LockPersonality', exec.LockPersonality],
    ['SystemCallLog', !isEmpty(exec.SystemCallLog)],
    ['SystemCallFilter', !isEmpty(exec.SystemCallFilter)],
  ];
  return asked.filter(([, on]) => on).map(([name]) => name);
}

/** The filters of a unit, for a machine as uname(2) names it. Throws SeccompError. */
export function seccompOf(exec: SeccompSettings, machine: string): Seccomp {
  const local = localArchitectures(machine);
  const native = local.at(-1);
  const programs: Uint8Array[] = [];
  if (native === undefined) return { programs, barsExec: false };
  // What no call of may be made at all needs no other filter.
  const { SystemCallArchitectures: named } = exec;
  const open = named.length === 0 ? local : local.filter((each) => each === native || named.includes(each));
  for (const architecture of open) {
    const rules = restrictions(exec, architecture, native);
    if (rules.length > 0) programs.push(assemble(architecture, { rules, otherwise: action.allow }));
  }
  if (open.length < local.length) programs.push(assembleArchitectures(open));
  const filter = callFilter(exec);
  // Last the one that may bar what it takes to install a filter.
  for (const each of [logFilter(exec.SystemCallLog), filter])
    if (each !== undefined) for (const architecture of open) programs.push(assemble(architecture, each));
  return {
    programs,
    barsExec: filter !== undefined && !['execve', 'exit_group'].every((call) => passes(filter, call)),
  };
}

const passes = (filter: Filter, call: string): boolean =>
  (filter.rules.find((each) => each.call === call)?.action ?? filter.otherwise) === action.allow;
