/** What a process is and may do, as /proc tells everybody: proc_pid_status(5). And the machine as such a process sees it. */
import { type Capabilities, type Host, SystemError } from './host.ts';

export interface ProcessRights {
  /** Effective ids. */
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly capabilities: Capabilities;
  /** Programs with a set-user-ID bit or file capabilities bring no rights (no_new_privs of prctl(2)). */
  readonly noNewPrivileges: boolean;
  /** Filters of system calls; undefined where the kernel has none. */
  readonly seccomp: 'off' | 'strict' | 'filter' | undefined;
}

const field = (status: string, name: string): string =>
  new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? '';

const numbers = (text: string): number[] => text.split(/\s+/).filter(Boolean).map(Number);

/** The sets of capabilities in a text of /proc/PID/status; empty ones where it does not tell. */
export function parseCapabilities(status: string): Capabilities {
  const mask = (name: string): bigint => {
    const hex = field(status, name);
    return /^[0-9a-f]+$/.test(hex) ? BigInt(`0x${hex}`) : 0n;
  };
  return { effective: mask('CapEff'), permitted: mask('CapPrm'), bounding: mask('CapBnd') };
}

const seccompModes = ['off', 'strict', 'filter'] as const;

/** Undefined where no such process is seen. */
export function rightsOf({ files }: Pick<Host, 'files'>, pid: number): ProcessRights | undefined {
  let status: string;
  try {
    status = files.readText(`/proc/${pid}/status`, 1 << 20);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return undefined;
  }
  const [, uid = 0] = numbers(field(status, 'Uid'));
  const [, gid = 0] = numbers(field(status, 'Gid'));
  const seccomp = field(status, 'Seccomp');
  return {
    uid,
    gid,
    groups: numbers(field(status, 'Groups')),
    capabilities: parseCapabilities(status),
    noNewPrivileges: field(status, 'NoNewPrivs') === '1',
    seccomp: seccomp === '' ? undefined : seccompModes[Number(seccomp)],
  };
}

export type OtherProcess = Pick<Host, 'pid' | 'isInit' | 'uid' | 'gid' | 'groups'> & {
  readonly capabilities: Capabilities;
};

/** The machine as if it was seen by another of its processes: who that is, and what it may do. */
export function hostAs(host: Host, { capabilities, ...identity }: OtherProcess): Host {
  const seen: Record<string | symbol, unknown> = { ...identity, capabilities: () => capabilities };
  return new Proxy(host, {
    get(target, name) {
      if (Object.hasOwn(seen, name)) return seen[name];
      const value: unknown = Reflect.get(target, name, target);
      // a method that knows private fields has to be called on the object itself
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
}
