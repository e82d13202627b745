/** How `systemd-analyze security` judges one setting of a service: systemd 252's judgements. assessors.ts has the list. */

import { callsOfRelease } from '../../../unitfile/directives/syscall-filter.ts';
import type { CGroupSettings, ExecSettings } from '../../../unitfile/directives/table.ts';
import { formatPrefix, type IpPrefix } from '../../../values/addresses.ts';
import { parseCapability } from '../../../values/capabilities.ts';
import { namespaceFlags } from '../../../values/namespaces.ts';
import { syscallGroupsIn } from '../../../values/system-calls.ts';
import type { Voice } from '../../../voice/voice.ts';
import { callExists } from './native-calls.ts';

/** One service as it is judged. */
export interface JudgedUnit {
  readonly id: string;
  readonly fragmentPath: string | undefined;
  readonly defaultDependencies: boolean;
  readonly notifyAccess: string;
  readonly exec: ExecSettings;
  readonly cgroup: CGroupSettings;
  /** PrivateMounts=, or that other settings imply it. */
  readonly privateMounts: boolean;
  /** Of uname(2): system calls that it does not have are not missed. */
  readonly machine: string;
  /** Which system calls and groups of them the release knows. */
  readonly systemCalls: Voice['systemCalls'];
}

/** From 0 to the assessor's range; undefined where the setting does not matter. The text replaces the assessor's own. */
export interface Verdict {
  readonly badness: number | undefined;
  readonly text?: string;
}

export type Assess = (unit: JudgedUnit) => Verdict;

export const verdict = (good: boolean): Verdict => ({ badness: good ? 0 : 1 });

export type BooleanSetting =
  | { [K in keyof ExecSettings]-?: ExecSettings[K] extends boolean ? K : never }[keyof ExecSettings]
  // Once booleans.
  | 'PrivateTmp'
  | 'PrivateUsers'
  | 'ProtectControlGroups'
  | 'ProtectHostname';

export function setTo(name: BooleanSetting): Assess {
  return ({ exec }) => {
    const value = exec[name];
    const word = typeof value === 'object' ? value.mode : value;
    return verdict(word !== false && word !== 'no');
  };
}

export const privateMounts: Assess = (unit) => verdict(unit.privateMounts);

const isRoot = (name: string | undefined): boolean => name === 'root' || name === '0';

function runsPrivileged({ exec }: JudgedUnit): boolean {
  return isRoot(exec.User) || (!exec.DynamicUser && (exec.User ?? '') === '');
}

export const user: Assess = ({ exec }) => {
  if (exec.User === 'nobody') {
    return { badness: 9, text: "Service runs under as 'nobody' user, which should not be used for services" };
  }
  if (isRoot(exec.User)) return { badness: 10 };
  if (exec.DynamicUser) return { badness: 0, text: 'Service runs under a transient non-root user identity' };
  if ((exec.User ?? '') === '') return { badness: 10 };
  return { badness: 0, text: 'Service runs under a static non-root user identity' };
};

export const supplementaryGroups: Assess = (unit) =>
  runsPrivileged(unit) ? { badness: undefined } : verdict(unit.exec.SupplementaryGroups.length === 0);

export const removeIpc: Assess = (unit) =>
  runsPrivileged(unit) ? { badness: undefined } : verdict(unit.exec.RemoveIPC);

export const protectHome: Assess = ({ exec }) =>
  ({
    no: { badness: 10, text: 'Service has full access to home directories' },
    'read-only': { badness: 5, text: 'Service has read-only access to home directories' },
    tmpfs: { badness: 1, text: 'Service has access to fake empty home directories' },
    yes: { badness: 0, text: 'Service has no access to home directories' },
  })[exec.ProtectHome];

export const protectSystem: Assess = ({ exec }) =>
  ({
    no: { badness: 10, text: 'Service has full access to the OS file hierarchy' },
    yes: { badness: 5, text: 'Service has limited write access to the OS file hierarchy' },
    full: { badness: 3, text: 'Service has very limited write access to the OS file hierarchy' },
    strict: { badness: 0, text: 'Service has strict read-only access to the OS file hierarchy' },
  })[exec.ProtectSystem];

export const rootDirectory: Assess = ({ exec }) => {
  const elsewhere = (path: string | undefined): boolean => path !== undefined && /[^/]/.test(path);
  return verdict(elsewhere(exec.RootDirectory) || elsewhere(exec.RootImage));
};

/** None of these capabilities can be had. */
export function without(names: string): Assess {
  const mask = names.split(' ').reduce((bits, name) => bits | (1n << BigInt(parseCapability(`cap_${name}`)!)), 0n);
  return ({ exec }) => verdict((exec.CapabilityBoundingSet & mask) === 0n);
}

export const ambientCapabilities: Assess = ({ exec }) => verdict(exec.AmbientCapabilities === 0n);

export const umask: Assess = ({ exec }) => {
  const steps: readonly [number, number, string][] = [
    [0o002, 10, 'world-writable'],
    [0o004, 5, 'world-readable'],
    [0o020, 2, 'group-writable'],
    [0o040, 1, 'group-readable'],
  ];
  const open = steps.find(([bit]) => (exec.UMask & bit) === 0);
  const [, badness = 0, how = "accessible only by service's own user"] = open ?? [];
  return { badness, text: `Files created by service are ${how} by default` };
};

export const keyringMode: Assess = ({ exec }) => verdict(exec.KeyringMode === 'private');

export const protectProc: Assess = ({ exec }) => ({
  badness: exec.ProtectProc === 'default' ? 3 : exec.ProtectProc === 'noaccess' ? 1 : 0,
});

export const procSubset: Assess = ({ exec }) => verdict(exec.ProcSubset === 'pid');

export const notifyAccess: Assess = (unit) => verdict(unit.notifyAccess !== 'all');

export function withoutNamespace(name: string): Assess {
  const bit = namespaceFlags.find(([other]) => other === name)![1];
  return ({ exec }) => verdict((exec.RestrictNamespaces & bit) === 0);
}

const familyNames: Readonly<Record<string, readonly string[]>> = {
  inet: ['AF_INET', 'AF_INET6'],
  unix: ['AF_UNIX'],
  netlink: ['AF_NETLINK'],
  packet: ['AF_PACKET'],
};
const commonFamilies = new Set(Object.values(familyNames).flat());

/** No socket of the kind can be made; `other` is every family that has no kind of its own. One name decides for all. */
export function family(kind: string): Assess {
  const names = familyNames[kind];
  const meant = (name: string): boolean => (names === undefined ? !commonFamilies.has(name) : names.includes(name));
  return ({ exec }) => {
    const filter = exec.RestrictAddressFamilies;
    if (filter === undefined) return verdict(false);
    return verdict(filter.names.some(meant) !== filter.allow);
  };
}

export const systemCallArchitectures: Assess = ({ exec: { SystemCallArchitectures: list } }) => {
  if (list.length === 0) return { badness: 10, text: 'Service may execute system calls with all ABIs' };
  if (list.length === 1 && list[0] === 'native') {
    return { badness: 0, text: 'Service may execute system calls only with native ABI' };
  }
  return { badness: 8, text: 'Service may execute system calls with multiple ABIs' };
};

/** The calls of a group, those of groups in it included, that the machine has. */
function* callsOf(group: string, unit: JudgedUnit): Generator<string> {
  for (const member of syscallGroupsIn(unit.systemCalls).get(group)!) {
    if (member.startsWith('@')) yield* callsOf(member, unit);
    else if (callExists(member, unit.machine)) yield member;
  }
}

export function filters(group: string): Assess {
  return (unit) => {
    const filter = unit.exec.SystemCallFilter;
    if (filter === undefined || (!filter.allow && filter.calls.size === 0)) {
      return { badness: 10, text: 'Service does not filter system calls' };
    }
    const { allow } = filter;
    const calls = callsOfRelease(filter, unit.systemCalls);
    // in an allow list a call with an errno is one that was taken out again
    const listed = (call: string): boolean => calls.has(call) && !(allow && calls.get(call) !== undefined);
    let offender: string | undefined;
    for (const call of callsOf(group, unit)) {
      if (listed(call) !== allow) continue;
      offender = call;
      break;
    }
    const bad = offender !== undefined;
    const text =
      `System call ${allow ? 'allow' : 'deny'} list defined for service, and ${group} is ` +
      `${bad === allow ? '' : 'not '}included${bad ? ` (e.g. ${offender} is allowed)` : ''}`;
    return { badness: bad ? (allow ? 9 : 10) : 0, text };
  };
}

function isLocalhost(prefix: IpPrefix): boolean {
  if (prefix.family === 'ipv4') return prefix.prefixLength === 8 && prefix.bytes[0] === 127;
  return formatPrefix(prefix) === '::1/128';
}

export const ipAddressAllow: Assess = ({ cgroup }) => {
  if (cgroup.IPIngressFilterPath.length > 0 || cgroup.IPEgressFilterPath.length > 0) {
    return { badness: 0, text: 'Service defines custom ingress/egress IP filters with BPF programs' };
  }
  const everything = (kind: IpPrefix['family']): boolean =>
    cgroup.IPAddressDeny.some((prefix) => prefix.family === kind && prefix.prefixLength === 0);
  if (!everything('ipv4') || !everything('ipv6')) {
    return { badness: 10, text: 'Service does not define an IP address allow list' };
  }
  const allowed = cgroup.IPAddressAllow;
  if (allowed.some((prefix) => !isLocalhost(prefix))) {
    return { badness: 5, text: 'Service defines IP address allow list with non-localhost entries' };
  }
  if (allowed.length > 0) {
    return { badness: 2, text: 'Service defines IP address allow list with only localhost entries' };
  }
  return { badness: 0, text: 'Service blocks all IP address ranges' };
};

export const deviceAllow: Assess = ({ cgroup }) => {
  if (cgroup.DevicePolicy === 'auto') return { badness: 10, text: 'Service has no device ACL' };
  const rules = cgroup.DeviceAllow.map(({ path, access }) => `${path}:${access}`);
  if (rules.length === 0) return { badness: 0, text: 'Service has a minimal device ACL' };
  return { badness: 5, text: `Service has a device ACL with some special devices: ${rules.join(' ')}` };
};
